//! How much memory a model needs.

use super::Model;
use crate::data::Target;
use crate::network::bytes;
use crate::plan::Predictor;
use crate::{Result, Shape, Targets, Trainer};
use serde::Serialize;
use std::fmt;

/// Bytes that a model needs, by what is done with it. Data is not in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Memory {
    /// The parameters.
    pub parameters: usize,
    /// The buffers of a prediction, beside the parameters,
    pub predicting: usize,
    /// of so many rows at a time.
    pub predicting_rows: usize,
    /// The buffers, gradients and optimizer's memory of a training step, beside the parameters; `None` for a model that
    /// cannot be trained (it ends in steps, or nothing in it is learnt),
    pub training: Option<usize>,
    /// of so many rows at a time: the batch size that it was trained with.
    pub training_rows: usize,
}

impl Model {
    /// How much memory the model needs, to the byte as its plans lay it out.
    ///
    /// Fails where even one row is more than is sensible.
    pub fn memory(&self) -> Result<Memory> {
        let network = self.network();
        let settings = self.record().map(|record| record.settings.clone()).unwrap_or_default();
        let (predicting_rows, training_rows) = (self.batch(), settings.batch_size);
        let predicting = Predictor::new(network, predicting_rows, 1)?.bytes();
        let targets = match self.encoder().target() {
            Target::Classes { .. } => Targets::Classes(vec![0; training_rows]),
            Target::Number { .. } => {
                let width = network.output().len();
                Targets::Values { width, values: vec![0.0; training_rows.saturating_mul(width)] }
            }
            Target::NextCharacter => match network.output() {
                Shape::Sequence { steps, .. } => {
                    Targets::Steps { steps, classes: vec![0; training_rows.saturating_mul(steps)] }
                }
                _ => Targets::Classes(vec![0; training_rows]),
            },
        };
        let session = Trainer::with(settings).session(network, &targets);
        Ok(Memory {
            parameters: network.params().len() * size_of::<f32>(),
            predicting,
            predicting_rows,
            training: session.ok().map(|session| session.bytes()),
            training_rows,
        })
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Memory { parameters, predicting, predicting_rows, training, training_rows } = *self;
        write!(
            f,
            "memory: parameters {}; predicting {predicting_rows} rows at a time {}",
            bytes(parameters),
            bytes(predicting)
        )?;
        match training {
            Some(training) => write!(f, "; a training step of {training_rows} rows {}", bytes(training)),
            None => Ok(()),
        }
    }
}
