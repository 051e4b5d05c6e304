//! An explanation as text: the same lines in every style.

mod layer;
mod recurrent;
mod residual;

use super::style::{Style, Symbol};
use super::{Explanation, LayerGradient, LayerWorking, LossWorking, ParameterUpdate, Term, UnitWorking, UpdateWorking};
use crate::{Activation, Loss};

impl Explanation {
    /// Everything, line by line: what is computed, the formula with the numbers in place, the result. Numbers are shown
    /// with six digits that count; the data hold them whole.
    ///
    /// `most` shortens long lists (the terms of a sum, the units of a layer, the numbers of a tensor) to so many entries,
    /// and says how many are left out.
    pub fn render(&self, style: Style, most: Option<usize>) -> String {
        let writer = Writer { style, most: most.unwrap_or(usize::MAX).max(1) };
        let mut out = String::new();
        let step = self.layers.first().and_then(|layer| layer.step_inputs);
        let shown = writer.shown(self.input.len(), step);
        let inputs: Vec<String> = shown
            .iter()
            .filter_map(|i| Some((*i, self.input.get(*i)?)))
            .map(|(i, x)| {
                let left = style.symbol(x_of(style, "", &indices(i, step)));
                let scaled = self.input_scaling.get(i).copied().flatten().map_or_else(String::new, |scaling| {
                    let above = format!("{} - {}", style.number(scaling.value), style.factor(scaling.mean));
                    format!("{} = ", style.fraction(&above, &style.number(scaling.scale)))
                });
                format!("{left} = {scaled}{}", style.number(*x))
            })
            .collect();
        out += &style.heading(&format!("Input of \"{}\"", self.network));
        if self.input_scaling.iter().any(Option::is_some) {
            out += &inputs.iter().map(|input| style.line(input)).collect::<String>();
        } else {
            out += &style.line(&inputs.join(", "));
        }
        out += &writer.rest(self.input.len(), shown.len(), "input", "");
        writer.names(&mut out, self);
        for layer in &self.layers {
            writer.forward(&mut out, layer, &Label::of("", "", layer.number));
        }
        writer.loss(&mut out, &self.loss, self.layers.last());
        for (place, gradient) in self.gradients.iter().enumerate() {
            let layer = self.layers.iter().find(|layer| layer.number == gradient.number);
            let label = Label::of("", "", gradient.number);
            writer.backward(&mut out, gradient, layer, &label, place == 0 && self.loss.from_sums);
        }
        if let Some(update) = &self.update {
            writer.update(&mut out, update, &self.layers);
        }
        out
    }
}

/// What goes into a layer: x for the first, the outputs of the one before for the others. Plain text has no layer in
/// its names; there x is what goes into the layer of the heading, and y what comes out of it.
fn x_of<'a>(style: Style, before: &'a str, indices: &'a [usize]) -> Symbol<'a> {
    let first = before.is_empty() || style == Style::Text;
    Symbol { letter: if first { "x" } else { "y" }, layer: before, indices }
}

fn of<'a>(letter: &'a str, layer: &'a str, indices: &'a [usize]) -> Symbol<'a> {
    Symbol { letter, layer, indices }
}

/// The indices of a value from 1: its place, or where it has steps the step and the place in it.
fn indices(at: usize, step: Option<usize>) -> Vec<usize> {
    match step {
        Some(width) if width > 0 => vec![at / width + 1, at % width + 1],
        _ => vec![at + 1],
    }
}

/// What a layer is called: `2`, or `2.1` inside a residual; and the layer whose values go into it, which for the network's
/// input has no name.
struct Label {
    own: String,
    before: String,
}

impl Label {
    /// The layer of that number in the network, or in the residual `outer`, where `before` comes into it.
    fn of(outer: &str, before: &str, number: usize) -> Self {
        let name = |number: usize| if outer.is_empty() { number.to_string() } else { format!("{outer}.{number}") };
        let before = if number > 1 { name(number - 1) } else { before.to_owned() };
        Label { own: name(number), before }
    }
}

