//! Text as characters: a table with one row a character, and a network that learns the next one.

mod vocabulary;

pub use vocabulary::Vocabulary;

use super::column::{Column, TextBuilder, Values};
use super::csv;
use super::encoder::{self, Encoder, Input, Target};
use super::labelled::{Arrangement, Labelled};
use super::series::LONGEST_WINDOW;
use super::split::{Parts, Split};
use super::table::{Lines, Table};
use super::task::Task;
use crate::error::Place;
use crate::{Error, Result, Samples, Shape, Targets};
use std::io::Read;
use std::path::Path;

/// The name of the one column of a text.
pub(super) const CHARACTER: &str = "character";

/// Largest text that is read.
const MOST_BYTES: u64 = 1 << 30;

impl Table {
    /// Reads a text file: a table with the column `character` and one row for each Unicode character.
    ///
    /// The text is UTF-8, or UTF-16 with a byte order mark; a mark is no character. The line breaks of Windows and of old
    /// Macs become `\n`. Fails when the file is empty, no text, or longer than 1 GiB.
    pub fn read_text(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if path.is_dir() {
            let place = Place::new(path.display().to_string());
            return Err(Error::data(place, "this is a folder, and a text is wanted; name a file in it"));
        }
        let file = std::fs::File::open(path).map_err(|error| Error::io("read", path, error))?;
        Table::from_text(file, &path.display().to_string())
    }

    /// Reads a text as [`Table::read_text`] does, from anything that gives bytes; `source` is its name in messages.
    ///
    /// ```
    /// use adaline::data::Table;
    /// # fn main() -> adaline::Result<()> {
    /// let text = Table::from_text("고양이\r\n".as_bytes(), "cat.txt")?;
    /// assert_eq!(text.rows(), 4);
    /// assert_eq!(text.column("character")?.cell(1), "양");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_text(reader: impl Read, source: &str) -> Result<Self> {
        let fail = |message: &str| Err(Error::data(Place::new(source), message));
        let mut bytes = Vec::new();
        let reader = csv::utf8(reader).map_err(|error| csv::read_error(source, error))?;
        reader.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| csv::read_error(source, error))?;
        if bytes.len() as u64 > MOST_BYTES {
            return fail("the text is longer than 1 GiB; give a part of it");
        }
        if bytes.is_empty() {
            return fail("the file is empty; give a text to learn from");
        }
        if bytes.starts_with(&[0x1f, 0x8b]) {
            return fail("the file is compressed with gzip; unpack it first (gunzip)");
        }
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text,
            Err(error) => {
                let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count() as u64;
                let message = "the bytes are no UTF-8 here; save the file as UTF-8 text";
                return Err(Error::data(Place::new(source).line(line), message));
            }
        };
        let mut builder = TextBuilder::default();
        for character in normalised(text) {
            builder.push(character.encode_utf8(&mut [0; 4]));
        }
        let column = Column::new(CHARACTER, Values::Text(builder.finish()));
        Table::with_lines(source, vec![column], Lines::None)
    }

    /// Lets a network learn the next character of a text from the `window` characters before it, at every step.
    ///
    /// [`Labelled::split`] splits the text in time: the first part is for training, the next for validation, the last for
    /// the test. Each part is cut into windows, one behind the other; what is left over at the end, less than a window, is
    /// not used. The vocabulary is that of the training part ([`Vocabulary`]).
    ///
    /// Fails when the table is no text ([`Table::read_text`]), and when the window makes no sense.
    ///
    /// ```
    /// use adaline::Shape;
    /// use adaline::data::{Split, Table};
    /// # fn main() -> adaline::Result<()> {
    /// let text = Table::from_text("to be or not to be".as_bytes(), "hamlet.txt")?;
    /// let data = text.next_character(4)?.split(Split::none())?;
    /// assert_eq!(data.input(), Shape::Sequence { steps: 4, features: 1 });
    /// assert_eq!(data.classes(), [" ", "b", "e", "n", "o", "r", "t", "\u{fffd}"]);
    /// assert_eq!(data.train_samples()?.input(0), [6.0, 4.0, 0.0, 1.0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn next_character(self, window: usize) -> Result<Labelled> {
        if window == 0 || window > LONGEST_WINDOW {
            let message = format!("{window} characters; give a whole number from 1 to {LONGEST_WINDOW}");
            return Err(Error::setting("window", message));
        }
        let inputs = self.names().map(|name| name == CHARACTER).collect();
        self.column(CHARACTER)?;
        Labelled::arranged(self, CHARACTER, Task::Classification, inputs, Arrangement::Text { window })
    }
}

