//! Models whose weights a person has set: a gate is a model too.

use super::Model;
use crate::data::{Encoder, Input, Target};
use crate::{Dense, Error, Gate, Network, NeuronLayer, Result, Shape};

impl Model {
    /// A gate as a model: the inputs are the columns `a` and `b` (NOT has only `a`), the target is a column of the gate's
    /// name, its classes 0 and 1.
    ///
    /// ```
    /// use adaline::{Gate, Model};
    /// use adaline::data::Table;
    /// # fn main() -> adaline::Result<()> {
    /// let xor = Model::of_gate(Gate::Xor)?;
    /// assert_eq!(xor.network().notation(), "dense 2 step, dense 1 step");
    /// assert_eq!(xor.evaluate(&Table::builtin("xor")?)?.accuracy(), Some(1.0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn of_gate(gate: Gate) -> Result<Self> {
        let inputs: &[&str] = if gate.inputs() == 1 { &["a"] } else { &["a", "b"] };
        Model::of_neurons(&gate.layers(), inputs, gate.name())
    }

    /// Layers of neurons set by hand as a model: these columns are its inputs, unscaled, and the target has the classes 0
    /// and 1.
    ///
    /// Fails when a layer has no neurons or neurons of different activations, and when numbers do not agree: a neuron has
    /// one weight for each input, the last layer has one neuron.
    pub fn of_neurons(layers: &[NeuronLayer], inputs: &[&str], target: &str) -> Result<Self> {
        let mut described = Vec::with_capacity(layers.len());
        let mut width = inputs.len();
        for (number, layer) in layers.iter().enumerate() {
            let place = format!("layer {}", number + 1);
            let Some(first) = layer.neurons.first() else {
                return Err(Error::shape(place, "there are no neurons; a layer needs at least one"));
            };
            if layer.neurons.iter().any(|neuron| neuron.activation != first.activation) {
                return Err(Error::shape(place, "the neurons of a layer must have the same activation"));
            }
            if let Some(neuron) = layer.neurons.iter().find(|neuron| neuron.inputs() != width) {
                let message = format!("a neuron has {} weights for {width} inputs; give one an input", neuron.inputs());
                return Err(Error::shape(place, message));
            }
            described.push(Dense::new(layer.neurons.len(), first.activation));
            width = layer.neurons.len();
        }
        let mut network = Network::new(Shape::Flat(inputs.len()), described)?;
        for (number, layer) in layers.iter().enumerate() {
            let single = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect::<Vec<f32>>();
            network.set(&format!("layers.{number}.weight"), &single(layer.weights()))?;
            network.set(&format!("layers.{number}.bias"), &single(layer.biases()))?;
        }
        let number = |name: &&str| Input::Number { name: (*name).to_owned(), mean: 0.0, scale: 1.0 };
        let target = Target::Classes { name: target.to_owned(), classes: vec!["0".to_owned(), "1".to_owned()] };
        let model = Model::new(Encoder::new(inputs.iter().map(number).collect(), target)?, network);
        model.check()?;
        Ok(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Neuron;

    #[test]
    fn every_gate_keeps_its_table_as_a_model() {
        for gate in Gate::ALL {
            let model = Model::of_gate(gate).unwrap();
            for row in gate.table().rows() {
                let cells: Vec<String> = row.input.iter().map(u8::to_string).collect();
                assert_eq!(model.predict_one(&cells).unwrap().label(), row.output.to_string(), "{gate} {cells:?}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let of = |neurons: Vec<Neuron>| Model::of_neurons(&[NeuronLayer::new(neurons)], &["a", "b"], "y").unwrap_err();
        assert!(of(vec![]).to_string().contains("no neurons"));
        assert!(of(vec![Neuron::step([1.0], 0.0)]).to_string().contains("1 weights for 2 inputs"));
        assert!(of(vec![Neuron::step([1.0, 1.0], 0.0); 3]).to_string().contains("3 outputs for 2 classes"));
    }
}
