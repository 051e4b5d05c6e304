//! What lies on a panel, as shapes.

use super::chart::{Cells, Item, Line, Panel, Points};
use super::font;
use super::scale::Scale;
use super::scene::{Anchor, Area, Pixel, Scene, Shape, Stroke, Text};
use super::style::{Dash, SOFT_INK, WHITE};
use std::collections::BTreeSet;

/// A panel's plot area and its scales: from values to pixels.
#[derive(Clone, Copy)]
pub(super) struct Frame {
    pub(super) plot: Area,
    pub(super) x: Scale,
    pub(super) y: Scale,
    pub(super) x_reversed: bool,
    pub(super) y_reversed: bool,
}

impl Frame {
    pub(super) fn x_at(&self, value: f64) -> f64 {
        let part = self.x.unit(value);
        let part = if self.x_reversed { 1.0 - part } else { part };
        self.plot.left + part * self.plot.width()
    }

    pub(super) fn y_at(&self, value: f64) -> f64 {
        let part = self.y.unit(value);
        let part = if self.y_reversed { part } else { 1.0 - part };
        self.plot.top + part * self.plot.height()
    }

    pub(super) fn at(&self, (x, y): (f64, f64)) -> Pixel {
        (self.x_at(x), self.y_at(y))
    }
}

/// Whether an item fills the panel, so that it wants a frame on all sides.
pub(super) fn fills(item: &Item) -> bool {
    matches!(item, Item::Surface(_) | Item::Cells(_) | Item::Image { .. } | Item::Zone { .. })
}

/// How many lines of a panel carry marks, and which one this is: their marks are staggered.
#[derive(Clone, Copy)]
struct Turn {
    index: usize,
    of: usize,
}

/// The zones, which lie below the grid.
pub(super) fn draw_zones(scene: &mut Scene, panel: &Panel, frame: &Frame) {
    for item in &panel.items {
        let Item::Zone { corners, colour, .. } = item else { continue };
        let corners: Vec<Pixel> = corners.iter().map(|p| frame.at(*p)).collect();
        let corners = frame.plot.clip_polygon(&corners);
        if corners.len() > 2 && corners.iter().all(|p| p.0.is_finite() && p.1.is_finite()) {
            scene.polygons(vec![corners], *colour);
        }
    }
}

pub(super) fn draw(scene: &mut Scene, panel: &Panel, frame: &Frame) {
    let of = panel.items.iter().filter(|item| matches!(item, Item::Line(line) if line.mark.is_some())).count();
    let mut index = 0;
    for item in &panel.items {
        match item {
            Item::Line(line) => {
                draw_line(scene, line, frame, Turn { index, of });
                index += usize::from(line.mark.is_some());
            }
            Item::Points(points) => draw_points(scene, points, frame),
            Item::MarkX { x, .. } => {
                let x = frame.x_at(*x);
                if x >= frame.plot.left && x <= frame.plot.right {
                    let stroke = Stroke { colour: SOFT_INK, width: 1.2, dash: Dash::Dashed };
                    scene.line((x, frame.plot.top), (x, frame.plot.bottom), stroke);
                }
            }
            Item::Zone { .. } => {} // below the grid already
            Item::Surface(surface) => {
                for layer in &surface.layers {
                    scene.polygons(clip(frame, surface.area(layer, |x, y| frame.at((x, y)))), layer.colour);
                }
                for contour in &surface.contours {
                    let lines = surface.line(contour, |x, y| frame.at((x, y)));
                    let lines =
                        lines.into_iter().flat_map(|line| frame.plot.clip_lines(line)).map(straighten).collect();
                    scene.lines(lines, Stroke { colour: contour.colour, width: contour.width, dash: contour.dash });
                }
            }
            Item::Cells(cells) => draw_cells(scene, cells, frame),
            Item::Image { first, raster } => {
                let corner = frame.at((first.0 - 0.5, first.1 - 0.5));
                let end = frame.at((first.0 - 0.5 + raster.columns as f64, first.1 - 0.5 + raster.rows as f64));
                let area = Area { left: corner.0, top: corner.1, right: end.0, bottom: end.1 };
                if area.left < area.right && area.top < area.bottom {
                    scene.shapes.extend(raster.shapes(area));
                }
            }
            Item::Graph(_) | Item::Drawing(_) => {} // have no axes and are drawn without a frame
        }
    }
}

