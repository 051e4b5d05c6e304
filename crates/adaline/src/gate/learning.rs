//! Two learning rules, row by row: Rosenblatt's perceptron rule and Widrow and Hoff's delta rule.

mod decimal;

use super::{TruthRow, TruthTable};
use crate::error::{did_you_mean, printable};
use crate::rng::{Purpose, Rng};
use crate::{Error, Neuron, Result};
use decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// How a neuron changes after a row.
///
/// | rule | error e | change |
/// |---|---|---|
/// | perceptron (Rosenblatt 1958) | target 0 or 1, minus output 0 or 1 | w ← w + η·e·x, b ← b + η·e |
/// | delta (Widrow and Hoff 1960, ADALINE, LMS) | target -1 or 1, minus the **sum** | the same |
///
/// The perceptron rule changes nothing while the answer is right, and stops for every function that one neuron can compute.
/// The delta rule goes on until the squared error of the sums is as small as it gets; it never stops quite, and where it
/// ends a row may be on the wrong side, even if a line exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LearningRule {
    /// Rosenblatt's: learns from wrong answers only.
    Perceptron,
    /// Widrow and Hoff's: learns from the distance of the sum from its target.
    Delta,
}

impl LearningRule {
    /// Both.
    pub const ALL: [LearningRule; 2] = [LearningRule::Perceptron, LearningRule::Delta];

    /// The name in small letters.
    pub fn name(self) -> &'static str {
        match self {
            LearningRule::Perceptron => "perceptron",
            LearningRule::Delta => "delta",
        }
    }

    /// The learning rate that is taken when none is given. The perceptron rule's matters little: it only scales.
    pub fn default_learning_rate(self) -> f64 {
        0.1
    }
}

impl fmt::Display for LearningRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for LearningRule {
    type Err = Error;

    /// Reads `perceptron` (or `rosenblatt`) and `delta` (or `widrow-hoff`, `adaline`, `lms`), in any case of letters.
    fn from_str(text: &str) -> Result<Self> {
        match text.trim().to_lowercase().replace('_', "-").as_str() {
            "perceptron" | "rosenblatt" => Ok(LearningRule::Perceptron),
            "delta" | "widrow-hoff" | "adaline" | "lms" => Ok(LearningRule::Delta),
            other => {
                let near = did_you_mean(other, LearningRule::ALL.map(LearningRule::name));
                let mend = if near.is_empty() { "; known are perceptron and delta".to_owned() } else { near };
                Err(Error::setting("learn", format!("unknown learning rule \"{}\"{mend}", printable(text))))
            }
        }
    }
}

/// What happened at one row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LearningStep {
    /// How often all rows have been seen, from 1.
    pub epoch: usize,
    /// The row and what it should give.
    pub row: TruthRow,
    /// What the rule compares with: 0 or 1 for the perceptron, -1 or 1 for the delta rule.
    pub target: f64,
    /// The sum before the change.
    pub sum: f64,
    /// What the neuron gave.
    pub output: f64,
    /// The target minus the output (perceptron) or minus the sum (delta).
    pub error: f64,
    /// The neuron after the change.
    pub neuron: Neuron,
}

/// How the learning ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "ended")]
#[non_exhaustive]
pub enum LearningEnd {
    /// A whole epoch without an error (perceptron): nothing will change any more.
    Converged {
        /// The first epoch without an error.
        epoch: usize,
    },
    /// The weights after one epoch are exactly those after an earlier one: the rule goes round for ever.
    Cycles {
        /// The epoch with the same weights before; 0 is the start.
        first: usize,
        /// The epoch that comes back to them.
        again: usize,
    },
    /// The weights after an epoch are those after the one before, up to 10⁻¹² (delta).
    Settled {
        /// That epoch.
        epoch: usize,
        /// How many rows are still answered wrongly.
        wrong_rows: usize,
    },
    /// The weights grow without end: the learning rate is too large (delta).
    Diverged {
        /// The epoch in which they left all bounds.
        epoch: usize,
    },
    /// Neither has happened in so many epochs.
    Unfinished {
        /// How many epochs there were.
        epochs: usize,
    },
}

