//! When one neuron is not enough: a layer of hidden neurons and a neuron behind it.
//!
//! The output neuron sees the hidden ones only. Up to four inputs every combination is ruled out that has fewer hidden
//! neurons ([`search`]); beyond, three constructions are tried and the best is taken ([`build`]).

mod build;
mod search;

use super::{Solution, TruthTable};
use crate::{Network, Neuron, NeuronLayer, Result};

/// Up to so many inputs the number of hidden neurons is proved to be the smallest.
const ALWAYS_PROVED: usize = 4;

/// Two layers of step neurons that compute a Boolean function.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TwoLayer {
    /// The hidden neurons, each with its smallest whole-number weights.
    pub hidden: NeuronLayer,
    /// The neuron that sees them.
    pub output: Neuron,
    /// Whether it is proved that no two layers with fewer hidden neurons compute the function.
    pub proved: bool,
}

impl TwoLayer {
    /// Both layers.
    pub fn layers(&self) -> Vec<NeuronLayer> {
        vec![self.hidden.clone(), NeuronLayer::new([self.output.clone()])]
    }

    /// The layers as a network. Fails never for what [`TruthTable::two_layer`] made.
    pub fn network(&self) -> Result<Network> {
        Network::from_neurons(&self.layers())
    }
}

/// Functions to put into hidden neurons, and the output neuron over them.
struct Plan {
    hidden: Vec<TruthTable>,
    output: Neuron,
}

impl TruthTable {
    /// The two-layer network of step neurons with the fewest hidden neurons that computes the function. No input is
    /// connected to the output neuron directly.
    ///
    /// Proved to have the fewest up to four inputs, and wherever two hidden neurons do; else see [`TwoLayer::proved`].
    /// Fails with more than eight inputs.
    ///
    /// ```
    /// use adaline::Gate;
    /// # fn main() -> adaline::Result<()> {
    /// let xor = Gate::Xor.table().two_layer()?;
    /// assert_eq!((xor.hidden.neurons.len(), xor.proved), (2, true));
    /// assert_eq!(xor.hidden.neurons[0].to_string(), "step(-1·x1 + 1·x2)");
    /// assert_eq!(xor.hidden.neurons[1].to_string(), "step(1·x1 - 1·x2)");
    /// assert_eq!(xor.output.to_string(), "step(1·x1 + 1·x2)"); // OR
    /// # Ok(())
    /// # }
    /// ```
    pub fn two_layer(&self) -> Result<TwoLayer> {
        if let Solution::Neuron(neuron) = self.solve()? {
            let hidden = NeuronLayer::new([neuron.neuron()]);
            return Ok(TwoLayer { hidden, output: Neuron::step([1.0], 0.0), proved: true });
        }
        let small = self.inputs() <= ALWAYS_PROVED;
        let (plan, complete) = match small.then(|| search::fewest(self)).flatten() {
            Some(plan) => (plan, true),
            // The search has ruled out three hidden neurons; so four are the fewest.
            None => (build::best(self)?, false),
        };
        let count = plan.hidden.len();
        let proved = complete || count == 2 || (small && count == search::RULED_OUT + 1);
        let mut hidden = Vec::with_capacity(count);
        for function in &plan.hidden {
            if let Solution::Neuron(neuron) = function.solve()? {
                hidden.push(neuron.neuron());
            }
        }
        Ok(TwoLayer { hidden: NeuronLayer::new(hidden), output: plan.output, proved })
    }
}

#[cfg(test)]
mod tests;
