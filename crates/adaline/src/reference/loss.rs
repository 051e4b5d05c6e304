//! The losses: one number for a batch, and its gradient by every output.
//!
//! Each is the mean over the examples. MSE, MAE and Huber are also the mean over the outputs of an example, which is
//! PyTorch's `reduction='mean'`. Cross-entropies take logits.

use super::{expect_len, rows};
use crate::{Activation, Error, Loss, Result};

/// What the outputs should have been.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Targets<'a> {
    /// A class an example, from 0.
    Classes(&'a [u32]),
    /// A number an output. Probabilities for the cross-entropies.
    Values(&'a [f64]),
}

/// A loss, the targets of a batch, and what an error in each class counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goal<'a> {
    /// How wrong answers are measured.
    pub loss: Loss,
    /// The right answers.
    pub targets: Targets<'a>,
    /// A factor for each class: an example's loss is multiplied by its class's, and the mean is still over the number of
    /// examples, as in Keras. (PyTorch divides by the sum of the factors instead.) Only with classes as targets.
    pub class_weights: Option<&'a [f64]>,
}

/// The loss of a batch and its gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct LossGradient {
    /// The loss.
    pub value: f64,
    /// By every output, B × O.
    pub doutputs: Vec<f64>,
}

impl Goal<'_> {
    /// The loss of a batch of outputs, `width` numbers an example, and its gradient. Fails when outputs and targets do
    /// not fit.
    ///
    /// ```
    /// use adaline::Loss;
    /// use adaline::reference::{Goal, Targets};
    /// # fn main() -> adaline::Result<()> {
    /// let loss = Loss::CategoricalCrossEntropy { label_smoothing: 0.0 };
    /// let goal = Goal { loss, targets: Targets::Classes(&[1]), class_weights: None };
    /// let found = goal.evaluate(&[0.0, 0.0], 2)?; // two equal logits: probabilities 0.5 and 0.5
    /// assert_eq!(found.value, 2f64.ln());
    /// assert_eq!(found.doutputs, [0.5, -0.5]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn evaluate(&self, outputs: &[f64], width: usize) -> Result<LossGradient> {
        let batch = rows("loss", outputs.len(), width)?;
        if batch == 0 {
            return Err(Error::shape("loss", "there are no examples"));
        }
        if let (Some(_), Targets::Values(_)) = (self.class_weights, self.targets) {
            return Err(Error::setting("class-weight", "weights for classes need classes as targets"));
        }
        match self.loss {
            Loss::Mse => self.mean_over_outputs(outputs, squared, squared_slope),
            Loss::Mae => self.mean_over_outputs(outputs, absolute, absolute_slope),
            Loss::Huber { delta } => {
                self.mean_over_outputs(outputs, |y, t| huber(y, t, delta), |y, t| huber_slope(y, t, delta))
            }
            Loss::BinaryCrossEntropy { label_smoothing } => self.binary(outputs, width, label_smoothing),
            Loss::CategoricalCrossEntropy { label_smoothing } => self.categorical(outputs, width, label_smoothing),
        }
    }

    /// The mean of f(y, t) over all outputs of all examples.
    fn mean_over_outputs(
        &self,
        outputs: &[f64],
        f: impl Fn(f64, f64) -> f64,
        slope: impl Fn(f64, f64) -> f64,
    ) -> Result<LossGradient> {
        let Targets::Values(targets) = self.targets else {
            return Err(Error::shape("loss", "this loss needs a number an output as target, not classes"));
        };
        expect_len("loss", "targets", targets.len(), outputs.len())?;
        let n = outputs.len() as f64;
        let value = outputs.iter().zip(targets).map(|(y, t)| f(*y, *t)).sum::<f64>() / n;
        let doutputs = outputs.iter().zip(targets).map(|(y, t)| slope(*y, *t) / n).collect();
        Ok(LossGradient { value, doutputs })
    }

    /// Binary cross-entropy: the mean over all outputs; with classes as targets there is one output an example.
    fn binary(&self, outputs: &[f64], width: usize, smoothing: f64) -> Result<LossGradient> {
        let (targets, weights) = match self.targets {
            Targets::Values(targets) => (targets.to_vec(), vec![1.0; targets.len()]),
            Targets::Classes(classes) => {
                if width != 1 {
                    return Err(Error::shape("loss", format!("two classes need one logit an example, not {width}")));
                }
                (classes.iter().map(|class| f64::from(*class)).collect(), self.weight_of_each(classes, 2)?)
            }
        };
        expect_len("loss", "targets", targets.len(), outputs.len())?;
        let n = outputs.len() as f64;
        let mut value = 0.0;
        let mut doutputs = Vec::with_capacity(outputs.len());
        for ((z, t), weight) in outputs.iter().zip(targets).zip(weights) {
            let t = t * (1.0 - smoothing) + smoothing / 2.0;
            value += weight * binary_cross_entropy(*z, t) / n;
            doutputs.push(weight * binary_cross_entropy_slope(*z, t) / n);
        }
        Ok(LossGradient { value, doutputs })
    }

    /// Categorical cross-entropy: the mean over the examples.
    fn categorical(&self, outputs: &[f64], classes: usize, smoothing: f64) -> Result<LossGradient> {
        let batch = outputs.len() / classes;
        let (targets, weights) = match self.targets {
            Targets::Values(targets) => (targets.to_vec(), vec![1.0; batch]),
            Targets::Classes(numbers) => {
                let weights = self.weight_of_each(numbers, classes)?;
                let mut one_hot = vec![0.0; numbers.len() * classes];
                for (b, class) in numbers.iter().enumerate() {
                    one_hot[b * classes + *class as usize] = 1.0;
                }
                (one_hot, weights)
            }
        };
        expect_len("loss", "targets", targets.len(), outputs.len())?;
        let n = batch as f64;
        let mut value = 0.0;
        let mut doutputs = Vec::with_capacity(outputs.len());
        for (b, z) in outputs.chunks_exact(classes).enumerate() {
            let smooth = |t: &f64| t * (1.0 - smoothing) + smoothing / classes as f64;
            let t: Vec<f64> = targets[b * classes..(b + 1) * classes].iter().map(smooth).collect();
            value += weights[b] * categorical_cross_entropy(z, &t) / n;
            doutputs.extend(categorical_cross_entropy_slope(z, &t).iter().map(|slope| weights[b] * slope / n));
        }
        Ok(LossGradient { value, doutputs })
    }

    /// Every example's factor: its class's, or 1. Fails on a class that is not there.
    fn weight_of_each(&self, classes: &[u32], count: usize) -> Result<Vec<f64>> {
        if let Some(weights) = self.class_weights {
            expect_len("loss", "class weights", weights.len(), count)?;
        }
        classes
            .iter()
            .map(|class| {
                let class = *class as usize;
                if class >= count {
                    return Err(Error::shape("loss", format!("class {class} does not exist; there are {count}")));
                }
                Ok(self.class_weights.map_or(1.0, |weights| weights[class]))
            })
            .collect()
    }
}

