use super::*;
use crate::rng::{Purpose, Rng};
use std::collections::BTreeMap;

/// Whether the layers give the table, by plain sums.
fn keeps(network: &TwoLayer, table: &TruthTable) {
    for row in table.rows() {
        let inputs: Vec<f64> = row.input.iter().map(|x| f64::from(*x)).collect();
        let hidden = network.hidden.outputs(&inputs).unwrap();
        assert_eq!(network.output.output(&hidden).unwrap(), f64::from(row.output), "{table} {row:?}");
    }
}

fn table(ones: u32, inputs: usize) -> TruthTable {
    TruthTable::new((0..1usize << inputs).map(|row| ones >> row & 1 == 1).collect::<Vec<_>>()).unwrap()
}

/// The least of all functions that come from one by turning and exchanging inputs, and by turning the output.
fn npn_class(ones: u32, inputs: usize) -> u32 {
    let rows = 1usize << inputs;
    let mut orders = vec![vec![]];
    for n in 0..inputs {
        orders = orders
            .iter()
            .flat_map(|order: &Vec<usize>| {
                (0..=n).map(|at| {
                    let mut order = order.clone();
                    order.insert(at, n);
                    order
                })
            })
            .collect();
    }
    let mut least = u32::MAX;
    for order in orders {
        for turned in 0..rows {
            let moved: u32 = (0..rows)
                .map(|row| {
                    let source: usize = (0..inputs).map(|i| ((row ^ turned) >> i & 1) << order[i]).sum();
                    (ones >> source & 1) << row
                })
                .sum();
            let all = ((1u64 << rows) - 1) as u32;
            least = least.min(moved).min(!moved & all);
        }
    }
    least
}

/// Every class of functions of up to four inputs: 222 of four.
#[test]
fn every_npn_class_has_its_fewest_hidden_neurons() {
    for (inputs, classes) in [(1, 2), (2, 4), (3, 14), (4, 222)] {
        let mut representatives = Vec::new();
        let mut seen = vec![false; 1 << (1 << inputs)];
        for ones in 0..1u32 << (1 << inputs) {
            // Walking up, the first of a class is its least.
            if !seen[ones as usize] && npn_class(ones, inputs) == ones {
                representatives.push(ones);
            }
            seen[ones as usize] = true;
        }
        assert_eq!(representatives.len(), classes);
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for ones in representatives {
            let table = table(ones, inputs);
            let network = table.two_layer().unwrap();
            keeps(&network, &table);
            assert!(network.proved, "{table}");
            *counts.entry(network.hidden.neurons.len()).or_default() += 1;
            assert_eq!(network.hidden.neurons.len() == 1, table.is_separable().unwrap());
        }
        let counts: Vec<(usize, usize)> = counts.into_iter().collect();
        let expected: &[(usize, usize)] = match inputs {
            1 => &[(1, 2)],
            2 => &[(1, 3), (2, 1)],
            3 => &[(1, 6), (2, 7), (3, 1)],
            _ => &[(1, 15), (2, 128), (3, 78), (4, 1)],
        };
        assert_eq!(counts, expected, "{inputs} inputs");
    }
}

/// Two hidden neurons, by trying all pairs of separable functions; three, for parity, by trying all triples.
#[test]
fn fewer_hidden_neurons_do_not_do() {
    let inputs = 4;
    let separable: Vec<u16> =
        (0..=u16::MAX).filter(|ones| table(u32::from(*ones), inputs).is_separable().unwrap()).collect();
    assert_eq!(separable.len(), 1882);
    // Any separable function of two values is AND or OR of them or of their complements, and those are in the list.
    let mut by_two = vec![false; 1 << 16];
    for (place, a) in separable.iter().enumerate() {
        for b in &separable[place..] {
            by_two[usize::from(a & b)] = true;
            by_two[usize::from(a | b)] = true;
        }
    }
    let mut rng = Rng::stream(6, Purpose::Data, 0);
    for _ in 0..300 {
        let ones = rng.bits32() & 0xffff;
        let found = table(ones, inputs).two_layer().unwrap();
        assert_eq!(found.hidden.neurons.len() <= 2, by_two[ones as usize], "{ones:016b}");
    }

    let parity: u16 = (0..16).filter(|row: &u32| row.count_ones() % 2 == 1).map(|row| 1 << row).sum();
    let output_neurons: Vec<u16> = (0..256).filter(|ones| table(u32::from(*ones), 3).is_separable().unwrap()).collect();
    let half: Vec<u16> = separable.iter().copied().filter(|ones| ones & 1 == 0).collect();
    let clean = |cell: u16| cell & parity == 0 || cell & !parity == 0;
    let mut telling = 0;
    for (i, a) in half.iter().enumerate() {
        for (j, b) in half.iter().enumerate().skip(i) {
            let cells = [a & b, a & !b, !a & b, !a & !b];
            let mixed: Vec<u16> = cells.into_iter().filter(|cell| !clean(*cell)).collect();
            for c in half[j..].iter().filter(|c| mixed.iter().all(|cell| clean(cell & **c) && clean(cell & !**c))) {
                // The three tell the parity of every row; but no neuron makes it of them.
                telling += 1;
                let made_by = |g: &&u16| {
                    (0..16).all(|row| {
                        let seen = (a >> row & 1) << 2 | (b >> row & 1) << 1 | c >> row & 1;
                        *g >> seen & 1 == parity >> row & 1
                    })
                };
                assert_eq!(output_neurons.iter().find(made_by), None);
            }
        }
    }
    let found = table(u32::from(parity), inputs).two_layer().unwrap();
    assert_eq!((found.hidden.neurons.len(), found.proved), (4, true), "{telling} triples tell");
}

#[test]
fn five_to_eight_inputs_are_kept_without_a_promise() {
    for inputs in 5..=8 {
        let parity = TruthTable::of(inputs, |x| x.iter().filter(|x| **x).count() % 2 == 1);
        let network = parity.two_layer().unwrap();
        keeps(&network, &parity);
        assert_eq!((network.hidden.neurons.len(), network.proved), (inputs, false));
        // Two products: two hidden neurons, and that is proved.
        let products = TruthTable::of(inputs, |x| x[0] && x[1] || x[2] && x[3]);
        let network = products.two_layer().unwrap();
        keeps(&network, &products);
        assert_eq!((network.hidden.neurons.len(), network.proved), (2, true));
    }
    let mut rng = Rng::stream(2, Purpose::Data, 0);
    for inputs in [5, 6, 7] {
        let outputs: Vec<bool> = (0..1usize << inputs).map(|_| rng.below(2) == 1).collect();
        let table = TruthTable::new(outputs).unwrap();
        let network = table.two_layer().unwrap();
        keeps(&network, &table);
        assert!(network.hidden.neurons.len() <= 1 << (inputs - 2), "{}", network.hidden.neurons.len());
        assert_eq!(network.network().unwrap().layers().len(), 2);
    }
    assert!(TruthTable::new(vec![false; 512]).unwrap().two_layer().is_err());
}
