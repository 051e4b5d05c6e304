//! The curves of activations and of their derivatives.

use super::chart::{Chart, Line, Panel, Points};
use super::style::{Dash, series};
use crate::Activation;

/// The curves of one or several activations, from -5 to 5 unless said otherwise.
///
/// ```
/// use adaline::{Activation, plot::ActivationCurves};
/// let chart = ActivationCurves::new(&[Activation::Sigmoid, Activation::Tanh]).derivative(true).chart();
/// assert_eq!(chart.title(), "Activations: sigmoid, tanh");
/// ```
#[derive(Debug, Clone)]
pub struct ActivationCurves {
    activations: Vec<Activation>,
    from: f64,
    to: f64,
    derivative: bool,
}

/// So many lines differ by how they are broken.
const DASHES: usize = 4;

impl ActivationCurves {
    /// These activations. Softmax, which needs a vector, is drawn as the first of two outputs, softmax(x, 0).
    pub fn new(activations: &[Activation]) -> Self {
        ActivationCurves { activations: activations.to_vec(), from: -5.0, to: 5.0, derivative: false }
    }

    /// From where to where.
    pub fn range(mut self, from: f64, to: f64) -> Self {
        let scale = super::scale::Scale::new(from, to, false);
        (self.from, self.to) = (scale.lo, scale.hi);
        self
    }

    /// Whether the derivatives are drawn too, dashed.
    pub fn derivative(mut self, derivative: bool) -> Self {
        self.derivative = derivative;
        self
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let names: Vec<String> = self.activations.iter().map(|a| name(*a)).collect();
        let mut panel =
            Panel::new("x", "f(x)").x(|axis| axis.range(self.from, self.to).zero_line()).y(|axis| axis.zero_line());
        let several = self.activations.len() > 1;
        let by_dash = !self.derivative && self.activations.len() <= DASHES;
        let mut ends = Vec::new();
        for (i, (activation, name)) in self.activations.iter().zip(&names).enumerate() {
            let (colour, mark) = series(i);
            // Each line is a little thinner than the one below it, so that two on one place are both seen. A few lines
            // differ by their dashes; where dashes stand for derivatives, or there are too many lines, marks tell them apart.
            let width = if several { (2.8 - 0.3 * i as f64).max(if by_dash { 2.0 } else { 1.6 }) } else { 2.2 };
            let dash = if by_dash { Dash::of(i) } else { Dash::Solid };
            let draw = |name: &str, dash: Dash, f: &dyn Fn(f64) -> f64| {
                let line = Line::new(name, self.sample(*activation, f)).colour(colour).dash(dash).width(width);
                if several && !by_dash { line.mark(mark) } else { line }
            };
            panel = panel.line(draw(name, dash, &|x| value(*activation, x)));
            if self.derivative {
                let line = draw(&format!("{name}, derivative"), Dash::Dashed, &|x| slope(*activation, x));
                panel = panel.line(if several { line.width(1.8).hollow() } else { line });
            }
            if *activation == Activation::Step && self.from < 0.0 && self.to > 0.0 {
                let at_zero = value(*activation, 0.0);
                ends.push(Points::new("", [(0.0, at_zero)]).colour(colour).radius(4.2));
                ends.push(Points::new("", [(0.0, 1.0 - at_zero)]).colour(colour).radius(4.2).hollow());
            }
        }
        panel = ends.into_iter().fold(panel, Panel::points);
        let title = match names.len() {
            1 => names.concat(),
            2..=4 => format!("Activations: {}", names.join(", ")),
            _ => "Activations".to_owned(),
        };
        let with = if self.derivative { ", with derivatives (dashed)" } else { "" };
        let description = format!("Curves of {}{with}, for x from {} to {}.", names.join(", "), self.from, self.to);
        Chart::new(title).description(description).panel(panel)
    }

