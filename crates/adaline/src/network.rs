//! A network: a chain of layers with its parameters in one flat buffer.

mod by_hand;
mod summary;

#[cfg(feature = "data")]
pub(crate) use summary::bytes;
#[cfg(feature = "plot")]
pub(crate) use summary::thousands;

use crate::kernel::buffer::{Buffer, is_there_room_for, round_up};
use crate::layer::{MAX_LAYERS, Parameter};
use crate::plan::Predictor;
use crate::rng::{Purpose, Rng};
use crate::{Activation, Error, Layer, Result, Shape, error::did_you_mean};
use std::ops::Range;

/// Most parameters that a network may have: 2 GiB of f32, and four times that while training. A larger number is taken
/// for a slip, or for a hostile file.
const MAX_PARAMETERS: usize = 1 << 29;

/// A chain of layers and its parameters.
///
/// ```
/// use adaline::prelude::*;
/// # fn main() -> adaline::Result<()> {
/// // XOR by hand: NAND and OR, then AND.
/// let mut xor = Network::new(Shape::Flat(2), [Dense::new(2, Activation::Step), Dense::new(1, Activation::Step)])?;
/// xor.set("layers.0.weight", &[-0.6, -0.6, 0.4, 0.4])?;
/// xor.set("layers.0.bias", &[0.7, -0.3])?;
/// xor.set("layers.1.weight", &[0.4, 0.4])?;
/// xor.set("layers.1.bias", &[-0.6])?;
/// assert_eq!(xor.predict(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])?, [0.0, 1.0, 1.0, 0.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Network {
    input: Shape,
    layers: Vec<Layer>,
    /// Behind each layer.
    shapes: Vec<Shape>,
    tensors: Vec<Tensor>,
    params: Buffer,
}

/// A tensor of a network: a named part of its buffer.
#[derive(Debug, Clone)]
pub(crate) struct Tensor {
    /// `layers.0.weight`
    pub name: String,
    pub layer: usize,
    pub parameter: Parameter,
    /// In the buffer; starts on 64 bytes and is filled up with zeroes to whole lines.
    pub range: Range<usize>,
}

impl Tensor {
    /// Values in the file, without padding.
    pub(crate) fn len(&self) -> usize {
        self.parameter.shape.iter().product()
    }
}

impl Network {
    /// A chain of layers over inputs of one shape, with weights drawn from seed 0; see [`Network::initialize`].
    ///
    /// Fails with [`Error::Shape`] where a layer cannot read what comes before it, naming the layer.
    pub fn new<L: Into<Layer>>(input: Shape, layers: impl IntoIterator<Item = L>) -> Result<Self> {
        let layout = NetworkLayout::new(input, layers.into_iter().map(Into::into).collect())?;
        let mut network = layout.zeroed();
        network.initialize(0);
        Ok(network)
    }

    /// Draws all parameters anew. The same seed gives the same bits; each tensor has a random stream of its own.
    pub fn initialize(&mut self, seed: u64) {
        for number in 0..self.tensors.len() {
            let tensor = &self.tensors[number];
            let Parameter { init, fan_in, fan_out, .. } = tensor.parameter;
            let mut rng = Rng::stream(seed, Purpose::Init, number as u64);
            // In place: a copy would be another half of the memory.
            let (layout, memory) = (tensor.parameter.layout, &mut self.params[tensor.range.clone()]);
            for k in 0..tensor.len() {
                memory[layout.place(k)] = init.sample(&mut rng, fan_in, fan_out);
            }
        }
    }

    /// The shape of one example.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// The shape of what comes out for one example.
    pub fn output(&self) -> Shape {
        self.shapes.last().copied().unwrap_or(self.input)
    }

    /// The layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The shape of one example behind each layer.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// The activation that the outputs come out of, seen through layers behind it that change nothing.
    pub(crate) fn last_activation(&self) -> Option<Activation> {
        let same = |layer: &&Layer| matches!(layer, Layer::Flatten | Layer::Activation(Activation::Identity));
        self.layers.iter().rev().find(|layer| !same(layer)).and_then(Layer::activation)
    }

    /// A layer as messages name it: by its number, from 1, and its notation.
    pub(crate) fn place(&self, number: usize) -> String {
        match self.layers.get(number) {
            Some(layer) => format!("layer {} ({layer})", number + 1),
            None => "the network".to_owned(),
        }
    }

    /// The number of the first layer with a parameter that is not finite.
    pub(crate) fn first_not_finite(&self) -> Option<usize> {
        let broken = |tensor: &&Tensor| !crate::kernel::update::all_finite(&self.params[tensor.range.clone()]);
        self.tensors.iter().find(broken).map(|tensor| tensor.layer)
    }

    /// How many numbers training adjusts.
    pub fn parameters(&self) -> usize {
        self.tensors.iter().filter(|tensor| tensor.parameter.trained).map(Tensor::len).sum()
    }

    /// How many numbers of one layer training adjusts.
    pub fn parameters_of(&self, layer: usize) -> usize {
        self.tensors.iter().filter(|tensor| tensor.layer == layer && tensor.parameter.trained).map(Tensor::len).sum()
    }

    /// The chain as `--net` takes it.
    pub fn notation(&self) -> String {
        Layer::chain_to_string(&self.layers)
    }

