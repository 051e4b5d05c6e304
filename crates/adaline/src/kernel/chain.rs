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

mod columns;

use super::activation::{Map, UseMap, with_map};
use super::buffer::round_up;
use super::elementwise;
use super::panels::{panel_index, panels_len};
use super::simd::{LANES, Simd};
use super::{InstructionSet, Work};
use crate::Activation;
use columns::{Columns, ZEROES};
use std::ops::Range;

/// Columns that half a vector holds.
const HALF: usize = LANES / 2;

/// What an extra pass over a link costs, in multiplications of a vector. 4 to 1 at a batch of four does not pay (turned, a step
/// of 2-4-1 took 0.206 µs instead of 0.197), 16 to 3 at a batch of sixteen does (iris's epoch became a tenth faster).
const EXTRA_PASS: usize = 32;

/// One dense layer of a chain: y = f(x · weight + bias).
#[derive(Debug, Clone)]
pub(crate) struct Link {
    inputs: usize,
    outputs: usize,
    /// Where the weight starts in the parameters: inputs × outputs in panels.
    weight: usize,
    /// Where the bias starts.
    bias: Option<usize>,
    /// One of single values, whose derivative is had from the output.
    activation: Activation,
    /// Where its outputs start among those of all links.
    y: usize,
    /// Whether the gradient of the weight is sooner made turned.
    more_inputs: bool,
}

impl Link {
    /// The ranges of the weight and the bias are those in the parameters.
    pub(crate) fn new(
        (inputs, outputs): (usize, usize),
        weight: &Range<usize>,
        bias: Option<&Range<usize>>,
        activation: Activation,
    ) -> Self {
        assert!(weight.len() >= panels_len(inputs, outputs), "the weight is too short");
        assert!(bias.is_none_or(|bias| bias.len() >= round_up(outputs)), "the bias is too short");
        Link {
            inputs,
            outputs,
            weight: weight.start,
            bias: bias.map(|bias| bias.start),
            activation,
            y: 0,
            more_inputs: false,
        }
    }

    /// Whether the multiplications that a turned gradient saves, whose rows are as long as there are inputs and not outputs,
    /// outweigh that each value is moved once more, and an extra pass for the bias.
    fn is_sooner_turned(&self, batch: usize) -> bool {
        let Link { inputs, outputs, .. } = *self;
        let (turned, straight) = (outputs * inputs.div_ceil(LANES), inputs * outputs.div_ceil(LANES));
        batch * straight > batch * turned + inputs * outputs + EXTRA_PASS
    }
}

/// Values that a matrix of so many rows takes here: its own, and a vector's length behind them.
fn room(rows: usize, width: usize) -> usize {
    round_up(rows.saturating_mul(width).saturating_add(LANES))
}

/// The layers of a chain, and how long its buffers are. What could be checked at every step is checked here once.
#[derive(Debug)]
pub(crate) struct Links {
    links: Vec<Link>,
    /// Rows that a batch may have.
    batch: usize,
    /// Parameters that there are at least.
    params: usize,
    /// The outputs of all links.
    ys: usize,
    has_dx: bool,
    /// What the way back needs of scratch: two gradients of the widest values that have one, and a turned weight or the
    /// turned gradient of one.
    gradient: usize,
    turned: usize,
}

impl Links {
    /// For batches of up to so many rows.
    pub(crate) fn new(mut links: Vec<Link>, batch: usize, has_dx: bool) -> Self {
        assert!(!links.is_empty(), "a chain has a link");
        let (mut params, mut ys) = (0, 0usize);
        // Those of the last link come first: they are the chain's own.
        for link in links.iter_mut().rev() {
            link.y = ys;
            link.more_inputs = link.is_sooner_turned(batch);
            ys = ys.saturating_add(room(batch, link.outputs));
            params = params.max(link.weight + panels_len(link.inputs, link.outputs));
            params = params.max(link.bias.map_or(0, |bias| bias + round_up(link.outputs)));
        }
        assert!(links.windows(2).all(|pair| pair[0].outputs == pair[1].inputs), "a link reads what the last one gives");
        let behind_dx = &links[usize::from(!has_dx)..];
        let outputs = links.iter().map(|link| link.outputs);
        let widest = outputs.chain(behind_dx.iter().map(|link| link.inputs)).max().unwrap_or(0);
        let turned = behind_dx.iter().map(|link| panels_len(link.outputs, link.inputs)).max().unwrap_or(0);
        Links { gradient: room(batch, widest), links, batch, params, ys, has_dx, turned }
    }

