//! 5. Why activations must be non-linear, and what depth is good for.
//!
//! `cargo run -p adaline --example 05_why_non_linear`
#![allow(clippy::print_stdout, reason = "an example tells a story")]

use adaline::prelude::*;

pub(crate) fn main() -> adaline::Result<()> {
    two_identity_layers_are_one()?;
    depth_helps_on_the_spirals()
}

fn two_identity_layers_are_one() -> adaline::Result<()> {
    println!("Two layers without an activation, three inputs, two hidden units, two outputs:\n");
    let (w1, b1) = ([0.5, -1.0, 0.25, 2.0, 0.75, -0.5], [0.1, -0.2]);
    let (w2, b2) = ([1.0, -2.0, 0.5, 3.0], [0.3, 0.0]);
    let mut two = Network::new(Shape::Flat(3), [Dense::linear(2), Dense::linear(2)])?;
    two.set("layers.0.weight", &w1)?;
    two.set("layers.0.bias", &b1)?;
    two.set("layers.1.weight", &w2)?;
    two.set("layers.1.bias", &b2)?;
    println!("  y = W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2)\n");

    println!("That is one layer, with the product of the matrices as its weights:\n");
    let mut weight = [0.0; 6];
    let mut bias = b2;
    for o in 0..2 {
        for h in 0..2 {
            for i in 0..3 {
                weight[o * 3 + i] += w2[o * 2 + h] * w1[h * 3 + i];
            }
            bias[o] += w2[o * 2 + h] * b1[h];
        }
    }
    println!("  W2 W1      {:?}\n             {:?}", &weight[..3], &weight[3..]);
    println!("  W2 b1 + b2 {bias:?}\n");
    let mut one = Network::new(Shape::Flat(3), [Dense::linear(2)])?;
    one.set("layers.0.weight", &weight)?;
    one.set("layers.0.bias", &bias)?;
    println!("  {:<22}{:<22}one layer", "x", "two layers");
    for x in [[1.0, 2.0, 3.0], [-0.5, 0.25, 4.0], [0.0, 0.0, 0.0]] {
        let (two, one) = (two.predict(&x)?, one.predict(&x)?);
        println!("  {:<22}{:<22}{:?}", format!("{x:?}"), format!("{two:.4?}"), &one);
        for (two, one) in two.iter().zip(&one) {
            assert!((two - one).abs() < 1e-5, "{two} {one}");
        }
    }
    println!("\nHowever many such layers there are, they draw one straight line. An activation that bends makes the");
    println!("second layer see something new:\n");
    let mut bent = Network::new(Shape::Flat(3), [Dense::relu(2), Dense::linear(2)])?;
    for name in ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"] {
        bent.set(name, &two.get(name)?)?;
    }
    // A straight function has its mean at the middle of any two points.
    let (a, b, middle) = ([1.0, 2.0, 3.0], [-1.0, -2.0, 3.0], [0.0, 0.0, 3.0]);
    let gap = |network: &Network| -> adaline::Result<f32> {
        let (a, b, middle) = (network.predict(&a)?, network.predict(&b)?, network.predict(&middle)?);
        Ok(((a[0] + b[0]) / 2.0 - middle[0]).abs())
    };
    println!("  how far the middle of two points is from the mean of their outputs");
    println!("  identity   {:.4}\n  relu       {:.4}\n", gap(&two)?, gap(&bent)?);
    assert!(gap(&two)? < 1e-5 && gap(&bent)? > 0.1);
    Ok(())
}

/// What some starts of a network come to on the spirals.
struct Tried {
    parameters: usize,
    /// The mean share of the training rows that are right after 50, 100 and 200 epochs, and of the test rows at the end.
    learnt: [f64; 3],
    tested: f64,
}

const STARTS: u64 = 4;

fn learn(line: &str) -> adaline::Result<Tried> {
    let data = Table::builtin("spirals")?.target("class")?.split(Split::seeded(1).validation(0.0))?;
    let mut tried = Tried { parameters: 0, learnt: [0.0; 3], tested: 0.0 };
    for seed in 0..STARTS {
        let mut network = Network::new(data.input(), Layer::parse_chain(line)?)?;
        network.initialize(seed);
        tried.parameters = network.parameters();
        let mut model = Model::new(data.encoder(), network);
        let fit = model.fit(&data, Trainer::new(Adam::default().learning_rate(0.01)).epochs(200).seed(seed))?;
        for (sum, epoch) in tried.learnt.iter_mut().zip([50, 100, 200]) {
            *sum += fit.history[epoch - 1].accuracy.unwrap_or(0.0) / STARTS as f64;
        }
        tried.tested += model.evaluate(data.test())?.accuracy().unwrap_or(0.0) / STARTS as f64;
    }
    Ok(tried)
}

fn depth_helps_on_the_spirals() -> adaline::Result<()> {
    println!(
        "Two spirals wound around each other, 480 points to learn from and 120 to be tested on. The share that is"
    );
    println!("right, the mean of {STARTS} starts:\n");
    println!("  {:<54}{:>7}  {:>26}  {:>6}", "network", "weights", "after 50, 100, 200 epochs", "tested");
    let show = |line: &str| -> adaline::Result<Tried> {
        let tried = learn(line)?;
        let [early, middle, end] = tried.learnt;
        let shares = format!("{early:.2}   {middle:.2}   {end:.2}");
        println!("  {line:<54}{:>7}  {shares:>26}  {:>6.2}", tried.parameters, tried.tested);
        Ok(tried)
    };
    let line = show("dense 1")?;
    let lines = show("dense 8, dense 8, dense 7, dense 1")?;
    let wide = show("dense 40 tanh, dense 1")?;
    let deep = show("dense 8 tanh, dense 8 tanh, dense 7 tanh, dense 1")?;
    println!(
        "\nA straight line parts nothing, and three layers of lines are one line. One layer of bent units gets there,"
    );
    println!(
        "slowly. As many weights in three layers, each bending what the one before has bent, are there far sooner."
    );
    for straight in [&line, &lines] {
        assert!(straight.learnt[2] < 0.7 && straight.tested < 0.7);
    }
    assert!(wide.learnt[2] > lines.learnt[2] + 0.1);
    assert!(
        deep.parameters < wide.parameters + 10 && deep.learnt[1] > wide.learnt[1] + 0.1 && deep.tested > wide.tested
    );
    Ok(())
}
