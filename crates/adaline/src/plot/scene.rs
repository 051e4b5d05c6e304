//! What a picture is made of, in pixels: the small set of shapes that both SVG and PNG draw.

use super::style::{Colour, Dash, Mark};

/// A point in pixels; y grows downwards.
pub(super) type Pixel = (f64, f64);

/// A picture: shapes in the order in which they are drawn.
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The picture's name, for those who hear it instead of seeing it.
    pub(super) title: String,
    /// What it shows, in a sentence or two.
    pub(super) description: String,
    pub(super) shapes: Vec<Shape>,
}

/// One thing that is drawn.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// Lines and polygons, one path.
    Path { pieces: Vec<Vec<Pixel>>, closed: bool, fill: Option<Colour>, stroke: Option<Stroke>, crisp: bool },
    /// A circle.
    Circle { centre: Pixel, radius: f64, fill: Option<Colour>, stroke: Option<Stroke> },
    /// A rectangle with rounded corners.
    Rect { corner: Pixel, size: Pixel, radius: f64, fill: Option<Colour>, opacity: f64, stroke: Option<Stroke> },
    /// Equal cells in rows from the top left.
    Cells { corner: Pixel, size: Pixel, columns: usize, colours: Vec<Colour> },
    /// A text.
    Text(Text),
    /// What follows belongs together and has a name; viewers show it where the pointer rests.
    Begin(String),
    /// The end of what [`Shape::Begin`] began.
    End,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub(super) colour: Colour,
    pub(super) width: f64,
    pub(super) dash: Dash,
}

