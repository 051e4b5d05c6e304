//! Normalisation of each channel over the batch.

use super::{Mode, NormSpec, Run, Wires, cut, front, front_of, own_steps};
use crate::kernel::norm::{self, Batch, Normal, padded};
use crate::kernel::window::Places;
use crate::layer::Window;
use crate::plan::Layout;
use std::ops::Range;

/// y = γ · x̂ + β with x̂ = (x - mean) / √(variance + ε), over the own places of all rows. What comes out behind the end of a
/// sequence is 0, as is the gradient there.
#[derive(Debug)]
pub(crate) struct BatchNorm {
    spec: NormSpec,
    /// The running statistics, in the parameters; as all tensors there, whole lines with zeroes behind the last channel.
    mean: Range<usize>,
    variance: Range<usize>,
    momentum: f32,
    windows: Vec<Window>,
    /// What the batch was normalised with: three values of each channel ([`Normal`]).
    normal: Range<usize>,
    /// The running statistics behind this step: means, then variances. They outlive the way back, until [`Self::settle`].
    /// Only where the network learns.
    running: Range<usize>,
    /// Scratch: scale and shift of each channel,
    line: Range<usize>,
    /// the sums of each block of places, forward
    moments: Range<usize>,
    /// and backward,
    sums: Range<usize>,
    /// and what the gradient of x is put together with: three values of each channel.
    parts: Range<usize>,
    pub wires: Wires,
}

impl BatchNorm {
    pub(super) fn lay_out(
        spec: NormSpec,
        (mean, variance): (Range<usize>, Range<usize>),
        momentum: f32,
        windows: Vec<Window>,
        wires: Wires,
        layout: &mut Layout,
    ) -> Self {
        let each = padded(spec.channels);
        let blocks = norm::blocks(wires.batch.saturating_mul(spec.places));
        let training = layout.goes_back();
        BatchNorm {
            mean,
            variance,
            momentum,
            windows,
            normal: layout.kept(each.saturating_mul(3)),
            running: if training { layout.take(each.saturating_mul(2), 0..=usize::MAX) } else { 0..0 },
            line: layout.forward_scratch(each.saturating_mul(2)),
            moments: if training { layout.forward_scratch(blocks.saturating_mul(3 * each)) } else { 0..0 },
            sums: layout.backward_scratch(blocks.saturating_mul(2 * each)),
            parts: layout.backward_scratch(each.saturating_mul(3)),
            spec,
            wires,
        }
    }

    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let NormSpec { places, channels, .. } = self.spec;
        let len = run.rows * places * channels;
        let [from, y, normal, running, line, moments] = cut(
            run.arena,
            [
                x.range(len),
                front(y, len),
                self.normal.clone(),
                self.running.clone(),
                self.line.clone(),
                self.moments.clone(),
            ],
        );
        let x = x.pick(len, run.batch, from);
        let own = own_steps(&self.windows, run.lengths);
        let own = own.as_ref().map(|own| own as _);
        let batch = Batch { rows: run.rows, places: Places { count: places, channels, own } };
        let each = padded(channels);
        let [high, inverse, low] = thirds(normal);
        let epsilon = f64::from(self.spec.epsilon);
        let (means, variances) = (&run.params[self.mean.clone()], &run.params[self.variance.clone()]);
        let n = batch.own();
        if matches!(run.mode, Mode::Train { .. }) && n > 1 {
            let (new_means, new_variances) = running.split_at_mut(each);
            let momentum = f64::from(self.momentum);
            norm::moments(run.machine, &batch, x, moments, |c, mean, variance| {
                [high[c], inverse[c], low[c]] = norm::normal_of(mean, variance, epsilon);
                let towards = |old: f32, new: f64| ((1.0 - momentum) * f64::from(old) + momentum * new) as f32;
                new_means[c] = towards(means[c], mean);
                new_variances[c] = towards(variances[c], variance * (n as f64 / (n - 1) as f64));
            });
        } else {
            for c in 0..channels {
                let (mean, variance) = (f64::from(means[c]), f64::from(variances[c]));
                [high[c], inverse[c], low[c]] = norm::normal_of(mean, variance, epsilon);
            }
            if !running.is_empty() {
                running[..each].copy_from_slice(means);
                running[each..].copy_from_slice(variances);
            }
        }
        let (scale, shift) = line.split_at_mut(each);
        let (weight, bias) = (&run.params[self.spec.weight.clone()], &run.params[self.spec.bias.clone()]);
        for c in 0..channels {
            scale[c] = weight[c] * inverse[c];
            shift[c] = (-weight[c]).mul_add(low[c], bias[c]);
        }
        norm::scale_and_shift(run.machine, &batch, (high, scale, shift), x, y);
    }

    /// dβ = Σ dy, dγ = Σ dy · x̂, dx = γ / √(variance + ε) · (dy - dβ / n - x̂ · dγ / n); with running statistics, which do not
    /// depend on x, only the first of the three.
    pub(crate) fn backward(&self, run: &mut Run<'_>, grads: &mut [f32]) {
        let Wires { x, dy: Some(dy), dx, .. } = &self.wires else { return };
        let NormSpec { places, channels, .. } = self.spec;
        let len = run.rows * places * channels;
        let [from, dy, dx, normal, sums, parts] = cut(
            run.arena,
            [
                x.range(len),
                front(dy, len),
                front_of(dx.as_ref(), len),
                self.normal.clone(),
                self.sums.clone(),
                self.parts.clone(),
            ],
        );
        let x = x.pick(len, run.batch, from);
        let own = own_steps(&self.windows, run.lengths);
        let own = own.as_ref().map(|own| own as _);
        let batch = Batch { rows: run.rows, places: Places { count: places, channels, own } };
        let [high, inverse, low] = thirds(normal);
        let normal = Normal { high, inverse, low };
        let [a, b, c] = thirds(parts);
        let weight = &run.params[self.spec.weight.clone()];
        let n = batch.own();
        norm::gradient_sums(run.machine, &batch, normal, (x, dy), sums, |channel, sum, along| {
            grads[self.spec.bias.start + channel] = sum as f32;
            grads[self.spec.weight.start + channel] = along as f32;
            let inverse = f64::from(normal.inverse[channel]);
            let scale = f64::from(weight[channel]) * inverse;
            let (sum, along) = if n > 1 { (sum / n as f64, along / n as f64) } else { (0.0, 0.0) };
            a[channel] = scale as f32;
            b[channel] = (-scale * along * inverse) as f32;
            c[channel] = (scale * (along * f64::from(normal.low[channel]) - sum)) as f32;
        });
        if !dx.is_empty() {
            norm::combine(run.machine, &batch, normal.high, (a, b, c), (x, dy), dx);
        }
    }

    /// Moves the running statistics to where the batch that last went forward while training has brought them. After a
    /// prediction they stay.
    pub(crate) fn settle(&self, arena: &[f32], params: &mut [f32]) {
        if self.running.is_empty() {
            return;
        }
        let (means, variances) = arena[self.running.clone()].split_at(padded(self.spec.channels));
        params[self.mean.clone()].copy_from_slice(means);
        params[self.variance.clone()].copy_from_slice(variances);
    }
}

/// Three equal parts.
fn thirds(values: &mut [f32]) -> [&mut [f32]; 3] {
    let each = values.len() / 3;
    let (a, rest) = values.split_at_mut(each);
    let (b, c) = rest.split_at_mut(each);
    [a, b, c]
}
