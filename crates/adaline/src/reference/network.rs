//! A chain of layers: forward with everything kept, and backward through it.

use super::{Dense, Goal, activation, dropout, expect_len, rows};
use crate::{Activation, Error, Layer, Loss, Result, Shape};

/// A network in f64: layers, and their parameters one tensor after the other in PyTorch's order and shapes (a dense
/// layer's weight O × I, then its bias O).
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    pub(super) input: Shape,
    pub(super) layers: Vec<Layer>,
    /// How many values there are before each layer, and at the end.
    widths: Vec<usize>,
    parameters: Vec<Vec<f64>>,
}

/// Everything that a forward pass computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// How many examples.
    pub batch: usize,
    /// The network's input, B × I.
    pub input: Vec<f64>,
    /// One entry a layer.
    pub layers: Vec<LayerTrace>,
}

/// What one layer computed.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerTrace {
    /// What its activation saw: a dense layer's weighted sums; what came in, for a layer without sums.
    pub sums: Vec<f64>,
    /// What came out.
    pub outputs: Vec<f64>,
    /// The mask of a dropout layer, while training.
    pub mask: Option<Vec<f64>>,
}

/// The gradients of a loss.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradients {
    /// By every parameter, tensor by tensor.
    pub parameters: Vec<Vec<f64>>,
    /// By the network's input.
    pub input: Vec<f64>,
    /// By what came out of each layer, the first layer first. The last is what the walk began with; where the loss holds
    /// the last activation, that is the gradient of the last layer's sums.
    pub outputs: Vec<Vec<f64>>,
}

/// One batch learnt from: forward, loss, backward. The update is the optimizer's.
#[derive(Debug, Clone, PartialEq)]
pub struct Learning {
    /// What the layers computed.
    pub trace: Trace,
    /// The loss of the batch.
    pub loss: f64,
    /// Its gradients.
    pub gradients: Gradients,
}

impl Trace {
    /// What came out of the last layer; the input where there are no layers.
    pub fn outputs(&self) -> &[f64] {
        self.layers.last().map_or(&self.input, |layer| &layer.outputs)
    }
}

impl Network {
    /// A network over examples of a shape. Fails when there are not as many tensors as the layers have, or one has
    /// another size, naming the layer.
    pub fn new(input: Shape, layers: &[Layer], parameters: Vec<Vec<f64>>) -> Result<Self> {
        let mut widths = vec![input.len()];
        let mut sizes = Vec::new();
        let mut width = input.len();
        for (number, layer) in layers.iter().enumerate() {
            if let Layer::Dense(dense) = layer {
                sizes.push((number, "weight", dense.units.saturating_mul(width)));
                if dense.bias {
                    sizes.push((number, "bias", dense.units));
                }
                width = dense.units;
            }
            widths.push(width);
        }
        if parameters.len() != sizes.len() {
            return Err(Error::shape(
                "network",
                format!("{} tensors were given, but the layers have {}", parameters.len(), sizes.len()),
            ));
        }
        for (tensor, (number, what, size)) in parameters.iter().zip(sizes) {
            expect_len(&format!("layer {}", number + 1), what, tensor.len(), size)?;
        }
        Ok(Network { input, layers: layers.to_vec(), widths, parameters })
    }

    /// The twin of a network: the same layers, and its parameters as f64. Fails when a layer has no twin.
    pub fn of(network: &crate::Network) -> Result<Self> {
        let mut parameters = Vec::new();
        for (name, _) in network.tensors() {
            parameters.push(network.get(name)?.into_iter().map(f64::from).collect());
        }
        Network::new(network.input(), network.layers(), parameters)
    }

    /// The parameters, tensor by tensor.
    pub fn parameters(&self) -> &[Vec<f64>] {
        &self.parameters
    }

    /// The parameters, for an optimizer to change. Their sizes must stay: a pass over others fails.
    pub fn parameters_mut(&mut self) -> &mut [Vec<f64>] {
        &mut self.parameters
    }

    /// How many numbers come out for one example.
    pub fn output_width(&self) -> usize {
        self.widths.last().copied().unwrap_or(0)
    }

