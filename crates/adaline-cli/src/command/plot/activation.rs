//! `adaline plot activation`: curves.

use super::Target;
use crate::failure::Failure;
use crate::output::Output;
use crate::values;
use adaline::Activation;
use adaline::plot::ActivationCurves;
use clap::Args;

/// Draw activations as curves
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Their names: sigmoid,step
    #[arg(value_name = "NAMES", required = true, value_delimiter = ',', value_parser = values::activation)]
    activations: Vec<Activation>,

    /// Draw the derivatives too
    #[arg(long)]
    derivative: bool,

    /// Where the curves begin
    #[arg(long, value_name = "X", value_parser = values::number, allow_negative_numbers = true, default_value = "-5")]
    from: f64,

    /// Where they end
    #[arg(long, value_name = "X", value_parser = values::number, allow_negative_numbers = true, default_value = "5")]
    to: f64,

    #[command(flatten)]
    target: Target,
}

const EXAMPLES: &str = "Examples:
  adaline plot activation sigmoid,step
  adaline plot activation relu,gelu --derivative --from -3 --to 3 -o relu.svg";

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    arguments.target.check()?;
    let (from, to) = (arguments.from, arguments.to);
    if from >= to {
        return Err(Failure::usage(format!(
            "--from {from} --to {to}: the curves must end to the right of their beginning"
        )));
    }
    for activation in &arguments.activations {
        activation.validate()?;
    }
    let curves = ActivationCurves::new(&arguments.activations).range(from, to).derivative(arguments.derivative);
    arguments.target.draw(&curves.chart(), output)
}
