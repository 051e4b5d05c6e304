//! The optimizers: what a gradient does to a parameter. Formulas and defaults are PyTorch's, number for number.
//!
//! Letters: p parameter, g gradient, η learning rate, k the number of the step from 1. Everything is done to each
//! parameter by itself.

use super::expect_len;
use crate::Result;

/// How a step is made of a gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// Stochastic gradient descent: p ← p - η·g.
    Sgd,
    /// With momentum (Polyak 1964): v ← μ·v + g; p ← p - η·v.
    Momentum {
        /// μ, often 0.9.
        momentum: f64,
    },
    /// Nesterov's momentum (Sutskever et al. 2013): v ← μ·v + g; p ← p - η·(g + μ·v).
    Nesterov {
        /// μ, often 0.9.
        momentum: f64,
    },
    /// RMSprop (Hinton 2012): s ← α·s + (1 - α)·g²; p ← p - η·g / (√s + ε).
    RmsProp {
        /// α, 0.99 in PyTorch (0.9 in Keras).
        alpha: f64,
        /// ε, outside of the root.
        epsilon: f64,
    },
    /// Adagrad (Duchi et al. 2011): s ← s + g²; p ← p - η·g / (√s + ε).
    Adagrad {
        /// ε, outside of the root: 10⁻¹⁰ in PyTorch.
        epsilon: f64,
    },
    /// Adam (Kingma and Ba 2015): m ← β₁·m + (1 - β₁)·g; s ← β₂·s + (1 - β₂)·g²; with m̂ = m / (1 - β₁ᵏ) and
    /// ŝ = s / (1 - β₂ᵏ): p ← p - η·m̂ / (√ŝ + ε).
    Adam {
        /// β₁, often 0.9.
        beta1: f64,
        /// β₂, often 0.999.
        beta2: f64,
        /// ε, outside of the root.
        epsilon: f64,
    },
    /// Rprop (Riedmiller and Braun 1993), for the whole data at once: only the sign of g counts. Each parameter has a
    /// step Δ of its own, at first η. Where g has the sign of the last one, Δ grows by `grow`; where it turned,
    /// Δ shrinks by `shrink` and g counts as 0 in this step and the next comparison. p ← p - sign(g)·Δ.
    Rprop {
        /// η⁻, 0.5 in PyTorch.
        shrink: f64,
        /// η⁺, 1.2 in PyTorch.
        grow: f64,
        /// The least Δ, 10⁻⁶ in PyTorch.
        least: f64,
        /// The largest Δ, 50 in PyTorch.
        largest: f64,
    },
}

/// An optimizer with its memory.
///
/// AdamW (Loshchilov and Hutter 2019) is [`Rule::Adam`] with [`Optimizer::decoupled_decay`].
///
/// ```
/// use adaline::reference::{Optimizer, Rule};
/// # fn main() -> adaline::Result<()> {
/// let mut optimizer = Optimizer::new(Rule::Momentum { momentum: 0.5 }, 0.25);
/// let mut parameters = vec![vec![1.0]];
/// optimizer.step(&mut parameters, &[vec![2.0]])?; // 1 - 0.25 · 2
/// assert_eq!(parameters, [[0.5]]);
/// optimizer.step(&mut parameters, &[vec![2.0]])?; // 0.5 - 0.25 · (0.5 · 2 + 2)
/// assert_eq!(parameters, [[-0.25]]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Optimizer {
    rule: Rule,
    learning_rate: f64,
    l1: Vec<f64>,
    l2: Vec<f64>,
    decoupled_decay: Vec<f64>,
    /// How many steps were made.
    steps: i32,
    /// Two numbers a parameter; what they mean is the rule's.
    memory: Vec<Vec<[f64; 2]>>,
}

impl Optimizer {
    /// An optimizer that has seen nothing yet.
    pub fn new(rule: Rule, learning_rate: f64) -> Self {
        let none = Vec::new;
        Optimizer { rule, learning_rate, l1: none(), l2: none(), decoupled_decay: none(), steps: 0, memory: Vec::new() }
    }

    /// L1: adds λ·sign(p) to the gradient, the slope of λ·|p|. One λ a tensor; none given is 0.
    #[must_use]
    pub fn l1(mut self, per_tensor: &[f64]) -> Self {
        self.l1 = per_tensor.to_vec();
        self
    }

    /// L2: adds λ·p to the gradient, the slope of λ/2·p². PyTorch's `weight_decay` of all optimizers but AdamW. One λ a
    /// tensor; none given is 0.
    #[must_use]
    pub fn l2(mut self, per_tensor: &[f64]) -> Self {
        self.l2 = per_tensor.to_vec();
        self
    }

