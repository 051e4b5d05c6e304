//! The smallest whole-number neuron of a separable function.

use super::super::TruthTable;
use super::branch::{self, Found};
use super::shape::Rising;
use super::simplex::{Constraint, Outcome, Refutation, Tableau};
use super::{Certificate, Solution};
use crate::{Error, Neuron, Result};
use std::fmt;

/// Up to so many inputs the search always runs to its end.
const ALWAYS_PROVED: usize = 5;
/// How many linear programs one search may solve beyond that.
const MOST_PROGRAMS: usize = 20_000;

/// A neuron with whole-number weights, as small as they were found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SmallestNeuron {
    /// One weight an input.
    pub weights: Vec<i64>,
    /// The bias.
    pub bias: i64,
    /// Whether it is proved that none is smaller: by Σ|wᵢ|, then |b|, then the order of the weights.
    pub proved: bool,
    /// Proved in any case: no neuron for the function has a smaller Σ|wᵢ|.
    pub at_least: i64,
}

impl SmallestNeuron {
    /// The neuron, with the step activation.
    pub fn neuron(&self) -> Neuron {
        Neuron::step(self.weights.iter().map(|w| *w as f64).collect::<Vec<_>>(), self.bias as f64)
    }

    /// Σ|wᵢ|.
    pub fn size(&self) -> i64 {
        self.weights.iter().map(|w| w.abs()).sum()
    }
}

impl fmt::Display for SmallestNeuron {
    /// `smallest`, or `smallest found, at least 17`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, ", self.neuron())?;
        if self.proved {
            write!(f, "smallest")
        } else {
            write!(f, "smallest found; the sum of the weights' sizes is {}, at least {}", self.size(), self.at_least)
        }
    }
}

/// The program of a rising function. Its variables are the weights, the threshold T (the neuron fires when its
/// sum of weights is above T), and t ≥ |b|; all are ≥ 0.
struct Program<'a> {
    rising: &'a Rising,
    ones: Vec<usize>,
    zeros: Vec<usize>,
}

/// Finds the neuron, or refutes it by the program's multipliers. The function has at most 8 inputs.
pub(super) fn solve(table: &TruthTable) -> Result<Solution> {
    let Some(rising) = Rising::of(table) else { return Err(impossible()) };
    if rising.len() == 0 {
        let weights = vec![0; table.inputs()];
        let bias = i64::from(table.outputs()[0]);
        return Ok(Solution::Neuron(SmallestNeuron { weights, bias, proved: true, at_least: 0 }));
    }
    let program = Program::new(&rising);
    match program.feasible()? {
        Some(refutation) => Ok(Solution::Impossible(program.certificate(&refutation))),
        None => program.smallest().map(Solution::Neuron),
    }
}

/// Whether there is a neuron at all.
pub(super) fn exists(table: &TruthTable) -> Result<bool> {
    let Some(rising) = Rising::of(table) else { return Ok(false) };
    Ok(rising.len() == 0 || Program::new(&rising).feasible()?.is_none())
}

/// The search left the numbers that it can hold, or contradicts itself. Neither happens with eight inputs.
pub(super) fn impossible() -> Error {
    Error::setting("function", "the exact search could not hold its numbers; please report this function")
}

impl<'a> Program<'a> {
    fn new(rising: &'a Rising) -> Self {
        Program { rising, ones: rising.lowest_ones(), zeros: rising.highest_zeros() }
    }

    /// The place of T; t is behind it.
    fn threshold(&self) -> usize {
        self.rising.len()
    }

    /// A constraint on the weights of a row, T and t.
    fn constraint(&self, row: usize, sign: i64, threshold: i64, at_least: i64) -> Constraint {
        let mut coefficients: Vec<i64> =
            (0..self.rising.len()).map(|i| if row & self.rising.bit(i) != 0 { sign } else { 0 }).collect();
        coefficients.extend([threshold, 0]);
        Constraint { coefficients, at_least }
    }

    /// Sums of the ones are at least T + 1, those of the zeros at most T.
    fn rows(&self) -> Vec<Constraint> {
        let ones = self.ones.iter().map(|row| self.constraint(*row, 1, -1, 1));
        let zeros = self.zeros.iter().map(|row| self.constraint(*row, -1, 1, 0));
        ones.chain(zeros).collect()
    }

    /// Σw.
    fn size(&self) -> Vec<i64> {
        let mut cost = vec![1; self.rising.len()];
        cost.extend([0, 0]);
        cost
    }

    /// Why there is no solution, or `None` when there is one.
    fn feasible(&self) -> Result<Option<Refutation>> {
        match Tableau::new(&self.size(), &self.rows()).run() {
            Outcome::Best => Ok(None),
            Outcome::Infeasible(refutation) => Ok(Some(refutation)),
            Outcome::Overflow => Err(impossible()),
        }
    }

