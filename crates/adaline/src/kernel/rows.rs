//! What is done to whole rows: softmax, and the losses with their gradients.
//!
//! A loss is added up in f64, row after row. The gradient is that of the mean over the rows: each row's part comes
//! multiplied by `scale`, which is 1 / rows.

use super::simd::{Arithmetic, LANES, Simd, Twice};
use super::spread::spread;
use super::{InstructionSet, Machine, Work, elementwise, math};
use crate::metrics::class_of_logits;

/// Stands behind the end of a row: e to this is nothing beside the largest value of any row, however far below zero.
const FAR_BELOW: f32 = f32::NEG_INFINITY;

/// The last values of a row, fewer than sixteen.
#[inline(always)]
fn read_rest<S: Simd>(s: S, rest: &[f32]) -> S::V {
    let mut array = [FAR_BELOW; LANES];
    array[..rest.len()].copy_from_slice(rest);
    s.load(&array)
}

/// y = softmax(x) of one row; returns the largest x and the sum of e^(x - largest).
#[inline(always)]
fn softmax_row<S: Simd>(s: S, x: &[f32], y: &mut [f32]) -> (f32, f32) {
    let width = x.len();
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks_mut::<LANES>());
    let mut largest = read_rest(s, x_rest);
    for x in x {
        largest = s.max(s.load(x), largest);
    }
    let largest = s.to_array(largest).into_iter().fold(f32::NEG_INFINITY, |a, b| if b > a { b } else { a });
    let (from, mut sum) = (s.splat(largest), s.splat(0.0));
    let twice = Twice(s);
    let ((pairs, single), (pairs_y, single_y)) = (x.as_chunks::<2>(), y.as_chunks_mut::<2>());
    for (x, y) in pairs.iter().zip(pairs_y) {
        // The next row, so that the pass for its largest value need not wait for memory.
        for (x, y) in x.iter().zip(&*y) {
            s.prefetch(x.as_ptr().wrapping_add(width));
            s.prefetch(y.as_ptr().wrapping_add(width));
        }
        let e = math::exp_below_zero(twice, twice.sub([s.load(&x[0]), s.load(&x[1])], [from; 2]));
        sum = s.add(s.add(sum, e[0]), e[1]);
        s.store(&mut y[0], e[0]);
        s.store(&mut y[1], e[1]);
    }
    for (x, y) in single.iter().zip(single_y) {
        let e = math::exp_below_zero(s, s.sub(s.load(x), from));
        sum = s.add(sum, e);
        s.store(y, e);
    }
    let rest = math::exp_below_zero(s, s.sub(read_rest(s, x_rest), from));
    // What lies behind the end is nothing beside the largest.
    let sum = s.sum(s.add(sum, rest));
    let factor = s.splat(1.0 / sum);
    for y in y {
        let v = s.mul(s.load(y), factor);
        s.store(y, v);
    }
    elementwise::write(s, y_rest, s.mul(rest, factor));
    (largest, sum)
}

/// Whether rows lie side by side in vectors: where there are at least as many of them as values in a row, which takes as
/// many vectors as values. Else each row is vectors by itself. Both give the same bits: a row's sum is the same tree.
fn is_few(width: usize, rows: usize) -> bool {
    width <= rows && width <= LANES
}

/// Value after value of up to sixteen short rows, each with its rows side by side.
struct Turned {
    values: [[f32; LANES]; LANES],
    width: usize,
    rows: usize,
}

impl Turned {
    /// Behind the last row stand zeroes.
    #[inline(always)]
    fn of(width: usize, rows: usize, x: &[f32]) -> Self {
        assert!(width <= LANES && rows <= LANES && x.len() >= rows * width, "up to sixteen short rows");
        let mut values = [[0.0; LANES]; LANES];
        for at in 0..width {
            for row in 0..rows {
                // SAFETY: both are below sixteen, and x holds the rows.
                unsafe { *values.get_unchecked_mut(at).get_unchecked_mut(row) = *x.get_unchecked(row * width + at) };
            }
        }
        Turned { values, width, rows }
    }

    #[inline(always)]
    fn write(&self, y: &mut [f32]) {
        let Turned { values, width, rows } = self;
        assert!(*width <= LANES && *rows <= LANES && y.len() >= rows * width, "as many values as rows hold");
        for at in 0..*width {
            for row in 0..*rows {
                // SAFETY: both are below sixteen, and y has room for the rows.
                unsafe { *y.get_unchecked_mut(row * width + at) = *values.get_unchecked(at).get_unchecked(row) };
            }
        }
    }

