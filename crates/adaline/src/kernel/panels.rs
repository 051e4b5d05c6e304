//! Panels: how weights lie, and how other matrices are brought into that layout.
//!
//! A K × N matrix lies as `[N/16][K][16]`: sixteen columns side by side, the last panel filled up with zeroes. Weights live
//! like this all the time (inputs × units), so that the forward product reads them in order without packing, the gradient
//! is written in the same layout by the same kernel, and the optimizer never notices.

use super::simd::{LANES, Simd};
use super::{Machine, Shared, Work};

/// How long a K × N matrix is in panels.
pub(crate) fn panels_len(depth: usize, cols: usize) -> usize {
    cols.div_ceil(LANES).saturating_mul(depth).saturating_mul(LANES)
}

/// Where element (k, j) of a K × N matrix lies in panels.
#[inline]
pub(crate) fn panel_index(depth: usize, k: usize, j: usize) -> usize {
    (j / LANES * depth + k) * LANES + j % LANES
}

/// Below so many values moving stays on the calling thread: handing over costs about a microsecond, and a core moves about one in a nanosecond.
const SHARE_MOVES_FROM: usize = 10_000;

/// Packs a row-major matrix of `cols` columns into panels, and adds up its columns in row order.
///
/// `panels` holds rows × cols in panels, `sums` the columns filled up to a multiple of sixteen.
pub(crate) fn pack_rows(
    machine: &Machine,
    rows: usize,
    cols: usize,
    from: &[f32],
    panels: &mut [f32],
    sums: Option<&mut [f32]>,
) {
    pack(machine, rows, cols, from, panels, sums, false);
}

/// As [`pack_rows`] for the next rows of a matrix that is packed part by part: the sums go on from what they are.
pub(crate) fn pack_next_rows(
    machine: &Machine,
    rows: usize,
    cols: usize,
    from: &[f32],
    panels: &mut [f32],
    sums: &mut [f32],
) {
    pack(machine, rows, cols, from, panels, Some(sums), true);
}

fn pack(
    machine: &Machine,
    rows: usize,
    cols: usize,
    from: &[f32],
    panels: &mut [f32],
    sums: Option<&mut [f32]>,
    onto: bool,
) {
    let count = cols.div_ceil(LANES);
    assert!(from.len() >= rows * cols && panels.len() >= panels_len(rows, cols), "too short to pack");
    assert!(sums.as_ref().is_none_or(|sums| sums.len() >= count * LANES), "the sums are too short");
    let to = Shared(panels.as_mut_ptr());
    let sums = sums.map(|sums| Shared(sums.as_mut_ptr()));
    let set = machine.set;
    let task = |panel: usize| set.dispatch(PackPanel { rows, cols, from, panel, to, sums, onto });
    machine.share_if(rows * cols >= SHARE_MOVES_FROM, count, task);
}

struct PackPanel<'a> {
    rows: usize,
    cols: usize,
    from: &'a [f32],
    panel: usize,
    to: Shared,
    sums: Option<Shared>,
    onto: bool,
}

impl Work for PackPanel<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let first = self.panel * LANES;
        let width = LANES.min(self.cols - first);
        let mut sum = match self.sums {
            // SAFETY: the panel's sums are this task's own; `pack` checked their length.
            Some(sums) if self.onto => unsafe { s.load_from(sums.at(first)) },
            _ => s.splat(0.0),
        };
        for row in 0..self.rows {
            let from = &self.from[row * self.cols + first..][..width];
            let v = match from.try_into() {
                Ok(whole) => s.load(whole),
                Err(_) => {
                    let mut array = [0.0; LANES];
                    array[..width].copy_from_slice(from);
                    s.load(&array)
                }
            };
            sum = s.add(sum, v);
            // SAFETY: the panel is this task's own; `pack` checked its length.
            unsafe { s.store_to(self.to.at((self.panel * self.rows + row) * LANES), v) };
        }
        if let Some(sums) = self.sums {
            // SAFETY: as above.
            unsafe { s.store_to(sums.at(first), sum) };
        }
    }
}

/// Turns a K × N matrix in panels into its transpose (N × K) in panels.
pub(crate) fn transpose_panels(machine: &Machine, depth: usize, cols: usize, from: &[f32], to: &mut [f32]) {
    assert!(from.len() >= panels_len(depth, cols) && to.len() >= panels_len(cols, depth), "too short to transpose");
    let panels = depth.div_ceil(LANES);
    let to = Shared(to.as_mut_ptr());
    let task = |panel: usize| {
        let first = panel * LANES;
        let width = LANES.min(depth - first);
        // SAFETY: a panel of the result is this task's own; its length was checked above.
        let to = unsafe { std::slice::from_raw_parts_mut(to.at(panel * cols * LANES), cols * LANES) };
        if width < LANES {
            to.fill(0.0);
        }
        for (block, rows) in to.chunks_mut(LANES * LANES).enumerate() {
            let from = &from[(block * depth + first) * LANES..][..width * LANES];
            for (j, row) in rows.chunks_exact_mut(LANES).enumerate() {
                for k in 0..width {
                    row[k] = from[k * LANES + j];
                }
            }
        }
    };
    machine.share_if(depth * cols >= SHARE_MOVES_FROM, panels, task);
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::kernel::InstructionSet;
    use crate::rng::{Purpose, Rng};

    pub(in crate::kernel) fn random(n: usize, index: u64) -> Vec<f32> {
        let mut rng = Rng::stream(5, Purpose::Data, index);
        (0..n).map(|_| rng.range(-1.0, 1.0) as f32).collect()
    }

    pub(in crate::kernel) fn to_panels(depth: usize, cols: usize, plain: &[f32]) -> Vec<f32> {
        let mut panels = vec![0.0; panels_len(depth, cols)];
        for k in 0..depth {
            for j in 0..cols {
                panels[panel_index(depth, k, j)] = plain[k * cols + j];
            }
        }
        panels
    }

    #[test]
    fn packing_and_transposing_move_every_value_to_its_place() {
        for (rows, cols) in [(1, 1), (3, 16), (5, 17), (20, 40), (33, 31)] {
            let x = random(rows * cols, 9);
            for set in InstructionSet::available() {
                let machine = Machine::new(set, 2);
                let mut panels = vec![f32::NAN; panels_len(rows, cols)];
                let mut sums = vec![f32::NAN; cols.next_multiple_of(LANES)];
                pack_rows(&machine, rows, cols, &x, &mut panels, Some(&mut sums));
                assert_eq!(panels, to_panels(rows, cols, &x));
                for j in 0..cols {
                    let want = (0..rows).fold(0.0f32, |sum, i| sum + x[i * cols + j]);
                    assert_eq!(sums[j], want);
                }
                // Part by part: the same sums.
                let mut parts = vec![0.0; cols.next_multiple_of(LANES)];
                for part in x.chunks(2 * cols) {
                    pack_next_rows(&machine, part.len() / cols, cols, part, &mut panels, &mut parts);
                }
                assert_eq!(parts, sums);
                pack_rows(&machine, rows, cols, &x, &mut panels, None);
                let mut turned = vec![f32::NAN; panels_len(cols, rows)];
                transpose_panels(&machine, rows, cols, &panels, &mut turned);
                let plain: Vec<f32> = (0..cols * rows).map(|at| x[at % rows * cols + at / rows]).collect();
                assert_eq!(turned, to_panels(cols, rows, &plain));
            }
        }
    }
}
