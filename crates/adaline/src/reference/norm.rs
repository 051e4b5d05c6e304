//! Normalisation: y = γ · (x - μ) / √(σ² + ε) + β. What differs is over which values μ and σ² are taken.

use super::planes::Planes;
use super::trace::Statistics;
use super::{expect_len, rows};
use crate::{Result, Shape};

/// Batch normalisation: a view of its weight γ, its bias β and its running statistics, one value a channel each.
///
/// ```
/// use adaline::Shape;
/// use adaline::reference::BatchNorm;
/// # fn main() -> adaline::Result<()> {
/// let layer = adaline::BatchNorm::default();
/// let norm = BatchNorm::new(&layer, Shape::Flat(1), [&[2.0], &[0.5], &[0.0], &[1.0]])?;
/// let (y, used) = norm.forward(&[10.0, 30.0], None, true)?;
/// assert!((y[0] - (0.5 - 2.0)).abs() < 1e-6 && (y[1] - (0.5 + 2.0)).abs() < 1e-6);
/// // 0.9 · 0 + 0.1 · 20 and 0.9 · 1 + 0.1 · 200
/// assert_eq!(used.running, Some([vec![2.0], vec![20.9]]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct BatchNorm<'a> {
    momentum: f64,
    epsilon: f64,
    x: Planes,
    weight: &'a [f64],
    bias: &'a [f64],
    running: [&'a [f64]; 2],
}

/// Layer normalisation: a view of its weight γ and its bias β, one value a channel each.
///
/// ```
/// use adaline::Shape;
/// use adaline::reference::LayerNorm;
/// # fn main() -> adaline::Result<()> {
/// let norm = LayerNorm::new(&adaline::LayerNorm::default(), Shape::Flat(2), &[1.0, 10.0], &[0.0, 0.0])?;
/// let (y, used) = norm.forward(&[1.0, 3.0])?;
/// assert!((y[0] + 1.0).abs() < 1e-4 && (y[1] - 10.0).abs() < 1e-4);
/// assert_eq!((used.mean, used.variance), (vec![2.0], vec![1.0]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LayerNorm<'a> {
    epsilon: f64,
    x: Planes,
    /// Values that are normalised together.
    together: usize,
    weight: &'a [f64],
    bias: &'a [f64],
}

/// What a normalisation hands back.
#[derive(Debug, Clone, PartialEq)]
pub struct NormGradient {
    /// As x.
    pub dx: Vec<f64>,
    /// dγ.
    pub dweight: Vec<f64>,
    /// dβ.
    pub dbias: Vec<f64>,
}

/// Values that are normalised together: where each lies in the batch, and its channel.
pub(super) type Group = Vec<(usize, usize)>;

impl<'a> BatchNorm<'a> {
    /// The layer over examples of a shape, with γ, β, running mean and running variance. Fails when these are not one value a
    /// channel.
    pub fn new(layer: &crate::BatchNorm, input: Shape, parameters: [&'a [f64]; 4]) -> Result<Self> {
        let [weight, bias, mean, variance] = parameters;
        let x = Planes::of(input);
        for (what, tensor) in ["weight", "bias", "running_mean", "running_var"].into_iter().zip(parameters) {
            expect_len("batchnorm", what, tensor.len(), x.channels)?;
        }
        let (momentum, epsilon) = (layer.momentum, layer.epsilon);
        Ok(BatchNorm { momentum, epsilon, x, weight, bias, running: [mean, variance] })
    }

    /// Each channel's values over the batch; of sequences their own steps.
    pub(super) fn groups(&self, batch: usize, lengths: Option<&[usize]>) -> Vec<Group> {
        let mut groups = vec![Group::new(); self.x.channels];
        for (c, group) in groups.iter_mut().enumerate() {
            for b in 0..batch {
                let own = lengths.map_or(self.x.places(), |lengths| lengths[b]);
                group.extend((0..own).map(|p| (b * self.x.len() + self.x.of_place(c, p), c)));
            }
        }
        groups
    }

    /// y, and what it was normalised with.
    ///
    /// - At prediction μ and σ² are the running ones.
    /// - While training they are each channel's own: μ = Σ x / n and σ² = Σ (x - μ)² / n over its n values in the batch; the
    ///   running ones become (1 - momentum) · running + momentum · own, with the variance over n - 1.
    /// - A channel with one value in the batch has no spread: it takes the running ones, and they stay.
    ///
    /// What stands behind the end of a sequence becomes 0.
    pub fn forward(&self, x: &[f64], lengths: Option<&[usize]>, training: bool) -> Result<(Vec<f64>, Statistics)> {
        let batch = rows("batchnorm", x.len(), self.x.len())?;
        if let Some(lengths) = lengths {
            expect_len("batchnorm", "lengths", lengths.len(), batch)?;
        }
        let groups = self.groups(batch, lengths);
        let [mut running_mean, mut running_variance] = self.running.map(<[f64]>::to_vec);
        let mut used = Statistics {
            mean: running_mean.clone(),
            variance: running_variance.clone(),
            own: vec![false; groups.len()],
            running: None,
        };
        if training {
            for (c, group) in groups.iter().enumerate().filter(|(_, group)| group.len() > 1) {
                let (mean, variance) = mean_and_variance(x, group);
                let n = group.len() as f64;
                running_mean[c] = (1.0 - self.momentum) * running_mean[c] + self.momentum * mean;
                running_variance[c] =
                    (1.0 - self.momentum) * running_variance[c] + self.momentum * variance * n / (n - 1.0);
                (used.mean[c], used.variance[c], used.own[c]) = (mean, variance, true);
            }
            used.running = Some([running_mean, running_variance]);
        }
        Ok((normalise(x, &groups, &used, self.epsilon, self.weight, self.bias), used))
    }

    /// The gradients from that of y; see [`LayerNorm::backward`]. Running statistics do not move with x.
    pub fn backward(
        &self,
        x: &[f64],
        lengths: Option<&[usize]>,
        used: &Statistics,
        dy: &[f64],
    ) -> Result<NormGradient> {
        let batch = rows("batchnorm", x.len(), self.x.len())?;
        expect_len("batchnorm", "gradient of the outputs", dy.len(), x.len())?;
        Ok(gradient(x, &self.groups(batch, lengths), used, self.epsilon, self.weight, dy))
    }
}

impl<'a> LayerNorm<'a> {
    /// The layer over examples of a shape, with γ and β. Fails when these are not one value a channel.
    pub fn new(layer: &crate::LayerNorm, input: Shape, weight: &'a [f64], bias: &'a [f64]) -> Result<Self> {
        let x = Planes::of(input);
        expect_len("layernorm", "weight", weight.len(), x.channels)?;
        expect_len("layernorm", "bias", bias.len(), x.channels)?;
        let together = match input {
            Shape::Sequence { features, .. } => features,
            _ => input.len(),
        };
        Ok(LayerNorm { epsilon: layer.epsilon, x, together, weight, bias })
    }

