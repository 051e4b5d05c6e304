//! What runs. A layer lowers to a few [`Lowered`] operations; the plan fuses them, gives each its buffers, and they become
//! [`Op`]s: structs of named ranges with a `forward` and a `backward`. `backward` overwrites its outputs, so nothing is
//! ever zeroed.

mod activate;
mod dropout;
mod product;

pub(crate) use activate::Activate;
pub(crate) use dropout::{Back as DropoutBack, Dropout};
pub(crate) use product::{Back, Product};

use crate::Activation;
use crate::kernel::Machine;
use std::ops::Range;

/// An operation before it has buffers: what a layer asks for. Tensors are numbered as in the network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Lowered {
    /// outputs = f(inputs · weight + bias)
    Product { weight: usize, bias: Option<usize>, inputs: usize, outputs: usize, activation: Activation },
    /// An activation of each of `len` values, or softmax of all of them.
    Activate { activation: Activation, len: usize },
    /// Each of `len` values zeroed with probability `rate` while training.
    Dropout { rate: f64, len: usize },
}

impl Lowered {
    /// How many values of one example come out.
    pub(crate) fn outputs(&self) -> usize {
        match *self {
            Lowered::Product { outputs, .. } => outputs,
            Lowered::Activate { len, .. } | Lowered::Dropout { len, .. } => len,
        }
    }

    /// Whether it only hands on what it gets.
    pub(crate) fn does_nothing(&self) -> bool {
        matches!(self, Lowered::Activate { activation: Activation::Identity, .. })
    }
}

/// An operation with its buffers.
#[derive(Debug)]
pub(crate) enum Op {
    Product(Product),
    Activate(Activate),
    Dropout(Dropout),
}

/// Where an operation's input lies: in the caller's batch, or in the plan's arena.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    Batch,
    Arena(Range<usize>),
}

/// Training or not, and what a training step needs to draw its masks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Predict,
    Train { seed: u64, step: u64 },
}

/// What a pass runs on.
pub(crate) struct Run<'a> {
    pub machine: &'a Machine,
    /// The network's parameters.
    pub params: &'a [f32],
    /// The batch, row by row.
    pub batch: &'a [f32],
    /// The plan's buffers, cut by ranges.
    pub arena: &'a mut [f32],
    /// Rows of this batch; at most those planned for.
    pub rows: usize,
    pub mode: Mode,
}

impl Source {
    /// The range in the arena; empty for the batch.
    fn range(&self, len: usize) -> Range<usize> {
        match self {
            Source::Batch => 0..0,
            Source::Arena(range) => range.start..range.start + len,
        }
    }

    /// The values, given the batch and what was cut for [`Source::range`].
    fn pick<'a>(&self, len: usize, batch: &'a [f32], cut: &'a [f32]) -> &'a [f32] {
        match self {
            Source::Batch => &batch[..len],
            Source::Arena(_) => cut,
        }
    }
}

/// The first `len` values of a buffer: fewer rows than planned use its front.
fn front(range: &Range<usize>, len: usize) -> Range<usize> {
    range.start..range.start + len
}

/// Disjoint parts of the arena. The planner lays them out so; an overlap is a bug in it, not in the user's data.
fn cut<const N: usize>(arena: &mut [f32], parts: [Range<usize>; N]) -> [&mut [f32]; N] {
    match arena.get_disjoint_mut(parts) {
        Ok(parts) => parts,
        Err(error) => unreachable!("the plan laid buffers over each other: {error}"),
    }
}

impl Op {
    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        match self {
            Op::Product(op) => op.forward(run),
            Op::Activate(op) => op.forward(run),
            Op::Dropout(op) => op.forward(run),
        }
    }

    /// The gradients of the op's parameters go to their places in `grads`, that of its input into the arena.
    pub(crate) fn backward(&self, run: &mut Run<'_>, grads: &mut [f32]) {
        match self {
            Op::Product(op) => op.backward(run, grads),
            Op::Activate(op) => op.backward(run),
            Op::Dropout(op) => op.backward(run),
        }
    }

    /// Where the op's result lies.
    pub(crate) fn output(&self) -> &Range<usize> {
        match self {
            Op::Product(op) => &op.y,
            Op::Activate(op) => &op.y,
            Op::Dropout(op) => &op.y,
        }
    }
}
