//! The logic gates as neurons: a table of named Boolean functions, each with the neurons that compute it.

mod expression;
mod function;
mod learning;
mod region;
mod solver;
mod table;
mod two_layer;

pub use expression::Expression;
pub(crate) use expression::{Code, Operator, is_name};
pub use function::Function;
pub use learning::{Learner, LearningEnd, LearningRule, LearningStep};
pub use region::{HalfPlane, Margins, RowMargin, WeightRegion};
pub use solver::{Certificate, SmallestNeuron, Solution};
pub use table::{TruthRow, TruthTable, WrongRow};
pub use two_layer::TwoLayer;

use crate::error::{did_you_mean, printable};
use crate::neuron::fire_all;
use crate::{Error, Firing, Neuron, NeuronLayer, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A logic gate.
///
/// AND, OR, NAND, NOR and NOT are one neuron each. XOR and XNOR are not: no straight line separates their ones from
/// their zeros (Minsky and Papert 1969), so they take two layers.
///
/// ```
/// use adaline::Gate;
/// # fn main() -> adaline::Result<()> {
/// let gate: Gate = "xor".parse()?;
/// assert_eq!(gate.output(&[0.0, 1.0])?, 1.0);
/// assert_eq!(gate.output(&[1.0, 1.0])?, 0.0);
/// assert_eq!(gate.layers().len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Gate {
    /// 1 when all inputs are 1.
    And,
    /// 1 when an input is 1.
    Or,
    /// 0 when all inputs are 1.
    Nand,
    /// 0 when an input is 1.
    Nor,
    /// The other value.
    Not,
    /// 1 when the inputs differ.
    Xor,
    /// 1 when the inputs are equal.
    Xnor,
}

impl Gate {
    /// Every gate, in the order of the lecture.
    pub const ALL: [Gate; 7] = [Gate::And, Gate::Or, Gate::Nand, Gate::Nor, Gate::Not, Gate::Xor, Gate::Xnor];

    /// The name in small letters.
    pub fn name(self) -> &'static str {
        match self {
            Gate::And => "and",
            Gate::Or => "or",
            Gate::Nand => "nand",
            Gate::Nor => "nor",
            Gate::Not => "not",
            Gate::Xor => "xor",
            Gate::Xnor => "xnor",
        }
    }

    /// How many inputs it has: 2, but for NOT.
    pub fn inputs(self) -> usize {
        if self == Gate::Not { 1 } else { 2 }
    }

    /// Whether one neuron can compute it.
    pub fn is_separable(self) -> bool {
        !matches!(self, Gate::Xor | Gate::Xnor)
    }

    /// What the gate means: its output from logic alone, without a neuron.
    pub fn truth(self, inputs: &[bool]) -> bool {
        let all = inputs.iter().all(|x| *x);
        let any = inputs.iter().any(|x| *x);
        let odd = inputs.iter().filter(|x| **x).count() % 2 == 1;
        match self {
            Gate::And => all,
            Gate::Or => any,
            Gate::Nand => !all,
            Gate::Nor | Gate::Not => !any,
            Gate::Xor => odd,
            Gate::Xnor => !odd,
        }
    }

    /// The truth table, from logic alone.
    pub fn table(self) -> TruthTable {
        TruthTable::of(self.inputs(), |inputs| self.truth(inputs))
    }

    /// The gate as one neuron; `None` for XOR and XNOR.
    ///
    /// ```
    /// use adaline::{Gate, Neuron};
    /// assert_eq!(Gate::And.neuron(), Some(Neuron::step([0.4, 0.4], -0.6)));
    /// assert_eq!(Gate::Xor.neuron(), None);
    /// ```
    pub fn neuron(self) -> Option<Neuron> {
        match self {
            Gate::And => Some(Neuron::step([0.4, 0.4], -0.6)),
            Gate::Or => Some(Neuron::step([0.4, 0.4], -0.3)),
            Gate::Nand => Some(Neuron::step([-0.6, -0.6], 0.7)),
            Gate::Nor => Some(Neuron::step([-0.4, -0.4], 0.3)),
            Gate::Not => Some(Neuron::step([-1.0], 0.5)),
            Gate::Xor | Gate::Xnor => None,
        }
    }

    /// Which gates it is made of, layer by layer: XOR(a, b) = AND(NAND(a, b), OR(a, b)), so a NAND and an OR side by
    /// side, and an AND behind them; XNOR(a, b) = OR(AND(a, b), NOR(a, b)).
    pub fn parts(self) -> Vec<Vec<Gate>> {
        match self {
            Gate::Xor => vec![vec![Gate::Nand, Gate::Or], vec![Gate::And]],
            Gate::Xnor => vec![vec![Gate::And, Gate::Nor], vec![Gate::Or]],
            single => vec![vec![single]],
        }
    }

    /// The neurons behind the gate, layer by layer. Their weights and biases are those of a chain of dense layers with
    /// the step activation.
    pub fn layers(self) -> Vec<NeuronLayer> {
        let neurons = |gates: &Vec<Gate>| NeuronLayer::new(gates.iter().filter_map(|g| g.neuron()).collect::<Vec<_>>());
        self.parts().iter().map(neurons).collect()
    }

    /// What every neuron of every layer does with the inputs. Fails when their number is not the gate's.
    pub fn fire(self, inputs: &[f64]) -> Result<Vec<Vec<Firing>>> {
        if inputs.len() != self.inputs() {
            return Err(Error::shape(
                format!("gate {self}"),
                format!("it has {}, but was given {}", input_count(self.inputs()), inputs.len()),
            ));
        }
        fire_all(&self.layers(), inputs)
    }

    /// The output of the last neuron. Fails as [`Gate::fire`] does.
    pub fn output(self, inputs: &[f64]) -> Result<f64> {
        let firings = self.fire(inputs)?;
        Ok(firings.last().and_then(|row| row.first()).map_or(0.0, |firing| firing.output))
    }
}

