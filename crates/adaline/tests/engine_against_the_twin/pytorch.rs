//! The same cases that PyTorch computed: `tests/fixtures`.

use crate::fixture::{self, Layers, Losses, Training, WrittenRule, WrittenTargets};
use crate::support::*;
use adaline::{
    Activation, Adagrad, Adam, AdamW, Batch, Dense, Inputs, Layer, Network, Optimizer, Predictor, RmsProp, Rprop,
    Session, Settings, Sgd, Shape, Targets, Trainer,
};

/// Outputs and every gradient of the cases of a file. How many of each were compared is given back.
fn layers(name: &str) -> (usize, usize) {
    let file: Layers = fixture::read(name);
    let (mut outputs, mut gradients) = (0, 0);
    for case in file.cases.into_iter().filter(|case| case.masks.is_empty()) {
        let mut network = Network::new(case.shape, case.layers).unwrap();
        for (name, values) in names(&network).iter().zip(&case.parameters) {
            network.set(name, &single(values)).unwrap();
        }
        let x = single(&case.x);
        let inputs = Inputs { values: &x, lengths: case.lengths.as_deref() };
        let rows = x.len() / case.shape.len();
        // What comes out while training with the statistics of the batch is seen by the gradients alone.
        if !case.training {
            let mut predictor = Predictor::new(&network, rows, 1).unwrap();
            same(&case.name, predictor.predict(inputs).unwrap(), &case.outputs);
            outputs += 1;
        }
        let of_running_statistics = |layer: &Layer| matches!(layer, Layer::BatchNorm(_)) && !case.training;
        let without_gradient =
            |layer: &Layer| layer.activation() == Some(Activation::Step) || of_running_statistics(layer);
        if network.parameters() == 0 || network.layers().iter().any(without_gradient) {
            continue;
        }
        // The targets for which the squared error has the fixture's gradient: d = 2(y - t) / n.
        let n = case.outputs.len() as f64;
        let t: Vec<f32> = case.outputs.iter().zip(&case.doutputs).map(|(y, d)| (y - d * n / 2.0) as f32).collect();
        let targets = Targets::Values { width: network.output().len(), values: t.clone() };
        let mut session = Trainer::with(Settings::default()).loss(MSE).session(&network, &targets).unwrap();
        session.gradients(&network, inputs, Batch::Values(&t)).unwrap();
        same_gradients(&case.name, &session, &network, &case.dparameters);
        gradients += 1;
    }
    (outputs, gradients)
}

#[test]
fn single_layers_are_those_of_pytorch() {
    let (outputs, gradients) = layers("layers.json");
    assert!(outputs > 2 * 17 && gradients >= 16, "{outputs} {gradients}");
}

#[test]
fn convolutions_and_pools_are_those_of_pytorch() {
    assert_eq!(layers("conv.json"), (24, 24));
    assert_eq!(layers("pool.json"), (31, 0));
}

#[test]
fn normalisations_are_those_of_pytorch() {
    assert_eq!(layers("norm.json"), (13, 14));
}

#[test]
fn recurrent_layers_are_those_of_pytorch() {
    assert_eq!(layers("recurrent.json"), (41, 41));
}

#[test]
fn chains_are_those_of_pytorch() {
    assert_eq!(layers("chains.json"), (5, 5));
}

/// The network whose inputs are the rows' numbers, one-hot: its weights are the outputs, and so are their gradients.
#[test]
fn losses_are_those_of_pytorch() {
    let file: Losses = fixture::read("losses.json");
    let mut tried = 0;
    for case in file.cases {
        let targets = match &case.targets {
            WrittenTargets::Classes(classes) => Targets::Classes(classes.clone()),
            WrittenTargets::Values(values) if !case.loss.is_classification() => {
                Targets::Values { width: case.width, values: single(values) }
            }
            // Probabilities as targets are the twin's alone.
            WrittenTargets::Values(_) => continue,
        };
        let rows = case.outputs.len() / case.width;
        let across = |values: &[f64]| -> Vec<f64> {
            (0..case.width).flat_map(|o| (0..rows).map(move |row| values[row * case.width + o])).collect()
        };
        let mut network = Network::new(Shape::Flat(rows), [Dense::linear(case.width).without_bias()]).unwrap();
        network.set("layers.0.weight", &single(&across(&case.outputs))).unwrap();
        let x: Vec<f32> = (0..rows * rows).map(|i| if i / rows == i % rows { 1.0 } else { 0.0 }).collect();
        let mut settings = Settings::default();
        settings.loss = Some(case.loss);
        settings.class_weights = case.class_weights.as_deref().map(single);
        let mut session = Trainer::with(settings).session(&network, &targets).unwrap();
        let batch = match &targets {
            Targets::Classes(classes) => Batch::Classes(classes),
            Targets::Values { values, .. } => Batch::Values(values),
            _ => unreachable!("there are two kinds"),
        };
        let report = session.gradients(&network, &x, batch).unwrap();
        same(&case.name, &[report.loss as f32], &[case.value]);
        same(&case.name, &session.gradient(&network, "layers.0.weight").unwrap(), &across(&case.doutputs));
        tried += 1;
    }
    assert!(tried >= 8, "{tried}");
}

