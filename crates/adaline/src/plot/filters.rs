//! The filters of a convolution: what each of them looks for.

use super::chart::{Chart, Item, Panel};
use super::drawing::{Block, Drawing};
use super::font;
use super::raster::{Raster, Shades};
use super::scale::{Notation, short};
use super::scene::{Anchor, Area, Scene, Shape, Stroke, Text};
use super::style::{Colour, Dash, FRAME, INK, Mark, SOFT_INK, WHITE, ZERO_LINE};
use super::words::clean;

/// Filters that are shown; the others are counted.
const MOST: usize = 64;
/// Up to so many channels stand side by side; of more the mean is shown.
const SIDE_BY_SIDE: usize = 4;
/// About as wide is the picture.
const WIDTH: f64 = 700.0;
const LABEL: f64 = 11.0;

/// The filters of a convolution as small images, or as small curves where it goes along a sequence.
///
/// The weights of one filter for each of its input channels stand side by side; with more than four channels their mean
/// is shown instead. All filters share one scale around zero.
///
/// ```
/// use adaline::plot::FilterPicture;
/// // Two filters of 3 × 3 over one channel: a vertical edge and a horizontal one.
/// let weights = [-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0, -1.0, -2.0, -1.0, 0.0, 0.0, 0.0, 1.0, 2.0, 1.0];
/// let chart = FilterPicture::images(2, 1, (3, 3), &weights).title("Sobel").chart();
/// assert!(chart.to_svg().contains("2 filters of 3 × 3 over 1 channel"));
/// ```
#[derive(Debug, Clone)]
pub struct FilterPicture {
    title: String,
    filters: usize,
    channels: usize,
    height: usize,
    width: usize,
    is_sequence: bool,
    weights: Vec<f64>,
}

impl FilterPicture {
    /// Filters over images: how many, over how many channels each, their height and width, and the weights in PyTorch's
    /// order (filter × channel × row × column). Missing weights are taken as unknown.
    pub fn images(filters: usize, channels: usize, kernel: (usize, usize), weights: &[f64]) -> Self {
        FilterPicture {
            title: "Filters".to_owned(),
            filters,
            channels: channels.max(1),
            height: kernel.0.max(1),
            width: kernel.1.max(1),
            is_sequence: false,
            weights: weights.to_vec(),
        }
    }

    /// Filters over sequences: as [`FilterPicture::images`], with a kernel of so many steps.
    pub fn sequences(filters: usize, channels: usize, steps: usize, weights: &[f64]) -> Self {
        FilterPicture { is_sequence: true, ..FilterPicture::images(filters, channels, (1, steps), weights) }
    }

    /// The title.
    pub fn title(mut self, title: impl AsRef<str>) -> Self {
        self.title = clean(title.as_ref());
        self
    }

    /// Whether the mean over the channels is shown.
    fn is_mean(&self) -> bool {
        self.channels > SIDE_BY_SIDE
    }

    /// What is shown of one filter: one plane a channel, or their mean.
    fn planes(&self, filter: usize) -> Vec<Vec<f64>> {
        let area = self.height * self.width;
        let weight = |channel: usize, at: usize| {
            self.weights.get((filter * self.channels + channel) * area + at).copied().unwrap_or(f64::NAN)
        };
        if self.is_mean() {
            let mean = |at: usize| (0..self.channels).map(|c| weight(c, at)).sum::<f64>() / self.channels as f64;
            return vec![(0..area).map(mean).collect()];
        }
        (0..self.channels).map(|channel| (0..area).map(|at| weight(channel, at)).collect()).collect()
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let shown: Vec<Vec<Vec<f64>>> = (0..self.filters.min(MOST)).map(|filter| self.planes(filter)).collect();
        let all: Vec<f64> = shown.iter().flatten().flatten().copied().collect();
        let shades = Shades::signed(&all);
        let mut drawing = if self.is_sequence { self.curves(&shown, shades) } else { self.grid(&shown, shades) };
        let subtitle = self.subtitle(shown.len());
        let (lo, hi) = shades.ends();
        let letters: String = super::raster::LETTERS.iter().collect();
        let (low, high) = (short(lo, Notation::Plain), short(hi, Notation::Plain));
        drawing.blocks.push(Block { lines: vec![format!("weight: {low} [{letters}] {high}")], images: Vec::new() });
        drawing.width = drawing.width.max(360.0).max(font::width(&subtitle, 12.0, false).min(WIDTH));
        let (width, height) = (drawing.width, drawing.height.max(96.0));
        let mut panel = Panel::new("", "").item(Item::Drawing(drawing));
        let mut bar_room = 0.0;
        if !self.is_sequence {
            panel.bar = Some(shades.bar("weight"));
            bar_room = 92.0;
        }
        let description = format!(
            "The weights of a convolution: {}. They lie between {} and {}.",
            self.subtitle(shown.len()),
            short(lo, Notation::Print),
            short(hi, Notation::Print)
        );
        let chart = Chart::new(&self.title).subtitle(subtitle).description(description).panel(panel);
        chart.size(width + bar_room + 28.0, height + 67.0)
    }

