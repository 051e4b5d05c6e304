//! One neuron, set by hand: weights, a bias and an activation, in f64, every number to be seen.

mod layer;
mod line;

pub use layer::NeuronLayer;
pub(crate) use layer::fire_all;
pub use line::Line;

use crate::{Activation, Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A neuron: the weighted sum of its inputs and its bias, put through an activation.
///
/// **Formula** output = f(x₁·w₁ + x₂·w₂ + … + b), summed in this order. **Shapes** any number of inputs → one number.
///
/// With [`Activation::Step`] it fires, that is, gives 1, when the sum is **above** zero; exactly zero gives 0. This is
/// the neuron of McCulloch and Pitts 1943 with the weights of Rosenblatt's perceptron (1958).
///
/// ```
/// use adaline::Neuron;
/// # fn main() -> adaline::Result<()> {
/// let and = Neuron::step([0.4, 0.4], -0.6);
/// assert_eq!(and.output(&[0.0, 1.0])?, 0.0);
/// assert_eq!(and.output(&[1.0, 1.0])?, 1.0);
/// assert_eq!(and.to_string(), "step(0.4·x1 + 0.4·x2 - 0.6)");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neuron {
    /// One weight an input.
    pub weights: Vec<f64>,
    /// What is added to the weighted sum: it moves the line that the neuron draws away from the origin.
    pub bias: f64,
    /// Applied to the sum.
    pub activation: Activation,
}

/// A neuron's sum, and how far rounding may have moved it.
///
/// Decimal fractions such as 0.1 have no exact binary form, so a sum that is zero on paper can come out as a tiny number
/// above zero, and the neuron fires. [`Sum::is_rounding_error`] tells such sums from real ones.
///
/// ```
/// use adaline::Neuron;
/// # fn main() -> adaline::Result<()> {
/// let neuron = Neuron::step([0.1, 0.2], -0.3);
/// let sum = neuron.weigh(&[1.0, 1.0])?;
/// assert!(sum.value > 0.0 && sum.value < 1e-16); // on paper 0.1 + 0.2 - 0.3 is 0
/// assert!(sum.is_rounding_error());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sum {
    /// The sum as the computer has it.
    pub value: f64,
    /// How far it may lie from the sum of the decimal numbers that a person wrote.
    pub rounding: f64,
}

impl Sum {
    /// Whether the sum is not zero but so close to it that on paper it may be zero, or on the other side.
    pub fn is_rounding_error(self) -> bool {
        self.value != 0.0 && self.value.abs() <= self.rounding
    }
}

impl fmt::Display for Sum {
    /// The shortest decimal number that rounding cannot tell from the sum: 0.4 + 0 - 0.3 prints as 0.1. A rounding error
    /// prints all its digits, as a power of ten.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_rounding_error() {
            return f.pad(&format!("{:e}", self.value));
        }
        for digits in 0..16 {
            let short: f64 = format!("{:.digits$e}", self.value).parse().unwrap_or(self.value);
            if (short - self.value).abs() <= self.rounding {
                return f.pad(&short.to_string());
            }
        }
        f.pad(&self.value.to_string())
    }
}

/// What a neuron did with an input: the sum, and what the activation made of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Firing {
    /// The weighted sum with the bias.
    pub sum: Sum,
    /// The activation of the sum.
    pub output: f64,
}

impl Neuron {
    /// A neuron with any activation.
    pub fn new(weights: impl Into<Vec<f64>>, bias: f64, activation: Activation) -> Self {
        Neuron { weights: weights.into(), bias, activation }
    }

    /// A neuron that fires or does not: 1 when its sum is above zero, else 0.
    pub fn step(weights: impl Into<Vec<f64>>, bias: f64) -> Self {
        Neuron::new(weights, bias, Activation::Step)
    }

    /// How many inputs it has.
    pub fn inputs(&self) -> usize {
        self.weights.len()
    }

    /// x₁·w₁ + x₂·w₂ + … + b. Fails when the number of inputs is not the number of weights, or when the sum is not a
    /// finite number.
    pub fn sum(&self, inputs: &[f64]) -> Result<f64> {
        Ok(self.weigh(inputs)?.value)
    }

    /// The sum together with the rounding that it may carry. Fails as [`Neuron::sum`] does.
    pub fn weigh(&self, inputs: &[f64]) -> Result<Sum> {
        if inputs.len() != self.weights.len() {
            return Err(Error::shape(
                "neuron",
                format!(
                    "it has {}, but was given {}",
                    count(self.weights.len(), "weight"),
                    count(inputs.len(), "input")
                ),
            ));
        }
        let mut value = 0.0;
        let mut size = 0.0;
        for (x, w) in inputs.iter().zip(&self.weights) {
            value += x * w;
            size += (x * w).abs();
        }
        value += self.bias;
        size += self.bias.abs();
        if !value.is_finite() {
            return Err(Error::setting(
                "neuron",
                format!("the sum is {value}; weights, bias and inputs must be finite"),
            ));
        }
        // Each term is rounded when it is written in binary (weight and input), when it is multiplied, and in each of
        // the additions that follow: by at most half a unit in the last place every time.
        let roundings = self.weights.len() as f64 + 3.0;
        Ok(Sum { value, rounding: roundings * 0.5 * f64::EPSILON * size })
    }

    /// The sum and the output. Fails as [`Neuron::sum`] does.
    pub fn fire(&self, inputs: &[f64]) -> Result<Firing> {
        let sum = self.weigh(inputs)?;
        Ok(Firing { sum, output: self.activation.value(sum.value) })
    }

