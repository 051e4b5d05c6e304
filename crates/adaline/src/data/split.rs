//! Which rows are for training, which for validation, which for the test.

use crate::rng::{Purpose, Rng};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How rows are shared out: first the test rows, then the validation rows from what is left, both drawn by seed.
///
/// For a classification each class gives its share (stratified); every class stays in training. The parts keep the
/// order of the table.
///
/// ```
/// use adaline::data::Split;
/// let split = Split::seeded(1).test(0.25).validation(0.0);
/// # let _ = split;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    seed: u64,
    test: f64,
    validation: f64,
}

impl Default for Split {
    fn default() -> Self {
        Split::seeded(0)
    }
}

impl Split {
    /// A fifth of the rows for the test, then a tenth of the rest for validation.
    pub fn seeded(seed: u64) -> Self {
        Split { seed, test: 0.2, validation: 0.1 }
    }

    /// All rows for training.
    pub fn none() -> Self {
        Split { seed: 0, test: 0.0, validation: 0.0 }
    }

    /// The share of test rows, from 0 (none) to below 1.
    pub fn test(mut self, fraction: f64) -> Self {
        self.test = fraction;
        self
    }

    /// The share of the other rows that is for validation, from 0 (none) to below 1.
    pub fn validation(mut self, fraction: f64) -> Self {
        self.validation = fraction;
        self
    }

    /// The share of test rows.
    pub fn test_fraction(&self) -> f64 {
        self.test
    }

    /// The share of validation rows among those that are not for the test.
    pub fn validation_fraction(&self) -> f64 {
        self.validation
    }

    /// An error where a fraction makes no sense.
    pub(super) fn check(&self) -> Result<()> {
        for (name, fraction) in [("test-split", self.test), ("validation-split", self.validation)] {
            if !(0.0..1.0).contains(&fraction) {
                let message = format!("{fraction} is no share of the rows; give a number from 0 (none) to below 1");
                return Err(Error::setting(name, message));
            }
        }
        Ok(())
    }

    /// Shares out the rows `0..classes.len()`, where `classes` holds each row's class (all the same for a regression).
    /// Rows that are given for validation or for the test are just that, whatever the fraction, unless nothing at all is to
    /// be split off. The fractions have been checked; where there are too few rows, a message says so.
    pub(super) fn parts(
        &self,
        classes: &[u32],
        validation: Option<Range<usize>>,
        test: Option<Range<usize>>,
    ) -> Result<Parts, String> {
        let whole = self.test == 0.0 && self.validation == 0.0;
        let [validation, test] = [validation, test].map(|given| given.filter(|_| !whole));
        let is_given = |row: &usize| [&validation, &test].into_iter().flatten().any(|given| given.contains(row));
        let mut rng = Rng::stream(self.seed, Purpose::Split, 0);
        let free: Vec<usize> = (0..classes.len()).filter(|row| !is_given(row)).collect();
        // One row is left to spare for the validation.
        let spare = usize::from(self.validation > 0.0 && validation.is_none());
        let (rest, test) = match test {
            Some(given) => (free, given.collect()),
            None => draw(&free, classes, self.test, spare, &mut rng).ok_or_else(|| too_few(classes))?,
        };
        let (train, validation) = match validation {
            Some(given) => (rest, given.collect()),
            None => draw(&rest, classes, self.validation, 0, &mut rng).ok_or_else(|| too_few(classes))?,
        };
        Ok(Parts { train, validation, test })
    }
}

/// The rows of each part, ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) train: Vec<usize>,
    pub(super) validation: Vec<usize>,
    pub(super) test: Vec<usize>,
}

/// Draws a fraction of `rows`, the same from each class as near as can be: what stays, what was drawn. `None` when
/// nothing can be drawn without taking a class's last row, all but one row of the whole, or the `leave` rows that must
/// be left beyond these.
fn draw(
    rows: &[usize],
    classes: &[u32],
    fraction: f64,
    leave: usize,
    rng: &mut Rng,
) -> Option<(Vec<usize>, Vec<usize>)> {
    if fraction == 0.0 {
        return Some((rows.to_vec(), Vec::new()));
    }
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for &row in rows {
        let class = classes[row] as usize;
        if groups.len() <= class {
            groups.resize(class + 1, Vec::new());
        }
        groups[class].push(row);
    }
    // Each class gives the whole part of its share; what is missing to the total comes from those with the largest
    // fractional parts (the first class first where they are equal).
    let spare = |group: &Vec<usize>| group.len().saturating_sub(1);
    let most = groups.iter().map(spare).sum::<usize>().min(rows.len().saturating_sub(2)).saturating_sub(leave);
    let total = ((rows.len() as f64 * fraction).round() as usize).clamp(1, most.max(1));
    if most == 0 {
        return None;
    }
    let share = |group: &Vec<usize>| group.len() as f64 * fraction;
    let mut counts: Vec<usize> = groups.iter().map(|group| (share(group).floor() as usize).min(spare(group))).collect();
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by(|&a, &b| share(&groups[b]).fract().total_cmp(&share(&groups[a]).fract()));
    let mut drawn: usize = counts.iter().sum();
    while drawn != total {
        for &class in &order {
            if drawn < total && counts[class] < spare(&groups[class]) {
                counts[class] += 1;
                drawn += 1;
            } else if drawn > total && counts[class] > 0 {
                counts[class] -= 1;
                drawn -= 1;
            }
        }
    }
    let mut taken = Vec::with_capacity(total);
    for (group, count) in groups.iter_mut().zip(counts) {
        rng.shuffle(group);
        taken.extend(group.drain(..count));
    }
    let mut kept: Vec<usize> = groups.into_iter().flatten().collect();
    kept.sort_unstable();
    taken.sort_unstable();
    Some((kept, taken))
}

