//! 7. The computer finds the weights.
//!
//! `cargo run -p adaline --example 07_the_computer_finds_the_weights`
#![allow(clippy::print_stdout, reason = "an example tells a story")]

use adaline::TruthRow;
use adaline::prelude::*;
use std::cell::RefCell;

pub(crate) fn main() -> adaline::Result<()> {
    and_is_found()?;
    xor_is_found()
}

/// The gate's truth table as something to learn from.
fn table(gate: Gate) -> adaline::Result<Samples> {
    let rows: Vec<TruthRow> = gate.table().rows().collect();
    let inputs = rows.iter().flat_map(inputs).collect();
    Samples::new(Shape::Flat(2), inputs, Targets::Classes(rows.iter().map(|row| u32::from(row.output)).collect()))
}

fn inputs(row: &TruthRow) -> Vec<f32> {
    row.input.iter().map(|x| f32::from(*x)).collect()
}

/// How many rows of the table a network gets right: its output is a probability.
fn right(network: &Network, gate: Gate) -> adaline::Result<usize> {
    let mut right = 0;
    for row in gate.table().rows() {
        let inputs = inputs(&row);
        right += usize::from((network.predict(&inputs)?[0] > 0.5) == (row.output == 1));
    }
    Ok(right)
}

fn and_is_found() -> adaline::Result<()> {
    println!(
        "An AND by hand is 0.4 a + 0.4 b - 0.6 > 0. Nobody tells this neuron; it gets the four rows and a loss.\n"
    );
    let mut network = Network::new(Shape::Flat(2), [Dense::sigmoid(1)])?;
    network.initialize(3);
    let history = RefCell::new(Vec::new());
    let trainer = Trainer::new(Sgd::default().learning_rate(1.0))
        .epochs(1000)
        .on_epoch(|epoch| history.borrow_mut().push((epoch.epoch, epoch.loss)));
    trainer.fit(&mut network, &table(Gate::And)?, None)?;
    for &(epoch, loss) in history.borrow().iter().filter(|(epoch, _)| [1, 10, 100, 1000].contains(epoch)) {
        println!("  epoch {epoch:>4}   loss {loss:.4}");
    }
    let losses: Vec<f64> = history.borrow().iter().map(|(_, loss)| *loss).collect();
    assert!(losses.windows(2).all(|pair| pair[1] < pair[0]), "the loss goes down in every epoch");

    let (weight, bias) = (network.get("layers.0.weight")?, network.get("layers.0.bias")?[0]);
    println!("\n  {:<10}{:>8}{:>8}{:>8}   bias / weight", "", "a", "b", "bias");
    println!("  {:<10}{:>8}{:>8}{:>8}   {:.2}", "by hand", 0.4, 0.4, -0.6, -0.6 / 0.4);
    println!("  {:<10}{:>8.3}{:>8.3}{bias:>8.3}   {:.2}", "found", weight[0], weight[1], bias / weight[0]);
    println!(
        "\nLarger numbers, and nearly the same line: only a step does not care how far a row is from the line, and a"
    );
    println!("sigmoid is surer the farther it is. As a neuron with a step the found weights are an AND as well:\n");
    let neuron = Neuron::step(weight.iter().map(|w| f64::from(*w)).collect::<Vec<_>>(), f64::from(bias));
    println!("  {neuron}");
    assert_eq!(Gate::And.table().first_wrong_row(&neuron)?, None);
    assert!((f64::from(bias / weight[0]) + 1.5).abs() < 0.1);
    assert_eq!(right(&network, Gate::And)?, 4);
    Ok(())
}

fn xor_is_found() -> adaline::Result<()> {
    println!(
        "\nXOR by hand is AND(NAND(a, b), OR(a, b)): two hidden neurons and one behind them. The same chain, learnt:\n"
    );
    let learn = |line: &str, seed: u64, epochs: usize| -> adaline::Result<(Network, f64)> {
        let mut network = Network::new(Shape::Flat(2), Layer::parse_chain(line)?)?;
        network.initialize(seed);
        let trainer = Trainer::new(Adam::default().learning_rate(0.05)).epochs(epochs).seed(seed);
        let fit = trainer.fit(&mut network, &table(Gate::Xor)?, None)?;
        Ok((network, fit.history.last().map_or(0.0, |epoch| epoch.loss)))
    };
    let two = "dense 2 sigmoid, dense 1 sigmoid";
    for epochs in [1, 100, 300, 1000] {
        println!("  {epochs:>4} epochs   loss {:.4}", learn(two, 1, epochs)?.1);
    }
    let (network, loss) = learn(two, 1, 1000)?;
    assert!(loss < 0.01 && right(&network, Gate::Xor)? == 4, "{loss}");
    let by_hand = Gate::Xor.network()?;
    println!();
    for name in ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"] {
        println!("  {name:<16} by hand {:<26} found {:.1?}", format!("{:?}", by_hand.get(name)?), network.get(name)?);
    }
    println!(
        "\nWhat the hidden neurons say in each row; the last one needs only a line between the ones and the zeroes:\n"
    );
    let mut hidden = Network::new(Shape::Flat(2), [Dense::sigmoid(2)])?;
    hidden.set("layers.0.weight", &network.get("layers.0.weight")?)?;
    hidden.set("layers.0.bias", &network.get("layers.0.bias")?)?;
    println!("  a b   NAND OR   found          output");
    let names = [Gate::Nand.table(), Gate::Nor.table()];
    for row in Gate::Xor.table().rows() {
        let inputs = inputs(&row);
        let firings = Gate::Xor.fire(&inputs.iter().map(|x| f64::from(*x)).collect::<Vec<_>>())?;
        let (found, output) = (hidden.predict(&inputs)?, network.predict(&inputs)?[0]);
        println!(
            "  {} {}   {}    {}    {:.2} {:.2}      {output:.3}",
            inputs[0], inputs[1], firings[0][0].output, firings[0][1].output, found[0], found[1]
        );
        for (found, table) in found.iter().zip(&names) {
            let says = table.rows().find(|known| known.input == row.input).map(|known| known.output);
            assert_eq!(says, Some(u8::from(*found > 0.5)));
        }
    }
    println!(
        "\nIt found a pair of its own: a NAND that counts for it, and a NOR that counts against it. NOR is OR the other"
    );
    println!("way round, so that it comes to the same.");

    println!(
        "\nA start is drawn by lot, and from some starts two hidden neurons get stuck. More of them hardly ever do:\n"
    );
    let mut counts = Vec::new();
    for line in [two, "dense 4 tanh, dense 1 sigmoid"] {
        let mut learnt = 0;
        for seed in 0..40 {
            learnt += usize::from(right(&learn(line, seed, 400)?.0, Gate::Xor)? == 4);
        }
        println!("  {line:<34} learnt from {learnt} of 40 starts");
        counts.push(learnt);
    }
    assert!(counts[1] >= 38 && counts[1] > counts[0], "{counts:?}");
    Ok(())
}