    /// A dense layer as a view of its tensors, and how many it has. `tensor` is the number of the first.
    fn dense(&self, number: usize, tensor: usize, has_bias: bool) -> Result<Dense<'_>> {
        let bias = has_bias.then(|| self.parameters[tensor + 1].as_slice());
        Dense::new(self.widths[number], self.widths[number + 1], &self.parameters[tensor], bias)
    }

    /// Sends a batch through the layers. With masks, one for each dropout layer, values are dropped as while training;
    /// without, dropout does nothing, as at prediction.
    ///
    /// Fails when the input is not whole examples, or a mask does not fit.
    pub fn forward(&self, x: &[f64], masks: Option<&[Vec<f64>]>) -> Result<Trace> {
        let batch = rows("network input", x.len(), self.widths[0])?;
        let mut trace = Trace { batch, input: x.to_vec(), layers: Vec::new() };
        let mut tensor = 0;
        let mut masks = masks.map(|masks| masks.iter());
        for (number, layer) in self.layers.iter().enumerate() {
            let x = trace.outputs();
            let done = match layer {
                Layer::Dense(dense) => {
                    let sums = self.dense(number, tensor, dense.bias)?.forward(x)?;
                    tensor += if dense.bias { 2 } else { 1 };
                    let outputs = activation::forward(dense.activation, &sums, dense.units)?;
                    LayerTrace { sums, outputs, mask: None }
                }
                Layer::Activation(function) => {
                    let outputs = activation::forward(*function, x, self.widths[number])?;
                    LayerTrace { sums: x.to_vec(), outputs, mask: None }
                }
                Layer::Dropout(dropout) => match &mut masks {
                    None => LayerTrace { sums: x.to_vec(), outputs: x.to_vec(), mask: None },
                    Some(masks) => {
                        let mask = masks.next().ok_or_else(|| {
                            Error::shape(format!("layer {} (dropout)", number + 1), "it has no mask; give one each")
                        })?;
                        let outputs = dropout::forward(dropout.rate, mask, x)?;
                        LayerTrace { sums: x.to_vec(), outputs, mask: Some(mask.clone()) }
                    }
                },
                Layer::Flatten => LayerTrace { sums: x.to_vec(), outputs: x.to_vec(), mask: None },
                other => {
                    return Err(Error::shape(format!("layer {} ({other})", number + 1), "it has no twin yet"));
                }
            };
            trace.layers.push(done);
        }
        Ok(trace)
    }

    /// The gradients from that of the outputs, through the layers from the last to the first: each takes the gradient of
    /// what came out of it and gives the gradient of what went into it (the chain rule).
    pub fn backward(&self, trace: &Trace, doutputs: &[f64]) -> Result<Gradients> {
        self.backward_from(trace, doutputs, false)
    }

    /// Backward where the gradient may be that of the last layer's sums already.
    fn backward_from(&self, trace: &Trace, doutputs: &[f64], from_sums: bool) -> Result<Gradients> {
        expect_len("network", "layers in the trace", trace.layers.len(), self.layers.len())?;
        expect_len("network", "gradient of the outputs", doutputs.len(), trace.outputs().len())?;
        let mut parameters: Vec<Vec<f64>> = Vec::new(); // last tensor first
        let mut tensor = self.parameters.len();
        let mut d = doutputs.to_vec();
        let mut outputs = Vec::with_capacity(self.layers.len()); // last layer first
        for (number, layer) in self.layers.iter().enumerate().rev() {
            outputs.push(d.clone());
            let done = &trace.layers[number];
            let x = if number == 0 { &trace.input } else { &trace.layers[number - 1].outputs };
            let fused = from_sums && number + 1 == self.layers.len();
            match layer {
                Layer::Dense(dense) => {
                    tensor -= if dense.bias { 2 } else { 1 };
                    let dz =
                        if fused { d } else { activation::backward(dense.activation, &done.sums, &d, dense.units)? };
                    let gradient = self.dense(number, tensor, dense.bias)?.backward(x, &dz)?;
                    parameters.extend(gradient.dbias);
                    parameters.push(gradient.dweight);
                    d = gradient.dx;
                }
                Layer::Activation(_) if fused => {}
                Layer::Activation(function) => {
                    d = activation::backward(*function, &done.sums, &d, self.widths[number])?;
                }
                Layer::Dropout(dropout) => {
                    if let Some(mask) = &done.mask {
                        d = dropout::backward(dropout.rate, mask, &d)?;
                    }
                }
                Layer::Flatten => {}
                other => {
                    return Err(Error::shape(format!("layer {} ({other})", number + 1), "it has no twin yet"));
                }
            }
        }
        parameters.reverse();
        outputs.reverse();
        Ok(Gradients { parameters, input: d, outputs })
    }

    /// Whether the last activation belongs to the loss: cross-entropy takes logits, so a softmax or sigmoid at the end is
    /// for predictions and is not applied before the loss.
    pub(super) fn loss_takes_sums(&self, loss: Loss) -> bool {
        let last = match self.layers.last() {
            Some(Layer::Dense(dense)) => dense.activation,
            Some(Layer::Activation(activation)) => *activation,
            _ => return false,
        };
        matches!(
            (loss, last),
            (Loss::CategoricalCrossEntropy { .. }, Activation::Softmax)
                | (Loss::BinaryCrossEntropy { .. }, Activation::Sigmoid)
        )
    }

    /// Forward, loss and backward for one batch. Masks as in [`Network::forward`]. A softmax or sigmoid at the end is not
    /// applied a second time when the loss is the cross-entropy that holds it.
    pub fn learn(&self, x: &[f64], masks: Option<&[Vec<f64>]>, goal: &Goal<'_>) -> Result<Learning> {
        let trace = self.forward(x, masks)?;
        let from_sums = self.loss_takes_sums(goal.loss);
        let outputs = match trace.layers.last() {
            Some(last) if from_sums => &last.sums,
            _ => trace.outputs(),
        };
        let loss = goal.evaluate(outputs, self.output_width())?;
        let gradients = self.backward_from(&trace, &loss.doutputs, from_sums)?;
        Ok(Learning { trace, loss: loss.value, gradients })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{Targets, central_differences};
    use crate::rng::{Purpose, Rng};
    use crate::{Dense, Dropout, Gate};

    const CATEGORICAL: Loss = Loss::CategoricalCrossEntropy { label_smoothing: 0.0 };

    fn numbers(rng: &mut Rng, n: usize) -> Vec<f64> {
        (0..n).map(|_| rng.normal()).collect()
    }

    #[test]
    fn xor_is_a_chain_of_two_dense_layers() {
        let gate = Gate::Xor.layers();
        let layers = [Dense::new(2, Activation::Step).into(), Dense::new(1, Activation::Step).into()];
        let parameters = gate.iter().flat_map(|layer| [layer.weights(), layer.biases()]).collect();
        let network = Network::new(Shape::Flat(2), &layers, parameters).unwrap();
        let trace = network.forward(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], None).unwrap();
        assert_eq!(trace.batch, 4);
        assert_eq!(trace.layers[0].outputs, [1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0]);
        assert_eq!(trace.outputs(), [0.0, 1.0, 1.0, 0.0]);
    }

    /// Every kind of layer in one chain: every parameter and every input against central differences.
    #[test]
    fn all_gradients_are_those_by_differences() {
        let mut rng = Rng::stream(5, Purpose::Data, 0);
        let layers: Vec<Layer> = vec![
            Layer::Flatten,
            Dense::tanh(5).into(),
            Dropout::new(0.25).into(),
            Dense::new(4, Activation::Softmax).without_bias().into(),
            Layer::Activation(Activation::Gelu),
            Dense::new(3, Activation::Softplus).into(),
        ];
        let input = Shape::Image { channels: 1, height: 2, width: 3 };
        let parameters: Vec<Vec<f64>> = [30, 5, 20, 12, 3].map(|n| numbers(&mut rng, n)).to_vec();
        let x = numbers(&mut rng, 4 * 6);
        let masks = [(0..20).map(|i| if i % 4 == 1 { 0.0 } else { 1.0 }).collect::<Vec<f64>>()];
        let goal = Goal { loss: CATEGORICAL, targets: Targets::Classes(&[0, 2, 1, 1]), class_weights: None };
        let network = Network::new(input, &layers, parameters.clone()).unwrap();
        let step = network.learn(&x, Some(&masks), &goal).unwrap();

        let by_input = central_differences(|x| network.learn(x, Some(&masks), &goal).unwrap().loss, &x, 1e-5);
        let mut pairs: Vec<(f64, f64)> = step.gradients.input.iter().copied().zip(by_input).collect();
        assert_eq!(step.gradients.parameters.len(), parameters.len());
        for (tensor, values) in parameters.iter().enumerate() {
            let loss = |values: &[f64]| {
                let mut moved = network.clone();
                moved.parameters_mut()[tensor] = values.to_vec();
                moved.learn(&x, Some(&masks), &goal).unwrap().loss
            };
            let differences = central_differences(loss, values, 1e-5);
            assert_eq!(step.gradients.parameters[tensor].len(), differences.len());
            pairs.extend(step.gradients.parameters[tensor].iter().copied().zip(differences));
        }
        assert_eq!(pairs.len(), 24 + 70);
        assert!(pairs.iter().filter(|(got, _)| got.abs() > 1e-4).count() > 60, "too little moves");
        for (got, expected) in pairs {
            assert!((got - expected).abs() < 1e-8, "{got} {expected}");
        }
    }

    #[test]
    fn a_softmax_at_the_end_is_not_applied_twice() {
        let parameters = vec![vec![0.3, -0.2, 0.8, 0.5], vec![0.1, -0.4]];
        let goal = Goal { loss: CATEGORICAL, targets: Targets::Classes(&[1]), class_weights: None };
        let learn = |layers: &[Layer]| {
            Network::new(Shape::Flat(2), layers, parameters.clone()).unwrap().learn(&[1.0, 2.0], None, &goal).unwrap()
        };
        let plain = learn(&[Dense::linear(2).into()]);
        let ending = learn(&[Dense::new(2, Activation::Softmax).into()]);
        let apart = learn(&[Dense::linear(2).into(), Layer::Activation(Activation::Softmax)]);
        for other in [&ending, &apart] {
            assert_eq!(plain.loss, other.loss);
            assert_eq!(plain.gradients.parameters, other.gradients.parameters);
            assert_eq!(plain.gradients.input, other.gradients.input);
            assert!((other.trace.outputs().iter().sum::<f64>() - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn dropout_does_nothing_at_prediction() {
        let layers = [Dropout::new(0.5).into()];
        let network = Network::new(Shape::Flat(2), &layers, vec![]).unwrap();
        assert_eq!(network.forward(&[1.0, 2.0], None).unwrap().outputs(), [1.0, 2.0]);
        assert_eq!(network.forward(&[1.0, 2.0], Some(&[vec![1.0, 0.0]])).unwrap().outputs(), [2.0, 0.0]);
        let message = network.forward(&[1.0, 2.0], Some(&[])).unwrap_err().to_string();
        assert_eq!(message, "layer 1 (dropout): it has no mask; give one each");
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let layers = [Dense::relu(3).into()];
        let message = |parameters| Network::new(Shape::Flat(2), &layers, parameters).unwrap_err().to_string();
        assert_eq!(message(vec![vec![0.0; 6]]), "network: 1 tensors were given, but the layers have 2");
        assert_eq!(message(vec![vec![0.0; 5], vec![0.0; 3]]), "layer 1: weight: 5 values, but 6 are needed");
        let mut network = Network::new(Shape::Flat(2), &layers, vec![vec![0.0; 6], vec![0.0; 3]]).unwrap();
        assert!(network.forward(&[0.0; 3], None).is_err());
        network.parameters_mut()[0].clear();
        assert!(network.forward(&[0.0; 2], None).is_err());
    }
}
