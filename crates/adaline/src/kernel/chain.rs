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
use super::elementwise::times_slope;
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
            if link.activation != Activation::Identity {
                let lines = round_up(rows * link.outputs);
                s.apart(TimesSlope { activation: link.activation, y: &ys[link.y..][..lines], dz: &mut dz[..lines] });
            }
            link.bias_gradient(s, rows, dz, grads);
            match number.checked_sub(1).map(|before| &ys[links[before].y..]) {
                Some(x) if link.has_more_inputs() => link.turned_gradient(s, rows, x, dz, turned, grads),
                Some(x) => link.gradient(s, rows, x, dz, grads),
                None => link.gradient(s, rows, x, dz, grads),
            }
            if number > 0 || !dx.is_empty() {
                link.turn(params, turned);
                link.backward(s, rows, dz, turned, other);
                std::mem::swap(&mut dz, &mut other);
            }
        }
        if !dx.is_empty() {
            dx.copy_from_slice(&dz[..dx.len()]);
        }
    }
}

impl Link {
    /// y = f(x · weight + bias)
    #[inline(always)]
    fn forward<S: Simd>(&self, s: S, rows: usize, params: &[f32], x: &[f32], y: &mut [f32]) {
        let Link { inputs, outputs, activation, .. } = *self;
        let weight = &params[self.weight.clone()];
        let bias = self.bias.clone().map(|bias| &params[bias]);
        assert!(x.len() >= rows * inputs && y.len() >= room(rows, outputs), "too short for a chain's values");
        assert!(weight.len() >= panels_len(inputs, outputs), "the weight is too short");
        assert!(bias.is_none_or(|bias| bias.len() >= round_up(outputs)), "the bias is too short");
        for panel in (0..outputs.div_ceil(LANES)).rev() {
            let columns = Columns {
                rows,
                depth: inputs,
                a: x.as_ptr(),
                a_row: inputs,
                a_step: 1,
                b: weight[panel * inputs * LANES..].as_ptr(),
                b_row: LANES,
                start: bias.map_or(ZEROES.as_ptr(), |bias| bias[panel * LANES..].as_ptr()),
                out: y[panel * LANES..].as_mut_ptr(),
                out_row: outputs,
                width: LANES,
            };
            // SAFETY: x is rows × inputs, the panel inputs × 16, and behind the last row of y there is room for a vector.
            unsafe { columns.run(s) };
        }
        if activation != Activation::Identity {
            s.apart(Activate { activation, values: &mut y[..round_up(rows * outputs)] });
        }
    }

    /// d bias = Σ dz, as the product of a row of ones and dz: the same bits.
    #[inline(always)]
    fn bias_gradient<S: Simd>(&self, s: S, rows: usize, dz: &[f32], grads: &mut [f32]) {
        let outputs = self.outputs;
        let Some(bias) = &self.bias else { return };
        let d_bias = &mut grads[bias.clone()];
        assert!(dz.len() >= room(rows, outputs), "too short for a chain's values");
        assert!(d_bias.len() >= round_up(outputs), "the gradient of the bias is too short");
        for first in (0..outputs).step_by(LANES) {
            let columns = Columns {
                rows: 1,
                depth: rows,
                a: &1.0,
                a_row: 0,
                a_step: 0,
                b: dz[first..].as_ptr(),
                b_row: outputs,
                start: ZEROES.as_ptr(),
                out: d_bias[first..].as_mut_ptr(),
                out_row: 0,
                width: LANES.min(outputs - first),
            };
            // SAFETY: A is one number, behind the last row of dz there is room for a vector, and the gradient is whole lines.
            unsafe { columns.run(s) };
        }
    }

    /// d weight = xᵀ · dz
    #[inline(always)]
    fn gradient<S: Simd>(&self, s: S, rows: usize, x: &[f32], dz: &[f32], grads: &mut [f32]) {
        let Link { inputs, outputs, .. } = *self;
        let d_weight = &mut grads[self.weight.clone()];
        assert!(x.len() >= rows * inputs && dz.len() >= room(rows, outputs), "too short for a chain's values");
        assert!(d_weight.len() >= panels_len(inputs, outputs), "the gradient is too short");
        for panel in 0..outputs.div_ceil(LANES) {
            let columns = Columns {
                rows: inputs,
                depth: rows,
                a: x.as_ptr(),
                a_row: 1,
                a_step: inputs,
                b: dz[panel * LANES..].as_ptr(),
                b_row: outputs,
                start: ZEROES.as_ptr(),
                out: d_weight[panel * inputs * LANES..].as_mut_ptr(),
                out_row: LANES,
                width: LANES.min(outputs - panel * LANES),
            };
            // SAFETY: x is rows × inputs, behind the last row of dz there is room for a vector, and the panel of the
            // gradient is inputs × 16.
            unsafe { columns.run(s) };
        }
    }

    /// Whether the gradient of the weight takes fewer vectors over its inputs than over its outputs.
    #[inline(always)]
    fn has_more_inputs(&self) -> bool {
        self.outputs * self.inputs.div_ceil(LANES) < self.inputs * self.outputs.div_ceil(LANES)
    }

