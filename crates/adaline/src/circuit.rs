//! Circuits: gates and wires, every gate made of neurons.

mod build;
mod builtin;
mod layers;
mod neuron;
mod parse;
#[cfg(test)]
mod tests;

pub use builtin::CIRCUITS;

use crate::error::printable;
use crate::{Error, Firing, Neuron, Result};
use serde::Serialize;
use std::fmt;

/// More inputs than this have tables that nobody reads.
const MOST_TABLE_INPUTS: usize = 16;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// An input of the circuit, by its number.
    Input(usize),
    /// A neuron of the circuit, by its number.
    Neuron(usize),
}

/// A neuron in a circuit: its name, and the wires that it sees, one a weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The name of the wire that leaves it.
    pub name: String,
    /// The neuron, with the step activation.
    pub neuron: Neuron,
    /// Where its inputs come from: inputs of the circuit, or neurons before it.
    pub from: Vec<Wire>,
}

/// A circuit: neurons that see inputs and each other. No wire leads back, so that it is computed from the first neuron to
/// the last.
///
/// It prints as its neurons, and what it prints is a circuit file again.
///
/// ```
/// use adaline::Circuit;
/// # fn main() -> adaline::Result<()> {
/// let adder = Circuit::builtin("half-adder")?;
/// assert_eq!(adder.evaluate(&[true, true])?, [true, false]); // carry, sum
/// assert_eq!(
///     adder.to_string(),
///     "inputs a b
/// outputs carry sum
/// carry = step(1·a + 1·b - 1)
/// sum_nand = step(-1·a - 1·b + 2)
/// sum_or = step(1·a + 1·b)
/// sum = step(1·sum_nand + 1·sum_or - 1)
/// "
/// );
/// let network = adder.network()?;
/// assert_eq!(network.notation(), "dense 3 step, dense 2 step");
/// assert_eq!(network.predict(&[1.0, 0.0])?, [0.0, 1.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Circuit {
    inputs: Vec<String>,
    parts: Vec<Part>,
    outputs: Vec<(String, Wire)>,
}

/// One row of a circuit's table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CircuitRow {
    /// 0 or 1 an input.
    pub input: Vec<u8>,
    /// 0 or 1 an output.
    pub output: Vec<u8>,
}

impl Circuit {
    /// The names of the inputs.
    pub fn inputs(&self) -> &[String] {
        &self.inputs
    }

    /// The neurons, each behind those that it sees.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The outputs: a name, and the wire that carries it.
    pub fn outputs(&self) -> &[(String, Wire)] {
        &self.outputs
    }

    /// The name of a wire.
    pub fn wire_name(&self, wire: Wire) -> &str {
        match wire {
            Wire::Input(number) => self.inputs.get(number).map_or("", String::as_str),
            Wire::Neuron(number) => self.parts.get(number).map_or("", |part| part.name.as_str()),
        }
    }

    /// What every neuron does. Fails when there are not as many values as inputs.
    pub fn fire(&self, inputs: &[bool]) -> Result<Vec<Firing>> {
        if inputs.len() != self.inputs.len() {
            return Err(Error::shape(
                "circuit",
                format!("it has {} inputs, but was given {}", self.inputs.len(), inputs.len()),
            ));
        }
        let mut firings: Vec<Firing> = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let value = |wire: &Wire| match *wire {
                Wire::Input(number) => f64::from(u8::from(inputs[number])),
                Wire::Neuron(number) => firings[number].output,
            };
            let seen: Vec<f64> = part.from.iter().map(value).collect();
            firings.push(part.neuron.fire(&seen)?);
        }
        Ok(firings)
    }

    /// The outputs for one value an input. Fails as [`Circuit::fire`] does.
    pub fn evaluate(&self, inputs: &[bool]) -> Result<Vec<bool>> {
        let firings = self.fire(inputs)?;
        let value = |(_, wire): &(String, Wire)| match *wire {
            Wire::Input(number) => inputs[number],
            Wire::Neuron(number) => firings[number].output == 1.0,
        };
        Ok(self.outputs.iter().map(value).collect())
    }

    /// The whole table, rows counting up in binary, the first input most significant. Fails with more than 16 inputs.
    pub fn table(&self) -> Result<Vec<CircuitRow>> {
        let inputs = self.inputs.len();
        if inputs > MOST_TABLE_INPUTS {
            let message = format!("{inputs} inputs; a table is written for at most {MOST_TABLE_INPUTS}");
            return Err(Error::setting("circuit", message));
        }
        let digits = |values: &[bool]| values.iter().map(|value| u8::from(*value)).collect();
        let row = |number: usize| {
            let input: Vec<bool> = (0..inputs).rev().map(|place| number >> place & 1 == 1).collect();
            Ok(CircuitRow { output: digits(&self.evaluate(&input)?), input: digits(&input) })
        };
        (0..1usize << inputs).map(row).collect()
    }
}

impl fmt::Display for Circuit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outputs = self.outputs.iter().map(|(name, _)| name.as_str());
        writeln!(f, "inputs {}", self.inputs.iter().map(String::as_str).collect::<Vec<_>>().join(" "))?;
        writeln!(f, "outputs {}", outputs.collect::<Vec<_>>().join(" "))?;
        for part in &self.parts {
            let names: Vec<&str> = part.from.iter().map(|wire| self.wire_name(*wire)).collect();
            writeln!(f, "{} = {}", printable(&part.name), neuron::formula(&part.neuron, &names))?;
        }
        // An output that goes by another name than its wire.
        for (name, wire) in self.outputs.iter().filter(|(name, wire)| name != self.wire_name(*wire)) {
            writeln!(f, "{name} = step(1·{})", self.wire_name(*wire))?;
        }
        Ok(())
    }
}
