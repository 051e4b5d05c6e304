//! One training step after the other, without allocating.

use super::Settings;
use crate::kernel::buffer::{Buffer, is_there_room_for};
use crate::kernel::update;
use crate::loss::{BatchTargets, Judgement};
use crate::op::Mode;
use crate::optimizer::Memory;
use crate::plan::{Aim, Hardware, Plan};
use crate::{Augment, Error, Inputs, Loss, Network, Result, Samples, Shape, Targets};

/// The state of a training run between two steps: the plan, the gradients, and what the optimizer remembers. The
/// parameters stay in the network.
///
/// [`Trainer`](crate::Trainer) drives one; use it directly to look at every step.
#[derive(Debug)]
pub struct Session {
    plan: Plan,
    loss: Loss,
    grads: Buffer,
    pub(crate) memory: Memory,
    pub(crate) settings: Settings,
    /// Ranges of the weights, which decay and penalties apply to.
    penalised: Vec<std::ops::Range<usize>>,
    /// How many answers an example gets: one, or one at every step of a sequence.
    answers: usize,
    /// How many outputs an answer is.
    width: usize,
}

/// What a batch gave before its update.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct StepReport {
    /// The mean loss of the batch, without penalties.
    pub loss: f64,
    /// How many answers were the right class (one a row, or one at every step); `None` for numbers.
    pub correct: Option<usize>,
}

impl Session {
    /// Plans training of a network on targets like these.
    ///
    /// Fails when settings, network and targets do not fit together.
    pub(crate) fn new(network: &Network, targets: &Targets, settings: &Settings, hardware: Hardware) -> Result<Self> {
        settings.validate()?;
        let loss = settings.loss.unwrap_or_else(|| Loss::suited_to(targets, network.output().len()));
        loss.check(network, targets)?;
        let answers = answers(network, loss);
        let classes = (network.output().len() / answers).max(2);
        if let Some(weights) = &settings.class_weights
            && (!loss.is_classification() || weights.len() != classes)
        {
            let message = format!("{} weights were given for {classes} classes", weights.len());
            return Err(Error::setting("class-weight", message));
        }
        // The gradients; the weights of the last epoch, of the best one and for going on; and the optimizer's memory, twice
        // for going on.
        let len = network.params().len();
        if !is_there_room_for(len.saturating_mul(4 + 2 * settings.optimizer.slots())) {
            let message = "there is no memory to train a network of this size; make a layer smaller";
            return Err(Error::shape("network", message));
        }
        let rows = targets.rows().max(1);
        let plan = Plan::new(network, settings.batch_size.min(rows), Aim::Train(loss), hardware)?;
        Ok(Session {
            plan,
            loss,
            grads: Buffer::zeroed(len),
            memory: Memory::new(&settings.optimizer, len),
            settings: settings.clone(),
            penalised: network
                .tensor_list()
                .iter()
                .filter(|t| t.parameter.penalised)
                .map(|t| t.range.clone())
                .collect(),
            answers,
            width: network.output().len() / answers,
        })
    }

    /// The loss that is made small.
    pub fn loss(&self) -> Loss {
        self.loss
    }

    /// Bytes of the plan, the gradients and the optimizer's memory.
    pub fn bytes(&self) -> usize {
        self.plan.bytes() + (1 + self.memory.slots.len()) * self.grads.len() * size_of::<f32>()
    }

    /// Answers an example gets: the rows of an accuracy are so many times more.
    pub(crate) fn answers(&self) -> usize {
        self.answers
    }

    pub(crate) fn batch(&self) -> usize {
        self.plan.batch()
    }

