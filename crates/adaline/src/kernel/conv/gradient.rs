//! The gradients of filters and biases: sums over all places of all images, in parts of whole images.

use super::{Area, BLOCK, Columns, Places, SHARE_FROM};
use crate::Activation;
use crate::kernel::elementwise;
use crate::kernel::panels::panels_len;
use crate::kernel::simd::{LANES, Simd};
use crate::kernel::tile::windows_height;
use crate::kernel::{Machine, Shared, Work};
use std::mem::MaybeUninit;
use std::ops::Range;

/// Places that one part of a gradient's sum should have: few enough that there are parts for many threads, many enough that
/// adding the parts up costs little. From 384 to 3,072 the CNN of `bench/README.md` trained as fast within 3 %.
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
        elementwise::backward_alone(set, activation, &y[range], dz);
        set.dispatch(SumRows { rows: dz, width: filters, sums });
    };
    machine.share_if(y.len() >= SHARE_FROM, count, task);
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
            s.store(sums, sum);
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

/// Rows of the weight that one task takes. They share a packed copy of the gradients: with 36 rows the gradient of the CNN of
/// `bench/README.md` took 8 % longer, with 288 it took 3 % less but leaves half as many tasks.
const GRADIENT_ROWS: usize = 144;

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
    machine.share_if(rows * depth * columns.count >= SHARE_FROM, count * blocks, task);
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
    machine.share_if(parts.len() >= SHARE_FROM, len.div_ceil(CHUNK), task);
}

struct GradientBlock<'a> {
    places: &'a Places,
    x: &'a [f32],
    dz: &'a [f32],
    columns: Columns,
    /// The part's own gradient.
    to: Shared,
    images: Range<usize>,
    /// The rows of the weight.
    first: usize,
    end: usize,
}

impl Work for GradientBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let panels = self.columns.count.div_ceil(LANES);
        let count = self.places.count();
        let (begin, end) = (self.images.start * count, self.images.end * count);
        let mut bases = [0; BLOCK];
        // Not zeroed: what the tiles read has been packed.
        let mut packed = MaybeUninit::<[f32; 2 * BLOCK * LANES]>::uninit();
        let to = Shared(packed.as_mut_ptr().cast());
        for start in (begin..end).step_by(BLOCK) {
            let places = start..(start + BLOCK).min(end);
            self.places.bases(Area::ONE, places.clone(), &mut bases);
            let mut panel = 0;
            while panel < panels {
                let vectors = S::TILE_VECTORS.min(panels - panel);
                for v in 0..vectors {
                    self.pack(s, places.clone(), panel + v, to.at(v * BLOCK * LANES));
                }
                let part = Part { begin: start == begin, bases: &bases[..places.len()], dz: to.at(0) };
                let mut k = self.first;
                while k < self.end {
                    let rows = windows_height::<S>(self.end - k);
                    with_tile!(rows, vectors, self.tile::<S>(s, &part, k, panel));
                    k += rows;
                }
                panel += vectors;
            }
        }
    }
}

/// Places that the sums go over before the next tile's turn.
struct Part<'a> {
    /// Whether the sums start here.
    begin: bool,
    /// Where their windows begin,
    bases: &'a [usize],
    /// and their gradients, packed: panels of `BLOCK` places.
    dz: *const f32,
}

impl GradientBlock<'_> {
    /// Copies the gradients of some places in a panel; zeroes behind the last column. In place they are so far apart that they
    /// fall into the same few sets of the cache.
    #[inline(always)]
    fn pack<S: Simd>(&self, s: S, places: Range<usize>, panel: usize, to: *mut f32) {
        let Columns { stride, first, count } = self.columns;
        let width = LANES.min(count - panel * LANES);
        for (number, place) in places.enumerate() {
            // SAFETY: the columns of a place that exist: inside dz, as `filter_gradient` checked.
            let from = unsafe { self.dz.as_ptr().add(place * stride + first + panel * LANES) };
            let v = if width == LANES {
                // SAFETY: as above, a whole panel.
                unsafe { s.load_from(from) }
            } else {
                let mut array = [0.0; LANES];
                // SAFETY: as above.
                unsafe { std::ptr::copy_nonoverlapping(from, array.as_mut_ptr(), width) };
                s.load(&array)
            };
            // SAFETY: `to` has room for `BLOCK` places.
            unsafe { s.store_to(to.add(number * LANES), v) };
        }
    }

    /// `R` rows of the weight × `V` panels, held in registers over the places of a part.
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(&self, s: S, part: &Part<'_>, k: usize, panel: usize) {
        let offsets = &self.places.offsets;
        let depth = offsets.len();
        let to = |r: usize, v: usize| self.to.at(((panel + v) * depth + k + r) * LANES);
        let mut sums = [[s.splat(0.0); V]; R];
        if !part.begin {
            for r in 0..R {
                for v in 0..V {
                    // SAFETY: row k + r of panel + v of the part's gradient, which is this task's own and has been written.
                    sums[r][v] = unsafe { s.load_from(to(r, v)) };
                }
            }
        }
        let mut values = [self.x.as_ptr(); R];
        for r in 0..R {
            values[r] = values[r].wrapping_add(offsets[k + r]);
        }
        let mut dz = part.dz;
        for &base in part.bases {
            let mut d = [s.splat(0.0); V];
            for v in 0..V {
                // SAFETY: the packed gradients of this place.
                d[v] = unsafe { s.load_from(dz.add(v * BLOCK * LANES)) };
            }
            for r in 0..R {
                // SAFETY: a value of the window at this place: inside x, as `filter_gradient` checked.
                let value = s.splat(unsafe { *values[r].add(base) });
                for v in 0..V {
                    sums[r][v] = s.fma(value, d[v], sums[r][v]);
                }
            }
            dz = dz.wrapping_add(LANES);
        }
        for r in 0..R {
            for v in 0..V {
                // SAFETY: row k + r of panel + v of the part's gradient, which is this task's own.
                unsafe { s.store_to(to(r, v), sums[r][v]) };
            }
        }
    }
}
