//! The plane of the two weights of a neuron: which of them work.

use super::chart::{Chart, Item, Line, Panel, Points};
use super::gate::{across, shown};
use super::scale::{Notation, short};
use super::style::{Colour, Dash, INK, Mark, WHITE};
use super::words::clean;
use crate::Neuron;
use crate::gate::{HalfPlane, WeightRegion};

/// The weights with which a neuron of two inputs keeps a truth table at a given bias: the border of every row's demand,
/// the region that works, and neurons in it or beside it.
///
/// ```
/// use adaline::{Gate, Neuron, plot::WeightPicture};
/// # fn main() -> adaline::Result<()> {
/// let region = Gate::And.table().weight_region(-0.6)?;
/// let chart = WeightPicture::new("AND", &region).neuron("by hand", &Neuron::step([0.4, 0.4], -0.6)).chart();
/// assert!(chart.to_svg().contains("row 1 1: w₁ + w₂ &gt; 0.6"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct WeightPicture {
    name: String,
    region: WeightRegion,
    neurons: Vec<(String, [f64; 2])>,
}

impl WeightPicture {
    /// The region of a function by name.
    pub fn new(name: impl AsRef<str>, region: &WeightRegion) -> Self {
        WeightPicture { name: clean(name.as_ref()), region: region.clone(), neurons: Vec::new() }
    }

    /// Marks a neuron. One with another bias of the same sign is scaled to the region's bias, which leaves its line where
    /// it is; one that cannot be scaled so, or has not two weights, has no place in this plane and is left out.
    pub fn neuron(mut self, name: impl AsRef<str>, neuron: &Neuron) -> Self {
        let bias = self.region.bias();
        let factor = if neuron.bias == bias { 1.0 } else { bias / neuron.bias };
        if let ([w1, w2], true) = (neuron.weights.as_slice(), factor.is_finite() && factor > 0.0) {
            self.neurons.push((clean(name.as_ref()), [w1 * factor, w2 * factor]));
        }
        self
    }

    /// From where to where both axes go: around the borders, wider where a neuron lies a little further out.
    fn window(&self) -> [f64; 2] {
        let bias = self.region.bias();
        let unit = if bias.abs() > 1e-100 && bias.abs() < 1e100 { bias.abs() } else { 0.5 };
        let (mut low, mut high) = if bias > 0.0 { (-2.0 * unit, unit) } else { (-unit, 2.0 * unit) };
        let weights = self.neurons.iter().flat_map(|(_, w)| *w).filter(|w| w.abs() < 20.0 * unit);
        for w in weights {
            (low, high) = (low.min(w * 1.1), high.max(w * 1.1));
        }
        [low, high]
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let [low, high] = self.window();
        let mut panel = Panel::new("w₁", "w₂")
            .x(|axis| axis.range(low, high).zero_line())
            .y(|axis| axis.range(low, high).zero_line())
            .square();
        panel.legend_outside = true;
        let green = Colour::of(2).mix(WHITE, 0.72);
        let corners: Vec<(f64, f64)> =
            self.region.polygon([low, high], [low, high]).into_iter().map(|[x, y]| (x, y)).collect();
        let seen = corners.len() > 2;
        if seen {
            panel = panel.item(Item::Zone { corners, colour: green, shade: '░' });
        }
        let dashes = [Dash::Dashed, Dash::DashDot, Dash::Dotted];
        let borders = self.region.half_planes().iter().filter(|half_plane| half_plane.factors() != [0.0, 0.0]);
        for (i, half_plane) in borders.enumerate() {
            let [a, b] = half_plane.factors();
            let points = across(&[a, b, half_plane.bias], (low + high) / 2.0, high - low);
            let colour = [INK, Colour::of(0), Colour::of(3)][i % 3];
            panel = panel.line(Line::new(demand(half_plane), points).colour(colour).dash(dashes[i % 3]).width(1.8));
        }
        // Two neurons on one place are both seen: the first is small and drawn last.
        for (i, (name, [w1, w2])) in self.neurons.iter().enumerate().rev() {
            let works = self.region.contains(*w1, *w2);
            let name = format!("{name} ({}, {}){}", print(*w1), print(*w2), if works { "" } else { ": fails" });
            let mark = [Mark::Circle, Mark::Diamond, Mark::Square, Mark::TriangleDown][i % 4];
            let points = Points::new(name, [(*w1, *w2)]).mark(mark).colour(if works { INK } else { Colour::of(1) });
            let points = points.radius(5.0 + 4.0 * i.min(4) as f64);
            let points = if i == 0 { points } else { points.hollow() };
            panel = panel.points(points.zone(if works { green } else { WHITE }, if works { '░' } else { ' ' }));
        }
        let bias = print(self.region.bias());
        let mut subtitle = if self.region.is_empty() {
            format!("No weights work with bias {bias}")
        } else if seen {
            format!("Bias {bias}: any weights in the shaded region work")
        } else {
            format!("Bias {bias}: the weights that work lie outside this picture")
        };
        let about_bias = self.region.half_planes().iter().find(|half_plane| half_plane.factors() == [0.0, 0.0]);
        if let Some(half_plane) = about_bias.filter(|half_plane| !half_plane.contains(0.0, 0.0)) {
            let sign = if half_plane.is_open() { "above 0" } else { "at most 0" };
            subtitle.push_str(&format!("; row 0 0 needs a bias {sign}"));
        }
        let demands: Vec<String> = self.region.half_planes().iter().map(demand).collect();
        let description = format!(
            "The plane of the weights w₁ and w₂ of {} with bias {bias}. {}. Demands: {}.",
            shown(&self.name),
            subtitle,
            demands.join("; ")
        );
        Chart::new(format!("Weights of {}", shown(&self.name)))
            .subtitle(subtitle)
            .description(description)
            .panel(panel)
            .size(680.0, 460.0)
    }
}

