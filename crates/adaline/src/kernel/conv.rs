//! Windows that move over images: the products of a convolution, without a copy of every window.
//!
//! Images lie with their channels innermost, as height × width × channels. A window is then the same list of offsets at
//! every place, so that its values are a row of a matrix that is never made: element (place, k) is x\[base(place) +
//! offset(k)\]. The filters are the other matrix, k × filters in panels.
//!
//! **Order.** As in every product: a sum starts from the bias and adds k = 0, 1, …, each step one fused multiply-add. The
//! gradient of the weights sums over all places of all images: in parts of whole images, place after place, and the parts
//! in their order. How many images make a part depends on their size alone.

use super::elementwise::{self, Map, Seen};
use super::panels::panels_len;
use super::simd::{LANES, Simd};
use super::{Machine, Shared, Work};
use crate::Activation;

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
    let out = Shared(out.as_mut_ptr());
    let set = machine.set;
    let task = |index: usize| {
        let first = index * BLOCK;
        set.dispatch(FilterBlock {
            places,
            x,
            weight,
            bias,
            activation,
            columns,
            out,
            first,
            end: (first + BLOCK).min(rows),
        });
    };
    share(machine, rows.div_ceil(BLOCK), rows * places.depth() * columns.count, &task);
}

/// Spreads tasks over the threads where there is enough to do.
fn share(machine: &Machine, tasks: usize, multiply_adds: usize, task: &(dyn Fn(usize) + Sync)) {
    if machine.threads() > 1 && multiply_adds >= SHARE_FROM {
        machine.share(tasks, task);
    } else {
        (0..tasks).for_each(task);
    }
}

struct FilterBlock<'a> {
    places: &'a Places,
    x: &'a [f32],
    weight: &'a [f32],
    bias: Option<&'a [f32]>,
    activation: Activation,
    columns: Columns,
    out: Shared,
    /// The places of this block.
    first: usize,
    end: usize,
}

/// The height of the next tile, of so many rows that are left.
#[inline(always)]
fn tile_height<S: Simd>(left: usize) -> usize {
    match left.min(S::TILE_ROWS) {
        12.. => 12,
        6.. => 6,
        4.. => 4,
        few => few,
    }
}

/// Calls a method with tile height and width as constants.
macro_rules! with_tile {
    ($rows:expr, $vectors:expr, $self:ident . $method:ident :: <$s:ty> ($($argument:expr),*)) => {
        match ($rows, $vectors) {
            (12, 2) => $self.$method::<$s, 12, 2>($($argument),*),
            (12, _) => $self.$method::<$s, 12, 1>($($argument),*),
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

impl Work for FilterBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let panels = self.columns.count.div_ceil(LANES);
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
        if !matches!(self.activation, Activation::Identity | Activation::Relu) {
            elementwise::with_map(self.activation, Finish { block: &self, s });
        }
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
                self.put(s, place + r, panel + v, sum);
            }
        }
    }

    /// Columns of a panel that exist in the result.
    #[inline(always)]
    fn width(&self, panel: usize) -> usize {
        LANES.min(self.columns.count - panel * LANES)
    }

    #[inline(always)]
    fn put<S: Simd>(&self, s: S, place: usize, panel: usize, v: S::V) {
        let to = self.out.at(place * self.columns.stride + self.columns.first + panel * LANES);
        let width = self.width(panel);
        if width == LANES {
            // SAFETY: inside the result, whose length `filter` checked; this place is this task's own.
            unsafe { s.store_to(to, v) };
        } else {
            let array = s.to_array(v);
            // SAFETY: as above, for the columns that exist.
            unsafe { std::ptr::copy_nonoverlapping(array.as_ptr(), to, width) };
        }
    }
}

/// The activation over a block that has just been written and is still in the cache.
struct Finish<'a, S> {
    block: &'a FilterBlock<'a>,
    s: S,
}

