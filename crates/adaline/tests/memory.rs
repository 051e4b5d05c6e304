//! What plans say that they need is what they take: a counting allocator.
//!
//! One test in a program of its own, so that nothing else runs beside it.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test, as tests do")]

use adaline::{Layer, Network, Predictor, Settings, Shape, Targets, Trainer};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

struct Counting;

/// Bytes that are taken now.
static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is handed to the system's allocator unchanged; counting touches no memory of its.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::SeqCst);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::SeqCst);
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_add(size, Ordering::SeqCst);
        LIVE.fetch_sub(layout.size(), Ordering::SeqCst);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::SeqCst);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The list of the operations itself and the like: not counted by a plan, and of no weight beside what is.
const LISTS: usize = 12 << 10;

/// What `make` takes and keeps, beside what the result says of itself.
#[track_caller]
fn check<T>(what: &str, make: impl FnOnce() -> T, says: impl FnOnce(&T) -> usize) {
    let before = LIVE.load(Ordering::SeqCst);
    let made = make();
    let (takes, says) = (LIVE.load(Ordering::SeqCst) - before, says(&made));
    assert!(takes >= says && takes - says <= LISTS, "{what}: it takes {takes} bytes and says {says}");
}

#[test]
fn plans_take_what_they_say() {
    let image = Shape::Image { channels: 1, height: 28, width: 28 };
    let steps = Shape::Sequence { steps: 28, features: 28 };
    for (shape, chain) in [
        (Shape::Flat(4), "dense 3 tanh, dense 3"),
        (Shape::Flat(1), "dense 4000 tanh, dense 1"),
        (Shape::Flat(784), "dense 128 relu, dropout 0.5, dense 10"),
        (image, "conv 32 3x3 relu, maxpool 2, conv 64 3x3 relu, maxpool 2, flatten, dense 128 relu, dense 10"),
        (
            image,
            "conv 8 3x3 same, residual(conv 8 3x3 same relu, batchnorm, conv 8 3x3 same), relu, global_avgpool, dense 10",
        ),
        (steps, "lstm 64 sequences bidirectional, gru 32, layernorm, dense 10"),
        (steps, "conv 16 5 same relu, maxpool 2, rnn 16, dense 10"),
    ] {
        let network = Network::new(shape, Layer::parse_chain(chain).unwrap()).unwrap();
        for rows in [1, 64] {
            let what = format!("{chain}, {rows} rows");
            check(&format!("predicting: {what}"), || Predictor::new(&network, rows, 1).unwrap(), Predictor::bytes);
            let targets = Targets::Classes(vec![0; rows]);
            let mut settings = Settings::default();
            settings.batch_size = rows;
            let trainer = Trainer::with(settings);
            check(
                &format!("training: {what}"),
                || trainer.session(&network, &targets).unwrap(),
                adaline::Session::bytes,
            );
        }
    }
}
