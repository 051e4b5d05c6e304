//! `adaline plot gate`: a function's rows as points, and the lines of its neurons.

use super::Target;
use crate::command::function::{ByHandArguments, FunctionArguments, Subject};
use crate::command::gate::answer;
use crate::failure::Failure;
use crate::output::Output;
use adaline::NeuronLayer;
use adaline::plot::{Chart, GatePicture};
use clap::Args;

/// Draw a function of two inputs: its rows as points, the lines of its neurons
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    function: FunctionArguments,

    #[command(flatten)]
    by_hand: ByHandArguments,

    #[command(flatten)]
    target: Target,
}

const EXAMPLES: &str = "Examples:
  adaline plot gate xor
  adaline plot gate --expr 'a and not b' -o gate.svg";

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    arguments.target.check()?;
    let subject = whole(&arguments.function, "plot gate")?;
    two_inputs(&subject)?;
    let answer = answer::Answer::find(&subject, arguments.by_hand.neuron())?;
    let (layers, moved) = answer.drawn(&subject);
    if moved {
        output.note(answer::MOVED);
    }
    match chart(&subject, &layers) {
        Some(chart) => arguments.target.draw(&chart, output),
        None => Err(Failure::usage("the picture needs neurons of two inputs")),
    }
}

/// A function, without a row.
pub(super) fn whole(function: &FunctionArguments, command: &str) -> Result<Subject, Failure> {
    let subject = function.read(command)?;
    match subject.row {
        None => Ok(subject),
        Some(_) => Err(Failure::usage("the picture shows the whole table; leave the inputs of the row out")),
    }
}

/// Pictures of a plane need two inputs.
pub(super) fn two_inputs(subject: &Subject) -> Result<(), Failure> {
    let inputs = subject.inputs.len();
    if inputs == 2 {
        return Ok(());
    }
    let has = if inputs == 1 { "one input".to_owned() } else { format!("{inputs} inputs") };
    Err(Failure::usage(format!("{} has {has}, and the picture needs two: adaline plot gate nor", subject.name)))
}

/// The picture of a function of two inputs with the neurons that stand for it; nothing for another number of inputs.
pub(crate) fn chart(subject: &Subject, layers: &[NeuronLayer]) -> Option<Chart> {
    let outputs: [bool; 4] = subject.function.table().outputs().try_into().ok()?;
    let mut picture = GatePicture::new(&subject.name, outputs);
    if let [first, second] = subject.own_names() {
        picture = picture.inputs(first, second);
    }
    for neuron in &layers.first()?.neurons {
        let &[w1, w2] = neuron.weights.as_slice() else { return None };
        picture = picture.line(w1, w2, neuron.bias);
    }
    let output = |x: f64, y: f64| {
        let mut values = vec![x, y];
        for layer in layers {
            // The numbers of inputs agree, or the neurons would not have been made.
            values = layer.outputs(&values).unwrap_or_default();
        }
        values.first().copied().unwrap_or(0.0)
    };
    Some(picture.output(output).chart())
}
