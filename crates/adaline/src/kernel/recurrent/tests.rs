use super::super::panels::panels_len;
use super::super::panels::tests::{random, to_panels};
use super::*;
use crate::kernel::panels::transpose_panels;

const CELLS: [Cell; 5] = [
    Cell::Simple { activation: Activation::Tanh },
    Cell::Simple { activation: Activation::Relu },
    Cell::Lstm,
    Cell::Gru { reset_after: true },
    Cell::Gru { reset_after: false },
];

/// A sweep with weights and inputs at random.
struct Case {
    cell: Cell,
    steps: usize,
    rows: usize,
    inputs: usize,
    units: usize,
    reverse: bool,
    lengths: Option<Vec<usize>>,
}

/// What comes out: the states, and on the way back gates, extra and dh.
#[derive(Debug, PartialEq)]
struct Results {
    y: Vec<f32>,
    parts: Vec<Vec<f32>>,
}

impl Case {
    fn run(&self, set: InstructionSet, threads: usize, keep: bool) -> Results {
        let Case { cell, steps, rows, inputs, units, reverse, .. } = *self;
        let machine = Machine::new(set, threads);
        let width = cell.gates() * units;
        let own = self.lengths.as_ref().map(|lengths| |row: usize| lengths[row]);
        let lengths = own.as_ref().map(|own| own as _);
        let sweep = Sweep { cell, steps, rows, inputs, units, reverse, lengths };
        let padded = width.next_multiple_of(16);
        let mut bias = random(padded, 1);
        bias[width..].fill(0.0);
        let after = cell == Cell::Gru { reset_after: true };
        let input = to_panels(inputs, width, &random(inputs * width, 2));
        let state = to_panels(units, width, &random(units * width, 3));
        let weights =
            Weights { input: &input, state: &state, bias: Some(&bias), state_bias: after.then_some(&bias[..]) };
        let x = random(steps * rows * inputs, 4);
        let slots = if keep { steps } else { 1 };
        let gate_rows = if keep { steps * rows } else { Sweep::gate_rows(steps, rows) };
        // What was there before must not matter.
        let junk = |n: usize| vec![f32::NAN; n];
        let before = cell == Cell::Gru { reset_after: false };
        let lstm = cell == Cell::Lstm;
        let extra = if before || (keep && (lstm || after)) { slots * rows * units } else { 0 };
        let (mut gates, mut states) = (junk(gate_rows * width), junk(slots * rows * units));
        let (mut cells, mut extra) = (junk(if lstm { slots * rows * units } else { 0 }), junk(extra));
        let mut sums = junk(rows * Sweep::sums_width(cell, units));
        let mut y = junk(steps * rows * units);
        macro_rules! memory {
            () => {
                Memory { gates: &mut gates, states: &mut states, cells: &mut cells, extra: &mut extra }
            };
        }
        let outside = |values| Outside { values, width: units, offset: 0, sequences: true };
        forward(&machine, &sweep, weights, &x, memory!(), (keep, &mut sums), outside(&mut y));
        let mut parts = Vec::new();
        if keep {
            let mut turned = junk(panels_len(width, units));
            transpose_panels(&machine, units, width, &state, &mut turned);
            if before {
                let mut cut = junk(panels_len(width, units));
                split_candidate(units, &turned, &mut cut);
                turned = cut;
            }
            let (mut dh, mut dc, mut d_reset) = (junk(rows * units), junk(rows * units), junk(rows * units));
            let mut dy = random(steps * rows * units, 5);
            let room = BackwardRoom { dh: &mut dh, dc: &mut dc, d_reset: &mut d_reset };
            backward(&machine, &sweep, &turned, memory!(), room, outside(&mut dy));
            parts = vec![gates, dh];
            if after {
                parts.push(extra);
            }
        }
        Results { y, parts }
    }
}

#[test]
fn every_tail_set_and_thread_count_gives_the_same_bits() {
    for units in (1..=18).chain([31, 32, 33]) {
        for cell in CELLS {
            for (reverse, lengths) in [(false, None), (true, Some(vec![4, 1, 2])), (false, Some(vec![1, 3, 4]))] {
                let case = Case { cell, steps: 4, rows: 3, inputs: 1 + units % 7, units, reverse, lengths };
                let want = case.run(InstructionSet::Portable, 1, true);
                assert!(want.y.iter().chain(want.parts.iter().flatten()).all(|x| x.is_finite()), "{cell:?} {units}");
                for set in InstructionSet::available() {
                    assert_eq!(case.run(set, 1, true), want, "{set:?} {cell:?} {units}");
                    assert_eq!(case.run(set, 1, false).y, want.y, "{set:?} {cell:?} {units} without memory");
                }
            }
        }
    }
}

#[test]
fn tasks_that_share_the_rows_change_nothing() {
    for cell in CELLS {
        for rows in [1, 7, 16, 40] {
            let lengths = (0..rows).map(|row| 1 + row % 6).collect();
            let case = Case { cell, steps: 6, rows, inputs: 20, units: 37, reverse: true, lengths: Some(lengths) };
            let want = case.run(InstructionSet::best(), 1, true);
            for threads in [2, 3, 5] {
                assert_eq!(case.run(InstructionSet::best(), threads, true), want, "{cell:?} {rows} {threads}");
                assert_eq!(case.run(InstructionSet::best(), threads, false).y, want.y, "{cell:?} {rows} {threads}");
            }
        }
    }
}
