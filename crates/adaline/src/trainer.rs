//! The loop: epochs, validation, the best weights, stopping. It knows rows of f32 and a network, no tables and no files;
//! it prints nothing and tells what happens through callbacks.

mod checkpoint;
mod session;
mod settings;

pub use checkpoint::Checkpoint;
pub use session::{Batch, Session, StepReport};
pub use settings::Settings;

pub(crate) use checkpoint::{Best, Progress};
#[cfg(feature = "data")]
pub(crate) use session::answers;

use crate::kernel::InstructionSet;
use crate::kernel::buffer::Buffer;
use crate::plan::Hardware;
use crate::rng::{Purpose, Rng};
use crate::{Error, Network, Optimizer, Result, Samples, Schedule};
use serde::{Deserialize, Serialize};
use session::{Changes, Gather};
use std::fmt;
use std::time::{Duration, Instant};

/// What an epoch came to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// The mean training loss over the epoch, while the weights were changing.
    pub loss: f64,
    /// The part of the training rows that were right, likewise; `None` for numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// The loss on the validation rows after the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub val_loss: Option<f64>,
    /// The part of the validation rows that were right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub val_accuracy: Option<f64>,
    /// The learning rate of the epoch's last step.
    pub learning_rate: f64,
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {:>3}  loss {:.4}", self.epoch, self.loss)?;
        if let Some(accuracy) = self.accuracy {
            write!(f, "  accuracy {accuracy:.4}")?;
        }
        if let Some(loss) = self.val_loss {
            write!(f, "  val_loss {loss:.4}")?;
        }
        if let Some(accuracy) = self.val_accuracy {
            write!(f, "  val_accuracy {accuracy:.4}")?;
        }
        Ok(())
    }
}

/// Most epochs that a file's history holds: a few megabytes. A longer run is thinned.
#[cfg(feature = "data")]
const MOST_RECORDED: usize = 10_000;

impl Epoch {
    /// The history as a file holds it: every epoch of a run of up to 10,000; of a longer one every second, fourth, …, with
    /// the first, the best and the last. Which are left out follows from the numbers of the epochs alone, so thinning
    /// again after a stop changes nothing.
    #[cfg(feature = "data")]
    pub(crate) fn thinned(history: &[Epoch], best: usize) -> Vec<Epoch> {
        let last = history.last().map_or(0, |epoch| epoch.epoch);
        let stride = last.div_ceil(MOST_RECORDED).max(1).next_power_of_two();
        let kept = |epoch: &&Epoch| [1, best, last].contains(&epoch.epoch) || epoch.epoch.is_multiple_of(stride);
        history.iter().filter(kept).copied().collect()
    }
}

/// Where a run is, told after every step.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Step {
    /// The epoch, from 1.
    pub epoch: usize,
    /// Rows done in this epoch, and rows of an epoch.
    pub rows: (usize, usize),
    /// The loss of the batch.
    pub loss: f64,
}

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ended {
    /// All epochs were done.
    Finished,
    /// The validation loss had not improved for `patience` epochs.
    Patience,
    /// The caller asked for it.
    Interrupted,
}

/// What a run leaves beside the weights in the network.
#[derive(Debug)]
#[non_exhaustive]
pub struct Fit {
    /// One entry an epoch.
    pub history: Vec<Epoch>,
    /// The epoch whose weights are in the network, from 1; 0 when none was finished.
    pub best_epoch: usize,
    /// Why the run ended.
    pub ended: Ended,
    /// Time spent.
    pub elapsed: Duration,
    /// From here the run can go on as if it had never stopped.
    pub checkpoint: Checkpoint,
}

type OnEpoch<'a> = Box<dyn FnMut(&Epoch) + 'a>;
type OnStep<'a> = Box<dyn FnMut(&Step) + 'a>;
type StopWhen<'a> = Box<dyn Fn() -> bool + 'a>;

/// Trains networks.
///
/// ```
/// use adaline::prelude::*;
/// # fn main() -> adaline::Result<()> {
/// let xor = Samples::new(
///     Shape::Flat(2),
///     vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0],
///     Targets::Classes(vec![0, 1, 1, 0]),
/// )?;
/// let mut network = Network::new(Shape::Flat(2), [Dense::tanh(4), Dense::linear(1)])?;
/// let fit = Trainer::new(Adam::default().learning_rate(0.05)).epochs(300).fit(&mut network, &xor, None)?;
/// assert_eq!(fit.history.last().and_then(|epoch| epoch.accuracy), Some(1.0));
/// # Ok(())
/// # }
/// ```
pub struct Trainer<'a> {
    settings: Settings,
    hardware: Hardware,
    on_epoch: Option<OnEpoch<'a>>,
    on_step: Option<OnStep<'a>>,
    stop_when: Option<StopWhen<'a>>,
    resume: Option<Checkpoint>,
}

