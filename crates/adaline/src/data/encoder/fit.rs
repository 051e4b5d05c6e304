//! Fitting: everything that is learnt about the columns, from the training rows alone.

use super::{Encoder, Input, MOST_CLASSES, Target};
use crate::data::column::{Column, Text, Values};
use crate::data::number::{self, Cell};
use crate::data::table::{Table, present_words};
use crate::data::task::Task;
use crate::error::Place;
use crate::{Error, Result, Shape};

/// What a white pixel of an image is.
const WHITE: f64 = 255.0;

/// At most so many words make a column of categories.
const MOST_CATEGORIES: usize = 100;

impl Encoder {
    /// Fits an encoder on training rows: every column but the target is an input.
    ///
    /// A column of numbers is standardised: mean μ = Σx / n and scale σ = √(Σ(x - μ)² / n), as scikit-learn's
    /// `StandardScaler` has it; a constant column gets the scale 1. All pixels of an image share one mean and one
    /// scale, in colour those of each channel. A column of words becomes one input a word, in sorted order. The target's classes are sorted, by value
    /// where all are numbers; the target of a regression is standardised.
    ///
    /// Fails when a column cannot be used, when words differ in more than half of the rows or number over 100, and when
    /// numbers are too large to compute with.
    pub fn fit(training: &Table, target: &str, task: Task) -> Result<Self> {
        Encoder::fit_scaled(training, target, task, true)
    }

    /// Like [`Encoder::fit`], with the choice whether a regression's target is standardised (mean 0 and scale 1 if not).
    pub fn fit_scaled(training: &Table, target: &str, task: Task, scale_target: bool) -> Result<Self> {
        let target = fit_target(training, target, task, scale_target)?;
        let is_input = |column: &&Column| column.name() != target.name();
        let is_image = |column: &&Column| matches!(column.values(), Values::Images(_));
        let inputs = match training.image() {
            Some((place, shape)) if training.columns().get(place).as_ref().is_some_and(is_image) => {
                let others = training.columns().iter().filter(|column| is_input(column) && !is_image(column));
                let images = training.columns().iter().filter(is_image).count();
                if others.count() > 0 || images > 1 {
                    let message = "an image must be the only input; leave the other columns out (--exclude)";
                    return Err(Error::data(Place::new(training.source()), message));
                }
                vec![fit_images(&training.columns()[place], shape)?]
            }
            // An image beside other inputs is a row of numbers like any other.
            Some((_, shape)) if training.columns().iter().filter(is_input).count() == shape.len() => {
                vec![fit_image(training, shape, target.name())?]
            }
            _ => training
                .columns()
                .iter()
                .filter(is_input)
                .map(|column| fit_input(training, column))
                .collect::<Result<_>>()?,
        };
        Encoder::new(inputs, target)
    }
}

pub(in crate::data) fn fit_target(training: &Table, target: &str, task: Task, scale: bool) -> Result<Target> {
    let column = training.column(target)?;
    let name = target.to_owned();
    Ok(match task {
        Task::Classification => {
            let classes = classes(column, training.rows());
            if classes.len() > MOST_CLASSES {
                let message = format!(
                    "{} different values are too many classes (at most {MOST_CLASSES}), so this looks like a name or a \
                     number of each row; learn another column (--target), or its numbers with --task regression",
                    classes.len()
                );
                return Err(Error::data(Place::new(training.source()).column(target), message));
            }
            Target::Classes { name, classes }
        }
        Task::Regression if !scale => Target::Number { name, mean: 0.0, scale: 1.0 },
        Task::Regression => {
            let (mean, scale) = standardise(training, &[column])?;
            Target::Number { name, mean, scale }
        }
    })
}

/// The distinct cells of a target, sorted by value where all are numbers.
fn classes(column: &Column, rows: usize) -> Vec<String> {
    if let Values::Text(text) = column.values() {
        let mut words = present_words(text);
        let value = |word: &str| match number::read(word) {
            Cell::Number(x) => Some(x),
            _ => None,
        };
        if words.iter().all(|word| value(word).is_some()) {
            words.sort_by(|a, b| value(a).partial_cmp(&value(b)).unwrap_or(std::cmp::Ordering::Equal).then(a.cmp(b)));
        } else {
            words.sort_unstable();
        }
        return words.into_iter().map(str::to_owned).collect();
    }
    // -0 + 0 is 0: one class, not two.
    let mut values: Vec<f64> = (0..rows).filter_map(|row| column.number(row)).map(|x| x + 0.0).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    values.iter().map(f64::to_string).collect()
}

pub(in crate::data) fn fit_input(training: &Table, column: &Column) -> Result<Input> {
    training.column(column.name())?;
    let name = column.name().to_owned();
    match column.values() {
        Values::Text(text) => Ok(Input::Categories { name, categories: categories(training, column.name(), text)? }),
        _ => {
            let (mean, scale) = standardise(training, &[column])?;
            Ok(Input::Number { name, mean, scale })
        }
    }
}

