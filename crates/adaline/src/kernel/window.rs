//! Pools: one value of each window, there and back.
//!
//! Images lie as height × width × channels, a vector runs over channels. Every sum is in the order of the windows.
//!
//! Where there are fewer than sixteen channels, a vector goes over into the next pixel: what is written there is
//! overwritten when its turn comes, since pixels are written in their order.

use super::elementwise::{read, write};
use super::simd::{LANES, Simd};
use super::spread::{spread, starts};
use super::{Machine, Work};
use std::ops::Range;

/// Windows along one side of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Axis {
    /// Values along it.
    pub len: usize,
    pub kernel: usize,
    pub stride: usize,
    /// How far the first window hangs over.
    pub before: usize,
    /// Windows.
    pub count: usize,
}

impl Axis {
    /// What a window sees; never nothing.
    #[inline(always)]
    fn seen(self, window: usize) -> Range<usize> {
        let from = window * self.stride;
        let to = from.saturating_add(self.kernel - self.before).min(self.len);
        from.saturating_sub(self.before)..to
    }

    /// How many windows from the first one on are two values side by side, each its own; none where windows are others.
    fn pairs(self) -> usize {
        if self.kernel == 2 && self.stride == 2 { self.count.min(self.len / 2) } else { 0 }
    }
}

/// What is kept of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    Max,
    Mean,
}

/// The windows of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Windows {
    pub channels: usize,
    pub rows: Axis,
    pub columns: Axis,
    pub keep: Keep,
}

impl Windows {
    /// Values of an image.
    pub(crate) fn inputs(&self) -> usize {
        self.rows.len * self.columns.len * self.channels
    }

    /// Values that come out of it.
    pub(crate) fn outputs(&self) -> usize {
        self.rows.count * self.columns.count * self.channels
    }

    /// Pixels that a window sees, by where they start among the image's values, in the window's order.
    #[inline(always)]
    fn pixels(&self, row: usize, column: usize) -> impl Iterator<Item = usize> + Clone {
        let (width, channels) = (self.columns.len, self.channels);
        let columns = self.columns.seen(column);
        self.rows.seen(row).flat_map(move |row| columns.clone().map(move |column| (row * width + column) * channels))
    }
}

/// y = the largest value or the mean of every window.
pub(crate) fn pool(machine: &Machine, windows: &Windows, images: usize, x: &[f32], y: &mut [f32]) {
    let (inputs, outputs) = (windows.inputs(), windows.outputs());
    let set = machine.set;
    spread(machine, images, inputs, [(y, outputs)], &|images, [y]| {
        let x = &x[images.start * inputs..images.end * inputs];
        set.dispatch(Forward { windows, x, y });
    });
}

struct Forward<'a> {
    windows: &'a Windows,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Work for Forward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Forward { windows, x, y } = self;
        let images = x.chunks_exact(windows.inputs()).zip(y.chunks_exact_mut(windows.outputs()));
        match windows.keep {
            Keep::Max => images.for_each(|(x, y)| max_of_image(s, windows, x, y)),
            Keep::Mean => images.for_each(|(x, y)| {
                let Windows { rows, columns, channels, .. } = *windows;
                for (row, y) in y.chunks_exact_mut(columns.count * channels).enumerate().take(rows.count) {
                    for column in 0..columns.count {
                        mean_of_window(s, windows, (row, column), x, &mut y[column * channels..]);
                    }
                }
            }),
        }
    }
}

#[inline(always)]
fn max_of_image<S: Simd>(s: S, windows: &Windows, x: &[f32], y: &mut [f32]) {
    let Windows { rows, columns, channels, .. } = *windows;
    let line = columns.len * channels;
    let (paired_rows, paired_columns) = (rows.pairs(), columns.pairs());
    for (row, y) in y.chunks_exact_mut(columns.count * channels).enumerate() {
        let mut column = 0;
        if row < paired_rows {
            let (top, bottom) = x[2 * row * line..][..2 * line].split_at(line);
            while column < paired_columns {
                let (left, right) = (2 * column * channels, (2 * column + 1) * channels);
                for c in starts(channels) {
                    let best = s.max(read(s, &top[right + c..]), read(s, &top[left + c..]));
                    let below = s.max(read(s, &bottom[right + c..]), read(s, &bottom[left + c..]));
                    let best = s.max(below, best);
                    write(s, &mut y[column * channels + c..], best);
                }
                column += 1;
            }
        }
        for column in column..columns.count {
            for c in starts(channels) {
                let mut best = s.splat(f32::NEG_INFINITY);
                for pixel in windows.pixels(row, column) {
                    best = s.max(read(s, &x[pixel + c..]), best);
                }
                write(s, &mut y[column * channels + c..], best);
            }
        }
    }
}