    /// Values of an example that go in.
    #[inline]
    pub(crate) fn inputs(&self) -> usize {
        self.links[0].inputs
    }

    /// Values of an example that come out.
    #[inline]
    pub(crate) fn outputs(&self) -> usize {
        self.links[self.links.len() - 1].outputs
    }

    /// How long the buffer of all outputs is, for links of so many outputs.
    pub(crate) fn ys_len(outputs: impl Iterator<Item = usize>, batch: usize) -> usize {
        outputs.fold(0, |len, outputs| len.saturating_add(room(batch, outputs)))
    }

    /// How long the scratch of the way back is.
    pub(crate) fn scratch_len(&self) -> usize {
        self.gradient.saturating_mul(2).saturating_add(self.turned)
    }

    /// Where the outputs of each link start among those of all, and how many an example has.
    pub(crate) fn places(&self) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        self.links.iter().map(|link| (link.y, link.outputs))
    }
}

/// All layers forward. `ys` gets the outputs of every link, the last one's first.
pub(crate) struct Forward<'a> {
    pub links: &'a Links,
    pub rows: usize,
    pub params: &'a [f32],
    pub x: &'a [f32],
    pub ys: &'a mut [f32],
}

impl Forward<'_> {
    #[inline]
    pub(crate) fn run(self, set: InstructionSet) {
        set.dispatch(self);
    }
}

impl Work for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Forward { links, rows, params, x, ys } = self;
        assert!(rows <= links.batch && x.len() >= rows * links.inputs(), "too short for a chain's values");
        assert!(params.len() >= links.params && ys.len() >= links.ys, "too short for a chain");
        let (params, ys, mut x) = (params.as_ptr(), ys.as_mut_ptr(), x.as_ptr());
        for link in &links.links {
            let y = ys.wrapping_add(link.y);
            // SAFETY: the parameters and the outputs are as long as `Links::new` found, so that y has its room inside ys; x
            // are the rows of the batch, or the outputs of the link before.
            unsafe { link.forward(s, rows, params, x, y) };
            x = y;
        }
    }
}

/// All layers back, after [`Forward`] with the same links, rows, x and ys.
pub(crate) struct Backward<'a> {
    pub links: &'a Links,
    pub rows: usize,
    pub params: &'a [f32],
    pub x: &'a [f32],
    pub ys: &'a [f32],
    /// The gradient of the last outputs.
    pub dy: &'a [f32],
    pub scratch: &'a mut [f32],
    /// Gets the gradient of x; empty where nobody asks.
    pub dx: &'a mut [f32],
    /// Gets the gradients of the weights and biases, at their places; lanes of a panel that are no column are zeroes, and
    /// may be left as they are.
    pub grads: &'a mut [f32],
}

impl Backward<'_> {
    #[inline]
    pub(crate) fn run(self, set: InstructionSet) {
        set.dispatch(self);
    }
}

impl Work for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Backward { links: chain, rows, params, x, ys, dy, scratch, dx, grads } = self;
        assert!(rows <= chain.batch && x.len() >= rows * chain.inputs(), "too short for a chain's values");
        assert!(params.len() >= chain.params && grads.len() >= chain.params, "too short for a chain's parameters");
        assert!(ys.len() >= chain.ys && scratch.len() >= chain.scratch_len(), "too short for a chain");
        assert!(dy.len() == rows * chain.outputs(), "as many gradients as outputs");
        assert!(dx.is_empty() || (chain.has_dx && dx.len() == rows * chain.inputs()), "as many gradients as inputs");
        let (dz, rest) = scratch.split_at_mut(chain.gradient);
        for (dz, dy) in dz.as_chunks_mut().0.iter_mut().zip(dy.chunks(LANES)) {
            s.store(dz, elementwise::read(s, dy));
        }
        let (other, turned) = rest.split_at_mut(chain.gradient);
        let (mut dz, mut other, turned) = (dz.as_mut_ptr(), other.as_mut_ptr(), turned.as_mut_ptr());
        let (params, grads, ys) = (params.as_ptr(), grads.as_mut_ptr(), ys.as_ptr());
        let mut links = chain.links.iter().rev().peekable();
        while let Some(link) = links.next() {
            let before = links.peek().map(|before| ys.wrapping_add(before.y));
            // SAFETY: all buffers are as long as `Links::new` found; dz, the other gradient and the turned weight are parts
            // of the scratch, with room for the widest link; x are the rows of the batch, or the outputs of the link
            // before, behind which there is room. Without a gradient of x nobody turns the first link's weight.
            unsafe {
                link.times_slope(s, rows, ys.wrapping_add(link.y), dz);
                match before {
                    Some(x) if link.more_inputs => link.turned_gradients(s, rows, x, dz, turned, grads),
                    Some(x) => link.gradients(s, rows, x, dz, grads),
                    None => link.gradients(s, rows, x.as_ptr(), dz, grads),
                }
                if before.is_some() || !dx.is_empty() {
                    link.turn(params, turned);
                    link.backward(s, rows, dz, turned, other);
                    std::mem::swap(&mut dz, &mut other);
                }
            }
        }
        if !dx.is_empty() {
            // SAFETY: the last gradient lies in the scratch, apart from dx.
            unsafe { dx.as_mut_ptr().copy_from_nonoverlapping(dz, dx.len()) };
        }
    }
}

