//! A gate of two inputs: its four rows as points, the lines of its neurons, and where it gives 1.

use super::chart::{Chart, Item, Line, Panel, Points};
use super::scale::{Notation, short};
use super::scene::cut;
use super::style::{Colour, Dash, INK, Mark, WHITE};
use super::words::clean;
use crate::Gate;

/// The side of the plane: both axes go from here…
const LOW: f64 = -0.5;
/// …to here.
const HIGH: f64 = 1.5;

/// The picture of a gate of two inputs.
///
/// ```
/// use adaline::plot::GatePicture;
/// // AND: fires where 0.4·a + 0.4·b − 0.6 is above zero.
/// let chart = GatePicture::new("and", [false, false, false, true]).line(0.4, 0.4, -0.6).chart();
/// assert!(chart.to_svg().contains("0.4·x₁ + 0.4·x₂ − 0.6 = 0"));
/// ```
#[derive(Debug, Clone)]
pub struct GatePicture {
    name: String,
    inputs: [String; 2],
    outputs: [bool; 4],
    lines: Vec<[f64; 3]>,
    zones: Option<Vec<Zone>>,
}

type Zone = Vec<(f64, f64)>;

impl GatePicture {
    /// A gate by name, and what it should give for 00, 01, 10 and 11 (first input first).
    pub fn new(name: impl AsRef<str>, outputs: [bool; 4]) -> Self {
        let name = clean(name.as_ref());
        GatePicture { name, inputs: input_names(), outputs, lines: Vec::new(), zones: None }
    }

    /// The names of the inputs, x₁ and x₂ unless said otherwise.
    pub fn inputs(mut self, first: impl AsRef<str>, second: impl AsRef<str>) -> Self {
        self.inputs = [clean(first.as_ref()), clean(second.as_ref())];
        self
    }

    /// The line of a neuron: where w₁·x₁ + w₂·x₂ + bias is zero. The zone of the first line alone is shaded, unless
    /// [`GatePicture::output`] says more.
    pub fn line(mut self, w1: f64, w2: f64, bias: f64) -> Self {
        self.lines.push([w1, w2, bias]);
        self
    }

    /// What the whole gate gives at any place, above 0.5 for 1. It must be constant between the lines given so far, as
    /// a network of step neurons is whose first layer these lines are; it is asked once in every part of the plane.
    pub fn output(mut self, output: impl Fn(f64, f64) -> f64) -> Self {
        let ones = self.parts().into_iter().filter(|part| {
            let (x, y) = middle(part);
            output(x, y) > 0.5
        });
        self.zones = Some(ones.collect());
        self
    }

    /// The convex parts into which the lines cut the plane.
    fn parts(&self) -> Vec<Zone> {
        let mut parts = vec![square()];
        for [a, b, c] in self.lines.iter().filter(|line| is_line(line)).take(40) {
            parts = parts
                .iter()
                .flat_map(|part| [cut(part, *a, *b, *c), cut(part, -a, -b, -c)])
                .filter(|part| part.len() > 2 && size(part) > 1e-9)
                .collect();
        }
        parts
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let zones = self.zones.clone().unwrap_or_else(|| self.lines.first().map(fires).into_iter().collect());
        let mut panel = plane(&self.inputs);
        let right = |x: f64, y: f64| zones.iter().any(|zone| holds(zone, x, y));
        for zone in &zones {
            panel = panel.item(Item::Zone { corners: zone.clone(), colour: shade(), shade: '░' });
        }
        for (i, line) in self.lines.iter().enumerate() {
            let points = self::line(line);
            let [a, b, c] = *line;
            panel = panel.line(Line::new(equation(a, b, c, &self.inputs), points).colour(INK).dash(dash(i)).width(1.8));
        }
        panel = self::rows(panel, self.outputs);
        let rows = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)];
        let has_answer = self.zones.is_some() || self.lines.iter().any(|line| line.iter().all(|v| v.is_finite()));
        let wrong: Vec<(f64, f64)> = rows
            .into_iter()
            .zip(self.outputs)
            .filter(|((x, y), wanted)| has_answer && right(*x, *y) != *wanted)
            .map(|(row, _)| row)
            .collect();
        let mut description = format!(
            "{} in the plane of its two inputs. Rows 00, 01, 10, 11 give {}.",
            title(&self.name),
            self.outputs.map(|o| if o { "1" } else { "0" }).join(", ")
        );
        if !wrong.is_empty() {
            let count = wrong.len();
            panel = panel.points(Points::new("wrong side", wrong).mark(Mark::Cross).colour(INK).radius(4.5));
            description.push_str(&format!(" {count} of the four points lie on the wrong side."));
        }
        Chart::new(title(&self.name)).description(description).panel(panel).size(640.0, 430.0)
    }
}

