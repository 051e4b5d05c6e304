//! Layers that go step by step, pools, norms and residuals: worked out again from the JSON, with formulas of its own.

use super::evaluator::{activate, close, list, number};
use super::*;
use std::collections::HashMap;

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The tensors before the step, by their names.
fn tensors(trace: &Value) -> HashMap<String, Vec<f64>> {
    let tensor = |tensor: &Value| {
        let values = items(&tensor["parameters"]).iter().map(|parameter| number(&parameter["before"])).collect();
        (tensor["name"].as_str().unwrap().to_owned(), values)
    };
    items(&trace["update"]["tensors"]).iter().map(tensor).collect()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn outputs(layer: &Value) -> Vec<f64> {
    items(&layer["units"]).iter().map(|unit| number(&unit["output"])).collect()
}

/// Everything that a cell computes at a step, by the formulas of the textbook: gates, memory, state.
struct Cell<'a> {
    kind: &'a str,
    w: &'a [f64],
    u: &'a [f64],
    b: Option<&'a [f64]>,
    c: Option<&'a [f64]>,
    units: usize,
}

impl Cell<'_> {
    fn wx(&self, row: usize, x: &[f64]) -> f64 {
        let products = x.iter().enumerate().map(|(i, value)| self.w[row * x.len() + i] * value);
        products.sum::<f64>() + self.b.map_or(0.0, |b| b[row])
    }

    fn uh(&self, row: usize, h: &[f64]) -> f64 {
        h.iter().enumerate().map(|(j, h)| self.u[row * self.units + j] * h).sum::<f64>()
            + self.c.map_or(0.0, |c| c[row])
    }

    /// Sums and values of the gates, s′, h′.
    fn step(&self, x: &[f64], h: &[f64], s: &[f64]) -> (Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>) {
        let n = self.units;
        let blocks = self.u.len() / (n * n);
        let mut sums: Vec<f64> = (0..blocks * n).map(|row| self.wx(row, x) + self.uh(row, h)).collect();
        match blocks {
            1 => {
                let state: Vec<f64> = sums.iter().map(|z| z.tanh()).collect();
                (sums, state.clone(), Vec::new(), state)
            }
            4 => {
                let gates: Vec<f64> =
                    (0..4 * n).map(|k| if k / n == 2 { sums[k].tanh() } else { sigmoid(sums[k]) }).collect();
                let memory: Vec<f64> = (0..n).map(|k| gates[n + k] * s[k] + gates[k] * gates[2 * n + k]).collect();
                let state = (0..n).map(|k| gates[3 * n + k] * memory[k].tanh()).collect();
                (sums, gates, memory, state)
            }
            _ => {
                let r: Vec<f64> = (0..n).map(|k| sigmoid(sums[k])).collect();
                let reset: Vec<f64> = (0..n).map(|k| r[k] * h[k]).collect();
                for k in 0..n {
                    let row = 2 * n + k;
                    sums[row] = match self.kind.contains("reset_before") {
                        true => self.wx(row, x) + self.uh(row, &reset),
                        false => self.wx(row, x) + r[k] * self.uh(row, h),
                    };
                }
                let mut gates = r;
                gates.extend((n..2 * n).map(|k| sigmoid(sums[k])));
                gates.extend((2 * n..3 * n).map(|k| sums[k].tanh()));
                let state = (0..n).map(|k| (1.0 - gates[n + k]) * gates[2 * n + k] + gates[n + k] * h[k]).collect();
                (sums, gates, Vec::new(), state)
            }
        }
    }
}

