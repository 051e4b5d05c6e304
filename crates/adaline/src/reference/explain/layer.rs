//! Forward through one layer, with everything that went into what came out.

use super::super::conv::Parts;
use super::super::norm::Group;
use super::super::{BatchNorm, Conv, Embedding, GlobalPool, Kept, LayerNorm, LayerTrace, Pool, Statistics};
use super::recurrent::sweeps;
use super::{LayerWorking, MOST_PRODUCTS, Origin, Term, UnitWorking};
use crate::layer::Pooling;
use crate::{Error, Layer, Result, Shape};

/// A layer at its place in a chain, and what it computed for one example.
pub(super) struct Place<'a> {
    /// From 0.
    pub number: usize,
    pub layer: &'a Layer,
    pub input: Shape,
    pub output: Shape,
    pub x: &'a [f64],
    pub done: &'a LayerTrace,
    pub tensors: &'a [Vec<f64>],
    /// Whether the values of sequences are named step by step.
    pub by_step: bool,
}

impl Place<'_> {
    pub(super) fn working(&self) -> Result<LayerWorking> {
        let sums = self.sums()?;
        let origins = self.origins()?;
        // Zero is added to a product so that it is never -0.
        let unit = |(unit, output): (usize, &f64)| {
            let (places, bias) = sums.get(unit).map_or((&[][..], None), |(places, bias)| (places.as_slice(), *bias));
            let term = |(at, of): &(usize, usize)| {
                let (input, weight) = (*self.x.get(*at)?, *self.tensors.first()?.get(*of)?);
                Some(Term { input, weight, product: input * weight + 0.0 })
            };
            let seen = self.layer.activation().and_then(|_| self.done.sums.get(unit)).copied();
            UnitWorking {
                terms: places.iter().filter_map(term).collect(),
                bias,
                sum: seen.unwrap_or(*output),
                output: *output,
                origin: origins.get(unit).cloned().flatten(),
            }
        };
        Ok(LayerWorking {
            number: self.number + 1,
            layer: self.layer.to_string(),
            activation: self.layer.activation(),
            step_inputs: self.step_inputs()?,
            step_outputs: self.step(self.output),
            sweeps: match self.layer {
                Layer::Recurrent(layer) => sweeps(layer, self.input, self.x, self.done, self.tensors)?,
                _ => Vec::new(),
            },
            inside: Vec::new(),
            units: self.done.outputs.iter().enumerate().map(unit).collect(),
        })
    }

    fn step(&self, shape: Shape) -> Option<usize> {
        match shape {
            Shape::Sequence { features, .. } if self.by_step => Some(features),
            _ => None,
        }
    }

    fn step_inputs(&self) -> Result<Option<usize>> {
        match self.layer {
            // It reads the rows of an image as steps, too.
            Layer::Recurrent(layer) => {
                let (_, inputs) = layer.reads(self.input).map_err(|message| Error::shape("recurrent", message))?;
                Ok(Some(inputs))
            }
            _ => Ok(self.step(self.input)),
        }
    }

    /// What each sum is made of: the places of its inputs and of its weights, and its bias.
    fn sums(&self) -> Result<Vec<Parts>> {
        let Some(weight) = self.tensors.first() else { return Ok(Vec::new()) };
        let bias = self.tensors.get(1);
        match self.layer {
            Layer::Conv(conv) => {
                let conv = Conv::new(conv, self.input, weight, bias.map(Vec::as_slice))?;
                if conv.products_count() > MOST_PRODUCTS {
                    return Ok(Vec::new());
                }
                Ok(conv.working(self.done.lengths.as_deref()))
            }
            Layer::Dense(dense) => {
                let inputs = crate::Dense::reads(self.input);
                let outputs = self.done.outputs.len();
                let steps = matches!(self.input, Shape::Sequence { .. });
                if steps && outputs.saturating_mul(inputs) > MOST_PRODUCTS {
                    return Ok(Vec::new());
                }
                // Every step goes through the same weights.
                let parts = |at: usize| {
                    let (step, unit) = (at / dense.units, at % dense.units);
                    let places = (0..inputs).map(|i| (step * inputs + i, unit * inputs + i)).collect();
                    (places, bias.and_then(|bias| bias.get(unit)).copied())
                };
                Ok((0..outputs).map(parts).collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn origins(&self) -> Result<Vec<Option<Origin>>> {
        let (x, own) = (self.x, self.done.lengths.as_deref());
        let mut origins = vec![None; self.done.outputs.len()];
        match (self.layer, self.tensors, &self.done.kept) {
            (Layer::Embedding(layer), [weight], _) => {
                let embedding = Embedding::new(layer.vocabulary, layer.dimensions, weight)?;
                for (row, x) in origins.chunks_mut(layer.dimensions.max(1)).zip(x) {
                    row.fill(Some(Origin::Row { word: embedding.word(*x) }));
                }
            }
            (Layer::Recurrent(layer), ..) => {
                let (steps, _) = layer.reads(self.input).map_err(|message| Error::shape("recurrent", message))?;
                let own = own.and_then(|own| own.first()).copied().unwrap_or(steps);
                let width = layer.units * layer.directions();
                for (at, origin) in origins.iter_mut().enumerate() {
                    let (reverse, unit) = (at % width / layer.units == 1, at % layer.units + 1);
                    let step = match (layer.sequences, reverse) {
                        (true, _) => at / width + 1,
                        (false, false) => own,
                        (false, true) => 1,
                    };
                    *origin = (step <= own).then_some(Origin::State { reverse, step, unit });
                }
            }
            (Layer::Residual(_), _, Kept::Layers(layers)) => {
                let added = layers.last().map_or(x, |last| &last.outputs);
                for ((origin, input), added) in origins.iter_mut().zip(x).zip(added) {
                    *origin = Some(Origin::Skip { input: *input, added: *added });
                }
            }
            (Layer::Pool(layer), ..) => {
                let mut windows = Vec::new();
                let mut values = 0;
                Pool::new(layer, self.input)?.windows(1, own, |at, places| {
                    values += places.len();
                    if values <= MOST_PRODUCTS {
                        windows.push((at, places.to_vec()));
                    }
                });
                if values <= MOST_PRODUCTS {
                    for (at, places) in windows {
                        origins[at] = Some(window(layer.pooling, x, &places));
                    }
                }
            }
            (Layer::GlobalPool(layer), ..) => {
                let pool = GlobalPool::new(layer, self.input);
                for (channel, origin) in origins.iter_mut().enumerate() {
                    *origin = Some(window(layer.pooling, x, &pool.places(0, channel, own)));
                }
            }
            (Layer::BatchNorm(layer), [weight, bias, mean, variance], Kept::Statistics(used)) => {
                let norm = BatchNorm::new(layer, self.input, [weight, bias, mean, variance])?;
                normal(&mut origins, x, &norm.groups(1, own), used, layer.epsilon, [weight, bias]);
            }
            (Layer::LayerNorm(layer), [weight, bias], Kept::Statistics(used)) => {
                let norm = LayerNorm::new(layer, self.input, weight, bias)?;
                normal(&mut origins, x, &norm.groups(1), used, layer.epsilon, [weight, bias]);
            }
            _ => {}
        }
        Ok(origins)
    }
}

fn window(pooling: Pooling, x: &[f64], places: &[usize]) -> Origin {
    let inputs = places.iter().filter_map(|place| x.get(*place)).copied().collect();
    match pooling {
        Pooling::Max => Origin::Largest { inputs },
        Pooling::Average => Origin::Mean { inputs },
    }
}

fn normal(
    origins: &mut [Option<Origin>],
    x: &[f64],
    groups: &[Group],
    used: &Statistics,
    epsilon: f64,
    [weight, bias]: [&[f64]; 2],
) {
    for ((group, &mean), &variance) in groups.iter().zip(&used.mean).zip(&used.variance) {
        for &(at, channel) in group {
            let (input, weight, bias) = (x[at], weight[channel], bias[channel]);
            let normal = (input - mean) / (variance + epsilon).sqrt() + 0.0;
            origins[at] = Some(Origin::Normal { input, mean, variance, epsilon, normal, weight, bias });
        }
    }
}
