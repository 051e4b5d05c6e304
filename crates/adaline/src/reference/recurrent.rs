//! Recurrent layers: a cell that goes through a sequence step by step, and back through time.

mod cell;

use super::trace::Sweep;
use super::{expect_len, rows};
use crate::{Error, Layer, Result, Shape};
pub use cell::CellStep;
use cell::{Cell, Way};

/// A recurrent layer: a view of its parameters, in PyTorch's order (`weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`,
/// `bias_hh_l0`, and the same of the second cell).
///
/// ```
/// use adaline::reference::Recurrent;
/// use adaline::{Activation, Shape};
/// # fn main() -> adaline::Result<()> {
/// // A cell that adds up what it sees.
/// let layer = adaline::Recurrent::simple(1).activation(Activation::Identity);
/// let steps = Shape::Sequence { steps: 3, features: 1 };
/// let parameters = [vec![1.0], vec![1.0], vec![0.0], vec![0.0]];
/// let sum = Recurrent::new(&layer, steps, &parameters)?;
/// let (outputs, sweeps) = sum.forward(&[1.0, 2.0, 4.0], None)?;
/// assert_eq!(outputs, [7.0]);
/// assert_eq!(sweeps[0].states, [1.0, 3.0, 7.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Recurrent<'a> {
    steps: usize,
    inputs: usize,
    units: usize,
    /// Whether the states of all steps come out.
    sequences: bool,
    cells: Vec<Cell<'a>>,
}

/// What a recurrent layer hands back.
#[derive(Debug, Clone, PartialEq)]
pub struct RecurrentGradient {
    /// B × T × I.
    pub dx: Vec<f64>,
    /// Tensor by tensor, as the parameters.
    pub dparameters: Vec<Vec<f64>>,
}

impl<'a> Recurrent<'a> {
    /// The layer over examples of a shape. Fails when it cannot read the shape, or the parameters do not fit.
    pub fn new(layer: &crate::Recurrent, input: Shape, parameters: &'a [Vec<f64>]) -> Result<Self> {
        let place = || layer.cell_name();
        let (steps, inputs) = layer.reads(input).map_err(|message| Error::shape(place(), message))?;
        let each = if layer.bias { 4 } else { 2 };
        expect_len(place(), "tensors", parameters.len(), each * layer.directions())?;
        let sums = layer.cell.gates().saturating_mul(layer.units);
        let sizes = [("weight_ih", sums.saturating_mul(inputs)), ("weight_hh", sums.saturating_mul(layer.units))];
        let sizes = sizes.into_iter().chain([("bias_ih", sums), ("bias_hh", sums)]);
        let mut cells = Vec::new();
        for tensors in parameters.chunks_exact(each) {
            for (tensor, (what, size)) in tensors.iter().zip(sizes.clone()) {
                expect_len(place(), what, tensor.len(), size)?;
            }
            cells.push(Cell {
                kind: layer.cell,
                inputs,
                units: layer.units,
                weight_ih: &tensors[0],
                weight_hh: &tensors[1],
                bias: layer.bias.then(|| (tensors[2].as_slice(), tensors[3].as_slice())),
            });
        }
        Ok(Recurrent { steps, inputs, units: layer.units, sequences: layer.sequences, cells })
    }

    /// The steps of an example in the order in which a cell goes through them. The second cell starts at the last own
    /// step.
    fn order(&self, cell: usize, own: usize) -> Vec<usize> {
        if cell == 0 { (0..own).collect() } else { (0..own).rev().collect() }
    }

    /// Where the state of a cell behind a step goes: the first of its `units` places among the outputs. None where it does
    /// not come out.
    fn output(&self, b: usize, step: usize, cell: usize, last: bool) -> Option<usize> {
        let width = self.cells.len() * self.units;
        match self.sequences {
            true => Some((b * self.steps + step) * width + cell * self.units),
            false if last => Some(b * width + cell * self.units),
            false => None,
        }
    }