/// Polygons that may reach over the edge, where the range is smaller than the surface.
fn clip(frame: &Frame, polygons: Vec<Vec<Pixel>>) -> Vec<Vec<Pixel>> {
    let inside = |p: &Pixel| frame.plot.holds(*p);
    polygons
        .into_iter()
        .map(|polygon| if polygon.iter().all(inside) { polygon } else { frame.plot.clip_polygon(&polygon) })
        .map(straighten)
        .filter(|polygon| polygon.len() > 2)
        .collect()
}

fn draw_line(scene: &mut Scene, line: &Line, frame: &Frame, turn: Turn) {
    let points = thin(line.points.iter().map(|p| frame.at(*p)).collect());
    let pieces: Vec<Vec<Pixel>> = frame.plot.clip_lines(points.iter().copied()).into_iter().map(straighten).collect();
    scene.shapes.push(Shape::Begin(line.name.clone()));
    scene.lines(pieces, Stroke { colour: line.colour, width: line.width, dash: line.dash });
    let lonely = points.len() == 1 || alone(&points);
    if let Some(mark) = line.mark.or(lonely.then_some(super::style::Mark::Circle)) {
        let edge = Some(Stroke::solid(WHITE, 0.8));
        let few = line.points.len() <= 30;
        let places = if few || lonely { points.clone() } else { spaced(&points, frame, turn) };
        for place in places.into_iter().filter(|p| frame.plot.holds(*p)) {
            scene.mark(mark, place, 3.6, line.colour, line.hollow, edge);
        }
    }
    scene.shapes.push(Shape::End);
}

/// Whether no two neighbours are both numbers: a line through such points shows nothing.
fn alone(points: &[Pixel]) -> bool {
    let seen = |p: &Pixel| p.0.is_finite() && p.1.is_finite();
    points.iter().any(seen) && !points.windows(2).any(|pair| seen(&pair[0]) && seen(&pair[1]))
}

/// Places on a long line, about one every ninety pixels from left to right.
fn spaced(points: &[Pixel], frame: &Frame, turn: Turn) -> Vec<Pixel> {
    let steps = (frame.plot.width() / 90.0).round().max(1.0);
    let offset = (turn.index as f64 + 0.5) / turn.of.max(1) as f64;
    let mut places = Vec::new();
    for step in 0..steps as usize {
        let x = frame.plot.left + (step as f64 + offset) / steps * frame.plot.width();
        let crossing = points.windows(2).find(|pair| (pair[0].0 <= x) != (pair[1].0 <= x));
        if let Some([a, b]) = crossing {
            let part = (x - a.0) / (b.0 - a.0);
            let y = a.1 + part * (b.1 - a.1);
            if y.is_finite() {
                places.push((x, y));
            }
        }
    }
    places
}

/// From many points in a column of pixels only the first, the lowest, the highest and the last: the picture is the
/// same, the file a hundred times smaller.
fn thin(points: Vec<Pixel>) -> Vec<Pixel> {
    const FEW: usize = 2000;
    let ascending = points.windows(2).all(|pair| pair[0].0 <= pair[1].0);
    if points.len() <= FEW || !ascending {
        return points;
    }
    let mut out = Vec::with_capacity(FEW);
    for column in points.chunk_by(|a, b| (a.0 * 2.0).floor() == (b.0 * 2.0).floor()) {
        if column.len() <= 4 {
            out.extend_from_slice(column);
            continue;
        }
        let by_y = |a: &&Pixel, b: &&Pixel| a.1.total_cmp(&b.1);
        let picked = [column.first(), column.iter().min_by(by_y), column.iter().max_by(by_y), column.last()];
        out.extend(picked.into_iter().flatten());
    }
    out
}

