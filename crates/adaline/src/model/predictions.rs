//! What a model predicts: classes with probabilities, or numbers.

use crate::metrics::class_of_logits;
use crate::{Activation, softmax};
use std::fmt;

/// Predictions for some rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    /// The classes' names, the class of each row, and one probability for each row and class.
    Classes { names: Vec<String>, classes: Vec<usize>, probabilities: Vec<f64> },
    /// `width` numbers a row.
    Numbers { values: Vec<f64>, width: usize },
}

/// The prediction for one row.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Prediction {
    /// A class.
    Class {
        /// The class's name.
        label: String,
        /// The probability of each class, in the order of the classes.
        probabilities: Vec<f64>,
    },
    /// A number, in the target's own units.
    Number(f64),
    /// Several numbers, in the target's own units: the steps of a forecast.
    Numbers(Vec<f64>),
}

impl Predictions {
    /// From the network's outputs, `width` a row: logits, or the zeroes and ones of a step.
    pub(super) fn of_classes(names: &[String], outputs: &[f32], width: usize, step: bool) -> Self {
        let mut classes = Vec::with_capacity(outputs.len() / width);
        let mut probabilities = Vec::with_capacity(classes.capacity() * names.len());
        for row in outputs.chunks_exact(width) {
            classes.push(class_of_logits(row));
            match row {
                [y] => {
                    let p = if step { f64::from(*y) } else { Activation::Sigmoid.value(f64::from(*y)) };
                    probabilities.extend([1.0 - p, p]);
                }
                row => probabilities.extend(softmax(&row.iter().map(|&y| f64::from(y)).collect::<Vec<f64>>())),
            }
        }
        Predictions { kind: Kind::Classes { names: names.to_vec(), classes, probabilities } }
    }

    pub(super) fn of_numbers(values: Vec<f64>, width: usize) -> Self {
        Predictions { kind: Kind::Numbers { values, width: width.max(1) } }
    }

    /// The same numbers, those of each row from another zero.
    pub(super) fn shifted(mut self, offsets: &[f64]) -> Self {
        if let Kind::Numbers { values, width } = &mut self.kind {
            for (row, offset) in values.chunks_mut(*width).zip(offsets) {
                row.iter_mut().for_each(|value| *value += offset);
            }
        }
        self
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        match &self.kind {
            Kind::Classes { classes, .. } => classes.len(),
            Kind::Numbers { values, width } => values.len() / width,
        }
    }

    /// The names of the classes, in the order of the probabilities; none for numbers.
    pub fn classes(&self) -> &[String] {
        match &self.kind {
            Kind::Classes { names, .. } => names,
            Kind::Numbers { .. } => &[],
        }
    }

    /// The number of the class of each row, into [`Predictions::classes`]; `None` for numbers.
    pub fn class_numbers(&self) -> Option<&[usize]> {
        match &self.kind {
            Kind::Classes { classes, .. } => Some(classes),
            Kind::Numbers { .. } => None,
        }
    }

    /// How many numbers a row has; 0 for classes.
    pub fn width(&self) -> usize {
        match &self.kind {
            Kind::Classes { .. } => 0,
            Kind::Numbers { width, .. } => *width,
        }
    }

    /// The predicted numbers, row by row; `None` for classes.
    pub fn numbers(&self) -> Option<&[f64]> {
        match &self.kind {
            Kind::Classes { .. } => None,
            Kind::Numbers { values, .. } => Some(values),
        }
    }

    /// The probabilities of one row's classes; none for numbers.
    pub fn probabilities(&self, row: usize) -> &[f64] {
        match &self.kind {
            Kind::Classes { names, probabilities, .. } => {
                probabilities.get(row * names.len()..(row + 1) * names.len()).unwrap_or(&[])
            }
            Kind::Numbers { .. } => &[],
        }
    }

    /// One row's prediction; `None` behind the last row.
    pub fn get(&self, row: usize) -> Option<Prediction> {
        match &self.kind {
            Kind::Classes { names, classes, .. } => Some(Prediction::Class {
                label: names.get(*classes.get(row)?)?.clone(),
                probabilities: self.probabilities(row).to_vec(),
            }),
            Kind::Numbers { values, width } => match values.get(row * width..(row + 1) * width)? {
                [number] => Some(Prediction::Number(*number)),
                numbers => Some(Prediction::Numbers(numbers.to_vec())),
            },
        }
    }

    /// Row after row.
    pub fn iter(&self) -> impl Iterator<Item = Prediction> {
        (0..self.rows()).map_while(|row| self.get(row))
    }
}

impl Prediction {
    /// The prediction as it stands in a table: the class, or the number.
    pub fn label(&self) -> String {
        match self {
            Prediction::Class { label, .. } => label.clone(),
            Prediction::Number(_) | Prediction::Numbers(_) => self.to_string(),
        }
    }
}

impl fmt::Display for Prediction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Prediction::Class { label, probabilities } => {
                let p = probabilities.iter().copied().fold(0.0, f64::max);
                write!(f, "{} ({p:.4})", crate::error::printable(label))
            }
            Prediction::Number(number) => write!(f, "{number}"),
            Prediction::Numbers(numbers) => {
                let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
                f.write_str(&numbers.join(" "))
            }
        }
    }
}

/// The summed cross-entropy of a network that ends in steps: its zeroes and ones are taken for probabilities of 10⁻⁷
/// from certain, as Keras clips them.
pub(super) fn step_loss(outputs: &[f32], classes: &[u32]) -> f64 {
    let width = outputs.len() / classes.len().max(1);
    let right = -(1.0f64 - 1e-7).ln();
    let wrong = -(1e-7f64).ln();
    let row_loss = |(row, &class): (&[f32], &u32)| {
        if class_of_logits(row) == class as usize { right } else { wrong }
    };
    outputs.chunks_exact(width.max(1)).zip(classes).map(row_loss).sum()
}
