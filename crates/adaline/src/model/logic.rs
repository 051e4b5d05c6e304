//! Boolean functions and circuits as models, so that whatever works on a trained model works on them.

use super::Model;
use crate::data::{Encoder, Input, Target};
use crate::gate::Function;
use crate::{Activation, Circuit, Error, Network, Neuron, NeuronLayer, Result};

/// Most outputs of a circuit that are read as one number: f32 holds whole numbers up to 2²⁴.
const MOST_BITS: usize = 24;

impl Model {
    /// A Boolean function as a model of its neurons: its inputs are columns by their names, the target is called `output`
    /// (or `result` or `y`, where an input has that name) and has the classes 0 and 1.
    ///
    /// Fails as [`Function::layers`] does.
    ///
    /// ```
    /// use adaline::Model;
    /// use adaline::gate::Expression;
    /// # fn main() -> adaline::Result<()> {
    /// let function = Expression::parse("(a and not b) or c")?.function()?;
    /// let model = Model::of_function(&function)?;
    /// assert_eq!(model.encoder().input_names(), ["a", "b", "c"]);
    /// assert_eq!(model.predict_one(["1", "0", "0"])?.label(), "1");
    /// # Ok(())
    /// # }
    /// ```
    pub fn of_function(function: &Function) -> Result<Self> {
        let names: Vec<&str> = function.names().iter().map(String::as_str).collect();
        let target = ["output", "result", "y"].into_iter().find(|name| !names.contains(name));
        Model::of_neurons(&function.layers()?, &names, target.unwrap_or("function output"))
    }

    /// A circuit as a model. With one output it predicts the classes 0 and 1; several outputs are read as one binary
    /// number, the first output its highest bit, by one more neuron without activation.
    ///
    /// Fails as [`Circuit::layers`] does, and with more than 24 outputs.
    ///
    /// ```
    /// use adaline::{Circuit, Model};
    /// # fn main() -> adaline::Result<()> {
    /// let adder = Model::of_circuit(&Circuit::ripple_adder(3)?)?;
    /// assert_eq!(adder.predict_one(["1", "0", "1", "0", "1", "1"])?.label(), "8"); // 5 + 3
    /// # Ok(())
    /// # }
    /// ```
    pub fn of_circuit(circuit: &Circuit) -> Result<Self> {
        let mut layers = circuit.layers()?;
        let outputs: Vec<&str> = circuit.outputs().iter().map(|(name, _)| name.as_str()).collect();
        let inputs: Vec<&str> = circuit.inputs().iter().map(String::as_str).collect();
        let bits = outputs.len();
        if bits > MOST_BITS {
            let message = format!("{bits} outputs; as a model it may have at most {MOST_BITS}");
            return Err(Error::setting("circuit", message));
        }
        // A column's name must be none of the inputs'.
        let mut target = outputs.join(" ");
        while inputs.contains(&target.as_str()) {
            target.push('\'');
        }
        if bits == 1 {
            return Model::of_neurons(&layers, &inputs, &target);
        }
        let weights: Vec<f64> = (0..bits).rev().map(|bit| (1u32 << bit).into()).collect();
        layers.push(NeuronLayer::new([Neuron::new(weights, 0.0, Activation::Identity)]));
        let column = |name: &&str| Input::Number { name: (*name).to_owned(), mean: 0.0, scale: 1.0 };
        let target = Target::Number { name: target, mean: 0.0, scale: 1.0 };
        let encoder = Encoder::new(inputs.iter().map(column).collect(), target)?;
        Ok(Model::new(encoder, Network::from_neurons(&layers)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Gate, TruthTable};

    fn cells(input: &[u8]) -> Vec<String> {
        input.iter().map(u8::to_string).collect()
    }

    #[test]
    fn every_function_of_three_inputs_predicts_its_table() {
        for number in 0..256u32 {
            let table = TruthTable::new((0..8).map(|row| number >> row & 1 == 1).collect::<Vec<_>>()).unwrap();
            let model = Model::of_function(&Function::from(table.clone())).unwrap();
            for row in table.rows() {
                assert_eq!(model.predict_one(cells(&row.input)).unwrap().label(), row.output.to_string());
            }
        }
    }

    #[test]
    fn every_circuit_predicts_its_table_and_is_the_same_out_of_a_file() {
        for name in ["half-adder", "full-adder", "adder-3", "mux", "majority"] {
            let circuit = Circuit::builtin(name).unwrap();
            let model = Model::of_circuit(&circuit).unwrap();
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
        assert_eq!(Model::of_function(&function).unwrap().encoder().target().name(), "y");
        let circuit = Circuit::parse("inputs a\noutputs a\n", "test").unwrap();
        assert_eq!(Model::of_circuit(&circuit).unwrap().encoder().target().name(), "a'");
        assert!(Model::of_circuit(&Circuit::ripple_adder(40).unwrap()).is_err());
    }
}
