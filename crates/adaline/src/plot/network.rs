//! A network as columns of units, with its weights on the edges between them.

use super::chart::{Chart, Item, Panel};
use super::graph::{Edge, Graph, Node, NodeShape, Note};
use super::neuron::shown;
use super::scale::{Notation, short};
use super::style::{Colour, Dash, WHITE};
use super::words::clean;

/// A network drawn as a graph. Edges are as thick as their weights are large; negative ones are dashed. Numbers stand on
/// the edges where there is room for them, and of many units most are left out.
///
/// ```
/// use adaline::plot::NetworkGraph;
/// let chart = NetworkGraph::new(&["x₁", "x₂"])
///     .layer("step", 2, &[-0.6, -0.6, 0.4, 0.4], &[0.7, -0.3])
///     .layer("step", 1, &[0.4, 0.4], &[-0.6])
///     .outputs(&["xor"])
///     .chart();
/// assert!(chart.to_svg().contains("−0.6"));
/// ```
#[derive(Debug, Clone)]
pub struct NetworkGraph {
    title: String,
    inputs: Vec<String>,
    layers: Vec<Column>,
    outputs: Vec<String>,
}

#[derive(Debug, Clone)]
struct Column {
    caption: String,
    units: usize,
    weights: Vec<f64>,
    biases: Vec<f64>,
}

/// More units than this are left out in the middle.
const MOST: usize = 7;
/// More layers than this are not drawn; the description counts them.
const MOST_LAYERS: usize = 12;

impl NetworkGraph {
    /// A network with these inputs and no layer yet.
    pub fn new(inputs: &[impl AsRef<str>]) -> Self {
        let inputs = inputs.iter().map(|name| clean(name.as_ref())).collect();
        NetworkGraph { title: "Network".to_owned(), inputs, layers: Vec::new(), outputs: Vec::new() }
    }

    /// A layer: its caption (`dense 4 tanh`), how many units it has, their weights (unit after unit, one for each unit
    /// of the layer before) and their biases. Without weights it is drawn with plain edges.
    pub fn layer(mut self, caption: impl AsRef<str>, units: usize, weights: &[f64], biases: &[f64]) -> Self {
        let caption = clean(caption.as_ref());
        self.layers.push(Column { caption, units, weights: weights.to_vec(), biases: biases.to_vec() });
        self
    }

    /// The names of the outputs.
    pub fn outputs(mut self, names: &[impl AsRef<str>]) -> Self {
        self.outputs = names.iter().map(|name| clean(name.as_ref())).collect();
        self
    }

