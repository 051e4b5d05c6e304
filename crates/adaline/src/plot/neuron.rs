//! One neuron as textbooks draw it: inputs, weights, the sum, the activation, the output.

use super::chart::{Chart, Item, Panel};
use super::graph::{Edge, Graph, Node, NodeShape, Note};
use super::network::name;
use super::scale::{Notation, short};
use super::style::{Colour, Dash, INK, WHITE};
use super::words::clean;
use crate::Neuron;

/// A neuron drawn as a graph, with the numbers of one row where they are given.
///
/// ```
/// use adaline::{Neuron, plot::NeuronGraph};
/// let chart = NeuronGraph::new(&Neuron::step([0.4, 0.4], -0.6)).values(&[1.0, 1.0]).chart();
/// assert!(chart.to_svg().contains("0.4·1 + 0.4·1 − 0.6 = 0.2"));
/// ```
#[derive(Debug, Clone)]
pub struct NeuronGraph {
    neuron: Neuron,
    names: Vec<String>,
    output: String,
    values: Option<Vec<f64>>,
    title: String,
}

/// More inputs than this are left out in the middle.
const MOST: usize = 8;

impl NeuronGraph {
    /// This neuron; its inputs are called x₁, x₂, … and its output y.
    pub fn new(neuron: &Neuron) -> Self {
        NeuronGraph {
            neuron: neuron.clone(),
            names: Vec::new(),
            output: "y".to_owned(),
            values: None,
            title: "A neuron".to_owned(),
        }
    }

    /// The names of the inputs and of the output.
    pub fn names(mut self, inputs: &[String], output: impl AsRef<str>) -> Self {
        self.names = inputs.iter().map(|name| clean(name)).collect();
        self.output = clean(output.as_ref());
        self
    }

    /// The inputs of one row. Left out where there are not as many as the neuron has weights.
    pub fn values(mut self, inputs: &[f64]) -> Self {
        self.values = (inputs.len() == self.neuron.weights.len()).then(|| inputs.to_vec());
        self
    }

    /// The title.
    pub fn title(mut self, title: impl AsRef<str>) -> Self {
        self.title = clean(title.as_ref());
        self
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let Neuron { weights, bias, activation } = &self.neuron;
        let firing = self.values.as_ref().and_then(|values| self.neuron.fire(values).ok());
        let shown = shown(weights.len(), MOST);
        let rows = shown.len() + 1;
        let y_of = |row: usize| (row as f64 + 0.5) / rows as f64;
        let mut graph = Graph::default();
        let radius = (150.0 / rows as f64).clamp(13.0, 24.0);
        for (row, input) in shown.iter().enumerate() {
            let at = (0.2, y_of(row));
            let Some(i) = *input else {
                let text = String::new();
                graph.nodes.push(Node { at, radius: 10.0, text, shape: NodeShape::Dots, fill: WHITE });
                graph.notes.push(beside(y_of(row), format!("{} inputs", weights.len())));
                continue;
            };
            let called = name(&self.names, i, "x");
            let value = self.values.as_ref().and_then(|values| values.get(i)).map(|v| print(*v));
            let text = value.clone().unwrap_or_else(|| called.clone());
            if value.is_some() {
                graph.notes.push(Note { soft: false, ..beside(y_of(row), called.clone()) });
            }
            graph.nodes.push(Node { at, radius, text, shape: NodeShape::Circle, fill: WHITE });
        }
        let bias_node = graph.nodes.len();
        let shade = Colour::of(6).mix(WHITE, 0.85);
        let at = (0.2, y_of(rows - 1));
        graph.nodes.push(Node { at, radius, text: "1".to_owned(), shape: NodeShape::Circle, fill: shade });
        graph.notes.push(beside(y_of(rows - 1), "bias".to_owned()));
        let (sum, active, output) = (bias_node + 1, bias_node + 2, bias_node + 3);
        let blue = Colour::of(0).mix(WHITE, 0.8);
        let node = |x: f64, radius: f64, text: String, shape: NodeShape, fill: Colour| Node {
            at: (x, 0.5),
            radius,
            text,
            shape,
            fill,
        };
        graph.nodes.push(node(0.53, 30.0, "Σ".to_owned(), NodeShape::Circle, blue));
        graph.nodes.push(node(0.73, 24.0, activation.to_string(), NodeShape::Box, Colour::of(4).mix(WHITE, 0.7)));
        let result = firing.as_ref().map_or_else(|| self.output.clone(), |firing| print(firing.output));
        graph.nodes.push(node(0.92, 24.0, result, NodeShape::Circle, WHITE));
        if firing.is_some() {
            graph.notes.push(Note { soft: false, ..note((0.92, 0.5), 40.0, self.output.clone(), 0.15) });
        }
        let all = shown.iter().enumerate().filter_map(|(row, i)| Some((row, *weights.get((*i)?)?)));
        for (row, weight) in all.chain([(bias_node, *bias)]) {
            graph.edges.push(edge(row, sum, print(weight), 0, weight < 0.0));
        }
        let z = firing.as_ref().map_or_else(String::new, |firing| print(firing.sum.value));
        graph.edges.push(edge(sum, active, z, 1, false));
        graph.edges.push(edge(active, output, String::new(), 1, false));
        let sentence = self.sentence(firing.as_ref().map(|firing| (firing.sum.value, firing.output)));
        graph.lines = self.lines(&shown, firing.as_ref().map(|firing| (firing.sum.value, firing.output)));
        let description = format!(
            "A neuron with {} inputs drawn as a graph: {sentence}. Edges with negative weights are dashed.",
            weights.len()
        );
        let panel = Panel::new("", "").item(Item::Graph(graph));
        Chart::new(&self.title).subtitle(sentence).description(description).panel(panel).size(700.0, 380.0)
    }

