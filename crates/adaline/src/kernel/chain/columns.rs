//! The product of a chain: sixteen columns at once, nothing packed, whole vectors read and written.

use crate::kernel::Work;
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
pub(super) struct Columns {
    pub rows: usize,
    pub depth: usize,
    /// Element (i, k) lies at i · `a_row` + k · `a_step`.
    pub a: *const f32,
    pub a_row: usize,
    pub a_step: usize,
    /// Element (k, 0) lies at k · `b_row`.
    pub b: *const f32,
    pub b_row: usize,
    /// Sixteen numbers that the sums start with.
    pub start: *const f32,
    /// Element (i, 0) goes to i · `out_row`.
    pub out: *mut f32,
    pub out_row: usize,
    /// Columns that exist. The lanes behind them become zero where `out` is a panel; they are left as they come where the
    /// next row is written over them, and `width` is sixteen then.
    pub width: usize,
    /// Whether there are eight columns or fewer, for which half a vector will do.
    pub is_narrow: bool,
    /// Gets the sums of the columns of B, as many as there are.
    pub sums_of_b: Option<*mut f32>,
}

impl Columns {
    /// # Safety
    /// All elements of A and out, and sixteen values at (k, 0) of B, at (i, 0) of out, of the sums and of `start`, lie inside
    /// their buffers.
    #[inline(always)]
    pub(super) unsafe fn run<S: Simd>(self, s: S) {
        struct Promised(Columns);
        impl Work for Promised {
            type Output = ();
            #[inline(always)]
            fn run<S: Simd>(self, s: S) {
                // SAFETY: made only below, where the caller promised.
                unsafe {
                    match self.0.is_narrow {
                        true => self.0.tiles(s.half()),
                        false => self.0.tiles(s),
                    }
                }
            }
        }
        s.apart(Promised(self));
    }

    /// # Safety
    /// As [`Columns::run`].
    #[inline(always)]
    unsafe fn tiles<A: Arithmetic>(&self, s: A) {
        let mut row = 0;
        // SAFETY: the caller's promise, for rows below `rows`.
        unsafe {
            if let Some(to) = self.sums_of_b {
                let mut sum = s.splat(0.0);
                for k in 0..self.depth {
                    sum = s.add(sum, s.load_from(self.b.add(k * self.b_row)));
                }
                s.store_to(to, only_columns(s, sum, self.width));
            }
            while row + 4 <= self.rows {
                self.tile::<A, 4>(s, row);
                row += 4;
            }
            match self.rows - row {
                3 => self.tile::<A, 3>(s, row),
                2 => self.tile::<A, 2>(s, row),
                1 => self.tile::<A, 1>(s, row),
                _ => {}
            }
        }
    }

    /// `R` rows of sums in registers: eight registers of AVX2's sixteen for four rows, enough to hide how long a
    /// multiplication takes.
    ///
    /// # Safety
    /// As [`Columns::run`]; the rows are some of those.
    #[inline(always)]
    unsafe fn tile<A: Arithmetic, const R: usize>(&self, s: A, row: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = [s.load_from(self.start); R];
            let a = self.a.add(row * self.a_row);
            for k in 0..self.depth {
                let b = s.load_from(self.b.add(k * self.b_row));
                for r in 0..R {
                    sums[r] = s.fma(s.splat(*a.add(r * self.a_row + k * self.a_step)), b, sums[r]);
                }
            }
            for r in 0..R {
                let sum = if self.width < LANES { only_columns(s, sums[r], self.width) } else { sums[r] };
                s.store_to(self.out.add((row + r) * self.out_row), sum);
            }
        }
    }
}
