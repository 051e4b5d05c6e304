//! What all products share: how many rows a register tile takes, and how its sums get to their places.

use super::Shared;
use super::activation::{Map, UseMap, with_map};
use super::simd::{LANES, Simd};
use crate::Activation;
use std::ops::Range;

/// How many of so many rows the next tile takes: the tallest that fits. The last seven, eight or fourteen are cut in the middle,
/// since the few sums of one or two rows wait for one another.
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
        let mut array = [0.0; LANES];
        // SAFETY: the caller's promise.
        unsafe { std::ptr::copy_nonoverlapping(self.at(row, panel), array.as_mut_ptr(), self.width(panel)) };
        s.load(&array)
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
