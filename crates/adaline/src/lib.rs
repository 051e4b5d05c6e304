//! adaline: from one neuron set by hand to a network trained on real data.

pub mod error;
#[cfg(feature = "plot")]
pub mod plot;
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
