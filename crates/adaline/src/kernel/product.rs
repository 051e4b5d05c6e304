//! Matrix products, out = f(A · B + bias), with B in panels (see `panels.rs`).
//!
//! **Order.** out(i, j) starts from the bias and adds A(i, k) · B(k, j) for k = 0, 1, …, each step one fused
//! multiply-add. Tiles, threads and instruction sets differ only in which (i, j) they do when, so the bits never differ.

use super::panels::panels_len;
use super::simd::{LANES, Simd};
use super::tile::{Target, tile_height};
use super::{InstructionSet, Machine, Shared, Work};
use crate::Activation;
use std::mem::MaybeUninit;
use std::ops::Range;

/// The left matrix: element (i, k) lies at i · `row` + k · `step`.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub data: &'a [f32],
    pub row: usize,
    pub step: usize,
}

/// Where the result goes.
pub(crate) enum Out<'a> {
    /// Row by row, `cols` values each.
    Rows(&'a mut [f32]),
    /// In panels, as weights lie.
    Panels(&'a mut [f32]),
    /// As `Rows`, added to what is there: the sums start from it. A bias is not looked at.
    OntoRows(&'a mut [f32]),
    /// As `Panels`, added to what is there. A long sum that is cut into parts one after the other has the bits of the whole.
    OntoPanels(&'a mut [f32]),
}

/// One product.
pub(crate) struct Product<'a> {
    /// M: rows of A and of the result.
    pub rows: usize,
    /// K: the length of each sum.
    pub depth: usize,
    /// N: columns of B and of the result.
    pub cols: usize,
    pub a: Left<'a>,
    /// K × N in panels.
    pub b: &'a [f32],
    /// N values, filled up with zeroes to a multiple of sixteen.
    pub bias: Option<&'a [f32]>,
    /// Applied to each sum; only activations of single values.
    pub activation: Activation,
    pub out: Out<'a>,
}

/// Rows of A that one task takes: so few that many threads find work (784-128 with a batch of 64 is twelve tasks). On one and
/// two cores of a Zen 4, blocks of 24, 36, 48 and 96 rows train 784-128-10, 784-512-512-10 and an LSTM equally fast.
const BLOCK_ROWS: usize = 24;

/// The same where A is turned (its rows lie across memory): few enough that a packed copy of them fits into L1.
const TURNED_ROWS: usize = 24;

/// Longest sums for which a turned A is packed. Packed, the weight gradients of 784-512-512-10 at batch 128 run at 96
/// GFLOP/s instead of 80 to 88, on one core of a Zen 3: in place, rows that are 2 KiB apart fall into the same few sets
/// of the cache.
const TURNED_DEPTH: usize = 256;

/// Below so many multiply-adds a product stays on the calling thread: handing over costs about a microsecond, in which
/// one core does some 50,000.
const SHARE_FROM: usize = 100_000;

/// Computes the product, spread over the machine's threads.
pub(crate) fn product(machine: &Machine, p: Product<'_>) {
    let worth_sharing = p.rows * p.depth * p.cols >= SHARE_FROM;
    let Some(whole) = Block::whole(p) else { return };
    let set = machine.set;
    let (rows, panels) = (whole.rows.len(), whole.panels.len());
    let turned = whole.is_turned();
    // Few rows: wide groups of panels keep enough independent sums in flight. Many rows: the register tile does. The gradient
    // of a weight, where A is turned: each thread gets the panels that it also multiplies with and updates, so that they stay
    // in its core's cache. On two threads 784-128-10 trains 2 % faster so, and 18 % while the cores of a virtual machine
    // have no cache in common (Zen 4).
    let group = match turned {
        true => panels.div_ceil(machine.threads()).next_multiple_of(2),
        false => set.dispatch(GroupWidth { rows }),
    };
    // Blocks of about the same height, so that threads end together: 28 rows are 14 and 14, not 24 and 4. Together with
    // `tile_height` it made an LSTM of 128 units train a tenth faster on two cores (10,950 to 12,130 samples a second).
    let height = match turned {
        true => rows.div_ceil(rows.div_ceil(TURNED_ROWS)).next_multiple_of(2),
        false => BLOCK_ROWS,
    };
    let (groups, blocks) = (panels.div_ceil(group), rows.div_ceil(height));
    let task = |index: usize| {
        let (first, panel) = (index % blocks * height, index / blocks * group);
        let part = Block {
            rows: first..(first + height).min(rows),
            panels: panel..(panel + group).min(panels),
            ..whole.clone()
        };
        if turned {
            set.dispatch(Turned(part));
        } else {
            set.dispatch(part);
        }
    };
    machine.share_if(worth_sharing, groups * blocks, task);
}

/// Computes the product on the calling thread: for tasks, which may not ask for help.
pub(super) fn product_alone(set: InstructionSet, p: Product<'_>) {
    let Some(whole) = Block::whole(p) else { return };
    let (rows, panels) = (whole.rows.len(), whole.panels.len());
    let group = if rows <= 2 { set.dispatch(GroupWidth { rows }) } else { panels };
    for first in (0..rows).step_by(BLOCK_ROWS) {
        for panel in (0..panels).step_by(group) {
            set.dispatch(Block {
                rows: first..(first + BLOCK_ROWS).min(rows),
                panels: panel..(panel + group).min(panels),
                ..whole.clone()
            });
        }
    }
}

struct GroupWidth {
    rows: usize,
}

impl Work for GroupWidth {
    type Output = usize;
    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> usize {
        if self.rows <= 2 { 4 } else { S::TILE_VECTORS }
    }
}

/// A part of the result: some rows of some panels.
#[derive(Clone)]
struct Block<'a> {
    rows: Range<usize>,
    panels: Range<usize>,
    depth: usize,
    a: Left<'a>,
    b: &'a [f32],
    bias: Option<&'a [f32]>,
    activation: Activation,
    out: Target,
    /// The sums start from what is in `out`.
    onto: bool,
}

impl Work for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let rows = InPlace(&self);
        let panel = self.panels.start;
        match (self.rows.len(), self.panels.len()) {
            (1, 3) => _ = self.tile::<S, 1, 3>(s, 0, panel, rows),
            (1, 4) => _ = self.tile::<S, 1, 4>(s, 0, panel, rows),
            (2, 3) => _ = self.tile::<S, 2, 3>(s, 0, panel, rows),
            (2, 4) => _ = self.tile::<S, 2, 4>(s, 0, panel, rows),
            _ => self.across(s, self.panels.clone(), rows),
        }
        self.finish(s);
    }
}