/// The characters of a text, every kind of line break as `\n`.
pub(crate) fn normalised(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut rest = text.chars().peekable();
    std::iter::from_fn(move || match rest.next()? {
        '\r' => {
            rest.next_if_eq(&'\n');
            Some('\n')
        }
        other => Some(other),
    })
}

/// The whole windows of each part in time. A part goes on one character beyond its windows: the answer to its last step.
pub(super) fn parts(table: &Table, window: usize, split: &Split) -> Result<Parts> {
    let rows = table.rows();
    let whole = rows.saturating_sub(1) / window;
    let share = |of: usize, fraction: f64| match fraction {
        0.0 => 0,
        _ => ((of as f64 * fraction).round() as usize).max(1),
    };
    let test = share(whole, split.test_fraction());
    let validation = share(whole.saturating_sub(test), split.validation_fraction());
    let train = whole.saturating_sub(test + validation);
    if train == 0 {
        let parts = 1 + usize::from(test > 0) + usize::from(validation > 0);
        let message = format!(
            "{rows} characters are too few for {parts} parts with windows of {window}: at least {} are needed; make \
             --window smaller, give a longer text, or split nothing off (--test-split 0 --validation-split 0)",
            window.saturating_mul(parts).saturating_add(1)
        );
        return Err(Error::data(Place::new(table.source()), message));
    }
    let part = |from: usize, count: usize| -> Vec<usize> {
        if count == 0 { Vec::new() } else { (from * window..(from + count) * window + 1).collect() }
    };
    Ok(Parts { train: part(0, train), validation: part(train, validation), test: part(train + validation, test) })
}

/// An encoder with the vocabulary of the training part.
pub(super) fn fit(training: &Table, window: usize) -> Result<Encoder> {
    let column = training.column(CHARACTER)?;
    let Values::Text(text) = column.values() else { return Err(no_text(training)) };
    let counts = text.words().iter().zip(text.counts());
    let counts = counts.filter_map(|(word, count)| Some((word.chars().next()?, count)));
    let characters = Vocabulary::of_counts(counts.collect());
    if characters.len() < 3 {
        let message = "there are fewer than two different characters to learn from; give another text";
        return Err(Error::data(Place::new(training.source()), message));
    }
    Encoder::new(vec![Input::Text { window, characters }], Target::NextCharacter)
}

fn no_text(table: &Table) -> Error {
    let message = "a text is wanted, one character a row, and these are numbers";
    Error::data(Place::new(table.source()).column(CHARACTER), message)
}

/// The number of each character.
fn codes(table: &Table, vocabulary: &Vocabulary) -> Result<Vec<u32>> {
    let column = table.column(CHARACTER)?;
    let code = |word: &str| {
        let mut characters = word.chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => vocabulary.code(character),
            _ => vocabulary.unknown(),
        }
    };
    match column.values() {
        Values::Text(text) => {
            let words: Vec<u32> = text.words().iter().map(|word| code(word)).collect();
            Ok(text.codes().iter().map(|&at| words.get(at as usize).copied().unwrap_or(vocabulary.unknown())).collect())
        }
        // A text of nothing but digits may come as numbers.
        _ => Ok((0..table.rows()).map(|row| code(&column.cell(row))).collect()),
    }
}

/// The windows of a text one behind the other, and the number of characters in the last where it is shorter.
pub(super) fn encode_inputs(
    table: &Table,
    vocabulary: &Vocabulary,
    window: usize,
) -> Result<(Vec<f32>, usize, Option<Vec<u32>>)> {
    let codes = codes(table, vocabulary)?;
    let (values, lengths) = chunks(table, &codes, window, |code| code as f32)?;
    let rows = values.len() / window;
    Ok((values, rows, lengths))
}

