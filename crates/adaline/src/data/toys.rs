//! Small data sets made from a seed, each with a shape that teaches something.
//!
//! Points are drawn, not spaced evenly, and the classes take turns row by row. N(0, s) is normal noise with standard
//! deviation s, drawn anew for every coordinate.

use super::column::Column;
use crate::rng::Rng;
use std::f64::consts::{PI, TAU};

/// The truth table of exclusive or: no single neuron can learn it.
pub(super) fn xor(_rng: &mut Rng, _rows: usize) -> Vec<Column> {
    let column = |name: &str, values: [f64; 4]| Column::numbers(name, values.to_vec());
    vec![column("a", [0.0, 0.0, 1.0, 1.0]), column("b", [0.0, 1.0, 0.0, 1.0]), column("xor", [0.0, 1.0, 1.0, 0.0])]
}

/// The corners of the unit square with N(0, 0.2) around them; the class is XOR of the corner.
pub(super) fn xor_cloud(rng: &mut Rng, rows: usize) -> Vec<Column> {
    points(rows, |row| {
        let corner = row % 4;
        let (a, b) = ((corner / 2) as f64, (corner % 2) as f64);
        (a + 0.2 * rng.normal(), b + 0.2 * rng.normal(), usize::from(a != b))
    })
}

/// Two half circles that reach into each other, with N(0, 0.2): scikit-learn's `make_moons`.
pub(super) fn moons(rng: &mut Rng, rows: usize) -> Vec<Column> {
    points(rows, |row| {
        let (class, t) = (row % 2, rng.range(0.0, PI));
        let (x, y) = if class == 0 { (t.cos(), t.sin()) } else { (1.0 - t.cos(), 0.5 - t.sin()) };
        (x + 0.2 * rng.normal(), y + 0.2 * rng.normal(), class)
    })
}

/// A circle of radius 1/2 within one of radius 1, with N(0, 0.1): scikit-learn's `make_circles`.
pub(super) fn circles(rng: &mut Rng, rows: usize) -> Vec<Column> {
    points(rows, |row| {
        let (class, t) = (row % 2, rng.range(0.0, TAU));
        let radius = if class == 0 { 1.0 } else { 0.5 };
        (radius * t.cos() + 0.1 * rng.normal(), radius * t.sin() + 0.1 * rng.normal(), class)
    })
}

/// Two arms that wind around each other one and a half times, with N(0, 0.02): radius √u, so that the points lie evenly
/// along the arm, angle 3π√u, the second arm turned by π.
pub(super) fn spirals(rng: &mut Rng, rows: usize) -> Vec<Column> {
    points(rows, |row| {
        let (class, radius) = (row % 2, rng.uniform().sqrt());
        let angle = 3.0 * PI * radius + PI * class as f64;
        (radius * angle.cos() + 0.02 * rng.normal(), radius * angle.sin() + 0.02 * rng.normal(), class)
    })
}

/// Three clouds, N(0, 1) around (0, 3), (-3, -2) and (3, -2).
pub(super) fn blobs(rng: &mut Rng, rows: usize) -> Vec<Column> {
    const CENTRES: [(f64, f64); 3] = [(0.0, 3.0), (-3.0, -2.0), (3.0, -2.0)];
    points(rows, |row| {
        let class = row % CENTRES.len();
        let (x, y) = CENTRES[class];
        (x + rng.normal(), y + rng.normal(), class)
    })
}

/// One period of a sine, y = sin x + N(0, 0.1) with x from -π to π: a regression.
pub(super) fn sine(rng: &mut Rng, rows: usize) -> Vec<Column> {
    let x: Vec<f64> = (0..rows).map(|_| rng.range(-PI, PI)).collect();
    let y = x.iter().map(|x| x.sin() + 0.1 * rng.normal()).collect();
    vec![Column::numbers("x", x), Column::numbers("y", y)]
}

/// A series: a sine with a period of 20 rows and half of one with a period of 7, and N(0, 0.05); `t` counts the rows.
pub(super) fn waves(rng: &mut Rng, rows: usize) -> Vec<Column> {
    let t: Vec<f64> = (0..rows).map(|row| row as f64).collect();
    let wave = |t: &f64| (TAU * t / 20.0).sin() + 0.5 * (TAU * t / 7.0).sin();
    let y = t.iter().map(|t| wave(t) + 0.05 * rng.normal()).collect();
    vec![Column::numbers("t", t), Column::numbers("y", y)]
}

/// The columns `x`, `y` and `class` from one point a row.
fn points(rows: usize, point: impl FnMut(usize) -> (f64, f64, usize)) -> Vec<Column> {
    let points: Vec<(f64, f64, usize)> = (0..rows).map(point).collect();
    vec![
        Column::numbers("x", points.iter().map(|p| p.0).collect()),
        Column::numbers("y", points.iter().map(|p| p.1).collect()),
        Column::numbers("class", points.iter().map(|p| p.2 as f64).collect()),
    ]
}
