//! A chain of small dense layers as one operation: what is left of a tiny network is two calls a step.
//!
//! It computes what the products would one by one, bit for bit; see `kernel/chain.rs`. The plan decides which layers are
//! small ([`DenseSpec::small`]).

use super::{Lowered, Run, Source, Wires, cut, front, front_of};
use crate::Activation;
use crate::kernel::chain::{Backward, Forward, Link, Links};
use crate::plan::Layout;
use std::ops::Range;

/// A dense layer that may be part of a chain.
#[derive(Debug, Clone)]
pub(crate) struct DenseSpec {
    /// Its number in the network, from 0.
    pub layer: usize,
    pub inputs: usize,
    pub outputs: usize,
    pub weight: Range<usize>,
    pub bias: Option<Range<usize>>,
    pub activation: Activation,
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
        small.then(|| DenseSpec { layer, inputs, outputs, weight: weight.clone(), bias: bias.clone(), activation })
    }
}

/// Every layer's outputs read by the next one.
#[derive(Debug)]
pub(crate) struct Chain {
    links: Links,
    /// The numbers of their layers.
    layers: Vec<usize>,
    scratch: Range<usize>,
    /// `y` has the outputs of all links, the last one's first.
    pub wires: Wires,
}

impl Chain {
    pub(super) fn lay_out(dense: Vec<DenseSpec>, wires: Wires, layout: &mut Layout) -> Self {
        let layers = dense.iter().map(|dense| dense.layer).collect();
        let link = |dense: &DenseSpec| {
            let DenseSpec { inputs, outputs, ref weight, ref bias, activation, .. } = *dense;
            Link::new((inputs, outputs), weight, bias.as_ref(), activation)
        };
        let links = Links::new(dense.iter().map(link).collect(), wires.batch, wires.dx.is_some());
        let scratch = layout.backward_scratch(links.scratch_len());
        Chain { links, layers, scratch, wires }
    }

    /// How long its outputs are.
    pub(super) fn outputs_len(dense: &[DenseSpec], batch: usize) -> usize {
        Links::ys_len(dense.iter().map(|dense| dense.outputs), batch)
    }

    /// Each layer's number and where its outputs lie for a whole batch.
    pub(super) fn results(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        self.links.places().zip(&self.layers).map(|((y, outputs), &layer)| {
            let start = self.wires.y.start + y;
            (layer, start..start + self.wires.batch * outputs)
        })
    }

    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let len = run.rows * self.links.inputs();
        let [from, ys] = cut(run.arena, [x.range(len), y.clone()]);
        let x = x.pick(len, run.batch, from);
        Forward { links: &self.links, rows: run.rows, params: run.params, x, ys }.run(run.machine.set);
    }

    pub(crate) fn backward(&self, run: &mut Run<'_>, grads: &mut [f32]) {
        let Wires { x, y, dy: Some(dy), dx, .. } = &self.wires else { return };
        let len = run.rows * self.links.inputs();
        let dy = front(dy, run.rows * self.links.outputs());
        let parts = [y.clone(), dy, self.scratch.clone()];
        // At the start of a network there is less to cut, and a tiny network is one chain.
        let (from, dx, [ys, dy, scratch]) = match (x, dx) {
            (Source::Batch, None) => (&mut [][..], &mut [][..], cut(run.arena, parts)),
            _ => {
                let [ys, dy, scratch] = parts;
                let [from, dx, rest @ ..] = cut(run.arena, [x.range(len), front_of(dx.as_ref(), len), ys, dy, scratch]);
                (from, dx, rest)
            }
        };
        let x = x.pick(len, run.batch, from);
        let (links, rows, params) = (&self.links, run.rows, run.params);
        Backward { links, rows, params, x, ys, dy, scratch, dx, grads }.run(run.machine.set);
    }
}
