//! How a model was trained: enough to repeat the run, and to go on with it.

use super::hex;
use crate::data::{Dataset, Split};
use crate::{Ended, Epoch, Fit, Samples, Settings, Targets};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The record of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Record {
    /// The version of adaline that trained the model.
    pub version: String,
    /// All settings.
    pub settings: Settings,
    /// What it was trained on.
    pub data: DataRecord,
    /// Why the run ended.
    pub ended: Ended,
    /// The epoch whose weights the model has, from 1.
    pub best_epoch: usize,
    /// One entry an epoch; of a run of more than 10,000 every second, fourth, … with the first, the best and the last.
    pub history: Vec<Epoch>,
}

/// What a model was trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DataRecord {
    /// The file as it was named, or the built-in data set.
    pub source: String,
    /// Rows of each part.
    pub train_rows: usize,
    /// Rows of each part.
    pub validation_rows: usize,
    /// Rows of each part.
    pub test_rows: usize,
    /// How the rows were split.
    pub split: Split,
    /// The SHA-256 of the encoded training and validation rows: a run goes on only with the same ones.
    pub sha256: String,
}

impl Record {
    pub(super) fn new(
        data: &Dataset,
        settings: Settings,
        train: &Samples,
        validation: Option<&Samples>,
        fit: &Fit,
    ) -> Self {
        Record {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            settings,
            data: DataRecord {
                source: data.train().source().to_owned(),
                train_rows: data.train().rows(),
                validation_rows: data.validation().rows(),
                test_rows: data.test().rows(),
                split: data.split(),
                sha256: sha256(train, validation),
            },
            ended: fit.ended,
            best_epoch: fit.best_epoch,
            history: Epoch::thinned(&fit.history, fit.best_epoch),
        }
    }
}

/// The hash of everything that training sees.
pub(super) fn sha256(train: &Samples, validation: Option<&Samples>) -> String {
    let mut hash = Sha256::new();
    for samples in [Some(train), validation].into_iter().flatten() {
        hash.update((samples.rows() as u64).to_le_bytes());
        for x in samples.inputs() {
            hash.update(x.to_le_bytes());
        }
        for length in samples.lengths().unwrap_or_default() {
            hash.update(length.to_le_bytes());
        }
        match samples.targets() {
            Targets::Classes(classes) | Targets::Steps { classes, .. } => {
                classes.iter().for_each(|class| hash.update(class.to_le_bytes()))
            }
            Targets::Values { values, .. } => values.iter().for_each(|value| hash.update(value.to_le_bytes())),
        }
    }
    hex(&hash.finalize())
}
