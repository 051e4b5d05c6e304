//! An exact linear program by the dual simplex method.
//!
//! Minimise Σ cost·v over v ≥ 0 where every constraint Σ a·v ≥ c holds. Costs are not negative, so that the start, with
//! all v at zero, is the best point of the program without its constraints; the method then mends one broken constraint
//! after the other and never makes the cost better than it can be. All entries are whole numbers over one common
//! denominator (Bareiss 1968), and divisions leave no remainder.

/// Σ a·v ≥ c.
#[derive(Debug, Clone)]
pub(super) struct Constraint {
    pub coefficients: Vec<i64>,
    pub at_least: i64,
}

/// How the program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The tableau stands at the best point.
    Best,
    /// No point keeps all constraints.
    Infeasible(Refutation),
    /// A number outgrew 64 bits. It does not happen with eight inputs; it is no answer.
    Overflow,
}

/// Multipliers ≥ 0 (Farkas 1902): Σ variable·(multiplier) + Σ (left side - right side)·(multiplier) is the same negative number at every point, so
/// that not all variables and all slacks can be ≥ 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refutation {
    pub variables: Vec<i64>,
    pub constraints: Vec<i64>,
}

/// After so many pivots by the largest violation, Bland's rule takes over, which cannot go in circles.
const PIVOTS_BEFORE_BLAND: usize = 500;

/// denominator · basic = constant + Σ coefficient · (variable outside), a row each; the last row is the cost.
#[derive(Debug, Clone)]
pub(super) struct Tableau {
    variables: usize,
    /// Rows of `width` numbers: the constant, then the coefficients.
    rows: Vec<i64>,
    width: usize,
    /// Which variable each row gives: below `variables` the program's own, then the slacks.
    inside: Vec<usize>,
    outside: Vec<usize>,
    cost: Vec<i64>,
    denominator: i64,
}

impl Tableau {
    pub(super) fn new(cost: &[i64], constraints: &[Constraint]) -> Self {
        let variables = cost.len();
        let mut tableau = Tableau {
            variables,
            rows: Vec::with_capacity((constraints.len() + 8) * (variables + 1)),
            width: variables + 1,
            inside: Vec::new(),
            outside: (0..variables).collect(),
            cost: std::iter::once(0).chain(cost.iter().copied()).collect(),
            denominator: 1,
        };
        for constraint in constraints {
            tableau.inside.push(variables + tableau.inside.len());
            tableau.rows.push(-constraint.at_least);
            tableau.rows.extend_from_slice(&constraint.coefficients);
        }
        tableau
    }

    fn row(&self, number: usize) -> &[i64] {
        &self.rows[number * self.width..(number + 1) * self.width]
    }

    /// Adds a constraint to a tableau that has moved on. `None` when a number outgrows 64 bits.
    pub(super) fn add(&mut self, constraint: &Constraint) -> Option<()> {
        let mut new = vec![0i64; self.width];
        new[0] = constraint.at_least.checked_neg()?.checked_mul(self.denominator)?;
        for (variable, a) in constraint.coefficients.iter().enumerate().filter(|(_, a)| **a != 0) {
            if let Some(row) = self.inside.iter().position(|inside| *inside == variable) {
                for (sum, x) in new.iter_mut().zip(self.row(row)) {
                    *sum = sum.checked_add(a.checked_mul(*x)?)?;
                }
            } else if let Some(column) = self.outside.iter().position(|outside| *outside == variable) {
                new[column + 1] = new[column + 1].checked_add(a.checked_mul(self.denominator)?)?;
            }
        }
        self.inside.push(self.variables + self.inside.len());
        self.rows.extend(new);
        Some(())
    }

    /// Runs to the end.
    pub(super) fn run(&mut self) -> Outcome {
        for pivots in 0.. {
            let broken = (0..self.inside.len()).filter(|row| self.row(*row)[0] < 0);
            let row = if pivots < PIVOTS_BEFORE_BLAND {
                broken.min_by_key(|row| (self.row(*row)[0], self.inside[*row]))
            } else {
                broken.min_by_key(|row| self.inside[*row])
            };
            let Some(row) = row else { return Outcome::Best };
            let Some(column) = self.entering(row) else { return Outcome::Infeasible(self.refutation(row)) };
            if self.pivot(row, column).is_none() {
                return Outcome::Overflow;
            }
        }
        Outcome::Best
    }

    /// The column that mends a row at the least price: cost / coefficient smallest, then the lowest variable. `None`
    /// when no column can.
    fn entering(&self, row: usize) -> Option<usize> {
        let mut best: Option<usize> = None;
        let coefficients = self.row(row);
        for column in (1..self.width).filter(|column| coefficients[*column] > 0) {
            let better = best.is_none_or(|best| {
                let this = i128::from(self.cost[column]) * i128::from(coefficients[best]);
                let that = i128::from(self.cost[best]) * i128::from(coefficients[column]);
                (this, self.outside[column - 1]) < (that, self.outside[best - 1])
            });
            if better {
                best = Some(column);
            }
        }
        best
    }

