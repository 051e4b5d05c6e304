//! `adaline data`: the built-in data sets, listed, printed or written.

use crate::failure::Failure;
use crate::output::Output;
use crate::{files, source, values};
use adaline::data::{Table, builtins};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// List the built-in data, or write one out as CSV
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A built-in data set; without one all are listed
    name: Option<String>,

    /// Rows of a generated data set
    #[arg(long, value_parser = values::count, allow_negative_numbers = true, requires = "name")]
    rows: Option<usize>,

    /// Seed of a generated data set
    #[arg(long, value_parser = values::seed, allow_negative_numbers = true, default_value = "0")]
    seed: u64,

    /// Write to this file and not to standard output
    #[arg(short, long, value_name = "FILE", requires = "name", help_heading = "Output")]
    output: Option<PathBuf>,

    /// Overwrite the file if it exists
    #[arg(long, help_heading = "Output")]
    force: bool,

    /// Print the list as a JSON document
    #[arg(long, conflicts_with = "name", help_heading = "Output")]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  adaline data
  adaline data iris -o iris.csv";

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let Some(name) = &arguments.name else { return list(arguments.json, output) };
    let table = Table::builtin_seeded(name, arguments.seed, arguments.rows)?;
    let mut csv = Vec::new();
    table.write_csv(&mut csv)?;
    match &arguments.output {
        None => output.write(&csv),
        Some(path) => {
            files::write(path, &csv, arguments.force)?;
            output.note(format!("{} rows written to {}", table.rows(), source::shown(path)));
            Ok(())
        }
    }
}

fn list(json: bool, output: &Output) -> Result<(), Failure> {
    if json {
        let sets: Vec<_> = builtins()
            .iter()
            .map(|set| json!({"name": set.name, "rows": set.rows, "target": set.target, "generated": set.is_generated(), "about": set.about}))
            .collect();
        return output.json(&sets);
    }
    let width = builtins().iter().map(|set| set.name.len()).max().unwrap_or(0);
    let mut text = format!("{:width$}   rows  target   about\n", "name");
    for set in builtins() {
        text.push_str(&format!("{:width$}  {:>5}  {:7}  {}\n", set.name, set.rows, set.target, set.about));
    }
    text.push_str(
        "\nTrain on one: adaline train iris. Write one out: adaline data iris -o iris.csv\n\
         Your own: a CSV or TSV file with a header, or a folder with a folder of PNG or JPEG files for each class.\n",
    );
    output.print(text)
}
