//! `adaline circuit`: gates that are wired together, built in or from a file, as neurons.

use super::function::{bits as read_bits, formula};
use super::gate::save_model;
use crate::failure::{Code, Failure};
use crate::files;
use crate::output::{Output, columns, left};
use crate::source::{near_file, shown};
use adaline::circuit::{CIRCUITS, CircuitRow, Part};
use adaline::error::{did_you_mean, printable};
use adaline::{Circuit, Error, Model, NeuronLayer};
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Show a circuit of gates as neurons: an adder, a multiplexer, or one of your own
///
/// Without a name the built-in circuits are listed. A circuit of your own is a text file of gates and wires, one a line:
/// "inputs a b", "outputs carry sum", "carry = and a b", "sum = (a or b) and not carry", "far = step(0.4·a - 0.2)".
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// half-adder, full-adder, adder-N (or adder N), multiplexer, majority, or a file
    #[arg(value_name = "NAME|FILE")]
    name: Option<String>,

    /// The inputs of one row, 0 or 1 each, apart or together: 0 1 or 01
    #[arg(value_name = "INPUT", allow_negative_numbers = true)]
    inputs: Vec<String>,

    /// Show every row, however many there are
    #[arg(long, help_heading = "Output")]
    all: bool,

    /// Save the circuit as a model; several outputs are read as one binary number
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,

    /// Overwrite the file if it exists
    #[arg(long, help_heading = "Output")]
    force: bool,

    /// Print a JSON document
    #[arg(long, help_heading = "Output")]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  adaline circuit full-adder
  adaline circuit adder 4 0101 0011";

/// Rows of a table that are shown unless all are asked for.
const MOST_ROWS: usize = 32;
/// Most inputs of a circuit whose table is written.
const MOST_TABLE_INPUTS: usize = 16;

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let Some(name) = &arguments.name else { return list(arguments, output) };
    if let Some(path) = &arguments.output {
        files::may_write(path, arguments.force)?;
    }
    let (name, words) = adder(name, &arguments.inputs);
    let circuit = read(&name)?;
    let row = row(words, &circuit)?;
    if row.is_some() && arguments.output.is_some() {
        return Err(Failure::usage("--output: a model is the whole circuit; leave the inputs of the row out"));
    }
    let layers = circuit.layers()?;
    if arguments.json {
        output.json(&document(&name, &circuit, &layers, row.as_deref())?)?;
    } else if let Some(row) = &row {
        output.print(one_row(&name, &circuit, row)?)?;
    } else {
        output.print(text(&circuit, &layers, arguments.all)?)?;
    }
    match &arguments.output {
        Some(path) => save_model(&Model::of_circuit(&circuit)?, path, arguments.force, output),
        None => Ok(()),
    }
}

fn list(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    if arguments.output.is_some() {
        return Err(Failure::usage(
            "--output: which circuit? Name one: adaline circuit half-adder -o half-adder.safetensors",
        ));
    }
    if arguments.json {
        let all = CIRCUITS.map(|(name, does)| json!({"name": name, "description": does}));
        return output.json(&all);
    }
    output.print(left(&CIRCUITS.map(|(name, does)| vec![name.to_owned(), does.to_owned()])))
}

/// `adder 4` is adder-4; the other words are inputs.
fn adder<'a>(name: &str, words: &'a [String]) -> (String, &'a [String]) {
    match words.split_first() {
        Some((bits, rest)) if matches!(name, "adder" | "ripple-adder") => (format!("adder-{bits}"), rest),
        None if matches!(name, "adder" | "ripple-adder") => ("adder-4".to_owned(), words),
        _ if name == "multiplexer" => ("mux".to_owned(), words),
        _ => (name.to_owned(), words),
    }
}

/// A built-in circuit, or one of a file. A built-in name comes before a file of that name, which is then written
/// `./majority`.
fn read(name: &str) -> Result<Circuit, Failure> {
    let path = Path::new(name);
    let wrong = match Circuit::builtin(name) {
        Ok(circuit) => return Ok(circuit),
        Err(error) => error,
    };
    let is_word = path.components().count() == 1 && path.extension().is_none();
    if is_word && !path.exists() {
        let near = did_you_mean(name, CIRCUITS.map(|(name, _)| name));
        return Err(if near.is_empty() && !name.starts_with("adder") {
            Failure::usage(format!(
                "{}: there is neither a built-in circuit nor a file of this name{} (`adaline circuit` lists the built-in ones)",
                printable(name),
                near_file(path)
            ))
        } else {
            wrong.into()
        });
    }
    let bytes = std::fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::new(Code::Machine, format!("{}: there is no such file{}", shown(path), near_file(path)))
        }
        _ => Error::io("read", path, error).into(),
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Failure::new(Code::File, format!("{}: this is no text in UTF-8, so no circuit", shown(path))))?;
    Ok(Circuit::parse(&text, name)?)
}

