//! The largest value or the mean of every window.

use super::{Run, Wires, cut, front};
use crate::kernel::window::{self, Axis, Keep, Windows};
use crate::layer::{PoolGeometry, Pooling, Window};
use crate::plan::Layout;

/// y = max or mean of each window of x. On the way back the place of a largest value is found again from x and y: reading
/// them costs less than an index written for each value and read again.
#[derive(Debug)]
pub(crate) struct Pool {
    windows: Windows,
    pub wires: Wires,
}

impl Pool {
    pub(super) fn lay_out(geometry: PoolGeometry, pooling: Pooling, wires: Wires, _layout: &mut Layout) -> Self {
        let PoolGeometry { channels, height, width, rows, columns } = geometry;
        let windows =
            Windows { channels, rows: axis(rows, height), columns: axis(columns, width), keep: keep(pooling) };
        Pool { windows, wires }
    }

    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let (inputs, outputs) = (run.rows * self.windows.inputs(), run.rows * self.windows.outputs());
        let [from, y] = cut(run.arena, [x.range(inputs), front(y, outputs)]);
        window::pool(run.machine, &self.windows, run.rows, x.pick(inputs, run.batch, from), y);
    }

    pub(crate) fn backward(&self, run: &mut Run<'_>) {
        let Wires { x, y, dy: Some(dy), dx: Some(dx), .. } = &self.wires else { return };
        let (inputs, outputs) = (run.rows * self.windows.inputs(), run.rows * self.windows.outputs());
        let [from, y, dy, dx] =
            cut(run.arena, [x.range(inputs), front(y, outputs), front(dy, outputs), front(dx, inputs)]);
        let x = x.pick(inputs, run.batch, from);
        window::pool_backward(run.machine, &self.windows, run.rows, (x, y, dy), dx);
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