/// `1 input`, `2 inputs`.
fn input_count(n: usize) -> String {
    if n == 1 { "1 input".to_owned() } else { format!("{n} inputs") }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl From<Gate> for String {
    fn from(gate: Gate) -> Self {
        gate.name().to_owned()
    }
}

impl TryFrom<String> for Gate {
    type Error = Error;
    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl FromStr for Gate {
    type Err = Error;

    /// Reads a name in any case of letters.
    fn from_str(text: &str) -> Result<Self> {
        let name = text.trim().to_lowercase();
        Gate::ALL.into_iter().find(|gate| gate.name() == name).ok_or_else(|| {
            let names = Gate::ALL.map(Gate::name);
            let near = did_you_mean(&name, names);
            let mend = if near.is_empty() { format!("; known are {}", names.join(", ")) } else { near };
            Error::setting("gate", format!("unknown gate \"{}\"{mend}", printable(text)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outputs of a two-input gate for 00, 01, 10, 11, by its neurons.
    fn column(gate: Gate) -> [f64; 4] {
        [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]].map(|inputs| gate.output(&inputs).unwrap())
    }

    #[test]
    fn the_neurons_give_the_tables_of_logic() {
        assert_eq!(column(Gate::And), [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(column(Gate::Or), [0.0, 1.0, 1.0, 1.0]);
        assert_eq!(column(Gate::Nand), [1.0, 1.0, 1.0, 0.0]);
        assert_eq!(column(Gate::Nor), [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(column(Gate::Xor), [0.0, 1.0, 1.0, 0.0]);
        assert_eq!(column(Gate::Xnor), [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(Gate::Not.output(&[0.0]).unwrap(), 1.0);
        assert_eq!(Gate::Not.output(&[1.0]).unwrap(), 0.0);
    }

    #[test]
    fn the_table_from_logic_is_the_one_from_neurons() {
        for gate in Gate::ALL {
            for row in gate.table().rows() {
                let inputs: Vec<f64> = row.input.iter().map(|x| f64::from(*x)).collect();
                assert_eq!(gate.output(&inputs).unwrap(), f64::from(row.output), "{gate} {row:?}");
                // No gate of ours stands on the edge.
                for firing in gate.fire(&inputs).unwrap().into_iter().flatten() {
                    assert!(firing.sum.value.abs() > 0.09, "{gate} {row:?}: {}", firing.sum);
                }
            }
        }
    }

    #[test]
    fn xor_is_made_of_nand_or_and_and() {
        let layers = Gate::Xor.layers();
        assert_eq!(layers.len(), 2);
        assert_eq!(layers[0].weights(), [-0.6, -0.6, 0.4, 0.4]);
        assert_eq!(layers[0].biases(), [0.7, -0.3]);
        assert_eq!(layers[1].neurons, [Neuron::step([0.4, 0.4], -0.6)]);
        let firings = Gate::Xor.fire(&[1.0, 1.0]).unwrap();
        assert!((firings[0][0].sum.value - -0.5).abs() < 1e-15);
        assert_eq!((firings[0][0].output, firings[0][1].output, firings[1][0].output), (0.0, 1.0, 0.0));
    }

    #[test]
    fn names_are_read_and_near_misses_named() {
        for gate in Gate::ALL {
            assert_eq!(gate.to_string().to_uppercase().parse::<Gate>().unwrap(), gate);
            assert_eq!(gate.neuron().is_some(), gate.is_separable());
            let json = serde_json::to_string(&gate).unwrap();
            assert_eq!(serde_json::from_str::<Gate>(&json).unwrap(), gate);
        }
        let message = "xro".parse::<Gate>().unwrap_err().to_string();
        assert_eq!(message, "gate: unknown gate \"xro\"; did you mean \"xor\"?");
        let message = "implies".parse::<Gate>().unwrap_err().to_string();
        assert_eq!(message, "gate: unknown gate \"implies\"; known are and, or, nand, nor, not, xor, xnor");
        let message = Gate::Not.output(&[1.0, 0.0]).unwrap_err().to_string();
        assert_eq!(message, "gate not: it has 1 input, but was given 2");
    }
}
