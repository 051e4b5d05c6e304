//! Whether numbers too small for a full mantissa slow a step. Processors need many times longer for each of them, unless
//! a program tells them to take such numbers for zero.
//!
//! Each case is timed twice in turn: with ordinary numbers, and with numbers of about 10⁻³⁹ in the place that it names.

use crate::failure::Failure;
use crate::options::Options;
use crate::timing::{Run, compare};
use adaline::prelude::*;
use adaline::rng::{Purpose, Rng};
use adaline::{Batch, Session};
use std::io::{self, Write};

/// Below the smallest normal f32, 1.2 · 10⁻³⁸, and with half its mantissa left.
const TINY: f32 = 1e-40;
/// A step may take so many times as long.
const BOUND: f64 = 2.0;

const MLP: &str = "dense 128 relu, dense 10";
const CNN: &str = "conv 32 3x3 relu, maxpool 2, conv 64 3x3 relu, maxpool 2, flatten, dense 128 relu, dense 10";

/// A network being trained on one batch.
struct Training {
    network: Network,
    session: Session,
    inputs: Vec<f32>,
    targets: Targets,
}

impl Training {
    /// On 64 rows of inputs of about `scale`, of classes or of zeroes.
    fn new(chain: &str, input: Shape, scale: f32, zeroes: bool, optimizer: &str, o: &Options) -> adaline::Result<Self> {
        let network = Network::new(input, Layer::parse_chain(chain)?)?;
        let mut rng = Rng::stream(0, Purpose::Data, 0);
        let inputs = (0..64 * input.len()).map(|_| rng.normal() as f32 * scale).collect();
        let width = network.output().len();
        let targets = match zeroes {
            true => Targets::Values { width, values: vec![0.0; 64 * width] },
            false => Targets::Classes((0..64).map(|_| rng.below(width.max(2)) as u32).collect()),
        };
        let trainer = Trainer::new(Optimizer::by_name(optimizer)?).batch_size(64);
        let session = trainer.threads(o.threads()).instruction_set(o.set).session(&network, &targets)?;
        Ok(Training { network, session, inputs, targets })
    }

    /// Multiplies a tensor.
    fn scale(mut self, tensor: &str, by: f32) -> adaline::Result<Self> {
        let values: Vec<f32> = self.network.get(tensor)?.iter().map(|value| value * by).collect();
        self.network.set(tensor, &values)?;
        Ok(self)
    }

    /// Steps that change next to nothing, so that the numbers stay what they are.
    fn steps(&mut self, steps: usize) -> adaline::Result<()> {
        for _ in 0..steps {
            let targets = match &self.targets {
                Targets::Values { values, .. } => Batch::Values(values),
                Targets::Classes(classes) | Targets::Steps { classes, .. } => Batch::Classes(classes),
                _ => return Ok(()),
            };
            self.session.step(&mut self.network, &self.inputs, targets, 1e-30)?;
        }
        Ok(())
    }

    fn run<'a>(mut self) -> Run<'a> {
        Box::new(move |steps| self.steps(steps))
    }
}

