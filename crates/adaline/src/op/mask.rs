//! Zeroes behind the end of sequences that are shorter than others.

use super::{Run, Wires, cut, front, own_steps};
use crate::layer::Window;

/// y = x at a row's own steps, 0 behind them.
#[derive(Debug)]
pub(crate) struct Mask {
    pub steps: usize,
    pub features: usize,
    /// What has gone over the sequences before.
    pub windows: Vec<Window>,
    pub wires: Wires,
}

impl Mask {
    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let len = run.rows * self.steps * self.features;
        let [from, y] = cut(run.arena, [x.range(len), front(y, len)]);
        y.copy_from_slice(x.pick(len, run.batch, from));
        self.clear(run.lengths, y);
    }

    /// What lies behind the end was not read.
    pub(crate) fn backward(&self, run: &mut Run<'_>) {
        let Wires { dy: Some(dy), dx: Some(dx), .. } = &self.wires else { return };
        let len = run.rows * self.steps * self.features;
        let [dy, dx] = cut(run.arena, [front(dy, len), front(dx, len)]);
        dx.copy_from_slice(dy);
        self.clear(run.lengths, dx);
    }

    fn clear(&self, lengths: Option<&[u32]>, values: &mut [f32]) {
        let Some(own) = own_steps(&self.windows, lengths) else { return };
        for (row, values) in values.chunks_exact_mut(self.steps * self.features).enumerate() {
            values[own(row).min(self.steps) * self.features..].fill(0.0);
        }
    }
}
