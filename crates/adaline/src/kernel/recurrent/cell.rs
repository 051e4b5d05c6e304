//! What a cell does at one step with the sums of some rows, sixteen units at a time.
//!
//! The formulas are those of `layer/recurrent.rs`. A row whose sequence is over keeps its state; on the way back its gates
//! get no gradient and the state's gradient goes on unchanged.

use crate::Activation;
use crate::kernel::activation::{Map, UseMap, with_map};
use crate::kernel::elementwise::{self, read, write};
use crate::kernel::math::{sigmoid, tanh};
use crate::kernel::simd::{LANES, Simd, Twice};
use crate::kernel::{InstructionSet, Work};
use std::ops::Range;

/// Which rows are at one of their own steps.
#[derive(Clone, Copy)]
pub(super) struct Own<'a> {
    pub lengths: super::Lengths<'a>,
    pub step: usize,
    /// The number of the first row in the batch.
    pub first: usize,
}

impl Own<'_> {
    #[inline(always)]
    pub(super) fn has(&self, row: usize) -> bool {
        self.lengths.is_none_or(|lengths| self.step < lengths(self.first + row))
    }
}

/// The state before the step.
#[derive(Clone, Copy)]
pub(super) enum Before<'a> {
    /// At the first step.
    Zero,
    /// Where the new one goes.
    Same,
    At(&'a [f32]),
}

impl Before<'_> {
    /// Sixteen values; `new` is where the new state goes.
    #[inline(always)]
    fn read<S: Simd>(self, s: S, new: &[f32], at: Range<usize>) -> S::V {
        match self {
            Before::Zero => s.splat(0.0),
            Before::Same => read(s, &new[at]),
            Before::At(values) => read(s, &values[at]),
        }
    }

    /// The state of a row whose sequence is over.
    fn keep(self, new: &mut [f32], at: Range<usize>) {
        match self {
            Before::Zero => new[at].fill(0.0),
            Before::Same => {}
            Before::At(values) => new[at.clone()].copy_from_slice(&values[at]),
        }
    }
}

/// Sixteen units at a time, as ranges.
#[inline(always)]
fn groups(units: usize) -> impl Iterator<Item = Range<usize>> {
    (0..units).step_by(LANES).map(move |start| start..(start + LANES).min(units))
}

/// The same range, further on.
#[inline(always)]
fn on(range: &Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

/// y(1 - y)
#[inline(always)]
fn sigmoid_slope<S: Simd>(s: S, y: S::V) -> S::V {
    s.mul(y, s.sub(s.splat(1.0), y))
}

/// 1 - y²
#[inline(always)]
fn tanh_slope<S: Simd>(s: S, y: S::V) -> S::V {
    s.sub(s.splat(1.0), s.mul(y, y))
}

/// h′ = f(sum)
pub(super) struct SimpleForward<'a> {
    pub units: usize,
    pub activation: Activation,
    pub gates: &'a [f32],
    pub before: Before<'a>,
    pub h: &'a mut [f32],
    pub own: Own<'a>,
}

struct SimpleRows<'a, S> {
    s: S,
    step: SimpleForward<'a>,
}

impl<S: Simd> UseMap for SimpleRows<'_, S> {
    #[inline(always)]
    fn with<M: Map>(self, map: M) {
        let SimpleRows { s, step } = self;
        let units = step.units;
        for row in 0..step.h.len() / units {
            let at = row * units;
            if !step.own.has(row) {
                step.before.keep(step.h, at..at + units);
                continue;
            }
            for u in groups(units) {
                let v = map.apply(s, read(s, &step.gates[on(&u, at)]));
                write(s, &mut step.h[on(&u, at)], v);
            }
        }
    }
}

impl Work for SimpleForward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        with_map(self.activation, SimpleRows { s, step: self });
    }
}

/// d sum = dh′ ∘ f′(h′); nothing goes past the sum.
pub(super) struct SimpleBackward<'a> {
    pub units: usize,
    pub activation: Activation,
    pub h: &'a [f32],
    pub gates: &'a mut [f32],
    pub dh: &'a mut [f32],
    pub own: Own<'a>,
}

