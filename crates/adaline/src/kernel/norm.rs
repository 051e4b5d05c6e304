//! Values brought to mean 0 and variance 1: each channel over the batch, and each row over itself.
//!
//! **Order.** Sums over the batch are cut into blocks of [`BLOCK`] places, whatever the threads; inside a block they are in
//! the order of the places, and the blocks are put together in their order, in f64. A vector runs over channels.
//!
//! **Exactness.** The mean is kept as the nearest f32 and what is missing from it (`high` + `low`). x - high is exact where x
//! is near the mean, so that values far from zero keep all the digits that they have. The sum of squares is taken around
//! a mean that is nearly right, and what that is off is put right afterwards.

use super::elementwise::{read, write};
use super::simd::{LANES, Simd};
use super::spread::{spread, starts};
use super::window::Places;
use super::{Machine, Work};
use std::ops::Range;

/// Places whose sums are in one f32.
const BLOCK: usize = 256;

/// How many blocks so many places have.
pub(crate) fn blocks(places: usize) -> usize {
    places.div_ceil(BLOCK)
}

/// Values of a buffer with one value for each channel.
pub(crate) fn padded(channels: usize) -> usize {
    channels.next_multiple_of(LANES)
}

/// What is normalised over: the own places of so many rows.
#[derive(Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub rows: usize,
    pub places: Places<'a>,
}

impl Batch<'_> {
    fn all(&self) -> usize {
        self.rows * self.places.count
    }

    fn block(&self, number: usize) -> Range<usize> {
        number * BLOCK..((number + 1) * BLOCK).min(self.all())
    }

    /// The own places among some of the batch, as ranges.
    #[inline(always)]
    fn spans(&self, among: Range<usize>) -> impl Iterator<Item = Range<usize>> + Clone {
        let Places { count, own, .. } = self.places;
        // Where every place counts, the batch is one long row.
        let count = if own.is_some() { count } else { self.all() };
        (among.start / count..among.end.div_ceil(count)).map(move |row| {
            let own = own.map_or(count, |own| own(row).min(count));
            among.start.max(row * count)..among.end.min(row * count + own)
        })
    }

    fn own_among(&self, among: Range<usize>) -> usize {
        self.spans(among).map(|span| span.len()).sum()
    }

    /// How many places count.
    pub(crate) fn own(&self) -> usize {
        self.own_among(0..self.all())
    }
}

/// Calls `each` with every channel, its mean and its variance (over n). `partial` has room for three buffers of channels for
/// each block.
pub(crate) fn moments(
    machine: &Machine,
    batch: &Batch<'_>,
    x: &[f32],
    partial: &mut [f32],
    mut each: impl FnMut(usize, f64, f64),
) {
    let (channels, blocks) = (batch.places.channels, blocks(batch.all()));
    let padded = padded(channels);
    let set = machine.set;
    let partial = &mut partial[..blocks * 3 * padded];
    spread(machine, blocks, BLOCK * channels, [(partial, 3 * padded)], &|blocks, [partial]| {
        for (block, partial) in blocks.zip(partial.chunks_exact_mut(3 * padded)) {
            set.dispatch(BlockMoments { batch, block: batch.block(block), x, partial });
        }
    });
    for channel in 0..channels {
        // Chan, Golub and LeVeque 1979: the moments of two sets from those of each.
        let (mut n, mut mean, mut squares) = (0.0f64, 0.0f64, 0.0f64);
        for (block, partial) in partial.chunks_exact(3 * padded).enumerate() {
            let count = batch.own_among(batch.block(block)) as f64;
            if count > 0.0 {
                let [near, off, around] = [0, 1, 2].map(|k| f64::from(partial[k * padded + channel]));
                let (here, around) = (near + off / count, (around - off * off / count).max(0.0));
                let gap = here - mean;
                let both = n + count;
                mean += gap * count / both;
                squares += around + gap * gap * n * count / both;
                n = both;
            }
        }
        each(channel, mean, squares / n);
    }
}

/// A mean that is nearly right, Σ (x - mean) and Σ (x - mean)², of one block.
struct BlockMoments<'a> {
    batch: &'a Batch<'a>,
    block: Range<usize>,
    x: &'a [f32],
    partial: &'a mut [f32],
}

