//! One example on its way through a network: what comes out of each layer, and how much it is.

use super::chart::{Chart, Item, Panel};
use super::drawing::{Block, Drawing};
use super::font;
use super::raster::{Raster, Shades, shrink};
use super::scale::{Notation, short};
use super::scene::{Anchor, Area, Scene, Shape, Stroke, Text};
use super::style::{Colour, FRAME, GRID, INK, SOFT_INK, WHITE, ZERO_LINE};
use super::words::clean;
use crate::Shape as Form;
use crate::network::thousands as grouped;

/// Maps of a layer that are shown; the others are counted.
const MOST_MAPS: usize = 16;
/// Units of a flat layer that are shown.
const MOST_UNITS: usize = 160;
/// Classes that are shown.
const MOST_CLASSES: usize = 10;
/// No image is drawn with more cells a side: more are not seen.
const MOST_CELLS: usize = 56;
/// The side of the largest map, and the smallest that a map is drawn with.
const LARGEST: f64 = 76.0;
const SMALLEST: f64 = 34.0;
/// Where captions end and pictures begin and end.
const CAPTION: f64 = 236.0;
const LEFT: f64 = 266.0;
const WIDTH: f64 = 660.0;
const GAP: f64 = 7.0;
/// Between two layers.
const ROW_GAP: f64 = 22.0;
const HEAD: f64 = 12.5;
const SMALL: f64 = 11.5;

/// One example going through a network, layer by layer: the example, the feature maps of every layer with its shape and
/// how many values go in and come out, and the probabilities of the classes at the end.
///
/// Each layer has its own scale, from its lowest value (dark) to its highest (light), or from 0 where nothing is below.
///
/// ```
/// use adaline::{Shape, plot::FeaturePicture};
/// let image = Shape::Image { channels: 1, height: 2, width: 2 };
/// let chart = FeaturePicture::new(image, &[0.0, 1.0, 1.0, 0.0])
///     .layer("flatten", Shape::Flat(4), &[0.0, 1.0, 1.0, 0.0])
///     .layer("dense 2", Shape::Flat(2), &[1.5, -0.5])
///     .classes(&["yes", "no"], &[0.88, 0.12], Some(0))
///     .chart();
/// assert!(chart.to_svg().contains("4 → 2 values"));
/// ```
#[derive(Debug, Clone)]
pub struct FeaturePicture {
    title: String,
    stages: Vec<Stage>,
    classes: Vec<(String, f64)>,
    truth: Option<usize>,
}

/// What goes into the network, or comes out of a layer.
#[derive(Debug, Clone)]
struct Stage {
    name: String,
    form: Form,
    values: Vec<f64>,
    /// How many steps of a sequence are its own; the others are padding.
    own: Option<usize>,
}

impl FeaturePicture {
    /// The example that goes in: its shape and its values. Missing values are taken as unknown.
    pub fn new(form: Form, values: &[f64]) -> Self {
        let input = Stage { name: "input".to_owned(), form, values: values.to_vec(), own: None };
        FeaturePicture {
            title: "What each layer sees".to_owned(),
            stages: vec![input],
            classes: Vec::new(),
            truth: None,
        }
    }

    /// The next layer: its name, the shape behind it, and what comes out.
    pub fn layer(mut self, name: impl AsRef<str>, form: Form, values: &[f64]) -> Self {
        self.stages.push(Stage { name: clean(name.as_ref()), form, values: values.to_vec(), own: None });
        self
    }

    /// How many steps of the last sequence that was given are its own, where it is shorter than others; the rest is padding
    /// and stays grey.
    pub fn own_steps(mut self, own: usize) -> Self {
        if let Some(stage) = self.stages.last_mut() {
            stage.own = Some(own);
        }
        self
    }

    /// The classes by name, their probabilities, and the number of the true one where it is known.
    pub fn classes(mut self, names: &[impl AsRef<str>], probabilities: &[f64], truth: Option<usize>) -> Self {
        self.classes = names.iter().map(|name| clean(name.as_ref())).zip(probabilities.iter().copied()).collect();
        self.truth = truth;
        self
    }

