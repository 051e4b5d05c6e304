//! A grid of letters with eight braille dots in each: what a terminal picture is drawn on.

use super::chart::{Item, Line, Panel};
use super::items::Frame;
use super::scene::{Area, Pixel};
use super::style::Dash;

/// Dots are the pixels: two to a letter across, four down.
pub(super) struct Canvas {
    columns: usize,
    rows: usize,
    shades: Vec<char>,
    dots: Vec<u8>,
    marks: Vec<Option<char>>,
}

impl Canvas {
    pub(super) fn new(columns: usize, rows: usize) -> Self {
        let letters = columns * rows;
        Canvas { columns, rows, shades: vec![' '; letters], dots: vec![0; letters], marks: vec![None; letters] }
    }

    /// The middle of the first dot to the middle of the last.
    pub(super) fn area(&self) -> Area {
        Area { left: 0.0, top: 0.0, right: (self.columns * 2 - 1) as f64, bottom: (self.rows * 4 - 1) as f64 }
    }

    /// The column of letters in which a place lies.
    pub(super) fn column_of(&self, x: f64) -> usize {
        (x.max(0.0).round() as usize / 2).min(self.columns - 1)
    }

    /// The row of letters in which a place lies.
    pub(super) fn row_of(&self, y: f64) -> usize {
        (y.max(0.0).round() as usize / 4).min(self.rows - 1)
    }

