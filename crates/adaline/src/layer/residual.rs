//! The residual connection: a chain that can be skipped.

use super::{MAX_LAYERS, Parameter};
use crate::{Layer, Shape};

/// Deepest nesting that is read.
pub(crate) const MAX_DEPTH: usize = 8;

/// Adds what comes in to what comes out of a chain of layers.
///
/// **Formula** y = x + f(x), f being the chain: it learns what is to be changed and not the whole, and the gradient has a
/// way past it. **Shapes** any → the same; the chain must not change the shape. **Parameters** those of the chain, named
/// `layers.0.weight`, … inside it.
///
/// ```
/// use adaline::prelude::*;
/// # fn main() -> adaline::Result<()> {
/// let mut network = Network::new(Shape::Flat(2), [Residual::new([Dense::linear(2)])])?;
/// network.set("layers.0.layers.0.weight", &[0.0, 1.0, 0.0, 0.0])?;
/// network.set("layers.0.layers.0.bias", &[0.0, 0.0])?;
/// assert_eq!(network.predict(&[3.0, 4.0])?, [7.0, 4.0]);
/// # Ok(())
/// # }
/// ```
///
/// He et al. 2016, *Deep residual learning for image recognition*.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Residual {
    /// The chain.
    pub layers: Vec<Layer>,
}

impl Residual {
    /// A chain with a way past it.
    pub fn new<L: Into<Layer>>(layers: impl IntoIterator<Item = L>) -> Self {
        Residual { layers: layers.into_iter().map(Into::into).collect() }
    }

    /// The shapes before each layer of the chain, and behind the last one.
    pub(crate) fn shapes(&self, input: Shape) -> Result<Vec<Shape>, String> {
        if self.layers.is_empty() || self.layers.len() > MAX_LAYERS {
            return Err(format!("a residual has 1 to {MAX_LAYERS} layers inside: residual(dense 16 relu, dense 16)"));
        }
        let mut shapes = vec![input];
        let mut shape = input;
        for (number, layer) in self.layers.iter().enumerate() {
            shape = layer
                .output(shape)
                .map_err(|message| format!("inside it, layer {} ({layer}): {message}", number + 1))?;
            shapes.push(shape);
        }
        Ok(shapes)
    }

    fn depth(&self) -> usize {
        let inner = self.layers.iter().map(|layer| match layer {
            Layer::Residual(residual) => residual.depth(),
            _ => 0,
        });
        1 + inner.max().unwrap_or(0)
    }

    pub(super) fn output(&self, input: Shape) -> Result<Shape, String> {
        if self.depth() > MAX_DEPTH {
            return Err(format!("residuals inside residuals, more than {MAX_DEPTH} deep"));
        }
        match self.shapes(input)?.last() {
            Some(&shape) if shape == input => Ok(input),
            other => {
                let shape = other.map_or_else(String::new, ToString::to_string);
                Err(format!("its chain turns {input} into {shape}; what is added must have the same shape"))
            }
        }
    }

    pub(super) fn parameters(&self, input: Shape) -> Vec<Parameter> {
        let Ok(shapes) = self.shapes(input) else { return Vec::new() };
        let mut parameters = Vec::new();
        for (number, (layer, &shape)) in self.layers.iter().zip(&shapes).enumerate() {
            parameters.extend(layer.parameters(shape).into_iter().map(|parameter| Parameter {
                name: format!("layers.{number}.{}", parameter.name).into(),
                ..parameter
            }));
        }
        parameters
    }
}

impl From<Residual> for Layer {
    fn from(layer: Residual) -> Self {
        Layer::Residual(layer)
    }
}