impl fmt::Display for LearningEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LearningEnd::Converged { epoch } => write!(f, "converged: no error in epoch {epoch}"),
            LearningEnd::Cycles { first: 0, again } => {
                write!(f, "goes round for ever: the weights after epoch {again} are those of the start")
            }
            LearningEnd::Cycles { first, again } => {
                write!(f, "goes round for ever: the weights after epoch {again} are those after epoch {first}")
            }
            LearningEnd::Settled { epoch, wrong_rows: 0 } => write!(f, "settled in epoch {epoch}, every row right"),
            LearningEnd::Settled { epoch, wrong_rows } => {
                write!(f, "settled in epoch {epoch}, {wrong_rows} row{} wrong", if *wrong_rows == 1 { "" } else { "s" })
            }
            LearningEnd::Diverged { epoch } => {
                write!(f, "diverged in epoch {epoch}: the learning rate is too large")
            }
            LearningEnd::Unfinished { epochs } => write!(f, "not finished after {epochs} epochs"),
        }
    }
}

/// A neuron that learns a truth table, an iterator over its steps.
///
/// The first weights are drawn from the seed, as whole tenths from -1 to 1; so is the bias, and half a tenth is added, so
/// that with a learning rate of whole tenths no sum ever stands on zero exactly. Rows are seen in the order of the table. The perceptron's numbers are exact decimals, so that coming back to the same weights is certain, not
/// rounding; as its weights stay bounded (Block and Levin 1970), it always either converges or goes round.
///
/// ```
/// use adaline::Gate;
/// use adaline::gate::{Learner, LearningEnd, LearningRule};
/// # fn main() -> adaline::Result<()> {
/// let mut learner = Learner::new(&Gate::And.table(), LearningRule::Perceptron, 0.1, 1)?;
/// for step in learner.by_ref() {
///     assert_eq!(step.neuron.weights.len(), 2);
/// }
/// assert!(matches!(learner.end(), Some(LearningEnd::Converged { .. })));
/// assert_eq!(Gate::And.table().first_wrong_row(&learner.neuron())?, None);
///
/// let mut learner = Learner::new(&Gate::Xor.table(), LearningRule::Perceptron, 0.1, 1)?;
/// learner.by_ref().count();
/// assert!(matches!(learner.end(), Some(LearningEnd::Cycles { .. })));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Learner {
    rows: Vec<TruthRow>,
    numbers: Numbers,
    start: Neuron,
    /// The row that comes next, and its epoch.
    row: usize,
    epoch: usize,
    most_epochs: usize,
    /// Errors in this epoch so far.
    errors: usize,
    end: Option<LearningEnd>,
}

/// The weights, the bias last, in the numbers that the rule needs.
#[derive(Debug, Clone)]
enum Numbers {
    /// Whole multiples of the smallest decimal place, and the epochs that ended with them.
    Exact { weights: Vec<i128>, rate: i128, scale: Decimal, seen: HashMap<Vec<i128>, usize> },
    /// Floating point, and the weights at the end of the last epoch.
    Real { weights: Vec<f64>, rate: f64, last: Vec<f64> },
}

/// Most epochs unless set: enough for a cycle with several inputs.
const MOST_EPOCHS: usize = 100_000;

impl Learner {
    /// A neuron at its start. Fails when the learning rate is not above zero, has more than 12 decimal places, or is above
    /// a million; and for more than eight inputs.
    pub fn new(table: &TruthTable, rule: LearningRule, learning_rate: f64, seed: u64) -> Result<Self> {
        if table.inputs() > 8 {
            let message = format!("{} inputs; the learning rules are shown for at most 8", table.inputs());
            return Err(Error::setting("learn", message));
        }
        if !(learning_rate > 0.0 && learning_rate <= 1e6) {
            let message = format!("{learning_rate}; give a number above 0, for example 0.1");
            return Err(Error::setting("learning-rate", message));
        }
        let scale = Decimal::of(learning_rate).ok_or_else(|| {
            let message = format!("{learning_rate} has more than 12 decimal places; give fewer");
            Error::setting("learning-rate", message)
        })?;
        let mut rng = Rng::stream(seed, Purpose::Init, 0);
        let tenths: Vec<i128> = (0..=table.inputs()).map(|_| rng.below(21) as i128 - 10).collect();
        let mut exact: Vec<i128> = tenths.iter().map(|tenths| tenths * scale.tenth()).collect();
        if let Some(bias) = exact.last_mut() {
            *bias += scale.tenth() / 2;
        }
        let real: Vec<f64> = exact.iter().map(|x| scale.value(*x)).collect();
        let numbers = match rule {
            LearningRule::Perceptron => {
                let rate = scale.units(learning_rate);
                Numbers::Exact { seen: HashMap::from([(exact.clone(), 0)]), weights: exact, rate, scale }
            }
            LearningRule::Delta => Numbers::Real { last: real.clone(), weights: real, rate: learning_rate },
        };
        let mut learner = Learner {
            rows: table.rows().collect(),
            start: Neuron::step([], 0.0),
            numbers,
            row: 0,
            epoch: 1,
            most_epochs: MOST_EPOCHS,
            errors: 0,
            end: None,
        };
        learner.start = learner.neuron();
        Ok(learner)
    }

