//! How good a network is on some rows: what a report is made of.

use crate::error::{columns, padded};
use serde::Serialize;
use std::fmt;

/// The class that a row of logits or probabilities stands for: the largest; of a single logit, 1 above zero. The first
/// of equals wins.
pub(crate) fn class_of_logits(row: &[f32]) -> usize {
    if let [z] = row {
        return usize::from(*z > 0.0);
    }
    let (mut best, mut largest) = (0, row.first().copied().unwrap_or(f32::NAN));
    for (i, &value) in row.iter().enumerate() {
        if value > largest {
            (best, largest) = (i, value);
        }
    }
    best
}

/// The result of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Evaluation {
    /// Of classes.
    Classification(Classification),
    /// Of numbers.
    Regression(Regression),
    /// Of a class at every step of a sequence: the next character of a text.
    Steps(Steps),
}

/// How well a class was told at every step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Steps {
    /// How many steps, of all rows together.
    pub rows: usize,
    /// The mean cross-entropy of a step, in nats.
    pub loss: f64,
    /// The part of the steps that were right, from 0 to 1.
    pub accuracy: f64,
}

/// How well classes were told apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Classification {
    /// How many rows.
    pub rows: usize,
    /// The mean cross-entropy.
    pub loss: f64,
    /// The part of the rows that were right, from 0 to 1.
    pub accuracy: f64,
    /// One entry a class, in the order of the classes.
    pub classes: Vec<ClassReport>,
    /// `confusion[t][p]`: rows of class t that were taken for class p.
    pub confusion: Vec<Vec<usize>>,
}

/// How well one class was found. A share of nothing is 0, as scikit-learn has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClassReport {
    /// The class.
    pub name: String,
    /// Of the rows taken for this class, the part that is of it.
    pub precision: f64,
    /// Of the rows of this class, the part that was found.
    pub recall: f64,
    /// The harmonic mean of the two.
    pub f1: f64,
    /// Rows of this class.
    pub support: usize,
}

/// How well numbers were met, in the target's own units.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Regression {
    /// How many rows.
    pub rows: usize,
    /// What training makes small: on the scaled target, where the target is scaled.
    pub loss: f64,
    /// Mean squared error.
    pub mse: f64,
    /// Its root.
    pub rmse: f64,
    /// Mean absolute error.
    pub mae: f64,
    /// The part of the variance that is explained: 1 - Σ(y - t)² / Σ(t - t̄)². When all targets are equal: 1 if they are
    /// met, else 0, as scikit-learn has it.
    pub r2: f64,
}

impl Classification {
    /// From the loss, the classes' names, and each row's true and predicted class.
    pub fn new(loss: f64, names: &[String], rows: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let k = names.len();
        let mut confusion = vec![vec![0usize; k]; k];
        let mut count = 0;
        for (truth, predicted) in rows {
            if let Some(cell) = confusion.get_mut(truth).and_then(|row| row.get_mut(predicted)) {
                *cell += 1;
            }
            count += 1;
        }
        let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let classes = (0..k)
            .map(|class| {
                let hits = confusion[class][class];
                let support = confusion[class].iter().sum();
                let taken = confusion.iter().map(|row| row[class]).sum();
                let (precision, recall) = (share(hits, taken), share(hits, support));
                let f1 = share(2 * hits, support + taken);
                ClassReport { name: names[class].clone(), precision, recall, f1, support }
            })
            .collect();
        let right: usize = (0..k).map(|class| confusion[class][class]).sum();
        Classification { rows: count, loss, accuracy: share(right, count), classes, confusion }
    }
}

impl Steps {
    /// From the loss, and each step's true and predicted class.
    pub fn new(loss: f64, steps: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let (mut rows, mut right) = (0usize, 0usize);
        for (truth, predicted) in steps {
            rows += 1;
            right += usize::from(truth == predicted);
        }
        Steps { rows, loss, accuracy: right as f64 / rows.max(1) as f64 }
    }
}

impl Regression {
    /// From the loss and each row's target and prediction.
    pub fn new(loss: f64, targets: &[f64], predictions: &[f64]) -> Self {
        let n = targets.len().max(1) as f64;
        let mean = targets.iter().sum::<f64>() / n;
        let gaps = || targets.iter().zip(predictions).map(|(t, y)| y - t);
        let squares: f64 = gaps().map(|gap| gap * gap).sum();
        let spread: f64 = targets.iter().map(|t| (t - mean) * (t - mean)).sum();
        let r2 = match (spread > 0.0, squares == 0.0) {
            (true, _) => 1.0 - squares / spread,
            (false, true) => 1.0,
            (false, false) => 0.0,
        };
        let mse = squares / n;
        Regression { rows: targets.len(), loss, mse, rmse: mse.sqrt(), mae: gaps().map(f64::abs).sum::<f64>() / n, r2 }
    }
}

impl Evaluation {
    /// How many rows.
    pub fn rows(&self) -> usize {
        match self {
            Evaluation::Classification(c) => c.rows,
            Evaluation::Regression(r) => r.rows,
            Evaluation::Steps(s) => s.rows,
        }
    }

