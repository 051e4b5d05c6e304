//! Layers lowered to operations, fused, and every buffer of a step laid out once. Planning is where things fail; running a
//! plan neither fails nor allocates.
//!
//! 1. *Lower* (`plan/lower.rs`): each layer becomes operations on values: a [`Graph`].
//! 2. *Fuse* (`plan/graph.rs`): an activation moves into the product before it, a max pool into the convolution; the last softmax
//!    or sigmoid moves into the loss; small products one after the other become one operation.
//! 3. *Lay out* (`plan/layout.rs`): every value, gradient and scratch gets a range of one buffer; what is not needed at the
//!    same time shares memory.

mod graph;
mod layout;
mod lower;

pub(crate) use graph::Order;
pub(crate) use layout::Layout;

use crate::activation::Derivative;
use crate::kernel::buffer::{Buffer, is_there_room_for};
use crate::kernel::{InstructionSet, Machine, elementwise};
use crate::op::{Lowered, Mode, Op, Run, Source, Wires};
use crate::{Error, Inputs, Layer, Loss, Network, Result};
use graph::{Graph, Step};
use std::ops::Range;

/// What a plan is for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Aim {
    Predict,
    /// Forward, up to where the loss takes over: a last softmax or sigmoid that belongs to the loss is left out.
    #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "models ask for it, and they need encoders"))]
    Logits(Loss),
    /// Forward, loss and backward.
    Train(Loss),
}

/// Where the work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hardware {
    pub threads: usize,
    pub set: InstructionSet,
}

/// The operations of a network for batches of up to so many rows, and their memory.
#[derive(Debug)]
pub(crate) struct Plan {
    ops: Vec<Op>,
    /// The way back: operations from the last to the first that has something to learn before it.
    back: Vec<BackStep>,
    machine: Machine,
    arena: Buffer,
    batch: usize,
    /// Values of one example, in and out.
    inputs: usize,
    outputs: usize,
    output: Source,
    /// The gradient of the output, where the loss writes it; empty while predicting.
    d_output: Range<usize>,
    /// The number of each layer, from 0, and where what comes out of it lies for a whole batch.
    results: Vec<(usize, Range<usize>)>,
}

/// One thing to do on the way back.
#[derive(Debug)]
enum BackStep {
    /// The operation of this number.
    Op(usize),
    /// A value that several operations read has a gradient from each: they add up. The ranges are those of a whole batch.
    Sum { from: Range<usize>, to: Range<usize> },
}

impl Plan {
    pub(crate) fn new(network: &Network, batch: usize, aim: Aim, hardware: Hardware) -> Result<Self> {
        if batch == 0 {
            return Err(Error::setting("batch-size", "a batch has at least one row"));
        }
        if let Aim::Train(_) = aim {
            refuse_what_cannot_learn(network)?;
        }
        let training = matches!(aim, Aim::Train(_));
        let mut graph = lower::lower(network, training);
        if let Aim::Train(loss) | Aim::Logits(loss) = aim {
            graph.drop_last_activation(|activation| loss.absorbs(activation));
        }
        graph.fuse();
        graph.chain(batch);
        // Twice: the first time every buffer is asked for, the second time its place is known.
        let mut layout = Layout::default();
        lay_out(&graph, batch, training, &mut layout);
        let len = layout.place().filter(|&len| is_there_room_for(len)).ok_or_else(|| {
            Error::setting(
                "batch-size",
                format!(
                    "a batch of {batch} rows would take more memory than is sensible for this network; make it smaller"
                ),
            )
        })?;
        let Laid { ops, back, output, d_output } = lay_out(&graph, batch, training, &mut layout);
        let results = ops.iter().zip(&graph.steps).flat_map(|(op, step)| op.results(step.layer)).collect();
        Ok(Plan {
            ops,
            back,
            machine: Machine::new(hardware.set, hardware.threads),
            arena: Buffer::zeroed(len),
            batch,
            inputs: network.input().len(),
            outputs: graph.values[graph.output].shape.len(),
            output,
            d_output,
            results,
        })
    }

    /// Rows that a batch may have.
    pub(crate) fn batch(&self) -> usize {
        self.batch
    }

    /// Values of one example that go in.
    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    /// Values of one example that come out: logits, where the plan is for training with a cross-entropy.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Bytes of the buffers, and of the tables that say where windows lie.
    pub(crate) fn bytes(&self) -> usize {
        self.arena.len() * size_of::<f32>() + self.ops.iter().map(Op::table_bytes).sum::<usize>()
    }

    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Runs a batch through the network: so many whole rows, at most [`Plan::batch`].
    ///
    /// In line, as are the other parts of a step that the session calls, for the reason that [`InstructionSet::dispatch`] has:
    /// less is copied. With what it saved besides, that took a step of 2-4-1 from 0.188 µs to 0.170.
    #[inline(always)]
    pub(crate) fn forward(&mut self, params: &[f32], batch: Inputs<'_>, rows: usize, mode: Mode) {
        let (mut run, ops, _) = self.run(params, batch, rows, mode);
        for op in ops {
            op.forward(&mut run);
        }
    }