impl Stroke {
    pub(super) fn solid(colour: Colour, width: f64) -> Self {
        Stroke { colour, width, dash: Dash::Solid }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Anchor {
    #[default]
    Start,
    Middle,
    End,
}

#[derive(Debug, Clone)]
pub(super) struct Text {
    pub(super) text: String,
    /// The anchor, at half the height of a capital.
    pub(super) at: Pixel,
    pub(super) size: f64,
    pub(super) anchor: Anchor,
    pub(super) colour: Colour,
    pub(super) bold: bool,
    /// Degrees, clockwise.
    pub(super) turn: f64,
}

impl Text {
    pub(super) fn new(text: impl Into<String>, at: Pixel, size: f64, colour: Colour) -> Self {
        Text { text: text.into(), at, size, anchor: Anchor::Start, colour, bold: false, turn: 0.0 }
    }

    pub(super) fn anchor(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    pub(super) fn bold(mut self) -> Self {
        self.bold = true;
        self
    }

    pub(super) fn turn(mut self, degrees: f64) -> Self {
        self.turn = degrees;
        self
    }
}

impl Shape {
    /// The same shape, larger by a factor and then moved.
    pub(super) fn moved(&self, factor: f64, (dx, dy): Pixel) -> Shape {
        let place = |(x, y): Pixel| (x * factor + dx, y * factor + dy);
        let larger = |(x, y): Pixel| (x * factor, y * factor);
        let stroked = |stroke: &Option<Stroke>| stroke.map(|s| Stroke { width: s.width * factor, ..s });
        match self {
            Shape::Path { pieces, closed, fill, stroke, crisp } => Shape::Path {
                pieces: pieces.iter().map(|piece| piece.iter().map(|p| place(*p)).collect()).collect(),
                closed: *closed,
                fill: *fill,
                stroke: stroked(stroke),
                crisp: *crisp,
            },
            Shape::Circle { centre, radius, fill, stroke } => {
                Shape::Circle { centre: place(*centre), radius: radius * factor, fill: *fill, stroke: stroked(stroke) }
            }
            Shape::Rect { corner, size, radius, fill, opacity, stroke } => Shape::Rect {
                corner: place(*corner),
                size: larger(*size),
                radius: radius * factor,
                fill: *fill,
                opacity: *opacity,
                stroke: stroked(stroke),
            },
            Shape::Cells { corner, size, columns, colours } => Shape::Cells {
                corner: place(*corner),
                size: larger(*size),
                columns: *columns,
                colours: colours.clone(),
            },
            Shape::Text(text) => Shape::Text(Text { at: place(text.at), size: text.size * factor, ..text.clone() }),
            Shape::Begin(name) => Shape::Begin(name.clone()),
            Shape::End => Shape::End,
        }
    }
}

impl Scene {
    /// A sheet to draw shapes on that go elsewhere.
    pub(super) fn empty() -> Self {
        Scene { width: 0.0, height: 0.0, title: String::new(), description: String::new(), shapes: Vec::new() }
    }

    pub(super) fn text(&mut self, text: Text) {
        if !text.text.is_empty() {
            self.shapes.push(Shape::Text(text));
        }
    }

    pub(super) fn line(&mut self, from: Pixel, to: Pixel, stroke: Stroke) {
        self.lines(vec![vec![from, to]], stroke);
    }

    pub(super) fn lines(&mut self, pieces: Vec<Vec<Pixel>>, stroke: Stroke) {
        if !pieces.is_empty() {
            self.shapes.push(Shape::Path { pieces, closed: false, fill: None, stroke: Some(stroke), crisp: false });
        }
    }

    pub(super) fn polygons(&mut self, pieces: Vec<Vec<Pixel>>, fill: Colour) {
        if !pieces.is_empty() {
            self.shapes.push(Shape::Path { pieces, closed: true, fill: Some(fill), stroke: None, crisp: false });
        }
    }

    pub(super) fn rect(&mut self, area: Area, fill: Option<Colour>, stroke: Option<Stroke>) {
        let (corner, size) = ((area.left, area.top), (area.width(), area.height()));
        self.shapes.push(Shape::Rect { corner, size, radius: 0.0, fill, opacity: 1.0, stroke });
    }

    /// A mark as large as a circle of this radius. A hollow one is filled white and drawn in outline.
    pub(super) fn mark(
        &mut self,
        mark: Mark,
        at: Pixel,
        radius: f64,
        colour: Colour,
        hollow: bool,
        edge: Option<Stroke>,
    ) {
        let (fill, stroke) = if hollow {
            (super::style::WHITE, Some(Stroke::solid(colour, (radius * 0.38).max(1.0))))
        } else {
            (colour, edge)
        };
        if mark == Mark::Circle {
            self.shapes.push(Shape::Circle { centre: at, radius, fill: Some(fill), stroke });
            return;
        }
        let outline = mark.corners().into_iter().map(|(x, y)| (at.0 + radius * x, at.1 + radius * y)).collect();
        self.shapes.push(Shape::Path { pieces: vec![outline], closed: true, fill: Some(fill), stroke, crisp: false });
    }
}

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Area {
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub(super) fn holds(&self, (x, y): Pixel) -> bool {
        const SLACK: f64 = 1e-6;
        x >= self.left - SLACK && x <= self.right + SLACK && y >= self.top - SLACK && y <= self.bottom + SLACK
    }

    /// The part of a line from `a` to `b` that lies inside (Liang and Barsky 1984).
    pub(super) fn clip_line(&self, a: Pixel, b: Pixel) -> Option<(Pixel, Pixel)> {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let (mut from, mut to) = (0.0f64, 1.0f64);
        for (step, room) in
            [(-dx, a.0 - self.left), (dx, self.right - a.0), (-dy, a.1 - self.top), (dy, self.bottom - a.1)]
        {
            if step == 0.0 {
                if room < 0.0 {
                    return None;
                }
            } else if step < 0.0 {
                from = from.max(room / step);
            } else {
                to = to.min(room / step);
            }
        }
        let at = |t: f64| (a.0 + t * dx, a.1 + t * dy);
        let inside = from <= to && [at(from), at(to)].iter().all(|p| p.0.is_finite() && p.1.is_finite());
        inside.then(|| (at(from), at(to)))
    }

    /// The pieces of a line through many points that lie inside. Points that are no numbers break it.
    pub(super) fn clip_lines(&self, points: impl IntoIterator<Item = Pixel>) -> Vec<Vec<Pixel>> {
        let mut pieces: Vec<Vec<Pixel>> = Vec::new();
        let mut before: Option<Pixel> = None;
        // Whether the last piece ends exactly at `before`, so that the next line goes on with it.
        let mut open = false;
        for point in points {
            if !(point.0.is_finite() && point.1.is_finite()) {
                before = None;
                open = false;
                continue;
            }
            if let Some(last) = before {
                match self.clip_line(last, point) {
                    Some((from, to)) => {
                        match pieces.last_mut() {
                            Some(piece) if open => piece.push(to),
                            _ => pieces.push(vec![from, to]),
                        }
                        open = to == point || (to.0 - point.0).abs() + (to.1 - point.1).abs() < 1e-9;
                    }
                    None => open = false,
                }
            }
            before = Some(point);
        }
        pieces
    }

    /// The part of a polygon that lies inside (Sutherland and Hodgman 1974).
    pub(super) fn clip_polygon(&self, polygon: &[Pixel]) -> Vec<Pixel> {
        let sides: [(f64, f64, f64); 4] =
            [(1.0, 0.0, -self.left), (-1.0, 0.0, self.right), (0.0, 1.0, -self.top), (0.0, -1.0, self.bottom)];
        sides.iter().fold(polygon.to_vec(), |polygon, &(a, b, c)| cut(&polygon, a, b, c))
    }
}

/// The part of a convex polygon where a·x + b·y + c ≥ 0.
pub(super) fn cut(polygon: &[Pixel], a: f64, b: f64, c: f64) -> Vec<Pixel> {
    let side = |p: Pixel| a * p.0 + b * p.1 + c;
    let mut out = Vec::with_capacity(polygon.len() + 1);
    for (i, &p) in polygon.iter().enumerate() {
        let q = polygon[(i + 1) % polygon.len()];
        let (sp, sq) = (side(p), side(q));
        if sp >= 0.0 {
            out.push(p);
        }
        if (sp > 0.0 && sq < 0.0) || (sp < 0.0 && sq > 0.0) {
            let t = sp / (sp - sq);
            out.push((p.0 + t * (q.0 - p.0), p.1 + t * (q.1 - p.1)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: Area = Area { left: 0.0, top: 0.0, right: 10.0, bottom: 10.0 };

    #[test]
    fn a_line_is_cut_at_the_edges() {
        assert_eq!(UNIT.clip_line((-5.0, 5.0), (15.0, 5.0)), Some(((0.0, 5.0), (10.0, 5.0))));
        assert_eq!(UNIT.clip_line((-5.0, 5.0), (-1.0, 5.0)), None);
        assert_eq!(UNIT.clip_line((2.0, 2.0), (3.0, 3.0)), Some(((2.0, 2.0), (3.0, 3.0))));
    }

    #[test]
    fn a_line_that_leaves_and_comes_back_is_two_pieces() {
        let pieces = UNIT.clip_lines([(1.0, 5.0), (5.0, 20.0), (9.0, 5.0), (f64::NAN, 1.0), (2.0, 2.0), (3.0, 2.0)]);
        assert_eq!(pieces.len(), 3);
        assert!(pieces.iter().flatten().all(|&p| UNIT.holds(p)));
    }

    #[test]
    fn a_half_plane_cuts_a_square_in_half() {
        let square = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)];
        let half = cut(&square, 1.0, 1.0, -10.0);
        let area: f64 = (0..half.len())
            .map(|i| {
                let (p, q) = (half[i], half[(i + 1) % half.len()]);
                (p.0 * q.1 - q.0 * p.1) / 2.0
            })
            .sum();
        assert_eq!(area, 50.0);
        assert!(cut(&square, 0.0, 0.0, -1.0).is_empty());
    }
}
