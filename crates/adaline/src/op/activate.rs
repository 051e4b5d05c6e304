//! An activation that stands alone: one whose derivative needs its input, or softmax.

use super::{Run, Wires, cut, front};
use crate::Activation;
use crate::activation::Derivative;
use crate::kernel::elementwise::{self, Seen};
use crate::kernel::rows;

/// y = f(x), value by value, or softmax row by row.
#[derive(Debug)]
pub(crate) struct Activate {
    pub activation: Activation,
    /// Values that a softmax is over.
    pub width: usize,
    /// Values of one example.
    pub len: usize,
    pub wires: Wires,
}

impl Activate {
    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let len = run.rows * self.len;
        let [from, y] = cut(run.arena, [x.range(len), front(y, len)]);
        let x = x.pick(len, run.batch, from);
        if self.activation == Activation::Softmax {
            rows::softmax(run.machine, self.width, x, y);
        } else {
            elementwise::activate(run.machine, self.activation, x, y);
        }
    }

    pub(crate) fn backward(&self, run: &mut Run<'_>) {
        let Wires { x, y, dy: Some(dy), dx: Some(dx), .. } = &self.wires else { return };
        let len = run.rows * self.len;
        let [from, y, dy, dx] = cut(run.arena, [x.range(len), front(y, len), front(dy, len), front(dx, len)]);
        dx.copy_from_slice(dy);
        match self.activation.derivative() {
            Derivative::Jacobian => rows::softmax_backward(run.machine, self.width, y, dx),
            Derivative::FromOutput => elementwise::backward(run.machine, self.activation, Seen::Output(y), dx),
            Derivative::FromInput => {
                let x = x.pick(len, run.batch, from);
                elementwise::backward(run.machine, self.activation, Seen::Input(x), dx);
            }
            // A plan for training refuses these.
            Derivative::Useless => dx.fill(0.0),
        }
    }
}
