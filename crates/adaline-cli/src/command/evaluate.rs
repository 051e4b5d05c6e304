//! `adaline evaluate`: how well a model predicts rows whose answers are known.

use crate::failure::Failure;
use crate::output::Output;
use crate::{model, source};
use clap::Args;
use std::path::PathBuf;

/// Measure how well a model predicts data whose answers are known
///
/// The columns are found by name; the target column must be there.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A model file
    model: PathBuf,

    /// A built-in name, a CSV or TSV file, a folder of images in class folders or in MNIST's format, or - for standard input
    data: String,

    /// Print a JSON document
    #[arg(long, help_heading = "Output")]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  adaline evaluate iris.safetensors iris
  adaline evaluate iris.safetensors iris.csv --json";

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let model = model::load(&arguments.model)?;
    let table = source::read_for(&arguments.data, model.encoder())?;
    table.notes().iter().for_each(|note| output.note(format!("note: {note}")));
    let evaluation = model.evaluate(&table).map_err(|error| model::in_use(error, &arguments.model))?;
    if model.record().is_some_and(|record| record.data.source == table.source() && record.data.test_rows > 0) {
        output.note(
            "note: the model has learnt from most of these rows; for rows that it has not seen, see what train said",
        );
    }
    if arguments.json { output.json(&evaluation) } else { output.print(evaluation.to_string()) }
}
