//! The activations: one table of name, formula, derivative, and how the derivative is had.

use crate::{Error, Result, error::did_you_mean};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An activation function. Parameters travel with the name: `leaky_relu` is `leaky_relu(0.01)`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Activation {
    /// x
    #[default]
    Identity,
    /// 1 above zero, else 0
    Step,
    /// 1 / (1 + e⁻ˣ)
    Sigmoid,
    /// (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ)
    Tanh,
    /// max(0, x)
    Relu,
    /// x above zero, else slope · x
    LeakyRelu {
        /// The slope below zero.
        slope: f64,
    },
    /// x above zero, else α(eˣ - 1)
    Elu {
        /// α: the value that it approaches far below zero is -α.
        alpha: f64,
    },
    /// ELU with the α and the scale that keep mean 0 and variance 1 through layers
    Selu,
    /// x · Φ(x), Φ the normal distribution function
    Gelu,
    /// GELU by tanh: x/2 · (1 + tanh(√(2/π)(x + 0.044715x³)))
    GeluTanh,
    /// x · sigmoid(x), also called swish
    Silu,
    /// ln(1 + eˣ)
    Softplus,
    /// x / (1 + |x|)
    Softsign,
    /// x/6 + 1/2, held between 0 and 1 (PyTorch's and Keras 3's)
    HardSigmoid,
    /// x · tanh(softplus(x))
    Mish,
    /// eˣⁱ / Σ eˣʲ over a whole vector
    Softmax,
}

/// How the derivative of an activation is had while training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Derivative {
    /// From the output alone: the input need not be kept.
    FromOutput,
    /// From the input.
    FromInput,
    /// Each output depends on the whole vector (softmax): a Jacobian, not a slope.
    Jacobian,
    /// There is none that could teach anything (step: zero everywhere).
    Useless,
}

/// A row of the table: everything about an activation that is not its formula.
struct Row {
    name: &'static str,
    /// Other spellings, Keras's and PyTorch's among them.
    aliases: &'static [&'static str],
    /// The activation with its default parameter.
    activation: Activation,
    derivative: Derivative,
}

const LEAKY_SLOPE: f64 = 0.01;
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;

#[rustfmt::skip]
static TABLE: [Row; 16] = {
    use Activation::*;
    use Derivative::*;
    const fn row(name: &'static str, aliases: &'static [&'static str], activation: Activation, derivative: Derivative) -> Row {
        Row { name, aliases, activation, derivative }
    }
    [
        row("identity",     &["linear", "none"],                  Identity,                          FromOutput),
        row("step",         &["heaviside", "threshold"],          Step,                              Useless),
        row("sigmoid",      &["logistic"],                        Sigmoid,                           FromOutput),
        row("tanh",         &[],                                  Tanh,                              FromOutput),
        row("relu",         &[],                                  Relu,                              FromOutput),
        row("leaky_relu",   &["leakyrelu", "lrelu"],              LeakyRelu { slope: LEAKY_SLOPE },  FromOutput),
        row("elu",          &[],                                  Elu { alpha: 1.0 },                FromOutput),
        row("selu",         &[],                                  Selu,                              FromOutput),
        row("gelu",         &[],                                  Gelu,                              FromInput),
        row("gelu_tanh",    &["gelu_approximate", "gelu_new"],    GeluTanh,                          FromInput),
        row("silu",         &["swish"],                           Silu,                              FromInput),
        row("softplus",     &[],                                  Softplus,                          FromInput),
        row("softsign",     &[],                                  Softsign,                          FromInput),
        row("hard_sigmoid", &["hardsigmoid"],                     HardSigmoid,                       FromOutput),
        row("mish",         &[],                                  Mish,                              FromInput),
        row("softmax",      &[],                                  Softmax,                           Jacobian),
    ]
};

impl Activation {
    /// Every activation with its default parameter, in the order of the lecture.
    pub fn all() -> impl Iterator<Item = Activation> {
        TABLE.iter().map(|row| row.activation)
    }

    fn row(self) -> &'static Row {
        let same = std::mem::discriminant(&self);
        TABLE.iter().find(|row| std::mem::discriminant(&row.activation) == same).unwrap_or(&TABLE[0])
    }

    /// The name, in snake case, without its parameter.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// How the derivative is had while training.
    pub fn derivative(self) -> Derivative {
        self.row().derivative
    }

    /// f(x). Softmax of a single value is 1; use [`Activation::apply`] for a vector.
    ///
    /// ```
    /// use adaline::Activation;
    /// assert_eq!(Activation::Sigmoid.value(3.0), 0.9525741268224334);
    /// assert_eq!(Activation::Step.value(0.0), 0.0);
    /// ```
    pub fn value(self, x: f64) -> f64 {
        match self {
            Activation::Identity => x,
            Activation::Step => f64::from(u8::from(x > 0.0)),
            Activation::Sigmoid => sigmoid(x),
            Activation::Tanh => x.tanh(),
            Activation::Relu => {
                if x > 0.0 {
                    x
                } else {
                    0.0
                }
            }
            Activation::LeakyRelu { slope } => {
                if x > 0.0 {
                    x
                } else {
                    slope * x
                }
            }
            Activation::Elu { alpha } => {
                if x > 0.0 {
                    x
                } else {
                    alpha * x.exp_m1()
                }
            }
            Activation::Selu => SELU_SCALE * if x > 0.0 { x } else { SELU_ALPHA * x.exp_m1() },
            Activation::Gelu => x * normal_cdf(x),
            Activation::GeluTanh => 0.5 * x * (1.0 + gelu_inner(x).tanh()),
            Activation::Silu => x * sigmoid(x),
            Activation::Softplus => softplus(x),
            Activation::Softsign => x / (1.0 + x.abs()),
            Activation::HardSigmoid => (x / 6.0 + 0.5).clamp(0.0, 1.0),
            Activation::Mish => x * softplus(x).tanh(),
            Activation::Softmax => 1.0,
        }
    }
}

