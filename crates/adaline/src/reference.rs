//! The readable twin: every layer, loss and optimizer as plain loops over f64.
//!
//! This is the code to read when one wants to know what a network does, and the truth that the fast code is tested
//! against. It is itself tested against central differences and against PyTorch in double precision.
//!
//! Values lie in one row after the other, the batch outermost: a batch of B examples with I numbers each is B × I
//! numbers. A gradient is called `d` and the name of what it belongs to: `dx` is the change of the loss for a small
//! change of each `x`.
//!
//! | letter | meaning |
//! |---|---|
//! | B | examples in the batch |
//! | I | inputs of a layer |
//! | O | units (outputs) of a layer |
//! | C, H, W | channels, height and width of an image |
//! | T | steps of a sequence |
//! | K | classes |
//! | x, z, y, t | input, weighted sum before the activation, output, target |
//!
//! ```
//! use adaline::reference::{Goal, Network, Pass, Targets};
//! use adaline::{Activation, Dense, Loss, Shape};
//! # fn main() -> adaline::Result<()> {
//! // One neuron with two inputs, and one example.
//! let layers = [Dense::new(1, Activation::Identity).into()];
//! let network = Network::new(Shape::Flat(2), &layers, vec![vec![0.5, -1.0], vec![0.25]])?;
//! let goal = Goal { loss: Loss::Mse, targets: Targets::Values(&[1.0]), class_weights: None };
//! let step = network.learn(&[2.0, 1.0], Pass::default(), &goal)?;
//! assert_eq!(step.trace.outputs(), [0.25]); // 2 · 0.5 - 1 · 1 + 0.25
//! assert_eq!(step.loss, 0.75 * 0.75); // (0.25 - 1)²
//! assert_eq!(step.gradients.parameters[0], [-3.0, -1.5]); // 2 · (0.25 - 1) · x
//! assert_eq!(step.gradients.parameters[1], [-1.5]);
//! # Ok(())
//! # }
//! ```

pub mod activation;
mod chain;
pub mod clip;
mod conv;
mod dense;
mod differences;
pub mod dropout;
mod embedding;
mod explain;
mod loss;
mod network;
mod norm;
mod optimizer;
mod planes;
mod pool;
mod recurrent;
mod trace;

pub use conv::{Conv, ConvGradient};
pub use dense::{Dense, DenseGradient};
pub use differences::central_differences;
pub use embedding::Embedding;
#[cfg(feature = "data")]
pub(crate) use explain::explain_own;
pub use explain::{
    Explanation, GateWorking, LayerGradient, LayerWorking, LossWorking, Origin, ParameterUpdate, Scaling, StateWorking,
    StepWorking, Style, SweepWorking, TensorGradient, TensorUpdate, Term, UnitWorking, UpdateWorking, explain,
};
pub use loss::{Goal, LossGradient, Targets};
pub use network::{Gradients, Learning, Network};
pub use norm::{BatchNorm, LayerNorm, NormGradient};
pub use optimizer::{Optimizer, Rule};
pub use pool::{GlobalPool, Pool};
pub use recurrent::{CellStep, Recurrent, RecurrentGradient};
pub use trace::{Kept, LayerTrace, Pass, Statistics, Sweep, Trace};

use crate::{Error, Result};

/// How many rows of `width` the values are. Fails when they are not whole rows.
fn rows(place: &str, values: usize, width: usize) -> Result<usize> {
    if width == 0 || !values.is_multiple_of(width) {
        return Err(Error::shape(place, format!("{values} values are not rows of {width}")));
    }
    Ok(values / width)
}

/// Fails when there are not as many values as there must be.
fn expect_len(place: &str, what: &str, got: usize, needed: usize) -> Result<()> {
    if got == needed {
        return Ok(());
    }
    Err(Error::shape(place, format!("{what}: {got} values, but {needed} are needed")))
}
