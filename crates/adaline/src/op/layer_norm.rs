//! Normalisation of each example.

use super::{Run, Wires, cut, front, front_of};
use crate::kernel::norm::{self, KEPT_OF_ROW, Rows, padded};
use crate::plan::Layout;
use std::ops::Range;

/// What both normalisations have: so many places of so many channels each, and a γ and a β for each channel.
#[derive(Debug, Clone)]
pub(crate) struct NormSpec {
    pub places: usize,
    pub channels: usize,
    /// γ, in the parameters.
    pub weight: Range<usize>,
    /// β, in the parameters.
    pub bias: Range<usize>,
    pub epsilon: f32,
}

/// y = γ · x̂ + β with x̂ = (x - mean) / √(variance + ε), over each row's own values.
#[derive(Debug)]
pub(crate) struct LayerNorm {
    spec: NormSpec,
    /// Rows of one example.
    rows: usize,
    /// What each row was normalised with.
    kept: Range<usize>,
    /// For the way back: sums of each block of rows.
    sums: Range<usize>,
    pub wires: Wires,
}

impl LayerNorm {
    pub(super) fn lay_out(spec: NormSpec, rows: usize, wires: Wires, layout: &mut Layout) -> Self {
        let all = wires.batch.saturating_mul(rows);
        let kept = layout.kept(all.saturating_mul(KEPT_OF_ROW));
        let each = padded(spec.channels).saturating_mul(2);
        let sums = layout.backward_scratch(norm::row_blocks(all, spec.places).saturating_mul(each));
        LayerNorm { spec, rows, kept, sums, wires }
    }

    /// The rows of a batch.
    fn of<'a>(&self, rows: usize, params: &'a [f32]) -> Rows<'a> {
        let NormSpec { places, channels, epsilon, .. } = self.spec;
        Rows { count: rows * self.rows, places, channels, weight: &params[self.spec.weight.clone()], epsilon }
    }

    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let rows = self.of(run.rows, run.params);
        let len = rows.count * rows.places * rows.channels;
        let [from, y, kept] =
            cut(run.arena, [x.range(len), front(y, len), front(&self.kept, rows.count * KEPT_OF_ROW)]);
        let x = x.pick(len, run.batch, from);
        norm::normalise_rows(run.machine, &rows, &run.params[self.spec.bias.clone()], x, y, kept);
    }

    pub(crate) fn backward(&self, run: &mut Run<'_>, grads: &mut [f32]) {
        let Wires { x, dy: Some(dy), dx, .. } = &self.wires else { return };
        let rows = self.of(run.rows, run.params);
        let len = rows.count * rows.places * rows.channels;
        let [from, dy, dx, kept, sums] = cut(
            run.arena,
            [
                x.range(len),
                front(dy, len),
                front_of(dx.as_ref(), len),
                front(&self.kept, rows.count * KEPT_OF_ROW),
                self.sums.clone(),
            ],
        );
        let x = x.pick(len, run.batch, from);
        norm::normalise_rows_backward(run.machine, &rows, (x, kept, dy), dx, sums, |channel, sum, along| {
            grads[self.spec.bias.start + channel] = sum as f32;
            grads[self.spec.weight.start + channel] = along as f32;
        });
    }
}
