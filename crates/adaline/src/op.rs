//! What runs. The plan lowers layers to [`Lowered`] operations, fuses them and gives each its buffers; they become
//! [`Op`]s: structs of named ranges with a `forward` and a `backward`. `backward` overwrites its outputs, so nothing is
//! ever zeroed.
//!
//! Every file holds one operation: what it needs ([`Wires`] and `Layout`), and what it does.

mod activate;
mod add;
mod batch_norm;
mod chain;
mod conv;
mod dropout;
mod embedding;
mod global_pool;
mod layer_norm;
mod mask;
mod pool;
mod product;
mod recurrent;
mod reorder;

pub(crate) use chain::DenseSpec;
pub(crate) use conv::ConvSpec;
pub(crate) use layer_norm::NormSpec;
pub(crate) use recurrent::{CellWeights, RecurrentSpec};

use crate::kernel::Machine;
use crate::layer::{PoolGeometry, Pooling, Window};
use crate::plan::{Layout, Order};
use crate::{Activation, Shape};
use activate::Activate;
use add::Add;
use batch_norm::BatchNorm;
use chain::Chain;
use conv::Conv;
use dropout::Dropout;
use embedding::Embedding;
use global_pool::GlobalPool;
use layer_norm::LayerNorm;
use mask::Mask;
use pool::Pool;
use product::Product;
use recurrent::Recurrent;
use reorder::Reorder;
use std::ops::Range;

/// An operation before it has buffers: what a layer asks for. Parameters are ranges of the network's buffer.
#[derive(Debug, Clone)]
pub(crate) enum Lowered {
    /// outputs = f(inputs · weight + bias), for each of `rows` rows of an example.
    Product {
        rows: usize,
        inputs: usize,
        outputs: usize,
        weight: Range<usize>,
        bias: Option<Range<usize>>,
        activation: Activation,
    },
    /// Small products one after the other.
    Chain(Vec<DenseSpec>),
    Conv(ConvSpec),
    Pool {
        geometry: PoolGeometry,
        pooling: Pooling,
        windows: Vec<Window>,
    },
    /// One value of each channel over all places.
    GlobalPool {
        pooling: Pooling,
        places: usize,
        channels: usize,
        windows: Vec<Window>,
    },
    BatchNorm {
        spec: NormSpec,
        mean: Range<usize>,
        variance: Range<usize>,
        momentum: f32,
        windows: Vec<Window>,
    },
    /// Each of `rows` rows of an example by itself.
    LayerNorm {
        spec: NormSpec,
        rows: usize,
    },
    Embedding {
        weight: Range<usize>,
        vocabulary: usize,
        dimensions: usize,
        steps: usize,
    },
    Recurrent(RecurrentSpec),
    /// Zeroes behind the end of shorter sequences.
    Mask {
        steps: usize,
        features: usize,
        windows: Vec<Window>,
    },
    /// x plus the other value.
    Add {
        len: usize,
    },
    /// An activation of each value, or softmax of each of `rows` rows of `width` values.
    Activate {
        activation: Activation,
        width: usize,
        rows: usize,
    },
    /// Each of `len` values zeroed with probability `rate` while training; the number tells dropouts of a network apart.
    Dropout {
        rate: f64,
        number: u64,
        len: usize,
    },
    /// The same values in another order.
    Reorder {
        shape: Shape,
        from: Order,
        to: Order,
    },
}

impl Lowered {
    /// The activation that it applies to its sums, where it is a product.
    pub(crate) fn own_activation(&mut self) -> Option<&mut Activation> {
        match self {
            Lowered::Product { activation, .. } => Some(activation),
            Lowered::Conv(conv) => Some(&mut conv.activation),
            _ => None,
        }
    }

    /// The activation that it is.
    pub(crate) fn lone_activation(&self) -> Option<Activation> {
        match self {
            Lowered::Activate { activation, .. } => Some(*activation),
            _ => None,
        }
    }

    /// Whether there is something to learn in it.
    pub(crate) fn learns(&self) -> bool {
        matches!(
            self,
            Lowered::Product { .. }
                | Lowered::Chain(_)
                | Lowered::Conv(_)
                | Lowered::BatchNorm { .. }
                | Lowered::LayerNorm { .. }
                | Lowered::Embedding { .. }
                | Lowered::Recurrent(_)
        )
    }

