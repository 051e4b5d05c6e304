//! Recurrent layers: what came before matters.

use super::{Layout, Parameter};
use crate::{Activation, Init, Layer, Shape};

/// What happens at each step.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Cell {
    /// h = f(W·x + b + U·h + c): Elman's network.
    Simple {
        /// f: tanh, or ReLU.
        activation: Activation,
    },
    /// Long short-term memory: a state c that is kept, written and read through gates.
    Lstm,
    /// The gated recurrent unit.
    Gru {
        /// Whether the reset gate is applied after the product with U (PyTorch's form, Keras's default) or to the state
        /// before it (the first paper's).
        reset_after: bool,
    },
}

impl Cell {
    /// How many rows of units its weights have: gates and candidates.
    pub fn gates(self) -> usize {
        match self {
            Cell::Simple { .. } => 1,
            Cell::Lstm => 4,
            Cell::Gru { .. } => 3,
        }
    }
}

/// Goes through a sequence step by step and carries a state along.
///
/// **Formula** With W = `weight_ih`, U = `weight_hh`, b = `bias_ih`, c = `bias_hh`, σ the sigmoid, ∘ value by value, h the state
/// before the step and h′ behind it; all states start at 0:
///
/// - *simple*: h′ = tanh(W·x + b + U·h + c)
/// - *LSTM*: i, f, o = σ(W·x + b + U·h + c) for each gate's own rows, g = tanh(…) likewise; s′ = f∘s + i∘g, h′ = o ∘ tanh(s′)
/// - *GRU*: r, z = σ(W·x + b + U·h + c); n = tanh(Wₙ·x + bₙ + r ∘ (Uₙ·h + cₙ)), or with `reset_before`
///   n = tanh(Wₙ·x + bₙ + Uₙ·(r∘h) + cₙ); h′ = (1 - z)∘n + z∘h
///
/// **Shapes** T steps of I values → `units` (the last state), or with `sequences` T steps of `units`. A one-channel image is H
/// steps of W values. Bidirectional: a second cell goes from the end to the start, and both states stand side by side
/// (2 · `units`; the last state of the second cell is the one at the first step).
///
/// Of a sequence that is shorter than the others only its own steps are gone through: the last state is that of its last own
/// step, a bidirectional layer starts back from there, and with `sequences` what stands behind the end is 0.
///
/// **Parameters** as in PyTorch: `weight_ih_l0` (G·units × I), `weight_hh_l0` (G·units × units), `bias_ih_l0`, `bias_hh_l0`
/// (G·units), and the same with `_reverse`.
///
/// **The trap** is the order of the gates: LSTM i, f, g, o and GRU r, z, n, as in PyTorch. (Keras: i, f, c, o and z, r, h;
/// ONNX: i, o, f, c.)
///
/// **Initialisation** all uniform within ±1/√units, as in PyTorch.
///
/// **Cost** T · G · units · (I + units) multiply-adds an example.
///
/// ```
/// use adaline::prelude::*;
/// # fn main() -> adaline::Result<()> {
/// // A cell that adds up what it sees (with f = identity that is all that it does).
/// let sum = Recurrent::simple(1).activation(Activation::Identity);
/// let mut network = Network::new(Shape::Sequence { steps: 3, features: 1 }, [sum])?;
/// for (name, value) in [("weight_ih_l0", 1.0), ("weight_hh_l0", 1.0), ("bias_ih_l0", 0.0), ("bias_hh_l0", 0.0)] {
///     network.set(&format!("layers.0.{name}"), &[value])?;
/// }
/// assert_eq!(network.predict(&[1.0, 2.0, 4.0])?, [7.0]);
/// # Ok(())
/// # }
/// ```
///
/// Elman 1990; Hochreiter and Schmidhuber 1997; Cho et al. 2014. Agrees with PyTorch's `nn.RNN`, `nn.LSTM`, `nn.GRU`, and
/// Keras's `SimpleRNN`, `LSTM`, `GRU`, `Bidirectional`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Recurrent {
    /// What happens at each step.
    pub cell: Cell,
    /// Values of the state.
    pub units: usize,
    /// Whether the state of every step comes out (Keras's `return_sequences`), and not only the last one.
    pub sequences: bool,
    /// Whether a second cell goes through the sequence from its end.
    pub bidirectional: bool,
    /// Whether there are biases; true when not said.
    pub bias: bool,
}

