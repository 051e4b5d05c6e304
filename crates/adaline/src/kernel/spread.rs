//! Many alike items, shared out over the threads: each task gets some of them and the parts of the results that are theirs.

use super::simd::LANES;
use super::{Machine, Shared};
use std::ops::Range;

/// Below so many values the work stays on the calling thread: handing over costs about a microsecond.
const SHARE_FROM: usize = 1 << 15;

/// Values that one task takes at least.
const TASK: usize = 1 << 13;

/// Calls `work` with ranges of items and their parts of the results; `values` of an item say how much work it is, and
/// each result has so many values of an item (of the last one maybe fewer). How the items are cut depends on the machine:
/// no sum may go over two of them.
pub(crate) fn spread<const N: usize>(
    machine: &Machine,
    items: usize,
    values: usize,
    results: [(&mut [f32], usize); N],
    work: &(impl Fn(Range<usize>, [&mut [f32]; N]) + Sync),
) {
    if machine.threads() == 1 || items.saturating_mul(values) < SHARE_FROM {
        let parts = results.map(|(result, each)| {
            let len = result.len().min(items * each);
            &mut result[..len]
        });
        return work(0..items, parts);
    }
    let results = results.map(|(result, each)| (Shared(result.as_mut_ptr()), result.len(), each));
    let at_once = (TASK / values.max(1)).max(1);
    machine.share(items.div_ceil(at_once), &|task| {
        let items = task * at_once..((task + 1) * at_once).min(items);
        let parts = results.map(|(result, len, each)| {
            let (from, to) = ((items.start * each).min(len), (items.end * each).min(len));
            // SAFETY: the part lies inside the result, and no other task has the same items; the results were borrowed
            // for as long as this function runs.
            unsafe { std::slice::from_raw_parts_mut(result.at(from), to - from) }
        });
        work(items, parts);
    });
}

/// Where vectors start that cover so many channels. Where there are sixteen or more, the last one ends with the last
/// channel and goes over some a second time; where there are fewer, it goes over into what lies behind.
#[inline(always)]
pub(super) fn starts(channels: usize) -> impl Iterator<Item = usize> {
    let last = channels.saturating_sub(LANES);
    (0..channels).step_by(LANES).map(move |channel| channel.min(last))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::InstructionSet;

    #[test]
    fn every_item_is_worked_on_once() {
        for threads in [1, 2, 3] {
            let machine = Machine::new(InstructionSet::best(), threads);
            for items in [0, 1, 7, 1000] {
                let (mut a, mut b) = (vec![0.0; items * 3], vec![0.0; items]);
                spread(&machine, items, 100, [(&mut a, 3), (&mut b, 1)], &|range, [a, b]| {
                    assert_eq!((a.len(), b.len()), (range.len() * 3, range.len()));
                    for (item, (a, b)) in range.zip(a.chunks_exact_mut(3).zip(b)) {
                        a.fill(item as f32);
                        *b += 1.0;
                    }
                });
                assert!(a.chunks(3).enumerate().all(|(item, a)| a == [item as f32; 3]));
                assert!(b.iter().all(|&b| b == 1.0));
            }
        }
    }

    #[test]
    fn vectors_cover_every_channel() {
        for channels in 1..70 {
            let covered: Vec<usize> = starts(channels).flat_map(|start| start..start + LANES).collect();
            assert!((0..channels).all(|channel| covered.contains(&channel)));
            assert!(channels < LANES || covered.iter().all(|&channel| channel < channels));
        }
    }
}
