//! A table of which one column is to be learnt.

use super::column::{Column, Values};
use super::dataset::Dataset;
use super::encoder::Encoder;
use super::series::Window;
use super::split::Split;
use super::table::{Parts, Table, list, present_words};
use super::task::Task;
use crate::error::{Place, printable};
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
    pub(super) arrangement: Arrangement,
}

/// How the rows of a table become examples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrangement {
    /// Each row is one.
    Rows,
    /// Each row is a sequence, step by step across its columns.
    Sequence { steps: usize, features: usize },
    /// Consecutive rows are one, and the next values of the target are the answer.
    Window(Window),
    /// Consecutive characters are one, and the next one is the answer at every step.
    Text { window: usize },
}

impl Labelled {
    pub(super) fn new(table: Table, target: &str) -> Result<Self> {
        let index = index_for(&table, target, "target")?;
        let column = table.column(target)?;
        if matches!(column.values(), Values::Images(_)) {
            let message =
                format!("the column \"{}\" holds images, which are inputs; name another column", printable(target));
            return Err(Error::setting("target", message));
        }
        let task = Task::of(column);
        let inputs = (0..table.columns().len()).map(|place| place != index).collect();
        let arrangement = Arrangement::Rows;
        let labelled = Labelled { task, inputs, target: target.to_owned(), table, scale_target: true, arrangement };
        labelled.check_inputs("the target is its only column")?;
        labelled.check_target()?;
        Ok(labelled)
    }

