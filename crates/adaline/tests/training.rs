//! The trainer at its edges: divergence, tiny data, stopping, resuming, what is the same and what is refused.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test, as tests do")]

use adaline::{
    Activation, Adagrad, Adam, AdamW, Batch, Checkpoint, Dense, Dropout, Ended, Error, InstructionSet, Layer, Loss,
    Network, Optimizer, Predictor, RmsProp, Rprop, Samples, Schedule, Session, Settings, Sgd, Shape, Targets, Trainer,
};
use std::cell::Cell;

fn network(inputs: usize, line: &str) -> Network {
    Network::new(Shape::Flat(inputs), Layer::parse_chain(line).unwrap()).unwrap()
}

/// Three noisy clouds in the plane.
fn clouds(rows: usize) -> Samples {
    let mut rng = adaline::rng::Rng::stream(11, adaline::rng::Purpose::Data, 0);
    let classes: Vec<u32> = (0..rows as u32).map(|row| row % 3).collect();
    let inputs = classes
        .iter()
        .flat_map(|&class| {
            let angle = f64::from(class) * 2.1;
            [(angle.cos() + 0.3 * rng.normal()) as f32, (angle.sin() + 0.3 * rng.normal()) as f32]
        })
        .collect();
    Samples::new(Shape::Flat(2), inputs, Targets::Classes(classes)).unwrap()
}

fn numbers(rows: usize) -> Samples {
    let inputs: Vec<f32> = (0..rows * 2).map(|i| (i * 37 % 101) as f32 / 50.0 - 1.0).collect();
    let values = inputs.chunks(2).map(|x| x[0] * 0.7 - x[1] * x[1]).collect();
    Samples::new(Shape::Flat(2), inputs, Targets::Values { width: 1, values }).unwrap()
}

fn xor() -> Samples {
    let inputs = vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
    Samples::new(Shape::Flat(2), inputs, Targets::Classes(vec![0, 1, 1, 0])).unwrap()
}

fn optimizers() -> [Optimizer; 8] {
    Optimizer::NAMES.map(|name| Optimizer::by_name(name).unwrap())
}

/// All parameters, as bits.
fn bits(network: &Network) -> Vec<u32> {
    let names: Vec<String> = network.tensors().map(|(name, _)| name.to_owned()).collect();
    names.iter().flat_map(|name| network.get(name).unwrap()).map(f32::to_bits).collect()
}

fn finite(network: &Network) -> bool {
    bits(network).into_iter().all(|bits| f32::from_bits(bits).is_finite())
}

#[test]
fn a_run_that_diverges_says_where_and_leaves_the_last_good_weights() {
    let data = numbers(64);
    let mut network = network(2, "dense 8 relu, dropout 0.1, dense 4, relu, dense 1");
    let start = bits(&network);
    let after = Cell::new(0);
    let trainer = Trainer::new(Sgd::default().learning_rate(1e6)).epochs(50).on_epoch(|epoch| after.set(epoch.epoch));
    let error = trainer.fit(&mut network, &data, None).unwrap_err();
    let Error::Diverged { epoch, step, message } = &error else { panic!("{error}") };
    assert!(*epoch == after.get() + 1 && (1..=2).contains(step), "{error}");
    let places = ["layer 1 (dense 8 relu)", "layer 3 (dense 4)", "layer 5 (dense 1)", "the weights of layer"];
    assert!(places.iter().any(|place| message.contains(place)), "{error}");
    assert!(message.contains("--learning-rate"), "{error}");
    assert!(finite(&network) && (after.get() > 0 || bits(&network) == start));
}

