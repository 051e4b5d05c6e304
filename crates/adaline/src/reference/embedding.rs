//! The embedding: y\[t\] = W\[x\[t\]\].

use super::expect_len;
use crate::{Error, Result};

/// An embedding: a view of its weight (vocabulary × dimensions).
///
/// ```
/// use adaline::reference::Embedding;
/// # fn main() -> adaline::Result<()> {
/// let weight = [0.0, 0.1, 1.0, 1.1, 2.0, 2.1];
/// let embedding = Embedding::new(3, 2, &weight)?;
/// assert_eq!(embedding.forward(&[2.0, 0.0]), [2.0, 2.1, 0.0, 0.1]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Embedding<'a> {
    vocabulary: usize,
    dimensions: usize,
    weight: &'a [f64],
}

impl<'a> Embedding<'a> {
    /// The layer with its weight. Fails when that is not vocabulary × dimensions, or there are no words.
    pub fn new(vocabulary: usize, dimensions: usize, weight: &'a [f64]) -> Result<Self> {
        if vocabulary == 0 {
            return Err(Error::shape("embedding", "there are no words"));
        }
        expect_len("embedding", "weight", weight.len(), vocabulary.saturating_mul(dimensions))?;
        Ok(Embedding { vocabulary, dimensions, weight })
    }

    /// The number of a word; what is no word's is read as the nearest that is.
    pub(super) fn word(&self, x: f64) -> usize {
        (x.round().max(0.0) as usize).min(self.vocabulary - 1)
    }

    /// y\[t, k\] = W\[x\[t\], k\]
    pub fn forward(&self, x: &[f64]) -> Vec<f64> {
        let mut y = Vec::new();
        for &x in x {
            let word = self.word(x);
            for k in 0..self.dimensions {
                y.push(self.weight[word * self.dimensions + k]);
            }
        }
        y
    }

    /// dW\[w, k\] = Σ dy\[t, k\] over the steps t that read word w. x is the number of a word: it has no gradient.
    pub fn backward(&self, x: &[f64], dy: &[f64]) -> Result<Vec<f64>> {
        expect_len("embedding", "gradient of the outputs", dy.len(), x.len() * self.dimensions)?;
        let mut dweight = vec![0.0; self.weight.len()];
        for (t, &x) in x.iter().enumerate() {
            let word = self.word(x);
            for k in 0..self.dimensions {
                dweight[word * self.dimensions + k] += dy[t * self.dimensions + k];
            }
        }
        Ok(dweight)
    }
}
