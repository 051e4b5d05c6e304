//! The way back through a max pool: gradients go to the places that the largest values came from.

use super::{Area, Places};
use crate::kernel::elementwise::{read, write};
use crate::kernel::simd::Simd;
use crate::kernel::spread::{spread, starts};
use crate::kernel::{Machine, Work};

/// dz(place, filter) = d(area, filter) at the place of its area that `which` names, else 0. Rows of `d` and `which` are
/// areas, rows of dz places, each of so many filters.
pub(crate) fn unpool(
    machine: &Machine,
    (places, area): (&Places, Area),
    (images, filters): (usize, usize),
    (d, which): (&[f32], &[f32]),
    dz: &mut [f32],
) {
    let (columns, below) = (places.columns, area.rows * places.columns * filters);
    // Rows of areas, of all images one after the other.
    let rows = images * places.rows / area.rows;
    let pooled = columns / area.columns * filters;
    assert!(
        dz.len() >= rows * below && d.len() >= rows * pooled && which.len() >= rows * pooled,
        "too short to unpool"
    );
    let set = machine.set;
    spread(machine, rows, below, [(&mut dz[..rows * below], below)], &|rows, [dz]| {
        let part = rows.start * pooled..rows.end * pooled;
        let (d, which) = (&d[part.clone()], &which[part]);
        set.dispatch(Unpool { area, columns, filters, d, which, dz });
    });
}

struct Unpool<'a> {
    area: Area,
    /// Places side by side.
    columns: usize,
    filters: usize,
    d: &'a [f32],
    which: &'a [f32],
    dz: &'a mut [f32],
}

impl Work for Unpool<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Unpool { area, columns, filters, d, which, dz } = self;
        let (line, across) = (columns * filters, area.columns * filters);
        let zero = s.splat(0.0);
        let rows = d.chunks_exact(line / area.columns).zip(which.chunks_exact(line / area.columns));
        for ((d, which), dz) in rows.zip(dz.chunks_exact_mut(area.rows * line)) {
            // Row by row of the places, so that a vector that goes over into the next pixel is overwritten by it.
            for (down, dz) in dz.chunks_exact_mut(line).enumerate() {
                let areas = d.chunks_exact(filters).zip(which.chunks_exact(filters)).enumerate();
                for (column, (d, which)) in areas {
                    let dz = &mut dz[column * across..];
                    for right in 0..area.columns {
                        let place = (down * area.columns + right) as f32;
                        let (below, above) = (s.splat(place - 0.5), s.splat(place + 0.5));
                        for c in starts(filters) {
                            let (d, which) = (read(s, &d[c..]), read(s, &which[c..]));
                            let taken = s.select_lt(below, which, s.select_lt(which, above, d, zero), zero);
                            write(s, &mut dz[right * filters + c..], taken);
                        }
                    }
                }
            }
        }
    }
}
