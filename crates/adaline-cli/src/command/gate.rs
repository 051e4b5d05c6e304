//! `adaline gate`: a logic gate as neurons, its truth table, and a neuron set by hand checked against it.

use crate::failure::{Code, Failure};
use crate::output::{Output, columns};
use crate::{files, source, values};
use adaline::{Firing, Gate, Model, Neuron, NeuronLayer, TruthRow, WrongRow};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Show a logic gate as neurons, or check a neuron set by hand
///
/// The gates are and, or, nand, nor, not, xor and xnor. A neuron fires (gives 1) when its sum is above zero; exactly
/// zero gives 0.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Its name
    #[arg(value_name = "NAME", value_parser = values::gate)]
    gate: Gate,

    /// The inputs of one row, each 0 or 1; without them the whole table is shown
    #[arg(value_name = "INPUT", value_parser = values::bit, allow_negative_numbers = true)]
    inputs: Vec<u8>,

    /// Weights of a neuron to check against the gate, one an input: 0.4,0.4
    #[arg(long, value_delimiter = ',', value_parser = values::number, allow_hyphen_values = true)]
    weights: Option<Vec<f64>>,

    /// Its bias; without one it is 0, and the neuron's line goes through the origin
    #[arg(long, value_parser = values::number, allow_hyphen_values = true, requires = "weights")]
    bias: Option<f64>,

    /// Save the neurons as a model with the columns a, b and a target of the gate's name
    #[arg(short, long, value_name = "FILE", conflicts_with = "inputs", help_heading = "Output")]
    output: Option<PathBuf>,

    /// Overwrite the file if it exists
    #[arg(long, help_heading = "Output")]
    force: bool,

    /// Print a JSON document
    #[arg(long, help_heading = "Output")]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  adaline gate xor
  adaline gate and --weights 0.4,0.4 --bias -0.6";

/// The neurons that are shown: the gate's own, or the one set by hand.
struct Shown {
    gate: Gate,
    layers: Vec<NeuronLayer>,
    /// The gates that the neurons are, layer by layer; empty names for one set by hand.
    names: Vec<Vec<String>>,
    by_hand: bool,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let gate = arguments.gate;
    if let Some(path) = &arguments.output {
        files::may_write(path, arguments.force)?;
    }
    let shown = match &arguments.weights {
        Some(weights) => Shown {
            gate,
            layers: vec![NeuronLayer::new([Neuron::step(weights.clone(), arguments.bias.unwrap_or(0.0))])],
            names: vec![vec!["neuron".to_owned()]],
            by_hand: true,
        },
        None => Shown { gate, layers: gate.layers(), names: names(gate), by_hand: false },
    };
    let rows: Vec<TruthRow> = if arguments.inputs.is_empty() {
        gate.table().rows().collect()
    } else {
        let row = gate.table().rows().find(|row| row.input == arguments.inputs);
        vec![row.ok_or_else(|| {
            let (has, given) = (gate.inputs(), arguments.inputs.len());
            let mend = if has == 1 { "0" } else { "0 1" };
            Failure::usage(format!(
                "gate {gate}: it has {}, and {given} were given: adaline gate {gate} {mend}",
                inputs(has)
            ))
        })?]
    };
    let wrong = shown.first_wrong(&rows)?;
    if arguments.json {
        output.json(&shown.json(&rows, wrong.as_ref()))?;
    } else {
        output.print(shown.text(&rows, output)?)?;
    }
    match (wrong, &arguments.output) {
        (None, None) => Ok(()),
        (None, Some(path)) => {
            let columns: &[&str] = if gate.inputs() == 1 { &["a"] } else { &["a", "b"] };
            let model = Model::of_neurons(&shown.layers, columns, gate.name())?;
            if arguments.force {
                model.save_over(path)?
            } else {
                model.save(path)?
            }
            output.note(format!("model written to {}", source::shown(path)));
            Ok(())
        }
        (Some(wrong), _) => Err(Failure::new(Code::Check, format!("this neuron is not {gate}: {wrong}"))),
    }
}

impl Shown {
    /// The first of these rows that a neuron set by hand has wrong.
    fn first_wrong(&self, rows: &[TruthRow]) -> Result<Option<WrongRow>, Failure> {
        if !self.by_hand {
            return Ok(None);
        }
        // Also checks the number of weights.
        let wrong = self.gate.table().first_wrong_row(&self.layers[0].neurons[0])?;
        if rows.len() > 1 {
            return Ok(wrong);
        }
        for row in rows {
            let firing = self.fire(row)?[0][0];
            if firing.output != f64::from(row.output) {
                return Ok(Some(WrongRow { row: row.clone(), firing }));
            }
        }
        Ok(None)
    }

