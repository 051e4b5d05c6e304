//! Windows that move over images: the products of a convolution, without a copy of every window.
//!
//! Images lie with their channels innermost, as height × width × channels. A window is then the same list of offsets at
//! every place, so that its values are a row of a matrix that is never made: element (place, k) is x\[base(place) +
//! offset(k)\]. The filters are the other matrix, k × filters in panels.
//!
//! A max pool behind the filters is done here too: the sums of a block of windows are still in the first cache when the
//! largest of each is taken, and only that is written. Places that no window of the pool sees are never computed.
//!
//! **Order.** As in every product: a sum starts from the bias and adds k = 0, 1, …, each step one fused multiply-add. The
//! gradient of the weights sums over all places of all images: in parts of whole images, place after place, and the parts
//! in their order. How many images make a part depends on their size alone. The gradient of the images adds up what each
//! value of a window gets: places in blocks, and for each block one value of the window after the other.

use super::panels::panels_len;
use super::simd::{LANES, Simd};
use super::tile::{Target, windows_height};
use super::{Machine, Shared, Work};
use crate::Activation;
use std::mem::MaybeUninit;
use std::ops::Range;

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
mod input_gradient;
mod unpool;

pub(crate) use input_gradient::{InputGradient, input_gradient};
pub(crate) use unpool::unpool;

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

    /// Where the windows at some places begin, area after area: those of one area are side by side in `to`.
    #[inline(always)]
    fn bases(&self, area: Area, areas: Range<usize>, to: &mut [usize; BLOCK]) {
        let (rows, columns) = (self.rows / area.rows, self.columns / area.columns);
        let (mut image, mut row, mut column) =
            (areas.start / (rows * columns), areas.start / columns % rows, areas.start % columns);
        for to in to.chunks_exact_mut(area.len()).take(areas.len()) {
            let corner =
                self.first + image * self.image + row * area.rows * self.down + column * area.columns * self.right;
            for (down, to) in to.chunks_exact_mut(area.columns).enumerate() {
                for (right, to) in to.iter_mut().enumerate() {
                    *to = corner + down * self.down + right * self.right;
                }
            }
            column += 1;
            if column == columns {
                (column, row) = (0, row + 1);
            }
            if row == rows {
                (row, image) = (0, image + 1);
            }
        }
    }

    /// How long the images must be. Saturates: the unsafe code relies on it.
    fn reach(&self, images: usize) -> usize {
        let far = [(images, self.image), (self.rows, self.down), (self.columns, self.right)];
        let last = far
            .iter()
            .fold(self.first, |sum, &(count, step)| sum.saturating_add(count.saturating_sub(1).saturating_mul(step)));
        self.offsets.iter().max().map_or(last, |&offset| last.saturating_add(offset).saturating_add(1))
    }
}

/// Rows × columns of places of which a max pool keeps the largest result. One by one: there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub rows: usize,
    pub columns: usize,
}

impl Area {
    pub(crate) const ONE: Area = Area { rows: 1, columns: 1 };
    /// Places that an area may have.
    pub(crate) const MOST: usize = 16;

    pub(crate) fn len(self) -> usize {
        self.rows.saturating_mul(self.columns)
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

/// out(area, filter) = f(the largest of bias(filter) + Σₖ x(place, k) · weight(k, filter) over the places of the area)
pub(crate) struct Filter<'a> {
    /// Whole areas.
    pub places: &'a Places,
    pub area: Area,
    pub images: usize,
    pub x: &'a [f32],
    /// depth × filters in panels.
    pub weight: &'a [f32],
    /// Filled up to whole panels.
    pub bias: Option<&'a [f32]>,
    /// An activation of single values.
    pub activation: Activation,
    pub columns: Columns,
    /// A row for each area.
    pub out: &'a mut [f32],
    /// Which place of its area each result is from, counted from 0, row by row; laid out as `out`.
    pub which: Option<&'a mut [f32]>,
}

/// Places that one task takes: their values and a panel of filters stay in the first cache. From 24 to 192 the CNN of
/// `bench/README.md` trained as fast within 1 % (one core of a Zen 3).
const BLOCK: usize = 96;

/// Below so many multiply-adds, or values of a sum, the work stays on the calling thread, as for other products.
const SHARE_FROM: usize = 100_000;

/// Runs filters over images.
pub(crate) fn filter(machine: &Machine, f: Filter<'_>) {
    let Filter { places, area, images, x, weight, bias, activation, columns, out, which } = f;
    if images * places.count() == 0 || columns.count == 0 {
        return;
    }
    let areas = images * places.count() / area.len();
    let panels = columns.count.div_ceil(LANES);
    // What the unsafe code below relies on.
    assert!(places.rows % area.rows == 0 && places.columns % area.columns == 0 && area.len() <= Area::MOST);
    assert!(x.len() >= places.reach(images), "the images are too short");
    assert!(weight.len() >= panels_len(places.depth(), columns.count), "the weight is too short");
    assert!(bias.is_none_or(|bias| bias.len() >= panels * LANES), "the bias is too short");
    assert!(out.len() >= columns.reach(areas), "the result is too short");
    assert!(which.as_ref().is_none_or(|which| which.len() >= columns.reach(areas)), "the result is too short");
    let target = |to: &mut [f32]| Target {
        to: Shared(to[columns.first..].as_mut_ptr()),
        row_stride: columns.stride,
        panel_stride: LANES,
        columns: columns.count,
    };
    let (out, which) = (target(out), which.map(target));
    let worth = images * places.count() * places.depth() * columns.count >= SHARE_FROM;
    let mut blocks = areas.div_ceil(BLOCK / area.len());
    if worth && blocks < 4 * machine.threads() {
        // So few that one more or less matters: as many for each thread.
        blocks = blocks.next_multiple_of(machine.threads());
    }
    let each = areas.div_ceil(blocks);
    let set = machine.set;
    let task = |index: usize| {
        let areas = (index * each).min(areas)..((index + 1) * each).min(areas);
        set.dispatch(FilterBlock { places, area, x, weight, bias, activation, out, which, areas });
    };
    machine.share_if(worth, blocks, task);
}

struct FilterBlock<'a> {
    places: &'a Places,
    area: Area,
    x: &'a [f32],
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
    activation: Activation,
    out: Target,
    which: Option<Target>,
    /// Those of this block.
    areas: Range<usize>,
}

