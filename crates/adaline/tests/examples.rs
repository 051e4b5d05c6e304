//! The lecture's examples run, and every claim in them holds: they assert what they print.

#[path = "../examples/01_neuron.rs"]
mod neuron;

#[path = "../examples/02_gates.rs"]
mod gates;

#[path = "../examples/03_xor.rs"]
mod xor;

#[path = "../examples/04_activations.rs"]
mod activations;

#[cfg(feature = "data")]
#[path = "../examples/05_why_non_linear.rs"]
mod why_non_linear;

#[path = "../examples/06_a_layer_is_neurons.rs"]
mod a_layer_is_neurons;

#[path = "../examples/07_the_computer_finds_the_weights.rs"]
mod the_computer_finds_the_weights;

#[cfg(feature = "data")]
#[path = "../examples/08_real_data.rs"]
mod real_data;

#[cfg(feature = "data")]
#[path = "../examples/09_a_cnn_narrows_information.rs"]
mod a_cnn_narrows_information;

#[path = "../examples/10_an_rnn_remembers.rs"]
mod an_rnn_remembers;

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

#[cfg(feature = "data")]
#[test]
fn example_05_why_non_linear() -> adaline::Result<()> {
    why_non_linear::main()
}

#[test]
fn example_06_a_layer_is_neurons() -> adaline::Result<()> {
    a_layer_is_neurons::main()
}

#[test]
fn example_07_the_computer_finds_the_weights() -> adaline::Result<()> {
    the_computer_finds_the_weights::main()
}

#[cfg(feature = "data")]
#[test]
fn example_08_real_data() -> adaline::Result<()> {
    real_data::main()
}

#[cfg(feature = "data")]
#[test]
fn example_09_a_cnn_narrows_information() -> adaline::Result<()> {
    a_cnn_narrows_information::main()
}

#[test]
fn example_10_an_rnn_remembers() -> adaline::Result<()> {
    an_rnn_remembers::main()
}
