//! What a person describes: layers are hyper-parameters only. Weights live in the network, work is done by ops.
//!
//! A layer answers three questions: which shape comes out, which parameters it has and how they start, and which ops it
//! lowers to. All layers share one serde form, used by config files, the model file and code:
//! `{"dense": {"units": 16, "activation": "relu"}}`.

mod dense;
mod dropout;

pub use dense::Dense;
pub use dropout::Dropout;

use crate::{Activation, Error, Result, Shape};
use serde::{Deserialize, Serialize};

/// One layer of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