    /// The title.
    pub fn title(mut self, title: impl AsRef<str>) -> Self {
        self.title = clean(title.as_ref());
        self
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let mut page = Page { scene: Scene::empty(), blocks: Vec::new(), y: 8.0 };
        let largest = self.stages.iter().map(|stage| stage.form.len()).max().unwrap_or(1).max(1) as f64;
        let side = self.stages.iter().map(|stage| plane(stage.form).map_or(0, |(h, w)| h.max(w))).max().unwrap_or(0);
        let zoom = LARGEST / side.max(1) as f64;
        for (number, stage) in self.stages.iter().enumerate() {
            let before = number.checked_sub(1).and_then(|i| self.stages.get(i));
            let drawn = stage.draw(before, zoom);
            let head = if number == 0 { stage.name.clone() } else { format!("{number}. {}", stage.name) };
            let mut notes = vec![match before {
                None => stage.form.to_string(),
                Some(before) => format!("{} → {}", before.form, stage.form),
            }];
            notes.push(match before {
                None => format!("{} values", grouped(stage.form.len())),
                Some(before) => format!("{} → {} values", grouped(before.form.len()), grouped(stage.form.len())),
            });
            let share = stage.form.len() as f64 / largest;
            page.row(&head, &notes, Some(share), drawn);
        }
        if !self.classes.is_empty() {
            page.row("probabilities", &[], None, self.draw_classes());
        }
        let (from, to) = (self.stages.first(), self.stages.last());
        let flow = match (from, to) {
            (Some(from), Some(to)) => format!("{} → {} values", grouped(from.form.len()), grouped(to.form.len())),
            _ => String::new(),
        };
        let subtitle = format!("{flow}; every layer is shaded from its lowest value, dark, to its highest, light");
        let steps: Vec<String> = self.stages.iter().map(|stage| format!("{} ({})", stage.name, stage.form)).collect();
        let mut description = format!("One example on its way through a network: {}.", steps.join(", "));
        if let Some((name, p)) = self.classes.iter().max_by(|a, b| a.1.total_cmp(&b.1)) {
            description.push_str(&format!(" The likeliest class is {name} with {}.", share_text(*p)));
        }
        let height = page.y.max(60.0);
        let drawing = Drawing { width: LEFT + WIDTH, height, shapes: page.scene.shapes, blocks: page.blocks };
        let panel = Panel::new("", "").item(Item::Drawing(drawing));
        let chart = Chart::new(&self.title).subtitle(subtitle).description(description).panel(panel);
        chart.size(LEFT + WIDTH + 28.0, height + 67.0)
    }

    /// Bars of the classes, the likeliest ones where there are many.
    fn draw_classes(&self) -> Drawn {
        const ROW: f64 = 18.0;
        let width = |(name, _): &(String, f64)| font::width(name, SMALL, true);
        let name_room = self.classes.iter().map(width).fold(0.0, f64::max).clamp(12.0, 140.0);
        const BAR: f64 = 330.0;
        let mut shown: Vec<usize> = (0..self.classes.len()).collect();
        let p =
            |i: usize| self.classes.get(i).map_or(0.0, |(_, p)| if p.is_finite() { p.clamp(0.0, 1.0) } else { 0.0 });
        if shown.len() > MOST_CLASSES {
            shown.sort_by(|a, b| p(*b).total_cmp(&p(*a)));
            shown.truncate(MOST_CLASSES);
        }
        let best = shown.iter().copied().fold(None, |best: Option<usize>, i| match best {
            Some(best) if p(best) >= p(i) => Some(best),
            _ => Some(i),
        });
        let mut scene = Scene::empty();
        let mut block = Block::default();
        for (row, &class) in shown.iter().enumerate() {
            let Some((name, exact)) = self.classes.get(class) else { continue };
            let y = (row as f64 + 0.5) * ROW;
            let is_best = best == Some(class);
            let text =
                Text::new(font::fit(name, SMALL, is_best, name_room), (name_room, y), SMALL, INK).anchor(Anchor::End);
            scene.text(if is_best { text.bold() } else { text });
            let colour = if is_best { Colour::of(0) } else { Colour::of(0).mix(WHITE, 0.5) };
            let end = name_room + 8.0 + (p(class) * BAR).max(1.0);
            let area = Area { left: name_room + 8.0, right: end, top: y - 6.0, bottom: y + 6.0 };
            scene.rect(area, Some(colour), None);
            let mut words = share_text(*exact);
            if self.truth == Some(class) {
                words.push_str("  ← true class");
            }
            scene.text(Text::new(words.as_str(), (end + 6.0, y), SMALL, if is_best { INK } else { SOFT_INK }));
            let bar = "█".repeat((p(class) * 20.0).round() as usize);
            block.lines.push(format!("  {} {bar} {words}", super::words::fit(name, 16)));
        }
        let note = match self.classes.len() - shown.len() {
            0 => Vec::new(),
            _ => vec![format!("the {} likeliest of {} classes", shown.len(), grouped(self.classes.len()))],
        };
        Drawn { shapes: scene.shapes, height: shown.len() as f64 * ROW, note, block }
    }
}

