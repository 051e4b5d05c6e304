//! exp, tanh and ln, many at a time. In units in the last place: exp within 1.3, eˣ - 1 within 1.5, ln within 2, tanh
//! and the sigmoid within 3.

use super::simd::{Arithmetic, Table};

// ln 2 in two parts: the first has so few bits that x - n · LN2_HIGH is exact for the n of every x, whole or in eighths.
const LN2_HIGH: f32 = 0.693_145_75;
const LN2_LOW: f32 = 1.428_606_8e-6;

/// 1.5 · 2²³ + 127: what is added to it comes out rounded to a whole number n, and the last bits of the sum are n + 127, the
/// bits of 2ⁿ's exponent.
const ROUND: f32 = 12_582_912.0 + 127.0;

/// (eʳ - 1 - r) / r² for |r| ≤ ln 2 / 2, the constant first: the polynomial whose largest error is the smallest (Lawson's
/// iteration over Chebyshev's points, the coefficients then rounded to f32 one after the other), below 2⁻²⁸ of the result.
const EXP: [f32; 5] = [0.499_999_94, 0.166_665_21, 0.041_668_27, 0.008_368_677, 0.001_382_041_1];

/// The whole n for which x - n ln 2 is the nearest to zero, and 2ⁿ. For x from -87 to 88.
#[inline(always)]
fn powers_of_two<A: Arithmetic>(s: A, x: A::V) -> (A::V, A::V) {
    let shifted = s.fma(x, s.splat(std::f32::consts::LOG2_E), s.splat(ROUND));
    (s.sub(shifted, s.splat(ROUND)), s.pow2_of_last_bits(shifted))
}

/// eʳ - 1 for |r| ≤ ln 2 / 2. As many operations as by Horner's rule, but in pairs that need not wait for each other
/// (Estrin's rule).
#[inline(always)]
fn exp_m1_near_zero<A: Arithmetic>(s: A, r: A::V) -> A::V {
    let [c0, c1, c2, c3, c4] = EXP.map(|c| s.splat(c));
    let square = s.mul(r, r);
    let low = s.fma(c1, r, c0);
    let high = s.fma(c4, square, s.fma(c3, r, c2));
    s.fma(s.fma(high, square, low), square, r)
}

/// eˣ as 2ⁿ · (1 + p), with whole n: 2ⁿ and p. For x from -87 to 88.
#[inline(always)]
fn exp_in_parts<A: Arithmetic>(s: A, x: A::V) -> (A::V, A::V) {
    let (n, two_n) = powers_of_two(s, x);
    let r = s.fma(n, s.splat(-LN2_HIGH), x);
    let r = s.fma(n, s.splat(-LN2_LOW), r);
    (two_n, exp_m1_near_zero(s, r))
}

/// 1.5 · 2²³ + 1016: as [`ROUND`], where n counts eighths.
const ROUND_EIGHTHS: f32 = 12_582_912.0 + 1016.0;

/// (eʳ - 1 - r) / r² for |r| ≤ ln 2 / 16, fitted as [`EXP`], below 2⁻²⁵ of the result.
const EXP_OF_EIGHTHS: [f32; 2] = [0.500_064_6, 0.166_668_71];

/// eˣ as 2^(k/8) · (1 + p), with whole k: 2^(k/8) and p. For x from -87 to 88.
///
/// The power comes from a table, so that p takes three multiplications instead of six, which only half of a Zen's vector units
/// can do: the sigmoid of 2²⁰ values took 197 µs instead of 246, a softmax 289 instead of 333 (AVX-512, one core of a Zen 4). For eˣ - 1 the table's rounding would show where the result is small.
#[inline(always)]
fn exp_by_eighths<A: Arithmetic>(s: A, x: A::V) -> (A::V, A::V) {
    let shifted = s.fma(x, s.splat(8.0 * std::f32::consts::LOG2_E), s.splat(ROUND_EIGHTHS));
    let k = s.sub(shifted, s.splat(ROUND_EIGHTHS));
    let r = s.fma(k, s.splat(-LN2_HIGH / 8.0), x);
    let r = s.fma(k, s.splat(-LN2_LOW / 8.0), r);
    let [c0, c1] = EXP_OF_EIGHTHS.map(|c| s.splat(c));
    (s.pow2_of_eighths(shifted), s.fma(s.fma(c1, r, c0), s.mul(r, r), r))
}

/// Holds x between two bounds and lets NaN through.
#[inline(always)]
fn clamp<A: Arithmetic>(s: A, x: A::V, low: f32, high: f32) -> A::V {
    s.max(s.splat(low), s.min(s.splat(high), x))
}

