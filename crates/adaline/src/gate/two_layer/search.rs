//! Every network with two or three hidden neurons, for functions of at most four inputs.
//!
//! What the output neuron makes of the hidden ones is a separable function, and a hidden neuron may as well be turned
//! around (the complement of a separable function is separable), so that only rising functions of two or three values
//! are left that need all of them: OR, AND, a or (b and c), a and (b or c), and majority. For each of them hidden
//! functions are sought among all separable ones.

use super::super::TruthTable;
use super::Plan;
use crate::Neuron;
use std::collections::BTreeMap;

/// So many hidden neurons are ruled out where [`fewest`] finds nothing.
pub(super) const RULED_OUT: usize = 3;

/// No neuron of four inputs needs a larger weight: the 1882 functions that these give are all there are.
const LARGEST_WEIGHT: i64 = 3;

/// A separable function: its rows with output 1 as bits, and how large its smallest neuron is.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    ones: u16,
    size: i64,
}

/// Hidden functions and what is made of them, with the size of the neurons: of several the smallest is taken.
struct Choice {
    hidden: Vec<Candidate>,
    output: Neuron,
}

impl Choice {
    fn size(&self) -> i64 {
        self.hidden.iter().map(|candidate| candidate.size).sum()
    }
}

/// The network with the fewest hidden neurons, if at most three are enough.
pub(super) fn fewest(table: &TruthTable) -> Option<Plan> {
    let inputs = table.inputs();
    let all = ((1u32 << (1 << inputs)) - 1) as u16;
    let ones = table.outputs().iter().enumerate().fold(0, |bits, (row, output)| bits | u16::from(*output) << row);
    let separable = Separable::of(inputs);
    // AND of h is NOT of OR of NOT h, and so for the other pair: the same search, turned around.
    let up = Search { function: ones, all, separable: &separable };
    let down = Search { function: !ones & all, all, separable: &separable };

    let two = [up.union_of(2).map(or(2)), down.union_of(2).map(|hidden| and(2)(down.turned(hidden)))];
    let choice = smallest(two).or_else(|| {
        smallest([
            up.union_of(3).map(or(3)),
            down.union_of(3).map(|hidden| and(3)(down.turned(hidden))),
            up.one_or_both().map(|hidden| Choice { hidden, output: Neuron::step([2.0, 1.0, 1.0], -1.0) }),
            down.one_or_both()
                .map(|hidden| Choice { hidden: down.turned(hidden), output: Neuron::step([2.0, 1.0, 1.0], -2.0) }),
            up.majority().map(|hidden| Choice { hidden, output: Neuron::step([1.0; 3], -1.0) }),
        ])
    })?;
    let function = |candidate: &Candidate| TruthTable::of(inputs, |x| candidate.ones >> row_of(x) & 1 == 1);
    Some(Plan { hidden: choice.hidden.iter().map(function).collect(), output: choice.output })
}

fn row_of(inputs: &[bool]) -> usize {
    inputs.iter().fold(0, |row, x| row << 1 | usize::from(*x))
}

fn or(count: usize) -> impl Fn(Vec<Candidate>) -> Choice {
    move |hidden| Choice { hidden, output: Neuron::step(vec![1.0; count], 0.0) }
}

fn and(count: usize) -> impl Fn(Vec<Candidate>) -> Choice {
    move |hidden| Choice { hidden, output: Neuron::step(vec![1.0; count], 1.0 - count as f64) }
}

/// The first of those with the smallest neurons.
fn smallest(choices: impl IntoIterator<Item = Option<Choice>>) -> Option<Choice> {
    choices.into_iter().flatten().min_by_key(Choice::size)
}

/// All separable functions of some inputs.
struct Separable {
    candidates: Vec<Candidate>,
    sizes: BTreeMap<u16, i64>,
}

impl Separable {
    fn of(inputs: usize) -> Self {
        let mut sizes: BTreeMap<u16, i64> = BTreeMap::new();
        let values = 2 * LARGEST_WEIGHT as usize + 1;
        for number in 0..values.pow(inputs as u32) {
            let weight = |input: usize| (number / values.pow(input as u32) % values) as i64 - LARGEST_WEIGHT;
            let weights: Vec<i64> = (0..inputs).map(weight).collect();
            let sum = |row: usize| -> i64 { (0..inputs).filter(|i| row >> i & 1 == 1).map(|i| weights[i]).sum() };
            let sums: Vec<i64> = (0..1usize << inputs).map(sum).collect();
            let total: i64 = weights.iter().map(|w| w.abs()).sum();
            for bias in -total..=total + 1 {
                let ones = sums.iter().enumerate().fold(0, |ones, (row, sum)| ones | u16::from(sum + bias > 0) << row);
                let size = total + i64::abs(bias);
                sizes.entry(ones).and_modify(|least| *least = size.min(*least)).or_insert(size);
            }
        }
        let candidates = sizes.iter().map(|(ones, size)| Candidate { ones: *ones, size: *size }).collect();
        Separable { candidates, sizes }
    }
}

