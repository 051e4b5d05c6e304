//! What all products share: how many rows a register tile takes, and how its sums get to their places.

use super::Shared;
use super::activation::{Map, UseMap, with_map};
use super::simd::{LANES, Simd};
use crate::Activation;
use std::ops::Range;

/// How many of so many rows the next tile takes: the tallest that fits. Where one or two rows would be left, whose few sums wait
/// for one another, the last ones are cut in the middle: seven and eight of AVX2's tiles of one vector, fourteen of AVX-512's
/// of two.
#[inline(always)]
pub(super) fn tile_height<S: Simd>(left: usize) -> usize {
    match (S::TILE_ROWS, left) {
        (6, 7 | 8) => return 4,
        (12, 14) => return 8,
        _ => {}
    }
    match left.min(S::TILE_ROWS) {
        12.. => 12,
        8.. => 8,
        6.. => 6,
        4.. => 4,
        few => few,
    }
}

/// The same where every row begins at an address of its own: of twelve addresses beside 24 sums some lie in memory. With
/// tiles of 8 or 6 rows instead of 12 the CNN of `bench/README.md` trains 13 to 16 % faster and predicts 18 % faster
/// (AVX-512, one core of a Zen 4).
#[inline(always)]
pub(super) fn windows_height<S: Simd>(left: usize) -> usize {
    match (S::TILE_ROWS, left) {
        (12, 9..) => 8,
        _ => tile_height::<S>(left),
    }
}

/// Where a product's result goes: element (row, 0) of a panel lies at row · `row_stride` + panel · `panel_stride`.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub to: Shared,
    pub row_stride: usize,
    pub panel_stride: usize,
    /// Columns that exist; a result in panels has them all, filled up.
    pub columns: usize,
}

impl Target {
    /// Columns of a panel that exist.
    #[inline(always)]
    pub(super) fn width(self, panel: usize) -> usize {
        LANES.min(self.columns - panel * LANES)
    }

    #[inline(always)]
    pub(super) fn at(self, row: usize, panel: usize) -> *mut f32 {
        self.to.at(row * self.row_stride + panel * self.panel_stride)
    }

    /// # Safety
    /// The columns of this row's panel that exist lie inside the result, and no other task has them.
    #[inline(always)]
    pub(super) unsafe fn put<S: Simd>(self, s: S, row: usize, panel: usize, v: S::V) {
        let (to, width) = (self.at(row, panel), self.width(panel));
        if width == LANES {
            // SAFETY: the caller's promise, for a whole panel.
            unsafe { s.store_to(to, v) };
        } else {
            let array = s.to_array(v);
            // SAFETY: the caller's promise.
            unsafe { std::ptr::copy_nonoverlapping(array.as_ptr(), to, width) };
        }
    }

    /// # Safety
    /// As [`Target::put`]; what is read has been written.
    #[inline(always)]
    pub(super) unsafe fn take<S: Simd>(self, s: S, row: usize, panel: usize) -> S::V {
        let (from, width) = (self.at(row, panel), self.width(panel));
        if width == LANES {
            // SAFETY: the caller's promise, for a whole panel.
            unsafe { s.load_from(from) }
        } else {
            // SAFETY: the caller's promise.
            s.load_some(unsafe { std::slice::from_raw_parts(from, width) })
        }
    }

    /// Puts the sums of `R` rows × `V` panels, from `row` and `panel` on.
    ///
    /// # Safety
    /// As [`Target::put`], for all of them.
    #[inline(always)]
    pub(super) unsafe fn put_tile<S: Simd, const R: usize, const V: usize>(
        self,
        s: S,
        (row, panel): (usize, usize),
        sums: [[S::V; V]; R],
    ) {
        // Only a result's last panel may be narrow.
        if self.width(panel + V - 1) < LANES {
            let mut values = [[[0.0; LANES]; V]; R];
            for r in 0..R {
                for v in 0..V {
                    s.store(&mut values[r][v], sums[r][v]);
                }
            }
            // SAFETY: the caller's promise.
            return unsafe { self.put_narrow(row, panel, &values) };
        }
        for r in 0..R {
            for v in 0..V {
                // SAFETY: the caller's promise, for whole panels.
                unsafe { s.store_to(self.at(row + r, panel + v), sums[r][v]) };
            }
        }
    }

