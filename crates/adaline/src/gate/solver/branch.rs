//! Branch and bound: the exact linear program with whole numbers only.

use super::simplex::{Constraint, Outcome, Tableau};

/// How a search ended.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// The best whole point, and its cost.
    pub best: Option<(Vec<i64>, i64)>,
    /// No whole point costs less.
    pub at_least: i64,
}

/// Looks for the whole point of least cost, through at most so many programs. Costs are not negative.
///
/// `scale` makes a whole point of a fractional one, if that can be done: it is handed the numerators.
pub(super) fn minimise(
    cost: &[i64],
    constraints: &[Constraint],
    most_programs: usize,
    scale: impl Fn(&[i64]) -> Option<Vec<i64>>,
) -> Found {
    let price = |point: &[i64]| point.iter().zip(cost).map(|(v, c)| v * c).sum::<i64>();
    let mut best: Option<(Vec<i64>, i64)> = None;
    // What is still to be searched, and the cost that it cannot go below.
    let mut open = vec![(Tableau::new(cost, constraints), 0)];
    let mut programs = 0;
    while let Some((mut tableau, bound)) = open.pop() {
        if best.as_ref().is_some_and(|(_, price)| bound >= *price) {
            continue;
        }
        if programs == most_programs {
            open.push((tableau, bound));
            break;
        }
        programs += 1;
        match tableau.run() {
            Outcome::Infeasible(_) => continue,
            Outcome::Best => {}
            Outcome::Overflow => {
                // Given up here: what lies behind stays open, and counts in the bound.
                open.insert(0, (tableau, bound));
                break;
            }
        }
        let bound = tableau.cost_rounded_up();
        if best.as_ref().is_some_and(|(_, price)| bound >= *price) {
            continue;
        }
        let (values, denominator) = (tableau.numerators(), tableau.denominator());
        let Some(split) = values.iter().position(|value| value % denominator != 0) else {
            let point: Vec<i64> = values.iter().map(|value| value / denominator).collect();
            best = Some((point.clone(), price(&point)));
            continue;
        };
        if programs == 1 {
            best = scale(&values).map(|point| (point.clone(), price(&point)));
        }
        let floor = values[split].div_euclid(denominator);
        let one = |sign: i64| (0..cost.len()).map(|v| if v == split { sign } else { 0 }).collect();
        let mut above = tableau.clone();
        // The side that is searched first is pushed last.
        let upper = above.add(&Constraint { coefficients: one(1), at_least: floor + 1 });
        let lower = tableau.add(&Constraint { coefficients: one(-1), at_least: -floor });
        open.push((above, bound));
        open.push((tableau, bound));
        if upper.is_none() || lower.is_none() {
            break;
        }
    }
    let open = open.iter().map(|(_, bound)| *bound).min();
    let at_least = match (&best, open) {
        (Some((_, price)), Some(open)) => open.min(*price),
        (Some((_, price)), None) => *price,
        (None, open) => open.unwrap_or(0),
    };
    Found { best, at_least }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_whole_point_is_not_the_rounded_corner() {
        // Least 5x + 4y where 6x + 4y ≥ 25 and x + 3y ≥ 7, tried against every point.
        let constraints = [
            Constraint { coefficients: vec![6, 4], at_least: 25 },
            Constraint { coefficients: vec![1, 3], at_least: 7 },
        ];
        let found = minimise(&[5, 4], &constraints, 100, |_| None);
        let points = (0..20i64).flat_map(|x| (0..20i64).map(move |y| (x, y)));
        let tried = points.filter(|(x, y)| 6 * x + 4 * y >= 25 && x + 3 * y >= 7).map(|(x, y)| 5 * x + 4 * y).min();
        assert_eq!(found.best.as_ref().map(|(_, price)| *price), tried);
        assert_eq!(Some(found.at_least), tried);
    }

    #[test]
    fn a_search_that_is_cut_off_says_how_low_it_could_go() {
        let constraints = [Constraint { coefficients: vec![2, 2], at_least: 7 }];
        let found = minimise(&[1, 1], &constraints, 1, |_| Some(vec![7, 0]));
        assert_eq!((found.best.map(|(_, price)| price), found.at_least), (Some(7), 4));
        let found = minimise(&[1, 1], &constraints, 100, |_| None);
        assert_eq!((found.best.map(|(_, price)| price), found.at_least), (Some(4), 4));
    }
}