impl fmt::Debug for Trainer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trainer")
            .field("settings", &self.settings)
            .field("hardware", &self.hardware)
            .finish_non_exhaustive()
    }
}

impl<'a> Trainer<'a> {
    /// A trainer with an optimizer; everything else as in [`Settings::default`].
    pub fn new(optimizer: impl Into<Optimizer>) -> Self {
        Self::with(Settings { optimizer: optimizer.into(), ..Settings::default() })
    }

    /// A trainer with all its settings.
    pub fn with(settings: Settings) -> Self {
        let hardware = Hardware { threads: 1, set: InstructionSet::best() };
        Trainer { settings, hardware, on_epoch: None, on_step: None, stop_when: None, resume: None }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Changes the settings.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// Passes over the training rows.
    #[must_use]
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.settings.epochs = epochs;
        self
    }

    /// Changes to the training images, drawn anew in each epoch.
    #[must_use]
    pub fn augment(mut self, augment: crate::Augment) -> Self {
        self.settings.augment = Some(augment);
        self
    }

    /// Rows in a step.
    #[must_use]
    pub fn batch_size(mut self, rows: usize) -> Self {
        self.settings.batch_size = rows;
        self
    }

    /// Seeds the order of the rows and the dropout masks.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// How the learning rate changes.
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.settings.schedule = schedule;
        self
    }

    /// The loss, where it is not the one that suits the targets.
    #[must_use]
    pub fn loss(mut self, loss: crate::Loss) -> Self {
        self.settings.loss = Some(loss);
        self
    }

    /// Epochs without a better validation loss after which the run ends.
    #[must_use]
    pub fn patience(mut self, epochs: usize) -> Self {
        self.settings.patience = Some(epochs);
        self
    }

    /// Threads; the result does not depend on them.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.hardware.threads = threads.max(1);
        self
    }

    /// The instruction set, for tests and benchmarks; the result does not depend on it.
    #[must_use]
    pub fn instruction_set(mut self, set: InstructionSet) -> Self {
        self.hardware.set = set;
        self
    }

    /// Called after every epoch.
    #[must_use]
    pub fn on_epoch(mut self, callback: impl FnMut(&Epoch) + 'a) -> Self {
        self.on_epoch = Some(Box::new(callback));
        self
    }

    /// Called after every step.
    #[must_use]
    pub fn on_step(mut self, callback: impl FnMut(&Step) + 'a) -> Self {
        self.on_step = Some(Box::new(callback));
        self
    }

    /// Asked after every step whether to stop. The run then ends as [`Ended::Interrupted`], and its checkpoint goes on
    /// from there.
    #[must_use]
    pub fn stop_when(mut self, callback: impl Fn() -> bool + 'a) -> Self {
        self.stop_when = Some(Box::new(callback));
        self
    }

    /// Goes on from a checkpoint. The next [`Trainer::fit`] must get the same samples and the same layers; the result is
    /// then that of a run without a stop, bit for bit.
    #[must_use]
    pub fn resume(mut self, checkpoint: Checkpoint) -> Self {
        self.resume = Some(checkpoint);
        self
    }

    /// Whether it goes on from a checkpoint.
    pub fn is_resuming(&self) -> bool {
        self.resume.is_some()
    }

    /// A session of single steps with these settings.
    pub fn session(&self, network: &Network, targets: &crate::Targets) -> Result<Session> {
        Session::new(network, targets, &self.settings, self.hardware)
    }

    /// Trains a network. It ends with the weights of the epoch with the smallest validation loss, or without validation
    /// rows with the last ones.
    ///
    /// Fails when settings, network and samples do not fit together, and with [`Error::Diverged`] when the loss becomes
    /// infinite or NaN: the network then holds the last good weights.
    pub fn fit(mut self, network: &mut Network, train: &Samples, validation: Option<&Samples>) -> Result<Fit> {
        let start = Instant::now();
        if train.rows() == 0 {
            return Err(Error::shape("samples", "there are no rows to train on"));
        }
        for samples in [Some(train), validation].into_iter().flatten() {
            if u32::try_from(samples.rows()).is_err() {
                let message = format!("{} rows are more than the {} that a run can shuffle", samples.rows(), u32::MAX);
                return Err(Error::shape("samples", message));
            }
            if samples.shape().len() != network.input().len() {
                return Err(Error::shape(
                    network.place(0),
                    format!("the network reads {} and the data has {}", network.input(), samples.shape()),
                ));
            }
        }
        if let Some(augment) = &self.settings.augment {
            augment.check(train.shape())?;
        }
        let validation = validation.filter(|samples| samples.rows() > 0);
        let mut session = self.session(network, train.targets())?;
        if let Some(validation) = validation {
            session.loss().check(network, validation.targets())?;
        }
        let mut progress = match self.resume.take() {
            Some(checkpoint) => checkpoint.restore(network, &mut session)?,
            None => Progress::new(),
        };
        // So that an epoch after the first allocates nothing; a longer history grows as it must.
        progress.history.reserve(self.settings.epochs.saturating_sub(progress.epoch).min(1 << 12));
        let mut run = Run {
            per_epoch: train.rows().div_ceil(session.batch()) as u64,
            gather: Gather::new(train, session.batch()),
            order: Vec::with_capacity(train.rows()),
            last_good: network.params().clone(),
            train,
            validation,
        };
        let ended = loop {
            // A run may go on with fewer epochs than it has behind it.
            if progress.epoch >= self.settings.epochs {
                break Ended::Finished;
            }
            if self.settings.patience.is_some_and(|patience| progress.waited >= patience) {
                break Ended::Patience;
            }
            if !self.epoch(network, &mut session, &mut progress, &mut run)? {
                break Ended::Interrupted;
            }
        };
        let checkpoint = Checkpoint::new(network, &session, progress);
        let progress = checkpoint.progress();
        let mut best_epoch = progress.epoch;
        if let Some(best) = &progress.best {
            network.params_mut().copy_from_slice(&best.params);
            best_epoch = best.epoch;
        }
        let history = progress.history.clone();
        Ok(Fit { history, best_epoch, ended, elapsed: start.elapsed(), checkpoint })
    }

    /// One epoch, or the rest of one. Returns false when it was interrupted.
    fn epoch(
        &mut self,
        network: &mut Network,
        session: &mut Session,
        progress: &mut Progress,
        run: &mut Run<'_>,
    ) -> Result<bool> {
        let rows = run.train.rows();
        run.order.clear();
        run.order.extend(0..rows as u32);
        if self.settings.shuffle {
            Rng::stream(self.settings.seed, Purpose::Shuffle, progress.epoch as u64).shuffle(&mut run.order);
        }
        let steps = run.per_epoch.saturating_mul(self.settings.epochs as u64);
        let base = self.settings.optimizer.learning_rate() * progress.plateau.factor;
        let (schedule, first) = (self.settings.schedule, (progress.epoch as u64).saturating_mul(run.per_epoch));
        let (per_epoch, batch) = (run.per_epoch, session.batch());
        let rate = |row: usize| base * schedule.factor(first.saturating_add((row / batch) as u64), per_epoch, steps);
        // A run that was stopped after the last step of an epoch goes on without a step in it.
        let mut learning_rate = rate(progress.rows.saturating_sub(1));
        let seed = self.settings.seed;
        let first = (progress.epoch as u64).wrapping_mul(rows as u64);
        let changes = self.settings.augment.map(|augment| Changes { augment, seed, first });
        while progress.rows < rows {
            let batch = &run.order[progress.rows..(progress.rows + session.batch()).min(rows)];
            learning_rate = rate(progress.rows);
            let (inputs, targets) = run.gather.rows(run.train, batch, changes);
            let report = match session.step(network, inputs, targets, learning_rate) {
                Ok(report) => report,
                Err(error) => return Err(run.give_up(network, progress, error, session.batch())),
            };
            progress.rows += batch.len();
            progress.loss += report.loss * batch.len() as f64;
            progress.correct += report.correct.unwrap_or(0);
            if let Some(on_step) = &mut self.on_step {
                on_step(&Step { epoch: progress.epoch + 1, rows: (progress.rows, rows), loss: report.loss });
            }
            // Even after the last step of an epoch: what follows is done by the run that goes on from here.
            if self.stop_when.as_ref().is_some_and(|stop| stop()) {
                run.check_weights(network, progress, session)?;
                return Ok(false);
            }
        }
        let number = progress.epoch + 1;
        run.check_weights(network, progress, session)?;
        let classification = session.loss().is_classification();
        let judged = match run.validation {
            Some(validation) => Some(run.judge(network, session, validation)?),
            None => None,
        };
        if judged.is_some_and(|(loss, _)| !loss.is_finite()) {
            let error = diverged("the loss on the validation rows is");
            return Err(run.give_up(network, progress, error, session.batch()));
        }
        run.last_good.copy_from_slice(network.params());
        let epoch = Epoch {
            epoch: number,
            loss: progress.loss / rows as f64,
            accuracy: classification.then(|| progress.correct as f64 / (rows * session.answers()) as f64),
            val_loss: judged.map(|(loss, _)| loss),
            val_accuracy: judged.filter(|_| classification).map(|(_, accuracy)| accuracy),
            learning_rate,
        };
        self.close(progress, &epoch, run.validation.is_some(), network);
        if let Some(on_epoch) = &mut self.on_epoch {
            on_epoch(&epoch);
        }
        Ok(true)
    }

    /// Writes down an epoch: history, best weights, patience, plateau.
    fn close(&self, progress: &mut Progress, epoch: &Epoch, has_validation: bool, network: &Network) {
        let watched = epoch.val_loss.unwrap_or(epoch.loss);
        if watched < progress.lowest {
            progress.lowest = watched;
            progress.waited = 0;
            if has_validation {
                match &mut progress.best {
                    Some(best) => {
                        best.epoch = epoch.epoch;
                        best.params.copy_from_slice(network.params());
                    }
                    None => progress.best = Some(Best { epoch: epoch.epoch, params: network.params().clone() }),
                }
            }
        } else {
            progress.waited += 1;
        }
        if let Schedule::ReduceOnPlateau { factor, patience } = self.settings.schedule {
            progress.plateau.see(watched, factor, patience);
        }
        progress.history.push(*epoch);
        progress.epoch += 1;
        progress.rows = 0;
        progress.loss = 0.0;
        progress.correct = 0;
    }
}