    /// Rows that add up, from multipliers. They say Σλ·one + Σν·wᵢ = Σμ·zero and Σλ = Σμ + τ. "wᵢ ≥ 0" stands for a pair of
    /// rows that differ in input i alone, and "T ≥ 0" for the row of zeroes.
    fn certificate(&self, refutation: &Refutation) -> Certificate {
        let rising = self.rising;
        let (mut ones, mut zeros) = (Vec::new(), Vec::new());
        let add = |rows: &mut Vec<usize>, row: usize, times: i64| {
            rows.extend(std::iter::repeat_n(rising.original(row), usize::try_from(times).unwrap_or(0)));
        };
        let (of_ones, of_zeros) = refutation.constraints.split_at(self.ones.len());
        for (row, times) in self.ones.iter().zip(of_ones) {
            add(&mut ones, *row, *times);
        }
        for (row, times) in self.zeros.iter().zip(of_zeros) {
            add(&mut zeros, *row, *times);
        }
        for input in 0..rising.len() {
            if let Some(row) = rising.edge(input) {
                add(&mut ones, row | rising.bit(input), refutation.variables[input]);
                add(&mut zeros, row, refutation.variables[input]);
            }
        }
        add(&mut zeros, 0, refutation.variables[self.threshold()]);
        Certificate::from_rows(rising.inputs, &ones, &zeros)
    }

    /// Three searches: the least Σw; of those the least |b|; of those the first in order.
    fn smallest(&self) -> Result<SmallestNeuron> {
        let n = self.rising.len();
        let most = if self.rising.inputs <= ALWAYS_PROVED { usize::MAX } else { MOST_PROGRAMS };
        let mut rows = self.rows();

        // Inputs that can be exchanged: the weights can be, too, so that they may be taken in order.
        let mut ordered = rows.clone();
        for a in 0..n {
            if let Some(b) = (a + 1..n).find(|b| self.rising.exchangeable(a, *b)) {
                ordered.push(self.pair(a, b));
            }
        }
        // A fractional solution times its denominator is a whole one: sums that were ≥ 1 stay so.
        let found = branch::minimise(&self.size(), &ordered, most, |numerators| Some(numerators.to_vec()));
        let (point, size) = found.best.clone().ok_or_else(impossible)?;
        let at_least = found.at_least;
        if at_least < size {
            return self.neuron(&point, false, at_least);
        }
        let whole = (1usize << n) - 1;
        rows.push(self.constraint(whole, 1, 0, size));
        rows.push(self.constraint(whole, -1, 0, -size));

        // b = Σ of the turned weights - T; t ≥ b and t ≥ -b.
        let turned = (0..n).filter(|i| self.rising.falling[*i]).map(|i| self.rising.bit(i)).sum();
        for sign in [1, -1] {
            let mut bound = self.constraint(turned, sign, -sign, 0);
            bound.coefficients[n + 1] = 1;
            rows.push(bound);
        }
        let mut cost = vec![0; n + 2];
        cost[n + 1] = 1;
        let found = branch::minimise(&cost, &rows, most, |_| None);
        let Some((mut point, t)) = proved(found) else { return self.neuron(&point, false, size) };
        let mut limit = self.constraint(0, 0, 0, -t);
        limit.coefficients[n + 1] = -1;
        rows.push(limit);

        // The first in order: the least w₁, then w₂, …. A turned weight is least when it is largest before turning, that
        // is, when the others, which have a fixed sum with it, are least.
        for input in 0..n {
            let mut cost: Vec<i64> = (0..n).map(|i| i64::from((i == input) != self.rising.falling[input])).collect();
            cost.extend([0, 0]);
            let found = branch::minimise(&cost, &rows, most, |_| None);
            let Some((better, _)) = proved(found) else { return self.neuron(&point, false, size) };
            let bit = self.rising.bit(input);
            rows.push(self.constraint(bit, 1, 0, better[input]));
            rows.push(self.constraint(bit, -1, 0, -better[input]));
            point = better;
        }
        self.neuron(&point, true, size)
    }

    /// wₐ ≤ w_b.
    fn pair(&self, a: usize, b: usize) -> Constraint {
        let mut coefficients = vec![0; self.rising.len() + 2];
        coefficients[a] = -1;
        coefficients[b] = 1;
        Constraint { coefficients, at_least: 0 }
    }

    /// The neuron over the whole function's inputs, its bias the one nearest to zero, checked against every row.
    fn neuron(&self, point: &[i64], proved: bool, at_least: i64) -> Result<SmallestNeuron> {
        let rising = self.rising;
        let mut weights = vec![0; rising.inputs];
        for input in 0..rising.len() {
            weights[rising.relevant[input]] = if rising.falling[input] { -point[input] } else { point[input] };
        }
        let sum = |row: usize| -> i64 {
            let set = |input: &usize| row >> (rising.inputs - 1 - *input) & 1 == 1;
            (0..rising.inputs).filter(set).map(|input| weights[input]).sum()
        };
        let mut least_one = i64::MAX;
        let mut largest_zero = i64::MIN;
        for (row, output) in rising.outputs.iter().enumerate() {
            let sum = sum(rising.original(row));
            if *output {
                least_one = least_one.min(sum);
            } else {
                largest_zero = largest_zero.max(sum);
            }
        }
        if largest_zero >= least_one {
            return Err(impossible());
        }
        // least_one + b ≥ 1 and largest_zero + b ≤ 0.
        let bias = 0.clamp(1 - least_one, -largest_zero);
        Ok(SmallestNeuron { weights, bias, proved, at_least })
    }
}

/// The best point of a search that ran to its end.
fn proved(found: Found) -> Option<(Vec<i64>, i64)> {
    found.best.filter(|(_, price)| found.at_least >= *price)
}