struct Writer {
    style: Style,
    most: usize,
}

impl Writer {
    fn some<I: Iterator>(&self, items: I) -> std::iter::Take<I> {
        items.take(self.most)
    }

    /// The places of the values that are shown; where they have steps, so many a step and so many steps.
    fn shown(&self, count: usize, step: Option<usize>) -> Vec<usize> {
        let width = step.unwrap_or(count).max(1);
        (0..count).filter(|at| at % width < self.most && at / width < self.most).collect()
    }

    /// What to say of entries that are not shown: `… and 3 more units`.
    fn left_out(&self, count: usize, noun: &str, of: &str) -> String {
        self.rest(count, self.most, noun, of)
    }

    /// The same, where so many are shown.
    fn rest(&self, count: usize, shown: usize, noun: &str, of: &str) -> String {
        let plural = |more: usize| if more == 1 { "" } else { "s" };
        match count.checked_sub(shown) {
            Some(more) if more > 0 => self.style.remark(&format!("… and {more} more {noun}{}{of}", plural(more))),
            _ => String::new(),
        }
    }

    /// What the numbers stand for: the inputs, the outputs, and the right answer.
    fn names(&self, out: &mut String, working: &Explanation) {
        let s = self.style;
        let list = |what: &str, names: &[String], symbol: &dyn Fn(usize) -> String| {
            let shown = self.some(names.iter().enumerate());
            let shown: Vec<String> =
                shown.map(|(i, name)| format!("{} {}", s.in_text(&symbol(i)), s.name(name))).collect();
            let dots = if names.len() > self.most { ", …" } else { "" };
            s.remark(&format!("{what}: {}{dots}", shown.join(", ")))
        };
        if !working.input_names.is_empty() {
            *out += &list("Inputs", &working.input_names, &|i| {
                let step = working.layers.first().and_then(|layer| layer.step_inputs);
                s.symbol(x_of(s, "", &indices(i, step)))
            });
        }
        let last = working.layers.len().to_string();
        if !working.output_names.is_empty() {
            *out += &list("Outputs", &working.output_names, &|k| s.symbol(of("y", &last, &[k + 1])));
        }
        if let Some(target) = &working.target {
            *out += &s.remark(&format!("Right answer: {}", s.name(target)));
        }
    }

    /// A share of a softmax: e to the sum of this output by all of them.
    fn share(&self, sums: &[f64], k: usize) -> String {
        let s = self.style;
        let power = |sum: &f64| s.power("e", &s.factor(*sum));
        let others: Vec<String> = self.some(sums.iter()).map(power).collect();
        let dots = if sums.len() > self.most { " + …" } else { "" };
        s.fraction(&sums.get(k).map(power).unwrap_or_default(), &format!("{}{dots}", others.join(" + ")))
    }

    /// x1·w1 + x2·w2 + b with numbers.
    fn sum(&self, unit: &UnitWorking) -> String {
        let s = self.style;
        let mut parts = self.products(&unit.terms);
        parts.extend(unit.bias.map(|bias| s.number(bias)));
        join(&parts)
    }

    fn products(&self, terms: &[Term]) -> Vec<String> {
        let s = self.style;
        let mut parts: Vec<String> = self.some(terms.iter()).map(|term| s.product(term.input, term.weight)).collect();
        if terms.len() > self.most {
            let rest: f64 = terms[self.most..].iter().map(|term| term.product).sum();
            parts.push(match s {
                Style::Text => format!("… ({} more, together {})", terms.len() - self.most, s.number(rest)),
                Style::Markdown => "\\dots".to_owned(),
            });
        }
        parts
    }

