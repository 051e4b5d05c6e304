//! `adaline plot network`: the network of a model as a graph.

use super::Target;
use crate::failure::Failure;
use crate::model;
use crate::output::Output;
use adaline::plot::NetworkGraph;
use adaline::{Layer, Model, Shape};
use clap::Args;
use std::path::PathBuf;

/// Draw a model's network as a graph: units, weights on the edges, biases
///
/// Edges are as thick as their weights are large; negative ones are dashed. Only dense layers have edges; before other layers
/// stands a band with their shapes and parameters. A network with more than 20 units in a layer is drawn as a box for each
/// layer.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A model file
    model: PathBuf,

    #[command(flatten)]
    target: Target,
}

const EXAMPLES: &str = "Examples:
  adaline plot network iris.safetensors
  adaline plot network iris.safetensors -o network.svg";

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    arguments.target.check()?;
    let model = model::load(&arguments.model)?;
    let network = model.network();
    let inputs = network.input().len();
    let mut names = model.feature_names();
    if names.len() != inputs {
        names = (1..=inputs).map(|number| format!("x{number}")).collect();
    }
    let mut graph = NetworkGraph::new(&names).form(network.input()).target(model.encoder().target().name());
    let mut before = network.input();
    for (number, (layer, shape)) in network.layers().iter().zip(network.shapes()).enumerate() {
        let tensor = |what: &str| -> Result<Vec<f64>, Failure> {
            let name = format!("layers.{number}.{what}");
            if !network.tensors().any(|(known, _)| known == name) {
                return Ok(Vec::new());
            }
            Ok(network.get(&name)?.into_iter().map(decimal).collect())
        };
        // A dense layer over a sequence sees each step by itself: there is no weight between any two units.
        graph = match (layer, before) {
            (Layer::Dense(_), Shape::Flat(_)) => {
                graph.layer(layer.to_string(), shape.len(), &tensor("weight")?, &tensor("bias")?)
            }
            _ => graph.block(layer.to_string(), *shape, network.parameters_of(number)),
        };
        before = *shape;
    }
    arguments.target.draw(&graph.outputs(&outputs(&model)).chart(), output)
}

/// The number that a person would write for it: 0.4 and not 0.4000000059604645.
fn decimal(x: f32) -> f64 {
    x.to_string().parse().unwrap_or(f64::from(x))
}

/// The classes, one an output, or the target's name.
fn outputs(model: &Model) -> Vec<String> {
    let classes = model.encoder().classes();
    if classes.len() == model.network().output().len() {
        classes.to_vec()
    } else {
        vec![model.encoder().target().name().to_owned()]
    }
}
