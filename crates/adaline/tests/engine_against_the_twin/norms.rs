//! Normalisation of channels over the batch, and of examples over themselves.

use crate::support::*;
use adaline::Shape;

fn shapes() -> [Shape; 8] {
    [
        Shape::Flat(1),
        Shape::Flat(19),
        Shape::Image { channels: 1, height: 1, width: 1 },
        Shape::Image { channels: 3, height: 5, width: 4 },
        Shape::Image { channels: 18, height: 2, width: 3 },
        Shape::Sequence { steps: 1, features: 2 },
        Shape::Sequence { steps: 7, features: 3 },
        Shape::Sequence { steps: 4, features: 20 },
    ]
}

#[test]
fn batch_normalisation() {
    for shape in shapes() {
        // Two rows of one place each are normalised to ±1 whatever they are, and hand nothing back: with an ε near the
        // spread they do.
        for rows in [1, 2, 3, 9] {
            for line in ["batchnorm epsilon 0.1", "batchnorm momentum 0.4 epsilon 0.1, tanh, flatten, dense 3"] {
                let what = format!("{line} on {rows} rows of {shape}");
                let x = random(rows as u64, rows * shape.len(), 1.0);
                agree_everywhere(&what, &network_of(shape, line), &x, None, MSE);
            }
        }
    }
    let image = Shape::Image { channels: 2, height: 8, width: 8 };
    let line =
        "conv 6 3 no_bias, batchnorm, relu, maxpool 2, conv 4 2 no_bias, batchnorm, relu, global_avgpool, dense 3";
    agree_everywhere(line, &network_of(image, line), &random(3, 6 * 128, 1.0), None, categorical(0.0));
    let line = "dense 5 tanh, batchnorm, residual(batchnorm, dense 5 tanh, batchnorm), dense 2";
    agree_everywhere(line, &network_of(Shape::Flat(3), line), &random(3, 30, 1.0), None, MSE);
}

#[test]
fn batch_normalisation_counts_own_steps_only() {
    let shape = Shape::Sequence { steps: 6, features: 3 };
    for lengths in [[6, 6, 6, 6], [1, 4, 6, 2], [1, 1, 1, 1]] {
        for line in [
            "batchnorm epsilon 0.1",
            "batchnorm epsilon 0.1, conv 4 3 same",
            "conv 5 2, maxpool 2, batchnorm epsilon 0.1",
        ] {
            let what = format!("{line}, {lengths:?}");
            let x = random(5, 4 * 18, 1.0);
            agree_everywhere(&what, &network_of(shape, line), &x, Some(&lengths), MSE);
        }
    }
}

#[test]
fn layer_normalisation() {
    for shape in shapes() {
        for rows in [1, 4] {
            for line in ["layernorm epsilon 0.1", "layernorm epsilon 0.1, tanh, flatten, dense 3"] {
                let what = format!("{line} on {rows} rows of {shape}");
                let x = random(rows as u64, rows * shape.len(), 1.0);
                agree_everywhere(&what, &network_of(shape, line), &x, None, MSE);
            }
        }
    }
    let line = "dense 9 tanh, layernorm, residual(layernorm, dense 9 relu, dense 9), dense 4";
    for (shape, loss) in
        [(Shape::Flat(5), categorical(0.1)), (Shape::Sequence { steps: 3, features: 5 }, categorical(0.0))]
    {
        agree_everywhere(line, &network_of(shape, line), &random(3, 6 * shape.len(), 1.0), None, loss);
    }
}
