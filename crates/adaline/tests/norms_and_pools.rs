//! Pools and normalisations through networks and training, against plain f64 formulas written down here once more.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test, as tests do")]

use adaline::reference::central_differences;
use adaline::rng::{Purpose, Rng};
use adaline::{
    Adam, Batch, Inputs, InstructionSet, Layer, Loss, Network, Optimizer, Pooling, Predictor, Samples, Session,
    Settings, Shape, Targets, Trainer,
};

fn random(seed: u64, count: usize) -> Vec<f32> {
    let mut rng = Rng::stream(seed, Purpose::Data, count as u64);
    (0..count).map(|_| rng.normal() as f32).collect()
}

fn double(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&x| f64::from(x)).collect()
}

fn names(network: &Network) -> Vec<String> {
    network.tensors().map(|(name, _)| name.to_owned()).collect()
}

fn bits(network: &Network) -> Vec<u32> {
    names(network).iter().flat_map(|name| network.get(name).unwrap()).map(f32::to_bits).collect()
}

/// A network whose parameters are all away from where they start.
fn network(shape: Shape, line: &str) -> Network {
    let mut network = Network::new(shape, Layer::parse_chain(line).unwrap()).unwrap();
    for (i, name) in names(&network).iter().enumerate() {
        let start = network.get(name).unwrap();
        let noise = random(70 + i as u64, start.len());
        let values: Vec<f32> = start
            .iter()
            .zip(noise)
            .map(|(x, noise)| if name.ends_with("running_var") { x + noise.abs() } else { x + 0.3 * noise })
            .collect();
        network.set(name, &values).unwrap();
    }
    network
}

/// Values of one example as channels × places.
fn planes(shape: Shape) -> (usize, usize) {
    match shape {
        Shape::Flat(n) => (n, 1),
        Shape::Image { channels, height, width } => (channels, height * width),
        Shape::Sequence { steps, features } => (features, steps),
        _ => unreachable!("there are three"),
    }
}

/// The place of a value in an example.
fn at(shape: Shape, channel: usize, place: usize) -> usize {
    match shape {
        Shape::Sequence { features, .. } => place * features + channel,
        _ => channel * planes(shape).1 + place,
    }
}

fn mean_and_variance(values: impl Iterator<Item = f64> + Clone) -> (f64, f64, f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    (n, mean, values.map(|x| (x - mean).powi(2)).sum::<f64>() / n)
}