    /// What came out of the last [`Plan::forward`] of so many rows, and where its gradient goes.
    #[inline(always)]
    pub(crate) fn output<'a>(&'a mut self, batch: &'a [f32], rows: usize) -> (&'a [f32], &'a mut [f32]) {
        let len = rows * self.outputs;
        let d = &self.d_output;
        let d = if d.is_empty() { 0..0 } else { d.start..d.start + len };
        match self.arena.get_disjoint_mut([self.output.range(len), d]) {
            Ok([output, d]) => (self.output.pick(len, batch, output), d),
            Err(error) => unreachable!("the plan laid buffers over each other: {error}"),
        }
    }

    /// The way back from the gradient that the loss left: the gradients of all parameters into `grads`. The batch is the
    /// one that went forward.
    #[inline(always)]
    pub(crate) fn backward(&mut self, params: &[f32], batch: Inputs<'_>, rows: usize, mode: Mode, grads: &mut [f32]) {
        let planned = self.batch;
        let (mut run, ops, back) = self.run(params, batch, rows, mode);
        for step in back {
            match step {
                BackStep::Op(number) => ops[*number].backward(&mut run, grads),
                BackStep::Sum { from, to } => {
                    let part = |range: &Range<usize>| range.start..range.start + range.len() / planned * run.rows;
                    match run.arena.get_disjoint_mut([part(from), part(to)]) {
                        Ok([from, to]) => elementwise::accumulate(run.machine.set, from, to),
                        Err(error) => unreachable!("the plan laid buffers over each other: {error}"),
                    }
                }
            }
        }
    }

    /// What a pass runs on, and what runs in it.
    #[inline]
    fn run<'a>(
        &'a mut self,
        params: &'a [f32],
        batch: Inputs<'a>,
        rows: usize,
        mode: Mode,
    ) -> (Run<'a>, &'a [Op], &'a [BackStep]) {
        debug_assert!(rows <= self.batch && rows * self.inputs == batch.values.len());
        let Plan { ops, back, machine, arena, .. } = self;
        let run = Run { machine, params, batch: batch.values, lengths: batch.lengths, arena, rows, mode };
        (run, ops, back)
    }

    /// What a training step changes in the parameters besides the optimizer's update, after its forward pass.
    #[inline(always)]
    pub(crate) fn settle(&self, params: &mut [f32]) {
        for op in &self.ops {
            op.settle(&self.arena, params);
        }
    }

    /// The number (from 0) of the first layer whose result is not finite in the last forward pass of a training plan.
    pub(crate) fn first_not_finite(&self, rows: usize) -> Option<usize> {
        let broken = |(_, range): &&(usize, Range<usize>)| {
            let len = range.len() / self.batch.max(1) * rows;
            !crate::kernel::update::all_finite(&self.arena[range.start..range.start + len])
        };
        self.results.iter().find(broken).map(|(layer, _)| *layer)
    }
}

/// Training needs a useful derivative everywhere, and something to learn.
fn refuse_what_cannot_learn(network: &Network) -> Result<()> {
    for (number, layer) in network.layers().iter().enumerate() {
        if has_flat_activation(layer) {
            return Err(Error::shape(
                format!("layer {} ({layer})", number + 1),
                "step is flat on both sides, so its derivative is 0 everywhere and nothing can be learnt through it; \
                 train with sigmoid, its smooth twin",
            ));
        }
    }
    if network.parameters() == 0 {
        return Err(Error::shape("network", "no layer has weights, so there is nothing to learn; add a dense layer"));
    }
    Ok(())
}

fn has_flat_activation(layer: &Layer) -> bool {
    match layer {
        Layer::Residual(residual) => residual.layers.iter().any(has_flat_activation),
        other => other.activation().is_some_and(|activation| activation.derivative() == Derivative::Useless),
    }
}

/// A graph with its buffers.
struct Laid {
    ops: Vec<Op>,
    back: Vec<BackStep>,
    output: Source,
    d_output: Range<usize>,
}

