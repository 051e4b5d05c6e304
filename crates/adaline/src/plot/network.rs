//! A network as columns of units, with its weights on the edges between them; a large one as a box for each layer.

mod schematic;
mod units;

use super::chart::{Chart, Item, Panel};
use super::font;
use super::layout::{EDGE, TITLE_SIZE};
use super::neuron::shown;
use super::scale::{Notation, short};
use super::words::clean;
use crate::Shape as Form;
use crate::network::thousands as grouped;

/// A network drawn as a graph. Edges are as thick as their weights are large; negative ones are dashed. Numbers stand on
/// the edges where there is room for them, and of many units most are left out.
///
/// Only a dense layer over a row of numbers has a weight between any two units, so only there are edges drawn. Before
/// other layers stands a band with the layer, the shapes before and behind it, and its parameters. A network with more
/// than twenty units in a layer is drawn as a box for each layer.
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
    title: Option<String>,
    target: String,
    inputs: Vec<String>,
    form: Form,
    layers: Vec<Column>,
    outputs: Vec<String>,
}

#[derive(Debug, Clone)]
struct Column {
    caption: String,
    form: Form,
    parameters: usize,
    /// None where the layer is no matrix between units.
    dense: Option<Dense>,
}

#[derive(Debug, Clone)]
struct Dense {
    weights: Vec<f64>,
    biases: Vec<f64>,
}

/// With more units than this in a layer each layer is a box.
const MOST_UNITS: usize = 20;
/// So it is with more layers than this.
const MOST_LAYERS: usize = 12;
/// And where the columns would need more pixels.
const MOST_WIDTH: f64 = 1600.0;

impl Column {
    fn units(&self) -> usize {
        self.form.len()
    }

    fn biases(&self) -> &[f64] {
        self.dense.as_ref().map_or(&[], |dense| &dense.biases)
    }

    fn weights(&self) -> &[f64] {
        self.dense.as_ref().map_or(&[], |dense| &dense.weights)
    }
}

impl NetworkGraph {
    /// A network with these inputs and no layer yet.
    pub fn new(inputs: &[impl AsRef<str>]) -> Self {
        let inputs: Vec<String> = inputs.iter().map(|name| clean(name.as_ref())).collect();
        let form = Form::Flat(inputs.len());
        NetworkGraph { title: None, target: String::new(), inputs, form, layers: Vec::new(), outputs: Vec::new() }
    }

    /// The shape of the inputs, where they are no row of numbers.
    pub fn form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    /// A dense layer: its caption (`dense 4 tanh`), how many units it has, their weights (unit after unit, one for each
    /// unit of the layer before) and their biases. Without weights it is drawn with plain edges.
    pub fn layer(mut self, caption: impl AsRef<str>, units: usize, weights: &[f64], biases: &[f64]) -> Self {
        self.layers.push(Column {
            caption: clean(caption.as_ref()),
            form: Form::Flat(units),
            parameters: weights.len() + biases.len(),
            dense: Some(Dense { weights: weights.to_vec(), biases: biases.to_vec() }),
        });
        self
    }

    /// A layer of any other kind: its caption (`maxpool 2`), the shape behind it, and how many parameters it has.
    pub fn block(mut self, caption: impl AsRef<str>, form: Form, parameters: usize) -> Self {
        self.layers.push(Column { caption: clean(caption.as_ref()), form, parameters, dense: None });
        self
    }

    /// The names of the outputs.
    pub fn outputs(mut self, names: &[impl AsRef<str>]) -> Self {
        self.outputs = names.iter().map(|name| clean(name.as_ref())).collect();
        self
    }

    /// What comes out. The title is this name with the layers behind it where there is room for them, else with their
    /// number.
    pub fn target(mut self, target: impl AsRef<str>) -> Self {
        self.target = clean(target.as_ref());
        self
    }

