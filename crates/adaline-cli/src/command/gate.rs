//! `adaline gate`: a Boolean function as neurons, the proof where no neuron can, a neuron set by hand checked, and
//! learning rules step by step.

pub(crate) mod answer;
mod document;
pub(crate) mod learn;
mod text;

use super::function::{ByHandArguments, FunctionArguments, Subject};
use crate::failure::{Code, Failure};
use crate::output::Output;
use crate::{files, source, values};
use adaline::error::printable;
use adaline::gate::LearningRule;
use adaline::{Model, NeuronLayer};
use answer::Answer;
use clap::Args;
use std::path::{Path, PathBuf};

/// Show any Boolean function as neurons, prove that one neuron cannot, check a neuron set by hand, or let it learn
///
/// The gates are and, or, nand, nor, not, xor and xnor; --expr and --truth take any function, of up to 8 inputs, and up to
/// 16 where a neuron of your own is checked. A neuron fires (gives 1) when its sum is above zero; exactly zero gives 0.
/// The margin of a row is its distance from the neuron's line, negative on the wrong side.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, override_usage = "adaline gate [OPTIONS] <NAME> [INPUT]...\n       adaline gate [OPTIONS] --expr <EXPRESSION> [INPUT]...\n       adaline gate [OPTIONS] --truth <OUTPUTS> [INPUT]...")]
pub(crate) struct Arguments {
    #[command(flatten)]
    function: FunctionArguments,

    #[command(flatten)]
    by_hand: ByHandArguments,

    /// Let a neuron learn the function, step by step: perceptron (Rosenblatt 1958) or delta (Widrow and Hoff 1960)
    #[arg(long, value_name = "RULE", value_parser = values::learning_rule, conflicts_with = "weights", help_heading = "Learning")]
    learn: Option<LearningRule>,

    #[command(flatten)]
    learning: learn::LearningArguments,

    /// Show every row and every step, however many there are
    #[arg(long, help_heading = "Output")]
    all: bool,

    /// Save the neurons as a model whose columns are the inputs; those of a named gate are a and b
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,

    /// Overwrite the file if it exists
    #[arg(long, help_heading = "Output")]
    force: bool,

    /// Print a JSON document
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// Columns of a saved model that are named.
const MOST_NAMED: usize = 8;

const EXAMPLES: &str = "Examples:
  adaline gate --expr '(a and not b) or c'
  adaline gate and --learn perceptron --seed 1";

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let subject = arguments.function.read("gate")?;
    if let Some(path) = &arguments.output {
        if subject.row.is_some() {
            return Err(Failure::usage("--output: a model is the whole table; leave the inputs of the row out"));
        }
        files::may_write(path, arguments.force)?;
    }
    if let Some(rule) = arguments.learn {
        let learned = learn::run(&subject, rule, arguments, output)?;
        return save(&subject, &[NeuronLayer::new([learned])], arguments, output);
    }
    arguments.learning.only_with_learn()?;
    let answer = Answer::find(&subject, arguments.by_hand.neuron())?;
    let wrong = answer.first_wrong(&subject)?;
    if arguments.json {
        output.json(&document::of(&subject, &answer, wrong.as_ref())?)?;
    } else {
        output.print(text::of(&subject, &answer, arguments.all, output)?)?;
    }
    match wrong {
        None => save(&subject, &answer.layers, arguments, output),
        Some(wrong) => Err(Failure::new(Code::Check, format!("this neuron is not {}: {wrong}", subject.name))),
    }
}

fn save(subject: &Subject, layers: &[NeuronLayer], arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let Some(path) = &arguments.output else { return Ok(()) };
    let names: Vec<&str> = match subject.gate {
        Some(gate) => ["a", "b"].into_iter().take(gate.inputs()).collect(),
        None => subject.function.names().iter().map(String::as_str).collect(),
    };
    let free = |name: &&str| !names.contains(name);
    let target = match subject.gate {
        Some(gate) => gate.name(),
        None => ["output", "result", "y"].into_iter().find(free).unwrap_or("function output"),
    };
    let model = Model::of_neurons(layers, &names, target)?;
    same_in_f32(subject, layers, &model)?;
    save_model(&model, path, arguments.force, output)
}

/// A model's weights are f32. A neuron whose sum is but a rounding error away from zero may fall on the other side there:
/// such a model would not be what was shown.
fn same_in_f32(subject: &Subject, layers: &[NeuronLayer], model: &Model) -> Result<(), Failure> {
    for row in subject.function.table().rows() {
        let mut values: Vec<f64> = row.input.iter().map(|&bit| f64::from(bit)).collect();
        let inputs: Vec<f32> = values.iter().map(|&x| x as f32).collect();
        for layer in layers {
            values = layer.outputs(&values)?;
        }
        if model.network().predict(&inputs)?.iter().map(|&y| f64::from(y)).ne(values.iter().copied()) {
            let row: Vec<String> = inputs.iter().map(ToString::to_string).collect();
            let message = "not written: a model's weights are f32, and rounded to them row {} gives another output; \
                           choose weights whose sums are further from zero";
            return Err(Failure::new(Code::Check, message.replacen("{}", &row.join(" "), 1)));
        }
    }
    Ok(())
}

/// Writes a model and says so.
pub(crate) fn save_model(model: &Model, path: &Path, force: bool, output: &Output) -> Result<(), Failure> {
    if force {
        model.save_over(path)?
    } else {
        model.save(path)?
    }
    let columns: Vec<String> = model.encoder().input_names().iter().map(|name| printable(name)).collect();
    let most = if columns.len() > MOST_NAMED { ", …" } else { "" };
    let named = columns.iter().take(MOST_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let noun = if columns.len() == 1 { "column" } else { "columns" };
    output.note(format!("model written to {} ({noun} {named}{most})", source::shown(path)));
    Ok(())
}
