//! The sweep over a sequence, step by step.
//!
//! T steps, N rows, I inputs, U units, G gates: x is T × N × I, y is T × N × D·U with `sequences`, else N × D·U, for D
//! directions. There, everything that the way back needs is kept. Back, the sweep leaves the gradients of all sums, and
//! those of the weights are then long sums over all steps and rows at once.

use super::{Run, Wires, cut, front, front_of, own_steps};
use crate::Activation;
use crate::kernel::Machine;
use crate::kernel::elementwise;
use crate::kernel::panels::{pack_next_rows, panel_index, panels_len, transpose_panels};
use crate::kernel::product::{Left, Out, Product, product};
use crate::kernel::recurrent::{self as kernel, BackwardRoom, Memory, Outside, Sweep, Weights};
use crate::layer::{Cell, Window};
use crate::plan::Layout;
use std::ops::Range;

/// Rows of all steps that one part of the weights' gradients takes: as long as a product packs a turned matrix for, and few
/// enough that the gates' gradients (256 × 512 of an LSTM of 128 units: 512 KiB) stay in the cache between their uses.
/// Training that LSTM on one core of a Zen 3, samples a second: 6,480 with parts of 64 rows, 6,510 (128), 6,590 (192), 6,540
/// (256), 6,290 (512), 5,570 (2,000); on two cores 256 is the best.
const PART: usize = 256;

/// The parameters of one cell.
#[derive(Debug, Clone)]
pub(crate) struct CellWeights {
    /// `weight_ih`: I × G·units in panels.
    pub input: Range<usize>,
    /// `weight_hh`: units × G·units in panels.
    pub state: Range<usize>,
    /// `bias_ih` and `bias_hh`.
    pub bias: Option<(Range<usize>, Range<usize>)>,
}

/// A recurrent layer with its numbers.
#[derive(Debug, Clone)]
pub(crate) struct RecurrentSpec {
    pub cell: Cell,
    pub steps: usize,
    pub inputs: usize,
    pub units: usize,
    /// Whether the states of all steps come out (steps × batch × directions·units), or the last ones (batch × …).
    pub sequences: bool,
    /// One, or two: forward, and from the end.
    pub cells: Vec<CellWeights>,
    /// What has gone over the sequences before: see [`super::own_steps`].
    pub windows: Vec<Window>,
}

impl RecurrentSpec {
    fn width(&self) -> usize {
        self.cell.gates().saturating_mul(self.units)
    }

    fn resets_before(&self) -> bool {
        self.cell == Cell::Gru { reset_after: false }
    }

    fn resets_after(&self) -> bool {
        self.cell == Cell::Gru { reset_after: true }
    }
}

/// What a direction keeps: see [`Memory`].
#[derive(Debug, Clone)]
struct Kept {
    gates: Range<usize>,
    states: Range<usize>,
    cells: Range<usize>,
    extra: Range<usize>,
}

/// Room for the way back; the directions take turns in it.
#[derive(Debug)]
struct Room {
    dh: Range<usize>,
    dc: Range<usize>,
    d_reset: Range<usize>,
    /// The state's weight, transposed; and once more where it is cut in two.
    turned_state: Range<usize>,
    cut_state: Range<usize>,
    /// The input's weight, transposed, where the gradient of x is asked for.
    turned_input: Range<usize>,
    /// Gradients of the gates of [`PART`] rows, in panels.
    panels: Range<usize>,
    /// Their sums over all rows.
    sums: Range<usize>,
    /// The same for the state's part, where it is another.
    state_sums: Range<usize>,
    /// Where the reset is before the product: the gradient of the candidate's columns.
    candidate: Range<usize>,
}

/// A recurrent layer's sweep, in one direction or both.
#[derive(Debug)]
pub(crate) struct Recurrent {
    spec: RecurrentSpec,
    /// Whether there is a way back.
    keep: bool,
    kept: Vec<Kept>,
    /// Both biases added.
    bias: Range<usize>,
    /// A GRU's products with the state.
    sums: Range<usize>,
    room: Room,
    pub wires: Wires,
}

