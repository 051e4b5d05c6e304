//! Tells numeric columns from text columns while a file streams by.
//!
//! The first [`UNDECIDED_ROWS`] cells of a column are kept as text. Then, or at the end of the file, it is decided:
//!
//! * no words: the column is numeric, stored in bytes while every number is whole and from 0 to 255;
//! * at least nine cells in ten are numbers, and some are words: the words are taken for slips, and using the column is
//!   an error that names the first;
//! * every word is a number with a decimal comma: using the column is an error, too;
//! * otherwise the column is text.
//!
//! A column decided to be numeric stays so: a word on line 90,001 is a slip, however many follow.

use super::super::column::{Column, Fault, TextBuilder, Values};
use super::super::number::{self, Cell};

/// How many rows are looked at before a column's type is settled.
const UNDECIDED_ROWS: usize = 65_536;

/// Collects one column.
pub(super) struct ColumnBuilder {
    name: String,
    state: State,
}

enum State {
    Undecided(Undecided),
    /// Nothing but whole numbers from 0 to 255 so far.
    Bytes(Vec<u8>),
    Numbers(Vec<f64>),
    Text(TextBuilder),
    /// Numbers and blank cells; the fault is the first blank one.
    Gapped(Vec<Option<f64>>, Fault),
    Faulty(Fault),
}

/// Cells as text, each with its length before it, and what they look like so far.
#[derive(Default)]
struct Undecided {
    cells: Vec<u8>,
    rows: usize,
    numbers: usize,
    blanks: usize,
    words: usize,
    /// How many of the words would be numbers but for a decimal comma.
    decimal_commas: usize,
    /// The first cell that is no number, and the first that is missing.
    first_odd: Option<Fault>,
    first_missing: Option<Fault>,
    /// The first cell that is neither a number nor blank.
    first_word: Option<(Option<u64>, String)>,
}

impl ColumnBuilder {
    pub(super) fn new(name: String) -> Self {
        ColumnBuilder { name, state: State::Undecided(Undecided::default()) }
    }

    /// Adds the next cell.
    pub(super) fn push(&mut self, cell: &str, line: u64) {
        match &mut self.state {
            State::Undecided(undecided) => {
                undecided.push(cell, line);
                if undecided.rows == UNDECIDED_ROWS {
                    self.decide();
                }
            }
            State::Bytes(_) | State::Numbers(_) => match number::read(cell) {
                Cell::Number(x) => self.state.push_number(x),
                Cell::Empty => self.state = std::mem::replace(&mut self.state, State::Bytes(Vec::new())).gap(line),
                _ => self.state = State::Faulty(odd_cell(cell, line)),
            },
            State::Gapped(cells, fault) => match number::read(cell) {
                Cell::Number(x) => cells.push(Some(x)),
                Cell::Empty => cells.push(None),
                _ => {
                    let odd = odd_cell(cell, line);
                    self.state = State::Faulty(Fault { odd: Some((odd.line, odd.message)), ..fault.clone() });
                }
            },
            State::Text(builder) => match missing_in_text(cell, line) {
                None => builder.push(cell),
                Some(fault) => self.state = State::Faulty(fault),
            },
            State::Faulty(_) => {}
        }
    }

    fn decide(&mut self) {
        if let State::Undecided(undecided) = &mut self.state {
            self.state = std::mem::take(undecided).decide();
        }
    }

    /// The finished column.
    pub(super) fn finish(mut self) -> Column {
        self.decide();
        match self.state {
            State::Bytes(values) => Column::new(self.name, Values::Bytes(values)),
            State::Numbers(values) => Column::new(self.name, Values::Numbers(values)),
            State::Text(builder) => Column::new(self.name, Values::Text(builder.finish())),
            State::Gapped(cells, fault) => Column::gapped(self.name, cells, fault),
            State::Faulty(fault) => Column::faulty(self.name, fault),
            State::Undecided(_) => Column::new(self.name, Values::Numbers(Vec::new())),
        }
    }
}

