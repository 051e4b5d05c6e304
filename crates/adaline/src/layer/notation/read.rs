//! Text to layers: what each kind of layer takes, and the complaint where something else stands.

use super::{Word, chain};
use crate::error::{did_you_mean, printable};
use crate::layer::{
    BatchNorm, Cell, Conv, Dense, Dropout, Embedding, GlobalPool, Layer, LayerNorm, Padding, Pool, Recurrent, Residual,
    Size,
};
use crate::{Activation, Error, Init, Result};
use std::str::FromStr;

/// The kinds of layers, with other spellings that are read.
const KINDS: [(&str, &[&str]); 15] = [
    ("dense", &[]),
    ("conv", &["conv1d", "conv2d"]),
    ("maxpool", &["max_pool", "max_pooling", "maxpooling"]),
    ("avgpool", &["avg_pool", "averagepool", "average_pool", "average_pooling"]),
    ("global_maxpool", &["global_max_pool", "global_max_pooling", "globalmaxpool", "globalmax", "global_max"]),
    (
        "global_avgpool",
        &[
            "global_avg_pool",
            "global_average_pool",
            "global_average_pooling",
            "globalavgpool",
            "globalavg",
            "global_avg",
            "global_average",
        ],
    ),
    ("batchnorm", &["batch_norm", "batch_normalization"]),
    ("layernorm", &["layer_norm", "layer_normalization"]),
    ("embedding", &[]),
    ("rnn", &["simple_rnn", "simplernn"]),
    ("lstm", &[]),
    ("gru", &[]),
    ("residual", &["skip"]),
    ("dropout", &[]),
    ("flatten", &[]),
];

/// One layer: its kind, and the words behind it.
pub(super) fn layer(text: &str, kind: Word<'_>, settings: &[Word<'_>], depth: usize) -> Result<Layer> {
    // `residual (…)` is as good as `residual(…)`.
    if let Some(inside) = parenthesis(kind, settings) {
        return residual(text, kind, settings, inside, depth);
    }
    let name = kind.text.to_lowercase().replace('-', "_");
    let known = KINDS.iter().find(|(word, others)| *word == name || others.contains(&name.as_str()));
    let mut words = Words { text, kind, left: settings, seen: Vec::new() };
    match known.map(|(word, _)| *word) {
        Some("dense") => dense(&mut words),
        Some("conv") => conv(&mut words),
        Some("maxpool") => pool(&mut words, Pool::max(1), "maxpool 2"),
        Some("avgpool") => pool(&mut words, Pool::average(1), "avgpool 2"),
        Some("global_maxpool") => words.end("global_maxpool takes no settings").map(|()| GlobalPool::max().into()),
        Some("global_avgpool") => words.end("global_avgpool takes no settings").map(|()| GlobalPool::average().into()),
        Some("batchnorm") => batch_norm(&mut words),
        Some("layernorm") => layer_norm(&mut words),
        Some("embedding") => {
            let what = "an embedding's number of words and of dimensions are whole numbers from 1: embedding 1000 32";
            let layer = Embedding::new(words.count(what)?, words.count(what)?);
            words.end("an embedding takes its number of words and of dimensions: embedding 1000 32")?;
            Ok(layer.into())
        }
        Some("rnn") => recurrent(&mut words, Recurrent::simple(1), "rnn 32"),
        Some("lstm") => recurrent(&mut words, Recurrent::lstm(1), "lstm 64"),
        Some("gru") => recurrent(&mut words, Recurrent::gru(1), "gru 64"),
        Some("dropout") => {
            let what = "a dropout rate goes from 0 to below 1: dropout 0.2";
            let Some(rate) = words.next() else { return Err(words.at_kind("dropout needs its rate: dropout 0.2")) };
            let Some(rate) = rate.text.parse().ok().filter(|rate| (0.0..1.0).contains(rate)) else {
                return Err(words.fail(rate, what));
            };
            words.end("dropout takes only its rate: dropout 0.2")?;
            Ok(Dropout::new(rate).into())
        }
        Some("flatten") => words.end("flatten takes no settings").map(|()| Layer::Flatten),
        Some(_) => Err(words.at_kind("residual needs its chain in parentheses: residual(dense 16 relu, dense 16)")),
        None => match activation(kind.text) {
            Ok(activation) => {
                words.end("an activation takes no further settings; separate layers by commas")?;
                Ok(activation.into())
            }
            Err(_) if name.starts_with("residual{") || name.starts_with("residual[") => {
                Err(words.at_kind("write the chain of a residual in parentheses: residual(dense 16 relu, dense 16)"))
            }
            Err(_) => {
                let kinds = KINDS.iter().map(|(word, _)| *word);
                let near = did_you_mean(kind.text, kinds.clone().chain(Activation::all().map(Activation::name)));
                let known: Vec<&str> = kinds.collect();
                let mend =
                    if near.is_empty() { format!("; layers are {}, or an activation", known.join(", ")) } else { near };
                Err(words.at_kind(format!("unknown layer \"{}\"{mend}", printable(kind.text))))
            }
        },
    }
}

