//! The look-up of rows of numbers.

use super::{Run, Wires, cut, front};
use std::ops::Range;

/// y\[step\] = weight\[x\[step\]\]
#[derive(Debug)]
pub(crate) struct Embedding {
    /// In the parameters: vocabulary × dimensions.
    pub weight: Range<usize>,
    pub vocabulary: usize,
    pub dimensions: usize,
    /// Steps of one example.
    pub steps: usize,
    pub wires: Wires,
}

impl Embedding {
    /// The number of a word; what is no word's is read as the nearest that is, and NaN as the first.
    fn word(&self, x: f32) -> usize {
        (x.round().max(0.0) as usize).min(self.vocabulary - 1)
    }

    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let (steps, d) = (run.rows * self.steps, self.dimensions);
        let [from, y] = cut(run.arena, [x.range(steps), front(y, steps * d)]);
        let weight = &run.params[self.weight.clone()];
        for (&x, y) in x.pick(steps, run.batch, from).iter().zip(y.chunks_exact_mut(d)) {
            let word = self.word(x);
            y.copy_from_slice(&weight[word * d..(word + 1) * d]);
        }
    }

    /// Each row's gradient is the sum over the steps that read it, in their order. There is none of x.
    pub(crate) fn backward(&self, run: &mut Run<'_>, grads: &mut [f32]) {
        let Wires { x, dy: Some(dy), dx, .. } = &self.wires else { return };
        let (steps, d) = (run.rows * self.steps, self.dimensions);
        let [from, dy] = cut(run.arena, [x.range(steps), front(dy, steps * d)]);
        let dweight = &mut grads[self.weight.clone()];
        dweight.fill(0.0);
        for (&x, dy) in x.pick(steps, run.batch, from).iter().zip(dy.chunks_exact(d)) {
            let word = self.word(x);
            for (dw, dy) in dweight[word * d..(word + 1) * d].iter_mut().zip(dy) {
                *dw += dy;
            }
        }
        if let Some(dx) = dx {
            run.arena[front(dx, steps)].fill(0.0);
        }
    }
}
