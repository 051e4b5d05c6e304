//! 6. A dense layer is a row of neurons.
//!
//! `cargo run -p adaline --example 06_a_layer_is_neurons`
#![allow(clippy::print_stdout, reason = "an example tells a story")]

use adaline::reference;
use adaline::{Activation, Network, Neuron, NeuronLayer};

pub(crate) fn main() -> adaline::Result<()> {
    println!("Three neurons that see the same two inputs:\n");
    let neurons = NeuronLayer::new([
        Neuron::new([0.4, -0.7], 0.2, Activation::Sigmoid),
        Neuron::new([1.5, 0.3], -0.9, Activation::Sigmoid),
        Neuron::new([-0.1, 0.6], 0.0, Activation::Sigmoid),
    ]);
    for neuron in &neurons.neurons {
        println!("  {neuron}");
    }

    println!("\nStack their weights, a row a neuron, and their biases: that is a dense layer.\n");
    let (weight, bias) = (neurons.weights(), neurons.biases());
    for (row, bias) in weight.chunks(2).zip(&bias) {
        println!("  weight {row:>4?}   bias {bias:>4}");
    }

    println!("\nOne example at a time through the neurons, and all four at once through the layer, as plain loops:\n");
    let batch = [[1.0, 2.0], [-0.5, 0.25], [0.1, 0.2], [3.0, -4.0]];
    let layer = reference::Dense::new(2, 3, &weight, Some(&bias))?;
    let sums = layer.forward(batch.as_flattened())?;
    let outputs = reference::activation::forward(Activation::Sigmoid, &sums, 3)?;
    println!("  {:<14}{:<34}the layer", "inputs", "the neurons");
    for (inputs, from_layer) in batch.iter().zip(outputs.chunks(3)) {
        let from_neurons = neurons.outputs(inputs)?;
        println!("  {:<14}{:<34}{from_layer:.6?}", format!("{inputs:?}"), format!("{from_neurons:.6?}"));
        assert_eq!(from_neurons, from_layer, "the same numbers, bit for bit");
    }
    println!(
        "\nThe same numbers to the last bit: 3 × 2 weights, 3 biases, 6 multiply-adds an example. Nothing is new in a"
    );
    println!("layer but the bookkeeping, and the bookkeeping is a product of matrices, which computers do very fast.");

    let network = Network::from_neurons(&[neurons])?;
    println!("\nThe fast network, \"{}\", has f32 numbers, of seven digits:\n", network.notation());
    let inputs = batch.as_flattened().iter().map(|x| *x as f32).collect::<Vec<_>>();
    let fast = network.predict(&inputs)?;
    for (inputs, outputs) in batch.iter().zip(fast.chunks(3)) {
        println!("  {:<14}{outputs:.6?}", format!("{inputs:?}"));
    }
    for (fast, slow) in fast.iter().zip(&outputs) {
        assert!((f64::from(*fast) - slow).abs() < 1e-6, "{fast} {slow}");
    }
    Ok(())
}
