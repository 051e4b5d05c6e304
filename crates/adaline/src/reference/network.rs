//! A network in f64: forward with everything kept, and backward through it.

#[cfg(test)]
mod layers;
#[cfg(test)]
mod tests;

use super::chain::{self, Link, Walk};
use super::trace::{Kept, LayerTrace, Pass, Trace};
use super::{Goal, expect_len, rows};
use crate::{Activation, Error, Layer, Loss, Result, Shape};

/// A network in f64: layers, and their parameters one tensor after the other in PyTorch's order and shapes (a dense
/// layer's weight O × I, then its bias O).
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    pub(super) input: Shape,
    pub(super) layers: Vec<Layer>,
    links: Vec<Link>,
    parameters: Vec<Vec<f64>>,
    /// How many values each tensor has, and who asks for them.
    sizes: Vec<(usize, String)>,
}

/// The gradients of a loss.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// By every parameter, tensor by tensor. Running statistics have zeroes: nothing is learnt in them.
    pub parameters: Vec<Vec<f64>>,
    /// By the network's input. Zeroes where an embedding reads it.
    pub input: Vec<f64>,
    /// By what came out of each layer, the first layer first. The last is what the walk began with; where the loss holds
    /// the last activation, that is the gradient of the last layer's sums.
    pub outputs: Vec<Vec<f64>>,
}

/// One batch learnt from: forward, loss, backward. The update is the optimizer's, and [`Network::settle`].
#[derive(Debug, Clone, PartialEq)]
pub struct Learning {
    /// What the layers computed.
    pub trace: Trace,
    /// The loss of the batch.
    pub loss: f64,
    /// Its gradients.
    pub gradients: Gradients,
}

impl Network {
    /// A network over examples of a shape. Fails where a layer cannot read what comes before it, and when there are not as
    /// many tensors as the layers have, or one has another size, naming the layer.
    pub fn new(input: Shape, layers: &[Layer], parameters: Vec<Vec<f64>>) -> Result<Self> {
        let links = chain::links(layers, input, 0, "")?;
        let mut sizes = Vec::new();
        for (number, link) in links.iter().enumerate() {
            for parameter in link.layer.parameters(link.input) {
                let size = parameter.shape.iter().fold(1usize, |size, n| size.saturating_mul(*n));
                sizes.push((size, format!("layer {}: {}", number + 1, parameter.name)));
            }
        }
        if parameters.len() != sizes.len() {
            return Err(Error::shape(
                "network",
                format!("{} tensors were given, but the layers have {}", parameters.len(), sizes.len()),
            ));
        }
        let network = Network { input, layers: layers.to_vec(), links, parameters, sizes };
        network.check_sizes()?;
        Ok(network)
    }

    /// The twin of a network: the same layers, and its parameters as f64.
    pub fn of(network: &crate::Network) -> Result<Self> {
        let mut parameters = Vec::new();
        for (name, _) in network.tensors() {
            parameters.push(network.get(name)?.into_iter().map(f64::from).collect());
        }
        Network::new(network.input(), network.layers(), parameters)
    }

    fn check_sizes(&self) -> Result<()> {
        for (tensor, (size, place)) in self.parameters.iter().zip(&self.sizes) {
            let (layer, what) = place.split_once(": ").unwrap_or(("network", place));
            expect_len(layer, what, tensor.len(), *size)?;
        }
        Ok(())
    }

    /// The parameters, tensor by tensor.
    pub fn parameters(&self) -> &[Vec<f64>] {
        &self.parameters
    }

    /// The parameters, for an optimizer to change. Their sizes must stay: a pass over others fails.
    pub fn parameters_mut(&mut self) -> &mut [Vec<f64>] {
        &mut self.parameters
    }

    /// The shape of what comes out for one example.
    pub fn output(&self) -> Shape {
        self.links.last().map_or(self.input, |link| link.output)
    }

    /// How many numbers come out for one example.
    pub fn output_width(&self) -> usize {
        self.output().len()
    }

    /// How many numbers are one answer to a loss: a classification answers at every step of a sequence that comes out.
    pub(super) fn answer_width(&self, loss: Loss) -> usize {
        match self.output() {
            Shape::Sequence { features, .. } if loss.is_classification() => features,
            other => other.len(),
        }
    }

