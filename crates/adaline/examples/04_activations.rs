//! 4. Activations, and how softmax overflows when it is written as in the book.
//!
//! `cargo run -p adaline --example 04_activations`
#![allow(clippy::print_stdout, reason = "an example tells a story")]

use adaline::{Activation, Derivative, softmax};

pub(crate) fn main() -> adaline::Result<()> {
    println!("A step throws away how far the sum is from zero, and its slope is 0: nothing to learn from.");
    println!("Smooth activations keep both. Value, and slope in brackets:\n");
    println!("  {:<13}{:>17}{:>17}{:>17}{:>17}", "x", "-3", "-0.5", "0.5", "3");
    for activation in Activation::all().filter(|activation| *activation != Activation::Softmax) {
        let cells = [-3.0, -0.5, 0.5, 3.0].map(|x| format!("{:.4} ({:.4})", activation.value(x), activation.slope(x)));
        println!("  {:<13}{:>17}{:>17}{:>17}{:>17}", activation.name(), cells[0], cells[1], cells[2], cells[3]);
    }
    assert_eq!(Activation::Step.derivative(), Derivative::Useless);
    assert_eq!(Activation::Step.slope(0.5), 0.0);
    assert_eq!(Activation::Sigmoid.value(3.0), 0.9525741268224334);
    assert_eq!(Activation::Sigmoid.value(-3.0), 0.04742587317756678);

    println!("\nSoftmax makes any numbers into shares that sum to 1; the largest gets the most:\n");
    let scores = [0.3, 0.2, 3.0, -1.2];
    let shares = softmax(&scores);
    println!("  {scores:?} → {shares:.7?}");
    let sum: f64 = shares.iter().sum();
    assert!((sum - 1.0).abs() < 1e-15);
    assert!((shares[2] - 0.8748821).abs() < 5e-8);

    println!(
        "\nAs the formula stands, e^1000 is more than a number can hold, and infinity by infinity is no number:\n"
    );
    let large = [1000.0, 1001.0, 1002.0];
    println!("  as it stands              {large:?} → {:?}", naive_softmax(&large));
    println!("  largest subtracted first  {large:?} → {:.4?}", softmax(&large));
    println!("  the same differences      {:?} → {:.4?}", [0.0, 1.0, 2.0], softmax(&[0.0, 1.0, 2.0]));
    assert!(naive_softmax(&large).iter().all(|share| share.is_nan()));
    for (a, b) in softmax(&large).iter().zip(softmax(&[0.0, 1.0, 2.0])) {
        assert!((a - b).abs() < 1e-12);
    }
    for (a, b) in naive_softmax(&scores).iter().zip(shares) {
        assert!((a - b).abs() < 1e-15, "where nothing overflows both forms agree");
    }

    println!("\nThe same care elsewhere:\n");
    let (sigmoid, softplus) = (Activation::Sigmoid, Activation::Softplus);
    println!("  sigmoid(-1000) = {}, sigmoid(1000) = {}", sigmoid.value(-1000.0), sigmoid.value(1000.0));
    println!(
        "  softplus(1000) = {}, while ln(1 + e^1000) as it stands is {}",
        softplus.value(1000.0),
        naive_softplus()
    );
    assert_eq!((sigmoid.value(-1000.0), sigmoid.value(1000.0)), (0.0, 1.0));
    assert_eq!((softplus.value(-1000.0), softplus.value(1000.0)), (0.0, 1000.0));

    println!("\nSome take a parameter, and names are read as Keras and PyTorch spell them:\n");
    for name in ["leaky_relu", "LeakyReLU(0.2)", "swish", "logistic", "linear"] {
        let activation: Activation = name.parse()?;
        println!("  {name:<15} is {activation:<16} f(-2) = {}", activation.value(-2.0));
    }
    assert_eq!("LeakyReLU(0.2)".parse::<Activation>()?.value(-2.0), -0.4);
    Ok(())
}

/// eˣⁱ / Σ eˣʲ, letter for letter.
fn naive_softmax(x: &[f64]) -> Vec<f64> {
    let powers: Vec<f64> = x.iter().map(|x| x.exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

/// ln(1 + e¹⁰⁰⁰), letter for letter.
fn naive_softplus() -> f64 {
    (1.0 + 1000f64.exp()).ln()
}
