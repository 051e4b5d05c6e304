//! `adaline activation`: the value of an activation, and its slope.

use crate::failure::Failure;
use crate::output::Output;
use crate::values;
use adaline::{Activation, Derivative};
use clap::Args;
use serde_json::json;

/// Compute an activation of some values
///
/// The activations are identity, step, sigmoid, tanh, relu, leaky_relu, elu, selu, gelu, gelu_tanh, silu, softplus,
/// softsign, hard_sigmoid, mish and softmax. A parameter stands in parentheses: 'leaky_relu(0.2)'.
#[derive(Debug, Args)]
#[command(name = "activation", after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Its name
    #[arg(value_name = "NAME", value_parser = values::activation)]
    activation: Activation,

    /// What it is computed of; softmax takes all values as one vector
    #[arg(value_name = "VALUE", required = true, value_parser = values::number, allow_negative_numbers = true)]
    values: Vec<f64>,

    /// The slope of leaky_relu below zero
    #[arg(long, value_parser = values::number, allow_negative_numbers = true)]
    slope: Option<f64>,

    /// Print a JSON document
    #[arg(long, help_heading = "Output")]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  adaline activation sigmoid 3 -3
  adaline activation softmax 0.3 0.2 3.0 -1.2";

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let activation = match (arguments.activation, arguments.slope) {
        (Activation::LeakyRelu { .. }, Some(slope)) => Activation::LeakyRelu { slope },
        (other, Some(_)) => return Err(Failure::usage(format!("--slope: {other} has no slope; leave it out"))),
        (activation, None) => activation,
    };
    activation.validate()?;
    let x = &arguments.values;
    let mut y = x.clone();
    activation.apply(&mut y);
    if arguments.json {
        return output.json(&json!({"activation": activation.to_string(), "input": x, "output": y}));
    }
    let whole = activation.derivative() == Derivative::Jacobian;
    let mut rows = vec![vec!["x".to_owned(), format!("{activation}(x)")]];
    if !whole {
        rows[0].push("slope".to_owned());
    }
    for (x, y) in x.iter().zip(&y) {
        let mut row = vec![x.to_string(), y.to_string()];
        if !whole {
            row.push(activation.slope(*x).to_string());
        }
        rows.push(row);
    }
    if whole {
        rows.push(vec![
            "sum".to_owned(),
            format!("{:.12}", y.iter().sum::<f64>()).trim_end_matches('0').trim_end_matches('.').to_owned(),
        ]);
    }
    output.print(crate::output::columns(&rows))
}