#[test]
fn the_first_layer_that_breaks_is_named() {
    // Weights of 1e30 twice: the second product is more than an f32 holds.
    let mut network = network(2, "flatten, dense 3 identity, dropout 0.0, dense 2 tanh, dense 1");
    for name in ["layers.1.weight", "layers.3.weight"] {
        let len = network.get(name).unwrap().len();
        network.set(name, &vec![1e30; len]).unwrap();
    }
    let inputs = vec![1.0; 8];
    let values = Targets::Values { width: 1, values: vec![0.0; 4] };
    let before = bits(&network);
    // tanh of infinity is 1: nothing has broken yet.
    let samples = Samples::new(Shape::Flat(2), inputs.clone(), values.clone()).unwrap();
    Trainer::new(Adam::default()).epochs(1).fit(&mut network.clone(), &samples, None).unwrap();
    // Infinity less infinity is nothing that tanh can mend.
    network.set("layers.3.weight", &[1e30, -1e30, 1e30, -1e30, 1e30, -1e30]).unwrap();
    network.set("layers.1.weight", &[1e38, 1e38, 1e38, 1e38, 1e38, 1e38]).unwrap();
    let samples = Samples::new(Shape::Flat(2), vec![3.0; 8], values).unwrap();
    let error = Trainer::new(Adam::default()).epochs(1).fit(&mut network, &samples, None).unwrap_err();
    let text = error.to_string();
    let want = "training diverged in epoch 1, step 1: what comes out of layer 2 (dense 3) is no longer finite; \
                make the learning rate smaller (--learning-rate) or clip the gradient (--clip-norm 1)";
    assert_eq!(text, want);
    assert!(finite(&network) && before.len() == bits(&network).len());
}

#[test]
fn weights_that_break_in_the_very_last_step_do_not_leave_the_run() {
    // The squared error of 1e30 is finite in f64, its gradient times the input is not.
    let samples = Samples::new(Shape::Flat(1), vec![1e20], Targets::Values { width: 1, values: vec![1e30] }).unwrap();
    let mut network = network(1, "dense 1");
    let before = bits(&network);
    let error = Trainer::new(Sgd::default()).epochs(1).fit(&mut network, &samples, None).unwrap_err();
    assert!(error.to_string().contains("epoch 1, step 1: the weights of layer 1 (dense 1) are no longer"), "{error}");
    assert_eq!(bits(&network), before);
    // The same when somebody stops the run just then.
    let trainer = Trainer::new(Sgd::default()).epochs(9).stop_when(|| true);
    assert!(matches!(trainer.fit(&mut network, &samples, None), Err(Error::Diverged { epoch: 1, step: 1, .. })));
    assert_eq!(bits(&network), before);
}

#[test]
fn a_validation_loss_that_is_not_finite_ends_the_run_too() {
    let data = numbers(16);
    let far = Samples::new(Shape::Flat(2), vec![3e38; 4], Targets::Values { width: 1, values: vec![0.0; 2] }).unwrap();
    let mut network = network(2, "dense 8 relu, dense 1");
    let error = Trainer::new(Adam::default()).epochs(3).fit(&mut network, &data, Some(&far)).unwrap_err();
    assert!(matches!(error, Error::Diverged { epoch: 1, .. }) && finite(&network), "{error}");
    assert!(error.to_string().contains("validation"), "{error}");
}

#[test]
fn after_a_divergence_the_best_epoch_is_there() {
    let data = clouds(60);
    let mut network = network(2, "dense 8 tanh, dense 3");
    let best = Cell::new((f64::INFINITY, 0));
    // The rate grows out of hand on its own: a step schedule cannot grow, so the learner is nudged over the edge.
    let trainer = Trainer::new(Sgd::default().learning_rate(1e6)).epochs(400).on_epoch(|epoch| {
        let loss = epoch.val_loss.unwrap();
        if loss < best.get().0 {
            best.set((loss, epoch.epoch));
        }
    });
    match trainer.fit(&mut network, &data, Some(&data)) {
        Ok(fit) => assert_eq!(fit.best_epoch, best.get().1),
        Err(error) => assert!(matches!(error, Error::Diverged { .. }), "{error}"),
    }
    assert!(finite(&network));
    if best.get().1 > 0 {
        let loss = loss(&network, &data);
        assert!((loss - best.get().0).abs() <= 1e-12 * loss.abs(), "{loss} {best:?}");
    }
}

fn loss(network: &Network, data: &Samples) -> f64 {
    let mut settings = Settings::default();
    settings.batch_size = data.rows();
    let mut session = Trainer::with(settings).session(network, data.targets()).unwrap();
    session.evaluate(network, data.inputs(), batch(data)).unwrap().loss
}