impl Work for BlockMoments<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let channels = self.batch.places.channels;
        let mut channel = 0;
        while channel < channels {
            if channels - channel > LANES {
                self.channels::<S, 2>(s, channel);
                channel += 2 * LANES;
            } else {
                self.channels::<S, 1>(s, channel);
                channel += LANES;
            }
        }
    }
}

impl BlockMoments<'_> {
    /// K vectors of channels from one on.
    #[inline(always)]
    fn channels<S: Simd, const K: usize>(&mut self, s: S, channel: usize) {
        let channels = self.batch.places.channels;
        let spans = self.batch.spans(self.block.clone());
        let count = self.batch.own_among(self.block.clone()).max(1) as f32;
        let x = |place: usize, k: usize| read(s, &self.x[place * channels + channel + k * LANES..]);
        let mut mean = [s.splat(0.0); K];
        for place in spans.clone().flatten() {
            for k in 0..K {
                mean[k] = s.add(mean[k], x(place, k));
            }
        }
        for k in 0..K {
            mean[k] = s.div(mean[k], s.splat(count));
        }
        let (mut off, mut squares) = ([s.splat(0.0); K], [s.splat(0.0); K]);
        for place in spans.flatten() {
            for k in 0..K {
                let gap = s.sub(x(place, k), mean[k]);
                off[k] = s.add(off[k], gap);
                squares[k] = s.fma(gap, gap, squares[k]);
            }
        }
        let padded = padded(channels);
        for k in 0..K {
            let at = channel + k * LANES;
            write(s, &mut self.partial[at..], mean[k]);
            write(s, &mut self.partial[padded + at..], off[k]);
            write(s, &mut self.partial[2 * padded + at..], squares[k]);
        }
    }
}

/// What a channel is normalised with, a value for each channel: x̂ = (x - high) · inverse - low, where low is what is missing
/// from the mean, times inverse.
#[derive(Clone, Copy)]
pub(crate) struct Normal<'a> {
    pub high: &'a [f32],
    pub inverse: &'a [f32],
    pub low: &'a [f32],
}

/// y = (x - high) · scale + shift, channel by channel; 0 at places that are not an example's own.
pub(crate) fn scale_and_shift(
    machine: &Machine,
    batch: &Batch<'_>,
    (high, scale, shift): (&[f32], &[f32], &[f32]),
    x: &[f32],
    y: &mut [f32],
) {
    struct Apply<'a> {
        rows: Range<usize>,
        batch: &'a Batch<'a>,
        coefficients: [&'a [f32]; 3],
        x: &'a [f32],
        y: &'a mut [f32],
    }
    impl Work for Apply<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let Apply { rows, batch, coefficients: [high, scale, shift], x, y } = self;
            let Places { count, channels, .. } = batch.places;
            let len = count * channels;
            for ((row, x), y) in rows.zip(x.chunks_exact(len)).zip(y.chunks_exact_mut(len)) {
                let own = batch.places.own(row);
                for place in 0..own {
                    for c in starts(channels) {
                        let at = place * channels + c;
                        let gap = s.sub(read(s, &x[at..]), read(s, &high[c..]));
                        let v = s.fma(gap, read(s, &scale[c..]), read(s, &shift[c..]));
                        write(s, &mut y[at..], v);
                    }
                }
                y[own * channels..].fill(0.0);
            }
        }
    }
    let (set, len) = (machine.set, batch.places.count * batch.places.channels);
    spread(machine, batch.rows, len, [(y, len)], &|rows, [y]| {
        let x = &x[rows.start * len..rows.end * len];
        set.dispatch(Apply { rows, batch, coefficients: [high, scale, shift], x, y });
    });
}

