//! The largest value or the mean of every window.

use super::{Run, Wires, cut, front, own_steps};
use crate::kernel::window::{self, Axis, Keep, Windows};
use crate::layer::{PoolGeometry, Pooling, Window};
use std::ops::Range;

/// y = max or mean of each window of x. On the way back the place of a largest value is found again from x and y: no index
/// is written and read.
///
/// A sequence with a length of its own is pooled as if it were alone: windows end where it ends, and what comes out behind
/// its last window is 0. Where it is shorter than one window, that one sees what there is.
#[derive(Debug)]
pub(crate) struct Pool {
    /// Those of a whole image or sequence.
    all: Windows,
    /// Along the steps of a sequence.
    columns: Window,
    /// Those that went over a sequence before.
    before: Vec<Window>,
    pub wires: Wires,
}

impl Pool {
    pub(super) fn lay_out(geometry: PoolGeometry, pooling: Pooling, before: Vec<Window>, wires: Wires) -> Self {
        let PoolGeometry { channels, height, width, rows, columns } = geometry;
        let all = Windows { channels, rows: axis(rows, height), columns: axis(columns, width), keep: keep(pooling) };
        Pool { all, columns, before, wires }
    }

    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let (inputs, outputs) = (self.all.inputs(), self.all.outputs());
        let [from, y] = cut(run.arena, [x.range(run.rows * inputs), front(y, run.rows * outputs)]);
        let x = x.pick(run.rows * inputs, run.batch, from);
        let Some(own) = own_steps(&self.before, run.lengths) else {
            return window::pool(run.machine, &self.all, run.rows, x, y);
        };
        for row in 0..run.rows {
            let (windows, ins, outs) = self.alone(row, own(row));
            window::pool(run.machine, &windows, 1, &x[ins], &mut y[outs.clone()]);
            y[outs.end..(row + 1) * outputs].fill(0.0);
        }
    }

    pub(crate) fn backward(&self, run: &mut Run<'_>) {
        let Wires { x, y, dy: Some(dy), dx: Some(dx), .. } = &self.wires else { return };
        let (inputs, outputs) = (self.all.inputs(), self.all.outputs());
        let (all_in, all_out) = (run.rows * inputs, run.rows * outputs);
        let [from, y, dy, dx] =
            cut(run.arena, [x.range(all_in), front(y, all_out), front(dy, all_out), front(dx, all_in)]);
        let x = x.pick(all_in, run.batch, from);
        let Some(own) = own_steps(&self.before, run.lengths) else {
            return window::pool_backward(run.machine, &self.all, run.rows, (x, y, dy), dx);
        };
        for row in 0..run.rows {
            let (windows, ins, outs) = self.alone(row, own(row));
            let seen = (&x[ins.clone()], &y[outs.clone()], &dy[outs]);
            window::pool_backward(run.machine, &windows, 1, seen, &mut dx[ins.clone()]);
            dx[ins.end..(row + 1) * inputs].fill(0.0);
        }
    }

    /// The windows of a sequence of so many steps, and where its own values and results lie.
    fn alone(&self, row: usize, steps: usize) -> (Windows, Range<usize>, Range<usize>) {
        let columns = axis(self.columns, steps.min(self.all.columns.len));
        let windows = Windows { columns: Axis { count: columns.count.max(1), ..columns }, ..self.all };
        let (inputs, outputs) = (row * self.all.inputs(), row * self.all.outputs());
        (windows, inputs..inputs + windows.inputs(), outputs..outputs + windows.outputs())
    }
}

fn axis(window: Window, len: usize) -> Axis {
    let Window { kernel, stride, .. } = window;
    Axis { len, kernel, stride, before: window.pads(len).0, count: window.count(len) }
}

pub(super) fn keep(pooling: Pooling) -> Keep {
    match pooling {
        Pooling::Max => Keep::Max,
        Pooling::Average => Keep::Mean,
    }
}
