//! A circuit as a chain of dense layers.

use super::{Circuit, Wire};
use crate::{Error, Network, Neuron, NeuronLayer, Result};
use std::collections::HashMap;

/// Most weights of the chain, zeroes included.
const MOST_WEIGHTS: usize = 1 << 24;

/// What a neuron of a layer does: a part of the circuit, or a value passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seat {
    Part(usize),
    Pass(Wire),
}

impl Seat {
    fn wire(self) -> Wire {
        match self {
            Seat::Part(number) => Wire::Neuron(number),
            Seat::Pass(wire) => wire,
        }
    }
}

impl Circuit {
    /// The circuit as layers, each seeing the one before it only. A neuron stands in the layer behind the last one that it
    /// sees; a value that is used later is passed on by neurons of the form `step(1·a)`. Neurons that no output needs
    /// are left out.
    ///
    /// Fails when the layers would be too large.
    pub fn layers(&self) -> Result<Vec<NeuronLayer>> {
        let seats = self.seats();
        let widths = std::iter::once(self.inputs.len()).chain(seats.iter().map(Vec::len));
        let widths: Vec<usize> = widths.collect();
        let weights: usize = widths.windows(2).map(|pair| pair[0] * pair[1]).sum();
        if weights > MOST_WEIGHTS {
            let message = format!("as a chain of layers it has {weights} weights; at most {MOST_WEIGHTS} are built");
            return Err(Error::setting("circuit", message));
        }
        let mut before: Vec<Wire> = (0..self.inputs.len()).map(Wire::Input).collect();
        let mut layers = Vec::with_capacity(seats.len());
        for seats in seats {
            let column: HashMap<Wire, usize> = before.iter().enumerate().map(|(at, wire)| (*wire, at)).collect();
            let neuron = |seat: &Seat| {
                let mut weights = vec![0.0; before.len()];
                let mut add = |wire: &Wire, weight: f64| {
                    if let Some(at) = column.get(wire) {
                        weights[*at] += weight;
                    }
                };
                let bias = match seat {
                    Seat::Pass(wire) => {
                        add(wire, 1.0);
                        0.0
                    }
                    Seat::Part(number) => {
                        let part = &self.parts[*number];
                        part.from.iter().zip(&part.neuron.weights).for_each(|(wire, weight)| add(wire, *weight));
                        part.neuron.bias
                    }
                };
                Neuron::step(weights, bias)
            };
            layers.push(NeuronLayer::new(seats.iter().map(neuron).collect::<Vec<_>>()));
            before = seats.iter().map(|seat| seat.wire()).collect();
        }
        Ok(layers)
    }

    /// The circuit as a network of dense step layers; see [`Circuit::layers`]. Weights are rounded to f32.
    pub fn network(&self) -> Result<Network> {
        Network::from_neurons(&self.layers()?)
    }

    /// Who sits in which layer.
    fn seats(&self) -> Vec<Vec<Seat>> {
        // The layer of a wire: 0 for inputs.
        let mut level: Vec<usize> = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let seen = part.from.iter().map(|wire| level_of(*wire, &level)).max().unwrap_or(0);
            level.push(seen + 1);
        }
        let depth = self.outputs.iter().map(|(_, wire)| level_of(*wire, &level)).max().unwrap_or(0).max(1);

        // Until which layer a wire's value is needed; wires that nobody needs are not there.
        let mut until: HashMap<Wire, usize> = HashMap::new();
        let mut need = |wire: Wire, layer: usize| {
            let last = until.entry(wire).or_insert(layer);
            *last = layer.max(*last);
        };
        self.outputs.iter().for_each(|(_, wire)| need(*wire, depth));
        let mut needed = vec![false; self.parts.len()];
        for (_, wire) in &self.outputs {
            if let Wire::Neuron(number) = wire {
                needed[*number] = true;
            }
        }
        for (number, part) in self.parts.iter().enumerate().rev().filter(|(number, _)| *number < level.len()) {
            if !needed[number] {
                continue;
            }
            for wire in &part.from {
                need(*wire, level[number] - 1);
                if let Wire::Neuron(before) = wire {
                    needed[*before] = true;
                }
            }
        }

        let inputs = (0..self.inputs.len()).map(Wire::Input);
        let wires: Vec<Wire> = inputs.chain((0..self.parts.len()).map(Wire::Neuron)).collect();
        let seat = |wire: Wire, layer: usize| match wire {
            Wire::Neuron(number) if level[number] == layer => Seat::Part(number),
            _ => Seat::Pass(wire),
        };
        let mut seats: Vec<Vec<Seat>> = (1..depth)
            .map(|layer| {
                let lives = |wire: &&Wire| {
                    level_of(**wire, &level) <= layer && until.get(wire).is_some_and(|last| *last >= layer)
                };
                wires.iter().filter(lives).map(|wire| seat(*wire, layer)).collect()
            })
            .collect();
        // A layer without neurons cannot be; constants alone may leave one empty.
        for empty in seats.iter_mut().filter(|seats| seats.is_empty()) {
            empty.push(Seat::Pass(Wire::Input(0)));
        }
        seats.push(self.outputs.iter().map(|(_, wire)| seat(*wire, depth)).collect());
        seats
    }
}

fn level_of(wire: Wire, level: &[usize]) -> usize {
    match wire {
        Wire::Input(_) => 0,
        Wire::Neuron(number) => level.get(number).copied().unwrap_or(0),
    }
}
