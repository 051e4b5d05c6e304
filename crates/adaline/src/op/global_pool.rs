//! The largest value or the mean of every channel.

use super::{Run, Wires};
use crate::layer::{Pooling, Window};
use crate::plan::Layout;

#[derive(Debug)]
pub(crate) struct GlobalPool {
    pooling: Pooling,
    places: usize,
    channels: usize,
    windows: Vec<Window>,
    pub wires: Wires,
}

impl GlobalPool {
    pub(super) fn lay_out(
        pooling: Pooling,
        places: usize,
        channels: usize,
        windows: Vec<Window>,
        wires: Wires,
        _layout: &mut Layout,
    ) -> Self {
        GlobalPool { pooling, places, channels, windows, wires }
    }

    pub(crate) fn forward(&self, _run: &mut Run<'_>) {
        unimplemented!()
    }

    pub(crate) fn backward(&self, _run: &mut Run<'_>) {
        unimplemented!()
    }
}
