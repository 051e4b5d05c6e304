//! Dense layers, activations, dropout and every loss.

use crate::support::*;
use adaline::reference::{self, Goal, Pass};
use adaline::{Activation, Batch, Dense, Dropout, Layer, Loss, Settings, Shape, Targets, Trainer};

/// Inputs, units of the hidden layer, outputs, rows.
const SIZES: [(usize, usize, usize, usize); 8] = [
    (1, 1, 1, 1),
    (3, 1, 2, 5),
    (2, 17, 3, 1),
    (17, 16, 1, 2),
    (5, 33, 17, 7),
    (16, 32, 10, 13),
    (31, 64, 5, 100),
    (784, 20, 10, 3),
];

#[test]
fn every_activation_inside_a_dense_layer_and_as_a_layer() {
    let mut tried = 0;
    for activation in Activation::all() {
        for (n, (inputs, units, outputs, rows)) in SIZES.into_iter().enumerate() {
            let x = random(n as u64, rows * inputs, 1.0);
            for layers in [
                vec![Dense::new(units, activation).into(), Dense::linear(outputs).into()],
                vec![Dense::linear(units).into(), activation.into(), Dense::linear(outputs).into()],
                vec![activation.into(), Dense::new(units, activation).without_bias().into(), activation.into()],
            ] {
                let layers: Vec<Layer> = layers;
                let what = format!("{} on {rows} rows of {inputs}", Layer::chain_to_string(&layers));
                let network = network(7 + n as u64, Shape::Flat(inputs), &layers);
                let want = twin(&network).forward(&double(&x), Pass::default()).unwrap();
                same(&what, &network.predict(&x).unwrap(), want.outputs());
                if activation != Activation::Step {
                    agree(&what, &network, &x, MSE, None);
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, (Activation::all().count() - 1) * SIZES.len() * 3);
}

#[test]
fn every_loss_on_every_size() {
    for (n, (inputs, units, outputs, rows)) in SIZES.into_iter().enumerate() {
        let x = random(40 + n as u64, rows * inputs, 1.0);
        let hidden: Layer = Dense::tanh(units).into();
        let of = |last: Dense| network(3, Shape::Flat(inputs), &[hidden.clone(), last.into()]);
        for loss in [MSE, Loss::Mae, Loss::Huber { delta: 1.0 }, Loss::Huber { delta: 0.2 }] {
            agree(&format!("{loss} {n}"), &of(Dense::linear(outputs)), &x, loss, None);
        }
        for smoothing in [0.0, 0.1, 0.7] {
            for weights in [None, Some([0.3, 2.5].as_slice())] {
                let what = format!("binary {smoothing} {weights:?} {n}");
                agree(&what, &of(Dense::linear(1)), &x, binary(smoothing), weights);
                agree(&what, &of(Dense::sigmoid(1)), &x, binary(smoothing), weights);
            }
            if outputs > 1 {
                let weights: Vec<f32> = (0..outputs).map(|class| 0.25 + class as f32 * 0.4).collect();
                for weights in [None, Some(weights.as_slice())] {
                    let what = format!("categorical {smoothing} {} {n}", weights.is_some());
                    agree(&what, &of(Dense::linear(outputs)), &x, categorical(smoothing), weights);
                    agree(&what, &of(Dense::new(outputs, Activation::Softmax)), &x, categorical(smoothing), weights);
                }
            }
        }
    }
}

#[test]
fn a_softmax_in_the_middle_an_image_and_a_deep_chain() {
    let image = Shape::Image { channels: 2, height: 3, width: 5 };
    let layers: Vec<Layer> = vec![
        Layer::Flatten,
        Dense::new(9, Activation::Softmax).into(),
        Dense::tanh(6).into(),
        Activation::Softmax.into(),
        Dense::linear(4).into(),
        Activation::Identity.into(),
        Dense::relu(3).into(),
        Dense::linear(3).into(),
        Layer::Flatten,
    ];
    let x = random(8, 11 * 30, 1.0);
    agree("image", &network(1, image, &layers), &x, categorical(0.0), None);
    let deep: Vec<Layer> = (0..12).map(|_| Dense::tanh(7).into()).chain([Dense::linear(2).into()]).collect();
    agree("deep", &network(2, Shape::Flat(3), &deep), &random(9, 5 * 3, 1.0), MSE, None);
}

/// One row, so that the masks can be read from the gradients: of the weights behind a dropout layer they are
/// d · (h ∘ mask), and d is the gradient of the bias.
#[test]
fn dropout_goes_the_way_back_that_it_came() {
    let layers: Vec<Layer> =
        vec![Dropout::new(0.25).into(), Dense::tanh(40).into(), Dropout::new(0.5).into(), Dense::linear(1).into()];
    let network = network(5, Shape::Flat(20), &layers);
    let x = random(1, 20, 1.0);
    let targets = [0.7f32];
    let settings = Settings::default();
    let mut session = Trainer::with(settings)
        .loss(MSE)
        .session(&network, &Targets::Values { width: 1, values: targets.to_vec() })
        .unwrap();
    let report = session.gradients(&network, &x, Batch::Values(&targets)).unwrap();
    let gradient = |name| double(&session.gradient(&network, name).unwrap());
    let mask = |dw: Vec<f64>| -> Vec<f64> { dw.iter().map(|dw| f64::from(*dw != 0.0)).collect() };
    let second = mask(gradient("layers.3.weight"));
    // A unit that was not dropped has x ∘ mask times something in its row.
    let unit = second.iter().position(|kept| *kept == 1.0).unwrap();
    let masks = [mask(gradient("layers.1.weight")[unit * 20..][..20].to_vec()), second];
    let kept = [masks[0].iter().sum::<f64>(), masks[1].iter().sum::<f64>()];
    assert!((8.0..20.0).contains(&kept[0]) && (10.0..30.0).contains(&kept[1]), "{kept:?}");
    let doubles = double(&targets);
    let goal = Goal { loss: MSE, targets: reference::Targets::Values(&doubles), class_weights: None };
    let want = twin(&network).learn(&double(&x), Pass { masks: Some(&masks), ..Pass::default() }, &goal).unwrap();
    same("loss", &[report.loss as f32], &[want.loss]);
    same_gradients("dropout", &session, &network, &want.gradients.parameters);
}
