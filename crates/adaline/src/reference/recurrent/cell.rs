//! One step of a recurrent cell, forward and backward.
//!
//! | letter | meaning |
//! |---|---|
//! | x | what the step sees |
//! | h, h′ | the state before and behind the step |
//! | s, s′ | an LSTM's memory before and behind it |
//! | W, U | `weight_ih`, `weight_hh`: a block of `units` rows for each gate or candidate |
//! | b, c | `bias_ih`, `bias_hh` |
//! | i, f, g, o | an LSTM's input gate, forget gate, candidate, output gate: the order of its blocks |
//! | r, z, n | a GRU's reset gate, update gate, candidate: the order of its blocks |
//! | σ | the sigmoid; its slope is σ·(1 - σ), as tanh's is 1 - tanh² |

use super::super::trace::Sweep;
use crate::Activation;
use crate::layer;

/// What a cell computed in one step.
#[derive(Debug, Clone, PartialEq)]
pub struct CellStep {
    /// What its gates and candidates saw, block by block.
    pub sums: Vec<f64>,
    /// What they gave.
    pub gates: Vec<f64>,
    /// h′
    pub state: Vec<f64>,
    /// s′ of an LSTM.
    pub memory: Vec<f64>,
}

/// The gradients by the parameters of a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CellGradient {
    weight_ih: Vec<f64>,
    weight_hh: Vec<f64>,
    bias_ih: Vec<f64>,
    bias_hh: Vec<f64>,
}

/// What goes back from a step to the one before it.
pub(super) struct Way {
    /// dh
    pub dstate: Vec<f64>,
    /// ds
    pub dmemory: Vec<f64>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Cell<'a> {
    pub kind: layer::Cell,
    pub inputs: usize,
    pub units: usize,
    pub weight_ih: &'a [f64],
    pub weight_hh: &'a [f64],
    pub bias: Option<(&'a [f64], &'a [f64])>,
}

impl Way {
    pub(super) fn start(units: usize) -> Self {
        Way { dstate: vec![0.0; units], dmemory: vec![0.0; units] }
    }
}

impl CellGradient {
    pub(super) fn into_tensors(self, with_bias: bool) -> Vec<Vec<f64>> {
        let mut tensors = vec![self.weight_ih, self.weight_hh];
        if with_bias {
            tensors.extend([self.bias_ih, self.bias_hh]);
        }
        tensors
    }
}

