//! Why no neuron computes a function: rows that add up.

use super::super::TruthTable;
use super::super::table::bits;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A proof that no single neuron computes a function: rows with output 1 and as many rows with output 0 (a row may stand
/// there more than once) that have the same sum, input by input.
///
/// A neuron's sum is above zero for each of the first rows, so their sums together are above zero. They are at most
/// zero for each of the others, so those together are at most zero. But both totals are the same number: the weights times
/// the common sum of the inputs, and the bias as many times as there are rows. (Elgot 1961, Chow 1961: a function is
/// separable exactly where no such rows exist, "asummable".)
///
/// Its serde form is the `certificate` of `adaline gate --json`.
///
/// ```
/// use adaline::Gate;
/// # fn main() -> adaline::Result<()> {
/// let solution = Gate::Xor.table().solve()?;
/// let certificate = solution.certificate().unwrap();
/// assert_eq!(certificate.to_string(), "01 + 10 = 11 = 00 + 11");
/// assert!(certificate.proves(&Gate::Xor.table()));
/// assert!(!certificate.proves(&Gate::Or.table()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Rows where the function gives 1.
    pub ones: Vec<Vec<u8>>,
    /// As many rows where it gives 0.
    pub zeros: Vec<Vec<u8>>,
    /// The sum of the rows on either side, input by input.
    pub sum: Vec<u32>,
}

impl Certificate {
    /// Whether the rows are there, are as many, give what they must, and add up.
    pub fn proves(&self, table: &TruthTable) -> bool {
        let gives = |rows: &[Vec<u8>], output: bool| {
            rows.iter().all(|row| {
                let fits = row.len() == table.inputs() && row.iter().all(|x| *x <= 1);
                let number = row.iter().fold(0, |number, x| number << 1 | usize::from(*x & 1));
                fits && table.outputs().get(number) == Some(&output)
            })
        };
        !self.ones.is_empty()
            && self.ones.len() == self.zeros.len()
            && gives(&self.ones, true)
            && gives(&self.zeros, false)
            && total(&self.ones, table.inputs()) == self.sum
            && total(&self.zeros, table.inputs()) == self.sum
    }

    /// Two rows of each output with equal sums, if there are such. The first in the order of the rows.
    pub(super) fn of_two(table: &TruthTable) -> Option<Self> {
        let inputs = table.inputs();
        // A sum of two rows as a number in base three, so that adding rows is adding numbers.
        let ternary = |row: usize| (0..inputs).fold(0, |value, place| value * 3 + (row >> (inputs - 1 - place) & 1));
        let rows_with = |output: bool| -> Vec<(usize, usize)> {
            let rows = table.outputs().iter().enumerate();
            rows.filter(|(_, given)| **given == output).map(|(row, _)| (row, ternary(row))).collect()
        };
        let (ones, zeros) = (rows_with(true), rows_with(false));
        let mut pairs: Vec<Option<(usize, usize)>> = vec![None; 3usize.pow(inputs as u32)];
        for (place, (a, a3)) in zeros.iter().enumerate() {
            for (b, b3) in &zeros[place + 1..] {
                pairs[a3 + b3].get_or_insert((*a, *b));
            }
        }
        for (place, (a, a3)) in ones.iter().enumerate() {
            for (b, b3) in &ones[place + 1..] {
                if let Some((c, d)) = pairs[a3 + b3] {
                    return Some(Certificate::from_rows(inputs, &[*a, *b], &[c, d]));
                }
            }
        }
        None
    }

    /// A certificate from the numbers of its rows.
    pub(super) fn from_rows(inputs: usize, ones: &[usize], zeros: &[usize]) -> Self {
        let vectors = |rows: &[usize]| -> Vec<Vec<u8>> {
            let vector = |row: &usize| bits(*row, inputs).into_iter().map(u8::from).collect();
            rows.iter().map(vector).collect()
        };
        let ones = vectors(ones);
        Certificate { sum: total(&ones, inputs), ones, zeros: vectors(zeros) }
    }
}

/// The sum of rows, input by input.
fn total(rows: &[Vec<u8>], inputs: usize) -> Vec<u32> {
    (0..inputs).map(|input| rows.iter().filter_map(|row| row.get(input)).map(|x| u32::from(*x)).sum()).collect()
}

impl fmt::Display for Certificate {
    /// The two sums beside each other: `01 + 10 = 11 = 00 + 11`. Sums above 9 are separated by commas.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |rows: &[Vec<u8>]| {
            let rows: Vec<String> = rows.iter().map(|row| row.iter().map(u8::to_string).collect()).collect();
            rows.join(" + ")
        };
        let between = if self.sum.iter().any(|x| *x > 9) { "," } else { "" };
        let sum: Vec<String> = self.sum.iter().map(u32::to_string).collect();
        write!(f, "{} = {} = {}", side(&self.ones), sum.join(between), side(&self.zeros))
    }
}
