//! What is to be computed, before anything has a place: values, and the steps that make one out of another.

use crate::kernel::conv::Area;
use crate::layer::{PoolGeometry, Pooling, Window};
use crate::op::{DenseSpec, Lowered};
use crate::{Activation, Shape};

/// In which order the values of a batch lie inside a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Example after example, each as its [`Shape`] says: as at every public border.
    Planar,
    /// Images with their channels innermost (height × width × channels): what a window sees of a row lies side by side.
    ChannelsLast,
    /// Sequences with their steps outermost (steps × batch × features): a recurrent layer does one step of all examples
    /// at once.
    StepsFirst,
}

/// Something that is computed: its shape for one example, and how it lies.
#[derive(Debug, Clone)]
pub(crate) struct Value {
    pub shape: Shape,
    pub order: Order,
    /// The windows that have gone over a sequence so far: they say how long an example of its own length is now.
    pub windows: Vec<Window>,
}

impl Value {
    /// Whether another order is the same order of bytes.
    pub(crate) fn lies_as(&self, order: Order) -> bool {
        let interchangeable = match self.shape {
            Shape::Flat(_) => true,
            Shape::Image { channels, height, width } => channels == 1 || height * width == 1,
            Shape::Sequence { steps, .. } => steps == 1,
        };
        self.order == order || interchangeable
    }
}

/// The number of a value in [`Graph::values`].
pub(crate) type ValueId = usize;

/// One operation of a graph.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// The number of the layer that asked for it, from 0.
    pub layer: usize,
    pub op: Lowered,
    pub x: ValueId,
    /// What is read besides x: the other side of an addition.
    pub other: Option<ValueId>,
    pub y: ValueId,
}

/// Steps in the order in which they run. Value 0 is the batch.
#[derive(Debug)]
pub(crate) struct Graph {
    pub values: Vec<Value>,
    pub steps: Vec<Step>,
    pub output: ValueId,
}

impl Graph {
    pub(crate) fn new(input: Shape) -> Self {
        let value = Value { shape: input, order: Order::Planar, windows: Vec::new() };
        Graph { values: vec![value], steps: Vec::new(), output: 0 }
    }

    /// Adds an operation whose result has a shape and an order, and makes it the output.
    pub(crate) fn push(&mut self, layer: usize, op: Lowered, shape: Shape, order: Order) -> ValueId {
        let x = self.output;
        let windows = self.values[x].windows.clone();
        self.values.push(Value { shape, order, windows });
        self.output = self.values.len() - 1;
        self.steps.push(Step { layer, op, x, other: None, y: self.output });
        self.output
    }

    /// Brings the output into an order.
    pub(crate) fn bring_into(&mut self, layer: usize, order: Order) {
        let value = &self.values[self.output];
        if value.order == order {
            return;
        }
        if value.lies_as(order) {
            let output = self.output;
            self.values[output].order = order;
            return;
        }
        let (shape, from) = (value.shape, value.order);
        // There is no way between two orders that is not over the planar one, and no network needs one.
        if from != Order::Planar && order != Order::Planar {
            self.bring_into(layer, Order::Planar);
            return self.bring_into(layer, order);
        }
        self.push(layer, Lowered::Reorder { shape, from, to: order }, shape, order);
    }

    pub(crate) fn readers(&self, value: ValueId) -> impl Iterator<Item = usize> {
        let reads = move |step: &Step| step.x == value || step.other == Some(value);
        self.steps.iter().enumerate().filter(move |(_, step)| reads(step)).map(|(number, _)| number)
    }

    /// Moves into a product what follows it and can be done while its sums are at hand: an activation whose derivative is
    /// had from its output, and behind a convolution of images a max pool whose windows lie side by side.
    pub(crate) fn fuse(&mut self) {
        let mut number = 1;
        while number < self.steps.len() {
            let (x, y) = (self.steps[number].x, self.steps[number].y);
            let follows = self.steps[number - 1].y == x && self.readers(x).count() == 1;
            let (before, from) = self.steps.split_at_mut(number);
            let product = &mut before[number - 1];
            if follows && (takes_activation(&mut product.op, &from[0].op) || takes_pool(&mut product.op, &from[0].op)) {
                product.y = y;
                self.steps.remove(number);
            } else {
                number += 1;
            }
        }
    }

    /// Makes one step of small products that follow one another, for batches of so many rows.
    pub(crate) fn chain(&mut self, batch: usize) {
        let read_once: Vec<bool> = (0..self.values.len()).map(|value| self.readers(value).count() == 1).collect();
        let mut steps: Vec<Step> = Vec::with_capacity(self.steps.len());
        for step in std::mem::take(&mut self.steps) {
            let Some(dense) = DenseSpec::small(step.layer, &step.op, batch) else {
                steps.push(step);
                continue;
            };
            match steps.last_mut() {
                Some(Step { op: Lowered::Chain(chain), y, layer, .. }) if *y == step.x && read_once[*y] => {
                    chain.push(dense);
                    (*y, *layer) = (step.y, step.layer);
                }
                _ => steps.push(Step { op: Lowered::Chain(vec![dense]), ..step }),
            }
        }
        self.steps = steps;
    }

    /// Leaves out the last step where it is an activation that the caller does itself.
    pub(crate) fn drop_last_activation(&mut self, absorbed: impl Fn(Activation) -> bool) {
        if let Some(Step { op: Lowered::Activate { activation, .. }, x, y, .. }) = self.steps.last()
            && *y == self.output
            && absorbed(*activation)
        {
            self.output = *x;
            self.steps.pop();
        }
    }
}

fn takes_activation(product: &mut Lowered, next: &Lowered) -> bool {
    match (product.own_activation(), next.lone_activation()) {
        (Some(own), Some(activation)) if *own == Activation::Identity && activation.fuses() => {
            *own = activation;
            true
        }
        _ => false,
    }
}

/// An activation that the convolution already has changes places with the pool: those that fuse never fall, so that the
/// largest result comes from the largest sum.
fn takes_pool(product: &mut Lowered, next: &Lowered) -> bool {
    let (Lowered::Conv(conv), Lowered::Pool { geometry, pooling: Pooling::Max, .. }) = (product, next) else {
        return false;
    };
    let PoolGeometry { height, width, rows, columns, .. } = *geometry;
    let side_by_side = |window: Window, len: usize| window.kernel == window.stride && window.pads(len) == (0, 0);
    let area = Area { rows: rows.kernel, columns: columns.kernel };
    let fits = conv.windows.is_none()
        && conv.area == Area::ONE
        && side_by_side(rows, height)
        && side_by_side(columns, width)
        && area.len() <= Area::MOST;
    if fits {
        conv.area = area;
    }
    fits
}
