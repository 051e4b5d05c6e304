//! The sweep of a recurrent cell over a batch of sequences, there and back.
//!
//! Values lie steps × batch × width. The rows of a batch know nothing of each other, so a task takes some of them through
//! all steps: threads never wait for one another within a sweep, and the weights stay in a core's cache over the steps. At
//! each step a task does the input product, adds the product with the state onto it, and applies the cell to what is still
//! in the cache. Who does which rows changes no bit.
//!
//! Behind the end of a sequence that is shorter than the others its state stays as it is, and its gates' gradients are 0.
//!
//! Letters: T steps, N rows of the batch, I inputs, U units, G gates of a cell.

mod cell;

use super::product::{Left, Out, Product, product, product_alone};
use super::{InstructionSet, Machine, Shared};
use crate::Activation;
use crate::layer::Cell;
use cell::{Before, GruBackward, GruForward, LstmBackward, LstmForward, Own, SimpleBackward, SimpleForward};
use cell::{ResetBackward, ResetForward};
use std::ops::Range;

/// How many rows are worth an input product of their own: with fewer, several steps go into one, so that the weights are
/// read less often.
const PRODUCT_ROWS: usize = 32;

/// Fewest rows for a task of its own: a register tile has 6 or 12. An LSTM of 128 units trained on one core of a Zen 3 loses
/// 3 % with tasks of 8 rows against one of 64, and nothing that shows with 16 or more.
const TASK_ROWS: usize = 8;

/// Below so many multiply-adds a sweep stays on the calling thread, as products do.
const SHARE_FROM: usize = 100_000;

/// What a value of a gate costs besides the multiply-adds of its sum, in multiply-adds: mostly an exponential.
const CELL_COST: usize = 32;

/// Own steps of each row of the batch, where they differ.
pub(crate) type Lengths<'a> = Option<&'a (dyn Fn(usize) -> usize + Sync)>;

/// One direction over a batch of sequences.
#[derive(Clone, Copy)]
pub(crate) struct Sweep<'a> {
    pub cell: Cell,
    pub steps: usize,
    pub rows: usize,
    pub inputs: usize,
    pub units: usize,
    /// From the last step to the first.
    pub reverse: bool,
    pub lengths: Lengths<'a>,
}

/// Weights and what the sums start from.
#[derive(Clone, Copy)]
pub(crate) struct Weights<'a> {
    /// I × G·U in panels.
    pub input: &'a [f32],
    /// U × G·U in panels.
    pub state: &'a [f32],
    /// Both biases added; of a GRU that resets after the product the input's alone.
    pub bias: Option<&'a [f32]>,
    /// Of a GRU that resets after the product: the state's bias.
    pub state_bias: Option<&'a [f32]>,
}

/// What a sweep leaves for the way back: T slots each. While predicting one slot is enough (of the gates, what
/// [`Sweep::gate_rows`] says), and what only the way back needs is empty.
pub(crate) struct Memory<'a> {
    /// G·U wide: the gates.
    pub gates: &'a mut [f32],
    /// U wide: h.
    pub states: &'a mut [f32],
    /// U wide, LSTM: s.
    pub cells: &'a mut [f32],
    /// U wide. LSTM: tanh(s). GRU that resets after the product: Uₙ·h + cₙ. GRU that resets before it: r∘h, always needed.
    pub extra: &'a mut [f32],
}

