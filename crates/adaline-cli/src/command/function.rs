//! A Boolean function as a person names it: a gate, an expression, or a column of outputs.

use crate::failure::Failure;
use crate::values;
use adaline::error::{columns, printable};
use adaline::gate::{Expression, Function};
use adaline::{Gate, Neuron, TruthRow};
use clap::Args;

/// Which function, and of which row.
#[derive(Debug, Args)]
pub(crate) struct FunctionArguments {
    /// A gate's name (left out with --expr and --truth); then, for one row alone, its inputs, 0 or 1 each, apart or
    /// together
    #[arg(value_name = "NAME] [INPUT", allow_negative_numbers = true)]
    words: Vec<String>,

    /// Any function as an expression, with names of your own: '(a and not b) or c'; not, and, or, xor, nand, nor, xnor,
    /// implies, iff, or ! & | ^ -> <->
    #[arg(long, value_name = "EXPRESSION", conflicts_with = "truth")]
    expr: Option<String>,

    /// Any function as its column of outputs, the row 0…0 first: 0110
    #[arg(long, value_name = "OUTPUTS")]
    truth: Option<String>,
}

/// A neuron set by hand.
#[derive(Debug, Args)]
pub(crate) struct ByHandArguments {
    /// Weights of a neuron of your own, one an input: 0.4,0.4
    #[arg(long, value_delimiter = ',', value_parser = values::number, allow_hyphen_values = true)]
    pub(crate) weights: Option<Vec<f64>>,

    /// Its bias; without one it is 0, and the neuron's line goes through the origin
    #[arg(long, value_parser = values::number, allow_hyphen_values = true, requires = "weights")]
    pub(crate) bias: Option<f64>,
}

impl ByHandArguments {
    pub(crate) fn neuron(&self) -> Option<Neuron> {
        self.weights.as_ref().map(|weights| Neuron::step(weights.clone(), self.bias.unwrap_or(0.0)))
    }
}

/// A function and what it is called.
pub(crate) struct Subject {
    /// Safe to print, and cut where it is very long.
    pub(crate) name: String,
    /// The whole name, for documents.
    pub(crate) full_name: String,
    /// The inputs' names, safe to print.
    pub(crate) inputs: Vec<String>,
    pub(crate) function: Function,
    /// The gate, where it was named.
    pub(crate) gate: Option<Gate>,
    /// The one row that was asked for.
    pub(crate) row: Option<TruthRow>,
    /// Whether the inputs have names of their own, and not x1, x2, ….
    pub(crate) named: bool,
}

/// Terminal columns of a function's name; a longer one would push the answer out of sight.
const LONGEST_NAME: usize = 76;

impl Subject {
    /// The name in titles: gates are written large, as in textbooks.
    pub(crate) fn title(&self) -> String {
        if self.gate.is_some() { self.name.to_uppercase() } else { self.name.clone() }
    }

    /// The inputs' names where they have some of their own.
    pub(crate) fn own_names(&self) -> &[String] {
        if self.named { &self.inputs } else { &[] }
    }
}

impl FunctionArguments {
    pub(crate) fn read(&self, command: &str) -> Result<Subject, Failure> {
        let (name, function, gate, words) = match (&self.expr, &self.truth, self.words.split_first()) {
            (Some(text), _, _) => {
                let function = Expression::parse(text)?.function()?;
                (printable(text.trim()), function, None, self.words.as_slice())
            }
            (None, Some(text), _) => {
                let function = Function::parse_truth(text)?;
                let inputs = function.names().len();
                let name = if inputs <= 4 { function.table().to_string() } else { "this function".to_owned() };
                (name, function, None, self.words.as_slice())
            }
            (None, None, Some((name, words))) => {
                let gate = name.parse::<Gate>().map_err(|error| unknown(name, error.into(), command))?;
                (gate.to_string(), Function::from(gate), Some(gate), words)
            }
            (None, None, None) => {
                return Err(Failure::usage(format!(
                    "which function? Name a gate (adaline {command} xor), or give --expr or --truth"
                )));
            }
        };
        let inputs: Vec<String> = function.names().iter().map(|name| printable(name)).collect();
        let (full_name, name) = (name.clone(), cut(&name));
        let row = row(words, &name, &function)?;
        Ok(Subject { name, full_name, inputs, function, gate, row, named: self.expr.is_some() })
    }
}

/// The name, or its beginning and `…`.
fn cut(name: &str) -> String {
    if columns(name) <= LONGEST_NAME {
        return name.to_owned();
    }
    let mut short = String::new();
    for c in name.chars() {
        if columns(&short) + 2 >= LONGEST_NAME {
            break;
        }
        short.push(c);
    }
    format!("{}…", short.trim_end())
}

/// A word that is no gate may be an expression or a column of outputs.
fn unknown(word: &str, error: Failure, command: &str) -> Failure {
    if word.len() > 1 && word.chars().all(|c| c == '0' || c == '1') {
        return Failure::usage(format!(
            "\"{word}\" is no gate; a column of outputs is given as adaline {command} --truth {word}"
        ));
    }
    if word.contains([' ', '(', '&', '|', '^', '!', '~']) && Expression::parse(word).is_ok() {
        let quoted = crate::source::quoted(word);
        return Failure::usage(format!(
            "{quoted} is no gate; an expression is given as adaline {command} --expr {quoted}"
        ));
    }
    error
}

/// Inputs as they are typed, apart or together: `0 1` or `01`.
pub(crate) fn bits(words: &[String]) -> Result<Vec<u8>, Failure> {
    let digit = |word: &str, digit: char| match digit {
        '0' => Ok(0),
        '1' => Ok(1),
        _ => Err(Failure::usage(format!("\"{}\": inputs are written with 0 and 1", printable(word)))),
    };
    words.iter().flat_map(|word| word.chars().map(move |c| digit(word, c))).collect()
}

/// The row of these inputs.
fn row(words: &[String], name: &str, function: &Function) -> Result<Option<TruthRow>, Failure> {
    if words.is_empty() {
        return Ok(None);
    }
    let input = bits(words)?;
    let has = function.names().len();
    if input.len() != has {
        let (noun, given) = (if has == 1 { "input" } else { "inputs" }, input.len());
        let names: Vec<String> = function.names().iter().map(|name| printable(name)).collect();
        let were = if given == 1 { "was" } else { "were" };
        return Err(Failure::usage(format!(
            "{name} has {has} {noun} ({}), and {given} {were} given; give one 0 or 1 for each",
            names.join(" ")
        )));
    }
    Ok(function.table().rows().find(|row| row.input == input))
}

/// A neuron with the names of what it sees: `step(1·a - 1·b + 2·c)`.
pub(crate) fn formula(neuron: &Neuron, names: &[String]) -> String {
    let mut sum = String::new();
    let terms = neuron.weights.iter().zip(names).map(|(weight, name)| (*weight, format!("·{name}")));
    let bias = (neuron.bias != 0.0 || neuron.weights.is_empty()).then(|| (neuron.bias, String::new()));
    for (value, name) in terms.chain(bias) {
        let sign = match (sum.is_empty(), value < 0.0) {
            (true, true) => "-",
            (true, false) => "",
            (false, true) => " - ",
            (false, false) => " + ",
        };
        sum.push_str(&format!("{sign}{}{name}", value.abs()));
    }
    format!("{}({sum})", neuron.activation)
}

/// A number with few places after the point, for tables.
pub(crate) fn short(x: f64) -> String {
    let rounded: f64 = format!("{x:.6}").parse().unwrap_or(x);
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}