/// The words behind a layer's kind, taken one after the other.
struct Words<'a> {
    text: &'a str,
    kind: Word<'a>,
    left: &'a [Word<'a>],
    /// The settings that have been said.
    seen: Vec<&'static str>,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<Word<'a>> {
        let (first, left) = self.left.split_first()?;
        self.left = left;
        Some(*first)
    }

    fn fail(&self, word: Word<'_>, message: impl Into<String>) -> Error {
        Error::notation(self.text, word.at, message)
    }

    fn at_kind(&self, message: impl Into<String>) -> Error {
        self.fail(self.kind, message)
    }

    /// Fails where there are words left.
    fn end(&mut self, message: &str) -> Result<()> {
        match self.next() {
            None => Ok(()),
            Some(word) => Err(self.fail(word, message)),
        }
    }

    /// The next word as a value; `complaint` says what should stand there.
    fn value<T: FromStr>(&mut self, complaint: &str, good: impl Fn(&T) -> bool) -> Result<T> {
        let Some(word) = self.next() else { return Err(self.at_kind(complaint)) };
        word.text.parse().ok().filter(good).ok_or_else(|| self.fail(word, complaint))
    }

    fn count(&mut self, complaint: &str) -> Result<usize> {
        self.value(complaint, |&n| n > 0)
    }

    /// `3` or `3x5`.
    fn size(&mut self, complaint: &str) -> Result<Size> {
        let Some(word) = self.next() else { return Err(self.at_kind(complaint)) };
        let side = |text: &str| text.parse::<usize>().ok().filter(|&n| n > 0);
        let size = match word.text.split_once(['x', 'X', '×']) {
            None => side(word.text).map(Size::Side),
            Some((height, width)) => side(height).zip(side(width)).map(|(height, width)| Size::Sides(height, width)),
        };
        size.ok_or_else(|| self.fail(word, complaint))
    }

    /// An activation, `no_bias` or an initializer; fails for another word.
    fn neurons(&self, word: Word<'_>, of: &mut Neurons, layer: &str) -> Result<()> {
        if word.text.eq_ignore_ascii_case("no_bias") {
            of.bias = false;
        } else if let Some(init) = init(word.text) {
            init.validate().map_err(|message| self.fail(word, message))?;
            of.init = Some(init);
        } else if of.activation.is_some() {
            let message = format!("what does \"{}\" mean here? {layer}", printable(word.text));
            return Err(self.fail(word, message));
        } else {
            of.activation = Some(activation(word.text).map_err(|message| match message.split_once("; known are") {
                // Nothing near: then it may have been meant for anything that the layer takes.
                Some(_) => self.fail(word, format!("what does \"{}\" mean here? {layer}", printable(word.text))),
                None => self.fail(word, message),
            })?);
        }
        Ok(())
    }

    /// Fails where a setting stands for the second time.
    fn once(&mut self, setting: &'static str, word: Word<'_>) -> Result<()> {
        if self.seen.contains(&setting) {
            return Err(self.fail(word, format!("{setting} is said twice; once is enough")));
        }
        self.seen.push(setting);
        Ok(())
    }
}

