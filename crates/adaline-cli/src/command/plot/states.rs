//! `adaline plot states`: what a recurrent layer remembers over a sequence.

use super::Target;
use super::example::{self, Example};
use crate::failure::Failure;
use crate::output::Output;
use crate::{model, source, values};
use adaline::plot::StatePicture;
use adaline::reference::Kept;
use adaline::{Layer, Network, Shape};
use clap::Args;
use std::path::PathBuf;

/// Draw the state of a recurrent layer over one sequence, unit by unit and step by step
///
/// Above it stands what goes into the network, scaled as in training. Of a bidirectional layer the units that go forward
/// come first.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A model file
    model: PathBuf,

    /// A built-in name, a file, a folder, or - for standard input
    data: String,

    /// Which sequence of the data, counted from 0 (the column "row" of adaline predict counts from 1)
    #[arg(long, value_name = "N", value_parser = values::seed, default_value = "0")]
    row: u64,

    /// Which layer, counted from 1 as adaline inspect lists them [default: the first recurrent layer]
    #[arg(long, value_name = "N", value_parser = values::count)]
    layer: Option<usize>,

    #[command(flatten)]
    target: Target,
}

const EXAMPLES: &str = "Examples:
  adaline plot states rows.safetensors digits --row 3
  adaline plot states rows.safetensors digits --row 3 -o states.svg";

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    arguments.target.check()?;
    let model = model::load(&arguments.model)?;
    let network = model.network();
    let is_one = |layer: &Layer| matches!(layer, Layer::Recurrent(_));
    let (number, layer) = example::find(network, arguments.layer, is_one, "recurrent layer")?;
    let table = source::read_for(&model, &arguments.data)?;
    let example = Example::read(&model, &table, arguments.row)?;
    let trace = example.trace(&model, &arguments.model)?;
    let Some(Kept::Sweeps(sweeps)) = trace.layers.get(number).map(|done| &done.kept) else {
        return Err(Failure::usage(format!("layer {} keeps no states", number + 1)));
    };
    // Side by side, step by step: the units of both directions.
    let units: usize = sweeps.iter().map(|sweep| sweep.units).sum();
    let steps = sweeps.first().map_or(0, |sweep| sweep.states.len() / sweep.units.max(1));
    let own = trace.layers.get(number).and_then(|done| done.lengths.as_ref()?.first().copied()).unwrap_or(steps);
    let mut states = Vec::with_capacity(own * units);
    for step in 0..own.min(steps) {
        for sweep in sweeps {
            states
                .extend_from_slice(sweep.states.get(step * sweep.units..(step + 1) * sweep.units).unwrap_or_default());
        }
    }
    // The layer's notation stands in the title where there is room for it.
    let layer = Some(format!(" ({layer})")).filter(|layer| layer.chars().count() <= 30).unwrap_or_default();
    let title = format!("State of layer {}{layer}: {}, row {}", number + 1, example::data_name(&table), arguments.row);
    let mut picture = StatePicture::new(units, &states).of_steps(steps).title(title);
    if let Some(width) = values_a_step(network, steps) {
        let names = model.encoder().input_names();
        let names: Vec<String> =
            if names.len() == width { names } else { (1..=width).map(|value| format!("x{value}")).collect() };
        picture = picture.inputs(&names, &trace.input);
    }
    if let Some(vocabulary) = model.encoder().vocabulary() {
        let code = |value: &f32| vocabulary.names().get(*value as usize).cloned().unwrap_or_default();
        let names: Vec<String> = example.values.iter().map(code).collect();
        picture = picture.steps(&names);
    }
    arguments.target.draw(&picture.chart(), output)
}

/// How many values a step of the network's input has, where it has the steps of the layer.
fn values_a_step(network: &Network, steps: usize) -> Option<usize> {
    // Numbers of words are no series.
    if matches!(network.layers().first(), Some(Layer::Embedding(_))) {
        return None;
    }
    match network.input() {
        Shape::Sequence { steps: own, features } if own == steps => Some(features),
        Shape::Image { channels: 1, height, width } if height == steps => Some(width),
        _ => None,
    }
}
