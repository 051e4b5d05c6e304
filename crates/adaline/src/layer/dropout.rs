//! Dropout: while training, a part of the values is zeroed.

use crate::{Layer, Shape};

/// Zeroes each value with probability `rate` while training and scales the others by 1 / (1 - rate), so that nothing
/// needs doing at prediction ("inverted" dropout).
///
/// **Formula** y = x · m / (1 - rate), m = 0 with probability `rate`, else 1. **Shapes** any → the same.
/// **Parameters** none. **Cost** one multiplication a value.
///
/// The masks come from the run's seed, the step and the layer, so a run repeats bit for bit.
///
/// ```
/// use adaline::prelude::*;
/// # fn main() -> adaline::Result<()> {
/// let network = Network::new(Shape::Flat(2), [Dropout::new(0.5)])?;
/// assert_eq!(network.predict(&[1.0, 2.0])?, [1.0, 2.0]);
/// # Ok(())
/// # }
/// ```
///
/// Srivastava et al. 2014, *Dropout: a simple way to prevent neural networks from overfitting*. Agrees with PyTorch's
/// `nn.Dropout` and Keras's `Dropout`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Dropout {
    /// The probability that a value is zeroed, from 0 to below 1.
    pub rate: f64,
}

impl Dropout {
    /// Dropout with a rate.
    pub fn new(rate: f64) -> Self {
        Dropout { rate }
    }
}

impl Dropout {
    pub(super) fn output(&self, input: Shape) -> Result<Shape, String> {
        if self.rate >= 0.0 && self.rate < 1.0 {
            Ok(input)
        } else {
            Err(format!("a dropout rate of {} does not work; it goes from 0 to below 1", self.rate))
        }
    }
}

impl From<Dropout> for Layer {
    fn from(layer: Dropout) -> Self {
        Layer::Dropout(layer)
    }
}
