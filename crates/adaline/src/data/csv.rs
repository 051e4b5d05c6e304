//! CSV in and out. What a reader promises is in [`Table::from_reader`].

mod columns;
mod decode;
mod delimiter;
mod records;

use super::number::{self, Cell};
use super::table::{Lines, Table};
use crate::error::{Place, printable};
use crate::{Error, Result};
use columns::ColumnBuilder;
pub(super) use decode::utf8;
use records::{Record, Records};
use std::collections::HashSet;
use std::io::{self, BufReader, Read, Write};

/// How much of a file is looked at to find its delimiter.
const SAMPLE_BYTES: u64 = 64 * 1024;

/// More columns than any table has: a file of nothing but commas must not take a hundred times its size.
const MOST_COLUMNS: usize = 1_000_000;

/// Reads a table from a stream; only the columns stay in memory.
pub(super) fn read(reader: impl Read, source: &str) -> Result<Table> {
    let fail = |message: &str| Err(Error::data(Place::new(source), message));
    let mut reader = decode::utf8(reader).map_err(|error| read_error(source, error))?;
    let mut sample = Vec::new();
    reader.by_ref().take(SAMPLE_BYTES).read_to_end(&mut sample).map_err(|error| read_error(source, error))?;
    if sample.is_empty() {
        return fail("the file is empty; it needs a line of column names and at least one row");
    }
    if sample.starts_with(&[0x1f, 0x8b]) {
        return fail("the file is compressed with gzip; unpack it first (gunzip)");
    }
    if sample.contains(&0) {
        return fail("this is not a text file (it has a byte 0 in it); give a CSV file saved as UTF-8 text");
    }
    let delimiter = delimiter::find(&sample, (sample.len() as u64) < SAMPLE_BYTES);
    let text = BufReader::with_capacity(SAMPLE_BYTES as usize, io::Cursor::new(sample).chain(reader));
    let mut records = Records::new(text, delimiter, source);
    let mut record = Record::default();

    if !records.next(&mut record)? {
        return fail("the file holds nothing but blank lines; it needs a line of column names and at least one row");
    }
    let mut columns = header(&record, source)?;
    let mut lines = Lines::None;
    let mut rows = 0;
    while records.next(&mut record)? {
        if record.len() != columns.len() {
            return Err(ragged(&record, columns.len(), source));
        }
        for (index, column) in columns.iter_mut().enumerate() {
            column.push(cell(&record, index, source)?, record.line());
        }
        lines.push(rows, record.line());
        rows += 1;
    }
    if rows == 0 {
        return fail("the file has a header but no rows; it needs at least one");
    }
    Table::with_rows(source.to_owned(), columns.into_iter().map(ColumnBuilder::finish).collect(), lines, rows)
}

/// The names of the columns, checked.
fn header(record: &Record, source: &str) -> Result<Vec<ColumnBuilder>> {
    let place = || Place::new(source).line(record.line());
    if record.len() > MOST_COLUMNS {
        let message = format!("the header has {} columns; at most {MOST_COLUMNS} are read", record.len());
        return Err(Error::data(place(), message));
    }
    // Names like 2019 and 2020 there are, but hardly any like 5.1.
    let numbers = (0..record.len()).filter_map(|index| match number::read(cell(record, index, source).unwrap_or("")) {
        Cell::Number(x) => Some(x),
        _ => None,
    });
    let numbers: Vec<f64> = numbers.collect();
    if numbers.len() * 2 > record.len() && numbers.iter().any(|x| x.fract() != 0.0) {
        let message = "the header holds numbers, not names; put a line of column names above the rows";
        return Err(Error::data(place(), message));
    }
    let mut seen = HashSet::new();
    let mut columns = Vec::with_capacity(record.len());
    for index in 0..record.len() {
        let name = cell(record, index, source)?;
        if name.is_empty() {
            let message = format!("the name of column {} is empty; the first line must name every column", index + 1);
            return Err(Error::data(place(), message));
        }
        if !seen.insert(name) {
            let message = format!("the name \"{}\" is in the header twice; names must differ", printable(name));
            return Err(Error::data(place(), message));
        }
        columns.push(ColumnBuilder::new(name.to_owned()));
    }
    Ok(columns)
}

fn cell<'a>(record: &'a Record, index: usize, source: &str) -> Result<&'a str> {
    record.cell(index).map_err(|_| {
        let message = format!("cell {} of this row is not valid UTF-8; save the file as UTF-8", index + 1);
        Error::data(Place::new(source).line(record.line()), message)
    })
}

fn ragged(record: &Record, expected: usize, source: &str) -> Error {
    let message = format!(
        "this row has {} cell{}, but the header has {expected}; mend the row, and quote a cell that holds the delimiter",
        record.len(),
        if record.len() == 1 { "" } else { "s" }
    );
    Error::data(Place::new(source).line(record.line()), message)
}

/// What went wrong while reading: bytes that are no text are a matter of data, the rest is the machine's.
pub(super) fn read_error(source: &str, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::InvalidData {
        return Error::data(Place::new(source), error.to_string());
    }
    Error::io("read", source, error)
}

/// Writes a table with a header. Cells are quoted only where they must be.
pub(super) fn write(table: &Table, mut writer: impl Write) -> Result<()> {
    let table = &*table.with_pixel_columns()?;
    for column in table.columns() {
        column.check(table.source())?;
    }
    let mut line = String::new();
    let mut put = |line: &mut String| {
        line.push('\n');
        let written = writer.write_all(line.as_bytes());
        line.clear();
        written.map_err(|error| Error::io("write", format!("{} as CSV", table.source()), error))
    };
    for (index, name) in table.names().enumerate() {
        push_cell(&mut line, name, index > 0);
    }
    put(&mut line)?;
    for row in 0..table.rows() {
        for (index, column) in table.columns().iter().enumerate() {
            push_cell(&mut line, &column.cell(row), index > 0);
        }
        put(&mut line)?;
    }
    Ok(())
}

/// One cell of a line. What a reader would take for something else is quoted: delimiters, since they are found by
/// counting, line breaks, quotes, spaces at either end, and nothing at all.
fn push_cell(line: &mut String, cell: &str, comma: bool) {
    if comma {
        line.push(',');
    }
    let special =
        |c: char| matches!(c, '"' | '\n' | '\r') || delimiter::DELIMITERS.contains(&(c as u32 as u8)) && c.is_ascii();
    if cell.is_empty() || cell.contains(special) || cell.starts_with([' ', '\t', '\u{feff}']) || cell.ends_with(' ') {
        line.push('"');
        line.push_str(&cell.replace('"', "\"\""));
        line.push('"');
    } else {
        line.push_str(cell);
    }
}

#[cfg(test)]
mod tests;
