//! The `adaline` program. Each command is a file in `command/`; what they share is beside this one: how data is found
//! ([`source`]), how a result is printed ([`output`]), how a failure becomes an exit code ([`failure`]).

mod arguments;
mod command;
mod failure;
mod files;
mod interrupt;
mod model;
mod output;
mod source;
mod values;

use std::process::ExitCode;

fn main() -> ExitCode {
    let result = arguments::read().and_then(|arguments| {
        let output = output::Output::new(arguments.quiet, arguments.verbose);
        command::run(arguments.command, &output)
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
