use super::*;
use crate::rng::{Purpose, Rng};

/// Every row by the wires, and by the network.
fn check(circuit: &Circuit, truth: impl Fn(&[bool]) -> Vec<bool>) {
    let network = circuit.network().unwrap();
    let layers = circuit.layers().unwrap();
    let rows = circuit.table().unwrap();
    let inputs: Vec<f32> = rows.iter().flat_map(|row| row.input.iter().map(|x| f32::from(*x))).collect();
    let predicted = network.predict(&inputs).unwrap();
    for (row, predicted) in rows.iter().zip(predicted.chunks(circuit.outputs().len())) {
        let input: Vec<bool> = row.input.iter().map(|x| *x == 1).collect();
        let expected: Vec<u8> = truth(&input).into_iter().map(u8::from).collect();
        assert_eq!(row.output, expected, "{input:?}");
        assert!(predicted.iter().zip(&expected).all(|(got, one)| *got == f32::from(*one)), "{input:?}");
        let mut values: Vec<f64> = row.input.iter().map(|x| f64::from(*x)).collect();
        for layer in &layers {
            values = layer.outputs(&values).unwrap();
        }
        assert!(values.iter().zip(&expected).all(|(got, one)| *got == f64::from(*one)));
    }
    // What it prints reads as the same circuit.
    let again = Circuit::parse(&circuit.to_string(), "printed").unwrap();
    assert_eq!(again.table().unwrap(), rows);
    assert_eq!(again.to_string(), circuit.to_string());
}

fn number(bits: &[bool]) -> u64 {
    bits.iter().fold(0, |number, bit| number << 1 | u64::from(*bit))
}

fn bits(number: u64, count: usize) -> Vec<bool> {
    (0..count).rev().map(|place| number >> place & 1 == 1).collect()
}

#[test]
fn every_built_in_circuit_is_right_in_every_row() {
    let builtin = |name| Circuit::builtin(name).unwrap();
    let count = |x: &[bool]| x.iter().filter(|x| **x).count() as u64;
    check(&builtin("half-adder"), |x| bits(count(x), 2));
    check(&builtin("full_adder"), |x| bits(count(x), 2));
    check(&builtin("mux"), |x| vec![if x[2] { x[1] } else { x[0] }]);
    check(&builtin("Majority"), |x| vec![count(x) >= 2]);
    for width in 1..=7 {
        let adder = Circuit::ripple_adder(width).unwrap();
        check(&adder, |x| bits(number(&x[..width]) + number(&x[width..]), width + 1));
    }
}

#[test]
fn a_wide_adder_adds() {
    let mut rng = Rng::stream(3, Purpose::Data, 0);
    let adder = Circuit::builtin("adder-64").unwrap();
    for _ in 0..200 {
        let (a, b) = (rng.bits(), rng.bits());
        let sum = adder.evaluate(&[bits(a, 64), bits(b, 64)].concat()).unwrap();
        assert_eq!((sum[0], number(&sum[1..])), (a.overflowing_add(b).1, a.wrapping_add(b)));
    }
    let adder = Circuit::ripple_adder(16).unwrap();
    let network = adder.network().unwrap();
    for _ in 0..50 {
        let (a, b) = (rng.bits() & 0xffff, rng.bits() & 0xffff);
        let inputs: Vec<f32> =
            [bits(a, 16), bits(b, 16)].concat().into_iter().map(|bit| f32::from(u8::from(bit))).collect();
        let sum: Vec<bool> = network.predict(&inputs).unwrap().into_iter().map(|x| x == 1.0).collect();
        assert_eq!(number(&sum), a + b);
    }
}

#[test]
fn every_kind_of_line_in_one_circuit() {
    let text = "\u{feff}# A bit of everything.
inputs: a, b c   # commas and colons are for the eye
outputs deep wide same gone name

wide = nand(a, b, c)
low sum = half_adder a b
far = step(-1*a + 0.5·b + 2.5e-1*c + 1 - 0.2)
deep = (far and not sum) -> (low xor 1) or c
same = xnor sum c
unused = or a b
gone = not sum
name = a
";
    let circuit = Circuit::parse(text, "test").unwrap();
    check(&circuit, |x| {
        let (a, b, c) = (x[0], x[1], x[2]);
        let (low, sum) = (a && b, a != b);
        let value = |x: bool| f64::from(u8::from(x));
        let far = -value(a) + 0.5 * value(b) + 0.25 * value(c) + 0.8 > 0.0;
        let deep = !far || sum || !low || c;
        vec![deep, !(a && b && c), sum == c, !sum, a]
    });
    assert!(circuit.layers().unwrap().iter().all(|layer| layer.neurons.len() < 10));
    let names: Vec<&str> = circuit.parts().iter().map(|part| part.name.as_str()).collect();
    assert!(names.contains(&"sum_nand") && names.contains(&"deep_implies") || names.contains(&"deep"), "{names:?}");
}

