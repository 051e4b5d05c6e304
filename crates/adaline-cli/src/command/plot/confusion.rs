//! `adaline plot confusion`: which class is taken for which.

use super::Target;
use crate::failure::Failure;
use crate::output::Output;
use crate::{model, source};
use adaline::Evaluation;
use adaline::plot::ConfusionMatrix;
use clap::Args;
use std::path::PathBuf;

/// Draw which class a model takes for which
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A model file
    model: PathBuf,

    /// Data whose answers are known: a built-in name, a file, a folder, or - for standard input
    data: String,

    #[command(flatten)]
    target: Target,
}

const EXAMPLES: &str = "Examples:
  adaline plot confusion iris.safetensors iris
  adaline plot confusion iris.safetensors iris -o confusion.svg";

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    arguments.target.check()?;
    let model = model::load(&arguments.model)?;
    if model.encoder().vocabulary().is_some() {
        let message = "this is a model of text: a matrix of its characters would not be read; see adaline evaluate";
        return Err(Failure::usage(message));
    }
    let table = source::read_for(&model, &arguments.data)?;
    let evaluation = model.evaluate(&table).map_err(|error| model::in_use(error, &arguments.model))?;
    let Evaluation::Classification(report) = evaluation else {
        return Err(Failure::usage("this model predicts numbers and confuses no classes; see adaline evaluate"));
    };
    let count = |truth: usize, said: usize| {
        report.confusion.get(truth).and_then(|row| row.get(said)).map_or(0, |count| *count as u64)
    };
    let matrix = ConfusionMatrix::new(model.encoder().classes(), count);
    let matrix = matrix.title(format!("Confusion on {}", table.source()));
    arguments.target.draw(&matrix.chart(), output)
}