impl SimpleBackward<'_> {
    pub(super) fn run_on(self, set: InstructionSet) {
        let SimpleBackward { units, activation, h, gates, dh, own } = self;
        let rows = h.chunks_exact(units).zip(gates.chunks_exact_mut(units)).zip(dh.chunks_exact_mut(units));
        for (row, ((h, gates), dh)) in rows.enumerate() {
            if own.has(row) {
                gates.copy_from_slice(dh);
                elementwise::backward_alone(set, activation, h, gates);
                dh.fill(0.0);
            } else {
                gates.fill(0.0);
            }
        }
    }
}

/// i, f, o = σ(sums), g = tanh(sum); s′ = f∘s + i∘g; h′ = o ∘ tanh(s′)
pub(super) struct LstmForward<'a> {
    pub units: usize,
    /// i, f, g, o: sums in, gates out.
    pub gates: &'a mut [f32],
    pub h_before: Before<'a>,
    pub c_before: Before<'a>,
    pub h: &'a mut [f32],
    pub c: &'a mut [f32],
    /// Kept for the way back, unless it is empty; then the gates are not written either.
    pub tanh_c: &'a mut [f32],
    pub own: Own<'a>,
}

impl Work for LstmForward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let LstmForward { units, gates, h_before, c_before, h, c, tanh_c, own } = self;
        let keep = !tanh_c.is_empty();
        for (row, gates) in gates.chunks_exact_mut(4 * units).enumerate() {
            let at = row * units;
            if !own.has(row) {
                h_before.keep(h, at..at + units);
                c_before.keep(c, at..at + units);
                continue;
            }
            for u in groups(units) {
                let [i, f] = sigmoid(Twice(s), [read(s, &gates[u.clone()]), read(s, &gates[on(&u, units)])]);
                let g = tanh(s, read(s, &gates[on(&u, 2 * units)]));
                let o = sigmoid(s, read(s, &gates[on(&u, 3 * units)]));
                let here = on(&u, at);
                let cell = s.fma(f, c_before.read(s, c, here.clone()), s.mul(i, g));
                let tanh_cell = tanh(s, cell);
                write(s, &mut c[here.clone()], cell);
                write(s, &mut h[here.clone()], s.mul(o, tanh_cell));
                if keep {
                    write(s, &mut gates[u.clone()], i);
                    write(s, &mut gates[on(&u, units)], f);
                    write(s, &mut gates[on(&u, 2 * units)], g);
                    write(s, &mut gates[on(&u, 3 * units)], o);
                    write(s, &mut tanh_c[here], tanh_cell);
                }
            }
        }
    }
}

/// The gates' place is taken by the gradients of their sums; `dh` and `dc` become what goes past the sums to the step before
/// (of h nothing does).
pub(super) struct LstmBackward<'a> {
    pub units: usize,
    pub gates: &'a mut [f32],
    pub c_before: Before<'a>,
    pub tanh_c: &'a [f32],
    pub dh: &'a mut [f32],
    pub dc: &'a mut [f32],
    pub own: Own<'a>,
}

