//! What is done to each value by itself: activations, their derivatives, dropout.

use super::simd::{LANES, Simd};
use super::{InstructionSet, Work, math};
use crate::Activation;
use crate::activation::{SELU_ALPHA, SELU_SCALE};

/// A function of sixteen values at once. A trait and not a closure, so that it is sure to be inlined into the function
/// that enables the instructions.
pub(super) trait Map: Copy {
    fn apply<S: Simd>(self, s: S, x: S::V) -> S::V;
}

/// Something that wants to be done with an activation's map.
pub(super) trait UseMap {
    fn with<M: Map>(self, map: M);
}

#[derive(Clone, Copy)]
struct Identity;
#[derive(Clone, Copy)]
struct Relu;
#[derive(Clone, Copy)]
struct Leaky(f32);
#[derive(Clone, Copy)]
struct Sigmoid;
#[derive(Clone, Copy)]
struct Tanh;
/// scale · (x above zero, else α(eˣ - 1)): ELU, and SELU with its scale.
#[derive(Clone, Copy)]
struct Elu {
    alpha: f32,
    scale: f32,
}
#[derive(Clone, Copy)]
struct Silu;
#[derive(Clone, Copy)]
struct Softsign;
#[derive(Clone, Copy)]
struct HardSigmoid;
/// The f64 definition, value by value: for the activations that are rare in small networks.
#[derive(Clone, Copy)]
struct Plain(Activation);

impl Map for Identity {
    #[inline(always)]
    fn apply<S: Simd>(self, _: S, x: S::V) -> S::V {
        x
    }
}
impl Map for Relu {
    #[inline(always)]
    fn apply<S: Simd>(self, s: S, x: S::V) -> S::V {
        s.max(s.splat(0.0), x)
    }
}
impl Map for Leaky {
    #[inline(always)]
    fn apply<S: Simd>(self, s: S, x: S::V) -> S::V {
        s.select_lt(s.splat(0.0), x, x, s.mul(x, s.splat(self.0)))
    }
}
impl Map for Sigmoid {
    #[inline(always)]
    fn apply<S: Simd>(self, s: S, x: S::V) -> S::V {
        math::sigmoid(s, x)
    }
}
impl Map for Tanh {
    #[inline(always)]
    fn apply<S: Simd>(self, s: S, x: S::V) -> S::V {
        math::tanh(s, x)
    }
}
impl Map for Elu {
    #[inline(always)]
    fn apply<S: Simd>(self, s: S, x: S::V) -> S::V {
        let below = s.mul(s.splat(self.alpha), math::exp_m1(s, x));
        s.mul(s.splat(self.scale), s.select_lt(s.splat(0.0), x, x, below))
    }
}
impl Map for Silu {
    #[inline(always)]
    fn apply<S: Simd>(self, s: S, x: S::V) -> S::V {
        s.mul(x, math::sigmoid(s, x))
    }
}
impl Map for Softsign {
    #[inline(always)]
    fn apply<S: Simd>(self, s: S, x: S::V) -> S::V {
        s.div(x, s.add(s.splat(1.0), s.abs(x)))
    }
}
impl Map for HardSigmoid {
    #[inline(always)]
    fn apply<S: Simd>(self, s: S, x: S::V) -> S::V {
        let line = s.fma(x, s.splat(1.0 / 6.0), s.splat(0.5));
        s.max(s.splat(0.0), s.min(s.splat(1.0), line))
    }
}
impl Map for Plain {
    #[inline(always)]
    fn apply<S: Simd>(self, s: S, x: S::V) -> S::V {
        let mut array = s.to_array(x);
        for x in &mut array {
            *x = self.0.value(f64::from(*x)) as f32;
        }
        s.load(&array)
    }
}

/// Hands the activation's map to `use_map`.
#[inline(always)]
pub(super) fn with_map(activation: Activation, use_map: impl UseMap) {
    match activation {
        Activation::Identity => use_map.with(Identity),
        Activation::Relu => use_map.with(Relu),
        Activation::LeakyRelu { slope } => use_map.with(Leaky(slope as f32)),
        Activation::Sigmoid => use_map.with(Sigmoid),
        Activation::Tanh => use_map.with(Tanh),
        Activation::Elu { alpha } => use_map.with(Elu { alpha: alpha as f32, scale: 1.0 }),
        Activation::Selu => {
            use_map.with(Elu { alpha: SELU_ALPHA as f32, scale: SELU_SCALE as f32 });
        }
        Activation::Silu => use_map.with(Silu),
        Activation::Softsign => use_map.with(Softsign),
        Activation::HardSigmoid => use_map.with(HardSigmoid),
        other => use_map.with(Plain(other)),
    }
}