impl Sweep<'_> {
    pub(crate) fn width(&self) -> usize {
        self.cell.gates() * self.units
    }

    /// Rows of gates that a prediction of up to so many rows needs room for.
    pub(crate) fn gate_rows(steps: usize, rows: usize) -> usize {
        rows.max(PRODUCT_ROWS.min(rows.saturating_mul(steps)))
    }

    /// How wide the room for the products with a GRU's state must be (× N); other cells need none.
    pub(crate) fn sums_width(cell: Cell, units: usize) -> usize {
        match cell {
            Cell::Gru { reset_after: true } => units.saturating_mul(3),
            Cell::Gru { reset_after: false } => (2 * units).max(units + candidate_offset(units)),
            _ => 0,
        }
    }

    /// Rows that a task takes.
    fn task_rows(&self, threads: usize) -> usize {
        let one = self.steps * self.width() * (self.inputs + self.units + CELL_COST);
        if threads == 1 || self.rows * one < SHARE_FROM {
            self.rows
        } else {
            self.rows.div_ceil(threads).max(TASK_ROWS)
        }
    }

    /// The step before this one in the sweep's direction.
    fn before(&self, step: usize) -> Option<usize> {
        if self.reverse { (step + 1 < self.steps).then_some(step + 1) } else { step.checked_sub(1) }
    }

    fn own(&self, step: usize, first: usize) -> Own<'_> {
        Own { lengths: self.lengths, step, first }
    }
}

/// Of a GRU: columns between the first whole panel with a column of the candidate and the candidate.
fn candidate_offset(units: usize) -> usize {
    2 * units % 16
}

/// Slots × N × width values, of which each task uses its own rows.
#[derive(Clone, Copy)]
struct Steps {
    data: Shared,
    slots: usize,
    rows: usize,
    width: usize,
}

impl Steps {
    fn new(data: &mut [f32], slots: usize, rows: usize, width: usize) -> Self {
        assert!(data.len() >= slots * rows * width, "too short for {slots} steps of {rows} rows of {width}");
        Steps { data: Shared(data.as_mut_ptr()), slots, rows, width }
    }

    /// Where there may be none.
    fn new_or_empty(data: &mut [f32], slots: usize, rows: usize, width: usize) -> Self {
        if data.is_empty() { Steps::new(data, 0, rows, 0) } else { Steps::new(data, slots, rows, width) }
    }

    /// Some rows of a step. With a single slot every step is in it.
    ///
    /// # Safety
    /// The rows are the caller's task's own, and no other slice of the same slot is alive beside a mutable one.
    unsafe fn at<'a>(self, step: usize, rows: &Range<usize>) -> &'a mut [f32] {
        if self.width == 0 {
            return &mut [];
        }
        let slot = if self.slots == 1 { 0 } else { step };
        assert!(slot < self.slots && rows.end <= self.rows, "outside the steps");
        let start = (slot * self.rows + rows.start) * self.width;
        // SAFETY: inside what `new` checked; exclusive by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.data.at(start), rows.len() * self.width) }
    }

    /// All rows of some slots.
    ///
    /// # Safety
    /// As [`Steps::at`]; all rows are the caller's.
    unsafe fn slots<'a>(self, slots: Range<usize>) -> &'a mut [f32] {
        assert!(slots.end <= self.slots, "outside the steps");
        // SAFETY: as above.
        unsafe {
            let start = self.data.at(slots.start * self.rows * self.width);
            std::slice::from_raw_parts_mut(start, slots.len() * self.rows * self.width)
        }
    }
}

/// The columns of a matrix from one on, as the left side of a product.
fn columns(data: &[f32], from: usize, width: usize) -> Left<'_> {
    Left { data: &data[from..], row: width, step: 1 }
}

/// A plain product, B as it is.
fn plain<'a>(rows: usize, depth: usize, cols: usize, a: Left<'a>, b: &'a [f32], out: Out<'a>) -> Product<'a> {
    Product { rows, depth, cols, a, b, bias: None, activation: Activation::Identity, out }
}

