//! The buffers of a step, and places in them.

use crate::kernel::simd::LANES;
use std::marker::PhantomData;

/// Where sums without a bias start.
static ZEROES: [f32; LANES] = [0.0; LANES];

/// A buffer of a step.
#[derive(Debug, Clone, Copy)]
pub(super) enum Base {
    Batch,
    Params,
    /// The plan's own.
    Arena,
    Grads,
    Zeroes,
}

/// How many there are.
pub(super) const BASES: usize = 5;

impl Base {
    pub(super) fn at(self, at: usize) -> Place {
        Place { base: self, at }
    }
}

/// A place in a buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub base: Base,
    pub at: usize,
}

impl Place {
    /// So many values further on.
    pub(super) fn offset(self, values: usize) -> Place {
        Place { at: self.at + values, ..self }
    }

    #[inline(always)]
    pub(super) fn of(self, bases: &Bases<'_>) -> *mut f32 {
        bases.starts[self.base as usize].wrapping_add(self.at)
    }
}

/// Where the buffers of a step start and how long they are, by [`Base`].
pub(super) struct Bases<'a> {
    starts: [*mut f32; BASES],
    pub lens: [usize; BASES],
    borrowed: PhantomData<&'a mut [f32]>,
}

impl<'a> Bases<'a> {
    /// No pass writes into the batch, the parameters or the zeroes.
    #[inline(always)]
    pub(super) fn new(batch: &'a [f32], params: &'a [f32], arena: &'a mut [f32], grads: &'a mut [f32]) -> Self {
        let mut bases = Bases { starts: [std::ptr::null_mut(); BASES], lens: [0; BASES], borrowed: PhantomData };
        let mut is = |base: Base, start: *mut f32, len: usize| {
            (bases.starts[base as usize], bases.lens[base as usize]) = (start, len);
        };
        is(Base::Batch, batch.as_ptr().cast_mut(), batch.len());
        is(Base::Params, params.as_ptr().cast_mut(), params.len());
        is(Base::Arena, arena.as_mut_ptr(), arena.len());
        is(Base::Grads, grads.as_mut_ptr(), grads.len());
        is(Base::Zeroes, ZEROES.as_ptr().cast_mut(), ZEROES.len());
        bases
    }
}
