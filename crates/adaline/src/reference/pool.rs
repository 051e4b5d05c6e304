//! Pools: a window's largest value, or its mean.

use super::conv::{length_behind, under};
use super::planes::Planes;
use super::{expect_len, rows};
use crate::layer::{PoolGeometry, Pooling, Window};
use crate::{Error, Layer, Result, Shape};

/// A pool over examples of a shape.
///
/// ```
/// use adaline::reference::Pool;
/// use adaline::Shape;
/// # fn main() -> adaline::Result<()> {
/// let image = Shape::Image { channels: 1, height: 2, width: 4 };
/// let pool = Pool::new(&adaline::Pool::max(2), image)?;
/// let (y, places) = pool.forward(&[1.0, 2.0, 5.0, 6.0, 3.0, 4.0, 7.0, 8.0], None)?;
/// assert_eq!((y, places.unwrap()), (vec![4.0, 8.0], vec![5, 7]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Pool {
    pooling: Pooling,
    geometry: PoolGeometry,
    x: Planes,
    y: Planes,
}

impl Pool {
    /// Fails when the layer cannot read the shape.
    pub fn new(layer: &crate::Pool, input: Shape) -> Result<Self> {
        let geometry = layer.geometry(input).map_err(|message| Error::shape("pool", message))?;
        let output = Layer::from(layer.clone()).output(input).map_err(|message| Error::shape("pool", message))?;
        Ok(Pool { pooling: layer.pooling, geometry, x: Planes::of(input), y: Planes::of(output) })
    }

    /// The window along the steps of a sequence.
    pub(super) fn along_steps(&self) -> Window {
        self.geometry.columns
    }

    /// Where the values of one example lie that a window sees, row by row. What hangs over the edge is not there: it is no
    /// value that could be the largest, and does not count in a mean.
    fn window(&self, c: usize, i: usize, j: usize, own: usize) -> Vec<usize> {
        let PoolGeometry { rows, columns, .. } = self.geometry;
        let mut places = Vec::new();
        for u in 0..rows.kernel {
            for v in 0..columns.kernel {
                let row = under(rows, self.x.height, i, u);
                let column = under(columns, own, j, v);
                if let (Some(row), Some(column)) = (row, column) {
                    places.push(self.x.at(c, row, column));
                }
            }
        }
        places
    }

    /// Every window: where its result lies in the batch, and where its values lie.
    pub(super) fn windows(&self, batch: usize, lengths: Option<&[usize]>, mut visit: impl FnMut(usize, &[usize])) {
        for b in 0..batch {
            let (own, windows) = match lengths {
                Some(lengths) => (lengths[b], length_behind(self.geometry.columns, lengths[b])),
                None => (self.x.width, self.y.width),
            };
            for c in 0..self.y.channels {
                for i in 0..self.y.height {
                    for j in 0..windows {
                        let window = self.window(c, i, j, own);
                        let places: Vec<usize> = window.iter().map(|place| b * self.x.len() + place).collect();
                        visit(b * self.y.len() + self.y.at(c, i, j), &places);
                    }
                }
            }
        }
    }

    /// y\[c, i, j\] = the largest x of the window, or their mean Σ x / n over the n values that are there. For the largest also
    /// where each was found: the first of several equal ones.
    ///
    /// A sequence with a length of its own goes as if it were alone: its edge is its last own step, and what stands behind
    /// its last window is 0. Where it is shorter than one window, that one sees what there is.
    pub fn forward(&self, x: &[f64], lengths: Option<&[usize]>) -> Result<(Vec<f64>, Option<Vec<usize>>)> {
        let batch = rows("pool", x.len(), self.x.len())?;
        if let Some(lengths) = lengths {
            expect_len("pool", "lengths", lengths.len(), batch)?;
        }
        let mut y = vec![0.0; batch * self.y.len()];
        let mut found = vec![0; y.len()];
        self.windows(batch, lengths, |at, places| match self.pooling {
            Pooling::Max => {
                found[at] = largest(x, places);
                y[at] = x[found[at]];
            }
            Pooling::Average => y[at] = mean(x, places),
        });
        Ok((y, (self.pooling == Pooling::Max).then_some(found)))
    }

