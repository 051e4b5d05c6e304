//! The product of a chain: sixteen columns at once, nothing packed, whole vectors read and written.

use super::pass::{Bases, Place};
use crate::kernel::simd::{Arithmetic, LANES, Simd};

/// The first `width` lanes, at most sixteen, zeroes behind them.
#[inline(always)]
fn only_columns<A: Arithmetic>(s: A, v: A::V, width: usize) -> A::V {
    /// A window of it that starts as many numbers before the zeroes as there are columns.
    static WANTED: [[f32; LANES]; 2] = [[1.0; LANES], [0.0; LANES]];
    const { assert!(A::LANES <= LANES, "a vector may not reach behind the window") };
    let wanted = &WANTED.as_flattened()[LANES - width..][..LANES];
    // SAFETY: as many values as asserted above.
    let wanted = unsafe { s.load_from(wanted.as_ptr()) };
    s.select_lt(s.splat(0.0), wanted, v, s.splat(0.0))
}

/// Where sums without a bias start.
pub(super) static ZEROES: [f32; LANES] = [0.0; LANES];

/// Sixteen columns of a product of A (rows × depth) and B (depth × 16).
#[derive(Debug)]
pub(super) struct Columns {
    /// Whether the sums go over the rows of the batch, which are the depth then; else they are the rows.
    pub sums_over_rows: bool,
    /// How long the other side is.
    pub others: usize,
    /// Element (i, k) lies at i · `a_row` + k · `a_step`.
    pub a: Place,
    pub a_row: usize,
    pub a_step: usize,
    /// Element (k, 0) lies at k · `b_row`.
    pub b: Place,
    pub b_row: usize,
    /// Sixteen numbers that the sums start with.
    pub start: Place,
    /// Element (i, 0) goes to i · `out_row`.
    pub out: Place,
    pub out_row: usize,
    /// Columns that exist. The lanes behind them become zero where `out` is a panel; they are left as they come where the
    /// next row is written over them, and `width` is sixteen then.
    pub width: usize,
    /// Whether there are eight columns or fewer, for which half a vector will do.
    pub is_narrow: bool,
    /// Gets the sums of the columns of B, as many as there are.
    pub sums_of_b: Option<Place>,
}

impl Columns {
    /// The sizes for a batch of so many rows: rows and depth of the product.
    #[inline(always)]
    fn sizes(&self, rows: usize) -> (usize, usize) {
        if self.sums_over_rows { (self.others, rows) } else { (rows, self.others) }
    }

    /// Calls `touch` with every place and how many values are read or written there.
    pub(super) fn reach(&self, rows: usize, mut touch: impl FnMut(Place, usize)) {
        let (rows, depth) = self.sizes(rows);
        let (last_row, last_step) = (rows.saturating_sub(1), depth.saturating_sub(1));
        if rows > 0 && depth > 0 {
            touch(self.a, last_row * self.a_row + last_step * self.a_step + 1);
        }
        if depth > 0 {
            touch(self.b, last_step * self.b_row + LANES);
        }
        if rows > 0 {
            touch(self.out, last_row * self.out_row + LANES);
        }
        touch(self.start, LANES);
        if let Some(sums) = self.sums_of_b {
            touch(sums, LANES);
        }
    }

    /// What is written.
    pub(super) fn written(&self) -> impl Iterator<Item = Place> {
        [Some(self.out), self.sums_of_b].into_iter().flatten()
    }

    /// # Safety
    /// The buffers are as long as [`Columns::reach`] says for so many rows.
    #[inline(always)]
    pub(super) unsafe fn run<S: Simd>(&self, s: S, rows: usize, bases: &Bases<'_>) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.is_narrow {
                true => self.tiles(s.half(), rows, bases),
                false => self.tiles(s, rows, bases),
            }
        }
    }

    /// # Safety
    /// As [`Columns::run`].
    #[inline(always)]
    unsafe fn tiles<A: Arithmetic>(&self, s: A, rows: usize, bases: &Bases<'_>) {
        let (rows, depth) = self.sizes(rows);
        let (mut a, b, mut out) = (self.a.of(bases).cast_const(), self.b.of(bases).cast_const(), self.out.of(bases));
        let mut row = 0;
        // SAFETY: the caller's promise, for rows below `rows`.
        unsafe {
            let start = s.load_from(self.start.of(bases));
            if let Some(to) = self.sums_of_b {
                let mut sum = s.splat(0.0);
                for k in 0..depth {
                    sum = s.add(sum, s.load_from(b.add(k * self.b_row)));
                }
                s.store_to(to.of(bases), only_columns(s, sum, self.width));
            }
            while row + 4 <= rows {
                self.tile::<A, 4>(s, depth, start, a, b, out);
                (row, a, out) = (row + 4, a.wrapping_add(4 * self.a_row), out.wrapping_add(4 * self.out_row));
            }
            match rows - row {
                3 => self.tile::<A, 3>(s, depth, start, a, b, out),
                2 => self.tile::<A, 2>(s, depth, start, a, b, out),
                1 => self.tile::<A, 1>(s, depth, start, a, b, out),
                _ => {}
            }
        }
    }

    /// `R` rows of sums in registers: eight registers of AVX2's sixteen for four rows, enough to hide how long a
    /// multiplication takes.
    ///
    /// # Safety
    /// As [`Columns::run`]; a and out are some rows of those.
    #[inline(always)]
    unsafe fn tile<A: Arithmetic, const R: usize>(
        &self,
        s: A,
        depth: usize,
        start: A::V,
        a: *const f32,
        b: *const f32,
        out: *mut f32,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = [start; R];
            for k in 0..depth {
                let b = s.load_from(b.add(k * self.b_row));
                for r in 0..R {
                    sums[r] = s.fma(s.splat(*a.add(r * self.a_row + k * self.a_step)), b, sums[r]);
                }
            }
            for r in 0..R {
                let sum = if self.width < LANES { only_columns(s, sums[r], self.width) } else { sums[r] };
                s.store_to(out.add(r * self.out_row), sum);
            }
        }
    }
}
