//! Circuit files.

use super::build::{Builder, Kind};
use super::builtin::{self, BLOCKS};
use super::{Circuit, Wire, neuron};
use crate::error::{Place, did_you_mean, printable};
use crate::gate::{Expression, is_name};
use crate::{Activation, Error, Neuron, Result};

const MOST_BYTES: usize = 1 << 20;
const MOST_INPUTS: usize = 1_000;

impl Circuit {
    /// Reads a circuit file. `source` is what errors call it: the file's name.
    ///
    /// A line names wires on the left of `=` and says on the right what drives them. `#` begins a comment. A wire must
    /// be driven on a line above those that use it, so that nothing goes in a circle.
    ///
    /// | line | meaning |
    /// |---|---|
    /// | `inputs a b` | the names of the inputs, in order |
    /// | `outputs sum` | the wires that leave the circuit, in order |
    /// | `t = and a b c` | a gate: `and`, `or`, `nand`, `nor` of any number of wires, `xor`, `xnor` of two, `not`, `pass` of one |
    /// | `c s = half_adder a b` | a circuit: `half_adder`, `full_adder`, `mux`, `majority`; a name for each of its outputs |
    /// | `t = (a and not b) or c` | an expression: a gate for each of its operators |
    /// | `t = step(0.4·a + 0.4·b - 0.6)` | a neuron set by hand (`*` does for `·`) |
    ///
    /// Fails with [`Error::Data`], which names the line.
    ///
    /// ```
    /// use adaline::Circuit;
    /// # fn main() -> adaline::Result<()> {
    /// let text = "inputs a b c\noutputs out\nboth = and a b\nout = both or not c\n";
    /// let circuit = Circuit::parse(text, "mine.circuit")?;
    /// assert_eq!(circuit.evaluate(&[false, true, true])?, [false]);
    ///
    /// let error = Circuit::parse("inputs a b\noutputs out\nout = nad a b\n", "mine.circuit").unwrap_err();
    /// assert_eq!(error.to_string(), "mine.circuit:3: unknown gate \"nad\"; did you mean \"and\"?");
    /// # Ok(())
    /// # }
    /// ```
    pub fn parse(text: &str, source: &str) -> Result<Self> {
        if text.len() > MOST_BYTES {
            return Err(Error::data(Place::new(source), format!("more than {MOST_BYTES} bytes; this is no circuit")));
        }
        let mut reader = Reader { source, later: Vec::new(), builder: Builder::default(), outputs: None };
        let lines: Vec<(usize, &str)> = text
            .trim_start_matches('\u{feff}')
            .lines()
            .enumerate()
            .map(|(number, line)| (number + 1, line.split('#').next().unwrap_or("").trim()))
            .filter(|(_, line)| !line.is_empty())
            .collect();
        for (number, line) in &lines {
            if let Some((left, _)) = line.split_once('=') {
                reader.later.extend(names(left).into_iter().map(|name| (name.to_owned(), *number)));
            }
        }
        for (number, line) in &lines {
            reader.line(*number, line)?;
        }
        reader.finish()
    }
}

struct Reader<'a> {
    source: &'a str,
    /// Every wire of the file and the line that drives it, to tell a wire that comes later from one that never comes.
    later: Vec<(String, usize)>,
    builder: Builder,
    /// The names, and the line they stand in.
    outputs: Option<(Vec<String>, usize)>,
}

/// Words between spaces and commas.
fn names(text: &str) -> Vec<&str> {
    text.split([' ', '\t', ',']).filter(|word| !word.is_empty()).collect()
}

