//! The addition of a residual connection.

use super::{Run, Wires, cut, front, front_of};
use crate::kernel::elementwise;

/// y = x + other
#[derive(Debug)]
pub(crate) struct Add {
    /// Values of one example.
    pub len: usize,
    pub wires: Wires,
}

impl Add {
    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, other, y, .. } = &self.wires;
        let len = run.rows * self.len;
        let [a, b, y] = cut(run.arena, [x.range(len), other.range(len), front(y, len)]);
        let (a, b) = (x.pick(len, run.batch, a), other.pick(len, run.batch, b));
        elementwise::add(run.machine.set, a, b, y);
    }

    /// Each side's gradient is that of the sum.
    pub(crate) fn backward(&self, run: &mut Run<'_>) {
        let Wires { dy: Some(dy), dx, d_other, .. } = &self.wires else { return };
        let len = run.rows * self.len;
        let [dy, dx, d_other] =
            cut(run.arena, [front(dy, len), front_of(dx.as_ref(), len), front_of(d_other.as_ref(), len)]);
        for d in [dx, d_other] {
            if !d.is_empty() {
                d.copy_from_slice(dy);
            }
        }
    }
}
