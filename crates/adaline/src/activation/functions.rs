//! The formulas: every activation's f and f' for one value, in f64, exact to the last places.
//!
//! Where two ways of writing a formula are equal on paper, the one is taken that neither overflows nor subtracts two
//! nearly equal numbers. NaN stays NaN: nothing here turns a broken number into a whole one.

use super::Activation;
use super::normal::{normal_cdf, normal_density};

/// ELU's α in SELU (Klambauer et al. 2017, *Self-normalizing neural networks*).
pub(crate) const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
/// SELU's outer factor.
pub(crate) const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
/// The factor of x³ in GELU by tanh (Hendrycks and Gimpel 2016).
pub(crate) const GELU_CUBIC: f64 = 0.044_715;

/// f(x).
pub(super) fn value(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Identity => x,
        Activation::Step => step(x),
        Activation::Sigmoid => sigmoid(x),
        Activation::Tanh => x.tanh(),
        Activation::Relu => relu(x),
        Activation::LeakyRelu { slope } => leaky_relu(x, slope),
        Activation::Elu { alpha } => elu(x, alpha),
        Activation::Selu => SELU_SCALE * elu(x, SELU_ALPHA),
        Activation::Gelu => x * normal_cdf(x),
        Activation::GeluTanh => x * sigmoid(gelu_logit(x)),
        Activation::Silu => x * sigmoid(x),
        Activation::Softplus => softplus(x),
        Activation::Softsign => x / (1.0 + x.abs()),
        Activation::HardSigmoid => ((x + 3.0) / 6.0).clamp(0.0, 1.0),
        Activation::Mish => x * softplus(x).tanh(),
        Activation::Softmax => 1.0,
    }
}

/// f'(x). At a kink it is what PyTorch takes: the slope from the left.
pub(super) fn slope(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Identity => 1.0,
        Activation::Step | Activation::Softmax => 0.0,
        Activation::Sigmoid => sigmoid_slope(x),
        Activation::Tanh => tanh_slope(x),
        Activation::Relu => step(x),
        Activation::LeakyRelu { slope } => leaky_slope(x, slope),
        Activation::Elu { alpha } => elu_slope(x, alpha),
        Activation::Selu => SELU_SCALE * elu_slope(x, SELU_ALPHA),
        Activation::Gelu => normal_cdf(x) + x * normal_density(x),
        Activation::GeluTanh => gelu_tanh_slope(x),
        // s + x·s', where s' = s(x)·s(-x).
        Activation::Silu => sigmoid(x) * (1.0 + x * sigmoid(-x)),
        Activation::Softplus => sigmoid(x),
        Activation::Softsign => {
            let below = 1.0 + x.abs();
            1.0 / (below * below)
        }
        Activation::HardSigmoid => hard_sigmoid_slope(x),
        Activation::Mish => {
            let p = softplus(x);
            p.tanh() + x * tanh_slope(p) * sigmoid(x)
        }
    }
}

/// f' from y = f(x), for the activations whose output tells it.
pub(super) fn slope_from_output(activation: Activation, y: f64) -> Option<f64> {
    Some(match activation {
        Activation::Identity => 1.0,
        Activation::Sigmoid => y * (1.0 - y),
        Activation::Tanh => 1.0 - y * y,
        Activation::Relu => step(y),
        Activation::LeakyRelu { slope } => leaky_slope(y, slope),
        // Below zero α·eˣ = y + α.
        Activation::Elu { alpha } => elu_slope_from_output(y, alpha),
        Activation::Selu => SELU_SCALE * elu_slope_from_output(y / SELU_SCALE, SELU_ALPHA),
        Activation::HardSigmoid => {
            if y > 0.0 && y < 1.0 {
                1.0 / 6.0
            } else {
                0.0 * y
            }
        }
        Activation::Step
        | Activation::Gelu
        | Activation::GeluTanh
        | Activation::Silu
        | Activation::Softplus
        | Activation::Softsign
        | Activation::Mish
        | Activation::Softmax => return None,
    })
}