/// A layer worked out again from what went in; gives what must come out.
fn layer(
    written: &Value,
    x: &[f64],
    tensors: &HashMap<String, Vec<f64>>,
    prefix: &str,
    own: Option<usize>,
) -> Vec<f64> {
    let name = written["layer"].as_str().unwrap();
    let prefix = format!("{prefix}layers.{}.", written["number"].as_u64().unwrap() - 1);
    let tensor = |what: &str| tensors.get(&format!("{prefix}{what}")).map(Vec::as_slice);
    let units = items(&written["units"]);
    let words: Vec<&str> = name.split([' ', '(']).collect();
    let y: Vec<f64> = match words[0] {
        "dense" => {
            let (w, b) = (tensor("weight").unwrap(), tensor("bias"));
            let count: usize = words[1].parse().unwrap();
            let inputs = w.len() / count;
            let mut y = Vec::new();
            for (t, x) in x.chunks(inputs).enumerate() {
                let dot = |k: usize| (0..inputs).map(|i| w[k * inputs + i] * x[i]).sum::<f64>();
                let sums: Vec<f64> = (0..count).map(|k| dot(k) + b.map_or(0.0, |b| b[k])).collect();
                for k in 0..count {
                    let unit = &units[t * count + k];
                    close(number(&unit["sum"]), sums[k], "a sum of a step");
                    assert_eq!(items(&unit["terms"]).len(), inputs);
                    for (i, term) in items(&unit["terms"]).iter().enumerate() {
                        close(number(&term["product"]), w[k * inputs + i] * x[i], "a product of a step");
                    }
                }
                y.extend(activate(written["activation"].as_str().unwrap(), &sums));
            }
            y
        }
        "softmax" => {
            let width = written["step_outputs"].as_u64().map_or(x.len(), |width| width as usize);
            x.chunks(width).flat_map(|x| activate("softmax", x)).collect()
        }
        "embedding" => {
            let dimensions: usize = words[2].parse().unwrap();
            let row = |word: &f64| &tensor("weight").unwrap()[*word as usize * dimensions..][..dimensions];
            for (at, unit) in units.iter().enumerate() {
                close(number(&unit["origin"]["row"]["word"]), x[at / dimensions], "the word");
            }
            x.iter().flat_map(row).copied().collect()
        }
        "rnn" | "lstm" | "gru" => recurrent(written, x, &tensor, own),
        "residual" => {
            let mut f = x.to_vec();
            for inner in items(&written["inside"]) {
                f = layer(inner, &f, tensors, &prefix, own);
            }
            for ((unit, x), f) in units.iter().zip(x).zip(&f) {
                close(number(&unit["origin"]["skip"]["input"]), *x, "past the chain");
                close(number(&unit["origin"]["skip"]["added"]), *f, "through the chain");
            }
            x.iter().zip(&f).map(|(x, f)| x + f).collect()
        }
        "maxpool" | "avgpool" | "global_maxpool" | "global_avgpool" => {
            // All of these chains have two values a step where they do not say it.
            let features = written["step_inputs"].as_u64().map_or(2, |width| width as usize);
            let global = words[0].starts_with("global");
            let kernel = if global { own.unwrap_or(x.len() / features) } else { words[1].parse().unwrap() };
            let mut y = Vec::new();
            for (at, unit) in units.iter().enumerate() {
                let (window, channel) = (at / features, at % features);
                let under: Vec<f64> = (0..kernel).map(|k| x[(window * kernel + k) * features + channel]).collect();
                let largest = words[0].ends_with("maxpool");
                let seen = list(&unit["origin"][if largest { "largest" } else { "mean" }]["inputs"]);
                assert_eq!(seen.len(), kernel, "the values under a window");
                seen.iter().zip(&under).for_each(|(got, x)| close(*got, *x, "under a window"));
                y.push(match largest {
                    true => under.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                    false => under.iter().sum::<f64>() / kernel as f64,
                });
            }
            y
        }
        "layernorm" | "batchnorm" => {
            let width = tensor("weight").unwrap().len();
            let each = |(at, unit): (usize, &Value)| {
                let normal = &unit["origin"]["normal"];
                let (mean, variance) = match tensor("running_mean") {
                    Some(mean) => (mean[at % width], tensor("running_var").unwrap()[at % width]),
                    None => {
                        let step = &x[at / width * width..][..width];
                        let mean = step.iter().sum::<f64>() / width as f64;
                        (mean, step.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / width as f64)
                    }
                };
                close(number(&normal["mean"]), mean, "the mean");
                close(number(&normal["variance"]), variance, "the variance");
                let hat = (x[at] - mean) / (variance + 1e-5).sqrt();
                close(number(&normal["normal"]), hat, "the normalised value");
                tensor("weight").unwrap()[at % width] * hat + tensor("bias").unwrap()[at % width]
            };
            units.iter().enumerate().map(each).collect()
        }
        "flatten" | "dropout" => x.to_vec(),
        function => activate(function, x),
    };
    let written = outputs(written);
    assert_eq!(written.len(), y.len(), "{name}");
    written.iter().zip(&y).for_each(|(got, y)| close(*got, *y, name));
    y
}