    /// f(z) with its formula, where that is short.
    fn activation(&self, activation: Activation, z: f64) -> String {
        let s = self.style;
        let name = activation.to_string();
        let name = name.split('(').next().unwrap_or("");
        let call = s.function(name, &s.number(z));
        let formula = match activation {
            Activation::Sigmoid => Some(s.fraction("1", &format!("1 + {}", s.power("e", &s.factor(-z))))),
            Activation::Relu => Some(match s {
                Style::Text => format!("max(0, {})", s.number(z)),
                Style::Markdown => format!("\\max(0, {})", s.number(z)),
            }),
            Activation::LeakyRelu { slope } if z < 0.0 => Some(s.product(slope, z)),
            _ => None,
        };
        match formula {
            Some(formula) => format!("{call} = {formula}"),
            None => call,
        }
    }

    fn loss(&self, out: &mut String, loss: &LossWorking, last: Option<&LayerWorking>) {
        let s = self.style;
        let layers = last.map_or_else(String::new, |layer| layer.number.to_string());
        let layers = layers.as_str();
        let step = last.and_then(|layer| layer.step_outputs);
        *out += &s.heading(&format!("Loss: {}", loss.loss));
        let letter = if loss.from_sums { "z" } else { "y" };
        if let Some(probabilities) = &loss.probabilities {
            let softmax = matches!(loss.loss, Loss::CategoricalCrossEntropy { .. });
            *out += &s.remark(if loss.from_sums {
                "The loss holds the last activation itself and sees the sums."
            } else {
                "The outputs are logits; the loss makes probabilities of them."
            });
            for (k, p) in self.some(probabilities.iter().enumerate()) {
                let indices = indices(k, step);
                let z = s.symbol(of(letter, layers, &indices));
                let function = s.function(if softmax { "softmax" } else { "sigmoid" }, &z);
                let formula = if softmax {
                    self.share(&loss.outputs, k)
                } else {
                    let z = loss.outputs.get(k).copied().unwrap_or_default();
                    s.fraction("1", &format!("1 + {}", s.power("e", &s.factor(-z))))
                };
                let p_k = s.symbol(of("p", layers, &indices));
                *out += &s.line(&format!("{p_k} = {function} = {formula} = {}", s.number(*p)));
            }
        }
        for (k, term) in self.some(loss.terms.iter().enumerate()) {
            let indices = indices(k, step);
            let (y, t) = (loss.outputs[k], loss.targets[k]);
            let difference = format!("{} - {}", s.number(y), s.factor(t));
            let p = loss.probabilities.as_ref().map_or(0.0, |p| p[k]);
            let ln = |x: f64| match s {
                Style::Text => format!("ln {}", s.number(x)),
                Style::Markdown => format!("\\ln {}", s.number(x)),
            };
            let formula = match loss.loss {
                Loss::Mse => s.power(&format!("({difference})"), "2"),
                Loss::Mae => format!("|{difference}|"),
                Loss::Huber { delta } if (y - t).abs() <= delta => {
                    s.fraction(&s.power(&format!("({difference})"), "2"), "2")
                }
                Loss::Huber { delta } => {
                    let half = s.fraction(&s.number(delta), "2");
                    format!("{}{}(|{difference}| - {half})", s.number(delta), s.times())
                }
                Loss::CategoricalCrossEntropy { .. } => format!("-{}{}{}", s.factor(t), s.times(), ln(p)),
                Loss::BinaryCrossEntropy { .. } => format!(
                    "-{}{}{} - (1 - {}){}{}",
                    s.factor(t),
                    s.times(),
                    ln(p),
                    s.factor(t),
                    s.times(),
                    ln(1.0 - p)
                ),
            };
            let name = s.symbol(Symbol { letter: "L", layer: "", indices: &indices });
            *out += &s.line(&format!("{name} = {formula} = {}", s.number(*term)));
        }
        *out += &self.left_out(loss.terms.len(), "output", "");
        let terms: Vec<String> = self.some(loss.terms.iter()).map(|term| s.number(*term)).collect();
        let dots = if loss.terms.len() > self.most { " + …" } else { "" };
        let mut total = format!("{}{dots}", join(&terms));
        let plain = loss.terms.len() == 1 && loss.class_weight == 1.0 && loss.divisor == 1.0;
        if loss.class_weight != 1.0 {
            total = format!("{}{}({total})", s.number(loss.class_weight), s.times());
        }
        if loss.divisor != 1.0 {
            total = s.fraction(&total, &s.number(loss.divisor));
        }
        let total = if plain { String::new() } else { format!("{total} = ") };
        *out += &s.line(&format!("L = {total}{}", s.number(loss.value)));
        for (k, d) in self.some(loss.derivatives.iter().enumerate()) {
            let indices = indices(k, step);
            let left = s.derivative(of(letter, layers, &indices));
            *out += &s.line(&format!("{left} = {} = {}", self.loss_slope(loss, k), s.number(*d)));
        }
    }