/// A picture of one layer, from its own top left corner.
struct Drawn {
    shapes: Vec<Shape>,
    height: f64,
    /// What the caption has to add.
    note: Vec<String>,
    block: Block,
}

/// The sheet that the rows are written on.
struct Page {
    scene: Scene,
    blocks: Vec<Block>,
    y: f64,
}

impl Page {
    /// One row: the caption at the left, a bar as long as the share of values, the picture at the right.
    fn row(&mut self, head: &str, notes: &[String], share: Option<f64>, drawn: Drawn) {
        if !self.blocks.is_empty() {
            let y = self.y - ROW_GAP / 2.0;
            self.scene.line((0.0, y), (LEFT + WIDTH, y), Stroke::solid(GRID, 1.0));
        }
        let top = self.y;
        let mut y = top + HEAD / 2.0;
        self.scene.text(Text::new(font::fit(head, HEAD, true, CAPTION), (0.0, y), HEAD, INK).bold());
        y += 17.0;
        for note in notes {
            self.scene.text(Text::new(font::fit(note, SMALL, false, CAPTION), (0.0, y), SMALL, INK));
            y += 15.5;
        }
        if let Some(share) = share {
            let area = |right: f64| Area { left: 0.0, right, top: y - 4.0, bottom: y + 2.0 };
            self.scene.rect(area(CAPTION), Some(GRID), None);
            self.scene.rect(area((share * CAPTION).max(1.5)), Some(Colour::of(0)), None);
            y += 13.0;
        }
        for note in &drawn.note {
            self.scene.text(Text::new(font::fit(note, SMALL, false, CAPTION), (0.0, y), SMALL, SOFT_INK));
            y += 14.5;
        }
        self.scene.shapes.extend(drawn.shapes.iter().map(|shape| shape.moved(1.0, (LEFT, top))));
        self.y = (y - 6.0).max(top + drawn.height) + ROW_GAP;
        let line = [&[head.to_owned()], notes].concat().join("   ");
        let Block { lines, images } = drawn.block;
        self.blocks.push(Block { lines: [vec![line], lines].concat(), images });
    }
}

/// Height and width of one map of a shape that has maps.
fn plane(form: Form) -> Option<(usize, usize)> {
    match form {
        Form::Image { height, width, .. } => Some((height, width)),
        _ => None,
    }
}

impl Stage {
    fn draw(&self, before: Option<&Stage>, zoom: f64) -> Drawn {
        let nothing = |note: &str| Drawn {
            shapes: Vec::new(),
            height: 0.0,
            note: vec![note.to_owned()],
            block: Block::default(),
        };
        if before.is_some_and(|before| before.values == self.values) {
            let same = before.is_some_and(|before| before.form == self.form);
            return nothing(if same { "the same values" } else { "the same values in a row" });
        }
        match self.form {
            Form::Image { channels, height, width } if height > 0 && width > 0 => {
                self.draw_maps(channels, height, width, zoom, before.is_none())
            }
            Form::Sequence { steps, features } if steps > 0 && features > 0 => self.draw_steps(steps, features),
            _ => self.draw_units(),
        }
    }

    /// What the shades reach from and to.
    fn range_note(shades: Shades) -> String {
        let (lo, hi) = shades.ends();
        format!("from {} to {}", short(rounded(lo), Notation::Print), short(rounded(hi), Notation::Print))
    }