fn batch(data: &Samples) -> Batch<'_> {
    match data.targets() {
        Targets::Classes(classes) => Batch::Classes(classes),
        Targets::Values { values, .. } => Batch::Values(values),
        _ => unreachable!("there are two kinds"),
    }
}

#[test]
fn one_row_is_enough_and_a_batch_may_be_larger_than_the_data() {
    for (data, line) in [(clouds(1), "dense 4 relu, dense 3"), (numbers(1), "dense 4 relu, dense 1")] {
        for optimizer in optimizers() {
            let mut settings = Settings::default();
            settings.optimizer = optimizer;
            settings.epochs = 3;
            settings.batch_size = usize::MAX;
            let fit = Trainer::with(settings).fit(&mut network(2, line), &data, Some(&data)).unwrap();
            assert_eq!((fit.history.len(), fit.ended), (3, Ended::Finished));
        }
    }
}

#[test]
fn huge_numbers_in_the_settings_are_no_trouble() {
    let schedules = [
        Schedule::Constant,
        Schedule::OneCycle,
        Schedule::Cosine { warmup: 3.0, floor: 0.1 },
        Schedule::Step { every: usize::MAX, factor: 0.5 },
        Schedule::ReduceOnPlateau { factor: 0.5, patience: usize::MAX },
    ];
    for schedule in schedules {
        let data = clouds(30);
        let steps = Cell::new(0);
        let trainer = Trainer::new(Adam::default())
            .epochs(usize::MAX)
            .batch_size(7)
            .patience(usize::MAX)
            .seed(u64::MAX)
            .schedule(schedule)
            .on_step(|_| steps.set(steps.get() + 1))
            .stop_when(|| steps.get() >= 12);
        let fit = trainer.fit(&mut network(2, "dense 4 relu, dense 3"), &data, None).unwrap();
        assert_eq!((fit.ended, fit.history.len(), fit.best_epoch), (Ended::Interrupted, 2, 2), "{schedule}");
    }
}

#[test]
fn patience_ends_a_run_and_the_best_epoch_is_restored() {
    let (train, other) = (clouds(30), clouds(90));
    // Validation rows with the classes turned: learning can only make them worse, after a while.
    let turned = match other.targets() {
        Targets::Classes(classes) => classes.iter().map(|class| (class + 1) % 3).collect(),
        _ => unreachable!(),
    };
    let other = Samples::new(Shape::Flat(2), other.inputs().to_vec(), Targets::Classes(turned)).unwrap();
    let mut network = network(2, "dense 16 tanh, dense 3");
    let trainer = Trainer::new(Adam::default().learning_rate(0.05)).epochs(500).patience(7);
    let fit = trainer.fit(&mut network, &train, Some(&other)).unwrap();
    assert_eq!(fit.ended, Ended::Patience);
    assert_eq!(fit.history.len(), fit.best_epoch + 7);
    let lowest = fit.history.iter().map(|epoch| epoch.val_loss.unwrap()).fold(f64::INFINITY, f64::min);
    assert_eq!(fit.history[fit.best_epoch - 1].val_loss, Some(lowest));
    let now = loss(&network, &other);
    assert!((now - lowest).abs() < 1e-6 * lowest, "{now} {lowest}");
}

#[test]
fn a_plateau_lowers_the_learning_rate() {
    let data = clouds(30);
    let trainer = Trainer::new(Sgd::default().learning_rate(1e-30))
        .epochs(9)
        .schedule(Schedule::ReduceOnPlateau { factor: 0.5, patience: 2 });
    let fit = trainer.fit(&mut network(2, "dense 3"), &data, Some(&data)).unwrap();
    // Nothing moves, so that only the first epoch is an improvement: down after three idle ones, and three more.
    let halvings: Vec<f64> = fit.history.iter().map(|epoch| (1e-30 / epoch.learning_rate).log2()).collect();
    assert_eq!(halvings.iter().map(|h| h.round() as i32).collect::<Vec<_>>(), [0, 0, 0, 0, 1, 1, 1, 2, 2]);
}

