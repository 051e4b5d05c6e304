use super::*;
use crate::reference::Network;
use crate::rng::{Purpose, Rng};
use crate::{Adagrad, Adam, AdamW, Batch, Dense, Dropout, RmsProp, Rprop, Sgd, Shape, Trainer};
use serde_json::Value;

mod steps;

/// A second evaluator: it reads the JSON of a trace and works everything out again, with formulas of its own.
mod evaluator {
    use serde_json::Value;

    pub(super) fn close(got: f64, expected: f64, what: &str) {
        assert!((got - expected).abs() <= 1e-9 * (1.0 + expected.abs()), "{what}: {got}, not {expected}");
    }

    pub(super) fn number(value: &Value) -> f64 {
        value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
    }

    pub(super) fn list(value: &Value) -> Vec<f64> {
        value.as_array().unwrap().iter().map(number).collect()
    }

    pub(super) fn activate(name: &str, z: &[f64]) -> Vec<f64> {
        let each = |f: &dyn Fn(f64) -> f64| z.iter().map(|z| f(*z)).collect();
        match name {
            "identity" => z.to_vec(),
            "relu" => each(&|z| if z > 0.0 { z } else { 0.0 }),
            "leaky_relu(0.1)" => each(&|z| if z > 0.0 { z } else { 0.1 * z }),
            "sigmoid" => each(&|z| z.exp() / (1.0 + z.exp())),
            "tanh" => each(&|z| (z.exp() - (-z).exp()) / (z.exp() + (-z).exp())),
            "softplus" => each(&|z| (1.0 + z.exp()).ln()),
            "silu" => each(&|z| z / (1.0 + (-z).exp())),
            "softmax" => {
                let total: f64 = z.iter().map(|z| z.exp()).sum();
                z.iter().map(|z| z.exp() / total).collect()
            }
            other => panic!("{other}"),
        }
    }

    /// A layer: weights unit by unit, biases, activation. No weights: the activation alone.
    pub(super) struct Layer {
        pub(super) weights: Vec<Vec<f64>>,
        pub(super) biases: Vec<f64>,
        pub(super) activation: String,
    }

    impl Layer {
        pub(super) fn sums(&self, x: &[f64]) -> Vec<f64> {
            if self.weights.is_empty() {
                return x.to_vec();
            }
            let sum = |w: &Vec<f64>| w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
            self.weights.iter().zip(&self.biases).map(|(w, b)| sum(w) + b).collect()
        }
    }

    /// The network out of the trace, by its terms.
    pub(super) fn network(trace: &Value) -> Vec<Layer> {
        let layer = |layer: &Value| {
            let units = layer["units"].as_array().unwrap();
            let weights = units
                .iter()
                .map(|unit| unit["terms"].as_array().unwrap().iter().map(|term| number(&term["weight"])).collect())
                .filter(|weights: &Vec<f64>| !weights.is_empty())
                .collect();
            let biases = units.iter().map(|unit| unit["bias"].as_f64().unwrap_or(0.0)).collect();
            let activation = layer["activation"].as_str().unwrap_or("identity").to_owned();
            Layer { weights, biases, activation }
        };
        trace["layers"].as_array().unwrap().iter().map(layer).collect()
    }

    /// The loss of the whole network, by the formulas of the textbook.
    pub(super) fn loss(layers: &[Layer], input: &[f64], trace: &Value) -> f64 {
        let loss = &trace["loss"];
        let mut x = input.to_vec();
        let mut z = x.clone();
        for layer in layers {
            z = layer.sums(&x);
            x = activate(&layer.activation, &z);
        }
        let seen = if loss["from_sums"].as_bool().unwrap() { z } else { x };
        let t = list(&loss["targets"]);
        let n = t.len() as f64;
        let pairs = seen.iter().zip(&t);
        let factor = number(&loss["class_weight"]);
        let name = loss["loss"].as_str().map(str::to_owned);
        let name = name.unwrap_or_else(|| loss["loss"].as_object().unwrap().keys().next().unwrap().clone());
        factor
            * match name.as_str() {
                "mse" => pairs.map(|(y, t)| (y - t).powi(2)).sum::<f64>() / n,
                "mae" => pairs.map(|(y, t)| (y - t).abs()).sum::<f64>() / n,
                "huber" => {
                    let delta = number(&loss["loss"]["huber"]["delta"]);
                    let part = |d: f64| if d <= delta { d * d / 2.0 } else { delta * (d - delta / 2.0) };
                    pairs.map(|(y, t)| part((y - t).abs())).sum::<f64>() / n
                }
                "binary_cross_entropy" => {
                    let p = activate("sigmoid", &seen);
                    -p.iter().zip(&t).map(|(p, t)| t * p.ln() + (1.0 - t) * (1.0 - p).ln()).sum::<f64>() / n
                }
                "categorical_cross_entropy" => {
                    let p = activate("softmax", &seen);
                    -p.iter().zip(&t).map(|(p, t)| t * p.ln()).sum::<f64>()
                }
                other => panic!("{other}"),
            }
    }