    /// Decoupled weight decay: p ← p - η·λ·p before the rule's own step, which does not see it. PyTorch's `weight_decay`
    /// of AdamW. One λ a tensor; none given is 0.
    #[must_use]
    pub fn decoupled_decay(mut self, per_tensor: &[f64]) -> Self {
        self.decoupled_decay = per_tensor.to_vec();
        self
    }

    /// Another learning rate from the next step on.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate;
    }

    /// One update of all parameters. Fails when the gradients have other sizes than the parameters, or than in the last
    /// step.
    pub fn step(&mut self, parameters: &mut [Vec<f64>], gradients: &[Vec<f64>]) -> Result<()> {
        expect_len("optimizer", "gradient tensors", gradients.len(), parameters.len())?;
        if self.steps == 0 {
            let start = self.first_memory();
            self.memory = parameters.iter().map(|tensor| vec![start; tensor.len()]).collect();
        }
        expect_len("optimizer", "parameter tensors", parameters.len(), self.memory.len())?;
        for ((p, g), memory) in parameters.iter().zip(gradients).zip(&self.memory) {
            expect_len("optimizer", "gradient", g.len(), p.len())?;
            expect_len("optimizer", "parameters", p.len(), memory.len())?;
        }
        self.steps += 1;
        for tensor in 0..parameters.len() {
            let lambda = |per_tensor: &[f64]| per_tensor.get(tensor).copied().unwrap_or(0.0);
            let (l1, l2, decay) = (lambda(&self.l1), lambda(&self.l2), lambda(&self.decoupled_decay));
            for i in 0..parameters[tensor].len() {
                let p = &mut parameters[tensor][i];
                let g = gradients[tensor][i] + l2 * *p + l1 * sign(*p);
                *p -= self.learning_rate * decay * *p;
                *p -= self.rule.change(g, &mut self.memory[tensor][i], self.learning_rate, self.steps);
            }
        }
        Ok(())
    }

    /// What a parameter's memory is before the first step.
    fn first_memory(&self) -> [f64; 2] {
        match self.rule {
            Rule::Rprop { .. } => [0.0, self.learning_rate], // last gradient, Δ
            _ => [0.0, 0.0],
        }
    }
}

impl Rule {
    /// The rule of one of the library's optimizers. AdamW's is Adam's; its decay is apart.
    pub fn of(optimizer: &crate::Optimizer) -> Self {
        match *optimizer {
            crate::Optimizer::Sgd(o) if o.nesterov => Rule::Nesterov { momentum: o.momentum },
            crate::Optimizer::Sgd(o) if o.momentum != 0.0 => Rule::Momentum { momentum: o.momentum },
            crate::Optimizer::Sgd(_) => Rule::Sgd,
            crate::Optimizer::RmsProp(o) => Rule::RmsProp { alpha: o.rho, epsilon: o.epsilon },
            crate::Optimizer::Adagrad(o) => Rule::Adagrad { epsilon: o.epsilon },
            crate::Optimizer::Adam(o) => Rule::Adam { beta1: o.beta1, beta2: o.beta2, epsilon: o.epsilon },
            crate::Optimizer::AdamW(o) => Rule::Adam { beta1: o.beta1, beta2: o.beta2, epsilon: o.epsilon },
            crate::Optimizer::Rprop(o) => {
                Rule::Rprop { shrink: o.eta_minus, grow: o.eta_plus, least: o.step_min, largest: o.step_max }
            }
        }
    }

    /// What is taken from a parameter.
    fn change(self, g: f64, memory: &mut [f64; 2], learning_rate: f64, step: i32) -> f64 {
        match self {
            Rule::Sgd => learning_rate * g,
            Rule::Momentum { momentum } => {
                let [v, _] = memory;
                *v = momentum * *v + g;
                learning_rate * *v
            }
            Rule::Nesterov { momentum } => {
                let [v, _] = memory;
                *v = momentum * *v + g;
                learning_rate * (g + momentum * *v)
            }
            Rule::RmsProp { alpha, epsilon } => {
                let [s, _] = memory;
                *s = alpha * *s + (1.0 - alpha) * g * g;
                learning_rate * g / (s.sqrt() + epsilon)
            }
            Rule::Adagrad { epsilon } => {
                let [s, _] = memory;
                *s += g * g;
                learning_rate * g / (s.sqrt() + epsilon)
            }
            Rule::Adam { beta1, beta2, epsilon } => {
                let [m, s] = memory;
                *m = beta1 * *m + (1.0 - beta1) * g;
                *s = beta2 * *s + (1.0 - beta2) * g * g;
                let mean = *m / (1.0 - beta1.powi(step));
                let square = *s / (1.0 - beta2.powi(step));
                learning_rate * mean / (square.sqrt() + epsilon)
            }
            Rule::Rprop { shrink, grow, least, largest } => {
                let [last, delta] = memory;
                let turn = g * *last;
                if turn > 0.0 {
                    *delta = (*delta * grow).min(largest);
                } else if turn < 0.0 {
                    *delta = (*delta * shrink).max(least);
                }
                let g = if turn < 0.0 { 0.0 } else { g };
                *last = g;
                sign(g) * *delta
            }
        }
    }
}

