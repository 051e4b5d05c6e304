//! Dropout with a given mask: y = x · m / (1 - rate).

use super::expect_len;
use crate::Result;

/// y = x·m / (1 - rate); the mask m holds 0 for a value that is dropped and 1 for one that is kept.
///
/// ```
/// use adaline::reference::dropout;
/// # fn main() -> adaline::Result<()> {
/// assert_eq!(dropout::forward(0.5, &[1.0, 0.0, 1.0], &[1.0, 2.0, 3.0])?, [2.0, 0.0, 6.0]);
/// # Ok(())
/// # }
/// ```
pub fn forward(rate: f64, mask: &[f64], x: &[f64]) -> Result<Vec<f64>> {
    expect_len("dropout", "mask", mask.len(), x.len())?;
    Ok(x.iter().zip(mask).map(|(x, m)| x * m / (1.0 - rate)).collect())
}

/// dx = dy·m / (1 - rate): what was dropped could not move the loss.
pub fn backward(rate: f64, mask: &[f64], dy: &[f64]) -> Result<Vec<f64>> {
    forward(rate, mask, dy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::central_differences;

    #[test]
    fn the_gradient_is_the_one_by_differences() {
        let (mask, x, dy) = ([1.0, 0.0, 1.0, 1.0], [0.3, -1.0, 2.0, -0.7], [1.0, 2.0, -3.0, 0.5]);
        let objective =
            |x: &[f64]| -> f64 { forward(0.2, &mask, x).unwrap().iter().zip(&dy).map(|(y, dy)| y * dy).sum() };
        let dx = backward(0.2, &mask, &dy).unwrap();
        for (got, expected) in dx.iter().zip(central_differences(objective, &x, 1e-5)) {
            assert!((got - expected).abs() < 1e-8, "{got} {expected}");
        }
        assert!(forward(0.2, &mask, &[0.0; 3]).is_err());
    }
}
