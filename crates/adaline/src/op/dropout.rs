//! Dropout: a mask drawn for each step.

use super::{Mode, Run, Source, cut, front};
use crate::kernel::elementwise;
use crate::rng::{Purpose, Rng};
use std::ops::Range;

/// y = x ∘ mask while training; y = x otherwise.
#[derive(Debug)]
pub(crate) struct Dropout {
    pub rate: f64,
    /// Which operation of the plan this is: two of them draw different masks.
    pub number: u64,
    /// Values of one example.
    pub len: usize,
    pub x: Source,
    pub y: Range<usize>,
    /// Buffers of the way back; none where the plan only predicts.
    pub back: Option<Back>,
}

/// What the way back needs.
#[derive(Debug)]
pub(crate) struct Back {
    pub mask: Range<usize>,
    pub dy: Range<usize>,
    /// None before the network's input, where nobody asks.
    pub dx: Option<Range<usize>>,
}

impl Dropout {
    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let len = run.rows * self.len;
        if let (Mode::Train { seed, step }, Some(Back { mask, .. })) = (run.mode, &self.back) {
            let [x, y, mask] = cut(run.arena, [self.x.range(len), front(&self.y, len), front(mask, len)]);
            let x = self.x.pick(len, run.batch, x);
            draw(self.rate, &mut Rng::stream(seed, Purpose::Dropout, step << 16 | self.number), mask);
            elementwise::multiply(run.machine.set, x, mask, y);
        } else {
            let [x, y] = cut(run.arena, [self.x.range(len), front(&self.y, len)]);
            y.copy_from_slice(self.x.pick(len, run.batch, x));
        }
    }

    pub(crate) fn backward(&self, run: &mut Run<'_>) {
        let Some(Back { mask, dy, dx: Some(dx) }) = &self.back else { return };
        let len = run.rows * self.len;
        let [mask, dy, dx] = cut(run.arena, [front(mask, len), front(dy, len), front(dx, len)]);
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
