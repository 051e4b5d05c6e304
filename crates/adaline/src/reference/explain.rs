//! Show the working: one example through a network, every number of one step in its place.

mod render;
mod style;
#[cfg(test)]
mod tests;
mod update;

pub use style::Style;
pub use update::{ParameterUpdate, TensorUpdate, UpdateWorking};

use super::{Conv, Goal, Network, Pass, Targets, activation, expect_len};
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

/// Products of a convolution that are written out; of a larger one only the sums are shown.
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
    /// By the parameters.
    pub parameters: Vec<TensorGradient>,
    /// By what went in.
    pub inputs: Vec<f64>,
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
/// Of pools and normalisations only what comes out is shown, and the derivatives; every sum of dense layers and convolutions
/// is written out.
///
/// Fails when the input is not one example, the goal is not for one, or a layer is of a kind whose working is not shown:
/// embeddings, recurrent layers, residuals, and layers that give an answer at every step of a sequence.
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
    expect_len("explain", "inputs of one example", input.len(), network.input.len())?;
    check_shown(network)?;
    let learning = network.learn(input, Pass::default(), goal)?;
    let absorbed = network.absorbed(goal.loss);
    let trace = &learning.trace;
    let mut layers = Vec::new();
    let mut shape = network.input;
    for (number, layer) in network.layers.iter().enumerate() {
        layers.push(forward(network, trace, number, shape)?);
        shape = layer.output(shape).unwrap_or(shape);
    }
    let mut tensors = tensors(network);
    for (tensor, values) in tensors.iter_mut().zip(&learning.gradients.parameters) {
        tensor.1.values = plain(values);
    }
    let mut gradients = Vec::new();
    for (number, layer) in network.layers.iter().enumerate().rev() {
        let done = &trace.layers[number];
        let by_outputs = &learning.gradients.outputs[number];
        let fused = absorbed == Some(number);
        let function = layer.activation();
        let sums = match function {
            Some(_) if fused => by_outputs.clone(),
            Some(function) => activation::backward(function, &done.sums, by_outputs, done.sums.len().max(1))?,
            None => Vec::new(),
        };
        let slopes = match function {
            Some(function) if !fused && function != Activation::Softmax => {
                done.sums.iter().map(|sum| function.slope(*sum)).collect()
            }
            _ => Vec::new(),
        };
        let inputs = match number {
            0 => &learning.gradients.input,
            _ => &learning.gradients.outputs[number - 1],
        };
        gradients.push(LayerGradient {
            number: number + 1,
            layer: layer.to_string(),
            outputs: if fused { Vec::new() } else { plain(by_outputs) },
            slopes,
            sums: plain(&sums),
            parameters: tensors.iter().filter(|(of, _)| *of == number).map(|(_, tensor)| tensor.clone()).collect(),
            inputs: plain(inputs),
        });
    }
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
        loss: LossWorking::of(network, trace, goal, absorbed)?,
        gradients,
        update,
    })
}

/// The same numbers, with 0 for -0, which means nothing to a reader.
fn plain(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| value + 0.0).collect()
}

