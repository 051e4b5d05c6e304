//! What is done to each value by itself: activations, their derivatives, dropout.

use super::activation::{Map, Slope, UseMap, UseSlope, with_map, with_slope};
use super::simd::{Arithmetic, LANES, Simd, Twice};
use super::spread::spread;
use super::{InstructionSet, Machine, Work};
use crate::Activation;

/// Sixteen values from the front of `from`, zeroes behind its end.
#[inline(always)]
pub(super) fn read<S: Simd>(s: S, from: &[f32]) -> S::V {
    match from.first_chunk() {
        Some(whole) => s.load(whole),
        None => s.load_some(from),
    }
}

/// As many of the sixteen values as `to` has room for.
#[inline(always)]
pub(super) fn write<S: Simd>(s: S, to: &mut [f32], v: S::V) {
    match to.first_chunk_mut() {
        Some(whole) => s.store(whole, v),
        None => to.copy_from_slice(&s.to_array(v)[..to.len()]),
    }
}

/// Values that one item of shared work has: whole vectors.
const ITEM: usize = 16 * LANES;

/// y = f(x) for every value, spread over the threads.
pub(crate) fn activate(machine: &Machine, activation: Activation, x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "as many outputs as inputs");
    let set = machine.set;
    spread(machine, x.len().div_ceil(ITEM), ITEM, [(y, ITEM)], &|items, [y]| {
        activate_alone(set, activation, &x[items.start * ITEM..][..y.len()], y);
    });
}

/// The same on the calling thread.
pub(super) fn activate_alone(set: InstructionSet, activation: Activation, x: &[f32], y: &mut [f32]) {
    struct Forward<'a> {
        activation: Activation,
        x: &'a [f32],
        y: &'a mut [f32],
    }
    struct Loop<'a, S> {
        s: S,
        x: &'a [f32],
        y: &'a mut [f32],
    }
    impl<S: Simd> UseMap for Loop<'_, S> {
        #[inline(always)]
        fn with<M: Map>(self, map: M) {
            let Loop { s, x, y } = self;
            let twice = Twice(s);
            let ((x, rest_x), (y, rest_y)) = (x.as_chunks::<{ 2 * LANES }>(), y.as_chunks_mut::<{ 2 * LANES }>());
            for (x, y) in x.iter().zip(y) {
                if M::IS_LIGHT {
                    twice.prefetch_ahead(x.as_ptr());
                    twice.prefetch_ahead(y.as_ptr());
                }
                twice.store(y, map.apply(twice, twice.load(x)));
            }
            for (x, y) in rest_x.chunks(LANES).zip(rest_y.chunks_mut(LANES)) {
                let v = map.apply(s, read(s, x));
                write(s, y, v);
            }
        }
    }
    impl Work for Forward<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            with_map(self.activation, Loop { s, x: self.x, y: self.y });
        }
    }
    assert_eq!(x.len(), y.len(), "as many outputs as inputs");
    set.dispatch(Forward { activation, x, y });
}

/// What a derivative is had from.
#[derive(Clone, Copy)]
pub(crate) enum Seen<'a> {
    /// The outputs of the activation.
    Output(&'a [f32]),
    /// Its inputs.
    Input(&'a [f32]),
}

impl<'a> Seen<'a> {
    fn values(self) -> &'a [f32] {
        match self {
            Seen::Output(seen) | Seen::Input(seen) => seen,
        }
    }
}

/// d ← d · f′, for every value, spread over the threads. The activation must be one of single values.
pub(crate) fn backward(machine: &Machine, activation: Activation, seen: Seen<'_>, d: &mut [f32]) {
    let (set, seen) = (machine.set, seen.values());
    assert_eq!(seen.len(), d.len(), "as many gradients as values");
    spread(machine, seen.len().div_ceil(ITEM), ITEM, [(d, ITEM)], &|items, [d]| {
        backward_alone(set, activation, &seen[items.start * ITEM..][..d.len()], d);
    });
}