impl State {
    /// A numeric column that has met its first blank cell.
    fn gap(self, line: u64) -> State {
        let mut cells: Vec<Option<f64>> = match self {
            State::Bytes(bytes) => bytes.into_iter().map(|byte| Some(f64::from(byte))).collect(),
            State::Numbers(numbers) => numbers.into_iter().map(Some).collect(),
            other => return other,
        };
        cells.push(None);
        State::Gapped(cells, odd_cell("", line))
    }

    /// Adds a number to a numeric column.
    fn push_number(&mut self, x: f64) {
        match self {
            State::Bytes(bytes) => {
                let byte = x as u8;
                // Compared by bits, or -0 would lose its sign.
                if f64::from(byte).to_bits() == x.to_bits() {
                    bytes.push(byte);
                } else {
                    let mut numbers = Vec::with_capacity(bytes.capacity());
                    numbers.extend(bytes.iter().map(|&byte| f64::from(byte)));
                    numbers.push(x);
                    *self = State::Numbers(numbers);
                }
            }
            State::Numbers(numbers) => numbers.push(x),
            _ => {}
        }
    }
}

impl Undecided {
    fn push(&mut self, cell: &str, line: u64) {
        self.rows += 1;
        let kind = number::read(cell);
        match kind {
            Cell::Number(_) => self.numbers += 1,
            Cell::Empty => self.blanks += 1,
            Cell::Word => {
                self.words += 1;
                self.decimal_commas += usize::from(number::is_decimal_comma(cell));
            }
            _ => {}
        }
        if !matches!(kind, Cell::Number(_)) {
            if self.first_odd.is_none() {
                self.first_odd = Some(odd_cell(cell, line));
            }
            if self.first_missing.is_none() {
                self.first_missing = missing_in_text(cell, line);
            }
            if self.first_word.is_none() && kind != Cell::Empty {
                let odd = odd_cell(cell, line);
                self.first_word = Some((odd.line, odd.message));
            }
        }
        // A length below 255 is one byte; a longer one follows as eight.
        match u8::try_from(cell.len()) {
            Ok(len) if len < u8::MAX => self.cells.push(len),
            _ => {
                self.cells.push(u8::MAX);
                self.cells.extend((cell.len() as u64).to_le_bytes());
            }
        }
        self.cells.extend(cell.as_bytes());
    }

    fn decide(self) -> State {
        let word = self.first_word;
        let with_word = |fault: Fault| State::Faulty(Fault { odd: word.clone(), ..fault });
        match self.first_odd {
            None => {
                let mut state = State::Bytes(Vec::with_capacity(self.rows));
                each_cell(&self.cells, |cell| {
                    if let Cell::Number(x) = number::read(cell) {
                        state.push_number(x);
                    }
                });
                state
            }
            Some(fault) if self.numbers + self.blanks == self.rows => {
                let mut cells = Vec::with_capacity(self.rows);
                each_cell(&self.cells, |cell| {
                    cells.push(match number::read(cell) {
                        Cell::Number(x) => Some(x),
                        _ => None,
                    });
                });
                State::Gapped(cells, fault)
            }
            Some(fault) if self.words == 0 => with_word(fault),
            Some(mut fault) if self.words.saturating_mul(9) <= self.numbers => {
                let all = self.numbers + self.words;
                fault.message.push_str(&format!(
                    " ({} of the first {all} cells of this column are numbers, so it is taken for a numeric one)",
                    self.numbers
                ));
                with_word(fault)
            }
            Some(fault) if self.decimal_commas == self.words => with_word(fault),
            Some(_) => match self.first_missing {
                Some(fault) => with_word(fault),
                None => {
                    let mut builder = TextBuilder::default();
                    each_cell(&self.cells, |cell| builder.push(cell));
                    State::Text(builder)
                }
            },
        }
    }
}