/// What comes out of a network in f64, for networks of these layers and pools without padding. With `learn` batch norms
/// use their batch, and their new running statistics are left in the parameters.
fn plain(
    network: &Network,
    parameters: &mut [Vec<f64>],
    x: &[f64],
    rows: usize,
    lengths: Option<&[usize]>,
    learn: bool,
) -> Vec<f64> {
    let (mut x, mut shape, mut next) = (x.to_vec(), network.input(), 0);
    for (layer, &out) in network.layers().iter().zip(network.shapes()) {
        let (len, (channels, places)) = (shape.len(), planes(shape));
        let own = |row: usize| match (shape, lengths) {
            (Shape::Sequence { .. }, Some(lengths)) => lengths[row],
            _ => places,
        };
        let mut y = vec![0.0; rows * out.len()];
        match layer {
            Layer::Dense(dense) => {
                let (weight, bias) = (&parameters[next], &parameters[next + 1]);
                next += 2;
                let inputs = weight.len() / dense.units;
                for (i, y) in y.iter_mut().enumerate() {
                    let (group, unit) = (i / dense.units, i % dense.units);
                    let sum: f64 = (0..inputs).map(|k| x[group * inputs + k] * weight[unit * inputs + k]).sum();
                    *y = dense.activation.value(sum + bias[unit]);
                }
            }
            Layer::Conv(conv) => {
                // Of an image, without padding, with stride 1.
                let (weight, bias) = (&parameters[next], &parameters[next + 1]);
                next += 2;
                let Shape::Image { height, width, .. } = shape else { unreachable!() };
                let Shape::Image { height: high, width: wide, .. } = out else { unreachable!() };
                let (kh, kw) = conv.kernel_size.sides();
                for (i, y) in y.iter_mut().enumerate() {
                    let (row, filter, r, c) =
                        (i / out.len(), i % out.len() / (high * wide), i % (high * wide) / wide, i % wide);
                    let mut sum = bias[filter];
                    for (k, w) in weight[filter * channels * kh * kw..][..channels * kh * kw].iter().enumerate() {
                        let (channel, u, v) = (k / (kh * kw), k % (kh * kw) / kw, k % kw);
                        sum += w * x[row * len + channel * height * width + (r + u) * width + c + v];
                    }
                    *y = conv.activation.value(sum);
                }
            }
            Layer::Embedding(embedding) => {
                let weight = &parameters[next];
                next += 1;
                let d = embedding.dimensions;
                for (i, y) in y.iter_mut().enumerate() {
                    *y = weight[x[i / d] as usize * d + i % d];
                }
            }
            Layer::Pool(pool) => {
                let strides = pool.strides.unwrap_or(pool.pool_size);
                let (kernel, stride, width) = match shape {
                    Shape::Image { width, .. } => (pool.pool_size.sides(), strides.sides(), width),
                    _ => ((1, pool.pool_size.sides().1), (1, strides.sides().1), places),
                };
                let (_, windows) = planes(out);
                let wide = match out {
                    Shape::Image { width, .. } => width,
                    _ => windows,
                };
                for row in 0..rows {
                    for channel in 0..channels {
                        for window in 0..windows {
                            let (r, c) = (window / wide * stride.0, window % wide * stride.1);
                            let seen: Vec<f64> = (0..kernel.0 * kernel.1)
                                .map(|k| (r + k / kernel.1) * width + c + k % kernel.1)
                                .map(|place| x[row * len + at(shape, channel, place)])
                                .collect();
                            y[row * out.len() + at(out, channel, window)] = kept(pool.pooling, &seen);
                        }
                    }
                }
            }
            Layer::GlobalPool(pool) => {
                for (row, channel) in (0..rows).flat_map(|row| (0..channels).map(move |channel| (row, channel))) {
                    let seen: Vec<f64> = (0..own(row)).map(|place| x[row * len + at(shape, channel, place)]).collect();
                    y[row * channels + channel] = kept(pool.pooling, &seen);
                }
            }
            Layer::BatchNorm(norm) => {
                for c in 0..channels {
                    let (gamma, beta) = (parameters[next][c], parameters[next + 1][c]);
                    let all = (0..rows)
                        .flat_map(|row| (0..own(row)).map(move |place| row * len + at(shape, c, place)))
                        .collect::<Vec<usize>>();
                    let (n, mut mean, mut variance) = mean_and_variance(all.iter().map(|&i| x[i]));
                    if learn && n > 1.0 {
                        for (k, new) in [(2, mean), (3, variance * n / (n - 1.0))] {
                            let old = &mut parameters[next + k][c];
                            *old = (1.0 - norm.momentum) * *old + norm.momentum * new;
                        }
                    } else {
                        (mean, variance) = (parameters[next + 2][c], parameters[next + 3][c]);
                    }
                    for i in all {
                        y[i] = gamma * (x[i] - mean) / (variance + norm.epsilon).sqrt() + beta;
                    }
                }
                next += 4;
            }
            Layer::LayerNorm(norm) => {
                let steps = if let Shape::Sequence { steps, .. } = shape { steps } else { 1 };
                let width = len / steps;
                for (x, y) in x.chunks(width).zip(y.chunks_mut(width)) {
                    let (_, mean, variance) = mean_and_variance(x.iter().copied());
                    for (k, (x, y)) in x.iter().zip(y).enumerate() {
                        let c = if let Shape::Image { .. } = shape { k / places } else { k };
                        *y = parameters[next][c] * (x - mean) / (variance + norm.epsilon).sqrt()
                            + parameters[next + 1][c];
                    }
                }
                next += 2;
            }
            Layer::Flatten => y.copy_from_slice(&x),
            other => unreachable!("{other} is not in these networks"),
        }
        (x, shape) = (y, out);
    }
    x
}

