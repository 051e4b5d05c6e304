//! The gradient of the images: what each value of each window gets, added up where it came from.

use super::{Area, BLOCK, Columns, Places, SHARE_FROM};
use crate::kernel::panels::panels_len;
use crate::kernel::simd::{LANES, Simd};
use crate::kernel::tile::tile_height;
use crate::kernel::{Machine, Shared, Work};
use std::ops::Range;

/// dx(base(place) + offset(k)) += Σ over the filters of dz(place, filter) · weight(k, filter), for all places and k
pub(crate) struct InputGradient<'a> {
    pub places: &'a Places,
    pub images: usize,
    /// Channels that a filter sees: values of a window that lie side by side.
    pub channels: usize,
    pub dz: &'a [f32],
    pub columns: Columns,
    /// For each pixel of the window: filters × channels in panels.
    pub weight: &'a [f32],
    /// The images; what is there is added to.
    pub dx: &'a mut [f32],
}

/// Adds up the gradient of images. A task takes whole ones, since windows overlap within them.
pub(crate) fn input_gradient(machine: &Machine, g: InputGradient<'_>) {
    let InputGradient { places, images, channels, dz, columns, weight, dx } = g;
    let (count, pixels) = (places.count(), places.depth() / channels.max(1));
    if images * count == 0 || pixels == 0 {
        return;
    }
    // What the unsafe code below relies on.
    assert!(dx.len() >= places.reach(images), "the images are too short");
    assert!(dz.len() >= columns.reach(images * count), "the gradient is too short");
    assert!(weight.len() >= pixels * panels_len(columns.count, channels), "the weight is too short");
    let dx = Shared(dx.as_mut_ptr());
    let set = machine.set;
    let work = count * places.depth() * columns.count;
    // Small images several at once.
    let each = (SHARE_FROM / 2 / work.max(1)).clamp(1, images);
    let task = |index: usize| {
        let images = index * each..((index + 1) * each).min(images);
        set.dispatch(Images { places, channels, dz, columns, weight, dx, images });
    };
    machine.share_if(images * work >= SHARE_FROM, images.div_ceil(each), task);
}

struct Images<'a> {
    places: &'a Places,
    channels: usize,
    dz: &'a [f32],
    columns: Columns,
    weight: &'a [f32],
    dx: Shared,
    images: Range<usize>,
}

impl Work for Images<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let count = self.places.count();
        // Blocks of about the same height.
        let block = count.div_ceil(count.div_ceil(BLOCK));
        let (panels, whole) = (self.channels.div_ceil(LANES), self.channels / LANES);
        let mut bases = [0; BLOCK];
        for image in self.images.clone() {
            for first in (0..count).step_by(block) {
                let places = image * count + first..image * count + (first + block).min(count);
                self.places.bases(Area::ONE, places.clone(), &mut bases);
                let bases = &bases[..places.len()];
                for pixel in 0..self.places.depth() / self.channels {
                    let mut panel = 0;
                    while panel < panels {
                        // The last panel may be narrow, and is then written with care: alone.
                        let vectors = if panel + S::TILE_VECTORS <= whole { S::TILE_VECTORS } else { 1 };
                        let mut place = 0;
                        while place < bases.len() {
                            let rows = tile_height::<S>(bases.len() - place);
                            let (at, bases) = (places.start + place, &bases[place..]);
                            with_tile!(rows, vectors, self.tile::<S>(s, at, bases, pixel, panel));
                            place += rows;
                        }
                        panel += vectors;
                    }
                }
            }
        }
    }
}

impl Images<'_> {
    /// What `R` places give to `V` panels of a pixel's channels: summed up over the filters in registers, then added.
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(
        &self,
        s: S,
        place: usize,
        bases: &[usize],
        pixel: usize,
        panel: usize,
    ) {
        let Columns { stride, first, count: filters } = self.columns;
        let mut sums = [[s.splat(0.0); V]; R];
        let weight = pixel * panels_len(filters, self.channels) + panel * filters * LANES;
        let weight = self.weight.as_ptr().wrapping_add(weight);
        let dz = self.dz.as_ptr().wrapping_add(place * stride + first);
        for f in 0..filters {
            let mut columns = [s.splat(0.0); V];
            for v in 0..V {
                // SAFETY: f < filters and panel + v < panels: inside the pixel's weight, as `input_gradient` checked.
                columns[v] = unsafe { s.load_from(weight.add((v * filters + f) * LANES)) };
            }
            for r in 0..R {
                // SAFETY: a place and a filter: inside dz, as `input_gradient` checked.
                let value = s.splat(unsafe { *dz.add(r * stride + f) });
                for v in 0..V {
                    sums[r][v] = s.fma(value, columns[v], sums[r][v]);
                }
            }
        }
        let offset = self.places.offsets[pixel * self.channels] + panel * LANES;
        let width = LANES.min(self.channels - panel * LANES);
        if width < LANES {
            let mut values = [[0.0; LANES]; R];
            for r in 0..R {
                s.store(&mut values[r], sums[r][0]);
            }
            // SAFETY: channels of a pixel of one of this task's images, inside dx as `input_gradient` checked.
            return unsafe { self.add_narrow(bases, offset, width, &values) };
        }
        for r in 0..R {
            for v in 0..V {
                let to = self.dx.at(bases[r] + offset + v * LANES);
                // SAFETY: as above; several panels at once are whole ones.
                unsafe { s.store_to(to, s.add(s.load_from(to), sums[r][v])) };
            }
        }
    }

    /// Adds the sums of a narrow panel, in a function of its own as `Target::put_narrow` is.
    ///
    /// # Safety
    /// So many channels behind each place's `base + offset` lie inside dx, and no other task has them.
    #[inline(never)]
    unsafe fn add_narrow(&self, bases: &[usize], offset: usize, width: usize, sums: &[[f32; LANES]]) {
        for (sums, base) in sums.iter().zip(bases) {
            for (lane, sum) in sums[..width].iter().enumerate() {
                // SAFETY: the caller's promise.
                unsafe { *self.dx.at(base + offset + lane) += sum };
            }
        }
    }
}
