//! Building a circuit: named wires, gates put together from neurons, circuits inside circuits.

use super::{Circuit, Part, Wire};
use crate::Neuron;
use crate::gate::{Code, Expression, Operator};
use std::collections::HashMap;

/// Largest circuit.
const MOST_PARTS: usize = 10_000;

/// What one can put between wires, besides whole circuits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    And,
    Or,
    Nand,
    Nor,
    Xor,
    Xnor,
    Not,
    Pass,
}

impl Kind {
    pub(super) const ALL: [(&'static str, Kind); 8] = [
        ("and", Kind::And),
        ("or", Kind::Or),
        ("nand", Kind::Nand),
        ("nor", Kind::Nor),
        ("xor", Kind::Xor),
        ("xnor", Kind::Xnor),
        ("not", Kind::Not),
        ("pass", Kind::Pass),
    ];

    /// How many wires it takes: at least, and at most.
    pub(super) fn takes(self) -> (usize, usize) {
        match self {
            Kind::And | Kind::Or | Kind::Nand | Kind::Nor => (1, 1000),
            Kind::Xor | Kind::Xnor => (2, 2),
            Kind::Not | Kind::Pass => (1, 1),
        }
    }
}

/// A circuit that grows. Errors are messages; the caller knows the line.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub inputs: Vec<String>,
    parts: Vec<Part>,
    wires: HashMap<String, Wire>,
}

type Built<T> = std::result::Result<T, String>;

impl Builder {
    pub(super) fn wire(&self, name: &str) -> Option<Wire> {
        self.wires.get(name).copied()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.wires.keys().map(String::as_str)
    }

    pub(super) fn input(&mut self, name: &str) {
        self.wires.insert(name.to_owned(), Wire::Input(self.inputs.len()));
        self.inputs.push(name.to_owned());
    }