fn kept(pooling: Pooling, seen: &[f64]) -> f64 {
    match pooling {
        Pooling::Max => seen.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        _ => seen.iter().sum::<f64>() / seen.len() as f64,
    }
}

#[track_caller]
fn close(what: &str, tolerance: f64, got: &[f32], want: &[f64]) {
    assert_eq!(got.len(), want.len(), "{what}");
    let largest = want.iter().fold(1.0, |largest: f64, x| largest.max(x.abs()));
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        assert!((f64::from(*got) - want).abs() < tolerance * largest, "{what}, value {i}: {got}, not {want}");
    }
}

const SEQUENCE: Shape = Shape::Sequence { steps: 7, features: 3 };
const WORDS: Shape = Shape::Sequence { steps: 7, features: 1 };

fn image(channels: usize, height: usize, width: usize) -> Shape {
    Shape::Image { channels, height, width }
}

/// Networks in which every kind of layer here lies behind something that learns and in front of something that learns.
fn networks() -> Vec<Network> {
    [
        (Shape::Flat(5), "dense 6, batchnorm, dense 4 tanh, layernorm, dense 2"),
        (Shape::Flat(3), "batchnorm momentum 0.3 epsilon 0.01, layernorm epsilon 0.1, dense 20, batchnorm, dense 2"),
        (Shape::Flat(4), "dense 33, layernorm, dense 17, batchnorm, dense 2"),
        (image(2, 7, 8), "conv 3 2x3, batchnorm, maxpool 2, conv 5 2, layernorm, global_avgpool, dense 2"),
        (image(1, 9, 9), "conv 16 2, maxpool 2, conv 18 1, avgpool 3 stride 1, layernorm, flatten, dense 2"),
        (image(1, 5, 6), "conv 4 1, maxpool 3x2 stride 1x2, batchnorm, global_maxpool, dense 2"),
        (image(3, 1, 1), "batchnorm, conv 4 1, layernorm, maxpool 1, batchnorm, flatten, dense 2"),
        (SEQUENCE, "dense 5, batchnorm, maxpool 2, layernorm, avgpool 2 stride 1, dense 4, global_maxpool, dense 2"),
        (SEQUENCE, "layernorm, batchnorm, dense 18, global_avgpool, dense 2"),
        (WORDS, "embedding 9 4, maxpool 3 stride 2, batchnorm, flatten, dense 2"),
    ]
    .into_iter()
    .map(|(shape, line)| network(shape, line))
    .collect()
}

const ROWS: usize = 6;

fn inputs(network: &Network) -> Vec<f32> {
    let count = ROWS * network.input().len();
    if network.input() == WORDS {
        return (0..count).map(|i| (i * i % 9) as f32).collect();
    }
    random(5, count)
}

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.loss = Some(Loss::Mse);
    settings.batch_size = ROWS;
    settings
}

/// Everything that a step looks at, of a batch of some rows.
fn step(session: &mut Session, network: &Network, x: Inputs<'_>, t: &[f32]) -> Vec<Vec<f32>> {
    session.gradients(network, x, Batch::Values(t)).unwrap();
    names(network).iter().map(|name| session.gradient(network, name).unwrap()).collect()
}

