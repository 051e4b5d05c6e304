//! Normalisation: values brought to mean 0 and variance 1, then scaled and shifted by what is learnt.

use super::{Layout, Parameter};
use crate::{Init, Layer, Shape};

/// Normalises each channel over the batch.
///
/// **Formula** y = γ · (x - μ) / √(σ² + ε) + β. While training μ and σ² are the mean and the variance (over n) of the channel
/// over the batch and all its places; each step moves the running statistics a part of the way: running = (1 - momentum) ·
/// running + momentum · batch, with the variance over n - 1. At prediction the running statistics are used.
///
/// A channel with a single value in the batch (a last batch of one row) has no spread; it is normalised with the running
/// statistics, which then stay as they are. Of sequences of different lengths only the own steps count.
///
/// **Shapes** any → the same. A channel is a value of a flat row, a channel of an image, a value of a sequence's steps.
///
/// **Parameters** `weight` (γ, starts at 1), `bias` (β, 0), and, not trained, `running_mean` (0), `running_var` (1); each C
/// values.
///
/// **The trap** `momentum` is PyTorch's: the weight of the new batch. Keras's `momentum` is 1 minus this.
///
/// ```
/// use adaline::prelude::*;
/// # fn main() -> adaline::Result<()> {
/// let mut network = Network::new(Shape::Flat(1), [BatchNorm::default()])?;
/// network.set("layers.0.running_mean", &[2.0])?;
/// network.set("layers.0.running_var", &[4.0])?;
/// assert!((network.predict(&[6.0])?[0] - 2.0).abs() < 1e-5); // (6 - 2) / 2
/// # Ok(())
/// # }
/// ```
///
/// Ioffe and Szegedy 2015. Agrees with PyTorch's `nn.BatchNorm1d` and `nn.BatchNorm2d`, Keras's `BatchNormalization`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BatchNorm {
    /// How much of each batch goes into the running statistics; 0.1 when not said.
    pub momentum: f64,
    /// Added to the variance; 10⁻⁵ when not said.
    pub epsilon: f64,
}

impl Default for BatchNorm {
    fn default() -> Self {
        BatchNorm { momentum: 0.1, epsilon: 1e-5 }
    }
}

/// Normalises each example over its own values.
///
/// **Formula** y = γ · (x - μ) / √(σ² + ε) + β, with the mean and the variance (over n) of one example: of a flat row over all
/// its values, of a sequence over the values of each step, of an image over all channels and pixels. It is the same while
/// training and at prediction.
///
/// **Shapes** any → the same. **Parameters** `weight` (γ, starts at 1), `bias` (β, 0): one for each value of a row or a step,
/// one for each channel of an image.
///
/// ```
/// use adaline::prelude::*;
/// # fn main() -> adaline::Result<()> {
/// let network = Network::new(Shape::Flat(2), [LayerNorm::default()])?;
/// let y = network.predict(&[1.0, 3.0])?;
/// assert!((y[0] + 1.0).abs() < 1e-4 && (y[1] - 1.0).abs() < 1e-4);
/// # Ok(())
/// # }
/// ```
///
/// Ba, Kiros and Hinton 2016. Agrees with PyTorch's `nn.LayerNorm` on rows and sequences, and with `nn.GroupNorm(1, C)` on
/// images; Keras's `LayerNormalization` has ε = 10⁻³.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LayerNorm {
    /// Added to the variance; 10⁻⁵ when not said.
    pub epsilon: f64,
}

impl Default for LayerNorm {
    fn default() -> Self {
        LayerNorm { epsilon: 1e-5 }
    }
}

/// What is normalised together, of one example: so many places of so many channels each.
pub(crate) fn channels(input: Shape) -> (usize, usize) {
    match input {
        Shape::Flat(n) => (1, n),
        Shape::Sequence { steps, features } => (steps, features),
        Shape::Image { channels, height, width } => (height.saturating_mul(width), channels),
    }
}

fn check_epsilon(epsilon: f64) -> Result<(), String> {
    if epsilon > 0.0 && epsilon.is_finite() { Ok(()) } else { Err(format!("epsilon is {epsilon}; it must be above 0")) }
}

/// γ and β.
fn scale_and_shift(input: Shape) -> Vec<Parameter> {
    let (_, n) = channels(input);
    vec![
        Parameter { init: Init::Constant(1.0), ..Parameter::bias("weight", n) },
        Parameter { layout: Layout::Plain, ..Parameter::bias("bias", n) },
    ]
}

impl BatchNorm {
    pub(super) fn output(&self, input: Shape) -> Result<Shape, String> {
        check_epsilon(self.epsilon)?;
        if !(0.0..=1.0).contains(&self.momentum) {
            return Err(format!("a momentum of {} does not work; it goes from 0 to 1", self.momentum));
        }
        Ok(input)
    }

    pub(super) fn parameters(&self, input: Shape) -> Vec<Parameter> {
        let (_, n) = channels(input);
        let mut parameters = scale_and_shift(input);
        parameters.push(Parameter { trained: false, ..Parameter::bias("running_mean", n) });
        parameters.push(Parameter { trained: false, init: Init::Constant(1.0), ..Parameter::bias("running_var", n) });
        parameters
    }
}

impl LayerNorm {
    pub(super) fn output(&self, input: Shape) -> Result<Shape, String> {
        check_epsilon(self.epsilon)?;
        Ok(input)
    }

    pub(super) fn parameters(&self, input: Shape) -> Vec<Parameter> {
        scale_and_shift(input)
    }
}

impl From<BatchNorm> for Layer {
    fn from(layer: BatchNorm) -> Self {
        Layer::BatchNorm(layer)
    }
}

impl From<LayerNorm> for Layer {
    fn from(layer: LayerNorm) -> Self {
        Layer::LayerNorm(layer)
    }
}
