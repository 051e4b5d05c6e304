//! Any text as a network line: an error that points into the text, or layers that print as a line with the same meaning.
#![no_main]

use adaline::{Layer, Network, Shape};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(layers) = Layer::parse_chain(text) else { return };
    let written = Layer::chain_to_string(&layers);
    let back = Layer::parse_chain(&written).expect("what was printed can be read");
    assert_eq!(back, layers, "{written}");
    // Sizes come from the text, so nothing may be reserved before they are checked.
    let parameters: usize =
        written.split_whitespace().filter_map(|word| word.parse::<usize>().ok()).fold(0, usize::saturating_add);
    if parameters < 1000 {
        let _ = Network::new(Shape::Flat(3), layers);
    }
});
