//! The largest value or the mean of every window.

use super::{Run, Wires};
use crate::layer::{PoolGeometry, Pooling};
use crate::plan::Layout;

#[derive(Debug)]
pub(crate) struct Pool {
    geometry: PoolGeometry,
    pooling: Pooling,
    pub wires: Wires,
}

impl Pool {
    pub(super) fn lay_out(geometry: PoolGeometry, pooling: Pooling, wires: Wires, _layout: &mut Layout) -> Self {
        Pool { geometry, pooling, wires }
    }

    pub(crate) fn forward(&self, _run: &mut Run<'_>) {
        unimplemented!()
    }

    pub(crate) fn backward(&self, _run: &mut Run<'_>) {
        unimplemented!()
    }
}
