//! The legend: what stands for what, and where it covers nothing.

use super::chart::{Item, Panel};
use super::font;
use super::items::Frame;
use super::scene::{Area, Pixel, Scene, Shape, Stroke, Text};
use super::style::{Colour, Dash, FRAME, INK, Mark, SOFT_INK, WHITE};

const SIZE: f64 = 11.5;
const ROW: f64 = 19.0;
const KEY: f64 = 32.0;
const KEY_GAP: f64 = 7.0;
const PAD: f64 = 7.0;

/// What is drawn before a name.
#[derive(Clone, PartialEq)]
pub(super) enum Key {
    Line {
        colour: Colour,
        dash: Dash,
        width: f64,
        mark: Option<(Mark, bool)>,
    },
    Mark {
        mark: Mark,
        colour: Colour,
        hollow: bool,
        zone: Option<(Colour, char)>,
    },
    /// `… and 12 more`.
    Nothing,
}

#[derive(Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) key: Key,
}

/// The named items of a panel.
#[derive(Clone)]
pub(super) struct Legend {
    pub(super) entries: Vec<Entry>,
}

impl Legend {
    pub(super) fn of(panel: &Panel) -> Self {
        let entry = |item: &Item| match item {
            Item::Line(line) => Some(Entry {
                name: line.name.clone(),
                key: Key::Line {
                    colour: line.colour,
                    dash: line.dash,
                    width: line.width,
                    mark: line.mark.map(|mark| (mark, line.hollow)),
                },
            }),
            Item::Points(points) => Some(Entry {
                name: points.name.clone(),
                key: Key::Mark { mark: points.mark, colour: points.colour, hollow: points.hollow, zone: points.zone },
            }),
            Item::MarkX { name, .. } => Some(Entry {
                name: name.clone(),
                key: Key::Line { colour: SOFT_INK, dash: Dash::Dashed, width: 1.2, mark: None },
            }),
            Item::Zone { .. }
            | Item::Surface(_)
            | Item::Cells(_)
            | Item::Image { .. }
            | Item::Graph(_)
            | Item::Drawing(_) => None,
        };
        // Data first, then the lines drawn through it.
        let is_data = |item: &&Item| matches!(item, Item::Points(_));
        let items = panel.items.iter().filter(is_data).chain(panel.items.iter().filter(|item| !is_data(item)));
        Legend { entries: items.filter_map(entry).filter(|entry| !entry.name.is_empty()).collect() }
    }

    /// The same legend in so much room: long names cut, too many left out.
    pub(super) fn fit(mut self, width: f64, height: f64) -> Self {
        let room = (width - KEY - KEY_GAP - 2.0 * PAD).max(30.0);
        for entry in &mut self.entries {
            entry.name = font::fit(&entry.name, SIZE, false, room);
        }
        let most = ((height - 2.0 * PAD) / ROW).floor().max(2.0) as usize;
        if self.entries.len() > most {
            let more = self.entries.len() - (most - 1);
            self.entries.truncate(most - 1);
            self.entries.push(Entry { name: format!("… and {more} more"), key: Key::Nothing });
        }
        self
    }

    /// No legend.
    pub(super) fn none() -> Self {
        Legend { entries: Vec::new() }
    }

