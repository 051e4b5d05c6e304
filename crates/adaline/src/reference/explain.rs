//! Show the working: one example through a network, every number of one step in its place.

mod layer;
mod loss;
mod recurrent;
mod render;
mod style;
#[cfg(test)]
mod tests;
mod update;

use layer::Place;
pub use recurrent::{GateWorking, StateWorking, StepWorking, SweepWorking};
pub use style::Style;
pub use update::{ParameterUpdate, TensorUpdate, UpdateWorking};

#[cfg(test)]
use super::Targets;
use super::{Goal, Gradients, Network, Pass, Trace, activation, expect_len};
use crate::{Activation, Error, Layer, Loss, Optimizer, Result, Shape};
use serde::Serialize;

/// Everything that one step of learning computes for one example: sums, activations, the loss, every derivative, and the
/// update. Its serde form is what `adaline explain --json` prints; [`Explanation::render`] writes it for people.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The network, as `--net` takes it.
    pub network: String,
    /// What the inputs are called; empty where they have no names.
    pub input_names: Vec<String>,
    /// How each input was made from the value in the table; empty where that is not known, `None` where the input is the
    /// value itself.
    pub input_scaling: Vec<Option<Scaling>>,
    /// What the outputs stand for: the classes, or the target; empty where that is not known.
    pub output_names: Vec<String>,
    /// What the answer should be, as a person says it: the class, or the number in the target's own units.
    pub target: Option<String>,
    /// The example.
    pub input: Vec<f64>,
    /// Forward, layer by layer.
    pub layers: Vec<LayerWorking>,
    /// How wrong the answer is.
    pub loss: LossWorking,
    /// Backward, from the last layer to the first.
    pub gradients: Vec<LayerGradient>,
    /// What the step changes; `None` when no optimizer was given.
    pub update: Option<UpdateWorking>,
}

/// How an input was standardised: x = (value - mean) / scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Scaling {
    /// The value for which the input stands: x · scale + mean. The value in the table is the same up to the rounding of x to
    /// an f32.
    pub value: f64,
    /// The training rows' mean.
    pub mean: f64,
    /// The training rows' standard deviation.
    pub scale: f64,
}

/// Products of a layer that are written out; of a larger one only the sums are shown.
const MOST_PRODUCTS: usize = 1 << 20;

/// What one layer computed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerWorking {
    /// Its place in the chain, from 1.
    pub number: usize,
    /// The layer as it is written.
    pub layer: String,
    /// The activation, where it has one.
    pub activation: Option<Activation>,
    /// Values of one step of what comes in, where that is named step by step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_inputs: Option<usize>,
    /// Values of one step of what comes out, where that is named step by step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_outputs: Option<usize>,
    /// A recurrent layer: every step, one sweep a direction. Empty for other layers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sweeps: Vec<SweepWorking>,
    /// A residual: the layers of its chain. Empty for other layers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<LayerWorking>,
    /// One entry a value that comes out.
    pub units: Vec<UnitWorking>,
}

/// One value of a layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitWorking {
    /// Input times weight, one an input. Empty for layers without weighted sums.
    pub terms: Vec<Term>,
    /// What is added at the end; `None` for layers without a bias.
    pub bias: Option<f64>,
    /// What the activation saw.
    pub sum: f64,
    /// What came out.
    pub output: f64,
    /// Where it came from, for a value that is neither a weighted sum nor that of an activation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// Where a value came from that no weighted sum made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// It stands in a row of an embedding.
    Row {
        /// The number of the word, from 0: the number of the row.
        word: usize,
    },
    /// It is the state of a recurrent layer.
    State {
        /// Whether of the cell that goes from the end to the start.
        reverse: bool,
        /// Behind which step, from 1.
        step: usize,
        /// Of which unit, from 1.
        unit: usize,
    },
    /// A residual's sum.
    Skip {
        /// What came in.
        input: f64,
        /// What came out of the chain.
        added: f64,
    },
    /// The largest of the values under a window.
    Largest {
        /// The values.
        inputs: Vec<f64>,
    },
    /// The mean of the values under a window.
    Mean {
        /// The values.
        inputs: Vec<f64>,
    },
    /// A normalised value: x̂ = (x - μ) / √(σ² + ε), y = γ · x̂ + β.
    Normal {
        /// x
        input: f64,
        /// μ
        mean: f64,
        /// σ²
        variance: f64,
        /// ε
        epsilon: f64,
        /// x̂
        normal: f64,
        /// γ
        weight: f64,
        /// β
        bias: f64,
    },
}

