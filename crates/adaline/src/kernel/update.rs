//! The optimizers' loops: one pass over parameters, gradients and state, sixteen values at a time.
//!
//! All buffers are whole lines of sixteen; the gaps between tensors are zeroes, and every rule leaves a parameter of zero
//! with a gradient of zero where it is.
//!
//! A pass of its own, behind the last gradient. Adam's is bound by the one unit that divides and takes roots: 8.4 of its 9.6
//! cycles for eight parameters on a Zen 3 (a reciprocal by Newton's steps made it 13), 16.1 of its 17.6 for sixteen on a
//! Zen 4 with AVX-512 (a reciprocal from a table made it 21; asking for the values ahead changed nothing). Updating each tile
//! of a weight right behind its gradient, in the hope that the next tile's multiplications hide the divisions, made
//! 784-128-10 train 3 % slower on one thread and on two.

use super::simd::{Arithmetic, LANES, Simd, Twice};
use super::{Machine, Shared, Work};

/// How one step changes a parameter, given its gradient and the optimizer's memory of it.
pub(crate) trait Rule<const N: usize>: Copy + Sync {
    fn apply<A: Arithmetic>(self, s: A, p: A::V, g: A::V, state: &mut [A::V; N]) -> A::V;
}

/// Values that one task updates; about 64 KiB with Adam's four buffers.
const CHUNK: usize = 4096;

/// Applies a rule to every parameter.
#[inline]
pub(crate) fn update<const N: usize>(
    machine: &Machine,
    rule: impl Rule<N>,
    params: &mut [f32],
    grads: &[f32],
    state: [&mut [f32]; N],
) {
    let len = params.len();
    assert!(
        len.is_multiple_of(LANES) && grads.len() == len && state.iter().all(|s| s.len() == len),
        "buffers of one length"
    );
    let params = Shared(params.as_mut_ptr());
    let state = state.map(|s| Shared(s.as_mut_ptr()));
    let set = machine.set;
    // A tiny network's way, which is as short as it can be.
    if len <= CHUNK {
        return set.dispatch(Chunk { rule, params, grads, state, from: 0, to: len });
    }
    let task = |chunk: usize| {
        let from = chunk * CHUNK;
        set.dispatch(Chunk { rule, params, grads, state, from, to: (from + CHUNK).min(len) });
    };
    let chunks = len.div_ceil(CHUNK);
    machine.share_if(chunks > 4, chunks, task);
}

struct Chunk<'a, R, const N: usize> {
    rule: R,
    params: Shared,
    grads: &'a [f32],
    state: [Shared; N],
    from: usize,
    to: usize,
}

impl<R: Rule<N>, const N: usize> Work for Chunk<'_, R, N> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut at = self.from;
        while at + 2 * LANES <= self.to {
            // SAFETY: at + 32 ≤ the length of every buffer, checked in `update`, and the chunk is this task's own.
            unsafe { self.one(Twice(s), at) };
            at += 2 * LANES;
        }
        if at < self.to {
            // SAFETY: lengths are multiples of sixteen; and as above.
            unsafe { self.one(s, at) };
        }
    }
}

impl<R: Rule<N>, const N: usize> Chunk<'_, R, N> {
    /// # Safety
    /// Every buffer must have as many values as `s` has lanes from `at` on, which nobody else touches.
    #[inline(always)]
    unsafe fn one<A: Arithmetic>(&self, s: A, at: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let p = s.load_from(self.params.at(at));
            let g = s.load_from(self.grads.as_ptr().add(at));
            let mut state = self.state.map(|state| s.load_from(state.at(at)));
            let p = self.rule.apply(s, p, g, &mut state);
            s.store_to(self.params.at(at), p);
            for (to, v) in self.state.iter().zip(state) {
                s.store_to(to.at(at), v);
            }
        }
    }
}

/// Keeps values out of the denormals, which slow a machine down. Beside 1e-30 there is room for multiples of 9.4e-38 alone:
/// smaller values become zero or one of them, a memory that decays stops at a few of them, and what is above 2e-23 stays as
/// it is. Additions, of which the rules have the fewest.
#[inline(always)]
fn flush<A: Arithmetic>(s: A, v: A::V) -> A::V {
    let beside = s.splat(1e-30);
    s.sub(s.add(v, beside), beside)
}

/// p ← p - lr·g
#[derive(Clone, Copy)]
pub(crate) struct Sgd {
    pub lr: f32,
}

impl Rule<0> for Sgd {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, p: A::V, g: A::V, _: &mut [A::V; 0]) -> A::V {
        s.fma(s.splat(-self.lr), g, p)
    }
}

/// v ← μv + g; p ← p - lr·v, or with Nesterov's look ahead p ← p - lr·(g + μv)
#[derive(Clone, Copy)]
pub(crate) struct Momentum {
    pub lr: f32,
    pub momentum: f32,
    pub nesterov: bool,
}

impl Rule<1> for Momentum {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, p: A::V, g: A::V, [velocity]: &mut [A::V; 1]) -> A::V {
        *velocity = flush(s, s.fma(s.splat(self.momentum), *velocity, g));
        let along = if self.nesterov { s.fma(s.splat(self.momentum), *velocity, g) } else { *velocity };
        s.fma(s.splat(-self.lr), along, p)
    }
}

