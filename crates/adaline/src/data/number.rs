//! What a cell of a text file holds: a number, a word, or something that only looks like a number.

/// A cell, read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell {
    /// A finite number.
    Number(f64),
    /// Nothing: a missing value.
    Empty,
    /// "NaN": a missing value, too.
    NotANumber,
    /// "inf" and its kin.
    Infinite,
    /// Digits that make a number beyond 1.8 · 10³⁰⁸.
    TooLarge,
    /// Anything else.
    Word,
}

/// Reads a cell as Rust reads an f64 (`-1.5`, `.5`, `2e-3`), with spaces around it allowed, but without letting the
/// words for infinity and NaN through as numbers.
pub(super) fn read(text: &str) -> Cell {
    let text = text.trim_matches([' ', '\t']);
    if text.is_empty() {
        return Cell::Empty;
    }
    // Pixels and counts: a few digits need no parser.
    if text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cell::Number(f64::from(text.bytes().fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0'))));
    }
    match text.parse::<f64>() {
        Err(_) => Cell::Word,
        Ok(x) if x.is_finite() => Cell::Number(x),
        Ok(x) if x.is_nan() => Cell::NotANumber,
        Ok(_) if text.contains(|c: char| c.is_ascii_digit()) => Cell::TooLarge,
        Ok(_) => Cell::Infinite,
    }
}

/// A number for a message: very large and very small ones with an exponent, and not with hundreds of zeroes.
pub(super) fn shown(x: f64) -> String {
    if x == 0.0 || (1e-5..1e15).contains(&x.abs()) { x.to_string() } else { format!("{x:e}") }
}

/// What is wrong with a cell that should hold a number, and how to mend it; `None` where it does hold one.
pub(super) fn complaint(text: &str) -> Option<String> {
    let shown = crate::error::printable(text.trim());
    let shown = if shown.chars().count() > 40 { shown.chars().take(40).chain(['…']).collect() } else { shown };
    match read(text) {
        Cell::Number(_) => None,
        Cell::Empty => Some(EMPTY.to_owned()),
        Cell::NotANumber => Some(format!(
            "\"{shown}\" is a missing value, and missing values are not supported; fill it in, remove the row, or leave \
             the column out (--exclude)"
        )),
        Cell::Infinite => Some(format!("\"{shown}\" is not finite; write a finite number or remove the row")),
        Cell::TooLarge => Some(format!(
            "{shown} is more than a number can hold (1.8e308); mend the cell, or measure in a larger unit"
        )),
        Cell::Word if is_decimal_comma(&shown) && shown.len() - shown.find(',').unwrap_or(0) == 4 => Some(format!(
            "\"{shown}\" has a comma: if it separates thousands leave it out ({}), if it is a decimal comma write a point ({})",
            shown.replacen(',', "", 1),
            shown.replacen(',', ".", 1)
        )),
        Cell::Word if is_decimal_comma(&shown) => {
            Some(format!("\"{shown}\" has a decimal comma; write {} with a point", shown.replacen(',', ".", 1)))
        }
        Cell::Word => Some(format!("\"{shown}\" is not a number; mend the cell or remove the row")),
    }
}

/// The complaint about a cell with nothing in it.
pub(super) const EMPTY: &str = "the cell is empty, and missing values are not supported; fill it in, remove the row, or \
                                leave the column out (--exclude)";

/// Whether a word would be a number if its one comma were a point: `5,1`.
pub(super) fn is_decimal_comma(text: &str) -> bool {
    text.matches(',').count() == 1
        && !text.contains('.')
        && matches!(read(&text.replacen(',', ".", 1)), Cell::Number(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_what_only_looks_like_them() {
        for (text, cell) in [
            ("5.1", Cell::Number(5.1)),
            (" -3 ", Cell::Number(-3.0)),
            ("+.5", Cell::Number(0.5)),
            ("007", Cell::Number(7.0)),
            ("255", Cell::Number(255.0)),
            ("2e-3", Cell::Number(0.002)),
            ("1e-999", Cell::Number(0.0)),
            ("", Cell::Empty),
            ("  ", Cell::Empty),
            ("NaN", Cell::NotANumber),
            ("-nan", Cell::NotANumber),
            ("inf", Cell::Infinite),
            ("-Infinity", Cell::Infinite),
            ("1e999", Cell::TooLarge),
            ("5,1", Cell::Word),
            ("0x10", Cell::Word),
            ("1_000", Cell::Word),
            ("setosa", Cell::Word),
        ] {
            assert_eq!(read(text), cell, "{text:?}");
            assert_eq!(complaint(text).is_none(), matches!(cell, Cell::Number(_)), "{text:?}");
        }
    }

    #[test]
    fn a_message_holds_no_hundred_zeroes() {
        for (x, text) in [(1e300, "1e300"), (-2.5e-9, "-2.5e-9"), (0.0, "0"), (150000.0, "150000"), (0.25, "0.25")] {
            assert_eq!(shown(x), text);
        }
    }

    #[test]
    fn a_decimal_comma_is_recognised() {
        assert!(is_decimal_comma("5,1") && is_decimal_comma("-0,25"));
        assert!(!is_decimal_comma("5") && !is_decimal_comma("1,2,3") && !is_decimal_comma("a,b"));
        assert_eq!(complaint("5,1").unwrap(), "\"5,1\" has a decimal comma; write 5.1 with a point");
    }
}