/// What is small, and how training is set up; `true` asks for the small numbers.
type Case = (String, Box<dyn Fn(bool, &Options) -> adaline::Result<Training>>);

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let networks = [
        ("xor", "dense 4 tanh, dense 1", Shape::Flat(2)),
        ("iris", "dense 16 relu, dense 3", Shape::Flat(4)),
        ("mlp", MLP, Shape::Flat(784)),
        ("cnn", CNN, Shape::Image { channels: 1, height: 28, width: 28 }),
        ("lstm", "lstm 128, dense 10", Shape::Sequence { steps: 28, features: 28 }),
        ("gru", "gru 128, dense 10", Shape::Sequence { steps: 28, features: 28 }),
        ("batchnorm", "dense 128, batchnorm, dense 10", Shape::Flat(784)),
        ("layernorm", "layernorm, dense 10", Shape::Flat(784)),
    ];
    for (name, chain, input) in networks {
        let scale = |small: bool| if small { TINY } else { 1.0 };
        cases.push((
            format!("{name}: inputs"),
            Box::new(move |small, o| Training::new(chain, input, scale(small), false, "adam", o)),
        ));
        // Small inputs, no biases yet, and zeroes wanted: small values on the way, small gradients back.
        cases.push((
            format!("{name}: values and gradients"),
            Box::new(move |small, o| Training::new(chain, input, scale(small), true, "adam", o)),
        ));
    }
    for activation in ["relu", "leaky_relu", "sigmoid", "tanh", "elu", "selu", "gelu", "silu", "softplus"] {
        cases.push((
            format!("{activation}: its inputs"),
            Box::new(move |small, o| {
                let chain = format!("dense 512 {activation}, dense 10");
                let training = Training::new(&chain, Shape::Flat(64), 1.0, false, "adam", o)?;
                training.scale("layers.0.weight", if small { TINY } else { 1.0 })
            }),
        ));
    }
    // e⁻⁹⁵ is 5.5 · 10⁻⁴²: all but one probability, and with the right class all gradients.
    cases.push((
        "softmax: sure of the right class".to_owned(),
        Box::new(|small, o| {
            let mut training = Training::new(MLP, Shape::Flat(784), 1e-3, false, "adam", o)?;
            let mut bias = vec![0.0; 10];
            bias[0] = if small { 95.0 } else { 1.0 };
            training.network.set("layers.1.bias", &bias)?;
            training.targets = Targets::Classes(vec![0; 64]);
            Ok(training)
        }),
    ));
    // Gradients that have become zero: what an optimizer remembers fades out.
    for optimizer in ["momentum", "nesterov", "rmsprop", "adagrad", "adam", "adamw"] {
        cases.push((
            format!("{optimizer}: its memory fades"),
            Box::new(move |small, o| {
                let chain = "dense 128 relu, dense 10";
                let mut training = Training::new(chain, Shape::Flat(784), 1.0, true, optimizer, o)?;
                if small {
                    training.steps(20)?;
                }
                training = training.scale("layers.1.weight", 0.0)?.scale("layers.1.bias", 0.0)?;
                training.inputs.fill(0.0);
                training.steps(if small { 1500 } else { 1 })?;
                Ok(training)
            }),
        ));
    }
    cases
}

/// Prints how many times as long a step takes; a failure where it is too many.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let cases = cases();
    let chosen: Vec<_> = cases.iter().filter(|(name, _)| name.contains(&options.only)).collect();
    if chosen.is_empty() {
        return Err(Failure::Usage(format!("nothing has \"{}\" in its name", options.only)));
    }
    let out = &mut io::stdout().lock();
    let mut line = |text: String| writeln!(out, "{text}").map_err(|error| error.to_string());
    line("| small numbers in | ordinary us | small us | times as long |\n| --- | ---: | ---: | ---: |".to_owned())?;
    let mut all_well = true;
    for (name, make) in chosen {
        let told = |error: adaline::Error| format!("{name}: {error}");
        let mut runs = [make(false, options).map_err(told)?.run(), make(true, options).map_err(told)?.run()];
        let seconds = compare(options.block.min(0.1), options.repeats, &mut runs).map_err(told)?;
        let times = seconds[1] / seconds[0];
        all_well &= times <= BOUND;
        let mark = if times <= BOUND { "" } else { " **too slow**" };
        line(format!("| {name} | {:.2} | {:.2} | {times:.2}{mark} |", seconds[0] * 1e6, seconds[1] * 1e6))?;
    }
    if all_well { Ok(()) } else { Err(Failure::Missed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_numbers_are_small_and_not_zero() {
        let options = Options::parse(&[], crate::options::KERNELS).unwrap();
        let training = Training::new("dense 8 relu, dense 3", Shape::Flat(16), TINY, true, "sgd", &options).unwrap();
        let y = training.network.predict(&training.inputs).unwrap();
        assert!(y.iter().any(|y| y.is_subnormal()) && y.iter().all(|y| y.abs() < 1e-38), "{y:?}");
    }
}
