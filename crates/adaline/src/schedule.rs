//! Schedules: how the learning rate changes over a run.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;
use std::fmt;

/// How the learning rate changes. Times are in epochs; a step within an epoch is a fraction of it.
///
/// | schedule | factor on the learning rate | agrees with |
/// |---|---|---|
/// | `constant` | 1 | |
/// | `step` | factor^⌊epoch / every⌋ | `lr_scheduler.StepLR` |
/// | `exponential` | factor^⌊epoch⌋ | `lr_scheduler.ExponentialLR` |
/// | `cosine` | up from 0 in a straight line over the warm-up, then half a cosine down to `floor` | Loshchilov and Hutter 2017 |
/// | `one_cycle` | a cosine up from 1/25 over the first 30 %, then one down to 1/250,000 | `lr_scheduler.OneCycleLR` |
/// | `reduce_on_plateau` | × factor when the validation loss has not improved for `patience` epochs | `lr_scheduler.ReduceLROnPlateau` |
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Schedule {
    /// Always the same.
    #[default]
    Constant,
    /// Multiplied every so many epochs.
    Step {
        /// Epochs between two drops.
        every: usize,
        /// What it is multiplied by.
        factor: f64,
    },
    /// Multiplied every epoch.
    Exponential {
        /// What it is multiplied by.
        factor: f64,
    },
    /// A warm-up, then half a cosine.
    Cosine {
        /// Epochs of warm-up.
        warmup: f64,
        /// The last factor.
        floor: f64,
    },
    /// Up and down once.
    OneCycle,
    /// Multiplied when learning stalls. Looks at the validation loss, or at the training loss where there is none.
    ReduceOnPlateau {
        /// What it is multiplied by.
        factor: f64,
        /// Epochs without improvement to wait.
        patience: usize,
    },
}

impl Schedule {
    /// The names that [`Schedule::by_name`] knows.
    pub const NAMES: [&str; 6] = ["constant", "step", "exponential", "cosine", "one_cycle", "reduce_on_plateau"];

    /// A schedule with its usual numbers: drops by 0.1 every 30 epochs, by 0.95 every epoch, a cosine without warm-up, a
    /// plateau of 10 epochs and a factor of 0.1.
    pub fn by_name(name: &str) -> Result<Self> {
        Ok(match name.to_lowercase().replace('-', "_").as_str() {
            "constant" => Schedule::Constant,
            "step" => Schedule::Step { every: 30, factor: 0.1 },
            "exponential" => Schedule::Exponential { factor: 0.95 },
            "cosine" => Schedule::Cosine { warmup: 0.0, floor: 0.0 },
            "one_cycle" | "onecycle" => Schedule::OneCycle,
            "reduce_on_plateau" | "plateau" => Schedule::ReduceOnPlateau { factor: 0.1, patience: 10 },
            _ => {
                let near = crate::error::did_you_mean(name, Self::NAMES);
                let mend = if near.is_empty() { format!("; known are {}", Self::NAMES.join(", ")) } else { near };
                let message = format!("unknown schedule \"{}\"{mend}", crate::error::printable(name));
                return Err(Error::setting("schedule", message));
            }
        })
    }

    /// Whether the numbers make sense.
    pub fn validate(&self) -> Result<()> {
        let factor_works = |factor: f64| factor > 0.0 && factor <= 1.0;
        let good = match *self {
            Schedule::Constant | Schedule::OneCycle => true,
            Schedule::Step { every, factor } => every > 0 && factor_works(factor),
            Schedule::Exponential { factor } => factor_works(factor),
            Schedule::Cosine { warmup, floor } => warmup >= 0.0 && warmup.is_finite() && (0.0..=1.0).contains(&floor),
            Schedule::ReduceOnPlateau { factor, .. } => factor > 0.0 && factor < 1.0,
        };
        let message = format!("{self} does not work: factors go from above 0 to 1, times are above 0");
        if good { Ok(()) } else { Err(Error::setting("schedule", message)) }
    }

    /// The factor for a step: `step` of all `steps` of the run, at `per_epoch` steps an epoch, both counted from 0.
    /// A plateau is not seen from here; its factor is 1.
    pub fn factor(&self, step: u64, per_epoch: u64, steps: u64) -> f64 {
        let epoch = step / per_epoch.max(1);
        match *self {
            Schedule::Constant | Schedule::ReduceOnPlateau { .. } => 1.0,
            Schedule::Step { every, factor } => factor.powf((epoch / every.max(1) as u64) as f64),
            Schedule::Exponential { factor } => factor.powf(epoch as f64),
            Schedule::Cosine { warmup, floor } => {
                let warm = warmup * per_epoch as f64;
                let now = step as f64;
                if now < warm {
                    // The first step is not wasted on a rate of 0.
                    return (now + 1.0) / (warm + 1.0);
                }
                let part = (now - warm) / (steps as f64 - warm).max(1.0);
                between(1.0, floor, part.min(1.0))
            }
            Schedule::OneCycle => {
                let peak = 0.3 * steps as f64 - 1.0;
                let last = steps as f64 - 1.0;
                let now = step as f64;
                if now <= peak {
                    between(1.0 / 25.0, 1.0, now / peak)
                } else {
                    between(1.0, 1.0 / 250_000.0, ((now - peak) / (last - peak).max(1.0)).min(1.0))
                }
            }
        }
    }
}

