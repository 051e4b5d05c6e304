//! A table of which one column is to be learnt.

use super::column::{Column, Values};
use super::dataset::Dataset;
use super::split::Split;
use super::table::{Parts, Table, list, present_words};
use super::task::Task;
use crate::error::Place;
use crate::{Error, Result};

/// A table with its target chosen: what [`Table::target`] makes, and [`Labelled::split`] shares out.
#[derive(Debug, Clone)]
pub struct Labelled {
    table: Table,
    target: String,
    task: Task,
    /// For each column whether it is an input.
    inputs: Vec<bool>,
    scale_target: bool,
}

impl Labelled {
    pub(super) fn new(table: Table, target: &str) -> Result<Self> {
        let index = table.index(target)?;
        let column = table.column(target)?;
        let task = Task::of(column);
        let inputs = (0..table.columns().len()).map(|place| place != index).collect();
        let labelled = Labelled { task, inputs, target: target.to_owned(), table, scale_target: true };
        labelled.check_inputs("the target is its only column")?;
        labelled.check_target()?;
        Ok(labelled)
    }

    /// The same data with the task chosen and not guessed.
    ///
    /// Fails for a regression whose target is text, naming the first row that is no number.
    pub fn task(mut self, task: Task) -> Result<Self> {
        self.task = task;
        self.check_target()?;
        Ok(self)
    }

    /// Uses these columns only, in the table's order. Fails for a name that is not there, and for the target.
    pub fn features<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Result<Self> {
        let mut inputs = vec![false; self.inputs.len()];
        for name in names {
            inputs[self.input_index(name.as_ref(), "features")?] = true;
        }
        self.inputs = inputs;
        self.check_inputs("no column is chosen")?;
        Ok(self)
    }

    /// Leaves these columns out. Fails for a name that is not there, and for the target.
    pub fn exclude<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Result<Self> {
        for name in names {
            let index = self.input_index(name.as_ref(), "exclude")?;
            self.inputs[index] = false;
        }
        self.check_inputs("every column is left out")?;
        Ok(self)
    }

    /// Whether the target of a regression is standardised for training, as it is unless this says otherwise.
    pub fn scale_target(mut self, scale: bool) -> Self {
        self.scale_target = scale;
        self
    }

    /// The whole table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// What is learnt about the target.
    pub fn kind(&self) -> Task {
        self.task
    }

    /// The target's name.
    pub fn target_name(&self) -> &str {
        &self.target
    }

    /// The names of the inputs.
    pub fn input_names(&self) -> impl Iterator<Item = &str> {
        self.table.names().zip(&self.inputs).filter(|(_, is_input)| **is_input).map(|(name, _)| name)
    }

    /// Shares out the rows and fits the encoder on those for training.
    ///
    /// A truth table ([`Table::is_whole`]) is never split. Where the data set's authors have chosen the test rows (a
    /// folder with MNIST's two pairs), these are the test rows, unless the split is [`Split::none`].
    ///
    /// Fails when there are too few rows, when an input cannot be used (an empty cell, a word among numbers, text that
    /// differs in nearly every row), and when the numbers are too large to compute with.
    pub fn split(self, split: Split) -> Result<Dataset> {
        split.check()?;
        let column = self.table.column(&self.target)?;
        let strata = match self.task {
            Task::Classification => strata(column, self.table.rows()),
            Task::Regression => vec![0; self.table.rows()],
        };
        let parts = match self.table.parts() {
            Parts::Free => split.parts(&strata, None)?,
            Parts::TestFrom(first) => split.parts(&strata, Some(first))?,
            Parts::Whole => Split::none().parts(&strata, None)?,
        };
        let keep: Vec<bool> =
            self.inputs.iter().zip(self.table.names()).map(|(&input, name)| input || name == self.target).collect();
        Dataset::new(self.table.keep_columns(&keep), parts, split, &self.target, self.task, self.scale_target)
    }

    fn input_index(&self, name: &str, setting: &str) -> Result<usize> {
        if name == self.target {
            let message = "the target is never an input; name another column";
            return Err(Error::data(Place::new(self.table.source()).column(name), format!("{setting}: {message}")));
        }
        self.table.index(name)
    }

    fn check_inputs(&self, trouble: &str) -> Result<()> {
        if self.inputs.contains(&true) {
            return Ok(());
        }
        let message =
            format!("{trouble}; a network needs at least one input (the columns: {})", list(self.table.names()));
        Err(Error::data(Place::new(self.table.source()), message))
    }

    fn check_target(&self) -> Result<()> {
        let column = self.table.column(&self.target)?;
        let place = || Place::new(self.table.source()).column(&self.target);
        if let (Task::Regression, Values::Text(text)) = (self.task, column.values()) {
            let complaints = (0..self.table.rows())
                .find_map(|row| Some((row, super::number::complaint(text.word(row).unwrap_or_default())?)));
            return match complaints {
                Some((row, complaint)) => {
                    let message = format!("{complaint}; a regression needs a target of numbers");
                    Err(self.table.error(row, &self.target, message))
                }
                None => Err(Error::data(place(), "a regression needs a target of numbers, and this column is text")),
            };
        }
        if let Some(value) = only_value(column, self.table.rows()) {
            let value = crate::error::printable(&value);
            let message = match self.task {
                Task::Classification => {
                    format!("every row is of the class \"{value}\"; a classification needs at least two classes")
                }
                Task::Regression => format!("every row holds {value}; there is nothing to learn from it"),
            };
            return Err(Error::data(place(), message));
        }
        Ok(())
    }
}

/// Each row's class as a number: which, does not matter here, only that equal cells have equal numbers.
fn strata(column: &Column, rows: usize) -> Vec<u32> {
    match column.values() {
        Values::Text(text) => text.codes().to_vec(),
        _ => {
            let values: Vec<f64> = (0..rows).filter_map(|row| column.number(row)).map(|x| x + 0.0).collect();
            let mut distinct = values.clone();
            distinct.sort_by(f64::total_cmp);
            distinct.dedup();
            let class = |x: &f64| distinct.binary_search_by(|have| have.total_cmp(x)).unwrap_or(0) as u32;
            values.iter().map(class).collect()
        }
    }
}

/// The one value that every row holds, if it is but one.
fn only_value(column: &Column, rows: usize) -> Option<String> {
    let first = column.cell(0);
    let same = match column.values() {
        Values::Text(text) => present_words(text).len() == 1,
        _ => (0..rows).all(|row| column.number(row) == column.number(0)),
    };
    same.then_some(first)
}
