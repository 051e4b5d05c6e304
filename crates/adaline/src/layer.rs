//! What a person describes: layers are hyper-parameters only. Weights live in the network, work is done by ops.
//!
//! A layer answers three questions: which shape comes out, which parameters it has and how they start, and which ops it
//! lowers to. In config files and in the model file a layer is its notation: `"dense 16 relu"`.

mod conv;
mod dense;
mod dropout;
mod embedding;
mod norm;
mod notation;
mod pool;
mod recurrent;
mod residual;
mod size;

pub use conv::Conv;
pub use dense::Dense;
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use norm::{BatchNorm, LayerNorm};
pub use pool::{GlobalPool, Pool, Pooling};
pub use recurrent::{Cell, Recurrent};
pub use residual::Residual;
pub use size::{Padding, Size};

pub(crate) use conv::ConvGeometry;
pub(crate) use norm::channels;
pub(crate) use pool::PoolGeometry;
pub(crate) use size::Window;

use crate::kernel::panels::{panel_index, panels_len};
use crate::{Activation, Init, Shape};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Longest chain: a longer one is a slip, or a hostile file.
pub(crate) const MAX_LAYERS: usize = 1_000;

/// One layer of a network. Its serde form is its notation, a string; see [`Layer::parse_chain`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Layer {
    /// A row of neurons that all see the same inputs.
    Dense(Dense),
    /// Filters that look at every place of an image or a sequence.
    Conv(Conv),
    /// Keeps one value of every window.
    Pool(Pool),
    /// Keeps one value of every channel.
    GlobalPool(GlobalPool),
    /// Normalises each channel over the batch.
    BatchNorm(BatchNorm),
    /// Normalises each example.
    LayerNorm(LayerNorm),
    /// A row of numbers for each word.
    Embedding(Embedding),
    /// Goes through a sequence and carries a state along.
    Recurrent(Recurrent),
    /// Adds what comes in to what comes out of a chain.
    Residual(Residual),
    /// While training, zeroes a part of the values.
    Dropout(Dropout),
    /// Reads an image or a sequence as one row of numbers.
    Flatten,
    /// An activation of its own.
    Activation(Activation),
}

impl Layer {
    /// The layer's kind as it is written: `dense`, `conv`, `lstm`, …, or the activation's name.
    pub fn kind(&self) -> &'static str {
        match self {
            Layer::Dense(_) => "dense",
            Layer::Conv(_) => "conv",
            Layer::Pool(Pool { pooling: Pooling::Max, .. }) => "maxpool",
            Layer::Pool(Pool { pooling: Pooling::Average, .. }) => "avgpool",
            Layer::GlobalPool(GlobalPool { pooling: Pooling::Max }) => "global_maxpool",
            Layer::GlobalPool(GlobalPool { pooling: Pooling::Average }) => "global_avgpool",
            Layer::BatchNorm(_) => "batchnorm",
            Layer::LayerNorm(_) => "layernorm",
            Layer::Embedding(_) => "embedding",
            Layer::Recurrent(recurrent) => match recurrent.cell {
                Cell::Simple { .. } => "rnn",
                Cell::Lstm => "lstm",
                Cell::Gru { .. } => "gru",
            },
            Layer::Residual(_) => "residual",
            Layer::Dropout(_) => "dropout",
            Layer::Flatten => "flatten",
            Layer::Activation(activation) => activation.name(),
        }
    }

    /// The activation that ends the layer: its own, or the layer itself.
    pub fn activation(&self) -> Option<Activation> {
        match self {
            Layer::Dense(dense) => Some(dense.activation),
            Layer::Conv(conv) => Some(conv.activation),
            Layer::Activation(activation) => Some(*activation),
            _ => None,
        }
    }

    /// The shape of one example behind the layer, given the one before it. Fails where the layer cannot read that shape
    /// or its own numbers make no sense; the caller adds which layer it was.
    pub(crate) fn output(&self, input: Shape) -> Result<Shape, String> {
        match self {
            Layer::Dense(dense) => dense.output(input),
            Layer::Conv(conv) => conv.output(input),
            Layer::Pool(pool) => pool.output(input),
            Layer::GlobalPool(pool) => pool.output(input),
            Layer::BatchNorm(norm) => norm.output(input),
            Layer::LayerNorm(norm) => norm.output(input),
            Layer::Embedding(embedding) => embedding.output(input),
            Layer::Recurrent(recurrent) => recurrent.output(input),
            Layer::Residual(residual) => residual.output(input),
            Layer::Dropout(dropout) => dropout.output(input),
            Layer::Flatten => Ok(Shape::Flat(input.len())),
            Layer::Activation(activation) => match activation.validate() {
                Ok(()) => Ok(input),
                Err(error) => Err(error.to_string()),
            },
        }
    }

    /// The layer's tensors in file order, given the shape before it.
    pub(crate) fn parameters(&self, input: Shape) -> Vec<Parameter> {
        match self {
            Layer::Dense(dense) => dense.parameters(input),
            Layer::Conv(conv) => conv.parameters(input),
            Layer::BatchNorm(norm) => norm.parameters(input),
            Layer::LayerNorm(norm) => norm.parameters(input),
            Layer::Embedding(embedding) => embedding.parameters(),
            Layer::Recurrent(recurrent) => recurrent.parameters(input),
            Layer::Residual(residual) => residual.parameters(input),
            Layer::Pool(_) | Layer::GlobalPool(_) | Layer::Dropout(_) | Layer::Flatten | Layer::Activation(_) => {
                Vec::new()
            }
        }
    }
}

