//! A layer forward, line by line; and the derivatives of layers that go step by step.

use super::{Label, Writer, indices, join, of, x_of};
use crate::Activation;
use crate::reference::explain::style::Style;
use crate::reference::explain::{LayerGradient, LayerWorking, Origin, TensorGradient, UnitWorking};

impl LayerWorking {
    /// Whether its tensors are used at several steps, so that their derivatives are sums over steps.
    pub(super) fn walks(&self) -> bool {
        let dense = self.layer.starts_with("dense") && self.step_inputs.is_some();
        dense || !self.sweeps.is_empty() || self.rows().is_some()
    }

    /// The rows that an embedding looked up; `None` of another layer.
    pub(super) fn rows(&self) -> Option<Vec<usize>> {
        let row = |unit: &UnitWorking| match unit.origin {
            Some(Origin::Row { word }) => Some(word),
            _ => None,
        };
        self.units.iter().map(row).collect::<Option<Vec<usize>>>().filter(|rows| !rows.is_empty())
    }
}

impl Writer {
    pub(super) fn forward(&self, out: &mut String, layer: &LayerWorking, label: &Label) {
        let s = self.style;
        *out += &s.heading(&format!("Layer {}: {}", label.own, layer.layer));
        self.inside(out, layer, label);
        self.sweeps(out, layer, label);
        let stepped = layer.step_outputs.filter(|_| layer.sweeps.is_empty());
        let width = layer.step_outputs.unwrap_or(layer.units.len()).max(1);
        let shown = self.shown(layer.units.len(), layer.step_outputs);
        for &at in &shown {
            let Some(unit) = layer.units.get(at) else { continue };
            if stepped.is_some() && at % width == 0 {
                *out += &s.remark(&self.step_title(at / width + 1, unit));
            }
            let around = layer.units.get(at / width * width..).unwrap_or(&[]);
            self.unit(out, layer, label, at, around.get(..width).unwrap_or(around));
        }
        *out += &self.rest(layer.units.len(), shown.len(), "unit", "");
        if layer.layer.starts_with("batchnorm") {
            *out += &s.remark("Mean and variance are the running ones, as at prediction.");
        }
        if layer.layer.starts_with("dropout") {
            *out += &s.remark("Dropout changes nothing here, as at prediction.");
        }
    }

    fn step_title(&self, step: usize, first: &UnitWorking) -> String {
        match first.origin {
            Some(Origin::Row { word }) => format!("Step {step}: word {word}, counted from 0, is row {}", word + 1),
            _ => format!("Step {step}"),
        }
    }

    /// One value; `around` are the values that come out together, those of its step or of the layer.
    fn unit(&self, out: &mut String, layer: &LayerWorking, label: &Label, at: usize, around: &[UnitWorking]) {
        let s = self.style;
        let Some(unit) = layer.units.get(at) else { return };
        let indices = indices(at, layer.step_outputs);
        let (z, y) = (of("z", &label.own, &indices), s.symbol(of("y", &label.own, &indices)));
        if !unit.terms.is_empty() || unit.bias.is_some() {
            *out += &s.line(&format!("{} = {} = {}", s.symbol(z), self.sum(unit), s.number(unit.sum)));
        }
        let result = s.number(unit.output);
        let line = match (&unit.origin, layer.activation) {
            (Some(origin), _) => self.origin(out, layer, label, at, origin),
            (None, Some(Activation::Softmax)) => {
                let sums: Vec<f64> = around.iter().map(|unit| unit.sum).collect();
                let k = layer.step_outputs.map_or(at, |width| at % width.max(1));
                self.share(&sums, k)
            }
            (None, Some(activation)) => self.activation(activation, unit.sum),
            (None, None) if layer.layer.starts_with("dropout") || layer.layer.starts_with("flatten") => {
                s.symbol(x_of(s, &label.before, &super::indices(at, layer.step_inputs)))
            }
            (None, None) => String::new(),
        };
        let line = if line.is_empty() { format!("{y} = {result}") } else { format!("{y} = {line} = {result}") };
        *out += &s.line(&line);
    }

