//! `adaline predict`: what a model says about new rows.

use crate::failure::{Code, Failure};
use crate::output::Output;
use crate::source::shown;
use crate::{files, model, source};
use adaline::data::{Table, Window};
use adaline::{Prediction, Predictions};
use clap::Args;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Predict new rows with a model
///
/// The columns are found by name; a target column is not needed, and not looked at. The predictions are CSV with a column
/// "prediction", one row for each row of the data, in their order; of image files a column "file" comes before it. A forecast
/// has a line for each row with a whole window before it and one for what comes after the last row; the column "row" says
/// which row it is about, counted from 1, and with a horizon of several steps "prediction_1" is about that row and the
/// others are about those that follow.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A model file
    model: PathBuf,

    /// A built-in name, a CSV or TSV file, an image, a folder of images, data in MNIST's format, or - for standard input
    data: String,

    /// Add a column p_<class> for each class, its probability
    #[arg(long)]
    proba: bool,

    /// Write to this file and not to standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,

    /// Overwrite the file if it exists
    #[arg(long, help_heading = "Output")]
    force: bool,

    /// Print JSON lines, an object for each row
    #[arg(long, help_heading = "Output")]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  adaline predict iris.safetensors iris.csv --proba
  adaline predict iris.safetensors iris.csv -o predictions.csv";

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    if let Some(path) = &arguments.output {
        files::not_an_input(path, [arguments.model.as_path(), Path::new(&arguments.data)])?;
        files::may_write(path, arguments.force)?;
    }
    let model = model::load(&arguments.model)?;
    if arguments.proba && model.encoder().classes().is_empty() {
        return Err(Failure::usage("--proba: this model predicts numbers, which have no probabilities; leave it out"));
    }
    if model.encoder().vocabulary().is_some() {
        return Err(Failure::usage(format!(
            "{}: a model of text goes on with a text: adaline generate {} --prompt \"…\"",
            shown(&arguments.model),
            source::quoted(&arguments.model.display().to_string())
        )));
    }
    let table = source::read_for(&model, &arguments.data)?;
    table.notes().iter().for_each(|note| output.note(format!("note: {note}")));
    let predictions = model.predict(&table).map_err(|error| model::in_use(error, &arguments.model))?;
    if let Some(window) = model.encoder().window() {
        return forecast(arguments, &predictions, window, output);
    }
    let print = if arguments.json { lines } else { csv };
    let text = print(&predictions, &table, arguments.proba);
    write(arguments, text, predictions.rows(), output)
}

fn write(arguments: &Arguments, text: std::io::Result<Vec<u8>>, rows: usize, output: &Output) -> Result<(), Failure> {
    let text = text.map_err(|error| Failure::new(Code::Machine, format!("cannot write the predictions: {error}")))?;
    match &arguments.output {
        None => output.write(&text),
        Some(path) => {
            files::write(path, &text, arguments.force)?;
            output.note(format!("{rows} predictions written to {}", shown(path)));
            Ok(())
        }
    }
}

/// The forecasts of a series: a line for each row that has a whole window before it, and one beyond the last row.
fn forecast(arguments: &Arguments, predictions: &Predictions, window: Window, output: &Output) -> Result<(), Failure> {
    let numbers = predictions.numbers().unwrap_or_default();
    let names: Vec<String> = match window.horizon {
        1 => vec!["prediction".to_owned()],
        horizon => (1..=horizon).map(|step| format!("prediction_{step}")).collect(),
    };
    // Rows count from 1.
    let lines = numbers.chunks(window.horizon).enumerate().map(|(at, values)| (window.steps + 1 + at, values));
    let count = lines.len();
    let text = if arguments.json { forecast_lines(&names, lines) } else { forecast_csv(&names, lines) };
    write(arguments, text, count, output)
}

fn forecast_csv<'a>(names: &[String], lines: impl Iterator<Item = (usize, &'a [f64])>) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(std::iter::once("row").chain(names.iter().map(String::as_str)))?;
    for (row, values) in lines {
        writer.write_record(std::iter::once(row.to_string()).chain(values.iter().map(f64::to_string)))?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}

fn forecast_lines<'a>(names: &[String], lines: impl Iterator<Item = (usize, &'a [f64])>) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for (row, values) in lines {
        let mut object = Map::new();
        object.insert("row".to_owned(), Value::from(row));
        object.extend(names.iter().cloned().zip(values.iter().map(|&value| Value::from(value))));
        serde_json::to_writer(&mut text, &object)?;
        text.push(b'\n');
    }
    Ok(text)
}

fn csv(predictions: &Predictions, table: &Table, proba: bool) -> std::io::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut record = Vec::new();
    if table.file(0).is_some() {
        record.push("file".to_owned());
    }
    record.push("prediction".to_owned());
    if proba {
        record.extend(predictions.classes().iter().map(|class| format!("p_{class}")));
    }
    writer.write_record(&record)?;
    for (row, prediction) in predictions.iter().enumerate() {
        record.clear();
        record.extend(table.file(row).map(str::to_owned));
        record.push(prediction.label());
        if proba {
            record.extend(predictions.probabilities(row).iter().map(|p| share(*p)));
        }
        writer.write_record(&record)?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}

/// A probability as the shortest text that reads back as the same number.
fn share(p: f64) -> String {
    if p == 0.0 || p >= 1e-5 { p.to_string() } else { format!("{p:e}") }
}

fn lines(predictions: &Predictions, table: &Table, proba: bool) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for (row, prediction) in predictions.iter().enumerate() {
        let mut object = Map::new();
        let value = match &prediction {
            Prediction::Number(number) => Value::from(*number),
            other => Value::from(other.label()),
        };
        if let Some(file) = table.file(row) {
            object.insert("file".to_owned(), Value::from(file));
        }
        object.insert("prediction".to_owned(), value);
        if proba {
            for (class, p) in predictions.classes().iter().zip(predictions.probabilities(row)) {
                object.insert(format!("p_{class}"), Value::from(*p));
            }
        }
        serde_json::to_writer(&mut text, &object)?;
        text.push(b'\n');
    }
    Ok(text)
}
