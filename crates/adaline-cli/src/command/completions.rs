//! `adaline completions`: a script that lets a shell finish commands and flags.

use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print a completion script for a shell
///
/// For bash: adaline completions bash > ~/.local/share/bash-completion/completions/adaline
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

const EXAMPLES: &str = "Examples:
  adaline completions bash
  adaline completions fish";

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut crate::arguments::Arguments::command(), "adaline", &mut script);
    output.write(&script)
}
