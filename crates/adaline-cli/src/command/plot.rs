//! `adaline plot`: pictures of activations, gates, models and runs, as SVG, as PNG, or in the terminal.

mod activation;
mod boundary;
mod confusion;
mod example;
mod features;
mod filters;
mod gate;
mod history;
mod learning;
mod network;
mod neuron;
mod region;
mod states;

pub(crate) use boundary::two_inputs;
pub(crate) use history::chart as history_chart;

use crate::failure::Failure;
use crate::files;
use crate::output::Output;
use crate::source::shown;
use adaline::plot::Chart;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

pub(crate) use gate::chart as gate_chart;

/// Pixels to a unit of a chart: sharp on a good screen, and in print.
const PNG_SCALE: f64 = 2.0;

/// Draw activations, gates, neurons, networks, weights, decision boundaries, runs, confusion matrices, filters, feature maps,
/// or states
///
/// Without -o the picture is drawn in the terminal. With -o it is a file: .svg or .png.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

const EXAMPLES: &str = "Examples:
  adaline plot activation sigmoid,tanh --derivative
  adaline plot gate xor -o xor.svg";

#[derive(Debug, Subcommand)]
enum What {
    Activation(activation::Arguments),
    Gate(gate::Arguments),
    Region(region::Arguments),
    Learning(learning::Arguments),
    Neuron(neuron::Arguments),
    Network(network::Arguments),
    Boundary(boundary::Arguments),
    History(history::Arguments),
    Confusion(confusion::Arguments),
    Filters(filters::Arguments),
    Features(features::Arguments),
    States(states::Arguments),
}

/// Where a picture goes.
#[derive(Debug, Args)]
struct Target {
    /// Write to this file, .svg or .png, and not to the terminal
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,

    /// Overwrite the file if it exists
    #[arg(long, help_heading = "Output")]
    force: bool,
}

/// How a picture is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Svg,
    Png,
}

impl Target {
    /// Checks the file's name before any work is done.
    fn check(&self) -> Result<(), Failure> {
        match &self.output {
            Some(path) => format(path).and_then(|_| files::may_write(path, self.force)),
            None => Ok(()),
        }
    }

    fn draw(&self, chart: &Chart, output: &Output) -> Result<(), Failure> {
        let Some(path) = &self.output else {
            let (columns, rows) = output.size();
            // A line is left for the prompt.
            return output.print(chart.to_text(columns.min(120), rows.saturating_sub(2).max(20)));
        };
        let bytes = match format(path)? {
            Format::Svg => chart.to_svg().into_bytes(),
            Format::Png => chart.to_png(PNG_SCALE)?,
        };
        files::write(path, &bytes, self.force)?;
        output.note(format!("picture written to {}", shown(path)));
        Ok(())
    }
}

fn format(path: &Path) -> Result<Format, Failure> {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase);
    match ending.as_deref() {
        Some("svg") => Ok(Format::Svg),
        Some("png") => Ok(Format::Png),
        _ => Err(Failure::usage(format!(
            "{}: the ending says which kind of picture is written; end the name in .svg or .png",
            shown(path)
        ))),
    }
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    match &arguments.what {
        What::Activation(arguments) => activation::run(arguments, output),
        What::Gate(arguments) => gate::run(arguments, output),
        What::Region(arguments) => region::run(arguments, output),
        What::Learning(arguments) => learning::run(arguments, output),
        What::Neuron(arguments) => neuron::run(arguments, output),
        What::Network(arguments) => network::run(arguments, output),
        What::Boundary(arguments) => boundary::run(arguments, output),
        What::History(arguments) => history::run(arguments, output),
        What::Confusion(arguments) => confusion::run(arguments, output),
        What::Filters(arguments) => filters::run(arguments, output),
        What::Features(arguments) => features::run(arguments, output),
        What::States(arguments) => states::run(arguments, output),
    }
}