/// Values and gradients of whole and smaller batches, down to one row.
fn agrees(network: &Network, lengths: Option<&[u32]>) {
    let (x, t) = (inputs(network), random(6, ROWS * 2));
    let targets = Targets::Values { width: 2, values: t.clone() };
    let what = network.notation();
    let parameters: Vec<Vec<f64>> = names(network).iter().map(|name| double(&network.get(name).unwrap())).collect();
    let mut first: Option<Vec<Vec<Vec<f32>>>> = None;
    for set in InstructionSet::available() {
        for threads in [1, 2, 3] {
            let trainer = Trainer::with(settings()).instruction_set(set).threads(threads);
            let mut session = trainer.session(network, &targets).unwrap();
            let mut predictor = Predictor::on(network, ROWS, threads, set).unwrap();
            let mut all = Vec::new();
            for rows in [ROWS, 2, 1, 3] {
                let (x, t) = (&x[..rows * network.input().len()], &t[..rows * 2]);
                let lengths = lengths.map(|lengths| &lengths[..rows]);
                let own: Option<Vec<usize>> = lengths.map(|all| all.iter().map(|&n| n as usize).collect());
                let inputs = Inputs { values: x, lengths };
                let y = predictor.predict(inputs).unwrap().to_vec();
                let gradients = step(&mut session, network, inputs, t);
                if first.is_none() {
                    let (x, t) = (double(x), double(t));
                    let want = plain(network, &mut parameters.clone(), &x, rows, own.as_deref(), false);
                    close(&format!("{what}, {rows} rows"), 1e-5, &y, &want);
                    for (k, (name, got)) in names(network).iter().zip(&gradients).enumerate() {
                        if name.contains("running") {
                            assert!(got.iter().all(|&g| g == 0.0), "{name} is not learnt");
                            continue;
                        }
                        let mut moved = parameters.clone();
                        let loss = |values: &[f64]| {
                            moved[k] = values.to_vec();
                            let y = plain(network, &mut moved.clone(), &x, rows, own.as_deref(), true);
                            y.iter().zip(&t).map(|(y, t)| (y - t).powi(2)).sum::<f64>() / y.len() as f64
                        };
                        let want = central_differences(loss, &parameters[k], 1e-6);
                        close(&format!("{what}, {rows} rows, gradient of {name}"), 2e-5, got, &want);
                    }
                }
                all.push(gradients);
                all.push(vec![y]);
            }
            assert_eq!(first.get_or_insert_with(|| all.clone()), &all, "{what}: {set:?}, {threads} threads");
        }
    }
}

#[test]
fn values_and_gradients_are_those_of_the_formulas() {
    for network in networks() {
        agrees(&network, None);
    }
}

#[test]
fn only_the_own_steps_of_a_sequence_count() {
    for line in [
        "dense 5 tanh, batchnorm, global_avgpool, dense 2",
        "dense 5 tanh, batchnorm, dense 4, batchnorm, global_maxpool, dense 2",
        "batchnorm, layernorm, dense 3, global_maxpool, dense 2",
    ] {
        let network = network(SEQUENCE, line);
        let lengths = [3, 7, 1, 5, 2, 6];
        agrees(&network, Some(&lengths));
        // What stands behind the end changes not a bit, not even where a sequence is shorter than a window.
        let network = if line.contains("layernorm") {
            self::network(
                SEQUENCE,
                "batchnorm, maxpool 3, layernorm, avgpool 2 stride 1, dense 3, global_maxpool, dense 2",
            )
        } else {
            network
        };
        let (x, t) = (inputs(&network), random(6, ROWS * 2));
        let mut other = x.clone();
        for (row, &length) in lengths.iter().enumerate() {
            other[(row * 7 + length as usize) * 3..(row + 1) * 7 * 3].fill(1e3);
        }
        let targets = Targets::Values { width: 2, values: t.clone() };
        let mut session = Trainer::with(settings()).session(&network, &targets).unwrap();
        let mut predictor = Predictor::new(&network, ROWS, 1).unwrap();
        let mut results = [x, other].map(|x| {
            let inputs = Inputs { values: &x, lengths: Some(&lengths) };
            (step(&mut session, &network, inputs, &t), predictor.predict(inputs).unwrap().to_vec())
        });
        let [a, b] = &mut results;
        assert!(a == b, "{line}");
    }
}

