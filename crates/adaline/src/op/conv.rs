//! The convolution: filters over images whose channels lie innermost.
//!
//! Zeroes at the edges are really there, in a copy of the images; without them there is no copy. The gradient of x goes the
//! same way back: added up in such a copy, of which the inner part is x's.
//!
//! A max pool right behind it is part of the operation. Which place of its area a result came from is kept for the way back;
//! what the filters gave at the others is not.
//!
//! A sequence with a length of its own is treated as if it were alone: zeroes behind its end (in the copy), and 0 comes out
//! behind its last window.

use super::{Run, Wires, cut, front, front_of, own_steps};
use crate::Activation;
use crate::kernel::Machine;
use crate::kernel::conv::{self as kernel, Area, Columns, Filter, FilterGradient, InputGradient, Places, parts};
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
    /// Places of which only the largest sum is kept: one by one where no max pool follows.
    pub area: Area,
    /// An activation of single values whose derivative is had from the output.
    pub activation: Activation,
    /// Of a sequence: the windows that have gone over it before. `None` for an image.
    pub windows: Option<Vec<Window>>,
}

impl ConvSpec {
    /// Areas down and across.
    fn outputs(&self) -> (usize, usize) {
        let (height, width) = self.geometry.outputs();
        (height / self.area.rows, width / self.area.columns)
    }
}

/// y = f(max over each area of (filters over x + bias))
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
    /// Which place of its area each result is from; empty where an area is a place.
    which: Range<usize>,
    /// The gradient of the sums at all places; empty where it is that of y.
    dz: Range<usize>,
    dx: Option<BackToInput>,
}

#[derive(Debug)]
struct BackToInput {
    /// The gradient of the copy; empty where there is none.
    framed: Range<usize>,
    /// The turned filters: for each pixel of a window filters × channels in panels, group after group.
    turned: Range<usize>,
}

/// Images within larger ones.
#[derive(Debug, Clone, Copy)]
struct Frame {
    height: usize,
    width: usize,
    channels: usize,
    /// Where the first pixel of the inner image comes to lie.
    first: (usize, usize),
}

impl Frame {
    /// Values of one image; saturates.
    fn len(&self) -> usize {
        self.height.saturating_mul(self.width).saturating_mul(self.channels)
    }

    /// Where row y of an inner image begins that lies further to the right by `shift`.
    fn row(&self, y: usize, shift: isize) -> usize {
        ((self.first.0 + y) * self.width + self.first.1.saturating_add_signed(shift)) * self.channels
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
                to.fill(0.0);
                for (y, row) in from.chunks_exact(width * channels).enumerate() {
                    to[self.row(y, shift)..][..own * channels].copy_from_slice(&row[..own * channels]);
                }
            }
        });
    }

    /// The way back from [`Frame::fill`]: takes images out of their frames; 0 in the columns that were not copied.
    fn take_out(
        &self,
        machine: &Machine,
        (height, width): (usize, usize),
        part: &(dyn Fn(usize) -> (usize, isize) + Sync),
        from: &[f32],
        to: &mut [f32],
    ) {
        let (len, channels) = (height * width * self.channels, self.channels);
        spread(machine, to.len() / len, len, [(to, len)], &|images, [to]| {
            for (image, to) in images.zip(to.chunks_exact_mut(len)) {
                let from = &from[image * self.len()..][..self.len()];
                let (own, shift) = part(image);
                for (y, row) in to.chunks_exact_mut(width * channels).enumerate() {
                    let (own, rest) = row.split_at_mut(own * channels);
                    own.copy_from_slice(&from[self.row(y, shift)..][..own.len()]);
                    rest.fill(0.0);
                }
            }
        });
    }
}

