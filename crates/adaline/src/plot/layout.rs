//! A chart as a scene: margins that fit their labels, axes with grid and ticks, titles.

use super::chart::{Axis, Chart, ColourBar, Panel};
use super::font;
use super::items::{self, Frame};
use super::legend::{self, Legend};
use super::scale::{Notation, Scale};
use super::scene::{Anchor, Area, Scene, Stroke, Text};
use super::style::{FRAME, GRID, INK, SOFT_INK, WHITE, ZERO_LINE};
use super::ticks::{TICK_GAP, TICK_LENGTH, TICK_SIZE, Ticks, widest, x_ticks, y_ticks};

pub(super) const TITLE_SIZE: f64 = 16.0;
const SUBTITLE_SIZE: f64 = 12.0;
const PANEL_TITLE_SIZE: f64 = 13.0;
pub(super) const LABEL_SIZE: f64 = 12.5;
/// No legend makes a plot narrower than this.
const SMALLEST_PLOT: f64 = 80.0;
/// Around the whole picture.
pub(super) const EDGE: f64 = 14.0;
/// Between panels.
const GAP: f64 = 22.0;
/// Room between a colour bar and its panel, and its thickness.
const BAR_GAP: f64 = 16.0;
const BAR_WIDTH: f64 = 14.0;

/// The chart as shapes.
pub(super) fn scene(chart: &Chart) -> Scene {
    let mut scene = Scene {
        width: chart.width,
        height: chart.height,
        title: chart.title.clone(),
        description: chart.description.clone(),
        shapes: Vec::new(),
    };
    let page = Area { left: 0.0, top: 0.0, right: chart.width, bottom: chart.height };
    scene.rect(page, Some(WHITE), None);

    let mut top = EDGE;
    if !chart.title.is_empty() {
        top += TITLE_SIZE + 4.0;
    }
    if !chart.subtitle.is_empty() {
        top += SUBTITLE_SIZE + 5.0;
    }
    let body = Area { left: EDGE, top: top + 6.0, right: chart.width - EDGE, bottom: chart.height - EDGE + 4.0 };
    let panels = place_panels(chart, body);

    // The title stands above the first panel's left edge, or further left where it would not fit.
    let left = panels.first().map_or(EDGE, |panel| panel.plot.left);
    let mut y = EDGE + TITLE_SIZE / 2.0;
    for (text, size, bold, colour) in
        [(&chart.title, TITLE_SIZE, true, INK), (&chart.subtitle, SUBTITLE_SIZE, false, SOFT_INK)]
    {
        if text.is_empty() {
            continue;
        }
        let fits = left + font::width(text, size, bold) <= chart.width - EDGE;
        let x = if fits { left } else { EDGE };
        let text = font::fit(text, size, bold, chart.width - EDGE - x);
        let text = Text::new(text, (x, y), size, colour);
        scene.text(if bold { text.bold() } else { text });
        y += size / 2.0 + SUBTITLE_SIZE / 2.0 + 7.0;
    }
    for panel in &panels {
        draw_panel(&mut scene, panel);
    }
    scene
}

/// A panel with its place on the page.
struct Placed<'a> {
    panel: &'a Panel,
    plot: Area,
    x: Scale,
    y: Scale,
    x_ticks: Ticks,
    y_ticks: Ticks,
    legend: Legend,
    legend_outside: bool,
}

#[derive(Clone, Copy, Default)]
struct Margins {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

fn place_panels(chart: &Chart, body: Area) -> Vec<Placed<'_>> {
    let columns = chart.columns.min(chart.panels.len()).max(1);
    let rows = chart.panels.len().div_ceil(columns).max(1);
    let width = ((body.width() - GAP * (columns - 1) as f64) / columns as f64).max(40.0);
    // A row is as high as its panels want to be beside the other rows.
    let shares: Vec<f64> =
        chart.panels.chunks(columns).map(|row| row.iter().map(|panel| panel.share).fold(0.0, f64::max)).collect();
    let all_shares = shares.iter().sum::<f64>().max(1e-9);
    let heights: Vec<f64> =
        shares.iter().map(|share| ((body.height() - GAP * (rows - 1) as f64) * share / all_shares).max(40.0)).collect();
    let height_of = |i: usize| heights.get(i / columns).copied().unwrap_or(40.0);
    let top_of = |row: usize| body.top + heights.iter().take(row).map(|height| height + GAP).sum::<f64>();