    /// The derivative of the loss by what it saw, with numbers.
    fn loss_slope(&self, loss: &LossWorking, k: usize) -> String {
        let s = self.style;
        let (y, t) = (loss.outputs[k], loss.targets[k]);
        let inner = format!("{} - {}", s.number(y), s.factor(t));
        let difference = format!("({inner})");
        let factor = match (loss.class_weight != 1.0, loss.divisor != 1.0) {
            (false, false) => String::new(),
            (true, false) => format!("{}{}", s.number(loss.class_weight), s.times()),
            (weighted, true) => {
                let above = if weighted { s.number(loss.class_weight) } else { "1".to_owned() };
                format!("{}{}", s.fraction(&above, &s.number(loss.divisor)), s.times())
            }
        };
        let core = match (&loss.probabilities, loss.loss) {
            (Some(p), _) => format!("({} - {})", s.number(p[k]), s.factor(t)),
            (None, Loss::Mse) => format!("2{}{difference}", s.times()),
            (None, Loss::Huber { delta }) if (y - t).abs() <= delta => difference,
            (None, Loss::Huber { delta }) => {
                format!("{}{}{}", s.number(delta), s.times(), s.function("sign", &inner))
            }
            (None, _) => s.function("sign", &inner),
        };
        format!("{factor}{core}")
    }