    /// f(x₁·w₁ + x₂·w₂ + … + b). Fails as [`Neuron::sum`] does.
    pub fn output(&self, inputs: &[f64]) -> Result<f64> {
        Ok(self.fire(inputs)?.output)
    }

    /// The line where the sum of a neuron with two inputs is zero: it fires on one side and not on the other. `None`
    /// for another number of inputs, and when both weights are zero.
    pub fn line(&self) -> Option<Line> {
        match self.weights[..] {
            [a, b] if a != 0.0 || b != 0.0 => Some(Line { a, b, c: self.bias }),
            _ => None,
        }
    }
}

impl fmt::Display for Neuron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.activation)?;
        for (i, weight) in self.weights.iter().enumerate() {
            term(f, i == 0, *weight)?;
            write!(f, "·x{}", i + 1)?;
        }
        if self.bias != 0.0 || self.weights.is_empty() {
            term(f, self.weights.is_empty(), self.bias)?;
        }
        write!(f, ")")
    }
}

/// A number in a sum, its sign before it.
fn term(f: &mut fmt::Formatter<'_>, first: bool, value: f64) -> fmt::Result {
    match (first, value.is_sign_negative() && value != 0.0) {
        (true, false) => write!(f, "{}", value.abs()),
        (true, true) => write!(f, "-{}", value.abs()),
        (false, false) => write!(f, " + {}", value.abs()),
        (false, true) => write!(f, " - {}", value.abs()),
    }
}

/// `1 weight`, `2 weights`.
fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_the_one_on_paper() {
        let neuron = Neuron::new([0.5, -2.0, 4.0], 0.25, Activation::Identity);
        assert_eq!(neuron.sum(&[2.0, 3.0, 0.5]).unwrap(), 1.0 - 6.0 + 2.0 + 0.25);
        assert_eq!(neuron.output(&[2.0, 3.0, 0.5]).unwrap(), -2.75);
        assert_eq!(Neuron::step([], 1.0).output(&[]).unwrap(), 1.0);
        let sigmoid = Neuron::new([1.0], 0.0, Activation::Sigmoid);
        assert_eq!(sigmoid.output(&[3.0]).unwrap(), 0.9525741268224334);
    }

    #[test]
    fn it_fires_strictly_above_zero() {
        let neuron = Neuron::step([0.5, 0.5], -1.0);
        let firing = neuron.fire(&[1.0, 1.0]).unwrap();
        assert_eq!((firing.sum.value, firing.output), (0.0, 0.0));
        assert!(!firing.sum.is_rounding_error(), "zero is zero");
    }

    #[test]
    fn a_rounding_error_is_told_from_a_small_sum() {
        let neuron = Neuron::step([0.1, 0.2], -0.3);
        let firing = neuron.fire(&[1.0, 1.0]).unwrap();
        assert_eq!(firing.sum.value, 0.1 + 0.2 - 0.3);
        assert!(firing.sum.is_rounding_error() && firing.output == 1.0);
        assert_eq!(firing.sum.to_string(), "5.551115123125783e-17");
        assert_eq!(Neuron::step([0.4, 0.4], -0.3).weigh(&[0.0, 1.0]).unwrap().to_string(), "0.1");
        assert_eq!(Neuron::step([0.4, 0.4], -0.6).weigh(&[1.0, 1.0]).unwrap().to_string(), "0.2");
        assert_eq!(Neuron::step([1.0 / 3.0], 0.0).weigh(&[1.0]).unwrap().to_string(), "0.3333333333333333");
        assert_eq!(Neuron::step([1.0], 0.0).weigh(&[0.0]).unwrap().to_string(), "0");
        assert!(Neuron::step([-0.1, -0.2], 0.3).weigh(&[1.0, 1.0]).unwrap().is_rounding_error());
        // Small, but really there.
        let small = Neuron::step([1e-9, 1e-9], -1e-9).weigh(&[1.0, 1.0]).unwrap();
        assert!(!small.is_rounding_error() && small.value > 0.0);
        let sharp = Neuron::step([0.1, 0.2], -0.2999999999999).weigh(&[1.0, 1.0]).unwrap();
        assert!(!sharp.is_rounding_error());
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let neuron = Neuron::step([0.4, 0.4], -0.6);
        let message = neuron.output(&[1.0]).unwrap_err().to_string();
        assert_eq!(message, "neuron: it has 2 weights, but was given 1 input");
        let message = neuron.sum(&[f64::INFINITY, 0.0]).unwrap_err().to_string();
        assert_eq!(message, "neuron: the sum is inf; weights, bias and inputs must be finite");
    }

    #[test]
    fn it_prints_its_formula() {
        assert_eq!(Neuron::step([-0.6, -0.6], 0.7).to_string(), "step(-0.6·x1 - 0.6·x2 + 0.7)");
        assert_eq!(Neuron::new([1.0], 0.0, Activation::Tanh).to_string(), "tanh(1·x1)");
        assert_eq!(Neuron::step([], 0.0).to_string(), "step(0)");
    }

    #[test]
    fn it_is_the_json_that_the_program_prints() {
        let neuron = Neuron::step([0.4, 0.4], -0.6);
        let json = serde_json::to_string(&neuron).unwrap();
        assert_eq!(json, r#"{"weights":[0.4,0.4],"bias":-0.6,"activation":"step"}"#);
        assert_eq!(serde_json::from_str::<Neuron>(&json).unwrap(), neuron);
    }
}
