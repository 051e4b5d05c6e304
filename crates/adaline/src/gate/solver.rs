//! The smallest neuron for a Boolean function, or a proof that there is none.
//!
//! Integers decide everything; no floating-point number takes part.
//!
//! 1. Look for two rows with output 1 and two with output 0 whose sums are equal ([`certificate`]). Such rows forbid a
//!    neuron, and up to eight inputs their absence is as good as a neuron (Muroga, Tsuboi and Baugh 1970), but nothing
//!    here relies on that.
//! 2. Now the function is monotone in every input that matters; turn the falling inputs around ([`shape`]), so that no
//!    weight is negative.
//! 3. An exact linear program ([`simplex`]) with branch and bound ([`branch`]) finds the smallest whole weights. If it has
//!    no solution, its multipliers (Farkas) are a certificate with more rows.

mod branch;
mod certificate;
mod partial;
mod shape;
mod simplex;
mod smallest;
#[cfg(test)]
mod tests;

pub use certificate::Certificate;
pub(super) use partial::separate;
pub use smallest::SmallestNeuron;

use super::TruthTable;
use crate::{Error, Result};

/// Most inputs that are solved.
const MOST_INPUTS: usize = 8;

/// The answer to "which neuron computes this function?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Solution {
    /// This one, the smallest with whole numbers.
    Neuron(SmallestNeuron),
    /// None; here is why.
    Impossible(Certificate),
}

impl Solution {
    /// Whether one neuron computes the function.
    pub fn is_separable(&self) -> bool {
        matches!(self, Solution::Neuron(_))
    }

    /// The neuron, where there is one.
    pub fn neuron(&self) -> Option<&SmallestNeuron> {
        match self {
            Solution::Neuron(neuron) => Some(neuron),
            Solution::Impossible(_) => None,
        }
    }

    /// The proof that there is no neuron, where there is none.
    pub fn certificate(&self) -> Option<&Certificate> {
        match self {
            Solution::Neuron(_) => None,
            Solution::Impossible(certificate) => Some(certificate),
        }
    }
}

impl TruthTable {
    /// The neuron with the smallest whole-number weights that computes the function, or a certificate that none does.
    ///
    /// Smallest means: the least Σ|wᵢ|, among those the least |b|, among those the first in the order of (w₁, w₂, …). The
    /// neuron fires when its sum is above zero. Up to five inputs the smallest is always proved so; from six to eight the
    /// search ends after a fixed number of steps (some seconds), and [`SmallestNeuron::proved`] says how it ended.
    ///
    /// Fails with [`Error::Setting`] for more than eight inputs.
    ///
    /// ```
    /// use adaline::{TruthTable, gate::Solution};
    /// # fn main() -> adaline::Result<()> {
    /// let majority = TruthTable::parse("00010111")?.solve()?;
    /// let neuron = majority.neuron().unwrap();
    /// assert_eq!((neuron.weights.as_slice(), neuron.bias, neuron.proved), (&[1, 1, 1][..], -1, true));
    ///
    /// let Solution::Impossible(why) = TruthTable::parse("0110")?.solve()? else { unreachable!() };
    /// assert_eq!((why.ones, why.zeros), (vec![vec![0, 1], vec![1, 0]], vec![vec![0, 0], vec![1, 1]]));
    /// assert_eq!(why.sum, [1, 1]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn solve(&self) -> Result<Solution> {
        self.check_size()?;
        if let Some(certificate) = Certificate::of_two(self) {
            return Ok(Solution::Impossible(certificate));
        }
        smallest::solve(self)
    }

    /// Whether one neuron computes the function: [`TruthTable::solve`] without looking for small weights. Fails as it
    /// does.
    pub fn is_separable(&self) -> Result<bool> {
        self.check_size()?;
        Ok(Certificate::of_two(self).is_none() && smallest::exists(self)?)
    }

    fn check_size(&self) -> Result<()> {
        if self.inputs() <= MOST_INPUTS {
            return Ok(());
        }
        let message = format!("{} inputs; a neuron is sought for at most {MOST_INPUTS}", self.inputs());
        Err(Error::setting("inputs", message))
    }
}