fn recurrent<'t>(
    written: &Value,
    x: &[f64],
    tensor: &dyn Fn(&str) -> Option<&'t [f64]>,
    own: Option<usize>,
) -> Vec<f64> {
    let kind = written["layer"].as_str().unwrap();
    let units: usize = kind.split_whitespace().nth(1).unwrap().parse().unwrap();
    let inputs = written["step_inputs"].as_u64().unwrap() as usize;
    let (steps, sequences) = (x.len() / inputs, kind.contains("sequences"));
    let own = own.unwrap_or(steps);
    let sweeps = items(&written["sweeps"]);
    let width = sweeps.len() * units;
    let mut y = vec![0.0; width * if sequences { steps } else { 1 }];
    for (direction, sweep) in sweeps.iter().enumerate() {
        let ending = if direction == 0 { "" } else { "_reverse" };
        let get = |what: &str| tensor(&format!("{what}_l0{ending}"));
        let (w, u) = (get("weight_ih").unwrap(), get("weight_hh").unwrap());
        let cell = Cell { kind, w, u, b: get("bias_ih"), c: get("bias_hh"), units };
        let (mut h, mut s) = (vec![0.0; units], vec![0.0; units]);
        let order: Vec<usize> = if direction == 0 { (0..own).collect() } else { (0..own).rev().collect() };
        assert_eq!(items(&sweep["steps"]).len(), own);
        for (t, step) in order.into_iter().zip(items(&sweep["steps"])) {
            close(number(&step["step"]), t as f64 + 1.0, "the place of a step");
            let (sums, gates, memory, state) = cell.step(&x[t * inputs..][..inputs], &h, &s);
            assert_eq!(items(&step["gates"]).len(), sums.len());
            for ((gate, sum), value) in items(&step["gates"]).iter().zip(&sums).zip(&gates) {
                let total = |what: &str, bias: &str| {
                    let products = items(&gate[what]).iter().map(|term| {
                        close(number(&term["product"]), number(&term["input"]) * number(&term["weight"]), "a product");
                        number(&term["product"])
                    });
                    products.sum::<f64>() + gate[bias].as_f64().unwrap_or(0.0)
                };
                let reset = gate["reset"].as_f64().unwrap_or(1.0);
                assert_eq!((items(&gate["inputs"]).len(), items(&gate["state"]).len()), (inputs, units));
                let by_terms = total("inputs", "input_bias") + reset * total("state", "state_bias");
                close(by_terms, *sum, "the terms of a gate");
                close(number(&gate["sum"]), *sum, "what a gate saw");
                close(number(&gate["output"]), *value, "what a gate gave");
            }
            for (k, written) in items(&step["states"]).iter().enumerate() {
                close(number(&written["before"]), h[k], "the state before");
                close(number(&written["state"]), state[k], "the state");
                if let Some(memory) = memory.get(k) {
                    close(number(&written["memory_before"]), s[k], "the memory before");
                    close(number(&written["memory"]), *memory, "the memory");
                }
            }
            (h, s) = (state, if memory.is_empty() { s } else { memory });
            if sequences {
                y[t * width + direction * units..][..units].copy_from_slice(&h);
            }
        }
        if !sequences {
            y[direction * units..][..units].copy_from_slice(&h);
        }
    }
    y
}