impl<S: Simd> elementwise::UseMap for Finish<'_, S> {
    #[inline(always)]
    fn with<M: Map>(self, map: M) {
        let Finish { block, s } = self;
        for place in block.first..block.end {
            for panel in 0..block.columns.count.div_ceil(LANES) {
                let from = block.out.at(place * block.columns.stride + block.columns.first + panel * LANES);
                let mut array = [0.0; LANES];
                // SAFETY: this block's own part of the result, as in `put`.
                unsafe { std::ptr::copy_nonoverlapping(from, array.as_mut_ptr(), block.width(panel)) };
                let v = map.apply(s, s.load(&array));
                block.put(s, place, panel, v);
            }
        }
    }
}

/// Places that one part of a gradient's sum should have: few enough that their values stay in the second cache while every
/// tile of weights goes over them, many enough that adding the parts up costs little.
const PART_PLACES: usize = 768;

/// Whole images that make one part.
fn images_a_part(places: usize) -> usize {
    (PART_PLACES / places.max(1)).max(1)
}

/// Into how many parts the sum over so many images is cut.
pub(crate) fn parts(images: usize, places: usize) -> usize {
    images.div_ceil(images_a_part(places))
}

/// dz ← dy ∘ f′(y), and its sums over all places: what the bias gets. `rows` have one value for each filter; `sums` are filled
/// up to whole lines, `scratch` holds as many again for each part.
pub(crate) fn slopes_and_sums(
    machine: &Machine,
    activation: Activation,
    (images, places): (usize, usize),
    y: &[f32],
    dz: &mut [f32],
    scratch: &mut [f32],
    sums: &mut [f32],
) {
    let filters = y.len() / (images * places).max(1);
    let line = filters.next_multiple_of(LANES);
    let (count, each) = (parts(images, places), images_a_part(places) * places * filters);
    assert!(dz.len() == y.len() && scratch.len() >= count * line && sums.len() >= line, "the buffers do not fit");
    let (len, dz_at, scratch_at) = (dz.len(), Shared(dz.as_mut_ptr()), Shared(scratch.as_mut_ptr()));
    let set = machine.set;
    let task = |part: usize| {
        let range = part * each..((part + 1) * each).min(len);
        // SAFETY: each part's rows and its line of the scratch are this task's own; the lengths were checked above.
        let (dz, sums) = unsafe {
            (
                std::slice::from_raw_parts_mut(dz_at.at(range.start), range.len()),
                std::slice::from_raw_parts_mut(scratch_at.at(part * line), line),
            )
        };
        elementwise::backward(set, activation, Seen::Output(&y[range]), dz);
        set.dispatch(SumRows { rows: dz, width: filters, sums });
    };
    share(machine, count, y.len(), &task);
    add_parts(machine, count, &scratch[..count * line], &mut sums[..line]);
}

/// Adds up rows, in their order.
struct SumRows<'a> {
    rows: &'a [f32],
    width: usize,
    sums: &'a mut [f32],
}

impl Work for SumRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for (panel, sums) in self.sums.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
            let first = panel * LANES;
            let mut sum = s.splat(0.0);
            for row in self.rows.chunks_exact(self.width) {
                sum = s.add(sum, elementwise::read(s, &row[first..]));
            }
            // What lies behind the last column is another row's.
            let mut array = s.to_array(sum);
            array[(self.width - first).min(LANES)..].fill(0.0);
            *sums = array;
        }
    }
}

/// dweight(k, filter) = Σ over all places of x(place, k) · dz(place, filter)
pub(crate) struct FilterGradient<'a> {
    pub places: &'a Places,
    pub images: usize,
    pub x: &'a [f32],
    pub dz: &'a [f32],
    pub columns: Columns,
    /// Room for a gradient for each of [`parts`].
    pub scratch: &'a mut [f32],
    /// depth × filters in panels.
    pub out: &'a mut [f32],
}

/// Rows of the weight that one task takes.
const GRADIENT_ROWS: usize = 36;

