use super::*;
use crate::kernel::InstructionSet;
use crate::kernel::panels::tests::{random, to_panels};

/// The definition, in the stated order.
fn naive(rows: usize, depth: usize, cols: usize, a: &dyn Fn(usize, usize) -> f32, b: &[f32], bias: &[f32]) -> Vec<f32> {
    let mut out = Vec::new();
    for i in 0..rows {
        for j in 0..cols {
            let mut sum = bias[j];
            for k in 0..depth {
                sum = a(i, k).mul_add(b[k * cols + j], sum);
            }
            out.push(sum);
        }
    }
    out
}

#[test]
fn every_size_set_and_thread_count_gives_the_bits_of_the_definition() {
    let sizes = [1, 2, 3, 5, 6, 7, 12, 13, 16, 17, 33, 100];
    for (n, &rows) in sizes.iter().enumerate() {
        for &cols in &sizes {
            for depth in [1, 2, 19, 256, 257] {
                let (x, b) = (random(rows * depth, n as u64), random(depth * cols, 77));
                let mut bias = random(cols, 3);
                let panels = to_panels(depth, cols, &b);
                let want = naive(rows, depth, cols, &|i, k| x[i * depth + k], &b, &bias);
                let turned = naive(rows, depth, cols, &|i, k| x[k * rows + i], &b, &vec![0.0; cols]);
                bias.resize(cols.next_multiple_of(LANES), 0.0);
                for set in InstructionSet::available() {
                    let machine = Machine::new(set, 1);
                    let mut out = vec![f32::NAN; rows * cols];
                    product(
                        &machine,
                        Product {
                            rows,
                            depth,
                            cols,
                            a: Left { data: &x, row: depth, step: 1 },
                            b: &panels,
                            bias: Some(&bias),
                            activation: Activation::Identity,
                            out: Out::Rows(&mut out),
                        },
                    );
                    assert_eq!(out, want, "{set:?} {rows}x{depth}x{cols}");
                    let mut out = vec![f32::NAN; panels_len(rows, cols)];
                    product(
                        &machine,
                        Product {
                            rows,
                            depth,
                            cols,
                            a: Left { data: &x, row: 1, step: rows },
                            b: &panels,
                            bias: None,
                            activation: Activation::Identity,
                            out: Out::Panels(&mut out),
                        },
                    );
                    assert_eq!(out, to_panels(rows, cols, &turned), "{set:?} {rows}x{depth}x{cols} in panels");
                    // Cut into a first and a second part of each sum.
                    let cut = depth / 2;
                    let mut part = |from: usize, to: usize, first: bool| {
                        if from == to {
                            return;
                        }
                        let b = to_panels(to - from, cols, &b[from * cols..to * cols]);
                        product(
                            &machine,
                            Product {
                                rows,
                                depth: to - from,
                                cols,
                                a: Left { data: &x[from * rows..], row: 1, step: rows },
                                b: &b,
                                bias: None,
                                activation: Activation::Identity,
                                out: if first { Out::Panels(&mut out) } else { Out::OntoPanels(&mut out) },
                            },
                        );
                    };
                    part(0, cut, true);
                    part(cut, depth, cut == 0);
                    assert_eq!(out, to_panels(rows, cols, &turned), "{set:?} {rows}x{depth}x{cols} in two parts");
                    let mut out: Vec<f32> = (0..rows).flat_map(|_| bias[..cols].to_vec()).collect();
                    product_alone(
                        set,
                        Product {
                            rows,
                            depth,
                            cols,
                            a: Left { data: &x, row: depth, step: 1 },
                            b: &panels,
                            bias: None,
                            activation: Activation::Identity,
                            out: Out::OntoRows(&mut out),
                        },
                    );
                    assert_eq!(out, want, "{set:?} {rows}x{depth}x{cols} onto the bias");
                }
            }
        }
    }
}

#[test]
fn turned_blocks_of_every_height_on_several_threads() {
    for (rows, depth, cols) in [(25, 1, 17), (26, 20, 32), (47, 31, 33), (48, 256, 40), (49, 255, 64), (300, 256, 100)]
    {
        let (x, b) = (random(rows * depth, 4), random(depth * cols, 5));
        let panels = to_panels(depth, cols, &b);
        let want = naive(rows, depth, cols, &|i, k| x[k * rows + i], &b, &vec![0.0; cols]);
        for set in InstructionSet::available() {
            for threads in [1, 3] {
                for activation in [Activation::Identity, Activation::Relu, Activation::LeakyRelu { slope: 0.5 }] {
                    let mut out = vec![f32::NAN; rows * cols];
                    let (a, out_of) = (Left { data: &x, row: 1, step: rows }, Out::Rows(&mut out));
                    let (b, bias) = (&*panels, None);
                    let p = Product { rows, depth, cols, a, b, bias, activation, out: out_of };
                    product(&Machine::new(set, threads), p);
                    let f = |x: f32| match activation {
                        Activation::Relu => x.max(0.0),
                        Activation::LeakyRelu { .. } if x < 0.0 => 0.5 * x,
                        _ => x,
                    };
                    let want: Vec<f32> = want.iter().map(|&x| f(x)).collect();
                    assert_eq!(out, want, "{set:?} {rows}x{depth}x{cols}, {threads} threads, {activation:?}");
                }
            }
        }
    }
}

#[test]
fn threads_do_not_change_the_bits() {
    let (rows, depth, cols) = (130, 70, 90);
    let (x, b) = (random(rows * depth, 1), to_panels(depth, cols, &random(depth * cols, 2)));
    let run = |threads| {
        let mut out = vec![0.0; rows * cols];
        product(
            &Machine::new(InstructionSet::best(), threads),
            Product {
                rows,
                depth,
                cols,
                a: Left { data: &x, row: depth, step: 1 },
                b: &b,
                bias: None,
                activation: Activation::Tanh,
                out: Out::Rows(&mut out),
            },
        );
        out
    };
    let one = run(1);
    assert!((1..=8).all(|threads| run(threads) == one));
}
