//! adaline
fn main() {}
