//! The fast f32 engine against the readable f64 twin and against PyTorch's fixtures.
//!
//! Everything that goes in is an f32, so that both compute on the same numbers. Two results agree when they differ by
//! no more than 10⁻⁵ of themselves plus 3·10⁻⁶ of the largest value beside them (the outputs, or all gradients of a step):
//! an f32 has 24 bits (6·10⁻⁸), a sum of a thousand products loses a few of them, and a value that is what is left of
//! much larger ones has lost them already.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test, as tests do")]

mod fixture;

use adaline::reference::{self, Goal, Pass};
use adaline::rng::{Purpose, Rng};
use adaline::{
    Activation, Adagrad, Adam, AdamW, Batch, Dense, Dropout, InstructionSet, Layer, Loss, Network, Optimizer, RmsProp,
    Rprop, Session, Settings, Sgd, Shape, Targets, Trainer,
};
use fixture::{Layers, Losses, Training, WrittenRule, WrittenTargets};

const RELATIVE: f64 = 1e-5;
const OF_THE_LARGEST: f64 = 3e-6;

#[track_caller]
fn within(what: &str, relative: f64, absolute: f64, got: &[f32], want: &[f64]) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (a, b)) in got.iter().zip(want).enumerate() {
        let gap = (f64::from(*a) - b).abs();
        assert!(gap <= relative * b.abs() + absolute, "{what}, value {i}: {a:e}, not {b:e} ({gap:e})");
    }
}

#[track_caller]
fn same(what: &str, got: &[f32], want: &[f64]) {
    within(what, RELATIVE, OF_THE_LARGEST * largest(want), got, want);
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, x| largest.max(x.abs()))
}

/// All gradients of the session's last step.
#[track_caller]
fn same_gradients(what: &str, session: &Session, network: &Network, want: &[Vec<f64>]) {
    gradients_within(what, OF_THE_LARGEST, session, network, want);
}

#[track_caller]
fn gradients_within(what: &str, of_the_largest: f64, session: &Session, network: &Network, want: &[Vec<f64>]) {
    let names = names(network);
    assert_eq!(names.len(), want.len(), "{what}");
    let largest = want.iter().map(|tensor| largest(tensor)).fold(0.0, f64::max);
    for (name, want) in names.iter().zip(want) {
        let got = session.gradient(network, name).unwrap();
        within(&format!("{what}: gradient of {name}"), RELATIVE, of_the_largest * largest, &got, want);
    }
}

fn double(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&x| f64::from(x)).collect()
}

fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&x| x as f32).collect()
}

fn random(seed: u64, n: usize, scale: f64) -> Vec<f32> {
    let mut rng = Rng::stream(seed, Purpose::Data, n as u64);
    (0..n).map(|_| (scale * rng.normal()) as f32).collect()
}

fn names(network: &Network) -> Vec<String> {
    network.tensors().map(|(name, _)| name.to_owned()).collect()
}

/// A network with weights and biases of about the size that keeps sums near one.
fn network(seed: u64, shape: Shape, layers: &[Layer]) -> Network {
    let mut network = Network::new(shape, layers.iter().cloned()).unwrap();
    network.initialize(seed);
    for (i, name) in names(&network).iter().enumerate().filter(|(_, name)| name.ends_with("bias")) {
        let len = network.get(name).unwrap().len();
        network.set(name, &random(seed + i as u64, len, 0.3)).unwrap();
    }
    network
}

fn twin(network: &Network) -> reference::Network {
    let parameters = names(network).iter().map(|name| double(&network.get(name).unwrap())).collect();
    reference::Network::new(network.input(), network.layers(), parameters).unwrap()
}

enum Wanted {
    Classes(Vec<u32>),
    Values(Vec<f32>),
}

impl Wanted {
    fn for_loss(loss: Loss, rows: usize, width: usize) -> Self {
        match loss {
            Loss::BinaryCrossEntropy { .. } => Wanted::Classes((0..rows).map(|row| (row % 2) as u32).collect()),
            Loss::CategoricalCrossEntropy { .. } => {
                Wanted::Classes((0..rows).map(|row| (row * 7 % width) as u32).collect())
            }
            // Not where the outputs are: a gradient near zero would be all rounding.
            _ => Wanted::Values(random(99, rows * width, 1.0).iter().map(|t| 2.0 + t).collect()),
        }
    }

    fn targets(&self, width: usize) -> Targets {
        match self {
            Wanted::Classes(classes) => Targets::Classes(classes.clone()),
            Wanted::Values(values) => Targets::Values { width, values: values.clone() },
        }
    }

    fn batch(&self, rows: std::ops::Range<usize>, width: usize) -> Batch<'_> {
        match self {
            Wanted::Classes(classes) => Batch::Classes(&classes[rows]),
            Wanted::Values(values) => Batch::Values(&values[rows.start * width..rows.end * width]),
        }
    }
}