#[test]
fn class_weights_move_the_border() {
    // The same place is class 0 three times and class 1 once.
    let data = Samples::new(Shape::Flat(1), vec![1.0; 4], Targets::Classes(vec![0, 0, 0, 1])).unwrap();
    let probability = |weights: Option<Vec<f32>>| {
        let mut settings = Settings::default();
        settings.optimizer = Adam::default().learning_rate(0.1).into();
        settings.epochs = 400;
        settings.class_weights = weights;
        let mut network = network(1, "dense 1 sigmoid");
        Trainer::with(settings).fit(&mut network, &data, None).unwrap();
        network.predict(&[1.0]).unwrap()[0]
    };
    assert!((probability(None) - 0.25).abs() < 1e-3);
    assert!((probability(Some(vec![1.0, 3.0])) - 0.5).abs() < 1e-3);
    assert!((probability(Some(vec![1.0, 9.0])) - 0.75).abs() < 1e-3);
    let mut settings = Settings::default();
    settings.class_weights = Some(vec![1.0; 3]);
    let error = Trainer::with(settings).fit(&mut network(1, "dense 1"), &data, None).unwrap_err();
    assert_eq!(error.to_string(), "class-weight: 3 weights were given for 2 classes");
}

#[test]
fn what_cannot_be_trained_is_refused_by_name() {
    let (classes, values) = (clouds(9), numbers(9));
    let message = |line: &str, data: &Samples| {
        Trainer::new(Adam::default()).epochs(1).fit(&mut network(2, line), data, None).unwrap_err().to_string()
    };
    let step = message("dense 4 step, dense 3", &classes);
    assert!(step.starts_with("layer 1 (dense 4 step): step is flat"), "{step}");
    assert!(message("dense 3, step", &classes).starts_with("layer 2 (step): step is flat"));
    let idle = message(
        "dropout 0.5, relu",
        &Samples::new(Shape::Flat(2), vec![0.0; 4], Targets::Classes(vec![0, 1])).unwrap(),
    );
    assert!(idle.starts_with("network: no layer has weights"), "{idle}");
    assert!(message("dense 3, dropout 0.5", &classes).starts_with("layer 2 (dropout 0.5): dropout of the outputs"));
    assert!(message("dense 2", &classes).starts_with("layer 1 (dense 2): 2 outputs for 3 classes"));
    assert!(message("dense 1", &classes).contains("one output tells two classes apart, and the data has 3"));
    assert!(message("dense 1 softmax, flatten", &xor()).contains("softmax of a single output is always 1"));
    assert!(message("dense 3 sigmoid, identity", &classes).contains("sigmoid does not fit one of several classes"));
    assert!(message("dense 2", &values).starts_with("layer 1 (dense 2): 2 outputs for targets of 1"));
    let wide = Samples::new(Shape::Flat(3), vec![0.0; 3], Targets::Classes(vec![0])).unwrap();
    assert_eq!(message("dense 3", &wide), "layer 1 (dense 3): the network reads 2 and the data has 3");
    let empty = Samples::new(Shape::Flat(2), vec![], Targets::Classes(vec![])).unwrap();
    assert_eq!(message("dense 3", &empty), "samples: there are no rows to train on");
}