impl Cell<'_> {
    /// Rows of W and U: gates and candidates times units.
    fn rows(&self) -> usize {
        self.kind.gates() * self.units
    }

    /// State and memory before the first step.
    pub(super) fn start(&self) -> CellStep {
        let zeroes = vec![0.0; self.units];
        CellStep { sums: Vec::new(), gates: Vec::new(), state: zeroes.clone(), memory: zeroes }
    }

    pub(super) fn empty_sweep(&self, steps: usize, reverse: bool) -> Sweep {
        let memory = if self.kind == layer::Cell::Lstm { steps * self.units } else { 0 };
        Sweep {
            reverse,
            units: self.units,
            gates_width: self.rows(),
            sums: vec![0.0; steps * self.rows()],
            gates: vec![0.0; steps * self.rows()],
            states: vec![0.0; steps * self.units],
            memory: vec![0.0; memory],
        }
    }

    pub(super) fn no_gradient(&self) -> CellGradient {
        CellGradient {
            weight_ih: vec![0.0; self.weight_ih.len()],
            weight_hh: vec![0.0; self.weight_hh.len()],
            bias_ih: vec![0.0; self.rows()],
            bias_hh: vec![0.0; self.rows()],
        }
    }

    /// W·x + b
    fn of_input(&self, x: &[f64]) -> Vec<f64> {
        let mut sums = product(self.weight_ih, x, self.rows());
        if let Some((bias, _)) = self.bias {
            add(&mut sums, bias);
        }
        sums
    }

    /// U·h + c
    fn of_state(&self, h: &[f64]) -> Vec<f64> {
        let mut sums = product(self.weight_hh, h, self.rows());
        if let Some((_, bias)) = self.bias {
            add(&mut sums, bias);
        }
        sums
    }

    /// One step. The formulas are those of [`crate::Recurrent`].
    pub(super) fn forward(&self, x: &[f64], before: &CellStep) -> CellStep {
        let n = self.units;
        let h = &before.state;
        let (input, state) = (self.of_input(x), self.of_state(h));
        let mut sums = input.clone();
        add(&mut sums, &state);
        match self.kind {
            layer::Cell::Simple { activation } => {
                let gates: Vec<f64> = sums.iter().map(|sum| activation.value(*sum)).collect();
                CellStep { sums, state: gates.clone(), gates, memory: Vec::new() }
            }
            layer::Cell::Lstm => {
                let gates = activate(&sums, |block| block == 2, n);
                let (mut state, mut memory) = (vec![0.0; n], vec![0.0; n]);
                for k in 0..n {
                    let (i, f, g, o) = (gates[k], gates[n + k], gates[2 * n + k], gates[3 * n + k]);
                    memory[k] = f * before.memory[k] + i * g;
                    state[k] = o * memory[k].tanh();
                }
                CellStep { sums, gates, state, memory }
            }
            layer::Cell::Gru { reset_after } => {
                let mut gates = activate(&sums, |block| block == 2, n); // n is not right yet
                if reset_after {
                    for k in 0..n {
                        sums[2 * n + k] = input[2 * n + k] + gates[k] * state[2 * n + k];
                    }
                } else {
                    let reset: Vec<f64> = (0..n).map(|k| gates[k] * h[k]).collect();
                    let state = self.of_state(&reset);
                    for k in 0..n {
                        sums[2 * n + k] = input[2 * n + k] + state[2 * n + k];
                    }
                }
                let mut state = vec![0.0; n];
                for k in 0..n {
                    gates[2 * n + k] = sums[2 * n + k].tanh();
                    let (z, candidate) = (gates[n + k], gates[2 * n + k]);
                    state[k] = (1.0 - z) * candidate + z * h[k];
                }
                CellStep { sums, gates, state, memory: Vec::new() }
            }
        }
    }

    /// Back through one step: from what h′ and s′ are worth to what x, h and s are worth. Adds the gradients of the
    /// parameters to `gradient`, and that of x to `dx`.
    ///
    /// Each kind of cell finds the gradients of its sums: `dinput` by W·x + b and `dstate` by U·h + c. From there all go
    /// the same way, that of a dense layer: dW += dinput · xᵀ, dx = Wᵀ · dinput, and so on.
    pub(super) fn backward(
        &self,
        x: &[f64],
        before: &CellStep,
        step: &CellStep,
        back: &Way,
        dx: &mut [f64],
        gradient: &mut CellGradient,
    ) -> Way {
        let n = self.units;
        let h = &before.state;
        let gates = &step.gates;
        let mut earlier = Way::start(n); // dh and ds of the step before
        let mut dinput = vec![0.0; self.rows()];
        let mut dstate = vec![0.0; self.rows()];
        match self.kind {
            // h′ = f(sum)
            layer::Cell::Simple { activation } => {
                for k in 0..n {
                    dinput[k] = back.dstate[k] * activation.slope(step.sums[k]);
                }
                dstate.clone_from(&dinput);
            }
            // s′ = f∘s + i∘g, h′ = o ∘ tanh(s′)
            layer::Cell::Lstm => {
                for k in 0..n {
                    let (i, f, g, o) = (gates[k], gates[n + k], gates[2 * n + k], gates[3 * n + k]);
                    let squashed = step.memory[k].tanh();
                    let dmemory = back.dmemory[k] + back.dstate[k] * o * (1.0 - squashed * squashed);
                    dinput[k] = dmemory * g * i * (1.0 - i);
                    dinput[n + k] = dmemory * before.memory[k] * f * (1.0 - f);
                    dinput[2 * n + k] = dmemory * i * (1.0 - g * g);
                    dinput[3 * n + k] = back.dstate[k] * squashed * o * (1.0 - o);
                    earlier.dmemory[k] = dmemory * f;
                }
                dstate.clone_from(&dinput);
            }
            // h′ = (1 - z)∘n + z∘h
            layer::Cell::Gru { reset_after } => {
                let state = self.of_state(h);
                for k in 0..n {
                    let (z, candidate) = (gates[n + k], gates[2 * n + k]);
                    let dh = back.dstate[k];
                    dinput[n + k] = dh * (h[k] - candidate) * z * (1.0 - z);
                    dinput[2 * n + k] = dh * (1.0 - z) * (1.0 - candidate * candidate);
                    earlier.dstate[k] = dh * z;
                }
                // By r∘h, which U sees instead of h in the paper's form.
                let dreset = product_with_transposed(&self.weight_hh[2 * n * n..], &dinput[2 * n..], n);
                for k in 0..n {
                    let r = gates[k];
                    // n = tanh(… + r ∘ (U·h + c)), or n = tanh(… + U·(r∘h) + c)
                    let dr = if reset_after { dinput[2 * n + k] * state[2 * n + k] } else { dreset[k] * h[k] };
                    dinput[k] = dr * r * (1.0 - r);
                }
                dstate.clone_from(&dinput);
                if reset_after {
                    for k in 0..n {
                        dstate[2 * n + k] *= gates[k];
                    }
                } else {
                    // The candidate's rows of U saw r∘h: they are dealt with here, and below they see nothing.
                    for k in 0..n {
                        earlier.dstate[k] += dreset[k] * gates[k];
                        gradient.bias_hh[2 * n + k] += dinput[2 * n + k];
                        for j in 0..n {
                            gradient.weight_hh[(2 * n + k) * n + j] += dinput[2 * n + k] * gates[j] * h[j];
                        }
                    }
                    dstate[2 * n..].fill(0.0);
                }
            }
        }
        add_outer(&mut gradient.weight_ih, &dinput, x);
        add_outer(&mut gradient.weight_hh, &dstate, h);
        add(&mut gradient.bias_ih, &dinput);
        add(&mut gradient.bias_hh, &dstate);
        add(dx, &product_with_transposed(self.weight_ih, &dinput, self.inputs));
        add(&mut earlier.dstate, &product_with_transposed(self.weight_hh, &dstate, n));
        earlier
    }
}

