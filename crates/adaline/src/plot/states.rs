//! The state of a recurrent layer over a sequence: what it remembers, step by step.

use super::chart::{Axis, Chart, Item, Line, Panel};
use super::raster::{MINUS_ROOM, Raster, Shades};
use super::scale::{Notation, short};
use super::style::{Colour, Dash, Mark};
use super::words::clean;

/// Units that are shown; the others are counted.
const MOST_UNITS: usize = 64;
/// Values of a step that are drawn as lines; more are drawn as an image.
const MOST_LINES: usize = 4;

/// The hidden state of a recurrent layer over one sequence: a row for each unit, a column for each step, and above it what
/// went in.
///
/// ```
/// use adaline::plot::StatePicture;
/// // Two units over three steps: one keeps what it has seen, one forgets.
/// let chart = StatePicture::new(2, &[0.9, 0.9, 0.9, 0.4, 0.9, 0.1]).inputs(&["x"], &[1.0, 0.0, 0.0]).chart();
/// assert!(chart.to_svg().contains("2 units over 3 steps"));
/// ```
#[derive(Debug, Clone)]
pub struct StatePicture {
    title: String,
    what: String,
    units: usize,
    states: Vec<f64>,
    names: Vec<String>,
    inputs: Vec<f64>,
    steps: Vec<String>,
    /// The steps that there is room for, where the sequence has fewer.
    room: usize,
}

impl StatePicture {
    /// The states behind all steps, step by step, `units` a step.
    pub fn new(units: usize, states: &[f64]) -> Self {
        StatePicture {
            title: "State over the steps".to_owned(),
            what: "state".to_owned(),
            units: units.max(1),
            states: states.to_vec(),
            names: Vec::new(),
            inputs: Vec::new(),
            steps: Vec::new(),
            room: 0,
        }
    }

    /// What went in: the names of the values of a step, and the values step by step.
    pub fn inputs(mut self, names: &[impl AsRef<str>], values: &[f64]) -> Self {
        self.names = names.iter().map(|name| clean(name.as_ref())).collect();
        self.inputs = values.to_vec();
        self
    }

    /// What each step is called, where it has a name: the characters of a text.
    pub fn steps(mut self, names: &[impl AsRef<str>]) -> Self {
        self.steps = names.iter().map(|name| clean(name.as_ref())).collect();
        self
    }

    /// How many steps a sequence may have, where this one has fewer.
    pub fn of_steps(mut self, room: usize) -> Self {
        self.room = room;
        self
    }

    /// What the numbers are, where they are not the state: `memory`.
    pub fn what(mut self, what: impl AsRef<str>) -> Self {
        self.what = clean(what.as_ref());
        self
    }

    /// The title.
    pub fn title(mut self, title: impl AsRef<str>) -> Self {
        self.title = clean(title.as_ref());
        self
    }

    fn step_count(&self) -> usize {
        self.states.len() / self.units
    }

    /// Names of steps are shown only where each has one and they have room.
    fn named(&self) -> bool {
        let steps = self.step_count();
        steps > 0 && self.steps.len() == steps && steps <= 80
    }

    /// The number of the first step on the axis: names stand at 0, 1, 2, …
    fn first(&self) -> f64 {
        if self.named() { 0.0 } else { 1.0 }
    }

    fn x_axis(&self, axis: Axis) -> Axis {
        if self.named() {
            return axis.names(&self.steps).no_grid();
        }
        let steps = self.step_count().max(1) as f64;
        axis.range(0.5, steps + 0.5).whole().no_grid()
    }

    /// Rows of values over the steps, `width` a step in the list, as an image.
    fn image(&self, values: &[f64], width: usize, shown: usize, shades: Shades) -> Item {
        let steps = self.step_count();
        let value = |i: usize| values.get(i % steps.max(1) * width + i / steps.max(1)).copied().unwrap_or(f64::NAN);
        let rows: Vec<f64> = (0..shown * steps).map(value).collect();
        Item::Image { first: (self.first(), 1.0), raster: Raster::new(&rows, steps.max(1), shades) }
    }

