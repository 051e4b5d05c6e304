//! adaline: from one neuron set by hand to a network trained on real data.

#[cfg(feature = "data")]
pub mod data;
pub mod error;
#[cfg(feature = "plot")]
pub mod plot;
pub mod reference;
pub mod rng;

mod activation;
mod gate;
mod init;
mod layer;
mod loss;
mod neuron;
mod samples;
mod shape;

pub use activation::{Activation, Derivative, softmax};
pub use error::{Error, Result};
pub use gate::{Gate, TruthRow, TruthTable, WrongRow};
pub use init::Init;
pub use layer::{Dense, Dropout, Layer};
pub use loss::Loss;
pub use neuron::{Firing, Line, Neuron, NeuronLayer, Sum};
pub use samples::{Samples, Targets};
pub use shape::Shape;