    /// Each row's value of the given number, and the number of its largest value: the first of equals wins, and NaN is
    /// larger than nothing, as in [`class_of_logits`].
    #[inline(always)]
    fn pick<S: Simd>(&self, s: S, wanted: S::V) -> (S::V, S::V) {
        let first = s.load(&self.values[0]);
        let (mut picked, mut largest, mut number_of_largest) = (first, first, s.splat(0.0));
        for (at, x) in self.values[..self.width].iter().enumerate().skip(1) {
            let (number, x) = (s.splat(at as f32), s.load(x));
            picked = if_same(s, wanted, number, x, picked);
            number_of_largest = s.select_lt(largest, x, number, number_of_largest);
            largest = s.max(x, largest);
        }
        (picked, number_of_largest)
    }

    /// Softmax of every row, in place. Returns the largest values and the sums of e^(x - largest).
    #[inline(always)]
    fn softmax<S: Simd>(&mut self, s: S) -> (S::V, S::V) {
        let values = &mut self.values[..self.width];
        let mut largest = s.splat(f32::NEG_INFINITY);
        for x in &*values {
            largest = s.max(s.load(x), largest);
        }
        let mut tree = [s.splat(0.0); LANES];
        for (x, leaf) in values.iter_mut().zip(&mut tree) {
            *leaf = math::exp_below_zero(s, s.sub(s.load(x), largest));
            s.store(x, *leaf);
        }
        let mut half = LANES / 2;
        while half > 0 {
            // What would come behind the end of a row is zero and changes nothing.
            for i in 0..half.min(self.width.saturating_sub(half)) {
                tree[i] = s.add(tree[i], tree[i + half]);
            }
            half /= 2;
        }
        let sum = tree[0];
        let factor = s.div(s.splat(1.0), sum);
        for x in values {
            let y = s.mul(s.load(x), factor);
            s.store(x, y);
        }
        (largest, sum)
    }
}

/// Softmax of every row of `width` values, spread over the threads.
pub(crate) fn softmax(machine: &Machine, width: usize, x: &[f32], y: &mut [f32]) {
    struct Softmax<'a>(usize, &'a [f32], &'a mut [f32]);
    impl Work for Softmax<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let Softmax(width, x, y) = self;
            for (x, y) in x.chunks(LANES * width).zip(y.chunks_mut(LANES * width)) {
                let rows = x.len() / width;
                if is_few(width, rows) {
                    let mut turned = Turned::of(width, rows, x);
                    turned.softmax(s);
                    turned.write(y);
                } else {
                    for (x, y) in x.chunks_exact(width).zip(y.chunks_exact_mut(width)) {
                        softmax_row(s, x, y);
                    }
                }
            }
        }
    }
    let set = machine.set;
    // Blocks of sixteen rows: short ones are taken side by side.
    let block = LANES * width;
    spread(machine, x.len().div_ceil(block), 4 * block, [(y, block)], &|blocks, [y]| {
        set.dispatch(Softmax(width, &x[blocks.start * block..][..y.len()], y));
    });
}

/// d ← y ∘ (d - Σ d·y), row by row: the softmax's Jacobian applied to the gradient of its output y.
pub(crate) fn softmax_backward(machine: &Machine, width: usize, y: &[f32], d: &mut [f32]) {
    struct Backward<'a>(usize, &'a [f32], &'a mut [f32]);
    impl Work for Backward<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let Backward(width, y, d) = self;
            for (y, d) in y.chunks_exact(width).zip(d.chunks_exact_mut(width)) {
                let mut dot = s.splat(0.0);
                for at in (0..width).step_by(LANES) {
                    dot = s.fma(elementwise::read(s, &y[at..]), elementwise::read(s, &d[at..]), dot);
                }
                let dot = s.splat(s.sum(dot));
                for at in (0..width).step_by(LANES) {
                    let v = s.mul(elementwise::read(s, &y[at..]), s.sub(elementwise::read(s, &d[at..]), dot));
                    elementwise::write(s, &mut d[at..], v);
                }
            }
        }
    }
    let set = machine.set;
    spread(machine, d.len() / width.max(1), width, [(d, width)], &|rows, [d]| {
        set.dispatch(Backward(width, &y[rows.start * width..][..d.len()], d));
    });
}

/// x where two whole numbers are the same, else y: less than a half apart, they are.
#[inline(always)]
fn if_same<S: Simd>(s: S, a: S::V, b: S::V, x: S::V, y: S::V) -> S::V {
    s.select_lt(s.abs(s.sub(a, b)), s.splat(0.5), x, y)
}