    /// What went in: lines where it is little.
    fn input_panel(&self) -> Option<Panel> {
        let width = self.names.len();
        let steps = self.step_count();
        if width == 0 || self.inputs.len() < width || steps == 0 {
            return None;
        }
        if width > MOST_LINES {
            let shown = width.min(MOST_UNITS);
            let shades = Shades::rising(&self.inputs);
            let mut panel = Panel::new("", "input")
                .x(|axis| self.x_axis(axis))
                .y(|axis| axis.range(0.5, shown as f64 + 0.5).whole().reversed().no_grid())
                .item(self.image(&self.inputs, width, shown, shades));
            panel.bar = Some(shades.bar("input"));
            return Some(panel);
        }
        let label = if width == 1 { self.names.first().map_or("input", String::as_str) } else { "input" };
        let mut panel = Panel::new("", label).x(|axis| self.x_axis(axis));
        for (number, name) in self.names.iter().enumerate() {
            let points = self
                .inputs
                .chunks_exact(width)
                .take(steps)
                .enumerate()
                .map(|(step, row)| (step as f64 + self.first(), row.get(number).copied().unwrap_or(f64::NAN)));
            let name = if width == 1 { "" } else { name.as_str() };
            let line = Line::new(name, points).colour(Colour::of(number)).dash(Dash::of(number));
            panel = panel.line(if steps <= 60 { line.mark(Mark::of(number)) } else { line });
        }
        Some(panel)
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let steps = self.step_count();
        let shown = self.units.min(MOST_UNITS);
        let shades = Shades::signed(&self.states);
        let label = if self.named() { "" } else { "step" };
        let mut panel = Panel::new(label, "unit")
            .x(|axis| self.x_axis(axis))
            .y(|axis| axis.range(0.5, shown as f64 + 0.5).whole().reversed().no_grid());
        let tall = (shown as f64 * 16.0).clamp(120.0, 420.0);
        // Of the page's width about 700 pixels are the image's.
        let roomy = steps > 0 && (700.0 / steps as f64).min(0.85 * tall / shown as f64) >= MINUS_ROOM;
        let mut has_minus = false;
        if steps > 0 {
            let mut image = self.image(&self.states, self.units, shown, shades);
            if let Item::Image { raster, .. } = &mut image {
                has_minus = raster.keep_minus(roomy);
            }
            panel = panel.item(image);
        }
        panel.bar = Some(shades.bar(&self.what));
        panel.share = 2.2;
        let plural = |n: usize, word: &str| if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") };
        let over = if self.room > steps { format!("{steps} of {} steps", self.room) } else { plural(steps, "step") };
        let mut subtitle = format!("{} over {over}", plural(self.units, "unit"));
        if shown < self.units {
            subtitle.push_str(&format!("; the first {shown} are shown"));
        }
        subtitle.push_str("; zero is white");
        if has_minus {
            subtitle.push_str(", a minus marks what is below");
        }
        let (lo, hi) = shades.ends();
        let description = format!(
            "The {} of a recurrent layer, {} over {over}, between {} and {}.",
            self.what,
            plural(self.units, "unit"),
            short(lo, Notation::Print),
            short(hi, Notation::Print)
        );
        let mut chart = Chart::new(&self.title).subtitle(subtitle).description(description);
        let mut height = 130.0 + tall;
        if let Some(mut input) = self.input_panel() {
            height += 130.0;
            input.share = 1.0;
            panel.share = (tall / 110.0).max(1.0);
            chart = chart.panel(input);
        }
        chart.panel(panel).size(860.0, height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said_and_drawn(units: usize, steps: usize, sign: f64, inputs: bool) -> (bool, bool) {
        let values = vec![sign * 0.5; units * steps];
        let mut picture = StatePicture::new(units, &values);
        if inputs {
            picture = picture.inputs(&["x"], &vec![1.0; steps]);
        }
        let svg = picture.chart().to_svg();
        // Only the marks have this width of their own.
        let plain = StatePicture { states: vec![0.5; units * steps], ..picture }.chart().to_svg();
        let paths = |svg: &str| svg.matches("<path").count();
        (svg.contains("a minus marks what is below"), paths(&svg) > paths(&plain))
    }

    #[test]
    fn a_minus_is_promised_only_where_it_is_drawn() {
        for (units, steps) in
            [(1, 1), (3, 6), (8, 48), (16, 80), (40, 12), (44, 12), (48, 30), (50, 8), (64, 8), (128, 8)]
        {
            for inputs in [false, true] {
                let (said, drawn) = said_and_drawn(units, steps, -1.0, inputs);
                assert_eq!(said, drawn, "{units} units over {steps} steps");
            }
        }
        assert_eq!(said_and_drawn(3, 6, -1.0, true), (true, true));
        assert_eq!(said_and_drawn(64, 8, -1.0, true), (false, false));
        assert_eq!(said_and_drawn(3, 6, 1.0, true), (false, false), "nothing is below zero");
    }

    #[test]
    fn a_short_sequence_says_of_how_many_steps() {
        let chart = StatePicture::new(2, &[0.5; 12]).of_steps(10).chart();
        assert!(chart.to_svg().contains("2 units over 6 of 10 steps"));
        assert!(StatePicture::new(2, &[0.5; 12]).of_steps(6).chart().to_svg().contains("2 units over 6 steps"));
    }
}
