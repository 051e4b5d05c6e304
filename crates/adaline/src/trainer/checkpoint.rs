//! Where a run is: everything that is needed to go on as if it had never stopped.

use super::{Epoch, Session};
use crate::kernel::buffer::Buffer;
use crate::{Error, Network, Result};
use serde::{Deserialize, Serialize};

/// A run between two steps: weights, the optimizer's memory, the best weights so far, and the counters.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    pub(crate) params: Buffer,
    pub(crate) slots: Vec<Buffer>,
    pub(crate) steps: u64,
    pub(crate) progress: Progress,
}

/// The counters of a run. Everything but the best weights is in the JSON of a checkpoint's file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Epochs finished.
    pub epoch: usize,
    /// Rows of the current epoch that are done, the sum of their losses, and how many were right.
    pub rows: usize,
    pub loss: f64,
    pub correct: usize,
    /// The smallest watched loss, and epochs since.
    #[serde(with = "infinity_as_null")]
    pub lowest: f64,
    pub waited: usize,
    pub plateau: Plateau,
    pub history: Vec<Epoch>,
    #[serde(skip)]
    pub best: Option<Best>,
}

/// The weights of the best epoch.
#[derive(Debug, Clone)]
pub(crate) struct Best {
    pub epoch: usize,
    pub params: Buffer,
}

impl PartialEq for Best {
    fn eq(&self, other: &Self) -> bool {
        self.epoch == other.epoch && *self.params == *other.params
    }
}

/// The state of `reduce_on_plateau`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plateau {
    pub factor: f64,
    #[serde(with = "infinity_as_null")]
    pub best: f64,
    pub waited: usize,
}

impl Plateau {
    /// PyTorch's rule: an improvement is one by more than a ten-thousandth.
    pub(crate) fn see(&mut self, loss: f64, factor: f64, patience: usize) {
        if loss < self.best * (1.0 - 1e-4) {
            self.best = loss;
            self.waited = 0;
        } else {
            self.waited += 1;
        }
        if self.waited > patience {
            self.factor *= factor;
            self.waited = 0;
        }
    }
}

impl Progress {
    pub(crate) fn new() -> Self {
        Progress {
            epoch: 0,
            rows: 0,
            loss: 0.0,
            correct: 0,
            lowest: f64::INFINITY,
            waited: 0,
            plateau: Plateau { factor: 1.0, best: f64::INFINITY, waited: 0 },
            history: Vec::new(),
            best: None,
        }
    }
}

impl Checkpoint {
    pub(super) fn new(network: &Network, session: &Session, progress: Progress) -> Self {
        Checkpoint {
            params: network.params().clone(),
            slots: session.memory.slots.clone(),
            steps: session.memory.steps,
            progress,
        }
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Epochs that are finished.
    pub fn epochs(&self) -> usize {
        self.progress.epoch
    }

    /// Puts weights and memory back.
    pub(super) fn restore(self, network: &mut Network, session: &mut Session) -> Result<Progress> {
        let same = self.params.len() == network.params().len()
            && self.slots.len() == session.memory.slots.len()
            && self.slots.iter().all(|slot| slot.len() == self.params.len())
            && self.progress.best.as_ref().is_none_or(|best| best.params.len() == self.params.len());
        if !same {
            return Err(Error::setting("resume", "the checkpoint is of another network or another optimizer"));
        }
        network.params_mut().copy_from_slice(&self.params);
        session.memory.slots = self.slots;
        session.memory.steps = self.steps;
        Ok(self.progress)
    }
}

/// JSON has no infinity.
mod infinity_as_null {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's `with` passes a reference")]
    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        value.is_finite().then_some(*value).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Option::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The factor of each epoch, before the loss of that epoch is seen.
    fn factors(losses: &[f64], factor: f64, patience: usize) -> Vec<f64> {
        let mut plateau = Progress::new().plateau;
        let mut factors = Vec::new();
        for &loss in losses {
            factors.push(plateau.factor);
            plateau.see(loss, factor, patience);
        }
        factors
    }

    #[test]
    fn a_plateau_is_pytorchs() {
        // torch.optim.lr_scheduler.ReduceLROnPlateau(SGD(lr=1), factor=…, patience=…), torch 2.15
        let losses = [
            1.0, 0.9, 0.95, 0.8999, 0.91, 0.92, 0.5, 0.6, 0.49999, 0.49996, 0.55, 0.4, 0.3, 0.35, 0.36, 0.37, 0.38,
            0.39,
        ];
        let patient =
            [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.0625, 0.0625];
        assert_eq!(factors(&losses, 0.25, 2), patient);
        let halvings = [0, 0, 0, 1, 1, 2, 3, 3, 4, 5, 6, 7, 7, 7, 8, 9, 10, 11];
        assert_eq!(factors(&losses, 0.5, 0), halvings.map(|n| 0.5f64.powi(n)));
    }
}