/// y starts with the window's values.
#[inline(always)]
fn mean_of_window<S: Simd>(s: S, windows: &Windows, (row, column): (usize, usize), x: &[f32], y: &mut [f32]) {
    let count = (windows.rows.seen(row).len() * windows.columns.seen(column).len()) as f32;
    for c in starts(windows.channels) {
        let mut sum = s.splat(0.0);
        for pixel in windows.pixels(row, column) {
            sum = s.add(sum, read(s, &x[pixel + c..]));
        }
        write(s, &mut y[c..], s.div(sum, s.splat(count)));
    }
}

/// dx from dy: of a largest value to the first place in the window that has it, of a mean to all places alike. What a
/// pixel gets from several windows adds up in their order.
pub(crate) fn pool_backward(
    machine: &Machine,
    windows: &Windows,
    images: usize,
    (x, y, dy): (&[f32], &[f32], &[f32]),
    dx: &mut [f32],
) {
    let (inputs, outputs) = (windows.inputs(), windows.outputs());
    assert!(x.len() >= images * inputs && y.len() >= images * outputs && dy.len() >= images * outputs);
    let set = machine.set;
    spread(machine, images, inputs, [(dx, inputs)], &|images, [dx]| {
        let (ins, outs) = (images.start * inputs..images.end * inputs, images.start * outputs..images.end * outputs);
        set.dispatch(Backward { windows, x: &x[ins], y: &y[outs.clone()], dy: &dy[outs], dx });
    });
}

struct Backward<'a> {
    windows: &'a Windows,
    x: &'a [f32],
    y: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
}

impl Work for Backward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Backward { windows, x, y, dy, dx } = self;
        let (inputs, outputs) = (windows.inputs(), windows.outputs());
        let ins = x.chunks_exact(inputs).zip(dx.chunks_exact_mut(inputs));
        let outs = y.chunks_exact(outputs).zip(dy.chunks_exact(outputs));
        for ((x, dx), (y, dy)) in ins.zip(outs) {
            image_backward(s, windows, (x, y, dy), dx);
        }
    }
}