/// Rows of A as a tile reads them: where element (row, 0) of the tile that starts at `start` lies, counted from the
/// block's first row, and the steps to the next row and to the next k.
trait Rows: Copy {
    fn at<const R: usize>(self, start: usize) -> (*const f32, usize, usize);

    /// Told of each k when the tile that starts at `start` has read it.
    #[inline(always)]
    fn seen<const R: usize>(self, _start: usize, _k: usize) {}
}

/// A as it lies.
#[derive(Clone, Copy)]
struct InPlace<'a>(&'a Block<'a>);

impl Rows for InPlace<'_> {
    #[inline(always)]
    fn at<const R: usize>(self, start: usize) -> (*const f32, usize, usize) {
        let Block { a, rows, .. } = self.0;
        (a.data.as_ptr().wrapping_add((rows.start + start) * a.row), a.row, a.step)
    }
}

/// A turned A as it lies, of which a copy is made along the way for [`Packed`]: beside the multiplications, which take ten
/// times as long, its loads and stores cost little. Made beforehand, the copy took 0.6 % of a step of 784-128-10 with AVX-512
/// and 1 % with AVX2 (Zen 4).
#[derive(Clone, Copy)]
struct Packing<'a> {
    from: InPlace<'a>,
    to: *mut f32,
}

impl Rows for Packing<'_> {
    #[inline(always)]
    fn at<const R: usize>(self, start: usize) -> (*const f32, usize, usize) {
        self.from.at::<R>(start)
    }

    #[inline(always)]
    fn seen<const R: usize>(self, start: usize, k: usize) {
        let (from, _, step) = self.from.at::<R>(start);
        let to = self.to.wrapping_add(start * self.from.0.depth + k * R);
        // SAFETY: from R rows of the block at k, which lie side by side, inside A as `whole` checked; to the tile's place in
        // the copy, which has room for the block's rows × depth.
        unsafe { to.cast::<[f32; R]>().write_unaligned(from.add(k * step).cast::<[f32; R]>().read_unaligned()) };
    }
}

/// The copy: tile after tile, each as depth × its height.
#[derive(Clone, Copy)]
struct Packed {
    from: *const f32,
    depth: usize,
}

impl Rows for Packed {
    #[inline(always)]
    fn at<const R: usize>(self, start: usize) -> (*const f32, usize, usize) {
        (self.from.wrapping_add(start * self.depth), 1, R)
    }
}

/// A block of a turned A: its rows are packed once and then read from L1.
struct Turned<'a>(Block<'a>);

impl Work for Turned<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let Turned(block) = self;
        // Not zeroed: that alone would cost a tenth of a small block's time.
        let mut packed = MaybeUninit::<[f32; TURNED_ROWS * TURNED_DEPTH]>::uninit();
        let to: *mut f32 = packed.as_mut_ptr().cast();
        let Range { start, end } = block.panels;
        let second = start + S::TILE_VECTORS.min(end - start);
        block.across(s, start..second, Packing { from: InPlace(&block), to });
        block.across(s, second..end, Packed { from: to, depth: block.depth });
        block.finish(s);
    }
}

