//! Where everything lies: buffers that are not needed at the same time share memory.
//!
//! A step of a plan is a line of moments: forward 0, 1, …, n - 1, the loss at n, backward n + 1, …. A buffer is asked for
//! with the moments from which and until which it is used. Large ones are placed first, each at the lowest place where it
//! overlaps none that is used at the same time (Pisarchyk and Lee 2020, *Efficient memory management for deep neural net
//! inference*, greedy by size).

use crate::kernel::buffer::{round_up, with_room};
use std::ops::{Range, RangeInclusive};

/// Most memory that a plan may take: 16 GiB of f32. More is taken for a slip in the batch size.
const MAX_VALUES: usize = 1 << 32;

/// Hands out ranges of the arena. The same questions are asked twice: first they are written down, then answered.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    requests: Vec<Request>,
    places: Vec<usize>,
    next: usize,
    /// Moments of the operation that is being laid out.
    forward: usize,
    backward: Option<usize>,
    too_large: bool,
    len: usize,
}

#[derive(Debug, Clone)]
struct Request {
    len: usize,
    life: RangeInclusive<usize>,
}

impl Layout {
    /// A buffer of so many values that is used from one moment to another. Empty until the answers are known.
    pub(crate) fn take(&mut self, len: usize, life: RangeInclusive<usize>) -> Range<usize> {
        let number = self.next;
        self.next += 1;
        match self.places.get(number) {
            Some(&place) => place..place + len,
            None => {
                self.too_large |= len > MAX_VALUES;
                self.requests.push(Request { len, life });
                0..0
            }
        }
    }

    /// As [`Layout::take`], with a vector's length behind it, so that kernels may read and write whole vectors.
    pub(crate) fn take_with_room(&mut self, len: usize, life: RangeInclusive<usize>) -> Range<usize> {
        let with_room = self.take(with_room(len), life);
        if with_room.is_empty() { with_room } else { with_room.start..with_room.start + len }
    }

    /// Begins an operation that runs at these moments.
    pub(crate) fn begin(&mut self, forward: usize, backward: Option<usize>) {
        (self.forward, self.backward) = (forward, backward);
    }

    /// Whether something was asked for that no plan may have.
    pub(crate) fn is_too_large(&self) -> bool {
        self.too_large
    }

    /// Whether the operation has a way back.
    pub(crate) fn goes_back(&self) -> bool {
        self.backward.is_some()
    }

    /// Room for the way forward alone.
    pub(crate) fn forward_scratch(&mut self, len: usize) -> Range<usize> {
        self.take(len, self.forward..=self.forward)
    }

    /// Room for the way back alone; none where there is no way back.
    pub(crate) fn backward_scratch(&mut self, len: usize) -> Range<usize> {
        match self.backward {
            Some(moment) => self.take(len, moment..=moment),
            None => 0..0,
        }
    }

    /// Room for what is written on the way forward and read on the way back; where there is no way back, for the way
    /// forward alone.
    pub(crate) fn kept(&mut self, len: usize) -> Range<usize> {
        self.take(len, self.forward..=self.backward.unwrap_or(self.forward))
    }

    /// Places everything that was asked for; afterwards the same questions have answers. `None` where it is more memory
    /// than is sensible.
    pub(crate) fn place(&mut self) -> Option<usize> {
        if self.too_large {
            return None;
        }
        let mut order: Vec<usize> = (0..self.requests.len()).collect();
        // A stable sort: equal sizes stay in the order of the questions.
        order.sort_by_key(|&number| std::cmp::Reverse(self.requests[number].len));
        self.places = vec![0; self.requests.len()];
        let mut placed: Vec<usize> = Vec::new();
        for number in order {
            let request = &self.requests[number];
            let len = round_up(request.len);
            let mut taken: Vec<Range<usize>> = placed
                .iter()
                .filter(|&&other| {
                    let (a, b) = (&self.requests[other].life, &request.life);
                    a.start() <= b.end() && b.start() <= a.end()
                })
                .map(|&other| self.places[other]..self.places[other] + round_up(self.requests[other].len))
                .collect();
            taken.sort_by_key(|range| range.start);
            let mut place = 0;
            for range in taken {
                if place + len <= range.start {
                    break;
                }
                place = place.max(range.end);
            }
            self.places[number] = place;
            self.len = self.len.max(place + len);
            if self.len > MAX_VALUES {
                return None;
            }
            if request.len > 0 {
                placed.push(number);
            }
        }
        self.next = 0;
        Some(self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(layout: &mut Layout, questions: &[(usize, RangeInclusive<usize>)]) -> Vec<Range<usize>> {
        questions.iter().map(|(len, life)| layout.take(*len, life.clone())).collect()
    }

    #[test]
    fn what_lives_at_the_same_time_never_overlaps() {
        let mut rng = crate::rng::Rng::stream(3, crate::rng::Purpose::Data, 0);
        for _ in 0..50 {
            let mut below = |n: usize| rng.below(n);
            let questions: Vec<_> = (0..40)
                .map(|_| {
                    let start = below(20);
                    (below(200), start..=start + below(10))
                })
                .collect();
            let mut layout = Layout::default();
            ask(&mut layout, &questions);
            let len = layout.place().unwrap();
            let ranges = ask(&mut layout, &questions);
            for (i, (a, (asked, life))) in ranges.iter().zip(&questions).enumerate() {
                assert!(a.len() == *asked && a.end <= len && a.start % 16 == 0);
                for (b, (_, other)) in ranges.iter().zip(&questions).skip(i + 1) {
                    let together = life.start() <= other.end() && other.start() <= life.end();
                    assert!(!together || a.end <= b.start || b.end <= a.start, "{a:?} {b:?}");
                }
            }
            // Never less than what must be there at once, and sharing works: far less than everything side by side.
            let at =
                |t: usize| questions.iter().filter(|(_, life)| life.contains(&t)).map(|(len, _)| len).sum::<usize>();
            assert!(len >= (0..30).map(at).max().unwrap());
            assert!(len < questions.iter().map(|(len, _)| round_up(*len)).sum());
        }
    }

    #[test]
    fn a_chain_takes_turns_in_two_buffers() {
        let mut layout = Layout::default();
        let questions: Vec<_> = (0..10).map(|i| (64, i..=i + 1)).collect();
        ask(&mut layout, &questions);
        assert_eq!(layout.place(), Some(128));
    }

    #[test]
    fn more_than_is_sensible_is_refused() {
        for questions in [vec![(usize::MAX, 0..=0)], vec![(1 << 31, 0..=1), (1 << 31, 0..=1), (1, 1..=1)]] {
            let mut layout = Layout::default();
            ask(&mut layout, &questions);
            assert_eq!(layout.place(), None);
        }
    }
}
