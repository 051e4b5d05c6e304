//! Layers lowered to ops, fused, and every buffer of a step laid out once. Planning is where things fail; running a plan
//! neither fails nor allocates.
//!
//! 1. *Lower*: each layer says which operations it needs.
//! 2. *Fuse*: an activation moves into the product before it; the last softmax or sigmoid moves into the loss.
//! 3. *Lay out*: every operation gets ranges of one buffer. While training, every result is kept for the way back, and
//!    gradients take turns in two buffers; while predicting, results do.

use crate::activation::Derivative;
use crate::kernel::buffer::{Buffer, is_there_room_for, round_up};
use crate::kernel::panels::panels_len;
use crate::kernel::{InstructionSet, Machine};
use crate::op::{self, Activate, Dropout, Lowered, Mode, Op, Product, Run, Source};
use crate::{Activation, Error, Loss, Network, Result, Shape};
use std::ops::Range;

/// Most memory that a plan may take: 16 GiB of f32. More is taken for a slip in the batch size.
const MAX_VALUES: u64 = 1 << 32;

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
    machine: Machine,
    arena: Buffer,
    batch: usize,
    /// Values of one example, in and out.
    inputs: usize,
    outputs: usize,
    /// The gradient of the output, where the loss writes it; empty while predicting.
    d_output: Range<usize>,
    /// The first operation with something to learn: the way back ends there.
    first: usize,
    /// The number of the layer that each operation is of, from 0.
    layers: Vec<usize>,
}

impl Plan {
    pub(crate) fn new(network: &Network, batch: usize, aim: Aim, hardware: Hardware) -> Result<Self> {
        if batch == 0 {
            return Err(Error::setting("batch-size", "a batch has at least one row"));
        }
        if let Aim::Train(_) = aim {
            refuse_what_cannot_learn(network)?;
        }
        let (mut lowered, shape) = lower(network);
        if let Aim::Train(loss) | Aim::Logits(loss) = aim
            && let Some((_, Lowered::Activate { activation, .. })) = lowered.last()
            && loss.absorbs(*activation)
        {
            lowered.pop();
        }
        let (layers, lowered): (Vec<usize>, Vec<Lowered>) = fuse(lowered).into_iter().unzip();
        let (inputs, outputs) = (network.input().len(), shape.len());
        let mut layout = Layout { batch, next: 0 };
        let training = matches!(aim, Aim::Train(_));
        let layout_result = layout.ops(network, &lowered, inputs, outputs, training);
        let too_large = || {
            Error::setting(
                "batch-size",
                format!(
                    "a batch of {batch} rows would take more memory than is sensible for this network; make it smaller"
                ),
            )
        };
        let (ops, d_output) = layout_result.filter(|_| is_there_room_for(layout.next)).ok_or_else(too_large)?;
        let first = first_that_learns(&lowered);
        let machine = Machine::new(hardware.set, hardware.threads);
        let arena = Buffer::zeroed(layout.next);
        Ok(Plan { ops, machine, arena, batch, inputs, outputs, d_output, first, layers })
    }

    /// Rows that a batch may have.
    pub(crate) fn batch(&self) -> usize {
        self.batch
    }

    /// Values of one example that come out: logits, where the plan is for training with a cross-entropy.
    pub(crate) fn outputs(&self) -> usize {
        self.outputs
    }

    /// Bytes of the buffers.
    pub(crate) fn bytes(&self) -> usize {
        self.arena.len() * size_of::<f32>()
    }

    pub(crate) fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Runs a batch through the network. `batch` holds whole rows, at most [`Plan::batch`] of them.
    pub(crate) fn forward(&mut self, params: &[f32], batch: &[f32], mode: Mode) {
        let rows = batch.len() / self.inputs;
        debug_assert!(rows <= self.batch && rows * self.inputs == batch.len());
        let mut run = Run { machine: &self.machine, params, batch, arena: &mut self.arena, rows, mode };
        for op in &self.ops {
            op.forward(&mut run);
        }
    }

