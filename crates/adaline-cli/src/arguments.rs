//! The command line.

use crate::command::{Command, config};
use crate::failure::Failure;
use clap::Parser;
use std::ffi::OsString;

/// Train, explain and draw small neural networks.
///
/// One program from a neuron set by hand to a network trained on real data. Start with `adaline train iris`.
#[derive(Debug, Parser)]
#[command(name = "adaline", version, max_term_width = 100, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Print the result and errors only
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Say more about what is done
    #[arg(short, long, global = true, conflicts_with = "quiet", help_heading = "Output")]
    pub(crate) verbose: bool,
}

const EXAMPLES: &str = "Exit codes:
  0 done, 1 the machine or the run failed, 2 a mistake on the command line, 3 in a file,
  4 a check that was asked for failed, 130 stopped with Ctrl-C

Examples:
  adaline train iris
  adaline gate xor";

/// Reads the command line, and the file of `--config` where one is named.
pub(crate) fn read() -> Result<Arguments, Failure> {
    let words: Vec<OsString> = std::env::args_os().map(dashed).collect();
    let arguments = Arguments::try_parse_from(&words)?;
    match config::insert(&arguments.command, words)? {
        Some(words) => Ok(Arguments::try_parse_from(words)?),
        None => Ok(arguments),
    }
}

/// `--learning_rate=0.1` → `--learning-rate=0.1`: both spellings of a flag are read.
///
/// A negative number in any spelling (`-1e-5`, `-.5`) is written out, since the parser of the command line knows only some
/// of them from flags.
fn dashed(word: OsString) -> OsString {
    let negative = word.to_str().filter(|text| text.starts_with('-')).and_then(|text| text.parse::<f64>().ok());
    if let Some(number) = negative.filter(|number| number.is_finite()) {
        return number.to_string().into();
    }
    let Some(text) = word.to_str().filter(|text| text.starts_with("--")) else { return word };
    match text.split_once('=') {
        Some((name, value)) => format!("{}={value}", name.replace('_', "-")).into(),
        None => text.replace('_', "-").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_commands_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn both_spellings_of_a_flag() {
        assert_eq!(dashed("--learning_rate=a_b".into()), "--learning-rate=a_b");
        assert_eq!(dashed("--batch_size".into()), "--batch-size");
        assert_eq!(dashed("a_b".into()), "a_b");
    }

    #[test]
    fn negative_numbers_in_any_spelling() {
        let spelled = ["-1e-5", "-.5", "-5.", "-1e+2", "-3", "-inf", "-x", "-o"];
        assert_eq!(
            spelled.map(|word| dashed(word.into())),
            ["-0.00001", "-0.5", "-5", "-100", "-3", "-inf", "-x", "-o"]
        );
    }
}