    /// How long the buffer of its outputs is, for batches of so many rows that come to so many values.
    pub(crate) fn outputs_len(&self, batch: usize, values: usize) -> usize {
        match self {
            Lowered::Chain(dense) => Chain::outputs_len(dense, batch),
            _ => values,
        }
    }

    /// Gives the operation its buffers.
    pub(crate) fn lay_out(&self, wires: Wires, layout: &mut Layout) -> Op {
        match self.clone() {
            Lowered::Product { rows, inputs, outputs, weight, bias, activation } => {
                Op::Product(Product::lay_out(rows, inputs, outputs, (weight, bias), activation, wires, layout))
            }
            Lowered::Chain(dense) => Op::Chain(Chain::lay_out(dense, wires, layout)),
            Lowered::Conv(spec) => Op::Conv(Box::new(Conv::lay_out(spec, wires, layout))),
            Lowered::Pool { geometry, pooling, windows } => Op::Pool(Pool::lay_out(geometry, pooling, windows, wires)),
            Lowered::GlobalPool { pooling, places, channels, windows } => {
                Op::GlobalPool(GlobalPool::lay_out(pooling, places, channels, windows, wires, layout))
            }
            Lowered::BatchNorm { spec, mean, variance, momentum, windows } => {
                Op::BatchNorm(BatchNorm::lay_out(spec, (mean, variance), momentum, windows, wires, layout))
            }
            Lowered::LayerNorm { spec, rows } => Op::LayerNorm(LayerNorm::lay_out(spec, rows, wires, layout)),
            Lowered::Embedding { weight, vocabulary, dimensions, steps } => {
                Op::Embedding(Embedding { weight, vocabulary, dimensions, steps, wires })
            }
            Lowered::Recurrent(spec) => Op::Recurrent(Recurrent::lay_out(spec, wires, layout)),
            Lowered::Mask { steps, features, windows } => Op::Mask(Mask { steps, features, windows, wires }),
            Lowered::Add { len } => Op::Add(Add { len, wires }),
            Lowered::Activate { activation, width, rows } => {
                Op::Activate(Activate { activation, width, len: rows * width, wires })
            }
            Lowered::Dropout { rate, number, len } => Op::Dropout(Dropout::lay_out(rate, number, len, wires, layout)),
            Lowered::Reorder { shape, from, to } => Op::Reorder(Reorder { shape, from, to, wires }),
        }
    }
}

/// Where an operation reads and writes. Ranges are those of a whole batch; fewer rows use the front.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wires {
    /// Rows that the plan is made for.
    pub batch: usize,
    pub x: Source,
    /// The other side of an addition.
    pub other: Source,
    pub y: Range<usize>,
    /// The gradient of y; `None` where there is no way back. Whoever has it may write into it: nobody reads it later.
    pub dy: Option<Range<usize>>,
    /// Where the gradient of x goes; `None` where nobody asks.
    pub dx: Option<Range<usize>>,
    /// Where the gradient of the other value goes.
    pub d_other: Option<Range<usize>>,
}

/// An operation with its buffers.
#[derive(Debug)]
pub(crate) enum Op {
    Product(Product),
    Chain(Chain),
    Conv(Box<Conv>),
    Pool(Pool),
    GlobalPool(GlobalPool),
    BatchNorm(BatchNorm),
    LayerNorm(LayerNorm),
    Embedding(Embedding),
    Recurrent(Recurrent),
    Mask(Mask),
    Add(Add),
    Activate(Activate),
    Dropout(Dropout),
    Reorder(Reorder),
}

/// Where an operation's input lies: in the caller's batch, or in the plan's arena.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Source {
    #[default]
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
    /// How many steps of each row are its own, where they differ.
    pub lengths: Option<&'a [u32]>,
    /// The plan's buffers, cut by ranges.
    pub arena: &'a mut [f32],
    /// Rows of this batch; at most those planned for.
    pub rows: usize,
    pub mode: Mode,
}

/// How many steps of each row are its own behind the windows that went over it, where rows have lengths. At least one, so
/// that there is something to see.
fn own_steps<'a>(windows: &'a [Window], lengths: Option<&'a [u32]>) -> Option<impl Fn(usize) -> usize + Sync + 'a> {
    let behind = |length: u32| windows.iter().fold(length as usize, |length, window| window.count(length)).max(1);
    lengths.map(|lengths| move |row: usize| behind(lengths[row]))
}

