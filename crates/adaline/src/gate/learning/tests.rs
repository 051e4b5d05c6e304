use super::*;
use crate::Gate;

/// The perceptron rule once more, in whole twentieths (a rate of 0.1 is two), without any of the code above.
fn rosenblatt(table: &TruthTable, mut w: Vec<i64>, epochs: usize) -> Vec<Vec<i64>> {
    let mut path = Vec::new();
    for _ in 0..epochs {
        for row in table.rows() {
            let sum: i64 = row.input.iter().zip(&w).map(|(x, w)| i64::from(*x) * w).sum::<i64>() + w[row.input.len()];
            let error = i64::from(row.output) - i64::from(sum > 0);
            for (place, x) in row.input.iter().chain([&1]).enumerate() {
                w[place] += 2 * error * i64::from(*x);
            }
            path.push(w.clone());
        }
    }
    path
}

fn twentieths(neuron: &Neuron) -> Vec<i64> {
    neuron.weights.iter().chain([&neuron.bias]).map(|w| (w * 20.0).round() as i64).collect()
}

#[test]
fn the_perceptron_takes_the_steps_on_paper() {
    for seed in 0..20 {
        for gate in Gate::ALL {
            let mut learner = Learner::new(&gate.table(), LearningRule::Perceptron, 0.1, seed).unwrap();
            let start = twentieths(learner.start());
            let steps: Vec<LearningStep> = learner.by_ref().collect();
            let path: Vec<Vec<i64>> = steps.iter().map(|step| twentieths(&step.neuron)).collect();
            let rows = 1 << gate.inputs();
            assert_eq!(path, rosenblatt(&gate.table(), start.clone(), path.len() / rows), "{gate} {seed}");
            match learner.end().unwrap() {
                LearningEnd::Converged { epoch } => {
                    assert!(gate.is_separable());
                    assert_eq!(epoch, path.len() / rows);
                    assert_eq!(gate.table().first_wrong_row(&learner.neuron()).unwrap(), None);
                    assert!(steps[steps.len() - rows..].iter().all(|step| step.error == 0.0));
                }
                LearningEnd::Cycles { first, again } => {
                    assert!(!gate.is_separable());
                    let after = |epoch: usize| if epoch == 0 { &start } else { &path[epoch * rows - 1] };
                    assert_eq!(after(first), after(again), "{gate}");
                    // Once round, and once more: the same weights for ever.
                    let twice = rosenblatt(&gate.table(), after(again).clone(), 3 * (again - first));
                    for lap in twice.chunks((again - first) * rows) {
                        assert_eq!(lap.last(), Some(after(first)));
                    }
                }
                other => panic!("{gate}: {other}"),
            }
        }
    }
}

#[test]
fn every_function_of_three_inputs_converges_or_goes_round() {
    for ones in 0..256u32 {
        let table = TruthTable::new((0..8).map(|row| ones >> row & 1 == 1).collect::<Vec<_>>()).unwrap();
        let mut learner = Learner::new(&table, LearningRule::Perceptron, 0.05, 3).unwrap();
        learner.by_ref().for_each(drop);
        let converged = matches!(learner.end(), Some(LearningEnd::Converged { .. }));
        let cycles = matches!(learner.end(), Some(LearningEnd::Cycles { .. }));
        assert_eq!((converged, cycles), if table.is_separable().unwrap() { (true, false) } else { (false, true) });
    }
}

#[test]
fn the_delta_rule_goes_to_the_least_squares() {
    // The least squares of AND with targets ±1: w = (1, 1), b = -1.5. A small rate ends near it.
    let mut learner = Learner::new(&Gate::And.table(), LearningRule::Delta, 0.001, 1).unwrap();
    learner.by_ref().for_each(drop);
    assert!(matches!(learner.end(), Some(LearningEnd::Settled { wrong_rows: 0, .. })), "{:?}", learner.end());
    let neuron = learner.neuron();
    for (got, expected) in neuron.weights.iter().chain([&neuron.bias]).zip([1.0, 1.0, -1.5]) {
        assert!((got - expected).abs() < 0.01, "{neuron}");
    }
    // XOR's are all zero: it settles, and says that it is wrong.
    let mut learner = Learner::new(&Gate::Xor.table(), LearningRule::Delta, 0.001, 1).unwrap();
    learner.by_ref().for_each(drop);
    assert!(matches!(learner.end(), Some(LearningEnd::Settled { wrong_rows: 1.., .. })), "{:?}", learner.end());
    assert!(learner.neuron().weights.iter().all(|w| w.abs() < 0.01));
    // Too large a rate.
    let mut learner = Learner::new(&Gate::And.table(), LearningRule::Delta, 2.0, 1).unwrap();
    learner.by_ref().for_each(drop);
    assert!(matches!(learner.end(), Some(LearningEnd::Diverged { .. })), "{:?}", learner.end());
}

#[test]
fn a_delta_step_by_hand() {
    let mut learner = Learner::new(&Gate::And.table(), LearningRule::Delta, 0.1, 7).unwrap();
    let bias = learner.start().bias;
    let weights = learner.start().weights.clone();
    let step = learner.next().unwrap();
    assert_eq!((step.epoch, step.row.input.as_slice(), step.target, step.sum), (1, &[0, 0][..], -1.0, bias));
    assert_eq!((step.neuron.weights, step.neuron.bias), (weights, bias + 0.1 * (-1.0 - bias)));
}

#[test]
fn seeds_settings_and_limits() {
    let start = |seed| Learner::new(&Gate::And.table(), LearningRule::Perceptron, 0.1, seed).unwrap().start().clone();
    assert_eq!(start(1), start(1));
    assert_ne!(start(1), start(2));
    let message =
        |rate: f64| Learner::new(&Gate::And.table(), LearningRule::Perceptron, rate, 0).unwrap_err().to_string();
    assert_eq!(message(-1.0), "learning-rate: -1; give a number above 0, for example 0.1");
    assert!(message(f64::NAN).contains("NaN") && message(1e-13).contains("12 decimal places"));
    let mut learner = Learner::new(&Gate::Xor.table(), LearningRule::Perceptron, 0.1, 1).unwrap().most_epochs(2);
    assert_eq!(learner.by_ref().count(), 8);
    assert_eq!(learner.end(), Some(LearningEnd::Unfinished { epochs: 2 }));
    let mut none = Learner::new(&Gate::Xor.table(), LearningRule::Perceptron, 0.1, 1).unwrap().most_epochs(0);
    assert_eq!((none.next(), none.end()), (None, Some(LearningEnd::Unfinished { epochs: 0 })));
    assert_eq!("Widrow-Hoff".parse::<LearningRule>().unwrap(), LearningRule::Delta);
    let message = "perceptrn".parse::<LearningRule>().unwrap_err().to_string();
    assert_eq!(message, "learn: unknown learning rule \"perceptrn\"; did you mean \"perceptron\"?");
    let json = serde_json::to_string(&LearningEnd::Cycles { first: 3, again: 9 }).unwrap();
    assert_eq!(json, r#"{"ended":"cycles","first":3,"again":9}"#);
}
