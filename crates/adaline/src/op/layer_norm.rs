//! Normalisation of each example.

use super::{Run, Wires};
use crate::plan::Layout;
use std::ops::Range;

/// What both normalisations have: so many places of so many channels each, and a γ and a β for each channel.
#[derive(Debug, Clone)]
pub(crate) struct NormSpec {
    pub places: usize,
    pub channels: usize,
    /// γ, in the parameters.
    pub weight: Range<usize>,
    /// β, in the parameters.
    pub bias: Range<usize>,
    pub epsilon: f32,
}

#[derive(Debug)]
pub(crate) struct LayerNorm {
    spec: NormSpec,
    rows: usize,
    pub wires: Wires,
}

impl LayerNorm {
    pub(super) fn lay_out(spec: NormSpec, rows: usize, wires: Wires, _layout: &mut Layout) -> Self {
        LayerNorm { spec, rows, wires }
    }

    pub(crate) fn forward(&self, _run: &mut Run<'_>) {
        unimplemented!()
    }

    pub(crate) fn backward(&self, _run: &mut Run<'_>, _grads: &mut [f32]) {
        unimplemented!()
    }
}