#[test]
fn hyper_parameters_of_layers_are_checked_in_code_too() {
    let message = |layer: Layer| Network::new(Shape::Flat(2), [layer]).unwrap_err().to_string();
    let leaky = Activation::LeakyRelu { slope: -1.0 };
    assert!(message(Dense::new(3, leaky).into()).contains("zero or above"));
    assert!(message(leaky.into()).starts_with("layer 1 (leaky_relu(-1)): "));
    assert!(message(Activation::Elu { alpha: f64::NAN }.into()).contains("finite"));
    assert!(message(Dropout::new(1.0).into()).contains("from 0 to below 1"));
    assert!(message(Dense::relu(0).into()).contains("at least one unit"));
    assert!(message(Dense::relu(usize::MAX).into()).contains("make a layer smaller"));
    let settings = |change: &dyn Fn(&mut Settings)| {
        let mut settings = Settings::default();
        change(&mut settings);
        Trainer::with(settings).fit(&mut network(2, "dense 1"), &xor(), None).unwrap_err().to_string()
    };
    assert!(settings(&|s| s.epochs = 0).starts_with("epochs: "));
    assert!(settings(&|s| s.batch_size = 0).starts_with("batch-size: "));
    assert!(settings(&|s| s.patience = Some(0)).starts_with("patience: "));
    assert!(settings(&|s| s.l2 = f64::NAN).starts_with("l2: "));
    assert!(settings(&|s| s.clip_norm = Some(0.0)).starts_with("clip-norm: "));
    assert!(settings(&|s| s.class_weights = Some(vec![-1.0, 1.0])).starts_with("class-weight: "));
    assert!(settings(&|s| s.optimizer = Adam::default().learning_rate(f64::NAN).into()).starts_with("learning-rate: "));
    assert!(settings(&|s| s.optimizer = Adam::default().epsilon(1e-60).into()).contains("epsilon"));
    assert!(settings(&|s| s.optimizer = Adam::default().beta2(1.0 - 1e-12).into()).contains("beta2"));
    assert!(settings(&|s| s.loss = Some(Loss::Huber { delta: -1.0 })).contains("delta"));
    assert!(settings(&|s| s.loss = Some(Loss::Mse)).starts_with("loss: "));
    assert!(settings(&|s| s.schedule = Schedule::Exponential { factor: 0.0 }).starts_with("schedule: "));
}

#[test]
fn unusual_chains_learn() {
    let flat = clouds(90);
    let lines = [
        "dropout 0.1, dense 8 tanh, dense 3",
        "tanh, dense 8 relu, dense 3",
        "softsign, softmax, dense 8 relu, dense 3",
        "dense 8, softmax, dense 3",
        "dense 8 softmax, dense 3 softmax",
        "dense 8 gelu, dropout 0.1, mish, dense 3, softmax, identity, flatten",
        "dense 8 no_bias, selu, dense 3 no_bias",
    ];
    for line in lines {
        let mut network = network(2, line);
        let trainer = Trainer::new(Adam::default().learning_rate(0.03)).epochs(80).seed(1);
        let fit = trainer.fit(&mut network, &flat, None).unwrap();
        let last = fit.history.last().unwrap();
        // Softmax of two numbers keeps only their difference.
        let least = if line.contains("softmax, dense 8") { 0.7 } else { 0.85 };
        assert!(last.accuracy.unwrap() > least && last.loss < fit.history[0].loss, "{line}: {last}");
    }
    let image = Shape::Image { channels: 1, height: 1, width: 2 };
    let data = Samples::new(image, flat.inputs().to_vec(), flat.targets().clone()).unwrap();
    for line in ["flatten, dense 8 tanh, dense 3", "dense 8 tanh, dense 3"] {
        let mut network = Network::new(image, Layer::parse_chain(line).unwrap()).unwrap();
        let trainer = Trainer::new(Adam::default().learning_rate(0.03)).epochs(80).seed(1);
        assert!(trainer.fit(&mut network, &data, None).unwrap().history[79].accuracy.unwrap() > 0.85, "{line}");
    }
}

/// The loss brings its own sigmoid or softmax: writing it changes what the network predicts, and nothing that it learns.
#[test]
fn an_activation_that_belongs_to_the_loss_changes_nothing() {
    for (data, lines) in [
        (xor(), ["dense 4 tanh, dense 1", "dense 4 tanh, dense 1 sigmoid", "dense 4 tanh, dense 1, sigmoid, identity"]),
        (
            clouds(50),
            ["dense 4 tanh, dense 3", "dense 4 tanh, dense 3 softmax", "dense 4 tanh, dense 3, softmax, flatten"],
        ),
    ] {
        let trained = lines.map(|line| {
            let mut network = network(2, line);
            let trainer = Trainer::new(Adam::default().learning_rate(0.01)).epochs(20).batch_size(8);
            let fit = trainer.fit(&mut network, &data, Some(&data)).unwrap();
            (bits(&network), fit.history)
        });
        assert_eq!(trained[0], trained[1], "{}", lines[1]);
        assert_eq!(trained[0], trained[2], "{}", lines[2]);
    }
}

