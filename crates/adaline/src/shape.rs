//! The shape of one example. The batch is always a separate number.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The shape of one example.
///
/// Values lie in the order in which the fields are written, the last one fastest: an image is channels × height ×
/// width (PyTorch's order), a sequence is steps × features.
///
/// ```
/// use adaline::Shape;
/// assert_eq!(Shape::Flat(4).len(), 4);
/// assert_eq!(Shape::Image { channels: 1, height: 28, width: 28 }.to_string(), "1x28x28");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Shape {
    /// A row of numbers.
    Flat(usize),
    /// Channels of height × width pixels.
    Image {
        /// Channels: 1 for grey, 3 for colour.
        channels: usize,
        /// Rows of pixels.
        height: usize,
        /// Columns of pixels.
        width: usize,
    },
    /// Steps of features, in time order.
    Sequence {
        /// How many steps.
        steps: usize,
        /// Values at each step.
        features: usize,
    },
}

impl Shape {
    /// How many numbers one example has. Saturates instead of overflowing, so that a budget check sees it.
    pub fn len(&self) -> usize {
        match *self {
            Shape::Flat(n) => n,
            Shape::Image { channels, height, width } => channels.saturating_mul(height).saturating_mul(width),
            Shape::Sequence { steps, features } => steps.saturating_mul(features),
        }
    }

    /// Whether an example has no numbers at all; no network accepts such a shape.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Shape::Flat(n) => write!(f, "{n}"),
            Shape::Image { channels, height, width } => write!(f, "{channels}x{height}x{width}"),
            Shape::Sequence { steps, features } => write!(f, "{steps} steps of {features}"),
        }
    }
}