    /// A derivative by Richardson's extrapolation of central differences: good to about 1e-10.
    pub(super) fn derivative(f: impl Fn(f64) -> f64) -> f64 {
        let central = |h: f64| (f(h) - f(-h)) / (2.0 * h);
        let (a, b, c) = (central(4e-4), central(2e-4), central(1e-4));
        let (ab, bc) = ((4.0 * b - a) / 3.0, (4.0 * c - b) / 3.0);
        (16.0 * bc - ab) / 15.0
    }
}

use evaluator::{close, list, number};

/// Works a trace out again: every sum, activation, the loss and its parts, every derivative by the chain rule and by
/// differences, and the update as far as it is gradient descent.
fn recompute(trace: &Value) {
    let layers = evaluator::network(trace);
    let input = list(&trace["input"]);
    let mut x = input.clone();
    for (layer, written) in layers.iter().zip(trace["layers"].as_array().unwrap()) {
        let units = written["units"].as_array().unwrap();
        for unit in units {
            for (term, x) in unit["terms"].as_array().unwrap().iter().zip(&x) {
                close(number(&term["input"]), *x, "a term's input");
                close(number(&term["product"]), x * number(&term["weight"]), "a product");
            }
        }
        let sums = layer.sums(&x);
        x = evaluator::activate(&layer.activation, &sums);
        for ((unit, sum), output) in units.iter().zip(&sums).zip(&x) {
            close(number(&unit["sum"]), *sum, "a sum");
            close(number(&unit["output"]), *output, "an output");
        }
    }
    let loss = &trace["loss"];
    close(number(&loss["value"]), evaluator::loss(&layers, &input, trace), "the loss");
    let terms: f64 = list(&loss["terms"]).iter().sum();
    let value = terms * number(&loss["class_weight"]) / number(&loss["divisor"]);
    close(number(&loss["value"]), value, "the sum of the loss's parts");

    // Backward by the chain rule, from the written derivatives of the loss.
    let mut d = list(&loss["derivatives"]);
    let gradients = trace["gradients"].as_array().unwrap();
    for (place, gradient) in gradients.iter().enumerate() {
        let index = gradient["number"].as_u64().unwrap() as usize - 1;
        assert_eq!(index, layers.len() - 1 - place);
        let written = &trace["layers"][index];
        let layer = &layers[index];
        let x = if index == 0 {
            input.clone()
        } else {
            trace["layers"][index - 1]["units"].as_array().unwrap().iter().map(|unit| number(&unit["output"])).collect()
        };
        let fused = place == 0 && loss["from_sums"].as_bool().unwrap();
        if !written["activation"].is_null() {
            if !fused {
                list(&gradient["outputs"]).iter().zip(&d).for_each(|(got, d)| close(*got, *d, "by an output"));
                let z: Vec<f64> =
                    written["units"].as_array().unwrap().iter().map(|unit| number(&unit["sum"])).collect();
                let dz = (0..z.len()).map(|i| {
                    evaluator::derivative(|h| {
                        let mut moved = z.clone();
                        moved[i] += h;
                        evaluator::activate(&layer.activation, &moved).iter().zip(&d).map(|(y, d)| y * d).sum()
                    })
                });
                d = dz.collect();
            }
            list(&gradient["sums"]).iter().zip(&d).for_each(|(got, d)| close(*got, *d, "by a sum"));
            let slopes = list(&gradient["slopes"]);
            if !slopes.is_empty() {
                for ((slope, dy), dz) in slopes.iter().zip(list(&gradient["outputs"])).zip(list(&gradient["sums"])) {
                    close(slope * dy, dz, "a slope times the derivative by the output");
                }
            }
        }
        let dz = if written["activation"].is_null() { d.clone() } else { list(&gradient["sums"]) };
        for tensor in gradient["parameters"].as_array().unwrap() {
            let values = list(&tensor["values"]);
            if tensor["name"].as_str().unwrap().ends_with("weight") {
                assert_eq!(values.len(), dz.len() * x.len());
                for (place, value) in values.iter().enumerate() {
                    close(*value, dz[place / x.len()] * x[place % x.len()], "by a weight");
                }
            } else {
                values.iter().zip(&dz).for_each(|(value, dz)| close(*value, *dz, "by a bias"));
            }
        }
        d = if layer.weights.is_empty() {
            dz
        } else {
            (0..x.len()).map(|i| dz.iter().zip(&layer.weights).map(|(dz, w)| dz * w[i]).sum()).collect()
        };
        list(&gradient["inputs"]).iter().zip(&d).for_each(|(got, d)| close(*got, *d, "by what went in"));
    }

    // The whole of it once more, by moving the input and looking at the loss.
    for (i, got) in list(&gradients.last().unwrap()["inputs"]).iter().enumerate() {
        let by_difference = evaluator::derivative(|h| {
            let mut moved = input.clone();
            moved[i] += h;
            evaluator::loss(&layers, &moved, trace)
        });
        close(*got, by_difference, "by the network's input");
    }

    if !trace["update"].is_null() {
        let update = &trace["update"];
        let eta = number(&update["learning_rate"]);
        for tensor in update["tensors"].as_array().unwrap() {
            for parameter in tensor["parameters"].as_array().unwrap() {
                let get = |key: &str| number(&parameter[key]);
                close(get("after"), get("before") - get("decay") - get("change"), "after the step");
                if update["optimizer"] == "sgd" {
                    close(get("change"), eta * get("gradient"), "the change");
                }
            }
        }
    }
}