#[test]
fn a_plain_network_and_one_through_the_loss_predict_alike() {
    let (a, b) = (network(2, "dense 3"), network(2, "dense 3 softmax"));
    let (a, b) = (a.predict(&[0.3, -2.0]).unwrap(), b.predict(&[0.3, -2.0]).unwrap());
    let logits: Vec<f64> = a.iter().map(|&z| f64::from(z)).collect();
    for (p, want) in b.iter().zip(adaline::softmax(&logits)) {
        assert!((f64::from(*p) - want).abs() < 1e-6);
    }
}

#[test]
fn numbers_at_the_end_of_the_scale_never_panic_and_never_pass_for_results() {
    let extremes = [0.0, 1e30, -1e30, 1e-42, f32::MIN_POSITIVE, f32::MAX, f32::MIN, -0.0, 1.0];
    let activations: Vec<Activation> = Activation::all().collect();
    let mut diverged = 0;
    for &activation in &activations {
        for rows in [1, 4, 9] {
            let inputs: Vec<f32> = (0..rows * 2).map(|i| extremes[i % extremes.len()]).collect();
            let plain = Network::new(Shape::Flat(2), [Dense::new(5, activation), Dense::linear(3)]).unwrap();
            assert_eq!(plain.predict(&inputs).unwrap().len(), rows * 3);
            let wide: Vec<f32> = (0..rows * 3).map(|i| extremes[(i + 3) % extremes.len()]).collect();
            for targets in [
                Targets::Classes((0..rows as u32).map(|row| row % 3).collect()),
                Targets::Values { width: 3, values: wide },
            ] {
                if activation == Activation::Step {
                    continue;
                }
                let data = Samples::new(Shape::Flat(2), inputs.clone(), targets).unwrap();
                for optimizer in optimizers() {
                    let mut network = plain.clone();
                    match Trainer::new(optimizer).epochs(3).fit(&mut network, &data, Some(&data)) {
                        Ok(fit) => {
                            for epoch in &fit.history {
                                assert!(
                                    epoch.loss.is_finite() && epoch.val_loss.is_some_and(f64::is_finite),
                                    "{epoch}"
                                );
                            }
                        }
                        Err(Error::Diverged { .. }) => diverged += 1,
                        Err(other) => panic!("{other}"),
                    }
                    assert!(finite(&network), "{activation} {optimizer}");
                }
            }
        }
    }
    assert!(diverged > 0, "not extreme enough");
}

#[test]
fn softmax_of_very_negative_numbers_is_a_share_of_one() {
    let softmax = Network::new(Shape::Flat(3), [Layer::Activation(Activation::Softmax)]).unwrap();
    for scale in [1.0f32, 1e10, 1e30, 1e31, 3e38] {
        let shares = softmax.predict(&[-scale, -scale, -scale, scale, -scale, scale]).unwrap();
        assert!(shares[..3].iter().all(|p| (p - 1.0 / 3.0).abs() < 1e-6), "{scale}: {shares:?}");
        assert!((shares[3..].iter().sum::<f32>() - 1.0).abs() < 1e-6, "{scale}: {shares:?}");
    }
}

#[test]
fn zeroes_and_denormals_train() {
    let data = Samples::new(Shape::Flat(2), vec![0.0, -0.0, 1e-44, 1e-40], Targets::Classes(vec![0, 1])).unwrap();
    for optimizer in optimizers() {
        let mut network = network(2, "dense 3 relu, dense 1");
        Trainer::new(optimizer).epochs(5).fit(&mut network, &data, None).unwrap();
        assert!(finite(&network));
    }
}

fn run(data: &Samples, settings: &Settings, threads: usize, set: InstructionSet) -> Vec<u32> {
    let mut network = network(2, "dense 70 relu, dropout 0.2, dense 130 tanh, dense 3");
    Trainer::with(settings.clone()).threads(threads).instruction_set(set).fit(&mut network, data, Some(data)).unwrap();
    bits(&network)
}

