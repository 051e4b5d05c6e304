//! The product of a chain: sixteen columns at once, nothing packed, whole vectors read and written.

use super::place::{Bases, Place};
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

/// Columns that half a vector holds.
const HALF: usize = LANES / 2;

/// Sixteen columns of a product of A (rows × depth) and B (depth × 16).
#[derive(Debug)]
pub(super) struct Columns {
    /// Whether the sums go over the rows of the batch, which are the depth then; else they are the rows.
    pub sums_over_rows: bool,
    /// The other one of rows and depth.
    pub other: usize,
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
    /// All columns of the product, of which these are some.
    pub columns: usize,
    /// Those that are kept: the lanes behind them become zero. Sixteen where lanes that are no column may be left as they
    /// come, since the next row is written over them or nobody reads them.
    pub width: usize,
    /// Gets the sums of the columns of B, as many as there are.
    pub sums_of_b: Option<Place>,
}

/// The sums of sixteen columns over the rows of a batch, in row order.
#[derive(Debug)]
pub(super) struct Sums {
    /// Element (k, 0) lies at k · `row`.
    pub of: Place,
    pub row: usize,
    /// All columns, of which these are some.
    pub columns: usize,
    /// Columns that there are; the lanes behind them become zero.
    pub width: usize,
    pub to: Place,
}

impl Sums {
    /// Calls `touch` with every place and how many values are read or written there.
    pub(super) fn reach(&self, rows: usize, mut touch: impl FnMut(Place, usize)) {
        if rows > 0 {
            touch(self.of, (rows - 1) * self.row + LANES);
        }
        touch(self.to, LANES);
    }

    /// # Safety
    /// The buffers are as long as [`Sums::reach`] says for so many rows.
    #[inline(always)]
    pub(super) unsafe fn run<S: Simd>(&self, s: S, rows: usize, bases: &Bases<'_>) {
        let (of, to) = (self.of.of(bases), self.to.of(bases));
        // SAFETY: the caller's promise.
        unsafe {
            match self.columns <= HALF {
                true => sum_columns(s.half(), rows, of, self.row, self.width, to),
                false => sum_columns(s, rows, of, self.row, self.width, to),
            }
        }
    }
}

/// # Safety
/// A vector lies at each k · `row` behind `of`, and at `to`.
#[inline(always)]
unsafe fn sum_columns<A: Arithmetic>(s: A, rows: usize, of: *const f32, row: usize, width: usize, to: *mut f32) {
    let mut sum = s.splat(0.0);
    // SAFETY: the caller's promise.
    unsafe {
        for k in 0..rows {
            sum = s.add(sum, s.load_from(of.add(k * row)));
        }
        s.store_to(to, only_columns(s, sum, width));
    }
}

impl Columns {
    /// The sizes for a batch of so many rows: rows and depth of the product.
    #[inline(always)]
    fn sizes(&self, rows: usize) -> (usize, usize) {
        if self.sums_over_rows { (self.other, rows) } else { (rows, self.other) }
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

    /// # Safety
    /// The buffers are as long as [`Columns::reach`] says for so many rows.
    #[inline(always)]
    pub(super) unsafe fn run<S: Simd>(&self, s: S, rows: usize, bases: &Bases<'_>) {
        // SAFETY: the caller's promise.
        unsafe {
            match self.columns <= HALF {
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
                sum_columns(s, depth, b, self.b_row, self.width, to.of(bases));
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
