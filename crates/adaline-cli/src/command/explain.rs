//! `adaline explain`: every number of one step of learning from one row.

use crate::failure::Failure;
use crate::output::Output;
use crate::source::shown;
use crate::{files, model, source, values};
use adaline::reference::Style;
use adaline::{Optimizer, Sgd};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Show the working: every sum, the loss, every derivative and the update of one step, with the numbers in place
///
/// The row goes forward through the model, the loss is computed, the derivatives go back, and one step of gradient
/// descent is made on paper; the model is not changed. Inputs are those that the network sees; how they were scaled is shown.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A model file
    model: PathBuf,

    /// A built-in name, a CSV or TSV file, a folder or file in MNIST's format, or - for standard input; the target column
    /// must be there
    data: String,

    /// Which row of the data, counted from 0 (the column "row" of adaline predict counts from 1)
    #[arg(long, value_name = "N", value_parser = values::seed, allow_negative_numbers = true, default_value = "0")]
    row: u64,

    /// sgd, momentum, nesterov, rmsprop, adagrad, adam, adamw or rprop, as it makes its first step
    #[arg(long, value_name = "NAME", value_parser = values::optimizer, default_value = "sgd")]
    optimizer: Optimizer,

    /// Learning rate of the step [default: 0.1 with sgd, else the optimizer's own]
    #[arg(long, visible_alias = "lr", value_name = "RATE", value_parser = values::number, allow_negative_numbers = true)]
    learning_rate: Option<f64>,

    /// How it is written
    #[arg(long, value_enum, default_value = "terminal", help_heading = "Output")]
    format: Format,

    /// Show every number of wide layers, too
    #[arg(long, help_heading = "Output")]
    all: bool,

    /// Write to this file and not to standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,

    /// Overwrite the file if it exists
    #[arg(long, help_heading = "Output")]
    force: bool,

    /// Print a JSON document with all numbers, the same as --format json
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Plain text
    Terminal,
    /// Markdown with formulas in LaTeX, as GitHub shows it
    Markdown,
    /// A JSON document with all numbers
    Json,
}

const EXAMPLES: &str = "Examples:
  adaline explain iris.safetensors iris --row 3
  adaline explain iris.safetensors iris --row 3 --format markdown -o working.md";

/// Entries of a list that are shown unless all are asked for.
const MOST: usize = 8;
/// Large enough that a step can be seen in six digits.
const LEARNING_RATE: f64 = 0.1;

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    if let Some(path) = &arguments.output {
        files::may_write(path, arguments.force)?;
    }
    let optimizer = match (arguments.optimizer, arguments.learning_rate) {
        (optimizer, Some(rate)) => optimizer.with_learning_rate(rate),
        (Optimizer::Sgd(sgd), None) if sgd == Sgd::default() => sgd.learning_rate(LEARNING_RATE).into(),
        (optimizer, None) => optimizer,
    };
    optimizer.validate()?;
    let model = model::load(&arguments.model)?;
    let table = source::read_for(&model, &arguments.data)?;
    let row = usize::try_from(arguments.row).unwrap_or(usize::MAX);
    let working =
        model.explain_with(&table, row, &optimizer).map_err(|error| model::in_use(error, &arguments.model))?;
    let most = (!arguments.all).then_some(MOST);
    let format = if arguments.json { Format::Json } else { arguments.format };
    let text = match format {
        Format::Json => serde_json::to_string(&working)
            .map_err(|error| Failure::new(crate::failure::Code::Machine, format!("cannot write JSON: {error}")))?,
        Format::Markdown => working.render(Style::Markdown, most),
        Format::Terminal => working.render(Style::Text, most),
    };
    let shortened = format != Format::Json && !arguments.all && text.contains('…');
    match &arguments.output {
        None => output.print(text)?,
        Some(path) => {
            files::write(path, format!("{}\n", text.trim_end()).as_bytes(), arguments.force)?;
            output.note(format!("working written to {}", shown(path)));
        }
    }
    if shortened {
        output.note("long lists are shortened; --all shows every number");
    }
    Ok(())
}
