//! What a trainer learns from: rows of f32 and what they should become. No tables and no files here.

use crate::{Error, Result, Shape};

/// Examples in a row, ready for a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    shape: Shape,
    inputs: Vec<f32>,
    targets: Targets,
}

/// What the examples should become, one entry an example.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Targets {
    /// A class by its number, from 0.
    Classes(Vec<u32>),
    /// `width` numbers an example, row by row.
    Values {
        /// Numbers an example.
        width: usize,
        /// All of them, `width` × rows.
        values: Vec<f32>,
    },
}

impl Targets {
    /// How many examples.
    pub fn rows(&self) -> usize {
        match self {
            Targets::Classes(classes) => classes.len(),
            Targets::Values { width, values } => values.len() / (*width).max(1),
        }
    }
}

impl Samples {
    /// Examples of one shape with their targets. `inputs` holds the rows one after the other.
    ///
    /// Fails when the counts do not agree or a value is not finite.
    pub fn new(shape: Shape, inputs: Vec<f32>, targets: Targets) -> Result<Self> {
        let rows = targets.rows();
        if shape.is_empty() || inputs.len() != rows.saturating_mul(shape.len()) {
            return Err(Error::shape(
                "samples",
                format!(
                    "{} values do not make {rows} rows of shape {shape}; give rows × {}",
                    inputs.len(),
                    shape.len()
                ),
            ));
        }
        if let Some(at) = inputs.iter().position(|x| !x.is_finite()) {
            return Err(Error::shape(
                "samples",
                format!(
                    "row {} holds {} at place {}; values must be finite",
                    at / shape.len(),
                    inputs[at],
                    at % shape.len()
                ),
            ));
        }
        if let Targets::Values { values, width } = &targets {
            if *width == 0 || values.len() % width != 0 {
                return Err(Error::shape("samples", format!("{} target values are not rows of {width}", values.len())));
            }
            if let Some(at) = values.iter().position(|x| !x.is_finite()) {
                return Err(Error::shape(
                    "samples",
                    format!("the target of row {} is {}; targets must be finite", at / width, values[at]),
                ));
            }
        }
        Ok(Samples { shape, inputs, targets })
    }

    /// The shape of one example.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// How many examples.
    pub fn rows(&self) -> usize {
        self.targets.rows()
    }

    /// All inputs, row by row.
    pub fn inputs(&self) -> &[f32] {
        &self.inputs
    }

    /// One example's input. Panics when `row` is not below [`Samples::rows`], as a slice does.
    pub fn input(&self, row: usize) -> &[f32] {
        let width = self.shape.len();
        &self.inputs[row * width..(row + 1) * width]
    }

    /// All targets.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }
}
