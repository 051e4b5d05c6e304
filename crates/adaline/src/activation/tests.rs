//! Every figure here comes from outside: mpmath at 50 digits, PyTorch, or a hand.

use super::*;

fn near(got: f64, expected: f64, tolerance: f64) -> bool {
    (got - expected).abs() <= tolerance * expected.abs()
}

/// Name, x, f(x), f'(x) by mpmath.
#[rustfmt::skip]
#[expect(clippy::excessive_precision, reason = "digits as mpmath prints them")]
const TABLE_OF_VALUES: [(&str, f64, f64, f64); 90] = [
    ("identity", -5.5, -5.5, 1.0),
    ("identity", -2.5, -2.5, 1.0),
    ("identity", -0.75, -0.75, 1.0),
    ("identity", 0.3, 0.2999999999999999889, 1.0),
    ("identity", 1.75, 1.75, 1.0),
    ("identity", 4.5, 4.5, 1.0),
    ("sigmoid", -5.5, 4.0701377158961273252e-3, 4.0535716948697671807e-3),
    ("sigmoid", -2.5, 0.075858180021243551193, 0.070103716545108156932),
    ("sigmoid", -0.75, 0.32082130082460702684, 0.21789499376181402948),
    ("sigmoid", 0.3, 0.57444251681165898444, 0.24445831169074586947),
    ("sigmoid", 1.75, 0.85195280196831053029, 0.12612922518665519131),
    ("sigmoid", 4.5, 0.98901305736940681996, 0.010866229722225234252),
    ("tanh", -5.5, -0.99996659715630380964, 6.6804571642413730897e-5),
    ("tanh", -2.5, -0.98661429815143028888, 0.026592226683160619656),
    ("tanh", -0.75, -0.63514895238728731921, 0.59658580828133142601),
    ("tanh", 0.3, 0.29131261245159089566, 0.91513696182662920906),
    ("tanh", 1.75, 0.94137553849728736227, 0.11381209551894223936),
    ("tanh", 4.5, 0.99975321084802753654, 4.9351739905939563132e-4),
    ("relu", -5.5, 0.0, 0.0),
    ("relu", -2.5, 0.0, 0.0),
    ("relu", -0.75, 0.0, 0.0),
    ("relu", 0.3, 0.2999999999999999889, 1.0),
    ("relu", 1.75, 1.75, 1.0),
    ("relu", 4.5, 4.5, 1.0),
    ("leaky_relu(0.2)", -5.5, -1.1000000000000000611, 0.2000000000000000111),
    ("leaky_relu(0.2)", -2.5, -0.50000000000000002776, 0.2000000000000000111),
    ("leaky_relu(0.2)", -0.75, -0.15000000000000000833, 0.2000000000000000111),
    ("leaky_relu(0.2)", 0.3, 0.2999999999999999889, 1.0),
    ("leaky_relu(0.2)", 1.75, 1.75, 1.0),
    ("leaky_relu(0.2)", 4.5, 4.5, 1.0),
    ("elu", -5.5, -0.99591322856153593301, 4.0867714384640669935e-3),
    ("elu", -2.5, -0.91791500137610120483, 0.08208499862389879517),
    ("elu", -0.75, -0.52763344725898529286, 0.47236655274101470714),
    ("elu", 0.3, 0.2999999999999999889, 1.0),
    ("elu", 1.75, 1.75, 1.0),
    ("elu", 4.5, 4.5, 1.0),
    ("elu(0.5)", -5.5, -0.4979566142807679665, 2.0433857192320334967e-3),
    ("elu(0.5)", -2.5, -0.45895750068805060242, 0.041042499311949397585),
    ("elu(0.5)", -0.75, -0.26381672362949264643, 0.23618327637050735357),
    ("elu(0.5)", 0.3, 0.2999999999999999889, 1.0),
    ("elu(0.5)", 1.75, 1.75, 1.0),
    ("elu(0.5)", 4.5, 4.5, 1.0),
    ("selu", -5.5, -1.7509143906752192976, 7.1849501721575623437e-3),
    ("selu", -2.5, -1.6137857588732425515, 0.1443135819741343084),
    ("selu", -0.75, -0.92763201583505122619, 0.83046732501232563375),
    ("selu", 0.3, 0.31521029620664413636, 1.0507009873554804934),
    ("selu", 1.75, 1.8387267278720908635, 1.0507009873554804934),
    ("selu", 4.5, 4.7281544430996622204, 1.0507009873554804934),
    ("gelu", -5.5, -1.0444259356238245661e-7, -5.7334723987399248035e-7),
    ("gelu", -2.5, -0.015524163314440337917, -0.037611085908145208238),
    ("gelu", -0.75, -0.1699705142826511495, 7.7427826076489562831e-4),
    ("gelu", 0.3, 0.18537342665668578306, 0.7323277668271098549),
    ("gelu", 1.75, 1.6798964754883200918, 1.1109261510825780598),
    ("gelu", 4.5, 4.4999847104709387147, 1.0000685291618563446),
    ("gelu_tanh", -5.5, -5.927640263880262026e-9, -4.676552810807415263e-8),
    ("gelu_tanh", -2.5, -0.015084266089998582079, -0.037951576212666182634),
    ("gelu_tanh", -0.75, -0.17003944483437969582, 1.0617438625857023423e-3),
    ("gelu_tanh", 0.3, 0.18537092354275924, 0.73229545163880181409),
    ("gelu_tanh", 1.75, 1.679795382341251327, 1.1115969813872029073),
    ("gelu_tanh", 4.5, 4.4999948632625880414, 1.0000293222704427551),
    ("silu", -5.5, -0.022385757437428700288, -0.018224506605887592169),
    ("silu", -2.5, -0.18964545005310887798, -0.099401111341526841138),
    ("silu", -0.75, -0.24061597561845527013, 0.15740005550324650473),
    ("silu", 0.3, 0.17233275504349768895, 0.64778001031888274257),
    ("silu", 1.75, 1.490917403444543428, 1.0726789460449571151),
    ("silu", 4.5, 4.4505587581623306898, 1.0379110911194203741),
    ("softplus", -5.5, 4.0784432705707208915e-3, 4.0701377158961273252e-3),
    ("softplus", -2.5, 0.078889734292549623344, 0.075858180021243551193),
    ("softplus", -0.75, 0.38687100611489994367, 0.32082130082460702684),
    ("softplus", 0.3, 0.85435524446852711244, 0.57444251681165898444),
    ("softplus", 1.75, 1.9102241504380872269, 0.85195280196831053029),
    ("softplus", 4.5, 4.5110477448485938163, 0.98901305736940681996),
    ("softsign", -5.5, -0.84615384615384615385, 0.02366863905325443787),
    ("softsign", -2.5, -0.71428571428571428571, 0.081632653061224489796),
    ("softsign", -0.75, -0.42857142857142857143, 0.32653061224489795918),
    ("softsign", 0.3, 0.23076923076923076266, 0.59171597633136095685),
    ("softsign", 1.75, 0.63636363636363636364, 0.13223140495867768595),
    ("softsign", 4.5, 0.81818181818181818182, 0.033057851239669421488),
    ("hard_sigmoid", -5.5, 0.0, 0.0),
    ("hard_sigmoid", -2.5, 0.083333333333333333333, 0.16666666666666666667),
    ("hard_sigmoid", -0.75, 0.375, 0.16666666666666666667),
    ("hard_sigmoid", 0.3, 0.54999999999999999815, 0.16666666666666666667),
    ("hard_sigmoid", 1.75, 0.79166666666666666667, 0.16666666666666666667),
    ("hard_sigmoid", 4.5, 1.0, 0.0),
    ("mish", -5.5, -0.02243131361636676983, -0.01830696442607401124),
    ("mish", -2.5, -0.19681620390653333821, -0.10974357275018568832),
    ("mish", -0.75, -0.27649471450546517952, 0.16074574049983868357),
    ("mish", 0.3, 0.20800137234811502024, 0.78282729955113037826),
    ("mish", 1.75, 1.6749324241318017455, 1.0822689489173323094),
    ("mish", 4.5, 4.4989137149533157898, 1.0019070441688077447),
];