/// The states of every step, and what the way back needs. `keep`: whether `memory` has room for all steps. `sums` is N ×
/// [`Sweep::sums_width`]. `y` takes the states that come out: see [`Outside`].
pub(crate) fn forward(
    machine: &Machine,
    sweep: &Sweep<'_>,
    weights: Weights<'_>,
    x: &[f32],
    memory: Memory<'_>,
    (keep, sums): (bool, &mut [f32]),
    y: Outside<'_>,
) {
    let Sweep { steps, rows, units, inputs, .. } = *sweep;
    if rows == 0 {
        return;
    }
    assert!(x.len() >= steps * rows * inputs, "too few inputs");
    let task_rows = sweep.task_rows(machine.threads());
    let alone = task_rows >= rows;
    let chunk = if alone { (PRODUCT_ROWS / rows).clamp(1, steps) } else { 1 };
    let slots = if keep { steps } else { 1 };
    let task = ForwardTask {
        sweep,
        weights,
        x,
        chunk,
        gates: Steps::new(memory.gates, if keep { steps } else { chunk }, rows, sweep.width()),
        states: Steps::new(memory.states, slots, rows, units),
        cells: Steps::new_or_empty(memory.cells, slots, rows, units),
        extra: Steps::new_or_empty(memory.extra, slots, rows, units),
        keep,
        sums: Steps::new(sums, 1, rows, Sweep::sums_width(sweep.cell, units)),
        y: y.steps(sweep),
        set: machine.set,
    };
    if alone {
        task.run(0..rows, |p| product(machine, p));
    } else {
        let set = machine.set;
        machine.share(rows.div_ceil(task_rows), &|index| {
            let first = index * task_rows;
            task.run(first..(first + task_rows).min(rows), |p| product_alone(set, p));
        });
    }
}

/// The layer's side of the states: the result, or its gradient.
pub(crate) struct Outside<'a> {
    /// N × `width`, or with `sequences` T × N × `width`.
    pub values: &'a mut [f32],
    pub width: usize,
    /// Where this direction's units start in a row.
    pub offset: usize,
    pub sequences: bool,
}

#[derive(Clone, Copy)]
struct OutsideSteps {
    values: Steps,
    offset: usize,
    sequences: bool,
}

impl Outside<'_> {
    fn steps(self, sweep: &Sweep<'_>) -> OutsideSteps {
        let Outside { values, width, offset, sequences } = self;
        assert!(offset + sweep.units <= width, "the states do not fit into the result");
        let slots = if sequences { sweep.steps } else { 1 };
        OutsideSteps { values: Steps::new(values, slots, sweep.rows, width), offset, sequences }
    }
}

impl OutsideSteps {
    /// Calls `f` with each row's own part of a step, and the row's number within the task.
    ///
    /// # Safety
    /// As [`Steps::at`].
    unsafe fn each_row(self, step: usize, rows: &Range<usize>, units: usize, mut f: impl FnMut(usize, &mut [f32])) {
        // SAFETY: the caller's promise.
        let values = unsafe { self.values.at(step, rows) };
        for (row, values) in values.chunks_exact_mut(self.values.width).enumerate() {
            f(row, &mut values[self.offset..self.offset + units]);
        }
    }
}

struct ForwardTask<'a> {
    sweep: &'a Sweep<'a>,
    weights: Weights<'a>,
    x: &'a [f32],
    /// Steps of one input product.
    chunk: usize,
    gates: Steps,
    states: Steps,
    cells: Steps,
    extra: Steps,
    keep: bool,
    sums: Steps,
    y: OutsideSteps,
    set: InstructionSet,
}