    /// The mean loss.
    pub fn loss(&self) -> f64 {
        match self {
            Evaluation::Classification(c) => c.loss,
            Evaluation::Regression(r) => r.loss,
            Evaluation::Steps(s) => s.loss,
        }
    }

    /// The part of the rows that were right; `None` for numbers.
    pub fn accuracy(&self) -> Option<f64> {
        match self {
            Evaluation::Classification(c) => Some(c.accuracy),
            Evaluation::Steps(s) => Some(s.accuracy),
            Evaluation::Regression(_) => None,
        }
    }
}

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evaluation::Classification(c) => write!(f, "{c}"),
            Evaluation::Regression(r) => write!(f, "{r}"),
            Evaluation::Steps(s) => write!(f, "{s}"),
        }
    }
}

/// Widest confusion matrix that is printed as text.
const MAX_PRINTED_CLASSES: usize = 20;

impl fmt::Display for Classification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.classes.iter().map(|class| crate::error::printable(&class.name)).collect();
        let width = names.iter().map(|name| columns(name)).max().unwrap_or(0).max("class".len());
        writeln!(f, "loss {:.4}   accuracy {:.4}   rows {}", self.loss, self.accuracy, self.rows)?;
        writeln!(f)?;
        writeln!(f, "{:width$}  precision  recall      f1  support", "class")?;
        for (class, name) in self.classes.iter().zip(&names) {
            let ClassReport { precision, recall, f1, support, .. } = class;
            let name = padded(name, width);
            writeln!(f, "{name}  {precision:>9.4}  {recall:.4}  {f1:.4}  {support:>7}")?;
        }
        writeln!(f)?;
        if self.classes.len() > MAX_PRINTED_CLASSES {
            return write!(f, "the confusion matrix of {} classes is left out here; see --json", self.classes.len());
        }
        write!(f, "confusion (rows: true class, columns: predicted)")?;
        let cells: Vec<Vec<String>> =
            self.confusion.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect();
        for (row, name) in cells.iter().zip(&names) {
            write!(f, "\n{}", padded(name, width))?;
            for (column, cell) in row.iter().enumerate() {
                let w = cells.iter().map(|row| row[column].len()).max().unwrap_or(1);
                write!(f, "  {cell:>w$}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Steps { rows, loss, accuracy } = self;
        write!(f, "loss {loss:.4} nats a step   accuracy {accuracy:.4}   steps {rows}")
    }
}

impl fmt::Display for Regression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nobody reads forty digits.
        let shown = |x: f64| if x.abs() < 1e12 { format!("{x:.4}") } else { format!("{x:.4e}") };
        let Regression { rows, .. } = self;
        let [loss, mse, rmse, mae, r2] = [self.loss, self.mse, self.rmse, self.mae, self.r2].map(shown);
        write!(f, "loss {loss}   R² {r2}   RMSE {rmse}   MAE {mae}   MSE {mse}   rows {rows}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_scikit_learns() {
        // sklearn.metrics.classification_report and confusion_matrix of these ten rows
        let truth = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2];
        let guess = [0, 0, 1, 1, 1, 1, 0, 1, 1, 1];
        let names = ["a", "b", "c"].map(String::from);
        let c = Classification::new(0.5, &names, truth.into_iter().zip(guess));
        assert_eq!(c.confusion, [[2, 1, 0], [1, 3, 0], [0, 3, 0]]);
        assert_eq!(c.accuracy, 0.5);
        let (b, empty) = (&c.classes[1], &c.classes[2]);
        assert!((b.precision - 3.0 / 7.0).abs() < 1e-15 && b.recall == 0.75 && (b.f1 - 6.0 / 11.0).abs() < 1e-15);
        assert_eq!((empty.precision, empty.recall, empty.f1, empty.support), (0.0, 0.0, 0.0, 3));
    }

    #[test]
    fn regression_figures_are_scikit_learns() {
        // sklearn.metrics: r2_score 0.9486081370449679, mean_squared_error 0.375, mean_absolute_error 0.5
        let r = Regression::new(0.0, &[3.0, -0.5, 2.0, 7.0], &[2.5, 0.0, 2.0, 8.0]);
        assert!((r.r2 - 0.948_608_137_044_967_9).abs() < 1e-15 && r.mse == 0.375 && r.mae == 0.5, "{r:?}");
        assert_eq!(Regression::new(0.0, &[2.0, 2.0], &[2.0, 2.0]).r2, 1.0);
        assert_eq!(Regression::new(0.0, &[2.0, 2.0], &[2.0, 3.0]).r2, 0.0);
        assert!(r.to_string().contains("RMSE 0.6124   MAE 0.5000"), "{r}");
        let huge = Regression::new(0.0, &[2.0, 4.0], &[2.0, 2e38]).to_string();
        assert!(huge.contains("MAE 1.0000e38") && huge.len() < 120, "{huge}");
    }
}
