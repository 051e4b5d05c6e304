//! Every layer in many geometries: every parameter and every input against central differences.

use super::*;
use crate::reference::central_differences;
use crate::rng::{Purpose, Rng};

const ONE_ROW: Pass<'_> = Pass { masks: None, lengths: None, training: false };
const TRAINING: Pass<'_> = Pass { masks: None, lengths: None, training: true };

fn flat(n: usize) -> Shape {
    Shape::Flat(n)
}

fn image(channels: usize, height: usize, width: usize) -> Shape {
    Shape::Image { channels, height, width }
}

fn steps(steps: usize, features: usize) -> Shape {
    Shape::Sequence { steps, features }
}

/// A network with drawn parameters; running variances are positive.
fn network(input: Shape, chain: &str) -> Network {
    let layers = Layer::parse_chain(chain).unwrap();
    let links = chain::links(&layers, input, 0, "").unwrap();
    let mut rng = Rng::stream(11, Purpose::Data, 0);
    let mut parameters = Vec::new();
    for parameter in links.iter().flat_map(|link| link.layer.parameters(link.input)) {
        let n = parameter.shape.iter().product();
        let positive = parameter.name.ends_with("running_var");
        let draw = |_| if positive { 0.5 + rng.uniform() } else { 0.6 * rng.normal() };
        parameters.push((0..n).map(draw).collect());
    }
    Network::new(input, &layers, parameters).unwrap()
}

fn numbers(seed: u64, n: usize) -> Vec<f64> {
    let mut rng = Rng::stream(seed, Purpose::Data, 1);
    (0..n).map(|_| rng.normal()).collect()
}

/// The gradients of Σ y · dy.
fn agree(input: Shape, chain: &str, rows: usize, pass: Pass<'_>) {
    let network = network(input, chain);
    let x = match network.layers[0] {
        Layer::Embedding(_) => (0..rows * input.len()).map(|k| (k * k % 5) as f64).collect(),
        _ => numbers(1, rows * input.len()),
    };
    let what = format!("{chain} on {rows} rows of {input}, {pass:?}");
    let trace = network.forward(&x, pass).unwrap();
    assert_eq!(trace.outputs().len(), rows * network.output_width(), "{what}");
    let dy = numbers(2, trace.outputs().len());
    let objective = |network: &Network, x: &[f64]| -> f64 {
        network.forward(x, pass).unwrap().outputs().iter().zip(&dy).map(|(y, dy)| y * dy).sum()
    };
    let got = network.backward(&trace, &dy).unwrap();
    assert_eq!(got.outputs.len(), network.layers.len());
    let mut moved = 0;
    let mut compare = |which: &str, got: &[f64], want: &[f64]| {
        assert_eq!(got.len(), want.len(), "{what}: {which}");
        for (k, (a, b)) in got.iter().zip(want).enumerate() {
            assert!((a - b).abs() <= 1e-8 * (1.0 + b.abs()), "{what}: {which}, value {k}: {a}, not {b}");
            moved += usize::from(a.abs() > 1e-6);
        }
    };
    if !matches!(network.layers[0], Layer::Embedding(_)) {
        compare("x", &got.input, &central_differences(|x| objective(&network, x), &x, 1e-5));
    }
    assert_eq!(got.parameters.len(), network.parameters.len(), "{what}");
    for (tensor, (_, name)) in network.sizes.iter().enumerate() {
        if name.contains("running_") {
            assert!(got.parameters[tensor].iter().all(|d| *d == 0.0), "{what}: {name}");
            continue;
        }
        let by_differences = |values: &[f64]| {
            let mut moved = network.clone();
            moved.parameters[tensor] = values.to_vec();
            objective(&moved, &x)
        };
        compare(name, &got.parameters[tensor], &central_differences(by_differences, &network.parameters[tensor], 1e-5));
    }
    // ReLUs may all be below zero.
    assert!(moved > 0 || chain.contains("relu"), "{what}: nothing moves");
}

