//! What a person describes: layers are hyper-parameters only. Weights live in the network, work is done by ops.
//!
//! A layer answers three questions: which shape comes out, which parameters it has and how they start, and which ops it
//! lowers to. In config files and in the model file a layer is its notation: `"dense 16 relu"`.

mod dense;
mod dropout;
mod notation;

pub use dense::Dense;
pub use dropout::Dropout;

use crate::op::Lowered;
use crate::{Activation, Init, Shape};
use serde::{Deserialize, Serialize};

/// Longest chain: a longer one is a slip, or a hostile file.
pub(crate) const MAX_LAYERS: usize = 1_000;

/// One layer of a network. Its serde form is its notation, a string; see [`Layer::parse_chain`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Layer {
    /// A row of neurons that all see the same inputs.
    Dense(Dense),
    /// While training, zeroes a part of the values.
    Dropout(Dropout),
    /// Reads an image or a sequence as one row of numbers. Nothing moves.
    Flatten,
    /// An activation of its own.
    Activation(Activation),
}

impl Layer {
    /// The layer's kind as it is written: `dense`, `dropout`, `flatten`, or the activation's name.
    pub fn kind(&self) -> &'static str {
        match self {
            Layer::Dense(_) => "dense",
            Layer::Dropout(_) => "dropout",
            Layer::Flatten => "flatten",
            Layer::Activation(activation) => activation.name(),
        }
    }

    /// The activation that ends the layer: a dense layer's own, or the layer itself.
    pub fn activation(&self) -> Option<Activation> {
        match self {
            Layer::Dense(dense) => Some(dense.activation),
            Layer::Activation(activation) => Some(*activation),
            Layer::Dropout(_) | Layer::Flatten => None,
        }
    }

    /// The shape of one example behind the layer, given the one before it. Fails where the layer cannot read that shape
    /// or its own numbers make no sense; the caller adds which layer it was.
    pub(crate) fn output(&self, input: Shape) -> Result<Shape, String> {
        match self {
            Layer::Dense(dense) => dense.output(),
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
            Layer::Dropout(_) | Layer::Flatten | Layer::Activation(_) => Vec::new(),
        }
    }

    /// The operations that the layer asks for. `first_tensor` is the number of its first parameter in the network.
    pub(crate) fn lower(&self, input: Shape, first_tensor: usize, ops: &mut Vec<Lowered>) {
        match self {
            Layer::Dense(dense) => dense.lower(input, first_tensor, ops),
            Layer::Dropout(dropout) => ops.push(Lowered::Dropout { rate: dropout.rate, len: input.len() }),
            // The values already lie in a row.
            Layer::Flatten => {}
            Layer::Activation(activation) => ops.push(Lowered::Activate { activation: *activation, len: input.len() }),
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
    pub name: &'static str,
    /// PyTorch's shape.
    pub shape: Vec<usize>,
    /// How it lies in memory.
    pub layout: Layout,
    pub init: Init,
    pub fan_in: usize,
    pub fan_out: usize,
    /// Whether weight decay and the penalties apply; not to biases.
    pub penalised: bool,
}

/// How a tensor lies in the network's buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// As in the file.
    Plain,
    /// A file's outputs × inputs as inputs × outputs in panels of sixteen outputs (see `kernel/panels.rs`).
    Panels { inputs: usize, outputs: usize },
}