    fn fire(&self, row: &TruthRow) -> Result<Vec<Vec<Firing>>, Failure> {
        let mut values: Vec<f64> = row.input.iter().map(|x| f64::from(*x)).collect();
        let mut all = Vec::new();
        for layer in &self.layers {
            let firings = layer.fire(&values)?;
            values = firings.iter().map(|firing| firing.output).collect();
            all.push(firings);
        }
        Ok(all)
    }

    fn json(&self, rows: &[TruthRow], wrong: Option<&WrongRow>) -> serde_json::Value {
        let mut document = json!({
            "name": self.gate,
            "inputs": self.gate.inputs(),
            "separable": self.gate.is_separable(),
            "table": rows,
            "layers": self.layers,
            "certificate": null,
        });
        if self.by_hand {
            let row = wrong.map(|wrong| {
                json!({"input": wrong.row.input, "output": wrong.firing.output, "expected": wrong.row.output, "sum": wrong.firing.sum.value})
            });
            document["wrong"] = json!(row);
        }
        document
    }

    fn text(&self, rows: &[TruthRow], output: &Output) -> Result<String, Failure> {
        let mut text = self.heading();
        let several = self.layers.len() > 1;
        let mut table = vec![(1..=self.gate.inputs()).map(|i| format!("x{i}")).collect::<Vec<_>>()];
        for name in self.names.iter().flatten() {
            table[0].push(if several { format!("{name} sum") } else { "sum".to_owned() });
            table[0].push(if several { name.clone() } else { "output".to_owned() });
        }
        let mut rounding = Vec::new();
        for row in rows {
            let mut cells: Vec<String> = row.input.iter().map(u8::to_string).collect();
            let firings = self.fire(row)?;
            for firing in firings.iter().flatten() {
                cells.push(firing.sum.to_string());
                cells.push(firing.output.to_string());
                if firing.sum.is_rounding_error() {
                    rounding.push(cells[..row.input.len()].join(" "));
                }
            }
            if self.by_hand {
                let right =
                    firings.last().and_then(|layer| layer.first()).is_some_and(|f| f.output == f64::from(row.output));
                cells.push(row.output.to_string());
                cells.push(if right { "" } else { "wrong" }.to_owned());
            }
            table.push(cells);
        }
        if self.by_hand {
            table[0].push(self.gate.to_string());
        }
        text.push_str(&columns(&table));
        for row in rounding {
            text.push_str(&format!(
                "\nIn row {row} the sum is a rounding error away from zero: on paper it is zero, which gives 0; in binary \
                 it may fall on either side.\n"
            ));
        }
        if rows.len() > 1
            && let Some(chart) = super::plot::gate_chart(self.gate, &self.layers)
        {
            text.push('\n');
            text.push_str(&chart.to_text(output.size().0.min(60), 18));
        }
        Ok(text)
    }

    /// What the gate is made of.
    fn heading(&self) -> String {
        let gate = self.gate;
        if self.by_hand {
            return format!("{gate}, checked with {}\n\n", self.layers[0].neurons[0]);
        }
        if self.layers.len() == 1 {
            return format!("{gate} = {}\n\n", self.layers[0].neurons[0]);
        }
        let mut text = format!(
            "{gate}: no single neuron can, for no straight line parts its ones from its zeros; two layers can\n\n"
        );
        let last = self.names.len() - 1;
        for (number, (layer, names)) in self.layers.iter().zip(&self.names).enumerate() {
            for (neuron, name) in layer.neurons.iter().zip(names) {
                let mut formula = neuron.to_string();
                if number > 0 {
                    for (input, name) in self.names[number - 1].iter().enumerate() {
                        formula = formula.replace(&format!("x{}", input + 1), name);
                    }
                }
                let name = if number == last { gate.to_string() } else { name.clone() };
                text.push_str(&format!("layer {}  {name:4} = {formula}\n", number + 1));
            }
        }
        text.push('\n');
        text
    }
}

/// The gates that a gate is made of, by name, layer by layer; the last one is the gate itself.
fn names(gate: Gate) -> Vec<Vec<String>> {
    let mut names: Vec<Vec<String>> =
        gate.parts().iter().map(|gates| gates.iter().map(Gate::to_string).collect()).collect();
    names.pop();
    names.push(vec![gate.to_string()]);
    names
}

/// `1 input`, `2 inputs`.
fn inputs(n: usize) -> String {
    if n == 1 { "1 input".to_owned() } else { format!("{n} inputs") }
}
