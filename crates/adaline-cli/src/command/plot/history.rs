//! `adaline plot history`: how a training went.

use super::Target;
use crate::failure::{Code, Failure};
use crate::model;
use crate::output::Output;
use crate::source::shown;
use adaline::Epoch;
use adaline::plot::{Chart, HistoryCurves};
use clap::Args;
use std::path::PathBuf;

/// Draw the loss and the accuracy of the run that made a model
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A model file
    model: PathBuf,

    #[command(flatten)]
    target: Target,
}

const EXAMPLES: &str = "Examples:
  adaline plot history iris.safetensors
  adaline plot history iris.safetensors -o history.png";

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    arguments.target.check()?;
    let model = model::load(&arguments.model)?;
    let record = model.record().filter(|record| !record.history.is_empty());
    let Some(record) = record else {
        let name = shown(&arguments.model);
        return Err(Failure::new(
            Code::File,
            format!("{name}: the file says nothing about a training; draw a model made by adaline train"),
        ));
    };
    let title = format!("Training on {}", record.data.source);
    arguments.target.draw(&chart(&record.history, record.best_epoch, &title), output)
}

/// The curves of a run.
pub(crate) fn chart(history: &[Epoch], best_epoch: usize, title: &str) -> Chart {
    let all = |value: fn(&Epoch) -> Option<f64>| history.iter().map_while(value).collect::<Vec<f64>>();
    let numbers: Vec<usize> = history.iter().map(|epoch| epoch.epoch).collect();
    let mut curves = HistoryCurves::new(&all(|epoch| Some(epoch.loss)))
        .epochs(&numbers)
        .validation_loss(&all(|epoch| epoch.val_loss))
        .best_epoch(best_epoch)
        .title(title);
    let accuracy = all(|epoch| epoch.accuracy);
    if !accuracy.is_empty() {
        curves = curves.metric("accuracy", &accuracy, &all(|epoch| epoch.val_accuracy));
    }
    curves.chart()
}