    fn draw_maps(&self, channels: usize, height: usize, width: usize, zoom: f64, is_input: bool) -> Drawn {
        let is_photo = is_input && channels == 3;
        let shades = match is_input {
            true => Shades::grey(&self.values),
            false => Shades::rising(&self.values),
        };
        let area = height * width;
        let map = |channel: usize| {
            let values: Vec<f64> = (channel * area..(channel + 1) * area)
                .map(|i| self.values.get(i).copied().unwrap_or(f64::NAN))
                .collect();
            shrink(&values, width, MOST_CELLS)
        };
        let shown = if is_photo { 1 } else { channels.min(MOST_MAPS) };
        let (wide, high) = (width as f64 * zoom, height as f64 * zoom);
        let more = (SMALLEST / wide.max(high)).max(1.0);
        let (wide, high) = ((wide * more).max(3.0), (high * more).max(3.0));
        let per_row = (((WIDTH + GAP) / (wide + GAP)).floor() as usize).max(1);
        let per_row = shown.div_ceil(shown.div_ceil(per_row).max(1)).max(1);
        let mut drawn = Drawn { shapes: Vec::new(), height: 0.0, note: Vec::new(), block: Block::default() };
        for number in 0..shown {
            let left = (number % per_row) as f64 * (wide + GAP);
            let top = (number / per_row) as f64 * (high + GAP);
            let raster = if is_photo {
                let [(red, columns), (green, _), (blue, _)] = [map(0), map(1), map(2)];
                Raster::photo([&red, &green, &blue], columns)
            } else {
                let (values, columns) = map(number);
                Raster::new(&values, columns, shades)
            };
            drawn.push_raster(raster, Area { left, top, right: left + wide, bottom: top + high });
        }
        drawn.note.push(Self::range_note(shades));
        if !is_photo && channels > shown {
            drawn.note.push(format!("{shown} of {} maps shown", grouped(channels)));
        }
        drawn
    }

    /// A sequence as one image: a row for each feature, a column for each step.
    fn draw_steps(&self, steps: usize, features: usize) -> Drawn {
        let shown = features.min(64);
        let own = self.own.map_or(steps, |own| own.min(steps));
        let shades = Shades::rising(self.values.get(..own * features).unwrap_or(&self.values));
        let columns = steps.min(330);
        // Of very long sequences every so-manieth step.
        let step = |column: usize| column * steps / columns;
        let value = |i: usize| {
            let step = step(i % columns);
            let value = self.values.get(step * features + i / columns).filter(|_| step < own);
            value.copied().unwrap_or(f64::NAN)
        };
        let values: Vec<f64> = (0..shown * columns).map(value).collect();
        let wide = (WIDTH / columns as f64).min(12.0) * columns as f64;
        let high = (110.0 / shown as f64).clamp(2.0, 14.0) * shown as f64;
        let mut drawn = Drawn { shapes: Vec::new(), height: 0.0, note: Vec::new(), block: Block::default() };
        let area = Area { left: 0.0, top: 0.0, right: wide, bottom: high };
        drawn.push_raster(Raster::new(&values, columns, shades), area);
        let padded = (0..columns).filter(|column| step(*column) >= own).count();
        if padded > 0 {
            let left = wide * (columns - padded) as f64 / columns as f64;
            let stroke = Some(Stroke::solid(FRAME.mix(WHITE, 0.3), 0.8));
            let (corner, size) = ((left, 0.0), (wide - left, high));
            drawn.shapes.push(Shape::Rect { corner, size, radius: 0.0, fill: Some(GRID), opacity: 1.0, stroke });
        }
        drawn.note.push(Self::range_note(shades));
        if own < steps {
            drawn.note.push(format!("{own} of {steps} steps, the rest is padding"));
        }
        drawn.note.push("steps run to the right".to_owned());
        if shown < features {
            drawn.note.push(format!("{shown} of {} values a step shown", grouped(features)));
        }
        drawn
    }