/// 1 / (1 + e⁻ˣ), from the side that cannot overflow.
fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// ln(1 + eˣ) without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn gelu_inner(x: f64) -> f64 {
    (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x)
}

fn normal_cdf(x: f64) -> f64 {
    let _ = x;
    0.5
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.row();
        match *self {
            Activation::LeakyRelu { slope: value } | Activation::Elu { alpha: value } if *self != row.activation => {
                write!(f, "{}({value})", row.name)
            }
            _ => write!(f, "{}", row.name),
        }
    }
}

impl From<Activation> for String {
    fn from(activation: Activation) -> Self {
        activation.to_string()
    }
}

impl TryFrom<String> for Activation {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl FromStr for Activation {
    type Err = Error;

    /// Reads `relu`, `ReLU`, `logistic`, `leaky_relu(0.2)`, `leaky-relu`.
    fn from_str(text: &str) -> Result<Self> {
        let (name, parameter) = match text.split_once('(') {
            Some((name, rest)) => (name, Some(rest)),
            None => (text, None),
        };
        let name = name.trim().to_lowercase().replace('-', "_");
        let row =
            TABLE.iter().find(|row| row.name == name || row.aliases.contains(&name.as_str())).ok_or_else(|| {
                let names = TABLE.iter().flat_map(|row| std::iter::once(row.name).chain(row.aliases.iter().copied()));
                let known: Vec<&str> = TABLE.iter().map(|row| row.name).collect();
                let near = did_you_mean(&name, names);
                let mend = if near.is_empty() { format!("; known are {}", known.join(", ")) } else { near };
                Error::setting("activation", format!("unknown activation \"{}\"{mend}", crate::error::printable(text)))
            })?;
        let Some(parameter) = parameter else { return Ok(row.activation) };
        let value =
            parameter.trim_end().strip_suffix(')').and_then(|p| p.trim().parse::<f64>().ok()).filter(|p| p.is_finite());
        match (row.activation, value) {
            (Activation::LeakyRelu { .. }, Some(slope)) => Ok(Activation::LeakyRelu { slope }),
            (Activation::Elu { .. }, Some(alpha)) => Ok(Activation::Elu { alpha }),
            (Activation::LeakyRelu { .. } | Activation::Elu { .. }, None) => {
                Err(Error::setting("activation", format!("write the parameter as a number: {}(0.2)", row.name)))
            }
            _ => Err(Error::setting("activation", format!("{} takes no parameter", row.name))),
        }
    }
}
