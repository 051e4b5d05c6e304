//! Small images: equal cells in rows, each with the colour of its value.

use super::chart::ColourBar;
use super::scene::{Area, Pixel, Shape, Stroke};
use super::style::{Colour, ColourMap, INK, WHITE};

/// From low to high, for a terminal.
pub(super) const LETTERS: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// So many shades are told apart: more would make larger files and no better pictures.
const STEPS: f64 = 32.0;

/// Cells of at least this size carry a minus where their value is negative.
pub(super) const MINUS_ROOM: f64 = 7.5;

/// How values become colours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Shades {
    /// Black to white, as a photograph.
    Grey { lo: f64, hi: f64 },
    /// Dark to light.
    Rising { lo: f64, hi: f64 },
    /// Around zero, which is white.
    Signed { most: f64 },
}

/// The lowest and the highest of the values that are numbers.
fn range(values: &[f64]) -> Option<(f64, f64)> {
    let finite = values.iter().filter(|v| v.is_finite()).map(|v| v.clamp(-1e300, 1e300));
    finite.fold(None, |range, v| {
        let (lo, hi) = range.unwrap_or((v, v));
        Some((f64::min(lo, v), f64::max(hi, v)))
    })
}

impl Shades {
    pub(super) fn grey(values: &[f64]) -> Self {
        let (lo, hi) = range(values).unwrap_or((0.0, 1.0));
        Shades::Grey { lo, hi }
    }

    /// From the lowest value to the highest; from zero where none is below it.
    pub(super) fn rising(values: &[f64]) -> Self {
        let (lo, hi) = range(values).unwrap_or((0.0, 1.0));
        Shades::Rising { lo: lo.min(0.0), hi }
    }

    pub(super) fn signed(values: &[f64]) -> Self {
        let (lo, hi) = range(values).unwrap_or((-1.0, 1.0));
        let most = lo.abs().max(hi.abs());
        Shades::Signed { most: if most > 0.0 { most } else { 1.0 } }
    }

    pub(super) fn ends(self) -> (f64, f64) {
        match self {
            Shades::Grey { lo, hi } | Shades::Rising { lo, hi } => (lo, hi),
            Shades::Signed { most } => (-most, most),
        }
    }

    /// Where a value stands between the ends, 0 to 1; not a number where it is none.
    fn part(self, value: f64) -> f64 {
        let (lo, hi) = self.ends();
        if !value.is_finite() {
            return f64::NAN;
        }
        // Halves, so that no difference overflows.
        let span = hi / 2.0 - lo / 2.0;
        if span <= 0.0 { 0.0 } else { ((value / 2.0 - lo / 2.0) / span).clamp(0.0, 1.0) }
    }

    /// What is no number is white.
    fn colour(self, part: f64) -> Colour {
        let part = (part * STEPS).round() / STEPS;
        match self {
            _ if part.is_nan() => WHITE,
            Shades::Grey { .. } => Colour(0, 0, 0).mix(WHITE, part),
            Shades::Rising { .. } => ColourMap::Viridis.at(part),
            Shades::Signed { .. } => ColourMap::Diverging.at(part),
        }
    }

    pub(super) fn bar(self, label: &str) -> ColourBar {
        let (lo, hi) = self.ends();
        let steps = STEPS as usize;
        ColourBar {
            label: label.to_owned(),
            lo,
            hi,
            bands: (0..=steps).map(|i| self.colour(i as f64 / STEPS)).collect(),
            shades: LETTERS.to_vec(),
        }
    }
}

/// Cells in rows from the top left.
#[derive(Debug, Clone)]
pub(super) struct Raster {
    pub(super) columns: usize,
    pub(super) rows: usize,
    parts: Vec<f64>,
    colours: Vec<Colour>,
    /// Which values are clearly negative; none where the shades tell it without.
    negative: Vec<bool>,
}

impl Raster {
    /// Values row by row; what is missing in the last row is no number.
    pub(super) fn new(values: &[f64], columns: usize, shades: Shades) -> Self {
        let columns = columns.max(1);
        let rows = values.len().div_ceil(columns);
        let value = |i: usize| values.get(i).copied().unwrap_or(f64::NAN);
        let parts: Vec<f64> = (0..rows * columns).map(|i| shades.part(value(i))).collect();
        let colours = parts.iter().map(|part| shades.colour(*part)).collect();
        let negative = match shades {
            Shades::Signed { most } => (0..rows * columns).map(|i| value(i) < -0.04 * most).collect(),
            _ => Vec::new(),
        };
        Raster { columns, rows, parts, colours, negative }
    }

    /// Whether cells with a negative value may carry a minus; tells whether one does.
    pub(super) fn keep_minus(&mut self, keep: bool) -> bool {
        if !keep {
            self.negative.clear();
        }
        self.negative.contains(&true)
    }

    /// A colour image out of its red, green and blue planes.
    pub(super) fn photo(planes: [&[f64]; 3], columns: usize) -> Self {
        let all: Vec<f64> = planes.concat();
        let shades = Shades::grey(&all);
        let mut raster = Raster::new(planes[1], columns, shades);
        for (i, colour) in raster.colours.iter_mut().enumerate() {
            let light = planes.map(|plane| {
                let part = shades.part(plane.get(i).copied().unwrap_or(f64::NAN));
                ((part * STEPS).round() / STEPS * 255.0) as u8
            });
            *colour = Colour(light[0], light[1], light[2]);
        }
        raster
    }

