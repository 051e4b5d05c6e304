//! Activations and their derivatives, many values at once.

use super::math;
use super::simd::Arithmetic;
use crate::Activation;
use crate::activation::{GELU_CUBIC, SELU_ALPHA, SELU_SCALE};
use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

/// A function of each lane. A trait and not a closure, so that it is sure to be inlined into the function
/// that enables the instructions.
pub(super) trait Map: Copy {
    /// Whether it costs so little that a loop over many values waits for memory.
    const IS_LIGHT: bool = false;

    fn apply<A: Arithmetic>(self, s: A, x: A::V) -> A::V;
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
struct Gelu;
#[derive(Clone, Copy)]
struct GeluTanh;
#[derive(Clone, Copy)]
struct Softplus;
#[derive(Clone, Copy)]
struct Mish;
#[derive(Clone, Copy)]
struct HardSigmoid;
#[derive(Clone, Copy)]
struct Step;
/// The same for every input, as a map and as a slope.
#[derive(Clone, Copy)]
struct Constant(f32);

impl Map for Identity {
    const IS_LIGHT: bool = true;

    #[inline(always)]
    fn apply<A: Arithmetic>(self, _: A, x: A::V) -> A::V {
        x
    }
}
impl Map for Relu {
    const IS_LIGHT: bool = true;

    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        s.max(s.splat(0.0), x)
    }
}
impl Map for Leaky {
    const IS_LIGHT: bool = true;

    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        s.select_lt(s.splat(0.0), x, x, s.mul(x, s.splat(self.0)))
    }
}
impl Map for Sigmoid {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        math::sigmoid(s, x)
    }
}
impl Map for Tanh {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        math::tanh(s, x)
    }
}
impl Map for Elu {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        let below = s.mul(s.splat(self.alpha), math::exp_m1(s, x));
        s.mul(s.splat(self.scale), s.select_lt(s.splat(0.0), x, x, below))
    }
}
impl Map for Silu {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        s.mul(not_far_below(s, x), math::sigmoid(s, x))
    }
}
impl Map for Softsign {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        s.div(x, s.add(s.splat(1.0), s.abs(x)))
    }
}
impl Map for HardSigmoid {
    const IS_LIGHT: bool = true;

    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        let line = s.fma(x, s.splat(1.0 / 6.0), s.splat(0.5));
        s.max(s.splat(0.0), s.min(s.splat(1.0), line))
    }
}
impl Map for Gelu {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        s.mul(not_far_below(s, x), math::normal(s, x))
    }
}
impl Map for GeluTanh {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        s.mul(not_far_below(s, x), math::sigmoid(s, gelu_logit(s, x)))
    }
}
impl Map for Softplus {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        let e = math::exp(s, s.sub(s.splat(0.0), s.abs(x)));
        s.add(s.max(s.splat(0.0), x), math::ln_1p(s, e))
    }
}
impl Map for Mish {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        s.mul(not_far_below(s, x), tanh_of_softplus(s, x))
    }
}
impl Map for Step {
    const IS_LIGHT: bool = true;

    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        s.select_lt(s.splat(0.0), x, s.splat(1.0), s.splat(0.0))
    }
}
impl Map for Constant {
    #[inline(always)]
    fn apply<A: Arithmetic>(self, s: A, _: A::V) -> A::V {
        s.splat(self.0)
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
        Activation::Gelu => use_map.with(Gelu),
        Activation::GeluTanh => use_map.with(GeluTanh),
        Activation::Softplus => use_map.with(Softplus),
        Activation::Mish => use_map.with(Mish),
        Activation::Step => use_map.with(Step),
        // Of a single value.
        Activation::Softmax => use_map.with(Constant(1.0)),
    }
}

/// x, but -87 below it: what it is multiplied with is as good as 0 there, and must not come back for x beyond 10³⁷.
#[inline(always)]
fn not_far_below<A: Arithmetic>(s: A, x: A::V) -> A::V {
    s.max(s.splat(-87.0), x)
}

