//! What the outputs alone tell about the weights: which inputs matter, and which way they push.

use super::super::TruthTable;

/// A function of which no two pairs of rows forbid a neuron, with the inputs that do not matter left out and the falling
/// ones turned around: it rises in every input.
pub(super) struct Rising {
    /// How many inputs the whole function has.
    pub inputs: usize,
    /// The inputs that matter, by their number in the whole function.
    pub relevant: Vec<usize>,
    /// For each input that matters: whether it was turned around (its weight is negative).
    pub falling: Vec<bool>,
    /// The rising function of the inputs that matter. Rows as everywhere: the first input is the most significant bit.
    pub outputs: Vec<bool>,
}

impl Rising {
    /// `None` when an input pushes up in one row and down in another.
    pub(super) fn of(table: &TruthTable) -> Option<Self> {
        let (inputs, outputs) = (table.inputs(), table.outputs());
        let mut relevant = Vec::new();
        let mut falling = Vec::new();
        for input in 0..inputs {
            let bit = 1 << (inputs - 1 - input);
            let lower = (0..outputs.len()).filter(|row| row & bit == 0);
            let (mut rises, mut falls) = (false, false);
            for row in lower {
                rises |= !outputs[row] && outputs[row | bit];
                falls |= outputs[row] && !outputs[row | bit];
            }
            match (rises, falls) {
                (true, true) => return None,
                (false, false) => {}
                _ => {
                    relevant.push(input);
                    falling.push(falls);
                }
            }
        }
        let mut rising = Rising { inputs, relevant, falling, outputs: Vec::new() };
        rising.outputs = (0..1usize << rising.len()).map(|row| outputs[rising.original(row)]).collect();
        Some(rising)
    }

    /// How many inputs matter.
    pub(super) fn len(&self) -> usize {
        self.relevant.len()
    }

    /// The bit of an input that matters in a row of the rising function.
    pub(super) fn bit(&self, input: usize) -> usize {
        1 << (self.len() - 1 - input)
    }

    /// The row of the whole function that belongs to a row of the rising one; inputs that do not matter are 0.
    pub(super) fn original(&self, row: usize) -> usize {
        let mut original = 0;
        for input in 0..self.len() {
            if (row & self.bit(input) != 0) != self.falling[input] {
                original |= 1 << (self.inputs - 1 - self.relevant[input]);
            }
        }
        original
    }

    /// The lowest rows with output 1: with any of their ones taken away, the output is 0. They are enough: a row above
    /// one of them has a larger sum.
    pub(super) fn lowest_ones(&self) -> Vec<usize> {
        let lowest = |row: &usize| self.outputs[*row] && self.without_one(*row).all(|below| !self.outputs[below]);
        (0..self.outputs.len()).filter(lowest).collect()
    }

    /// The highest rows with output 0.
    pub(super) fn highest_zeros(&self) -> Vec<usize> {
        let above = |row: usize| (0..self.len()).map(move |i| row | self.bit(i)).filter(move |higher| *higher != row);
        let highest = |row: &usize| !self.outputs[*row] && above(*row).all(|higher| self.outputs[higher]);
        (0..self.outputs.len()).filter(highest).collect()
    }

    fn without_one(&self, row: usize) -> impl Iterator<Item = usize> {
        (0..self.len()).map(move |i| row & !self.bit(i)).filter(move |lower| *lower != row)
    }

    /// A row with output 0 that becomes 1 when the input is set. There is one for every input that matters.
    pub(super) fn edge(&self, input: usize) -> Option<usize> {
        let bit = self.bit(input);
        (0..self.outputs.len()).find(|row| row & bit == 0 && !self.outputs[*row] && self.outputs[row | bit])
    }

    /// Whether two inputs can be exchanged without changing the function.
    pub(super) fn exchangeable(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.bit(a), self.bit(b));
        let rows = (0..self.outputs.len()).filter(|row| row & a != 0 && row & b == 0);
        rows.into_iter().all(|row| self.outputs[row] == self.outputs[row & !a | b])
    }
}
