//! The op, as a network runs it, against plain loops in f64 and their central differences.

use crate::layer::Recurrent;
use crate::rng::{Purpose, Rng};
use crate::{Activation, Batch, Inputs, InstructionSet, Layer, Loss, Network, Predictor, Settings, Shape};
use crate::{Targets, Trainer, layer::Cell};
use std::slice::from_ref;

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The sums of each gate's rows: weight · x + bias.
fn sums(weight: &[f64], bias: &[f64], x: &[f64]) -> Vec<f64> {
    let dot = |row: &[f64]| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
    let sums = weight.chunks(x.len()).map(dot);
    if bias.is_empty() { sums.collect() } else { sums.zip(bias).map(|(sum, bias)| sum + bias).collect() }
}

/// One direction over one sequence: the states at each step, and the last one.
fn sweep(layer: &Recurrent, tensors: &[Vec<f64>], x: &[Vec<f64>], reverse: bool) -> (Vec<Vec<f64>>, Vec<f64>) {
    let units = layer.units;
    let none = Vec::new();
    let (bias_ih, bias_hh) = if layer.bias { (&tensors[2], &tensors[3]) } else { (&none, &none) };
    let (mut h, mut c) = (vec![0.0; units], vec![0.0; units]);
    let mut states = vec![Vec::new(); x.len()];
    for step in 0..x.len() {
        let step = if reverse { x.len() - 1 - step } else { step };
        let (a, b) = (sums(&tensors[0], bias_ih, &x[step]), sums(&tensors[1], bias_hh, &h));
        let both = |gate: usize, u: usize| a[gate * units + u] + b[gate * units + u];
        let before = h.clone();
        match layer.cell {
            Cell::Simple { activation } => {
                for u in 0..units {
                    h[u] = activation.value(both(0, u));
                }
            }
            Cell::Lstm => {
                for u in 0..units {
                    c[u] = sigmoid(both(1, u)) * c[u] + sigmoid(both(0, u)) * both(2, u).tanh();
                    h[u] = sigmoid(both(3, u)) * c[u].tanh();
                }
            }
            Cell::Gru { reset_after } => {
                let reset: Vec<f64> = (0..units).map(|u| sigmoid(both(0, u)) * before[u]).collect();
                let of_reset = sums(&tensors[1], bias_hh, &reset);
                for u in 0..units {
                    let (r, z) = (sigmoid(both(0, u)), sigmoid(both(1, u)));
                    let at = 2 * units + u;
                    let n = if reset_after { (a[at] + r * b[at]).tanh() } else { (a[at] + of_reset[at]).tanh() };
                    h[u] = (1.0 - z) * n + z * before[u];
                }
            }
        }
        states[step] = h.clone();
    }
    (states, h)
}

/// A stack of recurrent layers over one sequence whose first `length` steps are its own.
fn stack(layers: &[Recurrent], tensors: &[Vec<f64>], x: &[Vec<f64>], length: usize) -> Vec<f64> {
    let mut values: Vec<Vec<f64>> = x[..length].to_vec();
    let mut tensors = tensors;
    for layer in layers {
        let count = if layer.bias { 4 } else { 2 };
        let mut sides = Vec::new();
        for direction in 0..layer.directions() {
            let (own, rest) = tensors.split_at(count);
            tensors = rest;
            sides.push(sweep(layer, own, &values, direction == 1));
        }
        if !layer.sequences {
            return sides.into_iter().flat_map(|(_, last)| last).collect();
        }
        values = (0..length).map(|step| sides.iter().flat_map(|(states, _)| states[step].clone()).collect()).collect();
    }
    let width = values[0].len();
    values.resize(x.len(), vec![0.0; width]);
    values.concat()
}

/// A batch for a stack of layers, and everything that the twin needs.
struct Case {
    layers: Vec<Recurrent>,
    network: Network,
    steps: usize,
    features: usize,
    x: Vec<f32>,
    lengths: Option<Vec<u32>>,
    targets: Vec<f32>,
}

impl Case {
    fn new(layers: &[Recurrent], steps: usize, features: usize, rows: usize, lengths: Option<Vec<u32>>) -> Self {
        let shape = Shape::Sequence { steps, features };
        let mut all: Vec<Layer> = layers.iter().cloned().map(Layer::from).collect();
        if layers.last().unwrap().sequences {
            all.push(Layer::Flatten);
        }
        let mut network = Network::new(shape, all).unwrap();
        network.initialize(7);
        let mut rng = Rng::stream(11, Purpose::Data, 0);
        let mut random = |n: usize| (0..n).map(|_| rng.range(-1.0, 1.0) as f32).collect::<Vec<f32>>();
        let x = random(rows * shape.len());
        let targets = random(rows * network.output().len());
        Case { layers: layers.to_vec(), network, steps, features, x, lengths, targets }
    }

