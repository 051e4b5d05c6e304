//! The workloads: what one step is.
//!
//! Training runs forward, loss, backward and update on ready mini-batches that are gone through in turn; nothing is
//! shuffled or copied in the timed part. An activation or a matrix product is the prediction of a network that is nothing
//! else: a plan writes straight from the caller's rows into its own buffer. `bench/README.md` has the table.

use adaline::data::{Split, Table};
use adaline::prelude::*;
use adaline::rng::{Purpose, Rng};
use adaline::{Activation, Batch, InstructionSet, Session};
use std::hint::black_box;

/// All that can be measured.
pub(crate) const NAMES: [&str; 18] = [
    "W1",
    "W2",
    "W3",
    "W3b",
    "W4",
    "W5",
    "W6-mlp-b1",
    "W6-mlp-b256",
    "W6-cnn-b1",
    "W6-cnn-b256",
    "W7-sigmoid",
    "W7-tanh",
    "W7-relu",
    "W7-softmax",
    "W8-1024",
    "W8-64x784x128",
    "W7-memcpy",
    "peak",
];

/// Ready mini-batches in W3, W3b, W4 and W5.
const BATCHES: usize = 32;

/// A thing that is done again and again.
pub(crate) trait Workload {
    /// So many steps.
    fn run(&mut self, steps: usize) -> adaline::Result<()>;
    /// What a step counts as.
    fn figure(&self) -> Figure;
    /// The loss of the last step, where there is one.
    fn loss(&self) -> Option<f64> {
        None
    }
}

/// What a step counts as.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Figure {
    /// Microseconds a step.
    Microseconds(&'static str),
    /// So many samples a step, as samples a second.
    Samples(usize),
    /// So many floating-point operations a step, as billions of them a second.
    Operations(f64),
}

impl Figure {
    /// The figure of a workload by its name.
    pub(crate) fn of(workload: &str) -> Figure {
        match workload {
            "W1" => Figure::Microseconds("us/step"),
            "W2" => Figure::Microseconds("us/epoch"),
            "W3" | "W4" | "W5" => Figure::Samples(64),
            "W3b" => Figure::Samples(128),
            "W6-mlp-b256" | "W6-cnn-b256" => Figure::Samples(256),
            "W8-1024" => Figure::Operations(2.0 * 1024.0 * 1024.0 * 1024.0),
            "W8-64x784x128" => Figure::Operations(2.0 * 64.0 * 784.0 * 128.0),
            _ => Figure::Microseconds("us"),
        }
    }

    pub(crate) fn unit(self) -> &'static str {
        match self {
            Figure::Microseconds(unit) => unit,
            Figure::Samples(_) => "samples/s",
            Figure::Operations(_) => "GFLOP/s",
        }
    }

    pub(crate) fn value(self, seconds: f64) -> f64 {
        match self {
            Figure::Microseconds(_) => seconds * 1e6,
            Figure::Samples(samples) => samples as f64 / seconds,
            Figure::Operations(count) => count / seconds / 1e9,
        }
    }
}

/// The network of a workload.
pub(crate) fn network(workload: &str) -> adaline::Result<Network> {
    match workload {
        "W1" => Network::new(Shape::Flat(2), [Dense::tanh(4), Dense::linear(1)]),
        "W2" => Network::new(Shape::Flat(4), [Dense::relu(16), Dense::linear(3)]),
        "W3b" => Network::new(Shape::Flat(784), [Dense::relu(512), Dense::relu(512), Dense::linear(10)]),
        "W4" | "W6-cnn-b1" | "W6-cnn-b256" => {
            let chain = "conv 32 3x3 relu, maxpool 2, conv 64 3x3 relu, maxpool 2, flatten, dense 128 relu, dense 10";
            Network::new(Shape::Image { channels: 1, height: 28, width: 28 }, Layer::parse_chain(chain)?)
        }
        "W7-sigmoid" => Network::new(Shape::Flat(1024), [Activation::Sigmoid]),
        "W7-tanh" => Network::new(Shape::Flat(1024), [Activation::Tanh]),
        "W7-relu" => Network::new(Shape::Flat(1024), [Activation::Relu]),
        "W7-softmax" => Network::new(Shape::Flat(1024), [Activation::Softmax]),
        "W8-1024" => Network::new(Shape::Flat(1024), [Dense::linear(1024).without_bias()]),
        "W8-64x784x128" => Network::new(Shape::Flat(784), [Dense::linear(128).without_bias()]),
        "W5" => Network::new(Shape::Sequence { steps: 28, features: 28 }, Layer::parse_chain("lstm 128, dense 10")?),
        _ => Network::new(Shape::Flat(784), [Dense::relu(128), Dense::linear(10)]),
    }
}

/// The rows of a workload that only predicts.
pub(crate) fn rows(workload: &str) -> Option<usize> {
    match workload {
        "W6-mlp-b1" | "W6-cnn-b1" => Some(1),
        "W6-mlp-b256" | "W6-cnn-b256" => Some(256),
        "W7-sigmoid" | "W7-tanh" | "W7-relu" | "W7-softmax" | "W8-1024" => Some(1024),
        "W8-64x784x128" => Some(64),
        _ => None,
    }
}