/// Leaves out points that lie on the straight line between their neighbours, to a twentieth of a pixel.
fn straighten(line: Vec<Pixel>) -> Vec<Pixel> {
    const OFF: f64 = 0.05;
    let mut out: Vec<Pixel> = Vec::with_capacity(line.len());
    let mut since = 0; // where the last kept point stands in `line`
    for i in 0..line.len() {
        let keep = i == 0 || i + 1 == line.len() || {
            let (a, c) = (line[since], line[i + 1]);
            let length = (c.0 - a.0).hypot(c.1 - a.1);
            let off = |b: &Pixel| {
                let across = (c.0 - a.0) * (b.1 - a.1) - (c.1 - a.1) * (b.0 - a.0);
                let along = (c.0 - a.0) * (b.0 - a.0) + (c.1 - a.1) * (b.1 - a.1);
                length < 1e-9 || across.abs() / length > OFF || along < 0.0 || along > length * length
            };
            // Far apart is kept too, so that the test below stays short.
            i - since >= 64 || line[since + 1..=i].iter().any(off)
        };
        if keep {
            out.push(line[i]);
            since = i;
        }
    }
    out
}

/// The radius of so many points on a panel of this size.
pub(super) fn radius_for(count: usize) -> f64 {
    match count {
        0..=60 => 4.6,
        61..=300 => 3.8,
        301..=1500 => 2.8,
        _ => 2.0,
    }
}

fn draw_points(scene: &mut Scene, points: &Points, frame: &Frame) {
    let radius = points.radius.unwrap_or(radius_for(points.points.len()));
    let edge = Some(Stroke::solid(points.edge, (radius * 0.2).clamp(0.5, 1.4)));
    scene.shapes.push(Shape::Begin(points.name.clone()));
    // Two marks that stand on the same half pixel look like one.
    let mut taken = BTreeSet::new();
    for point in &points.points {
        let at = frame.at(*point);
        if frame.plot.holds(at) && taken.insert(((at.0 * 2.0).round() as i64, (at.1 * 2.0).round() as i64)) {
            scene.mark(points.mark, at, radius, points.colour, points.hollow, edge);
        }
    }
    scene.shapes.push(Shape::End);
}

fn draw_cells(scene: &mut Scene, cells: &Cells, frame: &Frame) {
    let columns = cells.columns.max(1);
    let (origin, next) = (frame.at((0.0, 0.0)), frame.at((1.0, 1.0)));
    let (width, height) = ((next.0 - origin.0).abs(), (next.1 - origin.1).abs());
    let size = (height * 0.42).min(15.0);
    let size = cells.cells.iter().fold(size, |size, (_, text)| {
        let wide = font::width(text, 1.0, false);
        if wide > 0.0 { size.min((width - 3.0) / wide) } else { size }
    });
    let gap = if width.min(height) > 14.0 { 1.0 } else { 0.25 };
    for (i, (part, text)) in cells.cells.iter().enumerate() {
        let (x, y) = frame.at(((i % columns) as f64, (i / columns) as f64));
        let colour = cells.map.at(*part);
        let area = Area {
            left: x - width / 2.0 + gap,
            right: x + width / 2.0 - gap,
            top: y - height / 2.0 + gap,
            bottom: y + height / 2.0 - gap,
        };
        scene.rect(area, Some(colour), None);
        // Zeroes step back, so that the mistakes stand out; among very many cells they are left out.
        if size >= 4.5 && !(text == "0" && columns > 12) {
            let ink = if text == "0" { SOFT_INK.mix(colour, 0.45) } else { colour.ink() };
            scene.text(Text::new(text.as_str(), (x, y), size, ink).anchor(Anchor::Middle));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_the_peaks() {
        let points: Vec<Pixel> =
            (0..100_000).map(|i| (f64::from(i) * 0.005, if i == 50_123 { 900.0 } else { f64::from(i % 7) })).collect();
        let thin = thin(points);
        assert!(thin.len() < 5000, "{}", thin.len());
        assert!(thin.iter().any(|p| p.1 == 900.0));
    }

    #[test]
    fn a_straight_line_needs_two_points() {
        let line: Vec<Pixel> = (0..50).map(|i| (f64::from(i), 2.0 * f64::from(i))).collect();
        assert_eq!(straighten(line), [(0.0, 0.0), (49.0, 98.0)]);
        let bent = vec![(0.0, 0.0), (5.0, 0.0), (5.0, 5.0)];
        assert_eq!(straighten(bent.clone()), bent);
        let back = vec![(0.0, 0.0), (5.0, 0.0), (2.0, 0.0)];
        assert_eq!(straighten(back.clone()), back);
    }
}
