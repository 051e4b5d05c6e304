//! f32 that start on a 64-byte boundary: a cache line, and a register of sixteen lanes.

use super::simd::LANES;
use std::ops::{Deref, DerefMut};

#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; LANES]);

/// A fixed number of f32, the first one on a 64-byte boundary, the length a multiple of sixteen.
#[derive(Debug, Clone)]
pub(crate) struct Buffer {
    lines: Vec<Line>,
}

impl Buffer {
    /// At least `len` zeroes.
    pub(crate) fn zeroed(len: usize) -> Self {
        Buffer { lines: vec![Line([0.0; LANES]); len.div_ceil(LANES)] }
    }
}

impl Deref for Buffer {
    type Target = [f32];
    #[inline]
    fn deref(&self) -> &[f32] {
        // SAFETY: a `Line` is sixteen f32 without padding, so the lines are one array of f32.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.lines.len() * LANES) }
    }
}

impl DerefMut for Buffer {
    #[inline]
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above, and the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.lines.len() * LANES) }
    }
}

/// Whether the machine would give memory for so many f32: asked before they are taken, since a refusal in the middle of
/// taking them ends the program. A machine that promises more than it has is not found out here.
pub(crate) fn is_there_room_for(values: usize) -> bool {
    values.checked_mul(size_of::<f32>()).is_some_and(|bytes| Vec::<u8>::new().try_reserve_exact(bytes).is_ok())
}

/// The next multiple of sixteen: where the next tensor may start.
pub(crate) fn round_up(len: usize) -> usize {
    len.next_multiple_of(LANES)
}

/// A buffer of so many values with a vector's length behind them, where kernels read and write whole vectors.
pub(crate) fn with_room(len: usize) -> usize {
    round_up(len.saturating_add(LANES).min(usize::MAX - LANES))
}
