//! A matrix product with bias and activation: what a dense layer does.
//!
//! B rows of the batch, I inputs, O outputs; x is B × I, weight I × O in panels, y B × O.

use super::{Run, Source, cut, front};
use crate::Activation;
use crate::kernel::elementwise::{self, Seen};
use crate::kernel::panels::{pack_rows, panels_len, transpose_panels};
use crate::kernel::product::{self as kernel, Left, Out};
use std::ops::Range;

/// y = f(x · weight + bias)
#[derive(Debug)]
pub(crate) struct Product {
    pub inputs: usize,
    pub outputs: usize,
    /// An activation of single values whose derivative is had from the output.
    pub activation: Activation,
    /// In the parameters: I × O in panels.
    pub weight: Range<usize>,
    /// In the parameters.
    pub bias: Option<Range<usize>>,
    pub x: Source,
    pub y: Range<usize>,
    /// Buffers of the way back; none where the plan only predicts.
    pub back: Option<Back>,
}

/// What the way back needs.
#[derive(Debug)]
pub(crate) struct Back {
    /// Comes in as the gradient of y, and becomes that of the sums.
    pub dy: Range<usize>,
    /// The same in panels, B × O.
    pub panels: Range<usize>,
    /// The sums over the batch, for the bias.
    pub sums: Range<usize>,
    /// The gradient of x, and room for the transposed weight; none before the network's input, where nobody asks.
    pub dx: Option<(Range<usize>, Range<usize>)>,
}

impl Product {
    pub(crate) fn forward(&self, run: &mut Run<'_>) {
        let [x, y] = cut(run.arena, [self.x.range(run.rows * self.inputs), front(&self.y, run.rows * self.outputs)]);
        let x = self.x.pick(run.rows * self.inputs, run.batch, x);
        kernel::product(
            run.machine,
            kernel::Product {
                rows: run.rows,
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
        let Some(back) = &self.back else { return };
        let (rows, inputs, outputs) = (run.rows, self.inputs, self.outputs);
        let (dx, turned) = back.dx.clone().unwrap_or_default();
        let dx = if back.dx.is_some() { front(&dx, rows * inputs) } else { dx };
        let [x, y, dz, panels, sums, dx, turned] = cut(
            run.arena,
            [
                self.x.range(rows * inputs),
                front(&self.y, rows * outputs),
                front(&back.dy, rows * outputs),
                front(&back.panels, panels_len(rows, outputs)),
                back.sums.clone(),
                dx,
                turned,
            ],
        );
        let x = self.x.pick(rows * inputs, run.batch, x);
        elementwise::backward(run.machine.set, self.activation, Seen::Output(y), dz);
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
        if back.dx.is_some() {
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