/// What the cross-entropies need besides logits and classes.
#[derive(Clone, Copy)]
pub(crate) struct Classes<'a> {
    /// The true class of each row.
    pub classes: &'a [u32],
    /// A weight for each class.
    pub weights: Option<&'a [f32]>,
    pub label_smoothing: f64,
    pub scale: f32,
}

impl Classes<'_> {
    #[inline(always)]
    fn weight(&self, class: u32) -> f32 {
        self.weights.map_or(1.0, |weights| weights[class as usize])
    }

    /// What smoothing leaves of the true class, and what it gives every class.
    #[inline(always)]
    fn smoothed(&self, width: usize) -> (f32, f32) {
        (1.0 - self.label_smoothing as f32, (self.label_smoothing / width as f64) as f32)
    }

    /// The gradients of up to sixteen rows.
    #[inline(always)]
    fn many_classes<S: Simd>(&self, s: S, width: usize, z: &[f32], classes: &[u32], d: &mut [f32]) -> Rows<S> {
        let (on, off) = self.smoothed(width);
        let (mut largest, mut sum, mut at_class) = ([1.0; LANES], [1.0; LANES], [0.0; LANES]);
        let mut correct = 0;
        for (row, ((z, d), &class)) in z.chunks_exact(width).zip(d.chunks_exact_mut(width)).zip(classes).enumerate() {
            correct += usize::from(class_of_logits(z) == class as usize);
            at_class[row] = z[class as usize];
            (largest[row], sum[row]) = softmax_row(s, z, d);
            d[class as usize] -= on;
            let scale = self.scale * self.weight(class);
            for d in d {
                *d = (*d - off) * scale;
            }
        }
        Rows { largest: s.load(&largest), sum: s.load(&sum), at_class: s.load(&at_class), correct }
    }

    /// The same where the rows lie side by side.
    #[inline(always)]
    fn few_classes<S: Simd>(&self, s: S, width: usize, z: &[f32], classes: &[u32], d: &mut [f32]) -> Rows<S> {
        let (on, off) = self.smoothed(width);
        // No class behind the last row.
        let (mut class_of, mut scale) = ([-1.0; LANES], [self.scale; LANES]);
        for (to, &class) in class_of.iter_mut().zip(classes) {
            *to = class as f32;
        }
        if self.weights.is_some() {
            for (to, &class) in scale.iter_mut().zip(classes) {
                *to *= self.weight(class);
            }
        }
        let (class_of, scale) = (s.load(&class_of), s.load(&scale));
        let mut turned = Turned::of(width, classes.len(), z);
        let (at_class, taken_for) = turned.pick(s, class_of);
        let correct = s.sum(if_same(s, class_of, taken_for, s.splat(1.0), s.splat(0.0)));
        let (largest, sum) = turned.softmax(s);
        for (class, y) in turned.values[..width].iter_mut().enumerate() {
            let p = s.load(y);
            let gap = if_same(s, class_of, s.splat(class as f32), s.sub(p, s.splat(on)), p);
            s.store(y, s.mul(s.sub(gap, s.splat(off)), scale));
        }
        turned.write(d);
        Rows { largest, sum, at_class, correct: correct as usize }
    }
}

impl Classes<'_> {
    /// A sum with the losses of up to sixteen rows added to it. A function of its own, so that the sum stays in a register.
    #[inline(never)]
    fn add_losses(
        &self,
        mut total: f64,
        z: &[f32],
        classes: &[u32],
        largest: &[f32; LANES],
        logs: &[f32; LANES],
        at_class: &[f32; LANES],
    ) -> f64 {
        let smooth = self.label_smoothing;
        let width = z.len() / classes.len().max(1);
        for (row, &class) in classes.iter().enumerate().take(LANES) {
            let mut along = f64::from(at_class[row]);
            if smooth > 0.0 {
                let z = &z[row * width..][..width];
                let mean = z.iter().map(|&z| f64::from(z)).sum::<f64>() / width as f64;
                along = (1.0 - smooth) * along + smooth * mean;
            }
            let loss = f64::from(logs[row]) + f64::from(largest[row]) - along;
            total += f64::from(self.weight(class)) * loss;
        }
        total
    }
}

/// What the cross-entropy of up to sixteen rows is made of.
struct Rows<S: Simd> {
    /// The largest logits and the sums of [`softmax_row`]. Behind the last row stand some numbers.
    largest: S::V,
    sum: S::V,
    /// The logits of the true classes.
    at_class: S::V,
    /// How many have their largest logit at the true class.
    correct: usize,
}