/// Softmax in place: yᵢ = e^(xᵢ - m) / Σ e^(xⱼ - m), m the largest x. Subtracting m changes nothing on paper and keeps
/// every power at or below 1, so that nothing overflows.
pub(super) fn softmax_in_place(x: &mut [f64]) {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for value in x.iter_mut() {
        *value = (*value - largest).exp();
        sum += *value;
    }
    for value in x.iter_mut() {
        *value /= sum;
    }
}

/// 1 above zero, else 0.
fn step(x: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x <= 0.0 {
        0.0
    } else {
        x
    }
}

/// 1 / (1 + e⁻ˣ). Far below zero e⁻ˣ would be infinite and hide the last small numbers; there the 1 does not count and
/// eˣ is the answer.
fn sigmoid(x: f64) -> f64 {
    if x < -700.0 { x.exp() } else { 1.0 / (1.0 + (-x).exp()) }
}

/// s(x)·(1 - s(x)), without the subtraction: 1 - s(x) = s(-x).
fn sigmoid_slope(x: f64) -> f64 {
    sigmoid(x) * sigmoid(-x)
}

/// 1 - tanh²(x) = 4e⁻²ˣ / (1 + e⁻²ˣ)².
fn tanh_slope(x: f64) -> f64 {
    let e = (-2.0 * x.abs()).exp();
    4.0 * e / ((1.0 + e) * (1.0 + e))
}

/// max(0, x).
fn relu(x: f64) -> f64 {
    if x <= 0.0 { 0.0 } else { x }
}

/// x above zero, else slope · x.
fn leaky_relu(x: f64, slope: f64) -> f64 {
    if x > 0.0 { x } else { slope * x }
}

/// 1 above zero, else the slope. The sign of the input and of the output are the same, so either may be given.
fn leaky_slope(x: f64, slope: f64) -> f64 {
    if x > 0.0 {
        1.0
    } else if x <= 0.0 {
        slope
    } else {
        x
    }
}

/// x above zero, else α(eˣ - 1).
fn elu(x: f64, alpha: f64) -> f64 {
    if x > 0.0 { x } else { alpha * x.exp_m1() }
}

/// 1 above zero, else α·eˣ.
fn elu_slope(x: f64, alpha: f64) -> f64 {
    if x > 0.0 { 1.0 } else { alpha * x.exp() }
}

/// 1 above zero, else y + α.
fn elu_slope_from_output(y: f64, alpha: f64) -> f64 {
    if y > 0.0 { 1.0 } else { y + alpha }
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^-|x|): the power is never above 1.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// 2u with u = √(2/π)·(x + 0.044715·x³). GELU by tanh is x/2·(1 + tanh u) = x·sigmoid(2u), and the sigmoid keeps its
/// digits far below zero, where 1 + tanh loses them.
fn gelu_logit(x: f64) -> f64 {
    2.0 * (2.0 / std::f64::consts::PI).sqrt() * (x + GELU_CUBIC * x * x * x)
}

/// s(2u) + x·s'(2u)·(2u)'.
fn gelu_tanh_slope(x: f64) -> f64 {
    let logit = gelu_logit(x);
    let bend = sigmoid_slope(logit);
    if bend == 0.0 {
        // So far out that the second term is 0; its factor x² may be infinite there.
        return sigmoid(logit);
    }
    let logit_slope = 2.0 * (2.0 / std::f64::consts::PI).sqrt() * (1.0 + 3.0 * GELU_CUBIC * x * x);
    sigmoid(logit) + x * bend * logit_slope
}

/// 1/6 between -3 and 3, else 0; at the kinks 0, as in PyTorch.
fn hard_sigmoid_slope(x: f64) -> f64 {
    if x > -3.0 && x < 3.0 {
        1.0 / 6.0
    } else if x.is_nan() {
        x
    } else {
        0.0
    }
}
