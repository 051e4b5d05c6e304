//! Classification or regression.

use super::column::{Column, Values};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What is learnt about the target.
///
/// ```
/// use adaline::data::Task;
/// assert_eq!("regression".parse::<Task>().unwrap(), Task::Regression);
/// assert_eq!(Task::Classification.to_string(), "classification");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Task {
    /// Which of a few classes.
    Classification,
    /// How much: a number.
    Regression,
}

/// At most so many whole values make a numeric target a classification.
const MOST_CLASSES: usize = 20;

/// With more than two values, each must have so many rows on average; measurements that happen to be whole do not.
const ROWS_A_CLASS: usize = 3;

impl Task {
    /// The task that a target suggests.
    ///
    /// Text is a classification. Numbers are one too when all are whole, at most 20 differ, and either there are two
    /// of them or each has three rows on average. Other numbers are a regression.
    pub fn of(target: &Column) -> Task {
        let rows = match target.values() {
            Values::Text(_) | Values::Images(_) => return Task::Classification,
            Values::Numbers(values) => values.len(),
            Values::Bytes(values) => values.len(),
        };
        let mut distinct: Vec<f64> = Vec::new();
        for x in (0..rows).filter_map(|row| target.number(row)) {
            if x.fract() != 0.0 {
                return Task::Regression;
            }
            if let Err(place) = distinct.binary_search_by(|have| have.total_cmp(&(x + 0.0))) {
                if distinct.len() == MOST_CLASSES {
                    return Task::Regression;
                }
                distinct.insert(place, x + 0.0); // -0 + 0 is 0: one class, not two
            }
        }
        if distinct.len() <= 2 || rows >= ROWS_A_CLASS * distinct.len() {
            Task::Classification
        } else {
            Task::Regression
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Task::Classification => "classification",
            Task::Regression => "regression",
        })
    }
}

impl FromStr for Task {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "classification" => Ok(Task::Classification),
            "regression" => Ok(Task::Regression),
            _ => {
                let near = crate::error::did_you_mean(text, ["classification", "regression"]);
                let message =
                    format!("unknown task \"{}\"{near} (classification or regression)", crate::error::printable(text));
                Err(crate::Error::setting("task", message))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(values: impl IntoIterator<Item = f64>) -> Task {
        Task::of(&Column::numbers("y", values.into_iter().collect()))
    }

    #[test]
    fn few_whole_values_are_classes() {
        assert_eq!(task([0.0, 1.0, 1.0, 0.0]), Task::Classification);
        assert_eq!(task([0.0, 1.0, 2.0].repeat(3)), Task::Classification);
        assert_eq!(task((0..20).map(f64::from).cycle().take(60)), Task::Classification);
        assert_eq!(Task::of(&Column::text("y", ["a", "b"])), Task::Classification);
        assert_eq!(Task::of(&Column::bytes("y", (0..10).collect::<Vec<u8>>().repeat(5))), Task::Classification);
    }

    #[test]
    fn other_numbers_are_amounts() {
        assert_eq!(task([0.5, 1.0, 1.0, 0.0]), Task::Regression);
        assert_eq!(task((0..10).map(f64::from)), Task::Regression);
        assert_eq!(task((0..21).map(f64::from).cycle().take(1000)), Task::Regression);
    }
}
