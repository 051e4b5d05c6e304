use super::*;
use crate::rng::{Purpose, Rng};
use crate::{Gate, TruthTable};
use std::collections::{HashMap, HashSet};

fn table(outputs: u64, inputs: usize) -> TruthTable {
    let outputs: Vec<bool> = (0..1usize << inputs).map(|row| outputs >> row & 1 == 1).collect();
    TruthTable::new(outputs).unwrap()
}

/// Adds the rows up, from the text that the program prints, with nothing of the solver's own.
fn adds_up(certificate: &Certificate, function: &TruthTable) {
    let json: serde_json::Value = serde_json::to_value(certificate).unwrap();
    let side = |key: &str, output: u8| -> (usize, Vec<u64>) {
        let rows = json[key].as_array().unwrap();
        let mut sum = vec![0; function.inputs()];
        for row in rows {
            let row: Vec<u64> = row.as_array().unwrap().iter().map(|x| x.as_u64().unwrap()).collect();
            let stands =
                function.rows().any(|r| r.output == output && r.input.iter().map(|x| u64::from(*x)).eq(row.clone()));
            assert!(stands, "{function}: {row:?} does not give {output}");
            sum.iter_mut().zip(&row).for_each(|(sum, x)| *sum += x);
        }
        (rows.len(), sum)
    };
    let (ones, zeros) = (side("ones", 1), side("zeros", 0));
    assert_eq!(ones, zeros, "{function}: {certificate}");
    assert!(ones.0 > 0);
    assert_eq!(json["sum"].as_array().unwrap().iter().map(|x| x.as_u64().unwrap()).collect::<Vec<_>>(), ones.1);
}

/// Fires the neuron on every row.
fn keeps(neuron: &SmallestNeuron, table: &TruthTable) {
    for row in table.rows() {
        let sum: i64 = row.input.iter().zip(&neuron.weights).map(|(x, w)| i64::from(*x) * w).sum::<i64>() + neuron.bias;
        assert_eq!(u8::from(sum > 0), row.output, "{table}: {neuron} {row:?}");
    }
    assert_eq!(table.first_wrong_row(&neuron.neuron()).unwrap(), None);
}

/// Every list of `n` whole numbers whose sizes sum up to at most `most`.
fn weight_lists(n: usize, most: i64) -> Vec<Vec<i64>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let with_first = |w: i64| {
        weight_lists(n - 1, most - w.abs()).into_iter().map(move |rest| {
            let mut list = vec![w];
            list.extend(rest);
            list
        })
    };
    (-most..=most).flat_map(with_first).collect()
}

/// The smallest neuron of every function that has one with Σ|w| ≤ `most`, by trying all.
fn by_trying(n: usize, most: i64) -> HashMap<u64, (i64, i64, Vec<i64>, i64)> {
    let mut best: HashMap<u64, (i64, i64, Vec<i64>, i64)> = HashMap::new();
    for weights in weight_lists(n, most) {
        let sums: Vec<i64> = (0..1usize << n)
            .map(|row| (0..n).filter(|i| row >> (n - 1 - i) & 1 == 1).map(|i| weights[i]).sum())
            .collect();
        for bias in -most - 1..=most + 1 {
            let function = sums.iter().enumerate().map(|(row, sum)| u64::from(sum + bias > 0) << row).sum();
            let size = weights.iter().map(|w| w.abs()).sum();
            let candidate = (size, i64::abs(bias), weights.clone(), bias);
            best.entry(function).and_modify(|old| *old = candidate.clone().min(old.clone())).or_insert(candidate);
        }
    }
    best
}

#[test]
fn of_all_functions_4_14_104_1882_are_separable_and_each_answer_holds() {
    for (inputs, expected) in [(1, 4), (2, 14), (3, 104), (4, 1882)] {
        // No neuron with four inputs is larger than 9, as the count itself proves.
        let tried = by_trying(inputs, 9);
        let mut separable = 0;
        for outputs in 0..1u64 << (1 << inputs) {
            let table = table(outputs, inputs);
            match table.solve().unwrap() {
                Solution::Neuron(neuron) => {
                    separable += 1;
                    keeps(&neuron, &table);
                    assert!(neuron.proved);
                    assert_eq!(neuron.at_least, neuron.size());
                    let found = (neuron.size(), neuron.bias.abs(), neuron.weights, neuron.bias);
                    assert_eq!(Some(&found), tried.get(&outputs), "{table}");
                }
                Solution::Impossible(certificate) => {
                    assert!(!tried.contains_key(&outputs), "{table}");
                    assert_eq!((certificate.ones.len(), certificate.zeros.len()), (2, 2));
                    assert!(certificate.proves(&table));
                    adds_up(&certificate, &table);
                }
            }
        }
        assert_eq!(separable, expected);
        assert_eq!(tried.len(), expected);
    }
}

