//! The update of one step, parameter by parameter.

use super::super::{Network, Optimizer, Rule};
use super::{TensorGradient, parameters};
use crate::Result;
use serde::Serialize;

/// What one step of an optimizer that starts here changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UpdateWorking {
    /// The optimizer's name.
    pub optimizer: String,
    /// Its rule, as a formula.
    pub formula: String,
    /// η
    pub learning_rate: f64,
    /// Tensor by tensor.
    pub tensors: Vec<TensorUpdate>,
}

/// The update of one tensor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TensorUpdate {
    /// `layers.0.weight`
    pub name: String,
    /// PyTorch's shape.
    pub shape: Vec<usize>,
    /// In PyTorch's order.
    pub parameters: Vec<ParameterUpdate>,
}

/// The update of one number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParameterUpdate {
    /// Before the step.
    pub before: f64,
    /// The derivative of the loss.
    pub gradient: f64,
    /// What AdamW's weight decay takes from the number first; 0 otherwise.
    pub decay: f64,
    /// What the rule computes on the way, each with its name: Adam's m, s, m̂ and ŝ.
    pub between: Vec<(&'static str, f64)>,
    /// What the rule takes from the number.
    pub change: f64,
    /// After the step.
    pub after: f64,
}

impl UpdateWorking {
    /// One step of an optimizer from its first state.
    pub(super) fn of(network: &Network, gradients: &[Vec<f64>], optimizer: &crate::Optimizer) -> Result<Self> {
        let (rule, learning_rate) = (Rule::of(optimizer), optimizer.learning_rate());
        let lambda = match optimizer {
            crate::Optimizer::AdamW(adamw) => adamw.weight_decay,
            _ => 0.0,
        };
        let known = parameters(network);
        let decays: Vec<f64> = known.iter().map(|(.., penalised)| if *penalised { lambda } else { 0.0 }).collect();
        let mut after = network.parameters().to_vec();
        Optimizer::new(rule, learning_rate).decoupled_decay(&decays).step(&mut after, gradients)?;
        let tensor = |(number, (_, tensor, _)): (usize, (usize, TensorGradient, bool))| {
            let numbers = network.parameters()[number].iter().zip(&gradients[number]).zip(&after[number]);
            let parameters = numbers
                .map(|((before, gradient), after)| {
                    // Zero is added so that nothing is -0.
                    let decay = learning_rate * decays[number] * before + 0.0;
                    let (between, change) = first_change(rule, *gradient, learning_rate);
                    let change = change + 0.0;
                    ParameterUpdate {
                        before: *before,
                        gradient: *gradient + 0.0,
                        decay,
                        between,
                        change,
                        after: *after,
                    }
                })
                .collect();
            TensorUpdate { name: tensor.name, shape: tensor.shape, parameters }
        };
        let tensors = known.into_iter().enumerate().map(tensor).collect();
        let decay = if lambda == 0.0 { "" } else { "w ← w - η·λ·w (weights only), then " };
        let formula = format!("{decay}{}", formula(rule));
        Ok(UpdateWorking { optimizer: optimizer.name().to_owned(), formula, learning_rate, tensors })
    }
}

/// The formula of a rule's first step, when its memory is empty.
fn formula(rule: Rule) -> &'static str {
    match rule {
        Rule::Sgd => "w ← w - η·g",
        Rule::Momentum { .. } => "v = μ·0 + g, w ← w - η·v",
        Rule::Nesterov { .. } => "v = μ·0 + g, w ← w - η·(g + μ·v)",
        Rule::RmsProp { .. } => "s = α·0 + (1 - α)·g², w ← w - η·g / (√s + ε)",
        Rule::Adagrad { .. } => "s = 0 + g², w ← w - η·g / (√s + ε)",
        Rule::Adam { .. } => {
            "m = (1 - β₁)·g, s = (1 - β₂)·g², m̂ = m / (1 - β₁), ŝ = s / (1 - β₂), w ← w - η·m̂ / (√ŝ + ε)"
        }
        Rule::Rprop { .. } => "Δ = η, w ← w - sign(g)·Δ",
    }
}

/// What a rule takes from a number in its first step, and what it computes on the way.
fn first_change(rule: Rule, g: f64, learning_rate: f64) -> (Vec<(&'static str, f64)>, f64) {
    match rule {
        Rule::Sgd => (Vec::new(), learning_rate * g),
        Rule::Momentum { .. } => (vec![("v", g)], learning_rate * g),
        Rule::Nesterov { momentum } => (vec![("v", g)], learning_rate * (g + momentum * g)),
        Rule::RmsProp { alpha, epsilon } => {
            let s = (1.0 - alpha) * g * g;
            (vec![("s", s)], learning_rate * g / (s.sqrt() + epsilon))
        }
        Rule::Adagrad { epsilon } => (vec![("s", g * g)], learning_rate * g / ((g * g).sqrt() + epsilon)),
        Rule::Adam { beta1, beta2, epsilon } => {
            let (m, s) = ((1.0 - beta1) * g, (1.0 - beta2) * g * g);
            let (mean, square) = (m / (1.0 - beta1), s / (1.0 - beta2));
            let change = learning_rate * mean / (square.sqrt() + epsilon);
            (vec![("m", m), ("s", s), ("m̂", mean), ("ŝ", square)], change)
        }
        Rule::Rprop { .. } => {
            let sign = if g == 0.0 { 0.0 } else { g.signum() };
            (vec![("Δ", learning_rate)], sign * learning_rate)
        }
    }
}