    fn backward(
        &self,
        out: &mut String,
        gradient: &LayerGradient,
        layer: Option<&LayerWorking>,
        label: &Label,
        fused: bool,
    ) {
        let s = self.style;
        let number = label.own.as_str();
        if let (Some(layer), false) = (layer, gradient.inside.is_empty()) {
            self.back_through_residual(out, gradient, layer, label);
            return;
        }
        *out += &s.heading(&format!("Back through layer {number}: {}", gradient.layer));
        let activation = layer.and_then(|layer| layer.activation);
        let name = activation.map(|activation| activation.to_string()).unwrap_or_default();
        let name = name.split('(').next().unwrap_or("");
        if let Some(rule) = activation.filter(|_| !fused).and_then(slope_rule) {
            *out += &s.remark(rule);
        }
        let step = layer.and_then(|layer| layer.step_outputs);
        if !fused {
            let shown = self.shown(gradient.sums.len(), step);
            for (k, d) in shown.iter().filter_map(|k| Some((*k, gradient.sums.get(*k)?))) {
                let indices = indices(k, step);
                let left = s.derivative(of("z", number, &indices));
                let unit = layer.and_then(|layer| layer.units.get(k));
                let line = match (gradient.slopes.get(k), gradient.outputs.get(k), unit) {
                    (Some(slope), Some(dy), Some(unit)) => format!(
                        "{left} = {}{}{} = {} = {}",
                        s.derivative(of("y", number, &indices)),
                        s.times(),
                        s.slope(name, &s.number(unit.sum)),
                        s.product(*dy, *slope),
                        s.number(*d)
                    ),
                    _ => format!("{left} = {}", s.number(*d)),
                };
                *out += &s.line(&line);
            }
            *out += &self.rest(gradient.sums.len(), shown.len(), "unit", "");
            if activation == Some(Activation::Softmax) {
                *out += &s.remark(
                    "Every output of a softmax depends on every sum: dz[i] = Σ dy[j] · y[j] · (δ[i,j] - y[i]).",
                );
            }
        }
        if let Some(layer) = layer.filter(|layer| layer.walks()) {
            self.gradients_of_steps(out, gradient, layer, label);
            return;
        }
        for tensor in &gradient.parameters {
            let weight = tensor.name.ends_with(".weight");
            for (place, d) in self.some(tensor.values.iter().enumerate()) {
                let dense = layer.filter(|_| gradient.layer.starts_with("dense"));
                let inputs = gradient.inputs.len().max(1);
                let (unit, input) = if weight { (place / inputs, place % inputs) } else { (place, 0) };
                let term = dense.and_then(|layer| layer.units.get(unit)).and_then(|unit| unit.terms.get(input));
                let both = [unit + 1, input + 1];
                let indices = if weight { &both[..] } else { &both[..1] };
                let dz = gradient.sums.get(unit).copied();
                let of_sum = s.derivative(of("z", number, &both[..1]));
                let line = match (dense.and(dz), term) {
                    (Some(dz), Some(term)) if weight => format!(
                        "{} = {of_sum}{}{} = {} = {}",
                        s.derivative(of("w", number, indices)),
                        s.times(),
                        s.symbol(x_of(s, &label.before, &both[1..])),
                        s.product(dz, term.input),
                        s.number(*d)
                    ),
                    (Some(_), _) if !weight => {
                        format!("{} = {of_sum} = {}", s.derivative(of("b", number, indices)), s.number(*d))
                    }
                    _ => {
                        let at = [place + 1];
                        format!("{} = {}", s.derivative(of("w", number, &at)), s.number(*d))
                    }
                };
                *out += &s.line(&line);
            }
            *out += &self.left_out(tensor.values.len(), "number", &format!(" of {}", tensor.name));
        }
        let step = layer.and_then(|layer| layer.step_inputs);
        let shown = self.shown(gradient.inputs.len(), step);
        for (i, d) in shown.iter().filter_map(|i| Some((*i, gradient.inputs.get(*i)?))) {
            let indices = indices(i, step);
            let left = s.derivative(x_of(s, &label.before, &indices));
            let line = match layer.filter(|_| gradient.layer.starts_with("dense")) {
                Some(layer) => {
                    let dz = self.some(gradient.sums.iter().zip(&layer.units));
                    let parts: Vec<String> =
                        dz.filter_map(|(dz, unit)| unit.terms.get(i).map(|term| s.product(*dz, term.weight))).collect();
                    let dots = if gradient.sums.len() > self.most { " + …" } else { "" };
                    format!("{left} = {}{dots} = {}", join(&parts), s.number(*d))
                }
                None => format!("{left} = {}", s.number(*d)),
            };
            *out += &s.line(&line);
        }
        *out += &self.rest(gradient.inputs.len(), shown.len(), "input", "");
    }

    fn update(&self, out: &mut String, update: &UpdateWorking, layers: &[LayerWorking]) {
        let s = self.style;
        let title = format!("Update: {}, learning rate {}", update.optimizer, Style::Text.number(update.learning_rate));
        *out += &s.heading(&title);
        *out += &s.remark(&s.code(&update.formula));
        for tensor in &update.tensors {
            let layer = label_of(&tensor.name);
            let letter = self.letter(&tensor.name);
            if update.tensors.len() > 1 && s == Style::Text {
                *out += &s.remark(&tensor.name);
            }
            let columns = tensor.shape.get(1).copied().unwrap_or(1).max(1);
            let looked_up = looked_up(layers, &layer);
            let moved = |(place, _): &(usize, &ParameterUpdate)| {
                looked_up.as_ref().is_none_or(|rows| rows.contains(&(place / columns)))
            };
            let moved: Vec<_> = tensor.parameters.iter().enumerate().filter(moved).collect();
            let count = moved.len();
            for (place, number) in self.some(moved.into_iter()) {
                let both = [place / columns + 1, place % columns + 1];
                let indices = match tensor.shape.len() {
                    2 => both.to_vec(),
                    _ => vec![place + 1],
                };
                let symbol = s.symbol(of(letter, &layer, &indices));
                let mut line = String::new();
                for (name, value) in &number.between {
                    let name = match (s, *name) {
                        (Style::Markdown, "m̂") => "\\hat m",
                        (Style::Markdown, "ŝ") => "\\hat s",
                        (Style::Markdown, "Δ") => "\\Delta",
                        (_, name) => name,
                    };
                    line += &format!("{name} = {}, ", s.number(*value));
                }
                let change = if number.between.is_empty() {
                    s.product(update.learning_rate, number.gradient)
                } else {
                    s.factor(number.change)
                };
                line += &format!(
                    "{symbol}{}{}{} - {change} = {}",
                    s.arrow(),
                    s.number(number.before),
                    if number.decay == 0.0 { String::new() } else { format!(" - {}", s.factor(number.decay)) },
                    s.number(number.after)
                );
                *out += &s.line(&line);
            }
            *out += &self.left_out(count, "number", &format!(" of {}", tensor.name));
            if looked_up.is_some() {
                *out += &s.remark("The other rows were not looked up: their derivatives are 0.");
            }
        }
    }

