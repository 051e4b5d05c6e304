//! A chain of small dense layers in one go: one call forward and one call back, nothing packed, nothing shared out.
//!
//! In a layer of a few units the arithmetic takes some ten nanoseconds, and calling one kernel after the other, each with
//! its checks and its packing, took ten times that. Here one function goes through all layers. Values lie as everywhere,
//! row by row without gaps, and **every sum has the order of `product.rs`**, so that a chain has the bits of its layers
//! one by one, and nobody can tell from a result whether a plan made one.
//!
//! Everything is the same product of [`Columns`]: sixteen columns of y = x · w + b, of dw = xᵀ · dz, or of dx = dz · wᵀ. It
//! reads and writes whole vectors of sixteen, even where a row is shorter. What is read behind the end of a row ends up in
//! lanes that are no column; what such lanes write is written over by the next row, since rows go upwards and groups of
//! columns downwards. Only behind the last row a matrix needs some [`room`].

use super::activation::{Map, UseMap, with_map};
use super::buffer::round_up;
use super::elementwise::{self, read};
use super::panels::{panel_index, panels_len};
use super::simd::{LANES, Simd};
use super::{InstructionSet, Work};
use crate::Activation;
use std::ops::Range;

/// One dense layer of a chain: y = f(x · weight + bias).
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub inputs: usize,
    pub outputs: usize,
    /// In the parameters: inputs × outputs in panels.
    pub weight: Range<usize>,
    /// In the parameters.
    pub bias: Option<Range<usize>>,
    /// One of single values, whose derivative is had from the output.
    pub activation: Activation,
    /// Where its outputs start among those of all links.
    pub y: usize,
}

/// Values that a matrix of so many rows takes here: its own, and a vector's length behind them.
pub(crate) fn room(rows: usize, width: usize) -> usize {
    round_up(rows.saturating_mul(width).saturating_add(LANES))
}

/// What the way back needs of scratch: two gradients of the widest values that have one, and a turned weight or the
/// turned gradient of one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scratch {
    gradient: usize,
    turned: usize,
}

impl Scratch {
    /// For batches of up to so many rows.
    pub(crate) fn of(links: &[Link], rows: usize, first_has_dx: bool) -> Self {
        let behind_dx = &links[usize::from(!first_has_dx)..];
        let outputs = links.iter().map(|link| link.outputs);
        let widest = outputs.chain(behind_dx.iter().map(|link| link.inputs)).max().unwrap_or(0);
        let turned = behind_dx.iter().map(|link| panels_len(link.outputs, link.inputs)).max().unwrap_or(0);
        Scratch { gradient: room(rows, widest), turned }
    }

    pub(crate) fn len(self) -> usize {
        self.gradient.saturating_mul(2).saturating_add(self.turned)
    }
}

/// All layers forward. `ys` gets the outputs of every link, each at its place.
pub(crate) struct Forward<'a> {
    pub links: &'a [Link],
    pub rows: usize,
    pub params: &'a [f32],
    pub x: &'a [f32],
    pub ys: &'a mut [f32],
}

impl Forward<'_> {
    pub(crate) fn run(self, set: InstructionSet) {
        set.dispatch(self);
    }
}

impl Work for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Forward { links, rows, params, x, ys } = self;
        let mut previous = None;
        for link in links {
            let (before, y) = ys.split_at_mut(link.y);
            let x = previous.map_or(x, |at: usize| &before[at..]);
            link.forward(s, rows, params, x, y);
            previous = Some(link.y);
        }
    }
}

/// All layers back, after [`Forward`] with the same links, rows, x and ys.
pub(crate) struct Backward<'a> {
    pub links: &'a [Link],
    pub rows: usize,
    pub params: &'a [f32],
    pub x: &'a [f32],
    pub ys: &'a [f32],
    /// The gradient of the last outputs.
    pub dy: &'a [f32],
    /// As long as `parts` says.
    pub scratch: &'a mut [f32],
    pub parts: Scratch,
    /// Gets the gradient of x; empty where nobody asks.
    pub dx: &'a mut [f32],
    /// Gets the gradients of the weights and biases, at their places.
    pub grads: &'a mut [f32],
}