/// Asks for the buffers of every value, gradient and operation.
fn lay_out(graph: &Graph, batch: usize, training: bool, layout: &mut Layout) -> Laid {
    let steps = graph.steps.len();
    // Forward 0, 1, …, the loss at `steps`, and each operation's way back as far behind it as it was before it.
    let back_at = |number: usize| 2 * steps - number;
    let wanted = gradients_wanted(graph, training);
    let goes_back = |number: usize| {
        let step = &graph.steps[number];
        training && (wanted[step.x] || step.other.is_some_and(|other| wanted[other]) || step.op.learns())
    };
    let mut sources = vec![Source::Batch; graph.values.len()];
    // For each value the gradients that its readers leave, the last reader's first: it comes first on the way back.
    let mut gradients: Vec<Vec<Range<usize>>> = vec![Vec::new(); graph.values.len()];
    let gradient_of = |value: usize, moment: usize, layout: &mut Layout| {
        // Who made the value takes its gradient over.
        let made = graph.steps.iter().position(|step| step.y == value).unwrap_or(0);
        let (len, life) = (batch.saturating_mul(graph.values[value].shape.len()), moment..=back_at(made));
        // A chain reads and writes the gradients on both sides of it in whole vectors.
        let is_beside_chain =
            |step: &Step| matches!(step.op, Lowered::Chain(_)) && (step.x == value || step.y == value);
        match graph.steps.iter().any(is_beside_chain) {
            true => layout.take_with_room(len, life),
            false => layout.take(len, life),
        }
    };
    let mut d_output = 0..0;
    if training && wanted[graph.output] {
        d_output = gradient_of(graph.output, steps, layout);
        gradients[graph.output].push(d_output.clone());
    }
    // Gradients first, from the end: an operation's place needs those of its readers.
    let mut wires: Vec<Wires> = vec![Wires { batch, ..Wires::default() }; steps];
    let mut back = Vec::new();
    for number in (0..steps).rev().filter(|&number| goes_back(number)) {
        let step = &graph.steps[number];
        if let Some((first, others)) = gradients[step.y].split_first() {
            let sums = others.iter().map(|from| BackStep::Sum { from: from.clone(), to: first.clone() });
            back.extend(sums);
            wires[number].dy = Some(first.clone());
        }
        back.push(BackStep::Op(number));
        let mut ask = |value: usize| {
            wanted[value].then(|| {
                let range = gradient_of(value, back_at(number), layout);
                gradients[value].push(range.clone());
                range
            })
        };
        let dx = ask(step.x);
        let d_other = step.other.and_then(ask);
        (wires[number].dx, wires[number].d_other) = (dx, d_other);
    }
    let mut ops = Vec::with_capacity(steps);
    for (number, step) in graph.steps.iter().enumerate() {
        let last_reader = graph.readers(step.y).last().unwrap_or(number);
        let until = match (training, step.y == graph.output) {
            // Kept for the way back: the operation's own needs it last.
            (true, _) => back_at(number),
            (false, true) => steps,
            (false, false) => last_reader,
        };
        let values = batch.saturating_mul(graph.values[step.y].shape.len());
        let y = layout.take(step.op.outputs_len(batch, values), number..=until);
        sources[step.y] = Source::Arena(y.clone());
        let wires = Wires {
            x: sources[step.x].clone(),
            other: step.other.map(|other| sources[other].clone()).unwrap_or_default(),
            y,
            ..std::mem::take(&mut wires[number])
        };
        layout.begin(number, goes_back(number).then(|| back_at(number)));
        ops.push(step.op.lay_out(wires, layout));
    }
    Laid { ops, back, output: sources[graph.output].clone(), d_output }
}

/// For each value whether its gradient is asked for: where there is something to learn before it.
fn gradients_wanted(graph: &Graph, training: bool) -> Vec<bool> {
    let mut wanted = vec![false; graph.values.len()];
    if training {
        for step in &graph.steps {
            wanted[step.y] = step.op.learns() || wanted[step.x] || step.other.is_some_and(|other| wanted[other]);
        }
    }
    wanted
}

/// A network ready to predict batch after batch without allocating.
///
/// ```
/// use adaline::prelude::*;
/// # fn main() -> adaline::Result<()> {
/// let network = Network::new(Shape::Flat(3), [Dense::tanh(4), Dense::linear(2)])?;
/// let mut predictor = Predictor::new(&network, 8, 1)?;
/// assert_eq!(predictor.predict(&[0.1, 0.2, 0.3])?.len(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Predictor<'n> {
    network: &'n Network,
    plan: Plan,
}

impl<'n> Predictor<'n> {
    /// For batches of up to `batch` rows, on so many threads.
    pub fn new(network: &'n Network, batch: usize, threads: usize) -> Result<Self> {
        Self::on(network, batch, threads, InstructionSet::best())
    }

    /// The same on a chosen instruction set (for tests and benchmarks; the results are the same bits on all).
    pub fn on(network: &'n Network, batch: usize, threads: usize, set: InstructionSet) -> Result<Self> {
        Ok(Predictor { network, plan: Plan::new(network, batch, Aim::Predict, Hardware { threads, set })? })
    }

    /// What comes out for whole rows of inputs: a slice of f32, or [`Inputs`] with the lengths of sequences. Fails when they
    /// are more than planned for, or not whole rows.
    pub fn predict<'a>(&'a mut self, inputs: impl Into<Inputs<'a>>) -> Result<&'a [f32]> {
        let inputs: Inputs<'a> = inputs.into();
        let width = self.network.input().len();
        let rows = inputs.values.len() / width;
        inputs.check_lengths(self.network.input(), rows)?;
        if rows * width != inputs.values.len() || rows > self.plan.batch() {
            return Err(Error::shape(
                "network",
                format!(
                    "{} values were given; up to {} rows of shape {} ({width} values each) are planned for",
                    inputs.values.len(),
                    self.plan.batch(),
                    self.network.input()
                ),
            ));
        }
        self.plan.forward(self.network.params(), inputs, rows, Mode::Predict);
        Ok(self.plan.output(inputs.values, rows).0)
    }

    /// Bytes of the plan's buffers.
    pub fn bytes(&self) -> usize {
        self.plan.bytes()
    }
}

#[cfg(test)]
mod tests;