/// What a run needs beside its progress; made anew when it goes on from a checkpoint.
struct Run<'a> {
    train: &'a Samples,
    validation: Option<&'a Samples>,
    per_epoch: u64,
    gather: Gather,
    order: Vec<u32>,
    /// The weights of the last epoch that ended well.
    last_good: Buffer,
}

impl Run<'_> {
    /// Loss and accuracy on some samples.
    fn judge(&mut self, network: &Network, session: &mut Session, samples: &Samples) -> Result<(f64, f64)> {
        let (mut loss, mut correct) = (0.0, 0);
        let rows = samples.rows();
        for first in (0..rows).step_by(session.batch()) {
            self.order.clear();
            self.order.extend(first as u32..(first + session.batch()).min(rows) as u32);
            let (inputs, targets) = self.gather.rows(samples, &self.order, None);
            let report = session.evaluate(network, inputs, targets)?;
            loss += report.loss * self.order.len() as f64;
            correct += report.correct.unwrap_or(0);
        }
        Ok((loss / rows as f64, correct as f64 / (rows * session.answers()) as f64))
    }

    /// Weights that are no longer finite never leave a run.
    fn check_weights(&self, network: &mut Network, progress: &Progress, session: &Session) -> Result<()> {
        if crate::kernel::update::all_finite(network.params()) {
            return Ok(());
        }
        let broken =
            network.first_not_finite().map_or_else(String::new, |number| format!(" of {}", network.place(number)));
        let error = diverged(&format!("the weights{broken} are"));
        Err(self.give_up(network, progress, error, session.batch()))
    }

    /// Puts the last good weights back and says where the run broke.
    fn give_up(&self, network: &mut Network, progress: &Progress, error: Error, batch: usize) -> Error {
        match error {
            Error::Diverged { message, .. } => {
                let good = progress.best.as_ref().map_or(&self.last_good, |best| &best.params);
                network.params_mut().copy_from_slice(good);
                // After the last step of an epoch it is that step that broke the run.
                let step = progress.rows / batch + 1;
                let steps = self.per_epoch as usize;
                Error::Diverged { epoch: progress.epoch + 1, step: step.min(steps), message }
            }
            other => other,
        }
    }
}

fn diverged(what: &str) -> Error {
    let message = format!(
        "{what} no longer finite; make the learning rate smaller (--learning-rate) or clip the gradient (--clip-norm 1)"
    );
    Error::Diverged { epoch: 0, step: 0, message }
}