/// The same with 87 on the other side.
#[inline(always)]
fn not_far<A: Arithmetic>(s: A, x: A::V) -> A::V {
    not_far_below(s, s.min(s.splat(87.0), x))
}

/// 2u with u = √(2/π)(x + 0.044715x³), of which GELU by tanh takes the sigmoid.
#[inline(always)]
fn gelu_logit<A: Arithmetic>(s: A, x: A::V) -> A::V {
    let factor = FRAC_2_SQRT_PI * std::f32::consts::SQRT_2;
    let cubic = s.fma(s.mul(x, x), s.splat(factor * GELU_CUBIC as f32), s.splat(factor));
    s.mul(x, cubic)
}

/// tanh ln(1 + e) with e = eˣ, which is n / (n + 2) with n = e² + 2e; beyond 20 it is 1.
#[inline(always)]
fn tanh_of_softplus<A: Arithmetic>(s: A, x: A::V) -> A::V {
    let e = math::exp(s, s.min(s.splat(20.0), x));
    let n = s.mul(e, s.add(e, s.splat(2.0)));
    s.div(n, s.add(n, s.splat(2.0)))
}

/// f′ of each lane, from the outputs where [`Activation::derivative`] says so, else from the inputs.
pub(super) trait Slope: Copy {
    fn at<A: Arithmetic>(self, s: A, seen: A::V) -> A::V;
}

/// Something that wants to be done with an activation's slope.
pub(super) trait UseSlope {
    fn with<M: Slope>(self, slope: M);
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
/// The scale above zero, below y + α · scale.
#[derive(Clone, Copy)]
struct EluSlope {
    alpha: f32,
    scale: f32,
}
/// 1/6 between the ends.
#[derive(Clone, Copy)]
struct HardSigmoidSlope;
/// σ(1 + x(1 - σ)) with σ = sigmoid x
#[derive(Clone, Copy)]
struct SiluSlope;
/// 1 / (1 + |x|)²
#[derive(Clone, Copy)]
struct SoftsignSlope;
/// Φ(x) + x · φ(x)
#[derive(Clone, Copy)]
struct GeluSlope;
/// σ + xσ(1 - σ) · logit′ with σ = sigmoid of the logit
#[derive(Clone, Copy)]
struct GeluTanhSlope;
/// sigmoid x
#[derive(Clone, Copy)]
struct SoftplusSlope;
/// t + x(1 - t²) · sigmoid x with t = tanh of softplus x
#[derive(Clone, Copy)]
struct MishSlope;

impl Slope for TwoSlopes {
    #[inline(always)]
    fn at<A: Arithmetic>(self, s: A, y: A::V) -> A::V {
        s.select_lt(s.splat(0.0), y, s.splat(1.0), s.splat(self.0))
    }
}
impl Slope for SigmoidSlope {
    #[inline(always)]
    fn at<A: Arithmetic>(self, s: A, y: A::V) -> A::V {
        s.mul(y, s.sub(s.splat(1.0), y))
    }
}
impl Slope for TanhSlope {
    #[inline(always)]
    fn at<A: Arithmetic>(self, s: A, y: A::V) -> A::V {
        s.sub(s.splat(1.0), s.mul(y, y))
    }
}
impl Slope for EluSlope {
    #[inline(always)]
    fn at<A: Arithmetic>(self, s: A, y: A::V) -> A::V {
        let below = s.add(y, s.splat(self.alpha * self.scale));
        s.select_lt(s.splat(0.0), y, s.splat(self.scale), below)
    }
}
impl Slope for HardSigmoidSlope {
    #[inline(always)]
    fn at<A: Arithmetic>(self, s: A, y: A::V) -> A::V {
        let (zero, inside) = (s.splat(0.0), s.splat(1.0 / 6.0));
        s.select_lt(zero, y, s.select_lt(y, s.splat(1.0), inside, zero), zero)
    }
}
impl Slope for SiluSlope {
    #[inline(always)]
    fn at<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        let x = not_far(s, x);
        let (sigmoid, rest) = math::sigmoid_and_rest(s, x);
        s.mul(sigmoid, s.fma(x, rest, s.splat(1.0)))
    }
}
impl Slope for SoftsignSlope {
    #[inline(always)]
    fn at<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        let below = s.add(s.splat(1.0), s.abs(x));
        s.div(s.div(s.splat(1.0), below), below)
    }
}
impl Slope for GeluSlope {
    #[inline(always)]
    fn at<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        let x = not_far(s, x);
        let half_square = s.mul(s.mul(x, s.splat(-0.5)), x);
        // 1 / √(2π)
        let density = s.mul(s.splat(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2), math::exp(s, half_square));
        s.fma(x, density, math::normal(s, x))
    }
}
impl Slope for GeluTanhSlope {
    #[inline(always)]
    fn at<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        // Beyond 10 it is 0 or 1, and x² stays finite.
        let x = s.max(s.splat(-10.0), s.min(s.splat(10.0), x));
        let factor = FRAC_2_SQRT_PI * std::f32::consts::SQRT_2;
        let (sigmoid, rest) = math::sigmoid_and_rest(s, gelu_logit(s, x));
        let slope = s.fma(s.mul(x, x), s.splat(3.0 * factor * GELU_CUBIC as f32), s.splat(factor));
        s.fma(sigmoid, s.mul(s.mul(x, rest), slope), sigmoid)
    }
}
impl Slope for SoftplusSlope {
    #[inline(always)]
    fn at<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        math::sigmoid(s, x)
    }
}
impl Slope for MishSlope {
    #[inline(always)]
    fn at<A: Arithmetic>(self, s: A, x: A::V) -> A::V {
        let x = not_far(s, x);
        let t = tanh_of_softplus(s, x);
        let rest = s.mul(s.sub(s.splat(1.0), s.mul(t, t)), math::sigmoid(s, x));
        s.fma(x, rest, t)
    }
}
impl Slope for Constant {
    #[inline(always)]
    fn at<A: Arithmetic>(self, s: A, _: A::V) -> A::V {
        s.splat(self.0)
    }
}

