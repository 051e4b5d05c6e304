//! The speed, and the only `unsafe` of the library.
//!
//! Every kernel is written once over [`Simd`], sixteen f32 side by side whatever the machine: one register of AVX-512,
//! two of AVX2, an array elsewhere. Each sum has one order that depends on nothing but its length, and a product plus an
//! addition is always one fused operation, so **every instruction set and every number of threads gives the same bits**.
//!
//! | file | what |
//! |---|---|
//! | `simd` | sixteen lanes on each instruction set |
//! | `math` | exp, tanh and ln as short polynomials |
//! | `panels` | the layout of the weights, and the way into it |
//! | `tile` | register tiles, and where their sums go |
//! | `product` | matrix products |
//! | `chain` | small dense layers one after the other in one call |
//! | `recurrent` | the sweep over sequences, and the cells' gates |
//! | `conv` | products over the windows of images |
//! | `activation` | activations and their derivatives |
//! | `elementwise` | what is done to each value by itself |
//! | `rows` | softmax, and the losses with their gradients |
//! | `update` | the optimizers' loops over the flat buffers |
//! | `window` | pools: one value of each window |
//! | `norm` | statistics of channels and rows, and values brought to mean 0 and variance 1 |
//! | `spread` | many alike items shared out over the threads |
//! | `pool` | threads that spin before they sleep |
//! | `buffer` | f32 on 64-byte boundaries |

mod activation;
pub(crate) mod buffer;
pub(crate) mod chain;
pub(crate) mod conv;
pub(crate) mod elementwise;
mod math;
pub(crate) mod norm;
pub(crate) mod panels;
mod pool;
pub(crate) mod product;
pub(crate) mod recurrent;
pub(crate) mod rows;
mod simd;
pub(crate) mod spread;
mod tile;
pub(crate) mod update;
pub(crate) mod window;

use pool::Pool;
use simd::Simd;

/// An instruction set that the kernels can run on. Results are the same bits on all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstructionSet {
    /// x86-64 with AVX-512F.
    Avx512,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// Plain Rust, vectorised by the compiler as far as the target allows (NEON on 64-bit Arm).
    Portable,
}

impl InstructionSet {
    /// Those that this machine has, the best one first.
    pub fn available() -> Vec<InstructionSet> {
        let mut sets = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if simd::Avx512::detect().is_some() {
                sets.push(InstructionSet::Avx512);
            }
            if simd::Avx2::detect().is_some() {
                sets.push(InstructionSet::Avx2);
            }
        }
        sets.push(InstructionSet::Portable);
        sets
    }

    /// The best one that this machine has.
    pub fn best() -> InstructionSet {
        Self::available()[0]
    }
}

/// Work that is written once for every instruction set.
pub(crate) trait Work {
    type Output;
    fn run<S: Simd>(self, simd: S) -> Self::Output;
}

impl InstructionSet {
    /// Runs work on this instruction set; on one that the machine lacks, on the portable one.
    ///
    /// In line, since work is a struct of a few pointers and sizes: a function that takes it from its caller and gives it to a
    /// kernel copies it, sixteen bytes at once right behind stores of eight, and the processor waits with such a load until
    /// the stores have come to the cache. A step of 2-4-1 took 0.205 µs so, and 0.188 in line.
    #[inline(always)]
    pub(crate) fn dispatch<W: Work>(self, work: W) -> W::Output {
        #[cfg(target_arch = "x86_64")]
        {
            match self {
                InstructionSet::Avx512 => {
                    if let Some(simd) = simd::Avx512::detect() {
                        // SAFETY: the token exists only where AVX-512F was detected.
                        return unsafe { with_avx512(simd, work) };
                    }
                }
                InstructionSet::Avx2 => {
                    if let Some(simd) = simd::Avx2::detect() {
                        // SAFETY: the token exists only where AVX2 and FMA were detected.
                        return unsafe { with_avx2(simd, work) };
                    }
                }
                InstructionSet::Portable => {}
            }
        }
        with_portable(work)
    }
}

/// What kernels run on: an instruction set and threads. Not `Sync`, so that a task can never ask its own pool for help.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) set: InstructionSet,
    pool: Pool,
}

impl Machine {
    /// A chosen instruction set and so many threads (at least one).
    pub(crate) fn new(set: InstructionSet, threads: usize) -> Self {
        Machine { set, pool: Pool::new(threads.max(1)) }
    }

    /// Calls `task` once for each number below `tasks`, spread over the threads. With one task, or one thread, nothing
    /// is woken.
    #[inline]
    pub(crate) fn share(&self, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
        self.pool.run(tasks, task);
    }

    /// The same where it is worth a hand-over, which costs about a microsecond; else on the calling thread alone.
    #[inline]
    pub(crate) fn share_if(&self, worth: bool, tasks: usize, task: impl Fn(usize) + Sync) {
        if worth && self.threads() > 1 {
            self.share(tasks, &task);
        } else {
            (0..tasks).for_each(task);
        }
    }

    /// How many threads share the work.
    pub(crate) fn threads(&self) -> usize {
        self.pool.threads()
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn with_avx512<W: Work>(simd: simd::Avx512, work: W) -> W::Output {
    work.run(simd)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_avx2<W: Work>(simd: simd::Avx2, work: W) -> W::Output {
    work.run(simd)
}

/// Where there are the others, this is a function of its own, so that it is not once more in every caller.
#[cfg_attr(target_arch = "x86_64", cold, inline(never))]
fn with_portable<W: Work>(work: W) -> W::Output {
    work.run(simd::Portable::default())
}

/// A pointer that tasks share; each task writes only what is its own.
#[derive(Clone, Copy)]
struct Shared(*mut f32);

// SAFETY: the pointer itself is only a number; every use states which part belongs to the task that writes there.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Shared {
    #[inline(always)]
    fn at(self, offset: usize) -> *mut f32 {
        self.0.wrapping_add(offset)
    }
}
