//! The convolution: z\[o, i, j\] = b\[o\] + Σ W\[o, c, u, v\] · x\[c, i·s + u·d - p, j·s + v·d - p\].

use super::planes::Planes;
use super::{expect_len, rows};
use crate::layer::{ConvGeometry, Window};
use crate::{Error, Result, Shape};

/// A convolution's sums, before the activation: a view of its weight (filters × C/groups × kernel height × kernel width) and
/// its bias (filters).
///
/// | letter | meaning |
/// |---|---|
/// | o, c | filter, channel |
/// | i, j | row and column of what comes out |
/// | u, v | row and column of the filter |
/// | s, d, p | stride, dilation, zeroes before the first value |
///
/// ```
/// use adaline::reference::Conv;
/// use adaline::Shape;
/// # fn main() -> adaline::Result<()> {
/// // A filter that takes each value from the one behind it.
/// let steps = adaline::Conv::new(1, 2);
/// let conv = Conv::new(&steps, Shape::Sequence { steps: 4, features: 1 }, &[-1.0, 1.0], Some(&[0.0]))?;
/// assert_eq!(conv.forward(&[1.0, 1.0, 5.0, 3.0], None)?, [0.0, 4.0, -2.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Conv<'a> {
    geometry: ConvGeometry,
    x: Planes,
    z: Planes,
    weight: &'a [f64],
    bias: Option<&'a [f64]>,
}

/// What a convolution hands back.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvGradient {
    /// B × C × H × W.
    pub dx: Vec<f64>,
    /// As the weight.
    pub dweight: Vec<f64>,
    /// Filters; `None` for a layer without a bias.
    pub dbias: Option<Vec<f64>>,
}

/// One weight under one place: the number of the weight, where its input lies, and where its sum lies.
struct Product {
    weight: usize,
    x: usize,
    z: usize,
}

/// What goes into a sum: the places of the inputs and of their weights, and the bias.
pub(super) type Parts = (Vec<(usize, usize)>, Option<f64>);

impl<'a> Conv<'a> {
    /// The layer over examples of a shape, with its parameters. Fails when it cannot read the shape, or the parameters are
    /// not as many as they must be.
    pub fn new(layer: &crate::Conv, input: Shape, weight: &'a [f64], bias: Option<&'a [f64]>) -> Result<Self> {
        let geometry = layer.geometry(input).map_err(|message| Error::shape("conv", message))?;
        let output =
            crate::Layer::from(layer.clone()).output(input).map_err(|message| Error::shape("conv", message))?;
        expect_len("conv", "weight", weight.len(), layer.filters.saturating_mul(geometry.depth()))?;
        if let Some(bias) = bias {
            expect_len("conv", "bias", bias.len(), layer.filters)?;
        }
        Ok(Conv { geometry, x: Planes::of(input), z: Planes::of(output), weight, bias })
    }

    /// The window along the steps of a sequence.
    pub(super) fn along_steps(&self) -> Window {
        self.geometry.columns
    }

    /// Columns that example b has of its own, of what comes in and of what comes out.
    fn own_columns(&self, b: usize, lengths: Option<&[usize]>) -> (usize, usize) {
        match lengths {
            Some(lengths) => (lengths[b], length_behind(self.geometry.columns, lengths[b])),
            None => (self.x.width, self.z.width),
        }
    }