/// Rising functions in which every input weighs at least as much as the next one: after turning and sorting inputs, every
/// separable function is one of them. A function is the set of rows where it gives 1, upward closed under "set a one" and
/// "move a one to the input before".
fn ordered_functions(n: usize) -> Vec<u64> {
    let rows = 1usize << n;
    let above: Vec<Vec<usize>> = (0..rows)
        .map(|row| {
            let set = (0..n).filter(|i| row >> i & 1 == 0).map(|i| row | 1 << i);
            let moved =
                (1..n).filter(|i| row >> i & 1 == 0 && row >> (i - 1) & 1 == 1).map(|i| row ^ (0b11 << (i - 1)));
            set.chain(moved).collect()
        })
        .collect();
    // The lists of a row that must be in the set first have larger numbers, so going down decides them first.
    let mut sets = vec![0u64];
    for row in (0..rows).rev() {
        let with: Vec<u64> = sets
            .iter()
            .filter(|set| above[row].iter().all(|higher| **set >> higher & 1 == 1))
            .map(|set| set | 1 << row)
            .collect();
        sets.extend(with);
    }
    sets
}

/// A function with its inputs permuted and some of them turned around.
fn moved(function: u64, n: usize, order: &[usize], turned: usize) -> u64 {
    (0..1usize << n)
        .map(|row| {
            let source: usize = (0..n).map(|i| ((row >> i ^ turned >> i) & 1) << order[i]).sum();
            (function >> source & 1) << row
        })
        .sum()
}

fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let insert = |order: Vec<usize>| {
        (0..n).map(move |at| {
            let mut order = order.clone();
            order.insert(at, n - 1);
            order
        })
    };
    orders(n - 1).into_iter().flat_map(insert).collect()
}

#[test]
fn of_all_functions_with_five_inputs_94572_are_separable() {
    let n = 5;
    let classes = ordered_functions(n);
    assert_eq!(classes.len(), 119, "the 2-monotone functions in order, of five inputs");
    let mut separable = HashSet::new();
    for class in classes {
        let solution = table(class, n).solve().unwrap();
        if solution.is_separable() {
            for order in orders(n) {
                separable.extend((0..1 << n).map(|turned| moved(class, n, &order, turned)));
            }
        } else {
            adds_up(solution.certificate().unwrap(), &table(class, n));
        }
    }
    assert_eq!(separable.len(), 94_572);
    // Every one of them, asked one by one, is separable, not only the first of its kind.
    for function in separable {
        assert!(table(function, n).is_separable().unwrap());
    }
}

#[test]
fn with_five_inputs_no_smaller_neuron_is_missed() {
    let n = 5;
    let mut rng = Rng::stream(4, Purpose::Data, 0);
    let tried = by_trying(n, 10);
    let mut checked = 0;
    for class in ordered_functions(n) {
        let mut order: Vec<usize> = (0..n).collect();
        rng.shuffle(&mut order);
        let function = moved(class, n, &order, rng.below(1 << n));
        let table = table(function, n);
        if let Solution::Neuron(neuron) = table.solve().unwrap() {
            keeps(&neuron, &table);
            assert!(neuron.proved);
            let found = (neuron.size(), neuron.bias.abs(), neuron.weights, neuron.bias);
            match tried.get(&function) {
                Some(smallest) => {
                    assert_eq!(&found, smallest, "{table}");
                    checked += 1;
                }
                None => assert!(found.0 > 10, "{table}"),
            }
        }
    }
    assert!(checked > 60, "{checked}");
}

/// Larger ones with five inputs: all weights of a rising function that sum up to less.
#[test]
fn with_five_inputs_large_neurons_are_smallest_too() {
    let n = 5;
    let lists: Vec<Vec<i64>> =
        weight_lists(n, 17).into_iter().filter(|w| w.windows(2).all(|w| w[0] >= w[1]) && w[n - 1] >= 0).collect();
    for class in ordered_functions(n) {
        let table = table(class, n);
        let Solution::Neuron(neuron) = table.solve().unwrap() else { continue };
        // Bit i of a row of `ordered_functions` weighs more the larger i is: the first input weighs most.
        let separates = |weights: &Vec<i64>| {
            let sum = |row: usize| -> i64 { (0..n).filter(|i| row >> (n - 1 - i) & 1 == 1).map(|i| weights[i]).sum() };
            let ones = (0..1usize << n).filter(|row| class >> row & 1 == 1).map(sum).min();
            let zeros = (0..1usize << n).filter(|row| class >> row & 1 == 0).map(sum).max();
            ones.is_none_or(|one| zeros.is_none_or(|zero| one > zero))
        };
        let smallest = lists.iter().filter(|w| separates(w)).map(|w| w.iter().sum::<i64>()).min();
        assert_eq!(smallest, Some(neuron.size()), "{table}: {neuron}");
    }
}

