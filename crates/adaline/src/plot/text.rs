//! A chart as letters: lines in braille dots, marks as letters, areas as shades. No colours and no escape sequences, so
//! that it can be piped, pasted and read aloud.

use super::canvas::Canvas;
use super::chart::{Axis, Cells, Chart, Item, Panel};
use super::items::Frame;
use super::legend::{Key, Legend};
use super::scale::{Notation, Scale, Tick, short};
use super::style::Dash;
use super::words::{self, columns};

const NARROWEST: usize = 20;
const WIDEST: usize = 1000;
const HIGHEST: usize = 500;

/// The chart in so many columns and rows.
pub(super) fn write(chart: &Chart, width: usize, height: usize) -> String {
    let (width, height) = (width.clamp(NARROWEST, WIDEST), height.min(HIGHEST));
    let mut lines = Vec::new();
    for text in [&chart.title, &chart.subtitle] {
        if !text.is_empty() {
            lines.push(words::fit(text, width));
        }
    }
    // Panels stand side by side, as in a picture, where each has room.
    let beside = if width / chart.columns.max(1) >= 36 { chart.columns.min(chart.panels.len()).max(1) } else { 1 };
    let rows = || chart.panels.chunks(beside);
    let share = |row: &[Panel]| row.iter().map(|panel| panel.share).fold(0.0, f64::max);
    let unit = height.saturating_sub(lines.len()) as f64 / rows().map(share).sum::<f64>().max(1e-9);
    const GAP: usize = 3;
    let room = (width - GAP * (beside - 1)) / beside;
    for row in rows() {
        let each = (unit * share(row) + 1e-6) as usize;
        let blocks: Vec<Vec<String>> = row.iter().map(|panel| panel_lines(panel, room, each)).collect();
        for i in 0..blocks.iter().map(Vec::len).max().unwrap_or(0) {
            let mut line = String::new();
            for (column, block) in blocks.iter().enumerate() {
                let start = column * (room + GAP);
                line.push_str(&" ".repeat(start.saturating_sub(columns(&line))));
                line.push_str(block.get(i).map_or("", String::as_str));
            }
            lines.push(line);
        }
    }
    let mut out = String::new();
    for line in lines {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn panel_lines(panel: &Panel, width: usize, height: usize) -> Vec<String> {
    if let Some(graph) = panel.graph() {
        return graph.lines.iter().take(height.max(5)).map(|line| words::fit(line, width)).collect();
    }
    if let Some(drawing) = panel.drawing() {
        return drawing.lines(width, height.max(5));
    }
    let mut lines = Vec::new();
    let cells = panel.items.iter().find_map(|item| if let Item::Cells(cells) = item { Some(cells) } else { None });
    match cells {
        Some(cells) => write_cells(&mut lines, panel, cells, width),
        None => write_panel(&mut lines, panel, width, height),
    }
    lines
}

fn write_panel(lines: &mut Vec<String>, panel: &Panel, width: usize, height: usize) {
    let (x, y) = panel.scales();
    let letters = Letters::of(panel);
    let legend = legend_lines(panel, &letters, width);
    if !panel.title.is_empty() {
        lines.push(words::fit(&panel.title, width));
    }
    let around = usize::from(!panel.title.is_empty()) + usize::from(!panel.y.label.is_empty()) + 2;
    let around = around + usize::from(!panel.x.label.is_empty()) + legend.len();
    let rows = height.saturating_sub(around).max(5);

    // Where one unit is as long on both axes their ticks are alike too.
    let apart = if panel.square { 5 } else { 3 };
    let y_ticks = ticks(&panel.y, &y, (rows / apart).max(2), width / 3);
    let left = y_ticks.iter().map(|tick| columns(&tick.label)).max().unwrap_or(0);
    let inner = width.saturating_sub(left + 1).max(8);
    let mut cells = inner;
    if panel.square {
        // A letter is about twice as high as it is wide.
        let unit = (inner as f64 / (x.hi - x.lo)).min(2.0 * rows as f64 / (y.hi - y.lo));
        cells = ((unit * (x.hi - x.lo)).round() as usize).clamp(8, inner);
    }
    let mut canvas = Canvas::new(cells, rows);
    let frame = Frame { plot: canvas.area(), x, y, x_reversed: panel.x.reversed, y_reversed: panel.y.reversed };
    canvas.draw(panel, &frame, &letters.0);

    if !panel.y.label.is_empty() {
        let label = words::fit(&panel.y.label, width);
        let indent = (left + 1).saturating_sub(columns(&label) / 2).min(width - columns(&label));
        lines.push(format!("{:indent$}{label}", ""));
    }
    let mut labels: Vec<&str> = vec![""; rows];
    for tick in &y_ticks {
        if let Some(label) = labels.get_mut(canvas.row_of(frame.y_at(tick.value))) {
            *label = &tick.label;
        }
    }
    for (row, label) in labels.iter().enumerate() {
        let pad = left - columns(label);
        let axis = if label.is_empty() { '│' } else { '┤' };
        lines.push(format!("{:pad$}{label}{axis}{}", "", canvas.row(row)));
    }
    let x_ticks = ticks(&panel.x, &x, (cells / 10).max(2), 16);
    let columns_of_ticks: Vec<usize> = x_ticks.iter().map(|tick| canvas.column_of(frame.x_at(tick.value))).collect();
    let rule = (0..cells).map(|c| if columns_of_ticks.contains(&c) { '┬' } else { '─' });
    lines.push(format!("{:left$}└{}", "", rule.collect::<String>()));
    lines.push(label_line(&x_ticks, &columns_of_ticks, left + 1, width));
    if !panel.x.label.is_empty() {
        let label = words::fit(&panel.x.label, width);
        let indent = (left + 1 + cells / 2).saturating_sub(columns(&label) / 2).min(width - columns(&label));
        lines.push(format!("{:indent$}{label}", ""));
    }
    lines.extend(legend);
}

fn ticks(axis: &Axis, scale: &Scale, target: usize, longest: usize) -> Vec<Tick> {
    let named = |(i, name): (usize, &String)| Tick { value: i as f64, label: words::fit(name, longest) };
    let mut ticks = match axis.names.is_empty() {
        true => scale.ticks(target, Notation::Plain),
        false => axis.names.iter().enumerate().map(named).collect(),
    };
    let whole_only = axis.whole && !axis.log;
    ticks.retain(|tick| !tick.label.is_empty() && (!whole_only || tick.value.fract() == 0.0));
    if whole_only {
        super::ticks::without_decimals(&mut ticks);
    }
    ticks
}

/// The labels below their ticks; one that would touch its neighbour is left out.
fn label_line(ticks: &[Tick], at: &[usize], offset: usize, width: usize) -> String {
    let mut line = String::new();
    let mut used = 0;
    for (tick, column) in ticks.iter().zip(at) {
        let long = columns(&tick.label);
        let start = (offset + column).saturating_sub(long / 2).min(width.saturating_sub(long));
        if start < used + usize::from(used > 0) {
            continue;
        }
        line.push_str(&" ".repeat(start - used));
        line.push_str(&tick.label);
        used = start + long;
    }
    line
}

/// The letter that stands on each line of a panel with several lines.
struct Letters(Vec<Option<char>>);

impl Letters {
    fn of(panel: &Panel) -> Self {
        let named = |item: &Item| matches!(item, Item::Line(line) if !line.name.is_empty());
        if panel.items.iter().filter(|item| named(item)).count() < 2 {
            return Letters(vec![None; panel.items.len()]);
        }
        // A letter that names an axis would be read as that.
        let is_label = |letter: &char| [&panel.x.label, &panel.y.label].iter().any(|label| label.chars().eq([*letter]));
        let mut next = ('a'..='z').chain('A'..='Z').filter(|letter| !is_label(letter));
        Letters(panel.items.iter().map(|item| if named(item) { next.next() } else { None }).collect())
    }
}

/// The legend, as many entries on a line as there is room for.
fn legend_lines(panel: &Panel, letters: &Letters, width: usize) -> Vec<String> {
    let mut entries = Vec::new();
    let named = |item: &&Item| match item {
        Item::Line(line) => !line.name.is_empty(),
        Item::Points(points) => !points.name.is_empty(),
        Item::MarkX { name, .. } => !name.is_empty(),
        _ => false,
    };
    let letters = panel.items.iter().zip(&letters.0).filter(|(item, _)| named(item));
    // In the legend's order: data first.
    let (data, lines): (Vec<_>, Vec<_>) = letters.partition(|(item, _)| matches!(item, Item::Points(_)));
    let letters = data.into_iter().chain(lines).map(|(_, letter)| *letter);
    for (entry, letter) in Legend::of(panel).entries.iter().zip(letters) {
        let key = match &entry.key {
            Key::Line { dash, .. } => {
                let line = match dash {
                    Dash::Solid => "──",
                    Dash::Dashed => "╌╌",
                    Dash::Dotted => "··",
                    Dash::DashDot => "─·",
                };
                letter.map_or_else(|| line.to_owned(), |letter| format!("{letter} {line}"))
            }
            Key::Mark { mark, hollow, zone, .. } => {
                let mark = mark.letter(*hollow);
                zone.map_or_else(|| mark.to_string(), |(_, shade)| format!("{shade}{mark}{shade}"))
            }
            Key::Nothing => String::new(),
        };
        entries.push(format!("{key} {}", entry.name));
    }
    if let Some(bar) = panel.bar.as_ref().filter(|bar| !bar.shades.is_empty()) {
        let shades: String = bar.shades.iter().collect();
        let (lo, hi) = (short(bar.lo, Notation::Plain), short(bar.hi, Notation::Plain));
        entries.push(format!("{}: {lo} [{shades}] {hi}", bar.label));
    }
    let mut lines: Vec<String> = Vec::new();
    for entry in entries {
        let entry = words::fit(&entry, width);
        match lines.last_mut() {
            Some(line) if columns(line) + 3 + columns(&entry) <= width => {
                line.push_str("   ");
                line.push_str(&entry);
            }
            _ => lines.push(entry),
        }
    }
    lines
}

/// A table of counts: with names above the columns where they fit, else with numbers, else as shades alone.
fn write_cells(lines: &mut Vec<String>, panel: &Panel, cells: &Cells, width: usize) {
    let k = cells.columns;
    let rows = k.checked_sub(1).map_or(0, |_| cells.cells.len() / k);
    let digits = cells.cells.iter().map(|(_, text)| columns(text)).max().unwrap_or(1);
    let longest = |names: &[String], most: usize| names.iter().map(|name| columns(name).min(most)).max().unwrap_or(0);
    let corner = format!("{} ↓  {} →", panel.y.label, panel.x.label);
    lines.push(words::fit(&corner, width));

    let name_room = longest(&panel.y.names, (width / 3).max(6));
    let named: Vec<usize> = panel.x.names.iter().map(|name| columns(name).min(14).max(digits) + 2).collect();
    let number_room = k.to_string().len();
    let numbered = digits.max(number_room) + 1;
    let with_numbers = name_room + number_room + 1;
    let right = |text: &str, room: usize| {
        let text = words::fit(text, room);
        format!("{:pad$}{text}", "", pad = room - columns(&text).min(room))
    };
    let left = |text: &str, room: usize| {
        let text = words::fit(text, room);
        format!("{text}{:pad$}", "", pad = room - columns(&text).min(room))
    };
    let name = |row: usize| panel.y.names.get(row).map_or("", String::as_str);
    let count = |row: usize, column: usize| match cells.cells.get(row * k + column) {
        Some((_, text)) if text == "0" => "·",
        Some((_, text)) => text,
        None => "",
    };
    if name_room + named.iter().sum::<usize>() <= width {
        let header = panel.x.names.iter().zip(&named).map(|(name, room)| right(&words::fit(name, room - 2), *room));
        lines.push(left("", name_room) + &header.collect::<String>());
        for row in 0..rows {
            let counts = named.iter().enumerate().map(|(column, room)| right(count(row, column), *room));
            lines.push(left(name(row), name_room) + &counts.collect::<String>());
        }
    } else if with_numbers + numbered * k <= width {
        let header = (1..=k).map(|column| right(&column.to_string(), numbered));
        lines.push(left("", with_numbers) + &header.collect::<String>());
        for row in 0..rows {
            let counts = (0..k).map(|column| right(count(row, column), numbered));
            let name = format!("{} {}", left(name(row), name_room), right(&(row + 1).to_string(), number_room));
            lines.push(name + &counts.collect::<String>());
        }
    } else {
        let room = name_room.min(width.saturating_sub(k + 1));
        for row in 0..rows {
            let shades = (0..k.min(width)).map(|column| {
                let part = cells.cells.get(row * k + column).map_or(0.0, |(part, _)| *part);
                match part {
                    p if p <= 0.0 => '·',
                    p if p < 0.25 => '░',
                    p if p < 0.5 => '▒',
                    p if p < 0.75 => '▓',
                    _ => '█',
                }
            });
            let gap = usize::from(room > 0);
            lines.push(format!("{}{:gap$}{}", left(name(row), room), "", shades.collect::<String>()));
        }
        lines.push(words::fit("share of the row: · none  ░ below 1/4  ▒ 1/2  ▓ 3/4  █ to 1", width));
    }
}