    fn inputs(&self) -> Inputs<'_> {
        Inputs { values: &self.x, lengths: self.lengths.as_deref() }
    }

    fn names(&self) -> Vec<String> {
        self.network.tensors().map(|(name, _)| name.to_owned()).collect()
    }

    fn rows(&self) -> usize {
        self.x.len() / (self.steps * self.features)
    }

    fn predict(&self, set: InstructionSet, threads: usize) -> Vec<f32> {
        let mut predictor = Predictor::on(&self.network, self.rows(), threads, set).unwrap();
        predictor.predict(self.inputs()).unwrap().to_vec()
    }

    /// Loss and gradients, tensor by tensor, in a session that is planned for so many rows.
    fn gradients(&self, set: InstructionSet, threads: usize, planned: usize) -> (f64, Vec<Vec<f32>>) {
        let settings = Settings { loss: Some(Loss::Mse), batch_size: planned, ..Settings::default() };
        let targets = Targets::Values { width: self.network.output().len(), values: self.targets.clone() };
        let trainer = Trainer::with(settings).threads(threads).instruction_set(set);
        let mut session = trainer.session(&self.network, &targets).unwrap();
        // A first time, so that the second one meets what it left.
        session.gradients(&self.network, self.inputs(), Batch::Values(&self.targets)).unwrap();
        let report = session.gradients(&self.network, self.inputs(), Batch::Values(&self.targets)).unwrap();
        let gradients = self.names().iter().map(|name| session.gradient(&self.network, name).unwrap()).collect();
        (report.loss, gradients)
    }

    /// What comes out for each row in f64.
    fn twin(&self, tensors: &[Vec<f64>]) -> Vec<f64> {
        let row = |(row, x): (usize, &[f32])| {
            let x: Vec<Vec<f64>> =
                x.chunks(self.features).map(|step| step.iter().map(|&x| f64::from(x)).collect()).collect();
            let length = self.lengths.as_ref().map_or(self.steps, |lengths| lengths[row] as usize);
            stack(&self.layers, tensors, &x, length)
        };
        self.x.chunks(self.steps * self.features).enumerate().flat_map(row).collect()
    }

    fn twin_loss(&self, tensors: &[Vec<f64>]) -> f64 {
        let y = self.twin(tensors);
        let squares = y.iter().zip(&self.targets).map(|(y, &t)| (y - f64::from(t)).powi(2));
        squares.sum::<f64>() / y.len() as f64
    }

    #[track_caller]
    fn check(&self) {
        let names = self.names();
        let mut tensors: Vec<Vec<f64>> =
            names.iter().map(|name| self.network.get(name).unwrap().iter().map(|&x| f64::from(x)).collect()).collect();
        let what = format!("{} {:?}", self.network.notation(), self.lengths);
        for (i, (got, want)) in self.predict(InstructionSet::best(), 1).iter().zip(self.twin(&tensors)).enumerate() {
            assert!((f64::from(*got) - want).abs() < 2e-6, "{what}: output {i} is {got}, not {want}");
        }
        let (loss, gradients) = self.gradients(InstructionSet::best(), 1, self.rows());
        assert!((loss - self.twin_loss(&tensors)).abs() < 1e-6, "{what}: the loss is {loss}");
        for (number, (name, got)) in names.iter().zip(&gradients).enumerate() {
            // Some of each tensor, the first and the last among them.
            let stride = (got.len() / 23).max(1);
            for at in (0..got.len()).step_by(stride).chain([got.len() - 1]) {
                let value = tensors[number][at];
                let h = 1e-5;
                tensors[number][at] = value + h;
                let above = self.twin_loss(&tensors);
                tensors[number][at] = value - h;
                let below = self.twin_loss(&tensors);
                tensors[number][at] = value;
                let want = (above - below) / (2.0 * h);
                let gap = (f64::from(got[at]) - want).abs();
                assert!(gap < 1e-6 + 1e-5 * want.abs(), "{what}: {name}[{at}] is {}, not {want}", got[at]);
            }
        }
    }
}

