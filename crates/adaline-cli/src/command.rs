//! The commands, one file each.

pub(crate) mod activation;
pub(crate) mod circuit;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod data;
pub(crate) mod evaluate;
pub(crate) mod explain;
pub(crate) mod function;
pub(crate) mod gate;
pub(crate) mod generate;
pub(crate) mod inspect;
pub(crate) mod plot;
pub(crate) mod predict;
pub(crate) mod train;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output::Output;
use clap::{CommandFactory, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Train(Box<train::Arguments>),
    Evaluate(evaluate::Arguments),
    Predict(predict::Arguments),
    Generate(generate::Arguments),
    Explain(explain::Arguments),
    Inspect(inspect::Arguments),
    Plot(plot::Arguments),
    Gate(Box<gate::Arguments>),
    Circuit(circuit::Arguments),
    Activation(activation::Arguments),
    Data(data::Arguments),
    Completions(completions::Arguments),
}

pub(crate) fn run(command: Command, output: &Output) -> Result<(), Failure> {
    match command {
        Command::Train(arguments) => train::run(&arguments, output),
        Command::Evaluate(arguments) => evaluate::run(&arguments, output),
        Command::Predict(arguments) => predict::run(&arguments, output),
        Command::Generate(arguments) => generate::run(&arguments, output),
        Command::Explain(arguments) => explain::run(&arguments, output),
        Command::Inspect(arguments) => inspect::run(&arguments, output),
        Command::Plot(arguments) => plot::run(&arguments, output),
        Command::Activation(arguments) => activation::run(&arguments, output),
        Command::Gate(arguments) => gate::run(&arguments, output),
        Command::Circuit(arguments) => circuit::run(&arguments, output),
        Command::Data(arguments) => data::run(&arguments, output),
        Command::Completions(arguments) => completions::run(&arguments, output),
    }
}

/// Whether some command has a flag of this name.
pub(crate) fn is_flag(name: &str) -> bool {
    let program = Arguments::command();
    program.get_subcommands().any(|command| command.get_arguments().any(|flag| flag.get_long() == Some(name)))
}
