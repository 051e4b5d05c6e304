//! Convolutions and pools, of images and of sequences.

use crate::support::*;
use adaline::Shape;

fn image(channels: usize, height: usize, width: usize) -> Shape {
    Shape::Image { channels, height, width }
}

fn steps(steps: usize, features: usize) -> Shape {
    Shape::Sequence { steps, features }
}

fn try_on(shape: Shape, line: &str, rows: usize) {
    let what = format!("{line} on {rows} rows of {shape}");
    let x = random(rows as u64, rows * shape.len(), 1.0);
    agree_everywhere(&what, &network_of(shape, line), &x, None, MSE);
}

#[test]
fn convolutions_of_images() {
    for (line, shape) in [
        ("conv 1 1", image(1, 1, 1)),
        ("conv 5 3 same", image(2, 1, 1)),
        ("conv 3 3 same dilation 4 tanh", image(1, 1, 1)),
        ("conv 7 3x3", image(1, 5, 4)),
        ("conv 16 3x3 relu", image(1, 9, 28)),
        ("conv 17 2x3 tanh", image(3, 6, 7)),
        ("conv 4 5 same no_bias", image(2, 7, 3)),
        ("conv 3 4x2 same", image(5, 6, 6)),
        ("conv 33 3 strides 2", image(2, 7, 8)),
        ("conv 6 3 strides 2x3 same sigmoid", image(4, 9, 10)),
        ("conv 2 2 strides 3 same", image(1, 10, 7)),
        ("conv 3 3 dilation 2", image(2, 8, 7)),
        ("conv 3 2x3 dilation 3x2 same", image(2, 5, 6)),
        ("conv 4 3 strides 2 dilation 2 same", image(3, 7, 9)),
        ("conv 6 3 groups 2 same", image(4, 5, 5)),
        ("conv 18 3 groups 18 same relu", image(18, 4, 5)),
        ("conv 34 2 groups 17 strides 2", image(17, 5, 6)),
        ("conv 48 1 groups 3", image(33, 3, 2)),
        ("conv 20 1 tanh", image(40, 3, 4)),
        ("conv 4 3x1 same, conv 3 1x3 same", image(2, 4, 5)),
    ] {
        for rows in [1, 2, 5] {
            try_on(shape, &format!("{line}, flatten, dense 3"), rows);
        }
        try_on(shape, line, 4);
    }
    try_on(image(3, 30, 31), "conv 24 3x3 relu, conv 8 3x3 same tanh, global_avgpool", 9);
}

#[test]
fn convolutions_of_sequences() {
    for (line, shape) in [
        ("conv 3 2", steps(2, 1)),
        ("conv 5 5 same tanh", steps(1, 3)),
        ("conv 17 3", steps(9, 4)),
        ("conv 4 3 strides 2 same", steps(8, 5)),
        ("conv 3 2 dilation 3 same no_bias", steps(7, 2)),
        ("conv 8 3 groups 4", steps(6, 4)),
        ("conv 20 7 strides 3 relu, conv 6 3 same", steps(40, 18)),
    ] {
        for rows in [1, 6] {
            try_on(shape, line, rows);
            try_on(shape, &format!("{line}, dense 2 tanh, flatten, dense 3"), rows);
        }
    }
}

/// Each is as if it were alone: see the twin's test.
#[test]
fn convolutions_and_pools_of_sequences_of_different_lengths() {
    let shape = steps(9, 3);
    let x = random(8, 4 * 27, 1.0);
    for lengths in [[9, 9, 9, 9], [1, 5, 9, 2], [4, 3, 8, 7]] {
        for line in [
            "conv 4 1 strides 2 tanh",
            "conv 4 3 sigmoid",
            "conv 4 3 same, conv 17 2 same strides 2 sigmoid",
            "conv 3 3 same strides 2, conv 6 5 same dilation 2 groups 3",
            "conv 3 4 strides 3 softplus, conv 2 2 same",
            "maxpool 3 strides 2 same, conv 5 3 tanh",
            "conv 5 2 dilation 3 tanh, avgpool 2 strides 1 same, avgpool 2",
        ] {
            for line in [line.to_owned(), format!("dense 3, {line}, global_avgpool, dense 2")] {
                let what = format!("{line}, {lengths:?}");
                agree_everywhere(&what, &network_of(shape, &line), &x, Some(&lengths), MSE);
            }
        }
    }
}

#[test]
fn pools() {
    for kind in ["maxpool", "avgpool"] {
        for (settings, shape) in [
            ("1", image(1, 1, 1)),
            ("3 strides 1 same", image(2, 1, 1)),
            ("2", image(3, 4, 6)),
            ("2", image(17, 5, 7)),
            ("3x2 strides 1", image(5, 6, 5)),
            ("3 strides 2 same", image(16, 7, 6)),
            ("2 strides 3 same", image(4, 8, 7)),
            ("3", steps(10, 5)),
            ("2 strides 1 same", steps(6, 18)),
        ] {
            for rows in [1, 4] {
                let before = if let Shape::Image { .. } = shape { "conv 6 1 tanh" } else { "dense 6 tanh" };
                try_on(shape, &format!("{kind} {settings}, flatten, dense 3"), rows);
                try_on(shape, &format!("{before}, {kind} {settings}"), rows);
            }
        }
    }
    for kind in ["global_maxpool", "global_avgpool"] {
        for shape in [image(1, 1, 1), image(5, 3, 4), image(33, 7, 2), steps(1, 3), steps(9, 17)] {
            try_on(shape, &format!("{kind}, dense 2"), 3);
        }
        for lengths in [[6, 6, 6], [1, 4, 6], [2, 1, 3]] {
            for line in ["dense 5 tanh, ", "conv 5 2 tanh, maxpool 2, "] {
                let line = format!("{line}{kind}, dense 2");
                let x = random(8, 3 * 6 * 2, 1.0);
                let what = format!("{line}, {lengths:?}");
                agree_everywhere(&what, &network_of(steps(6, 2), &line), &x, Some(&lengths), MSE);
            }
        }
    }
}

#[test]
fn whole_networks_of_images() {
    let line = "conv 8 3x3 relu, maxpool 2, conv 12 3x3 same relu, maxpool 2, flatten, dense 20 relu, dense 10";
    try_on(image(1, 14, 14), line, 5);
    let network = network_of(image(3, 9, 8), "conv 6 3 strides 2 same tanh, avgpool 2, flatten, dense 4");
    agree_everywhere("categorical", &network, &random(4, 6 * 3 * 72, 1.0), None, categorical(0.0));
    let network = network_of(image(1, 4, 4), "conv 1 4 sigmoid, flatten");
    agree_everywhere("binary", &network, &random(4, 6 * 16, 1.0), None, binary(0.0));
    let line =
        "conv 4 3 same, residual(conv 4 3 same relu, residual(conv 4 1 tanh), conv 4 3 same), global_avgpool, dense 3";
    try_on(image(2, 6, 5), line, 4);
}
