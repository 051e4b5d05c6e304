//! `adaline plot boundary`: what a model says all over two inputs.

use super::Target;
use crate::failure::Failure;
use crate::output::Output;
use crate::{model, source};
use adaline::Model;
use adaline::data::{Column, Input, Table};
use adaline::plot::{Chart, ClassRegions, Grid, RegressionSurface};
use clap::Args;
use std::path::PathBuf;

/// Draw what a model of two inputs says, with the data over it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A model file
    model: PathBuf,

    /// Data to draw over it: a built-in name, a file, or - for standard input
    data: Option<String>,

    #[command(flatten)]
    target: Target,
}

const EXAMPLES: &str = "Examples:
  adaline plot boundary moons.safetensors moons
  adaline plot boundary moons.safetensors moons -o moons.svg";

/// Places at which the model is asked, each way.
const SIDE: usize = 200;

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    arguments.target.check()?;
    let model = model::load(&arguments.model)?;
    let Some(names) = two_inputs(&model) else {
        let inputs = model.encoder().input_names().len();
        return Err(Failure::usage(format!(
            "the picture needs a model of two inputs that are numbers, and this one reads {inputs}; choose two with \
             --features when training"
        )));
    };
    let table = arguments.data.as_deref().map(|data| source::read_for(&model, data)).transpose()?;
    arguments.target.draw(&chart(&model, &names, table.as_ref())?, output)
}

/// The names of a model's inputs where there are two, both numbers.
pub(crate) fn two_inputs(model: &Model) -> Option<[String; 2]> {
    match model.encoder().inputs() {
        [Input::Number { name: a, .. }, Input::Number { name: b, .. }] if model.encoder().window().is_none() => {
            Some([a.clone(), b.clone()])
        }
        _ => None,
    }
}

fn chart(model: &Model, names: &[String; 2], table: Option<&Table>) -> Result<Chart, Failure> {
    let points = match table {
        Some(table) => points(names, table)?,
        None => corners(model),
    };
    let grid = Grid::around(&points, SIDE, SIDE);
    let places: Vec<(f64, f64)> = grid.points().collect();
    let columns = vec![
        Column::numbers(&names[0], places.iter().map(|place| place.0).collect()),
        Column::numbers(&names[1], places.iter().map(|place| place.1).collect()),
    ];
    let predictions = model.predict(&Table::new("the grid of the picture", columns)?)?;
    let target = model.encoder().target().name();
    let title = format!("What the model says about {target}");
    let known = table.filter(|table| table.names().any(|name| name == target));
    let samples = known.map(|table| model.encoder().encode(table)).transpose()?;
    let Some(values) = predictions.numbers() else {
        let probabilities: Vec<f32> =
            (0..predictions.rows()).flat_map(|row| predictions.probabilities(row)).map(|p| *p as f32).collect();
        let mut regions = ClassRegions::new(grid, predictions.classes()).probabilities(&probabilities);
        if let Some(adaline::Targets::Classes(classes)) = samples.as_ref().map(adaline::Samples::targets) {
            let classes: Vec<usize> = classes.iter().map(|class| *class as usize).collect();
            regions = regions.points(&points, &classes);
        }
        return Ok(regions.inputs(&names[0], &names[1]).title(title).chart());
    };
    let values: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    let mut surface = RegressionSurface::new(grid, &values);
    if let Some(adaline::Targets::Values { values, .. }) = samples.as_ref().map(adaline::Samples::targets) {
        let truth = values.iter().map(|value| model.encoder().decode(f64::from(*value)));
        let points: Vec<(f64, f64, f64)> = points.iter().zip(truth).map(|(point, z)| (point.0, point.1, z)).collect();
        surface = surface.points(&points);
    }
    Ok(surface.inputs(&names[0], &names[1]).target(target).title(title).chart())
}

/// The two inputs of every row.
fn points(names: &[String; 2], table: &Table) -> Result<Vec<(f64, f64)>, Failure> {
    let (x, y) = (table.column(&names[0])?, table.column(&names[1])?);
    let point = |row| Some((x.number(row)?, y.number(row)?));
    Ok((0..table.rows()).map_while(point).collect())
}

/// Without data: two standard deviations around the mean of what the model was trained on.
fn corners(model: &Model) -> Vec<(f64, f64)> {
    let around = |input: Option<&Input>| match input {
        Some(Input::Number { mean, scale, .. }) => (mean - 2.0 * scale, mean + 2.0 * scale),
        _ => (-1.0, 1.0),
    };
    let (x, y) = (around(model.encoder().inputs().first()), around(model.encoder().inputs().get(1)));
    vec![(x.0, y.0), (x.1, y.1)]
}