/// Of a gradient after some steps: momentum carries the rounding of every step before into the weights that it is of.
const OF_THE_LARGEST_LATER: f64 = 1e-5;

/// Ten steps: every loss, every gradient tensor, and the parameters at the end.
fn ten_steps(name: &str) -> adaline::Result<()> {
    let file: Training = fixture::read(name);
    let mut network = Network::new(file.shape, file.layers.clone())?;
    for (name, values) in names(&network).iter().zip(&file.parameters) {
        network.set(name, &single(values))?;
    }
    let x = single(&file.x);
    let inputs = Inputs { values: &x, lengths: file.lengths.as_deref() };
    let width = network.output().len();
    let targets = match (&file.targets, network.output()) {
        (WrittenTargets::Classes(classes), Shape::Sequence { steps, .. }) => {
            Targets::Steps { steps, classes: classes.clone() }
        }
        (WrittenTargets::Classes(classes), _) => Targets::Classes(classes.clone()),
        (WrittenTargets::Values(values), _) => Targets::Values { width, values: single(values) },
    };
    let mut settings = Settings::default();
    settings.optimizer = optimizer(&file.optimizer, file.learning_rate, file.weight_decay);
    if !matches!(settings.optimizer, Optimizer::AdamW(_)) {
        settings.l2 = file.weight_decay;
    }
    settings.clip_norm = file.clip_norm;
    settings.clip_value = file.clip_value;
    settings.loss = Some(file.loss);
    settings.class_weights = file.class_weights.as_deref().map(single);
    settings.batch_size = targets.rows();
    let mut session: Session = Trainer::with(settings).session(&network, &targets)?;
    let batch = match &targets {
        Targets::Classes(classes) | Targets::Steps { classes, .. } => Batch::Classes(classes),
        Targets::Values { values, .. } => Batch::Values(values),
        _ => unreachable!("there are three kinds"),
    };
    assert_eq!(file.steps.len(), 10);
    for (k, step) in file.steps.iter().enumerate() {
        session.gradients(&network, inputs, batch)?;
        gradients_within(&format!("{name}, step {k}"), OF_THE_LARGEST_LATER, &session, &network, &step.gradients);
        let report = session.step(&mut network, inputs, batch, file.learning_rate)?;
        within(&format!("{name}, step {k}: loss"), RELATIVE, 0.0, &[report.loss as f32], &[step.loss]);
    }
    for (tensor, want) in names(&network).iter().zip(&file.end) {
        let what = format!("{name}, {tensor} at the end");
        within(&what, RELATIVE, OF_THE_LARGEST * largest(want), &network.get(tensor)?, want);
    }
    Ok(())
}

fn optimizer(rule: &WrittenRule, lr: f64, weight_decay: f64) -> Optimizer {
    match *rule {
        WrittenRule::Sgd {} => Sgd::default().learning_rate(lr).into(),
        WrittenRule::Momentum { momentum } => Sgd::default().learning_rate(lr).momentum(momentum).into(),
        WrittenRule::Nesterov { momentum } => Sgd::default().learning_rate(lr).momentum(momentum).nesterov().into(),
        WrittenRule::Rmsprop { alpha, epsilon } => {
            RmsProp::default().learning_rate(lr).rho(alpha).epsilon(epsilon).into()
        }
        WrittenRule::Adagrad { epsilon } => Adagrad::default().learning_rate(lr).epsilon(epsilon).into(),
        WrittenRule::Adam { beta1, beta2, epsilon } => {
            Adam::default().learning_rate(lr).beta1(beta1).beta2(beta2).epsilon(epsilon).into()
        }
        WrittenRule::Adamw { beta1, beta2, epsilon } => AdamW::default()
            .learning_rate(lr)
            .beta1(beta1)
            .beta2(beta2)
            .epsilon(epsilon)
            .weight_decay(weight_decay)
            .into(),
        WrittenRule::Rprop { shrink, grow, least, largest } => {
            let mut rprop = Rprop::default().learning_rate(lr).eta_minus(shrink).eta_plus(grow);
            rprop.step_min = least;
            rprop.step_max = largest;
            rprop.into()
        }
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
