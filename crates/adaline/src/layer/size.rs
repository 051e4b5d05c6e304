//! Windows that move over an image or a sequence: how large they are, how far they step, and what comes out.

use std::fmt;

/// A size along an image's two sides, or along a sequence.
///
/// ```
/// use adaline::Size;
/// assert_eq!(Size::from(3).to_string(), "3");
/// assert_eq!(Size::from((5, 3)).to_string(), "5x3");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Size {
    /// The same on both sides of an image; the steps of a sequence.
    Side(usize),
    /// Rows and columns of an image.
    Sides(usize, usize),
}

impl Size {
    /// Along the rows and the columns of an image.
    pub fn sides(self) -> (usize, usize) {
        match self {
            Size::Side(side) => (side, side),
            Size::Sides(height, width) => (height, width),
        }
    }

    /// Along a sequence: one number, or `1xN`.
    pub(crate) fn steps(self) -> Option<usize> {
        match self {
            Size::Side(steps) | Size::Sides(1, steps) => Some(steps),
            Size::Sides(..) => None,
        }
    }

    pub(crate) fn is_zero(self) -> bool {
        let (height, width) = self.sides();
        height == 0 || width == 0
    }
}

impl From<usize> for Size {
    fn from(side: usize) -> Self {
        Size::Side(side)
    }
}

impl From<(usize, usize)> for Size {
    fn from((height, width): (usize, usize)) -> Self {
        Size::Sides(height, width)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Size::Side(side) => write!(f, "{side}"),
            Size::Sides(height, width) => write!(f, "{height}x{width}"),
        }
    }
}

/// What happens at the edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Padding {
    /// A window lies wholly inside: n values give ⌊(n - reach) / stride⌋ + 1.
    #[default]
    Valid,
    /// Zeroes around it, so that n values give ⌈n / stride⌉; where their number is odd, the one more is behind (as in
    /// Keras).
    Same,
}

/// A window along one axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub kernel: usize,
    pub stride: usize,
    pub dilation: usize,
    pub padding: Padding,
}

impl Window {
    /// From the first value that a window sees to behind its last one.
    pub(crate) fn reach(self) -> usize {
        self.kernel.saturating_sub(1).saturating_mul(self.dilation).saturating_add(1)
    }

    /// How many windows n values have; none where no window fits.
    pub(crate) fn count(self, n: usize) -> usize {
        match self.padding {
            Padding::Valid => n.checked_sub(self.reach()).map_or(0, |rest| rest / self.stride + 1),
            Padding::Same => n.div_ceil(self.stride),
        }
    }

    /// Zeroes before and behind n values.
    pub(crate) fn pads(self, n: usize) -> (usize, usize) {
        match self.padding {
            Padding::Valid => (0, 0),
            Padding::Same => {
                let spanned = self.count(n).saturating_sub(1).saturating_mul(self.stride).saturating_add(self.reach());
                let all = spanned.saturating_sub(n);
                (all / 2, all - all / 2)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_counted_as_keras_counts_them() {
        let window = |kernel, stride, dilation, padding| Window { kernel, stride, dilation, padding };
        for (w, n, count, pads) in [
            (window(3, 1, 1, Padding::Valid), 28, 26, (0, 0)),
            (window(3, 2, 1, Padding::Valid), 28, 13, (0, 0)),
            (window(3, 1, 2, Padding::Valid), 5, 1, (0, 0)),
            (window(3, 1, 1, Padding::Valid), 2, 0, (0, 0)),
            (window(3, 1, 1, Padding::Same), 5, 5, (1, 1)),
            (window(2, 1, 1, Padding::Same), 5, 5, (0, 1)),
            (window(3, 2, 1, Padding::Same), 6, 3, (0, 1)),
            (window(3, 2, 1, Padding::Same), 5, 3, (1, 1)),
            (window(3, 1, 4, Padding::Same), 1, 1, (4, 4)),
            (window(1, 3, 1, Padding::Same), 7, 3, (0, 0)),
        ] {
            assert_eq!((w.count(n), w.pads(n)), (count, pads), "{w:?} over {n}");
        }
    }
}