    /// What a value was made of; what has to be had first is written on lines of its own.
    fn origin(&self, out: &mut String, layer: &LayerWorking, label: &Label, at: usize, origin: &Origin) -> String {
        let s = self.style;
        let indices = indices(at, layer.step_outputs);
        let list = |inputs: &[f64], between: &str| {
            let shown: Vec<String> = self.some(inputs.iter()).map(|x| s.number(*x)).collect();
            let more = if inputs.len() > self.most { format!("{between}…") } else { String::new() };
            (shown, more)
        };
        match origin {
            Origin::Row { word } => {
                let column = layer.step_outputs.map_or(at, |width| at % width.max(1)) + 1;
                s.symbol(of("w", &label.own, &[word + 1, column]))
            }
            Origin::State { reverse, step, unit } => {
                s.symbol(of(self.state_letter("h", *reverse), &label.own, &[*step, *unit]))
            }
            Origin::Skip { input, added } => {
                let x = s.symbol(x_of(s, &label.before, &indices));
                let f = s.symbol(of("f", &label.own, &indices));
                format!("{x} + {f} = {}", join(&[s.number(*input), s.number(*added)]))
            }
            Origin::Largest { inputs } => {
                let (shown, more) = list(inputs, ", ");
                match s {
                    Style::Text => format!("max({}{more})", shown.join(", ")),
                    Style::Markdown => format!("\\max({}{more})", shown.join(", ")),
                }
            }
            Origin::Mean { inputs } => {
                let (shown, more) = list(inputs, " + ");
                s.fraction(&format!("{}{more}", join(&shown)), &inputs.len().to_string())
            }
            Origin::Normal { input, mean, variance, epsilon, normal, weight, bias } => {
                self.statistics(out, layer, at);
                let hat = match s {
                    Style::Text => "x̂",
                    Style::Markdown => "\\hat x",
                };
                let spread = join(&[s.number(*variance), s.number(*epsilon)]);
                let root = match s {
                    Style::Text => format!("√({spread})"),
                    Style::Markdown => format!("\\sqrt{{{spread}}}"),
                };
                let above = format!("{} - {}", s.number(*input), s.factor(*mean));
                let left = s.symbol(of(hat, &label.own, &indices));
                *out += &s.line(&format!("{left} = {} = {}", s.fraction(&above, &root), s.number(*normal)));
                join(&[s.product(*weight, *normal), s.number(*bias)])
            }
        }
    }

    /// The mean and the variance of a layer normalisation, before the first of the values that it is over.
    fn statistics(&self, out: &mut String, layer: &LayerWorking, at: usize) {
        let s = self.style;
        let own = |unit: &UnitWorking| match unit.origin {
            Some(Origin::Normal { input, mean, variance, .. }) => Some((input, mean, variance)),
            _ => None,
        };
        let Some((_, mean, variance)) = layer.units.get(at).and_then(own) else { return };
        let same = |unit: &UnitWorking| {
            own(unit).filter(|(_, m, v)| (m.to_bits(), v.to_bits()) == (mean.to_bits(), variance.to_bits()))
        };
        let before = at.checked_sub(1).and_then(|before| layer.units.get(before));
        let new_step = layer.step_outputs.is_some_and(|width| at.is_multiple_of(width.max(1)));
        if !layer.layer.starts_with("layernorm") || (before.is_some_and(|unit| same(unit).is_some()) && !new_step) {
            return;
        }
        let most = layer.step_outputs.unwrap_or(usize::MAX);
        let group: Vec<f64> = layer.units[at..].iter().map_while(same).map(|(input, ..)| input).take(most).collect();
        let count = group.len().to_string();
        let dots = if group.len() > self.most { " + …" } else { "" };
        let sum = join(&self.some(group.iter()).map(|x| s.number(*x)).collect::<Vec<_>>());
        let square = |x: &f64| s.power(&format!("({} - {})", s.number(*x), s.factor(mean)), "2");
        let squares: Vec<String> = self.some(group.iter()).map(square).collect();
        let (mu, sigma) = match s {
            Style::Text => ("μ", "σ²"),
            Style::Markdown => ("\\mu", "\\sigma^2"),
        };
        for (name, above, value) in [(mu, sum, mean), (sigma, squares.join(" + "), variance)] {
            let formula = s.fraction(&format!("{above}{dots}"), &count);
            *out += &s.line(&format!("{name} = {formula} = {}", s.number(value)));
        }
    }