/// The windows of a convolution over framed images, at the places that whole areas take. A plan that is too large to be made
/// has none: they would only be a long list.
fn places(layout: &Layout, frame: &Frame, spec: &ConvSpec) -> Places {
    if layout.is_too_large() {
        return Places::default();
    }
    let Frame { width, channels, .. } = *frame;
    let (rows, columns) = (spec.geometry.rows, spec.geometry.columns);
    let seen = spec.geometry.channels_seen();
    let mut offsets = Vec::with_capacity(rows.kernel * columns.kernel * seen);
    for u in 0..rows.kernel {
        for v in 0..columns.kernel {
            let pixel = (u * rows.dilation * width + v * columns.dilation) * channels;
            offsets.extend(pixel..pixel + seen);
        }
    }
    let (down, across) = spec.outputs();
    Places {
        rows: down * spec.area.rows,
        columns: across * spec.area.columns,
        first: 0,
        right: columns.stride * channels,
        down: rows.stride * width * channels,
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
        };
        let has_rim = (top, bottom, left, right) != (0, 0, 0, 0);
        let may_copy = has_rim || spec.windows.is_some();
        let framed_len = if may_copy { wires.batch.saturating_mul(framed.len()) } else { 0 };
        let copy = layout.kept(framed_len);
        let places = places(layout, &framed, &spec);
        let (down, across) = spec.outputs();
        let results = wires.batch.saturating_mul(down).saturating_mul(across).saturating_mul(g.filters);
        let pooled = spec.area != Area::ONE;
        let back = layout.goes_back().then(|| {
            let count = parts(wires.batch, down * across * spec.area.len());
            let part = panels_len(g.depth(), g.filters / g.groups).max(g.filters.next_multiple_of(16));
            Back {
                parts: layout.backward_scratch(count.saturating_mul(part)),
                sums: layout.backward_scratch(g.filters.next_multiple_of(16)),
                which: layout.kept(if pooled { results } else { 0 }),
                dz: layout.backward_scratch(if pooled { results.saturating_mul(spec.area.len()) } else { 0 }),
                dx: wires.dx.is_some().then(|| BackToInput {
                    framed: layout.backward_scratch(framed_len),
                    turned: layout.backward_scratch(g.groups.saturating_mul(turned_len(&g))),
                }),
            }
        });
        Conv { spec, framed, copy, has_rim, places, back, wires }
    }

    /// Bytes of the list of places.
    pub(super) fn table_bytes(&self) -> usize {
        self.places.depth() * size_of::<usize>()
    }

    /// Values of a whole batch that come in, and that go out.
    fn lens(&self, rows: usize) -> (usize, usize) {
        let g = &self.spec.geometry;
        let (down, across) = self.spec.outputs();
        (rows * g.channels * g.height * g.width, rows * g.filters * down * across)
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

    /// How many columns of each row of the batch are copied into the frames, and by how much they move to the right.
    fn copied_part(&self, own: Option<&impl Fn(usize) -> (usize, usize)>, row: usize) -> (usize, isize) {
        let g = &self.spec.geometry;
        let left = |steps: usize| g.columns.pads(steps).0 as isize;
        match own {
            // Alone it would have as many zeroes before it as its own length asks for.
            Some(own) => (own(row).0, left(own(row).0) - left(g.width)),
            None => (g.width, 0),
        }
    }

    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let g = &self.spec.geometry;
        let (inputs, outputs) = self.lens(run.rows);
        let own = self.own(run.lengths);
        let which = match &self.back {
            Some(back) if self.spec.area != Area::ONE => front(&back.which, outputs),
            _ => 0..0,
        };
        let [from, copy, y, which] = cut(run.arena, [x.range(inputs), self.copied(run), front(y, outputs), which]);
        let x = x.pick(inputs, run.batch, from);
        let x = if copy.is_empty() {
            x
        } else {
            self.framed.fill(run.machine, (g.height, g.width), &|row| self.copied_part(own.as_ref(), row), x, copy);
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
                    area: self.spec.area,
                    images: run.rows,
                    x: &x[group * seen..],
                    weight: &run.params[self.spec.weight.start + group * weight..][..weight],
                    bias: own_bias,
                    activation: self.spec.activation,
                    columns: Columns { stride: g.filters, first: group * filters, count: filters },
                    out: &mut *y,
                    which: (!which.is_empty()).then_some(&mut *which),
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
        let (area, (inputs, outputs)) = (self.spec.area, self.lens(run.rows));
        let (own, copied) = (self.own(run.lengths), self.copied(run));
        let (framed, turned) = match &back.dx {
            Some(to) => (front(&to.framed, copied.len()), to.turned.clone()),
            None => (0..0, 0..0),
        };
        let pooled = area != Area::ONE;
        let [from, copy, y, dy, which, dz, scratch, sums, framed, turned, dx] = cut(
            run.arena,
            [
                x.range(inputs),
                copied,
                front(y, outputs),
                front(dy, outputs),
                front(&back.which, if pooled { outputs } else { 0 }),
                front(&back.dz, if pooled { outputs * area.len() } else { 0 }),
                back.parts.clone(),
                back.sums.clone(),
                framed,
                turned,
                front_of(dx.as_ref(), inputs),
            ],
        );
        let x = if copy.is_empty() { x.pick(inputs, run.batch, from) } else { copy };
        let (filters, seen) = (g.filters / g.groups, g.channels_seen());
        if let Some(own) = &own {
            self.clear_behind(own, dy);
        }
        let (down, across) = self.spec.outputs();
        kernel::slopes_and_sums(run.machine, self.spec.activation, (run.rows, down * across), y, dy, scratch, sums);
        if let Some(bias) = &self.spec.bias {
            let line = filters.next_multiple_of(16);
            for (group, sums) in sums[..g.filters].chunks_exact(filters).enumerate() {
                grads[bias.start + group * line..][..filters].copy_from_slice(sums);
            }
        }
        let dz = if pooled {
            kernel::unpool(run.machine, (&self.places, area), (run.rows, g.filters), (dy, which), dz);
            &*dz
        } else {
            &*dy
        };
        let weight = panels_len(g.depth(), filters);
        let columns = |group: usize| Columns { stride: g.filters, first: group * filters, count: filters };
        for group in 0..g.groups {
            kernel::filter_gradient(
                run.machine,
                FilterGradient {
                    places: &self.places,
                    images: run.rows,
                    x: &x[group * seen..],
                    dz,
                    columns: columns(group),
                    scratch: &mut *scratch,
                    out: &mut grads[self.spec.weight.start + group * weight..][..weight],
                },
            );
        }
        if back.dx.is_none() {
            return;
        }
        let to = if framed.is_empty() { &mut *dx } else { &mut *framed };
        to.fill(0.0);
        for group in 0..g.groups {
            let turned = &mut turned[group * turned_len(g)..][..turned_len(g)];
            turn_filters(g, &run.params[self.spec.weight.start + group * weight..][..weight], turned);
            kernel::input_gradient(
                run.machine,
                InputGradient {
                    places: &self.places,
                    images: run.rows,
                    channels: seen,
                    dz,
                    columns: columns(group),
                    weight: turned,
                    dx: &mut to[group * seen..],
                },
            );
        }
        if !framed.is_empty() {
            let part = |row| self.copied_part(own.as_ref(), row);
            self.framed.take_out(run.machine, (g.height, g.width), &part, framed, dx);
        }
    }
}

/// Values of one group's turned filters.
fn turned_len(g: &ConvGeometry) -> usize {
    let area = g.rows.kernel.saturating_mul(g.columns.kernel);
    area.saturating_mul(panels_len(g.filters / g.groups, g.channels_seen()))
}

/// One group's filters, from (pixels · channels) × filters in panels to filters × channels in panels for each pixel.
fn turn_filters(g: &ConvGeometry, weight: &[f32], turned: &mut [f32]) {
    let (filters, seen, depth) = (g.filters / g.groups, g.channels_seen(), g.depth());
    for (pixel, turned) in turned.chunks_exact_mut(panels_len(filters, seen)).enumerate() {
        for channel in 0..seen {
            for filter in 0..filters {
                turned[panel_index(filters, filter, channel)] =
                    weight[panel_index(depth, pixel * seen + channel, filter)];
            }
        }
    }
}
