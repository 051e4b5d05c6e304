//! `adaline plot forecast`: a forecast against what came.

use super::Target;
use crate::failure::Failure;
use crate::output::Output;
use crate::{model, source, values};
use adaline::Model;
use adaline::data::{Table, Window};
use adaline::plot::ForecastPicture;
use clap::Args;
use std::path::PathBuf;

/// Draw a forecast against what came, and beside it the forecast that repeats the last value
///
/// Of a model that forecasts more than three steps the first, the middle and the last are drawn. Errors are those of the test
/// part where the data is that of the training, else of all rows.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A model that forecasts a series (adaline train --window)
    model: PathBuf,

    /// The series: a built-in name, a file, or - for standard input
    data: String,

    /// How many of the last rows are drawn
    #[arg(long, value_name = "ROWS", value_parser = values::count, default_value = "200")]
    last: usize,

    #[command(flatten)]
    target: Target,
}

const EXAMPLES: &str = "Examples:
  adaline plot forecast waves.safetensors waves
  adaline plot forecast waves.safetensors waves --last 100 -o forecast.svg";

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    arguments.target.check()?;
    let model = model::load(&arguments.model)?;
    let Some(window) = model.encoder().window() else {
        return Err(Failure::usage(
            "the picture needs a model that forecasts a series: adaline train DATA --window 24",
        ));
    };
    let table = source::read_for(&model, &arguments.data)?;
    let predictions = model.predict(&table).map_err(|error| model::in_use(error, &arguments.model))?;
    let numbers = predictions.numbers().unwrap_or_default();
    let target = model.encoder().target().name();
    let column = table.column(target)?;
    let truth: Vec<f64> = (0..table.rows()).map(|row| column.number(row).unwrap_or(f64::NAN)).collect();
    let mut picture = ForecastPicture::new(&truth)
        .title(format!("Forecast of {target}: {}", super::example::data_name(&table)))
        .target(target)
        .last(arguments.last);
    for step in 0..window.horizon {
        let ahead: Vec<f64> = numbers.iter().skip(step).step_by(window.horizon).copied().collect();
        picture = picture.forecast(step + 1, window.steps + step + 1, &ahead);
    }
    if let Some(row) = test_from(&model, &table, window) {
        picture = picture.test_from(row);
    }
    arguments.target.draw(&picture.chart(), output)
}

/// The first row of the test part, from 1, where the table is the one that the model was trained on.
fn test_from(model: &Model, table: &Table, window: Window) -> Option<usize> {
    let data = &model.record()?.data;
    // A part behind the first holds the window before it too.
    let own = |rows: usize| rows.saturating_sub(window.steps);
    let all = data.train_rows + own(data.validation_rows) + own(data.test_rows);
    let same = data.source == table.source() && all == table.rows() && own(data.test_rows) > 0;
    same.then(|| table.rows() - own(data.test_rows) + 1)
}
