//! Where the values of channels lie.

use crate::Shape;

/// An example as channels × height × width. A sequence is an image of one row whose channels lie innermost, and a flat row
/// of n numbers is n channels of one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Planes {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    channels_last: bool,
}

impl Planes {
    pub(super) fn of(shape: Shape) -> Self {
        match shape {
            Shape::Image { channels, height, width } => Planes { channels, height, width, channels_last: false },
            Shape::Sequence { steps, features } => {
                Planes { channels: features, height: 1, width: steps, channels_last: true }
            }
            Shape::Flat(n) => Planes { channels: n, height: 1, width: 1, channels_last: true },
        }
    }

    /// Values of one example.
    pub(super) fn len(self) -> usize {
        self.channels * self.height * self.width
    }

    /// Places of one channel.
    pub(super) fn places(self) -> usize {
        self.height * self.width
    }

    /// Where the value of channel c in row i and column j lies.
    pub(super) fn at(self, c: usize, i: usize, j: usize) -> usize {
        self.of_place(c, i * self.width + j)
    }

    /// Where the value of channel c at place p lies; places are counted row by row.
    pub(super) fn of_place(self, c: usize, p: usize) -> usize {
        if self.channels_last { p * self.channels + c } else { c * self.places() + p }
    }
}