impl Recurrent {
    pub(super) fn lay_out(spec: RecurrentSpec, wires: Wires, layout: &mut Layout) -> Self {
        let (batch, units, width) = (wires.batch, spec.units, spec.width());
        let keep = layout.goes_back();
        let slots = if keep { spec.steps } else { 1 };
        let rows = slots.saturating_mul(batch);
        let gate_rows = if keep { rows } else { Sweep::gate_rows(spec.steps, batch) };
        let lstm = spec.cell == Cell::Lstm;
        let needs_extra = spec.resets_before() || (keep && (lstm || spec.resets_after()));
        let mut ask = || Kept {
            gates: layout.kept(gate_rows.saturating_mul(width)),
            states: layout.kept(rows.saturating_mul(units)),
            cells: layout.kept(if lstm { rows.saturating_mul(units) } else { 0 }),
            extra: layout.kept(if needs_extra { rows.saturating_mul(units) } else { 0 }),
        };
        let first = ask();
        let kept = match spec.cells.len() {
            1 => vec![first],
            _ if keep => vec![first, ask()],
            // Nothing outlives its sweep.
            _ => vec![first.clone(), first],
        };
        let padded = width.next_multiple_of(16);
        let bias = layout.forward_scratch(padded);
        let sums = layout.forward_scratch(batch.saturating_mul(Sweep::sums_width(spec.cell, units)));
        let before = spec.resets_before();
        let n = batch.saturating_mul(units);
        let room = Room {
            dh: layout.backward_scratch(n),
            dc: layout.backward_scratch(if lstm { n } else { 0 }),
            d_reset: layout.backward_scratch(if before { n } else { 0 }),
            turned_state: layout.backward_scratch(panels_len(width, units)),
            cut_state: layout.backward_scratch(if before { panels_len(width, units) } else { 0 }),
            turned_input: layout.backward_scratch(if wires.dx.is_some() { panels_len(width, spec.inputs) } else { 0 }),
            panels: layout.backward_scratch(panels_len(PART.min(rows), width)),
            sums: layout.backward_scratch(padded),
            state_sums: layout.backward_scratch(if spec.resets_after() { padded } else { 0 }),
            candidate: layout.backward_scratch(if before { panels_len(units, units + 16) } else { 0 }),
        };
        Recurrent { spec, keep, kept, bias, sums, room, wires }
    }

    /// The parts of a direction's memory that so many rows need.
    fn memory(&self, direction: usize, rows: usize) -> [Range<usize>; 4] {
        let kept = &self.kept[direction];
        let all = self.spec.steps * rows;
        let part = |range: &Range<usize>, len: usize| {
            if range.is_empty() || !self.keep { range.clone() } else { front(range, len) }
        };
        [
            part(&kept.gates, all * self.spec.width()),
            part(&kept.states, all * self.spec.units),
            part(&kept.cells, all * self.spec.units),
            part(&kept.extra, all * self.spec.units),
        ]
    }

