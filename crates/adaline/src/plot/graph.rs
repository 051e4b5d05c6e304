//! A drawing of nodes and edges: a panel without axes. Places are parts of the panel, 0, 0 at its top left.

use super::font;
use super::scene::{Anchor, Area, Pixel, Scene, Shape, Stroke, Text};
use super::style::{Colour, Dash, FRAME, GRID, INK, SOFT_INK, WHITE};

const SIZE: f64 = 13.0;
const LABEL: f64 = 12.0;

/// What is drawn, and what a terminal says instead.
#[derive(Debug, Clone, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    pub(super) bands: Vec<Band>,
    /// Texts in the middle of their places: large ones in ink, small ones that only help.
    pub(super) notes: Vec<Note>,
    pub(super) lines: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) at: (f64, f64),
    /// Half its height in pixels.
    pub(super) radius: f64,
    pub(super) text: String,
    pub(super) shape: NodeShape,
    pub(super) fill: Colour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NodeShape {
    Circle,
    /// As wide as its text.
    Box,
    /// Three dots, for the nodes that are left out.
    Dots,
}

#[derive(Debug, Clone)]
pub(super) struct Edge {
    /// Numbers of nodes.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: String,
    /// Labels of one group are all shown or, where two would touch, all left out.
    pub(super) group: usize,
    pub(super) colour: Colour,
    pub(super) width: f64,
    pub(super) dash: Dash,
    pub(super) arrow: bool,
}

/// What goes from all nodes of one column to all of the next and is no edge.
#[derive(Debug, Clone)]
pub(super) struct Band {
    /// The first and the last node at its left.
    pub(super) left: (usize, usize),
    pub(super) right: (usize, usize),
    pub(super) lines: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) at: (f64, f64),
    /// Pixels further down.
    pub(super) down: f64,
    pub(super) text: String,
    pub(super) soft: bool,
    /// Its room as a part of the panel's width.
    pub(super) room: f64,
    /// Whether its place is its right end, not its middle.
    pub(super) ends: bool,
}

impl Graph {
    pub(super) fn draw(&self, scene: &mut Scene, plot: &Area) {
        let at = |(x, y): (f64, f64)| (plot.left + x * plot.width(), plot.top + y * plot.height());
        for band in &self.bands {
            self.draw_band(scene, band, &at);
        }
        for edge in &self.edges {
            let Some((from, to)) = self.ends(edge, &at) else { continue };
            scene.shapes.push(Shape::Begin(edge.label.clone()));
            scene.line(from, to, Stroke { colour: edge.colour, width: edge.width, dash: edge.dash });
            if edge.arrow {
                scene.polygons(vec![arrow(from, to)], edge.colour);
            }
            scene.shapes.push(Shape::End);
        }
        let groups = self.edges.iter().map(|edge| edge.group).max().map_or(0, |last| last + 1);
        for group in 0..groups {
            let edges: Vec<&Edge> =
                self.edges.iter().filter(|edge| edge.group == group && !edge.label.is_empty()).collect();
            for (edge, place) in self.label_places(&edges, &at) {
                let wide = font::width(&edge.label, LABEL, false);
                let box_ = label_box(place, wide);
                scene.rect(box_, Some(WHITE), None);
                scene.text(Text::new(edge.label.as_str(), place, LABEL, INK).anchor(Anchor::Middle));
            }
        }
        for node in &self.nodes {
            draw_node(scene, node, at(node.at));
        }
        for note in &self.notes {
            let (x, y) = at(note.at);
            let (size, colour) = if note.soft { (11.5, SOFT_INK) } else { (SIZE, INK) };
            let text = font::fit(&note.text, size, false, note.room * plot.width());
            // On a white ground, so that an edge that passes does not cross the letters.
            let wide = font::width(&text, size, false);
            let x = if note.ends { x - wide / 2.0 } else { x };
            if !text.is_empty() && note.soft {
                scene.rect(label_box((x, y + note.down), wide), Some(WHITE), None);
            }
            scene.text(Text::new(text, (x, y + note.down), size, colour).anchor(Anchor::Middle));
        }
    }

    /// From the left column to the right one, as high as they are, and what it says in its middle.
    fn draw_band(&self, scene: &mut Scene, band: &Band, at: &impl Fn((f64, f64)) -> Pixel) {
        let node = |number: usize| self.nodes.get(number).map(|node| (node, at(node.at)));
        let ends = [band.left.0, band.left.1, band.right.0, band.right.1].map(node);
        let [Some((a, a_at)), Some((b, b_at)), Some((c, c_at)), Some((d, d_at))] = ends else { return };
        let (left, right) = (a_at.0 + reach(a) + 5.0, c_at.0 - reach(c) - 16.0);
        let (top_left, bottom_left) = (a_at.1 - a.radius, b_at.1 + b.radius);
        let (top_right, bottom_right) = (c_at.1 - c.radius, d_at.1 + d.radius);
        if right <= left {
            return;
        }
        let fill = GRID.mix(WHITE, 0.35);
        scene.polygons(
            vec![vec![(left, top_left), (right, top_right), (right, bottom_right), (left, bottom_left)]],
            fill,
        );
        let (middle, height) = (top_right / 2.0 + bottom_right / 2.0, (bottom_right - top_right) / 2.0);
        let head = height.min(16.0);
        scene.polygons(
            vec![vec![(right + 2.0, middle - head), (right + 12.0, middle), (right + 2.0, middle + head)]],
            FRAME,
        );
        let y = (top_left + bottom_left + top_right + bottom_right) / 4.0;
        for (row, line) in band.lines.iter().enumerate() {
            let (size, colour) = if row == 0 { (SIZE, INK) } else { (11.5, SOFT_INK) };
            let y = y + 16.0 * (row as f64 - (band.lines.len() as f64 - 1.0) / 2.0);
            let text = font::fit(line, size, false, right - left - 6.0);
            scene.text(Text::new(text, ((left + right) / 2.0, y), size, colour).anchor(Anchor::Middle));
        }
    }