    /// What came out of the last [`Plan::forward`] of so many rows, and where its gradient goes.
    pub(crate) fn output<'a>(&'a mut self, batch: &'a [f32], rows: usize) -> (&'a [f32], &'a mut [f32]) {
        let len = rows * self.outputs;
        let (source, d) = match self.ops.last() {
            Some(op) => (op.output().start..op.output().start + len, self.d_output.clone()),
            None => (0..0, self.d_output.clone()),
        };
        let d = if d.is_empty() { d } else { d.start..d.start + len };
        match self.arena.get_disjoint_mut([source, d]) {
            Ok([output, d]) => (if self.ops.is_empty() { &batch[..len] } else { output }, d),
            Err(error) => unreachable!("the plan laid buffers over each other: {error}"),
        }
    }

    /// The way back from the gradient that the loss left: the gradients of all parameters into `grads`. The batch is the
    /// one that went forward.
    pub(crate) fn backward(&mut self, params: &[f32], batch: &[f32], grads: &mut [f32]) {
        let rows = batch.len() / self.inputs;
        let mode = Mode::Predict;
        let mut run = Run { machine: &self.machine, params, batch, arena: &mut self.arena, rows, mode };
        for op in self.ops[self.first..].iter().rev() {
            op.backward(&mut run, grads);
        }
    }

    /// The number (from 0) of the first layer whose result is not finite in the last forward pass of a training plan.
    pub(crate) fn first_not_finite(&self, rows: usize) -> Option<usize> {
        let op = self.ops.iter().position(|op| {
            let range = op.output();
            let len = range.len() / self.batch.max(1) * rows;
            !crate::kernel::update::all_finite(&self.arena[range.start..range.start + len])
        })?;
        self.layers.get(op).copied()
    }
}