/// What is done with one link. All pointers are to buffers as long as [`Links`] says, for batches of at least so many rows:
/// those of parameters and their gradients to the start of all of them, the others to what belongs to this link.
impl Link {
    /// y = f(x · weight + bias)
    ///
    /// # Safety
    /// x is rows × inputs; behind y there is [`room`].
    #[inline(always)]
    unsafe fn forward<S: Simd>(&self, s: S, rows: usize, params: *const f32, x: *const f32, y: *mut f32) {
        let Link { inputs, outputs, weight, bias, activation, .. } = *self;
        for panel in (0..outputs.div_ceil(LANES)).rev() {
            // SAFETY: the panel is inputs × 16, and behind the last row of y there is room for a vector.
            unsafe {
                let columns = Columns {
                    rows,
                    depth: inputs,
                    a: x,
                    a_row: inputs,
                    a_step: 1,
                    b: params.add(weight + panel * inputs * LANES),
                    b_row: LANES,
                    start: bias.map_or(ZEROES.as_ptr(), |bias| params.add(bias + panel * LANES)),
                    out: y.add(panel * LANES),
                    out_row: outputs,
                    width: LANES,
                    is_narrow: outputs <= HALF,
                    sums_of_b: None,
                };
                columns.run(s);
            }
        }
        if activation != Activation::Identity {
            // SAFETY: there is room up to the end of the line.
            let values = unsafe { std::slice::from_raw_parts_mut(y, round_up(rows * outputs)) };
            s.apart(Activate { activation, values });
        }
    }

    /// dz ← dz · f′
    ///
    /// # Safety
    /// Behind y and dz there is [`room`].
    #[inline(always)]
    unsafe fn times_slope<S: Simd>(&self, s: S, rows: usize, y: *const f32, dz: *mut f32) {
        let Link { activation, outputs, .. } = *self;
        if activation != Activation::Identity {
            let lines = round_up(rows * outputs);
            // SAFETY: there is room up to the end of the line.
            let (y, dz) = unsafe { (std::slice::from_raw_parts(y, lines), std::slice::from_raw_parts_mut(dz, lines)) };
            s.apart(TimesSlope { activation, y, dz });
        }
    }

    /// d weight = xᵀ · dz, and d bias = Σ dz.
    ///
    /// # Safety
    /// x is rows × inputs; behind dz there is [`room`].
    #[inline(always)]
    unsafe fn gradients<S: Simd>(&self, s: S, rows: usize, x: *const f32, dz: *const f32, grads: *mut f32) {
        let Link { inputs, outputs, weight, bias, .. } = *self;
        for panel in 0..outputs.div_ceil(LANES) {
            // SAFETY: behind the last row of dz there is room for a vector, and the panel of the gradient is inputs × 16.
            unsafe {
                let columns = Columns {
                    rows: inputs,
                    depth: rows,
                    a: x,
                    a_row: 1,
                    a_step: inputs,
                    b: dz.add(panel * LANES),
                    b_row: outputs,
                    start: ZEROES.as_ptr(),
                    out: grads.add(weight + panel * inputs * LANES),
                    out_row: LANES,
                    width: LANES.min(outputs - panel * LANES),
                    is_narrow: outputs <= HALF,
                    sums_of_b: bias.map(|bias| grads.add(bias + panel * LANES)),
                };
                columns.run(s);
            }
        }
    }