    fn subtitle(&self, shown: usize) -> String {
        let plural = |n: usize, word: &str| if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") };
        let size =
            if self.is_sequence { plural(self.width, "step") } else { format!("{} × {}", self.height, self.width) };
        let mut text =
            format!("{} of {size} over {}", plural(self.filters, "filter"), plural(self.channels, "channel"));
        if self.is_mean() {
            text.push_str(", the mean over the channels");
        } else if self.channels > 1 && !self.is_sequence {
            text.push_str(", side by side");
        }
        if shown < self.filters {
            text.push_str(&format!("; the first {shown} are shown"));
        }
        text.push_str(if self.is_sequence { "; one scale for all" } else { "; a minus marks what is below zero" });
        text
    }

    /// How many stand in a row, so that the rows are about as long as each other.
    fn per_row(count: usize, each: f64, gap: f64) -> usize {
        let most = (((WIDTH + gap) / (each + gap)).floor() as usize).max(1);
        count.div_ceil(count.div_ceil(most).max(1)).max(1)
    }

    fn grid(&self, shown: &[Vec<Vec<f64>>], shades: Shades) -> Drawing {
        const BETWEEN: f64 = 4.0;
        let side = self.height.max(self.width) as f64;
        let cell = (66.0 / side).clamp(3.0, 22.0).floor();
        let (width, height) = (self.width as f64 * cell, self.height as f64 * cell);
        let planes = shown.first().map_or(1, Vec::len) as f64;
        let each = planes * width + (planes - 1.0) * BETWEEN;
        let (gap, label) = (if planes > 1.0 { 24.0 } else { 16.0 }, LABEL + 6.0);
        let per_row = Self::per_row(shown.len(), each, gap);
        let mut drawing = Drawing::default();
        let mut block = Block::default();
        for (filter, planes) in shown.iter().enumerate() {
            let left = (filter % per_row) as f64 * (each + gap);
            let top = (filter / per_row) as f64 * (label + height + 12.0);
            let name = (filter + 1).to_string();
            let at = (left + each / 2.0, top + LABEL / 2.0);
            drawing.shapes.push(Shape::Begin(format!("filter {name}")));
            drawing.shapes.push(Shape::Text(Text::new(name.as_str(), at, LABEL, SOFT_INK).anchor(Anchor::Middle)));
            for (number, plane) in planes.iter().enumerate() {
                let left = left + number as f64 * (width + BETWEEN);
                let area = Area { left, top: top + label, right: left + width, bottom: top + label + height };
                let raster = Raster::new(plane, self.width, shades);
                drawing.shapes.extend(raster.shapes(area));
                drawing.shapes.push(frame(area));
                block.images.push((if number == 0 { name.clone() } else { String::new() }, raster));
            }
            drawing.shapes.push(Shape::End);
            drawing.width = drawing.width.max(left + each);
            drawing.height = drawing.height.max(top + label + height + 2.0);
        }
        drawing.blocks.push(block);
        drawing
    }

