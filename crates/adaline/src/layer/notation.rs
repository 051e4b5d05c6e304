//! Layers in one line of text: `dense 16 relu, dropout 0.2, dense 3`.
//!
//! A chain is layers separated by commas; a layer is a word followed by its settings. It is how a network is given to the
//! program, how it prints itself, and how it is written down.

use super::{Dense, Dropout, Layer, MAX_LAYERS};
use crate::error::{did_you_mean, printable};
use crate::{Activation, Error, Init, Result};
use std::fmt;

/// Longest text that is read: beyond any network of this library, short enough for hostile input.
const MAX_TEXT: usize = 64 * 1024;

const KINDS: [&str; 3] = ["dense", "dropout", "flatten"];

/// A word and the byte where it starts.
#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    at: usize,
}

impl Layer {
    /// Reads a chain of layers.
    ///
    /// | written | layer |
    /// |---|---|
    /// | `dense 16`, `dense 16 relu` | 16 neurons without or with an activation |
    /// | `dense 16 relu no_bias he_normal` | without biases, with an initializer |
    /// | `dropout 0.2` | zeroes a fifth of the values while training |
    /// | `flatten` | an image or a sequence as one row of numbers |
    /// | `tanh`, `leaky_relu(0.2)` | an activation of its own |
    ///
    /// Fails with [`Error::Notation`], which points at the place.
    ///
    /// ```
    /// use adaline::Layer;
    /// let layers = Layer::parse_chain("dense 16 relu, dense 3")?;
    /// assert_eq!(Layer::chain_to_string(&layers), "dense 16 relu, dense 3");
    /// # Ok::<(), adaline::Error>(())
    /// ```
    pub fn parse_chain(text: &str) -> Result<Vec<Layer>> {
        if text.len() > MAX_TEXT {
            let start: String = text.chars().take(40).collect();
            return Err(Error::notation(
                &format!("{start}…"),
                0,
                format!("a network of more than {MAX_TEXT} bytes of text"),
            ));
        }
        let mut layers = Vec::new();
        for (part, at) in split_commas(text) {
            let words = words(part, at);
            let Some((kind, settings)) = words.split_first() else {
                let message = if text.trim().is_empty() {
                    "the network is empty; write for example \"dense 16 relu, dense 3\"".to_owned()
                } else {
                    "a layer is missing here; remove the comma or write a layer".to_owned()
                };
                return Err(Error::notation(text, at, message));
            };
            if layers.len() == MAX_LAYERS {
                return Err(Error::notation(text, at, format!("a network of more than {MAX_LAYERS} layers")));
            }
            layers.push(layer(text, *kind, settings)?);
        }
        Ok(layers)
    }

    /// A chain of layers as [`Layer::parse_chain`] reads it.
    pub fn chain_to_string(layers: &[Layer]) -> String {
        let layers: Vec<String> = layers.iter().map(ToString::to_string).collect();
        layers.join(", ")
    }
}

fn layer(text: &str, kind: Word<'_>, settings: &[Word<'_>]) -> Result<Layer> {
    let fail = |word: Word<'_>, message: String| Err(Error::notation(text, word.at, message));
    match kind.text.to_lowercase().as_str() {
        "dense" => dense(text, kind, settings),
        "dropout" => match settings {
            [rate] => match rate.text.parse::<f64>() {
                Ok(rate) if (0.0..1.0).contains(&rate) => Ok(Dropout::new(rate).into()),
                _ => fail(*rate, "a dropout rate goes from 0 to below 1: dropout 0.2".to_owned()),
            },
            [_, extra, ..] => fail(*extra, "dropout takes only its rate: dropout 0.2".to_owned()),
            [] => fail(kind, "dropout needs its rate: dropout 0.2".to_owned()),
        },
        "flatten" => match settings {
            [] => Ok(Layer::Flatten),
            [extra, ..] => fail(*extra, "flatten takes no settings".to_owned()),
        },
        _ => match (activation(kind.text), settings) {
            (Ok(activation), []) => Ok(activation.into()),
            (Ok(_), [extra, ..]) => {
                fail(*extra, "an activation takes no further settings; separate layers by commas".to_owned())
            }
            (Err(_), _) => {
                let names = KINDS.into_iter().chain(Activation::all().map(Activation::name));
                let near = did_you_mean(kind.text, names);
                let mend =
                    if near.is_empty() { format!("; layers are {}, or an activation", KINDS.join(", ")) } else { near };
                fail(kind, format!("unknown layer \"{}\"{mend}", printable(kind.text)))
            }
        },
    }
}

fn dense(text: &str, kind: Word<'_>, settings: &[Word<'_>]) -> Result<Layer> {
    let Some((units, settings)) = settings.split_first() else {
        return Err(Error::notation(text, kind.at, "dense needs its number of units: dense 16 relu"));
    };
    let count = units.text.parse::<usize>().ok().filter(|&count| count > 0);
    let Some(count) = count else {
        return Err(Error::notation(text, units.at, "the number of units is a whole number from 1: dense 16 relu"));
    };
    let mut layer = Dense::linear(count);
    let mut has_activation = false;
    for word in settings {
        if word.text.eq_ignore_ascii_case("no_bias") {
            layer.bias = false;
        } else if let Some(init) = init(word.text) {
            init.validate().map_err(|message| Error::notation(text, word.at, message))?;
            layer.init = Some(init);
        } else if has_activation {
            let message = format!(
                "what does \"{}\" mean here? A dense layer has one activation, no_bias, an initializer",
                printable(word.text)
            );
            return Err(Error::notation(text, word.at, message));
        } else {
            layer.activation = activation(word.text).map_err(|message| Error::notation(text, word.at, message))?;
            has_activation = true;
        }
    }
    Ok(layer.into())
}

