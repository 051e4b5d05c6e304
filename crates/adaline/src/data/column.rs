//! One column of a table: numbers, text, bytes, or images.

use super::images::Images;
use crate::error::Place;
use crate::{Error, Result};
use std::collections::HashMap;

/// One named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    name: String,
    values: Values,
    fault: Option<Fault>,
    /// The cells of a column of numbers that has blank ones: where rows are sequences, a blank end makes one shorter.
    gapped: Option<Vec<Option<f64>>>,
}

/// What a column holds, one entry a row.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Values {
    /// Finite numbers.
    Numbers(Vec<f64>),
    /// Words.
    Text(Text),
    /// Whole numbers from 0 to 255, in an eighth of the space: pixels, and any other column of a file that has no other
    /// numbers. [`Column::number`] reads both kinds.
    Bytes(Vec<u8>),
    /// An image in each row.
    Images(Images),
}

/// Words, each distinct one stored once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Text {
    words: Vec<String>,
    codes: Vec<u32>,
}

/// Why a column cannot be used. It is an error only where the column is used, so that a column that nobody asked for
/// does no harm.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    pub(super) line: Option<u64>,
    pub(super) message: String,
    /// The first cell that is neither a number nor blank, where the fault is a blank one: its line, and what is wrong.
    pub(super) odd: Option<(Option<u64>, String)>,
}

impl Column {
    /// A column of numbers. [`Table::new`](super::Table::new) checks that they are finite.
    pub fn numbers(name: impl Into<String>, values: Vec<f64>) -> Self {
        Column::new(name, Values::Numbers(values))
    }

    /// A column of words.
    pub fn text<S: AsRef<str>>(name: impl Into<String>, words: impl IntoIterator<Item = S>) -> Self {
        let mut builder = TextBuilder::default();
        for word in words {
            builder.push(word.as_ref());
        }
        Column::new(name, Values::Text(builder.finish()))
    }

    /// A column of whole numbers from 0 to 255.
    pub fn bytes(name: impl Into<String>, values: Vec<u8>) -> Self {
        Column::new(name, Values::Bytes(values))
    }

    /// A column of images.
    pub fn images(name: impl Into<String>, images: Images) -> Self {
        Column::new(name, Values::Images(images))
    }

    pub(super) fn new(name: impl Into<String>, values: Values) -> Self {
        Column { name: name.into(), values, fault: None, gapped: None }
    }

    pub(super) fn faulty(name: impl Into<String>, fault: Fault) -> Self {
        Column { name: name.into(), values: Values::Numbers(Vec::new()), fault: Some(fault), gapped: None }
    }

    /// Numbers, some of them missing: using it as any other column is the fault.
    pub(super) fn gapped(name: impl Into<String>, cells: Vec<Option<f64>>, fault: Fault) -> Self {
        Column { gapped: Some(cells), ..Column::faulty(name, fault) }
    }

    /// One blank cell.
    pub(super) fn blank(name: impl Into<String>) -> Self {
        let fault = Fault { line: None, message: super::number::EMPTY.to_owned(), odd: None };
        Column::gapped(name, vec![None], fault)
    }

    /// The column's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it holds; nothing where the column cannot be used (an empty cell, a word among numbers), which
    /// [`Table::column`](super::Table::column) reports.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Whether it holds numbers (bytes are numbers).
    pub fn is_numeric(&self) -> bool {
        matches!(self.values, Values::Numbers(_) | Values::Bytes(_))
    }

    /// The number in a row, or `None` for text, images, or a row that is not there.
    pub fn number(&self, row: usize) -> Option<f64> {
        match &self.values {
            Values::Numbers(values) => values.get(row).copied(),
            Values::Bytes(values) => values.get(row).map(|&x| f64::from(x)),
            Values::Text(_) | Values::Images(_) => None,
        }
    }

    /// The cell of a row as it is written to CSV: the word, or the shortest text that reads back as the same number. Of an
    /// image its shape, for it is written as columns of pixels.
    pub fn cell(&self, row: usize) -> String {
        match &self.values {
            Values::Text(text) => text.word(row).unwrap_or_default().to_owned(),
            Values::Images(images) => images.row(row).map_or_else(String::new, |_| images.shape().to_string()),
            _ => self.number(row).map_or_else(String::new, |x| x.to_string()),
        }
    }