    struct Draft<'a> {
        panel: &'a Panel,
        x: Scale,
        y: Scale,
        legend: Legend,
        legend_outside: bool,
        margins: Margins,
    }
    let mut drafts: Vec<Draft<'_>> = chart
        .panels
        .iter()
        .enumerate()
        .map(|(i, panel)| {
            let height = height_of(i);
            let (x, y) = panel.scales();
            let legend = Legend::of(panel).fit(width * 0.42, height * 0.9);
            Draft { panel, x, y, legend, legend_outside: false, margins: margins(panel, &x, &y, width, height) }
        })
        .collect();

    let has_corner = |(i, draft): (usize, &Draft<'_>)| {
        let Draft { panel, x, y, .. } = *draft;
        let plot = inside(width, height_of(i), draft.margins);
        let frame = Frame { plot, x, y, x_reversed: panel.x.reversed, y_reversed: panel.y.reversed };
        legend::free_corner(panel, &frame, &draft.legend).is_some()
    };
    // Where all panels say the same, one legend is enough: in the first panel that has room, else beside the last.
    if drafts.len() > 1 && drafts.iter().all(|draft| draft.legend.says(&drafts[0].legend)) {
        let keeper = drafts.iter().enumerate().position(has_corner).unwrap_or(drafts.len() - 1);
        for (_, draft) in drafts.iter_mut().enumerate().filter(|(i, _)| *i != keeper) {
            draft.legend = Legend::none();
        }
    }
    for (i, draft) in drafts.iter_mut().enumerate() {
        draft.legend_outside = !draft.legend.is_empty() && (draft.panel.legend_outside || !has_corner((i, draft)));
        if draft.legend_outside {
            let wide = draft.legend.width() + 14.0;
            // A picture too small for both keeps its curves.
            if width - draft.margins.left - draft.margins.right - wide < SMALLEST_PLOT {
                (draft.legend, draft.legend_outside) = (Legend::none(), false);
            } else {
                draft.margins.right += wide;
            }
        }
    }

    // Panels one above the other share their left and right edges, panels side by side their top and bottom.
    let shared = |i: usize| {
        let (row, column) = (i / columns, i % columns);
        let mut all = Margins::default();
        for (j, draft) in drafts.iter().enumerate() {
            if j % columns == column {
                all.left = all.left.max(draft.margins.left);
                all.right = all.right.max(draft.margins.right);
            }
            if j / columns == row {
                all.top = all.top.max(draft.margins.top);
                all.bottom = all.bottom.max(draft.margins.bottom);
            }
        }
        all
    };
    let all: Vec<Margins> = (0..drafts.len()).map(shared).collect();
    drafts
        .into_iter()
        .zip(all)
        .enumerate()
        .map(|(i, (draft, margins))| {
            let (row, column) = (i / columns, i % columns);
            let (dx, dy) = (body.left + column as f64 * (width + GAP), top_of(row));
            let mut plot = inside(width, height_of(i), margins);
            if draft.panel.square {
                plot = squared(plot, &draft.x, &draft.y);
            }
            plot = Area {
                left: (plot.left + dx).round() + 0.5,
                right: (plot.right + dx).round() + 0.5,
                top: (plot.top + dy).round() + 0.5,
                bottom: (plot.bottom + dy).round() + 0.5,
            };
            Placed {
                panel: draft.panel,
                plot,
                x_ticks: x_ticks(&draft.panel.x, &draft.x, plot.width()),
                y_ticks: y_ticks(draft.panel, &draft.y, plot.height()),
                x: draft.x,
                y: draft.y,
                legend: draft.legend,
                legend_outside: draft.legend_outside,
            }
        })
        .collect()
}

fn inside(width: f64, height: f64, margins: Margins) -> Area {
    // On a page too small for its labels the plot keeps a little room.
    let (left, top) = (margins.left.min(width * 0.6), margins.top.min(height * 0.4));
    Area {
        left,
        top,
        right: (width - margins.right).max(left + 20.0),
        bottom: (height - margins.bottom).max(top + 20.0),
    }
}

/// The largest part of an area in which one unit is as long on both axes; at its top, in the middle.
fn squared(plot: Area, x: &Scale, y: &Scale) -> Area {
    let unit = (plot.width() / (x.hi - x.lo)).min(plot.height() / (y.hi - y.lo));
    let (width, height) = (unit * (x.hi - x.lo), unit * (y.hi - y.lo));
    if !(width >= 1.0 && height >= 1.0) {
        return plot;
    }
    let left = plot.left + (plot.width() - width) / 2.0;
    Area { left, top: plot.top, right: left + width, bottom: plot.top + height }
}

