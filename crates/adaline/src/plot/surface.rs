//! Functions of two inputs, known on a grid: the areas where they are above a level, and the lines where they are at it
//! (marching squares, Lorensen and Cline 1987, in two dimensions).

use super::scene::Pixel;
use super::style::{Colour, Dash};
use std::collections::BTreeMap;

/// A grid of places at which a function of two inputs is evaluated. The corners of the grid are the corners of the
/// ranges; the first place is the lowest x and the lowest y, and x runs fastest.
///
/// ```
/// use adaline::plot::Grid;
/// let grid = Grid::new((0.0, 1.0), (-1.0, 1.0), 3, 2);
/// let places: Vec<(f64, f64)> = grid.points().collect();
/// assert_eq!(places, [(0.0, -1.0), (0.5, -1.0), (1.0, -1.0), (0.0, 1.0), (0.5, 1.0), (1.0, 1.0)]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    pub(super) x: (f64, f64),
    pub(super) y: (f64, f64),
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Grid {
    /// A grid over these ranges; `columns` and `rows` are held between 2 and 1000.
    pub fn new(x: (f64, f64), y: (f64, f64), columns: usize, rows: usize) -> Self {
        let held = |(lo, hi): (f64, f64)| {
            let scale = super::scale::Scale::new(lo, hi, false);
            (scale.lo, scale.hi)
        };
        Grid { x: held(x), y: held(y), columns: columns.clamp(2, 1000), rows: rows.clamp(2, 1000) }
    }

    /// A grid that holds these points with a margin around them: where a model is to be drawn below its data.
    pub fn around(points: &[(f64, f64)], columns: usize, rows: usize) -> Self {
        let of = |pick: fn(&(f64, f64)) -> f64| {
            let scale = super::scale::Scale::around(points.iter().map(pick), false, 0.08);
            (scale.lo, scale.hi)
        };
        Grid::new(of(|p| p.0), of(|p| p.1), columns, rows)
    }

    /// How many places there are.
    pub fn len(&self) -> usize {
        self.columns * self.rows
    }

    /// Never: a grid has at least two columns and rows.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Every place, x fastest.
    pub fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        let grid = *self;
        (0..grid.len()).map(move |i| grid.at((i % grid.columns) as f64, (i / grid.columns) as f64))
    }

    /// The place at a column and a row, which may lie between two.
    fn at(&self, column: f64, row: f64) -> (f64, f64) {
        let along = |(lo, hi): (f64, f64), part: f64| if part == 1.0 { hi } else { lo + part * (hi - lo) };
        (along(self.x, column / (self.columns - 1) as f64), along(self.y, row / (self.rows - 1) as f64))
    }

    /// The index of the place nearest to a point inside the ranges.
    pub(super) fn nearest(&self, x: f64, y: f64) -> Option<usize> {
        let along = |(lo, hi): (f64, f64), v: f64, count: usize| {
            let part = (v - lo) / (hi - lo);
            (0.0..=1.0).contains(&part).then(|| (part * (count - 1) as f64).round() as usize)
        };
        Some(along(self.y, y, self.rows)? * self.columns + along(self.x, x, self.columns)?)
    }
}

/// Areas filled one over the other, and lines.
#[derive(Debug, Clone)]
pub(super) struct Surface {
    pub(super) grid: Grid,
    /// Each as long as the grid.
    pub(super) fields: Vec<Vec<f64>>,
    pub(super) layers: Vec<Layer>,
    pub(super) contours: Vec<Contour>,
    /// For a terminal: a letter for each place.
    pub(super) shades: Vec<char>,
}

/// The area where a field is at least `level`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer {
    pub(super) field: usize,
    pub(super) level: f64,
    pub(super) colour: Colour,
}

/// The line where a field is at `level`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contour {
    pub(super) field: usize,
    pub(super) level: f64,
    pub(super) colour: Colour,
    pub(super) width: f64,
    pub(super) dash: Dash,
}

impl Surface {
    pub(super) fn corners(&self) -> [(f64, f64); 2] {
        [(self.grid.x.0, self.grid.y.0), (self.grid.x.1, self.grid.y.1)]
    }