/// The whole windows of a text, and the next character at every step.
pub(super) fn encode(table: &Table, vocabulary: &Vocabulary, window: usize) -> Result<Samples> {
    let codes = codes(table, vocabulary)?;
    let used = used(table, window)?;
    let questions = codes.get(..used).unwrap_or_default();
    let answers = codes.get(1..used + 1).unwrap_or_default();
    let (inputs, _) = chunks(table, questions, window, |code| code as f32)?;
    let (classes, _) = chunks(table, answers, window, |code| code)?;
    let shape = Shape::Sequence { steps: window, features: 1 };
    Samples::new(shape, inputs, Targets::Steps { steps: window, classes })
}

/// How many characters the whole windows of a text have that know the one after them.
fn used(table: &Table, window: usize) -> Result<usize> {
    match table.rows().saturating_sub(1) / window {
        0 => {
            let message = format!(
                "{} characters are too few: the model looks at {window} and is measured by the one after each; give at \
                 least {}",
                table.rows(),
                window.saturating_add(1)
            );
            Err(Error::data(Place::new(table.source()), message))
        }
        whole => Ok(whole * window),
    }
}

/// Values in rows of `window`, the last filled up; and the rows' lengths where it had to be.
fn chunks<T: Clone + Default>(
    table: &Table,
    codes: &[u32],
    window: usize,
    value: impl Fn(u32) -> T,
) -> Result<(Vec<T>, Option<Vec<u32>>)> {
    let rows = codes.len().div_ceil(window);
    let mut values = encoder::room(rows.checked_mul(window)).map_err(|limit| {
        let message = format!("{rows} windows of {window} characters are {limit}; give a part of the text");
        Error::data(Place::new(table.source()), message)
    })?;
    values.extend(codes.iter().map(|&code| value(code)));
    values.resize(rows * window, T::default());
    let last = codes.len() % window;
    if last == 0 {
        return Ok((values, None));
    }
    let mut lengths = vec![window as u32; rows];
    if let Some(length) = lengths.last_mut() {
        *length = last as u32;
    }
    Ok((values, Some(lengths)))
}

/// The share of a text's characters that a vocabulary does not know.
pub(super) fn unknown_share(table: &Table, vocabulary: &Vocabulary) -> Result<f64> {
    let unknown = codes(table, vocabulary)?.iter().filter(|&&code| code == vocabulary.unknown()).count();
    Ok(unknown as f64 / table.rows().max(1) as f64)
}

/// How well the characters of a text can be guessed without a network, in nats a character: the entropy of the characters
/// alone, H(c) = -Σ p(c) ln p(c), and of a character where the one before it is known, H(c | b) = -Σ p(b, c) ln p(c | b).
/// Both are over the characters that a network with this window predicts (all but the first, up to the end of the last whole
/// window), with the probabilities counted in this very text: no guess from the character before can do better on it. All
/// characters that the model does not know are one, as they are for the model.
pub(super) fn entropies(table: &Table, vocabulary: &Vocabulary, window: usize) -> Result<(f64, f64)> {
    let used = used(table, window)?;
    let codes = codes(table, vocabulary)?;
    let mut singles: Vec<u64> = codes.iter().skip(1).take(used).map(|&code| u64::from(code)).collect();
    let befores = codes.iter().take(singles.len());
    let mut pairs: Vec<u64> = befores.clone().zip(&singles).map(|(&b, &c)| (u64::from(b) << 32) | c).collect();
    let mut befores: Vec<u64> = befores.map(|&code| u64::from(code)).collect();
    // Sorted, and not counted in a map, so that the sums have one order.
    let entropy = |codes: &mut Vec<u64>| {
        codes.sort_unstable();
        let n = codes.len().max(1) as f64;
        codes.chunk_by(|a, b| a == b).map(|same| same.len() as f64 / n).map(|p| -p * p.ln()).sum::<f64>()
    };
    let (unigram, joint, before) = (entropy(&mut singles), entropy(&mut pairs), entropy(&mut befores));
    // H(c | b) = H(b, c) - H(b).
    // Where there is but one character the sum is -0.
    Ok((unigram + 0.0, (joint - before).max(0.0)))
}

#[cfg(test)]
mod tests;
