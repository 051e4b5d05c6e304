//! How the values of flags are read, with messages that say what would be right.

use adaline::data::Task;
use adaline::{Activation, Augment, Error, Loss, Optimizer, Result, Schedule};
use std::str::FromStr;

/// A whole number from 1.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    match usize::from_str(text) {
        Ok(0) | Err(_) => Err("give a whole number from 1".to_owned()),
        Ok(number) => Ok(number),
    }
}

/// A whole number from 0.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    u64::from_str(text).map_err(|_| "give a whole number from 0".to_owned())
}

/// A finite number.
pub(crate) fn number(text: &str) -> Result<f64, String> {
    match f64::from_str(text) {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err("the number must be finite".to_owned()),
        Err(_) => Err("that is not a number".to_owned()),
    }
}

/// A share: from 0 to below 1.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    let share = number(text)?;
    if (0.0..1.0).contains(&share) { Ok(share) } else { Err("a share goes from 0 to below 1".to_owned()) }
}

/// The size of an image: one side of a square, or height x width.
pub(crate) fn image_size(text: &str) -> Result<(usize, usize), String> {
    let lower = text.to_lowercase().replace('×', "x");
    let (height, width) = lower.split_once('x').unwrap_or((&lower, &lower));
    match (count(height.trim()), count(width.trim())) {
        (Ok(height), Ok(width)) => Ok((height, width)),
        _ => Err("give the side of a square, or height x width: 32 or 32x48".to_owned()),
    }
}

/// The channels of an image.
pub(crate) fn channels(text: &str) -> Result<usize, String> {
    match text {
        "1" => Ok(1),
        "3" => Ok(3),
        _ => Err("an image has 1 channel (grey) or 3 (colour)".to_owned()),
    }
}

pub(crate) fn augment(text: &str) -> Result<Augment, String> {
    named(text.parse())
}

pub(crate) fn activation(text: &str) -> Result<Activation, String> {
    named(text.parse())
}

pub(crate) fn learning_rule(text: &str) -> Result<adaline::gate::LearningRule, String> {
    named(text.parse())
}

pub(crate) fn task(text: &str) -> Result<Task, String> {
    named(text.parse())
}

pub(crate) fn loss(text: &str) -> Result<Loss, String> {
    named(text.parse())
}

pub(crate) fn optimizer(text: &str) -> Result<Optimizer, String> {
    named(Optimizer::by_name(text))
}

pub(crate) fn schedule(text: &str) -> Result<Schedule, String> {
    named(Schedule::by_name(text))
}

/// The message without the setting's name, which clap puts before it.
fn named<T>(result: Result<T>) -> Result<T, String> {
    result.map_err(|error| match error {
        Error::Setting { message, .. } => message,
        other => other.to_string(),
    })
}