#[test]
fn without_the_search_for_pairs_the_program_refutes_by_itself() {
    let mut refuted = 0;
    let mut more_than_two = 0;
    for outputs in 0..1u64 << 16 {
        let table = table(outputs, 4);
        if shape::Rising::of(&table).is_none() {
            continue;
        }
        let solution = smallest::solve(&table).unwrap();
        assert_eq!(solution.is_separable(), Certificate::of_two(&table).is_none());
        if let Solution::Impossible(certificate) = solution {
            assert!(certificate.proves(&table));
            adds_up(&certificate, &table);
            refuted += 1;
            more_than_two += usize::from(certificate.ones.len() > 2);
        }
    }
    assert!(refuted > 100, "{refuted}");
    assert!(more_than_two > 0, "rows that stand there more than once are tried, too");
}

#[test]
fn six_to_eight_inputs() {
    let mut rng = Rng::stream(9, Purpose::Data, 0);
    for inputs in [6, 7, 8] {
        for _ in 0..40 {
            let weights: Vec<i64> = (0..inputs).map(|_| rng.below(61) as i64 - 30).collect();
            let bias = rng.below(41) as i64 - 20;
            let outputs: Vec<bool> = (0..1usize << inputs)
                .map(|row| {
                    (0..inputs).filter(|i| row >> (inputs - 1 - i) & 1 == 1).map(|i| weights[i]).sum::<i64>() + bias > 0
                })
                .collect();
            let table = TruthTable::new(outputs.clone()).unwrap();
            let solution = table.solve().unwrap();
            let neuron = solution.neuron().unwrap();
            keeps(neuron, &table);
            assert!(neuron.size() <= weights.iter().map(|w| w.abs()).sum());
            assert!(neuron.proved && neuron.at_least == neuron.size());
            assert_eq!(table.solve().unwrap(), solution);
            // A wrong output in the middle of its row's sums breaks it, and the refusal adds up.
            let mut broken = outputs;
            let row = rng.below(broken.len());
            broken[row] = !broken[row];
            let table = TruthTable::new(broken).unwrap();
            match table.solve().unwrap() {
                Solution::Neuron(neuron) => keeps(&neuron, &table),
                Solution::Impossible(certificate) => adds_up(&certificate, &table),
            }
        }
    }
}

#[test]
fn nine_inputs_are_too_many() {
    let table = TruthTable::new(vec![false; 512]).unwrap();
    let message = table.solve().unwrap_err().to_string();
    assert_eq!(message, "inputs: 9 inputs; a neuron is sought for at most 8");
    assert!(table.is_separable().is_err());
}

#[test]
fn a_certificate_of_something_else_proves_nothing() {
    let xor = Gate::Xor.table();
    let solution = xor.solve().unwrap();
    let good = solution.certificate().unwrap();
    assert!(good.proves(&xor) && !good.proves(&Gate::And.table()) && !good.proves(&Gate::Not.table()));
    let changed = |change: &dyn Fn(&mut Certificate)| {
        let mut other = good.clone();
        change(&mut other);
        other.proves(&xor)
    };
    assert!(!changed(&|c| c.sum[0] = 2));
    assert!(!changed(&|c| std::mem::swap(&mut c.ones, &mut c.zeros)));
    assert!(!changed(&|c| c.ones.clear()));
    assert!(!changed(&|c| c.zeros[0] = vec![0, 2]));
    assert!(!changed(&|c| c.zeros[0] = vec![0]));
    let json = r#"{"ones":[[0,1],[1,0]],"zeros":[[0,0],[1,1]],"sum":[1,1]}"#;
    assert_eq!(serde_json::to_string(good).unwrap(), json);
}

#[test]
fn the_gates_have_the_neurons_that_one_expects() {
    let neuron = |text: &str| TruthTable::parse(text).unwrap().solve().unwrap().neuron().unwrap().to_string();
    assert_eq!(neuron("0001"), "step(1·x1 + 1·x2 - 1), smallest");
    assert_eq!(neuron("0111"), "step(1·x1 + 1·x2), smallest");
    assert_eq!(neuron("1110"), "step(-1·x1 - 1·x2 + 2), smallest");
    assert_eq!(neuron("1000"), "step(-1·x1 - 1·x2 + 1), smallest");
    assert_eq!(neuron("10"), "step(-1·x1 + 1), smallest");
    assert_eq!(neuron("0000"), "step(0·x1 + 0·x2), smallest");
    assert_eq!(neuron("1111"), "step(0·x1 + 0·x2 + 1), smallest");
    assert_eq!(neuron("0101"), "step(0·x1 + 1·x2), smallest");
}
