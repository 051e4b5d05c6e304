//! A residual: the chain inside it, and the sum.

use super::{Label, Writer, indices, x_of};
use crate::reference::explain::{LayerGradient, LayerWorking};

impl Writer {
    /// The layers inside, and the heading of the sum.
    pub(super) fn inside(&self, out: &mut String, layer: &LayerWorking, label: &Label) {
        let s = self.style;
        if layer.inside.is_empty() {
            return;
        }
        *out += &s.remark("First the chain inside it, whose result is f; then the sum with what came in.");
        for inner in &layer.inside {
            self.forward(out, inner, &Label::of(&label.own, &label.before, inner.number));
        }
        *out += &s.heading(&format!("Layer {}: the sum", label.own));
    }

    /// What came in is worth what came out, plus what it is worth to the chain.
    pub(super) fn back_through_residual(
        &self,
        out: &mut String,
        gradient: &LayerGradient,
        layer: &LayerWorking,
        label: &Label,
    ) {
        let s = self.style;
        *out += &s.heading(&format!("Back through layer {}: {}", label.own, gradient.layer));
        *out += &s.remark("First through the chain inside it, then past it.");
        for inner in &gradient.inside {
            let working = layer.inside.iter().find(|layer| layer.number == inner.number);
            let label = Label::of(&label.own, &label.before, inner.number);
            self.backward(out, inner, working, &label, false);
        }
        *out += &s.heading(&format!("Back through layer {}: the sum", label.own));
        let shown = self.shown(gradient.inputs.len(), layer.step_inputs);
        let through = gradient.inside.last().map_or(&[][..], |first| &first.inputs);
        for &at in &shown {
            let (Some(d), Some(past), Some(through)) =
                (gradient.inputs.get(at), gradient.outputs.get(at), through.get(at))
            else {
                continue;
            };
            let indices = indices(at, layer.step_inputs);
            let left = s.derivative(x_of(s, &label.before, &indices));
            let sum = super::join(&[s.number(*past), s.number(*through)]);
            *out += &s.line(&format!("{left} = {sum} = {}", s.number(*d)));
        }
        *out += &self.rest(gradient.inputs.len(), shown.len(), "input", "");
    }
}
