//! The lecture's examples run, and every claim in them holds: they assert what they print.

#[path = "../examples/01_neuron.rs"]
mod neuron;

#[path = "../examples/02_gates.rs"]
mod gates;

#[path = "../examples/03_xor.rs"]
mod xor;

#[path = "../examples/04_activations.rs"]
mod activations;

#[path = "../examples/06_a_layer_is_neurons.rs"]
mod a_layer_is_neurons;

#[test]
fn example_01_neuron() -> adaline::Result<()> {
    neuron::main()
}

#[test]
fn example_02_gates() -> adaline::Result<()> {
    gates::main()
}

#[test]
fn example_03_xor() -> adaline::Result<()> {
    xor::main()
}

#[test]
fn example_04_activations() -> adaline::Result<()> {
    activations::main()
}

#[test]
fn example_06_a_layer_is_neurons() -> adaline::Result<()> {
    a_layer_is_neurons::main()
}