/// eˣ. Below -87 it stays at e⁻⁸⁷ (about 10⁻³⁸, above the denormals), above 88 at e⁸⁸.
#[inline(always)]
pub(super) fn exp<A: Arithmetic>(s: A, x: A::V) -> A::V {
    let (power, p) = exp_by_eighths(s, clamp(s, x, -87.0, 88.0));
    s.fma(power, p, power)
}

/// The same for x that are zero or below.
#[inline(always)]
pub(super) fn exp_below_zero<A: Arithmetic>(s: A, x: A::V) -> A::V {
    let (power, p) = exp_by_eighths(s, s.max(s.splat(-87.0), x));
    s.fma(power, p, power)
}

/// eˣ - 1, exact near zero.
#[inline(always)]
pub(super) fn exp_m1<A: Arithmetic>(s: A, x: A::V) -> A::V {
    let (two_n, p) = exp_in_parts(s, clamp(s, x, -87.0, 88.0));
    s.fma(two_n, p, s.sub(two_n, s.splat(1.0)))
}

/// 1.5 · 2²²: what is added to it comes out rounded to halves, and the last bits of the sum are how many.
const ROUND_HALVES: f32 = 6_291_456.0;

/// tanh(k / 2) for k from 0; from 18 on that is 1.
const TANH_OF_HALVES: Table = {
    let below_one = [
        0.0,
        0.462_117_17,
        0.761_594_2,
        0.905_148_27,
        0.964_027_6,
        0.986_614_3,
        0.995_054_8,
        0.998_177_9,
        0.999_329_3,
        0.999_753_24,
        0.999_909_2,
        0.999_966_6,
        0.999_987_7,
        0.999_995_47,
        0.999_998_33,
        0.999_999_4,
        0.999_999_76,
        0.999_999_94,
    ];
    let mut table = [1.0; _];
    let mut k = 0;
    while k < below_one.len() {
        table[k] = below_one[k];
        k += 1;
    }
    table
};

/// (tanh r - r) / r³ for |r| ≤ ¼ by the powers of r², fitted as [`EXP`], below 2⁻²⁸ of tanh r.
const TANH: [f32; 3] = [-0.333_332_4, 0.133_241_64, -0.051_420_018];

/// tanh(c + r) = (tanh c + tanh r) / (1 + tanh c · tanh r), on the positive side, with c the nearest half and tanh c from a table.
///
/// Six multiplications and a division, where e²ˣ - 1 takes nine: 2²⁰ values took 186 µs instead of 231 with AVX-512 (one core of
/// a Zen 4), and 324 instead of 308 with AVX2, which has no table of so many entries. tanh c + d · tanh r with a second
/// table took 222 µs and was hardly more accurate.
#[inline(always)]
pub(super) fn tanh<A: Arithmetic>(s: A, x: A::V) -> A::V {
    let sign = s.sign(x);
    let a = s.min(s.splat(9.0), s.xor(x, sign));
    let shifted = s.add(a, s.splat(ROUND_HALVES));
    let tanh_c = s.pick(&TANH_OF_HALVES, shifted);
    let r = s.sub(a, s.sub(shifted, s.splat(ROUND_HALVES)));
    let [c0, c1, c2] = TANH.map(|c| s.splat(c));
    let square = s.mul(r, r);
    let p = s.fma(s.fma(c2, square, c1), square, c0);
    let tanh_r = s.fma(s.mul(p, square), r, r);
    let tanh = s.div(s.add(tanh_c, tanh_r), s.fma(tanh_c, tanh_r, s.splat(1.0)));
    s.xor(tanh, sign)
}

/// e⁻ˣ for the sigmoid: x below -87 stay above the denormals.
#[inline(always)]
fn exp_of_minus<A: Arithmetic>(s: A, x: A::V) -> A::V {
    let (power, p) = exp_by_eighths(s, clamp(s, s.sub(s.splat(0.0), x), -87.0, 87.0));
    s.fma(power, p, power)
}

/// 1 / (1 + e⁻ˣ)
#[inline(always)]
pub(super) fn sigmoid<A: Arithmetic>(s: A, x: A::V) -> A::V {
    s.div(s.splat(1.0), s.add(exp_of_minus(s, x), s.splat(1.0)))
}

/// The sigmoid of x, and of -x: what it lacks to 1, exact where it is nearly nothing.
#[inline(always)]
pub(super) fn sigmoid_and_rest<A: Arithmetic>(s: A, x: A::V) -> (A::V, A::V) {
    let e = exp_of_minus(s, x);
    let sigmoid = s.div(s.splat(1.0), s.add(e, s.splat(1.0)));
    (sigmoid, s.mul(sigmoid, e))
}