/// Sixteen values from the front of `from`, zeroes behind its end.
#[inline(always)]
pub(super) fn read<S: Simd>(s: S, from: &[f32]) -> S::V {
    match from.first_chunk() {
        Some(whole) => s.load(whole),
        None => {
            let mut array = [0.0; LANES];
            array[..from.len()].copy_from_slice(from);
            s.load(&array)
        }
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

/// y = f(x) for every value.
pub(crate) fn activate(set: InstructionSet, activation: Activation, x: &[f32], y: &mut [f32]) {
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
            for (x, y) in x.chunks(LANES).zip(y.chunks_mut(LANES)) {
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

/// d ← d · f′, for every value. The activation must be one of single values.
pub(crate) fn backward(set: InstructionSet, activation: Activation, seen: Seen<'_>, d: &mut [f32]) {
    struct Backward<'a> {
        activation: Activation,
        seen: &'a [f32],
        d: &'a mut [f32],
    }
    impl Work for Backward<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            times_slope(s, self.activation, self.seen, self.d);
        }
    }
    let seen = match seen {
        Seen::Output(seen) | Seen::Input(seen) => seen,
    };
    assert_eq!(seen.len(), d.len(), "as many gradients as values");
    set.dispatch(Backward { activation, seen, d });
}

/// As [`backward`], inside other work.
#[inline(always)]
pub(super) fn times_slope<S: Simd>(s: S, activation: Activation, seen: &[f32], d: &mut [f32]) {
    struct Slope<'a, S> {
        s: S,
        seen: &'a [f32],
        d: &'a mut [f32],
    }
    impl<S: Simd> Slope<'_, S> {
        #[inline(always)]
        fn each<M: SlopeMap>(self, map: M) {
            let Slope { s, seen, d } = self;
            let ((seen, seen_rest), (d, d_rest)) = (seen.as_chunks(), d.as_chunks_mut());
            for (seen, d) in seen.iter().zip(d) {
                let slope = map.slope(s, s.load(seen));
                s.store(d, s.mul(s.load(d), slope));
            }
            if !d_rest.is_empty() {
                let slope = map.slope(s, read(s, seen_rest));
                let v = s.mul(read(s, d_rest), slope);
                write(s, d_rest, v);
            }
        }
    }
    let slope = Slope { s, seen, d };
    match activation {
        Activation::Identity => {}
        Activation::Relu => slope.each(TwoSlopes(0.0)),
        Activation::LeakyRelu { slope: below } => slope.each(TwoSlopes(below as f32)),
        Activation::Sigmoid => slope.each(SigmoidSlope),
        Activation::Tanh => slope.each(TanhSlope),
        other => slope.each(PlainSlope(other)),
    }
}

/// f′ from what was seen.
trait SlopeMap: Copy {
    fn slope<S: Simd>(self, s: S, seen: S::V) -> S::V;
}

/// 1 above zero, else the number: (leaky) ReLU. The output has the sign of the input.
#[derive(Clone, Copy)]
struct TwoSlopes(f32);
/// y(1 - y)
#[derive(Clone, Copy)]
struct SigmoidSlope;
/// 1 - y²
#[derive(Clone, Copy)]
struct TanhSlope;
#[derive(Clone, Copy)]
struct PlainSlope(Activation);

impl SlopeMap for TwoSlopes {
    #[inline(always)]
    fn slope<S: Simd>(self, s: S, y: S::V) -> S::V {
        s.select_lt(s.splat(0.0), y, s.splat(1.0), s.splat(self.0))
    }
}
impl SlopeMap for SigmoidSlope {
    #[inline(always)]
    fn slope<S: Simd>(self, s: S, y: S::V) -> S::V {
        s.mul(y, s.sub(s.splat(1.0), y))
    }
}
impl SlopeMap for TanhSlope {
    #[inline(always)]
    fn slope<S: Simd>(self, s: S, y: S::V) -> S::V {
        s.sub(s.splat(1.0), s.mul(y, y))
    }
}
impl SlopeMap for PlainSlope {
    #[inline(always)]
    fn slope<S: Simd>(self, s: S, seen: S::V) -> S::V {
        let mut array = s.to_array(seen);
        for x in &mut array {
            let seen = f64::from(*x);
            *x = self.0.slope_from_output(seen).unwrap_or_else(|| self.0.slope(seen)) as f32;
        }
        s.load(&array)
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