#[test]
fn outputs_may_be_inputs_constants_and_the_same_wire() {
    let circuit = Circuit::parse("inputs a b\noutputs a b a one\none = b or true\n", "test").unwrap();
    check(&circuit, |x| vec![x[0], x[1], x[0], true]);
    let circuit = Circuit::parse("inputs a\noutputs y\nx = 1\ny = not x\n", "test").unwrap();
    check(&circuit, |_| vec![false]);
    let circuit = Circuit::parse("inputs 문 é\noutputs 합\n합 = 문 xor é\n", "test").unwrap();
    check(&circuit, |x| vec![x[0] != x[1]]);
}

#[test]
fn random_circuits_mean_the_same_in_wires_and_in_layers() {
    let mut rng = Rng::stream(8, Purpose::Data, 0);
    let gates = ["and", "or", "nand", "nor", "xor", "xnor"];
    for _ in 0..60 {
        let mut text = "inputs w0 w1 w2 w3\n".to_owned();
        let mut last = 3;
        for wire in 4..4 + rng.below(14) + 1 {
            let from = |rng: &mut Rng| format!("w{}", rng.below(wire));
            text += &format!("w{wire} = {} {} {}\n", gates[rng.below(6)], from(&mut rng), from(&mut rng));
            last = wire;
        }
        text += &format!("outputs w{last} w{} w{}\n", rng.below(last), rng.below(last));
        let circuit = Circuit::parse(&text, "random").unwrap();
        check(&circuit, |x| {
            // Read the text once more, with nothing of the reader's own.
            let mut wires = x.to_vec();
            for line in text.lines().filter(|line| line.contains('=')) {
                let words: Vec<&str> = line.split(' ').collect();
                let value = |word: &str| wires[word[1..].parse::<usize>().unwrap()];
                let (a, b) = (value(words[3]), value(words[4]));
                wires.push(match words[2] {
                    "and" => a && b,
                    "or" => a || b,
                    "nand" => !(a && b),
                    "nor" => !(a || b),
                    "xor" => a != b,
                    _ => a == b,
                });
            }
            let outputs = text.lines().last().unwrap().split(' ').skip(1);
            outputs.map(|word| wires[word[1..].parse::<usize>().unwrap()]).collect()
        });
    }
}

#[test]
fn every_mistake_names_its_line() {
    let head = "inputs a b\noutputs out\n";
    let lines = [
        "out = nad a b",
        "out = and a d",
        "out = and a later\nlater = or a b",
        "out = and out a",
        "out = xor a b a",
        "out = not a b",
        "out = half_adder a b",
        "out = mux a b",
        "c out = and a b",
        "a = or a b",
        "and = or a b",
        "x out x = full_adder a b a",
        "2x = or a b",
        "= and a b",
        "out =",
        "out = a and",
        "out = a and (b",
        "out = step(0.4·a + 0.4·b - 0.6",
        "out = step(0.4·a 0.4·b)",
        "out = step(0.4·)",
        "out = step(2a)",
        "out = step()",
        "out = step(0.4·c)",
        "out = step(1e999·a)",
        "wire x",
        "output",
        "\u{1b}[2J = and a b",
        "",
    ];
    let report: Vec<String> = lines
        .iter()
        .map(|line| Circuit::parse(&format!("{head}{line}\n"), "my.circuit").unwrap_err().to_string())
        .collect();
    insta::assert_snapshot!(report.join("\n\n"));
    let message = |text: &str| Circuit::parse(text, "x").unwrap_err().to_string();
    assert_eq!(message(""), "x: there are no inputs; add a line such as \"inputs a b\"");
    assert_eq!(message("inputs a"), "x: there are no outputs; add a line such as \"outputs sum\"");
    assert_eq!(message("inputs a\noutputs"), "x:2: no outputs are named; write for example \"outputs sum\"");
    assert!(message(&"#".repeat(2 << 20)).contains("this is no circuit"));
    assert_eq!(
        message("inputs a\noutputs y\ny = sigmoid(0.4·a)"),
        "x:3: neurons of a circuit fire or do not: write step(…) and not sigmoid(…)"
    );
    let long: String = (0..10_001).map(|i| format!("w{i} = not a\n")).collect();
    assert!(message(&format!("{head}{long}")).contains("x:10003: the circuit has more than 10000 neurons"));
}

#[test]
fn names_of_built_in_circuits() {
    for (name, _) in CIRCUITS {
        assert!(!Circuit::builtin(name).unwrap().parts().is_empty());
    }
    let message = |name: &str| Circuit::builtin(name).unwrap_err().to_string();
    assert_eq!(message("half-addr"), "circuit: unknown circuit \"half-addr\"; did you mean \"half-adder\"?");
    assert_eq!(message("adder-0"), "circuit: an adder of 0 bits; give 1 to 64");
    assert_eq!(message("adder-x"), "circuit: \"x\" is no number of bits; write for example adder-4");
    assert!(Circuit::ripple_adder(8).unwrap().table().is_ok());
    assert!(Circuit::ripple_adder(9).unwrap().table().is_err());
    assert!(Circuit::builtin("mux").unwrap().evaluate(&[true]).is_err());
}