impl From<Activation> for Layer {
    fn from(activation: Activation) -> Self {
        Layer::Activation(activation)
    }
}

/// A tensor that a layer asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameter {
    /// PyTorch's name inside the layer: `weight`, `bias`.
    pub name: Cow<'static, str>,
    /// PyTorch's shape.
    pub shape: Vec<usize>,
    /// How it lies in memory.
    pub layout: Layout,
    pub init: Init,
    pub fan_in: usize,
    pub fan_out: usize,
    /// Whether weight decay and the penalties apply; not to biases.
    pub penalised: bool,
    /// Whether it has a gradient. Running statistics have none.
    pub trained: bool,
}

impl Parameter {
    /// A row of n values that start at 0 and do not decay.
    fn bias(name: impl Into<Cow<'static, str>>, n: usize) -> Self {
        Parameter {
            name: name.into(),
            shape: vec![n],
            layout: Layout::Plain,
            init: Init::Zeros,
            fan_in: n,
            fan_out: n,
            penalised: false,
            trained: true,
        }
    }
}

/// How a tensor lies in the network's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// As in the file.
    Plain,
    /// A file's outputs × inputs as inputs × outputs in panels of sixteen outputs (see `kernel/panels.rs`).
    Panels { inputs: usize, outputs: usize },
    /// A convolution's filters × channels × area, group after group: area × channels as inputs, in panels of filters.
    /// `filters` and `channels` are those of one group.
    Filters { channels: usize, area: usize, filters: usize, groups: usize },
    /// A row of values, each group's filled up to whole lines.
    Groups { groups: usize, each: usize },
}

impl Layout {
    /// Values in memory of a tensor of so many values; `None` where that overflows.
    pub(crate) fn size(self, len: Option<usize>) -> Option<usize> {
        let panels = |inputs: usize, outputs: usize| {
            outputs.checked_next_multiple_of(16).and_then(|outputs| outputs.checked_mul(inputs))
        };
        match self {
            Layout::Plain => len,
            Layout::Panels { inputs, outputs } => panels(inputs, outputs),
            Layout::Filters { channels, area, filters, groups } => {
                panels(channels.checked_mul(area)?, filters)?.checked_mul(groups)
            }
            Layout::Groups { groups, each } => panels(groups, each),
        }
    }

    /// Where the value lies that stands at place `k` of the file's order.
    pub(crate) fn place(self, k: usize) -> usize {
        match self {
            Layout::Plain => k,
            Layout::Panels { inputs, .. } => panel_index(inputs, k % inputs, k / inputs),
            Layout::Filters { channels, area, filters, .. } => {
                let depth = channels * area;
                let (filter, channel, at) = (k / depth, k % depth / area, k % area);
                let (group, filter) = (filter / filters, filter % filters);
                group * panels_len(depth, filters) + panel_index(depth, at * channels + channel, filter)
            }
            Layout::Groups { each, .. } => k / each * each.next_multiple_of(16) + k % each,
        }
    }

    /// Values as they lie in memory → as they stand in a file.
    pub(crate) fn to_file(self, len: usize, memory: &[f32]) -> Vec<f32> {
        (0..len).map(|k| memory[self.place(k)]).collect()
    }

    /// Values as they stand in a file → as they lie in memory. The padding is left alone.
    #[expect(clippy::wrong_self_convention, reason = "the counterpart of to_file")]
    pub(crate) fn from_file(self, values: &[f32], memory: &mut [f32]) {
        for (k, &value) in values.iter().enumerate() {
            memory[self.place(k)] = value;
        }
    }
}