    /// One step on one batch: forward, loss, backward, update.
    ///
    /// `inputs` are whole rows, no more than the batch size: a slice, or [`Inputs`] with the lengths of sequences. Fails with [`Error::Diverged`] when the loss is not finite;
    /// the parameters are then those from before the step. A gradient that is too large to hold shows in the loss of the
    /// next step.
    pub fn step<'i>(
        &mut self,
        network: &mut Network,
        inputs: impl Into<Inputs<'i>>,
        targets: Batch<'_>,
        learning_rate: f64,
    ) -> Result<StepReport> {
        let report = self.gradients(network, inputs, targets)?;
        self.penalise(network);
        self.clip();
        let params = network.params_mut();
        let decay = self.settings.optimizer.weight_decay() * learning_rate;
        if decay > 0.0 {
            for range in &self.penalised {
                update::scale(&mut params[range.clone()], (1.0 - decay) as f32);
            }
        }
        self.memory.step(&self.settings.optimizer, self.plan.machine(), learning_rate, params, &self.grads);
        self.plan.settle(params);
        Ok(report)
    }

    /// Forward, loss and backward, without an update; see [`Session::gradient`].
    #[inline(always)]
    pub fn gradients<'i>(
        &mut self,
        network: &Network,
        inputs: impl Into<Inputs<'i>>,
        targets: Batch<'_>,
    ) -> Result<StepReport> {
        let inputs: Inputs<'i> = inputs.into();
        let mode = Mode::Train { seed: self.settings.seed, step: self.memory.steps };
        let params = network.params();
        let rows = self.check_batch(network, inputs, targets)?;
        self.plan.forward(params, inputs, rows, mode);
        let report = self.judge(inputs.values, targets, rows, true);
        if !report.loss.is_finite() {
            return Err(self.diverged(network, rows));
        }
        self.plan.backward(params, inputs, rows, mode, &mut self.grads);
        Ok(report)
    }

    /// The loss of a batch as at prediction (dropout off, running statistics), without learning from it.
    pub fn evaluate<'i>(
        &mut self,
        network: &Network,
        inputs: impl Into<Inputs<'i>>,
        targets: Batch<'_>,
    ) -> Result<StepReport> {
        let inputs: Inputs<'i> = inputs.into();
        let rows = self.check_batch(network, inputs, targets)?;
        self.plan.forward(network.params(), inputs, rows, Mode::Predict);
        Ok(self.judge(inputs.values, targets, rows, false))
    }

    /// The gradient of one tensor from the last step or [`Session::gradients`], in PyTorch's order, penalties included
    /// after a step.
    pub fn gradient(&self, network: &Network, name: &str) -> Option<Vec<f32>> {
        let tensor = network.tensor_list().iter().find(|tensor| tensor.name == name)?;
        Some(tensor.parameter.layout.to_file(tensor.len(), &self.grads[tensor.range.clone()]))
    }

    /// How many rows a batch has, if it is one of this network and this loss.
    #[inline(always)]
    fn check_batch(&self, network: &Network, inputs: Inputs<'_>, targets: Batch<'_>) -> Result<usize> {
        let (given, each) = match targets {
            Batch::Classes(classes) => (classes.len(), self.answers),
            Batch::Values(values) => (values.len(), self.plan.outputs()),
        };
        let rows = inputs.values.len() / self.plan.inputs();
        let known = if self.width == 1 { 2 } else { self.width };
        let are_known = match targets {
            Batch::Classes(classes) => classes.iter().all(|&class| (class as usize) < known),
            Batch::Values(_) => true,
        };
        let fits = network.params().len() == self.grads.len()
            && (1..=self.plan.batch()).contains(&rows)
            && rows * self.plan.inputs() == inputs.values.len()
            && rows * each == given
            && are_known
            && targets.is_classes() == self.loss.is_classification();
        if !fits {
            return Err(self.refuse(network, inputs, targets));
        }
        inputs.check_lengths(network.input(), rows)?;
        Ok(rows)
    }

    /// What is wrong with a batch.
    #[cold]
    fn refuse(&self, network: &Network, inputs: Inputs<'_>, targets: Batch<'_>) -> Error {
        let (inputs, width) = (inputs.values.len(), self.plan.inputs());
        let rows = inputs / width;
        if network.params().len() != self.grads.len() {
            return Error::shape("network", "this is not the network that the session was planned for");
        }
        let message = match targets {
            _ if rows == 0 || rows > self.plan.batch() || rows * width != inputs => {
                let (shape, most) = (network.input(), self.plan.batch());
                format!("{inputs} values are not rows of shape {shape}, {width} each, at least one and at most {most}")
            }
            _ if targets.is_classes() != self.loss.is_classification() => {
                format!("targets of another kind than {} takes", self.loss)
            }
            Batch::Classes(classes) if classes.len() != rows * self.answers => {
                format!("{} classes for {rows} rows of {} answers", classes.len(), self.answers)
            }
            Batch::Classes(classes) => {
                let known = if self.width == 1 { 2 } else { self.width };
                let class = classes.iter().max().unwrap_or(&0);
                format!("class {class} of a network that tells {known} apart")
            }
            Batch::Values(values) => {
                format!("{} target values are not {rows} rows of {}", values.len(), self.plan.outputs())
            }
        };
        Error::shape("batch", message)
    }

    /// Loss and accuracy of what the plan has just computed; writes the gradient of the output.
    #[inline(always)]
    fn judge(&mut self, inputs: &[f32], targets: Batch<'_>, rows: usize, weighted: bool) -> StepReport {
        let width = self.width;
        let set = self.plan.machine().set;
        let (y, d) = self.plan.output(inputs, rows);
        let Judgement { loss, correct } = match targets {
            Batch::Classes(classes) => {
                let weights = self.settings.class_weights.as_deref().filter(|_| weighted);
                self.loss.value_and_gradient(set, y, BatchTargets::Classes { classes, weights }, width, d)
            }
            Batch::Values(values) => {
                self.loss.value_and_gradient(set, y, BatchTargets::Values(values), width * self.answers, d)
            }
        };
        StepReport { loss, correct }
    }

    #[inline]
    fn penalise(&mut self, network: &Network) {
        let (l1, l2) = (self.settings.l1, self.settings.l2);
        if l1 > 0.0 || l2 > 0.0 {
            for range in &self.penalised {
                let params = &network.params()[range.clone()];
                update::penalise(params, &mut self.grads[range.clone()], l1 as f32, l2 as f32);
            }
        }
    }

    #[inline]
    fn clip(&mut self) {
        if let Some(limit) = self.settings.clip_value {
            let limit = limit as f32;
            for g in &mut *self.grads {
                *g = g.clamp(-limit, limit);
            }
        }
        if let Some(limit) = self.settings.clip_norm {
            let norm = update::sum_of_squares(&self.grads).sqrt();
            // PyTorch's guard against a division by zero.
            let factor = limit / (norm + 1e-6);
            if factor < 1.0 {
                update::scale(&mut self.grads, factor as f32);
            }
        }
    }

    fn diverged(&self, network: &Network, rows: usize) -> Error {
        let place = match self.plan.first_not_finite(rows) {
            Some(number) => format!("what comes out of {}", network.place(number)),
            None => "the loss".to_owned(),
        };
        super::diverged(&format!("{place} is"))
    }
}