#[test]
fn values_and_slopes_are_exact_to_the_last_places() {
    for (name, x, value, slope) in TABLE_OF_VALUES {
        let activation: Activation = name.parse().unwrap();
        let (got, got_slope) = (activation.value(x), activation.slope(x));
        // GELU by tanh is a power of a cubic: the cubic's rounding, 20 units at -5.5, is multiplied by its size.
        let tolerance = if activation == Activation::GeluTanh { 3e-15 } else { 6e-16 };
        assert!(near(got, value, tolerance), "{name}({x}) = {got:e}, not {value:e}");
        // A slope may be the small difference of two large terms: GELU's at -0.75 is one hundredth of them.
        let tolerance = 6e-16 * (slope.abs() + 1e-1);
        assert!((got_slope - slope).abs() <= tolerance, "{name}'({x}) = {got_slope:e}, not {slope:e}");
    }
}

#[test]
fn sigmoid_at_three_and_minus_three() {
    assert_eq!(Activation::Sigmoid.value(3.0), 0.9525741268224334);
    assert_eq!(Activation::Sigmoid.value(-3.0), 0.04742587317756678);
}

#[test]
fn nothing_overflows_at_a_thousand() {
    assert_eq!(Activation::Sigmoid.value(1000.0), 1.0);
    assert_eq!(Activation::Sigmoid.value(-1000.0), 0.0);
    assert_eq!(Activation::Sigmoid.value(-700.0), (-700.0f64).exp());
    assert_eq!(Activation::Softplus.value(1000.0), 1000.0);
    assert_eq!(Activation::Softplus.value(-1000.0), 0.0);
    assert_eq!(Activation::Softplus.value(-700.0), (-700.0f64).exp());
    for activation in Activation::all() {
        for x in [1000.0, -1000.0, 1e160, -1e160] {
            let (value, slope) = (activation.value(x), activation.slope(x));
            assert!(value.is_finite() && slope.is_finite(), "{activation}({x}) = {value}, slope {slope}");
        }
    }
}