impl ForwardTask<'_> {
    fn run(&self, rows: Range<usize>, product: impl Fn(Product<'_>)) {
        let Sweep { steps, inputs, units, reverse, .. } = *self.sweep;
        let width = self.sweep.width();
        for start in (0..steps).step_by(self.chunk) {
            let count = self.chunk.min(steps - start);
            let lowest = if reverse { steps - start - count } else { start };
            let slot = if self.keep { lowest } else { 0 };
            // SAFETY: a task has rows of its own, or all of them; nothing else of the gates is in use here.
            let (gates, n) = unsafe {
                match count {
                    1 => (self.gates.at(slot, &rows), rows.len()),
                    _ => (self.gates.slots(slot..slot + count), count * rows.len()),
                }
            };
            product(Product {
                rows: n,
                depth: inputs,
                cols: width,
                a: Left { data: &self.x[(lowest * self.sweep.rows + rows.start) * inputs..], row: inputs, step: 1 },
                b: self.weights.input,
                bias: self.weights.bias,
                activation: Activation::Identity,
                out: Out::Rows(gates),
            });
            for step in start..start + count {
                let step = if reverse { steps - 1 - step } else { step };
                let slot = if self.keep { step } else { step - lowest };
                self.step(step, slot, &rows, &product);
            }
        }
        if !self.y.sequences {
            let last = if reverse { 0 } else { steps - 1 };
            // SAFETY: rows of this task; the states are only read.
            unsafe {
                let states = self.states.at(last, &rows);
                self.y.each_row(0, &rows, units, |row, y| y.copy_from_slice(&states[row * units..][..units]));
            }
        }
    }

    /// One step: the product with the state, and the cell.
    fn step(&self, step: usize, slot: usize, rows: &Range<usize>, product: &impl Fn(Product<'_>)) {
        let (units, set) = (self.sweep.units, self.set);
        let width = self.sweep.width();
        let n = rows.len();
        let own = self.sweep.own(step, rows.start);
        let before = self.sweep.before(step);
        // With one slot the state before is where the new one goes.
        let held = |values: Steps| match before {
            None => Before::Zero,
            Some(_) if values.slots == 1 => Before::Same,
            // SAFETY: rows of this task, another slot than the one that is written.
            Some(before) => Before::At(unsafe { values.at(before, rows) }),
        };
        let state = |before: usize| {
            // SAFETY: rows of this task; the slice is gone before anything is written there.
            let data: &[f32] = unsafe { self.states.at(before, rows) };
            Left { data, row: units, step: 1 }
        };
        // SAFETY: rows of this task, each buffer once.
        let (gates, sums, extra) =
            unsafe { (self.gates.at(slot, rows), self.sums.at(0, rows), self.extra.at(step, rows)) };
        match self.sweep.cell {
            Cell::Simple { .. } | Cell::Lstm => {
                if let Some(before) = before {
                    product(plain(n, units, width, state(before), self.weights.state, Out::OntoRows(gates)));
                }
            }
            Cell::Gru { reset_after: true } => match (before, self.weights.state_bias) {
                (Some(before), bias) => {
                    let out = Out::Rows(&mut *sums);
                    product(Product { bias, ..plain(n, units, width, state(before), self.weights.state, out) });
                }
                (None, Some(bias)) => sums.chunks_exact_mut(width).for_each(|row| row.copy_from_slice(&bias[..width])),
                (None, None) => sums.fill(0.0),
            },
            Cell::Gru { reset_after: false } => {
                match before {
                    Some(before) => {
                        let out = Out::Rows(&mut *sums);
                        product(plain(n, units, 2 * units, state(before), self.weights.state, out));
                    }
                    None => sums.fill(0.0),
                }
                // SAFETY: rows of this task; only read, and gone before the new state is written.
                let h: &[f32] = unsafe { self.states.at(step, rows) };
                let (gates, reset) = (&mut *gates, &mut *extra);
                set.dispatch(ResetForward { units, gates, sums, before: held(self.states), h, reset, own });
                if before.is_some() {
                    // From the panel on in which the candidate begins; what else is in it is not looked at.
                    let offset = candidate_offset(units);
                    let panel = 2 * units / 16 * units * 16;
                    let a = Left { data: extra, row: units, step: 1 };
                    let b = &self.weights.state[panel..];
                    product(plain(n, units, units + offset, a, b, Out::Rows(&mut *sums)));
                }
            }
        }
        // SAFETY: rows of this task; the slices of the products are gone.
        let (h, c) = unsafe { (self.states.at(step, rows), self.cells.at(step, rows)) };
        match self.sweep.cell {
            Cell::Simple { activation } => {
                set.dispatch(SimpleForward { units, activation, gates, before: held(self.states), h: &mut *h, own });
            }
            Cell::Lstm => set.dispatch(LstmForward {
                units,
                gates,
                h_before: held(self.states),
                c_before: held(self.cells),
                h: &mut *h,
                c,
                tanh_c: extra,
                own,
            }),
            Cell::Gru { reset_after } => {
                let (sums_width, offset) = match reset_after {
                    true => (width, None),
                    false => (units + candidate_offset(units), Some(candidate_offset(units))),
                };
                let kept = if reset_after { extra } else { &mut [] };
                let before = held(self.states);
                set.dispatch(GruForward { units, gates, sums, sums_width, offset, before, h: &mut *h, kept, own });
            }
        }
        if self.y.sequences {
            let write = |row: usize, y: &mut [f32]| {
                if own.has(row) { y.copy_from_slice(&h[row * units..][..units]) } else { y.fill(0.0) }
            };
            // SAFETY: rows of this task.
            unsafe { self.y.each_row(step, rows, units, write) };
        }
    }
}

/// Room for the way back; each is N × U.
pub(crate) struct BackwardRoom<'a> {
    pub dh: &'a mut [f32],
    /// LSTM.
    pub dc: &'a mut [f32],
    /// GRU that resets before the product.
    pub d_reset: &'a mut [f32],
}