/// An input times its weight.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Term {
    /// x
    pub input: f64,
    /// w
    pub weight: f64,
    /// x·w
    pub product: f64,
}

/// The loss of the example.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LossWorking {
    /// Its name, with its setting.
    pub loss: Loss,
    /// Whether it saw the last layer's sums instead of its outputs: a cross-entropy holds the softmax or sigmoid itself.
    pub from_sums: bool,
    /// What it saw.
    pub outputs: Vec<f64>,
    /// What that should have been, one number an output: one-hot for a class, label smoothing included.
    pub targets: Vec<f64>,
    /// The probabilities that a cross-entropy makes of what it saw.
    pub probabilities: Option<Vec<f64>>,
    /// The part of each output, before class weight and mean.
    pub terms: Vec<f64>,
    /// The factor of the example's class; 1 when there is none.
    pub class_weight: f64,
    /// What the sum of the terms is divided by.
    pub divisor: f64,
    /// The loss: Σ terms · class weight / divisor.
    pub value: f64,
    /// Its derivative by what it saw.
    pub derivatives: Vec<f64>,
}

/// The derivatives of the loss by everything in one layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerGradient {
    /// The layer's place in the chain, from 1.
    pub number: usize,
    /// The layer as it is written.
    pub layer: String,
    /// By what came out. Empty for the last layer when the loss saw its sums.
    pub outputs: Vec<f64>,
    /// The slope of the activation at each sum. Empty where there is none, and for softmax, which has a whole matrix of
    /// them.
    pub slopes: Vec<f64>,
    /// By the sums. Empty for layers without an activation.
    pub sums: Vec<f64>,
    /// By the parameters. Those of a residual are those of the layers inside it.
    pub parameters: Vec<TensorGradient>,
    /// By what went in.
    pub inputs: Vec<f64>,
    /// A residual: through its chain, from the last layer to the first. Empty for other layers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<LayerGradient>,
}

/// The derivatives by one tensor.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TensorGradient {
    /// `layers.0.weight`
    pub name: String,
    /// PyTorch's shape.
    pub shape: Vec<usize>,
    /// In PyTorch's order: a weight unit by unit.
    pub values: Vec<f64>,
}

/// One step of learning from one example, with all of its numbers.
///
/// `update` is an optimizer that has not seen anything yet; without it the update is left out. Penalties and clipping are
/// no part of it. Dropout does nothing here, as at prediction.
///
/// Every sum of dense layers, convolutions and recurrent layers is written out, step by step where they go through a
/// sequence, up to 2²⁰ products a layer (of larger layers the sums alone); so are the rows that an embedding looked up, the
/// values that a pool compared or averaged, the statistics of normalisations, and the chain inside a residual. The
/// derivatives by a recurrent layer's tensors are those of all steps together.
///
/// Fails when the input is not one example, the goal is not for one, or the network classifies every step of a sequence.
///
/// ```
/// use adaline::reference::{Goal, Network, Style, Targets, explain};
/// use adaline::{Activation, Dense, Loss, Sgd, Shape};
/// # fn main() -> adaline::Result<()> {
/// let layers = [Dense::new(1, Activation::Identity).into()];
/// let network = Network::new(Shape::Flat(2), &layers, vec![vec![0.5, -1.0], vec![0.25]])?;
/// let goal = Goal { loss: Loss::Mse, targets: Targets::Values(&[1.0]), class_weights: None };
/// let working = explain(&network, &[2.0, 1.0], &goal, Some(&Sgd::default().learning_rate(0.1).into()))?;
/// assert_eq!(working.layers[0].units[0].sum, 0.25);
/// let text = working.render(Style::Text, None);
/// assert!(text.contains("z1 = 2 · 0.5 + 1 · (-1) + 0.25 = 0.25"), "{text}");
/// assert!(text.contains("dL/dw1,1 = dL/dz1 · x1 = -1.5 · 2 = -3"), "{text}");
/// assert!(text.contains("w1,1 ← 0.5 - 0.1 · (-3) = 0.8"), "{text}");
/// # Ok(())
/// # }
/// ```
pub fn explain(network: &Network, input: &[f64], goal: &Goal<'_>, update: Option<&Optimizer>) -> Result<Explanation> {
    explain_own(network, input, None, goal, update)
}

