//! Whether a network can learn the next character of a text.

use crate::layer::Padding;
use crate::{Error, Layer, Network, Result, Shape};

/// Checks a network against a vocabulary of so many entries: it must read the number of any of them, answer with one logit
/// for each at every step, and see no character before it has guessed it.
pub(super) fn check(network: &Network, entries: usize, window: usize) -> Result<()> {
    let place = |number: usize, layer: &Layer| format!("layer {} ({layer})", number + 1);
    let layers = network.layers();
    if let Some(first) = layers.first().filter(|first| !matches!(first, Layer::Embedding(_))) {
        let message = format!(
            "a text is read as numbers of characters, which only an embedding makes sense of; begin with \"embedding {entries} 32\""
        );
        return Err(Error::shape(place(0, first), message));
    }
    for (number, layer) in layers.iter().enumerate() {
        if let Layer::Embedding(embedding) = layer
            && number == 0
            && embedding.vocabulary < entries
        {
            let message = format!(
                "the text has {entries} characters, the unknown one included; write embedding {entries} {}",
                embedding.dimensions
            );
            return Err(Error::shape(place(number, layer), message));
        }
        if looks_ahead(layer) {
            let message = "it would see the very characters that it is to guess; use recurrent layers in one direction";
            return Err(Error::shape(place(number, layer), message));
        }
    }
    let wanted = Shape::Sequence { steps: window, features: entries };
    match layers.last() {
        Some(last) if network.output() != wanted => {
            let message = format!(
                "the next of {entries} characters is wanted at each of {window} steps, and what comes out is {}; let \
                 recurrent layers give their sequences (lstm 128 sequences) and end in \"dense {entries}\"",
                network.output()
            );
            Err(Error::shape(place(layers.len() - 1, last), message))
        }
        _ => Ok(()),
    }
}

/// Whether what comes out at a step depends on later ones.
fn looks_ahead(layer: &Layer) -> bool {
    match layer {
        Layer::Recurrent(recurrent) => recurrent.bidirectional,
        Layer::Conv(conv) => conv.padding == Padding::Same,
        Layer::Pool(pool) => pool.padding == Padding::Same,
        Layer::Residual(residual) => residual.layers.iter().any(looks_ahead),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(net: &str) -> String {
        let layers = Layer::parse_chain(net).unwrap();
        let network = Network::new(Shape::Sequence { steps: 8, features: 1 }, layers).unwrap();
        check(&network, 5, 8).map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn networks_that_cannot_learn_a_text() {
        assert_eq!(message("embedding 5 3, lstm 4 sequences, dense 5"), "fine");
        assert_eq!(message("embedding 9 3, residual(gru 3 sequences), dense 5"), "fine");
        for (net, trouble) in [
            ("embedding 4 3, lstm 4 sequences, dense 5", "layer 1 (embedding 4 3): the text has 5 characters"),
            ("embedding 5 3, lstm 4, dense 5", "layer 3 (dense 5): the next of 5 characters is wanted"),
            ("embedding 5 3, lstm 4 sequences, dense 4", "layer 3 (dense 4): the next of 5"),
            ("embedding 5 3, lstm 4 sequences bidirectional, dense 5", "it would see the very characters"),
            ("embedding 5 3, residual(gru 3 sequences, conv 3 3 same), dense 5", "it would see the very characters"),
        ] {
            assert!(message(net).contains(trouble), "{net}: {}", message(net));
        }
    }
}