#[test]
fn convolutions_of_images() {
    for (chain, shape) in [
        ("conv 2 3x3", image(1, 5, 4)),
        ("conv 3 2x3 tanh", image(2, 3, 5)),
        ("conv 2 3 same", image(2, 4, 3)),
        ("conv 2 2x4 same softplus", image(1, 3, 3)),
        ("conv 2 3 strides 2", image(2, 6, 7)),
        ("conv 2 3 strides 2x3 same", image(2, 5, 6)),
        ("conv 2 2 strides 3 same", image(1, 5, 7)),
        ("conv 2 1 strides 2", image(3, 3, 4)),
        ("conv 2 3 dilation 2", image(1, 6, 5)),
        ("conv 2 2x3 dilation 1x2 same no_bias", image(2, 3, 4)),
        ("conv 2 3 strides 2 dilation 2 same", image(1, 5, 4)),
        ("conv 4 2 groups 2", image(2, 3, 3)),
        ("conv 3 3 groups 3 same", image(3, 3, 2)),
        ("conv 6 2 groups 3 strides 2 sigmoid", image(3, 4, 3)),
        ("conv 2 1", image(1, 1, 1)),
        ("conv 2 3 same", image(2, 1, 1)),
        ("conv 2 3 same dilation 4", image(1, 1, 1)),
        ("conv 2 3x1", image(1, 3, 1)),
        ("conv 2 2 tanh, conv 2 3 same tanh, flatten, dense 2", image(1, 3, 4)),
    ] {
        for rows in [1, 3] {
            agree(shape, chain, rows, ONE_ROW);
        }
    }
}

#[test]
fn convolutions_of_sequences() {
    for (chain, shape) in [
        ("conv 2 3", steps(5, 1)),
        ("conv 3 2 same tanh", steps(4, 2)),
        ("conv 2 3 strides 2 same", steps(6, 2)),
        ("conv 2 2 dilation 3", steps(5, 3)),
        ("conv 4 3 groups 2 same no_bias", steps(3, 2)),
        ("conv 2 1", steps(1, 1)),
        ("conv 3 5 same", steps(1, 2)),
        ("conv 2 3 same, maxpool 2, lstm 2", steps(6, 2)),
    ] {
        for rows in [1, 2] {
            agree(shape, chain, rows, ONE_ROW);
            let Shape::Sequence { steps, .. } = shape else { unreachable!("{shape} is no sequence") };
            let lengths = [steps as u32, 1, steps.div_ceil(2) as u32];
            agree(shape, chain, 3, Pass { lengths: Some(&lengths), ..ONE_ROW });
        }
    }
}

#[test]
fn pools() {
    for kind in ["maxpool", "avgpool"] {
        for (settings, shape) in [
            ("2", image(2, 4, 6)),
            ("2", image(1, 5, 3)),
            ("3x2 strides 1", image(2, 4, 3)),
            ("3 strides 2 same", image(2, 5, 6)),
            ("2 strides 3 same", image(1, 4, 5)),
            ("2 same", image(2, 3, 5)),
            ("3 same", image(2, 1, 1)),
            ("1", image(1, 1, 1)),
            ("2", steps(5, 3)),
            ("3 strides 1 same", steps(4, 2)),
            ("2 same", steps(1, 2)),
        ] {
            for rows in [1, 3] {
                agree(shape, &format!("{kind} {settings}"), rows, ONE_ROW);
            }
            if let Shape::Sequence { steps, .. } = shape {
                let pass = Pass { lengths: Some(&[steps as u32, 1, steps.div_ceil(2) as u32]), ..ONE_ROW };
                agree(shape, &format!("{kind} {settings}"), 3, pass);
            }
        }
    }
    for kind in ["global_maxpool", "global_avgpool"] {
        for shape in [image(3, 2, 4), image(2, 1, 1), steps(4, 3), steps(1, 2)] {
            agree(shape, kind, 2, ONE_ROW);
        }
        for lengths in [[4, 4, 4], [1, 3, 4], [2, 1, 1]] {
            agree(steps(4, 2), kind, 3, Pass { lengths: Some(&lengths), ..ONE_ROW });
            agree(steps(4, 2), &format!("maxpool 2, {kind}"), 3, Pass { lengths: Some(&lengths), ..ONE_ROW });
        }
    }
}

#[test]
fn normalisations() {
    for shape in [flat(3), flat(1), image(2, 3, 2), image(3, 1, 1), steps(4, 2), steps(1, 3)] {
        for rows in [1, 2, 5] {
            agree(shape, "batchnorm epsilon 0.1 momentum 0.3", rows, TRAINING);
            agree(shape, "batchnorm", rows, ONE_ROW);
            agree(shape, "batchnorm epsilon 0.1, sigmoid", rows, TRAINING);
            if shape.len() > 1 {
                agree(shape, "layernorm epsilon 0.1, tanh", rows, ONE_ROW);
            }
        }
    }
    for lengths in [[4, 4, 4], [1, 3, 4], [1, 1, 1]] {
        for training in [false, true] {
            let pass = Pass { lengths: Some(&lengths), training, masks: None };
            agree(steps(4, 2), "batchnorm epsilon 0.1, conv 2 3 same", 3, pass);
            agree(steps(4, 2), "layernorm epsilon 0.1, batchnorm epsilon 0.1, global_avgpool", 3, pass);
        }
    }
}