fn print(value: f64) -> String {
    short(value, Notation::Print)
}

/// `row 0 1: w₂ ≤ 0.6`
fn demand(half_plane: &HalfPlane) -> String {
    let row: Vec<String> =
        half_plane.row.input.iter().map(|x| if f64::from(*x) > 0.5 { "1" } else { "0" }.to_owned()).collect();
    let sign = if half_plane.is_open() { ">" } else { "≤" };
    let (left, right) = match half_plane.factors() {
        [0.0, 0.0] => ("b", 0.0),
        [_, 0.0] => ("w₁", -half_plane.bias),
        [0.0, _] => ("w₂", -half_plane.bias),
        _ => ("w₁ + w₂", -half_plane.bias),
    };
    format!("row {}: {left} {sign} {}", row.join(" "), print(right + 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Gate;

    #[test]
    fn every_row_says_what_it_demands() {
        let region = Gate::And.table().weight_region(-0.6).unwrap();
        let demands: Vec<String> = region.half_planes().iter().map(demand).collect();
        assert_eq!(demands, ["row 0 0: b ≤ 0", "row 0 1: w₂ ≤ 0.6", "row 1 0: w₁ ≤ 0.6", "row 1 1: w₁ + w₂ > 0.6"]);
    }

    #[test]
    fn a_neuron_with_another_bias_is_scaled() {
        let region = Gate::And.table().weight_region(-0.6).unwrap();
        let best = Gate::And.table().largest_margin().unwrap().unwrap();
        let picture = WeightPicture::new("AND", &region).neuron("largest margin", &best);
        let [w1, w2] = picture.neurons[0].1;
        assert!((w1 - 0.4).abs() < 1e-12 && (w2 - 0.4).abs() < 1e-12);
        let other = picture.neuron("no", &Neuron::step([1.0, 1.0], 1.0)).neuron("no", &Neuron::step([1.0], -0.6));
        assert_eq!(other.neurons.len(), 1);
    }

    #[test]
    fn what_does_not_work_is_said() {
        let region = Gate::Xor.table().weight_region(-0.5).unwrap();
        let chart = WeightPicture::new("XOR", &region).neuron("try", &Neuron::step([1.0, 1.0], -0.5)).chart();
        assert!(chart.subtitle.contains("No weights work") && chart.to_svg().contains("fails"));
        let wrong = Gate::And.table().weight_region(0.5).unwrap();
        assert!(WeightPicture::new("AND", &wrong).chart().subtitle.ends_with("row 0 0 needs a bias at most 0"));
    }
}