impl<'a> Block<'a> {
    /// All of a product; nothing where there is none. Checks what the unsafe code below relies on.
    fn whole(p: Product<'a>) -> Option<Self> {
        let Product { rows, depth, cols, a, b, bias, activation, out } = p;
        if rows == 0 || cols == 0 {
            return None;
        }
        let panels = cols.div_ceil(LANES);
        assert!(depth > 0 && a.data.len() > (rows - 1) * a.row + (depth - 1) * a.step, "A is too short");
        assert!(b.len() >= panels_len(depth, cols), "B is too short");
        assert!(bias.is_none_or(|bias| bias.len() >= panels * LANES), "the bias is too short");
        let (out, whole_panels, onto) = match out {
            Out::Rows(out) => (out, false, false),
            Out::Panels(out) => (out, true, false),
            Out::OntoRows(out) => (out, false, true),
            Out::OntoPanels(out) => (out, true, true),
        };
        let len = if whole_panels { panels * rows * LANES } else { rows * cols };
        assert!(out.len() >= len, "the result is too short");
        let (row_stride, panel_stride, columns) =
            if whole_panels { (LANES, rows * LANES, panels * LANES) } else { (cols, LANES, cols) };
        let out = Target { to: Shared(out.as_mut_ptr()), row_stride, panel_stride, columns };
        Some(Block { rows: 0..rows, panels: 0..panels, depth, a, b, bias, activation, out, onto })
    }

    /// Whether A lies across memory and a packed copy of its rows pays.
    fn is_turned(&self) -> bool {
        let Block { rows, panels, a, depth, .. } = self;
        a.row == 1 && a.step != 1 && panels.len() > 1 && rows.len() > TURNED_ROWS && *depth <= TURNED_DEPTH
    }

    /// Panel after panel of these, as many side by side as a tile has.
    #[inline(always)]
    fn across<S: Simd>(&self, s: S, panels: Range<usize>, rows: impl Rows) {
        let mut panel = panels.start;
        while panel < panels.end {
            if S::TILE_VECTORS == 2 && panel + 1 < panels.end {
                self.down::<S, 2>(s, panel, rows);
                panel += 2;
            } else {
                self.down::<S, 1>(s, panel, rows);
                panel += 1;
            }
        }
    }

    /// Down the rows of `V` panels from `panel` on.
    #[inline(always)]
    fn down<S: Simd, const V: usize>(&self, s: S, panel: usize, rows: impl Rows) {
        let mut start = 0;
        while start < self.rows.len() {
            start += match tile_height::<S>(self.rows.len() - start) {
                12 => self.tile::<S, 12, V>(s, start, panel, rows),
                8 => self.tile::<S, 8, V>(s, start, panel, rows),
                6 => self.tile::<S, 6, V>(s, start, panel, rows),
                4 => self.tile::<S, 4, V>(s, start, panel, rows),
                3 => self.tile::<S, 3, V>(s, start, panel, rows),
                2 => self.tile::<S, 2, V>(s, start, panel, rows),
                _ => self.tile::<S, 1, V>(s, start, panel, rows),
            };
        }
    }

    /// `R` rows × `V` panels of sums, held in registers over the whole depth. Returns R.
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(
        &self,
        s: S,
        start: usize,
        panel: usize,
        rows: impl Rows,
    ) -> usize {
        let mut sums = [[s.splat(0.0); V]; R];
        let place = (self.rows.start + start, panel);
        if self.onto {
            // SAFETY: rows and panels of this block, of a result that the caller has filled.
            sums = unsafe { self.out.take_tile(s, place) };
        } else if let Some(bias) = self.bias {
            for v in 0..V {
                // SAFETY: `product` checked that the bias covers every panel.
                let start = unsafe { s.load_from(bias.as_ptr().add((panel + v) * LANES)) };
                for r in 0..R {
                    sums[r][v] = start;
                }
            }
        }
        // The lines that the sums will go to come meanwhile.
        for r in 0..R {
            for v in 0..V {
                s.prefetch(self.out.at(place.0 + r, panel + v));
            }
        }
        let (a, row, step) = rows.at::<R>(start);
        let b = self.b.as_ptr().wrapping_add(panel * self.depth * LANES);
        for k in 0..self.depth {
            let mut columns = [s.splat(0.0); V];
            for v in 0..V {
                // SAFETY: panel + v is one of the block's and k < depth: inside B, as `product` checked.
                columns[v] = unsafe { s.load_from(b.add((v * self.depth + k) * LANES)) };
            }
            for r in 0..R {
                // SAFETY: start + r is one of the block's rows and k < depth: inside A, as `product` checked, or inside
                // the packed copy, which holds the block's rows tile by tile.
                let value = s.splat(unsafe { *a.add(r * row + k * step) });
                for v in 0..V {
                    sums[r][v] = s.fma(value, columns[v], sums[r][v]);
                }
            }
            rows.seen::<R>(start, k);
        }
        if self.activation == Activation::Relu {
            for r in 0..R {
                for v in 0..V {
                    sums[r][v] = s.max(s.splat(0.0), sums[r][v]);
                }
            }
        }
        // SAFETY: rows and panels of this block, inside the result as `whole` checked; no other task has them.
        unsafe { self.out.put_tile(s, place, sums) };
        R
    }

    /// The activation, where the tiles leave it undone.
    #[inline(always)]
    fn finish<S: Simd>(&self, s: S) {
        // SAFETY: this block's own part of the result, which it has written; `whole` checked the length.
        unsafe { self.out.finish(s, self.activation, self.rows.clone(), self.panels.clone()) };
    }
}

#[cfg(test)]
mod tests;
