//! Two layers for any function of up to eight inputs, without a promise that they are the fewest.

use super::super::TruthTable;
use super::super::solver::separate;
use super::Plan;
use crate::{Neuron, Result};

/// The best of three constructions: an OR of neurons that never fire wrongly, an AND of neurons that never fail to
/// fire, and a staircase.
pub(super) fn best(table: &TruthTable) -> Result<Plan> {
    let or = cover(table)?;
    let turned = complement(table);
    let and: Vec<TruthTable> = cover(&turned)?.iter().map(complement).collect();
    let stairs = staircase(table);
    let count = and.len();
    let mut plan = if or.len() <= count {
        Plan { output: Neuron::step(vec![1.0; or.len()], 0.0), hidden: or }
    } else {
        Plan { output: Neuron::step(vec![1.0; count], 1.0 - count as f64), hidden: and }
    };
    if let Some(stairs) = stairs.filter(|stairs| stairs.hidden.len() < plan.hidden.len()) {
        plan = stairs;
    }
    Ok(plan)
}

fn complement(table: &TruthTable) -> TruthTable {
    TruthTable::of(table.inputs(), |x| !table.output(x))
}

/// Separable functions that give 1 only where the function does, and together everywhere there. One after the other
/// takes in as many of the rows that are left as it can, in the order of the rows.
fn cover(table: &TruthTable) -> Result<Vec<TruthTable>> {
    let rows_with = |output: bool| -> Vec<usize> {
        let rows = table.outputs().iter().enumerate();
        rows.filter(|(_, given)| **given == output).map(|(row, _)| row).collect()
    };
    let zeros = rows_with(false);
    let mut left = rows_with(true);
    let mut functions = Vec::new();
    while let Some(first) = left.first() {
        let mut taken = vec![*first];
        let mut function = separate(table.inputs(), &taken, &zeros)?;
        // Near rows first: they are the ones that a line can take together.
        let mut others = left[1..].to_vec();
        others.sort_by_key(|row| ((row ^ first).count_ones(), *row));
        for row in others {
            if function.as_ref().is_some_and(|function| function.outputs()[row]) {
                taken.push(row);
                continue;
            }
            taken.push(row);
            match separate(table.inputs(), &taken, &zeros)? {
                Some(larger) => function = Some(larger),
                None => {
                    taken.pop();
                }
            }
        }
        // One row can always be cut off from all others: a corner of a cube.
        let Some(function) = function else { break };
        left.retain(|row| !function.outputs()[*row]);
        functions.push(function);
    }
    Ok(functions)
}

/// Where the output depends on a sum of inputs with weights -1, 0 and 1 alone: one neuron for every value of the sum where
/// the output changes, added and subtracted in turn. Parity is the known case.
fn staircase(table: &TruthTable) -> Option<Plan> {
    let inputs = table.inputs();
    let mut best: Option<(Vec<i64>, Vec<i64>, bool)> = None;
    for number in 0..3usize.pow(inputs as u32) {
        let weight = |input: usize| [1, -1, 0][number / 3usize.pow(input as u32) % 3];
        let weights: Vec<i64> = (0..inputs).map(weight).collect();
        let Some((steps, first)) = steps(table, &weights) else { continue };
        if best.as_ref().is_none_or(|(_, least, _)| steps.len() < least.len()) {
            best = Some((weights, steps, first));
        }
    }
    let (weights, steps, first) = best?;
    let above = |step: i64| TruthTable::of(inputs, |x| sum(x, &weights) > step);
    let sign = |place: usize| if place.is_multiple_of(2) != first { 1.0 } else { -1.0 };
    let signs: Vec<f64> = (0..steps.len()).map(sign).collect();
    Some(Plan {
        hidden: steps.into_iter().map(above).collect(),
        output: Neuron::step(signs, if first { 1.0 } else { 0.0 }),
    })
}

/// The sums above which the output is another one, and the output for the least sum. `None` where one sum has two
/// outputs.
fn steps(table: &TruthTable, weights: &[i64]) -> Option<(Vec<i64>, bool)> {
    let most = weights.len() as i64;
    let mut outputs: Vec<Option<bool>> = vec![None; 2 * weights.len() + 1];
    for row in table.rows() {
        let inputs: Vec<bool> = row.input.iter().map(|x| *x == 1).collect();
        let output = row.output == 1;
        let known = outputs.get_mut(usize::try_from(sum(&inputs, weights) + most).ok()?)?;
        if *known.get_or_insert(output) != output {
            return None;
        }
    }
    let levels: Vec<(i64, bool)> = (-most..).zip(outputs).filter_map(|(sum, output)| Some((sum, output?))).collect();
    let changes = levels.windows(2).filter(|pair| pair[0].1 != pair[1].1).map(|pair| pair[0].0).collect();
    Some((changes, levels.first()?.1))
}

fn sum(inputs: &[bool], weights: &[i64]) -> i64 {
    inputs.iter().zip(weights).filter(|(x, _)| **x).map(|(_, w)| w).sum()
}