/// Loss and every gradient of a whole batch and of a smaller one after it, on every instruction set.
fn agree(what: &str, network: &Network, x: &[f32], loss: Loss, class_weights: Option<&[f32]>) {
    let (inputs, width) = (network.input().len(), network.output().len());
    let rows = x.len() / inputs;
    let wanted = Wanted::for_loss(loss, rows, width);
    let twin = twin(network);
    let weights = class_weights.map(double);
    let mut settings = Settings::default();
    settings.loss = Some(loss);
    settings.batch_size = rows;
    settings.class_weights = class_weights.map(<[f32]>::to_vec);
    for set in InstructionSet::available() {
        let mut session =
            Trainer::with(settings.clone()).instruction_set(set).session(network, &wanted.targets(width)).unwrap();
        for rows in [rows, rows.div_ceil(2)] {
            let what = format!("{what}, {set:?}, {rows} rows");
            let (x, batch) = (&x[..rows * inputs], wanted.batch(0..rows, width));
            let doubles;
            let targets = match batch {
                Batch::Classes(classes) => reference::Targets::Classes(classes),
                Batch::Values(values) => {
                    doubles = double(values);
                    reference::Targets::Values(&doubles)
                }
                _ => unreachable!("there are two kinds"),
            };
            let goal = Goal { loss, targets, class_weights: weights.as_deref() };
            let want = twin.learn(&double(x), Pass::default(), &goal).unwrap();
            let report = session.gradients(network, x, batch).unwrap();
            // A loss near zero is a difference of numbers near one.
            within(&format!("{what}: loss"), RELATIVE, 1e-7, &[report.loss as f32], &[want.loss]);
            same_gradients(&what, &session, network, &want.gradients.parameters);
        }
    }
}

const MSE: Loss = Loss::Mse;

fn categorical(label_smoothing: f64) -> Loss {
    Loss::CategoricalCrossEntropy { label_smoothing }
}

fn binary(label_smoothing: f64) -> Loss {
    Loss::BinaryCrossEntropy { label_smoothing }
}

/// Inputs, units of the hidden layer, outputs, rows.
const SIZES: [(usize, usize, usize, usize); 8] = [
    (1, 1, 1, 1),
    (3, 1, 2, 5),
    (2, 17, 3, 1),
    (17, 16, 1, 2),
    (5, 33, 17, 7),
    (16, 32, 10, 13),
    (31, 64, 5, 100),
    (784, 20, 10, 3),
];

