//! Boolean expressions: `(a and not b) or c`.
//!
//! The text is read into postfix code (operands before their operator), so that neither evaluating nor dropping a long
//! expression needs a deep stack.

mod words;

use super::{Function, TruthTable};
use crate::error::{did_you_mean, printable};
use crate::{Error, Result};
use std::fmt;
use std::str::FromStr;
pub(crate) use words::is_name;
use words::{Token, Word};

/// Longest text that is read.
const MOST_BYTES: usize = 16 * 1024;
/// How deep parentheses and arrows may be nested.
const MOST_DEPTH: usize = 100;
/// More inputs than this have tables that nobody reads.
const MOST_INPUTS: usize = 16;

/// A Boolean expression over named inputs.
///
/// | written | meaning | binds |
/// |---|---|---|
/// | `not a`, `!a`, `~a`, `¬a` | the other value | tightest |
/// | `a and b`, `&`, `&&`, `*`, `·`, `∧`; `nand`, `⊼` | both; not both | |
/// | `a xor b`, `^`, `⊕`, `!=`; `xnor`, `==` | they differ; they are equal | |
/// | `a or b`, `\|`, `\|\|`, `+`, `∨`; `nor`, `⊽` | at least one; none | |
/// | `a implies b`, `->`, `=>`, `→`, `⇒` | `not a or b`; `a -> b -> c` is `a -> (b -> c)` | |
/// | `a iff b`, `<->`, `<=>`, `↔`, `⇔` | they are equal | loosest |
///
/// Operators of one line bind alike and are read from left to right, but for the arrow: `a nand b nand c` is
/// `(a nand b) nand c`. Words are read in any case of letters. `0`, `1`, `false` and `true` are constants. Everything else
/// that begins with a letter or `_` is an input's name, in any script; capital and small letters differ. Inputs
/// stand in the order in which they first appear, the first most significant.
///
/// ```
/// use adaline::gate::Expression;
/// # fn main() -> adaline::Result<()> {
/// let expression: Expression = "(a and not b) or c".parse()?;
/// assert_eq!(expression.names(), ["a", "b", "c"]);
/// assert_eq!(expression.evaluate(&[true, false, false])?, true);
/// let table = expression.function()?;
/// assert_eq!(table.table().to_string(), "01011101");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    text: String,
    names: Vec<String>,
    code: Vec<Code>,
}

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    And,
    Nand,
    Xor,
    Xnor,
    Or,
    Nor,
    Implies,
    Iff,
}

/// One step of the postfix code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    /// An input by its number.
    Input(usize),
    Constant(bool),
    Not,
    Binary(Operator),
}

impl Operator {
    /// How tightly it binds.
    fn level(self) -> u8 {
        match self {
            Operator::Iff => 1,
            Operator::Implies => 2,
            Operator::Or | Operator::Nor => 3,
            Operator::Xor | Operator::Xnor => 4,
            Operator::And | Operator::Nand => 5,
        }
    }

    /// What it makes of 64 rows at once.
    fn apply(self, a: u64, b: u64) -> u64 {
        match self {
            Operator::And => a & b,
            Operator::Nand => !(a & b),
            Operator::Xor => a ^ b,
            Operator::Xnor | Operator::Iff => !(a ^ b),
            Operator::Or => a | b,
            Operator::Nor => !(a | b),
            Operator::Implies => !a | b,
        }
    }
}

impl Expression {
    /// Reads an expression. At most 16 inputs, 16 KiB of text and 100 parentheses inside each other.
    ///
    /// Fails with [`Error::Notation`], which points at the place.
    pub fn parse(text: &str) -> Result<Self> {
        Self::parse_with(text, MOST_INPUTS)
    }

    /// As [`Expression::parse`], with a limit of one's own to the number of names.
    pub(crate) fn parse_with(text: &str, most_inputs: usize) -> Result<Self> {
        if text.len() > MOST_BYTES {
            let start: String = text.chars().take(40).collect();
            let message = format!("an expression of {} bytes; at most {MOST_BYTES} are read", text.len());
            return Err(Error::notation(&format!("{start}…"), 0, message));
        }
        let words = words::split(text)?;
        let mut parser = Parser { text, words: &words, next: 0, most_inputs, names: Vec::new(), code: Vec::new() };
        parser.operation(0, 0)?;
        if let Some(word) = parser.peek() {
            return Err(parser.unexpected(word));
        }
        Ok(Expression { text: text.to_owned(), names: parser.names, code: parser.code })
    }

    /// The names of the inputs, in the order in which they first appear.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The expression in postfix order: operands before their operator.
    pub(crate) fn code(&self) -> &[Code] {
        &self.code
    }

    /// What it gives for one value an input. Fails when there are not as many values as names.
    pub fn evaluate(&self, inputs: &[bool]) -> Result<bool> {
        if inputs.len() != self.names.len() {
            return Err(Error::shape(
                "expression",
                format!("it has {} inputs, but was given {}", self.names.len(), inputs.len()),
            ));
        }
        let columns: Vec<u64> = inputs.iter().map(|x| u64::from(*x)).collect();
        Ok(self.run(&columns) & 1 == 1)
    }

