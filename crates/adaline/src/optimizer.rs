//! The optimizers: how a gradient becomes a step. Semantics are PyTorch's to the letter, so that ten steps give the same
//! weights; the naive f64 twins are in `reference/optimizer.rs`.

use crate::error::did_you_mean;
use crate::kernel::Machine;
use crate::kernel::buffer::Buffer;
use crate::kernel::update::{self, update};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Stochastic gradient descent: p ← p - lr·v, v ← μv + g.
///
/// With `momentum` 0, v is the gradient. With `nesterov`, p ← p - lr·(g + μv): the step looks ahead.
/// Agrees with PyTorch's `optim.SGD` (no dampening). Sutskever et al. 2013.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Sgd {
    /// lr
    pub learning_rate: f64,
    /// μ, from 0 to below 1.
    #[serde(default)]
    pub momentum: f64,
    /// Whether the gradient is looked at ahead.
    #[serde(default)]
    pub nesterov: bool,
}

/// RMSprop: v ← ρv + (1-ρ)g²; p ← p - lr·g / (√v + ε). Agrees with PyTorch's `optim.RMSprop`. Hinton 2012, lecture 6e.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RmsProp {
    /// lr
    pub learning_rate: f64,
    /// ρ
    pub rho: f64,
    /// ε
    pub epsilon: f64,
}

/// Adagrad: v ← v + g²; p ← p - lr·g / (√v + ε). Agrees with PyTorch's `optim.Adagrad`. Duchi et al. 2011.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Adagrad {
    /// lr
    pub learning_rate: f64,
    /// ε
    pub epsilon: f64,
}

/// Adam: m ← β₁m + (1-β₁)g; v ← β₂v + (1-β₂)g²; p ← p - lr·m̂ / (√v̂ + ε), with m̂ and v̂ corrected for their start at 0.
/// Agrees with PyTorch's `optim.Adam`. Kingma and Ba 2015.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Adam {
    /// lr
    pub learning_rate: f64,
    /// β₁
    pub beta1: f64,
    /// β₂
    pub beta2: f64,
    /// ε
    pub epsilon: f64,
}

/// Adam with decoupled weight decay: first p ← p - lr·λ·p for the weights (not the biases), then Adam's step.
/// Agrees with PyTorch's `optim.AdamW` when only the weights are in its decayed group. Loshchilov and Hutter 2019.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AdamW {
    /// lr
    pub learning_rate: f64,
    /// β₁
    pub beta1: f64,
    /// β₂
    pub beta2: f64,
    /// ε
    pub epsilon: f64,
    /// λ
    pub weight_decay: f64,
}

/// Rprop: every parameter has its own step size, which grows while the gradient keeps its sign and shrinks when it turns.
/// For full batches. Agrees with PyTorch's `optim.Rprop`. Riedmiller and Braun 1993.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rprop {
    /// The first step size.
    pub learning_rate: f64,
    /// η⁻
    pub eta_minus: f64,
    /// η⁺
    pub eta_plus: f64,
    /// Smallest step size.
    pub step_min: f64,
    /// Largest step size.
    pub step_max: f64,
}

impl Default for Sgd {
    fn default() -> Self {
        Sgd { learning_rate: 0.01, momentum: 0.0, nesterov: false }
    }
}
impl Default for RmsProp {
    fn default() -> Self {
        RmsProp { learning_rate: 0.001, rho: 0.99, epsilon: 1e-8 }
    }
}
impl Default for Adagrad {
    fn default() -> Self {
        Adagrad { learning_rate: 0.01, epsilon: 1e-10 }
    }
}
impl Default for Adam {
    fn default() -> Self {
        Adam { learning_rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }
    }
}
impl Default for AdamW {
    fn default() -> Self {
        AdamW { learning_rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01 }
    }
}
impl Default for Rprop {
    fn default() -> Self {
        Rprop { learning_rate: 0.01, eta_minus: 0.5, eta_plus: 1.2, step_min: 1e-6, step_max: 50.0 }
    }
}

