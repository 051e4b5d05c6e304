//! Recurrent layers, embeddings and dense layers at each step.

use crate::support::*;
use adaline::Shape;

fn steps(steps: usize, features: usize) -> Shape {
    Shape::Sequence { steps, features }
}

const CELLS: [(&str, &str); 7] = [
    ("rnn", ""),
    ("rnn", " relu"),
    ("rnn", " sigmoid"),
    ("lstm", ""),
    ("gru", ""),
    ("gru", " reset_before"),
    ("lstm", " no_bias"),
];

#[test]
fn recurrent_layers() {
    for (cell, form) in CELLS {
        for settings in ["", " sequences", " bidirectional", " sequences bidirectional"] {
            for (units, shape, rows) in [
                (1, steps(1, 1), 1),
                (5, steps(3, 2), 4),
                (16, steps(2, 17), 3),
                (19, steps(6, 3), 9),
                (33, steps(4, 5), 1),
                (3, Shape::Image { channels: 1, height: 4, width: 5 }, 2),
            ] {
                let line = format!("{cell} {units}{form}{settings}");
                let what = format!("{line} on {rows} rows of {shape}");
                let x = random(rows as u64, rows * shape.len(), 1.0);
                agree_everywhere(&what, &network_of(shape, &line), &x, None, MSE);
            }
        }
    }
}

#[test]
fn recurrent_layers_over_sequences_of_different_lengths() {
    for (cell, form) in CELLS {
        for settings in ["", " sequences", " bidirectional", " sequences bidirectional"] {
            for lengths in [[5, 5, 5, 5], [1, 5, 3, 4], [1, 1, 1, 2]] {
                let line = format!("{cell} 6{form}{settings}");
                let what = format!("{line}, {lengths:?}");
                let x = random(9, 4 * 5 * 3, 1.0);
                agree_everywhere(&what, &network_of(steps(5, 3), &line), &x, Some(&lengths), MSE);
            }
        }
        for line in [
            format!("{cell} 4{form} sequences bidirectional, dense 5 tanh, {cell} 3{form}, dense 2"),
            format!("conv 4 2 tanh, maxpool 2, {cell} 3{form} bidirectional, dense 2"),
            format!("residual({cell} 3{form} sequences), global_maxpool"),
            format!("{cell} 3{form} sequences, dense 3 sigmoid, flatten, dense 2"),
            "dense 3 sigmoid, layernorm, flatten, dense 2".to_owned(),
        ] {
            let x = random(9, 4 * 6 * 3, 1.0);
            agree_everywhere(&line, &network_of(steps(6, 3), &line), &x, Some(&[6, 1, 4, 2]), MSE);
        }
    }
}

#[test]
fn classes_at_every_step() {
    for line in ["dense 4", "dense 6 tanh, dense 3 softmax", "dense 5, softmax"] {
        let network = network_of(steps(5, 3), line);
        agree_everywhere(line, &network, &random(2, 4 * 15, 1.0), None, categorical(0.1));
    }
    for line in ["lstm 7 sequences, dense 4", "gru 5 sequences, gru 6 sequences bidirectional, dense 3"] {
        let network = network_of(steps(5, 3), line);
        agree_everywhere(line, &network, &random(2, 4 * 15, 1.0), None, categorical(0.0));
    }
}

#[test]
fn embeddings() {
    let words: Vec<f32> = (0..6 * 4).map(|k| (k * k % 11) as f32).collect();
    for shape in [Shape::Flat(4), steps(4, 1)] {
        for line in ["embedding 11 3", "embedding 11 17, dense 4 tanh, flatten, dense 2"] {
            agree_everywhere(&format!("{line} on {shape}"), &network_of(shape, line), &words, None, MSE);
        }
    }
    for line in ["embedding 11 5, global_avgpool, dense 2", "embedding 11 5, gru 4, dense 2"] {
        let network = network_of(steps(4, 1), line);
        agree_everywhere(line, &network, &words, Some(&[4, 1, 2, 3, 4, 1]), MSE);
    }
    // What is no word's number is read as the nearest that is.
    let network = network_of(Shape::Flat(4), "embedding 3 2");
    agree_everywhere("no words", &network, &[-1.0, 2.0, 3.0, 1e9], None, MSE);
}