#[test]
fn nan_stays_nan() {
    for activation in Activation::all().filter(|a| *a != Activation::Softmax) {
        assert!(activation.value(f64::NAN).is_nan(), "{activation}");
        // A constant slope does not depend on x; every other one must show that x was broken.
        if !matches!(activation, Activation::Identity | Activation::Step) {
            assert!(activation.slope(f64::NAN).is_nan(), "{activation}'");
        }
    }
    assert!(softmax(&[1.0, f64::NAN]).iter().all(|y| y.is_nan()));
}

#[test]
fn kinks_are_pytorchs() {
    // torch.autograd at the kinks, torch 2.15.
    let at = |name: &str, x: f64| name.parse::<Activation>().unwrap().slope(x);
    assert_eq!(at("relu", 0.0), 0.0);
    assert_eq!(at("leaky_relu(0.2)", 0.0), 0.2);
    assert_eq!(at("elu(0.5)", 0.0), 0.5);
    assert_eq!(at("hard_sigmoid", -3.0), 0.0);
    assert_eq!(at("hard_sigmoid", 3.0), 0.0);
    assert_eq!(at("hard_sigmoid", 2.999), 1.0 / 6.0);
    assert_eq!(Activation::Step.value(0.0), 0.0);
    assert_eq!(Activation::Step.value(5e-324), 1.0);
}

#[test]
fn slopes_agree_with_central_differences() {
    let h = 1e-5;
    for activation in Activation::all().filter(|a| !matches!(a, Activation::Step | Activation::Softmax)) {
        for i in -40..=40 {
            let x = f64::from(i) * 0.17 + 0.013; // no kink within h
            let difference = (activation.value(x + h) - activation.value(x - h)) / (2.0 * h);
            let slope = activation.slope(x);
            assert!((slope - difference).abs() < 1e-8, "{activation}'({x}) = {slope}, by differences {difference}");
        }
    }
}

#[test]
fn the_output_tells_the_slope_where_the_table_says_so() {
    for activation in Activation::all().chain([
        Activation::LeakyRelu { slope: 0.0 },
        Activation::LeakyRelu { slope: 1.5 },
        Activation::Elu { alpha: 0.3 },
    ]) {
        let from_output = activation.derivative() == Derivative::FromOutput;
        for x in [-3.5, -1.0, -0.2, 0.4, 2.0, 3.5] {
            match activation.slope_from_output(activation.value(x)) {
                Some(slope) => {
                    assert!(from_output, "{activation}");
                    assert!((slope - activation.slope(x)).abs() < 1e-15, "{activation} at {x}");
                }
                None => assert!(!from_output, "{activation}"),
            }
        }
    }
}

