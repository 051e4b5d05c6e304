//! A table: named columns of the same length that know where they came from.

use super::column::{Column, Text, Values};
use super::{ImageOptions, Labelled, builtin, csv, idx, image};
use crate::error::{Place, did_you_mean, printable};
use crate::{Error, Result, Shape};
use std::borrow::Cow;
use std::io::{Read, Write};
use std::ops::Range;
use std::path::Path;

/// Named columns of the same length.
///
/// A table knows where it came from: the name of its file or built-in data set, and the line of each row, so that every
/// later complaint can say where to look.
///
/// ```
/// # fn main() -> adaline::Result<()> {
/// use adaline::data::Table;
/// let table = Table::from_reader("width,kind\n1.5,a\n2,b\n".as_bytes(), "boxes.csv")?;
/// assert_eq!(table.rows(), 2);
/// assert_eq!(table.column("width")?.number(1), Some(2.0));
/// let error = table.column("widht").unwrap_err().to_string();
/// assert_eq!(error, "boxes.csv: there is no column \"widht\"; did you mean \"width\"? The columns are width, kind");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    source: String,
    columns: Vec<Column>,
    rows: usize,
    lines: Lines,
    image: Option<(usize, Shape)>,
    target: Option<String>,
    parts: Parts,
    notes: Vec<String>,
}

/// Enough of a file to tell its kind, even if it is compressed.
const HEAD_BYTES: u64 = 1024;

/// Where each row stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Lines {
    /// There are no lines: a generated table, or a binary file.
    None,
    /// Line `first` and those that follow it.
    From(u64),
    /// One entry a row.
    Listed(Vec<u64>),
    /// Each row is a file of its own.
    #[cfg_attr(not(feature = "images"), allow(dead_code, reason = "only image files need it"))]
    Files(Vec<String>),
}

/// How a table may be split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parts {
    /// As one likes.
    Free,
    /// As the data set's authors decided: these rows are for validation, these for the test. What they did not decide is
    /// drawn from the other rows.
    Given { validation: Option<Range<usize>>, test: Option<Range<usize>> },
    /// Never: a truth table is learnt whole.
    Whole,
}

impl Lines {
    /// The line after which one more row stands.
    pub(super) fn push(&mut self, rows_before: usize, line: u64) {
        match self {
            Lines::None if rows_before == 0 => *self = Lines::From(line),
            Lines::None => {}
            Lines::From(first) if *first + rows_before as u64 == line => {}
            Lines::From(first) => {
                let first = *first;
                *self = Lines::Listed((0..rows_before as u64).map(|row| first + row).chain([line]).collect());
            }
            Lines::Listed(lines) => lines.push(line),
            Lines::Files(_) => {}
        }
    }

    pub(super) fn get(&self, row: usize) -> Option<u64> {
        match self {
            Lines::None | Lines::Files(_) => None,
            Lines::From(first) => Some(first + row as u64),
            Lines::Listed(lines) => lines.get(row).copied(),
        }
    }

    fn select(&self, rows: &[usize]) -> Lines {
        match self {
            Lines::None => Lines::None,
            Lines::Files(files) => Lines::Files(rows.iter().filter_map(|&row| files.get(row).cloned()).collect()),
            _ => Lines::Listed(rows.iter().map(|&row| self.get(row).unwrap_or(0)).collect()),
        }
    }
}

impl Table {
    /// A table made in code. `source` is its name in messages.
    ///
    /// Fails when there are no columns or no rows, when the columns differ in length, when a name is empty or appears
    /// twice, and when a number is not finite.
    pub fn new(source: impl Into<String>, columns: Vec<Column>) -> Result<Self> {
        let table = Table::with_lines(source, columns, Lines::None)?;
        for column in &table.columns {
            if let Values::Numbers(values) = column.values()
                && let Some(row) = values.iter().position(|x| !x.is_finite())
            {
                let message = format!("{} is not finite; every number must be", values[row]);
                return Err(table.error(row, column.name(), message));
            }
        }
        Ok(table)
    }

