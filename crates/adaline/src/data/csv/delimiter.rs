//! Finds the delimiter: comma, semicolon, tab or `|`.
//!
//! Each is tried on the beginning of the text with the real scanner, so that what stands inside quotes does not count.
//! One that leaves the header in a single cell is out. Of the others one that leaves no quote in the middle of a cell
//! wins (the true delimiter of a file that follows RFC 4180 leaves none, and any other leaves some if the true one is
//! in its quotes); then the one with which most records have as many cells as the header; then the one that makes the
//! most cells; then the first of the list. With none left, the table has one column.

use super::records::{Record, Records};

pub(super) const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Finds the delimiter of a text from its beginning. `whole` says that this is all of it.
pub(super) fn find(sample: &[u8], whole: bool) -> u8 {
    let mut best = (b',', None);
    for delimiter in DELIMITERS {
        let trial = try_delimiter(sample, whole, delimiter);
        if trial.is_some() && trial > best.1 {
            best = (delimiter, trial);
        }
    }
    best.0
}

/// How well a delimiter does; more is better, the first field counts most.
#[derive(Debug, PartialEq, PartialOrd)]
struct Trial {
    no_stray_quotes: bool,
    /// The share of the records with as many cells as the header.
    agreeing: f64,
    /// The header's cells.
    cells: usize,
}

fn try_delimiter(sample: &[u8], whole: bool, delimiter: u8) -> Option<Trial> {
    let mut records = Records::new(sample, delimiter, "");
    let mut record = Record::default();
    let mut sizes = Vec::new();
    while let Ok(true) = records.next(&mut record) {
        sizes.push(record.len());
    }
    if !whole && sizes.len() > 1 {
        sizes.pop(); // The sample may have cut the last record in two.
    }
    let cells = *sizes.first()?;
    let agreeing = sizes.iter().filter(|&&size| size == cells).count() as f64 / sizes.len() as f64;
    (cells > 1).then_some(Trial { no_stray_quotes: !records.had_stray_quotes(), agreeing, cells })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_found() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2,5\n", b';'),
            ("a\tb\n1\t2\n", b'\t'),
            ("a|b\n1|2\n", b'|'),
            ("a\n1\n", b','),
            ("", b','),
            // What is quoted does not count, and neither does a delimiter in the cells alone.
            ("\"a;b;c\",d\n\"1;2;3\",4\n", b','),
            ("a,b\n1;2;3,4\n5;6;7,8\n", b','),
            // With a semicolon this would be one record of three cells, but for the quote in the middle of the first.
            ("a,\";\"\n3.5,\";.a\"\n", b','),
            // The header has both: the one whose records agree wins.
            ("name, first;age\nLee, Ann;3\nKim;4\n", b';'),
        ] {
            assert_eq!(find(text.as_bytes(), true) as char, delimiter as char, "{text:?}");
        }
    }
}
