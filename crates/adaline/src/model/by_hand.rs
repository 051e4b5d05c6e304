//! Models of neurons that were set by hand, so that whatever works on a trained model works on them.

use super::Model;
use crate::data::{Encoder, Input, Target};
use crate::gate::{Function, Solution};
use crate::{Activation, Circuit, Error, Gate, Network, Neuron, NeuronLayer, Result};

/// The name of the column that a function predicts.
const OUTPUT: &str = "output";

/// Most outputs of a circuit that are read as one number: f32 holds whole numbers up to 2²⁴.
const MOST_BITS: usize = 24;

impl Model {
    /// A model of layers of neurons: one column of numbers an input, and a target with the classes 0 and 1. The last layer
    /// is one neuron.
    ///
    /// Fails when the layers do not fit together, the names do not fit the inputs, or the last layer has more neurons.
    pub fn of_neurons(layers: &[NeuronLayer], inputs: &[String], target: &str) -> Result<Self> {
        let network = Network::from_neurons(layers)?;
        let classes = vec!["0".to_owned(), "1".to_owned()];
        fits(&network, inputs)?;
        Ok(Model::new(Encoder::new(columns(inputs), Target::Classes { name: target.to_owned(), classes })?, network))
    }
}

impl Gate {
    /// The gate as a model: its inputs are the columns a and b, and what it predicts is called by the gate's name, as in the
    /// built-in data `xor`.
    ///
    /// ```
    /// use adaline::prelude::*;
    /// # fn main() -> adaline::Result<()> {
    /// let model = Gate::Xor.model()?;
    /// assert_eq!(model.predict_one(["1", "0"])?.label(), "1");
    /// let evaluation = model.evaluate(&Table::builtin("xor")?)?;
    /// assert!(evaluation.to_string().contains("accuracy 1.0000"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn model(self) -> Result<Model> {
        let names: Vec<String> = ["a", "b"].into_iter().take(self.inputs()).map(str::to_owned).collect();
        Model::of_neurons(&self.layers(), &names, self.name())
    }
}

impl Function {
    /// The neurons of the function: one where one is enough, else the two layers of
    /// [`TruthTable::two_layer`](crate::TruthTable::two_layer). Fails with more than eight inputs.
    pub fn layers(&self) -> Result<Vec<NeuronLayer>> {
        match self.table().solve()? {
            Solution::Neuron(neuron) => Ok(vec![NeuronLayer::new([neuron.neuron()])]),
            Solution::Impossible(_) => Ok(self.table().two_layer()?.layers()),
        }
    }

    /// The function as a model, its inputs by their names. Fails as [`Function::layers`] does.
    ///
    /// ```
    /// use adaline::gate::Expression;
    /// # fn main() -> adaline::Result<()> {
    /// let function = Expression::parse("(a and not b) or c")?.function()?;
    /// let model = function.model()?;
    /// assert_eq!(model.encoder().input_names(), ["a", "b", "c"]);
    /// assert_eq!(model.predict_one(["1", "0", "0"])?.label(), "1");
    /// # Ok(())
    /// # }
    /// ```
    pub fn model(&self) -> Result<Model> {
        // An input may be called output.
        let taken = |name: &&str| self.names().iter().any(|known| known == *name);
        let target = [OUTPUT, "result", "y"].into_iter().find(|name| !taken(name)).unwrap_or("function_output");
        Model::of_neurons(&self.layers()?, self.names(), target)
    }
}

