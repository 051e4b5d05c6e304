//! Forward through a recurrent layer, step by step.

use super::super::{CellStep, LayerTrace};
use super::{MOST_PRODUCTS, Term};
use crate::layer::Cell;
use crate::{Activation, Error, Result, Shape};
use serde::Serialize;

/// One direction of a recurrent layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepWorking {
    /// Whether the cell went from the end to the start.
    pub reverse: bool,
    /// The steps in the order in which the cell went through them.
    pub steps: Vec<StepWorking>,
}

/// One step of a cell. State and memory before the first step are 0.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepWorking {
    /// Its place in the sequence, from 1.
    pub step: usize,
    /// The gates and candidates, gate by gate and unit by unit.
    pub gates: Vec<GateWorking>,
    /// One entry a unit.
    pub states: Vec<StateWorking>,
}

/// A gate or candidate of one unit: f(W·x + b + U·h + c). A GRU's candidate has its reset gate in there, see `reset`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateWorking {
    /// i, f, g, o of an LSTM; r, z, n of a GRU; h of a simple layer.
    pub gate: &'static str,
    /// From 1.
    pub unit: usize,
    /// W·x, one term an input. Empty for a layer with too many products.
    pub inputs: Vec<Term>,
    /// b; `None` for layers without a bias.
    pub input_bias: Option<f64>,
    /// U·h, one term a unit. The candidate of a GRU with `reset_before` sees r·h instead of h. Empty for a layer with too
    /// many products.
    pub state: Vec<Term>,
    /// c; `None` for layers without a bias.
    pub state_bias: Option<f64>,
    /// r of a GRU's candidate that is r ∘ (U·h + c); `None` for everything else.
    pub reset: Option<f64>,
    /// f
    pub activation: Activation,
    /// What it saw.
    pub sum: f64,
    /// What it gave.
    pub output: f64,
}

/// State and memory of one unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StateWorking {
    /// s: an LSTM's memory before the step; `None` for other cells.
    pub memory_before: Option<f64>,
    /// s′: behind it.
    pub memory: Option<f64>,
    /// h: the state before the step.
    pub before: f64,
    /// h′: behind it.
    pub state: f64,
}

/// What the gates and candidates of a cell are called, in the order of its blocks.
fn names(cell: Cell) -> &'static [&'static str] {
    match cell {
        Cell::Simple { .. } => &["h"],
        Cell::Lstm => &["i", "f", "g", "o"],
        Cell::Gru { .. } => &["r", "z", "n"],
    }
}

/// Every step of every direction of one example.
pub(super) fn sweeps(
    layer: &crate::Recurrent,
    input: Shape,
    x: &[f64],
    done: &LayerTrace,
    tensors: &[Vec<f64>],
) -> Result<Vec<SweepWorking>> {
    let (steps, inputs) = layer.reads(input).map_err(|message| Error::shape("recurrent", message))?;
    let own = done.lengths.as_ref().and_then(|own| own.first()).copied().unwrap_or(steps);
    let products = [own, layer.directions(), layer.cell.gates(), layer.units, inputs.saturating_add(layer.units)];
    let written = products.into_iter().fold(1usize, usize::saturating_mul) <= MOST_PRODUCTS;
    let mut sweeps = Vec::new();
    for (sweep, tensors) in done.sweeps().iter().zip(tensors.chunks(if layer.bias { 4 } else { 2 })) {
        let order: Vec<usize> = if sweep.reverse { (0..own).rev().collect() } else { (0..own).collect() };
        let mut working = SweepWorking { reverse: sweep.reverse, steps: Vec::new() };
        let zeroes = vec![0.0; layer.units];
        let mut before = CellStep { sums: Vec::new(), gates: Vec::new(), state: zeroes.clone(), memory: zeroes };
        for t in order {
            let step = sweep.step(t);
            let view = View { layer, x: &x[t * inputs..(t + 1) * inputs], before: &before, step: &step, tensors };
            working.steps.push(view.working(t, written));
            before = step;
        }
        sweeps.push(working);
    }
    Ok(sweeps)
}

/// One step, and everything that goes into it.
struct View<'a> {
    layer: &'a crate::Recurrent,
    x: &'a [f64],
    before: &'a CellStep,
    step: &'a CellStep,
    tensors: &'a [Vec<f64>],
}

impl View<'_> {
    fn working(&self, t: usize, written: bool) -> StepWorking {
        let state = |unit: usize| StateWorking {
            memory_before: (self.layer.cell == Cell::Lstm).then(|| self.before.memory[unit]),
            memory: self.step.memory.get(unit).copied(),
            before: self.before.state[unit],
            state: self.step.state[unit],
        };
        StepWorking {
            step: t + 1,
            gates: (0..self.step.sums.len()).map(|row| self.gate(row, written)).collect(),
            states: (0..self.layer.units).map(state).collect(),
        }
    }

    /// A row of W and U.
    fn gate(&self, row: usize, written: bool) -> GateWorking {
        let units = self.layer.units;
        let (block, unit) = (row / units, row % units);
        let cell = self.layer.cell;
        let candidate = matches!(cell, Cell::Lstm | Cell::Gru { .. }) && block == 2;
        let (resets, reset_after) = match cell {
            Cell::Gru { reset_after } => (candidate, reset_after),
            _ => (false, false),
        };
        // What U sees.
        let state: Vec<f64> = (0..units)
            .map(|j| self.before.state[j] * if resets && !reset_after { self.step.gates[j] } else { 1.0 } + 0.0)
            .collect();
        let terms = |values: &[f64], weights: &[f64]| -> Vec<Term> {
            let weights = &weights[row * values.len()..(row + 1) * values.len()];
            let pairs = values.iter().zip(weights).take(if written { values.len() } else { 0 });
            pairs.map(|(&input, &weight)| Term { input, weight, product: input * weight + 0.0 }).collect()
        };
        let bias = |tensor: usize| self.tensors.get(tensor).and_then(|bias| bias.get(row)).copied();
        GateWorking {
            gate: names(cell).get(block).copied().unwrap_or("h"),
            unit: unit + 1,
            inputs: terms(self.x, &self.tensors[0]),
            input_bias: bias(2),
            state: terms(&state, &self.tensors[1]),
            state_bias: bias(3),
            reset: (resets && reset_after).then(|| self.step.gates[unit]),
            activation: match cell {
                Cell::Simple { activation } => activation,
                _ if candidate => Activation::Tanh,
                _ => Activation::Sigmoid,
            },
            sum: self.step.sums[row],
            output: self.step.gates[row],
        }
    }
}