fn numbers(rng: &mut Rng, count: usize) -> Vec<f64> {
    (0..count).map(|_| rng.range(-0.9, 0.9)).collect()
}

/// A network with random parameters.
fn network(inputs: usize, layers: &[Layer], seed: u64) -> Network {
    let network = crate::Network::new(Shape::Flat(inputs), layers.to_vec()).unwrap();
    let mut rng = Rng::stream(seed, Purpose::Data, 0);
    let parameters = network.tensors().map(|(_, shape)| numbers(&mut rng, shape.iter().product())).collect();
    Network::new(Shape::Flat(inputs), layers, parameters).unwrap()
}

fn json(working: &Explanation) -> Value {
    serde_json::from_str(&serde_json::to_string(working).unwrap()).unwrap()
}

fn chain(text: &str) -> Vec<Layer> {
    Layer::parse_chain(text).unwrap()
}

const LOSSES: [Loss; 3] = [Loss::Mse, Loss::Mae, Loss::Huber { delta: 0.5 }];

#[test]
fn an_independent_evaluator_agrees() {
    let mut rng = Rng::stream(11, Purpose::Data, 0);
    let sgd: Optimizer = Sgd::default().learning_rate(0.1).into();
    let mut traces = 0;
    for seed in 0..8 {
        for text in [
            "dense 3",
            "dense 4 tanh, dense 3 sigmoid",
            "dense 5 relu, dropout 0.3, dense 4 softplus no_bias, dense 3 softmax",
            "tanh, dense 4 silu, leaky_relu(0.1), flatten, dense 3 identity",
        ] {
            let network = network(4, &chain(text), seed);
            let x = numbers(&mut rng, 4);
            let t = numbers(&mut rng, 3);
            for loss in LOSSES {
                let goal = Goal { loss, targets: Targets::Values(&t), class_weights: None };
                recompute(&json(&explain(&network, &x, &goal, Some(&sgd)).unwrap()));
                traces += 1;
            }
            for (label_smoothing, weights) in [(0.0, None), (0.2, Some(&[0.5, 2.0, 1.5][..]))] {
                let loss = Loss::CategoricalCrossEntropy { label_smoothing };
                let classes = [seed as u32 % 3];
                let goal = Goal { loss, targets: Targets::Classes(&classes), class_weights: weights };
                recompute(&json(&explain(&network, &x, &goal, Some(&sgd)).unwrap()));
                traces += 1;
            }
        }
        for text in ["dense 1", "dense 3 relu, dense 1 sigmoid"] {
            let network = network(2, &chain(text), seed);
            let x = numbers(&mut rng, 2);
            for (label_smoothing, weights) in [(0.0, None), (0.1, Some(&[0.5, 2.0][..]))] {
                let loss = Loss::BinaryCrossEntropy { label_smoothing };
                let classes = [seed as u32 % 2];
                let goal = Goal { loss, targets: Targets::Classes(&classes), class_weights: weights };
                recompute(&json(&explain(&network, &x, &goal, Some(&sgd)).unwrap()));
                traces += 1;
            }
        }
    }
    assert_eq!(traces, 8 * (4 * 5 + 2 * 2));
}