    /// Enough points for a smooth curve, with a break at every kink so that a jump is not drawn as a slope.
    fn sample(&self, activation: Activation, f: &dyn Fn(f64) -> f64) -> Vec<(f64, f64)> {
        const POINTS: usize = 400;
        let span = self.to - self.from;
        let mut cuts = vec![self.from];
        cuts.extend(kinks(activation).iter().filter(|x| **x > self.from && **x < self.to));
        cuts.push(self.to);
        let mut points = Vec::with_capacity(POINTS + 8);
        for piece in cuts.windows(2) {
            let (from, to) = (piece[0], piece[1]);
            let nudge = (to - from) * 1e-9;
            let count = ((to - from) / span * POINTS as f64).ceil().max(2.0) as usize;
            let inside = |x: f64| x.clamp(from + nudge, to - nudge);
            if !points.is_empty() {
                points.push((from, f64::NAN));
            }
            points.extend((0..=count).map(|i| from + (to - from) * i as f64 / count as f64).map(|x| (x, f(inside(x)))));
        }
        points
    }
}

fn name(activation: Activation) -> String {
    match activation {
        Activation::Softmax => "softmax(x, 0)".to_owned(),
        other => other.to_string(),
    }
}

fn value(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Softmax => Activation::Sigmoid.value(x),
        other => other.value(x),
    }
}

fn slope(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Softmax => Activation::Sigmoid.slope(x),
        other => other.slope(x),
    }
}

/// Where an activation or its derivative jumps.
fn kinks(activation: Activation) -> &'static [f64] {
    match activation {
        Activation::Step
        | Activation::Relu
        | Activation::LeakyRelu { .. }
        | Activation::Elu { .. }
        | Activation::Selu => &[0.0],
        Activation::HardSigmoid => &[-3.0, 3.0],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::chart::Item;

    fn lines(chart: &Chart) -> Vec<&Line> {
        let items = chart.panels[0].items.iter();
        items.filter_map(|item| if let Item::Line(line) = item { Some(line) } else { None }).collect()
    }

    #[test]
    fn the_step_is_broken_where_it_jumps() {
        let chart = ActivationCurves::new(&[Activation::Step]).chart();
        let points = &lines(&chart)[0].points;
        let jump = points.windows(2).filter(|pair| (pair[0].1 - pair[1].1).abs() > 0.5).count();
        assert_eq!(jump, 0, "no two neighbours jump");
        assert_eq!(points.iter().filter(|p| p.1.is_nan()).count(), 1);
        let ends: Vec<_> = chart.panels[0].items.iter().filter(|item| matches!(item, Item::Points(_))).collect();
        assert_eq!(ends.len(), 2);
    }

    #[test]
    fn curves_differ_without_colour() {
        let all: Vec<Activation> = Activation::all().take(6).collect();
        for count in 2..=6 {
            for derivative in [false, true] {
                let chart = ActivationCurves::new(&all[..count]).derivative(derivative).chart();
                let looks: Vec<_> = lines(&chart).iter().map(|line| (line.dash, line.mark, line.hollow)).collect();
                for (i, look) in looks.iter().enumerate() {
                    assert!(!looks[..i].contains(look), "{count} {derivative}: {looks:?}");
                }
            }
        }
    }

    #[test]
    fn curves_go_through_known_values() {
        let chart = ActivationCurves::new(&[Activation::Sigmoid]).derivative(true).chart();
        let lines = lines(&chart);
        let at = |line: &Line, x: f64| {
            line.points.iter().min_by(|a, b| (a.0 - x).abs().total_cmp(&(b.0 - x).abs())).map_or(f64::NAN, |p| p.1)
        };
        assert!((at(lines[0], 3.0) - 0.9525741268224334).abs() < 1e-6);
        assert!((at(lines[1], 0.0) - 0.25).abs() < 1e-6);
        assert_eq!((lines[0].dash, lines[1].dash), (Dash::Solid, Dash::Dashed));
    }
}
