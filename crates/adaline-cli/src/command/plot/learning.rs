//! `adaline plot learning`: how a neuron's line moves while it learns.

use super::Target;
use super::gate::{two_inputs, whole};
use crate::command::function::FunctionArguments;
use crate::command::gate::learn::LearningArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::values;
use adaline::Neuron;
use adaline::gate::LearningRule;
use adaline::plot::LearningPicture;
use clap::Args;

/// Draw how a neuron's line moves while it learns a function of two inputs
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    function: FunctionArguments,

    /// perceptron (Rosenblatt 1958) or delta (Widrow and Hoff 1960)
    #[arg(long, value_name = "RULE", value_parser = values::learning_rule, default_value = "perceptron", help_heading = "Learning")]
    learn: LearningRule,

    #[command(flatten)]
    learning: LearningArguments,

    #[command(flatten)]
    target: Target,
}

const EXAMPLES: &str = "Examples:
  adaline plot learning and --learn perceptron --seed 1
  adaline plot learning or --learn delta --epochs 30 -o learning.svg";

/// Steps that are kept: no picture shows more.
const MOST_STEPS: usize = 100_000;

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    arguments.target.check()?;
    let subject = whole(&arguments.function, "plot learning")?;
    two_inputs(&subject)?;
    let (learner, ..) = arguments.learning.learner(&subject, arguments.learn)?;
    let line = |neuron: &Neuron| match neuron.weights[..] {
        [w1, w2] => [w1, w2, neuron.bias],
        _ => [0.0; 3],
    };
    let mut lines = vec![line(learner.start())];
    let mut errors: Vec<f64> = Vec::new();
    for step in learner.take(MOST_STEPS) {
        errors.resize(step.epoch, 0.0);
        if let Some(error) = errors.last_mut() {
            *error += step.error * step.error;
        }
        lines.push(line(&step.neuron));
    }
    let outputs = subject.function.table().outputs().try_into().unwrap_or_default();
    let name = match arguments.learn {
        LearningRule::Delta => "squared error of an epoch",
        _ => "errors of an epoch",
    };
    let mut picture = LearningPicture::new(&subject.name, outputs, &lines).errors(name, &errors);
    if let [first, second] = subject.own_names() {
        picture = picture.inputs(first, second);
    }
    arguments.target.draw(&picture.chart(), output)
}