impl Source {
    /// The range in the arena; empty for the batch.
    #[inline]
    pub(crate) fn range(&self, len: usize) -> Range<usize> {
        match self {
            Source::Batch => 0..0,
            Source::Arena(range) => range.start..range.start + len,
        }
    }

    /// The values, given the batch and what was cut for [`Source::range`].
    #[inline]
    pub(crate) fn pick<'a>(&self, len: usize, batch: &'a [f32], cut: &'a [f32]) -> &'a [f32] {
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

/// As [`front`], of a buffer that may not be there.
fn front_of(range: Option<&Range<usize>>, len: usize) -> Range<usize> {
    range.map_or(0..0, |range| front(range, len))
}

/// Disjoint parts of the arena. The planner lays them out so; an overlap is a bug in it, not in the user's data.
#[inline]
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
            Op::Chain(op) => op.forward(run),
            Op::Conv(op) => op.forward(run),
            Op::Pool(op) => op.forward(run),
            Op::GlobalPool(op) => op.forward(run),
            Op::BatchNorm(op) => op.forward(run),
            Op::LayerNorm(op) => op.forward(run),
            Op::Embedding(op) => op.forward(run),
            Op::Recurrent(op) => op.forward(run),
            Op::Mask(op) => op.forward(run),
            Op::Add(op) => op.forward(run),
            Op::Activate(op) => op.forward(run),
            Op::Dropout(op) => op.forward(run),
            Op::Reorder(op) => op.forward(run),
        }
    }

    /// The gradients of the op's parameters go to their places in `grads`, that of its input into the arena.
    pub(crate) fn backward(&self, run: &mut Run<'_>, grads: &mut [f32]) {
        match self {
            Op::Product(op) => op.backward(run, grads),
            Op::Chain(op) => op.backward(run, grads),
            Op::Conv(op) => op.backward(run, grads),
            Op::Pool(op) => op.backward(run),
            Op::GlobalPool(op) => op.backward(run),
            Op::BatchNorm(op) => op.backward(run, grads),
            Op::LayerNorm(op) => op.backward(run, grads),
            Op::Embedding(op) => op.backward(run, grads),
            Op::Recurrent(op) => op.backward(run, grads),
            Op::Mask(op) => op.backward(run),
            Op::Add(op) => op.backward(run),
            Op::Activate(op) => op.backward(run),
            Op::Dropout(op) => op.backward(run),
            Op::Reorder(op) => op.backward(run),
        }
    }

    /// What a training step leaves behind in the parameters besides the optimizer's update: running statistics.
    #[inline]
    pub(crate) fn settle(&self, arena: &[f32], params: &mut [f32]) {
        if let Op::BatchNorm(op) = self {
            op.settle(arena, params);
        }
    }

    /// Bytes that the operation has besides its buffers.
    pub(crate) fn table_bytes(&self) -> usize {
        match self {
            Op::Conv(op) => op.table_bytes(),
            Op::Chain(op) => op.table_bytes(),
            _ => 0,
        }
    }

    fn wires(&self) -> &Wires {
        match self {
            Op::Product(op) => &op.wires,
            Op::Chain(op) => &op.wires,
            Op::Conv(op) => &op.wires,
            Op::Pool(op) => &op.wires,
            Op::GlobalPool(op) => &op.wires,
            Op::BatchNorm(op) => &op.wires,
            Op::LayerNorm(op) => &op.wires,
            Op::Embedding(op) => &op.wires,
            Op::Recurrent(op) => &op.wires,
            Op::Mask(op) => &op.wires,
            Op::Add(op) => &op.wires,
            Op::Activate(op) => &op.wires,
            Op::Dropout(op) => &op.wires,
            Op::Reorder(op) => &op.wires,
        }
    }

    /// Where the results of the op's layers lie for a whole batch, and the layers' numbers; `layer` is the last one's.
    pub(crate) fn results(&self, layer: usize) -> Vec<(usize, Range<usize>)> {
        match self {
            Op::Chain(op) => op.results().collect(),
            other => vec![(layer, other.wires().y.clone())],
        }
    }
}
