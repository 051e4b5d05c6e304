//! One error type for the whole library. Every variant says where, and the message ends with what to do.

use std::fmt;
use std::path::PathBuf;
use unicode_width::UnicodeWidthStr;

/// The library's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong. The kinds follow what a person has to mend: the machine, a setting, a line of notation,
/// a shape, a piece of data, a model file, or the run itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading or writing failed: the machine's word, and the file it was about.
    #[error("{path}: cannot {action}: {source}", path = .path.display())]
    Io {
        /// What was tried, as a verb: `read`, `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the machine said.
        source: std::io::Error,
    },
    /// A setting outside what makes sense: a learning rate of -1, no epochs, an unknown name.
    #[error("{setting}: {message}")]
    Setting {
        /// The setting's name as the user writes it, without dashes: `learning-rate`.
        setting: String,
        /// What is wrong and what to write instead.
        message: String,
    },
    /// A text in a small language of ours (`--net`, `--expr`) that cannot be read.
    #[error("{}", caret(.text, *.at, .message))]
    Notation {
        /// The whole text.
        text: String,
        /// The byte where the trouble starts.
        at: usize,
        /// What is wrong and what to write instead.
        message: String,
    },
    /// Shapes that do not fit together.
    #[error("{place}: {message}")]
    Shape {
        /// The layer by number and name (`layer 2 (dense 10)`), or what else did not fit.
        place: String,
        /// Both shapes, and the mend.
        message: String,
    },
    /// What is in a file or a table is not what it should be.
    #[error("{place}: {message}")]
    Data {
        /// File, line and column as far as they are known.
        place: Place,
        /// What is wrong and what to do.
        message: String,
    },
    /// A model file that is damaged, foreign, or newer than this program.
    #[error("{path}: {message}", path = .path.display())]
    ModelFile {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        message: String,
    },
    /// Training left the numbers that a computer can hold. The weights in the network are the last finite ones.
    #[error("training diverged in epoch {epoch}, step {step}: {message}")]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The step (mini-batch) within the epoch, from 1.
        step: usize,
        /// What became infinite or NaN, in which layer, and what to do.
        message: String,
    },
}

impl Error {
    /// A [`Error::Setting`].
    pub fn setting(setting: impl Into<String>, message: impl Into<String>) -> Self {
        Error::Setting { setting: setting.into(), message: message.into() }
    }

    /// A [`Error::Shape`].
    pub fn shape(place: impl Into<String>, message: impl Into<String>) -> Self {
        Error::Shape { place: place.into(), message: message.into() }
    }

    /// A [`Error::Data`].
    pub fn data(place: Place, message: impl Into<String>) -> Self {
        Error::Data { place, message: message.into() }
    }

    /// A [`Error::Notation`].
    pub fn notation(text: &str, at: usize, message: impl Into<String>) -> Self {
        Error::Notation { text: text.to_owned(), at, message: message.into() }
    }

    /// A [`Error::Io`].
    pub fn io(action: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Error::Io { action, path: path.into(), source }
    }

    /// A [`Error::ModelFile`].
    pub fn model_file(path: impl Into<PathBuf>, message: impl Into<String>) -> Self {
        Error::ModelFile { path: path.into(), message: message.into() }
    }
}

/// Where in the data: a file, a line (from 1), a column by name. Each is optional; what is known is printed as
/// `flowers.csv:17: column "petal width"`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The file, or the name of the built-in data set.
    pub source: String,
    /// The line in the file, from 1 (the header is line 1).
    pub line: Option<u64>,
    /// The column's name.
    pub column: Option<String>,
}

impl Place {
    /// A whole file or data set.
    pub fn new(source: impl Into<String>) -> Self {
        Place { source: source.into(), line: None, column: None }
    }

    /// The same place, narrowed to a line.
    pub fn line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// The same place, narrowed to a column.
    pub fn column(mut self, name: impl Into<String>) -> Self {
        self.column = Some(name.into());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", printable(&self.source))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ": column \"{}\"", printable(column))?;
        }
        Ok(())
    }
}

/// A text with its control characters escaped, so that a name from a file cannot steer the terminal.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // The bidirectional controls can make a line read as something else; the rest can move the cursor.
        if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// How many columns of a terminal a text takes: two for Hangul and emoji, none for what combines.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// A text with blanks behind it, so that it takes at least so many columns of a terminal.
///
/// ```
/// use adaline::error::padded;
/// assert_eq!(padded("ab", 5), "ab   ");
/// assert_eq!(padded("붓꽃", 5), "붓꽃 ");
/// ```
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{:blanks$}", "", blanks = width.saturating_sub(columns(text)))
}

/// The nearest of `names` to `given`, as `; did you mean "…"?`, or nothing when none is near.
pub fn did_you_mean<'a>(given: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    /// Longest name that is compared: the time goes with the product of two lengths, and names come from files.
    const LONGEST: usize = 64;
    let given = given.to_lowercase();
    let length = given.chars().count();
    let allowed = |name: &str| 1 + name.chars().count().min(length) / 4;
    names
        .into_iter()
        .filter(|name| length <= LONGEST && name.len() <= 4 * LONGEST)
        .filter(|name| name.chars().count().abs_diff(length) <= allowed(name))
        .map(|name| (strsim::damerau_levenshtein(&given, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= allowed(name))
        .min_by_key(|(distance, _)| *distance)
        .map_or_else(String::new, |(_, name)| format!("; did you mean \"{}\"?", printable(name)))
}

/// The message, the text, and a caret below the place.
fn caret(text: &str, at: usize, message: &str) -> String {
    let before = text.get(..at.min(text.len())).unwrap_or(text);
    let before = columns(&printable(before));
    format!("{message}\n  {}\n  {:before$}^", printable(text), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_prints_what_is_known() {
        let place = Place::new("a.csv").line(7).column("x\u{1b}[2J");
        assert_eq!(place.to_string(), "a.csv:7: column \"x\\u{1b}[2J\"");
        assert_eq!(Place::new("iris").to_string(), "iris");
    }

    #[test]
    fn the_caret_stands_below_the_trouble() {
        let error = Error::notation("dense 8 rellu", 8, "unknown activation \"rellu\"; did you mean \"relu\"?");
        assert_eq!(
            error.to_string(),
            "unknown activation \"rellu\"; did you mean \"relu\"?\n  dense 8 rellu\n          ^"
        );
    }

    #[test]
    fn near_names_are_offered_and_far_ones_are_not() {
        assert_eq!(did_you_mean("rellu", ["relu", "tanh"]), "; did you mean \"relu\"?");
        assert_eq!(did_you_mean("zebra", ["relu", "tanh"]), "");
    }
}