/// `with_…` for every number, so that the structs may grow.
macro_rules! with {
    ($type:ident: $($name:ident $field:ident $what:literal),+) => {
        impl $type {
            $(
                #[doc = concat!("The same with another ", $what, ".")]
                #[must_use]
                pub fn $name(mut self, value: f64) -> Self {
                    self.$field = value;
                    self
                }
            )+
        }
        impl From<$type> for Optimizer {
            fn from(optimizer: $type) -> Self {
                Optimizer::$type(optimizer)
            }
        }
    };
}
with!(Sgd: learning_rate learning_rate "learning rate", momentum momentum "momentum");
with!(RmsProp: learning_rate learning_rate "learning rate", rho rho "ρ", epsilon epsilon "ε");
with!(Adagrad: learning_rate learning_rate "learning rate", epsilon epsilon "ε");
with!(Adam: learning_rate learning_rate "learning rate", beta1 beta1 "β₁", beta2 beta2 "β₂", epsilon epsilon "ε");
with!(AdamW: learning_rate learning_rate "learning rate", beta1 beta1 "β₁", beta2 beta2 "β₂", epsilon epsilon "ε", weight_decay weight_decay "weight decay");
with!(Rprop: learning_rate learning_rate "first step size", eta_minus eta_minus "η⁻", eta_plus eta_plus "η⁺");

impl Sgd {
    /// The same, looking ahead.
    #[must_use]
    pub fn nesterov(mut self) -> Self {
        self.nesterov = true;
        self
    }
}

/// An optimizer with its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Optimizer {
    /// Gradient descent, with momentum or without.
    Sgd(Sgd),
    /// Steps scaled by a running mean of squares.
    RmsProp(RmsProp),
    /// Steps scaled by the sum of all squares.
    Adagrad(Adagrad),
    /// Running means of gradients and squares.
    Adam(Adam),
    /// Adam with decoupled weight decay.
    AdamW(AdamW),
    /// Step sizes from the signs alone.
    Rprop(Rprop),
}

impl Default for Optimizer {
    fn default() -> Self {
        Adam::default().into()
    }
}

impl Optimizer {
    /// The names that [`Optimizer::by_name`] knows.
    pub const NAMES: [&str; 8] = ["sgd", "momentum", "nesterov", "rmsprop", "adagrad", "adam", "adamw", "rprop"];

    /// An optimizer with its usual numbers. `momentum` is SGD with momentum 0.9, `nesterov` the same looking ahead.
    pub fn by_name(name: &str) -> Result<Self> {
        let momentum = Sgd::default().momentum(0.9);
        Ok(match name.to_lowercase().replace(['_', '-'], "").as_str() {
            "sgd" => Sgd::default().into(),
            "momentum" => momentum.into(),
            "nesterov" => momentum.nesterov().into(),
            "rmsprop" => RmsProp::default().into(),
            "adagrad" => Adagrad::default().into(),
            "adam" => Adam::default().into(),
            "adamw" => AdamW::default().into(),
            "rprop" => Rprop::default().into(),
            _ => {
                let near = did_you_mean(name, Self::NAMES);
                let mend = if near.is_empty() { format!("; known are {}", Self::NAMES.join(", ")) } else { near };
                let message = format!("unknown optimizer \"{}\"{mend}", crate::error::printable(name));
                return Err(Error::setting("optimizer", message));
            }
        })
    }

