//! adaline: from one neuron set by hand to a network trained on real data.
//!
//! # A tour
//!
//! **A neuron** adds up its inputs, each times a weight, and its bias. It fires when the sum is above zero.
//!
//! ```
//! use adaline::Neuron;
//! # fn main() -> adaline::Result<()> {
//! let and = Neuron::step([0.4, 0.4], -0.6);
//! assert_eq!(and.output(&[1.0, 1.0])?, 1.0); // 0.4 + 0.4 - 0.6 is above zero
//! assert_eq!(and.output(&[1.0, 0.0])?, 0.0);
//! # Ok(())
//! # }
//! ```
//!
//! **A network** is layers of neurons, one behind the other. No single neuron is an XOR, and two layers are.
//!
//! ```
//! use adaline::Gate;
//! # fn main() -> adaline::Result<()> {
//! let xor = Gate::Xor.network()?;
//! assert_eq!(xor.notation(), "dense 2 step, dense 1 step");
//! assert_eq!(xor.predict(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])?, [0.0, 1.0, 1.0, 0.0]);
//! # Ok(())
//! # }
//! ```
//!
//! **Training** finds the weights from examples: [`Samples`] are rows of numbers and what they should become. A step
//! cannot be trained (it is flat), so that a smooth activation stands in its place. The loss follows from the targets.
//!
//! ```
//! use adaline::prelude::*;
//! # fn main() -> adaline::Result<()> {
//! let rows = vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
//! let xor = Samples::new(Shape::Flat(2), rows, Targets::Classes(vec![0, 1, 1, 0]))?;
//! let mut network = Network::new(Shape::Flat(2), [Dense::tanh(4), Dense::sigmoid(1)])?;
//! let fit = Trainer::new(Adam::default().learning_rate(0.05)).epochs(300).fit(&mut network, &xor, None)?;
//! assert!(fit.history[299].loss < fit.history[0].loss / 10.0);
//! let probabilities = network.predict(xor.inputs())?;
//! assert!(probabilities[1] > 0.9 && probabilities[3] < 0.1);
//! # Ok(())
//! # }
//! ```
//!
//! **A model** is a network and what turns a raw row into numbers. From a table to a file and back:
//!
#![cfg_attr(feature = "data", doc = "```")]
#![cfg_attr(not(feature = "data"), doc = "```ignore")]
//! use adaline::prelude::*;
//! # fn main() -> adaline::Result<()> {
//! let data = Table::builtin("iris")?.target("species")?.split(Split::seeded(1))?;
//! let network = Network::new(data.input(), [Dense::relu(16), Dense::linear(3)])?;
//! let mut model = Model::new(data.encoder(), network);
//! model.fit(&data, Trainer::new(Adam::default().learning_rate(0.01)).epochs(60).seed(1))?;
//! println!("{}", model.evaluate(data.test())?);
//!
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("iris.safetensors");
//! # /*
//! let path = "iris.safetensors";
//! # */
//! model.save(&path)?;
//! let model = Model::load(&path)?;
//! let flower = model.predict_one(["5.1", "3.5", "1.4", "0.2"])?;
//! assert_eq!(flower.label(), "setosa");
//! # Ok(())
//! # }
//! ```
//!
//! # Where things are
//!
//! | | |
//! |---|---|
//! | by hand | [`Neuron`], [`NeuronLayer`], [`Gate`], [`TruthTable`], [`Activation`] |
//! | a network | [`Layer`], [`Dense`], [`Dropout`], [`Network`], [`Predictor`], [`Init`], [`Shape`] |
//! | training | [`Trainer`], [`Settings`], [`Session`], [`Loss`], [`Optimizer`], [`Schedule`], [`Samples`] |
#![cfg_attr(
    feature = "data",
    doc = "| data | [`data::Table`], [`data::Split`], [`data::Dataset`], [`data::Encoder`], [`data::Window`], [`data::Vocabulary`], [`Augment`] |"
)]
#![cfg_attr(
    feature = "data",
    doc = "| models | [`Model`], [`Predictions`], [`Evaluation`], [`Record`], [`Defaults`], [`Sampler`] |"
)]
#![cfg_attr(feature = "plot", doc = "| pictures | [`plot`]: charts as SVG, PNG and text for a terminal |")]
//! | to read | [`mod@reference`]: every layer, loss and optimizer as plain loops over f64 |
//!
//! # Promises
//!
//! - The same seed, data and version give the same bits, whatever the number of threads and the instruction set.
//! - After the first step of a training run, and the first prediction of a [`Predictor`], nothing is allocated.
//! - Nothing is printed, and nothing is read from the environment.
//! - A user's data never makes the library panic: there is one [`Error`], which says where and what to do.
//!
//! # Features
//!
//! `data` (tables, readers, encoders, models in files), `images` (PNG and JPEG files as data) and `plot` are on by default.
//! Without them the library is neurons, networks and training.

pub mod circuit;
#[cfg(feature = "data")]
pub mod data;
#[cfg(feature = "data")]
mod defaults;
pub mod error;
#[cfg(feature = "data")]
pub mod files;
pub mod gate;
#[cfg(feature = "plot")]
pub mod plot;
pub mod reference;
pub mod rng;

mod activation;
mod augment;
mod init;
mod kernel;
mod layer;
mod loss;
mod metrics;
#[cfg(feature = "data")]
mod model;
mod network;
mod neuron;
mod op;
mod optimizer;
mod plan;
mod samples;
mod schedule;
mod shape;
mod trainer;

pub use activation::{Activation, Derivative, softmax};
pub use augment::{Augment, Placement};
pub use circuit::Circuit;
#[cfg(feature = "data")]
pub use defaults::Defaults;
pub use error::{Error, Result};
pub use gate::{Gate, TruthRow, TruthTable, WrongRow};
pub use init::Init;
pub use kernel::InstructionSet;
pub use layer::{
    BatchNorm, Cell, Conv, Dense, Dropout, Embedding, GlobalPool, Layer, LayerNorm, Padding, Pool, Pooling, Recurrent,
    Residual, Size,
};
pub use loss::Loss;
pub use metrics::{ClassReport, Classification, Evaluation, Regression, Steps};
#[cfg(feature = "data")]
pub use model::{DataRecord, Generated, Memory, Model, Prediction, Predictions, Record, Sampler};
pub use network::Network;
pub use neuron::{Firing, Line, Neuron, NeuronLayer, Sum};
pub use optimizer::{Adagrad, Adam, AdamW, Optimizer, RmsProp, Rprop, Sgd};
pub use plan::Predictor;
pub use samples::{Inputs, Samples, Targets};
pub use schedule::Schedule;
pub use shape::Shape;
pub use trainer::{Batch, Checkpoint, Ended, Epoch, Fit, Session, Settings, Step, StepReport, Trainer};

/// The names that a program usually needs.
pub mod prelude {
    pub use crate::{
        Activation, Adagrad, Adam, AdamW, BatchNorm, Conv, Dense, Dropout, Embedding, Gate, GlobalPool, Init, Layer,
        LayerNorm, Loss, Network, Neuron, Optimizer, Pool, Predictor, Recurrent, Residual, RmsProp, Rprop, Samples,
        Schedule, Sgd, Shape, Targets, Trainer,
    };
    #[cfg(feature = "data")]
    pub use crate::{
        Model,
        data::{Split, Table},
    };
}