/// Fails where a layer's working is not one sum a unit over everything that comes in.
fn check_shown(network: &Network) -> Result<()> {
    let mut shape = network.input;
    for (number, layer) in network.layers.iter().enumerate() {
        let shown = match layer {
            Layer::Dense(_) => !matches!(shape, Shape::Sequence { .. }),
            Layer::Activation(Activation::Softmax) => !matches!(shape, Shape::Sequence { .. }),
            Layer::Activation(_) | Layer::Dropout(_) | Layer::Flatten => true,
            Layer::Conv(conv) => conv.activation != Activation::Softmax,
            Layer::Pool(_) | Layer::GlobalPool(_) | Layer::BatchNorm(_) | Layer::LayerNorm(_) => true,
            _ => false,
        };
        if !shown {
            let place = format!("layer {} ({layer})", number + 1);
            let message =
                "its working cannot be shown; dense layers on rows of numbers, convolutions, pools and norms can be";
            return Err(Error::shape(place, message));
        }
        // A chain that does not fit was refused when the network was made.
        shape = layer.output(shape).unwrap_or(shape);
    }
    Ok(())
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

fn forward(network: &Network, trace: &super::Trace, number: usize, shape: Shape) -> Result<LayerWorking> {
    let layer = &network.layers[number];
    let done = &trace.layers[number];
    let x = if number == 0 { &trace.input } else { &trace.layers[number - 1].outputs };
    let names = tensors(network);
    let tensor = |what: &str| {
        let name = format!("layers.{number}.{what}");
        let place = names.iter().position(|(_, tensor)| tensor.name == name)?;
        network.parameters().get(place)
    };
    let (weight, bias) = match layer {
        Layer::Dense(_) | Layer::Conv(_) => (tensor("weight"), tensor("bias")),
        _ => (None, None),
    };
    // What each sum is made of: the places of its inputs and of its weights, and its bias.
    let sums: Vec<super::conv::Parts> = match (layer, weight) {
        (Layer::Conv(conv), Some(weight)) => {
            let conv = Conv::new(conv, shape, weight, bias.map(Vec::as_slice))?;
            if conv.products_count() > MOST_PRODUCTS { Vec::new() } else { conv.working() }
        }
        (Layer::Dense(_), Some(_)) => {
            let places = |unit: usize| (0..x.len()).map(|i| (i, unit * x.len() + i)).collect();
            let bias = |unit: usize| bias.and_then(|bias| bias.get(unit)).copied();
            (0..done.outputs.len()).map(|unit| (places(unit), bias(unit))).collect()
        }
        _ => Vec::new(),
    };
    // Zero is added to a product so that it is never -0.
    let unit = |(unit, output): (usize, &f64)| {
        let (places, bias) = sums.get(unit).map_or((&[][..], None), |(places, bias)| (places.as_slice(), *bias));
        let term = |(at, of): &(usize, usize)| {
            let (input, weight) = (*x.get(*at)?, *weight?.get(*of)?);
            Some(Term { input, weight, product: input * weight + 0.0 })
        };
        let sum = done.sums.get(unit).copied().unwrap_or(*output);
        UnitWorking { terms: places.iter().filter_map(term).collect(), bias, sum, output: *output }
    };
    Ok(LayerWorking {
        number: number + 1,
        layer: layer.to_string(),
        activation: layer.activation(),
        units: done.outputs.iter().enumerate().map(unit).collect(),
    })
}

impl LossWorking {
    fn of(network: &Network, trace: &super::Trace, goal: &Goal<'_>, absorbed: Option<usize>) -> Result<Self> {
        let outputs = absorbed.map_or(trace.outputs(), |number| &trace.layers[number].sums).to_vec();
        let found = goal.evaluate(&outputs, network.output_width())?;
        let count = outputs.len() as f64;
        let class = match goal.targets {
            Targets::Classes(classes) => classes.first().copied(),
            Targets::Values(_) => None,
        };
        let weight = |class: u32| goal.class_weights.and_then(|weights| weights.get(class as usize)).copied();
        let hard: Vec<f64> = match goal.targets {
            Targets::Values(values) => values.to_vec(),
            Targets::Classes(_) if outputs.len() == 1 => vec![f64::from(class.unwrap_or(0))],
            Targets::Classes(_) => {
                (0..outputs.len()).map(|k| f64::from(u8::from(Some(k) == class.map(|class| class as usize)))).collect()
            }
        };
        let (targets, probabilities): (Vec<f64>, Option<Vec<f64>>) = match goal.loss {
            Loss::BinaryCrossEntropy { label_smoothing: e } => (
                hard.iter().map(|t| t * (1.0 - e) + e / 2.0).collect(),
                Some(outputs.iter().map(|z| Activation::Sigmoid.value(*z)).collect()),
            ),
            Loss::CategoricalCrossEntropy { label_smoothing: e } => {
                (hard.iter().map(|t| t * (1.0 - e) + e / count).collect(), Some(crate::softmax(&outputs)))
            }
            Loss::Mse | Loss::Mae | Loss::Huber { .. } => (hard, None),
        };
        // One output alone, with its own target and nothing else, is that output's part of the loss; the parts of
        // the categorical cross-entropy are -t·ln p, with ln p = z - ln Σ eᶻ.
        let terms = match goal.loss {
            Loss::CategoricalCrossEntropy { .. } => {
                let largest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let log_sum = outputs.iter().map(|z| (z - largest).exp()).sum::<f64>().ln() + largest;
                outputs.iter().zip(&targets).map(|(z, t)| if *t == 0.0 { 0.0 } else { t * (log_sum - z) }).collect()
            }
            loss => {
                // The targets are smoothed already.
                let loss = match loss {
                    Loss::BinaryCrossEntropy { .. } => Loss::BinaryCrossEntropy { label_smoothing: 0.0 },
                    other => other,
                };
                let part = |(y, t): (&f64, &f64)| {
                    let goal = Goal { loss, targets: Targets::Values(&[*t]), class_weights: None };
                    Ok(goal.evaluate(&[*y], 1)?.value)
                };
                outputs.iter().zip(&targets).map(part).collect::<Result<Vec<f64>>>()?
            }
        };
        let divisor = if matches!(goal.loss, Loss::CategoricalCrossEntropy { .. }) { 1.0 } else { count };
        Ok(LossWorking {
            loss: goal.loss,
            from_sums: absorbed.is_some(),
            outputs,
            targets,
            probabilities,
            terms,
            class_weight: class.and_then(weight).unwrap_or(1.0),
            divisor,
            value: found.value,
            derivatives: plain(&found.doutputs),
        })
    }
}
