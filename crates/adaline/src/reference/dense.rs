//! The dense layer: z = x·Wᵀ + b.

use super::{expect_len, rows};
use crate::Result;

/// A dense layer's sums, before the activation: a view of its weight (O × I, one row a unit) and its bias (O).
///
/// ```
/// use adaline::reference::Dense;
/// # fn main() -> adaline::Result<()> {
/// let layer = Dense::new(2, 1, &[0.4, 0.4], Some(&[-0.5]))?;
/// assert_eq!(layer.forward(&[1.0, 0.0, 1.0, 1.0])?, [-0.09999999999999998, 0.30000000000000004]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Dense<'a> {
    inputs: usize,
    units: usize,
    weight: &'a [f64],
    bias: Option<&'a [f64]>,
}

/// What a dense layer hands back.
#[derive(Debug, Clone, PartialEq)]
pub struct DenseGradient {
    /// B × I.
    pub dx: Vec<f64>,
    /// O × I.
    pub dweight: Vec<f64>,
    /// O; `None` for a layer without a bias.
    pub dbias: Option<Vec<f64>>,
}

impl<'a> Dense<'a> {
    /// The layer with its parameters. Fails when they are not O × I and O values.
    pub fn new(inputs: usize, units: usize, weight: &'a [f64], bias: Option<&'a [f64]>) -> Result<Self> {
        expect_len("dense", "weight", weight.len(), units.saturating_mul(inputs))?;
        if let Some(bias) = bias {
            expect_len("dense", "bias", bias.len(), units)?;
        }
        Ok(Dense { inputs, units, weight, bias })
    }

    /// z\[b,o\] = Σᵢ x\[b,i\]·W\[o,i\] + b\[o\], added in this order, as a [`Neuron`](crate::Neuron) does.
    pub fn forward(&self, x: &[f64]) -> Result<Vec<f64>> {
        let batch = rows("dense", x.len(), self.inputs)?;
        let mut z = vec![0.0; batch * self.units];
        for b in 0..batch {
            for o in 0..self.units {
                let mut sum = 0.0;
                for i in 0..self.inputs {
                    sum += x[b * self.inputs + i] * self.weight[o * self.inputs + i];
                }
                if let Some(bias) = self.bias {
                    sum += bias[o];
                }
                z[b * self.units + o] = sum;
            }
        }
        Ok(z)
    }

    /// The gradients from that of the sums:
    ///
    /// - dx\[b,i\] = Σₒ dz\[b,o\]·W\[o,i\]: an input moves every sum by its weight there
    /// - dW\[o,i\] = Σ_b dz\[b,o\]·x\[b,i\]: a weight moves its sum by the input, in every example
    /// - db\[o\] = Σ_b dz\[b,o\]: a bias moves its sum by itself
    pub fn backward(&self, x: &[f64], dz: &[f64]) -> Result<DenseGradient> {
        let batch = rows("dense", x.len(), self.inputs)?;
        expect_len("dense", "gradient of the sums", dz.len(), batch * self.units)?;
        let mut dx = vec![0.0; batch * self.inputs];
        let mut dweight = vec![0.0; self.units * self.inputs];
        let mut dbias = vec![0.0; self.units];
        for b in 0..batch {
            for o in 0..self.units {
                let dz = dz[b * self.units + o];
                dbias[o] += dz;
                for i in 0..self.inputs {
                    dx[b * self.inputs + i] += dz * self.weight[o * self.inputs + i];
                    dweight[o * self.inputs + i] += dz * x[b * self.inputs + i];
                }
            }
        }
        Ok(DenseGradient { dx, dweight, dbias: self.bias.map(|_| dbias) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Neuron, NeuronLayer};

    #[test]
    fn a_dense_layer_is_a_row_of_neurons() {
        let neurons = NeuronLayer::new([
            Neuron::step([0.4, -0.7, 0.1], 0.2),
            Neuron::step([1.5, 0.3, -0.2], -0.9),
            Neuron::step([0.0, 0.6, 0.6], 0.0),
        ]);
        let (weight, bias) = (neurons.weights(), neurons.biases());
        let dense = Dense::new(3, 3, &weight, Some(&bias)).unwrap();
        let batch = [[0.1, 0.2, 0.3], [-1.0, 4.0, 2.5]];
        let z = dense.forward(batch.as_flattened()).unwrap();
        for (x, z) in batch.iter().zip(z.chunks(3)) {
            let sums: Vec<f64> = neurons.fire(x).unwrap().iter().map(|firing| firing.sum.value).collect();
            assert_eq!(z, sums);
        }
    }

    #[test]
    fn two_examples_by_hand() {
        let dense = Dense::new(2, 1, &[3.0, -1.0], Some(&[0.5])).unwrap();
        let x = [1.0, 2.0, 4.0, 0.0];
        assert_eq!(dense.forward(&x).unwrap(), [1.5, 12.5]);
        let gradient = dense.backward(&x, &[1.0, 10.0]).unwrap();
        assert_eq!(gradient.dx, [3.0, -1.0, 30.0, -10.0]);
        assert_eq!(gradient.dweight, [41.0, 2.0]);
        assert_eq!(gradient.dbias.unwrap(), [11.0]);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let message = Dense::new(2, 3, &[0.0; 5], None).unwrap_err().to_string();
        assert_eq!(message, "dense: weight: 5 values, but 6 are needed");
        let dense = Dense::new(2, 1, &[0.0; 2], None).unwrap();
        assert_eq!(dense.forward(&[0.0; 3]).unwrap_err().to_string(), "dense: 3 values are not rows of 2");
        assert!(dense.backward(&[0.0; 4], &[0.0]).is_err());
        assert_eq!(dense.backward(&[0.0; 4], &[0.0; 2]).unwrap().dbias, None);
    }
}