/// The same on the calling thread, from what [`Seen`] holds.
pub(super) fn backward_alone(set: InstructionSet, activation: Activation, seen: &[f32], d: &mut [f32]) {
    assert_eq!(seen.len(), d.len(), "as many gradients as values");
    set.dispatch(TimesSlope { activation, seen, d });
}

/// As [`backward`], for inside other work.
pub(super) struct TimesSlope<'a> {
    pub activation: Activation,
    pub seen: &'a [f32],
    pub d: &'a mut [f32],
}

impl Work for TimesSlope<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        times_slope(s, self.activation, self.seen, self.d);
    }
}

#[inline(always)]
fn times_slope<S: Simd>(s: S, activation: Activation, seen: &[f32], d: &mut [f32]) {
    struct Loop<'a, S> {
        s: S,
        seen: &'a [f32],
        d: &'a mut [f32],
    }
    impl<S: Simd> UseSlope for Loop<'_, S> {
        #[inline(always)]
        fn with<M: Slope>(self, slope: M) {
            let Loop { s, seen, d } = self;
            let twice = Twice(s);
            let ((seen, rest_seen), (d, rest_d)) =
                (seen.as_chunks::<{ 2 * LANES }>(), d.as_chunks_mut::<{ 2 * LANES }>());
            for (seen, d) in seen.iter().zip(d) {
                let v = twice.mul(twice.load(d), slope.at(twice, twice.load(seen)));
                twice.store(d, v);
            }
            for (seen, d) in rest_seen.chunks(LANES).zip(rest_d.chunks_mut(LANES)) {
                let v = s.mul(read(s, d), slope.at(s, read(s, seen)));
                write(s, d, v);
            }
        }
    }
    if activation != Activation::Identity {
        with_slope(activation, Loop { s, seen, d });
    }
}

/// Two values into one.
trait Pair: Copy {
    fn apply<S: Simd>(self, s: S, a: S::V, b: S::V) -> S::V;
}

#[derive(Clone, Copy)]
struct Times;
#[derive(Clone, Copy)]
struct Plus;

impl Pair for Times {
    #[inline(always)]
    fn apply<S: Simd>(self, s: S, a: S::V, b: S::V) -> S::V {
        s.mul(a, b)
    }
}
impl Pair for Plus {
    #[inline(always)]
    fn apply<S: Simd>(self, s: S, a: S::V, b: S::V) -> S::V {
        s.add(a, b)
    }
}

struct Pairwise<'a, P> {
    pair: P,
    a: &'a [f32],
    b: &'a [f32],
    out: &'a mut [f32],
}

impl<P: Pair> Work for Pairwise<'_, P> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for ((a, b), out) in self.a.chunks(LANES).zip(self.b.chunks(LANES)).zip(self.out.chunks_mut(LANES)) {
            let v = self.pair.apply(s, read(s, a), read(s, b));
            write(s, out, v);
        }
    }
}

/// out ← a · b, value by value: dropout with a mask, there and back.
pub(crate) fn multiply(set: InstructionSet, a: &[f32], b: &[f32], out: &mut [f32]) {
    assert!(a.len() == out.len() && b.len() == out.len(), "as many factors as results");
    set.dispatch(Pairwise { pair: Times, a, b, out });
}

/// out ← a + b, value by value: what a residual connection adds.
pub(crate) fn add(set: InstructionSet, a: &[f32], b: &[f32], out: &mut [f32]) {
    assert!(a.len() == out.len() && b.len() == out.len(), "as many values on both sides");
    set.dispatch(Pairwise { pair: Plus, a, b, out });
}

/// to ← to + from, value by value.
pub(crate) fn accumulate(set: InstructionSet, from: &[f32], to: &mut [f32]) {
    struct Onto<'a> {
        from: &'a [f32],
        to: &'a mut [f32],
    }
    impl Work for Onto<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            for (from, to) in self.from.chunks(LANES).zip(self.to.chunks_mut(LANES)) {
                let v = s.add(read(s, to), read(s, from));
                write(s, to, v);
            }
        }
    }
    assert_eq!(from.len(), to.len(), "as many values on both sides");
    set.dispatch(Onto { from, to });
}
