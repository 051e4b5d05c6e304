//! adaline: from one neuron set by hand to a network trained on real data.

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
pub use circuit::Circuit;
#[cfg(feature = "data")]
pub use defaults::Defaults;
pub use error::{Error, Result};
pub use gate::{Gate, TruthRow, TruthTable, WrongRow};
pub use init::Init;
pub use kernel::InstructionSet;
pub use layer::{Dense, Dropout, Layer};
pub use loss::Loss;
pub use metrics::{ClassReport, Classification, Evaluation, Regression};
#[cfg(feature = "data")]
pub use model::{DataRecord, Model, Prediction, Predictions, Record};
pub use network::Network;
pub use neuron::{Firing, Line, Neuron, NeuronLayer, Sum};
pub use optimizer::{Adagrad, Adam, AdamW, Optimizer, RmsProp, Rprop, Sgd};
pub use plan::Predictor;
pub use samples::{Samples, Targets};
pub use schedule::Schedule;
pub use shape::Shape;
pub use trainer::{Batch, Checkpoint, Ended, Epoch, Fit, Session, Settings, Step, StepReport, Trainer};

/// The names that a program usually needs.
pub mod prelude {
    pub use crate::{
        Activation, Adagrad, Adam, AdamW, Dense, Dropout, Gate, Init, Layer, Loss, Network, Neuron, Optimizer,
        Predictor, RmsProp, Rprop, Samples, Schedule, Sgd, Shape, Targets, Trainer,
    };
    #[cfg(feature = "data")]
    pub use crate::{
        Model,
        data::{Split, Table},
    };
}