impl Backward<'_> {
    pub(crate) fn run(self, set: InstructionSet) {
        set.dispatch(self);
    }
}

impl Work for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Backward { links, rows, params, x, ys, dy, scratch, parts, dx, grads } = self;
        let (mut dz, rest) = scratch.split_at_mut(parts.gradient);
        let (mut other, turned) = rest.split_at_mut(parts.gradient);
        dz[..dy.len()].copy_from_slice(dy);
        for (number, link) in links.iter().enumerate().rev() {
            let lines = round_up(rows * link.outputs);
            elementwise::times_slope(s, link.activation, &ys[link.y..][..lines], &mut dz[..lines]);
            match number.checked_sub(1).map(|before| &ys[links[before].y..]) {
                Some(x) if link.has_more_inputs() => link.turned_gradients(s, rows, x, dz, turned, grads),
                Some(x) => link.gradients(s, rows, x, dz, grads),
                None => link.gradients(s, rows, x, dz, grads),
            }
            if number > 0 || !dx.is_empty() {
                link.turn(params, turned);
                link.backward(s, rows, dz, turned, other);
                std::mem::swap(&mut dz, &mut other);
            }
        }
        dx.copy_from_slice(&dz[..dx.len()]);
    }
}

impl Link {
    /// y = f(x · weight + bias)
    #[inline(always)]
    fn forward<S: Simd>(&self, s: S, rows: usize, params: &[f32], x: &[f32], y: &mut [f32]) {
        let Link { inputs, outputs, .. } = *self;
        let weight = &params[self.weight.clone()];
        assert!(x.len() >= rows * inputs && y.len() >= room(rows, outputs), "too short for a chain's values");
        assert!(weight.len() >= panels_len(inputs, outputs), "the weight is too short");
        for panel in (0..outputs.div_ceil(LANES)).rev() {
            let start = match &self.bias {
                Some(bias) => read(s, &params[bias.clone()][panel * LANES..]),
                None => s.splat(0.0),
            };
            let columns = Columns {
                rows,
                depth: inputs,
                a: x.as_ptr(),
                a_row: inputs,
                a_step: 1,
                b: weight[panel * inputs * LANES..].as_ptr(),
                b_row: LANES,
                out: y[panel * LANES..].as_mut_ptr(),
                out_row: outputs,
                width: LANES,
            };
            // SAFETY: x is rows × inputs, the panel inputs × 16, and behind the last row of y there is room for a vector.
            unsafe { columns.run(s, start) };
        }
        with_map(self.activation, InPlace { s, values: &mut y[..round_up(rows * outputs)] });
    }

    /// d bias = Σ dz
    #[inline(always)]
    fn bias_gradient<S: Simd>(&self, s: S, rows: usize, dz: &[f32], grads: &mut [f32]) {
        let Some(bias) = &self.bias else { return };
        let outputs = self.outputs;
        for first in (0..outputs).step_by(LANES) {
            let mut sum = s.splat(0.0);
            for row in 0..rows {
                sum = s.add(sum, read(s, &dz[row * outputs + first..]));
            }
            let sum = only_columns(s, sum, outputs - first);
            elementwise::write(s, &mut grads[bias.clone()][first..], sum);
        }
    }