    /// The derivatives by tensors that every step uses, and by what went in.
    pub(super) fn gradients_of_steps(
        &self,
        out: &mut String,
        gradient: &LayerGradient,
        layer: &LayerWorking,
        label: &Label,
    ) {
        let s = self.style;
        let dense = layer.layer.starts_with("dense");
        *out += &s.remark("The derivatives by the parameters are sums over all steps.");
        let rows = layer.rows();
        for tensor in &gradient.parameters {
            if gradient.parameters.len() > 2 {
                *out += &s.remark(&s.code(&tensor.name));
            }
            let columns = tensor.shape.get(1).copied().unwrap_or(1).max(1);
            let seen = |at: &usize| rows.as_ref().is_none_or(|rows| rows.contains(&(at / columns)));
            let places: Vec<usize> = (0..tensor.values.len()).filter(seen).collect();
            for &at in self.some(places.iter()) {
                let both = [at / columns + 1, at % columns + 1];
                let indices = if tensor.shape.len() == 2 { &both[..] } else { &both[..1] };
                let left = s.derivative(of(self.letter(&tensor.name), &label.own, indices));
                let value = tensor.values.get(at).copied().unwrap_or_default();
                let sum = if dense { self.over_steps(gradient, layer, tensor, at) } else { String::new() };
                *out += &s.line(&format!("{left} = {sum}{}", s.number(value)));
            }
            *out += &self.left_out(places.len(), "number", &format!(" of {}", tensor.name));
        }
        if rows.is_some() {
            *out += &s.remark("The rows that were not looked up have none, and neither has the number of a word.");
            return;
        }
        let shown = self.shown(gradient.inputs.len(), layer.step_inputs);
        let width = layer.step_inputs.unwrap_or(1).max(1);
        let units = layer.step_outputs.unwrap_or(1).max(1);
        for &at in &shown {
            let left = s.derivative(x_of(s, &label.before, &indices(at, layer.step_inputs)));
            let mut sum = String::new();
            if dense {
                let unit = at / width * units;
                let pairs = layer.units.iter().zip(&gradient.sums).skip(unit).take(units);
                let terms = pairs.filter_map(|(unit, dz)| Some(s.product(*dz, unit.terms.get(at % width)?.weight)));
                sum = self.shortened(&terms.collect::<Vec<_>>());
            }
            let value = gradient.inputs.get(at).copied().unwrap_or_default();
            *out += &s.line(&format!("{left} = {sum}{}", s.number(value)));
        }
        *out += &self.rest(gradient.inputs.len(), shown.len(), "input", "");
    }

    /// Σ over the steps of a dense layer: dz · x for a weight, dz for a bias.
    fn over_steps(&self, gradient: &LayerGradient, layer: &LayerWorking, tensor: &TensorGradient, at: usize) -> String {
        let s = self.style;
        let weight = tensor.shape.len() == 2;
        let columns = tensor.shape.get(1).copied().unwrap_or(1).max(1);
        let units = layer.step_outputs.unwrap_or(1).max(1);
        let steps = layer.units.iter().zip(&gradient.sums).skip(at / columns).step_by(units);
        let term = |(unit, dz): (&UnitWorking, &f64)| match weight {
            true => Some(s.product(*dz, unit.terms.get(at % columns)?.input)),
            false => Some(s.number(*dz)),
        };
        self.shortened(&steps.filter_map(term).collect::<Vec<_>>())
    }

    /// Terms and an equals sign; nothing where there are none.
    fn shortened(&self, terms: &[String]) -> String {
        if terms.is_empty() {
            return String::new();
        }
        let shown: Vec<String> = self.some(terms.iter()).cloned().collect();
        format!("{}{} = ", join(&shown), if terms.len() > self.most { " + …" } else { "" })
    }
}