/// x₁ and x₂.
pub(super) fn input_names() -> [String; 2] {
    ["x₁", "x₂"].map(str::to_owned)
}

/// The gates are written large, as in textbooks; other functions as they were given.
pub(super) fn shown(name: &str) -> String {
    name.parse::<Gate>().map_or_else(|_| name.to_owned(), |gate| gate.name().to_uppercase())
}

/// `Gate AND`, `Function a and not b`.
fn title(name: &str) -> String {
    let kind = if name.parse::<Gate>().is_ok() { "Gate" } else { "Function" };
    format!("{kind} {}", shown(name))
}

fn square() -> Zone {
    vec![(LOW, LOW), (HIGH, LOW), (HIGH, HIGH), (LOW, HIGH)]
}

fn is_line(line: &[f64; 3]) -> bool {
    line.iter().all(|v| v.is_finite()) && (line[0] != 0.0 || line[1] != 0.0)
}

/// Two points far outside a square picture with this middle and side, between which the line lies; none where there is
/// no line.
pub(super) fn across(line: &[f64; 3], middle: f64, side: f64) -> Vec<(f64, f64)> {
    if !is_line(line) {
        return Vec::new();
    }
    // In units of the larger weight, so that no square of a huge or tiny one is needed.
    let unit = line[0].abs().max(line[1].abs());
    let (a, b, c) = (line[0] / unit, line[1] / unit, line[2] / unit);
    let norm = a * a + b * b;
    // The foot of the middle of the picture, so that both points are beyond its edges.
    let off = (a * middle + b * middle + c) / norm;
    let (x, y) = (middle - a * off, middle - b * off);
    let points = [-2.0 * side, 2.0 * side].map(|t| (x - b * t, y + a * t));
    let near = |v: f64| v.is_finite() && v.abs() < 1e6 * side;
    if points.iter().all(|p| near(p.0) && near(p.1)) { points.to_vec() } else { Vec::new() }
}

/// The four rows as points: circles for 0, triangles for 1, each before the zone that it belongs to.
pub(super) fn rows(panel: Panel, outputs: [bool; 4]) -> Panel {
    let of = |wanted: bool| {
        let rows = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)];
        rows.into_iter().zip(outputs).filter(move |(_, output)| *output == wanted).map(|(row, _)| row)
    };
    let (zero, one) = (Colour::of(0), Colour::of(1));
    panel
        .points(Points::new("output 0", of(false)).mark(Mark::Circle).colour(zero).radius(8.0).zone(WHITE, ' '))
        .points(Points::new("output 1", of(true)).mark(Mark::Triangle).colour(one).radius(8.5).zone(shade(), '░'))
}

/// Where the gate gives 1.
pub(super) fn shade() -> Colour {
    Colour::of(1).mix(WHITE, 0.78)
}

/// A panel with the plane of the two inputs.
pub(super) fn plane([first, second]: &[String; 2]) -> Panel {
    let mut panel = Panel::new(first, second)
        .x(|axis| axis.range(LOW, HIGH).zero_line())
        .y(|axis| axis.range(LOW, HIGH).zero_line())
        .square();
    panel.legend_outside = true;
    panel
}

/// Where a neuron fires, in the plane of the two inputs.
pub(super) fn fires(line: &[f64; 3]) -> Vec<(f64, f64)> {
    let [a, b, c] = *line;
    if line.iter().all(|v| v.is_finite()) { cut(&square(), a, b, c) } else { Vec::new() }
}

/// The line of a neuron across that plane.
pub(super) fn line(line: &[f64; 3]) -> Vec<(f64, f64)> {
    across(line, (LOW + HIGH) / 2.0, HIGH - LOW)
}

fn dash(i: usize) -> Dash {
    [Dash::Dashed, Dash::DashDot, Dash::Dotted][i % 3]
}

/// `0.4·x₁ + 0.4·x₂ − 0.6 = 0`, without what is zero.
pub(super) fn equation(a: f64, b: f64, c: f64, [first, second]: &[String; 2]) -> String {
    let term = |v: f64, first: bool, name: &str| {
        let sign = match (v < 0.0, first) {
            (true, true) => "−",
            (true, false) => " − ",
            (false, true) => "",
            (false, false) => " + ",
        };
        match (short(v.abs(), Notation::Print).as_str(), name) {
            (number, "") => format!("{sign}{number}"),
            ("1", name) => format!("{sign}{name}"),
            (number, name) => format!("{sign}{number}·{name}"),
        }
    };
    let mut text = String::new();
    for (value, name) in [(a, first.as_str()), (b, second), (c, "")] {
        if value != 0.0 {
            text += &term(value, text.is_empty(), name);
        }
    }
    if text.is_empty() { "0 = 0".to_owned() } else { format!("{text} = 0") }
}