#[test]
fn the_same_bits_whatever_the_threads_and_the_instructions() {
    let data = clouds(200);
    for optimizer in optimizers() {
        let mut settings = Settings::default();
        settings.optimizer = optimizer;
        settings.epochs = 2;
        settings.batch_size = 64;
        settings.clip_norm = Some(1.0);
        let want = run(&data, &settings, 1, InstructionSet::Portable);
        for threads in [1, 2, 3, 8] {
            for set in InstructionSet::available() {
                assert!(run(&data, &settings, threads, set) == want, "{optimizer}: {threads} threads, {set:?}");
            }
        }
        settings.seed = 1;
        assert!(run(&data, &settings, 1, InstructionSet::best()) != want, "the seed does nothing");
    }
}

#[test]
fn a_run_that_was_stopped_goes_on_as_if_it_had_not_been() {
    let data = clouds(50);
    for optimizer in optimizers() {
        let mut settings = Settings::default();
        settings.optimizer = optimizer;
        settings.epochs = 6;
        settings.batch_size = 8;
        // Rprop has step sizes of its own.
        let rprop = matches!(optimizer, Optimizer::Rprop(_));
        settings.schedule = if rprop { Schedule::Constant } else { Schedule::OneCycle };
        let line = "dense 9 relu, dropout 0.3, dense 3";
        let mut whole = network(2, line);
        let want = Trainer::with(settings.clone()).fit(&mut whole, &data, Some(&data)).unwrap();
        // Stopped in the middle of an epoch, at its last step, and in the first step of all.
        for stop in [1, 10, 14, 21] {
            let steps = Cell::new(0);
            let mut network = network(2, line);
            let first = Trainer::with(settings.clone())
                .on_step(|_| steps.set(steps.get() + 1))
                .stop_when(|| steps.get() == stop)
                .fit(&mut network, &data, Some(&data))
                .unwrap();
            assert_eq!(first.ended, Ended::Interrupted);
            let checkpoint: Checkpoint = first.checkpoint;
            let rest =
                Trainer::with(settings.clone()).resume(checkpoint).fit(&mut network, &data, Some(&data)).unwrap();
            assert_eq!(rest.history, want.history, "{optimizer}, stopped after {stop}");
            assert!(bits(&network) == bits(&whole), "{optimizer}, stopped after {stop}");
        }
    }
}

#[test]
fn a_checkpoint_of_more_epochs_or_of_another_network_does_no_harm() {
    let data = clouds(20);
    let mut first = network(2, "dense 4 relu, dense 3");
    let fit = Trainer::new(Adam::default()).epochs(5).fit(&mut first, &data, None).unwrap();
    let fewer = Trainer::new(Adam::default()).epochs(2).resume(fit.checkpoint.clone());
    let again = fewer.fit(&mut first, &data, None).unwrap();
    assert_eq!((again.ended, again.history.len()), (Ended::Finished, 5));
    for (optimizer, line) in [
        (Optimizer::from(Adam::default()), "dense 40 relu, dense 3"),
        (Sgd::default().into(), "dense 4 relu, dense 3"),
        (RmsProp::default().into(), "dense 4 relu, dense 3"),
    ] {
        let trainer = Trainer::new(optimizer).epochs(9).resume(fit.checkpoint.clone());
        let error = trainer.fit(&mut network(2, line), &data, None).unwrap_err();
        assert!(error.to_string().starts_with("resume: "), "{error}");
    }
}