    /// dx from dy. Each largest value hands dy to the place where it was found; a mean of n values hands each of them
    /// dy / n. Where windows overlap the parts add up.
    pub fn backward(&self, found: Option<&[usize]>, lengths: Option<&[usize]>, dy: &[f64]) -> Result<Vec<f64>> {
        let batch = rows("pool", dy.len(), self.y.len())?;
        let mut dx = vec![0.0; batch * self.x.len()];
        if let Some(found) = found {
            expect_len("pool", "places", found.len(), dy.len())?;
        }
        self.windows(batch, lengths, |at, places| hand_back(&mut dx, found.map(|found| found[at]), places, dy[at]));
        Ok(dx)
    }
}

/// A pool over all places of each channel.
///
/// ```
/// use adaline::reference::GlobalPool;
/// use adaline::Shape;
/// # fn main() -> adaline::Result<()> {
/// let steps = Shape::Sequence { steps: 3, features: 1 };
/// let pool = GlobalPool::new(&adaline::GlobalPool::average(), steps);
/// // The second sequence has two steps of its own.
/// let (y, _) = pool.forward(&[1.0, 2.0, 6.0, 1.0, 2.0, 6.0], Some(&[3, 2]))?;
/// assert_eq!(y, [3.0, 1.5]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct GlobalPool {
    pooling: Pooling,
    x: Planes,
}

impl GlobalPool {
    /// The layer over examples of a shape.
    pub fn new(layer: &crate::GlobalPool, input: Shape) -> Self {
        GlobalPool { pooling: layer.pooling, x: Planes::of(input) }
    }

    /// The places of one channel of one example; of a sequence its own steps.
    pub(super) fn places(&self, b: usize, c: usize, lengths: Option<&[usize]>) -> Vec<usize> {
        let own = lengths.map_or(self.x.places(), |lengths| lengths[b]);
        (0..own).map(|p| b * self.x.len() + self.x.of_place(c, p)).collect()
    }

    /// y\[c\] = the largest x of the channel or their mean, as [`Pool::forward`].
    pub fn forward(&self, x: &[f64], lengths: Option<&[usize]>) -> Result<(Vec<f64>, Option<Vec<usize>>)> {
        let batch = rows("pool", x.len(), self.x.len())?;
        if let Some(lengths) = lengths {
            expect_len("pool", "lengths", lengths.len(), batch)?;
        }
        let (mut y, mut found) = (Vec::new(), Vec::new());
        for b in 0..batch {
            for c in 0..self.x.channels {
                let places = self.places(b, c, lengths);
                match self.pooling {
                    Pooling::Max => {
                        found.push(largest(x, &places));
                        y.push(x[largest(x, &places)]);
                    }
                    Pooling::Average => y.push(mean(x, &places)),
                }
            }
        }
        Ok((y, (self.pooling == Pooling::Max).then_some(found)))
    }

    /// dx from dy, as [`Pool::backward`].
    pub fn backward(&self, found: Option<&[usize]>, lengths: Option<&[usize]>, dy: &[f64]) -> Result<Vec<f64>> {
        let batch = rows("pool", dy.len(), self.x.channels)?;
        let mut dx = vec![0.0; batch * self.x.len()];
        for b in 0..batch {
            for c in 0..self.x.channels {
                let at = b * self.x.channels + c;
                hand_back(&mut dx, found.map(|found| found[at]), &self.places(b, c, lengths), dy[at]);
            }
        }
        Ok(dx)
    }
}

/// Where the largest value stands; the first of several.
fn largest(x: &[f64], places: &[usize]) -> usize {
    let mut best = places[0];
    for &place in places {
        if x[place] > x[best] {
            best = place;
        }
    }
    best
}

fn mean(x: &[f64], places: &[usize]) -> f64 {
    places.iter().map(|place| x[*place]).sum::<f64>() / places.len() as f64
}

fn hand_back(dx: &mut [f64], found: Option<usize>, places: &[usize], dy: f64) {
    match found {
        Some(place) => dx[place] += dy,
        None => {
            for &place in places {
                dx[place] += dy / places.len() as f64;
            }
        }
    }
}
