//! The convolution: filters over images whose channels lie innermost.
//!
//! Zeroes at the edges are really there, in a copy of the images; without them there is no copy. The gradient of x is the
//! same operation again: the gradient of the sums, spread out by the strides and with a rim of zeroes, under the turned
//! filters.
//!
//! A sequence with a length of its own is treated as if it were alone: zeroes behind its end (in the copy), and 0 comes out
//! behind its last window.

use super::{Run, Wires, cut, front, front_of, own_steps};
use crate::Activation;
use crate::kernel::Machine;
use crate::kernel::conv::{self as kernel, Columns, Filter, FilterGradient, Places, parts};
use crate::kernel::panels::{panel_index, panels_len};
use crate::kernel::spread::spread;
use crate::layer::{ConvGeometry, Window};
use crate::plan::Layout;
use std::ops::Range;

/// A convolution with its numbers.
#[derive(Debug, Clone)]
pub(crate) struct ConvSpec {
    pub geometry: ConvGeometry,
    /// In the parameters: group after group, area × channels in panels of filters.
    pub weight: Range<usize>,
    /// In the parameters: each group's filled up to whole lines.
    pub bias: Option<Range<usize>>,
    /// An activation of single values whose derivative is had from the output.
    pub activation: Activation,
    /// Of a sequence: the windows that have gone over it before. `None` for an image.
    pub windows: Option<Vec<Window>>,
}

/// y = f(filters over x + bias)
#[derive(Debug)]
pub(crate) struct Conv {
    spec: ConvSpec,
    /// The images with their rim of zeroes.
    framed: Frame,
    /// Where that copy lies; empty where none is ever needed.
    copy: Range<usize>,
    /// Whether there are zeroes at the edges, so that the copy is needed always.
    has_rim: bool,
    /// Where the windows lie in it, for the first group.
    places: Places,
    back: Option<Back>,
    pub wires: Wires,
}

/// What the way back needs.
#[derive(Debug)]
struct Back {
    /// Room for the parts of a sum over all images.
    parts: Range<usize>,
    sums: Range<usize>,
    dx: Option<BackToInput>,
}

#[derive(Debug)]
struct BackToInput {
    /// The gradient of the sums, spread out.
    frame: Frame,
    spread: Range<usize>,
    /// The turned filters: area × filters in panels of channels, group after group.
    turned: Range<usize>,
    places: Places,
}

/// Images within larger ones.
#[derive(Debug, Clone, Copy)]
struct Frame {
    height: usize,
    width: usize,
    channels: usize,
    /// Where the first pixel of the inner image comes to lie, and how far apart its rows and columns are.
    first: (usize, usize),
    strides: (usize, usize),
}

impl Frame {
    /// Values of one image; saturates.
    fn len(&self) -> usize {
        self.height.saturating_mul(self.width).saturating_mul(self.channels)
    }

    /// Copies images of a height and a width into their frames; everything else is 0. `part` says of each image how many of
    /// its columns are copied, and by how much they move to the right.
    fn fill(
        &self,
        machine: &Machine,
        (height, width): (usize, usize),
        part: &(dyn Fn(usize) -> (usize, isize) + Sync),
        from: &[f32],
        to: &mut [f32],
    ) {
        let (len, channels) = (self.len(), self.channels);
        spread(machine, to.len() / len, len, [(to, len)], &|images, [to]| {
            for (image, to) in images.zip(to.chunks_exact_mut(len)) {
                let from = &from[image * height * width * channels..][..height * width * channels];
                let (own, shift) = part(image);
                let first = self.first.1.saturating_add_signed(shift);
                to.fill(0.0);
                for (y, row) in from.chunks_exact(width * channels).enumerate() {
                    let start = ((self.first.0 + y * self.strides.0) * self.width + first) * channels;
                    let row = &row[..own * channels];
                    if self.strides.1 == 1 {
                        to[start..start + row.len()].copy_from_slice(row);
                    } else {
                        for (x, pixel) in row.chunks_exact(channels).enumerate() {
                            to[start + x * self.strides.1 * channels..][..channels].copy_from_slice(pixel);
                        }
                    }
                }
            }
        });
    }
}

/// The windows of a kernel over framed images: `seen` of the channels from the first on. A plan that is too large to be made
/// has none: they would only be a long list.
fn places(
    layout: &Layout,
    frame: &Frame,
    counts: (usize, usize),
    first: usize,
    strides: (usize, usize),
    geometry: &ConvGeometry,
    seen: usize,
) -> Places {
    if layout.is_too_large() {
        return Places::default();
    }
    let Frame { width, channels, .. } = *frame;
    let (rows, columns) = (geometry.rows, geometry.columns);
    let mut offsets = Vec::with_capacity(rows.kernel * columns.kernel * seen);
    for u in 0..rows.kernel {
        for v in 0..columns.kernel {
            let pixel = (u * rows.dilation * width + v * columns.dilation) * channels;
            offsets.extend(pixel..pixel + seen);
        }
    }
    Places {
        rows: counts.0,
        columns: counts.1,
        first,
        right: strides.1 * channels,
        down: strides.0 * width * channels,
        image: frame.len(),
        offsets,
    }
}