/// Calls `each` with every channel, Σ dy and Σ dy · x̂. `partial` has room for two buffers of channels for each block.
pub(crate) fn gradient_sums(
    machine: &Machine,
    batch: &Batch<'_>,
    normal: Normal<'_>,
    (x, dy): (&[f32], &[f32]),
    partial: &mut [f32],
    mut each: impl FnMut(usize, f64, f64),
) {
    struct Sums<'a> {
        batch: &'a Batch<'a>,
        block: Range<usize>,
        normal: Normal<'a>,
        x: &'a [f32],
        dy: &'a [f32],
        partial: &'a mut [f32],
    }
    impl Work for Sums<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let Sums { batch, block, normal, x, dy, partial } = self;
            let channels = batch.places.channels;
            let padded = padded(channels);
            for c in (0..channels).step_by(LANES) {
                let (mut sum, mut along) = (s.splat(0.0), s.splat(0.0));
                let (high, inverse) = (read(s, &normal.high[c..]), read(s, &normal.inverse[c..]));
                let low = s.sub(s.splat(0.0), read(s, &normal.low[c..]));
                for place in batch.spans(block.clone()).flatten() {
                    let at = place * channels + c;
                    let (x, dy) = (read(s, &x[at..]), read(s, &dy[at..]));
                    let normal = s.fma(s.sub(x, high), inverse, low);
                    sum = s.add(sum, dy);
                    along = s.fma(dy, normal, along);
                }
                write(s, &mut partial[c..], sum);
                write(s, &mut partial[padded + c..], along);
            }
        }
    }
    let (channels, blocks) = (batch.places.channels, blocks(batch.all()));
    let padded = padded(channels);
    let set = machine.set;
    let partial = &mut partial[..blocks * 2 * padded];
    spread(machine, blocks, BLOCK * channels, [(partial, 2 * padded)], &|blocks, [partial]| {
        for (block, partial) in blocks.zip(partial.chunks_exact_mut(2 * padded)) {
            set.dispatch(Sums { batch, block: batch.block(block), normal, x, dy, partial });
        }
    });
    sum_blocks(partial, channels, &mut each);
}

/// Calls `each` with every channel and its two sums over all blocks.
fn sum_blocks(partial: &[f32], channels: usize, each: &mut impl FnMut(usize, f64, f64)) {
    let padded = padded(channels);
    for channel in 0..channels {
        let (mut a, mut b) = (0.0, 0.0);
        for partial in partial.chunks_exact(2 * padded) {
            a += f64::from(partial[channel]);
            b += f64::from(partial[padded + channel]);
        }
        each(channel, a, b);
    }
}

/// dx = a · dy + b · (x - high) + c, channel by channel; 0 at places that are not an example's own.
pub(crate) fn combine(
    machine: &Machine,
    batch: &Batch<'_>,
    high: &[f32],
    (a, b, c): (&[f32], &[f32], &[f32]),
    (x, dy): (&[f32], &[f32]),
    dx: &mut [f32],
) {
    struct Combine<'a> {
        rows: Range<usize>,
        batch: &'a Batch<'a>,
        high: &'a [f32],
        coefficients: [&'a [f32]; 3],
        x: &'a [f32],
        dy: &'a [f32],
        dx: &'a mut [f32],
    }
    impl Work for Combine<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let Combine { rows, batch, high, coefficients: [a, b, c], x, dy, dx } = self;
            let Places { count, channels, .. } = batch.places;
            let len = count * channels;
            let ins = x.chunks_exact(len).zip(dy.chunks_exact(len));
            for ((row, (x, dy)), dx) in rows.zip(ins).zip(dx.chunks_exact_mut(len)) {
                let own = batch.places.own(row);
                for place in 0..own {
                    for channel in starts(channels) {
                        let at = place * channels + channel;
                        let gap = s.sub(read(s, &x[at..]), read(s, &high[channel..]));
                        let rest = s.fma(gap, read(s, &b[channel..]), read(s, &c[channel..]));
                        let v = s.fma(read(s, &dy[at..]), read(s, &a[channel..]), rest);
                        write(s, &mut dx[at..], v);
                    }
                }
                dx[own * channels..].fill(0.0);
            }
        }
    }
    let (set, len) = (machine.set, batch.places.count * batch.places.channels);
    spread(machine, batch.rows, len, [(dx, len)], &|rows, [dx]| {
        let (x, dy) = (&x[rows.start * len..rows.end * len], &dy[rows.start * len..rows.end * len]);
        set.dispatch(Combine { rows, batch, high, coefficients: [a, b, c], x, dy, dx });
    });
}

/// Values that are kept of each row for the way back: high, inverse and low, as in [`Normal`].
pub(crate) const KEPT_OF_ROW: usize = 3;

/// Rows of `places` × `channels` values, each normalised over itself.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub count: usize,
    pub places: usize,
    pub channels: usize,
    /// γ, filled up to a multiple of sixteen.
    pub weight: &'a [f32],
    pub epsilon: f32,
}

impl Rows<'_> {
    fn len(&self) -> usize {
        self.places * self.channels
    }

    /// Rows whose sums for γ and β are in one f32.
    fn in_block(&self) -> usize {
        rows_in_block(self.places)
    }
}

