//! A chain of small dense layers in one go: one call forward and one call back, nothing packed, nothing shared out.
//!
//! In a layer of a few units the arithmetic takes some ten nanoseconds, and calling one kernel after the other, each with
//! its checks and its packing, took ten times that. Here the way forward and the way back are each a list of [`Pass`]es that
//! is made with the plan: what a step has to do, how often, and where everything lies. A step goes through the list. Values
//! lie as everywhere, row by row without gaps, and **every sum has the order of `product.rs`**, so that a chain has the bits
//! of its layers one by one, and nobody can tell from a result whether a plan made one.
//!
//! Everything is the same product of [`Columns`]: sixteen columns of y = x · w + b, of dw = xᵀ · dz, or of dx = dz · wᵀ. It
//! reads and writes whole vectors of sixteen, even where a row is shorter. What is read behind the end of a row ends up in
//! lanes that are no column; what such lanes write is written over by the next row, since rows go upwards and groups of
//! columns downwards. Only behind the last row a matrix needs some [`room`].

mod columns;
mod pass;
mod place;

use super::InstructionSet;
use super::buffer::{round_up, with_room};
use super::panels::panels_len;
use super::simd::LANES;
use crate::Activation;
use columns::{Columns, Sums};
use pass::{Pass, Passes, Turn};
use place::{Base, Bases, Place};
use std::ops::Range;

/// What turning back and the sums behind it cost besides, in multiplications of a vector. 4 to 1 at a batch of four does not pay
/// (turned, a step of 2-4-1 took 0.206 µs instead of 0.197), 16 to 3 at a batch of sixteen does (iris's epoch became a tenth
/// faster).
const TURNING_BACK: usize = 32;

/// Rows, inputs and outputs that a chain may have at most, so that no length of a buffer comes near what a number can hold.
const MOST: usize = 1 << 14;

/// One dense layer of a chain: y = f(x · weight + bias).
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub inputs: usize,
    pub outputs: usize,
    /// Where the weight lies in the parameters: inputs × outputs in panels.
    pub weight: Range<usize>,
    pub bias: Option<Range<usize>>,
    /// One of single values, whose derivative is had from the output.
    pub activation: Activation,
}

/// Where the values of a chain start in the arena.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    /// The rows that go in; `None` where they are the caller's batch, which is no part of the arena.
    pub x: Option<usize>,
    /// [`ys_len`] values: the outputs of every link, the last one's first.
    pub ys: usize,
    /// `None` where there is no way back.
    pub back: Option<Back>,
}

/// What the way back needs besides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Back {
    /// The gradient of the last outputs, with [`room`]. It is written over.
    pub dy: usize,
    /// Where the gradient of x goes, with [`room`]; `None` where nobody asks.
    pub dx: Option<usize>,
    /// [`scratch_len`] values.
    pub scratch: usize,
}

/// Values that a matrix of so many rows takes here: its own, and a vector's length behind them.
fn room(rows: usize, width: usize) -> usize {
    with_room(rows.saturating_mul(width))
}

/// Where the outputs of each link start among those of all, and how many there are. Those of the last link come first: they are
/// the chain's own.
fn starts_of_ys(outputs: impl DoubleEndedIterator<Item = usize>, batch: usize) -> (Vec<usize>, usize) {
    let mut len = 0;
    let mut starts: Vec<usize> = outputs
        .rev()
        .map(|outputs| {
            let start = len;
            len += room(batch, outputs);
            start
        })
        .collect();
    starts.reverse();
    (starts, len)
}

/// How long the buffer of all outputs is, for links of so many outputs.
pub(crate) fn ys_len(outputs: impl DoubleEndedIterator<Item = usize>, batch: usize) -> usize {
    starts_of_ys(outputs, batch).1
}

/// The scratch of the way back: how long one of the two gradients is that go from link to link, and how long all of it is, with
/// a turned weight or the turned gradient of one behind them.
fn scratch(links: &[Link], batch: usize, has_dx: bool) -> (usize, usize) {
    let gradient = links.iter().skip(1).map(|link| room(batch, link.inputs)).max().unwrap_or(0);
    let turned = links.iter().skip(usize::from(!has_dx)).map(|link| panels_len(link.outputs, link.inputs)).max();
    (gradient, 2 * gradient + turned.unwrap_or(0))
}

/// How long the scratch of the way back is.
pub(crate) fn scratch_len(links: &[Link], batch: usize, has_dx: bool) -> usize {
    scratch(links, batch, has_dx).1
}

/// Whether no two of them have a value in common.
fn are_apart(mut ranges: Vec<Range<usize>>) -> bool {
    ranges.retain(|range| !range.is_empty());
    ranges.sort_by_key(|range| range.start);
    ranges.windows(2).all(|pair| pair[0].end <= pair[1].start)
}