fn categories(training: &Table, name: &str, text: &Text) -> Result<Vec<String>> {
    let mut words = present_words(text);
    if words.len() > MOST_CATEGORIES || words.len() * 2 > training.rows().max(2) {
        let mut message = format!(
            "{} different words in {} rows are too many to learn from (at most {MOST_CATEGORIES}, and at most half as \
             many as rows); leave the column out (--exclude)",
            words.len(),
            training.rows()
        );
        // Perhaps it was meant to be a column of numbers.
        let is_number = |row: usize| matches!(number::read(text.word(row).unwrap_or_default()), Cell::Number(_));
        let numbers = (0..training.rows()).filter(|&row| is_number(row)).count();
        let odd = (0..training.rows()).find(|&row| !is_number(row));
        if let Some(row) = odd {
            let word = text.word(row).unwrap_or_default();
            if numbers * 2 >= training.rows() || number::is_decimal_comma(word) {
                let complaint = number::complaint(word).unwrap_or_default();
                message = format!("{complaint} (so the column is text, and {message})");
            }
            return Err(training.error(row, name, message));
        }
        return Err(Error::data(Place::new(training.source()).column(name), message));
    }
    words.sort_unstable();
    Ok(words.into_iter().map(str::to_owned).collect())
}

fn fit_image(training: &Table, shape: Shape, target: &str) -> Result<Input> {
    let pixels: Vec<&Column> = training.columns().iter().filter(|column| column.name() != target).collect();
    for pixel in &pixels {
        training.column(pixel.name())?;
        if !pixel.is_numeric() {
            let place = Place::new(training.source()).column(pixel.name());
            return Err(Error::data(place, "this pixel's column is text; pixels must be numbers"));
        }
    }
    let Shape::Image { channels, height, width } = shape else {
        return Err(Error::shape("image", format!("the pixels have the shape {shape}, which is no image")));
    };
    let (mut mean, mut scale) = (Vec::new(), Vec::new());
    for channel in pixels.chunks(height * width) {
        let fitted = standardise(training, channel)?;
        mean.push(fitted.0);
        scale.push(fitted.1);
    }
    Ok(Input::Image { channels, height, width, mean, scale, white: None })
}

/// The same for a column of images. Bytes are counted first, so that the sums are exact.
fn fit_images(column: &Column, shape: Shape) -> Result<Input> {
    let (Values::Images(images), Shape::Image { channels, height, width }) = (column.values(), shape) else {
        return Err(Error::shape("image", format!("{shape} is no image")));
    };
    let (mut mean, mut scale) = (Vec::new(), Vec::new());
    for counts in images.histograms() {
        let n = counts.iter().sum::<u64>() as f64;
        let sum =
            |f: &dyn Fn(f64) -> f64| counts.iter().zip(0..).map(|(&n, x)| n as f64 * f(f64::from(x))).sum::<f64>();
        let middle = sum(&|x| x) / n;
        let spread = (sum(&|x| (x - middle) * (x - middle)) / n).sqrt();
        mean.push(middle);
        // The variance of bytes that differ at all is far above any rounding.
        scale.push(if spread > 1e-6 { spread } else { 1.0 });
    }
    Ok(Input::Image { channels, height, width, mean, scale, white: Some(WHITE) })
}

/// Mean and standard deviation over all cells of some columns of numbers; scale 1 where they hardly differ.
fn standardise(training: &Table, columns: &[&Column]) -> Result<(f64, f64)> {
    let n = (training.rows() * columns.len()) as f64;
    let mean = columns.iter().map(|column| sum(column, |x| x)).sum::<f64>() / n;
    let variance = columns.iter().map(|column| sum(column, |x| (x - mean) * (x - mean))).sum::<f64>() / n;
    if !mean.is_finite() || !variance.is_finite() {
        let name = columns.first().map_or("", |column| column.name());
        return Err(Error::data(
            Place::new(training.source()).column(name),
            "the numbers are so large that their mean or variance overflows; measure in a larger unit",
        ));
    }
    if variance < f64::MIN_POSITIVE
        && columns.iter().any(|column| (1..training.rows()).any(|row| column.number(row) != column.number(0)))
    {
        let name = columns.first().map_or("", |column| column.name());
        return Err(Error::data(
            Place::new(training.source()).column(name),
            "the numbers differ by so little that their variance is too small to hold; measure in a smaller unit",
        ));
    }
    // scikit-learn's bound below which a spread is nothing but rounding.
    let rounding = n * f64::EPSILON * variance + (n * mean * f64::EPSILON).powi(2);
    let scale = variance.sqrt();
    Ok((mean, if variance <= rounding || scale == 0.0 { 1.0 } else { scale }))
}

/// The sum of f over a column's numbers.
fn sum(column: &Column, f: impl Fn(f64) -> f64) -> f64 {
    match column.values() {
        Values::Numbers(values) => values.iter().map(|&x| f(x)).sum(),
        Values::Bytes(values) => values.iter().map(|&x| f(f64::from(x))).sum(),
        Values::Text(_) | Values::Images(_) => 0.0,
    }
}