    /// The function: the names and the truth table. Fails when no input is named.
    pub fn function(&self) -> Result<Function> {
        let inputs = self.names.len();
        if inputs == 0 {
            return Err(Error::notation(&self.text, 0, "the expression names no input; write for example \"a and b\""));
        }
        // 64 rows at a time: bit k of a word is row `first + k`.
        let mut outputs = Vec::with_capacity(1 << inputs);
        for first in (0..1usize << inputs).step_by(64) {
            let rows = (1usize << inputs).min(64);
            let column = |input: usize| {
                let place = inputs - 1 - input;
                (0..rows).fold(0, |word, k| word | (((first + k) >> place & 1) as u64) << k)
            };
            let columns: Vec<u64> = (0..inputs).map(column).collect();
            let word = self.run(&columns);
            outputs.extend((0..rows).map(|k| word >> k & 1 == 1));
        }
        Function::new(self.names.clone(), TruthTable::new(outputs)?)
    }

    /// Runs the code on 64 rows at once, one word an input.
    fn run(&self, columns: &[u64]) -> u64 {
        let mut stack = Vec::new();
        for code in &self.code {
            // The parser leaves no operator without its operands, so that the zeroes are never used.
            let value = match code {
                Code::Input(number) => columns.get(*number).copied().unwrap_or(0),
                Code::Constant(value) => {
                    if *value {
                        u64::MAX
                    } else {
                        0
                    }
                }
                Code::Not => !stack.pop().unwrap_or(0),
                Code::Binary(operator) => {
                    let b = stack.pop().unwrap_or(0);
                    let a = stack.pop().unwrap_or(0);
                    operator.apply(a, b)
                }
            };
            stack.push(value);
        }
        stack.pop().unwrap_or(0)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&printable(&self.text))
    }
}

impl FromStr for Expression {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Expression::parse(text)
    }
}

/// Precedence climbing over the words.
struct Parser<'a> {
    text: &'a str,
    words: &'a [Word<'a>],
    next: usize,
    most_inputs: usize,
    names: Vec<String>,
    code: Vec<Code>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<Word<'a>> {
        self.words.get(self.next).copied()
    }

    fn error(&self, at: usize, message: impl Into<String>) -> Error {
        Error::notation(self.text, at, message)
    }

    /// Operands joined by operators of this level and the tighter ones.
    fn operation(&mut self, loosest: u8, depth: usize) -> Result<()> {
        self.operand(depth)?;
        while let Some(Word { token: Token::Operator(operator), .. }) = self.peek() {
            let level = operator.level();
            if level < loosest {
                break;
            }
            self.next += 1;
            match operator {
                Operator::Implies => self.operation(level, depth + 1)?,
                _ => self.operation(level + 1, depth)?,
            }
            self.code.push(Code::Binary(operator));
        }
        Ok(())
    }

    /// A name, a constant or something in parentheses, with any number of "not" before it.
    fn operand(&mut self, depth: usize) -> Result<()> {
        let mut negated = false;
        while let Some(Word { token: Token::Not, .. }) = self.peek() {
            negated = !negated;
            self.next += 1;
        }
        let Some(word) = self.peek() else {
            let message = match self.words.last() {
                None => "the expression is empty; write for example \"(a and not b) or c\"".to_owned(),
                Some(last) => format!("an input is missing after \"{}\"", printable(last.text)),
            };
            return Err(self.error(self.text.trim_end().len(), message));
        };
        if depth >= MOST_DEPTH {
            return Err(self.error(word.at, format!("more than {MOST_DEPTH} levels inside each other")));
        }
        self.next += 1;
        match word.token {
            Token::Constant(value) => self.code.push(Code::Constant(value)),
            Token::Name => {
                let number = self.input(word)?;
                self.code.push(Code::Input(number));
            }
            Token::Open => {
                self.operation(0, depth + 1)?;
                match self.peek() {
                    Some(Word { token: Token::Close, .. }) => self.next += 1,
                    Some(other) => return Err(self.unexpected(other)),
                    None => return Err(self.error(word.at, "this parenthesis is never closed; add \")\"")),
                }
            }
            Token::Close => return Err(self.error(word.at, "an input is missing before this parenthesis")),
            Token::Operator(_) => {
                let message = format!("an input is missing before \"{}\"", printable(word.text));
                return Err(self.error(word.at, message));
            }
            Token::Not => {}
        }
        if negated {
            self.code.push(Code::Not);
        }
        Ok(())
    }

    /// The number of a name, a new one if it has not been seen.
    fn input(&mut self, word: Word<'_>) -> Result<usize> {
        if let Some(number) = self.names.iter().position(|name| name == word.text) {
            return Ok(number);
        }
        if self.names.len() == self.most_inputs {
            let message = format!("\"{}\" is one input too many; at most {}", printable(word.text), self.most_inputs);
            return Err(self.error(word.at, message));
        }
        self.names.push(word.text.to_owned());
        Ok(self.names.len() - 1)
    }

    /// What is wrong with a word that stands where an operator should.
    fn unexpected(&self, word: Word<'_>) -> Error {
        let message = match word.token {
            Token::Close => "this parenthesis was never opened; remove it or add \"(\"".to_owned(),
            _ => {
                let near = did_you_mean(word.text, words::OPERATORS);
                let mend = if near.is_empty() { "; write and, or, xor, …".to_owned() } else { near };
                format!("an operator is missing before \"{}\"{mend}", printable(word.text))
            }
        };
        self.error(word.at, message)
    }
}

#[cfg(test)]
mod tests;
