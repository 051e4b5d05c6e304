//! Layers in one line of text: `dense 16 relu, dropout 0.2, dense 3`.
//!
//! A chain is layers separated by commas; a layer is a word followed by its settings. It is how a network is given to the
//! program, how it prints itself, and how it is written down.

mod read;
mod write;

use super::residual::MAX_DEPTH;
use super::{Layer, MAX_LAYERS};
use crate::{Error, Result};

/// Longest text that is read: beyond any network of this library, short enough for hostile input.
const MAX_TEXT: usize = 64 * 1024;

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
    /// | `conv 32 3x3 relu` | 32 filters of 3 × 3; on a sequence `conv 32 5` |
    /// | `conv 32 3x3 strides 2 same dilation 2 groups 4` | with all settings (and those of `dense`) |
    /// | `maxpool 2`, `avgpool 3x3 strides 2 same` | a window's largest value, or its mean |
    /// | `global_maxpool`, `global_avgpool` | the same over all places |
    /// | `lstm 128`, `gru 64 reset_before`, `rnn 32 relu` | the last state of a recurrent layer |
    /// | `lstm 128 sequences bidirectional no_bias` | the state of every step, in both directions |
    /// | `embedding 1000 32` | 32 numbers for each of 1000 words |
    /// | `batchnorm`, `batchnorm momentum 0.01 epsilon 0.001` | normalises over the batch |
    /// | `layernorm` | normalises each example |
    /// | `residual(dense 16 relu, dense 16)` | adds what comes in to what comes out of the chain |
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
        chain(text, text, 0, 0)
    }

    /// A chain of layers as [`Layer::parse_chain`] reads it.
    pub fn chain_to_string(layers: &[Layer]) -> String {
        let layers: Vec<String> = layers.iter().map(ToString::to_string).collect();
        layers.join(", ")
    }
}

/// The layers of a chain, which is a part of a text from a byte on: the whole, or what stands in a residual's parentheses.
fn chain(text: &str, part: &str, offset: usize, depth: usize) -> Result<Vec<Layer>> {
    if depth > MAX_DEPTH {
        return Err(Error::notation(text, offset, format!("residuals inside residuals, more than {MAX_DEPTH} deep")));
    }
    let mut layers = Vec::new();
    for (part, at) in split_commas(part) {
        let at = offset + at;
        let words = words(part, at);
        let Some((kind, settings)) = words.split_first() else {
            let message = if text.trim().is_empty() {
                "the network is empty; write for example \"dense 16 relu, dense 3\""
            } else if part.is_empty() && depth > 0 && layers.is_empty() {
                "a residual needs its chain: residual(dense 16 relu, dense 16)"
            } else {
                "a layer is missing here; remove the comma or write a layer"
            };
            return Err(Error::notation(text, at, message));
        };
        if layers.len() == MAX_LAYERS {
            return Err(Error::notation(text, at, format!("a network of more than {MAX_LAYERS} layers")));
        }
        layers.push(read::layer(text, *kind, settings, depth)?);
    }
    Ok(layers)
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

/// The words of a part; blanks inside parentheses belong to the word, and so does a parenthesis behind blanks.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_reads_back_as_it_prints() {
        for text in [
            "dense 16 relu, dense 3",
            "flatten, dense 8 leaky_relu(0.2) no_bias he_normal, dropout 0.25, tanh, dense 1 sigmoid",
            "dense 4 uniform(-0.5,0.5), dense 2 softmax constant(0.1)",
            "conv 16 3x3 relu, maxpool 2, conv 32 3 strides 2x1 same dilation 1x2 groups 4 tanh no_bias he_normal, avgpool 3x2 strides 1 same",
            "conv 8 3x3 same, residual(conv 8 3x3 same relu, residual(batchnorm, relu), conv 8 3x3 same), relu, global_avgpool",
            "embedding 65 32, lstm 128 sequences bidirectional, gru 16 reset_before no_bias, dense 3",
            "rnn 8 relu sequences, rnn 4, layernorm epsilon 0.001, batchnorm momentum 0.01 epsilon 0.001, global_maxpool",
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
            "conv 3",
            "conv 16 3x",
            "conv 16 0x3",
            "conv 16 3x3 strides",
            "conv 16 3x3 strides two",
            "conv 16 3x3 relu tanh",
            "maxpool",
            "maxpool 2 relu",
            "lstm",
            "lstm 8 sequence",
            "lstm 8 relu",
            "lstm 8 sequences sequences",
            "rnn 8 sequence",
            "rnn 8 tanh relu",
            "gru 8 foo",
            "conv 8 3 causal",
            "conv 8 3 same valid",
            "maxpool 2 strides 2 strides 3",
            "residual{dense 3}",
            "gru 0",
            "embedding 10",
            "batchnorm 3",
            "batchnorm momentum 2",
            "global_avgpool 2",
            "residual",
            "residual()",
            "residual(dense 3",
            "residual(dense 3) relu",
            "dense 4, residual(dense 3 rellu, dense 4)",
            "residual(residual(residual(residual(residual(residual(residual(residual(residual(relu)))))))))",
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
        fn near_notation_neither(text in "(dense|conv|maxpool|lstm|gru|batchnorm|residual|strides|same|dropout|flatten|relu|,| |[0-9x(). -]|uniform|\u{ac00}){0,12}") {
            if let Ok(layers) = Layer::parse_chain(&text) {
                let printed = Layer::chain_to_string(&layers);
                proptest::prop_assert_eq!(Layer::parse_chain(&printed).unwrap(), layers);
            }
        }
    }
}
