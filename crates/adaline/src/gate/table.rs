//! Truth tables, and whether a neuron keeps one.

use super::input_count;
use crate::{Error, Firing, Neuron, Result};
use serde::Serialize;
use std::fmt;

/// More inputs than this have tables that nobody reads, and whose size is a danger.
const MOST_INPUTS: usize = 16;

/// What a Boolean function gives for every combination of its inputs. Rows count up in binary, the first input most
/// significant: 00, 01, 10, 11.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthTable {
    inputs: usize,
    outputs: Vec<bool>,
}

/// One row of a truth table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TruthRow {
    /// 0 or 1 an input.
    pub input: Vec<u8>,
    /// 0 or 1.
    pub output: u8,
}

/// A row where a neuron does not give what the table says.
#[derive(Debug, Clone, PartialEq)]
pub struct WrongRow {
    /// The row of the table, with the output that it should be.
    pub row: TruthRow,
    /// What the neuron did.
    pub firing: Firing,
}

impl TruthTable {
    /// The table of a function of so many inputs. At most 16 are taken: the table has 2ⁿ rows.
    pub(crate) fn of(inputs: usize, function: impl Fn(&[bool]) -> bool) -> Self {
        let inputs = inputs.min(MOST_INPUTS);
        let outputs = (0..1usize << inputs).map(|row| function(&bits(row, inputs))).collect();
        TruthTable { inputs, outputs }
    }

    /// How many inputs the function has.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The outputs, row by row.
    pub fn outputs(&self) -> &[bool] {
        &self.outputs
    }

    /// The rows, counting up in binary.
    pub fn rows(&self) -> impl Iterator<Item = TruthRow> {
        self.outputs.iter().enumerate().map(|(row, output)| TruthRow {
            input: bits(row, self.inputs).into_iter().map(u8::from).collect(),
            output: u8::from(*output),
        })
    }

    /// The first row where a neuron set by hand gives something else, or `None` when it keeps the whole table. Fails when
    /// the neuron has another number of weights than the table has inputs.
    ///
    /// ```
    /// use adaline::{Gate, Neuron};
    /// # fn main() -> adaline::Result<()> {
    /// let table = Gate::And.table();
    /// assert_eq!(table.first_wrong_row(&Neuron::step([0.4, 0.4], -0.6))?, None);
    /// let wrong = table.first_wrong_row(&Neuron::step([0.4, 0.4], -0.3))?.unwrap();
    /// assert_eq!(wrong.row.input, [0, 1]);
    /// assert_eq!(wrong.to_string(), "row 0 1: the sum 0.1 gives 1, not 0");
    /// # Ok(())
    /// # }
    /// ```
    pub fn first_wrong_row(&self, neuron: &Neuron) -> Result<Option<WrongRow>> {
        if neuron.inputs() != self.inputs {
            return Err(Error::shape(
                "neuron",
                format!(
                    "it has {} weight{}, but the gate has {}; give one weight an input",
                    neuron.inputs(),
                    if neuron.inputs() == 1 { "" } else { "s" },
                    input_count(self.inputs)
                ),
            ));
        }
        for row in self.rows() {
            let inputs: Vec<f64> = row.input.iter().map(|x| f64::from(*x)).collect();
            let firing = neuron.fire(&inputs)?;
            if firing.output != f64::from(row.output) {
                return Ok(Some(WrongRow { row, firing }));
            }
        }
        Ok(None)
    }
}

/// A row's number as truth values, the first most significant.
fn bits(row: usize, inputs: usize) -> Vec<bool> {
    (0..inputs).rev().map(|place| row >> place & 1 == 1).collect()
}

impl fmt::Display for WrongRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let input: Vec<String> = self.row.input.iter().map(u8::to_string).collect();
        write!(f, "row {}: the sum {} ", input.join(" "), self.firing.sum)?;
        if self.firing.sum.is_rounding_error() {
            write!(f, "(a rounding error away from zero) ")?;
        }
        write!(f, "gives {}, not {}", self.firing.output, self.row.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Gate;

    #[test]
    fn rows_count_up_with_the_first_input_most_significant() {
        let table = TruthTable::of(3, |x| x[0] && !x[2]);
        let rows: Vec<TruthRow> = table.rows().collect();
        assert_eq!(rows.len(), 8);
        assert_eq!(rows[1].input, [0, 0, 1]);
        assert_eq!(rows[4].input, [1, 0, 0]);
        assert_eq!(table.outputs(), [false, false, false, false, true, false, true, false]);
        assert_eq!(serde_json::to_string(&rows[4]).unwrap(), r#"{"input":[1,0,0],"output":1}"#);
    }

    #[test]
    fn every_gate_keeps_its_own_table_and_no_other() {
        for gate in Gate::ALL {
            let Some(neuron) = gate.neuron() else { continue };
            for other in Gate::ALL.into_iter().filter(|other| other.inputs() == gate.inputs()) {
                let wrong = other.table().first_wrong_row(&neuron).unwrap();
                assert_eq!(wrong.is_none(), gate == other, "{gate}'s neuron against {other}");
            }
        }
    }

    #[test]
    fn the_first_wrong_row_is_named_with_its_sum() {
        let nand = Gate::Nand.table();
        let wrong = nand.first_wrong_row(&Neuron::step([-0.5, -0.5], 0.5)).unwrap().unwrap();
        assert_eq!(wrong.to_string(), "row 0 1: the sum 0 gives 0, not 1");
        let edge = Gate::And.table().first_wrong_row(&Neuron::step([-0.3, 0.1], 0.2)).unwrap().unwrap();
        assert_eq!(edge.row.input, [0, 0]);
        let nor = Gate::Nor.table().first_wrong_row(&Neuron::step([-0.3, -0.4], 0.1 + 0.2)).unwrap().unwrap();
        assert_eq!(
            nor.to_string(),
            "row 1 0: the sum 5.551115123125783e-17 (a rounding error away from zero) gives 1, not 0"
        );
    }

    #[test]
    fn a_neuron_of_another_size_is_refused() {
        let message = Gate::And.table().first_wrong_row(&Neuron::step([0.4], -0.6)).unwrap_err().to_string();
        assert_eq!(message, "neuron: it has 1 weight, but the gate has 2 inputs; give one weight an input");
    }
}
