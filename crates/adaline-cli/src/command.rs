//! The commands, one file each.

pub(crate) mod activation;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod data;
pub(crate) mod gate;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output::Output;
use clap::{CommandFactory, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Activation(activation::Arguments),
    Gate(gate::Arguments),
    Data(data::Arguments),
    Completions(completions::Arguments),
}

pub(crate) fn run(command: Command, output: &Output) -> Result<(), Failure> {
    match command {
        Command::Activation(arguments) => activation::run(&arguments, output),
        Command::Gate(arguments) => gate::run(&arguments, output),
        Command::Data(arguments) => data::run(&arguments, output),
        Command::Completions(arguments) => completions::run(&arguments, output),
    }
}

/// Whether some command has a flag of this name.
pub(crate) fn is_flag(name: &str) -> bool {
    let program = Arguments::command();
    program.get_subcommands().any(|command| command.get_arguments().any(|flag| flag.get_long() == Some(name)))
}