    /// The cells as shapes over an area.
    pub(super) fn shapes(&self, area: Area) -> Vec<Shape> {
        if self.rows == 0 {
            return Vec::new();
        }
        let mut shapes = vec![Shape::Cells {
            corner: (area.left, area.top),
            size: (area.width(), area.height()),
            columns: self.columns,
            colours: self.colours.clone(),
        }];
        let (width, height) = (area.width() / self.columns as f64, area.height() / self.rows as f64);
        if width.min(height) < MINUS_ROOM {
            return shapes;
        }
        for ink in [INK, WHITE] {
            let mut pieces: Vec<Vec<Pixel>> = Vec::new();
            for (i, negative) in self.negative.iter().enumerate() {
                if *negative && self.colours[i].ink() == ink {
                    let x = area.left + ((i % self.columns) as f64 + 0.5) * width;
                    let y = area.top + ((i / self.columns) as f64 + 0.5) * height;
                    let half = 0.22 * width.min(height);
                    pieces.push(vec![(x - half, y), (x + half, y)]);
                }
            }
            if !pieces.is_empty() {
                let stroke = Some(Stroke::solid(ink, (0.09 * width.min(height)).clamp(0.8, 1.6)));
                shapes.push(Shape::Path { pieces, closed: false, fill: None, stroke, crisp: false });
            }
        }
        shapes
    }

    /// The letter of a cell.
    pub(super) fn letter(&self, column: usize, row: usize) -> char {
        letter(self.parts.get(row * self.columns + column).copied().unwrap_or(f64::NAN))
    }

    /// The image as letters: two letters a cell where it is small, else two rows a line, since a letter is about twice
    /// as high as it is wide.
    pub(super) fn letters(&self) -> Vec<String> {
        if self.columns <= 9 {
            let line = |row: usize| (0..self.columns).flat_map(|column| [self.letter(column, row); 2]).collect();
            return (0..self.rows).map(line).collect();
        }
        let part = |column: usize, row: usize| self.parts.get(row * self.columns + column).copied();
        let both = |column: usize, row: usize| {
            let upper = part(column, row).unwrap_or(f64::NAN);
            letter(upper / 2.0 + part(column, row + 1).unwrap_or(upper) / 2.0)
        };
        (0..self.rows).step_by(2).map(|row| (0..self.columns).map(|column| both(column, row)).collect()).collect()
    }
}

fn letter(part: f64) -> char {
    if part.is_nan() {
        return '?';
    }
    LETTERS[((part * LETTERS.len() as f64) as usize).min(LETTERS.len() - 1)]
}

/// An image whose sides are at most `most`: where it is larger, each cell is the mean over a square of pixels. Gives the
/// values and their columns.
pub(super) fn shrink(values: &[f64], columns: usize, most: usize) -> (Vec<f64>, usize) {
    let columns = columns.max(1);
    let rows = values.len() / columns;
    let factor = rows.max(columns).div_ceil(most.max(1)).max(1);
    if factor == 1 {
        return (values.to_vec(), columns);
    }
    let (small_rows, small_columns) = (rows.div_ceil(factor), columns.div_ceil(factor));
    let mean = |i: usize| {
        let (top, left) = (i / small_columns * factor, i % small_columns * factor);
        let (bottom, right) = ((top + factor).min(rows), (left + factor).min(columns));
        let pixels = (top..bottom).flat_map(|row| values[row * columns + left..row * columns + right].iter());
        pixels.sum::<f64>() / ((bottom - top) * (right - left)) as f64
    };
    ((0..small_rows * small_columns).map(mean).collect(), small_columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_in_the_middle_of_a_signed_scale() {
        let shades = Shades::signed(&[-0.25, 1.0, f64::NAN]);
        assert_eq!(shades, Shades::Signed { most: 1.0 });
        assert_eq!((shades.part(0.0), shades.part(-1.0), shades.part(1.0)), (0.5, 0.0, 1.0));
        assert_eq!(shades.colour(0.5), ColourMap::Diverging.at(0.5));
        let raster = Raster::new(&[-0.25, 0.0, 1.0], 3, shades);
        assert_eq!(raster.negative, [true, false, false]);
        assert_eq!(raster.letters(), ["░░▒▒██"]);
    }

    #[test]
    fn a_rising_scale_starts_at_zero_unless_something_is_below() {
        assert_eq!(Shades::rising(&[0.5, 2.0]).ends(), (0.0, 2.0));
        assert_eq!(Shades::rising(&[-0.5, 2.0]).ends(), (-0.5, 2.0));
        assert_eq!(Shades::rising(&[f64::MIN, f64::MAX]).part(f64::MAX), 1.0);
        assert_eq!(Shades::rising(&[0.0, 0.0]).part(0.0), 0.0);
    }

    #[test]
    fn a_large_image_is_averaged() {
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        let (small, columns) = shrink(&values, 5, 3);
        assert_eq!(columns, 3);
        assert_eq!(small, [3.0, 5.0, 6.5, 13.0, 15.0, 16.5]);
        assert_eq!(shrink(&values, 5, 5), (values, 5));
    }

    #[test]
    fn a_minus_stands_in_negative_cells_that_are_large_enough() {
        let raster = Raster::new(&[-1.0, 1.0], 2, Shades::Signed { most: 1.0 });
        let area = |side: f64| Area { left: 0.0, top: 0.0, right: 2.0 * side, bottom: side };
        assert_eq!(raster.shapes(area(20.0)).len(), 2);
        assert_eq!(raster.shapes(area(4.0)).len(), 1);
    }
}
