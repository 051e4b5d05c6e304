//! After the first training step, the first prediction and the first epoch nothing is allocated: a counting allocator.
//!
//! One test in a program of its own, so that nothing else runs beside it.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test, as tests do")]

use adaline::{
    Activation, Adagrad, Adam, AdamW, Batch, BatchNorm, Dense, Dropout, GlobalPool, Layer, LayerNorm, Loss, Network,
    Optimizer, Pool, Predictor, RmsProp, Rprop, Samples, Settings, Sgd, Shape, Targets, Trainer,
};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is handed to the system's allocator unchanged; counting touches no memory of its.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::SeqCst);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::SeqCst);
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::SeqCst);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of every thread while something runs. The test's own harness may wake up in between; what allocates each
/// time does so in all of three tries.
fn allocations(mut work: impl FnMut()) -> usize {
    let count = |_| {
        let before = ALLOCATIONS.load(Ordering::SeqCst);
        work();
        ALLOCATIONS.load(Ordering::SeqCst) - before
    };
    (0..3).map(count).min().unwrap_or(0)
}

const ROWS: usize = 64;

fn optimizers() -> [Optimizer; 8] {
    [
        Sgd::default().into(),
        Sgd::default().momentum(0.9).into(),
        Sgd::default().momentum(0.9).nesterov().into(),
        RmsProp::default().into(),
        Adagrad::default().into(),
        Adam::default().into(),
        AdamW::default().into(),
        Rprop::default().learning_rate(0.001).into(),
    ]
}

/// Steps of a whole and of a smaller batch, and a look at the loss.
fn steps(what: &str, network: &Network, settings: &Settings, targets: &Targets, threads: usize) {
    let mut network = network.clone();
    let x: Vec<f32> = (0..ROWS * network.input().len()).map(|i| ((i * 37 % 101) as f32 - 50.0) / 50.0).collect();
    let mut session = Trainer::with(settings.clone()).threads(threads).session(&network, targets).unwrap();
    let width = network.output().len();
    let (whole, part) = match targets {
        Targets::Classes(classes) => (Batch::Classes(classes), Batch::Classes(&classes[..5])),
        Targets::Values { values, .. } => (Batch::Values(values), Batch::Values(&values[..5 * width])),
        _ => unreachable!("there are two kinds"),
    };
    let few = &x[..5 * network.input().len()];
    session.step(&mut network, &x, whole, 0.001).unwrap();
    let count = allocations(|| {
        for _ in 0..4 {
            session.step(&mut network, &x, whole, 0.001).unwrap();
            session.step(&mut network, few, part, 0.001).unwrap();
            session.evaluate(&network, &x, whole).unwrap();
        }
    });
    assert_eq!(count, 0, "{what}, {threads} threads, {settings:?}");
}

fn network(shape: Shape, layers: &[Layer]) -> Network {
    Network::new(shape, layers.iter().cloned()).unwrap()
}

fn values(width: usize) -> Targets {
    Targets::Values { width, values: (0..ROWS * width).map(|i| (i % 7) as f32 / 7.0).collect() }
}

fn classes(count: u32) -> Targets {
    Targets::Classes((0..ROWS as u32).map(|row| row % count).collect())
}

