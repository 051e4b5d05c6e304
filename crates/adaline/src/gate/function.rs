//! A Boolean function with names for its inputs.

use super::{Solution, TruthTable};
use crate::{Error, Gate, NeuronLayer, Result};

/// A truth table and what its inputs are called.
///
/// ```
/// use adaline::gate::Function;
/// # fn main() -> adaline::Result<()> {
/// let function = Function::parse_truth("0110")?;
/// assert_eq!(function.names(), ["x1", "x2"]);
/// assert_eq!(function.table().outputs(), [false, true, true, false]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    names: Vec<String>,
    table: TruthTable,
}

impl Function {
    /// A table with names. Fails when there are not as many names as inputs.
    pub fn new(names: impl IntoIterator<Item = impl Into<String>>, table: TruthTable) -> Result<Self> {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        if names.len() != table.inputs() {
            return Err(Error::shape(
                "function",
                format!("{} names were given for {} inputs; give one each", names.len(), table.inputs()),
            ));
        }
        Ok(Function { names, table })
    }

    /// A function from its column of outputs; see [`TruthTable::parse`]. The inputs are called x1, x2, ….
    pub fn parse_truth(text: &str) -> Result<Self> {
        Ok(TruthTable::parse(text)?.into())
    }

    /// The names of the inputs, the most significant first.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What it gives, row by row.
    pub fn table(&self) -> &TruthTable {
        &self.table
    }

    /// The neurons of the function: one where one is enough, else the two layers of [`TruthTable::two_layer`]. Fails with
    /// more than eight inputs.
    pub fn layers(&self) -> Result<Vec<NeuronLayer>> {
        match self.table.solve()? {
            Solution::Neuron(neuron) => Ok(vec![NeuronLayer::new([neuron.neuron()])]),
            Solution::Impossible(_) => Ok(self.table.two_layer()?.layers()),
        }
    }
}

impl From<TruthTable> for Function {
    fn from(table: TruthTable) -> Self {
        Function { names: (1..=table.inputs()).map(|number| format!("x{number}")).collect(), table }
    }
}

impl From<Gate> for Function {
    fn from(gate: Gate) -> Self {
        gate.table().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_inputs_are_as_many() {
        let table = TruthTable::parse("0111").unwrap();
        assert_eq!(Function::new(["a", "b"], table.clone()).unwrap().names(), ["a", "b"]);
        let message = Function::new(["a"], table).unwrap_err().to_string();
        assert_eq!(message, "function: 1 names were given for 2 inputs; give one each");
        assert_eq!(Function::from(Gate::Not).names(), ["x1"]);
    }
}