/// What comes out of the whole chain, and from there the loss: here the squared error, or the cross-entropy of a softmax.
fn loss_of(trace: &Value, x: &[f64], own: Option<usize>) -> f64 {
    let tensors = tensors(trace);
    let mut y = x.to_vec();
    for written in items(&trace["layers"]) {
        y = layer(written, &y, &tensors, "", own);
    }
    let t = list(&trace["loss"]["targets"]);
    if trace["loss"]["loss"].as_str() == Some("mse") {
        return y.iter().zip(&t).map(|(y, t)| (y - t).powi(2)).sum::<f64>() / t.len() as f64;
    }
    y.iter().zip(&t).map(|(y, t)| -t * y.ln()).sum()
}

/// The derivatives by every number of every tensor, by moving it and running the twin again.
fn check_gradients(trace: &Value, network: &Network, x: &[f64], own: Option<u32>, goal: &Goal<'_>) {
    fn of<'a>(gradients: &'a Value, all: &mut Vec<&'a Value>) {
        for gradient in items(gradients) {
            all.extend(items(&gradient["parameters"]));
            of(&gradient["inside"], all);
        }
    }
    let mut written = Vec::new();
    of(&trace["gradients"], &mut written);
    assert_eq!(written.len(), network.parameters().len());
    for (place, tensor) in items(&trace["update"]["tensors"]).iter().enumerate() {
        let gradient = written.iter().find(|gradient| gradient["name"] == tensor["name"]).unwrap();
        let trained = !tensor["name"].as_str().unwrap().contains("running");
        for (at, value) in list(&gradient["values"]).iter().enumerate() {
            let parameter = &tensor["parameters"][at];
            close(*value, number(&parameter["gradient"]), "the update's gradient");
            close(number(&parameter["after"]), number(&parameter["before"]) - 0.1 * value, "after the step");
            if trained {
                let moved = evaluator::derivative(|h| {
                    let mut moved = network.clone();
                    moved.parameters_mut()[place][at] += h;
                    explain_own(&moved, x, own, goal, None).unwrap().loss.value
                });
                assert!((value - moved).abs() < 1e-7 * (1.0 + value.abs()), "{}: {value} {moved}", tensor["name"]);
            }
        }
    }
}

fn shown(shape: Shape, chain: &str, x: &[f64], own: Option<u32>) -> (Network, Explanation) {
    let network = crate::Network::new(shape, Layer::parse_chain(chain).unwrap()).unwrap();
    let mut rng = Rng::stream(7, Purpose::Data, 0);
    let random = |(name, shape): (&str, &[usize])| -> Vec<f64> {
        let numbers = numbers(&mut rng, shape.iter().product());
        // A variance is no negative number.
        numbers.into_iter().map(|x| if name.ends_with("running_var") { x.abs() + 0.1 } else { x }).collect()
    };
    let parameters = network.tensors().map(random).collect();
    let twin = Network::new(shape, network.layers(), parameters).unwrap();
    let classes = chain.ends_with("softmax") && matches!(network.output(), Shape::Flat(_));
    let targets: Vec<f64> = (0..network.output().len()).map(|k| k as f64 / 4.0).collect();
    let goal = match classes {
        true => Goal {
            loss: Loss::CategoricalCrossEntropy { label_smoothing: 0.0 },
            targets: Targets::Classes(&[1]),
            class_weights: None,
        },
        false => Goal { loss: Loss::Mse, targets: Targets::Values(&targets), class_weights: None },
    };
    let sgd: Optimizer = Sgd::default().learning_rate(0.1).into();
    let working = explain_own(&twin, x, own, &goal, Some(&sgd)).unwrap();
    let trace = json(&working);
    close(working.loss.value, loss_of(&trace, x, own.map(|own| own as usize)), chain);
    check_gradients(&trace, &twin, x, own, &goal);
    (twin, working)
}