/// σ of every sum, but tanh in the candidate's block.
fn activate(sums: &[f64], is_candidate: impl Fn(usize) -> bool, units: usize) -> Vec<f64> {
    let value = |(k, sum): (usize, &f64)| {
        if is_candidate(k / units) { sum.tanh() } else { Activation::Sigmoid.value(*sum) }
    };
    sums.iter().enumerate().map(value).collect()
}

/// M·v of a matrix with so many rows.
fn product(matrix: &[f64], v: &[f64], rows: usize) -> Vec<f64> {
    (0..rows).map(|row| (0..v.len()).map(|k| matrix[row * v.len() + k] * v[k]).sum()).collect()
}

/// Mᵀ·v of a matrix with so many columns.
fn product_with_transposed(matrix: &[f64], v: &[f64], columns: usize) -> Vec<f64> {
    (0..columns).map(|column| (0..v.len()).map(|k| matrix[k * columns + column] * v[k]).sum()).collect()
}

/// M += a·bᵀ
fn add_outer(matrix: &mut [f64], a: &[f64], b: &[f64]) {
    for row in 0..a.len() {
        for column in 0..b.len() {
            matrix[row * b.len() + column] += a[row] * b[column];
        }
    }
}

fn add(to: &mut [f64], what: &[f64]) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += what;
    }
}