    /// `step(0.4·1 + 0.4·1 − 0.6 = 0.2) = 1`
    fn sentence(&self, result: Option<(f64, f64)>) -> String {
        const TERMS: usize = 4;
        let Neuron { weights, bias, activation } = &self.neuron;
        let mut sum = String::new();
        for (i, weight) in weights.iter().take(TERMS).enumerate() {
            let value = self.values.as_ref().and_then(|values| values.get(i));
            let factor = match value {
                Some(v) if *v < 0.0 => format!("({})", print(*v)),
                Some(v) => print(*v),
                None => name(&self.names, i, "x"),
            };
            push_term(&mut sum, *weight, &format!("·{factor}"));
        }
        if weights.len() > TERMS {
            sum.push_str(" + …");
        }
        if *bias != 0.0 || weights.is_empty() {
            push_term(&mut sum, *bias, "");
        }
        match result {
            Some((z, y)) => format!("{sum} = {}; {activation}({}) = {}", print(z), print(z), print(y)),
            None => format!("{} = {activation}({sum})", self.output),
        }
    }

    /// The neuron as letters.
    fn lines(&self, shown: &[Option<usize>], result: Option<(f64, f64)>) -> Vec<String> {
        let mut rows: Vec<(String, String)> = shown
            .iter()
            .map(|input| {
                let Some(i) = *input else { return ("⋮".to_owned(), String::new()) };
                let value = self.values.as_ref().and_then(|values| values.get(i));
                let value = value.map_or_else(String::new, |v| format!(" = {}", print(*v)));
                let called = super::words::fit(&name(&self.names, i, "x"), 20);
                (called + &value, self.neuron.weights.get(i).map_or_else(String::new, |w| print(*w)))
            })
            .collect();
        rows.push(("1".to_owned(), print(self.neuron.bias)));
        let room = |pick: fn(&(String, String)) -> &String| {
            rows.iter().map(|row| super::words::columns(pick(row))).max().unwrap_or(0)
        };
        let (left, right) = (room(|row| &row.0), room(|row| &row.1));
        let (middle, last) = (rows.len() / 2, rows.len() - 1);
        let (z, y) = result.map_or((String::new(), self.output.clone()), |(z, y)| {
            (format!(" {} ", print(z)), format!("{} = {}", self.output, print(y)))
        });
        let line = |(i, (called, weight)): (usize, &(String, String))| {
            let pad = |text: &str, room: usize| " ".repeat(room.saturating_sub(super::words::columns(text)));
            let (gap, fill) = (pad(called, left), pad(weight, right));
            let corner = if i == 0 {
                '┐'
            } else if i == last {
                '┘'
            } else {
                '┤'
            };
            let way =
                if weight.is_empty() { "       ".to_owned() + &fill } else { format!("──({fill}{weight})──") };
            if i == middle {
                let joint = if last == 0 {
                    '─'
                } else if i == last {
                    '┴'
                } else {
                    '┼'
                };
                let way = if weight.is_empty() { " ".repeat(right + 6) } else { way };
                return format!("{called}{gap} {way}{joint}── Σ ──{z}── {} ── {y}", self.neuron.activation);
            }
            if weight.is_empty() {
                format!("{called}{gap} {}│", " ".repeat(right + 6))
            } else {
                format!("{called}{gap} {way}{corner}")
            }
        };
        rows.iter().enumerate().map(line).collect()
    }
}