fn training_steps() {
    let small = network(Shape::Flat(3), &[Dense::tanh(4).into(), Dense::linear(3).into()]);
    let large = network(
        Shape::Image { channels: 1, height: 16, width: 17 },
        &[
            Layer::Flatten,
            Dense::relu(130).into(),
            Dropout::new(0.3).into(),
            Dense::new(70, Activation::Gelu).into(),
            Activation::Softmax.into(),
            Dense::linear(3).into(),
        ],
    );
    let all = [
        Loss::Mse,
        Loss::Mae,
        Loss::Huber { delta: 1.0 },
        Loss::CategoricalCrossEntropy { label_smoothing: 0.0 },
        Loss::CategoricalCrossEntropy { label_smoothing: 0.1 },
    ];
    for (name, network) in [("small", &small), ("large", &large)] {
        for threads in [1, 2] {
            for optimizer in optimizers() {
                for loss in all {
                    let mut settings = Settings::default();
                    settings.optimizer = optimizer;
                    settings.loss = Some(loss);
                    settings.batch_size = ROWS;
                    (settings.l1, settings.l2) = (1e-5, 1e-4);
                    (settings.clip_norm, settings.clip_value) = (Some(1.0), Some(0.5));
                    let targets = if loss.is_classification() {
                        settings.class_weights = Some(vec![1.0, 2.0, 0.5]);
                        classes(3)
                    } else {
                        values(3)
                    };
                    steps(name, network, &settings, &targets, threads);
                }
            }
        }
    }
    for layer in ["lstm 20 bidirectional sequences, gru 9", "gru 33 reset_before", "gru 16 sequences, rnn 12"] {
        let chain = Layer::parse_chain(&format!("{layer}, dense 3")).unwrap();
        let network = network(Shape::Sequence { steps: 6, features: 5 }, &chain);
        let mut settings = Settings::default();
        settings.batch_size = ROWS;
        for threads in [1, 2] {
            steps(layer, &network, &settings, &classes(3), threads);
        }
    }
    let pooled = network(
        Shape::Image { channels: 3, height: 9, width: 10 },
        &[
            BatchNorm::default().into(),
            Pool::max(2).into(),
            LayerNorm::default().into(),
            Pool::average(2).strides(1).into(),
            BatchNorm::default().into(),
            GlobalPool::max().into(),
            Dense::linear(3).into(),
        ],
    );
    for threads in [1, 2] {
        let mut settings = Settings::default();
        settings.batch_size = ROWS;
        steps("pools and norms", &pooled, &settings, &classes(3), threads);
    }
    let binary = network(Shape::Flat(5), &[Dropout::new(0.1).into(), Dense::relu(9).into(), Dense::sigmoid(1).into()]);
    let mut settings = Settings::default();
    settings.batch_size = ROWS;
    steps("binary", &binary, &settings, &classes(2), 1);
}

fn predictions() {
    for activation in Activation::all() {
        let network = network(Shape::Flat(40), &[Dense::new(150, activation).into(), activation.into()]);
        let x = vec![0.25; 40 * 100];
        for threads in [1, 2] {
            let mut predictor = Predictor::new(&network, 100, threads).unwrap();
            let count = allocations(|| {
                for rows in [100, 1, 17] {
                    predictor.predict(&x[..rows * 40]).unwrap();
                }
            });
            assert_eq!(count, 0, "{activation}, {threads} threads");
        }
    }
}

/// Every epoch after the first, from the end of one to the end of the next: shuffling, steps, validation, the best
/// weights, the history.
fn epochs() {
    let samples = Samples::new(
        Shape::Flat(2),
        (0..100).map(|i| (i * 7 % 13) as f32 / 13.0).collect(),
        Targets::Classes((0..50).map(|i| i % 3).collect()),
    )
    .unwrap();
    for threads in [1, 2] {
        let mut network = network(
            Shape::Flat(2),
            &[Dense::tanh(20).into(), Dropout::new(0.2).into(), Dense::new(3, Activation::Softmax).into()],
        );
        let counts: [Cell<usize>; 12] = Default::default();
        let trainer = Trainer::new(Adam::default().learning_rate(0.01))
            .epochs(12)
            .batch_size(16)
            .patience(100)
            .threads(threads)
            .stop_when(|| false)
            .on_step(|_| {})
            .on_epoch(|epoch| counts[epoch.epoch - 1].set(ALLOCATIONS.load(Ordering::SeqCst)));
        trainer.fit(&mut network, &samples, Some(&samples)).unwrap();
        let between: Vec<usize> = counts.windows(2).map(|pair| pair[1].get() - pair[0].get()).collect();
        // One odd allocation of the harness is let go; one of an epoch would be there every time.
        let quiet = between.iter().filter(|count| **count == 0).count();
        assert!(quiet >= between.len() - 1, "{threads} threads: {between:?}");
    }
}

#[test]
fn nothing_is_allocated_after_the_first_time() {
    let first = allocations(|| drop(std::hint::black_box(vec![1u8; 100])));
    assert_eq!(first, 1, "the counter counts");
    training_steps();
    predictions();
    epochs();
}
