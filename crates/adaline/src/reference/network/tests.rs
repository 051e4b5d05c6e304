use super::*;
use crate::reference::{Pass, Targets, central_differences};
use crate::rng::{Purpose, Rng};
use crate::{Dense, Dropout, Gate};

const CATEGORICAL: Loss = Loss::CategoricalCrossEntropy { label_smoothing: 0.0 };

fn numbers(rng: &mut Rng, n: usize) -> Vec<f64> {
    (0..n).map(|_| rng.normal()).collect()
}

#[test]
fn xor_is_a_chain_of_two_dense_layers() {
    let gate = Gate::Xor.layers();
    let layers = [Dense::new(2, Activation::Step).into(), Dense::new(1, Activation::Step).into()];
    let parameters = gate.iter().flat_map(|layer| [layer.weights(), layer.biases()]).collect();
    let network = Network::new(Shape::Flat(2), &layers, parameters).unwrap();
    let trace = network.forward(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], Pass::default()).unwrap();
    assert_eq!(trace.batch, 4);
    assert_eq!(trace.layers[0].outputs, [1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0]);
    assert_eq!(trace.outputs(), [0.0, 1.0, 1.0, 0.0]);
}

/// Every kind of layer in one chain: every parameter and every input against central differences.
#[test]
fn all_gradients_are_those_by_differences() {
    let mut rng = Rng::stream(5, Purpose::Data, 0);
    let layers: Vec<Layer> = vec![
        Layer::Flatten,
        Dense::tanh(5).into(),
        Dropout::new(0.25).into(),
        Dense::new(4, Activation::Softmax).without_bias().into(),
        Layer::Activation(Activation::Gelu),
        Dense::new(3, Activation::Softplus).into(),
    ];
    let input = Shape::Image { channels: 1, height: 2, width: 3 };
    let parameters: Vec<Vec<f64>> = [30, 5, 20, 12, 3].map(|n| numbers(&mut rng, n)).to_vec();
    let x = numbers(&mut rng, 4 * 6);
    let masks = [(0..20).map(|i| if i % 4 == 1 { 0.0 } else { 1.0 }).collect::<Vec<f64>>()];
    let pass = Pass { masks: Some(&masks), ..Pass::default() };
    let goal = Goal { loss: CATEGORICAL, targets: Targets::Classes(&[0, 2, 1, 1]), class_weights: None };
    let network = Network::new(input, &layers, parameters.clone()).unwrap();
    let step = network.learn(&x, pass, &goal).unwrap();

    let by_input = central_differences(|x| network.learn(x, pass, &goal).unwrap().loss, &x, 1e-5);
    let mut pairs: Vec<(f64, f64)> = step.gradients.input.iter().copied().zip(by_input).collect();
    assert_eq!(step.gradients.parameters.len(), parameters.len());
    for (tensor, values) in parameters.iter().enumerate() {
        let loss = |values: &[f64]| {
            let mut moved = network.clone();
            moved.parameters_mut()[tensor] = values.to_vec();
            moved.learn(&x, pass, &goal).unwrap().loss
        };
        let differences = central_differences(loss, values, 1e-5);
        assert_eq!(step.gradients.parameters[tensor].len(), differences.len());
        pairs.extend(step.gradients.parameters[tensor].iter().copied().zip(differences));
    }
    assert_eq!(pairs.len(), 24 + 70);
    assert!(pairs.iter().filter(|(got, _)| got.abs() > 1e-4).count() > 60, "too little moves");
    for (got, expected) in pairs {
        assert!((got - expected).abs() < 1e-8, "{got} {expected}");
    }
}

#[test]
fn a_softmax_at_the_end_is_not_applied_twice() {
    let parameters = vec![vec![0.3, -0.2, 0.8, 0.5], vec![0.1, -0.4]];
    let goal = Goal { loss: CATEGORICAL, targets: Targets::Classes(&[1]), class_weights: None };
    let learn = |layers: &[Layer]| {
        Network::new(Shape::Flat(2), layers, parameters.clone())
            .unwrap()
            .learn(&[1.0, 2.0], Pass::default(), &goal)
            .unwrap()
    };
    let plain = learn(&[Dense::linear(2).into()]);
    let ending = learn(&[Dense::new(2, Activation::Softmax).into()]);
    let apart = learn(&[Dense::linear(2).into(), Layer::Activation(Activation::Softmax)]);
    for other in [&ending, &apart] {
        assert_eq!(plain.loss, other.loss);
        assert_eq!(plain.gradients.parameters, other.gradients.parameters);
        assert_eq!(plain.gradients.input, other.gradients.input);
        assert!((other.trace.outputs().iter().sum::<f64>() - 1.0).abs() < 1e-15);
    }
}

#[test]
fn dropout_does_nothing_at_prediction() {
    let layers = [Dropout::new(0.5).into()];
    let network = Network::new(Shape::Flat(2), &layers, vec![]).unwrap();
    assert_eq!(network.forward(&[1.0, 2.0], Pass::default()).unwrap().outputs(), [1.0, 2.0]);
    assert_eq!(
        network.forward(&[1.0, 2.0], Pass { masks: Some(&[vec![1.0, 0.0]]), ..Pass::default() }).unwrap().outputs(),
        [2.0, 0.0]
    );
    let message = network.forward(&[1.0, 2.0], Pass { masks: Some(&[]), ..Pass::default() }).unwrap_err().to_string();
    assert_eq!(message, "layer 1 (dropout): it has no mask; give one each");
}

#[test]
fn what_does_not_fit_is_said() {
    let layers = [Dense::relu(3).into()];
    let message = |parameters| Network::new(Shape::Flat(2), &layers, parameters).unwrap_err().to_string();
    assert_eq!(message(vec![vec![0.0; 6]]), "network: 1 tensors were given, but the layers have 2");
    assert_eq!(message(vec![vec![0.0; 5], vec![0.0; 3]]), "layer 1: weight: 5 values, but 6 are needed");
    let mut network = Network::new(Shape::Flat(2), &layers, vec![vec![0.0; 6], vec![0.0; 3]]).unwrap();
    assert!(network.forward(&[0.0; 3], Pass::default()).is_err());
    network.parameters_mut()[0].clear();
    assert!(network.forward(&[0.0; 2], Pass::default()).is_err());
}