#[inline(always)]
fn image_backward<S: Simd>(s: S, windows: &Windows, (x, y, dy): (&[f32], &[f32], &[f32]), dx: &mut [f32]) {
    let Windows { rows, columns, channels, keep } = *windows;
    let line = columns.len * channels;
    let paired = if keep == Keep::Max { (rows.pairs(), columns.pairs()) } else { (0, 0) };
    let (paired_rows, paired_columns) = if paired.1 == 0 { (0, 0) } else { paired };
    for row in 0..paired_rows {
        let x = &x[2 * row * line..][..2 * line];
        let dx = &mut dx[2 * row * line..][..2 * line];
        for column in 0..paired_columns {
            let (left, right) = (2 * column * channels, (2 * column + 1) * channels);
            let out = (row * columns.count + column) * channels;
            for c in starts(channels) {
                let largest = read(s, &y[out + c..]);
                let mut rest = read(s, &dy[out + c..]);
                // The upper row must not go over into the lower one, which is written beside it.
                for (at, end) in [(left, line), (right, line), (line + left, 2 * line), (line + right, 2 * line)] {
                    let x = read(s, &x[at + c..end]);
                    write(s, &mut dx[at + c..end], s.select_lt(x, largest, s.splat(0.0), rest));
                    rest = s.select_lt(x, largest, rest, s.splat(0.0));
                }
            }
        }
        dx[2 * paired_columns * channels..line].fill(0.0);
        dx[line + 2 * paired_columns * channels..].fill(0.0);
    }
    dx[2 * paired_rows * line..].fill(0.0);
    for row in 0..rows.count {
        let first = if row < paired_rows { paired_columns } else { 0 };
        for column in first..columns.count {
            let out = (row * columns.count + column) * channels;
            let count = (rows.seen(row).len() * columns.seen(column).len()) as f32;
            for c in (0..channels).step_by(LANES) {
                // Zeroes behind the last channel: nothing is added to the next pixel.
                let d = read(s, &dy[out + c..out + channels.min(c + LANES)]);
                match keep {
                    Keep::Max => {
                        let largest = read(s, &y[out + c..]);
                        let mut rest = d;
                        for pixel in windows.pixels(row, column) {
                            let x = read(s, &x[pixel + c..]);
                            let taken = s.select_lt(x, largest, s.splat(0.0), rest);
                            rest = s.select_lt(x, largest, rest, s.splat(0.0));
                            add_onto(s, &mut dx[pixel + c..], taken);
                        }
                    }
                    Keep::Mean => {
                        let part = s.div(d, s.splat(count));
                        for pixel in windows.pixels(row, column) {
                            add_onto(s, &mut dx[pixel + c..], part);
                        }
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn add_onto<S: Simd>(s: S, to: &mut [f32], v: S::V) {
    let sum = s.add(read(s, to), v);
    write(s, to, sum);
}

/// One value of every channel over the own places of each of `rows` rows.
pub(crate) fn global_pool(machine: &Machine, places: &Places<'_>, keep: Keep, rows: usize, x: &[f32], y: &mut [f32]) {
    let (channels, len) = (places.channels, places.count * places.channels);
    let set = machine.set;
    spread(machine, rows, len, [(y, channels)], &|rows, [y]| {
        set.dispatch(GlobalForward { places, keep, first: rows.start, x: &x[rows.start * len..rows.end * len], y });
    });
}

/// Places of an example, of so many channels each.
#[derive(Clone, Copy)]
pub(crate) struct Places<'a> {
    pub count: usize,
    pub channels: usize,
    /// How many of a row's places are its own (at least one), where they differ.
    pub own: Option<&'a (dyn Fn(usize) -> usize + Sync)>,
}

impl Places<'_> {
    /// How many of a row's places are its own.
    #[inline(always)]
    pub(super) fn own(&self, row: usize) -> usize {
        self.own.map_or(self.count, |own| own(row).min(self.count))
    }
}

struct GlobalForward<'a> {
    places: &'a Places<'a>,
    keep: Keep,
    /// The number of the first row.
    first: usize,
    x: &'a [f32],
    y: &'a mut [f32],
}

impl Work for GlobalForward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let GlobalForward { places, keep, first, x, y } = self;
        let Places { count, channels, .. } = *places;
        for (row, x) in x.chunks_exact(count * channels).enumerate() {
            let own = places.own(first + row);
            let y = &mut y[row * channels..];
            for c in starts(channels) {
                let mut kept = read(s, &x[c..]);
                for place in 1..own {
                    let x = read(s, &x[place * channels + c..]);
                    kept = if keep == Keep::Max { s.max(x, kept) } else { s.add(kept, x) };
                }
                if keep == Keep::Mean {
                    kept = s.div(kept, s.splat(own as f32));
                }
                write(s, &mut y[c..], kept);
            }
        }
    }
}

/// dx from dy; 0 at places that are not an example's own.
pub(crate) fn global_pool_backward(
    machine: &Machine,
    places: &Places<'_>,
    keep: Keep,
    rows: usize,
    (x, y, dy): (&[f32], &[f32], &[f32]),
    dx: &mut [f32],
) {
    let (channels, len) = (places.channels, places.count * places.channels);
    let set = machine.set;
    spread(machine, rows, len, [(dx, len)], &|rows, [dx]| {
        let (ins, outs) = (rows.start * len..rows.end * len, rows.start * channels..rows.end * channels);
        let (y, dy) = (&y[outs.clone()], &dy[outs]);
        set.dispatch(GlobalBackward { places, keep, first: rows.start, x: &x[ins], y, dy, dx });
    });
}

struct GlobalBackward<'a> {
    places: &'a Places<'a>,
    keep: Keep,
    first: usize,
    x: &'a [f32],
    y: &'a [f32],
    dy: &'a [f32],
    dx: &'a mut [f32],
}

impl Work for GlobalBackward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let GlobalBackward { places, keep, first, x, y, dy, dx } = self;
        let Places { count, channels, .. } = *places;
        let len = count * channels;
        for (row, (x, dx)) in x.chunks_exact(len).zip(dx.chunks_exact_mut(len)).enumerate() {
            let own = places.own(first + row);
            let (y, dy) = (&y[row * channels..], &dy[row * channels..]);
            for c in starts(channels) {
                let (largest, mut rest) = (read(s, &y[c..]), read(s, &dy[c..]));
                if keep == Keep::Mean {
                    rest = s.div(rest, s.splat(own as f32));
                }
                for at in (0..own).map(|place| place * channels + c) {
                    if keep == Keep::Mean {
                        write(s, &mut dx[at..], rest);
                        continue;
                    }
                    let x = read(s, &x[at..]);
                    write(s, &mut dx[at..], s.select_lt(x, largest, s.splat(0.0), rest));
                    rest = s.select_lt(x, largest, rest, s.splat(0.0));
                }
            }
            dx[own * channels..].fill(0.0);
        }
    }
}

#[cfg(test)]
mod tests;