    /// Each step of a sequence, each row, each image as a whole.
    pub(super) fn groups(&self, batch: usize) -> Vec<Group> {
        let mut groups = vec![Group::new(); batch * self.x.len() / self.together];
        for b in 0..batch {
            for c in 0..self.x.channels {
                for p in 0..self.x.places() {
                    let at = b * self.x.len() + self.x.of_place(c, p);
                    groups[at / self.together].push((at, c));
                }
            }
        }
        groups
    }

    /// y, and what it was normalised with: μ = Σ x / n and σ² = Σ (x - μ)² / n over the n values of a row, a step or an image.
    pub fn forward(&self, x: &[f64]) -> Result<(Vec<f64>, Statistics)> {
        let batch = rows("layernorm", x.len(), self.x.len())?;
        let groups = self.groups(batch);
        let (mean, variance) = groups.iter().map(|group| mean_and_variance(x, group)).unzip();
        let used = Statistics { mean, variance, own: vec![true; groups.len()], running: None };
        Ok((normalise(x, &groups, &used, self.epsilon, self.weight, self.bias), used))
    }

    /// The gradients from that of y. With x̂ = (x - μ) / σ, where σ stands for √(σ² + ε), and g = dy · γ:
    ///
    /// - dγ = Σ dy · x̂ and dβ = Σ dy over all values of a channel
    /// - dx = g / σ where μ and σ are given
    /// - dx = (g - mean(g) - x̂ · mean(g · x̂)) / σ where they are those of the values: raising one x moves μ and σ, and with
    ///   them every y of the group
    pub fn backward(&self, x: &[f64], used: &Statistics, dy: &[f64]) -> Result<NormGradient> {
        let batch = rows("layernorm", x.len(), self.x.len())?;
        expect_len("layernorm", "gradient of the outputs", dy.len(), x.len())?;
        Ok(gradient(x, &self.groups(batch), used, self.epsilon, self.weight, dy))
    }
}

fn mean_and_variance(x: &[f64], group: &Group) -> (f64, f64) {
    let n = group.len() as f64;
    let mean = group.iter().map(|(at, _)| x[*at]).sum::<f64>() / n;
    let variance = group.iter().map(|(at, _)| (x[*at] - mean) * (x[*at] - mean)).sum::<f64>() / n;
    (mean, variance)
}

/// y = γ · (x - μ) / √(σ² + ε) + β
fn normalise(x: &[f64], groups: &[Group], used: &Statistics, epsilon: f64, weight: &[f64], bias: &[f64]) -> Vec<f64> {
    let mut y = vec![0.0; x.len()];
    for (k, group) in groups.iter().enumerate() {
        let spread = (used.variance[k] + epsilon).sqrt();
        for &(at, c) in group {
            y[at] = weight[c] * (x[at] - used.mean[k]) / spread + bias[c];
        }
    }
    y
}

fn gradient(x: &[f64], groups: &[Group], used: &Statistics, epsilon: f64, weight: &[f64], dy: &[f64]) -> NormGradient {
    let mut dx = vec![0.0; x.len()];
    let (mut dweight, mut dbias) = (vec![0.0; weight.len()], vec![0.0; weight.len()]);
    for (k, group) in groups.iter().enumerate() {
        let spread = (used.variance[k] + epsilon).sqrt();
        let normal = |at: usize| (x[at] - used.mean[k]) / spread;
        let n = group.len() as f64;
        let (mut mean, mut mean_with_x) = (0.0, 0.0);
        for &(at, c) in group {
            dweight[c] += dy[at] * normal(at);
            dbias[c] += dy[at];
            mean += dy[at] * weight[c] / n;
            mean_with_x += dy[at] * weight[c] * normal(at) / n;
        }
        for &(at, c) in group {
            let g = dy[at] * weight[c];
            dx[at] = if used.own[k] { (g - mean - normal(at) * mean_with_x) / spread } else { g / spread };
        }
    }
    NormGradient { dx, dweight, dbias }
}