/// What all layers of neurons share.
struct Neurons {
    activation: Option<Activation>,
    bias: bool,
    init: Option<Init>,
}

impl Neurons {
    const NEW: Neurons = Neurons { activation: None, bias: true, init: None };
}

fn dense(words: &mut Words<'_>) -> Result<Layer> {
    if words.left.is_empty() {
        return Err(words.at_kind("dense needs its number of units: dense 16 relu"));
    }
    let mut layer = Dense::linear(words.count("the number of units is a whole number from 1: dense 16 relu")?);
    let mut neurons = Neurons::NEW;
    while let Some(word) = words.next() {
        words.neurons(word, &mut neurons, "A dense layer has one activation, no_bias, an initializer")?;
    }
    layer.activation = neurons.activation.unwrap_or(Activation::Identity);
    (layer.bias, layer.init) = (neurons.bias, neurons.init);
    Ok(layer.into())
}

fn conv(words: &mut Words<'_>) -> Result<Layer> {
    const SIZE: &str = "a convolution needs its number of filters and their size: conv 32 3x3 relu";
    let mut layer = Conv::new(words.count(SIZE)?, words.size(SIZE)?);
    let mut neurons = Neurons::NEW;
    while let Some(word) = words.next() {
        match word.text.to_lowercase().as_str() {
            "same" | "valid" => layer.padding = padding(words, word)?,
            "strides" | "stride" => {
                words.once("strides", word)?;
                layer.strides = words.size("strides are one number or two: strides 2")?;
            }
            "dilation" => {
                words.once("dilation", word)?;
                layer.dilation = words.size("a dilation is one number or two: dilation 2")?;
            }
            "groups" => {
                words.once("groups", word)?;
                layer.groups = words.count("groups are a whole number from 1: groups 2")?;
            }
            _ => {
                let what = "A convolution has strides, same, dilation, groups, an activation, no_bias, an initializer";
                words.neurons(word, &mut neurons, what)?;
            }
        }
    }
    layer.activation = neurons.activation.unwrap_or(Activation::Identity);
    (layer.bias, layer.init) = (neurons.bias, neurons.init);
    Ok(layer.into())
}

fn padding(words: &mut Words<'_>, word: Word<'_>) -> Result<Padding> {
    words.once("the padding", word)?;
    Ok(if word.text.eq_ignore_ascii_case("same") { Padding::Same } else { Padding::Valid })
}

fn pool(words: &mut Words<'_>, mut layer: Pool, example: &str) -> Result<Layer> {
    layer.pool_size = words.size(&format!("a pool needs the size of its window: {example}"))?;
    while let Some(word) = words.next() {
        match word.text.to_lowercase().as_str() {
            "same" | "valid" => layer.padding = padding(words, word)?,
            "strides" | "stride" => {
                words.once("strides", word)?;
                layer.strides = Some(words.size("strides are one number or two: strides 2")?);
            }
            _ => {
                let message = format!("what does \"{}\" mean here? A pool has strides and same", printable(word.text));
                return Err(words.fail(word, message));
            }
        }
    }
    Ok(layer.into())
}

