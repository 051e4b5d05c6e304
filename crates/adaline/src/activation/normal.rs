//! The normal distribution: its density φ and its distribution function Φ, which exact GELU needs.
//!
//! W. J. Cody 1969, *Rational Chebyshev approximations for the error function*, Mathematics of Computation 23,
//! 631–637: three quotients of polynomials, one each for |z| ≤ 0.46875, up to 4, and beyond, with z = x/√2. The
//! coefficients are those of the paper, in the digits in which its author published the program later on.

#![expect(clippy::excessive_precision, reason = "digits as published, and as mpmath prints them")]

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// erf(z) = z·P(z²)/Q(z²) for |z| ≤ 0.46875; highest power first, Q without its leading 1.
const SMALL_P: [f64; 5] = [
    1.857_777_061_846_031_5e-1,
    3.161_123_743_870_565_6,
    1.138_641_541_510_501_6e2,
    3.774_852_376_853_020_2e2,
    3.209_377_589_138_469_5e3,
];
const SMALL_Q: [f64; 4] =
    [2.360_129_095_234_412_1e1, 2.440_246_379_344_441_7e2, 1.282_616_526_077_372_3e3, 2.844_236_833_439_170_6e3];

/// e^(z²)·erfc(z) = P(z)/Q(z) for 0.46875 ≤ z ≤ 4.
const MIDDLE_P: [f64; 9] = [
    2.153_115_354_744_038_5e-8,
    5.641_884_969_886_700_9e-1,
    8.883_149_794_388_376,
    6.611_919_063_714_163e1,
    2.986_351_381_974_001_3e2,
    8.819_522_212_417_690_9e2,
    1.712_047_612_634_070_6e3,
    2.051_078_377_826_071_5e3,
    1.230_339_354_797_997_2e3,
];
const MIDDLE_Q: [f64; 8] = [
    1.574_492_611_070_983_5e1,
    1.176_939_508_913_125e2,
    5.371_811_018_620_098_6e2,
    1.621_389_574_566_690_2e3,
    3.290_799_235_733_459_6e3,
    4.362_619_090_143_247e3,
    3.439_367_674_143_721_6e3,
    1.230_339_354_803_749_4e3,
];

/// e^(z²)·erfc(z) = (1/√π - z⁻²·P(z⁻²)/Q(z⁻²)) / z for z > 4.
const LARGE_P: [f64; 6] = [
    1.631_538_713_730_209_8e-2,
    3.053_266_349_612_323_4e-1,
    3.603_448_999_498_044_4e-1,
    1.257_817_261_112_292_5e-1,
    1.608_378_514_874_227_7e-2,
    6.587_491_615_298_378e-4,
];
const LARGE_Q: [f64; 5] = [
    2.568_520_192_289_822,
    1.872_952_849_923_467_2,
    5.279_051_029_514_284e-1,
    6.051_834_131_244_132e-2,
    2.335_204_976_268_691_8e-3,
];

/// Φ(x): the part of a normal distribution that lies below x.
pub(super) fn normal_cdf(x: f64) -> f64 {
    let z = x.abs() * FRAC_1_SQRT_2;
    if z <= 0.46875 {
        let square = z * z;
        let erf = x * FRAC_1_SQRT_2 * polynomial(&SMALL_P, square, 0.0) / polynomial(&SMALL_Q, square, 1.0);
        return 0.5 + 0.5 * erf;
    }
    let tail = 0.5 * gaussian(x) * scaled_erfc(z);
    if x > 0.0 { 1.0 - tail } else { tail }
}

/// φ(x) = e^(-x²/2) / √(2π), the slope of Φ.
pub(super) fn normal_density(x: f64) -> f64 {
    gaussian(x) / (2.0 * PI).sqrt()
}

/// e^(-x²/2). The square of a number with few digits is exact, so x is cut after its sixteenths and the rest is a power
/// of its own: else the rounding of x² would grow with x.
fn gaussian(x: f64) -> f64 {
    if x.abs() > 40.0 {
        return 0.0; // 0 in f64 from 38.6 on
    }
    let short = (x * 16.0).trunc() / 16.0;
    let rest = (x - short) * (x + short);
    (-0.5 * short * short).exp() * (-0.5 * rest).exp()
}

/// e^(z²)·erfc(z) for z above 0.46875.
fn scaled_erfc(z: f64) -> f64 {
    if z <= 4.0 {
        return polynomial(&MIDDLE_P, z, 0.0) / polynomial(&MIDDLE_Q, z, 1.0);
    }
    let inverse = 1.0 / (z * z);
    let correction = inverse * polynomial(&LARGE_P, inverse, 0.0) / polynomial(&LARGE_Q, inverse, 1.0);
    (1.0 / PI.sqrt() - correction) / z
}

/// Horner's rule from a leading coefficient on.
fn polynomial(coefficients: &[f64], x: f64, leading: f64) -> f64 {
    coefficients.iter().fold(leading, |sum, coefficient| sum * x + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Φ to 20 digits by mpmath (`ncdf`), at values on both sides of every seam.
    #[test]
    fn phi_is_exact_to_the_last_places() {
        #[rustfmt::skip]
        let table = [
            (-37.0, 5.7255712225245768227e-300),
            (-20.0, 2.7536241186062336951e-89),
            (-8.5, 9.4795348222033183542e-18),
            (-5.7, 5.9903714010635281878e-9),
            (-5.65, 8.0223918506634975991e-9),
            (-5.0, 2.8665157187919391167e-7),
            (-3.0, 1.3498980316300945267e-3),
            (-1.5, 0.066807201268858066004),
            (-0.7, 0.24196365222307302862),
            (-0.66, 0.25462691467133613764),
            (-0.6, 0.27425311775007358769),
            (-0.1, 0.46017216272297101633),
            (-1e-10, 0.49999999996010577196),
            (1e-10, 0.50000000003989422804),
            (0.1, 0.53982783727702898367),
            (0.6, 0.72574688224992641231),
            (0.7, 0.75803634777692697138),
            (1.0, 0.84134474606854294859),
            (2.0, 0.9772498680518207928),
            (5.0, 0.99999971334842812081),
            (5.7, 0.99999999400962859894),
            (9.0, 0.99999999999999999989),
        ];
        for (x, expected) in table {
            let got = normal_cdf(x);
            assert!((got - expected).abs() <= 1e-15 * expected, "Φ({x}) = {got:e}, not {expected:e}");
        }
        assert_eq!(normal_cdf(0.0), 0.5);
        assert_eq!((normal_cdf(-1e300), normal_cdf(1e300)), (0.0, 1.0));
        assert!(normal_cdf(f64::NAN).is_nan());
    }
}
