//! How weights start.

use crate::Activation;
use crate::rng::Rng;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How the values of a tensor start. `fan_in` is the number of inputs that one output sees, `fan_out` the number of
/// outputs that one input reaches. Names and formulas are those of Keras and PyTorch's `nn.init`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Init {
    /// All 0.
    Zeros,
    /// All the same value.
    Constant(f64),
    /// Uniform from `low` to `high`.
    Uniform {
        /// Lowest value.
        low: f64,
        /// Highest value.
        high: f64,
    },
    /// Normal.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        std: f64,
    },
    /// Uniform within ±√(6 / (fan_in + fan_out)). Glorot and Bengio 2010.
    GlorotUniform,
    /// Normal with variance 2 / (fan_in + fan_out).
    GlorotNormal,
    /// Uniform within ±√(6 / fan_in). He et al. 2015.
    HeUniform,
    /// Normal with variance 2 / fan_in.
    HeNormal,
    /// Uniform within ±√(3 / fan_in). LeCun et al. 1998.
    LecunUniform,
    /// Normal with variance 1 / fan_in.
    LecunNormal,
}

impl Init {
    /// The start that suits the activation behind the weights.
    pub fn suited_to(activation: Activation) -> Self {
        match activation {
            Activation::Relu
            | Activation::LeakyRelu { .. }
            | Activation::Elu { .. }
            | Activation::Gelu
            | Activation::GeluTanh
            | Activation::Silu
            | Activation::Mish
            | Activation::Softplus => Init::HeUniform,
            Activation::Selu => Init::LecunNormal,
            _ => Init::GlorotUniform,
        }
    }

    /// Whether the numbers make sense.
    pub(crate) fn validate(self) -> Result<(), String> {
        let good = match self {
            Init::Constant(value) => value.is_finite(),
            Init::Uniform { low, high } => low.is_finite() && high.is_finite() && low <= high,
            Init::Normal { mean, std } => mean.is_finite() && std.is_finite() && std >= 0.0,
            _ => true,
        };
        if good {
            Ok(())
        } else {
            Err(format!("the initializer {self} does not work; its numbers must be finite and in order"))
        }
    }

    /// One value after the other, as many as are asked for.
    pub(crate) fn sample(self, rng: &mut Rng, fan_in: usize, fan_out: usize) -> f32 {
        let fan_in = fan_in.max(1) as f64;
        let fan_out = fan_out.max(1) as f64;
        let mut uniform = |limit: f64| rng.range(-limit, limit);
        let value = match self {
            Init::Zeros => 0.0,
            Init::Constant(value) => value,
            Init::Uniform { low, high } => rng.range(low, high),
            Init::Normal { mean, std } => mean + std * rng.normal(),
            Init::GlorotUniform => uniform((6.0 / (fan_in + fan_out)).sqrt()),
            Init::GlorotNormal => (2.0 / (fan_in + fan_out)).sqrt() * rng.normal(),
            Init::HeUniform => uniform((6.0 / fan_in).sqrt()),
            Init::HeNormal => (2.0 / fan_in).sqrt() * rng.normal(),
            Init::LecunUniform => uniform((3.0 / fan_in).sqrt()),
            Init::LecunNormal => (1.0 / fan_in).sqrt() * rng.normal(),
        };
        value as f32
    }
}

impl fmt::Display for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Init::Zeros => write!(f, "zeros"),
            Init::Constant(value) => write!(f, "constant({value})"),
            Init::Uniform { low, high } => write!(f, "uniform({low},{high})"),
            Init::Normal { mean, std } => write!(f, "normal({mean},{std})"),
            Init::GlorotUniform => write!(f, "glorot_uniform"),
            Init::GlorotNormal => write!(f, "glorot_normal"),
            Init::HeUniform => write!(f, "he_uniform"),
            Init::HeNormal => write!(f, "he_normal"),
            Init::LecunUniform => write!(f, "lecun_uniform"),
            Init::LecunNormal => write!(f, "lecun_normal"),
        }
    }
}