/// Training on ready mini-batches.
pub(crate) struct Training {
    network: Network,
    session: Session,
    batches: Vec<(Vec<f32>, Vec<u32>)>,
    learning_rate: f64,
    /// Batches a step: all of them where a step is an epoch.
    batches_a_step: usize,
    next: usize,
    figure: Figure,
    loss: Option<f64>,
}

impl Training {
    pub(crate) fn new(workload: &str, threads: usize, set: InstructionSet) -> adaline::Result<Self> {
        let network = network(workload)?;
        let batches = match workload {
            "W1" => vec![(vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], vec![0, 1, 1, 0])],
            "W2" => iris()?,
            "W3b" => random(128),
            _ => random(64),
        };
        let optimizer: Optimizer = match workload {
            "W1" => Sgd::default().learning_rate(0.5).into(),
            _ => Adam::default().learning_rate(1e-3).into(),
        };
        let learning_rate = optimizer.learning_rate();
        let largest = batches.iter().map(|(_, classes)| classes.len()).max().unwrap_or(1);
        let trainer = Trainer::new(optimizer).batch_size(largest).threads(threads).instruction_set(set);
        let session = trainer.session(&network, &Targets::Classes(batches[0].1.clone()))?;
        let batches_a_step = if workload == "W2" { batches.len() } else { 1 };
        Ok(Training {
            network,
            session,
            batches,
            learning_rate,
            batches_a_step,
            next: 0,
            figure: Figure::of(workload),
            loss: None,
        })
    }
}

impl Workload for Training {
    fn run(&mut self, steps: usize) -> adaline::Result<()> {
        for _ in 0..steps * self.batches_a_step {
            let (inputs, classes) = &self.batches[self.next];
            let report = self.session.step(&mut self.network, inputs, Batch::Classes(classes), self.learning_rate)?;
            self.loss = Some(report.loss);
            self.next = if self.next + 1 == self.batches.len() { 0 } else { self.next + 1 };
        }
        Ok(())
    }

    fn figure(&self) -> Figure {
        self.figure
    }

    fn loss(&self) -> Option<f64> {
        self.loss
    }
}

/// Prediction of one batch, again and again.
pub(crate) struct Inference<'n> {
    predictor: Predictor<'n>,
    inputs: Vec<f32>,
    figure: Figure,
}

impl<'n> Inference<'n> {
    pub(crate) fn new(
        workload: &str,
        network: &'n Network,
        threads: usize,
        set: InstructionSet,
    ) -> adaline::Result<Self> {
        let mut rng = Rng::stream(0, Purpose::Data, 0);
        let batch = rows(workload).unwrap_or(1);
        // Of both signs, so that every branch of an activation is taken.
        let inputs = (0..batch * network.input().len()).map(|_| rng.normal() as f32).collect();
        Ok(Inference { predictor: Predictor::on(network, batch, threads, set)?, inputs, figure: Figure::of(workload) })
    }
}

impl Workload for Inference<'_> {
    fn run(&mut self, steps: usize) -> adaline::Result<()> {
        for _ in 0..steps {
            black_box(self.predictor.predict(black_box(&self.inputs))?);
        }
        Ok(())
    }

    fn figure(&self) -> Figure {
        self.figure
    }
}

/// The rows of iris, standardised and shuffled once, as nine batches of 16 and one of 6.
fn iris() -> adaline::Result<Vec<(Vec<f32>, Vec<u32>)>> {
    let samples = Table::builtin("iris")?.target("species")?.split(Split::none())?.train_samples()?;
    let Targets::Classes(classes) = samples.targets() else { return Ok(Vec::new()) };
    let mut order: Vec<usize> = (0..samples.rows()).collect();
    Rng::stream(0, Purpose::Shuffle, 0).shuffle(&mut order);
    let batch = |rows: &[usize]| {
        let inputs = rows.iter().flat_map(|&row| samples.input(row)).copied().collect();
        (inputs, rows.iter().map(|&row| classes[row]).collect())
    };
    Ok(order.chunks(16).map(batch).collect())
}

/// Mini-batches of uniform inputs and labels at random.
fn random(rows: usize) -> Vec<(Vec<f32>, Vec<u32>)> {
    let batch = |number: usize| {
        let mut rng = Rng::stream(0, Purpose::Data, number as u64);
        let inputs = (0..rows * 784).map(|_| rng.uniform() as f32).collect();
        (inputs, (0..rows).map(|_| rng.below(10) as u32).collect())
    };
    (0..BATCHES).map(batch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iris_is_cut_as_the_peers_cut_it() {
        let batches = iris().unwrap();
        let rows: Vec<usize> = batches.iter().map(|(_, classes)| classes.len()).collect();
        assert_eq!(rows, [16, 16, 16, 16, 16, 16, 16, 16, 16, 6]);
        let mean: f32 = batches.iter().flat_map(|(x, _)| x.iter().step_by(4)).sum::<f32>() / 150.0;
        assert!(mean.abs() < 1e-5, "{mean}");
    }

    #[test]
    fn every_training_workload_learns() {
        for (workload, steps) in [("W1", 4000), ("W2", 40), ("W3", 1500)] {
            let mut training = Training::new(workload, 1, InstructionSet::best()).unwrap();
            training.run(1).unwrap();
            let first = training.loss().unwrap();
            training.run(steps).unwrap();
            let last = training.loss().unwrap();
            assert!(last < first / 2.0, "{workload}: {first} to {last}");
        }
    }
}