/// v ← ρv + (1-ρ)g²; p ← p - lr·g / (√v + ε)
#[derive(Clone, Copy)]
pub(crate) struct RmsProp {
    pub lr: f32,
    pub rho: f32,
    /// 1 - ρ, rounded once: from the rounded ρ it would be off in the fifth digit.
    pub fresh: f32,
    pub epsilon: f32,
}

impl Rule<1> for RmsProp {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, p: A::V, g: A::V, [square]: &mut [A::V; 1]) -> A::V {
        let fresh = s.mul(s.mul(g, g), s.splat(self.fresh));
        *square = flush(s, s.fma(s.splat(self.rho), *square, fresh));
        let along = s.div(g, s.add(s.sqrt(*square), s.splat(self.epsilon)));
        s.fma(s.splat(-self.lr), along, p)
    }
}

/// v ← v + g²; p ← p - lr·g / (√v + ε)
#[derive(Clone, Copy)]
pub(crate) struct Adagrad {
    pub lr: f32,
    pub epsilon: f32,
}

impl Rule<1> for Adagrad {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, p: A::V, g: A::V, [square]: &mut [A::V; 1]) -> A::V {
        *square = s.fma(g, g, *square);
        let along = s.div(g, s.add(s.sqrt(*square), s.splat(self.epsilon)));
        s.fma(s.splat(-self.lr), along, p)
    }
}

/// m ← m + (1-β₁)(g - m); v ← β₂v + (1-β₂)g²; p ← p - step·m / (√v / correction + ε)
///
/// `step` is lr / (1 - β₁ᵗ), `correction` √(1 - β₂ᵗ). Decoupled weight decay is done beforehand, on the weights alone.
#[derive(Clone, Copy)]
pub(crate) struct Adam {
    pub step: f32,
    /// 1 - β₁
    pub fresh1: f32,
    pub beta2: f32,
    /// 1 - β₂, rounded once: from the rounded β₂ it would be off in the fifth digit.
    pub fresh2: f32,
    pub one_over_correction: f32,
    pub epsilon: f32,
}

impl Rule<2> for Adam {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, p: A::V, g: A::V, [m, v]: &mut [A::V; 2]) -> A::V {
        *m = flush(s, s.fma(s.splat(self.fresh1), s.sub(g, *m), *m));
        let fresh = s.mul(s.mul(g, g), s.splat(self.fresh2));
        *v = flush(s, s.fma(s.splat(self.beta2), *v, fresh));
        let root = s.fma(s.sqrt(*v), s.splat(self.one_over_correction), s.splat(self.epsilon));
        s.fma(s.splat(-self.step), s.div(*m, root), p)
    }
}

/// Each parameter has a step size of its own, which grows by η⁺ while the gradient keeps its sign and shrinks by η⁻ when
/// it turns; after a turn the parameter waits one step.
#[derive(Clone, Copy)]
pub(crate) struct Rprop {
    pub eta_minus: f32,
    pub eta_plus: f32,
    pub step_min: f32,
    pub step_max: f32,
}

impl Rule<2> for Rprop {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, p: A::V, g: A::V, [previous, size]: &mut [A::V; 2]) -> A::V {
        let zero = s.splat(0.0);
        let agreement = s.mul(g, *previous);
        let turned = s.select_lt(agreement, zero, s.splat(self.eta_minus), s.splat(1.0));
        let factor = s.select_lt(zero, agreement, s.splat(self.eta_plus), turned);
        *size = s.min(s.splat(self.step_max), s.max(s.splat(self.step_min), s.mul(*size, factor)));
        let g = s.select_lt(agreement, zero, zero, g);
        *previous = g;
        let up = s.select_lt(zero, g, *size, zero);
        let along = s.select_lt(g, zero, s.sub(zero, *size), up);
        s.sub(p, along)
    }
}

/// p ← keep·p over a range of whole lines: decoupled weight decay.
pub(crate) fn scale(values: &mut [f32], keep: f32) {
    for value in values {
        *value *= keep;
    }
}

/// g ← g + l2·p + l1·sign(p): the gradient of the penalties.
pub(crate) fn penalise(params: &[f32], grads: &mut [f32], l1: f32, l2: f32) {
    for (g, &p) in grads.iter_mut().zip(params) {
        let sign = if p == 0.0 { 0.0 } else { p.signum() };
        *g += l2.mul_add(p, l1 * sign);
    }
}

/// Σ x² in f64, always in the same order.
pub(crate) fn sum_of_squares(values: &[f32]) -> f64 {
    let mut lanes = [0.0f64; LANES];
    for chunk in values.chunks(LANES) {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += f64::from(x) * f64::from(x);
        }
    }
    lanes.iter().sum()
}

/// Whether every value is a finite number.
pub(crate) fn all_finite(values: &[f32]) -> bool {
    // Chunks without an early exit inside, so that the compiler vectorises.
    values.chunks(1024).all(|chunk| chunk.iter().fold(true, |all, x| all & x.is_finite()))
}