impl Conv {
    pub(super) fn lay_out(spec: ConvSpec, wires: Wires, layout: &mut Layout) -> Self {
        let g = spec.geometry;
        let (top, bottom) = g.rows.pads(g.height);
        let (left, right) = g.columns.pads(g.width);
        let framed = Frame {
            height: g.height.saturating_add(top).saturating_add(bottom),
            width: g.width.saturating_add(left).saturating_add(right),
            channels: g.channels,
            first: (top, left),
            strides: (1, 1),
        };
        let has_rim = top + bottom + left + right > 0;
        let copy = if has_rim || spec.windows.is_some() {
            layout.kept(wires.batch.saturating_mul(framed.len()))
        } else {
            0..0
        };
        let strides = (g.rows.stride, g.columns.stride);
        let forward = places(layout, &framed, g.outputs(), 0, strides, &g, g.channels_seen());
        let filters = g.filters / g.groups;
        let back = layout.goes_back().then(|| {
            let (height, width) = g.outputs();
            let count = parts(wires.batch, height * width);
            let part = panels_len(g.depth(), filters).max(g.filters.next_multiple_of(16));
            Back {
                parts: layout.backward_scratch(count.saturating_mul(part)),
                sums: layout.backward_scratch(g.filters.next_multiple_of(16)),
                dx: wires.dx.is_some().then(|| {
                    let frame = Frame {
                        height: framed.height.saturating_add(g.rows.reach() - 1),
                        width: framed.width.saturating_add(g.columns.reach() - 1),
                        channels: g.filters,
                        first: (g.rows.reach() - 1, g.columns.reach() - 1),
                        strides,
                    };
                    let first = (top * frame.width + left) * g.filters;
                    BackToInput {
                        frame,
                        spread: layout.backward_scratch(wires.batch.saturating_mul(frame.len())),
                        turned: layout.backward_scratch(g.groups.saturating_mul(turned_len(&g))),
                        places: places(layout, &frame, (g.height, g.width), first, (1, 1), &g, filters),
                    }
                }),
            }
        });
        Conv { spec, framed, copy, has_rim, places: forward, back, wires }
    }

    /// Bytes of the lists of places.
    pub(super) fn table_bytes(&self) -> usize {
        let back = self.back.as_ref().and_then(|back| back.dx.as_ref());
        let values = self.places.depth() + back.map_or(0, |to| to.places.depth());
        values * size_of::<usize>()
    }

    /// Values of a whole batch that come in, and that go out.
    fn lens(&self, rows: usize) -> (usize, usize) {
        let g = &self.spec.geometry;
        let (height, width) = g.outputs();
        (rows * g.channels * g.height * g.width, rows * g.filters * height * width)
    }

    /// Of each row of a batch of sequences with lengths of their own: how many steps it has, and how many come out.
    fn own<'a>(&'a self, lengths: Option<&'a [u32]>) -> Option<impl Fn(usize) -> (usize, usize) + Sync + 'a> {
        let own = own_steps(self.spec.windows.as_deref()?, lengths)?;
        let g = &self.spec.geometry;
        Some(move |row: usize| {
            let steps = own(row).min(g.width);
            (steps, g.columns.count(steps).clamp(1, g.outputs().1))
        })
    }