fn margins(panel: &Panel, x: &Scale, y: &Scale, width: f64, height: f64) -> Margins {
    if panel.graph().is_some() {
        return Margins::default();
    }
    if panel.drawing().is_some() {
        return Margins { right: panel.bar.as_ref().map_or(0.0, bar_room), ..Margins::default() };
    }
    let x_ticks = x_ticks(&panel.x, x, (width - 70.0).max(40.0));
    let y_ticks = y_ticks(panel, y, (height - 60.0).max(40.0));
    let label = |axis: &Axis| if axis.label.is_empty() { 0.0 } else { LABEL_SIZE + 8.0 };
    let last = x_ticks.ticks.last().filter(|_| !x_ticks.lean);
    let overhang = last.map_or(0.0, |tick| font::width(&tick.label, TICK_SIZE, false) / 2.0 * x.unit(tick.value));
    let bar = panel.bar.as_ref().map_or(0.0, bar_room);
    Margins {
        left: y_ticks.room + label(&panel.y) + 2.0,
        top: if panel.title.is_empty() { 4.0 } else { PANEL_TITLE_SIZE + 10.0 },
        right: bar.max(overhang.min(30.0)) + 4.0,
        bottom: x_ticks.room + label(&panel.x) + 2.0,
    }
}

/// What a colour bar takes away from the width.
fn bar_room(bar: &ColourBar) -> f64 {
    let ticks = Scale::new(bar.lo, bar.hi, false).ticks(6, Notation::Print);
    let label = if bar.label.is_empty() { 0.0 } else { LABEL_SIZE + 8.0 };
    BAR_GAP + BAR_WIDTH + TICK_LENGTH + TICK_GAP + widest(&ticks) + label
}

fn draw_panel(scene: &mut Scene, placed: &Placed<'_>) {
    let Placed { panel, plot, .. } = placed;
    if let Some(graph) = panel.graph() {
        graph.draw(scene, plot);
        return;
    }
    if let Some(drawing) = panel.drawing() {
        drawing.draw(scene, plot);
        if let Some(bar) = &panel.bar {
            draw_bar(scene, plot, bar);
        }
        return;
    }
    let frame =
        Frame { plot: *plot, x: placed.x, y: placed.y, x_reversed: panel.x.reversed, y_reversed: panel.y.reversed };
    items::draw_zones(scene, panel, &frame);
    draw_grid(scene, placed, &frame);
    // A frame stands before what fills it, but marks stand before the axes that they touch.
    let filled = panel.items.iter().any(items::fills);
    if !filled {
        draw_axes(scene, placed, &frame, false);
    }
    items::draw(scene, panel, &frame);
    if filled {
        draw_axes(scene, placed, &frame, true);
    }
    if let Some(bar) = &panel.bar {
        draw_bar(scene, plot, bar);
    }
    if placed.legend_outside {
        let bar = if panel.bar.is_some() { BAR_GAP + BAR_WIDTH + 60.0 } else { 0.0 };
        placed.legend.draw(scene, (plot.right + 14.0 + bar, plot.top), false);
    } else if let Some(corner) = legend::free_corner(panel, &frame, &placed.legend) {
        placed.legend.draw(scene, corner, true);
    } else if !placed.legend.is_empty() {
        placed.legend.draw(scene, (plot.right - placed.legend.width() - 8.0, plot.top + 8.0), true);
    }
    if !panel.title.is_empty() {
        let text = font::fit(&panel.title, PANEL_TITLE_SIZE, true, plot.width());
        let at = (plot.left, plot.top - 5.0 - PANEL_TITLE_SIZE / 2.0);
        scene.text(Text::new(text, at, PANEL_TITLE_SIZE, INK).bold());
    }
}

fn draw_grid(scene: &mut Scene, placed: &Placed<'_>, frame: &Frame) {
    let (panel, plot) = (placed.panel, &placed.plot);
    let mut thin = Vec::new();
    if panel.x.grid {
        for tick in placed.x_ticks.ticks.iter().filter(|t| !t.label.is_empty()) {
            let x = frame.x_at(tick.value);
            thin.push(vec![(x, plot.top), (x, plot.bottom)]);
        }
    }
    if panel.y.grid {
        for tick in placed.y_ticks.ticks.iter().filter(|t| !t.label.is_empty()) {
            let y = frame.y_at(tick.value);
            thin.push(vec![(plot.left, y), (plot.right, y)]);
        }
    }
    scene.lines(thin, Stroke::solid(GRID, 1.0));
    let inside = |scale: &Scale| (0.0..=1.0).contains(&scale.unit(0.0));
    if panel.x.zero_line && inside(&placed.x) {
        let x = frame.x_at(0.0);
        scene.line((x, plot.top), (x, plot.bottom), Stroke::solid(ZERO_LINE, 1.0));
    }
    if panel.y.zero_line && inside(&placed.y) {
        let y = frame.y_at(0.0);
        scene.line((plot.left, y), (plot.right, y), Stroke::solid(ZERO_LINE, 1.0));
    }
}