    fn sweep<'a>(&self, direction: usize, rows: usize, lengths: kernel::Lengths<'a>) -> Sweep<'a> {
        let RecurrentSpec { cell, steps, inputs, units, .. } = self.spec;
        Sweep { cell, steps, rows, inputs, units, reverse: direction == 1, lengths }
    }

    /// Values of y for so many rows.
    fn outputs(&self, rows: usize) -> usize {
        let steps = if self.spec.sequences { self.spec.steps } else { 1 };
        rows * steps * self.spec.units * self.spec.cells.len()
    }

    fn outside<'a>(&self, direction: usize, values: &'a mut [f32]) -> Outside<'a> {
        let RecurrentSpec { units, sequences, ref cells, .. } = self.spec;
        Outside { values, width: units * cells.len(), offset: direction * units, sequences }
    }

    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let (rows, inputs) = (run.rows, run.rows * self.spec.steps * self.spec.inputs);
        let own = own_steps(&self.spec.windows, run.lengths);
        for (direction, weights) in self.spec.cells.iter().enumerate() {
            let [gates, states, cells, extra] = self.memory(direction, rows);
            let y = front(y, self.outputs(rows));
            let parts = [x.range(inputs), y, gates, states, cells, extra, self.bias.clone(), self.sums.clone()];
            let [from, y, gates, states, cells, extra, bias, sums] = cut(run.arena, parts);
            let x = x.pick(inputs, run.batch, from);
            let (bias, state_bias) = match &weights.bias {
                None => (None, None),
                Some((input, state)) if self.spec.resets_after() => {
                    (Some(&run.params[input.clone()]), Some(&run.params[state.clone()]))
                }
                Some((input, state)) => {
                    elementwise::add(run.machine.set, &run.params[input.clone()], &run.params[state.clone()], bias);
                    (Some(&*bias), None)
                }
            };
            let weights = Weights {
                input: &run.params[weights.input.clone()],
                state: &run.params[weights.state.clone()],
                bias,
                state_bias,
            };
            let sweep = self.sweep(direction, rows, own.as_ref().map(|own| own as _));
            let memory = Memory { gates, states, cells, extra };
            kernel::forward(run.machine, &sweep, weights, x, memory, (self.keep, sums), self.outside(direction, y));
        }
    }

    pub(crate) fn backward(&self, run: &mut Run<'_>, grads: &mut [f32]) {
        let Wires { x, dy: Some(dy), dx, .. } = &self.wires else { return };
        let RecurrentSpec { steps, inputs, units, .. } = self.spec;
        let (rows, width) = (run.rows, self.spec.width());
        let own = own_steps(&self.spec.windows, run.lengths);
        let all = rows * steps * inputs;
        let room = &self.room;
        for (direction, weights) in self.spec.cells.iter().enumerate() {
            let [gates, states, cells, extra] = self.memory(direction, rows);
            let parts = [
                x.range(all),
                front(dy, self.outputs(rows)),
                front_of(dx.as_ref(), all),
                gates,
                states,
                cells,
                extra,
                room.dh.clone(),
                room.dc.clone(),
                room.d_reset.clone(),
                room.turned_state.clone(),
                room.cut_state.clone(),
                room.turned_input.clone(),
                room.panels.clone(),
                room.sums.clone(),
                room.state_sums.clone(),
                room.candidate.clone(),
            ];
            let [
                from,
                dy,
                dx,
                gates,
                states,
                cells,
                extra,
                dh,
                dc,
                d_reset,
                turned_state,
                cut_state,
                turned_input,
                panels,
                sums,
                state_sums,
                candidate,
            ] = cut(run.arena, parts);
            let x = x.pick(all, run.batch, from);
            transpose_panels(run.machine, units, width, &run.params[weights.state.clone()], turned_state);
            if self.spec.resets_before() {
                kernel::split_candidate(units, turned_state, cut_state);
            }
            if !dx.is_empty() {
                transpose_panels(run.machine, inputs, width, &run.params[weights.input.clone()], turned_input);
            }
            let turned = if self.spec.resets_before() { &*cut_state } else { &*turned_state };
            let sweep = self.sweep(direction, rows, own.as_ref().map(|own| own as _));
            let memory = Memory { gates, states, cells, extra };
            let around = BackwardRoom { dh, dc, d_reset };
            kernel::backward(run.machine, &sweep, turned, memory, around, self.outside(direction, dy));
            let sums = Gradients {
                machine: run.machine,
                spec: &self.spec,
                rows,
                direction,
                x,
                gates,
                states,
                extra,
                turned_input,
                panels,
                sums,
                state_sums,
                candidate,
            };
            sums.all(weights, grads, dx);
        }
    }
}

/// The gradients of a direction's weights, from those of its gates at all steps.
struct Gradients<'a> {
    machine: &'a Machine,
    spec: &'a RecurrentSpec,
    rows: usize,
    direction: usize,
    x: &'a [f32],
    gates: &'a mut [f32],
    states: &'a [f32],
    extra: &'a [f32],
    turned_input: &'a [f32],
    panels: &'a mut [f32],
    sums: &'a mut [f32],
    state_sums: &'a mut [f32],
    candidate: &'a mut [f32],
}

/// A sum that goes on over several products, starting afresh with the first.
struct Running<'a> {
    to: &'a mut [f32],
    begun: bool,
}

impl Running<'_> {
    fn out(&mut self) -> Out<'_> {
        if std::mem::replace(&mut self.begun, true) { Out::OntoPanels(self.to) } else { Out::Panels(self.to) }
    }
}