fn middle(part: &[(f64, f64)]) -> (f64, f64) {
    let count = part.len().max(1) as f64;
    let sum = part.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
    (sum.0 / count, sum.1 / count)
}

fn size(part: &[(f64, f64)]) -> f64 {
    let corner = |i: usize| part[i % part.len()];
    let twice: f64 = (0..part.len()).map(|i| corner(i).0 * corner(i + 1).1 - corner(i + 1).0 * corner(i).1).sum();
    twice.abs() / 2.0
}

/// Whether a point lies strictly inside a convex polygon: exactly on the line a neuron does not fire.
fn holds(zone: &[(f64, f64)], x: f64, y: f64) -> bool {
    let side = |i: usize| {
        let (p, q) = (zone[i], zone[(i + 1) % zone.len()]);
        (q.0 - p.0) * (y - p.1) - (q.1 - p.1) * (x - p.0)
    };
    zone.len() > 2 && ((0..zone.len()).all(|i| side(i) > 1e-12) || (0..zone.len()).all(|i| side(i) < -1e-12))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(chart: &Chart) -> Vec<&Zone> {
        let items = chart.panels[0].items.iter();
        items.filter_map(|item| if let Item::Zone { corners, .. } = item { Some(corners) } else { None }).collect()
    }

    #[test]
    fn and_shades_the_corner_beyond_its_line() {
        let chart = GatePicture::new("and", [false, false, false, true]).line(0.4, 0.4, -0.6).chart();
        // Beyond x + y = 1.5 a triangle with legs of 1.5 is left of the square of side 2.
        assert!((size(zones(&chart)[0]) - 1.5 * 1.5 / 2.0).abs() < 1e-12);
        assert!(!chart.to_svg().contains("wrong side"));
    }

    #[test]
    fn xor_shades_the_band_between_its_lines() {
        let step = |v: f64| f64::from(u8::from(v > 0.0));
        let xor = |a: f64, b: f64| {
            let (nand, or) = (step(-0.6 * a - 0.6 * b + 0.7), step(0.4 * a + 0.4 * b - 0.3));
            step(0.4 * nand + 0.4 * or - 0.6)
        };
        let chart = GatePicture::new("xor", [false, true, true, false])
            .line(-0.6, -0.6, 0.7)
            .line(0.4, 0.4, -0.3)
            .output(xor)
            .chart();
        let shaded: f64 = zones(&chart).iter().map(|zone| size(zone)).sum();
        // The square without the triangle below x + y = 0.75 (legs 1.75) and the one above x + y = 7/6 (legs 11/6).
        let expected = 4.0 - 1.75 * 1.75 / 2.0 - (11.0 / 6.0) * (11.0 / 6.0) / 2.0;
        assert!((shaded - expected).abs() < 1e-9, "{shaded} {expected}");
        assert!(!chart.to_svg().contains("wrong side"));
    }

    #[test]
    fn a_row_on_the_wrong_side_is_marked() {
        let chart = GatePicture::new("and", [false, false, false, true]).line(0.4, 0.4, -0.3).chart();
        assert!(chart.to_svg().contains("wrong side"));
        assert!(chart.description.contains("2 of the four points"));
    }

    #[test]
    fn a_line_through_a_point_does_not_fire_there() {
        let chart = GatePicture::new("or", [false, true, true, true]).line(1.0, 1.0, 0.0).chart();
        assert!(!chart.to_svg().contains("wrong side"));
    }

    #[test]
    fn gates_are_written_large_and_inputs_have_their_names() {
        let chart = GatePicture::new("xor", [false, true, true, false]).chart();
        assert_eq!(chart.title(), "Gate XOR");
        let chart = GatePicture::new("rain and not <우산>", [false, false, true, false])
            .inputs("rain", "<우산>")
            .line(2.0, -1.0, 0.0);
        let svg = chart.chart().to_svg();
        assert!(svg.contains("2·rain − &lt;우산&gt; = 0") && !svg.contains("x₁"), "{svg}");
        assert_eq!(chart.chart().title(), "Function rain and not <우산>");
        assert_eq!(equation(0.0, 0.0, 0.0, &input_names()), "0 = 0");
    }

    #[test]
    fn what_is_no_line_is_no_line() {
        for line in
            [[0.0, 0.0, 1.0], [f64::NAN, 1.0, 0.0], [1e308, -1e308, 1e308], [1e-320, 0.0, 1.0], [1.0, 0.0, 1e300]]
        {
            let picture = GatePicture::new("odd", [false; 4]).line(line[0], line[1], line[2]);
            assert!(picture.clone().output(|_, _| 1.0).chart().to_svg().len() > 100);
            assert!(picture.chart().to_text(60, 20).len() > 100);
        }
    }
}
