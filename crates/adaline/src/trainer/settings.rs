//! Everything that decides a run, in one serde struct: it is saved with the model.

use crate::{Augment, Error, Loss, Optimizer, Result, Schedule};
use serde::{Deserialize, Serialize};

/// The settings of a run. Same settings, same data, same version: the same bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Settings {
    /// Seeds the order of the rows and the dropout masks.
    pub seed: u64,
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows in a step; the last one of an epoch may be smaller.
    pub batch_size: usize,
    /// Whether the rows are shuffled before each epoch.
    pub shuffle: bool,
    /// How a gradient becomes a step.
    pub optimizer: Optimizer,
    /// How the learning rate changes.
    pub schedule: Schedule,
    /// What is made small; chosen by the targets where it is not said.
    pub loss: Option<Loss>,
    /// The gradient of the weights gains l1 · sign(w).
    pub l1: f64,
    /// The gradient of the weights gains l2 · w.
    pub l2: f64,
    /// Longest gradient (as one vector over all parameters); a longer one is shortened to it.
    pub clip_norm: Option<f64>,
    /// Largest entry of the gradient; larger ones are cut off.
    pub clip_value: Option<f64>,
    /// Epochs without a better validation loss after which a run ends.
    pub patience: Option<usize>,
    /// A weight for the loss of each class.
    pub class_weights: Option<Vec<f32>>,
    /// Changes to the training images, drawn anew in each epoch.
    pub augment: Option<Augment>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            seed: 0,
            epochs: 100,
            batch_size: 32,
            shuffle: true,
            optimizer: Optimizer::default(),
            schedule: Schedule::Constant,
            loss: None,
            l1: 0.0,
            l2: 0.0,
            clip_norm: None,
            clip_value: None,
            patience: None,
            class_weights: None,
            augment: None,
        }
    }
}

impl Settings {
    /// Whether the numbers make sense. The error names the setting as the program spells it.
    pub fn validate(&self) -> Result<()> {
        if self.epochs == 0 {
            return Err(Error::setting("epochs", "a run needs at least one epoch"));
        }
        if self.batch_size == 0 {
            return Err(Error::setting("batch-size", "a batch has at least one row"));
        }
        if let Some(augment) = &self.augment {
            augment.validate()?;
        }
        self.optimizer.validate()?;
        self.schedule.validate()?;
        if matches!(self.optimizer, Optimizer::Rprop(_)) && self.schedule != Schedule::Constant {
            return Err(Error::setting(
                "schedule",
                "rprop has step sizes of its own that no schedule changes; leave it out",
            ));
        }
        for (name, value) in [("l1", self.l1), ("l2", self.l2)] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(Error::setting(
                    name,
                    format!("{value} does not work; it is a number from 0, usually about 0.0001"),
                ));
            }
        }
        for (name, value) in [("clip-norm", self.clip_norm), ("clip-value", self.clip_value)] {
            if value.is_some_and(|value| !(value > 0.0 && value.is_finite())) {
                return Err(Error::setting(name, "it is a number above 0, usually about 1"));
            }
        }
        if self.patience == Some(0) {
            return Err(Error::setting("patience", "a run must be allowed at least one epoch without improvement"));
        }
        if let Some(weights) = &self.class_weights
            && !weights.iter().all(|w| *w >= 0.0 && w.is_finite())
        {
            return Err(Error::setting("class-weight", "the weights of classes are finite numbers from 0"));
        }
        Ok(())
    }
}
