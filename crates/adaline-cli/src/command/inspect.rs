//! `adaline inspect`: what is in a model file.

use crate::failure::Failure;
use crate::model;
use crate::output::{Output, left};
use adaline::data::{Input, Target, Window};
use adaline::error::printable;
use adaline::{Ended, Memory, Model, Record};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

/// Show what is in a model file: layers, columns, and how it was trained
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A model file
    model: PathBuf,

    /// Print a JSON document
    #[arg(long, help_heading = "Output")]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  adaline inspect iris.safetensors
  adaline inspect iris.safetensors --json";

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let model = model::load(&arguments.model)?;
    if arguments.json { output.json(&Document::of(&model)) } else { output.print(text(&model)) }
}

/// The JSON document.
#[derive(Serialize)]
struct Document<'a> {
    network: String,
    parameters: usize,
    layers: Vec<LayerEntry>,
    inputs: &'a [Input],
    target: &'a Target,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<Window>,
    classes: &'a [String],
    weights_sha256: String,
    memory: Option<Memory>,
    training: Option<&'a Record>,
}

#[derive(Serialize)]
struct LayerEntry {
    #[serde(rename = "type")]
    kind: &'static str,
    layer: String,
    output_shape: Vec<usize>,
    parameters: usize,
}

impl<'a> Document<'a> {
    fn of(model: &'a Model) -> Self {
        let network = model.network();
        let layers = network.layers().iter().zip(network.shapes()).enumerate();
        Document {
            network: network.notation(),
            parameters: network.parameters(),
            layers: layers
                .map(|(number, (layer, shape))| LayerEntry {
                    kind: layer.kind(),
                    layer: layer.to_string(),
                    output_shape: dimensions(*shape),
                    parameters: network.parameters_of(number),
                })
                .collect(),
            inputs: model.encoder().inputs(),
            target: model.encoder().target(),
            window: model.encoder().window(),
            classes: model.encoder().classes(),
            weights_sha256: model.weights_sha256(),
            memory: model.memory().ok(),
            training: model.record(),
        }
    }
}

/// A shape as a list of numbers: an image is channels, height, width.
fn dimensions(shape: adaline::Shape) -> Vec<usize> {
    match shape {
        adaline::Shape::Image { channels, height, width } => vec![channels, height, width],
        adaline::Shape::Sequence { steps, features } => vec![steps, features],
        other => vec![other.len()],
    }
}

fn text(model: &Model) -> String {
    let mut text = format!("{}\n", model.network());
    if let Ok(memory) = model.memory() {
        text.push_str(&format!("{memory}\n"));
    }
    text.push('\n');
    text.push_str(&schema(model));
    text.push('\n');
    match model.record() {
        Some(record) => text.push_str(&training(record)),
        None => text.push_str("no record of a training: the weights were set by hand or come from elsewhere\n"),
    }
    text.push_str(&format!("\nsha256 of the weights  {}\n", model.weights_sha256()));
    text
}

