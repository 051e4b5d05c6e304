//! `adaline evaluate`: how well a model predicts rows whose answers are known.

use crate::failure::Failure;
use crate::output::Output;
use crate::{model, source};
use adaline::data::{Baseline, Table};
use adaline::{Evaluation, Model};
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;

/// Measure how well a model predicts data whose answers are known
///
/// The columns are found by name; the target column must be there. A forecast is shown beside the one that repeats the last
/// value, a model of text beside what counting the characters of the text gives.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A model file
    model: PathBuf,

    /// A built-in name, a CSV or TSV file, a folder of images in class folders or in MNIST's format, a text for a model of
    /// text, or - for standard input
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
    let table = source::read_for(&model, &arguments.data)?;
    table.notes().iter().for_each(|note| output.note(format!("note: {note}")));
    if let Some(note) = unknown(&model, &table)? {
        output.note(format!("note: {note}"));
    }
    let evaluation = model.evaluate(&table).map_err(|error| model::in_use(error, &arguments.model))?;
    if model.record().is_some_and(|record| record.data.source == table.source() && record.data.test_rows > 0) {
        output.note(
            "note: the model has learnt from most of these rows; for rows that it has not seen, see what train said",
        );
    }
    let baseline = model.encoder().baseline(&table)?;
    if arguments.json {
        return output.json(&Document { evaluation: &evaluation, baseline: baseline.as_ref() });
    }
    output.print(text(&evaluation, baseline.as_ref()))
}

/// A remark where a text is not of the characters that a model has learnt.
pub(crate) fn unknown(model: &Model, table: &Table) -> Result<Option<String>, Failure> {
    let share = model.encoder().unknown_share(table)?.filter(|share| *share > 0.01);
    Ok(share.map(|share| {
        let percent = 100.0 * share;
        format!("the model does not know {percent:.1} % of the characters; it takes them all for one unknown character")
    }))
}

/// The JSON document: the evaluation, and what it is judged by.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    evaluation: &'a Evaluation,
    #[serde(flatten)]
    baseline: Option<&'a Baseline>,
}

/// The evaluation for a person.
pub(crate) fn text(evaluation: &Evaluation, baseline: Option<&Baseline>) -> String {
    let text = match evaluation {
        Evaluation::Steps(steps) => format!(
            "loss {:.4} nats a character   accuracy {:.4}   characters {}",
            steps.loss, steps.accuracy, steps.rows
        ),
        other => other.to_string(),
    };
    baseline.map_or(text.clone(), |baseline| format!("{text}\n{baseline}"))
}
