//! A model: an encoder and a network together. What turns a raw row into numbers always travels with the weights.

mod by_hand;
mod explain;
mod file;
mod generate;
mod logic;
mod memory;
mod predictions;
mod record;
mod text;

pub use generate::{Generated, Sampler};
pub use memory::Memory;
pub use predictions::{Prediction, Predictions};
pub use record::{DataRecord, Record};

use crate::data::{Dataset, Encoder, Table, Target};
use crate::files::Overwrite;
use crate::loss::{BatchTargets, one_answer_is_wanted};
use crate::metrics::{Classification, Evaluation, Regression, Steps, class_of_logits};
use crate::op::Mode;
use crate::plan::{Aim, Hardware, Plan};
use crate::{Activation, Error, Fit, Inputs, InstructionSet, Loss, Network, Result, Samples, Shape, Targets, Trainer};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Rows that are predicted together.
const BATCH: usize = 256;

/// Fewer, where their outputs would be more numbers than this: a model of text answers with thousands at every step.
const MOST_OUTPUTS: usize = 1 << 22;

/// An encoder and a network.
///
/// ```
/// use adaline::prelude::*;
/// # fn main() -> adaline::Result<()> {
/// let data = Table::builtin("iris")?.target("species")?.split(Split::seeded(1))?;
/// let network = Network::new(data.input(), [Dense::relu(16), Dense::linear(3)])?;
/// let mut model = Model::new(data.encoder(), network);
/// model.fit(&data, Trainer::new(Adam::default().learning_rate(0.01)).epochs(60).seed(1))?;
/// assert!(model.evaluate(data.test())?.accuracy() > Some(0.85));
/// assert_eq!(model.predict_one(["5.1", "3.5", "1.4", "0.2"])?.label(), "setosa");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Model {
    encoder: Encoder,
    network: Network,
    record: Option<Record>,
}

impl Model {
    /// A model of a network that reads what an encoder makes. Whether the two fit is found out when they are used.
    pub fn new(encoder: Encoder, network: Network) -> Self {
        Model { encoder, network, record: None }
    }

    /// What turns rows into numbers.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The network, to set weights by hand.
    pub fn network_mut(&mut self) -> &mut Network {
        &mut self.network
    }

    /// How the model was trained; `None` when it was made by hand.
    pub fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// Trains on a data set: its training rows teach, its validation rows choose the best epoch. The rows are encoded
    /// with the model's encoder.
    ///
    /// Fails as [`Trainer::fit`] does, and when the data does not fit the encoder.
    pub fn fit(&mut self, data: &Dataset, trainer: Trainer<'_>) -> Result<Fit> {
        self.check()?;
        let train = self.encoder.encode(data.train())?;
        let validation =
            if data.validation().is_empty() { None } else { Some(self.encoder.encode(data.validation())?) };
        let goes_on = self.record.as_ref().filter(|_| trainer.is_resuming());
        if goes_on.is_some_and(|record| record.data.sha256 != record::sha256(&train, validation.as_ref())) {
            let place = crate::error::Place::new(data.train().source());
            return Err(Error::data(place, "these are not the rows of the interrupted run; go on with the same data"));
        }
        let settings = trainer.settings().clone();
        let fit = trainer.fit(&mut self.network, &train, validation.as_ref())?;
        self.record = Some(Record::new(data, settings, &train, validation.as_ref(), &fit));
        Ok(fit)
    }

    /// Predictions for the rows of a table. The columns are found by name; a target column is not needed and not read.
    pub fn predict(&self, table: &Table) -> Result<Predictions> {
        let (values, rows) = self.encoder.encode_inputs(table)?;
        let lengths = self.encoder.encode_lengths(table)?;
        let predictions = self.predict_encoded(Inputs { values: &values, lengths: lengths.as_deref() }, rows)?;
        Ok(match self.encoder.offsets(table)? {
            Some(offsets) => predictions.shifted(&offsets),
            None => predictions,
        })
    }

    /// The prediction for one row, given as text in the order of [`Encoder::input_names`].
    pub fn predict_one<S: AsRef<str>>(&self, row: impl IntoIterator<Item = S>) -> Result<Prediction> {
        let cells: Vec<S> = row.into_iter().collect();
        let predictions = self.predict(&self.encoder.row(&cells)?)?;
        predictions.get(0).ok_or_else(|| Error::shape("row", "nothing was predicted"))
    }