/// As [`explain`], of a sequence with so many steps of its own.
pub(crate) fn explain_own(
    network: &Network,
    input: &[f64],
    own: Option<u32>,
    goal: &Goal<'_>,
    update: Option<&Optimizer>,
) -> Result<Explanation> {
    expect_len("explain", "inputs of one example", input.len(), network.input.len())?;
    if network.answer_width(goal.loss) != network.output_width() {
        let message = "the working is shown for one answer an example, and this network answers at every step";
        return Err(Error::shape("network", message));
    }
    let own = own.map(|own| [own]);
    let pass = Pass { lengths: own.as_ref().map(|own| &own[..]), ..Pass::default() };
    let learning = network.learn(input, pass, goal)?;
    let absorbed = network.absorbed(goal.loss);
    let walk = Walk { prefix: String::new(), by_step: goes_by_step(network), absorbed };
    let (layers, mut gradients) = walk.working(network, &learning.trace, &learning.gradients)?;
    gradients.reverse();
    let update = match update {
        Some(optimizer) => Some(UpdateWorking::of(network, &learning.gradients.parameters, optimizer)?),
        None => None,
    };
    Ok(Explanation {
        network: Layer::chain_to_string(&network.layers),
        input_names: Vec::new(),
        input_scaling: Vec::new(),
        output_names: Vec::new(),
        target: None,
        input: input.to_vec(),
        layers,
        loss: LossWorking::of(network, &learning.trace, goal, absorbed)?,
        gradients,
        update,
    })
}

/// Whether a layer goes through a sequence step by step. Where none does (a chain of convolutions), the values of a
/// sequence are counted through.
fn goes_by_step(network: &Network) -> bool {
    let mut shape = network.input;
    for layer in &network.layers {
        let steps = matches!(shape, Shape::Sequence { .. });
        let by_step = match layer {
            Layer::Embedding(_) | Layer::Recurrent(_) => true,
            Layer::Dense(_) | Layer::Residual(_) => steps,
            layer => steps && layer.activation() == Some(Activation::Softmax),
        };
        if by_step {
            return true;
        }
        shape = layer.output(shape).unwrap_or(shape);
    }
    false
}

/// A chain of layers whose working is written down: the network's, or the one inside a residual.
struct Walk {
    /// What stands before the names of its tensors.
    prefix: String,
    by_step: bool,
    absorbed: Option<usize>,
}

