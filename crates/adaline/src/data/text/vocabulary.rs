//! The characters that a model of text knows.

use crate::error::printable;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The characters that a model of text knows, each with its number, and behind them one entry for every other.
///
/// Fitted on a text, the characters are sorted by their code points. In JSON it is the string of the characters.
///
/// ```
/// use adaline::data::Vocabulary;
/// # fn main() -> adaline::Result<()> {
/// let vocabulary = Vocabulary::new("abc가".chars())?;
/// assert_eq!((vocabulary.code('b'), vocabulary.character(3)), (1, Some('가')));
/// assert_eq!((vocabulary.len(), vocabulary.code('?'), vocabulary.character(4)), (5, 4, None));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Vocabulary {
    characters: Vec<char>,
    codes: HashMap<char, u32>,
    /// The characters as words, and U+FFFD for all others: what a report calls them.
    names: Vec<String>,
}

/// Most characters that are known: an output layer has a unit for each. The rarest are left to the unknown.
const MOST: usize = 8_192;

/// Stands for every character that is not known. It is never one itself.
const UNKNOWN: char = char::REPLACEMENT_CHARACTER;

impl Vocabulary {
    /// These characters in this order.
    ///
    /// Fails when there are none or more than 8,192, when one is there twice, and when U+FFFD is among them, which stands
    /// for the unknown.
    pub fn new(characters: impl IntoIterator<Item = char>) -> crate::Result<Self> {
        let text: String = characters.into_iter().collect();
        Vocabulary::try_from(text).map_err(|message| crate::Error::shape("vocabulary", message))
    }

    /// The characters of a text, each with how often it is there: sorted, beyond the cap only the most frequent.
    pub(super) fn of_counts(mut counts: Vec<(char, usize)>) -> Self {
        counts.retain(|&(character, count)| count > 0 && character != UNKNOWN);
        counts.sort_unstable_by_key(|&(character, count)| (std::cmp::Reverse(count), character));
        counts.truncate(MOST);
        let mut characters: Vec<char> = counts.into_iter().map(|(character, _)| character).collect();
        characters.sort_unstable();
        characters.dedup();
        Vocabulary::of(characters)
    }

    fn of(characters: Vec<char>) -> Self {
        let codes = characters.iter().copied().zip(0..).collect();
        let names = characters.iter().chain([&UNKNOWN]).map(char::to_string).collect();
        Vocabulary { characters, codes, names }
    }

    /// How many entries there are, that of the unknown included.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether no character is known, which no vocabulary is made with.
    pub fn is_empty(&self) -> bool {
        self.characters.is_empty()
    }

    /// The number of a character; that of the unknown for one that is not known.
    pub fn code(&self, character: char) -> u32 {
        self.codes.get(&character).copied().unwrap_or(self.unknown())
    }

    /// The number that stands for all unknown characters, the last.
    pub fn unknown(&self) -> u32 {
        self.characters.len() as u32
    }

    /// Whether a character is known.
    pub fn knows(&self, character: char) -> bool {
        self.codes.contains_key(&character)
    }

    /// The character of a number; `None` for the unknown and beyond.
    pub fn character(&self, code: u32) -> Option<char> {
        self.characters.get(code as usize).copied()
    }

    /// The characters that are known, in the order of their numbers.
    pub fn characters(&self) -> &[char] {
        &self.characters
    }

    /// The characters as words, and `"\u{fffd}"` for the unknown at the end.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

impl TryFrom<String> for Vocabulary {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let characters: Vec<char> = text.chars().take(MOST + 1).collect();
        if characters.is_empty() || characters.len() > MOST {
            return Err(format!("a vocabulary has 1 to {MOST} characters"));
        }
        let mut seen = std::collections::HashSet::new();
        if let Some(&twice) = characters.iter().find(|&&character| !seen.insert(character)) {
            return Err(format!("the character \"{}\" is in the vocabulary twice", printable(&twice.to_string())));
        }
        if characters.contains(&UNKNOWN) {
            return Err("U+FFFD stands for the unknown and cannot be in the vocabulary".to_owned());
        }
        Ok(Vocabulary::of(characters))
    }
}

impl From<Vocabulary> for String {
    fn from(vocabulary: Vocabulary) -> Self {
        vocabulary.characters.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rarest_are_left_out() {
        let all = (0..MOST as u32 + 50).filter_map(char::from_u32).map(|c| (c, if (c as u32) < 20 { 1 } else { 9 }));
        let vocabulary = Vocabulary::of_counts(all.collect());
        assert_eq!(vocabulary.len(), MOST + 1);
        // Of equals the first stay.
        assert!(!vocabulary.knows('\u{1}') && vocabulary.knows('\u{20}'));
        assert!(vocabulary.characters().is_sorted());
        assert_eq!(vocabulary.code('\u{1}'), vocabulary.unknown());
    }

    #[test]
    fn every_number_is_that_of_its_character() {
        let vocabulary = Vocabulary::of_counts(vec![('나', 2), ('a', 1), (UNKNOWN, 7), ('\n', 3), ('z', 0)]);
        assert_eq!(vocabulary.characters(), ['\n', 'a', '나']);
        for (code, &character) in (0..).zip(vocabulary.characters()) {
            assert_eq!((vocabulary.code(character), vocabulary.character(code)), (code, Some(character)));
        }
        assert_eq!((vocabulary.code(UNKNOWN), vocabulary.unknown(), vocabulary.character(3)), (3, 3, None));
        let json = serde_json::to_string(&vocabulary).unwrap();
        assert_eq!(json, "\"\\na나\"");
        assert_eq!(serde_json::from_str::<Vocabulary>(&json).unwrap(), vocabulary);
        for bad in ["\"\"", "\"aa\"", "\"a\u{fffd}\"", "[]"] {
            assert!(serde_json::from_str::<Vocabulary>(bad).is_err(), "{bad}");
        }
    }
}