    /// As [`Link::gradient`] where that takes fewer vectors: (d weight)ᵀ = dzᵀ · x, turned behind it. Three outputs of sixteen
    /// inputs are three vectors so, and not sixteen: iris's epoch became a tenth faster. There must be [`room`] behind x.
    #[inline(always)]
    fn turned_gradient<S: Simd>(
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
        for panel in 0..inputs.div_ceil(LANES) {
            let columns = Columns {
                rows: outputs,
                depth: rows,
                a: dz.as_ptr(),
                a_row: 1,
                a_step: outputs,
                b: x[panel * LANES..].as_ptr(),
                b_row: inputs,
                start: ZEROES.as_ptr(),
                out: turned[panel * outputs * LANES..].as_mut_ptr(),
                out_row: LANES,
                width: LANES,
            };
            // SAFETY: dz is rows × outputs, behind the last row of x there is room for a vector, and the panel is
            // outputs × 16.
            unsafe { columns.run(s) };
        }
        let d_weight = &mut grads[self.weight.clone()];
        assert!(d_weight.len() >= panels_len(inputs, outputs), "the gradient is too short");
        self.each_column(|at, turned_at, len| {
            // Lanes that are no column are zeroes and stay so.
            let (to, from) = (d_weight[at..].as_mut_ptr(), turned[turned_at..].as_ptr());
            for k in 0..len {
                // SAFETY: the last of them lies inside the panels, whose lengths were checked.
                unsafe { *to.add(k * LANES) = *from.add(k) };
            }
        });
    }

    /// The transposed weight in panels. Lanes that are no input stay as they are.
    #[inline(always)]
    fn turn(&self, params: &[f32], turned: &mut [f32]) {
        let Link { inputs, outputs, .. } = *self;
        let weight = &params[self.weight.clone()];
        assert!(weight.len() >= panels_len(inputs, outputs), "the weight is too short");
        assert!(turned.len() >= panels_len(outputs, inputs), "the turned weight is too short");
        self.each_column(|at, turned_at, len| {
            let (to, from) = (turned[turned_at..].as_mut_ptr(), weight[at..].as_ptr());
            for k in 0..len {
                // SAFETY: the last of them lies inside the panels, whose lengths were checked.
                unsafe { *to.add(k) = *from.add(k * LANES) };
            }
        });
    }

    /// Up to sixteen values of a column of the weight after the other: where the first one lies in the weight, from where
    /// they are sixteen apart, and in the transposed weight, from where they are side by side, and how many they are.
    #[inline(always)]
    fn each_column(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let Link { inputs, outputs, .. } = *self;
        for first in (0..inputs).step_by(LANES) {
            for column in 0..outputs {
                let (at, turned_at) = (panel_index(inputs, first, column), panel_index(outputs, column, first));
                visit(at, turned_at, LANES.min(inputs - first));
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
                start: ZEROES.as_ptr(),
                out: dx[panel * LANES..].as_mut_ptr(),
                out_row: inputs,
                width: LANES,
            };
            // SAFETY: dz is rows × outputs, the panel outputs × 16, and behind the last row of dx there is room.
            unsafe { columns.run(s) };
        }
    }
}

/// f of every value, of whole lines.
struct Activate<'a> {
    activation: Activation,
    values: &'a mut [f32],
}

impl Work for Activate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        struct InPlace<'a, S>(S, &'a mut [f32]);
        impl<S: Simd> UseMap for InPlace<'_, S> {
            #[inline(always)]
            fn with<M: Map>(self, map: M) {
                let InPlace(s, values) = self;
                for values in values.as_chunks_mut().0 {
                    let v = map.apply(s, s.load(values));
                    s.store(values, v);
                }
            }
        }
        with_map(self.activation, InPlace(s, self.values));
    }
}

/// dz ← dz · f′, where y came out of f.
struct TimesSlope<'a> {
    activation: Activation,
    y: &'a [f32],
    dz: &'a mut [f32],
}

impl Work for TimesSlope<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        times_slope(s, self.activation, self.y, self.dz);
    }
}

/// The first `width` lanes, zeroes behind them.
#[inline(always)]
fn only_columns<S: Simd>(s: S, v: S::V, width: usize) -> S::V {
    const NUMBERS: [f32; LANES] =
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0];
    s.select_lt(s.load(&NUMBERS), s.splat(width as f32), v, s.splat(0.0))
}

/// Where sums without a bias start.
static ZEROES: [f32; LANES] = [0.0; LANES];

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
    /// Sixteen numbers that the sums start with.
    start: *const f32,
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
    unsafe fn run<S: Simd>(self, s: S) {
        struct Promised(Columns);
        impl Work for Promised {
            type Output = ();
            #[inline(always)]
            fn run<S: Simd>(self, s: S) {
                // SAFETY: made only below, where the caller promised.
                unsafe { self.0.tiles(s) }
            }
        }
        s.apart(Promised(self));
    }

    /// # Safety
    /// As [`Columns::run`].
    #[inline(always)]
    unsafe fn tiles<S: Simd>(&self, s: S) {
        let mut row = 0;
        // SAFETY: the caller's promise, for rows below `rows`.
        unsafe {
            while row + 4 <= self.rows {
                self.tile::<S, 4>(s, row);
                row += 4;
            }
            match self.rows - row {
                3 => self.tile::<S, 3>(s, row),
                2 => self.tile::<S, 2>(s, row),
                1 => self.tile::<S, 1>(s, row),
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
    unsafe fn tile<S: Simd, const R: usize>(&self, s: S, row: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = [s.load_from(self.start); R];
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