/// Hands the activation's slope to `use_slope`.
#[inline(always)]
pub(super) fn with_slope(activation: Activation, use_slope: impl UseSlope) {
    match activation {
        Activation::Relu => use_slope.with(TwoSlopes(0.0)),
        Activation::LeakyRelu { slope } => use_slope.with(TwoSlopes(slope as f32)),
        Activation::Sigmoid => use_slope.with(SigmoidSlope),
        Activation::Tanh => use_slope.with(TanhSlope),
        Activation::Elu { alpha } => use_slope.with(EluSlope { alpha: alpha as f32, scale: 1.0 }),
        Activation::Selu => {
            use_slope.with(EluSlope { alpha: SELU_ALPHA as f32, scale: SELU_SCALE as f32 });
        }
        Activation::HardSigmoid => use_slope.with(HardSigmoidSlope),
        Activation::Silu => use_slope.with(SiluSlope),
        Activation::Softsign => use_slope.with(SoftsignSlope),
        Activation::Gelu => use_slope.with(GeluSlope),
        Activation::GeluTanh => use_slope.with(GeluTanhSlope),
        Activation::Softplus => use_slope.with(SoftplusSlope),
        Activation::Mish => use_slope.with(MishSlope),
        Activation::Identity => use_slope.with(Constant(1.0)),
        Activation::Step | Activation::Softmax => use_slope.with(Constant(0.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Derivative;
    use crate::kernel::elementwise::{Seen, activate, activate_alone, backward, backward_alone};
    use crate::kernel::{InstructionSet, Machine, rows};

    const ALL: [Activation; 15] = [
        Activation::Identity,
        Activation::Step,
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Relu,
        Activation::LeakyRelu { slope: 0.01 },
        Activation::Elu { alpha: 0.7 },
        Activation::Selu,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Silu,
        Activation::Softplus,
        Activation::Softsign,
        Activation::HardSigmoid,
        Activation::Mish,
    ];

    #[test]
    fn values_and_slopes_are_those_of_the_definitions_and_the_same_bits_everywhere() {
        // Every magnitude that matters, of both signs, and what is far away.
        let x: Vec<f32> = (0..20_001)
            .map(|i| (i - 10_000) as f32 * 2e-3)
            .chain([0.0, -0.0, 1e-20, -1e-20, 60.0, -60.0, 1e4, -1e4, 1e30, -1e30, 1e38, -1e38])
            .collect();
        for activation in ALL {
            let mut reference: Option<[Vec<f32>; 2]> = None;
            for set in InstructionSet::available() {
                let (mut y, mut d) = (vec![0.0; x.len()], vec![1.0; x.len()]);
                activate_alone(set, activation, &x, &mut y);
                let from_output = activation.derivative() == Derivative::FromOutput;
                if activation.derivative() != Derivative::Useless {
                    backward_alone(set, activation, if from_output { &y } else { &x }, &mut d);
                }
                let bits = |v: &[f32]| v.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                let want = reference.get_or_insert_with(|| [y.clone(), d.clone()]);
                assert!(bits(&y) == bits(&want[0]) && bits(&d) == bits(&want[1]), "{activation} {set:?}");
            }
            let [y, d] = reference.unwrap();
            for ((&x, &y), &d) in x.iter().zip(&y).zip(&d) {
                let (value, slope) = (activation.value(f64::from(x)), activation.slope(f64::from(x)));
                let near = |got: f32, want: f64| (f64::from(got) - want).abs() <= 2e-6 * want.abs() + 4e-7;
                assert!(near(y, value), "{activation}({x}): {y}, not {value}");
                // At the corners one side is as good as the other.
                let corner = x.abs() < 1e-6 || (x.abs() - 3.0).abs() < 1e-3;
                if activation.derivative() != Derivative::Useless && !corner {
                    assert!(near(d, slope), "slope of {activation} at {x}: {d}, not {slope}");
                }
            }
        }
    }

    #[test]
    fn many_values_are_shared_out_and_stay_the_same() {
        let x: Vec<f32> = (0..70_003).map(|i| (i % 977) as f32 * 0.01 - 4.0).collect();
        for activation in [Activation::Relu, Activation::Tanh, Activation::Gelu] {
            let results = [1, 2, 3].map(|threads| {
                let machine = Machine::new(InstructionSet::best(), threads);
                let (mut y, mut d) = (vec![f32::NAN; x.len()], vec![1.0; x.len()]);
                activate(&machine, activation, &x, &mut y);
                backward(&machine, activation, Seen::Input(&x), &mut d);
                (y, d)
            });
            assert!(results[0].0.iter().all(|y| y.is_finite()));
            assert!(results[0] == results[1] && results[0] == results[2], "{activation}");
        }
        let (width, count) = (37, 1_800);
        let softmaxes = [1, 2, 3].map(|threads| {
            let machine = Machine::new(InstructionSet::best(), threads);
            let mut y = vec![f32::NAN; width * count];
            rows::softmax(&machine, width, &x[..width * count], &mut y);
            let mut d: Vec<f32> = (0..y.len()).map(|i| (i % 11) as f32).collect();
            rows::softmax_backward(&machine, width, &y, &mut d);
            (y, d)
        });
        for y in softmaxes[0].0.chunks(width) {
            assert!((y.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        assert!(softmaxes[0] == softmaxes[1] && softmaxes[0] == softmaxes[2]);
    }

    #[test]
    fn what_is_not_a_number_stays_so() {
        for activation in ALL.into_iter().filter(|&activation| activation != Activation::Step) {
            for set in InstructionSet::available() {
                let mut y = [0.0; 3];
                activate_alone(set, activation, &[f32::NAN; 3], &mut y);
                assert!(y.iter().all(|y| y.is_nan()), "{activation} {set:?}");
            }
        }
    }
}