    /// The title.
    pub fn title(mut self, title: impl AsRef<str>) -> Self {
        self.title = clean(title.as_ref());
        self
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let layers = self.layers.get(..MOST_LAYERS).unwrap_or(&self.layers);
        let columns = layers.len() + 1;
        let step = 0.8 / (columns - 1).max(1) as f64;
        let room = (0.98 / columns as f64).min(0.3);
        let mut graph = Graph::default();
        let mut before: Vec<Option<usize>> = Vec::new();
        let mut first_before = 0;
        let tallest = layers.iter().map(|layer| layer.units).chain([self.inputs.len()]).max().unwrap_or(1).min(MOST);
        let radius = (130.0 / tallest.max(1) as f64).clamp(13.0, 24.0);
        for column in 0..columns {
            let x = if columns == 1 { 0.5 } else { 0.1 + step * column as f64 };
            let layer = column.checked_sub(1).and_then(|i| layers.get(i));
            let units = layer.map_or(self.inputs.len(), |layer| layer.units);
            let rows = shown(units, MOST);
            let first = graph.nodes.len();
            let is_last = column == self.layers.len();
            for (row, unit) in rows.iter().enumerate() {
                let at = (x, 0.1 + 0.74 * (row as f64 + 0.5) / rows.len() as f64);
                let Some(i) = *unit else {
                    graph.nodes.push(Node {
                        at,
                        radius: 10.0,
                        text: String::new(),
                        shape: NodeShape::Dots,
                        fill: WHITE,
                    });
                    continue;
                };
                let text = match layer {
                    None => name(&self.inputs, i, "x"),
                    Some(_) if is_last => name(&self.outputs, i, "y"),
                    Some(_) => name(&[], i, "h"),
                };
                let fill = match layer {
                    None => WHITE,
                    Some(_) if is_last => Colour::of(4).mix(WHITE, 0.7),
                    Some(_) => Colour::of(0).mix(WHITE, 0.8),
                };
                // Below a unit stand its bias and a name that is too long for the circle.
                let roomy = rows.len() <= 5;
                let long = super::font::width(&text, 11.0, false) > 2.0 * radius - 5.0;
                let (text, mut below) = match (roomy && long, layer) {
                    (true, None) => (name(&[], i, "x"), vec![text]),
                    (true, Some(_)) => (name(&[], i, "y"), vec![text]),
                    (false, _) => (text, Vec::new()),
                };
                let bias = layer.and_then(|layer| layer.biases.get(i)).filter(|_| roomy);
                below.extend(bias.map(|bias| format!("b {}", print(*bias))));
                graph.notes.push(Note {
                    at,
                    down: radius + 10.0,
                    text: below.join(", "),
                    soft: true,
                    room,
                    ends: false,
                });
                graph.nodes.push(Node { at, radius, text, shape: NodeShape::Circle, fill });
            }
            if let Some(layer) = layer {
                self.join(&mut graph, layer, column, (first_before, &before), (first, &rows));
            }
            let caption = layer.map_or("inputs", |layer| layer.caption.as_str()).to_owned();
            graph.notes.push(Note { at: (x, 0.95), down: 0.0, text: caption, soft: false, room, ends: false });
            if rows.contains(&None) {
                graph.notes.push(Note {
                    at: (x, 0.95),
                    down: 16.0,
                    text: count(units, layer.is_none()),
                    soft: true,
                    room,
                    ends: false,
                });
            }
            (first_before, before) = (first, rows);
        }
        graph.lines = self.lines();
        let sizes: Vec<String> = [self.inputs.len()]
            .into_iter()
            .chain(self.layers.iter().map(|layer| layer.units))
            .map(|n| n.to_string())
            .collect();
        let weights: usize = self.layers.iter().map(|layer| layer.weights.len() + layer.biases.len()).sum();
        let sizes = sizes.join(" → ");
        let dashed = self.layers.iter().any(|layer| layer.weights.iter().any(|w| *w < 0.0));
        let mut subtitle = format!("{sizes}, {weights} weights and biases");
        if dashed {
            subtitle.push_str("; negative weights are dashed");
        }
        let description =
            format!("A network drawn as a graph: {sizes} units in its layers, {weights} weights and biases.");
        let width = (170.0 * columns as f64 + 60.0).clamp(520.0, 1600.0);
        let panel = Panel::new("", "").item(Item::Graph(graph));
        Chart::new(&self.title).subtitle(subtitle).description(description).panel(panel).size(width, 440.0)
    }

    /// The edges between a layer and the one before.
    fn join(
        &self,
        graph: &mut Graph,
        layer: &Column,
        group: usize,
        (first_before, before): (usize, &[Option<usize>]),
        (first, rows): (usize, &[Option<usize>]),
    ) {
        let inputs = match group.checked_sub(2).and_then(|i| self.layers.get(i)) {
            Some(layer) => layer.units,
            None => self.inputs.len(),
        };
        let finite = layer.weights.iter().map(|w| w.abs()).filter(|w| w.is_finite());
        let largest = finite.fold(0.0f64, f64::max).max(f64::MIN_POSITIVE);
        let dense = before.len() * rows.len() > 16;
        for (to, unit) in rows.iter().enumerate() {
            for (from, input) in before.iter().enumerate() {
                let (Some(unit), Some(input)) = (*unit, *input) else { continue };
                let weight = layer.weights.get(unit * inputs + input).copied();
                let part = weight.map_or(0.3, |w| (w.abs() / largest).min(1.0));
                let part = if part.is_finite() { part } else { 0.0 };
                let (colour, dash) = match weight {
                    Some(w) if w < 0.0 => (Colour::of(1), Dash::Dashed),
                    Some(_) => (Colour::of(0), Dash::Solid),
                    None => (Colour::of(6), Dash::Solid),
                };
                graph.edges.push(Edge {
                    from: first_before + from,
                    to: first + to,
                    label: weight.map_or_else(String::new, print),
                    group,
                    colour: colour.mix(WHITE, 0.6 * (1.0 - part)),
                    width: if dense { 0.4 + 2.0 * part } else { 0.8 + 2.4 * part },
                    dash,
                    arrow: false,
                });
            }
        }
    }

