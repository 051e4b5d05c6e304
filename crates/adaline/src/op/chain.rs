//! A chain of small dense layers as one operation: what is left of a tiny network is two calls a step.
//!
//! It computes what the products would one by one, bit for bit; see `kernel/chain.rs`. The plan decides which layers are
//! small ([`DenseSpec::small`]).

use super::{Lowered, Run, Source, Wires};
use crate::kernel::chain::{self as kernel, Back, Link, Places};
use crate::plan::Layout;
use std::ops::Range;

/// A dense layer that may be part of a chain.
#[derive(Debug, Clone)]
pub(crate) struct DenseSpec {
    /// Its number in the network, from 0.
    pub layer: usize,
    pub link: Link,
}

/// Multiplications of a layer and a batch up to which it is part of a chain, and weights.
///
/// Measured on one core of a Zen 3 with AVX2, three layers as wide as their input, time of the products one by one over that of
/// the chain: forward and back 2.0 for 16 rows of width 8, 1.35 of 16, 1.23 of 32, and 1.1 beyond; 1.4 for one row of width 32,
/// 1.03 of 64, and 0.9 of 128, where sixteen columns at a time are too few sums to keep a processor busy. Far below what is
/// worth sharing out over threads.
const SMALL: usize = 1 << 14;
const FEW_WEIGHTS: usize = 1 << 12;

impl DenseSpec {
    /// The product that an operation is, where it is small enough for a chain of batches of so many rows.
    pub(crate) fn small(layer: usize, op: &Lowered, batch: usize) -> Option<Self> {
        let Lowered::Product { rows: 1, inputs, outputs, ref weight, ref bias, activation } = *op else { return None };
        let weights = inputs.saturating_mul(outputs);
        let small = weights <= FEW_WEIGHTS && batch.saturating_mul(weights) <= SMALL;
        small.then(|| {
            let link = Link { inputs, outputs, weight: weight.clone(), bias: bias.clone(), activation };
            DenseSpec { layer, link }
        })
    }
}

/// Every layer's outputs read by the next one.
#[derive(Debug)]
pub(crate) struct Chain {
    passes: kernel::Chain,
    /// The numbers of their layers, and how many outputs each has.
    layers: Vec<(usize, usize)>,
    /// `y` has the outputs of all links, the last one's first.
    pub wires: Wires,
}

impl Chain {
    pub(super) fn lay_out(dense: Vec<DenseSpec>, wires: Wires, layout: &mut Layout) -> Self {
        let layers = dense.iter().map(|dense| (dense.layer, dense.link.outputs)).collect();
        let links: Vec<Link> = dense.into_iter().map(|dense| dense.link).collect();
        let dx = wires.dx.as_ref().map(|dx| dx.start);
        let scratch = layout.backward_scratch(kernel::scratch_len(&links, wires.batch, dx.is_some())).start;
        let x = match &wires.x {
            Source::Batch => None,
            Source::Arena(x) => Some(x.start),
        };
        let back = wires.dy.as_ref().map(|dy| Back { dy: dy.start, dx, scratch });
        let passes = kernel::Chain::new(&links, wires.batch, Places { x, ys: wires.y.start, back });
        Chain { passes, layers, wires }
    }

    /// How long its outputs are.
    pub(super) fn outputs_len(dense: &[DenseSpec], batch: usize) -> usize {
        kernel::ys_len(dense.iter().map(|dense| dense.link.outputs), batch)
    }

    /// Each layer's number and where its outputs lie for a whole batch.
    pub(super) fn results(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        self.passes.starts_of_ys.iter().zip(&self.layers).map(|(&y, &(layer, outputs))| {
            let start = self.wires.y.start + y;
            (layer, start..start + self.wires.batch * outputs)
        })
    }

    /// Bytes of the lists of what there is to do.
    pub(super) fn table_bytes(&self) -> usize {
        self.passes.bytes()
    }

    #[inline]
    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        self.passes.forward(run.machine.set, run.rows, run.batch, run.params, run.arena);
    }

    #[inline]
    pub(crate) fn backward(&self, run: &mut Run<'_>, grads: &mut [f32]) {
        self.passes.backward(run.machine.set, run.rows, run.batch, run.params, run.arena, grads);
    }
}