/// Which columns it reads and what it predicts.
fn schema(model: &Model) -> String {
    const SHOWN: usize = 40;
    let mut rows = vec![vec!["input".to_owned(), "type".to_owned(), "scaled by".to_owned()]];
    let scaled = |mean: f64, scale: f64| {
        let sign = if mean < 0.0 { '+' } else { '-' };
        format!("(x {sign} {}) / {}", short(mean.abs()), short(scale))
    };
    let encoder = model.encoder();
    let is_relative =
        |name: &str| encoder.window().is_some_and(|window| window.relative) && name == encoder.target().name();
    for input in model.encoder().inputs().iter().take(SHOWN) {
        rows.push(match input {
            Input::Number { name, scale, .. } if is_relative(name) => {
                vec![printable(name), "number".to_owned(), format!("(x - the window's last value) / {}", short(*scale))]
            }
            Input::Number { name, mean, scale } => vec![printable(name), "number".to_owned(), scaled(*mean, *scale)],
            Input::Categories { name, categories } => {
                vec![printable(name), "categories".to_owned(), list(categories)]
            }
            Input::Image { channels, height, width, mean, scale, .. } => {
                let by: Vec<String> = mean.iter().zip(scale).map(|(mean, scale)| scaled(*mean, *scale)).collect();
                vec!["image".to_owned(), format!("{channels}x{height}x{width}"), by.join(", ")]
            }
            Input::Sequence { names, steps, features, .. } => {
                vec!["sequence".to_owned(), format!("{steps} steps of {features}"), list(names)]
            }
            Input::Text { window, characters } => {
                let words = characters.names();
                let known = list(words.get(..words.len().saturating_sub(1)).unwrap_or_default());
                vec!["text".to_owned(), format!("windows of {window} characters"), known]
            }
            _ => vec!["input".to_owned()],
        });
    }
    let mut text = left(&rows);
    let more = model.encoder().inputs().len().saturating_sub(SHOWN);
    if more > 0 {
        text.push_str(&format!("… and {more} more; see --json\n"));
    }
    text.push('\n');
    match model.encoder().target() {
        Target::Classes { name, classes } => {
            text.push_str(&format!(
                "predicts {}: one of {} classes: {}\n",
                printable(name),
                classes.len(),
                list(classes)
            ));
        }
        Target::Number { name, .. } if model.encoder().window().is_some() => {
            let (steps, horizon) = model.encoder().window().map_or((1, 1), |window| (window.steps, window.horizon));
            text.push_str(&format!(
                "predicts {}: the next {horizon} after a window of {steps} rows{}\n",
                printable(name),
                if is_relative(name) { ", measured from the window's last value" } else { "" }
            ));
        }
        Target::NextCharacter => {
            let known = model.encoder().classes().len().saturating_sub(1);
            text.push_str(&format!("predicts the next character: one of {known}, or an unknown one\n"));
        }
        Target::Number { name, .. } => text.push_str(&format!("predicts {}: a number\n", printable(name))),
        _ => {}
    }
    text
}

fn training(record: &Record) -> String {
    let data = &record.data;
    let settings = &record.settings;
    let ended = match record.ended {
        Ended::Finished => "all epochs were done",
        Ended::Patience => "the validation loss no longer fell",
        Ended::Interrupted => "it was interrupted",
        _ => "it ended",
    };
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let mut rows = vec![
        row(
            "trained on",
            format!(
                "{} ({} rows; {} for validation, {} for the test)",
                printable(&data.source),
                data.train_rows,
                data.validation_rows,
                data.test_rows
            ),
        ),
        row("optimizer", settings.optimizer.to_string()),
        row("schedule", settings.schedule.to_string()),
        row("batch size", settings.batch_size.to_string()),
        row("seed", settings.seed.to_string()),
        row("augment", settings.augment.map_or_else(|| "none".to_owned(), |augment| augment.to_string())),
        row(
            "epochs",
            format!(
                "{} of {}: {ended}; the weights are those of epoch {}",
                record.history.last().map_or(0, |epoch| epoch.epoch),
                settings.epochs,
                record.best_epoch
            ),
        ),
    ];
    if let Some(best) = record.history.iter().find(|epoch| epoch.epoch == record.best_epoch) {
        rows.push(row("best", best.to_string()));
    }
    rows.push(row("adaline", printable(&record.version)));
    left(&rows)
}

/// A number in few digits.
fn short(x: f64) -> String {
    let rounded: f64 = format!("{x:.4e}").parse().unwrap_or(x);
    rounded.to_string()
}

/// Words in one line, escaped, the list cut where it grows long.
fn list(words: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text = words.iter().take(SHOWN).map(|word| printable(word)).collect::<Vec<_>>().join(", ");
    if words.len() > SHOWN {
        text.push_str(&format!(", … ({} in all)", words.len()));
    }
    text
}