/// Every cell, with so many units.
fn cells(units: usize) -> [Recurrent; 6] {
    [
        Recurrent::simple(units),
        Recurrent::simple(units).activation(Activation::Sigmoid),
        Recurrent::lstm(units),
        Recurrent::gru(units),
        Recurrent::gru(units).reset_before(),
        Recurrent::gru(units).without_bias(),
    ]
}

#[test]
fn every_cell_agrees_with_plain_loops_there_and_back() {
    for units in [1, 3, 16, 21] {
        for (number, cell) in cells(units).into_iter().enumerate() {
            let lengths = [None, Some(vec![5, 2, 1])][number % 2].clone();
            Case::new(from_ref(&cell), 5, 4, 3, lengths).check();
            Case::new(&[cell.clone().bidirectional()], 5, 3, 3, Some(vec![3, 5, 1])).check();
            Case::new(&[cell.clone().sequences()], 4, 3, 2, Some(vec![4, 2])).check();
            Case::new(from_ref(&cell), 1, 2, 1, None).check();
        }
    }
}

#[test]
fn gradients_go_through_a_stack() {
    for cell in cells(6) {
        let lower = cell.clone().bidirectional().sequences();
        Case::new(&[lower.clone(), cell.clone().without_bias()], 4, 3, 3, Some(vec![4, 1, 3])).check();
        Case::new(&[lower.clone(), lower], 3, 5, 2, None).check();
    }
}

#[test]
fn long_sweeps_that_are_cut_into_parts_agree_too() {
    for cell in [Recurrent::lstm(18), Recurrent::gru(18), Recurrent::gru(18).reset_before()] {
        // 40 · 9 rows: two parts of the weights' sums.
        Case::new(&[cell.clone().bidirectional()], 40, 2, 9, Some((0..9).map(|row| 4 * row + 3).collect())).check();
    }
}

#[test]
fn threads_and_instruction_sets_give_the_same_bits() {
    for cell in cells(40) {
        for rows in [1, 5, 33] {
            let lengths = (0..rows as u32).map(|row| 1 + row % 7).collect();
            let layers = [cell.clone().bidirectional().sequences(), cell.clone()];
            let case = Case::new(&layers, 7, 19, rows, Some(lengths));
            let want = (case.predict(InstructionSet::best(), 1), case.gradients(InstructionSet::best(), 1, rows));
            for set in InstructionSet::available() {
                for threads in [1, 2, 3] {
                    let got = (case.predict(set, threads), case.gradients(set, threads, rows));
                    assert_eq!(got, want, "{set:?}, {threads} threads, {rows} rows of {}", case.network.notation());
                }
            }
        }
    }
}

#[test]
fn fewer_rows_than_planned_are_the_same_rows() {
    for cell in cells(20) {
        let case = Case::new(&[cell.clone().bidirectional()], 6, 5, 7, None);
        let exact = case.gradients(InstructionSet::best(), 1, 7);
        assert_eq!(case.gradients(InstructionSet::best(), 2, 50), exact);
        let all = case.predict(InstructionSet::best(), 1);
        let mut predictor = Predictor::new(&case.network, 50, 1).unwrap();
        for rows in [1, 2, 7] {
            let got = predictor.predict(&case.x[..rows * 30]).unwrap();
            assert_eq!(got, &all[..rows * 40], "{rows} rows of {}", case.network.notation());
        }
    }
}

#[test]
fn padding_changes_nothing() {
    for cell in cells(19) {
        for layers in [vec![cell.clone().bidirectional()], vec![cell.clone().bidirectional().sequences(), cell.clone()]]
        {
            let lengths = vec![3, 6, 1];
            let short = Case::new(&layers, 6, 4, 3, Some(lengths.clone()));
            let mut long = Case::new(&layers, 11, 4, 3, Some(lengths));
            // The same rows, with something else behind their ends.
            for (to, from) in long.x.chunks_mut(44).zip(short.x.chunks(24)) {
                to[..24].copy_from_slice(from);
            }
            for (row, length) in [(0, 3), (1, 6), (2, 1)] {
                long.x[44 * row + 4 * length..44 * (row + 1)].fill(1e6);
            }
            long.targets.clone_from(&short.targets);
            let set = InstructionSet::best();
            assert_eq!(long.predict(set, 1), short.predict(set, 1), "{}", short.network.notation());
            assert_eq!(long.gradients(set, 2, 3), short.gradients(set, 1, 3), "{}", short.network.notation());
        }
    }
}