    /// Every product of one example, in the order in which it is added to its sum. Where a filter hangs over the edge it
    /// sees zeroes, and there is no product.
    fn products(&self, (own, windows): (usize, usize), mut visit: impl FnMut(Product)) {
        let ConvGeometry { rows, columns, filters, groups, .. } = self.geometry;
        let (seen, filters_of_group) = (self.geometry.channels_seen(), filters / groups);
        for o in 0..filters {
            let first_channel = o / filters_of_group * seen; // of the filter's group
            for i in 0..self.z.height {
                for j in 0..windows {
                    for c in 0..seen {
                        for u in 0..rows.kernel {
                            for v in 0..columns.kernel {
                                let row = under(rows, self.x.height, i, u);
                                let column = under(columns, own, j, v);
                                if let (Some(row), Some(column)) = (row, column) {
                                    visit(Product {
                                        weight: ((o * seen + c) * rows.kernel + u) * columns.kernel + v,
                                        x: self.x.at(first_channel + c, row, column),
                                        z: self.z.at(o, i, j),
                                    });
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// At most so many products go into the sums of one example.
    pub(super) fn products_count(&self) -> usize {
        self.z.len().saturating_mul(self.geometry.depth())
    }

    /// What goes into each sum of one example: the places of the inputs and of their weights, in order, and the filter's bias.
    pub(super) fn working(&self, lengths: Option<&[usize]>) -> Vec<Parts> {
        let own = self.own_columns(0, lengths);
        let mut sums = vec![(Vec::new(), None); self.z.len()];
        self.products(own, |at| sums[at.z].0.push((at.x, at.weight)));
        self.sums(own, |o, at| sums[at].1 = self.bias.map(|bias| bias[o]));
        sums
    }

    /// z\[o, i, j\] = Σ_c Σ_u Σ_v W\[o, c, u, v\] · x\[c, i·s + u·d - p, j·s + v·d - p\] + b\[o\], over the channels c of the filter's
    /// group.
    ///
    /// A sequence with a length of its own goes as if it were alone: its edge is its last own step, and what stands behind
    /// its last window is 0. Where it is shorter than one window, that one sees zeroes behind it.
    pub fn forward(&self, x: &[f64], lengths: Option<&[usize]>) -> Result<Vec<f64>> {
        let batch = self.examples(x, lengths)?;
        let mut z = vec![0.0; batch * self.z.len()];
        for b in 0..batch {
            let x = &x[b * self.x.len()..(b + 1) * self.x.len()];
            let z = &mut z[b * self.z.len()..(b + 1) * self.z.len()];
            let own = self.own_columns(b, lengths);
            self.products(own, |at| z[at.z] += x[at.x] * self.weight[at.weight]);
            if let Some(bias) = self.bias {
                self.sums(own, |o, at| z[at] += bias[o]);
            }
        }
        Ok(z)
    }

    /// The gradients from that of the sums. Every product W·x that went into a sum z hands back
    ///
    /// - dx += dz · W
    /// - dW += dz · x
    ///
    /// and the bias, which went into every sum of its filter, db\[o\] = Σ dz\[o, i, j\].
    pub fn backward(&self, x: &[f64], lengths: Option<&[usize]>, dz: &[f64]) -> Result<ConvGradient> {
        let batch = self.examples(x, lengths)?;
        expect_len("conv", "gradient of the sums", dz.len(), batch * self.z.len())?;
        let mut dx = vec![0.0; x.len()];
        let mut dweight = vec![0.0; self.weight.len()];
        let mut dbias = vec![0.0; self.z.channels];
        for b in 0..batch {
            let x = &x[b * self.x.len()..(b + 1) * self.x.len()];
            let dx = &mut dx[b * self.x.len()..(b + 1) * self.x.len()];
            let dz = &dz[b * self.z.len()..(b + 1) * self.z.len()];
            let own = self.own_columns(b, lengths);
            self.products(own, |at| {
                dx[at.x] += dz[at.z] * self.weight[at.weight];
                dweight[at.weight] += dz[at.z] * x[at.x];
            });
            self.sums(own, |o, at| dbias[o] += dz[at]);
        }
        Ok(ConvGradient { dx, dweight, dbias: self.bias.map(|_| dbias) })
    }

    fn examples(&self, x: &[f64], lengths: Option<&[usize]>) -> Result<usize> {
        let batch = rows("conv", x.len(), self.x.len())?;
        if let Some(lengths) = lengths {
            expect_len("conv", "lengths", lengths.len(), batch)?;
        }
        Ok(batch)
    }

    /// Every sum of one example: its filter, and where it lies.
    fn sums(&self, (_, windows): (usize, usize), mut visit: impl FnMut(usize, usize)) {
        for o in 0..self.z.channels {
            for i in 0..self.z.height {
                for j in 0..windows {
                    visit(o, self.z.at(o, i, j));
                }
            }
        }
    }
}

/// Which of n values stands under place u of window i; none where the window hangs over the edge.
pub(super) fn under(window: Window, n: usize, i: usize, u: usize) -> Option<usize> {
    let (before, _) = window.pads(n);
    (i * window.stride + u * window.dilation).checked_sub(before).filter(|at| *at < n)
}

/// How many windows a sequence of so many steps has: at least one, so that there is something to see.
pub(super) fn length_behind(window: Window, length: usize) -> usize {
    window.count(length).max(1)
}