fn draw_axes(scene: &mut Scene, placed: &Placed<'_>, frame: &Frame, all_sides: bool) {
    let (panel, plot) = (placed.panel, &placed.plot);
    let stroke = Stroke::solid(FRAME, 1.0);
    if all_sides {
        scene.rect(*plot, None, Some(stroke));
    } else {
        scene.lines(vec![vec![(plot.left, plot.top), (plot.left, plot.bottom), (plot.right, plot.bottom)]], stroke);
    }
    let mut marks = Vec::new();
    for tick in &placed.x_ticks.ticks {
        let x = frame.x_at(tick.value);
        let length = if tick.label.is_empty() { TICK_LENGTH * 0.5 } else { TICK_LENGTH };
        marks.push(vec![(x, plot.bottom), (x, plot.bottom + length)]);
    }
    for tick in &placed.y_ticks.ticks {
        let y = frame.y_at(tick.value);
        let length = if tick.label.is_empty() { TICK_LENGTH * 0.5 } else { TICK_LENGTH };
        marks.push(vec![(plot.left - length, y), (plot.left, y)]);
    }
    scene.lines(marks, stroke);
    for tick in &placed.x_ticks.ticks {
        let at = (frame.x_at(tick.value), plot.bottom + TICK_LENGTH + TICK_GAP + TICK_SIZE / 2.0);
        let text = Text::new(tick.label.as_str(), at, TICK_SIZE, SOFT_INK);
        scene.text(if placed.x_ticks.lean {
            text.anchor(Anchor::End).turn(-45.0)
        } else {
            text.anchor(Anchor::Middle)
        });
    }
    for tick in &placed.y_ticks.ticks {
        let at = (plot.left - TICK_LENGTH - TICK_GAP, frame.y_at(tick.value));
        scene.text(Text::new(tick.label.as_str(), at, TICK_SIZE, SOFT_INK).anchor(Anchor::End));
    }
    let (x, y) = (plot.left / 2.0 + plot.right / 2.0, plot.top / 2.0 + plot.bottom / 2.0);
    let label = font::fit(&panel.x.label, LABEL_SIZE, false, (scene.width - 2.0 * EDGE).min(plot.width() * 1.3));
    let below = plot.bottom + placed.x_ticks.room + 6.0 + LABEL_SIZE / 2.0;
    scene.text(Text::new(label, (x, below), LABEL_SIZE, INK).anchor(Anchor::Middle));
    let label = font::fit(&panel.y.label, LABEL_SIZE, false, (scene.height - 2.0 * EDGE).min(plot.height() * 1.2));
    let beside = plot.left - placed.y_ticks.room - 8.0 - LABEL_SIZE / 2.0;
    scene.text(Text::new(label, (beside, y), LABEL_SIZE, INK).anchor(Anchor::Middle).turn(-90.0));
}

fn draw_bar(scene: &mut Scene, plot: &Area, bar: &ColourBar) {
    let left = plot.right + BAR_GAP;
    let area = Area { left, right: left + BAR_WIDTH, ..*plot };
    let step = area.height() / bar.bands.len().max(1) as f64;
    for (i, colour) in bar.bands.iter().enumerate() {
        let bottom = area.bottom - i as f64 * step;
        // A hair taller than its band, so that no line of white shows between two.
        let top = if i + 1 < bar.bands.len() { bottom - step - 0.5 } else { area.top };
        scene.rect(Area { top, bottom, ..area }, Some(*colour), None);
    }
    scene.rect(area, None, Some(Stroke::solid(FRAME, 1.0)));
    let scale = Scale::new(bar.lo, bar.hi, false);
    let ticks = scale.ticks(6, Notation::Print);
    for tick in &ticks {
        let y = area.bottom - scale.unit(tick.value) * area.height();
        scene.line((area.right, y), (area.right + TICK_LENGTH, y), Stroke::solid(FRAME, 1.0));
        scene.text(Text::new(tick.label.as_str(), (area.right + TICK_LENGTH + TICK_GAP, y), TICK_SIZE, SOFT_INK));
    }
    let label = font::fit(&bar.label, LABEL_SIZE, false, plot.height());
    let x = area.right + TICK_LENGTH + TICK_GAP + widest(&ticks) + 8.0 + LABEL_SIZE / 2.0;
    let at = (x, plot.top / 2.0 + plot.bottom / 2.0);
    scene.text(Text::new(label, at, LABEL_SIZE, INK).anchor(Anchor::Middle).turn(-90.0));
}