    /// Where the copy of so many rows lies; empty where x is read as it is.
    fn copied(&self, run: &Run<'_>) -> Range<usize> {
        let needed = self.has_rim || (self.spec.windows.is_some() && run.lengths.is_some());
        if needed { front(&self.copy, run.rows * self.framed.len()) } else { 0..0 }
    }

    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let g = &self.spec.geometry;
        let (inputs, outputs) = self.lens(run.rows);
        let own = self.own(run.lengths);
        let [from, copy, y] = cut(run.arena, [x.range(inputs), self.copied(run), front(y, outputs)]);
        let x = x.pick(inputs, run.batch, from);
        let x = if copy.is_empty() {
            x
        } else {
            let left = |steps: usize| g.columns.pads(steps).0 as isize;
            let part = |row: usize| match &own {
                // Alone it would have as many zeroes before it as its own length asks for.
                Some(own) => (own(row).0, left(own(row).0) - left(g.width)),
                None => (g.width, 0),
            };
            self.framed.fill(run.machine, (g.height, g.width), &part, x, copy);
            copy
        };
        let (filters, seen) = (g.filters / g.groups, g.channels_seen());
        let (weight, bias) = (panels_len(g.depth(), filters), filters.next_multiple_of(16));
        for group in 0..g.groups {
            let own_bias = self.spec.bias.as_ref().map(|range| &run.params[range.start + group * bias..][..bias]);
            kernel::filter(
                run.machine,
                Filter {
                    places: &self.places,
                    images: run.rows,
                    x: &x[group * seen..],
                    weight: &run.params[self.spec.weight.start + group * weight..][..weight],
                    bias: own_bias,
                    activation: self.spec.activation,
                    columns: Columns { stride: g.filters, first: group * filters, count: filters },
                    out: y,
                },
            );
        }
        if let Some(own) = own {
            self.clear_behind(&own, y);
        }
    }

    /// Sets what lies behind the last window of each row to 0.
    fn clear_behind(&self, own: &dyn Fn(usize) -> (usize, usize), y: &mut [f32]) {
        let g = &self.spec.geometry;
        for (row, y) in y.chunks_exact_mut(g.outputs().1 * g.filters).enumerate() {
            y[own(row).1 * g.filters..].fill(0.0);
        }
    }

    pub(crate) fn backward(&self, run: &mut Run<'_>, grads: &mut [f32]) {
        let (Wires { x, y, dy: Some(dy), dx, .. }, Some(back)) = (&self.wires, &self.back) else { return };
        let g = &self.spec.geometry;
        let (inputs, outputs) = self.lens(run.rows);
        let (own, copied) = (self.own(run.lengths), self.copied(run));
        let (spread, turned) = match &back.dx {
            Some(to) => (front(&to.spread, run.rows * to.frame.len()), to.turned.clone()),
            None => (0..0, 0..0),
        };
        let [from, copy, y, dz, scratch, sums, spread, turned, dx] = cut(
            run.arena,
            [
                x.range(inputs),
                copied,
                front(y, outputs),
                front(dy, outputs),
                back.parts.clone(),
                back.sums.clone(),
                spread,
                turned,
                front_of(dx.as_ref(), inputs),
            ],
        );
        let x = if copy.is_empty() { x.pick(inputs, run.batch, from) } else { copy };
        let (height, width) = g.outputs();
        let (filters, seen) = (g.filters / g.groups, g.channels_seen());
        if let Some(own) = &own {
            self.clear_behind(own, dz);
        }
        kernel::slopes_and_sums(run.machine, self.spec.activation, (run.rows, height * width), y, dz, scratch, sums);
        if let Some(bias) = &self.spec.bias {
            let line = filters.next_multiple_of(16);
            for (group, sums) in sums[..g.filters].chunks_exact(filters).enumerate() {
                grads[bias.start + group * line..][..filters].copy_from_slice(sums);
            }
        }
        let weight = panels_len(g.depth(), filters);
        for group in 0..g.groups {
            kernel::filter_gradient(
                run.machine,
                FilterGradient {
                    places: &self.places,
                    images: run.rows,
                    x: &x[group * seen..],
                    dz,
                    columns: Columns { stride: g.filters, first: group * filters, count: filters },
                    scratch: &mut *scratch,
                    out: &mut grads[self.spec.weight.start + group * weight..][..weight],
                },
            );
        }
        let Some(to) = &back.dx else { return };
        let left = |steps: usize| g.columns.pads(steps).0 as isize;
        let part = |row: usize| match &own {
            // What moved to the left on the way forward moves back.
            Some(own) => (own(row).1, left(g.width) - left(own(row).0)),
            None => (width, 0),
        };
        to.frame.fill(run.machine, (height, width), &part, dz, spread);
        let len = turned_len(g);
        for group in 0..g.groups {
            let own = &run.params[self.spec.weight.start + group * weight..][..weight];
            let turned = &mut turned[group * len..][..len];
            turn_filters(g, own, turned);
            kernel::filter(
                run.machine,
                Filter {
                    places: &to.places,
                    images: run.rows,
                    x: &spread[group * filters..],
                    weight: turned,
                    bias: None,
                    activation: Activation::Identity,
                    columns: Columns { stride: g.channels, first: group * seen, count: seen },
                    out: dx,
                },
            );
        }
        if let Some(own) = own {
            // What lies behind the end was not read.
            for (row, dx) in dx.chunks_exact_mut(g.width * g.channels).enumerate() {
                dx[own(row).0 * g.channels..].fill(0.0);
            }
        }
    }
}

/// Values of one group's turned filters.
fn turned_len(g: &ConvGeometry) -> usize {
    let area = g.rows.kernel.saturating_mul(g.columns.kernel);
    panels_len(area.saturating_mul(g.filters / g.groups), g.channels_seen())
}

/// One group's filters with their area turned around, as area × filters in panels of channels.
fn turn_filters(g: &ConvGeometry, weight: &[f32], turned: &mut [f32]) {
    let (area, filters, seen) = (g.rows.kernel * g.columns.kernel, g.filters / g.groups, g.channels_seen());
    let depth = area * filters;
    for at in 0..area {
        for filter in 0..filters {
            let to = (area - 1 - at) * filters + filter;
            for first in (0..seen).step_by(16) {
                let line = &mut turned[panel_index(depth, to, first)..][..16];
                for (lane, to) in line.iter_mut().enumerate() {
                    let channel = first + lane;
                    *to =
                        if channel < seen { weight[panel_index(g.depth(), at * seen + channel, filter)] } else { 0.0 };
                }
            }
        }
    }
}