/// The values of the inputs, where they are given.
fn row(words: &[String], circuit: &Circuit) -> Result<Option<Vec<bool>>, Failure> {
    if words.is_empty() {
        return Ok(None);
    }
    let values: Vec<bool> = read_bits(words)?.into_iter().map(|bit| bit == 1).collect();
    let has = circuit.inputs().len();
    if values.len() != has {
        let names: Vec<String> = circuit.inputs().iter().map(|name| printable(name)).collect();
        return Err(Failure::usage(format!(
            "the circuit has {has} input{} ({}), and {} {} given; give one 0 or 1 for each",
            if has == 1 { "" } else { "s" },
            names.join(" "),
            values.len(),
            if values.len() == 1 { "was" } else { "were" }
        )));
    }
    Ok(Some(values))
}

fn inputs_of(circuit: &Circuit, part: &Part) -> Vec<String> {
    part.from.iter().map(|wire| circuit.wire_name(*wire).to_owned()).collect()
}

fn outputs_of(circuit: &Circuit) -> Vec<String> {
    circuit.outputs().iter().map(|(name, _)| name.clone()).collect()
}

fn bits(values: &[bool]) -> Vec<u8> {
    values.iter().map(|value| u8::from(*value)).collect()
}

fn document(name: &str, circuit: &Circuit, layers: &[NeuronLayer], row: Option<&[bool]>) -> Result<Value, Failure> {
    let neuron = |part: &Part| {
        json!({
            "name": part.name,
            "inputs": inputs_of(circuit, part),
            "weights": part.neuron.weights,
            "bias": part.neuron.bias,
            "activation": part.neuron.activation,
        })
    };
    let table = match row {
        Some(row) => Some(vec![CircuitRow { input: bits(row), output: bits(&circuit.evaluate(row)?) }]),
        None if circuit.inputs().len() <= MOST_TABLE_INPUTS => Some(circuit.table()?),
        None => None,
    };
    Ok(json!({
        "name": name,
        "inputs": circuit.inputs(),
        "outputs": outputs_of(circuit),
        "neurons": circuit.parts().iter().map(neuron).collect::<Vec<_>>(),
        "layers": layers,
        "table": table,
    }))
}

/// The neurons, the layers that they make, and the table.
fn text(circuit: &Circuit, layers: &[NeuronLayer], all: bool) -> Result<String, Failure> {
    let mut text = circuit.to_string();
    let sizes: Vec<String> = layers.iter().map(|layer| format!("dense {} step", layer.neurons.len())).collect();
    let neurons = circuit.parts().len();
    text.push_str(&format!(
        "\n{neurons} neuron{}; as a network: {}\n\n",
        if neurons == 1 { "" } else { "s" },
        sizes.join(", ")
    ));
    let inputs = circuit.inputs().len();
    if inputs > MOST_TABLE_INPUTS {
        if all {
            return Err(Failure::usage(format!(
                "--all: a table of {inputs} inputs is too long; tables are written for at most {MOST_TABLE_INPUTS}"
            )));
        }
        text.push_str(&format!("The table has 2^{inputs} rows; give the inputs of one to see it.\n"));
        return Ok(text);
    }
    let rows = circuit.table()?;
    let shown = if all { rows.len() } else { MOST_ROWS };
    let names = circuit.inputs().iter().cloned().chain(["→".to_owned()]).chain(outputs_of(circuit));
    let mut table = vec![names.map(|name| printable(&name)).collect::<Vec<_>>()];
    for row in rows.iter().take(shown) {
        let digits = |values: &[u8]| values.iter().map(u8::to_string).collect::<Vec<_>>();
        table.push([digits(&row.input), vec!["→".to_owned()], digits(&row.output)].concat());
    }
    text.push_str(&columns(&table));
    if rows.len() > shown {
        text.push_str(&format!("… and {} more rows; --all shows them\n", rows.len() - shown));
    }
    Ok(text)
}

/// Every neuron in one row, then the outputs.
fn one_row(name: &str, circuit: &Circuit, row: &[bool]) -> Result<String, Failure> {
    let firings = circuit.fire(row)?;
    let mut table = vec![["wire", "sum", "output"].map(str::to_owned).to_vec()];
    table[0].push("neuron".to_owned());
    for (part, firing) in circuit.parts().iter().zip(&firings) {
        let names: Vec<String> = inputs_of(circuit, part).iter().map(|name| printable(name)).collect();
        table.push(vec![
            printable(&part.name),
            firing.sum.to_string(),
            firing.output.to_string(),
            formula(&part.neuron, &names),
        ]);
    }
    let output = circuit.evaluate(row)?;
    let named = |names: &[String], values: &[bool]| {
        let pairs = names.iter().zip(bits(values)).map(|(name, value)| format!("{} = {value}", printable(name)));
        pairs.collect::<Vec<_>>().join("  ")
    };
    let mut text =
        format!("{}\n\n{}\n{}\n", named(circuit.inputs(), row), left(&table), named(&outputs_of(circuit), &output));
    if name.starts_with("adder-") && row.len() <= 64 {
        let number = |values: &[bool]| bits(values).iter().fold(0u128, |number, bit| number << 1 | u128::from(*bit));
        let (a, b) = row.split_at(row.len() / 2);
        text.push_str(&format!("{} + {} = {}\n", number(a), number(b), number(&output)));
    }
    Ok(text)
}
