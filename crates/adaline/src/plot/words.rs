//! Names as they may be shown: without control characters, and how many terminal columns they take.

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
    match u32::from(c) {
        0..=0x1f | 0x7f..=0x9f => 0,
        // combining marks, zero-width characters, variation selectors, Hangul vowels and finals that join a syllable
        0x300..=0x36f | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe20..=0xfe2f => 0,
        0x200b..=0x200f | 0x2060..=0x2064 | 0xfe00..=0xfe0f | 0xe0100..=0xe01ef | 0x1160..=0x11ff => 0,
        // Hangul, Chinese characters, kana, full-width forms
        0x1100..=0x115f | 0x2e80..=0x303e | 0x3041..=0x33ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff => 2,
        0xa000..=0xa4cf | 0xa960..=0xa97f | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe4f => 2,
        0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x20000..=0x3fffd => 2,
        // emoji
        0x1f300..=0x1f64f | 0x1f680..=0x1f6ff | 0x1f900..=0x1faff => 2,
        _ => 1,
    }
}

/// The columns that a text takes in a terminal.
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
