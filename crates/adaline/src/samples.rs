//! What a trainer learns from: rows of f32 and what they should become. No tables and no files here.

use crate::{Error, Result, Shape};

/// Examples in a row, ready for a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    shape: Shape,
    inputs: Vec<f32>,
    lengths: Option<Vec<u32>>,
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
    /// A class at every step of a sequence, example by example: the next character of a text.
    Steps {
        /// Steps an example.
        steps: usize,
        /// All of them, `steps` × rows.
        classes: Vec<u32>,
    },
}

impl Targets {
    /// How many examples.
    pub fn rows(&self) -> usize {
        match self {
            Targets::Classes(classes) => classes.len(),
            Targets::Values { width, values } => values.len() / (*width).max(1),
            Targets::Steps { steps, classes } => classes.len() / (*steps).max(1),
        }
    }
}

/// Whole examples, one after the other, as a network reads them. Where sequences have different lengths, each example is
/// filled up to the shape's steps and says how many of them are its own.
///
/// ```
/// use adaline::Inputs;
/// // Two sequences of up to three steps of one value; the second has two.
/// let inputs = Inputs { values: &[0.1, 0.2, 0.3, 0.4, 0.5, 0.0], lengths: Some(&[3, 2]) };
/// assert_eq!(Inputs::from(&[0.1, 0.2][..]).lengths, None);
/// # let _ = inputs;
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inputs<'a> {
    /// The values of all examples.
    pub values: &'a [f32],
    /// How many steps each example has; `None` where all have those of the shape.
    pub lengths: Option<&'a [u32]>,
}

impl Inputs<'_> {
    /// Whether the lengths, where there are some, are those of so many sequences of a shape.
    #[inline(always)]
    pub(crate) fn check_lengths(&self, shape: Shape, rows: usize) -> Result<()> {
        match self.lengths {
            None => Ok(()),
            Some(lengths) => Self::check_lengths_of(lengths, shape, rows),
        }
    }

    fn check_lengths_of(lengths: &[u32], shape: Shape, rows: usize) -> Result<()> {
        let Shape::Sequence { steps, .. } = shape else {
            return Err(Error::shape("inputs", format!("only sequences have lengths, and these are {shape}")));
        };
        if lengths.len() != rows {
            return Err(Error::shape("inputs", format!("{} lengths for {rows} rows", lengths.len())));
        }
        match lengths.iter().position(|&length| length == 0 || length as usize > steps) {
            None => Ok(()),
            Some(row) => {
                let message = format!("row {row} has {} steps; a sequence has 1 to {steps} here", lengths[row]);
                Err(Error::shape("inputs", message))
            }
        }
    }
}

impl<'a> From<&'a [f32]> for Inputs<'a> {
    fn from(values: &'a [f32]) -> Self {
        Inputs { values, lengths: None }
    }
}

impl<'a> From<&'a Vec<f32>> for Inputs<'a> {
    fn from(values: &'a Vec<f32>) -> Self {
        Inputs::from(values.as_slice())
    }
}

impl<'a, const N: usize> From<&'a [f32; N]> for Inputs<'a> {
    fn from(values: &'a [f32; N]) -> Self {
        Inputs::from(values.as_slice())
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
        if let Targets::Steps { steps, classes } = &targets
            && (*steps == 0 || classes.len() % steps != 0)
        {
            return Err(Error::shape("samples", format!("{} classes are not rows of {steps} steps", classes.len())));
        }
        Ok(Samples { shape, inputs, lengths: None, targets })
    }

    /// The same examples as sequences of different lengths: how many steps of each are its own. What stands behind them
    /// fills the example up and is never looked at.
    ///
    /// Fails when the examples are no sequences, and when a length is not from 1 to the shape's steps.
    pub fn with_lengths(mut self, lengths: Vec<u32>) -> Result<Self> {
        let inputs = Inputs { values: &self.inputs, lengths: Some(&lengths) };
        inputs.check_lengths(self.shape, self.rows())?;
        self.lengths = Some(lengths);
        Ok(self)
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

    /// How many steps of each example are its own; `None` where all are.
    pub fn lengths(&self) -> Option<&[u32]> {
        self.lengths.as_deref()
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
