//! A neuron for some rows only: the others may become what they like.

use super::super::TruthTable;
use super::simplex::{Constraint, Outcome, Tableau};
use super::smallest::impossible;
use crate::Result;

/// The function of a neuron that gives 1 on some rows and 0 on others, or `None` when there is none.
pub(in super::super) fn separate(inputs: usize, ones: &[usize], zeros: &[usize]) -> Result<Option<TruthTable>> {
    // A number of either sign is the difference of two variables: wᵢ = uᵢ - vᵢ, T = t - s.
    let constraint = |row: usize, sign: i64, at_least: i64| {
        let mut coefficients = Vec::with_capacity(2 * inputs + 2);
        for input in 0..inputs {
            let x = (row >> (inputs - 1 - input) & 1) as i64;
            coefficients.extend([sign * x, -sign * x]);
        }
        coefficients.extend([-sign, sign]);
        Constraint { coefficients, at_least }
    };
    let rows = ones.iter().map(|row| constraint(*row, 1, 1)).chain(zeros.iter().map(|row| constraint(*row, -1, 0)));
    let mut tableau = Tableau::new(&vec![1; 2 * inputs + 2], &rows.collect::<Vec<_>>());
    match tableau.run() {
        Outcome::Infeasible(_) => Ok(None),
        Outcome::Overflow => Err(impossible()),
        Outcome::Best => {
            let values: Vec<i64> = tableau.numerators().chunks(2).map(|pair| pair[0] - pair[1]).collect();
            let sum = |x: &[bool]| -> i64 { x.iter().zip(&values).filter(|(x, _)| **x).map(|(_, w)| w).sum() };
            Ok(Some(TruthTable::of(inputs, |x| sum(x) > values[inputs])))
        }
    }
}