/// The passes of a chain.
#[derive(Debug)]
pub(crate) struct Chain {
    /// Where the outputs of each link start among those of all.
    pub starts_of_ys: Vec<usize>,
    forward: Passes,
    backward: Passes,
    /// Whether its places in the arena lie apart. They do not while the plan only asks how long buffers are, and nothing runs.
    is_placed: bool,
}

impl Chain {
    /// For batches of up to so many rows.
    pub(crate) fn new(links: &[Link], batch: usize, places: Places) -> Self {
        assert!(!links.is_empty() && batch <= MOST, "a chain has a link, and is small");
        assert!(links.windows(2).all(|pair| pair[0].outputs == pair[1].inputs), "a link reads what the last one gives");
        for Link { inputs, outputs, weight, bias, .. } in links {
            assert!(inputs.max(outputs) <= &MOST, "a chain is small");
            assert!(weight.len() >= panels_len(*inputs, *outputs), "the weight is too short");
            assert!(bias.as_ref().is_none_or(|bias| bias.len() >= round_up(*outputs)), "the bias is too short");
        }
        let inputs = links[0].inputs;
        let (starts_of_ys, ys_len) = starts_of_ys(links.iter().map(|link| link.outputs), batch);
        let of_x = places.x.map(|x| x..x + batch * inputs);
        let mut used: Vec<Range<usize>> = std::iter::once(places.ys..places.ys + ys_len).chain(of_x).collect();
        let ys: Vec<Place> = starts_of_ys.iter().map(|start| Base::Arena.at(places.ys + start)).collect();
        let x = places.x.map_or(Base::Batch.at(0), |x| Base::Arena.at(x));
        let (mut forward, mut backward) = (Vec::new(), Vec::new());
        let xs = std::iter::once(&x).chain(&ys);
        for ((link, &x), &y) in links.iter().zip(xs).zip(&ys) {
            link.forward(x, y, &mut forward);
        }
        if let Some(Back { dy, dx, scratch: start }) = places.back {
            let (gradient, len) = scratch(links, batch, dx.is_some());
            used.extend([dy..dy + room(batch, links[links.len() - 1].outputs), start..start + len]);
            used.extend(dx.map(|dx| dx..dx + room(batch, inputs)));
            let turned = Base::Arena.at(start + 2 * gradient);
            let mut dz = Base::Arena.at(dy);
            for (number, link) in links.iter().enumerate().rev() {
                link.times_slope(ys[number], dz, &mut backward);
                match number {
                    0 => link.gradients(x, dz, &mut backward),
                    // Whole vectors of x are read, which has room where it is another link's.
                    _ if link.is_sooner_turned(batch) => {
                        link.turned_gradients(ys[number - 1], dz, turned, &mut backward);
                    }
                    _ => link.gradients(ys[number - 1], dz, &mut backward),
                }
                let to = if number > 0 { Some(start + number % 2 * gradient) } else { dx };
                if let Some(to) = to.map(|to| Base::Arena.at(to)) {
                    link.backward(dz, turned, to, &mut backward);
                    dz = to;
                }
            }
        }
        let of = |passes| Passes::new(passes, batch, inputs);
        Chain { starts_of_ys, forward: of(forward), backward: of(backward), is_placed: are_apart(used) }
    }

    /// Bytes of the lists.
    pub(crate) fn bytes(&self) -> usize {
        self.forward.bytes() + self.backward.bytes()
    }

    /// All layers forward: the outputs of every link into the arena, which is the plan's buffer.
    #[inline]
    pub(crate) fn forward(&self, set: InstructionSet, rows: usize, batch: &[f32], params: &[f32], arena: &mut [f32]) {
        assert!(self.is_placed, "a chain's places overlap");
        set.dispatch(self.forward.on(rows, Bases::new(batch, params, arena, &mut [])));
    }

    /// All layers back, after [`Chain::forward`] with the same rows, batch and arena, in which the gradient of the last
    /// outputs lies now. The gradients of the weights and biases go to their places in `grads`; lanes of a panel that are no
    /// column are zeroes, and may be left as they are.
    #[inline]
    pub(crate) fn backward(
        &self,
        set: InstructionSet,
        rows: usize,
        batch: &[f32],
        params: &[f32],
        arena: &mut [f32],
        grads: &mut [f32],
    ) {
        assert!(self.is_placed, "a chain's places overlap");
        set.dispatch(self.backward.on(rows, Bases::new(batch, params, arena, grads)));
    }
}

/// What is done with one link.
impl Link {
    /// Whether the multiplications that a turned gradient saves, whose rows are as long as there are inputs and not outputs,
    /// outweigh that each value is moved once more, and an extra pass for the bias.
    fn is_sooner_turned(&self, batch: usize) -> bool {
        let Link { inputs, outputs, .. } = *self;
        let (turned, straight) = (outputs * inputs.div_ceil(LANES), inputs * outputs.div_ceil(LANES));
        batch * straight > batch * turned + inputs * outputs + TURNING_BACK
    }

