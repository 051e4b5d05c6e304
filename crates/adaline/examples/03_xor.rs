//! 3. Why XOR needs two layers.
//!
//! `cargo run -p adaline --example 03_xor`
#![allow(clippy::print_stdout, reason = "an example tells a story")]

use adaline::{Gate, Neuron};

pub(crate) fn main() -> adaline::Result<()> {
    println!("XOR is 1 when its inputs differ. Is there a neuron for it?\n");
    let xor = Gate::Xor.table();
    let grid = || (-20..=20).map(|i| f64::from(i) / 10.0);
    let (mut tried, mut ands, mut xors) = (0, 0, 0);
    for (w1, w2) in grid().flat_map(|w1| grid().map(move |w2| (w1, w2))) {
        for bias in grid() {
            let neuron = Neuron::step([w1, w2], bias);
            tried += 1;
            ands += usize::from(Gate::And.table().first_wrong_row(&neuron)?.is_none());
            xors += usize::from(xor.first_wrong_row(&neuron)?.is_none());
        }
    }
    println!("  Of {tried} neurons {ands} are an AND, and {xors} are an XOR.");
    assert!(ands > 1000 && xors == 0);

    println!("\nNor is there one among all the others. XOR asks for");
    println!("  0 1: w2 + b > 0      1 0: w1 + b > 0        together  w1 + w2 + 2b > 0");
    println!("  0 0:      b ≤ 0      1 1: w1 + w2 + b ≤ 0   together  w1 + w2 + 2b ≤ 0");
    println!("and both cannot be: no straight line has 0 1 and 1 0 on one side, 0 0 and 1 1 on the other.");

    println!("\nTwo layers can: XOR(a, b) = AND(NAND(a, b), OR(a, b)).\n");
    println!("  a b   NAND OR   XOR");
    for row in xor.rows() {
        let inputs = [f64::from(row.input[0]), f64::from(row.input[1])];
        let firings = Gate::Xor.fire(&inputs)?;
        let [nand, or, and] = [firings[0][0].output, firings[0][1].output, firings[1][0].output];
        println!("  {} {}    {nand}    {or}     {and}", inputs[0], inputs[1]);
        assert_eq!(and, f64::from(row.output));
    }
    println!(
        "\nLook at the middle columns as new coordinates: 0 1 and 1 0 have become the same point, 1 1. Points that"
    );
    println!("no line could part have been moved so that one can. That is what a hidden layer is for.");

    println!("\nThe same two layers as a network: weights in matrices, four examples at once.\n");
    let network = Gate::Xor.network()?;
    println!("  {}", network.notation());
    for name in ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"] {
        println!("  {name:<16} {:?}", network.get(name)?);
    }
    let outputs = network.predict(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])?;
    println!("  {:<16} {outputs:?}", "outputs");
    assert_eq!(outputs, [0.0, 1.0, 1.0, 0.0]);
    Ok(())
}
