//! `adaline plot neuron`: a neuron as a graph.

use super::Target;
use crate::command::function::{ByHandArguments, FunctionArguments};
use crate::command::gate::answer::Answer;
use crate::failure::Failure;
use crate::output::Output;
use adaline::plot::NeuronGraph;
use clap::Args;

/// Draw the neuron of a function as a graph, with the numbers of one row where it is given
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
  adaline plot neuron and 1 1
  adaline plot neuron --expr '(a and not b) or c' -o neuron.svg";

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    arguments.target.check()?;
    let subject = arguments.function.read("plot neuron")?;
    let by_hand = arguments.by_hand.neuron();
    if let Some(neuron) = &by_hand {
        // Checks the number of weights.
        subject.function.table().first_wrong_row(neuron)?;
    }
    let answer = Answer::find(&subject, by_hand)?;
    let Some(neuron) = answer.single() else {
        return Err(Failure::usage(format!(
            "no single neuron computes {}; its two layers are drawn by adaline plot network, from a model that adaline \
             gate -o saves",
            subject.name
        )));
    };
    let output_name = if subject.gate.is_some() { subject.title() } else { "output".to_owned() };
    let mut graph = NeuronGraph::new(neuron).names(subject.own_names(), output_name);
    let mut title = format!("{} as a neuron", subject.title());
    if let Some(row) = &subject.row {
        let values: Vec<f64> = row.input.iter().map(|x| f64::from(*x)).collect();
        graph = graph.values(&values);
        let digits: Vec<String> = row.input.iter().map(u8::to_string).collect();
        title.push_str(&format!(", row {}", digits.join(" ")));
    }
    arguments.target.draw(&graph.title(title).chart(), output)
}
