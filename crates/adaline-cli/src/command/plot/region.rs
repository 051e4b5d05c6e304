//! `adaline plot region`: the weights with which a neuron of two inputs keeps a table.

use super::Target;
use super::gate::{two_inputs, whole};
use crate::command::function::FunctionArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::values;
use adaline::Neuron;
use adaline::plot::WeightPicture;
use clap::Args;

/// Draw where the weights of a neuron may lie: the region of w₁ and w₂ that works at a given bias
///
/// Marked in it are the gate's neuron of the lecture, or the one of --weights, and the neuron with the largest margin.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    function: FunctionArguments,

    /// The bias; without it, that of the gate's neuron
    #[arg(long, value_parser = values::number, allow_hyphen_values = true)]
    bias: Option<f64>,

    /// Weights to mark: 0.4,0.4
    #[arg(long, value_delimiter = ',', value_parser = values::number, allow_hyphen_values = true)]
    weights: Option<Vec<f64>>,

    #[command(flatten)]
    target: Target,
}

const EXAMPLES: &str = "Examples:
  adaline plot region and --bias -0.6
  adaline plot region --expr 'a or not b' --bias 0.5 --weights 0.7,-1 -o region.svg";

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    arguments.target.check()?;
    let subject = whole(&arguments.function, "plot region")?;
    two_inputs(&subject)?;
    let table = subject.function.table();
    let own = match subject.gate.and_then(adaline::Gate::neuron) {
        Some(neuron) => Some(neuron),
        None => table.solve()?.neuron().map(adaline::gate::SmallestNeuron::neuron),
    };
    let Some(bias) = arguments.bias.or(own.as_ref().map(|neuron| neuron.bias)) else {
        return Err(Failure::usage(format!(
            "no neuron computes {}, so that there is no bias to begin with; give one: --bias -0.6",
            subject.name
        )));
    };
    let mut picture = WeightPicture::new(&subject.name, &table.weight_region(bias)?);
    let marked = match &arguments.weights {
        Some(weights) if weights.len() != 2 => {
            return Err(Failure::usage(format!("--weights: give two, one an input; {} were given", weights.len())));
        }
        Some(weights) => Some(Neuron::step(weights.clone(), bias)),
        None => own,
    };
    let whose = match (&arguments.weights, subject.gate) {
        (Some(_), _) => "by hand",
        (None, Some(_)) => "the gate's neuron",
        (None, None) => "the smallest whole numbers",
    };
    if let Some(neuron) = marked {
        picture = picture.neuron(whose, &neuron);
    }
    if let Some(best) = table.largest_margin()? {
        picture = picture.neuron("largest margin", &best);
    }
    arguments.target.draw(&picture.chart(), output)
}
