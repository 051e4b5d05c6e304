//! Values brought into another order: channels inside or outside, steps inside or outside.

use super::{Run, Wires, cut, front};
use crate::Shape;
use crate::kernel::Machine;
use crate::kernel::spread::spread;
use crate::plan::Order;

/// y holds the values of x in another order.
#[derive(Debug)]
pub(crate) struct Reorder {
    pub shape: Shape,
    pub from: Order,
    pub to: Order,
    pub wires: Wires,
}

impl Reorder {
    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let len = run.rows * self.shape.len();
        let [from, y] = cut(run.arena, [x.range(len), front(y, len)]);
        self.turn(run.machine, run.rows, self.from, x.pick(len, run.batch, from), y);
    }

    pub(crate) fn backward(&self, run: &mut Run<'_>) {
        let Wires { dy: Some(dy), dx: Some(dx), .. } = &self.wires else { return };
        let len = run.rows * self.shape.len();
        let [dy, dx] = cut(run.arena, [front(dy, len), front(dx, len)]);
        self.turn(run.machine, run.rows, self.to, dy, dx);
    }

    /// From an order into the other one of this operation.
    fn turn(&self, machine: &Machine, rows: usize, from: Order, x: &[f32], y: &mut [f32]) {
        match self.shape {
            Shape::Flat(_) => y.copy_from_slice(x),
            Shape::Image { channels, height, width } => {
                let pixels = height * width;
                let (outer, inner) = if from == Order::ChannelsLast { (pixels, channels) } else { (channels, pixels) };
                let len = outer * inner;
                spread(machine, rows, len, [(y, len)], &|images, [y]| {
                    let x = &x[images.start * len..images.end * len];
                    let images = x.chunks_exact(len).zip(y.chunks_exact_mut(len));
                    images.for_each(|(x, y)| transpose(outer, inner, 1, x, y));
                });
            }
            Shape::Sequence { steps, features } => {
                let (outer, inner) = if from == Order::StepsFirst { (steps, rows) } else { (rows, steps) };
                transpose(outer, inner, features, x, y);
            }
        }
    }
}

/// outer × inner × block → inner × outer × block. Reading goes along x; what is written stays in the cache for small
/// matrices, which these are.
fn transpose(outer: usize, inner: usize, block: usize, x: &[f32], y: &mut [f32]) {
    if block == 1 {
        for (i, row) in x.chunks_exact(inner).enumerate() {
            for (y, x) in y[i..].iter_mut().step_by(outer).zip(row) {
                *y = *x;
            }
        }
        return;
    }
    for (i, rows) in x.chunks_exact(inner * block).enumerate() {
        for (j, from) in rows.chunks_exact(block).enumerate() {
            y[(j * outer + i) * block..][..block].copy_from_slice(from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_to_its_place() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let mut y = [0.0; 6];
        transpose(2, 3, 1, &x, &mut y);
        assert_eq!(y, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        transpose(3, 1, 2, &x, &mut y);
        assert_eq!(y, x);
        let x: Vec<f32> = (0..24u8).map(f32::from).collect();
        let mut y = vec![0.0; 24];
        transpose(2, 3, 4, &x, &mut y);
        assert_eq!(y[4..8], [12.0, 13.0, 14.0, 15.0]);
        assert_eq!(y[8..12], [4.0, 5.0, 6.0, 7.0]);
    }
}