#[test]
fn softmax_is_one_vector() {
    let y = softmax(&[0.3, 0.2, 3.0, -1.2]);
    for (got, expected) in y.iter().zip([0.0587969, 0.05320164, 0.8748821, 0.01311936]) {
        assert!((got - expected).abs() < 5e-8, "{y:?}");
    }
    assert!((y.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    let mut applied = [0.3, 0.2, 3.0, -1.2];
    Activation::Softmax.apply(&mut applied);
    assert_eq!(applied.to_vec(), y);
}

#[test]
fn softmax_does_not_overflow() {
    let (large, small) = (softmax(&[1000.0, 1001.0, 1002.0]), softmax(&[0.0, 1.0, 2.0]));
    for (a, b) in large.iter().zip(&small) {
        assert!((a - b).abs() < 1e-12, "{large:?} {small:?}");
    }
    assert_eq!(softmax(&[-1e308, 1e308]), [0.0, 1.0]);
    assert_eq!(softmax(&[7.0]), [1.0]);
    assert_eq!(softmax(&[]), Vec::<f64>::new());
}

#[test]
fn apply_is_value_on_every_element() {
    for activation in Activation::all().filter(|a| *a != Activation::Softmax) {
        let x = [-2.0, -0.5, 0.0, 0.5, 2.0];
        let mut y = x;
        activation.apply(&mut y);
        assert_eq!(y, x.map(|x| activation.value(x)), "{activation}");
    }
}

#[test]
fn names_go_there_and_back() {
    let with_parameters = [Activation::LeakyRelu { slope: 0.2 }, Activation::Elu { alpha: 1e-7 }];
    for activation in Activation::all().chain(with_parameters) {
        assert_eq!(activation.to_string().parse::<Activation>().unwrap(), activation);
        let json = serde_json::to_string(&activation).unwrap();
        assert_eq!(json, format!("\"{activation}\""));
        assert_eq!(serde_json::from_str::<Activation>(&json).unwrap(), activation);
    }
    assert_eq!(Activation::all().count(), 16);
    assert_eq!(Activation::default(), Activation::Identity);
}

#[test]
fn the_spellings_of_keras_and_pytorch_are_read() {
    for (spelling, name) in [
        ("linear", "identity"),
        ("Identity", "identity"),
        ("logistic", "sigmoid"),
        ("Sigmoid", "sigmoid"),
        ("Tanh", "tanh"),
        ("ReLU", "relu"),
        ("LeakyReLU", "leaky_relu"),
        ("leaky-relu", "leaky_relu"),
        ("leaky_relu(0.01)", "leaky_relu"),
        ("Leaky_ReLU( 0.2 )", "leaky_relu(0.2)"),
        ("ELU(0.5)", "elu(0.5)"),
        ("SELU", "selu"),
        ("GELU", "gelu"),
        ("gelu-tanh", "gelu_tanh"),
        ("SiLU", "silu"),
        ("swish", "silu"),
        ("Softplus", "softplus"),
        ("Softsign", "softsign"),
        ("Hardsigmoid", "hard_sigmoid"),
        ("hard_sigmoid", "hard_sigmoid"),
        ("Mish", "mish"),
        ("Softmax", "softmax"),
        ("heaviside", "step"),
    ] {
        assert_eq!(spelling.parse::<Activation>().unwrap().to_string(), name, "{spelling}");
    }
    let mut spellings: Vec<&str> =
        TABLE.iter().flat_map(|row| std::iter::once(row.name).chain(row.aliases.iter().copied())).collect();
    let all = spellings.len();
    spellings.sort_unstable();
    spellings.dedup();
    assert_eq!(spellings.len(), all, "a spelling stands for two activations");
}

#[test]
fn a_wrong_name_says_what_was_meant() {
    let message = |text: &str| text.parse::<Activation>().unwrap_err().to_string();
    assert_eq!(message("rellu"), "activation: unknown activation \"rellu\"; did you mean \"relu\"?");
    assert!(
        message("zebra").starts_with("activation: unknown activation \"zebra\"; known are identity, step, sigmoid")
    );
    assert!(message("relu\u{1b}[2J").contains("\\u{1b}"));
    assert_eq!(message("relu(0.2)"), "activation: relu takes no parameter");
    for text in ["elu()", "elu(x)", "elu(0.5", "elu(nan)", "elu(0.5)0.5)"] {
        assert_eq!(message(text), "activation: write the parameter as a number: elu(0.2)", "{text}");
    }
    assert_eq!(
        message("leaky_relu(-1)"),
        "activation: leaky_relu(-1): the parameter must be zero or above, and finite"
    );
    assert!(Activation::Elu { alpha: f64::INFINITY }.validate().is_err());
}