impl Gradients<'_> {
    /// dW = xᵀ · dgates, dU = hᵀ · dgates with the states before, db = Σ dgates, dx = dgates · Wᵀ.
    ///
    /// Part after part of the rows, each sum going on where it was: the order is that of one long sum.
    fn all(self, weights: &CellWeights, grads: &mut [f32], dx: &mut [f32]) {
        let RecurrentSpec { steps, inputs, units, .. } = *self.spec;
        let (machine, width, after) = (self.machine, self.spec.width(), self.spec.resets_after());
        let all = steps * self.rows;
        // At the first step in its direction there is no state before.
        let with_state = if self.direction == 0 { self.rows..all } else { 0..all - self.rows };
        let without = if self.direction == 0 { 0..self.rows } else { all - self.rows..all };
        let parts = if self.direction == 0 { [without, with_state.clone()] } else { [with_state.clone(), without] };
        let (mut begun_input, mut begun_state) = (false, false);
        self.sums.fill(0.0);
        self.state_sums.fill(0.0);
        for start in parts.into_iter().flat_map(|part| part.clone().step_by(PART).map(move |start| (start, part.end))) {
            let (start, end) = (start.0, (start.0 + PART).min(start.1));
            let n = end - start;
            let gates = &mut self.gates[start * width..end * width];
            let sums = if after { &mut *self.state_sums } else { &mut *self.sums };
            pack_next_rows(machine, n, width, gates, self.panels, sums);
            if with_state.contains(&start) {
                let before = if self.direction == 0 { start - self.rows } else { start + self.rows };
                let mut state = Running { to: &mut grads[weights.state.clone()], begun: begun_state };
                let h = Left { data: &self.states[before * units..], row: 1, step: units };
                if self.spec.resets_before() {
                    let mut candidate = Running { to: self.candidate, begun: begun_state };
                    product(machine, part(units, n, 2 * units, h, self.panels, state.out()));
                    let (panel, offset) = (2 * units / 16, 2 * units % 16);
                    let reset = Left { data: &self.extra[start * units..], row: 1, step: units };
                    let b = &self.panels[panel * n * 16..];
                    product(machine, part(units, n, units + offset, reset, b, candidate.out()));
                } else {
                    product(machine, part(units, n, width, h, self.panels, state.out()));
                }
                begun_state = true;
            }
            if after {
                // From the gradient of the state's candidate sum to that of the input's.
                let own = self.extra[start * units..end * units].chunks_exact(units);
                for (gates, own) in gates.chunks_exact_mut(width).zip(own) {
                    gates[2 * units..].copy_from_slice(own);
                }
                pack_next_rows(machine, n, width, gates, self.panels, self.sums);
            }
            let mut input = Running { to: &mut grads[weights.input.clone()], begun: begun_input };
            let x = Left { data: &self.x[start * inputs..], row: 1, step: inputs };
            product(machine, part(inputs, n, width, x, self.panels, input.out()));
            begun_input = true;
            if !dx.is_empty() {
                let dx = &mut dx[start * inputs..end * inputs];
                let out = if self.direction == 0 { Out::Rows(dx) } else { Out::OntoRows(dx) };
                let a = Left { data: gates, row: width, step: 1 };
                product(machine, part(n, width, inputs, a, self.turned_input, out));
            }
        }
        if !begun_state {
            grads[weights.state.clone()].fill(0.0);
        } else if self.spec.resets_before() {
            take_candidate(units, self.candidate, &mut grads[weights.state.clone()]);
        }
        if let Some((input, state)) = &weights.bias {
            grads[input.clone()].copy_from_slice(self.sums);
            grads[state.clone()].copy_from_slice(if after { self.state_sums } else { self.sums });
        }
    }
}

/// A plain product.
fn part<'a>(rows: usize, depth: usize, cols: usize, a: Left<'a>, b: &'a [f32], out: Out<'a>) -> Product<'a> {
    Product { rows, depth, cols, a, b, bias: None, activation: Activation::Identity, out }
}

/// Copies the candidate's columns of a GRU's state gradient to their place: the last third of the columns, which may begin
/// within a panel.
fn take_candidate(units: usize, from: &[f32], to: &mut [f32]) {
    let offset = 2 * units % 16;
    for row in 0..units {
        for unit in 0..units {
            to[panel_index(units, row, 2 * units + unit)] = from[panel_index(units, row, offset + unit)];
        }
    }
}

#[cfg(test)]
mod tests;
