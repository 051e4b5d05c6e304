//! What the sweeps share: networks with drawn parameters, their twins, and the comparison.

use adaline::reference::{self, Goal, Pass};
use adaline::rng::{Purpose, Rng};
use adaline::{
    Batch, Inputs, InstructionSet, Layer, Loss, Network, Predictor, Session, Settings, Shape, Targets, Trainer,
};

pub(crate) const RELATIVE: f64 = 1e-5;
pub(crate) const OF_THE_LARGEST: f64 = 3e-6;

#[track_caller]
pub(crate) fn within(what: &str, relative: f64, absolute: f64, got: &[f32], want: &[f64]) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (i, (a, b)) in got.iter().zip(want).enumerate() {
        let gap = (f64::from(*a) - b).abs();
        assert!(gap <= relative * b.abs() + absolute, "{what}, value {i}: {a:e}, not {b:e} ({gap:e})");
    }
}

#[track_caller]
pub(crate) fn same(what: &str, got: &[f32], want: &[f64]) {
    within(what, RELATIVE, OF_THE_LARGEST * largest(want), got, want);
}

pub(crate) fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, x| largest.max(x.abs()))
}

/// All gradients of the session's last step.
#[track_caller]
pub(crate) fn same_gradients(what: &str, session: &Session, network: &Network, want: &[Vec<f64>]) {
    gradients_within(what, OF_THE_LARGEST, session, network, want);
}

#[track_caller]
pub(crate) fn gradients_within(
    what: &str,
    of_the_largest: f64,
    session: &Session,
    network: &Network,
    want: &[Vec<f64>],
) {
    let names = names(network);
    assert_eq!(names.len(), want.len(), "{what}");
    let largest = want.iter().map(|tensor| largest(tensor)).fold(0.0, f64::max);
    for (name, want) in names.iter().zip(want) {
        let got = session.gradient(network, name).unwrap();
        within(&format!("{what}: gradient of {name}"), RELATIVE, of_the_largest * largest, &got, want);
    }
}

pub(crate) fn double(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&x| f64::from(x)).collect()
}

pub(crate) fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&x| x as f32).collect()
}

pub(crate) fn random(seed: u64, n: usize, scale: f64) -> Vec<f32> {
    let mut rng = Rng::stream(seed, Purpose::Data, n as u64);
    (0..n).map(|_| (scale * rng.normal()) as f32).collect()
}

pub(crate) fn names(network: &Network) -> Vec<String> {
    network.tensors().map(|(name, _)| name.to_owned()).collect()
}

/// A network with weights and biases of about the size that keeps sums near one.
pub(crate) fn network(seed: u64, shape: Shape, layers: &[Layer]) -> Network {
    let mut network = Network::new(shape, layers.iter().cloned()).unwrap();
    network.initialize(seed);
    for (i, name) in names(&network).iter().enumerate() {
        let start = network.get(name).unwrap();
        let noise = random(seed + i as u64, start.len(), 0.3);
        if name.ends_with("bias") || name.ends_with("running_mean") {
            network.set(name, &noise).unwrap();
        } else if start.iter().all(|x| *x == 1.0) {
            // The scale of a normalisation, or a running variance.
            let values: Vec<f32> = noise.iter().map(|noise| 1.0 + noise.clamp(-0.8, 0.8)).collect();
            network.set(name, &values).unwrap();
        }
    }
    network
}

/// The same from a line of text.
pub(crate) fn network_of(shape: Shape, line: &str) -> Network {
    network(5, shape, &Layer::parse_chain(line).unwrap())
}

