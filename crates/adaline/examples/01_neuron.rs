//! 1. A neuron and its bias.
//!
//! `cargo run -p adaline --example 01_neuron`
#![allow(clippy::print_stdout, reason = "an example tells a story")]

use adaline::{Gate, Neuron};

pub(crate) fn main() -> adaline::Result<()> {
    println!("A neuron weighs its inputs, adds its bias, and fires when the sum is above zero.\n");
    let neuron = Neuron::step([0.4, 0.4], -0.6);
    println!("  {neuron}");
    for inputs in [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]] {
        let [x1, x2] = inputs;
        let firing = neuron.fire(&inputs)?;
        println!("  {x1} {x2}   0.4·{x1} + 0.4·{x2} - 0.6 = {:>4}   {}", firing.sum, firing.output);
    }
    assert_eq!(neuron.output(&[1.0, 0.0])?, 0.0);
    assert_eq!(neuron.output(&[1.0, 1.0])?, 1.0);

    if let Some(line) = neuron.line() {
        println!("\nWhere the sum is zero lies a line, {line}. It fires (#) on one side of it only.");
        println!("The four corners of the table are marked 0 and 1.\n");
    }
    draw(&neuron)?;

    println!("\nTake the bias away, and the line goes through the corner 0 0, whatever the weights are:\n");
    let without = Neuron::step([0.4, 0.4], 0.0);
    draw(&without)?;
    assert_eq!(without.line().and_then(|line| line.y_at(0.0)), Some(0.0));

    println!("\nWhat that costs. Of 41 × 41 pairs of weights from -2 to 2, how many keep each gate's table?\n");
    println!("  gate   bias 0   bias -0.55   bias 0.55");
    for gate in [Gate::And, Gate::Or, Gate::Nand, Gate::Nor] {
        let counts = [0.0, -0.55, 0.55].map(|bias| pairs_that_work(gate, bias));
        println!("  {gate:<4} {:>8} {:>12} {:>11}", counts[0], counts[1], counts[2]);
        // With no bias the sum for 0 0 is exactly 0: NAND and NOR, which are 1 there, are out of reach. AND would need
        // two weights that are not above zero alone, and above zero together.
        assert_eq!(counts[0] > 0, gate == Gate::Or);
        assert!(counts[1] > 0 || counts[2] > 0, "a bias makes {gate} possible");
    }
    println!("\nOnly OR is left. The bias is what lets a neuron choose where to draw its line.");

    println!("\nExactly zero does not fire. But a sum of decimal fractions may miss zero by a rounding error:\n");
    let edge = Neuron::step([0.1, 0.2], -0.3);
    let firing = edge.fire(&[1.0, 1.0])?;
    println!("  0.1 + 0.2 - 0.3 = {}, so {edge} gives {}", firing.sum, firing.output);
    assert!(firing.sum.is_rounding_error() && firing.output == 1.0);
    assert_eq!(Neuron::step([0.5, 0.5], -1.0).output(&[1.0, 1.0])?, 0.0);
    Ok(())
}

/// How many pairs of weights in steps of 0.1 compute the gate with this bias.
fn pairs_that_work(gate: Gate, bias: f64) -> usize {
    let table = gate.table();
    let grid = || (-20..=20).map(|i| f64::from(i) / 10.0);
    grid()
        .flat_map(|w1| grid().map(move |w2| Neuron::step([w1, w2], bias)))
        .filter(|neuron| matches!(table.first_wrong_row(neuron), Ok(None)))
        .count()
}

/// The plane of two inputs from -0.5 to 1.5: `#` where the neuron fires, `·` where not, and its output in the corners.
fn draw(neuron: &Neuron) -> adaline::Result<()> {
    for row in (-4..=12).rev().step_by(2) {
        let y = f64::from(row) / 8.0;
        let mut text = String::new();
        for column in -8..=24 {
            let x = f64::from(column) / 16.0;
            let output = neuron.output(&[x, y])?;
            let corner = (x == 0.0 || x == 1.0) && (y == 0.0 || y == 1.0);
            text.push(match (corner, output > 0.0) {
                (true, fires) => char::from(b'0' + u8::from(fires)),
                (false, true) => '#',
                (false, false) => '·',
            });
        }
        println!("  {text}");
    }
    Ok(())
}