    /// d weight = xᵀ · dz, and d bias.
    #[inline(always)]
    fn gradients<S: Simd>(&self, s: S, rows: usize, x: &[f32], dz: &[f32], grads: &mut [f32]) {
        let Link { inputs, outputs, .. } = *self;
        assert!(x.len() >= rows * inputs && dz.len() >= room(rows, outputs), "too short for a chain's values");
        self.bias_gradient(s, rows, dz, grads);
        for panel in 0..outputs.div_ceil(LANES) {
            let d_weight = &mut grads[self.weight.clone()][panel * inputs * LANES..][..inputs * LANES];
            let columns = Columns {
                rows: inputs,
                depth: rows,
                a: x.as_ptr(),
                a_row: 1,
                a_step: inputs,
                b: dz[panel * LANES..].as_ptr(),
                b_row: outputs,
                out: d_weight.as_mut_ptr(),
                out_row: LANES,
                width: LANES.min(outputs - panel * LANES),
            };
            // SAFETY: x is rows × inputs, behind the last row of dz there is room for a vector, and the panel of the
            // gradient is inputs × 16.
            unsafe { columns.run(s, s.splat(0.0)) };
        }
    }

    /// Whether the gradient of the weight takes fewer vectors over its inputs than over its outputs.
    #[inline(always)]
    fn has_more_inputs(&self) -> bool {
        self.outputs * self.inputs.div_ceil(LANES) < self.inputs * self.outputs.div_ceil(LANES)
    }

    /// As [`Link::gradients`] where that takes fewer vectors: (d weight)ᵀ = dzᵀ · x, turned behind it. Three outputs of sixteen
    /// inputs are three vectors so, and not sixteen: iris's epoch became a tenth faster. There must be [`room`] behind x.
    #[inline(always)]
    fn turned_gradients<S: Simd>(
        &self,
        s: S,
        rows: usize,
        x: &[f32],
        dz: &[f32],
        turned: &mut [f32],
        grads: &mut [f32],
    ) {
        let Link { inputs, outputs, .. } = *self;
        assert!(x.len() >= room(rows, inputs) && dz.len() >= rows * outputs, "too short for a chain's values");
        assert!(turned.len() >= panels_len(outputs, inputs), "the turned gradient is too short");
        self.bias_gradient(s, rows, dz, grads);
        for panel in 0..inputs.div_ceil(LANES) {
            let columns = Columns {
                rows: outputs,
                depth: rows,
                a: dz.as_ptr(),
                a_row: 1,
                a_step: outputs,
                b: x[panel * LANES..].as_ptr(),
                b_row: inputs,
                out: turned[panel * outputs * LANES..].as_mut_ptr(),
                out_row: LANES,
                width: LANES,
            };
            // SAFETY: dz is rows × outputs, behind the last row of x there is room for a vector, and the panel is
            // outputs × 16.
            unsafe { columns.run(s, s.splat(0.0)) };
        }
        for (panel, d_weight) in grads[self.weight.clone()].chunks_exact_mut(inputs * LANES).enumerate() {
            let first = panel * LANES;
            for (k, d_weight) in d_weight.chunks_exact_mut(LANES).enumerate() {
                let column = &turned[panel_index(outputs, first, k)..];
                d_weight.fill(0.0);
                for (to, &d) in d_weight[..LANES.min(outputs - first)].iter_mut().zip(column.iter().step_by(LANES)) {
                    *to = d;
                }
            }
        }
    }

    /// The transposed weight in panels. Lanes that are no input stay as they are.
    #[inline(always)]
    fn turn(&self, params: &[f32], turned: &mut [f32]) {
        let Link { inputs, outputs, .. } = *self;
        for (panel, weight) in params[self.weight.clone()].chunks_exact(inputs * LANES).enumerate() {
            let first = panel * LANES;
            for (k, weight) in weight.chunks_exact(LANES).enumerate() {
                let column = &mut turned[panel_index(outputs, first, k)..];
                for (to, &w) in column.iter_mut().step_by(LANES).zip(&weight[..LANES.min(outputs - first)]) {
                    *to = w;
                }
            }
        }
    }

