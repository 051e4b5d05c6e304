//! Training, validation and test rows, with the encoder that was fitted on the training rows.

use super::encoder::Encoder;
use super::split::{Parts, Split};
use super::table::Table;
use super::task::Task;
use crate::{Result, Samples, Shape};

/// Data ready for training: three tables and the encoder that turns their rows into numbers.
///
/// The encoder has seen the training rows only. A part that was not asked for is a table without rows
/// ([`Table::is_empty`]).
#[derive(Debug, Clone)]
pub struct Dataset {
    encoder: Encoder,
    train: Table,
    validation: Table,
    test: Table,
    split: Split,
}

impl Dataset {
    pub(super) fn new(
        table: Table,
        parts: Parts,
        split: Split,
        fit: impl FnOnce(&Table) -> Result<Encoder>,
    ) -> Result<Self> {
        let (validation, test) = (table.select(&parts.validation)?, table.select(&parts.test)?);
        // Where all rows are for training nothing need be copied.
        let train = if parts.train.len() == table.rows() { table } else { table.select(&parts.train)? };
        let encoder = fit(&train)?;
        Ok(Dataset { encoder, train, validation, test, split })
    }

    /// The shape of one example, which a network is made for.
    pub fn input(&self) -> Shape {
        self.encoder.shape()
    }

    /// The encoder, fitted on the training rows.
    pub fn encoder(&self) -> Encoder {
        self.encoder.clone()
    }

    /// What is learnt about the target.
    pub fn task(&self) -> Task {
        self.encoder.task()
    }

    /// The classes in their order; none for a regression.
    pub fn classes(&self) -> &[String] {
        self.encoder.classes()
    }

    /// The training rows.
    pub fn train(&self) -> &Table {
        &self.train
    }

    /// The validation rows: training stops and keeps its best by them.
    pub fn validation(&self) -> &Table {
        &self.validation
    }

    /// The test rows, which nothing has seen.
    pub fn test(&self) -> &Table {
        &self.test
    }

    /// How many examples with their answers the training rows make: as many, or as many windows as a series has.
    pub fn train_examples(&self) -> usize {
        self.encoder.examples(self.train.rows())
    }

    /// How the rows were split.
    pub fn split(&self) -> Split {
        self.split
    }

    /// The training rows as numbers.
    pub fn train_samples(&self) -> Result<Samples> {
        self.encoder.encode(&self.train)
    }

    /// The validation rows as numbers; `None` where there are none.
    pub fn validation_samples(&self) -> Result<Option<Samples>> {
        self.samples(&self.validation)
    }

    /// The test rows as numbers; `None` where there are none.
    pub fn test_samples(&self) -> Result<Option<Samples>> {
        self.samples(&self.test)
    }

    fn samples(&self, table: &Table) -> Result<Option<Samples>> {
        if table.is_empty() { Ok(None) } else { self.encoder.encode(table).map(Some) }
    }
}