    /// How many rows it has; `None` where the column cannot be used and so holds nothing.
    pub(super) fn len(&self) -> Option<usize> {
        match &self.values {
            _ if self.fault.is_some() => None,
            Values::Numbers(values) => Some(values.len()),
            Values::Bytes(values) => Some(values.len()),
            Values::Text(text) => Some(text.codes.len()),
            Values::Images(images) => Some(images.rows()),
        }
    }

    /// An error where the column cannot be used.
    pub(super) fn check(&self, source: &str) -> Result<()> {
        match &self.fault {
            None => Ok(()),
            Some(fault) => {
                let mut place = Place::new(source).column(&self.name);
                place.line = fault.line;
                Err(Error::data(place, &fault.message))
            }
        }
    }

    /// The cell of a row where it may be blank; the error is about a cell that is neither blank nor a number.
    pub(super) fn number_or_blank(&self, table: &super::Table, row: usize) -> Result<Option<f64>> {
        match (&self.gapped, &self.fault, &self.values) {
            (Some(cells), _, _) => Ok(cells.get(row).copied().flatten()),
            (None, Some(fault), _) => {
                let (line, message) = match &fault.odd {
                    Some((line, message)) => (*line, message),
                    None => (fault.line, &fault.message),
                };
                let mut place = Place::new(table.source()).column(&self.name);
                place.line = line;
                Err(Error::data(place, message))
            }
            (None, None, Values::Text(text)) => {
                let complaint = |row: usize| super::number::complaint(text.word(row).unwrap_or_default());
                let odd = (row..table.rows()).find_map(|row| Some((row, complaint(row)?)));
                match odd {
                    Some((row, complaint)) => Err(table.error(row, &self.name, complaint)),
                    // A column of text may hold a number here and there.
                    None => Err(table.error(row, &self.name, "this column is text; a sequence is made of numbers")),
                }
            }
            _ => Ok(self.number(row)),
        }
    }

    /// The same column with only these rows, in this order. Rows that are not there are left out.
    pub(super) fn select(&self, rows: &[usize]) -> Column {
        fn pick<T: Copy>(values: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().filter_map(|&row| values.get(row).copied()).collect()
        }
        let values = match &self.values {
            Values::Numbers(values) => Values::Numbers(pick(values, rows)),
            Values::Bytes(values) => Values::Bytes(pick(values, rows)),
            Values::Text(text) => Values::Text(Text { words: text.words.clone(), codes: pick(&text.codes, rows) }),
            Values::Images(images) => Values::Images(images.select(rows)),
        };
        let gapped = self.gapped.as_ref().map(|cells| pick(cells, rows));
        Column { name: self.name.clone(), values, fault: self.fault.clone(), gapped }
    }
}

impl Text {
    /// The distinct words, in order of their first appearance (in the table that was read; after a selection of rows
    /// some may no longer appear).
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// For each row the place of its word in [`Text::words`].
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The word in a row.
    pub fn word(&self, row: usize) -> Option<&str> {
        let code = *self.codes.get(row)?;
        self.words.get(code as usize).map(String::as_str)
    }

    /// How many rows hold each of [`Text::words`].
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.words.len()];
        for &code in &self.codes {
            counts[code as usize] += 1;
        }
        counts
    }
}

/// Collects words.
#[derive(Debug, Default)]
pub(super) struct TextBuilder {
    text: Text,
    codes: HashMap<String, u32>,
}

impl TextBuilder {
    pub(super) fn push(&mut self, word: &str) {
        let code = match self.codes.get(word) {
            Some(&code) => code,
            None => {
                // 2³² distinct words would not fit into memory long before they would not fit here.
                let code = self.text.words.len() as u32;
                self.codes.insert(word.to_owned(), code);
                self.text.words.push(word.to_owned());
                code
            }
        };
        self.text.codes.push(code);
    }

    pub(super) fn finish(self) -> Text {
        self.text
    }
}
