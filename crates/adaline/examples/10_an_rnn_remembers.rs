//! 10. A recurrent network remembers what came before.
//!
//! `cargo run -p adaline --example 10_an_rnn_remembers`
#![allow(clippy::print_stdout, reason = "an example tells a story")]

use adaline::prelude::*;
use adaline::reference::{self, Kept, Pass};
use adaline::rng::{Purpose, Rng};

const STEPS: usize = 20;
const TRAINING: usize = 500;
const TEST: usize = 200;

pub(crate) fn main() -> adaline::Result<()> {
    println!(
        "A sequence of {STEPS} symbols, each +1 or -1 by chance. The question comes at the end: was the first one +1?"
    );
    println!(
        "Whoever sees the last step only has to guess. Whoever goes through the sequence has to keep one thing in"
    );
    println!("mind while {} others go by.\n", STEPS - 1);
    let (training, test) = (sequences(TRAINING, 0)?, sequences(TEST, 1)?);
    println!("  {:<22}{:<18}{:>7}  {:>18}", "network", "sees", "weights", "right on new ones");
    let (last, last_of_test) = (last_steps(&training)?, last_steps(&test)?);
    let (_, dense) = tried("dense 8 tanh, dense 1", "the last step", &last, &last_of_test)?;
    let (gru, remembered) = tried("gru 8, dense 1", "step after step", &training, &test)?;
    println!("\nThe GRU has found out by itself what to keep, from nothing but the answers at the end.\n");
    assert!((dense - 0.5).abs() < 0.12, "{dense}");
    assert!(remembered > 0.98, "{remembered}");
    the_state_over_the_steps(&gru, &test)?;
    longer_sequences(&gru)
}

/// Random sequences; the class is whether the first symbol is +1.
fn sequences(rows: usize, stream: u64) -> adaline::Result<Samples> {
    let mut rng = Rng::stream(7, Purpose::Data, stream);
    let inputs: Vec<f32> = (0..rows * STEPS).map(|_| if rng.normal() > 0.0 { 1.0 } else { -1.0 }).collect();
    let classes = inputs.chunks(STEPS).map(|sequence| u32::from(sequence[0] > 0.0)).collect();
    Samples::new(Shape::Sequence { steps: STEPS, features: 1 }, inputs, Targets::Classes(classes))
}

/// The same questions with nothing but the last step to answer them from.
fn last_steps(samples: &Samples) -> adaline::Result<Samples> {
    let inputs = samples.inputs().chunks(STEPS).map(|sequence| sequence[STEPS - 1]).collect();
    Samples::new(Shape::Flat(1), inputs, samples.targets().clone())
}

/// Trains a network, and measures how often it is right on sequences that it has not seen.
fn tried(line: &str, sees: &str, training: &Samples, test: &Samples) -> adaline::Result<(Network, f64)> {
    let mut network = Network::new(training.shape(), Layer::parse_chain(line)?)?;
    Trainer::new(Adam::default().learning_rate(0.02)).epochs(40).seed(1).fit(&mut network, training, None)?;
    let right = share_right(&network, test)?;
    println!("  {line:<22}{sees:<18}{:>7}  {right:>18.3}", network.parameters());
    Ok((network, right))
}

fn share_right(network: &Network, samples: &Samples) -> adaline::Result<f64> {
    let Targets::Classes(classes) = samples.targets() else { return Ok(0.0) };
    let outputs = network.predict(samples.inputs())?;
    let right = outputs.iter().zip(classes).filter(|(y, class)| (**y > 0.0) == (**class == 1)).count();
    Ok(right as f64 / classes.len() as f64)
}

/// The state of the unit that tells the two classes apart best, over two sequences.
fn the_state_over_the_steps(network: &Network, test: &Samples) -> adaline::Result<()> {
    let twin = reference::Network::of(network)?;
    let mut states = Vec::new();
    for first in [1.0, -1.0] {
        let sequence = test.inputs().chunks(STEPS).find(|sequence| sequence[0] == first).unwrap_or_default();
        let x: Vec<f64> = sequence.iter().copied().map(f64::from).collect();
        let trace = twin.forward(&x, Pass::default())?;
        if let Kept::Sweeps(sweeps) = &trace.layers[0].kept {
            states.push((x, sweeps[0].states.clone()));
        }
    }
    let [(up, kept_up), (down, kept_down)] = states.as_slice() else { return Ok(()) };
    let units = kept_up.len() / STEPS;
    let apart = |unit: usize| {
        let at = (STEPS - 1) * units + unit;
        (kept_up[at] - kept_down[at]).abs()
    };
    let unit = (0..units).max_by(|a, b| apart(*a).total_cmp(&apart(*b))).unwrap_or(0);
    println!("The state of one of its eight units, step by step, in two sequences:\n");
    println!("  step   symbol    -1      0      1     symbol    -1      0      1");
    let bar = |value: f64| {
        let length = ((value.abs() * 9.0).round() as usize).min(9);
        if value < 0.0 {
            format!("{:>9}|{:9}", "█".repeat(length), "")
        } else {
            format!("{:9}|{:<9}", "", "█".repeat(length))
        }
    };
    for step in 0..STEPS {
        let (a, b) = (kept_up[step * units + unit], kept_down[step * units + unit]);
        let line = format!("  {:>4}   {:>+4}    {}   {:>+4}    {}", step + 1, up[step], bar(a), down[step], bar(b));
        println!("{}", line.trim_end());
    }
    println!("\nThe first symbol sets it, to one side or the other, and whatever comes later it stays there.\n");
    for step in STEPS / 4..STEPS {
        let at = step * units + unit;
        assert!(kept_up[at].signum() != kept_down[at].signum(), "step {step}");
    }
    Ok(())
}

/// The same weights at every step: the network is not made for twenty of them.
fn longer_sequences(network: &Network) -> adaline::Result<()> {
    println!("Its weights are the same at every step, so that it takes sequences of any length:\n");
    let mut rng = Rng::stream(8, Purpose::Data, 0);
    for steps in [5, 20, 40] {
        let mut longer = Network::new(Shape::Sequence { steps, features: 1 }, network.layers().to_vec())?;
        let names: Vec<String> = network.tensors().map(|(name, _)| name.to_owned()).collect();
        for name in names {
            longer.set(&name, &network.get(&name)?)?;
        }
        let inputs: Vec<f32> = (0..200 * steps).map(|_| if rng.normal() > 0.0 { 1.0 } else { -1.0 }).collect();
        let classes = inputs.chunks(steps).map(|sequence| u32::from(sequence[0] > 0.0)).collect();
        let samples = Samples::new(Shape::Sequence { steps, features: 1 }, inputs, Targets::Classes(classes))?;
        let right = share_right(&longer, &samples)?;
        println!("  {steps:>3} steps   {right:.3} right");
        assert!(steps > STEPS || right > 0.95, "{steps}: {right}");
    }
    Ok(())
}
