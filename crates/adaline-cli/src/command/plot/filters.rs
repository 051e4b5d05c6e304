//! `adaline plot filters`: what a convolution looks for.

use super::{Target, example};
use crate::failure::Failure;
use crate::output::Output;
use crate::{model, values};
use adaline::Layer;
use adaline::plot::FilterPicture;
use clap::Args;
use std::path::PathBuf;

/// Draw the filters of a convolution as small images, or as small curves
///
/// All filters share one scale around zero. With up to four input channels their weights stand side by side, with more their
/// mean is drawn.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// A model file
    model: PathBuf,

    /// Which layer, counted from 1 as adaline inspect lists them [default: the first convolution]
    #[arg(long, value_name = "N", value_parser = values::count)]
    layer: Option<usize>,

    #[command(flatten)]
    target: Target,
}

const EXAMPLES: &str = "Examples:
  adaline plot filters digits.safetensors
  adaline plot filters digits.safetensors --layer 1 -o filters.svg";

pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    arguments.target.check()?;
    let model = model::load(&arguments.model)?;
    let network = model.network();
    let is_one = |layer: &Layer| matches!(layer, Layer::Conv(_));
    let (number, layer) = example::find(network, arguments.layer, is_one, "convolution")?;
    let name = format!("layers.{number}.weight");
    let weights: Vec<f64> = network.get(&name)?.into_iter().map(f64::from).collect();
    let shape = network.tensors().find(|(known, _)| *known == name).map_or(&[][..], |(_, shape)| shape);
    let picture = match *shape {
        [filters, channels, height, width] => FilterPicture::images(filters, channels, (height, width), &weights),
        [filters, channels, steps] => FilterPicture::sequences(filters, channels, steps, &weights),
        _ => return Err(Failure::usage("the weights of this layer are no filters")),
    };
    let chart = picture.title(format!("Filters of layer {}: {layer}", number + 1)).chart();
    arguments.target.draw(&chart, output)
}
