//! `adaline predict`: what a model says about new rows.

use crate::failure::{Code, Failure};
use crate::output::Output;
use crate::source::shown;
use crate::{files, model, source};
use adaline::data::Table;
use adaline::{Prediction, Predictions};
use clap::Args;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Predict new rows with a model
///
/// The columns are found by name; a target column is not needed, and not looked at. The predictions are CSV with a column
/// "prediction", one row for each row of the data, in their order; of image files a column "file" comes before it.
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
    let table = source::read_for(&arguments.data, model.encoder())?;
    table.notes().iter().for_each(|note| output.note(format!("note: {note}")));
    let predictions = model.predict(&table).map_err(|error| model::in_use(error, &arguments.model))?;
    let print = if arguments.json { lines } else { csv };
    let text = print(&predictions, &table, arguments.proba);
    let text = text.map_err(|error| Failure::new(Code::Machine, format!("cannot write the predictions: {error}")))?;
    match &arguments.output {
        None => output.write(&text),
        Some(path) => {
            files::write(path, &text, arguments.force)?;
            output.note(format!("{} predictions written to {}", predictions.rows(), shown(path)));
            Ok(())
        }
    }
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