    fn curves(&self, shown: &[Vec<Vec<f64>>], shades: Shades) -> Drawing {
        let (width, height) = ((self.width as f64 * 14.0).clamp(84.0, 200.0), 62.0);
        const GAP: f64 = 18.0;
        /// Room for the numbers of the scale.
        const LEFT: f64 = 52.0;
        let label = LABEL + 6.0;
        let per_row = Self::per_row(shown.len(), width, GAP);
        let (lo, hi) = shades.ends();
        let mut scene = Scene::empty();
        let mut drawing = Drawing::default();
        let mut block = Block::default();
        for (filter, planes) in shown.iter().enumerate() {
            let left = LEFT + (filter % per_row) as f64 * (width + GAP);
            let top = (filter / per_row) as f64 * (label + height + 14.0);
            let area = Area { left, top: top + label, right: left + width, bottom: top + label + height };
            let name = (filter + 1).to_string();
            scene.shapes.push(Shape::Begin(format!("filter {name}")));
            let at = (left + width / 2.0, top + LABEL / 2.0);
            scene.text(Text::new(name.as_str(), at, LABEL, SOFT_INK).anchor(Anchor::Middle));
            let middle = area.top / 2.0 + area.bottom / 2.0;
            scene.line((area.left, middle), (area.right, middle), Stroke::solid(ZERO_LINE, 1.0));
            scene.shapes.push(frame(area));
            if filter % per_row == 0 {
                for (value, y) in [(hi, area.top + 6.0), (0.0, middle), (lo, area.bottom - 6.0)] {
                    let text = Text::new(three_digits(value), (area.left - 6.0, y), LABEL, SOFT_INK);
                    scene.text(text.anchor(Anchor::End));
                }
            }
            for (number, plane) in planes.iter().enumerate() {
                let place = |(step, weight): (usize, &f64)| {
                    let x = area.left + (step as f64 + 0.5) / self.width as f64 * width;
                    (x, middle - weight / hi * (height / 2.0 - 5.0))
                };
                let points: Vec<(f64, f64)> = plane.iter().enumerate().map(place).collect();
                let colour = Colour::of(number);
                let stroke = Stroke { colour, width: 1.6, dash: Dash::of(number) };
                scene.lines(area.clip_lines(points.iter().copied()), stroke);
                if self.width <= 16 {
                    for point in points.into_iter().filter(|p| p.1.is_finite()) {
                        scene.mark(Mark::of(number), point, 2.6, colour, false, Some(Stroke::solid(WHITE, 0.6)));
                    }
                }
                block.images.push((if number == 0 { name.clone() } else { String::new() }, {
                    Raster::new(plane, self.width, shades)
                }));
            }
            scene.shapes.push(Shape::End);
            drawing.width = drawing.width.max(area.right + 1.0);
            drawing.height = drawing.height.max(area.bottom + 2.0);
        }
        let channels = shown.first().map_or(1, Vec::len);
        if channels > 1 {
            let y = drawing.height + 16.0;
            for channel in 0..channels {
                let x = LEFT + channel as f64 * 130.0;
                let stroke = Stroke { colour: Colour::of(channel), width: 1.6, dash: Dash::of(channel) };
                scene.line((x, y), (x + 30.0, y), stroke);
                scene.mark(Mark::of(channel), (x + 15.0, y), 3.2, Colour::of(channel), false, None);
                scene.text(Text::new(format!("channel {}", channel + 1), (x + 37.0, y), LABEL, INK));
            }
            drawing.width = drawing.width.max(LEFT + channels as f64 * 130.0);
            drawing.height = y + 10.0;
        }
        drawing.shapes = scene.shapes;
        drawing.blocks.push(block);
        drawing
    }
}

fn three_digits(value: f64) -> String {
    short(format!("{value:.2e}").parse().unwrap_or(value), Notation::Print)
}

fn frame(area: Area) -> Shape {
    let (corner, size) = ((area.left, area.top), (area.width(), area.height()));
    let stroke = Some(Stroke::solid(FRAME.mix(WHITE, 0.3), 0.8));
    Shape::Rect { corner, size, radius: 0.0, fill: None, opacity: 1.0, stroke }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_channels_stand_side_by_side_and_of_many_the_mean() {
        let two = FilterPicture::images(1, 2, (1, 2), &[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(two.planes(0), [[1.0, 2.0], [3.0, 4.0]]);
        let weights: Vec<f64> = (0..10).map(f64::from).collect();
        let five = FilterPicture::images(1, 5, (1, 2), &weights);
        assert_eq!(five.planes(0), [[4.0, 5.0]]);
        assert!(five.chart().to_svg().contains("the mean over the channels"));
    }

    #[test]
    fn too_many_filters_are_counted() {
        let svg = FilterPicture::images(100, 1, (3, 3), &vec![0.5; 900]).chart().to_svg();
        assert!(svg.contains("100 filters") && svg.contains("the first 64 are shown"));
        assert!(svg.contains("filter 64<") && !svg.contains("filter 65<"));
    }

    #[test]
    fn rows_are_balanced() {
        assert_eq!(FilterPicture::per_row(16, 66.0, 16.0), 8);
        assert_eq!(FilterPicture::per_row(1, 66.0, 16.0), 1);
        assert_eq!(FilterPicture::per_row(0, 66.0, 16.0), 1);
        assert_eq!(FilterPicture::per_row(3, 5000.0, 16.0), 1);
    }
}