#[test]
#[should_panic(expected = "a product")]
fn the_evaluator_notices_a_wrong_number() {
    let network = network(2, &chain("dense 2 tanh, dense 1"), 1);
    let goal = Goal { loss: Loss::Mse, targets: Targets::Values(&[0.5]), class_weights: None };
    let mut trace = json(&explain(&network, &[0.3, -0.4], &goal, None).unwrap());
    let product = &mut trace["layers"][1]["units"][0]["terms"][1]["product"];
    *product = Value::from(product.as_f64().unwrap() + 1e-6);
    recompute(&trace);
}

/// The fast path: predictions, gradients and one step of each optimizer, in f32.
#[test]
fn the_fast_path_agrees() {
    let optimizers: [Optimizer; 8] = [
        Sgd::default().learning_rate(0.1).into(),
        Sgd::default().learning_rate(0.1).momentum(0.9).into(),
        Sgd::default().learning_rate(0.1).momentum(0.9).nesterov().into(),
        RmsProp::default().into(),
        Adagrad::default().into(),
        Adam::default().into(),
        AdamW::default().weight_decay(0.3).into(),
        Rprop::default().into(),
    ];
    for optimizer in optimizers {
        let layers = chain("dense 5 tanh, dense 4 sigmoid, dense 3");
        let mut fast = crate::Network::new(Shape::Flat(4), layers).unwrap();
        fast.initialize(3);
        let slow = Network::of(&fast).unwrap();
        let x = [0.5f32, -1.25, 2.0, 0.75];
        let wide = x.map(f64::from);
        let loss = Loss::CategoricalCrossEntropy { label_smoothing: 0.0 };
        let goal = Goal { loss, targets: Targets::Classes(&[2]), class_weights: None };
        let working = explain(&slow, &wide, &goal, Some(&optimizer)).unwrap();
        recompute(&json(&working));
        let near = |fast: f32, slow: f64, what: &str| {
            assert!((f64::from(fast) - slow).abs() < 2e-5, "{}: {what}: {fast} {slow}", optimizer.name());
        };
        for (fast, unit) in fast.predict(&x).unwrap().iter().zip(&working.layers[2].units) {
            near(*fast, unit.output, "output");
        }
        let trainer = Trainer::new(optimizer).loss(loss).batch_size(1);
        let mut session = trainer.session(&fast, &crate::Targets::Classes(vec![2])).unwrap();
        let report = session.step(&mut fast, &x, Batch::Classes(&[2]), optimizer.learning_rate()).unwrap();
        assert!((report.loss - working.loss.value).abs() < 1e-5);
        for tensor in &working.update.as_ref().unwrap().tensors {
            for (fast, parameter) in fast.get(&tensor.name).unwrap().iter().zip(&tensor.parameters) {
                near(*fast, parameter.after, &tensor.name);
                assert!((parameter.before - parameter.decay - parameter.change - parameter.after).abs() < 1e-12);
            }
        }
    }
}

