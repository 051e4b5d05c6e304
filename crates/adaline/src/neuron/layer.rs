//! A row of neurons that all see the same inputs: what a dense layer is.

use super::{Firing, Neuron};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// Neurons side by side, all with the same inputs. A [`Dense`](crate::Dense) layer is such a row, with the weights of all
/// its neurons in one matrix.
///
/// ```
/// use adaline::{Neuron, NeuronLayer};
/// # fn main() -> adaline::Result<()> {
/// let layer = NeuronLayer::new([Neuron::step([-0.6, -0.6], 0.7), Neuron::step([0.4, 0.4], -0.3)]);
/// assert_eq!(layer.outputs(&[0.0, 1.0])?, [1.0, 1.0]);
/// assert_eq!(layer.weights(), [-0.6, -0.6, 0.4, 0.4]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeuronLayer {
    /// The neurons, in the order of their outputs.
    pub neurons: Vec<Neuron>,
}

impl NeuronLayer {
    /// Neurons side by side.
    pub fn new(neurons: impl Into<Vec<Neuron>>) -> Self {
        NeuronLayer { neurons: neurons.into() }
    }

    /// What every neuron does with the inputs. Fails when one of them has another number of weights.
    pub fn fire(&self, inputs: &[f64]) -> Result<Vec<Firing>> {
        self.neurons.iter().map(|neuron| neuron.fire(inputs)).collect()
    }

    /// The outputs of all neurons. Fails as [`NeuronLayer::fire`] does.
    pub fn outputs(&self, inputs: &[f64]) -> Result<Vec<f64>> {
        self.neurons.iter().map(|neuron| neuron.output(inputs)).collect()
    }

    /// All weights, neuron after neuron: a dense layer's `weight`, units × inputs.
    pub fn weights(&self) -> Vec<f64> {
        self.neurons.iter().flat_map(|neuron| neuron.weights.iter().copied()).collect()
    }

    /// All biases: a dense layer's `bias`.
    pub fn biases(&self) -> Vec<f64> {
        self.neurons.iter().map(|neuron| neuron.bias).collect()
    }
}

/// Sends the inputs through layer after layer and keeps what every neuron did. Fails when a layer's neurons do not have
/// as many weights as there are values before them, naming the layer, from 1.
pub(crate) fn fire_all(layers: &[NeuronLayer], inputs: &[f64]) -> Result<Vec<Vec<Firing>>> {
    let mut values = inputs.to_vec();
    let mut firings = Vec::with_capacity(layers.len());
    for (number, layer) in layers.iter().enumerate() {
        let row = layer.fire(&values).map_err(|error| match error {
            Error::Shape { place, message } => Error::shape(format!("layer {}: {place}", number + 1), message),
            other => other,
        })?;
        values = row.iter().map(|firing| firing.output).collect();
        firings.push(row);
    }
    Ok(firings)
}
