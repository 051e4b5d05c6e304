//! Pooling: a window's largest value, or its mean.

use super::size::Window;
use super::{Padding, Size};
use crate::{Layer, Shape};

/// What a pool keeps of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pooling {
    /// The largest value: whether a feature is there, wherever in the window.
    Max,
    /// The mean. Zeroes around the edges are not counted (as in Keras; PyTorch's `count_include_pad=False`).
    Average,
}

/// Keeps one value of every window: the amount of information is narrowed.
///
/// **Formula** y\[c, i, j\] = max or mean of x\[c, i·s + u, j·s + v\] over the window's u, v. Of several equal largest values the
/// first one gets the gradient. **Shapes** C × H × W → C × H′ × W′ as for [`Conv`](crate::Conv); a sequence likewise along
/// its steps, and as if it were alone where sequences have different lengths. **Parameters** none.
///
/// ```
/// use adaline::prelude::*;
/// # fn main() -> adaline::Result<()> {
/// let image = Shape::Image { channels: 1, height: 2, width: 4 };
/// let network = Network::new(image, [Pool::max(2)])?;
/// assert_eq!(network.predict(&[1.0, 2.0, 5.0, 6.0, 3.0, 4.0, 7.0, 8.0])?, [4.0, 8.0]);
/// # Ok(())
/// # }
/// ```
///
/// Agrees with PyTorch's `nn.MaxPool2d`, `nn.AvgPool2d` and their 1-D twins, and Keras's `MaxPooling2D`,
/// `AveragePooling2D`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Pool {
    /// What is kept.
    pub pooling: Pooling,
    /// The size of the window.
    pub pool_size: Size,
    /// How far the window moves; its own size when not said.
    pub strides: Option<Size>,
    /// What happens at the edges; `valid` when not said.
    pub padding: Padding,
}

impl Pool {
    /// The largest value of each window.
    pub fn max(pool_size: impl Into<Size>) -> Self {
        Pool { pooling: Pooling::Max, pool_size: pool_size.into(), strides: None, padding: Padding::Valid }
    }

    /// The mean of each window.
    pub fn average(pool_size: impl Into<Size>) -> Self {
        Pool { pooling: Pooling::Average, ..Pool::max(pool_size) }
    }

    /// The same pool with other steps of the window.
    #[must_use]
    pub fn strides(mut self, strides: impl Into<Size>) -> Self {
        self.strides = Some(strides.into());
        self
    }

    /// The same pool with windows that hang over the edges.
    #[must_use]
    pub fn same(mut self) -> Self {
        self.padding = Padding::Same;
        self
    }
}

/// A pool with its numbers, for one shape of input. A sequence is an image of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolGeometry {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub rows: Window,
    pub columns: Window,
}

impl PoolGeometry {
    /// H′ × W′.
    pub(crate) fn outputs(&self) -> (usize, usize) {
        (self.rows.count(self.height), self.columns.count(self.width))
    }
}

impl Pool {
    /// Fails where the layer cannot read the shape.
    pub(crate) fn geometry(&self, input: Shape) -> Result<PoolGeometry, String> {
        let strides = self.strides.unwrap_or(self.pool_size);
        if self.pool_size.is_zero() || strides.is_zero() {
            return Err("the size and the strides of a pool are whole numbers from 1".to_owned());
        }
        let window = |kernel, stride| Window { kernel, stride, dilation: 1, padding: self.padding };
        let (channels, height, width, rows, columns) = match input {
            Shape::Image { channels, height, width } => {
                let (kernel, stride) = (self.pool_size.sides(), strides.sides());
                (channels, height, width, window(kernel.0, stride.0), window(kernel.1, stride.1))
            }
            Shape::Sequence { steps, features } => {
                let (Some(kernel), Some(stride)) = (self.pool_size.steps(), strides.steps()) else {
                    return Err("a sequence has one axis; write one number: maxpool 2".to_owned());
                };
                (features, 1, steps, window(1, 1), window(kernel, stride))
            }
            Shape::Flat(n) => {
                return Err(format!("a pool reads an image or a sequence, and a row of {n} numbers has no windows"));
            }
        };
        let geometry = PoolGeometry { channels, height, width, rows, columns };
        let (out_height, out_width) = geometry.outputs();
        if out_height == 0 || out_width == 0 {
            return Err(format!(
                "its window is {}x{} and what comes in is {height}x{width}; make it smaller, or write same",
                rows.kernel, columns.kernel
            ));
        }
        Ok(geometry)
    }

    pub(super) fn output(&self, input: Shape) -> Result<Shape, String> {
        let geometry = self.geometry(input)?;
        let (height, width) = geometry.outputs();
        Ok(match input {
            Shape::Sequence { features, .. } => Shape::Sequence { steps: width, features },
            _ => Shape::Image { channels: geometry.channels, height, width },
        })
    }
}

impl From<Pool> for Layer {
    fn from(layer: Pool) -> Self {
        Layer::Pool(layer)
    }
}

/// Keeps one value of every channel: of all pixels of an image, or of all steps of a sequence.
///
/// **Formula** y\[c\] = max or mean over all places. Of a sequence that is shorter than the others only its own steps count.
/// **Shapes** C × H × W → C; T steps of C values → C. **Parameters** none.
///
/// ```
/// use adaline::prelude::*;
/// # fn main() -> adaline::Result<()> {
/// let network = Network::new(Shape::Sequence { steps: 3, features: 2 }, [GlobalPool::average()])?;
/// assert_eq!(network.predict(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0])?, [2.0, 20.0]);
/// # Ok(())
/// # }
/// ```
///
/// Agrees with Keras's `GlobalMaxPooling2D`, `GlobalAveragePooling2D` and their 1-D twins, and PyTorch's
/// `nn.AdaptiveAvgPool2d(1)`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GlobalPool {
    /// What is kept.
    pub pooling: Pooling,
}

impl GlobalPool {
    /// The largest value of each channel.
    pub fn max() -> Self {
        GlobalPool { pooling: Pooling::Max }
    }

    /// The mean of each channel.
    pub fn average() -> Self {
        GlobalPool { pooling: Pooling::Average }
    }

    pub(super) fn output(&self, input: Shape) -> Result<Shape, String> {
        match input {
            Shape::Image { channels, .. } => Ok(Shape::Flat(channels)),
            Shape::Sequence { features, .. } => Ok(Shape::Flat(features)),
            Shape::Flat(n) => {
                Err(format!("a pool reads an image or a sequence, and a row of {n} numbers has no places"))
            }
        }
    }
}

impl From<GlobalPool> for Layer {
    fn from(layer: GlobalPool) -> Self {
        Layer::GlobalPool(layer)
    }
}
