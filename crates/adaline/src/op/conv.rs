//! The convolution.

use super::{Run, Wires};
use crate::Activation;
use crate::layer::ConvGeometry;
use crate::plan::Layout;
use std::ops::Range;

/// A convolution with its numbers.
#[derive(Debug, Clone)]
pub(crate) struct ConvSpec {
    pub geometry: ConvGeometry,
    /// In the parameters: group after group, area × channels in panels of filters.
    pub weight: Range<usize>,
    /// In the parameters: each group's filled up to whole lines.
    pub bias: Option<Range<usize>>,
    /// An activation of single values whose derivative is had from the output.
    pub activation: Activation,
}

#[derive(Debug)]
pub(crate) struct Conv {
    spec: ConvSpec,
    pub wires: Wires,
}

impl Conv {
    pub(super) fn lay_out(spec: ConvSpec, wires: Wires, _layout: &mut Layout) -> Self {
        Conv { spec, wires }
    }

    pub(crate) fn forward(&self, _run: &mut Run<'_>) {
        unimplemented!("{:?}", self.spec)
    }

    pub(crate) fn backward(&self, _run: &mut Run<'_>, _grads: &mut [f32]) {
        unimplemented!()
    }
}
