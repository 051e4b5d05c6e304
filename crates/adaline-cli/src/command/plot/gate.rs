//! `adaline plot gate`: a gate's rows as points, and the lines of its neurons.

use super::Target;
use crate::failure::Failure;
use crate::output::Output;
use crate::values;
use adaline::plot::{Chart, GatePicture};
use adaline::{Gate, NeuronLayer};
use clap::Args;

/// Draw a gate of two inputs: its rows as points, the lines of its neurons
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Its name: and, or, nand, nor, xor, xnor
    #[arg(value_name = "NAME", value_parser = values::gate)]
    gate: Gate,

    #[command(flatten)]
    target: Target,
}

const EXAMPLES: &str = "Examples:
  adaline plot gate xor
  adaline plot gate and -o and.svg";

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    arguments.target.check()?;
    let gate = arguments.gate;
    match chart(gate, &gate.layers()) {
        Some(chart) => arguments.target.draw(&chart, output),
        None => Err(Failure::usage(format!(
            "the gate {gate} has one input, and a picture needs two: adaline plot gate nor"
        ))),
    }
}

/// The picture of a gate of two inputs with the neurons that stand for it; nothing for another number of inputs.
pub(crate) fn chart(gate: Gate, layers: &[NeuronLayer]) -> Option<Chart> {
    let outputs: [bool; 4] = gate.table().outputs().try_into().ok()?;
    let mut picture = GatePicture::new(gate.name(), outputs);
    for neuron in &layers.first()?.neurons {
        let &[w1, w2] = neuron.weights.as_slice() else { return None };
        picture = picture.line(w1, w2, neuron.bias);
    }
    let output = |x: f64, y: f64| {
        let mut values = vec![x, y];
        for layer in layers {
            // The numbers of inputs agree, or the neurons would not have been made.
            values = layer.outputs(&values).unwrap_or_default();
        }
        values.first().copied().unwrap_or(0.0)
    };
    Some(picture.output(output).chart())
}
