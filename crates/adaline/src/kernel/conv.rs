//! Windows that move over images: the products of a convolution, without a copy of every window.
//!
//! Images lie with their channels innermost, as height × width × channels. A window is then the same list of offsets at
//! every place, so that its values are a row of a matrix that is never made: element (place, k) is x\[base(place) +
//! offset(k)\]. The filters are the other matrix, k × filters in panels.
//!
//! **Order.** As in every product: a sum starts from the bias and adds k = 0, 1, …, each step one fused multiply-add. The
//! gradient of the weights sums over all places of all images: in parts of whole images, place after place, and the parts
//! in their order. How many images make a part depends on their size alone.

use super::panels::panels_len;
use super::simd::{LANES, Simd};
use super::tile::{Target, tile_height};
use super::{Machine, Shared, Work};
use crate::Activation;

/// Calls a method with tile height and width as constants.
macro_rules! with_tile {
    ($rows:expr, $vectors:expr, $self:ident . $method:ident :: <$s:ty> ($($argument:expr),*)) => {
        match ($rows, $vectors) {
            (12, 2) => $self.$method::<$s, 12, 2>($($argument),*),
            (12, _) => $self.$method::<$s, 12, 1>($($argument),*),
            (8, 2) => $self.$method::<$s, 8, 2>($($argument),*),
            (8, _) => $self.$method::<$s, 8, 1>($($argument),*),
            (6, 2) => $self.$method::<$s, 6, 2>($($argument),*),
            (6, _) => $self.$method::<$s, 6, 1>($($argument),*),
            (4, 2) => $self.$method::<$s, 4, 2>($($argument),*),
            (4, _) => $self.$method::<$s, 4, 1>($($argument),*),
            (3, 2) => $self.$method::<$s, 3, 2>($($argument),*),
            (3, _) => $self.$method::<$s, 3, 1>($($argument),*),
            (2, 2) => $self.$method::<$s, 2, 2>($($argument),*),
            (2, _) => $self.$method::<$s, 2, 1>($($argument),*),
            (_, 2) => $self.$method::<$s, 1, 2>($($argument),*),
            (_, _) => $self.$method::<$s, 1, 1>($($argument),*),
        }
    };
}

mod gradient;

pub(crate) use gradient::{FilterGradient, filter_gradient, parts, slopes_and_sums};

/// Where the windows lie in the images that they go over.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    /// Rows and columns of places in one image.
    pub rows: usize,
    pub columns: usize,
    /// Where the first window of the first image begins,
    pub first: usize,
    /// and how far it is from one to the next: right, down, and in the next image.
    pub right: usize,
    pub down: usize,
    pub image: usize,
    /// From the beginning of a window to each of its values.
    pub offsets: Vec<usize>,
}

impl Places {
    /// Places of one image.
    pub(crate) fn count(&self) -> usize {
        self.rows * self.columns
    }

    /// Values of each window.
    pub(crate) fn depth(&self) -> usize {
        self.offsets.len()
    }

    #[inline(always)]
    fn base(&self, place: usize) -> usize {
        let (image, place) = (place / self.count(), place % self.count());
        self.first + image * self.image + place / self.columns * self.down + place % self.columns * self.right
    }

    /// How long the images must be.
    fn reach(&self, images: usize) -> usize {
        self.base(images * self.count() - 1) + self.offsets.iter().max().map_or(0, |last| last + 1)
    }
}

/// Some columns of a matrix with a row for each place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns {
    /// Values from one row to the next.
    pub stride: usize,
    /// The first of the columns, and how many there are.
    pub first: usize,
    pub count: usize,
}

impl Columns {
    fn reach(self, rows: usize) -> usize {
        (rows - 1) * self.stride + self.first + self.count
    }
}

/// out(place, filter) = f(bias(filter) + Σₖ x(place, k) · weight(k, filter))
pub(crate) struct Filter<'a> {
    pub places: &'a Places,
    pub images: usize,
    pub x: &'a [f32],
    /// depth × filters in panels.
    pub weight: &'a [f32],
    /// Filled up to whole panels.
    pub bias: Option<&'a [f32]>,
    /// An activation of single values.
    pub activation: Activation,
    pub columns: Columns,
    pub out: &'a mut [f32],
}

