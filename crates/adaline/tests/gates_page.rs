//! The program and the figures of `docs/gates.md`.

#![cfg(feature = "data")]

use adaline::gate::{Expression, Learner, LearningEnd, LearningRule};
use adaline::{Circuit, Gate, Neuron, TruthTable};

mod program {
    #![allow(missing_docs)]
    include!("gates_page/program.rs");

    #[test]
    fn the_program_runs() {
        main().unwrap();
    }
}

const PAGE: &str = include_str!("../../../docs/gates.md");

#[track_caller]
fn says(text: &str) {
    assert!(PAGE.contains(text), "the page does not say: {text}");
}

#[test]
fn the_program_on_the_page_is_the_one_that_runs() {
    says(include_str!("gates_page/program.rs"));
}

#[test]
fn the_margins_on_the_page_are_right() {
    let and = Gate::And.table();
    let by_hand = and.margins(&Gate::And.neuron().unwrap()).unwrap();
    for margin in &by_hand.rows {
        let row = &margin.row;
        let distance = margin.distance.unwrap();
        says(&format!(" {}   {}  {:>4}       {}   {distance:.3}", row.input[0], row.input[1], margin.sum, row.output));
    }
    let or = Gate::Or.table();
    let (by_hand, best) = (or.margins(&Gate::Or.neuron().unwrap()).unwrap(), or.largest_margin().unwrap().unwrap());
    assert_eq!(best, Neuron::step([2.0, 2.0], -1.0));
    let best = or.margins(&best).unwrap();
    says(&format!(
        "The least margin is {:.3}; the largest that any line has is {:.3}, with step(2·x1 + 2·x2 - 1).",
        by_hand.least().unwrap(),
        best.least().unwrap()
    ));
    let corners = and.weight_region(-0.6).unwrap().polygon([-1.0, 1.0], [-1.0, 1.0]);
    assert_eq!(corners, [[0.0, 0.6], [0.6, 0.0], [0.6, 0.6]]);
    says("(0, 0.6), (0.6, 0) and (0.6, 0.6)");
}

#[test]
fn the_neurons_on_the_page_are_right() {
    for (text, neuron) in [
        ("a and b", "1·a + 1·b - 1"),
        ("a -> b", "-1·a + 1·b + 1"),
        ("(a and not b) or c", "1·a - 1·b + 2·c"),
        ("a and (b or (c and d))", "3·a + 2·b + 1·c + 1·d - 4"),
    ] {
        let function = Expression::parse(text).unwrap().function().unwrap();
        let solution = function.table().solve().unwrap();
        let mut printed = solution.neuron().unwrap().neuron().to_string();
        for (number, name) in function.names().iter().enumerate() {
            printed = printed.replace(&format!("x{}", number + 1), name);
        }
        assert_eq!(printed, format!("step({neuron})"));
        says(&format!("| `{text}` | {neuron} |"));
    }
    let both = Expression::parse("(a and b) or (c and d)").unwrap().function().unwrap();
    says(&both.table().solve().unwrap().certificate().unwrap().to_string());
}

#[test]
fn the_learning_on_the_page_is_right() {
    for gate in [Gate::And, Gate::Xor] {
        for rule in LearningRule::ALL {
            let mut learner = Learner::new(&gate.table(), rule, 0.1, 1).unwrap();
            let start = learner.start().clone();
            learner.by_ref().for_each(drop);
            let end = learner.end().unwrap();
            says(&format!("| {} | {rule} | {end} |", gate.name().to_uppercase()));
            says(&format!("`{start}`"));
            assert_eq!(
                matches!(end, LearningEnd::Cycles { .. }),
                gate == Gate::Xor && rule == LearningRule::Perceptron
            );
        }
    }
}

#[test]
fn the_circuit_on_the_page_is_read() {
    let text = PAGE.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let circuit = Circuit::parse(text, "page").unwrap();
    // Two numbers of two bits: is the first larger?
    for row in circuit.table().unwrap() {
        let [a1, a0, b1, b0] = row.input[..] else { panic!("four inputs") };
        assert_eq!(row.output[0] == 1, 2 * a1 + a0 > 2 * b1 + b0, "{row:?}");
    }
    let parity = TruthTable::parse("0110100110010110").unwrap().two_layer().unwrap();
    assert_eq!((parity.hidden.neurons.len(), parity.proved), (4, true));
}
