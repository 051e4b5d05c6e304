//! Each kind of layer by itself, and each optimizer's update.
//!
//! Forward is the prediction of a network that is nothing but the layer. The way back cannot be had alone: a layer that
//! stands first needs no gradient of its inputs. So a training pass over a layer normalisation and the layer is timed, and
//! one over the normalisation alone; the difference is the layer's forward and backward, gradients of its inputs included.
//! Images and sequences are read by a one-by-one convolution at a single place, so that neither a loss over large outputs
//! nor another order of the values counts, in either pass; a pool over whole images stands in its place, and its figures are
//! what it takes more. An update is a step less the same step's gradients.

use crate::failure::Failure;
use crate::options::Options;
use crate::timing::{Run, compare};
use adaline::prelude::*;
use adaline::rng::{Purpose, Rng};
use adaline::{Activation, Batch, Derivative};
use std::hint::black_box;
use std::io::{self, Write};

/// A layer, on inputs of one shape.
struct Case {
    layer: String,
    input: Shape,
    rows: usize,
    /// Multiply-adds of its products for one example; 0 where there is none.
    products: usize,
    /// What stands behind it, for little: where a network cannot end in it, or its outputs are many.
    behind: &'static str,
    /// What stands there in the network without it.
    instead: &'static str,
}

impl Case {
    /// Two networks whose difference is the layer.
    fn chains(&self) -> [String; 2] {
        [format!("layernorm, {}{}", self.layer, self.behind), format!("layernorm{}", self.instead)]
    }
}

fn cases() -> Vec<Case> {
    let flat = Shape::Flat;
    let image = |channels, size| Shape::Image { channels, height: size, width: size };
    let sequence = Shape::Sequence { steps: 28, features: 28 };
    let case = |layer: &str, input, rows, products| {
        let behind = match input {
            Shape::Image { .. } => ", conv 1 1x1 strides 64",
            _ => "",
        };
        Case { layer: layer.to_owned(), input, rows, products, behind, instead: behind }
    };
    let mut cases = vec![
        case("dense 16", flat(4), 16, 4 * 16),
        case("dense 128", flat(784), 64, 784 * 128),
        case("dense 512", flat(512), 128, 512 * 512),
        case("dense 512 relu", flat(512), 128, 512 * 512),
        case("conv 32 3x3", image(1, 28), 64, 26 * 26 * 32 * 9),
        case("conv 64 3x3", image(32, 13), 64, 11 * 11 * 64 * 9 * 32),
        case("conv 64 3x3 groups 32", image(32, 13), 64, 11 * 11 * 64 * 9),
        Case {
            behind: ", conv 1 1 strides 64",
            instead: ", conv 1 1 strides 64",
            ..case("conv 64 3", sequence, 64, 26 * 64 * 3 * 28)
        },
        case("maxpool 2", image(32, 26), 64, 0),
        case("avgpool 2", image(32, 26), 64, 0),
        Case { behind: "", ..case("global_avgpool", image(32, 26), 64, 0) },
        Case { behind: "", ..case("global_maxpool", image(32, 26), 64, 0) },
        case("batchnorm", image(32, 13), 64, 0),
        case("layernorm", image(32, 13), 64, 0),
        case("layernorm", flat(1024), 64, 0),
        case("rnn 128", sequence, 64, 28 * (28 + 128) * 128),
        case("lstm 128", sequence, 64, 28 * (28 + 128) * 4 * 128),
        case("gru 128", sequence, 64, 28 * (28 + 128) * 3 * 128),
        Case { behind: ", layernorm", instead: ", layernorm", ..case("dropout 0.5", flat(1024), 64, 0) },
    ];
    let smooth = Activation::all().filter(|a| *a != Activation::Identity && a.derivative() != Derivative::Useless);
    cases.extend(smooth.map(|activation| case(activation.name(), flat(1024), 64, 0)));
    cases
}

/// Prints the tables.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let told = |error: adaline::Error| error.to_string();
    let (cases, optimizers) = (cases(), Optimizer::NAMES);
    let (cases, optimizers) = (
        cases.iter().filter(|case| case.layer.contains(&options.only)).collect::<Vec<_>>(),
        optimizers.into_iter().filter(|name| name.contains(&options.only)).collect::<Vec<_>>(),
    );
    if cases.is_empty() && optimizers.is_empty() {
        return Err(Failure::Usage(format!("no layer and no optimizer has \"{}\" in its name", options.only)));
    }
    let out = &mut io::stdout().lock();
    let mut line = |text: String| writeln!(out, "{text}").map_err(|error| error.to_string());
    line("| layer | input | rows | forward us | | forward + backward us | |".to_owned())?;
    line("| --- | --- | ---: | ---: | --- | ---: | --- |".to_owned())?;
    for case in cases {
        let (forward, both) = time(case, options).map_err(|error| format!("{}: {error}", case.layer))?;
        let values = case.rows * (case.input.len() + output(case).map_err(told)?.len());
        let speed = |seconds: f64, passes: usize| match case.products {
            _ if seconds < 1e-8 => "-".to_owned(), // dropout does nothing at prediction
            // Forward reads the inputs and writes the outputs; the way back also reads one gradient and writes the other.
            0 => format!("{:.1} GB/s", (4 * passes.min(2) * values) as f64 / seconds / 1e9),
            products => format!("{:.1} GFLOP/s", (2 * passes * products * case.rows) as f64 / seconds / 1e9),
        };
        let Case { layer, input, rows, .. } = case;
        let (f, b) = (speed(forward, 1), speed(both, 3));
        line(format!("| {layer} | {input} | {rows} | {:.2} | {f} | {:.2} | {b} |", forward * 1e6, both * 1e6))?;
    }
    line("\n| optimizer | parameters | update us | ns a parameter |\n| --- | ---: | ---: | ---: |".to_owned())?;
    for name in optimizers {
        for units in [16, 1024] {
            let (parameters, seconds) = update(name, units, options).map_err(told)?;
            let each = seconds * 1e9 / parameters as f64;
            line(format!("| {name} | {parameters} | {:.2} | {each:.3} |", seconds * 1e6))?;
        }
    }
    Ok(())
}