/// Places that one task takes: their values and a panel of filters stay in the first cache.
const BLOCK: usize = 96;

/// Below so many multiply-adds the work stays on the calling thread, as for other products.
const SHARE_FROM: usize = 100_000;

/// Runs filters over images.
pub(crate) fn filter(machine: &Machine, f: Filter<'_>) {
    let Filter { places, images, x, weight, bias, activation, columns, out } = f;
    let rows = images * places.count();
    if rows == 0 || columns.count == 0 {
        return;
    }
    let panels = columns.count.div_ceil(LANES);
    // What the unsafe code below relies on.
    assert!(x.len() >= places.reach(images), "the images are too short");
    assert!(weight.len() >= panels_len(places.depth(), columns.count), "the weight is too short");
    assert!(bias.is_none_or(|bias| bias.len() >= panels * LANES), "the bias is too short");
    assert!(out.len() >= columns.reach(rows), "the result is too short");
    let to = Shared(out[columns.first..].as_mut_ptr());
    let out = Target { to, row_stride: columns.stride, panel_stride: LANES, columns: columns.count };
    let set = machine.set;
    let task = |index: usize| {
        let first = index * BLOCK;
        set.dispatch(FilterBlock { places, x, weight, bias, activation, out, first, end: (first + BLOCK).min(rows) });
    };
    let worth = rows * places.depth() * columns.count >= SHARE_FROM;
    machine.share_if(worth, rows.div_ceil(BLOCK), task);
}

struct FilterBlock<'a> {
    places: &'a Places,
    x: &'a [f32],
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
    activation: Activation,
    out: Target,
    /// The places of this block.
    first: usize,
    end: usize,
}

impl Work for FilterBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let panels = self.out.columns.div_ceil(LANES);
        let mut panel = 0;
        while panel < panels {
            let vectors = S::TILE_VECTORS.min(panels - panel);
            let mut place = self.first;
            while place < self.end {
                let rows = tile_height::<S>(self.end - place);
                with_tile!(rows, vectors, self.tile::<S>(s, place, panel));
                place += rows;
            }
            panel += vectors;
        }
        // SAFETY: this block's own places, which it has written; `filter` checked the length.
        unsafe { self.out.finish(s, self.activation, self.first..self.end, 0..panels) };
    }
}

impl FilterBlock<'_> {
    /// `R` places × `V` panels of sums, held in registers over the whole window.
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(&self, s: S, place: usize, panel: usize) {
        let depth = self.places.depth();
        let mut sums = [[s.splat(0.0); V]; R];
        if let Some(bias) = self.bias {
            for v in 0..V {
                // SAFETY: `filter` checked that the bias covers every panel.
                let start = unsafe { s.load_from(bias.as_ptr().add((panel + v) * LANES)) };
                for r in 0..R {
                    sums[r][v] = start;
                }
            }
        }
        let mut windows = [self.x.as_ptr(); R];
        for (r, window) in windows.iter_mut().enumerate() {
            *window = window.wrapping_add(self.places.base(place + r));
        }
        let weight = self.weight.as_ptr().wrapping_add(panel * depth * LANES);
        for (k, &offset) in self.places.offsets.iter().enumerate() {
            let mut columns = [s.splat(0.0); V];
            for v in 0..V {
                // SAFETY: k < depth and panel + v < panels: inside the weight, as `filter` checked.
                columns[v] = unsafe { s.load_from(weight.add((v * depth + k) * LANES)) };
            }
            for r in 0..R {
                // SAFETY: place + r is one of the places and the offset one of its window: inside x, as `filter` checked.
                let value = s.splat(unsafe { *windows[r].add(offset) });
                for v in 0..V {
                    sums[r][v] = s.fma(value, columns[v], sums[r][v]);
                }
            }
        }
        for r in 0..R {
            for v in 0..V {
                let sum =
                    if self.activation == Activation::Relu { s.max(s.splat(0.0), sums[r][v]) } else { sums[r][v] };
                // SAFETY: a place and a panel of this block, inside the result as `filter` checked; no other task has them.
                unsafe { self.out.put(s, place + r, panel + v, sum) };
            }
        }
    }
}

#[cfg(test)]
mod tests;
