//! Ridge regression: the straight line that a network must not do worse than on noisy data.

use adaline::Samples;

/// w and b of the smallest Σ(y - w·x - b)² + λ‖w‖², as scikit-learn's `Ridge(alpha=λ)` has it: the bias goes free.
pub(crate) struct Ridge {
    weights: Vec<f64>,
    bias: f64,
}

impl Ridge {
    /// Solves (XᵀX + λ) w = Xᵀy over centred rows, by Cholesky's decomposition.
    pub(crate) fn fit(rows: &[&[f32]], targets: &[f64], penalty: f64) -> Ridge {
        let width = rows.first().map_or(0, |row| row.len());
        let n = rows.len() as f64;
        let mean: Vec<f64> = (0..width).map(|i| rows.iter().map(|row| f64::from(row[i])).sum::<f64>() / n).collect();
        let target_mean = targets.iter().sum::<f64>() / n;
        let mut gram = vec![0.0; width * width];
        let mut along = vec![0.0; width];
        for (row, target) in rows.iter().zip(targets) {
            for i in 0..width {
                let x = f64::from(row[i]) - mean[i];
                along[i] += x * (target - target_mean);
                for j in 0..width {
                    gram[i * width + j] += x * (f64::from(row[j]) - mean[j]);
                }
            }
        }
        for i in 0..width {
            gram[i * width + i] += penalty;
        }
        let weights = solve(&mut gram, along);
        let bias = target_mean - weights.iter().zip(&mean).map(|(w, m)| w * m).sum::<f64>();
        Ridge { weights, bias }
    }

    pub(crate) fn predict(&self, row: &[f32]) -> f64 {
        self.bias + self.weights.iter().zip(row).map(|(w, x)| w * f64::from(*x)).sum::<f64>()
    }
}

/// Solves A x = b for a positive definite A (row by row), which becomes its own lower factor.
fn solve(a: &mut [f64], mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| a[i * n + k] * a[j * n + k]).sum();
            let rest = a[i * n + j] - sum;
            a[i * n + j] = if i == j { rest.sqrt() } else { rest / a[j * n + j] };
        }
    }
    for i in 0..n {
        let sum: f64 = (0..i).map(|k| a[i * n + k] * b[k]).sum();
        b[i] = (b[i] - sum) / a[i * n + i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| a[k * n + i] * b[k]).sum();
        b[i] = (b[i] - sum) / a[i * n + i];
    }
    b
}

/// All rows of some samples.
pub(crate) fn rows(samples: &Samples) -> impl Iterator<Item = &[f32]> {
    (0..samples.rows()).map(|row| samples.input(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_is_found() {
        // y = 2a - 3b + 5
        let rows: [&[f32]; 5] = [&[0.0, 0.0], &[1.0, 0.0], &[0.0, 1.0], &[2.0, 1.0], &[-1.0, 3.0]];
        let targets = [5.0, 7.0, 2.0, 6.0, -6.0];
        let ridge = Ridge::fit(&rows, &targets, 0.0);
        for (row, target) in rows.iter().zip(targets) {
            assert!((ridge.predict(row) - target).abs() < 1e-12);
        }
    }

    #[test]
    fn the_penalty_shortens_the_weights_but_not_the_bias() {
        // One input, ±1: w = Σxy / (Σx² + λ) = 4 / (2 + 2).
        let ridge = Ridge::fit(&[&[1.0], &[-1.0]], &[12.0, 8.0], 2.0);
        assert!((ridge.weights[0] - 1.0).abs() < 1e-12 && (ridge.bias - 10.0).abs() < 1e-12);
    }
}