    fn bias_of_panel(&self, panel: usize) -> Option<usize> {
        self.bias.as_ref().map(|bias| bias.start + panel * LANES)
    }

    /// y = f(x · weight + bias), where x is rows × inputs.
    fn forward(&self, x: Place, y: Place, passes: &mut Vec<Pass>) {
        let Link { inputs, outputs, ref weight, activation, .. } = *self;
        for panel in (0..outputs.div_ceil(LANES)).rev() {
            passes.push(Pass::Columns(Columns {
                sums_over_rows: false,
                other: inputs,
                a: x,
                a_row: inputs,
                a_step: 1,
                b: Base::Params.at(weight.start + panel * inputs * LANES),
                b_row: LANES,
                start: self.bias_of_panel(panel).map_or(Base::Zeroes.at(0), |bias| Base::Params.at(bias)),
                out: y.offset(panel * LANES),
                out_row: outputs,
                columns: outputs,
                width: LANES,
                sums_of_b: None,
            }));
        }
        if activation != Activation::Identity {
            passes.push(Pass::Activate { activation, values: y, width: outputs });
        }
    }

    /// dz ← dz · f′
    fn times_slope(&self, y: Place, dz: Place, passes: &mut Vec<Pass>) {
        let Link { activation, outputs, .. } = *self;
        if activation != Activation::Identity {
            passes.push(Pass::TimesSlope { activation, y, dz, width: outputs });
        }
    }

    /// d weight = xᵀ · dz, and d bias = Σ dz.
    fn gradients(&self, x: Place, dz: Place, passes: &mut Vec<Pass>) {
        let Link { inputs, outputs, ref weight, .. } = *self;
        for panel in 0..outputs.div_ceil(LANES) {
            passes.push(Pass::Columns(Columns {
                sums_over_rows: true,
                other: inputs,
                a: x,
                a_row: 1,
                a_step: inputs,
                b: dz.offset(panel * LANES),
                b_row: outputs,
                start: Base::Zeroes.at(0),
                out: Base::Grads.at(weight.start + panel * inputs * LANES),
                out_row: LANES,
                columns: outputs,
                width: LANES.min(outputs - panel * LANES),
                sums_of_b: self.bias_of_panel(panel).map(|bias| Base::Grads.at(bias)),
            }));
        }
    }

    /// As [`Link::gradients`] where that takes fewer vectors: (d weight)ᵀ = dzᵀ · x, turned behind it. Three outputs of sixteen
    /// inputs are three vectors so, and not sixteen. Behind x there is [`room`].
    fn turned_gradients(&self, x: Place, dz: Place, turned: Place, passes: &mut Vec<Pass>) {
        let Link { inputs, outputs, ref weight, .. } = *self;
        for panel in 0..inputs.div_ceil(LANES) {
            passes.push(Pass::Columns(Columns {
                sums_over_rows: true,
                other: outputs,
                a: dz,
                a_row: 1,
                a_step: outputs,
                b: x.offset(panel * LANES),
                b_row: inputs,
                start: Base::Zeroes.at(0),
                out: turned.offset(panel * outputs * LANES),
                out_row: LANES,
                columns: inputs,
                width: LANES,
                sums_of_b: None,
            }));
        }
        let straight = Base::Grads.at(weight.start);
        passes.push(Pass::TurnBack(Turn { inputs, outputs, straight, turned }));
        for (panel, bias) in (0..outputs.div_ceil(LANES)).filter_map(|panel| Some((panel, self.bias_of_panel(panel)?)))
        {
            passes.push(Pass::Sums(Sums {
                of: dz.offset(panel * LANES),
                row: outputs,
                columns: outputs,
                width: LANES.min(outputs - panel * LANES),
                to: Base::Grads.at(bias),
            }));
        }
    }

    /// dx = dz · weightᵀ, where dz is rows × outputs.
    fn backward(&self, dz: Place, turned: Place, dx: Place, passes: &mut Vec<Pass>) {
        let Link { inputs, outputs, ref weight, .. } = *self;
        let straight = Base::Params.at(weight.start);
        passes.push(Pass::Turn(Turn { inputs, outputs, straight, turned }));
        for panel in (0..inputs.div_ceil(LANES)).rev() {
            passes.push(Pass::Columns(Columns {
                sums_over_rows: false,
                other: outputs,
                a: dz,
                a_row: outputs,
                a_step: 1,
                b: turned.offset(panel * outputs * LANES),
                b_row: LANES,
                start: Base::Zeroes.at(0),
                out: dx.offset(panel * LANES),
                out_row: inputs,
                columns: inputs,
                width: LANES,
                sums_of_b: None,
            }));
        }
    }
}

#[cfg(test)]
mod tests;