fn rows_in_block(places: usize) -> usize {
    (BLOCK / places.max(1)).max(1)
}

/// Blocks that so many rows have on the way back.
pub(crate) fn row_blocks(rows: usize, places: usize) -> usize {
    rows.div_ceil(rows_in_block(places))
}

/// y = γ · x̂ + β, row by row; keeps what x̂ is had from.
pub(crate) fn normalise_rows(
    machine: &Machine,
    rows: &Rows<'_>,
    bias: &[f32],
    x: &[f32],
    y: &mut [f32],
    kept: &mut [f32],
) {
    struct Normalise<'a> {
        rows: &'a Rows<'a>,
        bias: &'a [f32],
        x: &'a [f32],
        y: &'a mut [f32],
        kept: &'a mut [f32],
    }
    impl Work for Normalise<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let Normalise { rows, bias, x, y, kept } = self;
            let (len, channels) = (rows.len(), rows.channels);
            let lines = x.chunks_exact(len).zip(y.chunks_exact_mut(len));
            for ((x, y), kept) in lines.zip(kept.chunks_exact_mut(KEPT_OF_ROW)) {
                let [high, inverse, low] = moments_of_row(s, x, rows.epsilon);
                kept.copy_from_slice(&[high, inverse, low]);
                let (high, inverse, low) = (s.splat(high), s.splat(inverse), s.splat(-low));
                for place in 0..rows.places {
                    for c in starts(channels) {
                        let at = place * channels + c;
                        let normal = s.fma(s.sub(read(s, &x[at..]), high), inverse, low);
                        write(s, &mut y[at..], s.fma(normal, read(s, &rows.weight[c..]), read(s, &bias[c..])));
                    }
                }
            }
        }
    }
    let (set, len) = (machine.set, rows.len());
    spread(machine, rows.count, len, [(y, len), (kept, KEPT_OF_ROW)], &|part, [y, kept]| {
        set.dispatch(Normalise { rows, bias, x: &x[part.start * len..part.end * len], y, kept });
    });
}

/// A row's high, inverse and low.
#[inline(always)]
fn moments_of_row<S: Simd>(s: S, x: &[f32], epsilon: f32) -> [f32; 3] {
    let n = x.len() as f64;
    let whole = x.len() / LANES * LANES;
    let mut sum = s.splat(0.0);
    for at in (0..whole).step_by(LANES) {
        sum = s.add(sum, read(s, &x[at..]));
    }
    // Zeroes behind the end.
    sum = s.add(sum, read(s, &x[whole..]));
    let near = (f64::from(s.sum(sum)) / n) as f32;
    let (mut off, mut squares) = (s.splat(0.0), s.splat(0.0));
    let mut add = |x: S::V| {
        let gap = s.sub(x, s.splat(near));
        off = s.add(off, gap);
        squares = s.fma(gap, gap, squares);
    };
    for at in (0..whole).step_by(LANES) {
        add(read(s, &x[at..]));
    }
    if whole < x.len() {
        let mut rest = [near; LANES];
        rest[..x.len() - whole].copy_from_slice(&x[whole..]);
        add(s.load(&rest));
    }
    let (off, squares) = (f64::from(s.sum(off)), f64::from(s.sum(squares)));
    let variance = ((squares - off * off / n) / n).max(0.0);
    normal_of(f64::from(near) + off / n, variance, f64::from(epsilon))
}

/// High, inverse and low of a mean and a variance.
pub(crate) fn normal_of(mean: f64, variance: f64, epsilon: f64) -> [f32; 3] {
    let high = mean as f32;
    let inverse = 1.0 / (variance + epsilon).sqrt();
    [high, inverse as f32, ((mean - f64::from(high)) * inverse) as f32]
}

