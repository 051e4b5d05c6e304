//! Cuts a text into records and cells, as RFC 4180 has it, in one pass over the bytes.
//!
//! It is our own and not the `csv` crate's because two things are promised that the crate does not tell: the true line
//! of every record (with blank lines, lines ended by CR LF, and line breaks inside quotes), and where a quote opened
//! that is never closed. A second scanner beside the crate's would walk through the same states and would have to agree
//! with it for ever; the tests do compare the two on what both can read.

use crate::error::Place;
use crate::{Error, Result};
use std::io::BufRead;

/// One record: its cells one after the other.
#[derive(Debug, Default)]
pub(super) struct Record {
    bytes: Vec<u8>,
    /// Where each cell ends, and whether it was quoted.
    ends: Vec<(usize, bool)>,
    line: u64,
}

impl Record {
    /// The line on which the record begins, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// How many cells it has.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A cell's text. Spaces around a cell without quotes are not part of it.
    pub(super) fn cell(&self, index: usize) -> Result<&str, std::str::Utf8Error> {
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| end.0);
        let (end, quoted) = self.ends.get(index).copied().unwrap_or((start, false));
        let text = std::str::from_utf8(&self.bytes[start..end])?;
        Ok(if quoted { text } else { text.trim_matches([' ', '\t']) })
    }

    fn clear(&mut self, line: u64) {
        self.bytes.clear();
        self.ends.clear();
        self.line = line;
    }

    fn end_cell(&mut self, quoted: bool) {
        self.ends.push((self.bytes.len(), quoted));
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// Between two records: blank lines are passed over here.
    RecordStart,
    CellStart,
    Bare,
    Quoted,
    /// Just after a quote inside a quoted cell: its end, or the first half of a doubled quote.
    QuoteInQuoted,
}

/// The records of a text.
pub(super) struct Records<'a, R> {
    reader: R,
    delimiter: u8,
    source: &'a str,
    state: State,
    /// The line that the next byte stands on.
    line: u64,
    /// The last byte was a CR, so that an LF right after it begins no line of its own.
    after_cr: bool,
    quote_opened: u64,
    stray_quotes: bool,
}

impl<'a, R: BufRead> Records<'a, R> {
    pub(super) fn new(reader: R, delimiter: u8, source: &'a str) -> Self {
        Records {
            reader,
            delimiter,
            source,
            state: State::RecordStart,
            line: 1,
            after_cr: false,
            quote_opened: 0,
            stray_quotes: false,
        }
    }

    /// Whether a quote has stood where RFC 4180 has none: within a cell that does not begin with one, or before text.
    pub(super) fn had_stray_quotes(&self) -> bool {
        self.stray_quotes
    }

    /// Reads the next record into `record`; false at the end of the text.
    pub(super) fn next(&mut self, record: &mut Record) -> Result<bool> {
        record.clear(self.line);
        loop {
            let chunk = match self.reader.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(super::read_error(self.source, error)),
            };
            if chunk.is_empty() {
                return self.end_of_text(record);
            }
            // The fields are copied into locals, or the borrow of the chunk would forbid touching them.
            let (mut state, mut line, mut after_cr) = (self.state, self.line, self.after_cr);
            let mut used = 0;
            let mut complete = false;
            for &byte in chunk {
                used += 1;
                let is_line_feed_of_cr_lf = byte == b'\n' && after_cr;
                after_cr = byte == b'\r';
                if is_line_feed_of_cr_lf && state != State::Quoted {
                    continue;
                }
                match state {
                    State::RecordStart | State::CellStart => {
                        if state == State::RecordStart {
                            record.line = line;
                        }
                        match byte {
                            b'"' => {
                                state = State::Quoted;
                                self.quote_opened = line;
                            }
                            b'\n' | b'\r' if state == State::RecordStart => {}
                            b'\n' | b'\r' => {
                                record.end_cell(false);
                                complete = true;
                            }
                            byte if byte == self.delimiter => {
                                record.end_cell(false);
                                state = State::CellStart;
                            }
                            byte => {
                                record.bytes.push(byte);
                                state = State::Bare;
                            }
                        }
                    }
                    State::Bare => match byte {
                        b'\n' | b'\r' => {
                            record.end_cell(false);
                            complete = true;
                        }
                        byte if byte == self.delimiter => {
                            record.end_cell(false);
                            state = State::CellStart;
                        }
                        byte => {
                            self.stray_quotes |= byte == b'"';
                            record.bytes.push(byte);
                        }
                    },
                    State::Quoted => match byte {
                        b'"' => state = State::QuoteInQuoted,
                        byte => record.bytes.push(byte),
                    },
                    State::QuoteInQuoted => match byte {
                        b'"' => {
                            record.bytes.push(b'"');
                            state = State::Quoted;
                        }
                        b'\n' | b'\r' => {
                            record.end_cell(true);
                            complete = true;
                        }
                        byte if byte == self.delimiter => {
                            record.end_cell(true);
                            state = State::CellStart;
                        }
                        _ => {
                            self.stray_quotes = true;
                            let message = format!(
                                "a quote opens here and closes on line {line}, but text follows the closing quote; close \
                                 the quote at the end of its cell, and write a quote inside a quoted cell twice (\"\")"
                            );
                            return Err(Error::data(Place::new(self.source).line(self.quote_opened), message));
                        }
                    },
                }
                if byte == b'\r' || (byte == b'\n' && !is_line_feed_of_cr_lf) {
                    line += 1;
                }
                if complete {
                    state = State::RecordStart;
                    break;
                }
            }
            self.reader.consume(used);
            (self.state, self.line, self.after_cr) = (state, line, after_cr);
            if complete {
                return Ok(true);
            }
        }
    }

    /// The text may end without a line break after its last record.
    fn end_of_text(&mut self, record: &mut Record) -> Result<bool> {
        match self.state {
            State::RecordStart => return Ok(false),
            State::Quoted => {
                let message = "a quote opens here and is never closed; close it, or write a quote inside a quoted cell \
                               twice (\"\")";
                return Err(Error::data(Place::new(self.source).line(self.quote_opened), message));
            }
            State::QuoteInQuoted => record.end_cell(true),
            State::CellStart | State::Bare => record.end_cell(false),
        }
        self.state = State::RecordStart;
        Ok(true)
    }
}
