//! A matrix product with bias and activation: what a dense layer does.
//!
//! N rows (the batch, or all steps of a batch of sequences), I inputs, O outputs; x is N × I, weight I × O in panels, y N × O.

use super::{Run, Wires, cut, front, front_of};
use crate::Activation;
use crate::kernel::elementwise::{self, Seen};
use crate::kernel::panels::{pack_rows, panels_len, transpose_panels};
use crate::kernel::product::{self as kernel, Left, Out};
use crate::plan::Layout;
use std::ops::Range;

/// y = f(x · weight + bias)
#[derive(Debug)]
pub(crate) struct Product {
    /// Rows of one example.
    rows: usize,
    inputs: usize,
    outputs: usize,
    /// An activation of single values whose derivative is had from the output.
    activation: Activation,
    /// In the parameters: I × O in panels.
    weight: Range<usize>,
    /// In the parameters.
    bias: Option<Range<usize>>,
    /// For the way back: the gradient of the sums in panels, N × O,
    panels: Range<usize>,
    /// their sums over the rows, for the bias,
    sums: Range<usize>,
    /// and the transposed weight, where the gradient of x is asked for.
    turned: Range<usize>,
    pub wires: Wires,
}

impl Product {
    pub(super) fn lay_out(
        rows: usize,
        inputs: usize,
        outputs: usize,
        (weight, bias): (Range<usize>, Option<Range<usize>>),
        activation: Activation,
        wires: Wires,
        layout: &mut Layout,
    ) -> Self {
        let n = wires.batch.saturating_mul(rows);
        let panels = layout.backward_scratch(panels_len(n, outputs));
        let sums = layout.backward_scratch(outputs.next_multiple_of(16));
        let turned = if wires.dx.is_some() { layout.backward_scratch(panels_len(outputs, inputs)) } else { 0..0 };
        Product { rows, inputs, outputs, activation, weight, bias, panels, sums, turned, wires }
    }

    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let Wires { x, y, .. } = &self.wires;
        let rows = run.rows * self.rows;
        let [from, y] = cut(run.arena, [x.range(rows * self.inputs), front(y, rows * self.outputs)]);
        let x = x.pick(rows * self.inputs, run.batch, from);
        kernel::product(
            run.machine,
            kernel::Product {
                rows,
                depth: self.inputs,
                cols: self.outputs,
                a: Left { data: x, row: self.inputs, step: 1 },
                b: &run.params[self.weight.clone()],
                bias: self.bias.as_ref().map(|bias| &run.params[bias.clone()]),
                activation: self.activation,
                out: Out::Rows(y),
            },
        );
    }

    /// d weight = xᵀ · dz, d bias = Σ dz, dx = dz · weightᵀ, with dz = dy ∘ f′(y).
    pub(crate) fn backward(&self, run: &mut Run<'_>, grads: &mut [f32]) {
        let Wires { x, y, dy: Some(dy), dx, .. } = &self.wires else { return };
        let (rows, inputs, outputs) = (run.rows * self.rows, self.inputs, self.outputs);
        let [from, y, dz, panels, sums, dx, turned] = cut(
            run.arena,
            [
                x.range(rows * inputs),
                front(y, rows * outputs),
                front(dy, rows * outputs),
                front(&self.panels, panels_len(rows, outputs)),
                self.sums.clone(),
                front_of(dx.as_ref(), rows * inputs),
                self.turned.clone(),
            ],
        );
        let x = x.pick(rows * inputs, run.batch, from);
        elementwise::backward(run.machine, self.activation, Seen::Output(y), dz);
        pack_rows(run.machine, rows, outputs, dz, panels, Some(sums));
        if let Some(bias) = &self.bias {
            grads[bias.clone()].copy_from_slice(sums);
        }
        kernel::product(
            run.machine,
            kernel::Product {
                rows: inputs,
                depth: rows,
                cols: outputs,
                a: Left { data: x, row: 1, step: inputs },
                b: panels,
                bias: None,
                activation: Activation::Identity,
                out: Out::Panels(&mut grads[self.weight.clone()]),
            },
        );
        if !dx.is_empty() {
            transpose_panels(run.machine, inputs, outputs, &run.params[self.weight.clone()], turned);
            kernel::product(
                run.machine,
                kernel::Product {
                    rows,
                    depth: outputs,
                    cols: inputs,
                    a: Left { data: dz, row: outputs, step: 1 },
                    b: turned,
                    bias: None,
                    activation: Activation::Identity,
                    out: Out::Rows(dx),
                },
            );
        }
    }
}
