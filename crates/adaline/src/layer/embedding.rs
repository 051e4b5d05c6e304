//! The embedding: a row of numbers for each word.

use super::{Layout, Parameter};
use crate::{Init, Layer, Shape};

/// Looks up a row of numbers for each word: what the word means is learnt.
///
/// **Formula** y\[t\] = W\[x\[t\]\]: x holds numbers of words, from 0 to `vocabulary` - 1. A number that is no word's (encoders
/// never make one) is read as the nearest that is.
///
/// **Shapes** T steps of one number, or a flat row of T → T steps of `dimensions` numbers. There is no gradient of x.
///
/// **Parameters** `weight` (vocabulary × dimensions). **Initialisation** normal with standard deviation 1, as PyTorch has
/// it. **Cost** none: a copy.
///
/// ```
/// use adaline::prelude::*;
/// # fn main() -> adaline::Result<()> {
/// let mut network = Network::new(Shape::Flat(2), [Embedding::new(3, 2)])?;
/// network.set("layers.0.weight", &[0.0, 0.1, 1.0, 1.1, 2.0, 2.1])?;
/// assert_eq!(network.predict(&[2.0, 0.0])?, [2.0, 2.1, 0.0, 0.1]);
/// # Ok(())
/// # }
/// ```
///
/// Agrees with PyTorch's `nn.Embedding` and Keras's `Embedding`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Embedding {
    /// How many words there are.
    pub vocabulary: usize,
    /// Numbers a word.
    pub dimensions: usize,
}

impl Embedding {
    /// An embedding of so many words in so many numbers each.
    pub fn new(vocabulary: usize, dimensions: usize) -> Self {
        Embedding { vocabulary, dimensions }
    }

    pub(super) fn output(&self, input: Shape) -> Result<Shape, String> {
        // Numbers of words come in as f32, which counts every whole number up to here.
        if self.vocabulary == 0 || self.dimensions == 0 || self.vocabulary > 1 << 24 {
            return Err("an embedding needs its number of words (1 to 16,777,216) and of dimensions".to_owned());
        }
        match input {
            Shape::Flat(steps) | Shape::Sequence { steps, features: 1 } => {
                Ok(Shape::Sequence { steps, features: self.dimensions })
            }
            other => Err(format!("an embedding reads one number a step, the number of a word, and not {other}")),
        }
    }

    pub(super) fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter {
            name: "weight".into(),
            shape: vec![self.vocabulary, self.dimensions],
            layout: Layout::Plain,
            init: Init::Normal { mean: 0.0, std: 1.0 },
            fan_in: 1,
            fan_out: self.dimensions,
            penalised: false,
            trained: true,
        }]
    }
}

impl From<Embedding> for Layer {
    fn from(layer: Embedding) -> Self {
        Layer::Embedding(layer)
    }
}