    /// Predictions for encoded rows, one after the other: a slice, or [`Inputs`] with the lengths of sequences.
    pub fn predict_encoded<'i>(&self, inputs: impl Into<Inputs<'i>>, rows: usize) -> Result<Predictions> {
        let mut outputs = Vec::with_capacity(rows * self.network.output().len());
        self.run(inputs.into(), rows, |y| outputs.extend_from_slice(y))?;
        Ok(match self.encoder.target() {
            Target::Classes { classes, .. } => {
                Predictions::of_classes(classes, &outputs, self.network.output().len(), self.ends_in_step())
            }
            Target::NextCharacter => {
                let message = "a model of text goes on with a text (Model::generate); it has no answer for a row";
                return Err(Error::shape("network", message));
            }
            Target::Number { .. } => {
                let numbers: Vec<f64> = outputs.iter().map(|&y| self.encoder.decode(f64::from(y))).collect();
                if let Some(row) = numbers.iter().position(|number| !number.is_finite()) {
                    let row = row / self.network.output().len() + 1;
                    let message = format!("the prediction for row {row} is too large for a number");
                    return Err(Error::shape("network", message));
                }
                Predictions::of_numbers(numbers, self.network.output().len())
            }
        })
    }

    /// How well the model predicts the rows of a table that has the target column.
    pub fn evaluate(&self, table: &Table) -> Result<Evaluation> {
        if table.is_empty() {
            return Err(Error::data(crate::error::Place::new(table.source()), "there are no rows to evaluate on"));
        }
        let evaluation = self.evaluate_encoded(&self.encoder.encode(table)?)?;
        Ok(match (evaluation, self.encoder.variance(table)?) {
            // Of a relative forecast the rows tell changes; R² is about the values themselves, as everything else is.
            (Evaluation::Regression(r), Some(variance)) if variance > 0.0 => {
                Evaluation::Regression(Regression { r2: 1.0 - r.mse / variance, ..r })
            }
            (evaluation, _) => evaluation,
        })
    }

    /// How well the model predicts encoded rows.
    pub fn evaluate_encoded(&self, samples: &Samples) -> Result<Evaluation> {
        self.check()?;
        self.fits(samples)?;
        let loss = self.loss();
        let answers = crate::trainer::answers(&self.network, loss);
        let width = self.network.output().len() / answers;
        let inputs = Inputs { values: samples.inputs(), lengths: samples.lengths() };
        let mut gradient = vec![0.0; self.batch() * self.network.output().len()];
        let (mut total, mut first) = (0.0, 0);
        let step = self.ends_in_step();
        match samples.targets() {
            Targets::Classes(classes) | Targets::Steps { classes, .. } => {
                let mut pairs = Vec::with_capacity(classes.len());
                self.run(inputs, samples.rows(), |y| {
                    let truth = &classes[first..first + y.len() / width];
                    first += truth.len();
                    let t = BatchTargets::Classes { classes: truth, weights: None };
                    total += if step {
                        predictions::step_loss(y, truth)
                    } else {
                        let d = &mut gradient[..y.len()];
                        loss.value_and_gradient(InstructionSet::best(), y, t, width, d).loss * truth.len() as f64
                    };
                    pairs.extend(truth.iter().map(|&t| t as usize).zip(y.chunks_exact(width).map(class_of_logits)));
                })?;
                let loss = total / classes.len() as f64;
                if matches!(samples.targets(), Targets::Steps { .. }) {
                    return Ok(Evaluation::Steps(Steps::new(loss, pairs)));
                }
                Ok(Evaluation::Classification(Classification::new(loss, self.encoder.classes(), pairs)))
            }
            Targets::Values { values, width } => {
                let mut predictions = Vec::with_capacity(values.len());
                self.run(inputs, samples.rows(), |y| {
                    let truth = &values[first..first + y.len()];
                    first += truth.len();
                    let d = &mut gradient[..y.len()];
                    let mean =
                        loss.value_and_gradient(InstructionSet::best(), y, BatchTargets::Values(truth), *width, d).loss;
                    total += mean * (y.len() / width) as f64;
                    predictions.extend(y.iter().map(|&y| self.encoder.decode(f64::from(y))));
                })?;
                let targets: Vec<f64> = values.iter().map(|&t| self.encoder.decode(f64::from(t))).collect();
                let regression = Regression::new(total / samples.rows() as f64, &targets, &predictions);
                Ok(Evaluation::Regression(Regression { rows: samples.rows(), ..regression }))
            }
        }
    }

    /// Whether samples are such as the model's encoder makes.
    fn fits(&self, samples: &Samples) -> Result<()> {
        let k = self.encoder.classes().len();
        let good = match samples.targets() {
            Targets::Classes(classes) | Targets::Steps { classes, .. } => {
                k > 0 && classes.iter().all(|&class| (class as usize) < k)
            }
            Targets::Values { width, .. } => k == 0 && *width == self.network.output().len(),
        };
        if good { Ok(()) } else { Err(Error::shape("samples", "their targets are not those of the model's encoder")) }
    }

    /// Runs encoded rows through the network in batches; logits come out where the target is classes.
    fn run(&self, inputs: Inputs<'_>, rows: usize, mut each: impl FnMut(&[f32])) -> Result<()> {
        self.check()?;
        let width = self.network.input().len();
        if inputs.values.len() != rows.saturating_mul(width) {
            let message = format!("{} values do not make {rows} rows of {width}", inputs.values.len());
            return Err(Error::shape("network", message));
        }
        inputs.check_lengths(self.network.input(), rows)?;
        let hardware = Hardware { threads: 1, set: InstructionSet::best() };
        let aim = if self.encoder.classes().is_empty() { Aim::Predict } else { Aim::Logits(self.loss()) };
        let batch = self.batch();
        let mut plan = Plan::new(&self.network, rows.clamp(1, batch), aim, hardware)?;
        for (number, values) in inputs.values.chunks(batch * width).enumerate() {
            let rows = values.len() / width;
            let lengths = inputs.lengths.map(|lengths| &lengths[number * batch..number * batch + rows]);
            plan.forward(self.network.params(), Inputs { values, lengths }, rows, Mode::Predict);
            let (y, _) = plan.output(values, rows);
            if !crate::kernel::update::all_finite(y) {
                return Err(Error::shape(
                    "network",
                    "what comes out is not finite: the weights or the inputs are too large for f32",
                ));
            }
            each(y);
        }
        Ok(())
    }

    /// Rows that are predicted together.
    fn batch(&self) -> usize {
        (MOST_OUTPUTS / self.network.output().len().max(1)).clamp(1, BATCH)
    }

    /// The loss that the model was trained with, or the one that suits its target.
    pub fn loss(&self) -> Loss {
        let recorded = self.record.as_ref().and_then(|record| record.settings.loss);
        let outputs = self.network.output().len();
        recorded.unwrap_or_else(|| match self.encoder.target() {
            Target::Classes { .. } => Loss::suited_to(&Targets::Classes(Vec::new()), outputs),
            Target::NextCharacter => Loss::suited_to(&Targets::Steps { steps: 1, classes: Vec::new() }, outputs),
            Target::Number { .. } => Loss::Mse,
        })
    }

    fn ends_in_step(&self) -> bool {
        self.network.last_activation() == Some(Activation::Step)
    }

    /// Whether encoder and network fit together.
    pub(crate) fn check(&self) -> Result<()> {
        let (encoded, input) = (self.encoder.shape(), self.network.input());
        let layers = self.network.layers();
        if encoded.len() != input.len() {
            let first = layers.first().map(ToString::to_string).unwrap_or_default();
            let message = format!("the network reads {input} and the data gives {encoded}");
            return Err(Error::shape(format!("layer 1 ({first})"), message));
        }
        let last = layers.last().map(ToString::to_string).unwrap_or_default();
        let outputs = self.network.output().len();
        let place = format!("layer {} ({last})", layers.len());
        if let (Some(vocabulary), Shape::Sequence { steps, .. }) = (self.encoder.vocabulary(), self.encoder.shape()) {
            self.check_embeddings()?;
            text::check(&self.network, vocabulary.len(), steps)?;
            return self.loss().check(&self.network, &Targets::Steps { steps, classes: Vec::new() });
        }
        self.check_embeddings()?;
        if let output @ Shape::Sequence { .. } = self.network.output() {
            return Err(Error::shape(place, one_answer_is_wanted(output)));
        }
        match self.encoder.classes().len() {
            0 if self.encoder.horizon() > 1 && outputs != self.encoder.horizon() => {
                let horizon = self.encoder.horizon();
                let message = format!("{outputs} outputs for {horizon} values ahead; end in \"dense {horizon}\"");
                Err(Error::shape(place, message))
            }
            0 if self.encoder.horizon() > 1 => Ok(()),
            0 if outputs != 1 => {
                Err(Error::shape(place, format!("{outputs} outputs for one number; end in \"dense 1\"")))
            }
            2 if outputs == 1 => Ok(()),
            k if k > 0 && outputs != k => {
                Err(Error::shape(place, format!("{outputs} outputs for {k} classes; end in \"dense {k}\"")))
            }
            _ => Ok(()),
        }?;
        match self.encoder.classes().len() {
            // The zeroes and ones of a step are judged without a loss.
            1.. if self.ends_in_step() => Ok(()),
            0 => {
                self.loss().check(&self.network, &Targets::Values { width: self.encoder.horizon(), values: Vec::new() })
            }
            k => self.loss().check(&self.network, &Targets::Classes(vec![k as u32 - 1])),
        }
    }

    /// An embedding reads numbers of words: those of a text, or numbers as they stand in the table. Anything else that it was
    /// given would be rounded to numbers that mean nothing.
    fn check_embeddings(&self) -> Result<()> {
        fn holds(layer: &crate::Layer) -> bool {
            match layer {
                crate::Layer::Embedding(_) => true,
                crate::Layer::Residual(residual) => residual.layers.iter().any(holds),
                _ => false,
            }
        }
        let layers = self.network.layers();
        let place = |number: usize| self.network.place(number);
        if let Some(number) = layers.iter().skip(1).position(holds) {
            let message = "an embedding reads the numbers of words, and what comes out of the layer before it is none; put it first";
            return Err(Error::shape(place(number + 1), message));
        }
        match layers.first() {
            Some(first) if holds(first) && !self.encoder.gives_words() => {
                let message = "an embedding reads the numbers of words, and this data gives scaled numbers; use dense, or train \
                               on a text (--text)";
                Err(Error::shape(place(0), message))
            }
            _ => Ok(()),
        }
    }

    /// The SHA-256 of all parameters as little-endian f32, tensor after tensor in the order of their names, which is
    /// that of the file.
    pub fn weights_sha256(&self) -> String {
        let mut names: Vec<&str> = self.network.tensors().map(|(name, _)| name).collect();
        names.sort_unstable();
        let mut hash = Sha256::new();
        for name in names {
            for value in self.network.get(name).unwrap_or_default() {
                hash.update(value.to_le_bytes());
            }
        }
        hex(&hash.finalize())
    }

    /// Writes the model to a file that is not there yet; see `docs/model-format.md`.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        file::write(self, None, path.as_ref(), Overwrite::No)
    }

    /// Writes the model to a file, replacing it.
    pub fn save_over(&self, path: impl AsRef<Path>) -> Result<()> {
        file::write(self, None, path.as_ref(), Overwrite::Yes)
    }

    /// Writes the model with the state of its run, so that training can go on from there. Replaces the file.
    pub fn save_checkpoint(&self, path: impl AsRef<Path>, checkpoint: &crate::Checkpoint) -> Result<()> {
        file::write(self, Some(checkpoint), path.as_ref(), Overwrite::Yes)
    }

    /// Reads a model.
    ///
    /// Fails with [`Error::Io`] when the file cannot be read and with [`Error::ModelFile`] when it is damaged, of a newer
    /// format, or no model at all.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Ok(file::read(path.as_ref())?.0)
    }

    /// Reads a model with the state of its run. Fails as [`Model::load`] does, and when the file holds no such state.
    pub fn load_checkpoint(path: impl AsRef<Path>) -> Result<(Self, crate::Checkpoint)> {
        let path = path.as_ref();
        match file::read(path)? {
            (model, Some(checkpoint)) => Ok((model, checkpoint)),
            (_, None) => Err(Error::model_file(
                path,
                "a finished model without the state of its run; train further with --from instead of --resume",
            )),
        }
    }

    /// Reads a model from the bytes of a file. `path` only names it in errors.
    pub fn from_bytes(bytes: &[u8], path: impl AsRef<Path>) -> Result<Self> {
        Ok(file::parse(bytes, path.as_ref())?.0)
    }

    /// The bytes that [`Model::save`] writes.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        file::to_bytes(self, None, Path::new("model"))
    }
}

/// Bytes as lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