fn small() -> Explanation {
    let layers = [Dense::relu(2).into(), Dense::new(1, Activation::Sigmoid).into()];
    let parameters = vec![vec![0.5, -1.0, 0.25, 2.0], vec![0.1, -0.2], vec![1.0, -0.75], vec![0.3]];
    let network = Network::new(Shape::Flat(2), &layers, parameters).unwrap();
    let loss = Loss::BinaryCrossEntropy { label_smoothing: 0.0 };
    let goal = Goal { loss, targets: Targets::Classes(&[1]), class_weights: None };
    explain(&network, &[1.0, 0.5], &goal, Some(&Sgd::default().learning_rate(0.1).into())).unwrap()
}

#[test]
fn it_reads_as_one_would_write_it() {
    insta::assert_snapshot!("text", small().render(Style::Text, None));
    insta::assert_snapshot!("markdown", small().render(Style::Markdown, None));
    let layers = [Dense::tanh(3).into(), Dropout::new(0.5).into(), Dense::new(3, Activation::Softmax).into()];
    let network = network(4, &layers, 2);
    let goal =
        Goal { loss: Loss::Huber { delta: 0.5 }, targets: Targets::Values(&[2.0, 0.0, 0.25]), class_weights: None };
    let working = explain(&network, &[1.0, -0.5, 0.25, 3.0], &goal, Some(&Adam::default().into())).unwrap();
    insta::assert_snapshot!("shortened", working.render(Style::Text, Some(2)));
}

#[test]
fn what_does_not_fit_is_said() {
    let network = network(2, &chain("dense 1"), 0);
    let goal = Goal { loss: Loss::Mse, targets: Targets::Values(&[0.5]), class_weights: None };
    let message = explain(&network, &[1.0; 4], &goal, None).unwrap_err().to_string();
    assert_eq!(message, "explain: inputs of one example: 4 values, but 2 are needed");
    assert!(explain(&network, &[1.0, 2.0], &goal, None).unwrap().update.is_none());
}

/// Every product under a filter, at the edge too, for images and for sequences.
#[test]
fn the_sums_of_a_convolution_are_written_out() {
    for (shape, chain) in [
        (Shape::Image { channels: 2, height: 4, width: 3 }, "conv 2 2x2 same relu, maxpool 2, flatten, dense 2"),
        (Shape::Sequence { steps: 5, features: 2 }, "conv 3 2 tanh, layernorm, flatten, dense 2"),
    ] {
        let network = crate::Network::new(shape, Layer::parse_chain(chain).unwrap()).unwrap();
        let mut rng = Rng::stream(4, Purpose::Data, 0);
        let input: Vec<f64> = (0..shape.len()).map(|_| rng.normal()).collect();
        let loss = Loss::CategoricalCrossEntropy { label_smoothing: 0.0 };
        let goal = Goal { loss, targets: Targets::Classes(&[1]), class_weights: None };
        let twin = Network::of(&network).unwrap();
        let working = explain(&twin, &input, &goal, Some(&Sgd::default().into())).unwrap();
        let conv = &working.layers[0];
        assert!(conv.units.iter().any(|unit| unit.terms.len() > 2));
        for unit in &conv.units {
            let sum = unit.terms.iter().map(|term| term.product).sum::<f64>() + unit.bias.unwrap();
            close(sum, unit.sum, chain);
            close(conv.activation.unwrap().value(unit.sum), unit.output, chain);
        }
        let inputs: Vec<f32> = input.iter().map(|x| *x as f32).collect();
        let fast = network.predict(&inputs).unwrap();
        for (unit, fast) in working.layers.last().unwrap().units.iter().zip(fast) {
            assert!((unit.output - f64::from(fast)).abs() < 1e-4, "{chain}");
        }
        let text = working.render(Style::Text, Some(3));
        assert!(text.contains(if chain.contains("maxpool") { "= max(" } else { "σ² = (" }), "{text}");
        assert_eq!(working.update.unwrap().tensors.len(), twin.parameters().len());
    }
}