impl Circuit {
    /// The circuit as a model. With one output it predicts the classes 0 and 1; several outputs are read as one binary
    /// number, the first output its highest bit, by one more neuron without activation.
    ///
    /// Fails as [`Circuit::layers`] does, and with more than 24 outputs.
    ///
    /// ```
    /// use adaline::Circuit;
    /// # fn main() -> adaline::Result<()> {
    /// let adder = Circuit::ripple_adder(3)?.model()?;
    /// assert_eq!(adder.predict_one(["1", "0", "1", "0", "1", "1"])?.label(), "8"); // 5 + 3
    /// # Ok(())
    /// # }
    /// ```
    pub fn model(&self) -> Result<Model> {
        let mut layers = self.layers()?;
        let names: Vec<&str> = self.outputs().iter().map(|(name, _)| name.as_str()).collect();
        let bits = names.len();
        if bits > MOST_BITS {
            let message = format!("{bits} outputs; as a model it may have at most {MOST_BITS}");
            return Err(Error::setting("circuit", message));
        }
        // A column's name must be none of the inputs'.
        let mut target = names.join(" ");
        while self.inputs().contains(&target) {
            target.push('\'');
        }
        if bits == 1 {
            return Model::of_neurons(&layers, self.inputs(), &target);
        }
        let weights: Vec<f64> = (0..bits).rev().map(|bit| (1u32 << bit).into()).collect();
        layers.push(NeuronLayer::new([Neuron::new(weights, 0.0, Activation::Identity)]));
        let network = Network::from_neurons(&layers)?;
        let target = Target::Number { name: target, mean: 0.0, scale: 1.0 };
        Ok(Model::new(Encoder::new(columns(self.inputs()), target)?, network))
    }
}

/// A column of numbers an input, taken as they are.
fn columns(names: &[String]) -> Vec<Input> {
    names.iter().map(|name| Input::Number { name: name.clone(), mean: 0.0, scale: 1.0 }).collect()
}

fn fits(network: &Network, inputs: &[String]) -> Result<()> {
    if network.input().len() != inputs.len() {
        let message = format!("{} names were given for {} inputs; give one each", inputs.len(), network.input());
        return Err(Error::shape("model", message));
    }
    if network.output().len() != 1 {
        return Err(Error::shape("model", format!("{} outputs; the last layer must be one neuron", network.output())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TruthTable;

    #[test]
    fn every_gate_function_and_circuit_predicts_its_table_as_a_model() {
        let cells = |input: &[u8]| input.iter().map(u8::to_string).collect::<Vec<_>>();
        for gate in Gate::ALL {
            let model = gate.model().unwrap();
            for row in gate.table().rows() {
                let prediction = model.predict_one(cells(&row.input)).unwrap();
                assert_eq!(prediction.label(), row.output.to_string(), "{gate}");
            }
        }
        for number in 0..256u32 {
            let table = TruthTable::new((0..8).map(|row| number >> row & 1 == 1).collect::<Vec<_>>()).unwrap();
            let model = Function::from(table.clone()).model().unwrap();
            for row in table.rows() {
                assert_eq!(model.predict_one(cells(&row.input)).unwrap().label(), row.output.to_string());
            }
        }
        for name in ["half-adder", "full-adder", "adder-3", "mux", "majority"] {
            let circuit = Circuit::builtin(name).unwrap();
            let model = circuit.model().unwrap();
            let again = Model::from_bytes(&model.to_bytes().unwrap(), "again").unwrap();
            for row in circuit.table().unwrap() {
                let number = row.output.iter().fold(0, |number, bit| number << 1 | u32::from(*bit));
                for model in [&model, &again] {
                    assert_eq!(model.predict_one(cells(&row.input)).unwrap().label(), number.to_string(), "{name}");
                }
            }
        }
    }

    #[test]
    fn names_that_meet_are_kept_apart() {
        let function = Function::new(["output", "result"], Gate::And.table()).unwrap();
        assert_eq!(function.model().unwrap().encoder().target().name(), "y");
        let circuit = Circuit::parse("inputs a\noutputs a\n", "test").unwrap();
        assert_eq!(circuit.model().unwrap().encoder().target().name(), "a'");
        assert!(Circuit::ripple_adder(40).unwrap().model().is_err());
        assert!(Model::of_neurons(&Gate::And.layers(), &["a".to_owned()], "y").is_err());
    }
}