/// dx where it is asked for, and `each` with every channel's dβ = Σ dy and dγ = Σ dy · x̂. `partial` has room for two buffers
/// of channels for each block of rows.
pub(crate) fn normalise_rows_backward(
    machine: &Machine,
    rows: &Rows<'_>,
    (x, kept, dy): (&[f32], &[f32], &[f32]),
    dx: &mut [f32],
    partial: &mut [f32],
    mut each: impl FnMut(usize, f64, f64),
) {
    let (set, len, channels) = (machine.set, rows.len(), rows.channels);
    let (in_block, blocks) = (rows.in_block(), row_blocks(rows.count, rows.places));
    let padded = padded(channels);
    let partial = &mut partial[..blocks * 2 * padded];
    let dx_of_block = if dx.is_empty() { 0 } else { in_block * len };
    let results = [(dx, dx_of_block), (&mut *partial, 2 * padded)];
    spread(machine, blocks, in_block * len, results, &|blocks, [dx, partial]| {
        for (number, block) in blocks.enumerate() {
            let part = block * in_block..((block + 1) * in_block).min(rows.count);
            let dx = if dx.is_empty() { &mut [] } else { &mut dx[number * in_block * len..][..part.len() * len] };
            let (x, dy) = (&x[part.start * len..part.end * len], &dy[part.start * len..part.end * len]);
            let kept = &kept[part.start * KEPT_OF_ROW..part.end * KEPT_OF_ROW];
            let partial = &mut partial[number * 2 * padded..][..2 * padded];
            set.dispatch(RowsBackward { rows, x, kept, dy, dx, partial });
        }
    });
    sum_blocks(partial, channels, &mut each);
}

/// A block of rows on the way back.
struct RowsBackward<'a> {
    rows: &'a Rows<'a>,
    x: &'a [f32],
    kept: &'a [f32],
    dy: &'a [f32],
    /// Empty where nobody asks.
    dx: &'a mut [f32],
    partial: &'a mut [f32],
}

impl Work for RowsBackward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let RowsBackward { rows, x, kept, dy, dx, partial } = self;
        let (len, channels) = (rows.len(), rows.channels);
        let (sums, alongs) = partial.split_at_mut(padded(channels));
        sums.fill(0.0);
        alongs.fill(0.0);
        let lines = x.chunks_exact(len).zip(dy.chunks_exact(len)).zip(kept.chunks_exact(KEPT_OF_ROW));
        for (row, ((x, dy), kept)) in lines.enumerate() {
            let (high, inverse, low) = (s.splat(kept[0]), s.splat(kept[1]), s.splat(-kept[2]));
            // Σ γ · dy and Σ γ · dy · x̂ over the row, by way of each channel's sums.
            let (mut weighted, mut weighted_along) = (s.splat(0.0), s.splat(0.0));
            for c in (0..channels).step_by(LANES) {
                let (mut sum, mut along) = (s.splat(0.0), s.splat(0.0));
                for place in 0..rows.places {
                    let at = place * channels + c;
                    let dy = read(s, &dy[at..]);
                    sum = s.add(sum, dy);
                    along = s.fma(dy, s.fma(s.sub(read(s, &x[at..]), high), inverse, low), along);
                }
                if channels - c < LANES {
                    // What was read behind the last channel does not count.
                    (sum, along) = (first(s, sum, channels - c), first(s, along, channels - c));
                }
                let weight = read(s, &rows.weight[c..]);
                weighted = s.fma(weight, sum, weighted);
                weighted_along = s.fma(weight, along, weighted_along);
                let (all, all_along) = (s.add(read(s, &sums[c..]), sum), s.add(read(s, &alongs[c..]), along));
                write(s, &mut sums[c..], all);
                write(s, &mut alongs[c..], all_along);
            }
            if dx.is_empty() {
                continue;
            }
            // dx = inverse · (γ · dy - mean(γ · dy) - x̂ · mean(γ · dy · x̂)), as a line in dy and x - high.
            let (n, inv) = (len as f64, f64::from(kept[1]));
            let along = f64::from(s.sum(weighted_along)) / n;
            let b = -inv * inv * along;
            let c = -inv * (f64::from(s.sum(weighted)) / n) + inv * along * f64::from(kept[2]);
            let (b, constant) = (s.splat(b as f32), s.splat(c as f32));
            let dx = &mut dx[row * len..(row + 1) * len];
            for place in 0..rows.places {
                for c in starts(channels) {
                    let at = place * channels + c;
                    let rest = s.fma(s.sub(read(s, &x[at..]), high), b, constant);
                    let a = s.mul(inverse, read(s, &rows.weight[c..]));
                    write(s, &mut dx[at..], s.fma(read(s, &dy[at..]), a, rest));
                }
            }
        }
    }
}

/// The first lanes; zeroes behind them.
#[inline(always)]
fn first<S: Simd>(s: S, v: S::V, lanes: usize) -> S::V {
    let mut array = s.to_array(v);
    array[lanes..].fill(0.0);
    s.load(&array)
}

#[cfg(test)]
mod tests;