    /// Where an edge leaves its first node and where it meets the second.
    fn ends(&self, edge: &Edge, at: &impl Fn((f64, f64)) -> Pixel) -> Option<(Pixel, Pixel)> {
        let (from, to) = (self.nodes.get(edge.from)?, self.nodes.get(edge.to)?);
        let (a, b) = (at(from.at), at(to.at));
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        let (left, right) = (reach(from), reach(to));
        if length <= left + right + 1.0 {
            return None;
        }
        let along = |t: f64| (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
        Some((along(left / length), along(1.0 - right / length)))
    }

    /// The places of the labels of these edges: all at the same part of their edges, at which no two touch.
    fn label_places<'a>(&self, edges: &[&'a Edge], at: &impl Fn((f64, f64)) -> Pixel) -> Vec<(&'a Edge, Pixel)> {
        // Comparing all pairs of very many labels, which would touch anyway, is no use.
        if edges.len() > 60 {
            return Vec::new();
        }
        for part in [0.5, 0.3, 0.7, 0.25, 0.35, 0.65, 0.2, 0.8] {
            let places: Vec<(&Edge, Pixel)> = edges
                .iter()
                .filter_map(|edge| {
                    let (a, b) = self.ends(edge, at)?;
                    Some((*edge, (a.0 + part * (b.0 - a.0), a.1 + part * (b.1 - a.1))))
                })
                .collect();
            let boxes: Vec<Area> =
                places.iter().map(|(edge, place)| label_box(*place, font::width(&edge.label, LABEL, false))).collect();
            let apart = |i: usize, j: usize| {
                let (a, b) = (&boxes[i], &boxes[j]);
                a.right < b.left || b.right < a.left || a.bottom < b.top || b.bottom < a.top
            };
            let narrow = places.iter().zip(&boxes).all(|((edge, _), area)| {
                self.ends(edge, at).is_some_and(|(a, b)| (b.0 - a.0).abs() > area.width() + 8.0)
            });
            if narrow && (0..boxes.len()).all(|i| (0..i).all(|j| apart(i, j))) {
                return places;
            }
        }
        Vec::new()
    }
}

fn label_box((x, y): Pixel, width: f64) -> Area {
    Area { left: x - width / 2.0 - 4.0, right: x + width / 2.0 + 4.0, top: y - 9.0, bottom: y + 9.0 }
}

fn box_width(node: &Node) -> f64 {
    (font::width(&node.text, SIZE, false) / 2.0 + 12.0).min(90.0)
}

/// How far from a node's middle its edges begin. Edges meet a box at its left and right.
fn reach(node: &Node) -> f64 {
    match node.shape {
        NodeShape::Circle => node.radius + 1.0,
        NodeShape::Box => box_width(node) + 1.0,
        NodeShape::Dots => node.radius,
    }
}

fn draw_node(scene: &mut Scene, node: &Node, (x, y): Pixel) {
    let stroke = Some(Stroke::solid(INK, 1.4));
    let room = match node.shape {
        NodeShape::Circle => {
            let fill = Some(node.fill);
            scene.shapes.push(Shape::Circle { centre: (x, y), radius: node.radius, fill, stroke });
            2.0 * node.radius - 9.0
        }
        NodeShape::Box => {
            let half = box_width(node);
            let (corner, size) = ((x - half, y - node.radius), (2.0 * half, 2.0 * node.radius));
            let fill = Some(node.fill);
            scene.shapes.push(Shape::Rect { corner, size, radius: 5.0, fill, opacity: 1.0, stroke });
            2.0 * half - 12.0
        }
        NodeShape::Dots => {
            for step in [-1.0, 0.0, 1.0] {
                let centre = (x, y + 7.0 * step);
                scene.shapes.push(Shape::Circle { centre, radius: 1.9, fill: Some(SOFT_INK), stroke: None });
            }
            return;
        }
    };
    // A long text is set smaller before it is cut.
    let wide = font::width(&node.text, SIZE, false).max(1.0);
    let size = (SIZE * room / wide).clamp(9.0, SIZE);
    let text = font::fit(&node.text, size, false, room);
    scene.text(Text::new(text, (x, y), size, node.fill.ink()).anchor(Anchor::Middle));
}

/// The head of an arrow.
fn arrow(from: Pixel, to: Pixel) -> Vec<Pixel> {
    let length = (to.0 - from.0).hypot(to.1 - from.1).max(1e-9);
    let (dx, dy) = ((to.0 - from.0) / length, (to.1 - from.1) / length);
    let back = |along: f64, aside: f64| (to.0 - along * dx - aside * dy, to.1 - along * dy + aside * dx);
    vec![to, back(9.0, 4.0), back(9.0, -4.0)]
}
