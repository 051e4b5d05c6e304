//! `adaline plot features`: one row going through the network, layer by layer.

use super::Target;
use super::example::{Example, data_name};
use crate::failure::Failure;
use crate::output::Output;
use crate::{model, source, values};
use adaline::Shape;
use adaline::plot::FeaturePicture;
use adaline::reference::Trace;
use clap::Args;
use std::path::PathBuf;

/// Draw one row going through the network: what comes out of each layer, and how much it is
///
/// Each layer is drawn with its shape and with how many values go in and come out: images as their feature maps, rows of
/// numbers as bars, and at the end the probabilities of the classes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A model file
    model: PathBuf,

    /// A built-in name, a file, a folder, or - for standard input
    data: String,

    /// Which row of the data, counted from 0 (the column "row" of adaline predict counts from 1)
    #[arg(long, value_name = "N", value_parser = values::seed, default_value = "0")]
    row: u64,

    #[command(flatten)]
    target: Target,
}

const EXAMPLES: &str = "Examples:
  adaline plot features digits.safetensors digits --row 3
  adaline plot features digits.safetensors digits --row 3 -o features.svg";

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    arguments.target.check()?;
    let model = model::load(&arguments.model)?;
    let table = source::read_for(&model, &arguments.data)?;
    let example = Example::read(&model, &table, arguments.row)?;
    let network = model.network();
    let trace = example.trace(&model, &arguments.model)?;
    let mut picture = FeaturePicture::new(network.input(), &trace.input).title(format!(
        "{}, row {}, layer by layer",
        data_name(&table),
        arguments.row
    ));
    if let Some(own) = example.own_steps() {
        picture = picture.own_steps(own);
    }
    for (number, ((layer, shape), done)) in network.layers().iter().zip(network.shapes()).zip(&trace.layers).enumerate()
    {
        picture = picture.layer(layer.to_string(), *shape, &done.outputs);
        if let Some(own) = own_steps(&trace, number, *shape) {
            picture = picture.own_steps(own);
        }
    }
    if matches!(model.encoder().target(), adaline::data::Target::Classes { .. }) {
        let predictions = model.predict_encoded(example.inputs(), 1);
        let predictions = predictions.map_err(|error| model::in_use(error, &arguments.model))?;
        picture = picture.classes(predictions.classes(), predictions.probabilities(0), example.class);
    }
    arguments.target.draw(&picture.chart(), output)
}

/// How many steps behind a layer are the sequence's own: those that come into the next layer. The last layer keeps those
/// that came into it, where it keeps the steps.
fn own_steps(trace: &Trace, number: usize, shape: Shape) -> Option<usize> {
    let of = |number: usize| trace.layers.get(number)?.lengths.as_ref()?.first().copied();
    match shape {
        Shape::Sequence { .. } if number + 1 < trace.layers.len() => of(number + 1),
        Shape::Sequence { .. } => of(number),
        _ => None,
    }
}
