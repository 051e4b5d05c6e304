//! Gradients by trying: the test of every formula for one.

/// ∂f/∂x\[i\] ≈ (f(x + h·eᵢ) - f(x - h·eᵢ)) / 2h, one x after the other. The error is about h² and the rounding of f
/// divided by h, so 10⁻⁵ is a good h where the numbers are about 1.
///
/// ```
/// use adaline::reference::central_differences;
/// let gradient = central_differences(|x| x[0] * x[0] + 3.0 * x[1], &[2.0, 7.0], 1e-5);
/// assert!((gradient[0] - 4.0).abs() < 1e-8 && (gradient[1] - 3.0).abs() < 1e-8);
/// ```
pub fn central_differences(mut f: impl FnMut(&[f64]) -> f64, x: &[f64], h: f64) -> Vec<f64> {
    let mut moved = x.to_vec();
    let mut gradient = Vec::with_capacity(x.len());
    for i in 0..x.len() {
        moved[i] = x[i] + h;
        let above = f(&moved);
        moved[i] = x[i] - h;
        let below = f(&moved);
        moved[i] = x[i];
        gradient.push((above - below) / (2.0 * h));
    }
    gradient
}