/// Training needs a useful derivative everywhere, and something to learn.
fn refuse_what_cannot_learn(network: &Network) -> Result<()> {
    for (number, layer) in network.layers().iter().enumerate() {
        if layer.activation().is_some_and(|activation| activation.derivative() == Derivative::Useless) {
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

/// What the layers ask for, each operation with the number of its layer, and the shape that comes out at the end. What
/// does nothing is left out.
fn lower(network: &Network) -> (Vec<(usize, Lowered)>, Shape) {
    let tensors = network.tensor_list();
    let (mut lowered, mut ops) = (Vec::new(), Vec::new());
    let (mut shape, mut first_tensor) = (network.input(), 0);
    for (number, layer) in network.layers().iter().enumerate() {
        layer.lower(shape, first_tensor, &mut ops);
        lowered.extend(ops.drain(..).filter(|op| !op.does_nothing()).map(|op| (number, op)));
        shape = network.shapes()[number];
        first_tensor += tensors[first_tensor..].iter().take_while(|tensor| tensor.layer == number).count();
    }
    (lowered, shape)
}

/// Moves an activation into the product before it, where its derivative is had from its output.
fn fuse(lowered: Vec<(usize, Lowered)>) -> Vec<(usize, Lowered)> {
    let mut fused: Vec<(usize, Lowered)> = Vec::with_capacity(lowered.len());
    for (layer, op) in lowered {
        match (fused.last_mut(), &op) {
            (
                Some((_, Lowered::Product { activation: own @ Activation::Identity, .. })),
                Lowered::Activate { activation, .. },
            ) if activation.derivative() == Derivative::FromOutput || *activation == Activation::Step => {
                *own = *activation
            }
            _ => fused.push((layer, op)),
        }
    }
    fused
}

/// The number of the first operation with something to learn; before it no gradient is wanted.
fn first_that_learns(lowered: &[Lowered]) -> usize {
    lowered.iter().position(|op| matches!(op, Lowered::Product { .. })).unwrap_or(lowered.len())
}

/// Hands out ranges of the arena.
struct Layout {
    batch: usize,
    next: usize,
}

impl Layout {
    fn take(&mut self, len: usize) -> Option<Range<usize>> {
        let start = self.next;
        let end = start.checked_add(len).filter(|&end| end as u64 <= MAX_VALUES)?;
        self.next = round_up(end);
        Some(start..end)
    }

    /// A buffer for so many values an example.
    fn rows(&mut self, width: usize) -> Option<Range<usize>> {
        self.take(self.batch.checked_mul(width)?)
    }

    /// The operations with their buffers, and the buffer of the output's gradient.
    fn ops(
        &mut self,
        network: &Network,
        lowered: &[Lowered],
        inputs: usize,
        outputs: usize,
        training: bool,
    ) -> Option<(Vec<Op>, Range<usize>)> {
        let widest = lowered.iter().map(Lowered::outputs).chain([outputs]).max().unwrap_or(0);
        // Results while predicting, gradients while training: one is read while the other is written.
        let turns =
            if lowered.is_empty() && !training { [0..0, 0..0] } else { [self.rows(widest)?, self.rows(widest)?] };
        let first = first_that_learns(lowered);
        let mut scratch = Scratch::default();
        if training {
            for (number, op) in lowered.iter().enumerate() {
                if let Lowered::Product { inputs, outputs, .. } = *op {
                    scratch.panels = scratch.panels.max(panels_len(self.batch, outputs));
                    scratch.sums = scratch.sums.max(round_up(outputs));
                    if number > first {
                        scratch.turned = scratch.turned.max(panels_len(outputs, inputs));
                    }
                }
            }
        }
        let (panels, sums, turned) = (self.take(scratch.panels)?, self.take(scratch.sums)?, self.take(scratch.turned)?);
        let mut ops = Vec::with_capacity(lowered.len());
        let mut x = Source::Batch;
        let mut x_len = inputs;
        for (number, op) in lowered.iter().enumerate() {
            let y = if training {
                self.rows(op.outputs())?
            } else {
                let turn = &turns[number % 2];
                turn.start..turn.start + self.batch * op.outputs()
            };
            // Counted from the end, so that the loss always writes into the first.
            let from_end = lowered.len() - 1 - number;
            let dy = turns[from_end % 2].start..turns[from_end % 2].start + self.batch * op.outputs();
            let dx = (number > first).then(|| {
                let turn = &turns[(from_end + 1) % 2];
                turn.start..turn.start + self.batch * x_len
            });
            ops.push(match *op {
                Lowered::Product { weight, bias, inputs, outputs, activation } => {
                    let tensors = network.tensor_list();
                    let back = training.then(|| op::Back {
                        dy,
                        panels: panels.start..panels.start + panels_len(self.batch, outputs),
                        sums: sums.start..sums.start + round_up(outputs),
                        dx: dx.map(|dx| (dx, turned.start..turned.start + panels_len(outputs, inputs))),
                    });
                    Op::Product(Product {
                        inputs,
                        outputs,
                        activation,
                        weight: tensors[weight].range.clone(),
                        bias: bias.map(|bias| tensors[bias].range.clone()),
                        x: x.clone(),
                        y: y.clone(),
                        back,
                    })
                }
                Lowered::Activate { activation, len } => Op::Activate(Activate {
                    activation,
                    len,
                    x: x.clone(),
                    y: y.clone(),
                    back: training.then_some((dy, dx)),
                }),
                Lowered::Dropout { rate, len } => {
                    let back = if training { Some(op::DropoutBack { mask: self.rows(len)?, dy, dx }) } else { None };
                    Op::Dropout(Dropout { rate, number: number as u64, len, x: x.clone(), y: y.clone(), back })
                }
            });
            x = Source::Arena(y);
            x_len = op.outputs();
        }
        let d_output = if training { turns[0].start..turns[0].start + self.batch * outputs } else { 0..0 };
        Some((ops, d_output))
    }
}

/// Room that one operation at a time needs on the way back.
#[derive(Default)]
struct Scratch {
    panels: usize,
    sums: usize,
    turned: usize,
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

    /// What comes out for whole rows of inputs. Fails when they are more than planned for, or not whole rows.
    pub fn predict<'a>(&'a mut self, inputs: &'a [f32]) -> Result<&'a [f32]> {
        let width = self.network.input().len();
        let rows = inputs.len() / width;
        if rows * width != inputs.len() || rows > self.plan.batch() {
            return Err(Error::shape(
                "network",
                format!(
                    "{} values were given; up to {} rows of shape {} ({width} values each) are planned for",
                    inputs.len(),
                    self.plan.batch(),
                    self.network.input()
                ),
            ));
        }
        self.plan.forward(self.network.params(), inputs, Mode::Predict);
        Ok(self.plan.output(inputs, rows).0)
    }

    /// Bytes of the plan's buffers.
    pub fn bytes(&self) -> usize {
        self.plan.bytes()
    }
}