    /// The name.
    pub fn name(&self) -> &'static str {
        match self {
            Optimizer::Sgd(sgd) if sgd.nesterov => "nesterov",
            Optimizer::Sgd(sgd) if sgd.momentum > 0.0 => "momentum",
            Optimizer::Sgd(_) => "sgd",
            Optimizer::RmsProp(_) => "rmsprop",
            Optimizer::Adagrad(_) => "adagrad",
            Optimizer::Adam(_) => "adam",
            Optimizer::AdamW(_) => "adamw",
            Optimizer::Rprop(_) => "rprop",
        }
    }

    /// The learning rate, before any schedule.
    pub fn learning_rate(&self) -> f64 {
        match self {
            Optimizer::Sgd(o) => o.learning_rate,
            Optimizer::RmsProp(o) => o.learning_rate,
            Optimizer::Adagrad(o) => o.learning_rate,
            Optimizer::Adam(o) => o.learning_rate,
            Optimizer::AdamW(o) => o.learning_rate,
            Optimizer::Rprop(o) => o.learning_rate,
        }
    }

    /// The same optimizer with another learning rate.
    #[must_use]
    pub fn with_learning_rate(mut self, learning_rate: f64) -> Self {
        match &mut self {
            Optimizer::Sgd(o) => o.learning_rate = learning_rate,
            Optimizer::RmsProp(o) => o.learning_rate = learning_rate,
            Optimizer::Adagrad(o) => o.learning_rate = learning_rate,
            Optimizer::Adam(o) => o.learning_rate = learning_rate,
            Optimizer::AdamW(o) => o.learning_rate = learning_rate,
            Optimizer::Rprop(o) => o.learning_rate = learning_rate,
        }
        self
    }

    /// Whether the numbers make sense.
    pub fn validate(&self) -> Result<()> {
        let lr = self.learning_rate();
        // Above 1e6 no step stays finite for long; it is a slip.
        if !(lr > 0.0 && lr <= 1e6) {
            return Err(Error::setting(
                "learning-rate",
                format!("{lr:?} does not work; it is a number above 0, at most 1000000 and usually from 0.0001 to 1"),
            ));
        }
        let fraction = |name: &str, value: f64| {
            let message = format!("{name} is {value}; it goes from 0 to below 1");
            // In single precision too: what rounds to 1 forgets nothing.
            let good = value >= 0.0 && (value as f32) < 1.0;
            if good { Ok(()) } else { Err(Error::setting("optimizer", message)) }
        };
        let positive = |name: &str, value: f64| {
            let message = format!("{name} is {value}; it goes from 1e-30 to 1, usually 1e-8");
            // Below, a parameter that never had a gradient would move by 0 / 0.
            if (1e-30..=1.0).contains(&value) { Ok(()) } else { Err(Error::setting("optimizer", message)) }
        };
        match self {
            Optimizer::Sgd(o) => {
                fraction("momentum", o.momentum)?;
                if o.nesterov && o.momentum == 0.0 {
                    return Err(Error::setting(
                        "optimizer",
                        "nesterov looks ahead along the momentum, which is 0; try 0.9",
                    ));
                }
                Ok(())
            }
            Optimizer::RmsProp(o) => fraction("rho", o.rho).and_then(|()| positive("epsilon", o.epsilon)),
            Optimizer::Adagrad(o) => positive("epsilon", o.epsilon),
            Optimizer::Adam(o) => {
                fraction("beta1", o.beta1)?;
                fraction("beta2", o.beta2)?;
                positive("epsilon", o.epsilon)
            }
            Optimizer::AdamW(o) => {
                fraction("beta1", o.beta1)?;
                fraction("beta2", o.beta2)?;
                positive("epsilon", o.epsilon)?;
                let message = format!("{} does not work; it is a number from 0, usually about 0.01", o.weight_decay);
                if o.weight_decay >= 0.0 && o.weight_decay.is_finite() {
                    Ok(())
                } else {
                    Err(Error::setting("weight-decay", message))
                }
            }
            Optimizer::Rprop(o) => {
                let good = 0.0 < o.eta_minus
                    && o.eta_minus < 1.0
                    && 1.0 < o.eta_plus
                    && 0.0 < o.step_min
                    && o.step_min <= o.step_max;
                if good && o.step_max.is_finite() && o.eta_plus.is_finite() {
                    Ok(())
                } else {
                    Err(Error::setting(
                        "optimizer",
                        "rprop needs 0 < eta_minus < 1 < eta_plus and 0 < step_min ≤ step_max",
                    ))
                }
            }
        }
    }

    /// How many numbers it remembers for each parameter.
    pub(crate) fn slots(&self) -> usize {
        match self {
            Optimizer::Sgd(sgd) if sgd.momentum == 0.0 => 0,
            Optimizer::Sgd(_) | Optimizer::RmsProp(_) | Optimizer::Adagrad(_) => 1,
            Optimizer::Adam(_) | Optimizer::AdamW(_) | Optimizer::Rprop(_) => 2,
        }
    }

    /// λ of the decoupled weight decay.
    pub(crate) fn weight_decay(&self) -> f64 {
        if let Optimizer::AdamW(o) = self { o.weight_decay } else { 0.0 }
    }
}