impl Work for LstmBackward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let LstmBackward { units, gates, c_before, tanh_c, dh, dc, own } = self;
        for (row, gates) in gates.chunks_exact_mut(4 * units).enumerate() {
            let at = row * units;
            if !own.has(row) {
                gates.fill(0.0);
                continue;
            }
            for u in groups(units) {
                let here = on(&u, at);
                let i = read(s, &gates[u.clone()]);
                let f = read(s, &gates[on(&u, units)]);
                let g = read(s, &gates[on(&u, 2 * units)]);
                let o = read(s, &gates[on(&u, 3 * units)]);
                let tanh_cell = read(s, &tanh_c[here.clone()]);
                let d_out = read(s, &dh[here.clone()]);
                let through = s.mul(s.mul(d_out, o), tanh_slope(s, tanh_cell));
                let d_cell = s.add(read(s, &dc[here.clone()]), through);
                let before = c_before.read(s, &[], here.clone());
                let d_i = s.mul(s.mul(d_cell, g), sigmoid_slope(s, i));
                let d_f = s.mul(s.mul(d_cell, before), sigmoid_slope(s, f));
                let d_g = s.mul(s.mul(d_cell, i), tanh_slope(s, g));
                let d_o = s.mul(s.mul(d_out, tanh_cell), sigmoid_slope(s, o));
                write(s, &mut gates[u.clone()], d_i);
                write(s, &mut gates[on(&u, units)], d_f);
                write(s, &mut gates[on(&u, 2 * units)], d_g);
                write(s, &mut gates[on(&u, 3 * units)], d_o);
                write(s, &mut dc[here.clone()], s.mul(d_cell, f));
                write(s, &mut dh[here], s.splat(0.0));
            }
        }
    }
}

/// Of a GRU that resets before the product, the first half: r, z = σ(sums), and r∘h for the product.
pub(super) struct ResetForward<'a> {
    pub units: usize,
    /// r, z, n: r and z become gates.
    pub gates: &'a mut [f32],
    /// N × 2U: the state's part of the sums.
    pub sums: &'a [f32],
    pub before: Before<'a>,
    /// Where the state is, if it is in the place of the new one.
    pub h: &'a [f32],
    pub reset: &'a mut [f32],
    pub own: Own<'a>,
}

impl Work for ResetForward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let ResetForward { units, gates, sums, before, h, reset, own } = self;
        for (row, gates) in gates.chunks_exact_mut(3 * units).enumerate() {
            let at = row * units;
            if !own.has(row) {
                reset[at..at + units].fill(0.0);
                continue;
            }
            for u in groups(units) {
                let here = on(&u, at);
                let r = sigmoid(s, s.add(read(s, &gates[u.clone()]), read(s, &sums[on(&u, 2 * at)])));
                let z = s.add(read(s, &gates[on(&u, units)]), read(s, &sums[on(&u, 2 * at + units)]));
                write(s, &mut gates[u.clone()], r);
                write(s, &mut gates[on(&u, units)], sigmoid(s, z));
                write(s, &mut reset[here.clone()], s.mul(r, before.read(s, h, here)));
            }
        }
    }
}

/// n = tanh(sum + r ∘ state's sum), or after [`ResetForward`] n = tanh(sum + state's sum); h′ = (1 - z)∘n + z∘h
pub(super) struct GruForward<'a> {
    pub units: usize,
    /// r, z, n: sums in, gates out.
    pub gates: &'a mut [f32],
    /// The state's part of the sums, N × `sums_width`: all three, or with an `offset` n's alone, that far from the front.
    pub sums: &'a [f32],
    pub sums_width: usize,
    pub offset: Option<usize>,
    pub before: Before<'a>,
    pub h: &'a mut [f32],
    /// The state's part of n's sum, for the way back, unless it is empty.
    pub kept: &'a mut [f32],
    pub own: Own<'a>,
}

impl Work for GruForward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let GruForward { units, gates, sums, sums_width, offset, before, h, kept, own } = self;
        for (row, gates) in gates.chunks_exact_mut(3 * units).enumerate() {
            let at = row * units;
            if !own.has(row) {
                before.keep(h, at..at + units);
                continue;
            }
            let sums = &sums[row * sums_width..];
            for u in groups(units) {
                let here = on(&u, at);
                let input = read(s, &gates[on(&u, 2 * units)]);
                let (z, n) = match offset {
                    None => {
                        let r = sigmoid(s, s.add(read(s, &gates[u.clone()]), read(s, &sums[u.clone()])));
                        let z = s.add(read(s, &gates[on(&u, units)]), read(s, &sums[on(&u, units)]));
                        let z = sigmoid(s, z);
                        let state = read(s, &sums[on(&u, 2 * units)]);
                        write(s, &mut gates[u.clone()], r);
                        write(s, &mut gates[on(&u, units)], z);
                        if !kept.is_empty() {
                            write(s, &mut kept[here.clone()], state);
                        }
                        (z, tanh(s, s.fma(r, state, input)))
                    }
                    Some(offset) => {
                        let state = read(s, &sums[on(&u, offset)]);
                        (read(s, &gates[on(&u, units)]), tanh(s, s.add(input, state)))
                    }
                };
                write(s, &mut gates[on(&u, 2 * units)], n);
                // (1 - z)n + zh = n + z(h - n)
                let old = before.read(s, h, here.clone());
                write(s, &mut h[here], s.fma(z, s.sub(old, n), n));
            }
        }
    }
}