    /// Ends after so many epochs at the latest; 100,000 if not set.
    #[must_use]
    pub fn most_epochs(mut self, epochs: usize) -> Self {
        self.most_epochs = epochs;
        self
    }

    /// The neuron before the first row.
    pub fn start(&self) -> &Neuron {
        &self.start
    }

    /// The neuron as it is now.
    pub fn neuron(&self) -> Neuron {
        let mut weights: Vec<f64> = match &self.numbers {
            Numbers::Exact { weights, scale, .. } => weights.iter().map(|x| scale.value(*x)).collect(),
            Numbers::Real { weights, .. } => weights.clone(),
        };
        let bias = weights.pop().unwrap_or(0.0);
        Neuron::step(weights, bias)
    }

    /// How it ended; `None` while it goes on.
    pub fn end(&self) -> Option<LearningEnd> {
        self.end
    }

    /// What to say of the end of an epoch, if it is the end of all.
    fn epoch_end(&mut self) -> Option<LearningEnd> {
        let epoch = self.epoch;
        match &mut self.numbers {
            Numbers::Exact { .. } if self.errors == 0 => Some(LearningEnd::Converged { epoch }),
            Numbers::Exact { weights, seen, .. } => {
                seen.insert(weights.clone(), epoch).map(|first| LearningEnd::Cycles { first, again: epoch })
            }
            Numbers::Real { weights, last, .. } => {
                let large = weights.iter().any(|w| !w.is_finite() || w.abs() > 1e12);
                let still = weights.iter().zip(last.iter()).all(|(a, b)| (a - b).abs() <= 1e-12);
                last.clone_from(weights);
                if large {
                    Some(LearningEnd::Diverged { epoch })
                } else if still {
                    Some(LearningEnd::Settled { epoch, wrong_rows: self.wrong_rows() })
                } else {
                    None
                }
            }
        }
        .or((epoch >= self.most_epochs).then_some(LearningEnd::Unfinished { epochs: epoch }))
    }

    fn wrong_rows(&self) -> usize {
        let neuron = self.neuron();
        let wrong = |row: &&TruthRow| {
            let inputs: Vec<f64> = row.input.iter().map(|x| f64::from(*x)).collect();
            neuron.output(&inputs).ok() != Some(f64::from(row.output))
        };
        self.rows.iter().filter(wrong).count()
    }
}

impl Iterator for Learner {
    type Item = LearningStep;

    /// The next row: the sum, the error, the change.
    fn next(&mut self) -> Option<LearningStep> {
        if self.end.is_some() || self.epoch > self.most_epochs {
            self.end.get_or_insert(LearningEnd::Unfinished { epochs: self.epoch - 1 });
            return None;
        }
        let row = self.rows.get(self.row)?.clone();
        // The bias is a weight whose input is always 1.
        let inputs: Vec<u8> = row.input.iter().copied().chain([1]).collect();
        let step = match &mut self.numbers {
            Numbers::Exact { weights, rate, scale, .. } => {
                let sum: i128 = weights.iter().zip(&inputs).map(|(w, x)| w * i128::from(*x)).sum();
                let output = u8::from(sum > 0);
                let error = i128::from(row.output) - i128::from(output);
                for (w, x) in weights.iter_mut().zip(&inputs) {
                    *w += *rate * error * i128::from(*x);
                }
                self.errors += usize::from(error != 0);
                let (target, error) = (f64::from(row.output), error as f64);
                (target, scale.value(sum), f64::from(output), error)
            }
            Numbers::Real { weights, rate, .. } => {
                let sum: f64 = weights.iter().zip(&inputs).map(|(w, x)| w * f64::from(*x)).sum();
                let target = if row.output == 1 { 1.0 } else { -1.0 };
                let error = target - sum;
                for (w, x) in weights.iter_mut().zip(&inputs) {
                    *w += *rate * error * f64::from(*x);
                }
                (target, sum, f64::from(u8::from(sum > 0.0)), error)
            }
        };
        let (target, sum, output, error) = step;
        let step = LearningStep { epoch: self.epoch, row, target, sum, output, error, neuron: self.neuron() };
        self.row += 1;
        if self.row == self.rows.len() {
            self.end = self.epoch_end();
            (self.row, self.epoch, self.errors) = (0, self.epoch + 1, 0);
        }
        Some(step)
    }
}

#[cfg(test)]
mod tests;