impl Walk {
    /// Each layer, and the gradients of each layer, the first layer first.
    fn working(
        &self,
        network: &Network,
        trace: &Trace,
        back: &Gradients,
    ) -> Result<(Vec<LayerWorking>, Vec<LayerGradient>)> {
        let mut tensors = tensors(network);
        for ((_, tensor), values) in tensors.iter_mut().zip(&back.parameters) {
            tensor.name = format!("{}{}", self.prefix, tensor.name);
            tensor.values = plain(values);
        }
        let (mut layers, mut gradients) = (Vec::new(), Vec::new());
        let mut shape = network.input;
        for (number, layer) in network.layers.iter().enumerate() {
            let done = &trace.layers[number];
            let x = if number == 0 { &trace.input } else { &trace.layers[number - 1].outputs };
            let first = tensors.iter().take_while(|(of, _)| *of < number).count();
            let parameters: Vec<TensorGradient> =
                tensors.iter().filter(|(of, _)| *of == number).map(|(_, tensor)| tensor.clone()).collect();
            // A chain that does not fit was refused when the network was made.
            let output = layer.output(shape).unwrap_or(shape);
            let place = Place {
                number,
                layer,
                input: shape,
                output,
                x,
                done,
                tensors: &network.parameters()[first..first + parameters.len()],
                by_step: self.by_step,
            };
            let mut working = place.working()?;
            let mut gradient = self.gradient(&place, back, parameters)?;
            if let Layer::Residual(residual) = layer {
                // The chain inside is a network, and its gradients are those of a network.
                let inner = Network::new(shape, &residual.layers, place.tensors.to_vec())?;
                let own: Option<Vec<u32>> =
                    done.lengths.as_ref().map(|own| own.iter().map(|own| *own as u32).collect());
                let trace = inner.forward(x, Pass { lengths: own.as_deref(), ..Pass::default() })?;
                let back = inner.backward(&trace, &back.outputs[number])?;
                let prefix = format!("{}layers.{number}.", self.prefix);
                let inside = Walk { prefix, by_step: self.by_step, absorbed: None };
                (working.inside, gradient.inside) = inside.working(&inner, &trace, &back)?;
                gradient.inside.reverse();
                gradient.parameters.clear();
            }
            layers.push(working);
            gradients.push(gradient);
            shape = output;
        }
        Ok((layers, gradients))
    }

    fn gradient(&self, at: &Place<'_>, back: &Gradients, parameters: Vec<TensorGradient>) -> Result<LayerGradient> {
        let by_outputs = &back.outputs[at.number];
        let fused = self.absorbed == Some(at.number);
        let function = at.layer.activation();
        let width = crate::Dense::reads(at.output).max(1); // of a softmax
        let sums = match function {
            Some(_) if fused => by_outputs.clone(),
            Some(function) => activation::backward(function, &at.done.sums, by_outputs, width)?,
            None => Vec::new(),
        };
        let slopes = match function {
            Some(function) if !fused && function != Activation::Softmax => {
                at.done.sums.iter().map(|sum| function.slope(*sum)).collect()
            }
            _ => Vec::new(),
        };
        let inputs = match at.number {
            0 => &back.input,
            _ => &back.outputs[at.number - 1],
        };
        Ok(LayerGradient {
            number: at.number + 1,
            layer: at.layer.to_string(),
            outputs: if fused { Vec::new() } else { plain(by_outputs) },
            slopes,
            sums: plain(&sums),
            parameters,
            inputs: plain(inputs),
            inside: Vec::new(),
        })
    }
}

/// The same numbers, with 0 for -0, which means nothing to a reader.
fn plain(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| value + 0.0).collect()
}

/// The names and shapes of all tensors, each with the number of its layer.
fn tensors(network: &Network) -> Vec<(usize, TensorGradient)> {
    parameters(network).into_iter().map(|(number, tensor, _)| (number, tensor)).collect()
}

/// The same, with whether weight decay applies to the tensor.
fn parameters(network: &Network) -> Vec<(usize, TensorGradient, bool)> {
    let mut shape = network.input;
    let mut tensors = Vec::new();
    for (number, layer) in network.layers.iter().enumerate() {
        for parameter in layer.parameters(shape) {
            let name = format!("layers.{number}.{}", parameter.name);
            let tensor = TensorGradient { name, shape: parameter.shape, values: Vec::new() };
            tensors.push((number, tensor, parameter.penalised));
        }
        // A chain that does not fit was refused when the network was made.
        shape = layer.output(shape).unwrap_or(shape);
    }
    tensors
}
