//! A recurrent layer forward, one step a block.

use super::{Label, Writer, join, of};
use crate::reference::explain::style::Style;
use crate::reference::explain::{GateWorking, LayerWorking, StateWorking, StepWorking, SweepWorking};

impl Writer {
    pub(super) fn sweeps(&self, out: &mut String, layer: &LayerWorking, label: &Label) {
        let s = self.style;
        for sweep in &layer.sweeps {
            for step in self.some(sweep.steps.iter()) {
                let from = if sweep.reverse { ", from the end to the start" } else { "" };
                *out += &s.remark(&format!("Step {}{from}", step.step));
                self.step(out, sweep, step, label);
            }
            *out += &self.left_out(sweep.steps.len(), "step", "");
        }
        if !layer.sweeps.is_empty() {
            *out += &s.remark("What comes out");
        }
    }

    /// The letter of a gate or state; a cell that goes backwards has an arrow.
    pub(super) fn state_letter(&self, letter: &'static str, reverse: bool) -> &'static str {
        let with_arrow = match letter {
            "i" => ["←i", "\\overleftarrow{i}"],
            "f" => ["←f", "\\overleftarrow{f}"],
            "g" => ["←g", "\\overleftarrow{g}"],
            "o" => ["←o", "\\overleftarrow{o}"],
            "r" => ["←r", "\\overleftarrow{r}"],
            "z" => ["←z", "\\overleftarrow{z}"],
            "n" => ["←n", "\\overleftarrow{n}"],
            "s" => ["←s", "\\overleftarrow{s}"],
            _ => ["←h", "\\overleftarrow{h}"],
        };
        match (reverse, self.style) {
            (false, _) => letter,
            (true, Style::Text) => with_arrow[0],
            (true, Style::Markdown) => with_arrow[1],
        }
    }

    fn step(&self, out: &mut String, sweep: &SweepWorking, step: &StepWorking, label: &Label) {
        let s = self.style;
        let units = step.states.len();
        for unit in self.some(1..=units) {
            let left = |letter: &'static str| {
                s.symbol(of(self.state_letter(letter, sweep.reverse), &label.own, &[step.step, unit]))
            };
            let gates: Vec<&GateWorking> = step.gates.iter().filter(|gate| gate.unit == unit).collect();
            for gate in &gates {
                let (formula, result) = (self.gate(gate), s.number(gate.output));
                *out += &s.line(&format!("{} = {formula} = {result}", left(gate.gate)));
            }
            if let Some(state) = step.states.get(unit - 1) {
                for (letter, formula, result) in self.state(&gates, state) {
                    *out += &s.line(&format!("{} = {formula} = {}", left(letter), s.number(result)));
                }
            }
        }
        *out += &self.left_out(units, "unit", "");
    }

    /// f(W·x + b + U·h + c) with numbers, then f of the sum.
    fn gate(&self, gate: &GateWorking) -> String {
        let s = self.style;
        let applied = self.activation(gate.activation, gate.sum);
        if gate.inputs.is_empty() && gate.state.is_empty() {
            return applied;
        }
        let mut parts = self.products(&gate.inputs);
        parts.extend(gate.input_bias.map(|bias| s.number(bias)));
        let mut state = self.products(&gate.state);
        state.extend(gate.state_bias.map(|bias| s.number(bias)));
        match gate.reset {
            Some(reset) => parts.push(format!("{}{}({})", s.number(reset), s.times(), join(&state))),
            None => parts.extend(state),
        }
        let name = gate.activation.to_string();
        format!("{} = {applied}", s.function(name.split('(').next().unwrap_or(""), &join(&parts)))
    }

    /// How memory and state come about from the gates of a unit, in order. A simple layer's state is its candidate.
    fn state(&self, gates: &[&GateWorking], state: &StateWorking) -> Vec<(&'static str, String, f64)> {
        let s = self.style;
        let outputs: Vec<f64> = gates.iter().map(|gate| gate.output).collect();
        match (&outputs[..], state.memory_before, state.memory) {
            (&[i, f, g, o], Some(before), Some(memory)) => {
                let kept = join(&[s.product(f, before), s.product(i, g)]);
                let shown = format!("{}{}{}", s.number(o), s.times(), s.function("tanh", &s.number(memory)));
                vec![("s", kept, memory), ("h", shown, state.state)]
            }
            (&[_, z, n], ..) => {
                let new = format!("(1 - {}){}{}", s.number(z), s.times(), s.factor(n));
                vec![("h", join(&[new, s.product(z, state.before)]), state.state)]
            }
            _ => Vec::new(),
        }
    }
}