    /// What the numbers of a tensor are called.
    fn letter(&self, tensor: &str) -> &'static str {
        let tensor = tensor.rsplit('.').next().unwrap_or("");
        let (tensor, reverse) = tensor.strip_suffix("_reverse").map_or((tensor, false), |tensor| (tensor, true));
        match (tensor, self.style, reverse) {
            ("bias" | "bias_ih_l0", _, false) => "b",
            ("weight_hh_l0", _, false) => "u",
            ("bias_hh_l0", _, false) => "c",
            ("weight_ih_l0", Style::Markdown, true) => "\\overleftarrow{w}",
            ("weight_hh_l0", Style::Markdown, true) => "\\overleftarrow{u}",
            ("bias_ih_l0", Style::Markdown, true) => "\\overleftarrow{b}",
            ("bias_hh_l0", Style::Markdown, true) => "\\overleftarrow{c}",
            ("weight_ih_l0", Style::Text, true) => "←w",
            ("weight_hh_l0", Style::Text, true) => "←u",
            ("bias_ih_l0", Style::Text, true) => "←b",
            ("bias_hh_l0", Style::Text, true) => "←c",
            _ => "w",
        }
    }
}

/// The layer of a tensor as it is called here: `layers.1.layers.0.weight` belongs to layer 2.1.
fn label_of(tensor: &str) -> String {
    let numbers: Vec<String> = tensor
        .split('.')
        .filter_map(|part| part.parse::<usize>().ok())
        .map(|number| (number + 1).to_string())
        .collect();
    numbers.join(".")
}

/// The rows that the embedding of that label looked up; `None` where it is no embedding.
fn looked_up(layers: &[LayerWorking], label: &str) -> Option<Vec<usize>> {
    let (first, rest) = label.split_once('.').unwrap_or((label, ""));
    let layer = layers.iter().find(|layer| layer.number.to_string() == first)?;
    if !rest.is_empty() {
        return looked_up(&layer.inside, rest);
    }
    layer.rows()
}

/// How the slope of an activation is had, where that is short.
fn slope_rule(activation: Activation) -> Option<&'static str> {
    match activation {
        Activation::Sigmoid => Some("The slope of sigmoid is y · (1 - y)."),
        Activation::Tanh => Some("The slope of tanh is 1 - y²."),
        Activation::Relu => Some("The slope of relu is 1 above zero, else 0."),
        Activation::Step => Some("The slope of step is 0 everywhere: nothing can be learnt through it."),
        _ => None,
    }
}

/// Terms of a sum; a term that begins with a minus is taken away.
fn join(parts: &[String]) -> String {
    let mut out = String::new();
    for part in parts {
        match (out.is_empty(), part.strip_prefix('-')) {
            (true, _) => out += part,
            (false, Some(rest)) => out += &format!(" - {rest}"),
            (false, None) => out += &format!(" + {part}"),
        }
    }
    if out.is_empty() { "0".to_owned() } else { out }
}