    /// The states that come out, and everything that the cells computed. All states start at 0. Of a sequence only its own
    /// steps are gone through; what stands behind them is 0.
    pub fn forward(&self, x: &[f64], lengths: Option<&[usize]>) -> Result<(Vec<f64>, Vec<Sweep>)> {
        let batch = rows("recurrent", x.len(), self.steps * self.inputs)?;
        if let Some(lengths) = lengths {
            expect_len("recurrent", "lengths", lengths.len(), batch)?;
        }
        let width = self.cells.len() * self.units;
        let mut y = vec![0.0; batch * width * if self.sequences { self.steps } else { 1 }];
        let mut sweeps = Vec::new();
        for (number, cell) in self.cells.iter().enumerate() {
            let mut sweep = cell.empty_sweep(batch * self.steps, number > 0);
            for b in 0..batch {
                let order = self.order(number, lengths.map_or(self.steps, |lengths| lengths[b]));
                let mut before = cell.start();
                for (place, &t) in order.iter().enumerate() {
                    let at = b * self.steps + t;
                    let step = cell.forward(&x[at * self.inputs..(at + 1) * self.inputs], &before);
                    if let Some(to) = self.output(b, t, number, place + 1 == order.len()) {
                        y[to..to + self.units].copy_from_slice(&step.state);
                    }
                    sweep.keep(at, &step);
                    before = step;
                }
            }
            sweeps.push(sweep);
        }
        Ok((y, sweeps))
    }

    /// The gradients from that of the outputs, back through time: each cell walks its steps in the other order. What
    /// arrives at a state is what its output was worth, plus what it was worth to the step behind it.
    pub fn backward(
        &self,
        x: &[f64],
        lengths: Option<&[usize]>,
        sweeps: &[Sweep],
        dy: &[f64],
    ) -> Result<RecurrentGradient> {
        let batch = rows("recurrent", x.len(), self.steps * self.inputs)?;
        let width = self.cells.len() * self.units * if self.sequences { self.steps } else { 1 };
        expect_len("recurrent", "gradient of the outputs", dy.len(), batch * width)?;
        expect_len("recurrent", "sweeps", sweeps.len(), self.cells.len())?;
        let mut dx = vec![0.0; x.len()];
        let mut dparameters = Vec::new();
        for (number, (cell, sweep)) in self.cells.iter().zip(sweeps).enumerate() {
            let mut gradient = cell.no_gradient();
            for b in 0..batch {
                let order = self.order(number, lengths.map_or(self.steps, |lengths| lengths[b]));
                let mut back = Way::start(self.units);
                for (place, &t) in order.iter().enumerate().rev() {
                    let at = b * self.steps + t;
                    let before = match place.checked_sub(1) {
                        Some(before) => sweep.step(b * self.steps + order[before]),
                        None => cell.start(),
                    };
                    if let Some(from) = self.output(b, t, number, place + 1 == order.len()) {
                        for k in 0..self.units {
                            back.dstate[k] += dy[from + k];
                        }
                    }
                    let range = at * self.inputs..(at + 1) * self.inputs;
                    let dx = &mut dx[range.clone()];
                    back = cell.backward(&x[range], &before, &sweep.step(at), &back, dx, &mut gradient);
                }
            }
            dparameters.extend(gradient.into_tensors(cell.bias.is_some()));
        }
        Ok(RecurrentGradient { dx, dparameters })
    }
}

impl crate::Recurrent {
    fn cell_name(&self) -> &'static str {
        Layer::from(self.clone()).kind()
    }
}

impl Sweep {
    /// Writes a step down at a place of the batch.
    fn keep(&mut self, at: usize, step: &CellStep) {
        let put = |to: &mut Vec<f64>, from: &[f64]| {
            to[at * from.len()..(at + 1) * from.len()].copy_from_slice(from);
        };
        put(&mut self.sums, &step.sums);
        put(&mut self.gates, &step.gates);
        put(&mut self.states, &step.state);
        if !self.memory.is_empty() {
            put(&mut self.memory, &step.memory);
        }
    }

    /// The numbers of one step, at place b · T + t of the batch.
    pub fn step(&self, at: usize) -> CellStep {
        let part = |from: &[f64], width: usize| from.get(at * width..(at + 1) * width).unwrap_or(&[]).to_vec();
        CellStep {
            sums: part(&self.sums, self.gates_width),
            gates: part(&self.gates, self.gates_width),
            state: part(&self.states, self.units),
            memory: part(&self.memory, self.units),
        }
    }
}
