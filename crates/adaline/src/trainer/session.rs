//! One training step after the other, without allocating.

use super::Settings;
use crate::kernel::buffer::{Buffer, is_there_room_for};
use crate::kernel::update;
use crate::loss::BatchTargets;
use crate::op::Mode;
use crate::optimizer::Memory;
use crate::plan::{Aim, Hardware, Plan};
use crate::{Error, Loss, Network, Result, Samples, Targets};

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
}

/// What a batch gave before its update.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct StepReport {
    /// The mean loss of the batch, without penalties.
    pub loss: f64,
    /// How many rows were classified right; `None` for numbers.
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
        let classes = network.output().len().max(2);
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

    pub(crate) fn batch(&self) -> usize {
        self.plan.batch()
    }

    /// One step on one batch: forward, loss, backward, update.
    ///
    /// `inputs` are whole rows, no more than the batch size. Fails with [`Error::Diverged`] when the loss is not finite;
    /// the parameters are then those from before the step. A gradient that is too large to hold shows in the loss of the
    /// next step.
    pub fn step(
        &mut self,
        network: &mut Network,
        inputs: &[f32],
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
        Ok(report)
    }

    /// Forward, loss and backward, without an update; see [`Session::gradient`].
    pub fn gradients(&mut self, network: &Network, inputs: &[f32], targets: Batch<'_>) -> Result<StepReport> {
        let mode = Mode::Train { seed: self.settings.seed, step: self.memory.steps };
        let params = network.params();
        let rows = self.check_batch(network, inputs, targets)?;
        self.plan.forward(params, inputs, mode);
        let report = self.judge(inputs, targets, rows, true);
        if !report.loss.is_finite() {
            return Err(self.diverged(network, rows));
        }
        self.plan.backward(params, inputs, &mut self.grads);
        Ok(report)
    }

    /// The loss of a batch with dropout off, without learning from it.
    pub fn evaluate(&mut self, network: &Network, inputs: &[f32], targets: Batch<'_>) -> Result<StepReport> {
        let rows = self.check_batch(network, inputs, targets)?;
        self.plan.forward(network.params(), inputs, Mode::Predict);
        Ok(self.judge(inputs, targets, rows, false))
    }

    /// The gradient of one tensor from the last step or [`Session::gradients`], in PyTorch's order, penalties included
    /// after a step.
    pub fn gradient(&self, network: &Network, name: &str) -> Option<Vec<f32>> {
        let tensor = network.tensor_list().iter().find(|tensor| tensor.name == name)?;
        Some(tensor.parameter.layout.to_file(tensor.len(), &self.grads[tensor.range.clone()]))
    }

    fn check_batch(&self, network: &Network, inputs: &[f32], targets: Batch<'_>) -> Result<usize> {
        let rows = targets.rows(self.plan.outputs());
        if network.params().len() != self.grads.len() {
            return Err(Error::shape("network", "this is not the network that the session was planned for"));
        }
        if rows == 0 || rows > self.plan.batch() || inputs.len() != rows * network.input().len() {
            return Err(Error::shape(
                "batch",
                format!(
                    "{} values do not make {rows} rows of shape {}, at most {}",
                    inputs.len(),
                    network.input(),
                    self.plan.batch()
                ),
            ));
        }
        if let Batch::Classes(classes) = targets {
            let known = if self.plan.outputs() == 1 { 2 } else { self.plan.outputs() };
            if let Some(class) = classes.iter().find(|class| **class as usize >= known) {
                return Err(Error::shape("batch", format!("class {class} of a network that tells {known} apart")));
            }
        }
        if let Batch::Values(values) = targets
            && values.len() != rows * self.plan.outputs()
        {
            let message = format!("{} target values are not rows of {}", values.len(), self.plan.outputs());
            return Err(Error::shape("batch", message));
        }
        if targets.is_classes() != self.loss.is_classification() {
            return Err(Error::shape("batch", format!("targets of another kind than {} takes", self.loss)));
        }
        Ok(rows)
    }

    /// Loss and accuracy of what the plan has just computed; writes the gradient of the output.
    fn judge(&mut self, inputs: &[f32], targets: Batch<'_>, rows: usize, weighted: bool) -> StepReport {
        let width = self.plan.outputs();
        let set = self.plan.machine().set;
        let (y, d) = self.plan.output(inputs, rows);
        let (t, correct) = match targets {
            Batch::Classes(classes) => {
                let weights = self.settings.class_weights.as_deref().filter(|_| weighted);
                (BatchTargets::Classes { classes, weights }, Some(correct(y, width, classes)))
            }
            Batch::Values(values) => (BatchTargets::Values(values), None),
        };
        StepReport { loss: self.loss.value_and_gradient(set, y, t, width, d), correct }
    }

    fn penalise(&mut self, network: &Network) {
        let Settings { l1, l2, .. } = self.settings;
        if l1 > 0.0 || l2 > 0.0 {
            for range in &self.penalised {
                let params = &network.params()[range.clone()];
                update::penalise(params, &mut self.grads[range.clone()], l1 as f32, l2 as f32);
            }
        }
    }

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
    /// The class of each row.
    Classes(&'a [u32]),
    /// As many numbers a row as the network has outputs.
    Values(&'a [f32]),
}

impl Batch<'_> {
    fn rows(&self, width: usize) -> usize {
        match self {
            Batch::Classes(classes) => classes.len(),
            Batch::Values(values) => values.len() / width.max(1),
        }
    }

    fn is_classes(&self) -> bool {
        matches!(self, Batch::Classes(_))
    }
}

/// How many rows have their largest output at the true class; with one output, how many are on the right side of zero.
fn correct(y: &[f32], width: usize, classes: &[u32]) -> usize {
    let mut count = 0;
    for (y, &class) in y.chunks_exact(width).zip(classes) {
        count += usize::from(crate::metrics::class_of_logits(y) == class as usize);
    }
    count
}

/// Copies of rows in a given order, for batches: made once, filled for every batch.
#[derive(Debug)]
pub(crate) struct Gather {
    inputs: Vec<f32>,
    classes: Vec<u32>,
    values: Vec<f32>,
}

impl Gather {
    pub(crate) fn new(samples: &Samples, batch: usize) -> Self {
        let (classes, values) = match samples.targets() {
            Targets::Classes(_) => (batch, 0),
            Targets::Values { width, .. } => (0, batch * width),
            Targets::Steps { .. } => (0, 0),
        };
        Gather {
            inputs: Vec::with_capacity(batch * samples.shape().len()),
            classes: Vec::with_capacity(classes),
            values: Vec::with_capacity(values),
        }
    }

    /// The rows with these numbers, in this order.
    pub(crate) fn rows<'a>(&'a mut self, samples: &Samples, rows: &[u32]) -> (&'a [f32], Batch<'a>) {
        self.inputs.clear();
        for &row in rows {
            self.inputs.extend_from_slice(samples.input(row as usize));
        }
        let batch = match samples.targets() {
            Targets::Classes(classes) => {
                self.classes.clear();
                self.classes.extend(rows.iter().map(|&row| classes[row as usize]));
                Batch::Classes(&self.classes)
            }
            Targets::Values { width, values } => {
                self.values.clear();
                for &row in rows {
                    self.values.extend_from_slice(&values[row as usize * width..(row as usize + 1) * width]);
                }
                Batch::Values(&self.values)
            }
            Targets::Steps { .. } => Batch::Classes(&[]),
        };
        (&self.inputs, batch)
    }
}
