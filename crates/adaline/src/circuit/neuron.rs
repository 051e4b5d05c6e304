//! A neuron as it stands in a circuit file: `step(1·a + 0.5·b - 1)`.

use crate::error::printable;
use crate::gate::is_name;
use crate::{Error, Neuron, Result};

/// A neuron's formula with the names of its wires.
pub(super) fn formula(neuron: &Neuron, names: &[&str]) -> String {
    let mut out = format!("{}(", neuron.activation);
    let mut term = |value: f64, name: Option<&str>| {
        let negative = value < 0.0;
        match (out.ends_with('('), negative) {
            (true, true) => out.push('-'),
            (true, false) => {}
            (false, true) => out.push_str(" - "),
            (false, false) => out.push_str(" + "),
        }
        out.push_str(&value.abs().to_string());
        if let Some(name) = name {
            out.push('·');
            out.push_str(&printable(name));
        }
    };
    for (weight, name) in neuron.weights.iter().zip(names) {
        term(*weight, Some(name));
    }
    if neuron.bias != 0.0 || neuron.weights.is_empty() {
        term(neuron.bias, None);
    }
    out.push(')');
    out
}

/// Reads the sum between the parentheses: terms `0.4·a`, `0.4*a`, `a` or a number, with + and - between them. Gives a
/// weight for each name and the bias. A name or a bias that stands there twice is added up.
///
/// Fails with [`Error::Notation`] over the text.
pub(super) fn read_sum(text: &str) -> Result<(Vec<(String, f64)>, f64)> {
    let mut weights: Vec<(String, f64)> = Vec::new();
    let mut bias = 0.0;
    let mut rest = text.trim_start();
    let mut first = true;
    while !rest.is_empty() || first {
        let at = text.len() - rest.len();
        let wrong = |message: &str| Error::notation(text, at, message);
        let sign = match rest.chars().next() {
            Some('-' | '−') => -1.0,
            Some('+') => 1.0,
            _ if first => 1.0,
            _ => return Err(wrong("a + or - is missing here; write for example 0.4·a + 0.4·b - 0.6")),
        };
        rest = rest.strip_prefix(['-', '−', '+']).unwrap_or(rest).trim_start();
        let end = rest.find([' ', '\t', '+', '-', '−', '*', '·']).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        // The sign of a power of ten: 1e-3.
        let (word, behind) = exponent(rest, word, behind);
        rest = behind.trim_start();
        if let Ok(number) = word.parse::<f64>() {
            if !number.is_finite() {
                return Err(wrong("weights must be finite numbers"));
            }
            match rest.strip_prefix(['*', '·']) {
                None => bias += sign * number,
                Some(behind) => {
                    let behind = behind.trim_start();
                    let end = behind.find([' ', '\t', '+', '-', '−', '*', '·']).unwrap_or(behind.len());
                    let (name, behind) = behind.split_at(end);
                    add(&mut weights, name, sign * number)
                        .ok_or_else(|| wrong("a wire's name is missing after this weight"))?;
                    rest = behind.trim_start();
                }
            }
        } else {
            add(&mut weights, word, sign)
                .ok_or_else(|| wrong("this is neither a number nor a wire; write for example 0.4·a + 0.4·b - 0.6"))?;
        }
        first = false;
    }
    Ok((weights, bias))
}

fn exponent<'a>(rest: &'a str, word: &'a str, behind: &'a str) -> (&'a str, &'a str) {
    let mantissa = word.strip_suffix(['e', 'E']).is_some_and(|digits| digits.parse::<f64>().is_ok());
    let digits = behind.strip_prefix(['-', '+']).map(|behind| behind.bytes().take_while(u8::is_ascii_digit).count());
    match digits {
        Some(digits) if mantissa && digits > 0 => rest.split_at(word.len() + 1 + digits),
        _ => (word, behind),
    }
}

fn add(weights: &mut Vec<(String, f64)>, name: &str, weight: f64) -> Option<()> {
    if !is_name(name) {
        return None;
    }
    match weights.iter_mut().find(|(known, _)| known == name) {
        Some((_, sum)) => *sum += weight,
        None => weights.push((name.to_owned(), weight)),
    }
    Some(())
}