fn too_few(classes: &[u32]) -> String {
    format!(
        "{} rows are too few to split: training needs two rows and every class; give more rows, or split nothing off \
         (--test-split 0 --validation-split 0)",
        classes.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(parts: &Parts) -> (usize, usize, usize) {
        (parts.train.len(), parts.validation.len(), parts.test.len())
    }

    fn class_counts(rows: &[usize], classes: &[u32]) -> Vec<usize> {
        let mut counts = vec![0; 1 + *classes.iter().max().unwrap() as usize];
        rows.iter().for_each(|&row| counts[classes[row] as usize] += 1);
        counts
    }

    #[test]
    fn iris_is_split_evenly() {
        let classes: Vec<u32> = (0..150).map(|row| row / 50).collect();
        let parts = Split::seeded(1).parts(&classes, None, None).unwrap();
        assert_eq!(class_counts(&parts.test, &classes), [10, 10, 10]);
        assert_eq!(class_counts(&parts.validation, &classes), [4, 4, 4]);
        assert_eq!(class_counts(&parts.train, &classes), [36, 36, 36]);
        assert_eq!(parts, Split::seeded(1).parts(&classes, None, None).unwrap());
        assert_ne!(parts, Split::seeded(2).parts(&classes, None, None).unwrap());
    }

    #[test]
    fn every_row_is_in_one_part_and_every_class_in_training() {
        for seed in 0..50 {
            let mut rng = Rng::stream(seed, Purpose::Data, 0);
            let classes: Vec<u32> = (0..10 + rng.below(90)).map(|_| rng.below(5) as u32).chain(0..5).collect();
            let parts = Split::seeded(seed).test(rng.range(0.01, 0.9)).validation(rng.range(0.01, 0.9));
            let parts = parts.parts(&classes, None, None).unwrap();
            let mut all = [parts.train.clone(), parts.validation.clone(), parts.test.clone()].concat();
            all.sort_unstable();
            assert_eq!(all, (0..classes.len()).collect::<Vec<_>>());
            assert!(class_counts(&parts.train, &classes).iter().all(|&count| count > 0), "seed {seed}");
            assert!(parts.train.is_sorted());
            assert!(!parts.validation.is_empty() && !parts.test.is_empty());
        }
    }

    #[test]
    fn a_class_of_one_row_stays_in_training() {
        let classes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        for seed in 0..20 {
            let parts = Split::seeded(seed).test(0.5).validation(0.5).parts(&classes, None, None).unwrap();
            assert!(parts.train.contains(&9), "seed {seed}: {parts:?}");
        }
    }

    #[test]
    fn tiny_tables() {
        assert_eq!(sizes(&Split::seeded(0).parts(&[0; 4], None, None).unwrap()), (2, 1, 1));
        assert_eq!(sizes(&Split::none().parts(&[0; 2], None, None).unwrap()), (2, 0, 0));
        for classes in [&[0, 0][..], &[0, 1], &[0, 0, 0], &[0, 1, 2, 3]] {
            let message = Split::seeded(0).parts(classes, None, None).unwrap_err();
            assert!(message.contains("too few to split"), "{message}");
        }
    }

    #[test]
    fn the_authors_test_rows_are_kept() {
        let classes: Vec<u32> = (0..100).map(|row| row % 2).collect();
        let parts = Split::seeded(3).test(0.5).parts(&classes, None, Some(80..100)).unwrap();
        assert_eq!(parts.test, (80..100).collect::<Vec<_>>());
        assert_eq!(parts.validation.len(), 8);
        assert_eq!(sizes(&Split::none().parts(&classes, None, Some(80..100)).unwrap()), (100, 0, 0));
        // Validation rows, too; and without test rows these are drawn from the training rows.
        let parts = Split::seeded(3).parts(&classes, Some(70..80), Some(80..100)).unwrap();
        assert_eq!((parts.train, parts.validation), ((0..70).collect(), (70..80).collect()));
        let parts = Split::seeded(3).parts(&classes, Some(80..100), None).unwrap();
        assert_eq!(sizes(&parts), (64, 20, 16));
        assert!(parts.validation == (80..100).collect::<Vec<_>>() && parts.test.iter().all(|row| *row < 80));
    }

    #[test]
    fn fractions_that_make_no_sense() {
        for (split, name) in [
            (Split::seeded(0).test(1.0), "test-split"),
            (Split::seeded(0).test(-0.1), "test-split"),
            (Split::seeded(0).validation(f64::NAN), "validation-split"),
        ] {
            let message = split.check().unwrap_err().to_string();
            assert!(message.starts_with(name), "{message}");
        }
    }
}
