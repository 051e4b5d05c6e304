//! What the machine itself can do, to see how near to it adaline comes: multiply-adds, and copying.

use crate::workload::{Figure, Workload};
use adaline::InstructionSet;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Sums that do not wait for each other; two units of four cycles would be busy with eight.
const SUMS: usize = 12;
/// Multiply-adds of each sum in one step.
const TURNS: usize = 10_000;

/// Multiply-adds in registers, as many as there can be.
pub(crate) struct Peak {
    threads: usize,
    set: InstructionSet,
}

impl Peak {
    pub(crate) fn new(threads: usize, set: InstructionSet) -> Self {
        Peak { threads, set }
    }
}

impl Workload for Peak {
    fn run(&mut self, steps: usize) -> adaline::Result<()> {
        let set = self.set;
        in_step(vec![(); self.threads], 1, |()| {
            black_box(multiply_add(set, steps * TURNS));
        });
        Ok(())
    }

    fn figure(&self) -> Figure {
        let lanes = match self.set {
            InstructionSet::Avx512 => 16,
            InstructionSet::Avx2 => 8,
            _ => PORTABLE_LANES,
        };
        Figure::Operations((2 * lanes * SUMS * TURNS * self.threads) as f64)
    }
}

/// So many times s ← s · ½ + 1 for each sum: the values stay ordinary numbers.
fn multiply_add(set: InstructionSet, turns: usize) -> f32 {
    match set {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the options only let pass an instruction set that was detected on this machine.
        InstructionSet::Avx512 => unsafe { x86::avx512(turns) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        InstructionSet::Avx2 => unsafe { x86::avx2(turns) },
        _ => portable(turns),
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::SUMS;
    use std::arch::x86_64::*;
    use std::hint::black_box;

    #[target_feature(enable = "avx512f")]
    pub(super) fn avx512(turns: usize) -> f32 {
        let (half, one) = (_mm512_set1_ps(black_box(0.5)), _mm512_set1_ps(black_box(1.0)));
        let mut sums = [_mm512_setzero_ps(); SUMS];
        for _ in 0..turns {
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(*sum, half, one);
            }
        }
        sums.into_iter().map(|sum| _mm512_reduce_add_ps(sum)).sum()
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn avx2(turns: usize) -> f32 {
        let (half, one) = (_mm256_set1_ps(black_box(0.5)), _mm256_set1_ps(black_box(1.0)));
        let mut sums = [_mm256_setzero_ps(); SUMS];
        for _ in 0..turns {
            for sum in &mut sums {
                *sum = _mm256_fmadd_ps(*sum, half, one);
            }
        }
        sums.into_iter().map(|sum| _mm256_cvtss_f32(sum)).sum()
    }
}

/// A register of NEON.
const PORTABLE_LANES: usize = 4;

fn portable(turns: usize) -> f32 {
    let (half, one) = (black_box(0.5f32), black_box(1.0f32));
    let mut sums = [[0.0f32; PORTABLE_LANES]; SUMS];
    for _ in 0..turns {
        for lane in sums.as_flattened_mut() {
            *lane = lane.mul_add(half, one);
        }
    }
    sums.as_flattened().iter().sum()
}

/// A copy into another buffer, each thread its part.
pub(crate) struct Copying {
    from: Vec<f32>,
    to: Vec<f32>,
    threads: usize,
}

impl Copying {
    pub(crate) fn new(len: usize, threads: usize) -> Self {
        Copying { from: (0..len).map(|i| i as f32).collect(), to: vec![0.0; len], threads }
    }
}

impl Workload for Copying {
    fn run(&mut self, steps: usize) -> adaline::Result<()> {
        let each = self.from.len().div_ceil(self.threads);
        let parts = self.from.chunks(each).zip(self.to.chunks_mut(each)).collect();
        in_step(parts, steps, |(from, to)| {
            to.copy_from_slice(black_box(from));
            black_box(to);
        });
        Ok(())
    }

    fn figure(&self) -> Figure {
        Figure::Microseconds("us")
    }
}

/// Works on each part with a thread of its own, `steps` times over; nobody begins a step before all have done the last.
fn in_step<T: Send>(mut parts: Vec<T>, steps: usize, work: impl Fn(&mut T) + Sync) {
    let (count, arrived) = (parts.len(), AtomicUsize::new(0));
    let run = |mut part: T| {
        for step in 1..=steps {
            work(&mut part);
            arrived.fetch_add(1, Ordering::AcqRel);
            let mut turns = 0;
            while arrived.load(Ordering::Acquire) < step * count {
                turns += 1;
                // More threads than processors: the one that is waited for needs this one.
                if turns % 10_000 == 0 { thread::yield_now() } else { std::hint::spin_loop() }
            }
        }
    };
    thread::scope(|scope| {
        let mine = parts.pop();
        for part in parts {
            scope.spawn(|| run(part));
        }
        if let Some(mine) = mine {
            run(mine);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_copied_on_any_number_of_threads() {
        for threads in [1, 2, 3, 5] {
            let mut copying = Copying::new(1003, threads);
            copying.run(2).unwrap();
            assert_eq!(copying.to, copying.from, "{threads}");
        }
    }

    #[test]
    fn the_multiply_adds_are_done_on_every_instruction_set() {
        for set in InstructionSet::available() {
            // From 0 over 1 and 1.5 to 1.75: as many sums as there are in one lane (AVX2) or in all.
            let sum = multiply_add(set, 3) / 1.75 / SUMS as f32;
            assert!([1.0, 4.0, 16.0].contains(&sum), "{set:?}: {sum}");
        }
    }
}