    /// A table whose rows stand on these lines. The readers have checked the numbers already.
    pub(super) fn with_lines(source: impl Into<String>, columns: Vec<Column>, lines: Lines) -> Result<Self> {
        let source = source.into();
        let rows = columns.iter().find_map(Column::len).unwrap_or(match &lines {
            Lines::Listed(lines) => lines.len(),
            _ => 0,
        });
        Table::with_rows(source, columns, lines, rows)
    }

    /// Like [`Table::with_lines`], for a reader that has counted the rows: no column need be usable.
    pub(super) fn with_rows(source: String, columns: Vec<Column>, lines: Lines, rows: usize) -> Result<Self> {
        let fail = |message: String| Err(Error::data(Place::new(&source), message));
        if columns.is_empty() {
            return fail("a table needs at least one column".to_owned());
        }
        if rows == 0 {
            return fail("there are no rows; a table needs at least one".to_owned());
        }
        let mut seen = std::collections::HashSet::new();
        for column in &columns {
            if column.name().is_empty() {
                return fail("a column has no name; name every column".to_owned());
            }
            if !seen.insert(column.name()) {
                return fail(format!("the column \"{}\" is there twice; names must differ", printable(column.name())));
            }
            if let Some(len) = column.len()
                && len != rows
            {
                let name = printable(column.name());
                return fail(format!("the column \"{name}\" has {len} rows, others have {rows}; they must agree"));
            }
        }
        let image = image::find(&columns);
        Ok(Table { source, columns, rows, lines, image, target: None, parts: Parts::Free, notes: Vec::new() })
    }

    /// A built-in data set by name, generated ones with seed 0: see [`builtins`](super::builtins).
    pub fn builtin(name: &str) -> Result<Self> {
        builtin::table(name, 0, None)
    }

    /// A built-in data set, generated from a seed and, if it is a generated one, with about so many rows.
    pub fn builtin_seeded(name: &str, seed: u64, rows: Option<usize>) -> Result<Self> {
        builtin::table(name, seed, rows)
    }