#[test]
fn an_independent_evaluator_agrees_step_by_step() {
    let shape = Shape::Sequence { steps: 3, features: 2 };
    let x = [0.5, -1.0, 0.25, 2.0, -0.75, 1.5];
    for (chain, own) in [
        ("dense 3 tanh, flatten, dense 2", None),
        ("dense 2 softmax", None),
        ("dense 2 sigmoid no_bias, softmax, flatten, dense 3 softmax", None),
        ("lstm 2, dense 2", None),
        ("lstm 3 sequences bidirectional, dense 2 tanh, global_avgpool", None),
        ("lstm 2 sequences bidirectional, global_maxpool, dense 2 softmax", Some(2)),
        ("gru 2 sequences, gru 3 reset_before, dense 2 softmax", None),
        ("gru 2 bidirectional no_bias, dense 2", Some(1)),
        ("rnn 3, dense 1", None),
        ("residual(dense 3 tanh, dense 2), residual(residual(gru 2 sequences), layernorm), flatten, dense 2", None),
        ("batchnorm, maxpool 2, layernorm, flatten, dense 2", None),
        ("avgpool 2, rnn 2 sequences, layernorm, flatten, dense 2 softmax", None),
    ] {
        let (_, working) = shown(shape, chain, &x, own);
        for style in [Style::Text, Style::Markdown] {
            for most in [None, Some(1), Some(2)] {
                let text = working.render(style, most);
                assert!(!text.contains("NaN") && text.contains("Loss"), "{chain}: {text}");
            }
        }
    }
    let words = [2.0, 0.0, 2.0, 1.0];
    for shape in [Shape::Flat(4), Shape::Sequence { steps: 4, features: 1 }] {
        let (_, working) = shown(shape, "embedding 5 2, lstm 2, dense 2 softmax", &words, None);
        let text = working.render(Style::Text, None);
        assert!(text.contains("  Step 3: word 2, counted from 0, is row 3\n  y3,1 = w3,1 = "), "{text}");
    }
    // The rows of an image are steps.
    let shape = Shape::Image { channels: 1, height: 3, width: 2 };
    shown(shape, "gru 2, dense 1", &x, None);
}

#[test]
#[should_panic(expected = "the terms of a gate")]
fn the_evaluator_notices_a_wrong_gate() {
    let shape = Shape::Sequence { steps: 2, features: 1 };
    let (_, working) = shown(shape, "lstm 1, dense 1", &[0.5, -1.0], None);
    let mut trace = json(&working);
    let term = &mut trace["layers"][0]["sweeps"][0]["steps"][1]["gates"][2]["state"][0];
    let wrong = number(&term["input"]) + 1e-6;
    let product = wrong * number(&term["weight"]);
    term["input"] = Value::from(wrong);
    term["product"] = Value::from(product);
    loss_of(&trace, &[0.5, -1.0], None);
}

#[test]
fn one_step_is_a_block() {
    let shape = Shape::Sequence { steps: 2, features: 1 };
    let (_, lstm) = shown(shape, "lstm 1, dense 1", &[0.5, -1.0], None);
    insta::assert_snapshot!("lstm", lstm.render(Style::Text, None));
    insta::assert_snapshot!("lstm_markdown", lstm.render(Style::Markdown, Some(2)));
    let chain = "gru 1 sequences bidirectional, residual(layernorm, dense 2 tanh), global_maxpool, dense 2 softmax";
    let (_, mixed) = shown(shape, chain, &[0.5, -1.0], None);
    let text = mixed.render(Style::Text, None);
    for part in
        ["Layer 2.1: layernorm\n", "Layer 2: the sum\n", "σ² = (", "y2,2 = x2,2 + f2,2 = ", "y1 = max(", "←h1,1 = "]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn answers_at_every_step_are_refused() {
    let shape = Shape::Sequence { steps: 2, features: 1 };
    let network = crate::Network::new(shape, Layer::parse_chain("rnn 2 sequences, dense 3").unwrap()).unwrap();
    let loss = Loss::CategoricalCrossEntropy { label_smoothing: 0.0 };
    let goal = Goal { loss, targets: Targets::Classes(&[0, 2]), class_weights: None };
    let message = explain(&Network::of(&network).unwrap(), &[1.0, 2.0], &goal, None).unwrap_err().to_string();
    assert_eq!(
        message,
        "network: the working is shown for one answer an example, and this network answers at every step"
    );
}