/// A function to be made of separable ones.
struct Search<'a> {
    /// The rows where it gives 1.
    function: u16,
    /// All rows.
    all: u16,
    separable: &'a Separable,
}

impl Search<'_> {
    /// Separable functions that give 1 only where the function does.
    fn inside(&self) -> Vec<Candidate> {
        let within = |candidate: &&Candidate| candidate.ones & !self.function == 0 && candidate.ones != 0;
        self.separable.candidates.iter().filter(within).copied().collect()
    }

    /// f = h₁ or h₂ or …
    fn union_of(&self, count: usize) -> Option<Vec<Candidate>> {
        let mut inside = self.inside();
        if count > 2 {
            // A larger function covers more and harms nothing.
            inside = best_by(inside, |candidate| !candidate.ones);
        }
        inside.sort_by_key(|candidate| candidate.size);
        let mut best = None;
        self.cover(&inside, 0, count, &mut Vec::new(), &mut best);
        best
    }

    /// Covers the lowest row that is left in every way; keeps the smallest.
    fn cover(
        &self,
        inside: &[Candidate],
        covered: u16,
        left: usize,
        chosen: &mut Vec<Candidate>,
        best: &mut Option<Vec<Candidate>>,
    ) {
        let size = |chosen: &[Candidate]| chosen.iter().map(|candidate| candidate.size).sum::<i64>();
        let open = self.function & !covered;
        if best.as_ref().is_some_and(|best| size(chosen) >= size(best)) {
            return;
        }
        if open == 0 {
            *best = Some(chosen.clone());
        } else if left > 0 {
            let lowest = open & open.wrapping_neg();
            for candidate in inside {
                // The last one has to cover everything that is left.
                let needed = if left == 1 { open } else { lowest };
                if candidate.ones & needed == needed {
                    chosen.push(*candidate);
                    self.cover(inside, covered | candidate.ones, left - 1, chosen, best);
                    chosen.pop();
                }
            }
        }
    }

    /// f = a or (b and c): a gives 1 only where f does; b and c give 1 on what a leaves, and nowhere else both.
    fn one_or_both(&self) -> Option<Vec<Candidate>> {
        let mut best: Option<Vec<Candidate>> = None;
        for a in best_by(self.inside(), |candidate| !candidate.ones) {
            let left = self.function & !a.ones;
            let covering = self.separable.candidates.iter().filter(|candidate| candidate.ones & left == left).copied();
            let wrong = |candidate: &Candidate| candidate.ones & !self.function;
            let covering = best_by(covering.collect(), wrong);
            for (place, b) in covering.iter().enumerate() {
                for c in covering[place + 1..].iter().filter(|c| wrong(b) & wrong(c) == 0) {
                    keep(&mut best, [a, *b, *c]);
                }
            }
        }
        best
    }

    /// f = at least two of a, b, c: no row may be wrong in two of them.
    fn majority(&self) -> Option<Vec<Candidate>> {
        let wrong = |candidate: &Candidate| candidate.ones ^ self.function;
        let near = best_by(self.separable.candidates.clone(), wrong);
        let mut best: Option<Vec<Candidate>> = None;
        for (i, a) in near.iter().enumerate() {
            for (j, b) in near.iter().enumerate().skip(i + 1).filter(|(_, b)| wrong(a) & wrong(b) == 0) {
                for c in near[j + 1..].iter().filter(|c| wrong(c) & (wrong(a) | wrong(b)) == 0) {
                    keep(&mut best, [*a, *b, *c]);
                }
            }
        }
        best
    }

    /// The complements of hidden functions.
    fn turned(&self, hidden: Vec<Candidate>) -> Vec<Candidate> {
        let turn = |candidate: Candidate| {
            let ones = !candidate.ones & self.all;
            Candidate { ones, size: self.separable.sizes.get(&ones).copied().unwrap_or(candidate.size) }
        };
        hidden.into_iter().map(turn).collect()
    }
}

/// Keeps the smaller of two choices.
fn keep(best: &mut Option<Vec<Candidate>>, found: [Candidate; 3]) {
    let size = |hidden: &[Candidate]| hidden.iter().map(|candidate| candidate.size).sum::<i64>();
    if best.as_ref().is_none_or(|best| size(&found) < size(best)) {
        *best = Some(found.to_vec());
    }
}

/// Those whose faults contain no other's: whatever works with another one works with one of them. Of equal faults, the
/// smallest neuron.
fn best_by(mut candidates: Vec<Candidate>, faults: impl Fn(&Candidate) -> u16) -> Vec<Candidate> {
    candidates.sort_by_key(|candidate| (faults(candidate).count_ones(), candidate.size));
    let mut best: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        if best.iter().all(|kept| faults(kept) & !faults(&candidate) != 0) {
            best.push(candidate);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_tried_give_all_separable_functions() {
        let counts = [1, 2, 3, 4].map(|inputs| Separable::of(inputs).candidates.len());
        assert_eq!(counts, [4, 14, 104, 1882]);
        for candidate in Separable::of(4).candidates {
            assert!(Separable::of(4).sizes.contains_key(&!candidate.ones), "complements are separable");
            if candidate.ones > 200 {
                break;
            }
        }
    }
}