    /// One row as letters: marks stand before dots, dots before shades.
    pub(super) fn row(&self, row: usize) -> String {
        let letter = |i: usize| match (self.marks[i], self.dots[i]) {
            (Some(mark), _) => mark,
            (None, 0) => self.shades[i],
            (None, dots) => char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' '),
        };
        (row * self.columns..(row + 1) * self.columns).map(letter).collect()
    }

    /// Everything on a panel; `letters` has one for each item that wants one.
    pub(super) fn draw(&mut self, panel: &Panel, frame: &Frame, letters: &[Option<char>]) {
        let of = letters.iter().flatten().count();
        let mut index = 0;
        for (i, item) in panel.items.iter().enumerate() {
            match item {
                Item::Line(line) => {
                    let letter = letters.get(i).copied().flatten();
                    self.draw_line(line, frame, letter.map(|letter| (letter, index, of)));
                    index += usize::from(letter.is_some());
                }
                Item::Points(points) => {
                    for point in &points.points {
                        self.mark(frame.at(*point), points.mark.letter(points.hollow));
                    }
                }
                Item::MarkX { x, .. } => {
                    let x = frame.x_at(*x);
                    if x >= frame.plot.left && x <= frame.plot.right {
                        self.stroke(&[(x, frame.plot.top), (x, frame.plot.bottom)], Dash::Dashed);
                    }
                }
                Item::Zone { corners, shade, .. } => {
                    let corners: Vec<Pixel> = corners.iter().map(|p| frame.at(*p)).collect();
                    self.fill(|place| inside(&corners, place).then_some(*shade));
                }
                Item::Surface(surface) => {
                    let along = |part: f64, from: f64, to: f64| (part - from) / (to - from);
                    self.fill(|(px, py)| {
                        let x = frame.x.value(along(px, frame.plot.left, frame.plot.right).clamp(0.0, 1.0));
                        let y = frame.y.value(along(py, frame.plot.bottom, frame.plot.top).clamp(0.0, 1.0));
                        surface.grid.nearest(x, y).and_then(|i| surface.shades.get(i).copied())
                    });
                    for contour in &surface.contours {
                        for line in surface.line(contour, |x, y| frame.at((x, y))) {
                            for piece in frame.plot.clip_lines(line) {
                                self.stroke(&piece, Dash::Solid);
                            }
                        }
                    }
                }
                Item::Image { first, raster } => {
                    let along = |part: f64, from: f64, to: f64| ((part - from) / (to - from)).clamp(0.0, 1.0);
                    self.fill(|(px, py)| {
                        let x = frame.x.value(along(px, frame.plot.left, frame.plot.right));
                        let y = along(py, frame.plot.top, frame.plot.bottom);
                        let y = frame.y.value(if frame.y_reversed { y } else { 1.0 - y });
                        let (column, row) = ((x - first.0).round().max(0.0), (y - first.1).round().max(0.0));
                        let inside = column < raster.columns as f64 && row < raster.rows as f64;
                        inside.then(|| raster.letter(column as usize, row as usize))
                    });
                }
                Item::Cells(_) | Item::Graph(_) | Item::Drawing(_) => {}
            }
        }
    }

    fn draw_line(&mut self, line: &Line, frame: &Frame, letter: Option<(char, usize, usize)>) {
        let points: Vec<Pixel> = line.points.iter().map(|p| frame.at(*p)).collect();
        let pieces = frame.plot.clip_lines(points.iter().copied());
        for piece in &pieces {
            self.stroke(piece, line.dash);
        }
        if pieces.is_empty() {
            for point in points.iter().filter(|p| frame.plot.holds(**p)) {
                self.dot(*point);
            }
        }
        let Some((letter, index, of)) = letter else { return };
        // About four letters along the line, each line's at other places.
        const TIMES: usize = 4;
        for step in 0..TIMES {
            let part = (step as f64 + (index as f64 + 0.5) / of.max(1) as f64) / TIMES as f64;
            let x = frame.plot.left + part * frame.plot.width();
            let crossing = pieces.iter().flat_map(|piece| piece.windows(2)).find(|p| (p[0].0 <= x) != (p[1].0 <= x));
            if let Some([a, b]) = crossing {
                self.mark((x, a.1 + (x - a.0) / (b.0 - a.0) * (b.1 - a.1)), letter);
            }
        }
        let first = points.iter().find(|p| frame.plot.holds(**p));
        if let Some(point) = first.filter(|_| pieces.is_empty()) {
            self.mark(*point, letter);
        }
    }

    fn stroke(&mut self, piece: &[Pixel], dash: Dash) {
        let pattern: &[usize] = match dash {
            Dash::Solid => &[1],
            Dash::Dashed => &[4, 3],
            Dash::Dotted => &[1, 2],
            Dash::DashDot => &[5, 2, 1, 2],
        };
        let turn: usize = pattern.iter().sum();
        let mut walked = 0;
        for pair in piece.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let steps = (b.0 - a.0).abs().max((b.1 - a.1).abs()).ceil().max(1.0) as usize;
            for step in 0..=steps {
                let part = step as f64 / steps as f64;
                let mut place = walked % turn;
                let on = pattern.iter().position(|length| {
                    let here = place < *length;
                    place = place.saturating_sub(*length);
                    here
                });
                if dash == Dash::Solid || on.is_some_and(|i| i % 2 == 0) {
                    self.dot((a.0 + part * (b.0 - a.0), a.1 + part * (b.1 - a.1)));
                }
                walked += usize::from(step < steps);
            }
        }
    }

    fn dot(&mut self, (x, y): Pixel) {
        // Braille numbers its dots down the left column, down the right one, and then the fourth row.
        const BITS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
        let (x, y) = (x.round(), y.round());
        if x < 0.0 || y < 0.0 || x >= (self.columns * 2) as f64 || y >= (self.rows * 4) as f64 {
            return;
        }
        let (x, y) = (x as usize, y as usize);
        self.dots[y / 4 * self.columns + x / 2] |= BITS[y % 4][x % 2];
    }

    fn mark(&mut self, place: Pixel, letter: char) {
        if self.area().holds(place) {
            let i = self.row_of(place.1) * self.columns + self.column_of(place.0);
            self.marks[i] = Some(letter);
        }
    }

    /// Shades every letter whose middle has one.
    fn fill(&mut self, shade: impl Fn(Pixel) -> Option<char>) {
        for i in 0..self.shades.len() {
            let middle = ((i % self.columns * 2) as f64 + 0.5, (i / self.columns * 4) as f64 + 1.5);
            if let Some(shade) = shade(middle) {
                self.shades[i] = shade;
            }
        }
    }
}

/// Whether a place lies in a polygon: an odd number of its sides is to the right.
fn inside(corners: &[Pixel], (x, y): Pixel) -> bool {
    let side = |i: usize| {
        let (a, b) = (corners[i], corners[(i + 1) % corners.len()]);
        (a.1 > y) != (b.1 > y) && x < a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0)
    };
    (0..corners.len()).filter(|i| side(*i)).count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_braille() {
        let mut canvas = Canvas::new(2, 1);
        canvas.stroke(&[(0.0, 0.0), (3.0, 3.0)], Dash::Solid);
        assert_eq!(canvas.row(0), "⠑⢄");
        canvas.mark((3.0, 3.0), 'x');
        assert_eq!(canvas.row(0), "⠑x");
        canvas.dot((-5.0, f64::NAN));
        canvas.dot((1e9, 1e9));
    }

    #[test]
    fn a_polygon_is_filled() {
        let mut canvas = Canvas::new(4, 2);
        canvas.fill(|p| inside(&[(0.0, 0.0), (4.0, 0.0), (4.0, 8.0), (0.0, 8.0)], p).then_some('░'));
        assert_eq!((canvas.row(0).as_str(), canvas.row(1).as_str()), ("░░  ", "░░  "));
    }
}
