//! A neuron that learns a gate: its line after every step, from light to dark, and the errors of every epoch.

use super::chart::{Chart, Item, Line, Panel};
use super::gate;
use super::style::{Colour, Dash, INK, Mark, WHITE};
use super::words::clean;

/// The way of a neuron's line over the four points of a gate.
///
/// ```
/// use adaline::plot::LearningPicture;
/// let steps = [[0.1, -0.2, 0.0], [0.6, -0.2, -0.5], [1.1, 0.3, -1.0]];
/// let chart = LearningPicture::new("AND", [false, false, false, true], &steps).errors("wrong rows", &[2.0, 1.0]).chart();
/// assert!(chart.to_svg().contains("after 2 steps: 1.1·x₁ + 0.3·x₂ − 1 = 0"));
/// ```
#[derive(Debug, Clone)]
pub struct LearningPicture {
    name: String,
    inputs: [String; 2],
    outputs: [bool; 4],
    steps: Vec<[f64; 3]>,
    errors: Option<(String, Vec<f64>)>,
}

/// So many lines can still be followed.
const MOST_LINES: usize = 10;

impl LearningPicture {
    /// A gate by name, what it should give for 00, 01, 10 and 11, and w₁, w₂ and the bias before the first step and after
    /// each one.
    pub fn new(name: impl AsRef<str>, outputs: [bool; 4], steps: &[[f64; 3]]) -> Self {
        let name = clean(name.as_ref());
        LearningPicture { name, inputs: gate::input_names(), outputs, steps: steps.to_vec(), errors: None }
    }

    /// The names of the inputs, x₁ and x₂ unless said otherwise.
    pub fn inputs(mut self, first: impl AsRef<str>, second: impl AsRef<str>) -> Self {
        self.inputs = [clean(first.as_ref()), clean(second.as_ref())];
        self
    }

    /// A number for every epoch, from epoch 1, in a panel of its own: the wrong rows, the squared error.
    pub fn errors(mut self, name: impl AsRef<str>, errors: &[f64]) -> Self {
        self.errors = Some((clean(name.as_ref()), errors.to_vec()));
        self
    }

    /// The steps that are drawn: those that changed something, of many an even choice with the first and the last.
    fn drawn(&self) -> Vec<usize> {
        let changed = |i: &usize| *i == 0 || self.steps.get(i - 1) != self.steps.get(*i);
        let all: Vec<usize> = (0..self.steps.len()).filter(changed).collect();
        let last = all.len().saturating_sub(1);
        if all.len() <= MOST_LINES {
            return all;
        }
        (0..MOST_LINES).filter_map(|i| all.get(i * last / (MOST_LINES - 1)).copied()).collect()
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let mut panel = gate::plane(&self.inputs);
        if let Some(last) = self.steps.last() {
            panel = panel.item(Item::Zone { corners: gate::fires(last), colour: gate::shade(), shade: '░' });
        }
        let drawn = self.drawn();
        let count = self.steps.len().saturating_sub(1);
        for (i, step) in drawn.iter().enumerate() {
            let Some(weights) = self.steps.get(*step) else { continue };
            let is_last = i + 1 == drawn.len();
            let (name, dash, width) = match i {
                _ if is_last && i > 0 => (format!("after {}", times(count)), Dash::Solid, 2.6),
                0 => ("start".to_owned(), Dash::Dotted, 2.2),
                1 => ("on the way, light to dark".to_owned(), Dash::Dashed, 1.3),
                _ => (String::new(), Dash::Dashed, 1.3),
            };
            let part = (i as f64 + 1.0) / drawn.len() as f64;
            let colour = if i == 0 { Colour::of(3) } else { INK.mix(WHITE, 0.72 * (1.0 - part)) };
            panel = panel.line(Line::new(name, gate::line(weights)).colour(colour).dash(dash).width(width));
        }
        panel = gate::rows(panel, self.outputs);
        let name = gate::shown(&self.name);
        let description = format!(
            "The line of a neuron that learns {name}: {} drawn of {}. The region where it fires at the end is shaded.",
            if drawn.len() == 1 { "1 line".to_owned() } else { format!("{} lines", drawn.len()) },
            times(count),
        );
        let mut chart = Chart::new(format!("A neuron learns {name}")).description(description);
        let equation = |[a, b, c]: &[f64; 3]| gate::equation(*a, *b, *c, &self.inputs);
        if let (Some(first), Some(last)) = (self.steps.first(), self.steps.last()) {
            let subtitle = format!("start: {}; after {}: {}", equation(first), times(count), equation(last));
            chart = chart.subtitle(subtitle);
        }
        chart = chart.panel(panel).size(720.0, 430.0);
        if let Some((name, errors)) = &self.errors {
            let points = errors.iter().enumerate().map(|(i, error)| (i as f64 + 1.0, *error));
            let line = Line::new("", points).mark(Mark::Circle);
            let last = errors.len() as f64;
            let whole = errors.iter().all(|error| error.fract() == 0.0);
            let errors = Panel::new("epoch", name)
                .x(|axis| if last > 1.0 { axis.range(1.0, last).whole() } else { axis.range(0.0, 2.0).whole() })
                .y(|axis| if whole { axis.include(0.0).whole() } else { axis.include(0.0) });
            // Wide enough that the square plane is as high as its neighbour.
            chart = chart.panel(errors.line(line)).columns(2).size(1240.0, 430.0);
        }
        chart
    }
}

fn times(steps: usize) -> String {
    if steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_steps_the_first_and_the_last_are_drawn() {
        let steps: Vec<[f64; 3]> = (0..100).map(|i| [f64::from(i / 2), 1.0, -0.5]).collect();
        let picture = LearningPicture::new("x", [false; 4], &steps);
        let drawn = picture.drawn();
        assert_eq!((drawn.len(), drawn[0], drawn[MOST_LINES - 1]), (MOST_LINES, 0, 98));
        assert!(picture.chart().to_svg().contains("after 99 steps: 49·x₁ + x₂ − 0.5 = 0"));
        assert!(LearningPicture::new("x", [false; 4], &[]).errors("e", &[]).chart().to_svg().len() > 100);
    }
}