/// The gradient of the filters.
pub(crate) fn filter_gradient(machine: &Machine, g: FilterGradient<'_>) {
    let FilterGradient { places, images, x, dz, columns, scratch, out } = g;
    let (rows, depth) = (images * places.count(), places.depth());
    let len = panels_len(depth, columns.count);
    let count = parts(images, places.count());
    if rows == 0 {
        return;
    }
    // What the unsafe code below relies on.
    assert!(x.len() >= places.reach(images), "the images are too short");
    assert!(dz.len() >= columns.reach(rows), "the gradient is too short");
    assert!(scratch.len() >= count * len && out.len() >= len, "the result is too short");
    let each = images_a_part(places.count());
    let blocks = depth.div_ceil(GRADIENT_ROWS);
    let to = Shared(scratch.as_mut_ptr());
    let set = machine.set;
    let task = |index: usize| {
        let (part, block) = (index / blocks, index % blocks);
        set.dispatch(GradientBlock {
            places,
            x,
            dz,
            columns,
            to: Shared(to.at(part * len)),
            images: part * each..((part + 1) * each).min(images),
            first: block * GRADIENT_ROWS,
            end: ((block + 1) * GRADIENT_ROWS).min(depth),
        });
    };
    share(machine, count * blocks, rows * depth * columns.count, &task);
    add_parts(machine, count, &scratch[..count * len], &mut out[..len]);
}

/// out = the sum of the parts, in their order.
fn add_parts(machine: &Machine, count: usize, parts: &[f32], out: &mut [f32]) {
    /// Values that one task adds up.
    const CHUNK: usize = 4096;
    struct Add<'a> {
        parts: &'a [f32],
        len: usize,
        first: usize,
        out: &'a mut [f32],
    }
    impl Work for Add<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            for (line, out) in self.out.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
                let at = self.first + line * LANES;
                let mut sum = elementwise::read(s, &self.parts[at..]);
                for part in self.parts[self.len..].chunks_exact(self.len) {
                    sum = s.add(sum, elementwise::read(s, &part[at..]));
                }
                s.store(out, sum);
            }
        }
    }
    let len = out.len();
    assert!(parts.len() == count * len && len.is_multiple_of(LANES), "the parts do not fit");
    let to = Shared(out.as_mut_ptr());
    let set = machine.set;
    let task = |index: usize| {
        let first = index * CHUNK;
        // SAFETY: this piece of the result is this task's own.
        let out = unsafe { std::slice::from_raw_parts_mut(to.at(first), CHUNK.min(len - first)) };
        set.dispatch(Add { parts, len, first, out });
    };
    share(machine, len.div_ceil(CHUNK), parts.len(), &task);
}

struct GradientBlock<'a> {
    places: &'a Places,
    x: &'a [f32],
    dz: &'a [f32],
    columns: Columns,
    /// The part's own gradient.
    to: Shared,
    images: std::ops::Range<usize>,
    /// The rows of the weight.
    first: usize,
    end: usize,
}

impl Work for GradientBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let panels = self.columns.count.div_ceil(LANES);
        let mut panel = 0;
        while panel < panels {
            // The last panel may be narrow, and is then read with care: alone.
            let whole = self.columns.count / LANES;
            let vectors = if panel + S::TILE_VECTORS <= whole { S::TILE_VECTORS } else { 1 };
            let mut k = self.first;
            while k < self.end {
                let rows = tile_height::<S>(self.end - k);
                with_tile!(rows, vectors, self.tile::<S>(s, k, panel));
                k += rows;
            }
            panel += vectors;
        }
    }
}