impl Reader<'_> {
    fn error(&self, line: usize, message: impl Into<String>) -> Error {
        Error::data(Place::new(self.source).line(line as u64), message)
    }

    fn line(&mut self, number: usize, line: &str) -> Result<()> {
        if let Some((left, right)) = line.split_once('=') {
            return self.wires(number, left, right.trim());
        }
        let (word, rest) = line.split_once([' ', '\t', ':']).unwrap_or((line, ""));
        let rest = names(rest.trim_start().trim_start_matches(':'));
        match word {
            "inputs" | "input" => {
                for name in rest {
                    self.new_name(number, name)?;
                    if self.builder.inputs.len() == MOST_INPUTS {
                        return Err(self.error(number, format!("more than {MOST_INPUTS} inputs")));
                    }
                    self.builder.input(name);
                }
                Ok(())
            }
            "outputs" | "output" => {
                let (all, _) = self.outputs.get_or_insert((Vec::new(), number));
                all.extend(rest.iter().map(|name| (*name).to_owned()));
                Ok(())
            }
            _ => {
                let near = did_you_mean(word, ["inputs", "outputs"]);
                let mend = if near.is_empty() {
                    "; write inputs, outputs, or a wire, = and what drives it: t = and a b".to_owned()
                } else {
                    near
                };
                Err(self.error(number, format!("\"{}\" begins no line{mend}", printable(word))))
            }
        }
    }

    /// A wire's name that must be free.
    fn new_name(&self, line: usize, name: &str) -> Result<()> {
        let shown = printable(name);
        let gate = Kind::ALL.iter().any(|(kind, _)| *kind == name) || BLOCKS.contains(&name);
        if gate || ["inputs", "outputs", "input", "output", "step"].contains(&name) || !is_name(name) {
            let message =
                format!("\"{shown}\" cannot name a wire; use letters, digits and _, and no word that means a gate");
            return Err(self.error(line, message));
        }
        if self.builder.wire(name).is_some() {
            return Err(self.error(line, format!("the wire \"{shown}\" is driven already; give this one another name")));
        }
        Ok(())
    }

    /// A wire that is there.
    fn wire(&self, line: usize, name: &str) -> Result<Wire> {
        if let Some(wire) = self.builder.wire(name) {
            return Ok(wire);
        }
        let shown = printable(name);
        if let Some((_, below)) = self.later.iter().find(|(later, below)| later == name && *below >= line) {
            let message = if *below == line {
                format!("the wire \"{shown}\" drives itself; a circuit has no circles")
            } else {
                format!(
                    "the wire \"{shown}\" is driven below, in line {below}; move that line up (a circuit has no circles)"
                )
            };
            return Err(self.error(line, message));
        }
        let near = did_you_mean(name, self.sorted_names());
        Err(self.error(line, format!("there is no wire \"{shown}\"{near}")))
    }

    /// Names in a fixed order, so that the same mistake gets the same answer; for "did you mean".
    fn sorted_names(&self) -> Vec<&str> {
        // Names of one letter are all near to each other.
        let mut names: Vec<&str> = self.builder.names().filter(|name| name.chars().count() > 1).collect();
        names.sort_unstable();
        names
    }

    /// `left = right`.
    fn wires(&mut self, line: usize, left: &str, right: &str) -> Result<()> {
        let left: Vec<String> = names(left).into_iter().map(str::to_owned).collect();
        if left.is_empty() {
            return Err(self.error(line, "a wire's name is missing before \"=\""));
        }
        for (place, name) in left.iter().enumerate() {
            self.new_name(line, name)?;
            if left[..place].contains(name) {
                return Err(self.error(line, format!("the wire \"{}\" stands there twice", printable(name))));
            }
        }
        if right.is_empty() {
            return Err(self.error(line, "what drives the wire is missing after \"=\"; write for example and a b"));
        }
        let plain: String = right.chars().map(|c| if matches!(c, '(' | ')' | ',') { ' ' } else { c }).collect();
        let mut words = plain.split_whitespace();
        let word = words.next().unwrap_or("");
        let rest: Vec<&str> = words.collect();
        let gate_form = !rest.is_empty() && rest.iter().all(|name| is_name(name));

        if let Some(behind) = right.strip_prefix("step").map(str::trim_start).and_then(|rest| rest.strip_prefix('(')) {
            let Some(sum) = behind.strip_suffix(')') else {
                return Err(self.error(line, "the parenthesis after \"step\" is never closed; add \")\" at the end"));
            };
            self.one_name(line, &left)?;
            return self.set_by_hand(line, &left[0], sum);
        }
        let call = right.split_once('(').map_or("", |(name, _)| name.trim());
        if !call.is_empty() && call != "not" && call.parse::<Activation>().is_ok() {
            let message = format!("neurons of a circuit fire or do not: write step(…) and not {}(…)", printable(call));
            return Err(self.error(line, message));
        }
        let kind = Kind::ALL.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        if let Some((name, kind)) = kind.filter(|_| gate_form) {
            let wires = rest.iter().map(|name| self.wire(line, name)).collect::<Result<Vec<_>>>()?;
            let (least, most) = kind.takes();
            if !(least..=most).contains(&wires.len()) {
                let needs = if least == most { least.to_string() } else { format!("{least} to {most}") };
                let message =
                    format!("\"{name}\" takes {needs} wire{}, not {}", if most == 1 { "" } else { "s" }, wires.len());
                return Err(self.error(line, message));
            }
            self.one_name(line, &left)?;
            return self.builder.gate(&left[0], kind, &wires).map(drop).map_err(|message| self.error(line, message));
        }
        if let Some(text) = builtin::source(&word.to_lowercase().replace('_', "-")) {
            let wires = rest.iter().map(|name| self.wire(line, name)).collect::<Result<Vec<_>>>()?;
            let circuit = Circuit::parse(text, word)?;
            let (takes, gives) = (circuit.inputs().len(), circuit.outputs().len());
            if takes != wires.len() || gives != left.len() {
                let outputs: Vec<&str> = circuit.outputs().iter().map(|(name, _)| name.as_str()).collect();
                let message = format!(
                    "\"{word}\" takes {takes} wires ({}) and drives {gives} ({}), not {} and {}",
                    circuit.inputs().join(" "),
                    outputs.join(" "),
                    wires.len(),
                    left.len()
                );
                return Err(self.error(line, message));
            }
            return self.builder.circuit(&left, &circuit, &wires).map_err(|message| self.error(line, message));
        }
        if gate_form && self.builder.wire(word).is_none() {
            let known = Kind::ALL.iter().map(|(name, _)| *name).chain(BLOCKS);
            let near = did_you_mean(word, known.clone());
            let mend =
                if near.is_empty() { format!("; known are {}", known.collect::<Vec<_>>().join(", ")) } else { near };
            return Err(self.error(line, format!("unknown gate \"{}\"{mend}", printable(word))));
        }
        self.one_name(line, &left)?;
        let expression =
            Expression::parse_with(right, MOST_INPUTS).map_err(|error| self.error(line, error.to_string()))?;
        let wires = expression.names().iter().map(|name| self.wire(line, name)).collect::<Result<Vec<_>>>()?;
        self.builder.expression(&left[0], &expression, &wires).map_err(|message| self.error(line, message))
    }

    fn one_name(&self, line: usize, left: &[String]) -> Result<()> {
        if left.len() == 1 {
            return Ok(());
        }
        Err(self.error(line, format!("{} wires before \"=\", but one is driven", left.len())))
    }

    /// `step(…)`
    fn set_by_hand(&mut self, line: usize, name: &str, sum: &str) -> Result<()> {
        let (terms, bias) = neuron::read_sum(sum).map_err(|error| self.error(line, error.to_string()))?;
        let wires = terms.iter().map(|(wire, _)| self.wire(line, wire)).collect::<Result<Vec<_>>>()?;
        let weights: Vec<f64> = terms.iter().map(|(_, weight)| *weight).collect();
        let built = self.builder.neuron(name.to_owned(), Neuron::step(weights, bias), wires);
        built.map(drop).map_err(|message| self.error(line, message))
    }

    fn finish(self) -> Result<Circuit> {
        let whole = |message: &str| Err(Error::data(Place::new(self.source), message));
        if self.builder.inputs.is_empty() {
            return whole("there are no inputs; add a line such as \"inputs a b\"");
        }
        let Some((names, line)) = &self.outputs else {
            return whole("there are no outputs; add a line such as \"outputs sum\"");
        };
        if names.is_empty() {
            return Err(self.error(*line, "no outputs are named; write for example \"outputs sum\""));
        }
        let output = |name: &String| match self.builder.wire(name) {
            Some(wire) => Ok((name.clone(), wire)),
            None => {
                let near = did_you_mean(name, self.sorted_names());
                Err(self.error(*line, format!("nothing drives the output \"{}\"{near}", printable(name))))
            }
        };
        let outputs = names.iter().map(output).collect::<Result<Vec<_>>>()?;
        Ok(self.builder.finish(outputs))
    }
}