/// The way back through a sweep that kept everything: the gradients of the sums take the gates' place. `turned` is the state's
/// weight, transposed (of a GRU that resets before the product cut in two: [`split_candidate`]); `dy` is the gradient of what came out.
///
/// Of a GRU that resets after the product these are the gradients of what the state's product gives; those of the input's
/// candidate take the place of [`Memory::extra`].
pub(crate) fn backward(
    machine: &Machine,
    sweep: &Sweep<'_>,
    turned: &[f32],
    memory: Memory<'_>,
    room: BackwardRoom<'_>,
    dy: Outside<'_>,
) {
    let Sweep { steps, rows, units, .. } = *sweep;
    if rows == 0 {
        return;
    }
    let task = BackwardTask {
        sweep,
        turned,
        gates: Steps::new(memory.gates, steps, rows, sweep.width()),
        states: Steps::new(memory.states, steps, rows, units),
        cells: Steps::new_or_empty(memory.cells, steps, rows, units),
        extra: Steps::new_or_empty(memory.extra, steps, rows, units),
        dh: Steps::new(room.dh, 1, rows, units),
        dc: Steps::new_or_empty(room.dc, 1, rows, units),
        d_reset: Steps::new_or_empty(room.d_reset, 1, rows, units),
        dy: dy.steps(sweep),
        set: machine.set,
    };
    let task_rows = sweep.task_rows(machine.threads());
    if task_rows >= rows {
        task.run(&(0..rows), |p| product(machine, p));
    } else {
        let set = machine.set;
        machine.share(rows.div_ceil(task_rows), &|index| {
            let first = index * task_rows;
            task.run(&(first..(first + task_rows).min(rows)), |p| product_alone(set, p));
        });
    }
}

struct BackwardTask<'a> {
    sweep: &'a Sweep<'a>,
    turned: &'a [f32],
    gates: Steps,
    states: Steps,
    cells: Steps,
    extra: Steps,
    dh: Steps,
    dc: Steps,
    d_reset: Steps,
    dy: OutsideSteps,
    set: InstructionSet,
}