    /// A row of numbers as bars that stand on zero.
    fn draw_units(&self) -> Drawn {
        const HEIGHT: f64 = 58.0;
        let shown = self.values.len().min(MOST_UNITS);
        let (lo, hi) = Shades::rising(self.values.get(..shown).unwrap_or(&[])).ends();
        let hi = hi.max(0.0);
        let span = if hi > lo { hi - lo } else { 1.0 };
        let span = if span.is_finite() { span } else { f64::MAX };
        let each = (WIDTH / shown.max(1) as f64).min(26.0);
        let gap = if each > 5.0 { each * 0.22 } else { 0.0 };
        let y = |value: f64| 1.0 + (hi - value) / span * (HEIGHT - 2.0);
        let mut scene = Scene::empty();
        let zero = y(0.0);
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for (unit, value) in self.values.iter().take(shown).enumerate().filter(|(_, value)| value.is_finite()) {
            let (left, right) = (unit as f64 * each + gap / 2.0, (unit + 1) as f64 * each - gap / 2.0);
            let corners = vec![(left, zero), (left, y(*value)), (right, y(*value)), (right, zero)];
            if *value > 0.0 {
                above.push(corners);
            } else if *value < 0.0 {
                below.push(corners);
            }
        }
        scene.polygons(above, Colour::of(0));
        scene.polygons(below, Colour::of(1));
        scene.line((0.0, zero), (each * shown as f64, zero), Stroke::solid(ZERO_LINE, 1.0));
        let range = Shades::Rising { lo, hi };
        let mut note = vec![Self::range_note(range)];
        if shown < self.values.len() {
            note.push(format!("{shown} of {} units shown", grouped(self.values.len())));
        }
        Drawn { shapes: scene.shapes, height: HEIGHT, note, block: Block::default() }
    }
}

impl Drawn {
    fn push_raster(&mut self, raster: Raster, area: Area) {
        self.shapes.extend(raster.shapes(area));
        let (corner, size) = ((area.left, area.top), (area.width(), area.height()));
        let stroke = Some(Stroke::solid(FRAME.mix(WHITE, 0.3), 0.8));
        self.shapes.push(Shape::Rect { corner, size, radius: 0.0, fill: None, opacity: 1.0, stroke });
        self.height = self.height.max(area.bottom);
        self.block.images.push((String::new(), raster));
    }
}

/// Three digits are enough for a caption.
fn rounded(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// A probability that is not quite certain never reads 0 or 1.
fn share_text(p: f64) -> String {
    match p {
        p if p > 0.999 && p < 1.0 => "above 0.999".to_owned(),
        p if p > 0.0 && p < 0.001 => "below 0.001".to_owned(),
        p => format!("{p:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_is_never_more_certain_than_it_is() {
        assert_eq!(
            [0.0, 0.0004, 0.25, 0.9999, 1.0].map(share_text),
            ["0.000", "below 0.001", "0.250", "above 0.999", "1.000"]
        );
    }

    #[test]
    fn every_layer_says_what_goes_in_and_comes_out() {
        let maps = Form::Image { channels: 20, height: 26, width: 26 };
        let image = Form::Image { channels: 1, height: 28, width: 28 };
        let pooled = Form::Image { channels: 20, height: 13, width: 13 };
        let picture = FeaturePicture::new(image, &vec![0.5; 784])
            .layer("conv 20 3x3 relu", maps, &vec![0.25; maps.len()])
            .layer("maxpool 2", pooled, &vec![0.25; pooled.len()])
            .layer("flatten", Form::Flat(3380), &vec![0.25; 3380]);
        let svg = picture.chart().to_svg();
        for text in ["20x26x26 → 20x13x13", "13,520 → 3,380 values", "16 of 20 maps shown", "the same values in a row"]
        {
            assert!(svg.contains(text), "{text}");
        }
    }

    #[test]
    fn padding_is_grey_and_counted() {
        let form = Form::Sequence { steps: 10, features: 2 };
        let values: Vec<f64> = (0..20).map(|i| if i < 12 { 5.0 + f64::from(i) } else { -99.0 }).collect();
        let padded = FeaturePicture::new(form, &values).own_steps(6).chart();
        let svg = padded.to_svg();
        assert!(svg.contains("6 of 10 steps, the rest is padding"));
        assert!(!svg.contains("−99"), "padding has no part in the scale");
        let whole = FeaturePicture::new(form, &values).own_steps(10).chart().to_svg();
        assert!(!whole.contains("of 10 steps") && whole.contains("−99"));
    }

    #[test]
    fn of_many_classes_the_likeliest_are_shown() {
        let names: Vec<String> = (0..30).map(|i| format!("class {i}")).collect();
        let p: Vec<f64> = (0..30).map(|i| if i == 17 { 0.71 } else { 0.01 }).collect();
        let chart = FeaturePicture::new(Form::Flat(1), &[1.0]).classes(&names, &p, Some(17)).chart();
        let svg = chart.to_svg();
        assert!(svg.contains("class 17") && !svg.contains("class 29") && svg.contains("0.710  ← true class"));
        assert!(svg.contains("the 10 likeliest of 30 classes"));
    }
}