    /// Another title.
    pub fn title(mut self, title: impl AsRef<str>) -> Self {
        self.title = Some(clean(title.as_ref()));
        self
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let most = self.layers.iter().map(Column::units).chain([self.form.len()]).max().unwrap_or(0);
        let is_large = most > MOST_UNITS || self.layers.len() > MOST_LAYERS;
        let drawn = if is_large { None } else { self.graph().filter(|(_, width)| *width <= MOST_WIDTH) };
        let is_graph = drawn.is_some();
        let (item, width, height) = match drawn {
            Some((graph, width)) => (Item::Graph(graph), width, 440.0),
            None => {
                let drawing = self.schematic();
                let (width, height) = (drawing.width + 2.0 * EDGE, drawing.height + 67.0);
                (Item::Drawing(drawing), width, height)
            }
        };
        let parameters: usize = self.layers.iter().map(|layer| layer.parameters).sum();
        let all_dense = self.layers.iter().all(|layer| layer.dense.is_some());
        let noun = match (all_dense, parameters) {
            (true, _) => "weights and biases",
            (false, 1) => "parameter",
            (false, _) => "parameters",
        };
        let count = format!("{} {noun}", grouped(parameters));
        let forms = || [self.form].into_iter().chain(self.layers.iter().map(|layer| layer.form));
        let sizes = forms().map(|form| form.to_string()).collect::<Vec<_>>().join(" → ");
        let ends = match forms().next_back() {
            Some(last) => format!("{} → {last}, {}", self.form, plural(self.layers.len(), "layer")),
            None => String::new(),
        };
        let dashed = is_graph && self.layers.iter().any(|layer| layer.weights().iter().any(|w| *w < 0.0));
        let more = if dashed { "; negative weights are dashed" } else { "" };
        let subtitle = [&sizes, &ends]
            .map(|sizes| format!("{sizes}, {count}{more}"))
            .into_iter()
            .find(|line| font::width(line, 12.0, false) <= width - 2.0 * EDGE)
            .unwrap_or_else(|| format!("{count}{more}"));
        let chain = self.layers.iter().map(|layer| layer.caption.as_str()).collect::<Vec<_>>().join(", ");
        let drawn_as = if is_graph { "as a graph" } else { "layer by layer" };
        let description = match (all_dense, is_graph) {
            (true, true) => format!("A network drawn {drawn_as}: {sizes} units in its layers, {count}."),
            _ => format!("A network drawn {drawn_as}: {chain}. Shapes: {sizes}. It has {count}."),
        };
        let panel = Panel::new("", "").item(item);
        Chart::new(self.title_in(&chain, width - 2.0 * EDGE))
            .subtitle(subtitle)
            .description(description)
            .panel(panel)
            .size(width, height)
    }

    /// The longest title that has room.
    fn title_in(&self, chain: &str, room: f64) -> String {
        if let Some(title) = &self.title {
            return title.clone();
        }
        if self.target.is_empty() {
            return "Network".to_owned();
        }
        let long = format!("{}: {chain}", self.target);
        let short = format!("{}: a network of {}", self.target, plural(self.layers.len(), "layer"));
        match font::width(&long, TITLE_SIZE, true) <= room && !chain.is_empty() {
            true => long,
            false => short,
        }
    }

