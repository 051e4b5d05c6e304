//! Where data comes from: a built-in name, a file, a folder of images, or standard input.

use crate::failure::{Code, Failure};
use adaline::data::{ImageOptions, Table, builtins};
use adaline::error::{did_you_mean, printable};
use adaline::{Error, Model};
use std::path::Path;

/// Reads the data that a person named on the command line. A built-in name comes before a file of that name, which is
/// then written `./iris`.
pub(crate) fn read(source: &str, options: ImageOptions) -> Result<Table, Failure> {
    if source == "-" {
        return Ok(Table::from_reader(std::io::stdin().lock(), "standard input")?);
    }
    if builtins().iter().any(|set| set.name == source) {
        return Ok(Table::builtin(source)?);
    }
    // Decoding photos takes far longer than anything else that is read.
    let options = options.threads(std::thread::available_parallelism().map_or(1, usize::from));
    Table::read_with(source, &options).map_err(|error| match error {
        Error::Io { source: trouble, .. } if trouble.kind() == std::io::ErrorKind::NotFound => missing(source),
        other => other.into(),
    })
}

/// Reads a text that a person named on the command line.
pub(crate) fn read_text(source: &str) -> Result<Table, Failure> {
    if source == "-" {
        return Ok(Table::from_text(std::io::stdin().lock(), "standard input")?);
    }
    Table::read_text(source).map_err(|error| match error {
        Error::Io { source: trouble, .. } if trouble.kind() == std::io::ErrorKind::NotFound => {
            let (name, near) = (printable(source), near_file(Path::new(source)));
            Failure::new(Code::Machine, format!("{name}: there is no such file{near}"))
        }
        other => other.into(),
    })
}

/// Reads data for a model: a text where it is one of text; images as large as those that it was trained on.
pub(crate) fn read_for(model: &Model, source: &str) -> Result<Table, Failure> {
    match model.encoder().vocabulary() {
        Some(_) => read_text(source),
        None => read(source, model.encoder().image_options().unwrap_or_default()),
    }
}

/// There is no such file: what might have been meant?
fn missing(source: &str) -> Failure {
    let path = Path::new(source);
    let is_word = path.components().count() == 1 && path.extension().is_none();
    let near_builtin = did_you_mean(source, builtins().iter().map(|set| set.name));
    let near = if near_builtin.is_empty() { near_file(path) } else { near_builtin };
    let name = printable(source);
    let message = if is_word {
        format!(
            "{name}: there is neither a built-in data set nor a file of this name{near} (`adaline data` lists the built-in ones)"
        )
    } else {
        format!("{name}: there is no such file{near}")
    };
    Failure::new(Code::Machine, message)
}

/// A file of nearly that name in the same folder.
pub(crate) fn near_file(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (Some(name), Ok(entries)) = (path.file_name().and_then(|name| name.to_str()), folder.read_dir()) else {
        return String::new();
    };
    // Enough to find a slip; a folder of a million images is not worth the wait.
    let mut names: Vec<String> =
        entries.take(10_000).filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort_unstable();
    did_you_mean(name, names.iter().map(String::as_str))
}

/// What files about this data are called: `flowers` for `data/flowers.csv`.
pub(crate) fn stem(source: &str) -> String {
    if source == "-" {
        return "model".to_owned();
    }
    let path = Path::new(source);
    // `data.csv.gz` and the like end twice, but a folder `mnist.v1` is not a file with an ending.
    let name = if path.is_dir() { path.file_name() } else { path.file_stem() };
    let name = name.and_then(|name| name.to_str()).map(str::to_owned);
    let resolved = || path.canonicalize().ok()?.file_name()?.to_str().map(str::to_owned);
    name.or_else(resolved).unwrap_or_else(|| "model".to_owned())
}

/// A path as it is printed: what is strange in it cannot steer the terminal.
pub(crate) fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}

/// A word as a shell takes it: what is printed as a command can be copied.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./+,:=@%".contains(c);
    let word = printable(word);
    if !word.is_empty() && word.chars().all(plain) { word } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_shell() {
        assert_eq!(quoted("data/iris-2.csv"), "data/iris-2.csv");
        assert_eq!(quoted("my data.csv"), "'my data.csv'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn stems() {
        assert_eq!(stem("data/flowers.csv"), "flowers");
        assert_eq!(stem("xor-cloud"), "xor-cloud");
        assert_eq!(stem("-"), "model");
    }
}