/// Each sequence among longer ones as in a network of its own, which knows no longer ones.
#[test]
fn a_short_sequence_among_longer_ones_is_as_it_would_be_alone() {
    for line in [
        "dense 5 tanh, maxpool 3 stride 2 same, batchnorm, global_avgpool, dense 2",
        "dense 5 tanh, avgpool 2 same, layernorm, maxpool 3 stride 1 same, dense 4, global_maxpool, dense 2",
        "dense 18, avgpool 3 stride 2 same, batchnorm, avgpool 2 stride 1 same, global_avgpool, dense 2",
        "dense 18, maxpool 1 stride 2, batchnorm, global_maxpool, dense 2",
    ] {
        let long = network(SEQUENCE, line);
        let (x, t) = (random(31, ROWS * 21), random(32, ROWS * 2));
        let lengths = [3u32, 7, 1, 5, 2, 6];
        let targets = |t: &[f32]| Targets::Values { width: 2, values: t.to_vec() };
        let together = Predictor::new(&long, ROWS, 1)
            .unwrap()
            .predict(Inputs { values: &x, lengths: Some(&lengths) })
            .unwrap()
            .to_vec();
        let mut session = Trainer::with(settings()).session(&long, &targets(&t)).unwrap();
        for (row, &length) in lengths.iter().enumerate() {
            let mut alone = network(Shape::Sequence { steps: length as usize, features: 3 }, line);
            for name in names(&long) {
                alone.set(&name, &long.get(&name).unwrap()).unwrap();
            }
            let (x, t) = (&x[row * 21..(row + 1) * 21], &t[row * 2..row * 2 + 2]);
            let own = &x[..length as usize * 3];
            assert_eq!(alone.predict(own).unwrap(), together[row * 2..row * 2 + 2], "{line}, {length} steps");
            let mut own_session = Trainer::with(settings()).session(&alone, &targets(t)).unwrap();
            let want = step(&mut own_session, &alone, Inputs { values: own, lengths: None }, t);
            let got = step(&mut session, &long, Inputs { values: x, lengths: Some(&lengths[row..=row]) }, t);
            assert_eq!(got, want, "{line}, {length} steps");
        }
    }
}

#[test]
fn running_statistics_move_as_the_formula_says_and_only_while_training() {
    for shape in [Shape::Flat(5), image(5, 3, 2)] {
        let mut network = network(shape, "batchnorm momentum 0.2, flatten, dense 2");
        let x: Vec<f32> = random(8, ROWS * shape.len()).iter().map(|x| 1000.0 + x).collect();
        let t = random(6, ROWS * 2);
        let targets = Targets::Values { width: 2, values: t.clone() };
        let mut session = Trainer::with(settings()).session(&network, &targets).unwrap();
        for rows in [ROWS, 3, 1, 2] {
            let (x, t) = (&x[..rows * shape.len()], Batch::Values(&t[..rows * 2]));
            let before = bits(&network);
            session.evaluate(&network, x, t).unwrap();
            assert_eq!(bits(&network), before);
            let mut want: Vec<Vec<f64>> =
                names(&network).iter().map(|name| double(&network.get(name).unwrap())).collect();
            plain(&network, &mut want, &double(x), rows, None, true);
            session.step(&mut network, x, t, 0.01).unwrap();
            for (k, name) in [(2, "layers.0.running_mean"), (3, "layers.0.running_var")] {
                close(&format!("{name} behind {rows} rows of {shape}"), 1e-6, &network.get(name).unwrap(), &want[k]);
            }
        }
    }
}

/// A learning rate of nothing: whatever moves is not learnt.
#[test]
fn what_is_not_learnt_is_left_alone_by_optimizers_decay_penalties_and_clipping() {
    let start = network(Shape::Flat(4), "dense 5 tanh, batchnorm momentum 0, dense 2");
    assert_eq!(start.parameters(), 4 * 5 + 5 + 2 * 5 + 5 * 2 + 2);
    assert_eq!(start.parameters_of(1), 10);
    let (x, t) = (random(5, ROWS * 4), random(6, ROWS * 2));
    let targets = Targets::Values { width: 2, values: t.clone() };
    for name in Optimizer::NAMES {
        let mut settings = settings();
        settings.optimizer = Optimizer::by_name(name).unwrap();
        (settings.l1, settings.l2) = (0.01, 0.01);
        (settings.clip_norm, settings.clip_value) = (Some(0.1), Some(0.05));
        let mut network = start.clone();
        let mut session = Trainer::with(settings).session(&network, &targets).unwrap();
        for rows in [ROWS, 1, 2] {
            session.step(&mut network, &x[..rows * 4], Batch::Values(&t[..rows * 2]), 0.01).unwrap();
        }
        for tensor in names(&start) {
            let same = network.get(&tensor).unwrap() == start.get(&tensor).unwrap();
            assert_eq!(same, tensor.contains("running"), "{name}: {tensor}");
        }
    }
}

