//! Dropout: a mask drawn for each step.

use super::{Mode, Run, Wires, cut, front};
use crate::kernel::elementwise;
use crate::plan::Layout;
use crate::rng::{Purpose, Rng};
use std::ops::Range;

/// y = x ∘ mask while training; y = x otherwise.
#[derive(Debug)]
pub(crate) struct Dropout {
    rate: f64,
    /// Which dropout of the network this is: two of them draw different masks.
    number: u64,
    /// Values of one example.
    len: usize,
    mask: Range<usize>,
    pub wires: Wires,
}

impl Dropout {
    pub(super) fn lay_out(rate: f64, number: u64, len: usize, wires: Wires, layout: &mut Layout) -> Self {
        let mask = layout.kept(wires.batch.saturating_mul(len));
        Dropout { rate, number, len, mask, wires }
    }

    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let len = run.rows * self.len;
        let [from, y, mask] = cut(run.arena, [x.range(len), front(y, len), front(&self.mask, len)]);
        let x = x.pick(len, run.batch, from);
        match run.mode {
            Mode::Train { seed, step } => {
                draw(self.rate, &mut Rng::stream(seed, Purpose::Dropout, step << 16 | self.number), mask);
                elementwise::multiply(run.machine.set, x, mask, y);
            }
            Mode::Predict => y.copy_from_slice(x),
        }
    }

    pub(crate) fn backward(&self, run: &mut Run<'_>) {
        let Wires { dy: Some(dy), dx: Some(dx), .. } = &self.wires else { return };
        let len = run.rows * self.len;
        let [mask, dy, dx] = cut(run.arena, [front(&self.mask, len), front(dy, len), front(dx, len)]);
        elementwise::multiply(run.machine.set, dy, mask, dx);
    }
}

/// 0 with probability `rate`, else 1 / (1 - rate).
fn draw(rate: f64, rng: &mut Rng, mask: &mut [f32]) {
    let threshold = (rate * 2f64.powi(32)) as u64;
    let keep = (1.0 / (1.0 - rate)) as f32;
    for m in mask {
        *m = if u64::from(rng.bits32()) < threshold { 0.0 } else { keep };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_keeps_the_mean_and_drops_its_share() {
        let mut mask = vec![0.0; 100_000];
        draw(0.3, &mut Rng::stream(1, Purpose::Dropout, 0), &mut mask);
        let dropped = mask.iter().filter(|&&m| m == 0.0).count() as f64 / mask.len() as f64;
        let mean = mask.iter().map(|&m| f64::from(m)).sum::<f64>() / mask.len() as f64;
        assert!((dropped - 0.3).abs() < 0.005 && (mean - 1.0).abs() < 0.01, "{dropped} {mean}");
        draw(0.0, &mut Rng::stream(1, Purpose::Dropout, 0), &mut mask);
        assert!(mask.iter().all(|&m| m == 1.0));
    }
}