#[test]
fn a_session_refuses_what_it_was_not_planned_for() {
    let data = numbers(8);
    let mut planned = network(2, "dense 4 relu, dense 1");
    let mut session: Session = Trainer::new(Adam::default()).session(&planned, data.targets()).unwrap();
    let (x, t) = (data.inputs(), [0.5f32; 9]);
    let mut refused = |network: &mut Network, x: &[f32], batch: Batch<'_>| {
        let before = bits(network);
        let error = session.step(network, x, batch, 0.1).unwrap_err();
        assert!(matches!(error, Error::Shape { .. }), "{error}");
        assert_eq!(bits(network), before);
    };
    refused(&mut planned, &x[..3], Batch::Values(&t[..1]));
    refused(&mut planned, &x[..0], Batch::Values(&t[..0]));
    refused(&mut planned, &x[..4], Batch::Values(&t[..3]));
    refused(&mut planned, &[0.0; 18], Batch::Values(&t[..9]));
    refused(&mut planned, &x[..2], Batch::Classes(&[0]));
    refused(&mut network(2, "dense 99 relu, dense 1"), &x[..2], Batch::Values(&t[..1]));
    assert!(session.step(&mut planned, &x[..2], Batch::Values(&t[..1]), 0.1).is_ok());
    assert_eq!(session.gradient(&planned, "layers.9.weight"), None);
    let mut predictor = Predictor::new(&planned, 2, 1).unwrap();
    assert!(predictor.predict(&x[..3]).is_err() && predictor.predict(&x[..6]).is_err());
    assert_eq!(predictor.predict(&[]).unwrap(), [0.0f32; 0]);
    assert!(Predictor::new(&planned, usize::MAX, 1).is_err() && Predictor::new(&planned, 0, 1).is_err());
}

#[test]
fn a_thousand_layers_are_planned_and_one_more_is_refused() {
    let layers = |n: usize| (0..n).map(|_| Layer::from(Dense::linear(1)));
    let network = Network::new(Shape::Flat(1), layers(1_000)).unwrap();
    assert!(network.predict(&[1.0]).unwrap()[0].is_finite());
    assert!(Network::new(Shape::Flat(1), layers(1_001)).is_err());
}

#[test]
fn xor_is_learnt_from_nearly_every_seed() {
    let data = xor();
    let learnt = (0..100).filter(|&seed| {
        let mut network = network(2, "dense 4 tanh, dense 1");
        network.initialize(seed);
        let trainer = Trainer::new(Adam::default().learning_rate(0.05)).epochs(400).seed(seed);
        trainer.fit(&mut network, &data, None).unwrap();
        let logits = network.predict(data.inputs()).unwrap();
        logits.iter().map(|z| u32::from(*z > 0.0)).eq([0, 1, 1, 0])
    });
    let learnt = learnt.count();
    assert!(learnt >= 95, "{learnt} of 100");
}

#[test]
fn names_of_optimizers_are_theirs() {
    let made: [Optimizer; 8] = [
        Sgd::default().into(),
        Sgd::default().momentum(0.9).into(),
        Sgd::default().momentum(0.9).nesterov().into(),
        RmsProp::default().into(),
        Adagrad::default().into(),
        Adam::default().into(),
        AdamW::default().into(),
        Rprop::default().into(),
    ];
    assert_eq!(made, optimizers());
    assert_eq!(made.map(|optimizer| optimizer.name()), Optimizer::NAMES);
}

/// Compiles only where the types may go to other threads.
#[test]
fn what_is_promised_to_other_threads() {
    fn send<T: Send>() {}
    fn sync<T: Send + Sync>() {}
    sync::<Network>();
    sync::<Samples>();
    sync::<Settings>();
    sync::<Checkpoint>();
    sync::<Error>();
    #[cfg(feature = "data")]
    sync::<adaline::Model>();
    send::<Predictor<'static>>();
    send::<Session>();
}

#[test]
fn many_threads_predict_at_once_with_one_network() {
    let network = network(2, "dense 40 tanh, dense 3 softmax");
    let data = clouds(300);
    let want = network.predict(data.inputs()).unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| network.predict(data.inputs()).unwrap())).collect();
        for thread in threads {
            assert!(thread.join().unwrap() == want);
        }
    });
}

#[cfg(feature = "data")]
#[test]
fn many_threads_predict_at_once_with_one_model() -> adaline::Result<()> {
    use adaline::Model;
    use adaline::data::{Split, Table};
    let data = Table::builtin("iris")?.target("species")?.split(Split::seeded(1))?;
    let mut model = Model::new(data.encoder(), Network::new(data.input(), [Dense::relu(8), Dense::linear(3)])?);
    model.fit(&data, Trainer::new(Adam::default().learning_rate(0.01)).epochs(10))?;
    let (want, model) = (model.predict(data.test())?, &model);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| model.predict(data.test()))).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap()?, want);
        }
        Ok(())
    })
}