fn print(value: f64) -> String {
    short(value, Notation::Print)
}

fn push_term(sum: &mut String, weight: f64, rest: &str) {
    let sign = match (weight < 0.0, sum.is_empty()) {
        (true, true) => "−",
        (true, false) => " − ",
        (false, true) => "",
        (false, false) => " + ",
    };
    sum.push_str(&format!("{sign}{}{rest}", print(weight.abs())));
}

fn note(at: (f64, f64), down: f64, text: String, room: f64) -> Note {
    Note { at, down, text, soft: true, room, ends: false }
}

/// What an input is called, to the left of its circle.
fn beside(y: f64, text: String) -> Note {
    Note { ends: true, ..note((0.15, y), 0.0, text, 0.15) }
}

fn edge(from: usize, to: usize, label: String, group: usize, negative: bool) -> Edge {
    let dash = if negative { Dash::Dashed } else { Dash::Solid };
    Edge { from, to, label, group, colour: INK, width: 1.5, dash, arrow: true }
}

/// The numbers that are shown of so many things; `None` stands for those left out.
pub(super) fn shown(count: usize, most: usize) -> Vec<Option<usize>> {
    if count <= most {
        return (0..count).map(Some).collect();
    }
    (0..most - 2).map(Some).chain([None, Some(count - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Activation;

    #[test]
    fn the_arithmetic_of_a_row_stands_below_the_title() {
        let chart = NeuronGraph::new(&Neuron::step([-0.6, 0.5], 0.7)).values(&[1.0, -1.0]).chart();
        assert_eq!(chart.subtitle, "−0.6·1 + 0.5·(−1) + 0.7 = −0.4; step(−0.4) = 0");
        let plain = NeuronGraph::new(&Neuron::new([1.0], 0.0, Activation::Tanh)).chart();
        assert_eq!(plain.subtitle, "y = tanh(1·x₁)");
    }

    #[test]
    fn many_inputs_are_left_out_in_the_middle() {
        assert_eq!(shown(3, 8), [Some(0), Some(1), Some(2)]);
        assert_eq!(shown(9, 4), [Some(0), Some(1), None, Some(8)]);
        let chart = NeuronGraph::new(&Neuron::step(vec![0.5; 784], 0.0)).chart();
        assert!(chart.to_svg().contains("784 inputs") && chart.to_text(80, 24).contains('⋮'));
    }

    #[test]
    fn the_text_is_the_same_graph() {
        let chart = NeuronGraph::new(&Neuron::step([0.4, 0.4], -0.6)).values(&[1.0, 0.0]).chart();
        let text = chart.to_text(80, 24);
        assert!(
            text.contains("x₁ = 1 ──( 0.4)──┐\nx₂ = 0 ──( 0.4)──┼── Σ ── −0.2 ── step ── y = 0\n1      ──(−0.6)──┘\n"),
            "{text}"
        );
    }
}
