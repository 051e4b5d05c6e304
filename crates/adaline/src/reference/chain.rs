//! Layers one behind the other: the twin of each kind of layer, and the walk through all of them.

use super::conv::length_behind;
use super::trace::{Kept, LayerTrace};
use super::{
    BatchNorm, Conv, Dense, Embedding, GlobalPool, LayerNorm, Pool, Recurrent, activation, dropout, expect_len,
};
use crate::layer::Window;
use crate::{Activation, Error, Layer, Result, Shape};
use std::ops::Range;

/// A layer with its place in a network.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Link {
    pub layer: Layer,
    pub input: Shape,
    pub output: Shape,
    /// Its tensors among the network's.
    pub tensors: Range<usize>,
    /// The chain inside a residual.
    pub inside: Vec<Link>,
    /// The layer as messages name it.
    pub place: String,
}

/// What changes from layer to layer on the way forward.
pub(super) struct Walk<'a> {
    /// How many steps of each sequence are its own here.
    pub lengths: Option<Vec<usize>>,
    /// Those of the dropout layers still to come.
    pub masks: Option<std::slice::Iter<'a, Vec<f64>>>,
    pub training: bool,
}

/// What a layer hands back.
pub(super) struct Back {
    pub dx: Vec<f64>,
    /// Tensor by tensor. Zeroes for running statistics, which have no gradient.
    pub dparameters: Vec<Vec<f64>>,
}

/// The gradients of a chain.
pub(super) struct ChainBack {
    pub dx: Vec<f64>,
    pub dparameters: Vec<Vec<f64>>,
    /// By what came out of each layer, the first layer first.
    pub outputs: Vec<Vec<f64>>,
}

/// The links of a chain, its tensors counted from `tensor` on. Fails where a layer cannot read what comes before it.
pub(super) fn links(layers: &[Layer], input: Shape, tensor: usize, inside: &str) -> Result<Vec<Link>> {
    let (mut input, mut tensor) = (input, tensor);
    let mut links = Vec::new();
    for (number, layer) in layers.iter().enumerate() {
        let place = format!("{inside}layer {} ({})", number + 1, layer.kind());
        let output = layer.output(input).map_err(|message| Error::shape(&place, message))?;
        let tensors = tensor..tensor + layer.parameters(input).len();
        tensor = tensors.end;
        let inside = match layer {
            Layer::Residual(residual) => self::links(&residual.layers, input, tensors.start, &format!("{place}, "))?,
            _ => Vec::new(),
        };
        links.push(Link { layer: layer.clone(), input, output, tensors, inside, place });
        input = output;
    }
    Ok(links)
}

/// Through all layers.
pub(super) fn forward(
    links: &[Link],
    parameters: &[Vec<f64>],
    x: &[f64],
    walk: &mut Walk<'_>,
) -> Result<Vec<LayerTrace>> {
    let mut layers: Vec<LayerTrace> = Vec::new();
    for link in links {
        let x = layers.last().map_or(x, |before| &before.outputs);
        let done = link.forward(parameters, x, walk)?;
        layers.push(done);
    }
    Ok(layers)
}

/// Back through all layers, from the last one to the first: each takes the gradient of what came out of it and gives the
/// gradient of what went into it (the chain rule). Where a loss took the sums of layer `absorbed`, the gradient that
/// arrives there is that of its sums.
pub(super) fn backward(
    links: &[Link],
    parameters: &[Vec<f64>],
    x: &[f64],
    layers: &[LayerTrace],
    dy: &[f64],
    absorbed: Option<usize>,
) -> Result<ChainBack> {
    expect_len("network", "layers in the trace", layers.len(), links.len())?;
    let mut d = dy.to_vec();
    let (mut dparameters, mut outputs) = (Vec::new(), Vec::new()); // the last layer first
    for (number, link) in links.iter().enumerate().rev() {
        outputs.push(d.clone());
        let x = number.checked_sub(1).map_or(x, |before| &layers[before].outputs);
        let back = link.backward(parameters, x, &layers[number], d, absorbed == Some(number))?;
        d = back.dx;
        dparameters.extend(back.dparameters.into_iter().rev());
    }
    dparameters.reverse();
    outputs.reverse();
    Ok(ChainBack { dx: d, dparameters, outputs })
}

/// Sequences with zeroes behind the end of each.
fn own_steps_only(mut values: Vec<f64>, shape: Shape, lengths: Option<&[usize]>) -> Vec<f64> {
    if let (Shape::Sequence { steps, features }, Some(lengths)) = (shape, lengths) {
        for (row, &own) in values.chunks_exact_mut(steps * features).zip(lengths) {
            row[own.min(steps) * features..].fill(0.0);
        }
    }
    values
}

