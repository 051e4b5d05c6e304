//! The activation of a batch: y = f(z), and softmax with its Jacobian.

use super::{expect_len, rows};
use crate::{Activation, Result};

/// y = f(z) for every value; softmax for every row of `width` values.
pub fn forward(activation: Activation, z: &[f64], width: usize) -> Result<Vec<f64>> {
    rows("activation", z.len(), width)?;
    let mut y = z.to_vec();
    for row in y.chunks_exact_mut(width) {
        activation.apply(row);
    }
    Ok(y)
}

/// dz from dy.
///
/// - An activation of one value: dz = dy · f'(z).
/// - Softmax, where every output depends on every z: dz\[i\] = Σⱼ dy\[j\] · ∂y\[j\]/∂z\[i\].
pub fn backward(activation: Activation, z: &[f64], dy: &[f64], width: usize) -> Result<Vec<f64>> {
    rows("activation", z.len(), width)?;
    expect_len("activation", "gradient of the outputs", dy.len(), z.len())?;
    if activation != Activation::Softmax {
        return Ok(z.iter().zip(dy).map(|(z, dy)| dy * activation.slope(*z)).collect());
    }
    let mut dz = vec![0.0; z.len()];
    for ((z, dy), dz) in z.chunks_exact(width).zip(dy.chunks_exact(width)).zip(dz.chunks_exact_mut(width)) {
        let jacobian = softmax_jacobian(&crate::softmax(z));
        for i in 0..width {
            for j in 0..width {
                dz[i] += dy[j] * jacobian[j][i];
            }
        }
    }
    Ok(dz)
}

/// ∂y\[j\]/∂z\[i\] = y\[j\]·(δᵢⱼ - y\[i\]), a row an output: raising one z takes from all the other outputs.
///
/// ```
/// use adaline::reference::activation::softmax_jacobian;
/// assert_eq!(softmax_jacobian(&[0.25, 0.75]), [[0.1875, -0.1875], [-0.1875, 0.1875]]);
/// ```
pub fn softmax_jacobian(y: &[f64]) -> Vec<Vec<f64>> {
    let n = y.len();
    let mut jacobian = vec![vec![0.0; n]; n];
    for j in 0..n {
        for i in 0..n {
            let same = if i == j { 1.0 } else { 0.0 };
            jacobian[j][i] = y[j] * (same - y[i]);
        }
    }
    jacobian
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::central_differences;

    #[test]
    fn every_gradient_is_the_one_by_differences() {
        let z = [0.3, -1.2, 2.0, -0.4, 0.9, -2.2];
        let dy = [1.0, -0.5, 0.25, 2.0, -1.5, 0.7];
        for activation in Activation::all().filter(|a| *a != Activation::Step) {
            let objective =
                |z: &[f64]| -> f64 { forward(activation, z, 3).unwrap().iter().zip(&dy).map(|(y, dy)| y * dy).sum() };
            let dz = backward(activation, &z, &dy, 3).unwrap();
            for (got, expected) in dz.iter().zip(central_differences(objective, &z, 1e-5)) {
                assert!((got - expected).abs() < 1e-8, "{activation}: {got} {expected}");
            }
        }
    }

    #[test]
    fn softmax_works_on_rows_and_not_on_the_batch() {
        let y = forward(Activation::Softmax, &[0.0, 0.0, 5.0, 5.0], 2).unwrap();
        assert_eq!(y, [0.5; 4]);
        assert!(forward(Activation::Softmax, &[0.0; 3], 2).is_err());
        assert!(backward(Activation::Relu, &[0.0; 4], &[0.0; 3], 2).is_err());
    }
}