fn activation(word: &str) -> Result<Activation, String> {
    let parsed = word.parse::<Activation>().and_then(|activation| activation.validate().map(|()| activation));
    parsed.map_err(|error| match error {
        Error::Setting { message, .. } => message,
        other => other.to_string(),
    })
}

/// An initializer by its name, with its numbers where it has some: `he_normal`, `uniform(-0.1,0.1)`.
fn init(word: &str) -> Option<Init> {
    let (name, numbers) = match word.split_once('(') {
        Some((name, rest)) => {
            let numbers: Result<Vec<f64>, _> = rest.strip_suffix(')')?.split(',').map(|n| n.trim().parse()).collect();
            (name, numbers.ok()?)
        }
        None => (word, Vec::new()),
    };
    let name = name.to_lowercase();
    Some(match (name.as_str(), numbers.as_slice()) {
        ("zeros", []) => Init::Zeros,
        ("ones", []) => Init::Constant(1.0),
        ("constant", &[value]) => Init::Constant(value),
        ("uniform", &[low, high]) => Init::Uniform { low, high },
        ("normal", &[mean, std]) => Init::Normal { mean, std },
        ("glorot_uniform" | "xavier_uniform", []) => Init::GlorotUniform,
        ("glorot_normal" | "xavier_normal", []) => Init::GlorotNormal,
        ("he_uniform" | "kaiming_uniform", []) => Init::HeUniform,
        ("he_normal" | "kaiming_normal", []) => Init::HeNormal,
        ("lecun_uniform", []) => Init::LecunUniform,
        ("lecun_normal", []) => Init::LecunNormal,
        _ => return None,
    })
}

/// The parts between commas that stand outside parentheses, each with the byte where its first word (or it) starts.
fn split_commas(text: &str) -> Vec<(&str, usize)> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0usize);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push((&text[start..at], start));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push((&text[start..], start));
    parts
}

/// The words of a part; blanks inside parentheses belong to the word.
fn words(part: &str, offset: usize) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let (mut start, mut depth) = (None, 0usize);
    for (at, c) in part.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c.is_whitespace() && depth == 0 {
            if let Some(start) = start.take() {
                words.push(Word { text: &part[start..at], at: offset + start });
            }
        } else if start.is_none() {
            start = Some(at);
        }
    }
    if let Some(start) = start {
        words.push(Word { text: &part[start..], at: offset + start });
    }
    words
}

impl From<Layer> for String {
    fn from(layer: Layer) -> Self {
        layer.to_string()
    }
}

impl TryFrom<String> for Layer {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        let mut layers = Layer::parse_chain(&text)?;
        match (layers.pop(), layers.is_empty()) {
            (Some(layer), true) => Ok(layer),
            _ => Err(Error::notation(&text, 0, "one layer is wanted here, not several")),
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Layer::Dense(dense) => {
                write!(f, "dense {}", dense.units)?;
                if dense.activation != Activation::Identity {
                    write!(f, " {}", dense.activation)?;
                }
                if !dense.bias {
                    write!(f, " no_bias")?;
                }
                if let Some(init) = dense.init {
                    write!(f, " {init}")?;
                }
                Ok(())
            }
            Layer::Dropout(dropout) => write!(f, "dropout {}", dropout.rate),
            Layer::Flatten => write!(f, "flatten"),
            Layer::Activation(activation) => write!(f, "{activation}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_reads_back_as_it_prints() {
        for text in [
            "dense 16 relu, dense 3",
            "flatten, dense 8 leaky_relu(0.2) no_bias he_normal, dropout 0.25, tanh, dense 1 sigmoid",
            "dense 4 uniform(-0.5,0.5), dense 2 softmax constant(0.1)",
        ] {
            let layers = Layer::parse_chain(text).unwrap();
            assert_eq!(Layer::chain_to_string(&layers), text);
            let json = serde_json::to_string(&layers).unwrap();
            assert_eq!(serde_json::from_str::<Vec<Layer>>(&json).unwrap(), layers);
        }
        let spelled = Layer::parse_chain(" Dense 3   LOGISTIC ,dense 1 linear").unwrap();
        assert_eq!(Layer::chain_to_string(&spelled), "dense 3 sigmoid, dense 1");
    }

    #[test]
    fn every_mistake_points_at_its_place() {
        let cases = [
            "dense 8 rellu",
            "dense 8, dens 3",
            "dense",
            "dense -3",
            "dense 0",
            "dense 8 relu tanh",
            "dense 8,, dense 3",
            "",
            "dropout 1",
            "dropout",
            "flatten 3",
            "dense 8 leaky_relu(x)",
            "dense 99999999999999999999",
            "relu 3",
        ];
        let messages: Vec<String> =
            cases.iter().map(|text| Layer::parse_chain(text).unwrap_err().to_string()).collect();
        insta::assert_snapshot!(messages.join("\n\n"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = Layer::parse_chain(&text);
        }

        #[test]
        fn near_notation_neither(text in "(dense|dropout|flatten|relu|,| |[0-9(). -]|uniform|\u{ac00}){0,12}") {
            if let Ok(layers) = Layer::parse_chain(&text) {
                let printed = Layer::chain_to_string(&layers);
                proptest::prop_assert_eq!(Layer::parse_chain(&printed).unwrap(), layers);
            }
        }
    }
}
