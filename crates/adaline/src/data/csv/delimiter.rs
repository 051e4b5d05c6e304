//! Finds the delimiter: comma, semicolon, tab or `|`.
//!
//! Each is tried on the beginning of the text with the real scanner, so that what stands inside quotes does not count.
//! One that leaves the header in a single cell is out. Of the others, the one with which most records have as many
//! cells as the header wins; then the one that makes the most cells; then the first of the list. With none left, the
//! table has one column.

use super::records::{Record, Records};

pub(super) const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Finds the delimiter of a text from its beginning. `whole` says that this is all of it.
pub(super) fn find(sample: &[u8], whole: bool) -> u8 {
    let mut best = (b',', 0.0, 1);
    for delimiter in DELIMITERS {
        let Some((cells, share)) = try_delimiter(sample, whole, delimiter) else { continue };
        if cells > 1 && (share, cells) > (best.1, best.2) {
            best = (delimiter, share, cells);
        }
    }
    best.0
}

/// The header's cells, and the share of the records that have as many.
fn try_delimiter(sample: &[u8], whole: bool, delimiter: u8) -> Option<(usize, f64)> {
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
    let agreeing = sizes.iter().filter(|&&size| size == cells).count();
    Some((cells, agreeing as f64 / sizes.len() as f64))
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
            // The header has both: the one whose records agree wins.
            ("name, first;age\nLee, Ann;3\nKim;4\n", b';'),
        ] {
            assert_eq!(find(text.as_bytes(), true) as char, delimiter as char, "{text:?}");
        }
    }
}
