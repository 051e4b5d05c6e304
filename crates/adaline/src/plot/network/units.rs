//! The columns of units, and what stands between them.

use super::super::font;
use super::super::graph::{Band, Edge, Graph, Node, NodeShape, Note};
use super::super::layout::EDGE;
use super::super::style::{Colour, Dash, WHITE};
use super::{Column, NetworkGraph, name, plural, print, shown};

/// More units than this are left out in the middle.
const MOST: usize = 7;
/// Names beside the circles take at most so many pixels, captions and bands so many.
const NAME: f64 = 180.0;
const CAPTION: f64 = 260.0;
const SMALL: f64 = 11.5;
const LARGE: f64 = 13.0;

/// A column with its units and what they are called.
struct Units<'a> {
    /// None for the inputs.
    layer: Option<&'a Column>,
    count: usize,
    rows: Vec<Option<usize>>,
    names: &'a [String],
    letter: &'static str,
    /// Whether the names stand beside the circles: all or none of a column.
    beside: bool,
}

impl NetworkGraph {
    /// The graph and the width of its page; nothing where a label has no room.
    pub(super) fn graph(&self) -> Option<(Graph, f64)> {
        let counts = || [self.form.len()].into_iter().chain(self.layers.iter().map(Column::units));
        let tallest = counts().max().unwrap_or(1).clamp(1, MOST);
        let radius = (130.0 / tallest as f64).clamp(13.0, 24.0);
        let columns: Vec<Units<'_>> =
            counts().enumerate().map(|(column, count)| self.units(column, count, radius)).collect();
        let captions: Vec<String> = columns.iter().map(Units::caption).collect();
        let bands: Vec<Option<Vec<String>>> = (0..columns.len()).map(|column| self.band_lines(column)).collect();

        let half = |text: &str| font::width(text, LARGE, false).min(CAPTION) / 2.0 + 4.0;
        let side = |column: usize| {
            let names = columns.get(column).map_or(0.0, |units| units.room_beside(radius));
            names.max(captions.get(column).map_or(0.0, |caption| half(caption)))
        };
        let widest = |lines: &Vec<String>| lines.iter().map(|line| font::width(line, LARGE, false)).fold(0.0, f64::max);
        if bands.iter().flatten().any(|lines| widest(lines) > CAPTION) {
            return None;
        }
        let gaps = (columns.len() - 1).max(1) as f64;
        let plain = (170.0 * columns.len() as f64 + 60.0).max(520.0) - 2.0 * EDGE;
        let caption_room = captions.iter().map(|caption| 2.0 * half(caption) + 8.0).fold(0.0, f64::max);
        let band_room = bands.iter().flatten().map(widest).fold(0.0, f64::max);
        let band_room = if band_room > 0.0 { band_room + 2.0 * radius + 44.0 } else { 0.0 };
        let step = (0.8 * plain / gaps).max(caption_room).max(band_room);
        let left = (0.1 * plain).max(side(0));
        let right = (0.1 * plain).max(side(columns.len() - 1));
        let inner = left + step * gaps + right;
        let room = caption_room.max(step.min(0.3 * inner)) / inner;

        let mut graph = Graph { lines: self.lines(), ..Graph::default() };
        let mut before: Option<(usize, &Units<'_>)> = None;
        for (number, units) in columns.iter().enumerate() {
            let x = if columns.len() == 1 { 0.5 } else { (left + step * number as f64) / inner };
            let first = graph.nodes.len();
            units.draw(&mut graph, x, radius, inner, room);
            if let (Some(layer), Some((first_before, units_before))) = (units.layer, before) {
                match bands.get(number).cloned().flatten() {
                    Some(lines) => graph.bands.push(Band {
                        left: (first_before, first - 1),
                        right: (first, graph.nodes.len() - 1),
                        lines,
                    }),
                    None => join(&mut graph, layer, number, (first_before, units_before), (first, units)),
                }
            }
            let note =
                |down: f64, text: String, soft: bool| Note { at: (x, 0.95), down, text, soft, room, ends: false };
            graph.notes.push(note(0.0, captions.get(number).cloned().unwrap_or_default(), false));
            if units.rows.contains(&None) && units.is_plain() {
                graph.notes.push(note(16.0, units.counted(), true));
            }
            before = Some((first, units));
        }
        Some((graph, inner + 2.0 * EDGE))
    }

    fn units(&self, column: usize, count: usize, radius: f64) -> Units<'_> {
        let layer = column.checked_sub(1).and_then(|i| self.layers.get(i));
        let is_last = column == self.layers.len();
        let (names, letter) = match layer {
            None => (self.inputs.as_slice(), "x"),
            Some(_) if is_last => (self.outputs.as_slice(), "y"),
            Some(_) => (&[] as &[String], "h"),
        };
        let rows = shown(count, MOST);
        let long = |i: &usize| names.get(*i).is_some_and(|name| font::width(name, 11.0, false) > 2.0 * radius - 5.0);
        let beside = rows.iter().flatten().any(long);
        Units { layer, count, rows, names, letter, beside }
    }

