//! Gradient clipping: large gradients are cut down before the update.

/// Scales all gradients together so that the length of them all, √Σg², is at most `limit`; their direction stays. The
/// scale is limit / (length + 10⁻⁶), never above 1, as in PyTorch's `clip_grad_norm_`. Gives the length that was found.
///
/// ```
/// use adaline::reference::clip;
/// let mut gradients = vec![vec![3.0], vec![4.0]];
/// assert_eq!(clip::by_norm(&mut gradients, 1.0), 5.0);
/// assert!((gradients[0][0] - 0.6).abs() < 1e-6 && (gradients[1][0] - 0.8).abs() < 1e-6);
/// ```
pub fn by_norm(gradients: &mut [Vec<f64>], limit: f64) -> f64 {
    let norm = gradients.iter().flatten().map(|g| g * g).sum::<f64>().sqrt();
    let scale = limit / (norm + 1e-6);
    if scale < 1.0 {
        for g in gradients.iter_mut().flatten() {
            *g *= scale;
        }
    }
    norm
}

/// Holds every gradient between -limit and limit, as PyTorch's `clip_grad_value_` does; the direction changes.
///
/// ```
/// use adaline::reference::clip;
/// let mut gradients = vec![vec![3.0, -0.5], vec![-4.0]];
/// clip::by_value(&mut gradients, 1.0);
/// assert_eq!(gradients, [vec![1.0, -0.5], vec![-1.0]]);
/// ```
pub fn by_value(gradients: &mut [Vec<f64>], limit: f64) {
    for g in gradients.iter_mut().flatten() {
        if *g > limit {
            *g = limit;
        } else if *g < -limit {
            *g = -limit;
        }
    }
}