pub(crate) fn twin(network: &Network) -> reference::Network {
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

    fn targets(&self, answers: usize, width: usize) -> Targets {
        match self {
            Wanted::Classes(classes) if answers > 1 => Targets::Steps { steps: answers, classes: classes.clone() },
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
#[track_caller]
pub(crate) fn agree(what: &str, network: &Network, x: &[f32], loss: Loss, class_weights: Option<&[f32]>) {
    agree_on(what, network, x.into(), loss, class_weights, &[1]);
}

/// The same for the kinds of layers that share their work out: also what comes out at prediction, the running statistics
/// behind a step, and the same bits on one thread and on three. `lengths` are those of sequences.
#[track_caller]
pub(crate) fn agree_everywhere(what: &str, network: &Network, x: &[f32], lengths: Option<&[u32]>, loss: Loss) {
    let inputs = Inputs { values: x, lengths };
    let rows = x.len() / network.input().len();
    let pass = Pass { lengths, ..Pass::default() };
    let want = twin(network).forward(&double(x), pass).unwrap();
    let mut first: Option<Vec<f32>> = None;
    for set in InstructionSet::available() {
        for threads in [1, 3] {
            let mut predictor = Predictor::on(network, rows, threads, set).unwrap();
            let got = predictor.predict(inputs).unwrap().to_vec();
            same(&format!("{what}, {set:?}, {threads} threads: outputs"), &got, want.outputs());
            let first = first.get_or_insert_with(|| got.clone());
            assert_eq!(bits(first), bits(&got), "{what}, {set:?}, {threads} threads: the bits of the outputs");
        }
    }
    agree_on(what, network, inputs, loss, None, &[1, 3]);
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|x| x.to_bits()).collect()
}

#[track_caller]
fn agree_on(
    what: &str,
    network: &Network,
    inputs: Inputs<'_>,
    loss: Loss,
    class_weights: Option<&[f32]>,
    threads: &[usize],
) {
    let answers = match network.output() {
        Shape::Sequence { steps, .. } if loss.is_classification() => steps,
        _ => 1,
    };
    let width = network.output().len() / answers;
    let rows = inputs.values.len() / network.input().len();
    let wanted = Wanted::for_loss(loss, rows * answers, width);
    let weights = class_weights.map(double);
    let mut settings = Settings::default();
    settings.loss = Some(loss);
    settings.batch_size = rows;
    settings.class_weights = class_weights.map(<[f32]>::to_vec);
    for rows in [rows, rows.div_ceil(2)] {
        let part = Inputs {
            values: &inputs.values[..rows * network.input().len()],
            lengths: inputs.lengths.map(|lengths| &lengths[..rows]),
        };
        let batch = wanted.batch(0..rows * answers, width);
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
        let pass = Pass { lengths: part.lengths, training: true, ..Pass::default() };
        let mut twin = twin(network);
        let want = twin.learn(&double(part.values), pass, &goal).unwrap();
        twin.settle(&want.trace);
        let mut first: Option<Vec<u32>> = None;
        for set in InstructionSet::available() {
            for &threads in threads {
                let what = format!("{what}, {set:?}, {threads} threads, {rows} rows");
                let trainer = Trainer::with(settings.clone()).instruction_set(set).threads(threads);
                let mut session = trainer.session(network, &wanted.targets(answers, width)).unwrap();
                if rows < settings.batch_size {
                    // What a whole batch left behind must not show in a smaller one.
                    session.gradients(network, inputs, wanted.batch(0..settings.batch_size * answers, width)).unwrap();
                }
                let report = session.gradients(network, part, batch).unwrap();
                // A loss near zero is a difference of numbers near one.
                within(&format!("{what}: loss"), RELATIVE, 1e-7, &[report.loss as f32], &[want.loss]);
                same_gradients(&what, &session, network, &want.gradients.parameters);
                let names = names(network);
                let all = names.iter().flat_map(|name| session.gradient(network, name).unwrap());
                let all: Vec<u32> = all.chain([report.loss as f32]).map(f32::to_bits).collect();
                let first = first.get_or_insert_with(|| all.clone());
                assert!(*first == all, "{what}: other bits");
                if names.iter().any(|name| name.ends_with("running_mean")) {
                    let mut moved = network.clone();
                    session.step(&mut moved, part, batch, 0.0).unwrap();
                    for (name, want) in names.iter().zip(twin.parameters()) {
                        same(&format!("{what}: {name} behind a step"), &moved.get(name).unwrap(), want);
                    }
                }
            }
        }
    }
}

pub(crate) const MSE: Loss = Loss::Mse;

pub(crate) fn categorical(label_smoothing: f64) -> Loss {
    Loss::CategoricalCrossEntropy { label_smoothing }
}

pub(crate) fn binary(label_smoothing: f64) -> Loss {
    Loss::BinaryCrossEntropy { label_smoothing }
}