impl GradientBlock<'_> {
    /// `R` rows of the weight × `V` panels, held in registers over all places of the part.
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(&self, s: S, k: usize, panel: usize) {
        let Places { rows, columns, right, down, image, first, ref offsets } = *self.places;
        let width = LANES.min(self.columns.count - panel * LANES);
        let mut sums = [[s.splat(0.0); V]; R];
        let mut dz = self.dz.as_ptr().wrapping_add(
            self.images.start * rows * columns * self.columns.stride + self.columns.first + panel * LANES,
        );
        for number in self.images.clone() {
            for row in 0..rows {
                let start = self.x.as_ptr().wrapping_add(first + number * image + row * down);
                let mut values = [start; R];
                for r in 0..R {
                    values[r] = start.wrapping_add(offsets[k + r]);
                }
                for column in 0..columns {
                    let mut d = [s.splat(0.0); V];
                    if width == LANES {
                        for v in 0..V {
                            // SAFETY: the place's row and whole panels of it: inside dz, as `filter_gradient` checked.
                            d[v] = unsafe { s.load_from(dz.add(v * LANES)) };
                        }
                    } else {
                        let mut array = [0.0; LANES];
                        // SAFETY: as above, for the columns that exist.
                        unsafe { std::ptr::copy_nonoverlapping(dz, array.as_mut_ptr(), width) };
                        d[0] = s.load(&array);
                    }
                    for r in 0..R {
                        // SAFETY: a value of the window at this place: inside x, as `filter_gradient` checked.
                        let value = s.splat(unsafe { *values[r].add(column * right) });
                        for v in 0..V {
                            sums[r][v] = s.fma(value, d[v], sums[r][v]);
                        }
                    }
                    dz = dz.wrapping_add(self.columns.stride);
                }
            }
        }
        let depth = offsets.len();
        for r in 0..R {
            for v in 0..V {
                // SAFETY: row k + r of panel + v of the part's gradient, which is this task's own.
                unsafe { s.store_to(self.to.at(((panel + v) * depth + k + r) * LANES), sums[r][v]) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::InstructionSet;
    use crate::kernel::panels::panel_index;
    use crate::kernel::panels::tests::{random, to_panels};

    /// Windows of kh × kw values of `channels` over images of h × w, with strides.
    fn places((h, w): (usize, usize), channels: usize, (kh, kw): (usize, usize), stride: usize) -> Places {
        let offsets = (0..kh * kw * channels)
            .map(|k| (k / channels / kw * w + k / channels % kw) * channels + k % channels)
            .collect();
        Places {
            rows: (h - kh) / stride + 1,
            columns: (w - kw) / stride + 1,
            first: 0,
            right: stride * channels,
            down: stride * w * channels,
            image: h * w * channels,
            offsets,
        }
    }

    type Case = ((usize, usize), usize, (usize, usize), usize, usize, usize);

    /// Image, channels, window, stride, filters, images.
    const CASES: [Case; 8] = [
        ((1, 1), 1, (1, 1), 1, 1, 1),
        ((5, 4), 1, (3, 3), 1, 3, 2),
        ((6, 7), 3, (3, 2), 2, 16, 3),
        ((9, 9), 2, (3, 3), 1, 17, 5),
        ((13, 13), 16, (3, 3), 1, 64, 4),
        ((1, 20), 5, (1, 4), 1, 33, 2),
        ((28, 28), 1, (3, 3), 1, 32, 3),
        ((4, 4), 7, (4, 4), 1, 48, 40),
    ];

    #[test]
    fn filters_give_the_sums_in_their_order() {
        for (size, channels, window, stride, filters, images) in CASES {
            let p = places(size, channels, window, stride);
            let (x, w) = (random(images * p.image, 1), random(p.depth() * filters, 2));
            let (rows, line) = (images * p.count(), filters.next_multiple_of(LANES));
            let mut bias = random(line, 3);
            bias[filters..].fill(0.0);
            // Two columns of something else before and one behind.
            let columns = Columns { stride: filters + 3, first: 2, count: filters };
            let weight = to_panels(p.depth(), filters, &w);
            for activation in [Activation::Identity, Activation::Relu, Activation::Tanh] {
                let mut reference: Option<Vec<f32>> = None;
                for set in InstructionSet::available() {
                    for threads in [1, 3] {
                        let mut out = vec![9.0; rows * columns.stride];
                        let machine = Machine::new(set, threads);
                        let bias = Some(bias.as_slice());
                        let (places, out_) = (&p, &mut out);
                        filter(
                            &machine,
                            Filter { places, images, x: &x, weight: &weight, bias, activation, columns, out: out_ },
                        );
                        let want = reference.get_or_insert_with(|| out.clone());
                        assert_eq!(&out, want, "{set:?} {threads}");
                    }
                }
                let out = reference.unwrap();
                for row in 0..rows {
                    let got = &out[row * columns.stride..][..columns.stride];
                    assert_eq!((got[0], got[1], got[filters + 2]), (9.0, 9.0, 9.0));
                    for f in 0..filters {
                        let mut sum = bias[f];
                        for k in 0..p.depth() {
                            sum = x[p.base(row) + p.offsets[k]].mul_add(w[k * filters + f], sum);
                        }
                        match activation {
                            Activation::Identity => assert_eq!(got[2 + f], sum),
                            Activation::Relu => assert_eq!(got[2 + f], sum.max(0.0)),
                            _ => assert!((got[2 + f] - sum.tanh()).abs() < 1e-6),
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_gradient_of_the_filters_is_the_sum_over_all_places() {
        for (size, channels, window, stride, filters, images) in CASES {
            let p = places(size, channels, window, stride);
            let rows = images * p.count();
            let columns = Columns { stride: filters + 2, first: 1, count: filters };
            let (x, dz) = (random(images * p.image, 4), random(rows * columns.stride, 5));
            let len = panels_len(p.depth(), filters);
            let mut reference: Option<Vec<f32>> = None;
            for set in InstructionSet::available() {
                for threads in [1, 3] {
                    let mut out = vec![f32::NAN; len];
                    let mut scratch = vec![f32::NAN; parts(images, p.count()) * len];
                    let machine = Machine::new(set, threads);
                    let (scratch, to) = (&mut scratch, &mut out);
                    filter_gradient(
                        &machine,
                        FilterGradient { places: &p, images, x: &x, dz: &dz, columns, scratch, out: to },
                    );
                    let want = reference.get_or_insert_with(|| out.clone());
                    assert_eq!(&out, want, "{set:?} {threads}");
                }
            }
            let out = reference.unwrap();
            for k in 0..p.depth() {
                for f in 0..filters.next_multiple_of(LANES) {
                    let got = f64::from(out[panel_index(p.depth(), k, f)]);
                    let value = |row: usize| f64::from(x[p.base(row) + p.offsets[k]]);
                    let d = |row: usize| f64::from(dz[row * columns.stride + 1 + f]);
                    let want: f64 = if f < filters { (0..rows).map(|row| value(row) * d(row)).sum() } else { 0.0 };
                    assert!((got - want).abs() < 1e-4 * (rows as f64).sqrt(), "{got} {want}");
                }
            }
        }
    }

    #[test]
    fn slopes_and_their_sums() {
        for (images, places, filters) in [(1, 1, 1), (3, 7, 5), (5, 900, 16), (40, 30, 33)] {
            let n = images * places * filters;
            let (y, dy) = (random(n, 6), random(n, 7));
            let line = filters.next_multiple_of(LANES);
            let mut reference: Option<(Vec<f32>, Vec<f32>)> = None;
            for set in InstructionSet::available() {
                for threads in [1, 3] {
                    let machine = Machine::new(set, threads);
                    let (mut dz, mut sums) = (dy.clone(), vec![f32::NAN; line]);
                    let mut scratch = vec![f32::NAN; parts(images, places) * line];
                    slopes_and_sums(&machine, Activation::Relu, (images, places), &y, &mut dz, &mut scratch, &mut sums);
                    let want = reference.get_or_insert_with(|| (dz.clone(), sums.clone()));
                    assert_eq!((&dz, &sums), (&want.0, &want.1), "{set:?} {threads}");
                }
            }
            let (dz, sums) = reference.unwrap();
            for i in 0..n {
                assert_eq!(dz[i], if y[i] > 0.0 { dy[i] } else { 0.0 });
            }
            for f in 0..line {
                let want: f64 = dz.iter().skip(f).step_by(filters).map(|&d| f64::from(d)).sum();
                let want = if f < filters { want } else { 0.0 };
                assert!((f64::from(sums[f]) - want).abs() < 1e-4 * (n as f64).sqrt());
            }
        }
    }
}