/// (y - t)²
fn squared(y: f64, t: f64) -> f64 {
    (y - t) * (y - t)
}

/// 2(y - t)
fn squared_slope(y: f64, t: f64) -> f64 {
    2.0 * (y - t)
}

/// |y - t|
fn absolute(y: f64, t: f64) -> f64 {
    (y - t).abs()
}

/// The sign of y - t; 0 at the kink.
fn absolute_slope(y: f64, t: f64) -> f64 {
    if y == t { 0.0 } else { (y - t).signum() }
}

/// d²/2 for |d| ≤ δ, else δ(|d| - δ/2), where d = y - t.
fn huber(y: f64, t: f64, delta: f64) -> f64 {
    let d = (y - t).abs();
    if d <= delta { 0.5 * d * d } else { delta * (d - 0.5 * delta) }
}

/// d held between -δ and δ.
fn huber_slope(y: f64, t: f64, delta: f64) -> f64 {
    let d = y - t;
    if d.abs() <= delta { d } else { delta * d.signum() }
}

/// -t·ln p - (1 - t)·ln(1 - p) with p = sigmoid(z). As -ln sigmoid(z) = softplus(-z), nothing overflows.
fn binary_cross_entropy(z: f64, t: f64) -> f64 {
    t * Activation::Softplus.value(-z) + (1.0 - t) * Activation::Softplus.value(z)
}

