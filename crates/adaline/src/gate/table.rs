//! Truth tables, and whether a neuron keeps one.

use super::input_count;
use crate::error::printable;
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

    /// The table with these outputs, row by row. Fails when their number is not 2, 4, 8, … up to 2¹⁶.
    pub fn new(outputs: impl Into<Vec<bool>>) -> Result<Self> {
        let outputs = outputs.into();
        let inputs = outputs.len().checked_ilog2().unwrap_or(0) as usize;
        if inputs == 0 || inputs > MOST_INPUTS || outputs.len() != 1 << inputs {
            return Err(Error::shape(
                "truth table",
                format!(
                    "{} outputs; a table has 2 for one input, 4 for two, 8 for three, … and at most {} for {MOST_INPUTS}",
                    outputs.len(),
                    1 << MOST_INPUTS
                ),
            ));
        }
        Ok(TruthTable { inputs, outputs })
    }

    /// Reads a column of outputs as the digits 0 and 1, the row 0…0 first; `0110` is XOR. Spaces, commas and `_` between
    /// the digits are passed over.
    ///
    /// Fails with [`Error::Notation`], which points at the place.
    ///
    /// ```
    /// use adaline::{Gate, TruthTable};
    /// # fn main() -> adaline::Result<()> {
    /// assert_eq!(TruthTable::parse("0110")?, Gate::Xor.table());
    /// # Ok(())
    /// # }
    /// ```
    pub fn parse(text: &str) -> Result<Self> {
        let mut outputs = Vec::new();
        for (at, c) in text.char_indices() {
            match c {
                '0' | '1' => outputs.push(c == '1'),
                ' ' | ',' | '_' => continue,
                _ => {
                    let message =
                        format!("\"{}\" is neither 0 nor 1; write one digit a row", printable(&c.to_string()));
                    return Err(Error::notation(&cut(text), at.min(cut(text).len()), message));
                }
            }
            if outputs.len() > 1 << MOST_INPUTS {
                let message = format!("more than {} digits; at most {MOST_INPUTS} inputs are read", 1 << MOST_INPUTS);
                return Err(Error::notation(&cut(text), 0, message));
            }
        }
        if outputs.len() < 2 || !outputs.len().is_power_of_two() {
            let (digits, below) = (outputs.len(), outputs.len().max(2).next_power_of_two());
            let message = format!(
                "{digits} digit{}; a table has one for each row: 2 for one input, 4 for two, 8 for three, …; write {below}",
                if digits == 1 { "" } else { "s" }
            );
            return Err(Error::notation(&cut(text), cut(text).len(), message));
        }
        TruthTable::new(outputs)
    }

    /// How many inputs the function has.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The outputs, row by row.
    pub fn outputs(&self) -> &[bool] {
        &self.outputs
    }

    /// What it gives for one value an input; 0 for rows that it does not have.
    pub(crate) fn output(&self, inputs: &[bool]) -> bool {
        let row = inputs.iter().fold(0, |row, x| row << 1 | usize::from(*x));
        self.outputs.get(row).copied().unwrap_or(false)
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
pub(super) fn bits(row: usize, inputs: usize) -> Vec<bool> {
    (0..inputs).rev().map(|place| row >> place & 1 == 1).collect()
}

/// The beginning of a text, short enough for a message.
fn cut(text: &str) -> String {
    match text.char_indices().nth(64) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

impl fmt::Display for TruthTable {
    /// The column of outputs, as [`TruthTable::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits: String = self.outputs.iter().map(|output| if *output { '1' } else { '0' }).collect();
        f.pad(&digits)
    }
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
    fn a_column_of_digits_is_read_and_printed() {
        for text in ["01", "0110", "0000000011111111"] {
            assert_eq!(TruthTable::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(TruthTable::parse("0111_0000, 1111 0001").unwrap().inputs(), 4);
        let message = |text: &str| TruthTable::parse(text).unwrap_err().to_string();
        assert_eq!(message("0120"), "\"2\" is neither 0 nor 1; write one digit a row\n  0120\n    ^");
        assert_eq!(
            message("011"),
            "3 digits; a table has one for each row: 2 for one input, 4 for two, 8 for three, …; write 4\n  011\n     ^"
        );
        assert!(message("").starts_with("0 digits;") && message("1").starts_with("1 digit;"));
        assert_eq!(TruthTable::parse(&"01".repeat(1 << 15)).unwrap().inputs(), 16);
        assert!(message(&"01".repeat(1 << 16)).starts_with("more than 65536 digits"));
        assert!(TruthTable::new([true, false, true]).is_err() && TruthTable::new([]).is_err());
    }

    #[test]
    fn a_neuron_of_another_size_is_refused() {
        let message = Gate::And.table().first_wrong_row(&Neuron::step([0.4], -0.6)).unwrap_err().to_string();
        assert_eq!(message, "neuron: it has 1 weight, but the gate has 2 inputs; give one weight an input");
    }
}
