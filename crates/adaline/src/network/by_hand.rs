//! Networks from neurons that were set by hand.

use crate::{Dense, Error, Gate, Network, NeuronLayer, Result, Shape};

impl Network {
    /// The network of layers of neurons: each a [`Dense`] layer with the neurons' weights as its rows. Numbers are
    /// rounded to f32.
    ///
    /// Fails when a layer is empty, when its neurons differ in activation or in their number of weights, or when they do
    /// not have a weight for each neuron of the layer before.
    ///
    /// ```
    /// use adaline::{Network, Neuron, NeuronLayer};
    /// # fn main() -> adaline::Result<()> {
    /// let layer = NeuronLayer::new([Neuron::step([-0.6, -0.6], 0.7), Neuron::step([0.4, 0.4], -0.3)]);
    /// let network = Network::from_neurons(&[layer])?;
    /// assert_eq!(network.predict(&[1.0, 1.0])?, [0.0, 1.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_neurons(layers: &[NeuronLayer]) -> Result<Self> {
        let mut chain = Vec::with_capacity(layers.len());
        let mut width = None;
        for (number, layer) in layers.iter().enumerate() {
            let wrong = |message: String| Error::shape(format!("layer {}", number + 1), message);
            let Some(first) = layer.neurons.first() else {
                return Err(wrong("it has no neurons; give at least one".to_owned()));
            };
            let inputs = width.unwrap_or(first.inputs());
            for (place, neuron) in layer.neurons.iter().enumerate() {
                if neuron.inputs() != inputs {
                    let (given, place) = (neuron.inputs(), place + 1);
                    return Err(wrong(format!("neuron {place} has {given} weights, but sees {inputs} values")));
                }
                if neuron.activation != first.activation {
                    let (one, other) = (first.activation, neuron.activation);
                    return Err(wrong(format!(
                        "its neurons have two activations, {one} and {other}; give one a layer"
                    )));
                }
            }
            chain.push(Dense::new(layer.neurons.len(), first.activation));
            width = Some(layer.neurons.len());
        }
        let inputs = layers.first().and_then(|layer| layer.neurons.first()).map_or(0, |neuron| neuron.inputs());
        let mut network = Network::new(Shape::Flat(inputs), chain)?;
        for (number, layer) in layers.iter().enumerate() {
            network.set(&format!("layers.{number}.weight"), &single(&layer.weights()))?;
            network.set(&format!("layers.{number}.bias"), &single(&layer.biases()))?;
        }
        Ok(network)
    }
}

impl Gate {
    /// The gate as a network of one layer, or two for XOR and XNOR, so that whatever works on a trained network works on
    /// it.
    ///
    /// ```
    /// use adaline::Gate;
    /// # fn main() -> adaline::Result<()> {
    /// let network = Gate::Xor.network()?;
    /// assert_eq!(network.notation(), "dense 2 step, dense 1 step");
    /// assert_eq!(network.predict(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])?, [0.0, 1.0, 1.0, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn network(self) -> Result<Network> {
        Network::from_neurons(&self.layers())
    }
}

fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|value| *value as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Activation, Neuron};

    #[test]
    fn every_gate_is_a_network_that_keeps_its_table() {
        for gate in Gate::ALL {
            let network = gate.network().unwrap();
            for row in gate.table().rows() {
                let inputs: Vec<f32> = row.input.iter().map(|x| f32::from(*x)).collect();
                assert_eq!(network.predict(&inputs).unwrap(), [f32::from(row.output)], "{gate} {row:?}");
            }
        }
    }

    #[test]
    fn a_layer_gives_what_its_neurons_give() {
        let neurons = |activation| {
            NeuronLayer::new([
                Neuron::new([0.4, -0.7, 1.1], 0.2, activation),
                Neuron::new([1.5, 0.3, -0.4], -0.9, activation),
            ])
        };
        let x = [0.3, -1.2, 2.0];
        for activation in Activation::all().filter(|a| !matches!(a, Activation::Softmax)) {
            let layer = neurons(activation);
            let outputs = Network::from_neurons(std::slice::from_ref(&layer)).unwrap().predict(&single(&x)).unwrap();
            for (fast, slow) in outputs.iter().zip(layer.outputs(&x).unwrap()) {
                assert!((f64::from(*fast) - slow).abs() < 1e-6, "{activation}: {fast} {slow}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let message = |layers: &[NeuronLayer]| Network::from_neurons(layers).unwrap_err().to_string();
        let step = |weights: &[f64]| Neuron::step(weights, 0.0);
        assert_eq!(
            message(&[NeuronLayer::new([step(&[1.0])]), NeuronLayer::new([])]),
            "layer 2: it has no neurons; give at least one"
        );
        assert_eq!(
            message(&[NeuronLayer::new([step(&[1.0, 2.0])]), NeuronLayer::new([step(&[1.0, 2.0])])]),
            "layer 2: neuron 1 has 2 weights, but sees 1 values"
        );
        assert_eq!(
            message(&[NeuronLayer::new([step(&[1.0]), Neuron::new([1.0], 0.0, Activation::Tanh)])]),
            "layer 1: its neurons have two activations, step and tanh; give one a layer"
        );
        assert!(Network::from_neurons(&[]).is_err());
        assert!(Network::from_neurons(&[NeuronLayer::new([step(&[])])]).is_err());
    }
}
