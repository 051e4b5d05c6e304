//! Names as they may be shown: without control characters, and how many terminal columns they take.

use unicode_width::UnicodeWidthChar;

/// A name on one line: control characters and the bidirectional controls are dropped, line breaks become spaces.
/// Names come from a user's file, and a picture is the wrong place for what steers a terminal or an XML reader.
pub(super) fn clean(name: &str) -> String {
    let mut out = String::with_capacity(name.len().min(LONGEST * 4));
    for c in name.chars().take(LONGEST) {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() || is_unsafe(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// No label on a picture needs more letters than this; a name of a megabyte must not make a picture of one.
const LONGEST: usize = 400;

/// Bidirectional controls, line separators, and what XML 1.0 does not allow.
fn is_unsafe(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// The columns that a letter takes in a terminal: 0 for what combines, 2 for the wide scripts and emoji.
pub(super) fn columns_of(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The columns that a text takes, letter by letter, as the canvas sets it.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// The text, cut with `…` so that it takes at most `room` columns.
pub(super) fn fit(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let mut used = 1; // the ellipsis
    let mut out = String::new();
    for c in text.chars() {
        used += columns_of(c);
        if used > room {
            break;
        }
        out.push(c);
    }
    if room > 0 {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_stays() {
        assert_eq!(clean("a\u{1b}[2Jb\u{202e}c\u{0}\nd\u{9b}"), "a[2Jbc d");
        assert_eq!(clean(&"x".repeat(5000)).len(), LONGEST);
    }

    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!(columns("붓꽃 a"), 6);
        assert_eq!(columns("e\u{301}"), 1);
        assert_eq!(fit("붓꽃붓꽃", 5), "붓꽃…");
        assert_eq!(fit("붓꽃붓꽃", 4), "붓…");
        assert_eq!(fit("abc", 0), "");
    }
}