fn output(case: &Case) -> adaline::Result<Shape> {
    Ok(Network::new(case.input, Layer::parse_chain(&case.layer)?)?.output())
}

/// Seconds forward, and seconds forward and backward.
fn time(case: &Case, options: &Options) -> adaline::Result<(f64, f64)> {
    let (layer, [with, without]) = (&case.layer, case.chains());
    let network = |chain: &str| Network::new(case.input, Layer::parse_chain(chain)?);
    let (alone, with_network, without_network) = (network(layer)?, network(&with)?, network(&without)?);
    let mut runs = vec![pass(&with, case, options)?, pass(&without, case, options)?];
    if case.instead.is_empty() {
        // A row of numbers lies as it comes: the layer can be had alone.
        runs.push(prediction(&alone, case, options)?);
    } else {
        runs.push(prediction(&with_network, case, options)?);
        runs.push(prediction(&without_network, case, options)?);
    }
    let seconds = compare(options.block.min(0.1), options.repeats, &mut runs)?;
    Ok((seconds[2] - seconds.get(3).unwrap_or(&0.0), seconds[0] - seconds[1]))
}

fn prediction<'n>(network: &'n Network, case: &Case, options: &Options) -> adaline::Result<Run<'n>> {
    let inputs = values(case.rows * case.input.len());
    let mut predictor = Predictor::on(network, case.rows, options.threads(), options.set)?;
    Ok(Box::new(move |steps| {
        for _ in 0..steps {
            black_box(predictor.predict(black_box(&inputs))?);
        }
        Ok(())
    }))
}

/// Forward, loss and backward of a chain that learns numbers.
fn pass<'a>(chain: &str, case: &Case, options: &Options) -> adaline::Result<Run<'a>> {
    let network = Network::new(case.input, Layer::parse_chain(chain)?)?;
    let width = network.output().len();
    let (inputs, wanted) = (values(case.rows * case.input.len()), values(case.rows * width));
    let targets = Targets::Values { width, values: wanted.clone() };
    let trainer = Trainer::new(Sgd::default()).batch_size(case.rows);
    let mut session = trainer.threads(options.threads()).instruction_set(options.set).session(&network, &targets)?;
    Ok(Box::new(move |steps| {
        for _ in 0..steps {
            session.gradients(&network, &inputs, Batch::Values(&wanted))?;
        }
        Ok(())
    }))
}

/// The parameters of a square layer, and the seconds that an optimizer's update of them takes.
fn update(name: &str, units: usize, options: &Options) -> adaline::Result<(usize, f64)> {
    let network = Network::new(Shape::Flat(units), [Dense::linear(units)])?;
    let parameters = network.parameters();
    let make = |learns: bool| -> adaline::Result<Run<'_>> {
        let mut network = network.clone();
        let (inputs, wanted) = (values(units), values(units));
        let targets = Targets::Values { width: units, values: wanted.clone() };
        let trainer = Trainer::new(Optimizer::by_name(name)?).batch_size(1);
        let mut session =
            trainer.threads(options.threads()).instruction_set(options.set).session(&network, &targets)?;
        Ok(Box::new(move |steps| {
            for _ in 0..steps {
                if learns {
                    session.step(&mut network, &inputs, Batch::Values(&wanted), 1e-6)?;
                } else {
                    session.gradients(&network, &inputs, Batch::Values(&wanted))?;
                }
            }
            Ok(())
        }))
    };
    let seconds = compare(options.block.min(0.1), options.repeats, &mut [make(true)?, make(false)?])?;
    Ok((parameters, seconds[0] - seconds[1]))
}

/// Numbers of both signs.
fn values(len: usize) -> Vec<f32> {
    let mut rng = Rng::stream(0, Purpose::Data, 0);
    (0..len).map(|_| rng.normal() as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_a_network_that_trains() {
        let options = Options::parse(&[], crate::options::KERNELS).unwrap();
        for case in cases() {
            let case = Case { rows: 2, ..case };
            for chain in case.chains() {
                pass(&chain, &case, &options).unwrap()(1).unwrap();
            }
        }
    }
}
