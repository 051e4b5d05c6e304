//! The fully-connected layer: a row of neurons that all see the same inputs.

use super::{Layout, Parameter};
use crate::{Activation, Init, Layer, Shape};

/// A fully-connected layer.
///
/// **Formula** y = f(x·Wᵀ + b): each of the `units` neurons takes the weighted sum of all inputs, adds its bias and
/// applies the activation f.
///
/// **Shapes** I numbers → `units` numbers. An image is read as one row of numbers. A sequence stays one: the same neurons
/// see each step by itself (T steps of I → T steps of `units`); put [`Flatten`](Layer::Flatten) before them to see all steps at
/// once.
///
/// **Parameters** `weight` (units × I), `bias` (units).
///
/// **Initialisation** weights He-uniform before ReLU and its kin, LeCun-normal before SELU, else Glorot-uniform; bias 0.
///
/// **Cost** I × units multiply-adds an example.
///
/// ```
/// use adaline::prelude::*;
/// # fn main() -> adaline::Result<()> {
/// let mut network = Network::new(Shape::Flat(2), [Dense::new(1, Activation::Step)])?;
/// network.set("layers.0.weight", &[0.4, 0.4])?;
/// network.set("layers.0.bias", &[-0.6])?;
/// assert_eq!(network.predict(&[0.0, 1.0, 1.0, 1.0])?, [0.0, 1.0]);
/// # Ok(())
/// # }
/// ```
///
/// Agrees with PyTorch's `nn.Linear` followed by the activation, and Keras's `Dense`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Dense {
    /// How many neurons.
    pub units: usize,
    /// Applied to every sum; identity when not said.
    pub activation: Activation,
    /// Whether each neuron has a bias; true when not said.
    pub bias: bool,
    /// How the weights start; chosen by the activation when not said.
    pub init: Option<Init>,
}

impl Dense {
    /// `units` neurons with an activation.
    pub fn new(units: usize, activation: Activation) -> Self {
        Dense { units, activation, bias: true, init: None }
    }

    /// `units` neurons with ReLU.
    pub fn relu(units: usize) -> Self {
        Dense::new(units, Activation::Relu)
    }

    /// `units` neurons with tanh.
    pub fn tanh(units: usize) -> Self {
        Dense::new(units, Activation::Tanh)
    }

    /// `units` neurons with sigmoid.
    pub fn sigmoid(units: usize) -> Self {
        Dense::new(units, Activation::Sigmoid)
    }

    /// `units` neurons without an activation.
    pub fn linear(units: usize) -> Self {
        Dense::new(units, Activation::Identity)
    }

    /// The same layer without biases: every neuron's line goes through the origin.
    #[must_use]
    pub fn without_bias(mut self) -> Self {
        self.bias = false;
        self
    }

    /// The same layer with weights that start in a given way.
    #[must_use]
    pub fn init(mut self, init: Init) -> Self {
        self.init = Some(init);
        self
    }
}

impl Dense {
    pub(super) fn output(&self, input: Shape) -> Result<Shape, String> {
        if self.units == 0 {
            return Err("a dense layer needs at least one unit".to_owned());
        }
        self.activation.validate().map_err(|error| error.to_string())?;
        if let Some(init) = self.init {
            init.validate()?;
        }
        Ok(match input {
            Shape::Sequence { steps, .. } => Shape::Sequence { steps, features: self.units },
            _ => Shape::Flat(self.units),
        })
    }

    /// Numbers that one neuron sees.
    pub(crate) fn reads(input: Shape) -> usize {
        match input {
            Shape::Sequence { features, .. } => features,
            other => other.len(),
        }
    }

    pub(super) fn parameters(&self, input: Shape) -> Vec<Parameter> {
        let (inputs, outputs) = (Dense::reads(input), self.units);
        let mut parameters = vec![Parameter {
            name: "weight".into(),
            shape: vec![outputs, inputs],
            layout: Layout::Panels { inputs, outputs },
            init: self.init.unwrap_or_else(|| Init::suited_to(self.activation)),
            fan_in: inputs,
            fan_out: outputs,
            penalised: true,
            trained: true,
        }];
        if self.bias {
            parameters.push(Parameter { fan_in: inputs, fan_out: outputs, ..Parameter::bias("bias", outputs) });
        }
        parameters
    }
}

impl From<Dense> for Layer {
    fn from(layer: Dense) -> Self {
        Layer::Dense(layer)
    }
}