const CELLS: [&str; 6] = ["rnn 3", "rnn 4 relu", "rnn 2 sigmoid", "lstm 3", "gru 3", "gru 3 reset_before"];

#[test]
fn recurrent_layers() {
    for cell in CELLS {
        for settings in ["", " sequences", " bidirectional", " sequences bidirectional no_bias", " no_bias"] {
            let chain = format!("{cell}{settings}");
            for (shape, rows) in [(steps(4, 2), 2), (steps(1, 3), 1), (steps(1, 1), 2), (image(1, 3, 2), 2)] {
                agree(shape, &chain, rows, ONE_ROW);
            }
            for lengths in [[4, 4, 4], [1, 3, 4], [2, 1, 1]] {
                agree(steps(4, 2), &chain, 3, Pass { lengths: Some(&lengths), ..ONE_ROW });
            }
        }
        let chain = format!("{cell} sequences bidirectional, {cell} sequences, dense 2 tanh, {cell}");
        agree(steps(3, 2), &chain, 2, Pass { lengths: Some(&[2, 3]), ..ONE_ROW });
    }
}

#[test]
fn embeddings_dense_layers_at_each_step_and_residuals() {
    agree(flat(4), "embedding 5 3", 2, ONE_ROW);
    agree(steps(3, 1), "embedding 5 2, lstm 2", 2, Pass { lengths: Some(&[1, 3]), ..ONE_ROW });
    agree(steps(3, 2), "dense 4 tanh, dense 2 softmax", 2, ONE_ROW);
    agree(steps(3, 2), "dense 3 no_bias, softmax, flatten, dense 2", 2, Pass { lengths: Some(&[1, 3]), ..ONE_ROW });
    agree(image(2, 2, 1), "softmax, dense 3", 2, ONE_ROW);
    agree(flat(3), "residual(dense 4 tanh, dense 3)", 2, ONE_ROW);
    agree(flat(3), "dense 2, residual(dense 2 tanh, residual(dense 3 tanh, dense 2), sigmoid), dense 1", 3, ONE_ROW);
    let chain =
        "conv 2 3 same, residual(conv 2 3 same relu, batchnorm epsilon 0.1, conv 2 1), batchnorm, global_avgpool";
    agree(image(2, 4, 3), chain, 2, TRAINING);
    let chain = "residual(lstm 2 sequences, batchnorm epsilon 0.1, dense 2), residual(conv 2 3 same), gru 2";
    agree(steps(4, 2), chain, 3, Pass { lengths: Some(&[2, 4, 1]), training: true, masks: None });
    let masks = [vec![1.0, 0.0, 1.0, 1.0], vec![0.0, 1.0, 1.0, 0.0]];
    let pass = Pass { masks: Some(&masks), ..ONE_ROW };
    agree(flat(2), "residual(dropout 0.5, dense 2 tanh), dropout 0.25, dense 1", 2, pass);
}

/// The numbers behind the end of a sequence are of no account to layers that know of lengths, and a shorter sequence in a
/// batch of longer ones gives what it gives alone.
#[test]
fn padding_changes_nothing() {
    for chain in [
        "lstm 3",
        "gru 2 bidirectional",
        "rnn 2 sequences bidirectional, gru 2 reset_before",
        "global_maxpool",
        "global_avgpool, dense 2",
        "dense 3 tanh, lstm 2 sequences, batchnorm, global_avgpool",
        "conv 2 2 tanh, maxpool 2, gru 2",
        "conv 3 3 same sigmoid, conv 2 3 strides 2 same, global_avgpool",
        "conv 3 3 same dilation 2 strides 2, avgpool 2 same, lstm 2",
        "dense 3, maxpool 3 strides 2 same, conv 2 2 same, avgpool 2 strides 1 same, gru 2",
        "residual(lstm 2 sequences), batchnorm, conv 3 2, global_maxpool",
    ] {
        let x = numbers(7, 3 * 5 * 2);
        let long = network(steps(5, 2), chain);
        let lengths = [5, 3, 4];
        let pass = Pass { lengths: Some(&lengths), ..ONE_ROW };
        let together = long.forward(&x, pass).unwrap().outputs().to_vec();
        let mut other = x.clone();
        other[10 + 6..20].fill(1e3);
        other[20 + 8..].fill(-1e3);
        assert_eq!(long.forward(&other, pass).unwrap().outputs(), together, "{chain}");
        let width = long.output_width();
        for (row, length) in lengths.iter().enumerate() {
            let own = *length as usize;
            let alone = Network::new(steps(own, 2), &long.layers, long.parameters.clone()).unwrap();
            let alone = alone.forward(&x[row * 10..row * 10 + own * 2], ONE_ROW).unwrap();
            assert_eq!(alone.outputs(), &together[row * width..(row + 1) * width], "{chain}, row {row}");
        }
    }
}