    /// The outlines of a layer, in the coordinates that `map` gives: what lies inside is to the left of them, holes run
    /// the other way round.
    pub(super) fn area(&self, layer: &Layer, map: impl Fn(f64, f64) -> Pixel) -> Vec<Vec<Pixel>> {
        let Some(values) = self.fields.get(layer.field).filter(|v| v.len() == self.grid.len()) else {
            return Vec::new();
        };
        let (columns, rows) = (self.grid.columns, self.grid.rows);
        // A side between two cells lies in the middle of the area: only the cuts and the sides without a neighbour are
        // part of an outline.
        let whole = |column: Option<usize>, row: Option<usize>| match (column, row) {
            (Some(c), Some(r)) if c + 1 < columns && r + 1 < rows => {
                Cell::new(values, columns, c, r).values.iter().all(|v| !v.is_nan())
            }
            _ => false,
        };
        let mut onward: BTreeMap<usize, Vec<(Pixel, usize)>> = BTreeMap::new();
        for row in 0..rows - 1 {
            for column in 0..columns - 1 {
                let cell = Cell::new(values, columns, column, row);
                let edge_of_grid = column == 0 || row == 0 || column + 2 == columns || row + 2 == rows;
                if !edge_of_grid && cell.values.iter().all(|v| *v < layer.level) {
                    continue;
                }
                let neighbour = [
                    whole(Some(column), row.checked_sub(1)),
                    whole(Some(column + 1), Some(row)),
                    whole(Some(column), Some(row + 1)),
                    whole(column.checked_sub(1), Some(row)),
                ];
                let steps = cell.walk(layer.level);
                for (i, step) in steps.iter().enumerate() {
                    let next = &steps[(i + 1) % steps.len()];
                    if step.leaves || !neighbour[step.side] {
                        let (x, y) = self.grid.at(step.at.0, step.at.1);
                        onward.entry(step.key).or_default().push((map(x, y), next.key));
                    }
                }
            }
        }
        let mut outlines = Vec::new();
        while let Some((start, _)) = onward.first_key_value() {
            let mut key = *start;
            let mut outline = Vec::new();
            // Ends where there is nowhere to go on: back at the start.
            while let Some(mut ways) = onward.remove(&key) {
                let Some((at, next)) = ways.pop() else { break };
                if !ways.is_empty() {
                    onward.insert(key, ways);
                }
                outline.push(at);
                key = next;
            }
            outlines.push(outline);
        }
        outlines.retain(|outline| outline.len() > 2);
        outlines
    }

    /// The pieces of a contour line, in the coordinates that `map` gives.
    pub(super) fn line(&self, contour: &Contour, map: impl Fn(f64, f64) -> Pixel) -> Vec<Vec<Pixel>> {
        let Some(values) = self.fields.get(contour.field).filter(|v| v.len() == self.grid.len()) else {
            return Vec::new();
        };
        let columns = self.grid.columns;
        // Every crossing lies on one edge of the grid and has at most two neighbours.
        let mut crossings: BTreeMap<usize, (Pixel, Vec<usize>)> = BTreeMap::new();
        for row in 0..self.grid.rows - 1 {
            for column in 0..columns - 1 {
                let steps = Cell::new(values, columns, column, row).walk(contour.level);
                for (i, step) in steps.iter().enumerate() {
                    let next = &steps[(i + 1) % steps.len()];
                    // Leaving the inside over one edge and coming back over the next is the line through this cell.
                    let (Some(from), Some(to)) = (step.edge, next.edge) else { continue };
                    if !step.leaves {
                        continue;
                    }
                    for (edge, other, at) in [(from, to, step.at), (to, from, next.at)] {
                        let (x, y) = self.grid.at(at.0, at.1);
                        crossings.entry(edge).or_insert_with(|| (map(x, y), Vec::new())).1.push(other);
                    }
                }
            }
        }
        join(crossings)
    }
}

/// Walks from crossing to crossing: first the lines that end somewhere, then the rings.
fn join(mut crossings: BTreeMap<usize, (Pixel, Vec<usize>)>) -> Vec<Vec<Pixel>> {
    let ends: Vec<usize> = crossings.iter().filter(|(_, (_, next))| next.len() == 1).map(|(edge, _)| *edge).collect();
    let rest: Vec<usize> = crossings.keys().copied().collect();
    let mut lines = Vec::new();
    for start in ends.into_iter().chain(rest) {
        let Some((first, mut next)) = crossings.remove(&start) else { continue };
        let mut line = vec![first];
        let mut last = start;
        while let Some(edge) = next.iter().copied().find(|edge| crossings.contains_key(edge)) {
            let Some((at, onward)) = crossings.remove(&edge) else { break };
            line.push(at);
            (last, next) = (edge, onward);
        }
        if line.len() > 2 && last != start && next.contains(&start) {
            line.push(first); // a ring
        }
        lines.push(line);
    }
    lines.retain(|line| line.len() > 1);
    lines
}

/// The four values around one cell, against the clock from the lowest corner.
struct Cell {
    values: [f64; 4],
    column: usize,
    row: usize,
    columns: usize,
}

/// A corner of the polygon inside a cell.
struct Step {
    at: (f64, f64),
    /// The edge of the grid on which a crossing lies.
    edge: Option<usize>,
    /// A crossing from inside to outside.
    leaves: bool,
    /// The side of the cell along which the polygon goes on, where it does not leave: 0 at the bottom, 1 at the right.
    side: usize,
    /// The same place has the same number in every cell.
    key: usize,
}

impl Cell {
    fn new(values: &[f64], columns: usize, column: usize, row: usize) -> Self {
        let at = |c: usize, r: usize| values[r * columns + c];
        let values = [at(column, row), at(column + 1, row), at(column + 1, row + 1), at(column, row + 1)];
        Cell { values, column, row, columns }
    }