impl Link {
    /// How many values a softmax is over: those of a step, or all of an example.
    fn softmax_width(&self) -> usize {
        crate::Dense::reads(self.output)
    }

    fn dense<'p>(&self, dense: &crate::Dense, tensors: &'p [Vec<f64>]) -> Result<Dense<'p>> {
        let bias = dense.bias.then(|| tensors[1].as_slice());
        Dense::new(crate::Dense::reads(self.input), dense.units, &tensors[0], bias)
    }

    fn conv<'p>(&self, conv: &crate::Conv, tensors: &'p [Vec<f64>]) -> Result<Conv<'p>> {
        Conv::new(conv, self.input, &tensors[0], conv.bias.then(|| tensors[1].as_slice()))
    }

    fn batch_norm<'p>(&self, norm: &crate::BatchNorm, tensors: &'p [Vec<f64>]) -> Result<BatchNorm<'p>> {
        BatchNorm::new(norm, self.input, [&tensors[0], &tensors[1], &tensors[2], &tensors[3]])
    }

    fn forward(&self, parameters: &[Vec<f64>], x: &[f64], walk: &mut Walk<'_>) -> Result<LayerTrace> {
        let tensors = &parameters[self.tensors.clone()];
        let lengths = walk.lengths.clone();
        let own = lengths.as_deref();
        let (outputs, kept) = match &self.layer {
            Layer::Dense(dense) => {
                let sums = self.dense(dense, tensors)?.forward(x)?;
                return self.activated(dense.activation, sums, lengths);
            }
            Layer::Conv(layer) => {
                let conv = self.conv(layer, tensors)?;
                let sums = conv.forward(x, own)?;
                walk.go_over(conv.along_steps());
                let mut done = self.activated(layer.activation, sums, lengths)?;
                self.clear_behind(&mut done.outputs, walk.lengths.as_deref());
                return Ok(done);
            }
            Layer::Activation(function) => return self.activated(*function, x.to_vec(), lengths),
            Layer::Pool(pool) => {
                let pool = Pool::new(pool, self.input)?;
                walk.go_over(pool.along_steps());
                let (y, places) = pool.forward(x, own)?;
                (y, places.map_or(Kept::Nothing, Kept::Places))
            }
            Layer::GlobalPool(pool) => {
                let (y, places) = GlobalPool::new(pool, self.input).forward(x, own)?;
                (y, places.map_or(Kept::Nothing, Kept::Places))
            }
            Layer::BatchNorm(norm) => {
                let (y, used) = self.batch_norm(norm, tensors)?.forward(x, own, walk.training)?;
                (y, Kept::Statistics(used))
            }
            Layer::LayerNorm(norm) => {
                let (y, used) = LayerNorm::new(norm, self.input, &tensors[0], &tensors[1])?.forward(x)?;
                (y, Kept::Statistics(used))
            }
            Layer::Embedding(layer) => {
                let embedding = Embedding::new(layer.vocabulary, layer.dimensions, &tensors[0])?;
                (embedding.forward(x), Kept::Nothing)
            }
            Layer::Recurrent(recurrent) => {
                let (y, sweeps) = Recurrent::new(recurrent, self.input, tensors)?.forward(x, own)?;
                (y, Kept::Sweeps(sweeps))
            }
            // y = x + f(x)
            Layer::Residual(_) => {
                let layers = forward(&self.inside, parameters, x, walk)?;
                let added = layers.last().map_or(x, |last| &last.outputs);
                (x.iter().zip(added).map(|(x, f)| x + f).collect(), Kept::Layers(layers))
            }
            Layer::Dropout(dropout) => match &mut walk.masks {
                None => (x.to_vec(), Kept::Nothing),
                Some(masks) => {
                    let mask =
                        masks.next().ok_or_else(|| Error::shape(&self.place, "it has no mask; give one each"))?;
                    (dropout::forward(dropout.rate, mask, x)?, Kept::Mask(mask.clone()))
                }
            },
            // As one row, a sequence has no end any more: what stands behind it would be read.
            Layer::Flatten => (own_steps_only(x.to_vec(), self.input, own), Kept::Nothing),
        };
        if !matches!(self.output, Shape::Sequence { .. }) {
            walk.lengths = None;
        }
        Ok(LayerTrace { sums: x.to_vec(), outputs, lengths, kept })
    }

    /// Zeroes what comes out behind the end of each sequence: there is no window there.
    fn clear_behind(&self, outputs: &mut [f64], lengths: Option<&[usize]>) {
        let (Shape::Sequence { features, .. }, Some(lengths)) = (self.output, lengths) else { return };
        for (example, length) in outputs.chunks_exact_mut(self.output.len()).zip(lengths) {
            example[length * features..].fill(0.0);
        }
    }

    /// What a layer of sums and an activation leaves behind.
    fn activated(&self, function: Activation, sums: Vec<f64>, lengths: Option<Vec<usize>>) -> Result<LayerTrace> {
        let outputs = activation::forward(function, &sums, self.softmax_width())?;
        Ok(LayerTrace { sums, outputs, lengths, kept: Kept::Nothing })
    }

    /// The gradient of the sums from that of the outputs; the same where the loss took the sums.
    fn through(&self, function: Activation, done: &LayerTrace, dy: Vec<f64>, absorbed: bool) -> Result<Vec<f64>> {
        if absorbed {
            return Ok(dy);
        }
        activation::backward(function, &done.sums, &dy, self.softmax_width())
    }

    fn backward(
        &self,
        parameters: &[Vec<f64>],
        x: &[f64],
        done: &LayerTrace,
        dy: Vec<f64>,
        absorbed: bool,
    ) -> Result<Back> {
        let tensors = &parameters[self.tensors.clone()];
        let own = done.lengths.as_deref();
        let (dx, dparameters) = match (&self.layer, &done.kept) {
            (Layer::Dense(dense), _) => {
                let dz = self.through(dense.activation, done, dy, absorbed)?;
                let back = self.dense(dense, tensors)?.backward(x, &dz)?;
                (back.dx, [back.dweight].into_iter().chain(back.dbias).collect())
            }
            (Layer::Conv(conv), _) => {
                let dz = self.through(conv.activation, done, dy, absorbed)?;
                let back = self.conv(conv, tensors)?.backward(x, own, &dz)?;
                (back.dx, [back.dweight].into_iter().chain(back.dbias).collect())
            }
            (Layer::Activation(function), _) => (self.through(*function, done, dy, absorbed)?, Vec::new()),
            (Layer::Pool(pool), kept) => (Pool::new(pool, self.input)?.backward(kept.places(), own, &dy)?, Vec::new()),
            (Layer::GlobalPool(pool), kept) => {
                (GlobalPool::new(pool, self.input).backward(kept.places(), own, &dy)?, Vec::new())
            }
            (Layer::BatchNorm(norm), Kept::Statistics(used)) => {
                let back = self.batch_norm(norm, tensors)?.backward(x, own, used, &dy)?;
                let still = vec![0.0; tensors[2].len()];
                (back.dx, vec![back.dweight, back.dbias, still.clone(), still])
            }
            (Layer::LayerNorm(norm), Kept::Statistics(used)) => {
                let back = LayerNorm::new(norm, self.input, &tensors[0], &tensors[1])?.backward(x, used, &dy)?;
                (back.dx, vec![back.dweight, back.dbias])
            }
            (Layer::Embedding(layer), _) => {
                let embedding = Embedding::new(layer.vocabulary, layer.dimensions, &tensors[0])?;
                (vec![0.0; x.len()], vec![embedding.backward(x, &dy)?])
            }
            (Layer::Recurrent(recurrent), Kept::Sweeps(sweeps)) => {
                let back = Recurrent::new(recurrent, self.input, tensors)?.backward(x, own, sweeps, &dy)?;
                (back.dx, back.dparameters)
            }
            // dx = dy + what comes back through f
            (Layer::Residual(_), Kept::Layers(layers)) => {
                let back = backward(&self.inside, parameters, x, layers, &dy, None)?;
                (dy.iter().zip(back.dx).map(|(dy, dx)| dy + dx).collect(), back.dparameters)
            }
            (Layer::Dropout(dropout), Kept::Mask(mask)) => (dropout::backward(dropout.rate, mask, &dy)?, Vec::new()),
            (Layer::Flatten, _) => (own_steps_only(dy, self.input, own), Vec::new()),
            (Layer::Dropout(_), _) => (dy, Vec::new()),
            _ => return Err(Error::shape(&self.place, "the trace is that of another network")),
        };
        Ok(Back { dx, dparameters })
    }
}

impl Kept {
    fn places(&self) -> Option<&[usize]> {
        match self {
            Kept::Places(places) => Some(places),
            _ => None,
        }
    }
}

impl Walk<'_> {
    /// A window goes over the sequences: their lengths become the number of its places, and at least one.
    fn go_over(&mut self, window: Window) {
        for length in self.lengths.iter_mut().flatten() {
            *length = length_behind(window, *length);
        }
    }
}
