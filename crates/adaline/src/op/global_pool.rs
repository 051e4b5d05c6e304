//! The largest value or the mean of every channel.

use super::pool::keep;
use super::{Run, Wires, cut, front, own_steps};
use crate::kernel::window::{self, Keep, Places};
use crate::layer::{Pooling, Window};
use crate::plan::Layout;

/// y\[c\] = max or mean of x over an example's own places.
#[derive(Debug)]
pub(crate) struct GlobalPool {
    keep: Keep,
    places: usize,
    channels: usize,
    windows: Vec<Window>,
    pub wires: Wires,
}

impl GlobalPool {
    pub(super) fn lay_out(
        pooling: Pooling,
        places: usize,
        channels: usize,
        windows: Vec<Window>,
        wires: Wires,
        _layout: &mut Layout,
    ) -> Self {
        GlobalPool { keep: keep(pooling), places, channels, windows, wires }
    }

    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let (inputs, outputs) = (run.rows * self.places * self.channels, run.rows * self.channels);
        let [from, y] = cut(run.arena, [x.range(inputs), front(y, outputs)]);
        let x = x.pick(inputs, run.batch, from);
        let own = own_steps(&self.windows, run.lengths);
        let own = own.as_ref().map(|own| own as _);
        let places = Places { count: self.places, channels: self.channels, own };
        window::global_pool(run.machine, &places, self.keep, run.rows, x, y);
    }

    pub(crate) fn backward(&self, run: &mut Run<'_>) {
        let Wires { x, y, dy: Some(dy), dx: Some(dx), .. } = &self.wires else { return };
        let (inputs, outputs) = (run.rows * self.places * self.channels, run.rows * self.channels);
        let [from, y, dy, dx] =
            cut(run.arena, [x.range(inputs), front(y, outputs), front(dy, outputs), front(dx, inputs)]);
        let x = x.pick(inputs, run.batch, from);
        let own = own_steps(&self.windows, run.lengths);
        let own = own.as_ref().map(|own| own as _);
        let places = Places { count: self.places, channels: self.channels, own };
        window::global_pool_backward(run.machine, &places, self.keep, run.rows, (x, y, dy), dx);
    }
}