    /// The polygon where the value is at least `level`; empty where a corner has no value.
    fn walk(&self, level: f64) -> Vec<Step> {
        if self.values.iter().any(|v| v.is_nan()) {
            return Vec::new();
        }
        let (c, r) = (self.column, self.row);
        let corner = |i: usize| [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)][i % 4];
        // Horizontal edges have even numbers, vertical ones odd.
        let edges = [
            2 * (r * self.columns + c),
            2 * (r * self.columns + c + 1) + 1,
            2 * ((r + 1) * self.columns + c),
            2 * (r * self.columns + c) + 1,
        ];
        let nodes = [
            r * self.columns + c,
            r * self.columns + c + 1,
            (r + 1) * self.columns + c + 1,
            (r + 1) * self.columns + c,
        ];
        // Places on edges have the numbers after those of the edges' first nodes.
        let key_of_edge = |edge: usize| 3 * (edge / 2) + 1 + edge % 2;
        let mut steps = Vec::with_capacity(6);
        for i in 0..4 {
            let (here, next) = (self.values[i], self.values[(i + 1) % 4]);
            let (a, b) = (corner(i), corner(i + 1));
            let place = |part: f64| (c as f64 + a.0 + part * (b.0 - a.0), r as f64 + a.1 + part * (b.1 - a.1));
            if here >= level {
                steps.push(Step { at: place(0.0), edge: None, leaves: false, side: i, key: 3 * nodes[i] });
            }
            if (here >= level) != (next >= level) {
                // Computed from the lower corner of the edge, so that both cells of an edge find the same place.
                let (from, to, turned) = if i < 2 { (here, next, false) } else { (next, here, true) };
                let part = ((level - from) / (to - from)).clamp(0.0, 1.0);
                let part = if part.is_finite() { part } else { 0.5 };
                let part = if turned { 1.0 - part } else { part };
                steps.push(Step {
                    at: place(part),
                    edge: Some(edges[i]),
                    leaves: here >= level,
                    side: i,
                    key: key_of_edge(edges[i]),
                });
            }
        }
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surface(grid: Grid, f: impl Fn(f64, f64) -> f64) -> Surface {
        let values = grid.points().map(|(x, y)| f(x, y)).collect();
        Surface { grid, fields: vec![values], layers: Vec::new(), contours: Vec::new(), shades: Vec::new() }
    }

    fn size(polygons: &[Vec<Pixel>]) -> f64 {
        let one = |polygon: &Vec<Pixel>| -> f64 {
            (0..polygon.len())
                .map(|i| {
                    let (p, q) = (polygon[i], polygon[(i + 1) % polygon.len()]);
                    (p.0 * q.1 - q.0 * p.1) / 2.0
                })
                .sum()
        };
        polygons.iter().map(one).sum()
    }

    const LAYER: Layer = Layer { field: 0, level: 0.0, colour: Colour(0, 0, 0) };
    const CONTOUR: Contour = Contour { field: 0, level: 0.0, colour: Colour(0, 0, 0), width: 1.0, dash: Dash::Solid };

    #[test]
    fn the_area_of_a_disc_is_found() {
        let surface = surface(Grid::new((-2.0, 2.0), (-2.0, 2.0), 201, 201), |x, y| 1.0 - x * x - y * y);
        let area = size(&surface.area(&LAYER, |x, y| (x, y)));
        assert!((area - std::f64::consts::PI).abs() < 1e-3, "{area}");
        let lines = surface.line(&CONTOUR, |x, y| (x, y));
        assert_eq!(lines.len(), 1, "one ring");
        assert_eq!(lines[0].first(), lines[0].last());
        assert!(lines[0].iter().all(|p| (p.0.hypot(p.1) - 1.0).abs() < 1e-3));
    }

    #[test]
    fn a_straight_boundary_is_one_straight_line() {
        let surface = surface(Grid::new((0.0, 1.0), (0.0, 1.0), 40, 30), |x, y| x + y - 0.77);
        let lines = surface.line(&CONTOUR, |x, y| (x, y));
        assert_eq!(lines.len(), 1);
        assert!(lines[0].iter().all(|p| (p.0 + p.1 - 0.77).abs() < 1e-12));
        let area = size(&surface.area(&LAYER, |x, y| (x, y)));
        assert!((area - (1.0 - 0.77 * 0.77 / 2.0)).abs() < 1e-12, "{area}");
    }

    #[test]
    fn a_saddle_and_missing_values_do_no_harm() {
        let surface =
            surface(Grid::new((-1.0, 1.0), (-1.0, 1.0), 10, 10), |x, y| if x > 0.6 { f64::NAN } else { x * y });
        assert!(surface.area(&LAYER, |x, y| (x, y)).iter().flatten().all(|p| p.0 <= 0.6));
        assert!(!surface.line(&CONTOUR, |x, y| (x, y)).is_empty());
    }
}