    /// Exchanges the variable of a row with that of a column. `None` when a number outgrows 64 bits.
    fn pivot(&mut self, row: usize, column: usize) -> Option<()> {
        let pivot_row = self.row(row).to_vec();
        let (pivot, old) = (pivot_row[column], self.denominator);
        let mend = |target: &mut [i64]| -> Option<()> {
            let factor = target[column];
            for (k, x) in target.iter_mut().enumerate() {
                *x = if k == column {
                    factor
                } else {
                    (x.checked_mul(pivot)?.checked_sub(factor.checked_mul(pivot_row[k])?)?) / old
                };
            }
            Some(())
        };
        for number in (0..self.inside.len()).filter(|number| *number != row) {
            mend(&mut self.rows[number * self.width..(number + 1) * self.width])?;
        }
        mend(&mut self.cost)?;
        for (k, x) in self.rows[row * self.width..(row + 1) * self.width].iter_mut().enumerate() {
            *x = if k == column { old } else { -*x };
        }
        self.denominator = pivot;
        std::mem::swap(&mut self.inside[row], &mut self.outside[column - 1]);
        Some(())
    }

    /// The row says: denominator · basic - Σ coefficient · outside = constant < 0, with nothing negative on the left.
    fn refutation(&self, row: usize) -> Refutation {
        let constraints = self.inside.len();
        let mut refutation = Refutation { variables: vec![0; self.variables], constraints: vec![0; constraints] };
        let mut set = |variable: usize, multiplier: i64| match variable.checked_sub(self.variables) {
            None => refutation.variables[variable] = multiplier,
            Some(slack) => refutation.constraints[slack] = multiplier,
        };
        set(self.inside[row], self.denominator);
        for (variable, coefficient) in self.outside.iter().zip(&self.row(row)[1..]) {
            set(*variable, -coefficient);
        }
        refutation
    }

    /// The value of each variable, as numerators.
    pub(super) fn numerators(&self) -> Vec<i64> {
        let mut values = vec![0; self.variables];
        for (row, variable) in self.inside.iter().enumerate().filter(|(_, variable)| **variable < self.variables) {
            values[*variable] = self.row(row)[0];
        }
        values
    }

    /// What all numerators are divided by; above zero.
    pub(super) fn denominator(&self) -> i64 {
        self.denominator
    }

    /// The least whole number that is not below the cost.
    pub(super) fn cost_rounded_up(&self) -> i64 {
        let (whole, rest) = (self.cost[0].div_euclid(self.denominator), self.cost[0].rem_euclid(self.denominator));
        whole + i64::from(rest > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_least(coefficients: &[i64], at_least: i64) -> Constraint {
        Constraint { coefficients: coefficients.to_vec(), at_least }
    }

    #[test]
    fn a_program_by_hand() {
        // 3x + y ≥ 3, x + 2y ≥ 4, least x + y: the corner (2/5, 9/5).
        let mut tableau = Tableau::new(&[1, 1], &[at_least(&[3, 1], 3), at_least(&[1, 2], 4)]);
        assert_eq!(tableau.run(), Outcome::Best);
        let values = tableau.numerators();
        assert_eq!(values[0] * 5, 2 * tableau.denominator());
        assert_eq!(values[1] * 5, 9 * tableau.denominator());
        assert_eq!(tableau.cost_rounded_up(), 3); // 11/5
        // A constraint that comes later: x ≥ 1.
        tableau.add(&at_least(&[1, 0], 1)).unwrap();
        assert_eq!(tableau.run(), Outcome::Best);
        let values = tableau.numerators();
        assert_eq!((values[0], values[1] * 2), (tableau.denominator(), 3 * tableau.denominator()));
    }

    #[test]
    fn multipliers_refute_what_cannot_be() {
        // x - y ≥ 1 and y - x ≥ 0.
        let constraints = [at_least(&[1, -1], 1), at_least(&[-1, 1], 0)];
        let Outcome::Infeasible(why) = Tableau::new(&[1, 1], &constraints).run() else { panic!("it is infeasible") };
        let side = |v: usize| {
            let slacks = constraints.iter().zip(&why.constraints).map(|(c, m)| c.coefficients[v] * m);
            slacks.sum::<i64>() + why.variables[v]
        };
        assert_eq!((side(0), side(1)), (0, 0));
        let constant: i64 = constraints.iter().zip(&why.constraints).map(|(c, m)| -c.at_least * m).sum();
        assert!(constant < 0 && why.constraints.iter().chain(&why.variables).all(|m| *m >= 0));
    }
}