    /// Whether another legend says the same.
    pub(super) fn says(&self, other: &Legend) -> bool {
        self.entries == other.entries
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn width(&self) -> f64 {
        let widest = self.entries.iter().map(|entry| font::width(&entry.name, SIZE, false)).fold(0.0, f64::max);
        widest + KEY + KEY_GAP + 2.0 * PAD
    }

    fn height(&self) -> f64 {
        self.entries.len() as f64 * ROW + 2.0 * PAD - (ROW - SIZE) * 0.5
    }

    /// Draws it with its upper left corner here; in a box where it stands on the plot.
    pub(super) fn draw(&self, scene: &mut Scene, (left, top): Pixel, boxed: bool) {
        if self.is_empty() {
            return;
        }
        if boxed {
            scene.shapes.push(Shape::Rect {
                corner: (left, top),
                size: (self.width(), self.height()),
                radius: 3.0,
                fill: Some(WHITE),
                opacity: 0.88,
                stroke: Some(Stroke::solid(FRAME.mix(WHITE, 0.55), 1.0)),
            });
        }
        for (i, entry) in self.entries.iter().enumerate() {
            let y = top + PAD + (i as f64 + 0.5) * ROW - (ROW - SIZE) * 0.25;
            let x = left + PAD;
            draw_key(scene, &entry.key, x, y);
            scene.text(Text::new(entry.name.as_str(), (x + KEY + KEY_GAP, y), SIZE, INK));
        }
    }
}

fn draw_key(scene: &mut Scene, key: &Key, x: f64, y: f64) {
    let middle = (x + KEY / 2.0, y);
    match key {
        Key::Line { colour, dash, width, mark } => {
            scene.line((x, y), (x + KEY, y), Stroke { colour: *colour, width: *width, dash: *dash });
            if let Some((mark, hollow)) = mark {
                scene.mark(*mark, middle, 3.6, *colour, *hollow, Some(Stroke::solid(WHITE, 0.8)));
            }
        }
        Key::Mark { mark, colour, hollow, zone } => {
            if let Some((zone, _)) = zone {
                let area = Area { left: x + 3.0, right: x + KEY - 3.0, top: y - 7.5, bottom: y + 7.5 };
                scene.rect(area, Some(*zone), None);
            }
            scene.mark(*mark, middle, 4.4, *colour, *hollow, Some(Stroke::solid(WHITE, 0.8)));
        }
        Key::Nothing => {}
    }
}

/// Where on the plot the legend covers no line and no point, if anywhere.
pub(super) fn free_corner(panel: &Panel, frame: &Frame, legend: &Legend) -> Option<Pixel> {
    if legend.is_empty() || panel.legend_outside {
        return None;
    }
    const INSET: f64 = 9.0;
    /// Room around the box.
    const AIR: f64 = 6.0;
    let plot = frame.plot;
    let (width, height) = (legend.width(), legend.height());
    if width + 2.0 * INSET > plot.width() * 0.75 || height + 2.0 * INSET > plot.height() {
        return None;
    }
    let (left, right) = (plot.left + INSET, plot.right - INSET - width);
    let (top, bottom) = (plot.top + INSET, plot.bottom - INSET - height);
    let (centre, middle) = ((left + right) / 2.0, (top + bottom) / 2.0);
    let corners = [
        (right, top),
        (left, top),
        (right, bottom),
        (left, bottom),
        (right, middle),
        (left, middle),
        (centre, top),
        (centre, bottom),
    ];
    corners.into_iter().find(|corner| {
        let area = Area {
            left: corner.0 - AIR,
            top: corner.1 - AIR,
            right: corner.0 + width + AIR,
            bottom: corner.1 + height + AIR,
        };
        !panel.items.iter().any(|item| touches(item, frame, &area))
    })
}

fn touches(item: &Item, frame: &Frame, area: &Area) -> bool {
    match item {
        Item::Line(line) => {
            let at = |p: &(f64, f64)| frame.at(*p);
            let crosses = |pair: &[(f64, f64)]| {
                let (a, b) = (at(&pair[0]), at(&pair[1]));
                let seen = [a, b].iter().all(|p| p.0.is_finite() && p.1.is_finite());
                seen && area.clip_line(a, b).is_some()
            };
            line.points.windows(2).any(crosses) || line.points.iter().any(|p| area.holds(at(p)))
        }
        Item::Points(points) => points.points.iter().any(|p| area.holds(frame.at(*p))),
        Item::MarkX { x, .. } => {
            let x = frame.x_at(*x);
            x >= area.left && x <= area.right
        }
        Item::Zone { .. } => false,
        Item::Surface(_) | Item::Cells(_) | Item::Image { .. } | Item::Graph(_) | Item::Drawing(_) => true,
    }
}