    /// dx = dz · weightᵀ
    #[inline(always)]
    fn backward<S: Simd>(&self, s: S, rows: usize, dz: &[f32], turned: &[f32], dx: &mut [f32]) {
        let Link { inputs, outputs, .. } = *self;
        assert!(dz.len() >= rows * outputs && dx.len() >= room(rows, inputs), "too short for a chain's gradients");
        assert!(turned.len() >= panels_len(outputs, inputs), "the turned weight is too short");
        for panel in (0..inputs.div_ceil(LANES)).rev() {
            let columns = Columns {
                rows,
                depth: outputs,
                a: dz.as_ptr(),
                a_row: outputs,
                a_step: 1,
                b: turned[panel * outputs * LANES..].as_ptr(),
                b_row: LANES,
                out: dx[panel * LANES..].as_mut_ptr(),
                out_row: inputs,
                width: LANES,
            };
            // SAFETY: dz is rows × outputs, the panel outputs × 16, and behind the last row of dx there is room.
            unsafe { columns.run(s, s.splat(0.0)) };
        }
    }
}

/// f of every value.
struct InPlace<'a, S> {
    s: S,
    values: &'a mut [f32],
}

impl<S: Simd> UseMap for InPlace<'_, S> {
    #[inline(always)]
    fn with<M: Map>(self, map: M) {
        let InPlace { s, values } = self;
        for values in values.chunks_exact_mut(LANES) {
            let v = map.apply(s, read(s, values));
            elementwise::write(s, values, v);
        }
    }
}

/// The first `width` lanes, zeroes behind them.
#[inline(always)]
fn only_columns<S: Simd>(s: S, v: S::V, width: usize) -> S::V {
    const NUMBERS: [f32; LANES] =
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0];
    s.select_lt(s.load(&NUMBERS), s.splat(width as f32), v, s.splat(0.0))
}

/// Sixteen columns of a product of A (rows × depth) and B (depth × 16).
struct Columns {
    rows: usize,
    depth: usize,
    /// Element (i, k) lies at i · `a_row` + k · `a_step`.
    a: *const f32,
    a_row: usize,
    a_step: usize,
    /// Element (k, 0) lies at k · `b_row`.
    b: *const f32,
    b_row: usize,
    /// Element (i, 0) goes to i · `out_row`.
    out: *mut f32,
    out_row: usize,
    /// Columns that exist. The lanes behind them become zero where `out` is a panel; they are left as they come where the
    /// next row is written over them, and `width` is sixteen then.
    width: usize,
}

impl Columns {
    /// # Safety
    /// All elements of A and out, and sixteen values at (k, 0) of B and at (i, 0) of out, lie inside their buffers.
    #[inline(always)]
    unsafe fn run<S: Simd>(&self, s: S, start: S::V) {
        let mut row = 0;
        // SAFETY: the caller's promise, for rows below `rows`.
        unsafe {
            while row + 4 <= self.rows {
                self.tile::<S, 4>(s, row, start);
                row += 4;
            }
            match self.rows - row {
                3 => self.tile::<S, 3>(s, row, start),
                2 => self.tile::<S, 2>(s, row, start),
                1 => self.tile::<S, 1>(s, row, start),
                _ => {}
            }
        }
    }

    /// `R` rows of sums in registers: eight registers of AVX2's sixteen for four rows, enough to hide how long a
    /// multiplication takes.
    ///
    /// # Safety
    /// As [`Columns::run`]; the rows are some of those.
    #[inline(always)]
    unsafe fn tile<S: Simd, const R: usize>(&self, s: S, row: usize, start: S::V) {
        let mut sums = [start; R];
        // SAFETY: the caller's promise.
        unsafe {
            let a = self.a.add(row * self.a_row);
            for k in 0..self.depth {
                let b = s.load_from(self.b.add(k * self.b_row));
                for r in 0..R {
                    sums[r] = s.fma(s.splat(*a.add(r * self.a_row + k * self.a_step)), b, sums[r]);
                }
            }
            for r in 0..R {
                let sum = if self.width < LANES { only_columns(s, sums[r], self.width) } else { sums[r] };
                s.store_to(self.out.add((row + r) * self.out_row), sum);
            }
        }
    }
}

#[cfg(test)]
mod tests;