impl Recurrent {
    fn new(cell: Cell, units: usize) -> Self {
        Recurrent { cell, units, sequences: false, bidirectional: false, bias: true }
    }

    /// Elman's network with tanh.
    pub fn simple(units: usize) -> Self {
        Recurrent::new(Cell::Simple { activation: Activation::Tanh }, units)
    }

    /// Long short-term memory.
    pub fn lstm(units: usize) -> Self {
        Recurrent::new(Cell::Lstm, units)
    }

    /// The gated recurrent unit.
    pub fn gru(units: usize) -> Self {
        Recurrent::new(Cell::Gru { reset_after: true }, units)
    }

    /// The same layer with another activation; LSTM and GRU have their own and ignore it.
    #[must_use]
    pub fn activation(mut self, activation: Activation) -> Self {
        if let Cell::Simple { activation: own } = &mut self.cell {
            *own = activation;
        }
        self
    }

    /// The same layer, a GRU with the reset gate before the product.
    #[must_use]
    pub fn reset_before(mut self) -> Self {
        if let Cell::Gru { reset_after } = &mut self.cell {
            *reset_after = false;
        }
        self
    }

    /// The same layer, giving the state of every step.
    #[must_use]
    pub fn sequences(mut self) -> Self {
        self.sequences = true;
        self
    }

    /// The same layer, in both directions.
    #[must_use]
    pub fn bidirectional(mut self) -> Self {
        self.bidirectional = true;
        self
    }

    /// The same layer without biases.
    #[must_use]
    pub fn without_bias(mut self) -> Self {
        self.bias = false;
        self
    }
}

impl Recurrent {
    /// Steps and values a step of what comes in; fails where that is no sequence.
    pub(crate) fn reads(&self, input: Shape) -> Result<(usize, usize), String> {
        match input {
            Shape::Sequence { steps, features } => Ok((steps, features)),
            Shape::Image { channels: 1, height, width } => Ok((height, width)),
            Shape::Image { .. } => Err(format!(
                "a recurrent layer reads steps, and {input} has several channels; put a convolution or flatten before it"
            )),
            Shape::Flat(n) => Err(format!(
                "a recurrent layer reads a sequence, and a row of {n} numbers has no steps; write \"sequences\" in the recurrent \
                 layer before it, or say how many values of a row make a step (--sequence STEPS,VALUES)"
            )),
        }
    }

    /// How many cells go through the sequence.
    pub(crate) fn directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }

    pub(super) fn output(&self, input: Shape) -> Result<Shape, String> {
        if self.units == 0 {
            return Err("a recurrent layer needs at least one unit".to_owned());
        }
        if let Cell::Simple { activation } = self.cell
            && activation.derivative() != crate::Derivative::FromOutput
        {
            return Err(format!(
                "a simple recurrent layer takes tanh, relu, sigmoid or identity, and not {activation}"
            ));
        }
        let (steps, _) = self.reads(input)?;
        let features = self.units.saturating_mul(self.directions());
        Ok(if self.sequences { Shape::Sequence { steps, features } } else { Shape::Flat(features) })
    }

    pub(super) fn parameters(&self, input: Shape) -> Vec<Parameter> {
        let Ok((_, inputs)) = self.reads(input) else { return Vec::new() };
        let units = self.units;
        let outputs = units.saturating_mul(self.cell.gates());
        let limit = 1.0 / (units.max(1) as f64).sqrt();
        let init = Init::Uniform { low: -limit, high: limit };
        let mut parameters = Vec::new();
        for ending in ["", "_reverse"].into_iter().take(self.directions()) {
            for (name, inputs) in [("weight_ih_l0", inputs), ("weight_hh_l0", units)] {
                parameters.push(Parameter {
                    name: format!("{name}{ending}").into(),
                    shape: vec![outputs, inputs],
                    layout: Layout::Panels { inputs, outputs },
                    init,
                    fan_in: inputs,
                    fan_out: units,
                    penalised: true,
                    trained: true,
                });
            }
            if self.bias {
                for name in ["bias_ih_l0", "bias_hh_l0"] {
                    parameters.push(Parameter { init, ..Parameter::bias(format!("{name}{ending}"), outputs) });
                }
            }
        }
        parameters
    }
}

impl From<Recurrent> for Layer {
    fn from(layer: Recurrent) -> Self {
        Layer::Recurrent(layer)
    }
}