    /// As [`Link::gradients`] where that takes fewer vectors: (d weight)ᵀ = dzᵀ · x, turned behind it. Three outputs of sixteen
    /// inputs are three vectors so, and not sixteen.
    ///
    /// # Safety
    /// Behind x and dz there is [`room`].
    #[inline(always)]
    unsafe fn turned_gradients<S: Simd>(
        &self,
        s: S,
        rows: usize,
        x: *const f32,
        dz: *const f32,
        turned: *mut f32,
        grads: *mut f32,
    ) {
        let Link { inputs, outputs, bias, .. } = *self;
        for panel in 0..inputs.div_ceil(LANES) {
            // SAFETY: behind the last row of x there is room for a vector, and the panel is outputs × 16.
            unsafe {
                let columns = Columns {
                    rows: outputs,
                    depth: rows,
                    a: dz,
                    a_row: 1,
                    a_step: outputs,
                    b: x.add(panel * LANES),
                    b_row: inputs,
                    start: ZEROES.as_ptr(),
                    out: turned.add(panel * outputs * LANES),
                    out_row: LANES,
                    width: LANES,
                    is_narrow: inputs <= HALF,
                    sums_of_b: None,
                };
                columns.run(s);
            }
        }
        // SAFETY: both are as long as the caller promises.
        unsafe { self.turn_back(turned, grads) };
        for panel in 0..bias.map_or(0, |_| outputs.div_ceil(LANES)) {
            // SAFETY: behind the last row of dz there is room for a vector, and the bias is whole lines.
            unsafe {
                let columns = Columns {
                    rows: 0,
                    depth: rows,
                    a: dz,
                    a_row: 0,
                    a_step: 0,
                    b: dz.add(panel * LANES),
                    b_row: outputs,
                    start: ZEROES.as_ptr(),
                    out: turned,
                    out_row: 0,
                    width: LANES.min(outputs - panel * LANES),
                    is_narrow: outputs <= HALF,
                    sums_of_b: bias.map(|bias| grads.add(bias + panel * LANES)),
                };
                columns.run(s);
            }
        }
    }

    /// The transposed weight in panels. Lanes that are no input stay as they are.
    ///
    /// # Safety
    /// As for all of these.
    #[inline(never)]
    unsafe fn turn(&self, params: *const f32, turned: *mut f32) {
        self.each_column(|at, turned_at, len| {
            for k in 0..len {
                // SAFETY: inside the panels of the weight and of the transposed weight.
                unsafe { *turned.add(turned_at + k) = *params.add(self.weight + at + k * LANES) };
            }
        });
    }

    /// The gradient of the weight from the transposed one. Lanes that are no output stay as they are.
    ///
    /// # Safety
    /// As for all of these.
    #[inline(never)]
    unsafe fn turn_back(&self, turned: *const f32, grads: *mut f32) {
        self.each_column(|at, turned_at, len| {
            for k in 0..len {
                // SAFETY: inside the panels of the weight and of the transposed weight.
                unsafe { *grads.add(self.weight + at + k * LANES) = *turned.add(turned_at + k) };
            }
        });
    }

    /// Up to sixteen values of a column of the weight after the other: where the first one lies in the weight, from where
    /// they are sixteen apart, and in the transposed weight, from where they are side by side, and how many they are.
    #[inline(always)]
    fn each_column(&self, mut visit: impl FnMut(usize, usize, usize)) {
        let Link { inputs, outputs, .. } = *self;
        for column in 0..outputs {
            let (mut at, mut turned_at, mut left) = (panel_index(inputs, 0, column), column * LANES, inputs);
            while left > LANES {
                visit(at, turned_at, LANES);
                (at, turned_at, left) = (at + LANES * LANES, turned_at + outputs * LANES, left - LANES);
            }
            visit(at, turned_at, left);
        }
    }

    /// dx = dz · weightᵀ
    ///
    /// # Safety
    /// dz is rows × outputs; behind dx there is [`room`].
    #[inline(always)]
    unsafe fn backward<S: Simd>(&self, s: S, rows: usize, dz: *const f32, turned: *const f32, dx: *mut f32) {
        let Link { inputs, outputs, .. } = *self;
        for panel in (0..inputs.div_ceil(LANES)).rev() {
            // SAFETY: the panel is outputs × 16, and behind the last row of dx there is room.
            unsafe {
                let columns = Columns {
                    rows,
                    depth: outputs,
                    a: dz,
                    a_row: outputs,
                    a_step: 1,
                    b: turned.add(panel * outputs * LANES),
                    b_row: LANES,
                    start: ZEROES.as_ptr(),
                    out: dx.add(panel * LANES),
                    out_row: inputs,
                    width: LANES,
                    is_narrow: inputs <= HALF,
                    sums_of_b: None,
                };
                columns.run(s);
            }
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
        elementwise::times_slope(s, self.activation, self.y, self.dz);
    }
}

#[cfg(test)]
mod tests;
