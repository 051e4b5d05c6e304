//! Rows to numbers.

use super::{Encoder, Input, Target, of_channel};
use crate::data::column::{Column, Values};
use crate::data::image;
use crate::data::images::Images;
use crate::data::number::{self, Cell};
use crate::data::series::{self, Window};
use crate::data::table::{Lines, Table, list};
use crate::data::{sequence, text};
use crate::error::{Place, did_you_mean, printable};
use crate::{Error, Result, Samples, Shape, Targets};
use std::collections::HashMap;

/// Rows that are encoded together: a block of them stays in the cache while the columns are written into it.
const BLOCK: usize = 64;

/// Most numbers that are encoded at once: 8 GiB of f32.
const MOST_VALUES: usize = 1 << 31;

/// Memory for so many values (`None` where they cannot even be counted); or which limit they are beyond, as the end of a
/// sentence.
pub(in crate::data) fn room<T>(len: Option<usize>) -> Result<Vec<T>, String> {
    let Some(len) = len.filter(|&len| len <= MOST_VALUES) else {
        return Err(format!("more than the {MOST_VALUES} numbers that are encoded at once"));
    };
    let mut values = Vec::new();
    match values.try_reserve_exact(len) {
        Ok(()) => Ok(values),
        Err(_) => Err("more than there is memory for".to_owned()),
    }
}

impl Encoder {
    /// The inputs of all rows, one row after the other, and how many rows there are. Of a series or a text, these are
    /// windows: all that are whole, the last of a series ends with its last row; the last of a text may be shorter.
    ///
    /// Columns are found by name, wherever they stand; others are ignored. Fails when a column is missing, when a cell
    /// is not what the column held in training, and when a number does not fit into an f32.
    pub fn encode_inputs(&self, table: &Table) -> Result<(Vec<f32>, usize)> {
        match (self.inputs.as_slice(), self.window) {
            (_, Some(window)) => {
                let count = series::count(table, window, true)?;
                Ok((self.windows(table, window, true)?, count))
            }
            ([Input::Text { window, characters }], None) => {
                let (values, rows, _) = text::encode_inputs(table, characters, *window)?;
                Ok((values, rows))
            }
            _ => self.encode_rows(table),
        }
    }

    /// How many steps of each encoded row are its own; `None` where all are.
    ///
    /// Fails like [`Encoder::encode_inputs`].
    pub fn encode_lengths(&self, table: &Table) -> Result<Option<Vec<u32>>> {
        match self.inputs.as_slice() {
            [Input::Sequence { names, features, .. }] => {
                sequence::lengths(table, &self.sequence_columns(table, names)?, *features)
            }
            [Input::Text { window, characters }] => Ok(text::encode_inputs(table, characters, *window)?.2),
            _ => Ok(None),
        }
    }

    /// The windows of a series.
    fn windows(&self, table: &Table, window: Window, beyond: bool) -> Result<Vec<f32>> {
        series::count(table, window, beyond)?;
        let (rows, _) = self.encode_rows(table)?;
        let width = self.row_width();
        let mut windows = series::windows(table, &rows, width, window, beyond)?;
        if let Some(own) = series::own_past(&self.inputs, &self.target, window) {
            series::measure_from_last(table, &self.target, window, own, width, &mut windows)?;
        }
        Ok(windows)
    }

