//! 6. A dense layer is a row of neurons.
//!
//! `cargo run -p adaline --example 06_a_layer_is_neurons`
#![allow(clippy::print_stdout, reason = "an example tells a story")]

use adaline::reference::{Network, activation};
use adaline::{Activation, Dense, Neuron, NeuronLayer, Shape};

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

    let batch = [[1.0, 2.0], [-0.5, 0.25], [0.1, 0.2], [3.0, -4.0]];
    let layer = Dense::new(3, Activation::Sigmoid);
    let network = Network::new(Shape::Flat(2), &[layer.into()], vec![weight, bias])?;
    let trace = network.forward(batch.as_flattened(), None)?;

    println!("\nOne example at a time through the neurons, and all four at once through the layer:\n");
    println!("  {:<14}{:<34}the layer", "inputs", "the neurons");
    for (inputs, from_layer) in batch.iter().zip(trace.outputs().chunks(3)) {
        let from_neurons = neurons.outputs(inputs)?;
        println!("  {:<14}{:<34}{from_layer:.6?}", format!("{inputs:?}"), format!("{from_neurons:.6?}"));
        assert_eq!(from_neurons, from_layer, "the same numbers, bit for bit");
    }
    println!(
        "\nThe same numbers to the last bit: 3 × 2 weights, 3 biases, 6 multiply-adds an example. Nothing is new in a"
    );
    println!("layer but the bookkeeping, and the bookkeeping is a product of matrices, which computers do very fast.");

    println!("\nThe layer keeps its sums as well, for it will need them to learn:\n");
    println!("  sums of the first example   {:.4?}", &trace.layers[0].sums[..3]);
    let outputs = activation::forward(Activation::Sigmoid, &trace.layers[0].sums, 3)?;
    assert_eq!(outputs, trace.outputs());
    let first: Vec<f64> = neurons.fire(&batch[0])?.iter().map(|firing| firing.sum.value).collect();
    assert_eq!(first, trace.layers[0].sums[..3]);
    Ok(())
}