fn recurrent(words: &mut Words<'_>, mut layer: Recurrent, example: &str) -> Result<Layer> {
    layer.units = words.count(&format!("a recurrent layer needs its number of units: {example}"))?;
    while let Some(word) = words.next() {
        match (word.text.to_lowercase().as_str(), &mut layer.cell) {
            ("sequences" | "return_sequences", _) => {
                words.once("sequences", word)?;
                layer.sequences = true;
            }
            ("bidirectional", _) => {
                words.once("bidirectional", word)?;
                layer.bidirectional = true;
            }
            ("no_bias", _) => layer.bias = false,
            ("reset_before", Cell::Gru { reset_after }) => {
                words.once("the reset gate", word)?;
                *reset_after = false;
            }
            ("reset_after", Cell::Gru { reset_after }) => {
                words.once("the reset gate", word)?;
                *reset_after = true;
            }
            (other, cell) => {
                let takes = match cell {
                    Cell::Gru { .. } => "sequences, bidirectional, no_bias, reset_before",
                    Cell::Simple { .. } => "sequences, bidirectional, no_bias, an activation",
                    Cell::Lstm => "sequences, bidirectional, no_bias",
                };
                let near = did_you_mean(other, takes.split(", "));
                let parsed = activation(word.text);
                match (cell, parsed, near.is_empty()) {
                    (Cell::Simple { activation: own }, Ok(activation), _) => {
                        words.once("the activation", word)?;
                        *own = activation;
                    }
                    (Cell::Simple { .. }, Err(message), true) if !message.contains("; known are") => {
                        return Err(words.fail(word, message));
                    }
                    (_, _, nothing_near) => {
                        let mend = match nothing_near {
                            true => format!(" It takes {takes}"),
                            false => near.replacen("; did", " Did", 1),
                        };
                        let message = format!("what does \"{}\" mean here?{mend}", printable(word.text));
                        return Err(words.fail(word, message));
                    }
                }
            }
        }
    }
    Ok(layer.into())
}

const EPSILON: &str = "epsilon is a number above 0: epsilon 0.001";

fn epsilon(words: &mut Words<'_>) -> Result<f64> {
    words.value(EPSILON, |&x: &f64| x > 0.0 && x.is_finite())
}

fn batch_norm(words: &mut Words<'_>) -> Result<Layer> {
    let mut layer = BatchNorm::default();
    while let Some(word) = words.next() {
        match word.text.to_lowercase().as_str() {
            "momentum" => {
                layer.momentum =
                    words.value("a momentum is a number from 0 to 1: momentum 0.1", |x| (0.0..=1.0).contains(x))?;
            }
            "epsilon" => layer.epsilon = epsilon(words)?,
            _ => return Err(words.fail(word, "batchnorm takes momentum and epsilon: batchnorm momentum 0.1")),
        }
    }
    Ok(layer.into())
}

fn layer_norm(words: &mut Words<'_>) -> Result<Layer> {
    let mut layer = LayerNorm::default();
    while let Some(word) = words.next() {
        match word.text.to_lowercase().as_str() {
            "epsilon" => layer.epsilon = epsilon(words)?,
            _ => return Err(words.fail(word, "layernorm takes only epsilon: layernorm epsilon 0.001")),
        }
    }
    Ok(layer.into())
}

/// What stands in the parentheses of a residual, with its place; `None` for another layer.
fn parenthesis<'a>(kind: Word<'a>, settings: &[Word<'a>]) -> Option<Word<'a>> {
    let is_residual = |name: &str| ["residual", "skip"].iter().any(|word| name.eq_ignore_ascii_case(word));
    match kind.text.split_once('(') {
        Some((name, inside)) if is_residual(name) => Some(Word { text: inside, at: kind.at + name.len() + 1 }),
        None if is_residual(kind.text) => {
            let word = settings.first()?;
            Some(Word { text: word.text.strip_prefix('(')?, at: word.at + 1 })
        }
        _ => None,
    }
}

fn residual(text: &str, kind: Word<'_>, settings: &[Word<'_>], inside: Word<'_>, depth: usize) -> Result<Layer> {
    let behind = if kind.text.contains('(') { settings } else { &settings[1..] };
    let Some(chain_text) = inside.text.strip_suffix(')') else {
        return Err(Error::notation(
            text,
            kind.at,
            "the parenthesis of this residual is not closed, or not at its end",
        ));
    };
    if let Some(word) = behind.first() {
        return Err(Error::notation(
            text,
            word.at,
            "nothing stands behind a residual's parenthesis; separate layers by commas",
        ));
    }
    Ok(Residual::new(chain(text, chain_text, inside.at, depth + 1)?).into())
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
