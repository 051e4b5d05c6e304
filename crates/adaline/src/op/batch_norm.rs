//! Normalisation of each channel over the batch.

use super::{NormSpec, Run, Wires};
use crate::layer::Window;
use crate::plan::Layout;
use std::ops::Range;

#[derive(Debug)]
pub(crate) struct BatchNorm {
    spec: NormSpec,
    mean: Range<usize>,
    variance: Range<usize>,
    momentum: f32,
    windows: Vec<Window>,
    pub wires: Wires,
}

impl BatchNorm {
    pub(super) fn lay_out(
        spec: NormSpec,
        (mean, variance): (Range<usize>, Range<usize>),
        momentum: f32,
        windows: Vec<Window>,
        wires: Wires,
        _layout: &mut Layout,
    ) -> Self {
        BatchNorm { spec, mean, variance, momentum, windows, wires }
    }

    pub(crate) fn forward(&self, _run: &mut Run<'_>) {
        unimplemented!()
    }

    pub(crate) fn backward(&self, _run: &mut Run<'_>, _grads: &mut [f32]) {
        unimplemented!()
    }

    /// Moves the running statistics towards those of the batch that last went forward while training.
    pub(crate) fn settle(&self, _arena: &[f32], _params: &mut [f32]) {
        unimplemented!()
    }
}
