//! 2. The logic gates, each a neuron set by hand.
//!
//! `cargo run -p adaline --example 02_gates`
#![allow(clippy::print_stdout, reason = "an example tells a story")]

use adaline::{Gate, Neuron};

pub(crate) fn main() -> adaline::Result<()> {
    println!("Two weights and a bias make a gate. Same neuron, other numbers.\n");
    for gate in [Gate::And, Gate::Or, Gate::Nand, Gate::Nor, Gate::Not] {
        let Some(neuron) = gate.neuron() else { continue };
        println!("  {:<5} {neuron}", gate.name().to_uppercase());
        for row in gate.table().rows() {
            let inputs: Vec<f64> = row.input.iter().map(|x| f64::from(*x)).collect();
            let firing = neuron.fire(&inputs)?;
            println!("        {:?} → sum {:>4} → {}", row.input, firing.sum, firing.output);
            assert_eq!(firing.output, f64::from(row.output), "{gate} {row:?}");
        }
    }

    println!("\nNAND is AND with every sign turned: the line stays about where it is, and the sides change.");
    println!("The numbers are not the only ones. A neuron is checked against the table, row by row:\n");
    let table = Gate::And.table();
    for (weights, bias) in [([0.4, 0.4], -0.6), ([0.5, 0.5], -0.7), ([7.0, 3.0], -9.0), ([0.4, 0.4], -0.3)] {
        let neuron = Neuron::step(weights, bias);
        match table.first_wrong_row(&neuron)? {
            None => println!("  {neuron} is an AND"),
            Some(wrong) => println!("  {neuron} is not: {wrong}"),
        }
    }
    assert_eq!(table.first_wrong_row(&Neuron::step([7.0, 3.0], -9.0))?, None);
    let wrong = table.first_wrong_row(&Neuron::step([0.4, 0.4], -0.3))?;
    assert_eq!(wrong.map(|wrong| wrong.row.input), Some(vec![0, 1]));

    println!("\nA gate of more inputs is the same neuron with more weights. Two of three:\n");
    let majority = Neuron::step([1.0, 1.0, 1.0], -1.5);
    for number in 0u8..8 {
        let inputs = [number >> 2 & 1, number >> 1 & 1, number & 1];
        let output = majority.output(&inputs.map(f64::from))?;
        println!("  {inputs:?} → {output}");
        assert_eq!(output == 1.0, inputs.iter().sum::<u8>() >= 2);
    }
    Ok(())
}