    /// What must be added to the predictions of each window of a table: its last value, where a forecast is relative to it.
    pub(crate) fn offsets(&self, table: &Table) -> Result<Option<Vec<f64>>> {
        match self.window {
            Some(window) if series::own_past(&self.inputs, &self.target, window).is_some() => {
                series::last_values(table, &self.target, window, true).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The variance of the targets in their own units, where a forecast is relative; else the targets tell it themselves.
    pub(crate) fn variance(&self, table: &Table) -> Result<Option<f64>> {
        match self.window {
            Some(window) if series::own_past(&self.inputs, &self.target, window).is_some() => {
                series::variance(table, &self.target, window).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The numbers of each row of the table.
    fn encode_rows(&self, table: &Table) -> Result<(Vec<f32>, usize)> {
        let images = self.images(table)?;
        // A model of single pixels finds them in a column of images, too.
        let pixels = if images.is_none() { table.with_pixel_columns()? } else { std::borrow::Cow::Borrowed(table) };
        let columns = if images.is_none() { self.columns(&pixels)? } else { Vec::new() };
        let table = &*pixels;
        let width = self.row_width();
        let rows = table.rows();
        let mut out: Vec<f32> = room(rows.checked_mul(width)).map_err(|limit| {
            let message = format!("{rows} rows of {width} numbers each are {limit}; give fewer rows at a time");
            Error::data(Place::new(table.source()), message)
        })?;
        if let Some((images, levels)) = images {
            encode_images(images, &levels, &mut out);
            return Ok((out, rows));
        }
        out.resize(rows * width, 0.0);
        if let [Input::Sequence { names, features, mean, scale, .. }] = self.inputs.as_slice() {
            let columns = self.sequence_columns(table, names)?;
            sequence::encode(table, &columns, *features, (mean, scale), &mut out)?;
        }
        for start in (0..rows).step_by(BLOCK) {
            let block = start..rows.min(start + BLOCK);
            for column in &columns {
                column.encode(table, block.clone(), width, &mut out)?;
            }
        }
        Ok((out, rows))
    }

    /// Inputs and targets of all rows.
    ///
    /// Fails like [`Encoder::encode_inputs`], and when the target is missing, is of a class that training never saw, or
    /// is no number in a regression.
    pub fn encode(&self, table: &Table) -> Result<Samples> {
        if let [Input::Text { window, characters }] = self.inputs.as_slice() {
            return text::encode(table, characters, *window);
        }
        if let Some(window) = self.window {
            let inputs = self.windows(table, window, false)?;
            return Samples::new(self.shape(), inputs, self.encode_targets(table)?);
        }
        let (inputs, _) = self.encode_rows(table)?;
        let samples = Samples::new(self.shape(), inputs, self.encode_targets(table)?)?;
        match self.encode_lengths(table)? {
            Some(lengths) => samples.with_lengths(lengths),
            None => Ok(samples),
        }
    }

    /// The inputs of one row, given as text in the order of [`Encoder::input_names`].
    pub fn encode_row<S: AsRef<str>>(&self, cells: &[S]) -> Result<Vec<f32>> {
        Ok(self.encode_inputs(&self.row(cells)?)?.0)
    }

    /// One row, given as text in the order of [`Encoder::input_names`], as a table: blank cells are allowed at the end of
    /// a sequence. A series or a text has no single row, and is an error.
    pub fn row<S: AsRef<str>>(&self, cells: &[S]) -> Result<Table> {
        if let Some(window) = self.window {
            let message =
                format!("the model looks at {} rows of a series; give a table of at least as many", window.steps);
            return Err(Error::data(Place::new("row"), message));
        }
        if self.vocabulary().is_some() {
            let message = "the model reads text and goes on with it: generate from a prompt instead";
            return Err(Error::data(Place::new("row"), message));
        }
        let names = self.input_names();
        if cells.len() != names.len() {
            let message = format!(
                "{} values for {} inputs; give one for each: {}",
                cells.len(),
                names.len(),
                list(names.iter().map(String::as_str))
            );
            return Err(Error::data(Place::new("row"), message));
        }
        let columns = names.iter().zip(cells).map(|(name, cell)| match number::read(cell.as_ref()) {
            Cell::Number(x) => Column::numbers(name, vec![x]),
            Cell::Empty if matches!(self.inputs.as_slice(), [Input::Sequence { .. }]) => Column::blank(name),
            _ => Column::text(name, [cell.as_ref()]),
        });
        Table::with_rows("row".to_owned(), columns.collect(), Lines::None, 1)
    }

    /// The targets of all rows.
    pub fn encode_targets(&self, table: &Table) -> Result<Targets> {
        if let [Input::Text { window, characters }] = self.inputs.as_slice() {
            return Ok(text::encode(table, characters, *window)?.targets().clone());
        }
        let column = table.column(self.target.name())?;
        match &self.target {
            Target::Classes { name, classes } => {
                let codes = Codes::new(column, classes);
                let mut numbers = Vec::with_capacity(table.rows());
                for row in 0..table.rows() {
                    let class = codes.get(column, row).ok_or_else(|| {
                        let message = format!(
                            "\"{}\" is no class that the model knows{}; it knows {}",
                            printable(&column.cell(row)),
                            near(&column.cell(row), classes),
                            list(classes.iter().map(String::as_str))
                        );
                        table.error(row, name, message)
                    })?;
                    numbers.push(class);
                }
                Ok(Targets::Classes(numbers))
            }
            Target::Number { scale, .. } if self.offsets(table).is_ok_and(|offsets| offsets.is_some()) => {
                let Some(window) = self.window else { return Err(Error::shape("encoder", "there is no window")) };
                let values = series::changes(table, &self.target, window, *scale)?;
                Ok(Targets::Values { width: window.horizon, values })
            }
            Target::Number { name, mean, scale } => {
                let mut values = Vec::with_capacity(table.rows());
                for row in 0..table.rows() {
                    values.push(scaled(table, column, name, row, *mean, *scale)?);
                }
                match self.window {
                    None => Ok(Targets::Values { width: 1, values }),
                    Some(window) => {
                        let values = series::targets(&values, window, series::count(table, window, false)?);
                        Ok(Targets::Values { width: window.horizon, values })
                    }
                }
            }
            Target::NextCharacter => Err(Error::shape("encoder", "the next character is learnt from a text")),
        }
    }

    /// The columns of a sequence, which may hold blank cells.
    fn sequence_columns<'a>(&'a self, table: &'a Table, names: &[String]) -> Result<Vec<&'a Column>> {
        let places: HashMap<&str, &Column> = table.columns().iter().map(|column| (column.name(), column)).collect();
        let find = |name: &String| places.get(name.as_str()).copied().ok_or_else(|| self.missing(table, name));
        names.iter().map(find).collect()
    }

    /// The columns of a table that the encoder wants, in its order.
    fn columns<'a>(&'a self, table: &'a Table) -> Result<Vec<Source<'a>>> {
        let places: HashMap<&str, usize> = table.names().enumerate().map(|(place, name)| (name, place)).collect();
        let find = |name: &str| -> Result<&'a Column> {
            match places.get(name).and_then(|&place| table.columns().get(place)) {
                Some(column) => {
                    column.check(table.source())?;
                    Ok(column)
                }
                None => Err(self.missing(table, name)),
            }
        };
        let mut sources = Vec::new();
        let mut at = 0;
        for input in &self.inputs {
            match input {
                Input::Number { name, mean, scale } => {
                    sources.push(Source { column: find(name)?, at, kind: Kind::Number { mean: *mean, scale: *scale } });
                }
                Input::Categories { name, categories } => {
                    let column = find(name)?;
                    let codes = Codes::new(column, categories);
                    sources.push(Source { column, at, kind: Kind::Categories { codes, categories } });
                }
                // Encoded as a whole, since what is blank is told by the row.
                Input::Sequence { .. } | Input::Text { .. } => {}
                Input::Image { height, width, mean, scale, .. } => {
                    for (pixel, name) in image::pixel_names(input.shape()).enumerate() {
                        let channel = pixel / (height * width);
                        let (mean, scale) = (of_channel(mean, channel), of_channel(scale, channel));
                        let kind = Kind::Number { mean, scale };
                        sources.push(Source { column: find(&name)?, at: at + pixel, kind });
                    }
                }
            }
            at += input.width();
        }
        Ok(sources)
    }

    /// The table's column of images, if that is what the encoder reads, and for each channel the 256 numbers that its bytes
    /// become.
    fn images<'a>(&self, table: &'a Table) -> Result<Option<(&'a Images, Vec<Levels>)>> {
        let [Input::Image { channels, height, width, mean, scale, white }] = self.inputs.as_slice() else {
            return Ok(None);
        };
        let column = table.image().and_then(|(place, _)| table.columns().get(place));
        let Some(Values::Images(images)) = column.map(Column::values) else { return Ok(None) };
        let fail = |message: String| Err(Error::data(Place::new(table.source()), message));
        let shape = Shape::Image { channels: *channels, height: *height, width: *width };
        if images.shape() != shape {
            let message = format!(
                "the images are {} and the model reads {shape} (channels x height x width); they must be read in the \
                 model's size",
                images.shape()
            );
            return fail(message);
        }
        if table.file(0).is_some() && white.is_none() {
            let message = "the model was trained on a table's columns of pixels, and nothing says what their numbers mean; \
                           it reads no image files (\"white\" in its file would say it: docs/model-format.md)";
            return fail(message.to_owned());
        }
        let mut levels = Vec::with_capacity(*channels);
        for channel in 0..*channels {
            let (mean, scale) = (of_channel(mean, channel), of_channel(scale, channel));
            let mut values = [0.0; 256];
            for (value, byte) in values.iter_mut().zip(0u8..=255) {
                let x = f64::from(byte);
                *value = ((white.map_or(x, |white| x * white / 255.0) - mean) / scale) as f32;
            }
            if values.iter().any(|value| !value.is_finite()) {
                return fail(format!("pixels scaled by mean {mean} and scale {scale} overflow"));
            }
            levels.push(values);
        }
        Ok(Some((images, levels)))
    }

    fn missing(&self, table: &Table, name: &str) -> Error {
        let wanted = self.input_names();
        let near = did_you_mean(name, table.names());
        let near = near.replacen("; did you mean", "; is it", 1);
        // A column that is missing at the end may be a slip as well as a short sequence.
        let blank = match self.inputs.as_slice() {
            [Input::Sequence { .. }] => " Where sequences end earlier, add it with blank cells.",
            _ => "",
        };
        let message = format!(
            "the column \"{}\" is missing{near}{}{blank} The model wants {}, and the table has {}",
            printable(name),
            if near.is_empty() { "." } else { "" },
            list(wanted.iter().map(String::as_str)),
            list(table.names())
        );
        Error::data(Place::new(table.source()), message)
    }
}

/// What the 256 bytes of a channel become.
type Levels = [f32; 256];

/// Every pixel of every image as a number. An image's channels lie one after the other.
fn encode_images(images: &Images, levels: &[Levels], out: &mut Vec<f32>) {
    let plane = images.shape().len() / levels.len().max(1);
    for (bytes, levels) in images.bytes().chunks_exact(plane.max(1)).zip(levels.iter().cycle()) {
        out.extend(bytes.iter().map(|&byte| levels[usize::from(byte)]));
    }
}

/// A column, and where its numbers go within a row.
struct Source<'a> {
    column: &'a Column,
    at: usize,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Number { mean: f64, scale: f64 },
    Categories { codes: Codes, categories: &'a [String] },
}

impl Source<'_> {
    /// Writes a block of rows.
    fn encode(&self, table: &Table, rows: std::ops::Range<usize>, width: usize, out: &mut [f32]) -> Result<()> {
        let name = self.column.name();
        for row in rows {
            let place = row * width + self.at;
            match &self.kind {
                Kind::Number { mean, scale } => out[place] = scaled(table, self.column, name, row, *mean, *scale)?,
                Kind::Categories { codes, categories } => match codes.get(self.column, row) {
                    Some(code) => out[place + code as usize] = 1.0,
                    None => {
                        let word = self.column.cell(row);
                        let message = format!(
                            "\"{}\" is no category that the model knows{}; it knows {}",
                            printable(&word),
                            near(&word, categories),
                            list(categories.iter().map(String::as_str))
                        );
                        return Err(table.error(row, name, message));
                    }
                },
            }
        }
        Ok(())
    }
}

/// (x - mean) / scale of one cell, in f64 up to the last step.
fn scaled(table: &Table, column: &Column, name: &str, row: usize, mean: f64, scale: f64) -> Result<f32> {
    let Some(x) = column.number(row) else {
        // Most words of a text column may well be numbers; the first that is none is the trouble.
        let cell = |row: usize| column.cell(row);
        let odd = (row..table.rows()).find_map(|row| Some((row, number::complaint(&cell(row))?)));
        let (row, complaint) = odd.unwrap_or((row, format!("\"{}\" is text here", printable(&cell(row)))));
        return Err(table.error(row, name, format!("{complaint}; the model was trained on numbers in this column")));
    };
    let value = ((x - mean) / scale) as f32;
    if value.is_finite() {
        return Ok(value);
    }
    let [x, mean, scale] = [x, mean, scale].map(number::shown);
    let message =
        format!("{x} is too large: scaled as in training (mean {mean}, scale {scale}) it overflows; mend the cell");
    Err(table.error(row, name, message))
}

fn near(word: &str, words: &[String]) -> String {
    did_you_mean(word, words.iter().map(String::as_str))
}

/// The number of the class or category that each cell of a column stands for.
enum Codes {
    /// By the column's own code of the word.
    Words(Vec<Option<u32>>),
    /// By the number's bits: a column that was text in training may hold nothing but numbers now.
    Numbers(HashMap<u64, u32>),
}

impl Codes {
    fn new(column: &Column, words: &[String]) -> Codes {
        match column.values() {
            Values::Text(text) => {
                let known: HashMap<&str, u32> = (0..).zip(words).map(|(code, word)| (word.as_str(), code)).collect();
                Codes::Words(text.words().iter().map(|word| known.get(word.as_str()).copied()).collect())
            }
            _ => {
                let mut known = HashMap::new();
                for (code, word) in (0..).zip(words) {
                    if let Cell::Number(x) = number::read(word) {
                        known.entry((x + 0.0).to_bits()).or_insert(code);
                    }
                }
                Codes::Numbers(known)
            }
        }
    }

    fn get(&self, column: &Column, row: usize) -> Option<u32> {
        match (self, column.values()) {
            (Codes::Words(codes), Values::Text(text)) => *codes.get(*text.codes().get(row)? as usize)?,
            (Codes::Numbers(codes), _) => codes.get(&(column.number(row)? + 0.0).to_bits()).copied(),
            _ => None,
        }
    }
}