/// Categorical cross-entropy over rows of `width` logits: returns the sum over the rows and how many have their largest
/// logit at the true class, and writes the gradient (softmax - target) · scale.
#[inline]
pub(crate) fn cross_entropy(
    set: InstructionSet,
    width: usize,
    z: &[f32],
    t: Classes<'_>,
    d: &mut [f32],
) -> (f64, usize) {
    struct CrossEntropy<'a>(usize, &'a [f32], Classes<'a>, &'a mut [f32]);
    impl Work for CrossEntropy<'_> {
        type Output = (f64, usize);
        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> (f64, usize) {
            let CrossEntropy(width, z, t, d) = self;
            let (mut total, mut correct) = (0.0, 0);
            for first in (0..t.classes.len()).step_by(LANES) {
                let classes = &t.classes[first..t.classes.len().min(first + LANES)];
                let block = first * width..(first + classes.len()) * width;
                let (z, d) = (&z[block.clone()], &mut d[block]);
                let rows = match is_few(width, classes.len()) {
                    true => t.few_classes(s, width, z, classes, d),
                    false => t.many_classes(s, width, z, classes, d),
                };
                correct += rows.correct;
                let logs = s.to_array(math::ln(s, rows.sum));
                total = t.add_losses(total, z, classes, &s.to_array(rows.largest), &logs, &s.to_array(rows.at_class));
            }
            (total, correct)
        }
    }
    set.dispatch(CrossEntropy(width, z, t, d))
}

/// Binary cross-entropy of one logit a row: returns the sum over the rows and how many are on the right side of zero, and
/// writes (sigmoid(z) - target) · scale.
#[inline]
pub(crate) fn binary_cross_entropy(set: InstructionSet, z: &[f32], t: Classes<'_>, d: &mut [f32]) -> (f64, usize) {
    struct BinaryCrossEntropy<'a>(&'a [f32], Classes<'a>, &'a mut [f32]);
    impl Work for BinaryCrossEntropy<'_> {
        type Output = (f64, usize);
        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> (f64, usize) {
            let BinaryCrossEntropy(z, t, d) = self;
            let smooth = t.label_smoothing;
            let (mut total, mut correct) = (0.0, 0);
            for first in (0..t.classes.len()).step_by(LANES) {
                let block = first..t.classes.len().min(first + LANES);
                let (z, d, classes) = (&z[block.clone()], &mut d[block.clone()], &t.classes[block]);
                let v = elementwise::read(s, z);
                // softplus(z) = max(z, 0) + ln(1 + e^-|z|), where nothing overflows; sigmoid(z) is e^-|z| or 1, of 1 + e^-|z|.
                let (zero, one) = (s.splat(0.0), s.splat(1.0));
                let e = math::exp_below_zero(s, s.sub(zero, s.abs(v)));
                let logs = s.to_array(math::ln_1p(s, e));
                let sigmoids = s.to_array(s.div(s.select_lt(v, zero, e, one), s.add(one, e)));
                for (row, ((&z, d), &class)) in z.iter().zip(d).zip(classes).enumerate().take(LANES) {
                    let target = f64::from(class) * (1.0 - smooth) + smooth / 2.0;
                    let weight = t.weight(class);
                    let softplus = f64::from(z).max(0.0) + f64::from(logs[row]);
                    total += f64::from(weight) * (softplus - target * f64::from(z));
                    *d = (sigmoids[row] - target as f32) * t.scale * weight;
                    correct += usize::from((z > 0.0) == (class == 1));
                }
            }
            (total, correct)
        }
    }
    set.dispatch(BinaryCrossEntropy(z, t, d))
}

/// A regression loss of one difference: its value and its slope.
#[derive(Clone, Copy)]
pub(crate) enum Difference {
    Squared,
    Absolute,
    Huber(f64),
}

/// Losses of differences y - t: returns the sum over all values, and writes the slopes · scale.
pub(crate) fn difference(kind: Difference, y: &[f32], t: &[f32], scale: f32, d: &mut [f32]) -> f64 {
    let mut total = 0.0;
    for ((&y, &t), d) in y.iter().zip(t).zip(d) {
        let gap = f64::from(y) - f64::from(t);
        let (loss, slope) = match kind {
            Difference::Squared => (gap * gap, 2.0 * gap),
            // At zero the slope is 0, as PyTorch has it.
            Difference::Absolute => (gap.abs(), if gap == 0.0 { 0.0 } else { gap.signum() }),
            Difference::Huber(delta) if gap.abs() <= delta => (0.5 * gap * gap, gap),
            Difference::Huber(delta) => (delta * (gap.abs() - 0.5 * delta), delta * gap.signum()),
        };
        total += loss;
        *d = slope as f32 * scale;
    }
    total
}

#[cfg(test)]
mod tests;
