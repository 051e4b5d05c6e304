use super::*;
use crate::op::DenseSpec;
use crate::{Activation, Conv, Dense, Settings, Shape, Targets, Trainer};

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|x| x.to_bits()).collect()
}

fn chains(network: &Network, batch: usize, aim: Aim) -> Vec<usize> {
    let plan = Plan::new(network, batch, aim, Hardware { threads: 1, set: InstructionSet::best() }).unwrap();
    let links = |op: &Op| op.results(0).len();
    plan.ops.iter().filter(|op| matches!(op, Op::Chain(_))).map(links).collect()
}

/// The largest batch for which all layers of the network are small.
fn border(network: &Network) -> usize {
    let layers = network.layers().len();
    let whole = |batch: &usize| chains(network, *batch, Aim::Train(Loss::Mse)) == [layers];
    let border = (1..2000).take_while(whole).count();
    assert!((1..1999).contains(&border), "{border}");
    border
}

#[test]
fn on_both_sides_of_the_border_a_network_gives_the_same_bits() {
    let layers = [Dense::tanh(9), Dense::relu(17), Dense::new(5, Activation::Sigmoid)];
    let network = Network::new(Shape::Flat(11), layers).unwrap();
    let border = border(&network);
    assert!(chains(&network, 100_000, Aim::Train(Loss::Mse)).is_empty());
    let rows = 7.min(border);
    let x: Vec<f32> = (0..rows * 11).map(|i| (i * 37 % 101) as f32 / 50.0 - 1.0).collect();
    let t: Vec<f32> = (0..rows * 5).map(|i| (i % 3) as f32 / 3.0).collect();
    let learn = |batch: usize| {
        let mut network = network.clone();
        let settings = Settings { batch_size: batch, ..Settings::default() };
        let targets = Targets::Values { width: 5, values: vec![0.0; batch * 5] };
        let mut session = Trainer::with(settings).session(&network, &targets).unwrap();
        let mut losses = Vec::new();
        for _ in 0..3 {
            losses.push(session.step(&mut network, &x, crate::Batch::Values(&t), 0.01).unwrap().loss.to_bits());
        }
        (losses, bits(network.params()))
    };
    let predict = |batch: usize| bits(Predictor::new(&network, batch, 1).unwrap().predict(&x).unwrap());
    for batch in [border + 1, 100_000] {
        assert_eq!(learn(border), learn(batch), "{batch}");
        assert_eq!(predict(border.max(rows)), predict(batch), "{batch}");
    }
}

/// Chains in the middle of a network, whose values have gradients on both sides, from one reader and from two.
#[test]
fn chains_that_pass_their_gradient_on_give_the_same_bits() {
    for (line, links) in [
        ("dense 4 tanh, residual(dense 4 relu, dense 4), dense 2", vec![1, 2, 1]),
        (
            "dense 4 tanh, residual(dense 9 tanh, dense 4), residual(dense 4 sigmoid), dense 3 tanh, dense 2",
            vec![1, 2, 1, 2],
        ),
        ("dense 5 gelu, dense 3 tanh, dense 7, dense 2 gelu, dense 2", vec![1, 3, 1]),
    ] {
        let network = Network::new(Shape::Flat(3), Layer::parse_chain(line).unwrap()).unwrap();
        assert_eq!(chains(&network, 6, Aim::Train(Loss::Mse)), links, "{line}");
        assert!(chains(&network, 100_000, Aim::Train(Loss::Mse)).is_empty());
        let learn = |batch: usize| {
            let mut network = network.clone();
            let settings = Settings { batch_size: batch, ..Settings::default() };
            let targets = Targets::Values { width: 2, values: vec![0.0; batch * 2] };
            let mut session = Trainer::with(settings).session(&network, &targets).unwrap();
            // A whole batch first, and then fewer rows.
            for rows in [6, 2, 1, 5] {
                let x: Vec<f32> = (0..rows * 3).map(|i| (i * 37 % 101) as f32 / 50.0 - 1.0).collect();
                let t: Vec<f32> = (0..rows * 2).map(|i| (i % 3) as f32 / 3.0).collect();
                session.step(&mut network, &x, crate::Batch::Values(&t), 0.01).unwrap();
            }
            bits(network.params())
        };
        assert_eq!(learn(6), learn(100_000), "{line}");
    }
}

#[test]
fn a_chain_goes_as_far_as_values_have_one_reader() {
    let chain = |line: &str| {
        let network = Network::new(Shape::Flat(3), Layer::parse_chain(line).unwrap()).unwrap();
        chains(&network, 4, Aim::Train(Loss::Mse))
    };
    assert_eq!(chain("dense 4 tanh, dense 3 relu, dense 1"), [3]);
    // An activation that needs its input stands alone, and so does dropout.
    assert_eq!(chain("dense 4 tanh, dense 3 gelu, dense 2, dense 1"), [2, 2]);
    assert_eq!(chain("dense 4 tanh, dropout 0.5, dense 2"), [1, 1]);
    // What goes past a residual's layers is read twice.
    assert_eq!(chain("dense 4, residual(dense 4 relu, dense 4), dense 2"), [1, 2, 1]);
    // A large layer in the middle.
    assert_eq!(chain("dense 4 relu, dense 20000 relu, dense 4, dense 2"), [1, 1]);
}

#[test]
fn what_is_small_depends_on_the_size_alone() {
    let op = |inputs, outputs| crate::op::Lowered::Product {
        rows: 1,
        inputs,
        outputs,
        weight: 0..0,
        bias: None,
        activation: Activation::Identity,
    };
    assert!(DenseSpec::small(0, &op(4, 16), 16).is_some());
    assert!(DenseSpec::small(0, &op(784, 128), 64).is_none());
    assert!(DenseSpec::small(0, &op(128, 128), 1).is_none());
    assert!(DenseSpec::small(0, &op(usize::MAX, 2), usize::MAX).is_none());
}

#[test]
fn convolutions_that_reach_further_than_can_be_counted_are_refused() {
    let image = Shape::Image { channels: 1, height: 8, width: 8 };
    for conv in [Conv::relu(3, 3).same().dilation(1 << 62), Conv::relu(3, 3).same().strides(9_000_000_000_000_000_000)]
    {
        let error = Network::new(image, [Layer::from(conv)]).unwrap_err().to_string();
        assert!(error.contains("go up to 65536"), "{error}");
    }
    // The largest one is a network, but not one with a plan.
    let network = Network::new(image, [Layer::from(Conv::relu(3, 3).same().dilation(1 << 16))]).unwrap();
    let hardware = Hardware { threads: 1, set: InstructionSet::best() };
    let error = Plan::new(&network, 32, Aim::Train(Loss::Mse), hardware).unwrap_err().to_string();
    assert!(error.contains("memory"), "{error}");
}