    /// Reads data from where it lies:
    ///
    /// * a text file is CSV or TSV with a header, whatever its delimiter: see [`Table::from_reader`];
    /// * a file of images in MNIST's format (IDX, perhaps in gzip) is a table with a column `image`, and a column `label`
    ///   if the file of labels is beside it;
    /// * a folder with MNIST's pairs is such a table, too. With both pairs, `train-…` and `t10k-…`, the second is the test
    ///   part of any split;
    /// * a folder of PNG and JPEG files, or one such file: see [`Table::read_with`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        Table::read_with(path, &ImageOptions::new())
    }

    /// Reads data as [`Table::read`] does, images as the options have it.
    ///
    /// **A folder of class folders**: each image in it, or in a folder within it, is of the class that the folder is named
    /// after (column `class`). Folders `train` and `test`, perhaps with `val` or `validation`, may hold such folders each:
    /// this split is kept. A folder that holds images itself has no classes, as a single file has none. What is hidden is
    /// passed over, and what is no PNG or JPEG by its ending is left out; [`Table::notes`] says how much. An image that
    /// cannot be read is an error that names its file. [`Table::file`] is the file of each row.
    ///
    /// **Size**: images that are all of one size, up to 64x64, stay as they are. Others are made about as large as their
    /// median, the longer side 64 at most, and square where their shapes differ; nothing is cut off. An image shrinks or
    /// grows by a triangle filter, which is what Pillow calls `BILINEAR`.
    ///
    /// **Colour**: one channel if all images are grey, otherwise three. Grey is made of colour by ITU-R BT.601 (0.299 red,
    /// 0.587 green, 0.114 blue). Transparent pixels lie on white. A camera's orientation (EXIF) is obeyed.
    pub fn read_with(path: impl AsRef<Path>, options: &ImageOptions) -> Result<Self> {
        let path = path.as_ref();
        let trouble = |error| Error::io("read", path, error);
        if path.is_dir() {
            if let Some(table) = idx::read_folder(path, options)? {
                return Ok(table);
            }
            #[cfg(feature = "images")]
            return super::photos::read_folder(path, options);
            #[cfg(not(feature = "images"))]
            return Err(Error::data(
                Place::new(path.display().to_string()),
                "this folder has none of MNIST's files in it, and PNG and JPEG are read with the feature `images` only",
            ));
        }
        let mut file = std::fs::File::open(path).map_err(trouble)?;
        let mut head = Vec::new();
        Read::by_ref(&mut file).take(HEAD_BYTES).read_to_end(&mut head).map_err(trouble)?;
        if idx::is_idx(&head) {
            return idx::read_images(path, options);
        }
        #[cfg(feature = "images")]
        if super::photos::is_photo(path, &head) {
            return super::photos::read_file(path, options);
        }
        csv::read(std::io::Cursor::new(head).chain(file), &path.display().to_string())
    }

    /// Reads CSV from anything that gives bytes; `source` is its name in messages.
    ///
    /// The first line is the header. The delimiter is found (comma, semicolon, tab or `|`), and so is a byte order mark
    /// of UTF-8 or UTF-16. Cells may be quoted as RFC 4180 has it. A column in which every cell is a number is numeric,
    /// other columns are text; a column of numbers with a few words in it is an error, but only once it is used.
    pub fn from_reader(reader: impl Read, source: &str) -> Result<Self> {
        csv::read(reader, source)
    }

    /// Reads images and their labels in MNIST's format, each perhaps in gzip, from anything that gives bytes; `source` is
    /// their name in messages. [`Table::read`] does the same from files.
    pub fn from_idx(images: impl Read, labels: impl Read, source: &str) -> Result<Self> {
        idx::read_streams(images, labels, source)
    }

    /// Where the table came from: a path, or the name of a built-in data set.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows: a part of a split that was not asked for.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The columns in their order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The columns' names in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(Column::name)
    }

    /// A column by its name. Fails when there is none, or when it cannot be used: an empty cell, a word among numbers.
    pub fn column(&self, name: &str) -> Result<&Column> {
        let index = self.index(name)?;
        self.columns[index].check(&self.source)?;
        Ok(&self.columns[index])
    }

    /// The place of a column among the columns.
    pub(super) fn index(&self, name: &str) -> Result<usize> {
        self.columns.iter().position(|column| column.name() == name).ok_or_else(|| {
            let near = did_you_mean(name, self.names());
            let near = if near.is_empty() { ".".to_owned() } else { near };
            let columns = list(self.names());
            if let (Lines::Files(_), None) = (&self.lines, &self.target) {
                let message = "the images have no classes: put each into a folder named after its class, and leave none beside \
                               these folders";
                return Error::data(Place::new(&self.source), message);
            }
            let message = format!("there is no column \"{}\"{near} The columns are {columns}", printable(name));
            Error::data(Place::new(&self.source), message)
        })
    }

    /// The image in each row, with the place of its column, or of the first of its columns of pixels.
    pub fn image(&self) -> Option<(usize, Shape)> {
        self.image
    }

    /// The column that one would learn from this data set, where that is known: `species` for iris.
    pub fn default_target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// Whether the table is learnt whole, as a truth table is: [`Split`](super::Split) then leaves all rows in training.
    pub fn is_whole(&self) -> bool {
        self.parts == Parts::Whole
    }

    /// What a person should know about how the data was read, in sentences: files that were left out, the size of images.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The file of a row, where each row is one: an image.
    pub fn file(&self, row: usize) -> Option<&str> {
        match &self.lines {
            Lines::Files(files) => files.get(row).map(String::as_str),
            _ => None,
        }
    }

    pub(super) fn parts(&self) -> Parts {
        self.parts.clone()
    }

    pub(super) fn with_target(mut self, name: &str) -> Self {
        self.target = Some(name.to_owned());
        self
    }

    #[cfg_attr(not(feature = "images"), allow(dead_code, reason = "only image files need it"))]
    pub(super) fn with_notes(mut self, notes: Vec<String>) -> Self {
        self.notes = notes;
        self
    }

    pub(super) fn with_parts(mut self, parts: Parts) -> Self {
        self.parts = parts;
        self
    }

    /// The line of a row in its file, if it has one.
    pub fn line(&self, row: usize) -> Option<u64> {
        self.lines.get(row)
    }

    /// The same table with a column for each pixel in place of a column of images.
    pub(super) fn with_pixel_columns(&self) -> Result<Cow<'_, Table>> {
        let Some((place, Values::Images(images))) =
            self.image.and_then(|(place, _)| Some((place, self.columns.get(place)?.values())))
        else {
            return Ok(Cow::Borrowed(self));
        };
        let mut columns = self.columns.clone();
        columns.splice(place..=place, images.columns());
        let table = Table::with_rows(self.source.clone(), columns, self.lines.clone(), self.rows)?;
        Ok(Cow::Owned(Table {
            target: self.target.clone(),
            parts: self.parts.clone(),
            notes: self.notes.clone(),
            ..table
        }))
    }

    /// An error about one cell: with its file or its line, or with the row's number (from 1) where there are none.
    pub(super) fn error(&self, row: usize, column: &str, message: impl std::fmt::Display) -> Error {
        if let Some(file) = self.file(row) {
            return Error::data(Place::new(file).column(column), message.to_string());
        }
        let place = Place::new(&self.source).column(column);
        match self.line(row) {
            Some(line) => Error::data(place.line(line), message.to_string()),
            None => Error::data(place, format!("row {}: {message}", row + 1)),
        }
    }

    /// The same table with only these rows, in this order. Fails when a row is not there.
    pub fn select(&self, rows: &[usize]) -> Result<Table> {
        if let Some(row) = rows.iter().find(|&&row| row >= self.rows) {
            let message = format!("there is no row {row}; the rows are 0 to {}", self.rows.saturating_sub(1));
            return Err(Error::data(Place::new(&self.source), message));
        }
        Ok(Table {
            source: self.source.clone(),
            columns: self.columns.iter().map(|column| column.select(rows)).collect(),
            rows: rows.len(),
            lines: self.lines.select(rows),
            image: self.image,
            target: self.target.clone(),
            parts: Parts::Free,
            notes: Vec::new(),
        })
    }

    /// The same table with only the columns for which `keep` says so.
    pub(super) fn keep_columns(mut self, keep: &[bool]) -> Table {
        let mut place = 0;
        self.columns.retain(|_| {
            place += 1;
            keep.get(place - 1).copied().unwrap_or(false)
        });
        self.image = image::find(&self.columns);
        self
    }

    /// Says which column a network should learn; the others are its inputs.
    ///
    /// Fails when there is no such column, when it holds one value only, and when no other column is there.
    pub fn target(self, name: &str) -> Result<Labelled> {
        Labelled::new(self, name)
    }

    /// Writes the table as CSV with a header, so that [`Table::from_reader`] reads back the same table. Columns that
    /// cannot be used are an error.
    pub fn write_csv(&self, writer: impl Write) -> Result<()> {
        csv::write(self, writer)
    }
}

/// Names in one line, escaped, the list cut where it grows long.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 20;
    let all: Vec<&str> = names.collect();
    let mut text = all.iter().take(SHOWN).map(|name| printable(name)).collect::<Vec<_>>().join(", ");
    if all.len() > SHOWN {
        text.push_str(&format!(", … ({} in all)", all.len()));
    }
    text
}

/// The distinct words that appear in a text column, in order of first appearance.
pub(super) fn present_words(text: &Text) -> Vec<&str> {
    let counts = text.counts();
    text.words().iter().zip(counts).filter(|(_, count)| *count > 0).map(|(word, _)| word.as_str()).collect()
}