/// Two clouds far from zero.
fn clouds(rows: usize) -> Samples {
    let classes: Vec<u32> = (0..rows as u32).map(|row| row % 2).collect();
    let noise = random(12, rows * 3);
    let inputs = noise.iter().enumerate().map(|(i, x)| 1000.0 + x + 3.0 * classes[i / 3] as f32).collect();
    Samples::new(Shape::Flat(3), inputs, Targets::Classes(classes)).unwrap()
}

const LINE: &str = "batchnorm, dense 8 relu, batchnorm, dropout 0.1, dense 2";

#[test]
fn a_last_batch_of_one_row_trains_and_a_resumed_run_has_the_same_bits() {
    // 33 rows in batches of 16: the last one has a single row.
    let data = clouds(33);
    let trainer = || Trainer::new(Adam::default().learning_rate(0.01)).batch_size(16).seed(3).patience(100);
    let start = network(Shape::Flat(3), LINE);
    let mut whole = start.clone();
    let fit = trainer().epochs(12).fit(&mut whole, &data, Some(&data)).unwrap();
    let last = fit.history.last().unwrap();
    assert!(last.loss < 0.4, "{last:?}");
    for threads in [2, 3] {
        let mut again = start.clone();
        trainer().epochs(12).threads(threads).fit(&mut again, &data, Some(&data)).unwrap();
        assert!(bits(&again) == bits(&whole), "{threads} threads");
    }
    let mut resumed = start.clone();
    let half = trainer().epochs(5).fit(&mut resumed, &data, Some(&data)).unwrap();
    let rest = trainer().epochs(12).resume(half.checkpoint).fit(&mut resumed, &data, Some(&data)).unwrap();
    assert_eq!(rest.history, fit.history);
    assert!(bits(&resumed) == bits(&whole));
}

#[cfg(feature = "data")]
#[test]
fn a_model_keeps_its_running_statistics_in_its_file() {
    use adaline::Model;
    use adaline::data::{Split, Table};
    let data = Table::builtin("iris").unwrap().target("species").unwrap().split(Split::seeded(1)).unwrap();
    let line = "dense 8 relu, batchnorm, layernorm, dense 3";
    let network = Network::new(data.input(), Layer::parse_chain(line).unwrap()).unwrap();
    let mut model = Model::new(data.encoder(), network);
    model.fit(&data, Trainer::new(Adam::default().learning_rate(0.01)).epochs(20).seed(1)).unwrap();
    let before = model.evaluate(data.test()).unwrap();
    assert!(model.network().get("layers.1.running_mean").unwrap().iter().any(|&x| x != 0.0));
    assert!(model.network().get("layers.1.running_var").unwrap().iter().all(|&x| x > 0.0 && x != 1.0));
    let loaded = Model::from_bytes(&model.to_bytes().unwrap(), "iris.safetensors").unwrap();
    assert!(bits(loaded.network()) == bits(model.network()));
    assert_eq!(loaded.evaluate(data.test()).unwrap(), before);
    assert_eq!(loaded.weights_sha256(), model.weights_sha256());
    // The hash covers them.
    let mut other = loaded;
    let mut means = other.network().get("layers.1.running_mean").unwrap();
    means[0] += 1.0;
    other.network_mut().set("layers.1.running_mean", &means).unwrap();
    assert_ne!(other.weights_sha256(), model.weights_sha256());
}