/// Φ(x), the normal distribution function: erfc(-x/√2) / 2 with erfc z = t · exp(-z² + P(t)), t = 1 / (1 + z/2), for z ≥ 0,
/// whose error is below 1.2e-7 of the result (Chebyshev fit of Press et al., *Numerical Recipes*, erfcc).
#[inline(always)]
pub(super) fn normal<A: Arithmetic>(s: A, x: A::V) -> A::V {
    const P: [f32; 10] = [
        0.170_872_77,
        -0.822_152_23,
        1.488_515_9,
        -1.135_204,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_7,
        -1.265_512_2,
    ];
    let one = s.splat(1.0);
    let z = s.mul(s.abs(x), s.splat(std::f32::consts::FRAC_1_SQRT_2));
    let t = s.div(one, s.fma(z, s.splat(0.5), one));
    let mut p = s.splat(P[0]);
    for &c in &P[1..] {
        p = s.fma(p, t, s.splat(c));
    }
    let e = exp(s, s.fma(s.sub(s.splat(0.0), z), z, p));
    let tail = s.mul(s.mul(t, e), s.splat(0.5));
    s.select_lt(x, s.splat(0.0), tail, s.sub(one, tail))
}

/// ln(1 + f) for f from √½ - 1 to 1, as 2 artanh t with t = f / (2 + f): the series up to t¹³ / 13, whose next term is below
/// 2⁻²⁶ of the result. Written as f - t(f - …): what t lost in its division counts less beside the f that is exact.
#[inline(always)]
pub(super) fn ln_1p<A: Arithmetic>(s: A, f: A::V) -> A::V {
    let t = s.div(f, s.add(f, s.splat(2.0)));
    let square = s.mul(t, t);
    let mut p = s.splat(2.0 / 13.0);
    for c in [2.0 / 11.0, 2.0 / 9.0, 2.0 / 7.0, 2.0 / 5.0, 2.0 / 3.0] {
        p = s.fma(p, square, s.splat(c));
    }
    let behind = s.sub(f, s.mul(p, square));
    s.fma(s.sub(s.splat(0.0), t), behind, f)
}