    /// The network as letters: every layer, and its numbers where they are few.
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("inputs: {}", list(&self.inputs, self.inputs.len(), "x"))];
        let mut before = (self.inputs.len(), self.inputs.clone(), "x");
        for (number, layer) in self.layers.iter().enumerate() {
            let is_last = number + 1 == self.layers.len();
            let (called, letter) = if is_last { (self.outputs.clone(), "y") } else { (Vec::new(), "h") };
            lines.push("  │".to_owned());
            lines.push(format!("{}: {}", layer.caption, list(&called, layer.units, letter)));
            let few = layer.units <= 8 && before.0 <= 8 && layer.weights.len() == layer.units * before.0;
            if few && before.0 > 0 {
                for (unit, weights) in layer.weights.chunks(before.0).enumerate() {
                    let mut sum = String::new();
                    for (i, weight) in weights.iter().enumerate() {
                        sum += &term(*weight, sum.is_empty(), &format!("·{}", name(&before.1, i, before.2)));
                    }
                    if let Some(bias) = layer.biases.get(unit) {
                        sum += &term(*bias, sum.is_empty(), "");
                    }
                    lines.push(format!("  {} ← {sum}", name(&called, unit, letter)));
                }
            }
            before = (layer.units, called, letter);
        }
        lines
    }
}

/// A number in a sum, its sign before it.
fn term(value: f64, first: bool, rest: &str) -> String {
    let sign = match (value < 0.0, first) {
        (true, true) => "−",
        (true, false) => " − ",
        (false, true) => "",
        (false, false) => " + ",
    };
    format!("{sign}{}{rest}", print(value.abs()))
}

fn print(value: f64) -> String {
    // Three digits are enough to see which weight matters.
    let rounded = format!("{value:.2e}").parse::<f64>().unwrap_or(value);
    short(rounded, Notation::Print)
}

fn count(units: usize, inputs: bool) -> String {
    format!("{units} {}", if inputs { "inputs" } else { "units" })
}

fn list(names: &[String], count: usize, letter: &str) -> String {
    let shown = shown(count, 8);
    let one = |i: &Option<usize>| i.map_or_else(|| "…".to_owned(), |i| name(names, i, letter));
    shown.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A unit's name, or a letter with its number from 1.
pub(super) fn name(names: &[String], index: usize, letter: &str) -> String {
    names.get(index).cloned().unwrap_or_else(|| {
        let digits = (index + 1).to_string();
        let low = digits.chars().filter_map(|c| c.to_digit(10)).filter_map(|d| char::from_u32(0x2080 + d));
        format!("{letter}{}", low.collect::<String>())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(chart: &Chart) -> &Graph {
        match &chart.panels[0].items[0] {
            Item::Graph(graph) => graph,
            _ => panic!("no graph"),
        }
    }

    #[test]
    fn a_negative_weight_is_dashed_and_a_large_one_thick() {
        let chart = NetworkGraph::new(&["a", "b"]).layer("linear", 1, &[-2.0, 1.0], &[0.5]).chart();
        let edges = &graph(&chart).edges;
        assert_eq!((edges[0].dash, edges[1].dash), (Dash::Dashed, Dash::Solid));
        assert!(edges[0].width > edges[1].width);
    }

    #[test]
    fn every_edge_has_the_weight_of_its_two_units() {
        let weights: Vec<f64> = (0..20 * 9).map(f64::from).collect();
        let names: Vec<String> = (0..9).map(|i| i.to_string()).collect();
        let chart = NetworkGraph::new(&names).layer("dense", 20, &weights, &[]).chart();
        let edges = &graph(&chart).edges;
        assert_eq!(edges.len(), 36);
        assert_eq!(edges[35].label, "179", "the last input to the last unit");
        assert!(chart.to_svg().contains("20 units") && chart.to_svg().contains("9 inputs"));
    }

    #[test]
    fn the_text_has_the_numbers() {
        let chart = NetworkGraph::new(&["p", "q"]).layer("step", 1, &[0.4, -0.4], &[-0.6]).outputs(&["r"]).chart();
        assert!(chart.to_text(80, 24).contains("r ← 0.4·p − 0.4·q − 0.6"));
    }
}