    /// What stands in the band before a column; none where edges join it.
    fn band_lines(&self, column: usize) -> Option<Vec<String>> {
        let at = column.checked_sub(1)?;
        let layer = self.layers.get(at).filter(|layer| layer.dense.is_none())?;
        let form = at.checked_sub(1).and_then(|i| self.layers.get(i)).map_or(self.form, |layer| layer.form);
        let mut lines = vec![layer.caption.clone(), format!("{form} → {}", layer.form)];
        if layer.parameters > 0 {
            lines.push(plural(layer.parameters, "parameter"));
        }
        Some(lines)
    }
}

impl Units<'_> {
    /// Whether the column stands for the inputs or for a dense layer.
    fn is_plain(&self) -> bool {
        self.layer.is_none_or(|layer| layer.dense.is_some())
    }

    fn counted(&self) -> String {
        plural(self.count, if self.layer.is_some() { "unit" } else { "input" })
    }

    /// Of other layers the band has the name.
    fn caption(&self) -> String {
        match self.layer {
            None => "inputs".to_owned(),
            Some(layer) if layer.dense.is_some() => layer.caption.clone(),
            Some(layer) => match layer.form {
                crate::Shape::Flat(n) => plural(n, "value"),
                form => form.to_string(),
            },
        }
    }

    /// What the names beside the circles need, from the middle of a circle.
    fn room_beside(&self, radius: f64) -> f64 {
        if !self.beside {
            return radius + 2.0;
        }
        let width = |i: &usize| self.names.get(*i).map_or(0.0, |name| font::width(name, SMALL, false));
        radius + 14.0 + self.rows.iter().flatten().map(width).fold(0.0, f64::max).min(NAME)
    }

    fn draw(&self, graph: &mut Graph, x: f64, radius: f64, inner: f64, room: f64) {
        let fill = match (self.layer, self.letter) {
            (None, _) => WHITE,
            (_, "y") => Colour::of(4).mix(WHITE, 0.7),
            _ => Colour::of(0).mix(WHITE, 0.8),
        };
        let few = self.rows.len() <= 5;
        for (row, unit) in self.rows.iter().enumerate() {
            let at = (x, 0.1 + 0.74 * (row as f64 + 0.5) / self.rows.len() as f64);
            let Some(i) = *unit else {
                let text = String::new();
                graph.nodes.push(Node { at, radius: 10.0, text, shape: NodeShape::Dots, fill: WHITE });
                continue;
            };
            let names = if self.beside { &[] } else { self.names };
            let text = name(names, i, self.letter);
            graph.nodes.push(Node { at, radius, text, shape: NodeShape::Circle, fill });
            if let Some(name) = self.names.get(i).filter(|_| self.beside) {
                let text = font::fit(name, SMALL, false, NAME);
                let away = (radius + 8.0 + font::width(&text, SMALL, false) / 2.0) / inner;
                let x = if self.layer.is_none() { x - away } else { x + away };
                graph.notes.push(Note { at: (x, at.1), down: 0.0, text, soft: true, room: 1.0, ends: false });
            }
            if let Some(bias) = self.layer.and_then(|layer| layer.biases().get(i)).filter(|_| few) {
                let text = format!("b {}", print(*bias));
                graph.notes.push(Note { at, down: radius + 10.0, text, soft: true, room, ends: false });
            }
        }
    }
}

/// The edges between a dense layer and the units before it.
fn join(
    graph: &mut Graph,
    layer: &Column,
    group: usize,
    (first_before, before): (usize, &Units<'_>),
    (first, units): (usize, &Units<'_>),
) {
    let weights = layer.weights();
    let finite = weights.iter().map(|w| w.abs()).filter(|w| w.is_finite());
    let largest = finite.fold(0.0f64, f64::max).max(f64::MIN_POSITIVE);
    let dense = before.rows.len() * units.rows.len() > 16;
    for (to, unit) in units.rows.iter().enumerate() {
        for (from, input) in before.rows.iter().enumerate() {
            let (Some(unit), Some(input)) = (*unit, *input) else { continue };
            let weight = weights.get(unit * before.count + input).copied();
            let part = weight.map_or(0.3, |w| (w.abs() / largest).min(1.0));
            let part = if part.is_finite() { part } else { 0.0 };
            let (colour, dash) = match weight {
                Some(w) if w < 0.0 => (Colour::of(1), Dash::Dashed),
                Some(_) => (Colour::of(0), Dash::Solid),
                None => (Colour::of(6), Dash::Solid),
            };
            graph.edges.push(Edge {
                from: first_before + from,
                to: first + to,
                label: weight.map_or_else(String::new, print),
                group,
                colour: colour.mix(WHITE, 0.6 * (1.0 - part)),
                width: if dense { 0.4 + 2.0 * part } else { 0.8 + 2.4 * part },
                dash,
                arrow: false,
            });
        }
    }
}