/// Along half a cosine from one value to another.
fn between(from: f64, to: f64, part: f64) -> f64 {
    to + (from - to) * 0.5 * (1.0 + (PI * part).cos())
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Schedule::Constant => write!(f, "constant"),
            Schedule::Step { every, factor } => write!(f, "step (× {factor} every {every} epochs)"),
            Schedule::Exponential { factor } => write!(f, "exponential (× {factor} every epoch)"),
            Schedule::Cosine { warmup, floor } => write!(f, "cosine (warm-up {warmup} epochs, down to {floor})"),
            Schedule::OneCycle => write!(f, "one_cycle"),
            Schedule::ReduceOnPlateau { factor, patience } => {
                write!(f, "reduce_on_plateau (× {factor} after {patience} epochs)")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(schedule: Schedule, steps: u64) -> Vec<f64> {
        (0..steps).map(|step| schedule.factor(step, 2, steps)).collect()
    }

    fn close(got: &[f64], want: &[f64]) {
        assert_eq!(got.len(), want.len());
        assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12), "{got:?}\n{want:?}");
    }

    /// Steps of PyTorch's schedulers that are epochs: two of ours each.
    fn by_epoch(schedule: Schedule, epochs: u64) -> Vec<f64> {
        let factors = factors(schedule, 2 * epochs);
        assert!(factors.chunks(2).all(|epoch| epoch[0] == epoch[1]));
        factors.into_iter().step_by(2).collect()
    }

    // The figures are of torch.optim.lr_scheduler with SGD(lr=1), torch 2.15.

    #[test]
    fn drops_are_those_of_pytorch() {
        // StepLR(step_size=3, gamma=0.3), ExponentialLR(gamma=0.7)
        close(
            &by_epoch(Schedule::Step { every: 3, factor: 0.3 }, 10),
            &[1.0, 1.0, 1.0, 0.3, 0.3, 0.3, 0.09, 0.09, 0.09, 0.027],
        );
        let torch = [
            1.0,
            0.7,
            0.48999999999999994,
            0.3429999999999999,
            0.24009999999999992,
            0.16806999999999994,
            0.11764899999999995,
            0.08235429999999996,
        ];
        close(&by_epoch(Schedule::Exponential { factor: 0.7 }, 8), &torch);
    }

    #[test]
    fn one_cycle_is_pytorchs() {
        // OneCycleLR(max_lr=1, total_steps=10), and 7, where the peak lies between two steps
        let ten = [
            0.040000000000000036,
            0.52,
            1.0,
            0.9504846320134737,
            0.8117456539497631,
            0.6112620219362893,
            0.38874197806371075,
            0.18825834605023697,
            0.049519367986526286,
            4e-06,
        ];
        close(&factors(Schedule::OneCycle, 10), &ten);
        let seven = [
            0.040000000000000036,
            0.9805566273349586,
            0.9190443762697106,
            0.6726838364805451,
            0.35773877573965707,
            0.0992967918932656,
            4e-06,
        ];
        close(&factors(Schedule::OneCycle, 7), &seven);
    }

    #[test]
    fn short_runs_and_huge_numbers_give_factors_too() {
        let all = [
            Schedule::Constant,
            Schedule::Step { every: usize::MAX, factor: 0.5 },
            Schedule::Exponential { factor: 1e-300 },
            Schedule::Cosine { warmup: 1e300, floor: 0.0 },
            Schedule::Cosine { warmup: 0.0, floor: 1.0 },
            Schedule::OneCycle,
        ];
        for schedule in all {
            schedule.validate().unwrap();
            for (step, per_epoch, steps) in
                [(0, 1, 1), (0, 1, 2), (2, 1, 3), (3, 2, 4), (7, 1, u64::MAX), (u64::MAX, 1, u64::MAX)]
            {
                let factor = schedule.factor(step, per_epoch, steps);
                assert!((0.0..=1.0).contains(&factor), "{schedule} {step} {steps}: {factor}");
            }
        }
    }

    #[test]
    fn a_cosine_warms_up_and_ends_at_its_floor() {
        let f = factors(Schedule::Cosine { warmup: 2.0, floor: 0.1 }, 104);
        close(&f[..5], &[0.2, 0.4, 0.6, 0.8, 1.0]);
        assert!(f[4..].windows(2).all(|w| w[1] < w[0]) && (f[103] - 0.1).abs() < 1e-3);
        assert!((f[54] - 0.55).abs() < 1e-12, "half way is the middle");
    }
}