    /// What lies in `R` rows × `V` panels, from `row` and `panel` on.
    ///
    /// # Safety
    /// As [`Target::take`], for all of them.
    #[inline(always)]
    pub(super) unsafe fn take_tile<S: Simd, const R: usize, const V: usize>(
        self,
        s: S,
        (row, panel): (usize, usize),
    ) -> [[S::V; V]; R] {
        let mut sums = [[s.splat(0.0); V]; R];
        if self.width(panel + V - 1) < LANES {
            // SAFETY: the caller's promise.
            let values = unsafe { self.take_narrow::<R, V>(row, panel) };
            for r in 0..R {
                for v in 0..V {
                    sums[r][v] = s.load(&values[r][v]);
                }
            }
            return sums;
        }
        for r in 0..R {
            for v in 0..V {
                // SAFETY: the caller's promise, for whole panels.
                sums[r][v] = unsafe { s.load_from(self.at(row + r, panel + v)) };
            }
        }
        sums
    }

    /// [`Target::put_tile`] where the last panel is narrow. In a function of its own: copies of a few columns beside the loop
    /// that adds up keep the compiler from holding the sums in registers. With AVX-512 they were then written to memory at
    /// every step, and 784-128-10 trained half as fast as with AVX2.
    ///
    /// # Safety
    /// As [`Target::put_tile`].
    #[inline(never)]
    unsafe fn put_narrow<const V: usize>(self, first: usize, panel: usize, sums: &[[[f32; LANES]; V]]) {
        for (r, row) in sums.iter().enumerate() {
            for (v, values) in row.iter().enumerate() {
                let (to, width) = (self.at(first + r, panel + v), self.width(panel + v));
                // SAFETY: the caller's promise.
                unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), to, width) };
            }
        }
    }

    /// [`Target::take_tile`] where the last panel is narrow: zeroes behind it.
    ///
    /// # Safety
    /// As [`Target::take_tile`].
    #[inline(never)]
    unsafe fn take_narrow<const R: usize, const V: usize>(self, first: usize, panel: usize) -> [[[f32; LANES]; V]; R] {
        let mut sums = [[[0.0; LANES]; V]; R];
        for (r, row) in sums.iter_mut().enumerate() {
            for (v, values) in row.iter_mut().enumerate() {
                let (from, width) = (self.at(first + r, panel + v), self.width(panel + v));
                // SAFETY: the caller's promise.
                unsafe { std::ptr::copy_nonoverlapping(from, values.as_mut_ptr(), width) };
            }
        }
        sums
    }

    /// Applies what the tiles leave undone, activations that are more than a maximum, to a block that has just been
    /// written and is still in the cache.
    ///
    /// # Safety
    /// As [`Target::put`], for all rows and panels of the block.
    #[inline(always)]
    pub(super) unsafe fn finish<S: Simd>(self, s: S, activation: Activation, rows: Range<usize>, panels: Range<usize>) {
        if !matches!(activation, Activation::Identity | Activation::Relu) {
            with_map(activation, Finish { target: self, s, rows, panels });
        }
    }
}

struct Finish<S> {
    target: Target,
    s: S,
    rows: Range<usize>,
    panels: Range<usize>,
}

impl<S: Simd> UseMap for Finish<S> {
    #[inline(always)]
    fn with<M: Map>(self, map: M) {
        let Finish { target, s, rows, panels } = self;
        for row in rows {
            for panel in panels.clone() {
                // SAFETY: the promise of who called `finish`.
                unsafe {
                    let v = map.apply(s, target.take(s, row, panel));
                    target.put(s, row, panel, v);
                }
            }
        }
    }
}