impl BackwardTask<'_> {
    fn run(&self, rows: &Range<usize>, product: impl Fn(Product<'_>)) {
        let Sweep { steps, units, reverse, .. } = *self.sweep;
        // SAFETY: rows of this task, each buffer once at a time; so below.
        let (dh, dc) = unsafe { (self.dh.at(0, rows), self.dc.at(0, rows)) };
        dc.fill(0.0);
        if self.dy.sequences {
            dh.fill(0.0);
        } else {
            // SAFETY: as above.
            unsafe {
                self.dy.each_row(0, rows, units, |row, dy| dh[row * units..][..units].copy_from_slice(dy));
            }
        }
        for step in 0..steps {
            self.step(if reverse { step } else { steps - 1 - step }, rows, &product);
        }
    }

    fn step(&self, step: usize, rows: &Range<usize>, product: &impl Fn(Product<'_>)) {
        let (units, set) = (self.sweep.units, self.set);
        let width = self.sweep.width();
        let n = rows.len();
        let own = self.sweep.own(step, rows.start);
        let before = self.sweep.before(step);
        // SAFETY: rows of this task, each buffer once; the slot before is another one.
        let (gates, dh, dc, h, extra, d_reset) = unsafe {
            (
                self.gates.at(step, rows),
                self.dh.at(0, rows),
                self.dc.at(0, rows),
                self.states.at(step, rows),
                self.extra.at(step, rows),
                self.d_reset.at(0, rows),
            )
        };
        let held = |values: Steps| match before {
            None => Before::Zero,
            // SAFETY: rows of this task, another slot than the one above.
            Some(before) => Before::At(unsafe { values.at(before, rows) }),
        };
        if self.dy.sequences {
            let add = |row: usize, dy: &mut [f32]| {
                if own.has(row) {
                    super::elementwise::accumulate(set, dy, &mut dh[row * units..][..units]);
                }
            };
            // SAFETY: rows of this task.
            unsafe { self.dy.each_row(step, rows, units, add) };
        }
        match self.sweep.cell {
            Cell::Simple { activation } => {
                SimpleBackward { units, activation, h, gates: &mut *gates, dh: &mut *dh, own }.run_on(set);
            }
            Cell::Lstm => {
                let c_before = held(self.cells);
                let (gates, dh) = (&mut *gates, &mut *dh);
                set.dispatch(LstmBackward { units, gates, c_before, tanh_c: extra, dh, dc, own });
            }
            Cell::Gru { reset_after } => {
                let h_before = held(self.states);
                let (gates, dh) = (&mut *gates, &mut *dh);
                let kept = if reset_after { extra } else { &mut [] };
                set.dispatch(GruBackward { units, gates, h_before, kept, dh, own });
            }
        }
        if before.is_none() {
            return;
        }
        match self.sweep.cell {
            Cell::Gru { reset_after: false } => {
                let (both, candidate) = self.turned.split_at(super::panels::panels_len(2 * units, units));
                let out = Out::Rows(&mut *d_reset);
                product(plain(n, units, units, columns(gates, 2 * units, width), candidate, out));
                set.dispatch(ResetBackward {
                    units,
                    gates: &mut *gates,
                    h_before: held(self.states),
                    d_reset,
                    dh: &mut *dh,
                    own,
                });
                product(plain(n, 2 * units, units, columns(gates, 0, width), both, Out::OntoRows(dh)));
            }
            _ => product(plain(n, width, units, columns(gates, 0, width), self.turned, Out::OntoRows(dh))),
        }
    }
}

/// Cuts the transposed weight of a GRU (3U × U in panels) into that of its gates (2U × U) and that of its candidate (U × U).
pub(crate) fn split_candidate(units: usize, turned: &[f32], to: &mut [f32]) {
    let (gates, candidate) = to.split_at_mut(super::panels::panels_len(2 * units, units));
    let panels = turned.chunks_exact(3 * units * 16);
    for ((from, gates), candidate) in
        panels.zip(gates.chunks_exact_mut(2 * units * 16)).zip(candidate.chunks_exact_mut(units * 16))
    {
        let (both, last) = from.split_at(2 * units * 16);
        gates.copy_from_slice(both);
        candidate.copy_from_slice(last);
    }
}

#[cfg(test)]
mod tests;
