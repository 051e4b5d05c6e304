//! The loss of one example, part by part.

use super::super::{Goal, Network, Targets, Trace};
use super::{LossWorking, plain};
use crate::{Activation, Loss, Result};

impl LossWorking {
    pub(super) fn of(network: &Network, trace: &Trace, goal: &Goal<'_>, absorbed: Option<usize>) -> Result<Self> {
        let outputs = absorbed.map_or(trace.outputs(), |number| &trace.layers[number].sums).to_vec();
        let found = goal.evaluate(&outputs, network.output_width())?;
        let count = outputs.len() as f64;
        let class = match goal.targets {
            Targets::Classes(classes) => classes.first().copied(),
            Targets::Values(_) => None,
        };
        let weight = |class: u32| goal.class_weights.and_then(|weights| weights.get(class as usize)).copied();
        let hard: Vec<f64> = match goal.targets {
            Targets::Values(values) => values.to_vec(),
            Targets::Classes(_) if outputs.len() == 1 => vec![f64::from(class.unwrap_or(0))],
            Targets::Classes(_) => {
                (0..outputs.len()).map(|k| f64::from(u8::from(Some(k) == class.map(|class| class as usize)))).collect()
            }
        };
        let (targets, probabilities): (Vec<f64>, Option<Vec<f64>>) = match goal.loss {
            Loss::BinaryCrossEntropy { label_smoothing: e } => (
                hard.iter().map(|t| t * (1.0 - e) + e / 2.0).collect(),
                Some(outputs.iter().map(|z| Activation::Sigmoid.value(*z)).collect()),
            ),
            Loss::CategoricalCrossEntropy { label_smoothing: e } => {
                (hard.iter().map(|t| t * (1.0 - e) + e / count).collect(), Some(crate::softmax(&outputs)))
            }
            Loss::Mse | Loss::Mae | Loss::Huber { .. } => (hard, None),
        };
        // One output alone, with its own target and nothing else, is that output's part of the loss; the parts of
        // the categorical cross-entropy are -t·ln p, with ln p = z - ln Σ eᶻ.
        let terms = match goal.loss {
            Loss::CategoricalCrossEntropy { .. } => {
                let largest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let log_sum = outputs.iter().map(|z| (z - largest).exp()).sum::<f64>().ln() + largest;
                outputs.iter().zip(&targets).map(|(z, t)| if *t == 0.0 { 0.0 } else { t * (log_sum - z) }).collect()
            }
            loss => {
                // The targets are smoothed already.
                let loss = match loss {
                    Loss::BinaryCrossEntropy { .. } => Loss::BinaryCrossEntropy { label_smoothing: 0.0 },
                    other => other,
                };
                let part = |(y, t): (&f64, &f64)| {
                    let goal = Goal { loss, targets: Targets::Values(&[*t]), class_weights: None };
                    Ok(goal.evaluate(&[*y], 1)?.value)
                };
                outputs.iter().zip(&targets).map(part).collect::<Result<Vec<f64>>>()?
            }
        };
        let divisor = if matches!(goal.loss, Loss::CategoricalCrossEntropy { .. }) { 1.0 } else { count };
        Ok(LossWorking {
            loss: goal.loss,
            from_sums: absorbed.is_some(),
            outputs,
            targets,
            probabilities,
            terms,
            class_weight: class.and_then(weight).unwrap_or(1.0),
            divisor,
            value: found.value,
            derivatives: plain(&found.doutputs),
        })
    }
}