    /// The tensors' names and shapes, layer by layer. Names are `layers.N.weight`, N counting from 0; shapes are PyTorch's.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor.parameter.shape.as_slice()))
    }

    /// A tensor's values in PyTorch's order: a dense weight row by row, one row for each unit.
    ///
    /// Fails when there is no tensor of that name.
    pub fn get(&self, name: &str) -> Result<Vec<f32>> {
        Ok(self.read(self.find(name)?))
    }

    /// Sets a tensor from values in PyTorch's order.
    ///
    /// Fails when there is no tensor of that name, the number of values is another, or one of them is not finite.
    pub fn set(&mut self, name: &str, values: &[f32]) -> Result<()> {
        let number = self.find(name)?;
        let tensor = &self.tensors[number];
        if values.len() != tensor.len() {
            let shape = &tensor.parameter.shape;
            return Err(Error::shape(
                name,
                format!("{} values were given for a tensor of shape {shape:?}", values.len()),
            ));
        }
        if let Some(at) = values.iter().position(|x| !x.is_finite()) {
            return Err(Error::shape(name, format!("value {at} is {}; parameters must be finite", values[at])));
        }
        self.write(number, values);
        Ok(())
    }

    fn find(&self, name: &str) -> Result<usize> {
        self.tensors.iter().position(|tensor| tensor.name == name).ok_or_else(|| {
            let names = self.tensors.iter().map(|tensor| tensor.name.as_str());
            Error::setting("tensor", format!("the network has no tensor \"{name}\"{}", did_you_mean(name, names)))
        })
    }

    fn read(&self, number: usize) -> Vec<f32> {
        let tensor = &self.tensors[number];
        tensor.parameter.layout.to_file(tensor.len(), &self.params[tensor.range.clone()])
    }

    fn write(&mut self, number: usize, values: &[f32]) {
        let tensor = &self.tensors[number];
        tensor.parameter.layout.from_file(values, &mut self.params[tensor.range.clone()]);
    }

    /// What comes out for rows of inputs, one after the other, through every layer. The rows follow from the length.
    ///
    /// Makes a plan for every call; a program that predicts again and again keeps a [`Predictor`].
    pub fn predict(&self, inputs: &[f32]) -> Result<Vec<f32>> {
        let width = self.input.len();
        let rows = inputs.len() / width;
        if inputs.is_empty() || !inputs.len().is_multiple_of(width) {
            return Err(Error::shape(
                "network",
                format!("{} values were given; one example of shape {} has {width}", inputs.len(), self.input),
            ));
        }
        let mut predictor = Predictor::new(self, rows.min(256), 1)?;
        let mut outputs = Vec::with_capacity(rows * self.output().len());
        for batch in inputs.chunks(256 * width) {
            outputs.extend_from_slice(predictor.predict(batch)?);
        }
        Ok(outputs)
    }

    pub(crate) fn tensor_list(&self) -> &[Tensor] {
        &self.tensors
    }

    /// The buffer with all parameters as they lie in memory.
    pub(crate) fn params(&self) -> &Buffer {
        &self.params
    }

    pub(crate) fn params_mut(&mut self) -> &mut Buffer {
        &mut self.params
    }
}

/// A network before it has memory: its shapes and tensors. What a file claims is compared with what the file holds
/// before anything is allocated.
pub(crate) struct NetworkLayout {
    input: Shape,
    layers: Vec<Layer>,
    shapes: Vec<Shape>,
    tensors: Vec<Tensor>,
    /// Values of the buffer.
    len: usize,
}

impl NetworkLayout {
    pub(crate) fn new(input: Shape, layers: Vec<Layer>) -> Result<Self> {
        if layers.is_empty() {
            return Err(Error::shape("network", "a network needs at least one layer, for example \"dense 1\""));
        }
        if layers.len() > MAX_LAYERS {
            return Err(Error::shape(
                "network",
                format!("{} layers are too many; there may be {MAX_LAYERS}", layers.len()),
            ));
        }
        if input.is_empty() {
            return Err(Error::shape("network", format!("an input of shape {input} holds no values")));
        }
        let mut shape = input;
        let mut shapes = Vec::with_capacity(layers.len());
        let mut tensors = Vec::new();
        let mut len = 0usize;
        for (number, layer) in layers.iter().enumerate() {
            let place = || format!("layer {} ({layer})", number + 1);
            let output = layer.output(shape).map_err(|message| Error::shape(place(), message))?;
            let too_large = || {
                Error::shape(
                    place(),
                    format!(
                        "reading {shape}, the network would have more than {MAX_PARAMETERS} parameters; make a layer smaller"
                    ),
                )
            };
            for parameter in layer.parameters(shape) {
                let values = parameter.shape.iter().try_fold(1usize, |len, &n| len.checked_mul(n));
                let size =
                    parameter.layout.size(values).filter(|&size| size <= MAX_PARAMETERS).ok_or_else(too_large)?;
                let end = len + round_up(size);
                if end > MAX_PARAMETERS {
                    return Err(too_large());
                }
                let name = format!("layers.{number}.{}", parameter.name);
                tensors.push(Tensor { name, layer: number, parameter, range: len..end });
                len = end;
            }
            shape = output;
            shapes.push(shape);
        }
        if !is_there_room_for(len) {
            let size = summary::bytes(len.saturating_mul(size_of::<f32>()));
            return Err(Error::shape(
                "network",
                format!("there is no memory for its parameters ({size}); make a layer smaller"),
            ));
        }
        Ok(NetworkLayout { input, layers, shapes, tensors, len })
    }

    /// How many numbers training adjusts.
    #[cfg(feature = "data")]
    pub(crate) fn parameters(&self) -> usize {
        self.tensors.iter().map(Tensor::len).sum()
    }

    /// The network with all parameters zero.
    pub(crate) fn zeroed(self) -> Network {
        let NetworkLayout { input, layers, shapes, tensors, len } = self;
        Network { input, layers, shapes, tensors, params: Buffer::zeroed(len) }
    }
}