    /// Sends a batch through the layers. See [`Pass`] for what can be said about it; the default is a prediction.
    ///
    /// Fails when the input is not whole examples, or a mask or the lengths do not fit.
    pub fn forward(&self, x: &[f64], pass: Pass<'_>) -> Result<Trace> {
        let batch = rows("network input", x.len(), self.input.len())?;
        self.check_sizes()?;
        let lengths = match pass.lengths {
            Some(lengths) => Some(own_steps(lengths, self.input, batch)?),
            None => None,
        };
        let mut walk = Walk { lengths, masks: pass.masks.map(<[_]>::iter), training: pass.training };
        let layers = chain::forward(&self.links, &self.parameters, x, &mut walk)?;
        Ok(Trace { batch, input: x.to_vec(), layers })
    }

    /// The gradients from that of the outputs, through the layers from the last to the first: each takes the gradient of
    /// what came out of it and gives the gradient of what went into it (the chain rule).
    pub fn backward(&self, trace: &Trace, doutputs: &[f64]) -> Result<Gradients> {
        self.backward_from(trace, doutputs, None)
    }

    /// Backward where the gradient may be that of a layer's sums already.
    fn backward_from(&self, trace: &Trace, doutputs: &[f64], absorbed: Option<usize>) -> Result<Gradients> {
        self.check_sizes()?;
        expect_len("network", "gradient of the outputs", doutputs.len(), trace.outputs().len())?;
        let back = chain::backward(&self.links, &self.parameters, &trace.input, &trace.layers, doutputs, absorbed)?;
        Ok(Gradients { parameters: back.dparameters, input: back.dx, outputs: back.outputs })
    }

    /// The layer whose activation belongs to the loss, if there is one: cross-entropy takes logits, so a softmax or sigmoid
    /// at the end is for predictions and is not applied before the loss. Layers behind it that change nothing do not
    /// count.
    pub(super) fn absorbed(&self, loss: Loss) -> Option<usize> {
        let same = |layer: &Layer| matches!(layer, Layer::Flatten | Layer::Activation(Activation::Identity));
        let last = self.layers.iter().rposition(|layer| !same(layer))?;
        let activation = self.layers[last].activation()?;
        let absorbs = matches!(
            (loss, activation),
            (Loss::CategoricalCrossEntropy { .. }, Activation::Softmax)
                | (Loss::BinaryCrossEntropy { .. }, Activation::Sigmoid)
        );
        absorbs.then_some(last)
    }

    /// Forward, loss and backward for one batch. A softmax or sigmoid at the end is not applied a second time when the loss
    /// is the cross-entropy that holds it.
    pub fn learn(&self, x: &[f64], pass: Pass<'_>, goal: &Goal<'_>) -> Result<Learning> {
        let trace = self.forward(x, pass)?;
        let absorbed = self.absorbed(goal.loss);
        let outputs = absorbed.map_or(trace.outputs(), |number| &trace.layers[number].sums);
        let loss = goal.evaluate(outputs, self.answer_width(goal.loss))?;
        let gradients = self.backward_from(&trace, &loss.doutputs, absorbed)?;
        Ok(Learning { trace, loss: loss.value, gradients })
    }

    /// Takes over what a pass while training left behind besides its gradients: the running statistics of batch
    /// normalisation.
    pub fn settle(&mut self, trace: &Trace) {
        settle(&self.links, &trace.layers, &mut self.parameters);
    }
}

fn settle(links: &[Link], layers: &[LayerTrace], parameters: &mut [Vec<f64>]) {
    for (link, done) in links.iter().zip(layers) {
        match &done.kept {
            Kept::Statistics(used) => {
                if let Some(running) = &used.running {
                    parameters[link.tensors.end - 2..link.tensors.end].clone_from_slice(running);
                }
            }
            Kept::Layers(inside) => settle(&link.inside, inside, parameters),
            _ => {}
        }
    }
}

/// The lengths of sequences, checked.
fn own_steps(lengths: &[u32], input: Shape, batch: usize) -> Result<Vec<usize>> {
    let Shape::Sequence { steps, .. } = input else {
        return Err(Error::shape("lengths", format!("only sequences have lengths, and these are {input}")));
    };
    expect_len("network", "lengths", lengths.len(), batch)?;
    let lengths: Vec<usize> = lengths.iter().map(|length| *length as usize).collect();
    match lengths.iter().find(|length| **length == 0 || **length > steps) {
        Some(length) => Err(Error::shape("lengths", format!("{length} steps; a sequence has 1 to {steps} here"))),
        None => Ok(lengths),
    }
}
