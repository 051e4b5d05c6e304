//! The readable twin against what PyTorch computed in double precision: `tests/fixtures`, written by
//! `scripts/fixtures/make.py`.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test, as tests do")]

mod fixture;

use adaline::reference::{Goal, Network, Optimizer, Pass, Rule, clip};
use fixture::{Layers, Losses, Training, WrittenRule};

/// Fails when a value is off by more than 10⁻⁹ of itself. The floor is for values that are what is left of much larger
/// ones, in PyTorch as well as here.
#[track_caller]
fn same(what: &str, got: &[f64], expected: &[f64]) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
    for (i, (a, b)) in got.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= 1e-9 * b.abs() + 1e-13 * scale, "{what}, value {i}: {a:e}, not {b:e}");
    }
}

/// Outputs, every gradient, and running statistics, of as many cases as there must be.
fn layers(name: &str, count: usize) {
    let file: Layers = fixture::read(name);
    assert_eq!(file.cases.len(), count, "{name}");
    for case in file.cases {
        let mut network = Network::new(case.shape, &case.layers, case.parameters).unwrap();
        let masks = (!case.masks.is_empty()).then_some(case.masks.as_slice());
        let pass = Pass { masks, lengths: case.lengths.as_deref(), training: case.training };
        let trace = network.forward(&case.x, pass).unwrap();
        same(&format!("{}: outputs", case.name), trace.outputs(), &case.outputs);
        let gradients = network.backward(&trace, &case.doutputs).unwrap();
        same(&format!("{}: dx", case.name), &gradients.input, &case.dx);
        assert_eq!(gradients.parameters.len(), case.dparameters.len());
        for (i, (got, expected)) in gradients.parameters.iter().zip(&case.dparameters).enumerate() {
            same(&format!("{}: tensor {i}", case.name), got, expected);
        }
        if let Some(running) = case.running {
            for _ in 0..2 {
                network.settle(&network.forward(&case.x, pass).unwrap());
            }
            for (got, expected) in network.parameters()[2..].iter().zip(&running) {
                same(&format!("{}: running statistics", case.name), got, expected);
            }
        }
    }
}

#[test]
fn layers_and_activations() {
    layers("layers.json", 2 * 17 + 4);
}

#[test]
fn convolutions() {
    layers("conv.json", 17 + 7);
}

#[test]
fn pools() {
    layers("pool.json", 2 * 11 + 1 + 2 * 4);
}

#[test]
fn normalisations() {
    layers("norm.json", 2 * 7 + 1 + 3 + 3);
}

#[test]
fn recurrent_layers() {
    layers("recurrent.json", 5 * 8 + 1);
}

#[test]
fn embeddings_dense_layers_at_each_step_and_residuals() {
    layers("chains.json", 2 + 1 + 2);
}

#[test]
fn losses() {
    let file: Losses = fixture::read("losses.json");
    assert_eq!(file.cases.len(), 12);
    for case in file.cases {
        let targets = case.targets.as_reference();
        let goal = Goal { loss: case.loss, targets, class_weights: case.class_weights.as_deref() };
        let found = goal.evaluate(&case.outputs, case.width).unwrap();
        same(&case.name, &[found.value], &[case.value]);
        same(&format!("{}: gradient", case.name), &found.doutputs, &case.doutputs);
    }
}

/// Ten steps: every loss, every gradient tensor, and the parameters at the end.
fn ten_steps(name: &str) -> adaline::Result<()> {
    let file: Training = fixture::read(name);
    let mut network = Network::new(file.shape, &file.layers, file.parameters)?;
    // Weights decay, biases do not; the tensors are weight, bias, weight, bias …
    let decay: Vec<f64> = (0..file.end.len()).map(|i| if i % 2 == 0 { file.weight_decay } else { 0.0 }).collect();
    let mut optimizer = match file.optimizer {
        WrittenRule::Adamw { beta1, beta2, epsilon } => {
            Optimizer::new(Rule::Adam { beta1, beta2, epsilon }, file.learning_rate).decoupled_decay(&decay)
        }
        other => Optimizer::new(rule(other), file.learning_rate).l2(&decay),
    };
    let targets = file.targets.as_reference();
    let goal = Goal { loss: file.loss, targets, class_weights: file.class_weights.as_deref() };
    assert_eq!(file.steps.len(), 10);
    let pass = Pass { lengths: file.lengths.as_deref(), training: true, ..Pass::default() };
    for (k, step) in file.steps.iter().enumerate() {
        let learning = network.learn(&file.x, pass, &goal)?;
        same(&format!("{name}, step {k}: loss"), &[learning.loss], &[step.loss]);
        let mut gradients = learning.gradients.parameters;
        assert_eq!(gradients.len(), step.gradients.len());
        for (i, (got, expected)) in gradients.iter().zip(&step.gradients).enumerate() {
            same(&format!("{name}, step {k}, gradient {i}"), got, expected);
        }
        if let Some(limit) = file.clip_norm {
            clip::by_norm(&mut gradients, limit);
        }
        if let Some(limit) = file.clip_value {
            clip::by_value(&mut gradients, limit);
        }
        optimizer.step(network.parameters_mut(), &gradients)?;
        network.settle(&learning.trace);
    }
    for (i, (got, expected)) in network.parameters().iter().zip(&file.end).enumerate() {
        same(&format!("{name}, tensor {i} at the end"), got, expected);
    }
    assert!(file.steps[9].loss < file.steps[0].loss, "{name} learnt nothing");
    Ok(())
}

fn rule(written: WrittenRule) -> Rule {
    match written {
        WrittenRule::Sgd {} => Rule::Sgd,
        WrittenRule::Momentum { momentum } => Rule::Momentum { momentum },
        WrittenRule::Nesterov { momentum } => Rule::Nesterov { momentum },
        WrittenRule::Rmsprop { alpha, epsilon } => Rule::RmsProp { alpha, epsilon },
        WrittenRule::Adagrad { epsilon } => Rule::Adagrad { epsilon },
        WrittenRule::Adam { beta1, beta2, epsilon } | WrittenRule::Adamw { beta1, beta2, epsilon } => {
            Rule::Adam { beta1, beta2, epsilon }
        }
        WrittenRule::Rprop { shrink, grow, least, largest } => Rule::Rprop { shrink, grow, least, largest },
    }
}

/// One test a fixture, so that a failure says which.
macro_rules! ten_steps {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() -> adaline::Result<()> {
            ten_steps(concat!(stringify!($name), ".json"))
        }
    )*};
}

ten_steps! {
    train_sgd train_momentum train_nesterov train_rmsprop train_adagrad train_adam train_adamw train_rprop
    train_sgd_l2 train_adam_l2 train_clip_norm train_clip_value
    train_mse train_mae train_huber train_binary train_weighted_smoothed
    train_cnn train_lstm train_characters
}