/// Room for the sums of a block's places, two panels wide.
type Sums = [f32; 2 * BLOCK * LANES];

impl Work for FilterBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let mut bases = [0; BLOCK];
        self.places.bases(self.area, self.areas.clone(), &mut bases);
        let bases = &bases[..self.areas.len() * self.area.len()];
        // Not zeroed: the tiles write before the largest are looked for.
        let mut sums = MaybeUninit::<Sums>::uninit();
        let (to, panel_stride) = (Shared(sums.as_mut_ptr().cast()), BLOCK * LANES);
        let sums = Target { to, row_stride: LANES, panel_stride, columns: 2 * LANES };
        let panels = self.out.columns.div_ceil(LANES);
        let mut panel = 0;
        while panel < panels {
            let vectors = S::TILE_VECTORS.min(panels - panel);
            let (to, first) =
                if self.area == Area::ONE { (self.out, (self.areas.start, panel)) } else { (sums, (0, 0)) };
            let mut place = 0;
            while place < bases.len() {
                let rows = windows_height::<S>(bases.len() - place);
                let first = (first.0 + place, first.1);
                with_tile!(rows, vectors, self.tile::<S>(s, &bases[place..], panel, to, first));
                place += rows;
            }
            if self.area != Area::ONE {
                for v in 0..vectors {
                    // SAFETY: the tiles have written the sums of all places of this block in these panels.
                    unsafe { self.keep_largest(s, sums, v, panel + v) };
                }
            }
            panel += vectors;
        }
        // SAFETY: this block's own rows, which it has written; `filter` checked the length.
        unsafe { self.out.finish(s, self.activation, self.areas.clone(), 0..panels) };
    }
}

impl FilterBlock<'_> {
    /// `R` places × `V` panels of sums, held in registers over the whole window; they go to the rows and panels from `first`
    /// on.
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(
        &self,
        s: S,
        bases: &[usize],
        panel: usize,
        to: Target,
        first: (usize, usize),
    ) {
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
        for (window, base) in windows.iter_mut().zip(bases) {
            *window = window.wrapping_add(*base);
        }
        let weight = self.weight.as_ptr().wrapping_add(panel * depth * LANES);
        for (k, &offset) in self.places.offsets.iter().enumerate() {
            let mut columns = [s.splat(0.0); V];
            for v in 0..V {
                // SAFETY: k < depth and panel + v < panels: inside the weight, as `filter` checked.
                columns[v] = unsafe { s.load_from(weight.add((v * depth + k) * LANES)) };
            }
            for r in 0..R {
                // SAFETY: the window of one of the places and an offset in it: inside x, as `filter` checked.
                let value = s.splat(unsafe { *windows[r].add(offset) });
                for v in 0..V {
                    sums[r][v] = s.fma(value, columns[v], sums[r][v]);
                }
            }
        }
        if self.activation == Activation::Relu && self.area == Area::ONE {
            for r in 0..R {
                for v in 0..V {
                    sums[r][v] = s.max(s.splat(0.0), sums[r][v]);
                }
            }
        }
        // SAFETY: places and panels of this block, inside the result as `filter` checked, which no other task has; or inside
        // the block's own sums, which have room for `BLOCK` places.
        unsafe { to.put_tile(s, first, sums) };
    }

    /// The largest of each area's sums, of a panel.
    ///
    /// # Safety
    /// The sums of all places of the block have been written to panel `from` of `sums`.
    #[inline(always)]
    unsafe fn keep_largest<S: Simd>(&self, s: S, sums: Target, from: usize, panel: usize) {
        let len = self.area.len();
        for (number, area) in self.areas.clone().enumerate() {
            // SAFETY: the caller's promise; all of them are inside.
            let sum = |place: usize| unsafe { s.load_from(sums.at(number * len + place, from)) };
            let (mut largest, mut which) = (sum(0), s.splat(0.0));
            for place in 1..len {
                let next = sum(place);
                which = s.select_lt(largest, next, s.splat(place as f32), which);
                largest = s.max(next, largest);
            }
            if self.activation == Activation::Relu {
                largest = s.max(s.splat(0.0), largest);
            }
            // SAFETY: an area and a panel of this block, inside the results as `filter` checked; no other task has them.
            unsafe {
                self.out.put(s, area, panel, largest);
                if let Some(to) = self.which {
                    to.put(s, area, panel, which);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