#[test]
fn running_statistics_move_only_while_training() {
    let layers = Layer::parse_chain("residual(batchnorm momentum 0.5), batchnorm momentum 0.25").unwrap();
    let one = || [vec![1.0], vec![0.0], vec![0.0], vec![1.0]];
    let parameters = one().into_iter().chain(one()).collect();
    let mut network = Network::new(flat(1), &layers, parameters).unwrap();
    let before = network.clone();
    network.settle(&network.forward(&[1.0, 5.0], ONE_ROW).unwrap());
    // A single value has no spread: it is normalised with what there was, and that stays.
    let trace = network.forward(&[4.0], TRAINING).unwrap();
    assert!((trace.outputs()[0] - 8.0).abs() < 1e-3);
    network.settle(&trace);
    assert_eq!(network, before);
    network.settle(&network.forward(&[1.0, 5.0], TRAINING).unwrap());
    // Mean 3 and variance 8 over n - 1; then 1 ∓ 1 and 5 ± 1: mean 3, variance 18.
    let near = |tensor: usize, want: f64| {
        let got = network.parameters()[tensor][0];
        assert!((got - want).abs() < 1e-4, "tensor {tensor}: {got}, not {want}");
    };
    near(2, 1.5);
    near(3, 0.5 + 4.0);
    near(6, 0.75);
    near(7, 0.75 + 0.25 * 18.0);
}

#[test]
fn classes_at_every_step() {
    use crate::reference::Targets;
    let network = network(steps(3, 2), "dense 4 softmax");
    let x = numbers(4, 2 * 3 * 2);
    let loss = Loss::CategoricalCrossEntropy { label_smoothing: 0.1 };
    let classes = [0, 3, 2, 1, 1, 0];
    let goal = Goal { loss, targets: Targets::Classes(&classes), class_weights: None };
    let step = network.learn(&x, ONE_ROW, &goal).unwrap();
    // The same as six rows of one step.
    let rows = Network::new(flat(2), &network.layers, network.parameters.clone()).unwrap();
    let of_rows = rows.learn(&x, ONE_ROW, &goal).unwrap();
    assert_eq!(step.loss, of_rows.loss);
    assert_eq!(step.gradients.parameters, of_rows.gradients.parameters);
    let few = Goal { targets: Targets::Classes(&classes[..2]), ..goal };
    assert!(network.learn(&x, ONE_ROW, &few).is_err());
}

#[test]
fn what_the_loss_absorbs_stands_before_layers_that_change_nothing() {
    use crate::reference::Targets;
    let loss = Loss::BinaryCrossEntropy { label_smoothing: 0.0 };
    let goal = Goal { loss, targets: Targets::Classes(&[1]), class_weights: None };
    let learn = |chain: &str| network(image(1, 2, 2), chain).learn(&numbers(3, 4), ONE_ROW, &goal).unwrap();
    let plain = learn("conv 1 2");
    let ending = learn("conv 1 2 sigmoid, flatten, identity");
    assert_eq!(plain.loss, ending.loss);
    assert_eq!(plain.gradients.parameters, ending.gradients.parameters);
}

#[test]
fn lengths_and_layers_that_do_not_fit_are_said() {
    let network = network(steps(3, 2), "lstm 2");
    let message = |lengths: &[u32]| {
        network.forward(&[0.0; 12], Pass { lengths: Some(lengths), ..ONE_ROW }).unwrap_err().to_string()
    };
    assert_eq!(message(&[3]), "network: lengths: 1 values, but 2 are needed");
    assert_eq!(message(&[3, 0]), "lengths: 0 steps; a sequence has 1 to 3 here");
    assert_eq!(message(&[4, 1]), "lengths: 4 steps; a sequence has 1 to 3 here");
    let layers = Layer::parse_chain("lstm 2").unwrap();
    let message = Network::new(flat(3), &layers, Vec::new()).unwrap_err().to_string();
    assert!(message.starts_with("layer 1 (lstm): a recurrent layer reads a sequence"), "{message}");
}