/// The targets of one batch.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Batch<'a> {
    /// The class of each row, or of each step of each row where the network answers at every step.
    Classes(&'a [u32]),
    /// As many numbers a row as the network has outputs.
    Values(&'a [f32]),
}

impl Batch<'_> {
    fn is_classes(&self) -> bool {
        matches!(self, Batch::Classes(_))
    }
}

/// How many answers an example gets from a network: a classification answers at every step of a sequence that comes out.
pub(crate) fn answers(network: &Network, loss: Loss) -> usize {
    match network.output() {
        Shape::Sequence { steps, .. } if loss.is_classification() => steps,
        _ => 1,
    }
}

/// How training images are changed in an epoch, whose first image has the number `first`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Changes {
    pub(crate) augment: Augment,
    pub(crate) seed: u64,
    pub(crate) first: u64,
}

/// Copies of rows in a given order, for batches: made once, filled for every batch.
#[derive(Debug)]
pub(crate) struct Gather {
    inputs: Vec<f32>,
    lengths: Vec<u32>,
    classes: Vec<u32>,
    values: Vec<f32>,
}

impl Gather {
    pub(crate) fn new(samples: &Samples, batch: usize) -> Self {
        let (classes, values) = match samples.targets() {
            Targets::Classes(_) => (batch, 0),
            Targets::Steps { steps, .. } => (batch * steps, 0),
            Targets::Values { width, .. } => (0, batch * width),
        };
        Gather {
            inputs: Vec::with_capacity(batch * samples.shape().len()),
            lengths: Vec::with_capacity(if samples.lengths().is_some() { batch } else { 0 }),
            classes: Vec::with_capacity(classes),
            values: Vec::with_capacity(values),
        }
    }

    /// The rows with these numbers, in this order, each changed as its draw has it.
    pub(crate) fn rows<'a>(
        &'a mut self,
        samples: &Samples,
        rows: &[u32],
        changes: Option<Changes>,
    ) -> (Inputs<'a>, Batch<'a>) {
        self.inputs.clear();
        for &row in rows {
            let input = samples.input(row as usize);
            match changes {
                None => self.inputs.extend_from_slice(input),
                Some(Changes { augment, seed, first }) => {
                    let placement = augment.draw(seed, first.wrapping_add(u64::from(row)));
                    placement.extend(samples.shape(), input, &mut self.inputs);
                }
            }
        }
        self.lengths.clear();
        if let Some(lengths) = samples.lengths() {
            self.lengths.extend(rows.iter().map(|&row| lengths[row as usize]));
        }
        let batch = match samples.targets() {
            Targets::Classes(classes) => {
                copy_rows(&mut self.classes, classes, 1, rows);
                Batch::Classes(&self.classes)
            }
            Targets::Steps { steps, classes } => {
                copy_rows(&mut self.classes, classes, *steps, rows);
                Batch::Classes(&self.classes)
            }
            Targets::Values { width, values } => {
                copy_rows(&mut self.values, values, *width, rows);
                Batch::Values(&self.values)
            }
        };
        let lengths = samples.lengths().map(|_| self.lengths.as_slice());
        (Inputs { values: &self.inputs, lengths }, batch)
    }
}

/// The rows with these numbers, of `width` values each.
fn copy_rows<T: Copy>(to: &mut Vec<T>, from: &[T], width: usize, rows: &[u32]) {
    to.clear();
    for &row in rows {
        to.extend_from_slice(&from[row as usize * width..(row as usize + 1) * width]);
    }
}