/// The gates' place is taken by the gradients of the sums: of a GRU that resets after the product those of the state's
/// sums, with n's own in `kept`; of one that resets before it z and n, and 0 for r. `dh` becomes what goes past the sums.
pub(super) struct GruBackward<'a> {
    pub units: usize,
    pub gates: &'a mut [f32],
    pub h_before: Before<'a>,
    /// Empty where the reset is before the product.
    pub kept: &'a mut [f32],
    pub dh: &'a mut [f32],
    pub own: Own<'a>,
}

impl Work for GruBackward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let GruBackward { units, gates, h_before, kept, dh, own } = self;
        let after = !kept.is_empty();
        for (row, gates) in gates.chunks_exact_mut(3 * units).enumerate() {
            let at = row * units;
            if !own.has(row) {
                gates.fill(0.0);
                if after {
                    kept[at..at + units].fill(0.0);
                }
                continue;
            }
            for u in groups(units) {
                let here = on(&u, at);
                let r = read(s, &gates[u.clone()]);
                let z = read(s, &gates[on(&u, units)]);
                let n = read(s, &gates[on(&u, 2 * units)]);
                let d_out = read(s, &dh[here.clone()]);
                let old = h_before.read(s, &[], here.clone());
                let d_z = s.mul(s.mul(d_out, s.sub(old, n)), sigmoid_slope(s, z));
                let d_n = s.mul(s.mul(d_out, s.sub(s.splat(1.0), z)), tanh_slope(s, n));
                write(s, &mut gates[on(&u, units)], d_z);
                write(s, &mut dh[here.clone()], s.mul(d_out, z));
                if after {
                    let state = read(s, &kept[here.clone()]);
                    let d_r = s.mul(s.mul(d_n, state), sigmoid_slope(s, r));
                    write(s, &mut gates[u.clone()], d_r);
                    write(s, &mut gates[on(&u, 2 * units)], s.mul(d_n, r));
                    write(s, &mut kept[here], d_n);
                } else {
                    // At the first step there is no state to reset; at the others `ResetBackward` needs r.
                    if let Before::Zero = h_before {
                        write(s, &mut gates[u.clone()], s.splat(0.0));
                    }
                    write(s, &mut gates[on(&u, 2 * units)], d_n);
                }
            }
        }
    }
}

/// Of a GRU that resets before the product, the second half: from the gradient of r∘h to those of r's sum and of h.
pub(super) struct ResetBackward<'a> {
    pub units: usize,
    pub gates: &'a mut [f32],
    pub h_before: Before<'a>,
    pub d_reset: &'a [f32],
    pub dh: &'a mut [f32],
    pub own: Own<'a>,
}

impl Work for ResetBackward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let ResetBackward { units, gates, h_before, d_reset, dh, own } = self;
        for (row, gates) in gates.chunks_exact_mut(3 * units).enumerate() {
            if !own.has(row) {
                continue;
            }
            for u in groups(units) {
                let here = on(&u, row * units);
                let r = read(s, &gates[u.clone()]);
                let d = read(s, &d_reset[here.clone()]);
                let d_r = s.mul(s.mul(d, h_before.read(s, &[], here.clone())), sigmoid_slope(s, r));
                write(s, &mut gates[u], d_r);
                let past = s.fma(d, r, read(s, &dh[here.clone()]));
                write(s, &mut dh[here], past);
            }
        }
    }
}
