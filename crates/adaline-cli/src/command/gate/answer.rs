//! The neurons of a function, and why there are not fewer.

use crate::command::function::Subject;
use crate::failure::Failure;
use adaline::gate::{Certificate, SmallestNeuron, Solution};
use adaline::{Firing, Neuron, NeuronLayer, TruthRow, WrongRow};

/// Most inputs of a function for which neurons are sought.
const MOST_SOLVED: usize = 8;

/// Said where neurons are not drawn as they are.
pub(crate) const MOVED: &str = "drawn with biases lower by 0.5, which changes no row: the lines run between the points";

/// What is said of a function.
pub(crate) struct Answer {
    /// The neurons that are shown.
    pub layers: Vec<NeuronLayer>,
    /// Their names, layer by layer.
    pub names: Vec<Vec<String>>,
    /// Whether they were given on the command line.
    pub by_hand: bool,
    /// Whether one neuron computes the function; `None` where it has too many inputs to tell.
    pub separable: Option<bool>,
    pub certificate: Option<Certificate>,
    pub smallest: Option<SmallestNeuron>,
    /// Of two layers found by the solver, whether fewer hidden neurons are proved not to do.
    pub fewest_proved: Option<bool>,
}

impl Answer {
    /// The neurons of a function: the one set by hand, those of the lecture's gates, or what the solver finds.
    pub(crate) fn find(subject: &Subject, by_hand: Option<Neuron>) -> Result<Self, Failure> {
        let table = subject.function.table();
        let solve = || -> Result<_, Failure> { Ok(table.solve()?) };
        let inputs = table.inputs();
        if let Some(neuron) = by_hand {
            // A neuron that keeps the table proves by itself that there is one.
            let right = table.first_wrong_row(&neuron)?.is_none();
            let why = if right || inputs > MOST_SOLVED || table.is_separable()? {
                None
            } else {
                solve()?.certificate().cloned()
            };
            let separable = if right { Some(true) } else { (inputs <= MOST_SOLVED).then_some(why.is_none()) };
            return Ok(Answer {
                layers: vec![NeuronLayer::new([neuron])],
                names: vec![vec!["neuron".to_owned()]],
                by_hand: true,
                separable,
                certificate: why,
                smallest: None,
                fewest_proved: None,
            });
        }
        if inputs > MOST_SOLVED {
            return Err(Failure::usage(format!(
                "{} has {inputs} inputs, and neurons are sought for at most {MOST_SOLVED}; with --weights and --bias a \
                 neuron of your own is checked, up to 16 inputs",
                subject.name
            )));
        }
        let solution = solve()?;
        let (layers, names, fewest_proved) = match (subject.gate, &solution) {
            (Some(gate), _) => (gate.layers(), gate_names(gate), None),
            (None, Solution::Neuron(smallest)) => {
                (vec![NeuronLayer::new([smallest.neuron()])], vec![vec!["output".to_owned()]], None)
            }
            (None, Solution::Impossible(_)) => {
                let two = table.two_layer()?;
                (two.layers(), hidden_names(subject, two.hidden.neurons.len()), Some(two.proved))
            }
        };
        Ok(Answer {
            layers,
            names,
            by_hand: false,
            separable: Some(solution.is_separable()),
            certificate: solution.certificate().cloned(),
            smallest: solution.neuron().cloned(),
            fewest_proved,
        })
    }

    /// The neuron, where it is one alone.
    pub(crate) fn single(&self) -> Option<&Neuron> {
        match self.layers.as_slice() {
            [layer] => layer.neurons.first(),
            _ => None,
        }
    }

    /// The neurons as they are drawn. Lines of whole-number weights run through points; with a bias lower by a half, which
    /// changes no row, they run between them. Also whether that was done.
    pub(crate) fn drawn(&self, subject: &Subject) -> (Vec<NeuronLayer>, bool) {
        let mut layers = self.layers.clone();
        let moved = !self.by_hand && subject.gate.is_none();
        if let (true, Some(first)) = (moved, layers.first_mut()) {
            for neuron in &mut first.neurons {
                neuron.bias -= 0.5;
            }
        }
        (layers, moved)
    }

    /// The first row that a neuron set by hand has wrong, of those that are shown.
    pub(crate) fn first_wrong(&self, subject: &Subject) -> Result<Option<WrongRow>, Failure> {
        let Some(neuron) = self.single().filter(|_| self.by_hand) else { return Ok(None) };
        let Some(row) = &subject.row else { return Ok(subject.function.table().first_wrong_row(neuron)?) };
        let firing = neuron.fire(&numbers(row))?;
        let right = firing.output == f64::from(row.output);
        Ok((!right).then(|| WrongRow { row: row.clone(), firing }))
    }

    /// What every neuron does in a row.
    pub(crate) fn fire(&self, row: &TruthRow) -> Result<Vec<Vec<Firing>>, Failure> {
        let mut values = numbers(row);
        let mut all = Vec::new();
        for layer in &self.layers {
            let firings = layer.fire(&values)?;
            values = firings.iter().map(|firing| firing.output).collect();
            all.push(firings);
        }
        Ok(all)
    }
}

fn numbers(row: &TruthRow) -> Vec<f64> {
    row.input.iter().map(|x| f64::from(*x)).collect()
}

/// The gates that a gate is made of; the last one is the gate itself.
fn gate_names(gate: adaline::Gate) -> Vec<Vec<String>> {
    let mut names: Vec<Vec<String>> =
        gate.parts().iter().map(|gates| gates.iter().map(ToString::to_string).collect()).collect();
    names.pop();
    names.push(vec![gate.to_string()]);
    names
}

/// h1, h2, …, or with another letter where an input is called so.
fn hidden_names(subject: &Subject, count: usize) -> Vec<Vec<String>> {
    let all = |letter: &str| (1..=count).map(|number| format!("{letter}{number}")).collect::<Vec<_>>();
    let free = |names: &Vec<String>| !names.iter().any(|name| subject.inputs.contains(name));
    let hidden =
        ["h", "hidden", "neuron_", "unit_"].into_iter().map(all).find(free).unwrap_or_else(|| all("hidden neuron "));
    vec![hidden, vec!["output".to_owned()]]
}