/// 1, 0 or -1.
fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    // An ε so small that it does not show in figures by hand.
    const ADAM: Rule = Rule::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-14 };
    const RPROP: Rule = Rule::Rprop { shrink: 0.5, grow: 1.2, least: 1e-6, largest: 50.0 };

    fn path(mut optimizer: Optimizer, start: f64, gradients: &[f64]) -> Vec<f64> {
        let mut parameters = vec![vec![start]];
        gradients
            .iter()
            .map(|g| {
                optimizer.step(&mut parameters, &[vec![*g]]).unwrap();
                parameters[0][0]
            })
            .collect()
    }

    fn close(got: &[f64], expected: &[f64]) {
        assert_eq!(got.len(), expected.len());
        for (a, b) in got.iter().zip(expected) {
            assert!((a - b).abs() < 1e-12, "{got:?}, not {expected:?}");
        }
    }

    #[test]
    fn steps_by_hand() {
        close(&path(Optimizer::new(Rule::Sgd, 0.1), 1.0, &[2.0, -1.0]), &[0.8, 0.9]);
        let nesterov = Optimizer::new(Rule::Nesterov { momentum: 0.9 }, 0.1);
        close(&path(nesterov, 1.0, &[1.0, 1.0]), &[1.0 - 0.19, 1.0 - 0.19 - 0.1 * (1.0 + 0.9 * 1.9)]);
        let adagrad = Optimizer::new(Rule::Adagrad { epsilon: 0.0 }, 0.1);
        close(&path(adagrad, 0.0, &[3.0, 4.0]), &[-0.1, -0.1 - 0.1 * 4.0 / 5.0]);
        let rmsprop = Optimizer::new(Rule::RmsProp { alpha: 0.75, epsilon: 0.0 }, 0.1);
        close(&path(rmsprop, 0.0, &[2.0]), &[-0.2]);
        // Adam's first step is the learning rate, whatever the gradient's size.
        close(&path(Optimizer::new(ADAM, 0.1), 0.0, &[1e3]), &[-0.1]);
    }

    #[test]
    fn rprop_grows_shrinks_and_waits_after_a_turn() {
        // Steps 0.1, then 0.12; the turn halves it to 0.06 and moves nothing; then 0.06 with the new sign.
        let found = path(Optimizer::new(RPROP, 0.1), 1.0, &[5.0, 0.1, -3.0, -3.0, -3.0]);
        close(&found, &[0.9, 0.78, 0.78, 0.84, 0.912]);
    }

    #[test]
    fn the_three_decays_differ() {
        close(&path(Optimizer::new(Rule::Sgd, 0.1).l1(&[0.5]), -2.0, &[0.0]), &[-1.95]);
        close(&path(Optimizer::new(Rule::Sgd, 0.1).l2(&[0.5]), -2.0, &[0.0]), &[-1.9]);
        close(&path(Optimizer::new(Rule::Sgd, 0.1).decoupled_decay(&[0.5]), -2.0, &[0.0]), &[-1.9]);
        // Under Adam L2 is drowned in the scaling, and decoupled decay is not.
        close(&path(Optimizer::new(ADAM, 0.1).l2(&[0.5]), -2.0, &[0.0]), &[-1.9]);
        close(&path(Optimizer::new(ADAM, 0.1).l2(&[0.01]), -2.0, &[0.0]), &[-1.9]);
        close(&path(Optimizer::new(ADAM, 0.1).decoupled_decay(&[0.01]), -2.0, &[0.0]), &[-1.998]);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let mut optimizer = Optimizer::new(Rule::Sgd, 0.1);
        assert!(optimizer.step(&mut [vec![0.0]], &[]).is_err());
        assert!(optimizer.step(&mut [vec![0.0]], &[vec![0.0; 2]]).is_err());
        optimizer.step(&mut [vec![0.0]], &[vec![0.0]]).unwrap();
        assert!(optimizer.step(&mut [vec![0.0; 2]], &[vec![0.0; 2]]).is_err());
    }
}