/// p - t, as (1 - t)·p - t·(1 - p).
fn binary_cross_entropy_slope(z: f64, t: f64) -> f64 {
    (1.0 - t) * Activation::Sigmoid.value(z) - t * Activation::Sigmoid.value(-z)
}

/// -Σₖ t\[k\]·ln p\[k\] with p = softmax(z). As -ln p\[k\] = ln Σ eᶻ - z\[k\], with the largest z taken out first, nothing
/// overflows.
fn categorical_cross_entropy(z: &[f64], t: &[f64]) -> f64 {
    let (at, largest) = z
        .iter()
        .copied()
        .enumerate()
        .fold((0, f64::NEG_INFINITY), |best, (k, z)| if z > best.1 { (k, z) } else { best });
    let others: f64 = z.iter().enumerate().filter(|(k, _)| *k != at).map(|(_, z)| (z - largest).exp()).sum();
    let log_sum = others.ln_1p(); // ln Σ e^(z - largest); the largest itself gives the 1
    z.iter().zip(t).map(|(z, t)| t * (largest - z + log_sum)).sum()
}

/// p - t (times Σt, which is 1).
fn categorical_cross_entropy_slope(z: &[f64], t: &[f64]) -> Vec<f64> {
    let total: f64 = t.iter().sum();
    crate::softmax(z).iter().zip(t).map(|(p, t)| p * total - t).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::central_differences;

    const CATEGORICAL: Loss = Loss::CategoricalCrossEntropy { label_smoothing: 0.0 };
    const BINARY: Loss = Loss::BinaryCrossEntropy { label_smoothing: 0.0 };

    fn value(loss: Loss, targets: Targets<'_>, outputs: &[f64], width: usize) -> f64 {
        Goal { loss, targets, class_weights: None }.evaluate(outputs, width).unwrap().value
    }

    #[test]
    fn losses_by_hand() {
        let (y, t) = ([1.0, 4.0], Targets::Values(&[2.0, 1.0]));
        assert_eq!(value(Loss::Mse, t, &y, 1), (1.0 + 9.0) / 2.0);
        assert_eq!(value(Loss::Mae, t, &y, 2), (1.0 + 3.0) / 2.0);
        assert_eq!(value(Loss::Huber { delta: 2.0 }, t, &y, 1), (0.5 + 2.0 * (3.0 - 1.0)) / 2.0);
        assert!((value(BINARY, Targets::Classes(&[1]), &[3.0], 1) - -(0.9525741268224334f64.ln())).abs() < 1e-15);
        let smoothed = Loss::CategoricalCrossEntropy { label_smoothing: 0.3 };
        // Smoothed targets 0.8, 0.1, 0.1; probabilities 1/3 each.
        assert!((value(smoothed, Targets::Classes(&[0]), &[5.0; 3], 3) - 3f64.ln()).abs() < 1e-15);
        // Nothing overflows, and a confident right answer keeps its small loss.
        assert_eq!(value(CATEGORICAL, Targets::Classes(&[0]), &[1000.0, 0.0], 2), 0.0);
        assert_eq!(value(CATEGORICAL, Targets::Classes(&[1]), &[1000.0, 0.0], 2), 1000.0);
        assert!((value(CATEGORICAL, Targets::Classes(&[0]), &[40.0, 0.0], 2) / (-40f64).exp() - 1.0).abs() < 1e-12);
        assert!((value(BINARY, Targets::Classes(&[1]), &[40.0], 1) / (-40f64).exp() - 1.0).abs() < 1e-12);
        assert_eq!(value(BINARY, Targets::Classes(&[0]), &[1000.0], 1), 1000.0);
    }

    #[test]
    fn every_gradient_is_the_one_by_differences() {
        let outputs = [0.3, -1.2, 2.0, -0.4, 0.9, -2.2];
        let values = Targets::Values(&[0.1, -1.0, 0.2, 1.6, -0.9, 0.0]);
        let probabilities = Targets::Values(&[0.2, 0.5, 0.3, 1.0, 0.0, 0.0]);
        let (two, three) = (Targets::Classes(&[0, 1, 1, 0, 1, 0]), Targets::Classes(&[2, 0]));
        let (smooth_binary, smooth_categorical) =
            (Loss::BinaryCrossEntropy { label_smoothing: 0.1 }, Loss::CategoricalCrossEntropy { label_smoothing: 0.1 });
        let cases: [(Loss, Targets<'_>, Option<&[f64]>, usize); 11] = [
            (Loss::Mse, values, None, 3),
            (Loss::Mae, values, None, 3),
            (Loss::Huber { delta: 0.7 }, values, None, 3),
            (BINARY, two, None, 1),
            (BINARY, probabilities, None, 3),
            (smooth_binary, two, None, 1),
            (smooth_binary, two, Some(&[0.5, 3.0]), 1),
            (CATEGORICAL, three, None, 3),
            (CATEGORICAL, probabilities, None, 3),
            (smooth_categorical, three, None, 3),
            (smooth_categorical, three, Some(&[0.5, 1.0, 3.0]), 3),
        ];
        for (loss, targets, class_weights, width) in cases {
            let goal = Goal { loss, targets, class_weights };
            let found = goal.evaluate(&outputs, width).unwrap();
            let differences = central_differences(|y| goal.evaluate(y, width).unwrap().value, &outputs, 1e-5);
            for (got, expected) in found.doutputs.iter().zip(differences) {
                assert!((got - expected).abs() < 1e-8, "{goal:?}: {got} {expected}");
            }
        }
    }

    #[test]
    fn a_class_weight_multiplies_and_the_mean_stays_over_the_examples() {
        let z = [0.2, -0.3, 1.0, 0.4];
        let single = |b: usize, class: u32| value(CATEGORICAL, Targets::Classes(&[class]), &z[2 * b..2 * b + 2], 2);
        let goal = Goal { loss: CATEGORICAL, targets: Targets::Classes(&[0, 1]), class_weights: Some(&[2.0, 5.0]) };
        let expected = (2.0 * single(0, 0) + 5.0 * single(1, 1)) / 2.0;
        assert!((goal.evaluate(&z, 2).unwrap().value - expected).abs() < 1e-15);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let message = |loss, targets, class_weights, width| {
            Goal { loss, targets, class_weights }.evaluate(&[0.0; 4], width).unwrap_err().to_string()
        };
        let classes = Targets::Classes(&[0, 2]);
        assert_eq!(message(CATEGORICAL, classes, None, 2), "loss: class 2 does not exist; there are 2");
        assert_eq!(
            message(Loss::Mse, classes, None, 2),
            "loss: this loss needs a number an output as target, not classes"
        );
        assert_eq!(message(BINARY, classes, None, 2), "loss: two classes need one logit an example, not 2");
        assert_eq!(
            message(Loss::Mse, Targets::Values(&[0.0; 3]), None, 2),
            "loss: targets: 3 values, but 4 are needed"
        );
        assert_eq!(
            message(CATEGORICAL, Targets::Classes(&[0, 1]), Some(&[1.0]), 2),
            "loss: class weights: 1 values, but 2 are needed"
        );
        assert_eq!(
            message(CATEGORICAL, Targets::Values(&[0.0; 4]), Some(&[1.0; 2]), 2),
            "class-weight: weights for classes need classes as targets"
        );
        assert_eq!(message(Loss::Mse, Targets::Values(&[0.0; 4]), None, 3), "loss: 4 values are not rows of 3");
    }
}