    /// A name that no wire has: the one wished for, or that with a number behind it.
    fn free(&self, wish: &str) -> String {
        let taken = |name: &String| self.wires.contains_key(name);
        let numbered = (2..).map(|number| format!("{wish}_{number}"));
        std::iter::once(wish.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
    }

    /// A neuron; its wire gets the name, which must be free. Of a wire that it sees twice the weights are added up.
    pub(super) fn neuron(&mut self, name: String, neuron: Neuron, wires: Vec<Wire>) -> Built<Wire> {
        if self.parts.len() >= MOST_PARTS {
            return Err(format!("the circuit has more than {MOST_PARTS} neurons; make it smaller"));
        }
        let mut from: Vec<Wire> = Vec::with_capacity(wires.len());
        let mut weights: Vec<f64> = Vec::with_capacity(wires.len());
        for (wire, weight) in wires.into_iter().zip(neuron.weights) {
            match from.iter().position(|known| *known == wire) {
                Some(at) => weights[at] += weight,
                None => {
                    from.push(wire);
                    weights.push(weight);
                }
            }
        }
        let wire = Wire::Neuron(self.parts.len());
        self.wires.insert(name.clone(), wire);
        self.parts.push(Part { name, neuron: Neuron::step(weights, neuron.bias), from });
        Ok(wire)
    }

    /// A gate of whole-number neurons. XOR(a, b) is AND(NAND(a, b), OR(a, b)), and XNOR(a, b) is OR(AND(a, b), NOR(a, b)).
    pub(super) fn gate(&mut self, name: &str, kind: Kind, from: &[Wire]) -> Built<Wire> {
        let count = from.len() as f64;
        let alike = |weight: f64, bias: f64| Neuron::step(vec![weight; from.len()], bias);
        let neuron = match kind {
            Kind::And => alike(1.0, 1.0 - count),
            Kind::Or | Kind::Pass => alike(1.0, 0.0),
            Kind::Nand => alike(-1.0, count),
            Kind::Nor | Kind::Not => alike(-1.0, 1.0),
            Kind::Xor | Kind::Xnor => {
                let [first, second, last] = match kind {
                    Kind::Xor => [("nand", Kind::Nand), ("or", Kind::Or), ("", Kind::And)],
                    _ => [("and", Kind::And), ("nor", Kind::Nor), ("", Kind::Or)],
                };
                let mut side = |(word, kind): (&str, Kind)| {
                    let name = self.free(&format!("{name}_{word}"));
                    self.gate(&name, kind, from)
                };
                let sides = [side(first)?, side(second)?];
                return self.gate(name, last.1, &sides);
            }
        };
        self.neuron(name.to_owned(), neuron, from.to_vec())
    }

    /// A whole circuit between wires: its neurons, with new names. Its outputs get the names given.
    pub(super) fn circuit(&mut self, names: &[String], circuit: &Circuit, from: &[Wire]) -> Built<()> {
        let prefix = names.first().map_or("", String::as_str);
        let mut placed: Vec<Wire> = Vec::with_capacity(circuit.parts.len());
        for (number, part) in circuit.parts.iter().enumerate() {
            let output = circuit.outputs.iter().position(|(_, wire)| *wire == Wire::Neuron(number));
            let name = match output.and_then(|output| names.get(output)) {
                Some(name) => name.clone(),
                None => {
                    // sum_nand of a half adder whose sum is called s is s_nand.
                    let of_output = circuit.outputs.iter().zip(names).find_map(|((old, _), new)| {
                        let rest = part.name.strip_prefix(old.as_str())?;
                        rest.starts_with('_').then(|| format!("{new}{rest}"))
                    });
                    self.free(&of_output.unwrap_or_else(|| format!("{prefix}_{}", part.name)))
                }
            };
            let seen = part.from.iter().map(|wire| resolve(*wire, from, &placed)).collect();
            placed.push(self.neuron(name, part.neuron.clone(), seen)?);
        }
        for ((_, wire), name) in circuit.outputs.iter().zip(names) {
            if self.wire(name).is_none() {
                self.gate(name, Kind::Pass, &[resolve(*wire, from, &placed)])?;
            }
        }
        Ok(())
    }

    /// An expression over wires that are there: one gate an operator, `inputs` the wires of its names.
    pub(super) fn expression(&mut self, name: &str, expression: &Expression, inputs: &[Wire]) -> Built<()> {
        let code = expression.code();
        let mut stack: Vec<Wire> = Vec::new();
        for (place, step) in code.iter().enumerate() {
            let last = place + 1 == code.len();
            let label = |word: &str| if last { name.to_owned() } else { self.free(&format!("{name}_{word}")) };
            let wire = match step {
                Code::Input(number) => inputs.get(*number).copied().unwrap_or(Wire::Input(*number)),
                Code::Constant(value) => {
                    let label = label(if *value { "one" } else { "zero" });
                    self.neuron(label, Neuron::step([], f64::from(u8::from(*value))), Vec::new())?
                }
                Code::Not => {
                    let label = label("not");
                    let a = stack.pop().unwrap_or(Wire::Input(0));
                    self.gate(&label, Kind::Not, &[a])?
                }
                Code::Binary(operator) => {
                    let b = stack.pop().unwrap_or(Wire::Input(0));
                    let a = stack.pop().unwrap_or(Wire::Input(0));
                    let (word, kind) = match operator {
                        Operator::And => ("and", Kind::And),
                        Operator::Nand => ("nand", Kind::Nand),
                        Operator::Or => ("or", Kind::Or),
                        Operator::Nor => ("nor", Kind::Nor),
                        Operator::Xor => ("xor", Kind::Xor),
                        Operator::Xnor | Operator::Iff => ("xnor", Kind::Xnor),
                        Operator::Implies => {
                            let label = label("implies");
                            stack.push(self.neuron(label, Neuron::step([-1.0, 1.0], 1.0), vec![a, b])?);
                            continue;
                        }
                    };
                    let label = label(word);
                    self.gate(&label, kind, &[a, b])?
                }
            };
            stack.push(wire);
        }
        // A bare name: the wire goes on under another one.
        if self.wire(name).is_none() {
            let wire = stack.pop().unwrap_or(Wire::Input(0));
            self.gate(name, Kind::Pass, &[wire])?;
        }
        Ok(())
    }

    pub(super) fn finish(self, outputs: Vec<(String, Wire)>) -> Circuit {
        Circuit { inputs: self.inputs, parts: self.parts, outputs }
    }
}

/// A wire of an inner circuit as one of the outer.
fn resolve(wire: Wire, from: &[Wire], placed: &[Wire]) -> Wire {
    match wire {
        Wire::Input(number) => from.get(number).copied().unwrap_or(wire),
        Wire::Neuron(number) => placed.get(number).copied().unwrap_or(wire),
    }
}
