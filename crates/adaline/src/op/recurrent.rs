//! The sweep over a sequence, step by step.

use super::{Run, Wires};
use crate::layer::{Cell, Window};
use crate::plan::Layout;
use std::ops::Range;

/// The parameters of one cell.
#[derive(Debug, Clone)]
pub(crate) struct CellWeights {
    /// `weight_ih`: I × G·units in panels.
    pub input: Range<usize>,
    /// `weight_hh`: units × G·units in panels.
    pub state: Range<usize>,
    /// `bias_ih` and `bias_hh`.
    pub bias: Option<(Range<usize>, Range<usize>)>,
}

/// A recurrent layer with its numbers.
#[derive(Debug, Clone)]
pub(crate) struct RecurrentSpec {
    pub cell: Cell,
    pub steps: usize,
    pub inputs: usize,
    pub units: usize,
    /// Whether the states of all steps come out (steps × batch × directions·units), or the last ones (batch × …).
    pub sequences: bool,
    /// One, or two: forward, and from the end.
    pub cells: Vec<CellWeights>,
    /// What has gone over the sequences before: see [`super::length_behind`].
    pub windows: Vec<Window>,
}

#[derive(Debug)]
pub(crate) struct Recurrent {
    spec: RecurrentSpec,
    pub wires: Wires,
}

impl Recurrent {
    pub(super) fn lay_out(spec: RecurrentSpec, wires: Wires, _layout: &mut Layout) -> Self {
        Recurrent { spec, wires }
    }

    pub(crate) fn forward(&self, _run: &mut Run<'_>) {
        unimplemented!("{:?}", self.spec)
    }

    pub(crate) fn backward(&self, _run: &mut Run<'_>, _grads: &mut [f32]) {
        unimplemented!()
    }
}
