//! adaline: from one neuron set by hand to a network trained on real data.

#[cfg(feature = "data")]
pub mod data;
pub mod error;
pub mod rng;

mod activation;
mod init;
mod layer;
mod loss;
mod samples;
mod shape;

pub use activation::{Activation, Derivative};
pub use error::{Error, Result};
pub use init::Init;
pub use layer::{Dense, Dropout, Layer};
pub use loss::Loss;
pub use samples::{Samples, Targets};
pub use shape::Shape;