impl fmt::Display for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, learning rate {}", self.name(), self.learning_rate())
    }
}

/// What an optimizer remembers: twins of the parameter buffer.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    pub slots: Vec<Buffer>,
    /// Steps done.
    pub steps: u64,
}

/// 1 - βᵗ: the part of a running mean that is not its start at 0 after t steps.
fn seen(beta: f64, steps: u64) -> f64 {
    // βᵗ ≤ e^-(1-β)t, and e⁻⁴⁰ beside 1 is lost in rounding: the same bits without the power.
    if (1.0 - beta) * steps as f64 > 40.0 {
        return 1.0;
    }
    1.0 - beta.powi(steps.min(i32::MAX as u64) as i32)
}

impl Memory {
    pub(crate) fn new(optimizer: &Optimizer, len: usize) -> Self {
        let mut slots: Vec<Buffer> = (0..optimizer.slots()).map(|_| Buffer::zeroed(len)).collect();
        if let (Optimizer::Rprop(rprop), Some(sizes)) = (optimizer, slots.get_mut(1)) {
            sizes.fill(rprop.learning_rate as f32);
        }
        Memory { slots, steps: 0 }
    }

    /// One step with a learning rate. Weight decay has been done.
    #[inline]
    pub(crate) fn step(
        &mut self,
        optimizer: &Optimizer,
        machine: &Machine,
        lr: f64,
        params: &mut [f32],
        grads: &[f32],
    ) {
        self.steps += 1;
        let adam = |beta1: f64, beta2: f64, epsilon: f64| update::Adam {
            step: (lr / seen(beta1, self.steps)) as f32,
            fresh1: (1.0 - beta1) as f32,
            beta2: beta2 as f32,
            fresh2: (1.0 - beta2) as f32,
            one_over_correction: (1.0 / seen(beta2, self.steps).sqrt()) as f32,
            epsilon: epsilon as f32,
        };
        let lr = lr as f32;
        match (optimizer, self.slots.as_mut_slice()) {
            (Optimizer::Sgd(_), []) => update(machine, update::Sgd { lr }, params, grads, []),
            (Optimizer::Sgd(o), [velocity]) => {
                let rule = update::Momentum { lr, momentum: o.momentum as f32, nesterov: o.nesterov };
                update(machine, rule, params, grads, [velocity]);
            }
            (Optimizer::RmsProp(o), [square]) => {
                let (rho, fresh) = (o.rho as f32, (1.0 - o.rho) as f32);
                let rule = update::RmsProp { lr, rho, fresh, epsilon: o.epsilon as f32 };
                update(machine, rule, params, grads, [square]);
            }
            (Optimizer::Adagrad(o), [square]) => {
                update(machine, update::Adagrad { lr, epsilon: o.epsilon as f32 }, params, grads, [square]);
            }
            (Optimizer::Adam(o), [m, v]) => update(machine, adam(o.beta1, o.beta2, o.epsilon), params, grads, [m, v]),
            (Optimizer::AdamW(o), [m, v]) => update(machine, adam(o.beta1, o.beta2, o.epsilon), params, grads, [m, v]),
            (Optimizer::Rprop(o), [previous, size]) => {
                let rule = update::Rprop {
                    eta_minus: o.eta_minus as f32,
                    eta_plus: o.eta_plus as f32,
                    step_min: o.step_min as f32,
                    step_max: o.step_max as f32,
                };
                update(machine, rule, params, grads, [previous, size]);
            }
            _ => unreachable!("Memory::new made the slots of this optimizer"),
        }
    }
}