/// Calls `visit` with each cell of [`Undecided::cells`], in order.
fn each_cell(mut cells: &[u8], mut visit: impl FnMut(&str)) {
    while let Some((&short, mut rest)) = cells.split_first() {
        let mut len = usize::from(short);
        if short == u8::MAX
            && let Some((long, after)) = rest.split_first_chunk::<8>()
        {
            len = u64::from_le_bytes(*long) as usize;
            rest = after;
        }
        let (cell, after) = rest.split_at(len.min(rest.len()));
        visit(std::str::from_utf8(cell).unwrap_or_default());
        cells = after;
    }
}

fn odd_cell(cell: &str, line: u64) -> Fault {
    Fault { line: Some(line), message: number::complaint(cell).unwrap_or_default(), odd: None }
}

/// In a text column, "inf" is a word like any other, but nothing and "NaN" are missing values.
fn missing_in_text(cell: &str, line: u64) -> Option<Fault> {
    match number::read(cell) {
        Cell::Empty => Some(Fault { line: Some(line), message: number::EMPTY.to_owned(), odd: None }),
        Cell::NotANumber => Some(odd_cell(cell, line)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(cells: &[&str]) -> Column {
        let mut builder = ColumnBuilder::new("x".to_owned());
        for (row, cell) in cells.iter().enumerate() {
            builder.push(cell, row as u64 + 2);
        }
        builder.finish()
    }

    fn complaint(cells: &[&str]) -> String {
        column(cells).check("f.csv").unwrap_err().to_string()
    }

    #[test]
    fn numbers_and_words_are_told_apart() {
        assert_eq!(column(&["1", "2.5"]).values(), &Values::Numbers(vec![1.0, 2.5]));
        let Values::Text(text) = column(&["1", "b", "1", "007"]).values().clone() else { panic!() };
        assert_eq!(text.words(), ["1", "b", "007"]);
        assert_eq!(text.codes(), [0, 1, 0, 2]);
        assert_eq!(column(&["0", "255"]).values(), &Values::Bytes(vec![0, 255]));
        assert_eq!(column(&["0", "256"]).values(), &Values::Numbers(vec![0.0, 256.0]));
        let signs: Vec<u64> = (0..2).filter_map(|row| column(&["1", "-0"]).number(row)).map(f64::to_bits).collect();
        assert_eq!(signs, [1f64.to_bits(), (-0f64).to_bits()]);
        // A word of 300 bytes takes the long form of a length.
        let long = "w".repeat(300);
        let Values::Text(text) = column(&[&long, "b"]).values().clone() else { panic!() };
        assert_eq!(text.words(), [long.as_str(), "b"]);
    }

    #[test]
    fn a_few_words_among_numbers_are_slips() {
        let mut cells = vec!["1"; 9];
        cells.push("oops");
        let message = complaint(&cells);
        assert!(message.starts_with("f.csv:11: column \"x\": \"oops\" is not a number"), "{message}");
        cells.pop();
        cells.pop();
        cells.push("no slip");
        assert!(column(&cells).check("f.csv").is_ok());
    }

    #[test]
    fn missing_and_infinite_cells_name_their_line() {
        for cell in ["", "NaN", "inf", "1e999"] {
            let message = complaint(&["1", cell, "2"]);
            assert!(message.starts_with("f.csv:3: column \"x\": "), "{message}");
        }
        for cell in ["", "nan"] {
            let message = complaint(&["a", "b", cell]);
            assert!(message.starts_with("f.csv:4: column \"x\": "), "{message}");
        }
        assert!(column(&["a", "inf", "1e999"]).check("f.csv").is_ok());
    }

    #[test]
    fn a_settled_column_keeps_its_type() {
        let mut cells = vec!["1"; 90_000];
        cells.resize(200_000, "word");
        assert!(complaint(&cells).starts_with("f.csv:90002: column \"x\": \"word\" is not a number"));
        // A column that is settled as bytes may still get other numbers.
        let mut cells = vec!["1"; 90_000];
        cells.push("0.5");
        assert_eq!(column(&cells).number(90_000), Some(0.5));
        let mut cells = vec!["word"; 90_000];
        cells.resize(200_000, "1");
        assert!(matches!(column(&cells).values(), Values::Text(_)));
    }
}
