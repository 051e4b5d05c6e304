//! Where words go: results to stdout, everything else to stderr.

use crate::failure::{Code, Failure};
use adaline::error;
use std::io::{ErrorKind, IsTerminal, Write};

/// The manners of one run.
#[derive(Debug)]
pub(crate) struct Output {
    quiet: bool,
    verbose: bool,
}

impl Output {
    pub(crate) fn new(quiet: bool, verbose: bool) -> Self {
        Output { quiet, verbose }
    }

    /// A result: to stdout, whole, ending with a line break.
    pub(crate) fn print(&self, text: impl AsRef<str>) -> Result<(), Failure> {
        let text = text.as_ref();
        let end = if text.ends_with('\n') { "" } else { "\n" };
        self.write(text.as_bytes()).and_then(|()| self.write(end.as_bytes()))
    }

    /// A result as it is.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::ReaderGone),
            Err(error) => Err(Failure::new(Code::Machine, format!("standard output: cannot write: {error}"))),
        }
    }

    /// A result as a JSON document of one line. Numbers that are not finite are null.
    pub(crate) fn json(&self, value: &impl serde::Serialize) -> Result<(), Failure> {
        match serde_json::to_string(value) {
            Ok(text) => self.print(text),
            Err(error) => Err(Failure::new(Code::Machine, format!("cannot write JSON: {error}"))),
        }
    }

    /// What happens, for a person: to stderr, unless asked to be quiet.
    pub(crate) fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            // If stderr is closed, there is nobody to tell.
            let _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
        }
    }

    /// What is worth knowing only for who asked for more.
    pub(crate) fn detail(&self, text: impl AsRef<str>) {
        if self.verbose {
            self.note(text);
        }
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Columns and rows of the terminal that shows the results; 80 × 24 where there is none.
    pub(crate) fn size(&self) -> (usize, usize) {
        let size = std::io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
        size.map_or((80, 24), |(columns, rows)| (usize::from(columns.0), usize::from(rows.0)))
    }
}

/// Rows of cells below each other, flush right, as wide as they need.
pub(crate) fn columns(rows: &[Vec<String>]) -> String {
    aligned(rows, |cell, width| format!("{:blanks$}{cell}", "", blanks = width.saturating_sub(error::columns(cell))))
}

/// Rows of cells below each other, flush left.
pub(crate) fn left(rows: &[Vec<String>]) -> String {
    aligned(rows, error::padded)
}

fn aligned(rows: &[Vec<String>], pad: impl Fn(&str, usize) -> String) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| error::columns(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| pad(cell, *width)).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