    /// The network as letters: every layer, and its numbers where they are few.
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("inputs: {}", list(&self.inputs, self.form.len(), "x"))];
        let mut before = (self.form, self.inputs.clone(), "x");
        for (number, layer) in self.layers.iter().enumerate() {
            let is_last = number + 1 == self.layers.len();
            let (called, letter) = if is_last { (self.outputs.clone(), "y") } else { (Vec::new(), "h") };
            lines.push("  │".to_owned());
            if layer.dense.is_none() {
                let count = plural(layer.parameters, "parameter");
                lines.push(format!("  {} → {}, {count}", before.0, layer.form));
            }
            lines.push(format!("{}: {}", layer.caption, list(&called, layer.units(), letter)));
            let inputs = before.0.len();
            let few = layer.units() <= 8 && inputs <= 8 && layer.weights().len() == layer.units() * inputs;
            if few && inputs > 0 {
                for (unit, weights) in layer.weights().chunks(inputs).enumerate() {
                    let mut sum = String::new();
                    for (i, weight) in weights.iter().enumerate() {
                        sum += &term(*weight, sum.is_empty(), &format!("·{}", name(&before.1, i, before.2)));
                    }
                    if let Some(bias) = layer.biases().get(unit) {
                        sum += &term(*bias, sum.is_empty(), "");
                    }
                    lines.push(format!("  {} ← {sum}", name(&called, unit, letter)));
                }
            }
            before = (layer.form, called, letter);
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

fn plural(n: usize, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{} {word}s", grouped(n)) }
}

fn list(names: &[String], count: usize, letter: &str) -> String {
    list_of(names, count, letter, 8)
}

/// At most so many names, the last one among them.
fn list_of(names: &[String], count: usize, letter: &str, most: usize) -> String {
    let shown = shown(count, most);
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
    use super::super::graph::Graph;
    use super::super::style::Dash;
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

    fn image(channels: usize, side: usize) -> Form {
        Form::Image { channels, height: side, width: side }
    }

    #[test]
    fn only_dense_layers_have_edges() {
        let series = Form::Sequence { steps: 6, features: 1 };
        let names: Vec<String> = (1..=6).map(|i| format!("x{i}")).collect();
        let chart = NetworkGraph::new(&names)
            .form(series)
            .block("lstm 3", Form::Flat(3), 72)
            .layer("dense 1", 1, &[0.5, -0.5, 1.0], &[0.1])
            .target("load")
            .chart();
        let drawn = graph(&chart);
        assert_eq!(
            (drawn.edges.len(), drawn.bands.len()),
            (3, 1),
            "three weights, and no line into the recurrent layer"
        );
        assert_eq!(drawn.bands[0].lines, ["lstm 3", "6 steps of 1 → 3", "72 parameters"]);
        assert_eq!(chart.title, "load: lstm 3, dense 1");
        assert!(chart.subtitle.contains("6 steps of 1 → 3 → 1, 76 parameters"), "{}", chart.subtitle);
        assert!(chart.to_text(80, 24).contains("6 steps of 1 → 3, 72 parameters"));
    }

    #[test]
    fn a_large_network_is_a_box_a_layer() {
        let names: Vec<String> = (1..=64).map(|i| format!("pixel{i}")).collect();
        let chart = NetworkGraph::new(&names)
            .form(image(1, 8))
            .block("conv 8 3x3 relu", image(8, 6), 80)
            .block("maxpool 2", image(8, 3), 0)
            .block("flatten", Form::Flat(72), 0)
            .layer("dense 10", 10, &[0.5; 720], &[0.1; 10])
            .outputs(&(0..10).map(|i| i.to_string()).collect::<Vec<_>>())
            .target("digit")
            .chart();
        assert!(chart.panels[0].graph().is_none());
        let svg = chart.to_svg();
        for text in [">1. conv 8 3x3 relu<", ">1x8x8 → 8x6x6<", ">80 parameters<", ">no parameters<", "810 parameters"]
        {
            assert!(svg.contains(text), "{text}");
        }
        let text = chart.to_text(80, 30);
        assert!(text.contains("4. dense 10") && text.contains("730 parameters"), "{text}");
        assert!(!svg.contains('…') || svg.contains("pixel64"), "names end with the last one, uncut");
    }

    #[test]
    fn names_of_one_column_stand_in_one_place() {
        let chart = NetworkGraph::new(&["mean concave points", "b"])
            .layer("dense 3", 3, &[1.0; 6], &[0.0; 3])
            .outputs(&["setosa", "iris", "virginica"])
            .chart();
        let drawn = graph(&chart);
        let texts: Vec<&str> = drawn.nodes.iter().map(|node| node.text.as_str()).collect();
        assert_eq!(texts, ["x₁", "x₂", "y₁", "y₂", "y₃"]);
        let svg = chart.to_svg();
        for name in [">setosa<", ">iris<", ">virginica<", ">mean concave points<", ">b<"] {
            assert!(svg.contains(name), "{name}");
        }
    }

    #[test]
    fn a_title_without_room_counts_the_layers() {
        let form = Form::Flat(30);
        let many =
            (0..30).fold(NetworkGraph::new(&["a"]).target("digit"), |graph, _| graph.block("layernorm", form, 60));
        let chart = many.chart();
        assert_eq!(chart.title, "digit: a network of 30 layers");
        assert!(chart.to_svg().contains("<desc>A network drawn layer by layer: layernorm, layernorm"));
    }
}