/// ln x for normal numbers above zero; infinity and NaN come back as they are.
#[inline(always)]
pub(super) fn ln<A: Arithmetic>(s: A, x: A::V) -> A::V {
    let (n, m) = s.split_exponent(x);
    let near = ln_1p(s, s.sub(m, s.splat(1.0)));
    let y = s.fma(n, s.splat(LN2_HIGH), s.fma(n, s.splat(LN2_LOW), near));
    s.select_lt(x, s.splat(f32::INFINITY), y, x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::simd::{LANES, Portable, Simd};
    use crate::kernel::{InstructionSet, Work};

    struct All([f32; LANES]);
    impl Work for All {
        type Output = [[f32; LANES]; 4];
        fn run<S: Simd>(self, s: S) -> Self::Output {
            let x = s.load(&self.0);
            [exp(s, x), exp_m1(s, x), tanh(s, x), sigmoid(s, x)].map(|v| s.to_array(v))
        }
    }

    /// Distance in units of the last place of the true value.
    fn ulps(got: f32, want: f64) -> f64 {
        let unit = f64::from(f32::from_bits((want.abs() as f32).to_bits() + 1)) - f64::from(want.abs() as f32);
        (f64::from(got) - want).abs() / unit
    }

    #[test]
    fn within_a_few_units_in_the_last_place_and_the_same_bits_everywhere() {
        let mut worst = [0.0f64; 4];
        // A sweep of magnitudes of both signs, dense enough to meet every exponent and many fractions.
        for step in 0..40_000 {
            let magnitude = (-30.0 + 36.3 * f64::from(step) / 40_000.0).exp2() as f32;
            let lanes: [f32; LANES] =
                std::array::from_fn(|i| (if i % 2 == 0 { magnitude } else { -magnitude }) * (1.0 + i as f32 / 64.0));
            let reference = All(lanes).run(Portable::default());
            for set in InstructionSet::available() {
                let got = set.dispatch(All(lanes));
                assert_eq!(got.map(|v| v.map(f32::to_bits)), reference.map(|v| v.map(f32::to_bits)), "{set:?}");
            }
            for (i, &x) in lanes.iter().enumerate() {
                let x = f64::from(x);
                if x.abs() > 86.0 {
                    continue;
                }
                let want = [x.exp(), x.exp_m1(), x.tanh(), 1.0 / (1.0 + (-x).exp())];
                for f in 0..4 {
                    worst[f] = worst[f].max(ulps(reference[f][i], want[f]));
                }
            }
        }
        assert!(worst[0] < 1.3 && worst[1] < 1.5 && worst[2] < 3.0 && worst[3] < 3.0, "{worst:?}");
    }

    #[test]
    fn the_table_of_tanh_has_the_nearest_numbers() {
        for (k, &entry) in TANH_OF_HALVES.iter().enumerate() {
            let exact = if k < 18 { (k as f64 / 2.0).tanh() as f32 } else { 1.0 };
            assert_eq!(entry, exact, "tanh({k} / 2)");
        }
    }

    #[test]
    fn tanh_is_odd_and_never_above_one() {
        let lanes = |first: f32| std::array::from_fn(|i| if i % 2 == 0 { first } else { -first });
        // Every exponent, close to the halves where another entry of the table begins, and where it comes to 1.
        let close = (0..40_000u32).map(|step| (8.7 + step as f32 * 1e-5).to_bits());
        let quarters = (0..40u32).flat_map(|quarter| (0..5).map(move |ulp| (quarter as f32 / 4.0).to_bits() + ulp));
        let everywhere = (0..0x7f80_0000u32).step_by(0x1_0001);
        // The largest error of all numbers is at the first; the second is the worst beside the entry of 6.5.
        let worst = [3.014_187_8f32, 6.270_524_5].map(f32::to_bits);
        for x in close.chain(quarters).chain(everywhere).chain(worst).map(f32::from_bits) {
            let [_, _, tanh, _] = All(lanes(x)).run(Portable::default());
            assert!(tanh[0] <= 1.0 && tanh[0].to_bits() ^ tanh[1].to_bits() == 1 << 31, "tanh {x} = {tanh:?}");
            let is_close = ulps(tanh[0], f64::from(x).tanh()) < 2.9;
            assert!(is_close || x.is_subnormal(), "tanh {x} = {}", tanh[0]);
            assert!(x < 9.0 || tanh[0] == 1.0, "tanh {x} = {}", tanh[0]);
        }
    }

    struct Logarithms([f32; LANES]);
    impl Work for Logarithms {
        type Output = [[f32; LANES]; 2];
        fn run<S: Simd>(self, s: S) -> Self::Output {
            let x = s.load(&self.0);
            [ln(s, x), ln_1p(s, x)].map(|v| s.to_array(v))
        }
    }

    #[test]
    fn logarithms_within_two_units_in_the_last_place_and_the_same_bits_everywhere() {
        let mut worst = [0.0f64; 2];
        for step in 0..60_000 {
            // Every exponent of normal numbers, and from there on densely around 1.
            let first = match step {
                0..20_000 => (-125.9 + 253.0 * f64::from(step) / 20_000.0).exp2(),
                _ => 0.5 + 1.6 * f64::from(step - 20_000) / 40_000.0,
            };
            let lanes: [f32; LANES] = std::array::from_fn(|i| (first * (1.0 + i as f64 / 37.0)) as f32);
            let reference = Logarithms(lanes).run(Portable::default());
            for set in InstructionSet::available() {
                let got = set.dispatch(Logarithms(lanes));
                assert_eq!(got.map(|v| v.map(f32::to_bits)), reference.map(|v| v.map(f32::to_bits)), "{set:?}");
            }
            for (i, &x) in lanes.iter().enumerate() {
                worst[0] = worst[0].max(ulps(reference[0][i], f64::from(x).ln()));
                if x <= 1.0 {
                    worst[1] = worst[1].max(ulps(reference[1][i], f64::from(x).ln_1p()));
                }
            }
        }
        assert!(worst[0] < 2.0 && worst[1] < 2.0, "{worst:?}");
        let mut lanes = [1.0; LANES];
        lanes[..3].copy_from_slice(&[f32::NAN, f32::INFINITY, 0.0]);
        for set in InstructionSet::available() {
            let [ln, ln_1p] = set.dispatch(Logarithms(lanes));
            assert!(ln[0].is_nan() && ln[1] == f32::INFINITY && ln[3] == 0.0);
            assert!(ln_1p[0].is_nan() && ln_1p[2] == 0.0);
        }
    }

    #[test]
    fn what_is_not_finite_stays_so_or_saturates() {
        let mut lanes = [0.0; LANES];
        lanes[..4].copy_from_slice(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30]);
        for set in InstructionSet::available() {
            let [exp, exp_m1, tanh, sigmoid] = set.dispatch(All(lanes));
            assert!(exp[0].is_nan() && exp_m1[0].is_nan() && tanh[0].is_nan() && sigmoid[0].is_nan());
            assert_eq!((tanh[1], tanh[2], tanh[3]), (1.0, -1.0, 1.0));
            assert_eq!((sigmoid[1], sigmoid[3]), (1.0, 1.0));
            assert!(sigmoid[2] < 1e-37 && exp[2] < 2e-38 && exp_m1[2] == -1.0);
        }
    }
}
