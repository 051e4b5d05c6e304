//! The losses. Each is the mean over the examples; classification losses take logits, so that the softmax or sigmoid is
//! fused into the cross-entropy and nothing overflows.

use serde::{Deserialize, Serialize};

/// What training makes small.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Loss {
    /// Mean squared error: (y - t)², mean over outputs.
    Mse,
    /// Mean absolute error: |y - t|.
    Mae,
    /// Huber: d²/2 for |d| ≤ δ, else δ(|d| - δ/2).
    Huber {
        /// δ: where the parabola becomes a line.
        delta: f64,
    },
    /// Binary cross-entropy from one logit: softplus(z) - t·z.
    BinaryCrossEntropy {
        /// ε: the target becomes t(1 - ε) + ε/2.
        label_smoothing: f64,
    },
    /// Categorical cross-entropy from K logits: log Σ eᶻ - Σ t·z.
    CategoricalCrossEntropy {
        /// ε: the target becomes t(1 - ε) + ε/K.
        label_smoothing: f64,
    },
}
