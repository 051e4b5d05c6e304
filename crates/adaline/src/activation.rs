//! The activations: one table of name, formula, derivative, and how the derivative is had.

mod functions;

pub(crate) use functions::{GELU_CUBIC, SELU_ALPHA, SELU_SCALE};
mod normal;
#[cfg(test)]
mod tests;

use crate::error::{did_you_mean, printable};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An activation function. Parameters travel with the name: `leaky_relu` is `leaky_relu(0.01)`.
///
/// Names are read in snake case, in any case of letters, and in Keras's and PyTorch's spellings; values and slopes are
/// PyTorch's. Two traps: a leaky ReLU's default slope is 0.01 here and in PyTorch, 0.2 or 0.3 in Keras; the hard sigmoid
/// is x/6 + 1/2 here, in PyTorch and in Keras 3, x/5 + 1/2 in Keras 2.
///
/// ```
/// use adaline::Activation;
/// # fn main() -> adaline::Result<()> {
/// let activation: Activation = "LeakyReLU(0.2)".parse()?;
/// assert_eq!(activation, Activation::LeakyRelu { slope: 0.2 });
/// assert_eq!(activation.to_string(), "leaky_relu(0.2)");
/// assert_eq!((activation.value(-2.0), activation.slope(-2.0)), (-0.4, 0.2));
/// # Ok(())
/// # }
/// ```
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

/// PyTorch's default.
const LEAKY_SLOPE: f64 = 0.01;

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
        row("gelu_tanh",    &["gelutanh", "gelu_approximate"],    GeluTanh,                          FromInput),
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

    /// Whether it can be done to a product's sums in place: value by value, with its derivative had from the output. (Step
    /// has no derivative to speak of; it is never trained.)
    pub(crate) fn fuses(self) -> bool {
        self.derivative() == Derivative::FromOutput || self == Activation::Step
    }

    /// Whether the parameter makes sense: a finite number, zero or above. A negative one would give two inputs of
    /// different sign the same output, and the derivative could not be had from it.
    pub fn validate(self) -> Result<()> {
        match self {
            Activation::LeakyRelu { slope: value } | Activation::Elu { alpha: value }
                if !(value.is_finite() && value >= 0.0) =>
            {
                Err(Error::setting(
                    "activation",
                    format!("{}({value}): the parameter must be zero or above, and finite", self.name()),
                ))
            }
            _ => Ok(()),
        }
    }

    /// f(x). Softmax of a single value is 1; use [`Activation::apply`] for a vector.
    ///
    /// ```
    /// use adaline::Activation;
    /// assert_eq!(Activation::Sigmoid.value(3.0), 0.9525741268224334);
    /// assert_eq!(Activation::Step.value(0.0), 0.0);
    /// ```
    pub fn value(self, x: f64) -> f64 {
        functions::value(self, x)
    }

    /// f'(x). At a kink it is the slope from the left, as in PyTorch: ReLU's at 0 is 0; a hard sigmoid's is 0 at both
    /// kinks. Step's is 0 everywhere, and so is softmax's of a single value (for a vector it is a matrix).
    ///
    /// ```
    /// use adaline::Activation;
    /// assert_eq!(Activation::Sigmoid.slope(0.0), 0.25);
    /// assert_eq!(Activation::Relu.slope(0.0), 0.0);
    /// ```
    pub fn slope(self, x: f64) -> f64 {
        functions::slope(self, x)
    }

    /// f' from the output y = f(x), for the activations whose [`Activation::derivative`] is
    /// [`Derivative::FromOutput`]; `None` for the others.
    ///
    /// ```
    /// use adaline::Activation;
    /// assert_eq!(Activation::Tanh.slope_from_output(0.5), Some(0.75));
    /// assert_eq!(Activation::Gelu.slope_from_output(0.5), None);
    /// ```
    pub fn slope_from_output(self, y: f64) -> Option<f64> {
        functions::slope_from_output(self, y)
    }

    /// f of every value of a slice, in place. Softmax takes the whole slice as one vector.
    ///
    /// ```
    /// use adaline::Activation;
    /// let mut x = [-1.0, 0.0, 2.0];
    /// Activation::Relu.apply(&mut x);
    /// assert_eq!(x, [0.0, 0.0, 2.0]);
    /// Activation::Softmax.apply(&mut x);
    /// assert!((x.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    /// ```
    pub fn apply(self, x: &mut [f64]) {
        if self == Activation::Softmax {
            functions::softmax_in_place(x);
        } else {
            for value in x {
                *value = functions::value(self, *value);
            }
        }
    }
}

/// Softmax of one vector: yᵢ = eˣⁱ / Σ eˣʲ, numbers between 0 and 1 that sum to 1. The largest x is subtracted from all
/// first: the result is the same and nothing overflows. Bridle 1990; agrees with PyTorch's `softmax`.
///
/// ```
/// use adaline::softmax;
/// assert_eq!(softmax(&[1000.0, 1000.0]), [0.5, 0.5]);
/// ```
pub fn softmax(x: &[f64]) -> Vec<f64> {
    let mut y = x.to_vec();
    functions::softmax_in_place(&mut y);
    y
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.row();
        match *self {
            Activation::LeakyRelu { slope: value } | Activation::Elu { alpha: value } if *self != row.activation => {
                f.pad(&format!("{}({value})", row.name))
            }
            _ => f.pad(row.name),
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
                Error::setting("activation", format!("unknown activation \"{}\"{mend}", printable(text)))
            })?;
        let Some(parameter) = parameter else { return Ok(row.activation) };
        let value =
            parameter.trim_end().strip_suffix(')').and_then(|p| p.trim().parse::<f64>().ok()).filter(|p| p.is_finite());
        let activation = match (row.activation, value) {
            (Activation::LeakyRelu { .. }, Some(slope)) => Activation::LeakyRelu { slope },
            (Activation::Elu { .. }, Some(alpha)) => Activation::Elu { alpha },
            (Activation::LeakyRelu { .. } | Activation::Elu { .. }, None) => {
                return Err(Error::setting(
                    "activation",
                    format!("write the parameter as a number: {}(0.2)", row.name),
                ));
            }
            _ => return Err(Error::setting("activation", format!("{} takes no parameter", row.name))),
        };
        activation.validate()?;
        Ok(activation)
    }
}
