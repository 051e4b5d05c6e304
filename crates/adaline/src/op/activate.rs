//! An activation that stands alone: one whose derivative needs its input, or softmax.

use super::{Run, Source, cut, front};
use crate::Activation;
use crate::activation::Derivative;
use crate::kernel::elementwise::{self, Seen};
use crate::kernel::rows;
use std::ops::Range;

/// y = f(x), value by value, or softmax row by row.
#[derive(Debug)]
pub(crate) struct Activate {
    pub activation: Activation,
    /// Values of one example.
    pub len: usize,
    pub x: Source,
    pub y: Range<usize>,
    /// The gradient of y and that of x (none before the network's input); none where the plan only predicts.
    pub back: Option<(Range<usize>, Option<Range<usize>>)>,
}

impl Activate {
    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let len = run.rows * self.len;
        let [x, y] = cut(run.arena, [self.x.range(len), front(&self.y, len)]);
        let x = self.x.pick(len, run.batch, x);
        if self.activation == Activation::Softmax {
            rows::softmax(run.machine.set, self.len, x, y);
        } else {
            elementwise::activate(run.machine.set, self.activation, x, y);
        }
    }

    pub(crate) fn backward(&self, run: &mut Run<'_>) {
        let Some((dy, Some(dx))) = &self.back else { return };
        let len = run.rows * self.len;
        let [x, y, dy, dx] = cut(run.arena, [self.x.range(len), front(&self.y, len), front(dy, len), front(dx, len)]);
        dx.copy_from_slice(dy);
        match self.activation.derivative() {
            Derivative::Jacobian => rows::softmax_backward(self.len, y, dx),
            Derivative::FromOutput => elementwise::backward(run.machine.set, self.activation, Seen::Output(y), dx),
            Derivative::FromInput => {
                let x = self.x.pick(len, run.batch, x);
                elementwise::backward(run.machine.set, self.activation, Seen::Input(x), dx);
            }
            // A plan for training refuses these.
            Derivative::Useless => dx.fill(0.0),
        }
    }
}
