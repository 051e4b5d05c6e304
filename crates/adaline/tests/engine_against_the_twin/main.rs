//! The fast f32 engine against the readable f64 twin and against PyTorch's fixtures.
//!
//! Everything that goes in is an f32, so that both compute on the same numbers. Two results agree when they differ by
//! no more than 10⁻⁵ of themselves plus 3·10⁻⁶ of the largest value beside them (the outputs, or all gradients of a step):
//! an f32 has 24 bits (6·10⁻⁸), a sum of a thousand products loses a few of them, and a value that is what is left of
//! much larger ones has lost them already.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test, as tests do")]

#[path = "../fixture/mod.rs"]
mod fixture;

mod dense;
mod images;
mod norms;
mod pytorch;
mod sequences;
mod support;