#[test]
fn every_activation_inside_a_dense_layer_and_as_a_layer() {
    let mut tried = 0;
    for activation in Activation::all() {
        for (n, (inputs, units, outputs, rows)) in SIZES.into_iter().enumerate() {
            let x = random(n as u64, rows * inputs, 1.0);
            for layers in [
                vec![Dense::new(units, activation).into(), Dense::linear(outputs).into()],
                vec![Dense::linear(units).into(), activation.into(), Dense::linear(outputs).into()],
                vec![activation.into(), Dense::new(units, activation).without_bias().into(), activation.into()],
            ] {
                let layers: Vec<Layer> = layers;
                let what = format!("{} on {rows} rows of {inputs}", Layer::chain_to_string(&layers));
                let network = network(7 + n as u64, Shape::Flat(inputs), &layers);
                let want = twin(&network).forward(&double(&x), Pass::default()).unwrap();
                same(&what, &network.predict(&x).unwrap(), want.outputs());
                if activation != Activation::Step {
                    agree(&what, &network, &x, MSE, None);
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, (Activation::all().count() - 1) * SIZES.len() * 3);
}

#[test]
fn every_loss_on_every_size() {
    for (n, (inputs, units, outputs, rows)) in SIZES.into_iter().enumerate() {
        let x = random(40 + n as u64, rows * inputs, 1.0);
        let hidden: Layer = Dense::tanh(units).into();
        let of = |last: Dense| network(3, Shape::Flat(inputs), &[hidden.clone(), last.into()]);
        for loss in [MSE, Loss::Mae, Loss::Huber { delta: 1.0 }, Loss::Huber { delta: 0.2 }] {
            agree(&format!("{loss} {n}"), &of(Dense::linear(outputs)), &x, loss, None);
        }
        for smoothing in [0.0, 0.1, 0.7] {
            for weights in [None, Some([0.3, 2.5].as_slice())] {
                let what = format!("binary {smoothing} {weights:?} {n}");
                agree(&what, &of(Dense::linear(1)), &x, binary(smoothing), weights);
                agree(&what, &of(Dense::sigmoid(1)), &x, binary(smoothing), weights);
            }
            if outputs > 1 {
                let weights: Vec<f32> = (0..outputs).map(|class| 0.25 + class as f32 * 0.4).collect();
                for weights in [None, Some(weights.as_slice())] {
                    let what = format!("categorical {smoothing} {} {n}", weights.is_some());
                    agree(&what, &of(Dense::linear(outputs)), &x, categorical(smoothing), weights);
                    agree(&what, &of(Dense::new(outputs, Activation::Softmax)), &x, categorical(smoothing), weights);
                }
            }
        }
    }
}

#[test]
fn a_softmax_in_the_middle_an_image_and_a_deep_chain() {
    let image = Shape::Image { channels: 2, height: 3, width: 5 };
    let layers: Vec<Layer> = vec![
        Layer::Flatten,
        Dense::new(9, Activation::Softmax).into(),
        Dense::tanh(6).into(),
        Activation::Softmax.into(),
        Dense::linear(4).into(),
        Activation::Identity.into(),
        Dense::relu(3).into(),
        Dense::linear(3).into(),
        Layer::Flatten,
    ];
    let x = random(8, 11 * 30, 1.0);
    agree("image", &network(1, image, &layers), &x, categorical(0.0), None);
    let deep: Vec<Layer> = (0..12).map(|_| Dense::tanh(7).into()).chain([Dense::linear(2).into()]).collect();
    agree("deep", &network(2, Shape::Flat(3), &deep), &random(9, 5 * 3, 1.0), MSE, None);
}

/// One row, so that the masks can be read from the gradients: of the weights behind a dropout layer they are
/// d · (h ∘ mask), and d is the gradient of the bias.
#[test]
fn dropout_goes_the_way_back_that_it_came() {
    let layers: Vec<Layer> =
        vec![Dropout::new(0.25).into(), Dense::tanh(40).into(), Dropout::new(0.5).into(), Dense::linear(1).into()];
    let network = network(5, Shape::Flat(20), &layers);
    let x = random(1, 20, 1.0);
    let targets = [0.7f32];
    let settings = Settings::default();
    let mut session = Trainer::with(settings)
        .loss(MSE)
        .session(&network, &Targets::Values { width: 1, values: targets.to_vec() })
        .unwrap();
    let report = session.gradients(&network, &x, Batch::Values(&targets)).unwrap();
    let gradient = |name| double(&session.gradient(&network, name).unwrap());
    let mask = |dw: Vec<f64>| -> Vec<f64> { dw.iter().map(|dw| f64::from(*dw != 0.0)).collect() };
    let second = mask(gradient("layers.3.weight"));
    // A unit that was not dropped has x ∘ mask times something in its row.
    let unit = second.iter().position(|kept| *kept == 1.0).unwrap();
    let masks = [mask(gradient("layers.1.weight")[unit * 20..][..20].to_vec()), second];
    let kept = [masks[0].iter().sum::<f64>(), masks[1].iter().sum::<f64>()];
    assert!((8.0..20.0).contains(&kept[0]) && (10.0..30.0).contains(&kept[1]), "{kept:?}");
    let doubles = double(&targets);
    let goal = Goal { loss: MSE, targets: reference::Targets::Values(&doubles), class_weights: None };
    let want = twin(&network).learn(&double(&x), Pass { masks: Some(&masks), ..Pass::default() }, &goal).unwrap();
    same("loss", &[report.loss as f32], &[want.loss]);
    same_gradients("dropout", &session, &network, &want.gradients.parameters);
}

#[test]
fn single_layers_are_those_of_pytorch() {
    let file: Layers = fixture::read("layers.json");
    let (mut outputs, mut gradients) = (0, 0);
    for case in file.cases.into_iter().filter(|case| case.masks.is_empty()) {
        let mut network = Network::new(case.shape, case.layers).unwrap();
        for (name, values) in names(&network).iter().zip(&case.parameters) {
            network.set(name, &single(values)).unwrap();
        }
        let x = single(&case.x);
        same(&case.name, &network.predict(&x).unwrap(), &case.outputs);
        outputs += 1;
        let steps = |layer: &Layer| layer.activation() == Some(Activation::Step);
        if network.parameters() == 0 || network.layers().iter().any(steps) {
            continue;
        }
        // The targets for which the squared error has the fixture's gradient: d = 2(y - t) / n.
        let n = case.outputs.len() as f64;
        let t: Vec<f32> = case.outputs.iter().zip(&case.doutputs).map(|(y, d)| (y - d * n / 2.0) as f32).collect();
        let targets = Targets::Values { width: network.output().len(), values: t.clone() };
        let mut session = Trainer::with(Settings::default()).loss(MSE).session(&network, &targets).unwrap();
        session.gradients(&network, &x, Batch::Values(&t)).unwrap();
        same_gradients(&case.name, &session, &network, &case.dparameters);
        gradients += 1;
    }
    assert!(outputs > 2 * 17 && gradients >= 16, "{outputs} {gradients}");
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
    let width = network.output().len();
    let targets = match &file.targets {
        WrittenTargets::Classes(classes) => Targets::Classes(classes.clone()),
        WrittenTargets::Values(values) => Targets::Values { width, values: single(values) },
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
        Targets::Classes(classes) => Batch::Classes(classes),
        Targets::Values { values, .. } => Batch::Values(values),
        _ => unreachable!("there are two kinds"),
    };
    assert_eq!(file.steps.len(), 10);
    for (k, step) in file.steps.iter().enumerate() {
        session.gradients(&network, &x, batch)?;
        gradients_within(&format!("{name}, step {k}"), OF_THE_LARGEST_LATER, &session, &network, &step.gradients);
        let report = session.step(&mut network, &x, batch, file.learning_rate)?;
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
}