    /// A table whose rows do not stand for themselves. The target may be an input.
    pub(super) fn arranged(
        table: Table,
        target: &str,
        task: Task,
        inputs: Vec<bool>,
        arrangement: Arrangement,
    ) -> Result<Self> {
        let labelled = Labelled { table, target: target.to_owned(), task, inputs, scale_target: true, arrangement };
        // A text of one character is told where its vocabulary is made.
        if !matches!(arrangement, Arrangement::Text { .. }) {
            labelled.check_target()?;
        }
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
        let names: Vec<S> = names.into_iter().collect();
        self.show_pixels(&names)?;
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
        let names: Vec<S> = names.into_iter().collect();
        self.show_pixels(&names)?;
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
    /// A truth table ([`Table::is_whole`]) is never split. Where the data set's authors have chosen the test rows or the
    /// validation rows (MNIST's two pairs, folders `train` and `test`), these are taken, unless the split is
    /// [`Split::none`].
    ///
    /// Fails when there are too few rows, when an input cannot be used (an empty cell, a word among numbers, text that
    /// differs in nearly every row), and when the numbers are too large to compute with.
    pub fn split(self, split: Split) -> Result<Dataset> {
        split.check()?;
        // A cell that cannot be used is told before anything about the number of rows.
        if let Arrangement::Sequence { steps, features } = self.arrangement {
            let columns = self.table.columns().iter().zip(&self.inputs);
            let columns: Vec<&Column> = columns.filter(|(_, is_input)| **is_input).map(|(column, _)| column).collect();
            super::sequence::check(&self.table, &columns, steps, features)?;
        } else {
            for name in self.input_names() {
                self.table.column(name).map_err(|error| self.blank_ends(error))?;
            }
        }
        let column = self.table.column(&self.target)?;
        let strata = match self.task {
            Task::Classification => strata(column, self.table.rows()),
            Task::Regression => vec![0; self.table.rows()],
        };
        let (validation, test) = match self.table.parts() {
            Parts::Given { validation, test } => (validation, test),
            Parts::Free | Parts::Whole => (None, None),
        };
        let parts = match self.arrangement {
            Arrangement::Window(window) => {
                super::series::parts(&self.table, window, &split, test.map(|rows| rows.start))?
            }
            Arrangement::Text { window } => super::text::parts(&self.table, window, &split)?,
            Arrangement::Rows | Arrangement::Sequence { .. } => {
                let split = if self.table.is_whole() { Split::none() } else { split };
                let parts = split.parts(&strata, validation, test);
                parts.map_err(|message| Error::data(Place::new(self.table.source()), message))?
            }
        };
        let keep: Vec<bool> =
            self.inputs.iter().zip(self.table.names()).map(|(&input, name)| input || name == self.target).collect();
        let inputs: Vec<String> = self.input_names().map(str::to_owned).collect();
        let Labelled { table, target, task, scale_target, arrangement, .. } = self;
        Dataset::new(table.keep_columns(&keep), parts, split, |training| match arrangement {
            Arrangement::Rows => Encoder::fit_scaled(training, &target, task, scale_target),
            Arrangement::Sequence { steps, features } => {
                super::sequence::fit(training, &target, task, scale_target, (steps, features))
            }
            Arrangement::Window(window) => {
                let is_input = |name: &str| inputs.iter().any(|input| input == name);
                super::series::fit(training, &target, window, is_input, scale_target)
            }
            Arrangement::Text { window } => super::text::fit(training, window),
        })
    }

    /// An error about a cell; where blank cells are at the ends of rows alone, these may be sequences.
    fn blank_ends(&self, error: Error) -> Error {
        let columns = self.table.columns().iter().zip(&self.inputs);
        let columns: Vec<&Column> = columns.filter(|(_, is_input)| **is_input).map(|(column, _)| column).collect();
        let lengths = super::sequence::lengths(&self.table, &columns, 1);
        // One blank cell in the last column is a missing value.
        let is_short = |length: &u32| *length as usize + 2 <= columns.len();
        match (error, self.arrangement, lengths) {
            (Error::Data { place, message }, Arrangement::Rows, Ok(Some(lengths))) if lengths.iter().any(is_short) => {
                let more = "if the rows are sequences of different lengths, say so: --sequence STEPS,VALUES";
                Error::data(place, format!("{message}; {more}"))
            }
            (error, ..) => error,
        }
    }

    /// The columns that are neither the target nor an input.
    pub fn left_out(&self) -> impl Iterator<Item = &str> {
        let names = self.table.names().zip(&self.inputs);
        names.filter(|(name, is_input)| !**is_input && *name != self.target).map(|(name, _)| name)
    }

    /// Makes columns of an image's pixels, if one of these names is a pixel's.
    fn show_pixels<S: AsRef<str>>(&mut self, names: &[S]) -> Result<()> {
        let Some((place, shape)) = self.table.image() else { return Ok(()) };
        let is_column = |name: &str| self.table.names().any(|have| have == name);
        let pixels: std::collections::HashSet<String> = super::image::pixel_names(shape).collect();
        if !names.iter().any(|name| pixels.contains(name.as_ref()) && !is_column(name.as_ref())) {
            return Ok(());
        }
        let is_input = self.inputs.get(place).copied().unwrap_or(false);
        self.table = self.table.with_pixel_columns()?.into_owned();
        self.inputs.splice(place..=place, std::iter::repeat_n(is_input, shape.len()));
        Ok(())
    }

    fn input_index(&self, name: &str, setting: &str) -> Result<usize> {
        if name == self.target && !matches!(self.arrangement, Arrangement::Window(_)) {
            let message =
                format!("\"{}\" is the target, which is never an input; name another column", printable(name));
            return Err(Error::setting(setting, message));
        }
        index_for(&self.table, name, setting)
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
            let value = printable(&value);
            let message = match self.task {
                Task::Classification if self.table.file(0).is_some() => format!(
                    "every image is of the class \"{value}\"; a classification needs at least two: put the images of \
                     each other class into a folder of its own beside it"
                ),
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

/// A column that somebody named in a setting: if it is not there, the setting is what must be mended, not the file.
pub(super) fn index_for(table: &Table, name: &str, setting: &str) -> Result<usize> {
    table.index(name).map_err(|error| match error {
        Error::Data { place, message } => Error::setting(setting, format!("{place}: {message}")),
        other => other,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn table(csv: &str) -> Table {
        Table::from_reader(csv.as_bytes(), "f.csv").unwrap()
    }

    fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
        result.unwrap_err().to_string()
    }

    const KINDS: &str = "id,width,kind\n1,2.5,a\n2,3.5,b\n3,1.5,a\n4,0.5,b\n";

    #[test]
    fn columns_are_chosen_and_left_out() {
        let names = |labelled: &Labelled| labelled.input_names().map(str::to_owned).collect::<Vec<_>>();
        let all = table(KINDS).target("kind").unwrap();
        assert_eq!(names(&all), ["id", "width"]);
        assert_eq!(names(&all.clone().exclude(["id"]).unwrap()), ["width"]);
        assert_eq!(names(&all.clone().features(["width"]).unwrap()), ["width"]);
        let data = all.exclude(["id"]).unwrap().split(Split::none()).unwrap();
        assert_eq!(data.train().names().collect::<Vec<_>>(), ["width", "kind"]);
    }

    #[test]
    fn a_column_left_out_may_be_dirty() {
        let dirty = table("note,x,y\n,1,a\nNaN,2,b\n?,3,a\n");
        let all = dirty.target("y").unwrap();
        assert!(message(all.clone().split(Split::none())).starts_with("f.csv:2: column \"note\": the cell is empty"));
        assert!(all.exclude(["note"]).unwrap().split(Split::none()).is_ok());
    }

    #[test]
    fn wrong_names_are_a_matter_of_the_setting() {
        let kinds = || table(KINDS).target("kind").unwrap();
        for (error, start) in [
            (
                message(table(KINDS).target("knid")),
                "target: f.csv: there is no column \"knid\"; did you mean \"kind\"?",
            ),
            (
                message(kinds().exclude(["witdh"])),
                "exclude: f.csv: there is no column \"witdh\"; did you mean \"width\"?",
            ),
            (message(kinds().features(["kind"])), "features: \"kind\" is the target"),
            (message(kinds().exclude(["id", "width"])), "f.csv: every column is left out"),
            (message(table("y\n1\n2\n").target("y")), "f.csv: the target is its only column"),
        ] {
            assert!(error.starts_with(start), "{error}");
        }
    }

    #[test]
    fn targets_from_which_nothing_can_be_learnt() {
        for (csv, task, start) in [
            ("x,y\n1,a\n2,a\n", None, "f.csv: column \"y\": every row is of the class \"a\""),
            ("x,y\n1,0.5\n2,0.5\n", None, "f.csv: column \"y\": every row holds 0.5"),
            ("x,y\n1,a\n2,b\n", Some(Task::Regression), "f.csv:2: column \"y\": \"a\" is not a number"),
            ("x,y\n1,a\n2,\n", None, "f.csv:3: column \"y\": the cell is empty"),
            ("x,y\n1,a\n2,b\n", None, "f.csv: 2 rows are too few to split"),
        ] {
            let labelled = table(csv).target("y");
            let labelled = match task {
                Some(task) => labelled.and_then(|labelled| labelled.task(task)),
                None => labelled,
            };
            let error = message(labelled.and_then(|labelled| labelled.split(Split::seeded(1))));
            assert!(error.starts_with(start), "{error}");
        }
    }

    #[test]
    fn the_task_can_be_chosen() {
        let counts = || table("x,y\n1,0\n2,1\n3,0\n4,1\n").target("y").unwrap();
        assert_eq!(counts().kind(), Task::Classification);
        let data = counts().task(Task::Regression).unwrap().scale_target(false).split(Split::none()).unwrap();
        assert_eq!((data.task(), data.encoder().decode(0.25)), (Task::Regression, 0.25));
    }
}
