//! Layers to operations: what each layer asks for.

use super::graph::{Graph, Order};
use crate::kernel::conv::Area;
use crate::layer::{Dense, Layer, Window, channels};
use crate::network::Tensor;
use crate::op::{CellWeights, ConvSpec, Lowered, NormSpec, RecurrentSpec};
use crate::{Activation, Network, Shape};
use std::ops::Range;

/// The graph of a network, without what does nothing. Dropout is left out where nothing is learnt.
pub(super) fn lower(network: &Network, training: bool) -> Graph {
    let mut lowering =
        Lowering { graph: Graph::new(network.input()), tensors: network.tensor_list().iter(), dropouts: 0, training };
    for (number, layer) in network.layers().iter().enumerate() {
        lowering.layer(number, layer);
    }
    // Whatever the order inside, at the border values lie as their shape says.
    lowering.graph.bring_into(network.layers().len().saturating_sub(1), Order::Planar);
    lowering.graph
}

struct Lowering<'n> {
    graph: Graph,
    /// Those that no layer has taken yet.
    tensors: std::slice::Iter<'n, Tensor>,
    /// So far: each draws masks of its own.
    dropouts: u64,
    training: bool,
}

impl Lowering<'_> {
    fn shape(&self) -> Shape {
        self.graph.values[self.graph.output].shape
    }

    /// The order of the value that is read next.
    fn order(&self) -> Order {
        self.graph.values[self.graph.output].order
    }

    /// The next tensor's place among the parameters.
    fn tensor(&mut self) -> Range<usize> {
        match self.tensors.next() {
            Some(tensor) => tensor.range.clone(),
            None => unreachable!("the layers ask for as many tensors as they have declared"),
        }
    }

    fn layer(&mut self, number: usize, layer: &Layer) {
        let input = self.shape();
        let Ok(output) = layer.output(input) else { unreachable!("the network has checked its shapes") };
        match layer {
            Layer::Dense(dense) => self.dense(number, dense, output),
            Layer::Conv(conv) => {
                let Ok(geometry) = conv.geometry(input) else { unreachable!("the network has checked its shapes") };
                let order = self.windowed(number);
                let weight = self.tensor();
                let bias = conv.bias.then(|| self.tensor());
                let windows = match input {
                    Shape::Sequence { .. } => Some(self.windows()),
                    _ => None,
                };
                let spec =
                    ConvSpec { geometry, weight, bias, area: Area::ONE, activation: Activation::Identity, windows };
                self.graph.push(number, Lowered::Conv(spec), output, order);
                self.note_window(geometry.columns);
                self.activate(number, conv.activation);
            }
            Layer::Pool(pool) => {
                let Ok(geometry) = pool.geometry(input) else { unreachable!("the network has checked its shapes") };
                let order = self.windowed(number);
                let op = Lowered::Pool { geometry, pooling: pool.pooling, windows: self.windows() };
                self.graph.push(number, op, output, order);
                self.note_window(geometry.columns);
            }
            Layer::GlobalPool(pool) => {
                self.windowed(number);
                let windows = self.windows();
                let (places, channels) = channels(input);
                let op = Lowered::GlobalPool { pooling: pool.pooling, places, channels, windows };
                self.graph.push(number, op, output, Order::Planar);
            }
            Layer::BatchNorm(norm) => {
                let order = self.windowed(number);
                let (places, channels) = channels(input);
                let spec = NormSpec {
                    places,
                    channels,
                    weight: self.tensor(),
                    bias: self.tensor(),
                    epsilon: norm.epsilon as f32,
                };
                let (mean, variance) = (self.tensor(), self.tensor());
                let op = Lowered::BatchNorm {
                    spec,
                    mean,
                    variance,
                    momentum: norm.momentum as f32,
                    windows: self.windows(),
                };
                self.graph.push(number, op, output, order);
            }
            Layer::LayerNorm(norm) => {
                let order = match input {
                    Shape::Image { .. } => self.windowed(number),
                    _ => self.order(),
                };
                let (places, channels) = channels(input);
                // Each step of a sequence by itself; an image as a whole.
                let (rows, places) = match input {
                    Shape::Sequence { .. } => (places, 1),
                    _ => (1, places),
                };
                let spec = NormSpec {
                    places,
                    channels,
                    weight: self.tensor(),
                    bias: self.tensor(),
                    epsilon: norm.epsilon as f32,
                };
                self.graph.push(number, Lowered::LayerNorm { spec, rows }, output, order);
            }
            Layer::Embedding(embedding) => {
                let (vocabulary, dimensions) = (embedding.vocabulary, embedding.dimensions);
                let weight = self.tensor();
                let order = self.order();
                let op = Lowered::Embedding { weight, vocabulary, dimensions, steps: input.len() };
                self.graph.push(number, op, output, order);
            }
            Layer::Recurrent(recurrent) => {
                let Ok((steps, inputs)) = recurrent.reads(input) else {
                    unreachable!("the network has checked its shapes")
                };
                self.read_as(Shape::Sequence { steps, features: inputs });
                self.graph.bring_into(number, Order::StepsFirst);
                let windows = self.windows();
                let mut cells = Vec::new();
                for _ in 0..recurrent.directions() {
                    let (input, state) = (self.tensor(), self.tensor());
                    let bias = recurrent.bias.then(|| (self.tensor(), self.tensor()));
                    cells.push(CellWeights { input, state, bias });
                }
                let spec = RecurrentSpec {
                    cell: recurrent.cell,
                    steps,
                    inputs,
                    units: recurrent.units,
                    sequences: recurrent.sequences,
                    cells,
                    windows,
                };
                let order = if recurrent.sequences { Order::StepsFirst } else { Order::Planar };
                self.graph.push(number, Lowered::Recurrent(spec), output, order);
            }
            Layer::Residual(residual) => {
                let x = self.graph.output;
                let order = self.order();
                for layer in &residual.layers {
                    self.layer(number, layer);
                }
                self.graph.bring_into(number, order);
                debug_assert!(self.graph.values[x].lies_as(order), "what goes past the chain stays as it is");
                self.graph.push(number, Lowered::Add { len: input.len() }, input, order);
                if let Some(step) = self.graph.steps.last_mut() {
                    step.other = Some(x);
                }
            }
            Layer::Dropout(dropout) => {
                self.dropouts += 1;
                if self.training {
                    let op = Lowered::Dropout { rate: dropout.rate, number: self.dropouts - 1, len: input.len() };
                    self.graph.push(number, op, output, self.order());
                }
            }
            Layer::Flatten => {
                self.graph.bring_into(number, Order::Planar);
                if let Shape::Sequence { steps, features } = input {
                    // As one row, a sequence has no end any more: what stands behind it would be read.
                    let op = Lowered::Mask { steps, features, windows: self.windows() };
                    self.graph.push(number, op, input, Order::Planar);
                }
                self.read_as(output);
            }
            Layer::Activation(activation) => self.activate(number, *activation),
        }
    }

    fn dense(&mut self, number: usize, dense: &Dense, output: Shape) {
        let input = self.shape();
        let (rows, order) = match input {
            Shape::Sequence { steps, .. } => (steps, self.order()),
            _ => {
                self.graph.bring_into(number, Order::Planar);
                (1, Order::Planar)
            }
        };
        let weight = self.tensor();
        let bias = dense.bias.then(|| self.tensor());
        let op = Lowered::Product {
            rows,
            inputs: Dense::reads(input),
            outputs: dense.units,
            weight,
            bias,
            activation: Activation::Identity,
        };
        self.graph.push(number, op, output, order);
        self.activate(number, dense.activation);
    }

    /// Applies an activation; identity is none.
    fn activate(&mut self, number: usize, activation: Activation) {
        let shape = self.shape();
        if activation != Activation::Identity {
            // A softmax is over the values of a step, or over all of an example.
            let width = Dense::reads(shape);
            let op = Lowered::Activate { activation, width, rows: shape.len() / width.max(1) };
            self.graph.push(number, op, shape, self.order());
        }
    }

    /// Brings the value into the order that windows read: channels innermost, places in their order.
    fn windowed(&mut self, number: usize) -> Order {
        let order = match self.shape() {
            Shape::Image { .. } => Order::ChannelsLast,
            _ => Order::Planar,
        };
        self.graph.bring_into(number, order);
        order
    }

    fn windows(&self) -> Vec<Window> {
        self.graph.values[self.graph.output].windows.clone()
    }

    /// Writes down that a window has gone over a sequence.
    fn note_window(&mut self, window: Window) {
        let value = &mut self.graph.values[self.graph.output];
        if let Shape::Sequence { .. } = value.shape {
            value.windows.push(window);
        }
    }

    /// The same values under another shape. Nobody reads them under the old one any more: no layer turns a row back into
    /// an image, so that a residual's addition never has both.
    fn read_as(&mut self, shape: Shape) {
        let value = &mut self.graph.values[self.graph.output];
        if !matches!(shape, Shape::Sequence { .. }) {
            value.windows.clear();
        }
        value.shape = shape;
    }
}
