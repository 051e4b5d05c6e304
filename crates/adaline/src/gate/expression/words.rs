//! The words of an expression: names, constants, operators, parentheses.

use super::Operator;
use crate::error::printable;
use crate::{Error, Result};

/// The operators that are words, for "did you mean".
pub(super) const OPERATORS: [&str; 9] = ["and", "nand", "or", "nor", "xor", "xnor", "not", "implies", "iff"];

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Name,
    Constant(bool),
    Not,
    Operator(Operator),
    Open,
    Close,
}

/// A word, and the byte where it starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    pub token: Token,
    pub text: &'a str,
    pub at: usize,
}

/// Longer symbols before their beginnings.
const SYMBOLS: [(&str, Token); 28] = [
    ("<->", Token::Operator(Operator::Iff)),
    ("<=>", Token::Operator(Operator::Iff)),
    ("↔", Token::Operator(Operator::Iff)),
    ("⇔", Token::Operator(Operator::Iff)),
    ("->", Token::Operator(Operator::Implies)),
    ("=>", Token::Operator(Operator::Implies)),
    ("→", Token::Operator(Operator::Implies)),
    ("⇒", Token::Operator(Operator::Implies)),
    ("==", Token::Operator(Operator::Xnor)),
    ("!=", Token::Operator(Operator::Xor)),
    ("^", Token::Operator(Operator::Xor)),
    ("⊕", Token::Operator(Operator::Xor)),
    ("&&", Token::Operator(Operator::And)),
    ("&", Token::Operator(Operator::And)),
    ("*", Token::Operator(Operator::And)),
    ("·", Token::Operator(Operator::And)),
    ("∧", Token::Operator(Operator::And)),
    ("⊼", Token::Operator(Operator::Nand)),
    ("||", Token::Operator(Operator::Or)),
    ("|", Token::Operator(Operator::Or)),
    ("+", Token::Operator(Operator::Or)),
    ("∨", Token::Operator(Operator::Or)),
    ("⊽", Token::Operator(Operator::Nor)),
    ("!", Token::Not),
    ("~", Token::Not),
    ("¬", Token::Not),
    ("(", Token::Open),
    (")", Token::Close),
];

/// Cuts a text into words. Fails at the first character that begins none.
pub(super) fn split(text: &str) -> Result<Vec<Word<'_>>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        let (token, len) = if let Some((symbol, token)) = SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
            (*token, symbol.len())
        } else if first.is_alphanumeric() || first == '_' {
            let len = rest.find(|c| !continues_name(c)).unwrap_or(rest.len());
            (word(text, at, &rest[..len])?, len)
        } else {
            return Err(unknown(text, at, first));
        };
        words.push(Word { token, text: &rest[..len], at });
        rest = rest[len..].trim_start();
    }
    Ok(words)
}

/// Whether a character may stand in a name: letters and digits of any script, `_`, and accents written after their letter.
fn continues_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || matches!(c, '\u{300}'..='\u{36f}')
}

/// Whether a text can be the name of an input.
pub(crate) fn is_name(text: &str) -> bool {
    let starts = text.chars().next().is_some_and(|c| (c.is_alphabetic() || c == '_') && !c.is_numeric());
    starts && text.chars().all(continues_name) && matches!(word(text, 0, text), Ok(Token::Name))
}

/// A run of letters and digits: an operator, a constant or a name.
fn word(text: &str, at: usize, word: &str) -> Result<Token> {
    let operator = |operator| Ok(Token::Operator(operator));
    match word.to_ascii_lowercase().as_str() {
        "and" => operator(Operator::And),
        "nand" => operator(Operator::Nand),
        "or" => operator(Operator::Or),
        "nor" => operator(Operator::Nor),
        "xor" => operator(Operator::Xor),
        "xnor" => operator(Operator::Xnor),
        "implies" => operator(Operator::Implies),
        "iff" => operator(Operator::Iff),
        "not" => Ok(Token::Not),
        "0" | "false" => Ok(Token::Constant(false)),
        "1" | "true" => Ok(Token::Constant(true)),
        _ if word.starts_with(|c: char| c.is_numeric()) => {
            let message = format!("\"{}\" is neither 0 nor 1; a name begins with a letter", printable(word));
            Err(Error::notation(text, at, message))
        }
        _ => Ok(Token::Name),
    }
}

/// What to say about a character that begins no word.
fn unknown(text: &str, at: usize, c: char) -> Error {
    let mend = match c {
        '=' => "; write == for equal or -> for implies",
        '[' | ']' | '{' | '}' => "; use ( and )",
        '-' => "; write not a for the other value, a -> b for implies",
        '\'' => "; write not a for the other value",
        ',' | ';' => "; one expression at a time",
        _ => "; write names, 0, 1, and, or, not, xor, nand, nor, xnor, implies, iff and parentheses",
    };
    Error::notation(text, at, format!("\"{}\" has no meaning here{mend}", printable(&c.to_string())))
}
