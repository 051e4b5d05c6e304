//! `--text`, `--window`, `--horizon` and `--sequence`: rows that stand together.

use super::Arguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::{model, source};
use adaline::Model;
use adaline::data::{Input, Labelled, Table, Task, Window};
use adaline::error::printable;

/// Steps of a series where only a horizon was given.
const WINDOW: usize = 24;
/// Characters of an example.
const CHARACTERS: usize = 64;

/// The data as it was named: a text by its flag, anything else by its place.
pub(super) fn source(arguments: &Arguments) -> Option<&str> {
    arguments.text.as_deref().or(arguments.source.as_deref())
}

/// Reads the data: as text where the flag says so, or where the model that is trained further is one of text.
pub(super) fn read(arguments: &Arguments, source: &str) -> Result<Table, Failure> {
    let start = arguments.from.as_ref().or(arguments.resume.as_ref());
    // A model that cannot be read is told when it is needed, as its flag has it.
    let start = start.and_then(|path| model::load(path).ok());
    match start {
        Some(model) if model.encoder().vocabulary().is_some() => source::read_text(source),
        Some(_) if arguments.text.is_some() => {
            Err(Failure::usage("--text: the model that is trained further is none of text; leave the flag out"))
        }
        None if arguments.text.is_some() => source::read_text(source),
        _ => source::read(source, super::image_options(arguments)?),
    }
}

/// A text with its next character as the target; `None` where the data is none.
pub(super) fn text(arguments: &Arguments, table: &Table) -> Result<Option<Labelled>, Failure> {
    if arguments.text.is_none() {
        return Ok(None);
    }
    Ok(Some(table.clone().next_character(arguments.window.unwrap_or(CHARACTERS))?))
}

/// A table with its target, where rows are windows of a series; `None` where they are not.
pub(super) fn forecast(arguments: &Arguments, table: &Table, target: &str) -> Result<Option<Labelled>, Failure> {
    if arguments.window.is_none() && arguments.horizon.is_none() {
        return Ok(None);
    }
    if arguments.task == Some(Task::Classification) {
        return Err(Failure::usage("--task: a forecast is a regression; leave the flag out"));
    }
    let window = Window::new(arguments.window.unwrap_or(WINDOW), arguments.horizon.unwrap_or(1));
    Ok(Some(table.clone().forecast(target, window)?))
}

/// Tells what is odd about the clock of a series, and which columns a forecast does not look at, unless it was told which.
pub(super) fn tell_left_out(arguments: &Arguments, labelled: &Labelled, output: &Output) {
    labelled.clock_notes().iter().for_each(|note| output.note(format!("note      {note}")));
    let left: Vec<String> = labelled.left_out().take(20).map(printable).collect();
    if arguments.features.is_some() || arguments.exclude.is_some() || left.is_empty() {
        return;
    }
    output.note(format!(
        "left out  {} (text, or a clock, which only rises or only falls; --features takes columns in)",
        left.join(", ")
    ));
}

/// `--sequence 29,12`.
pub(super) fn arrange(arguments: &Arguments, labelled: Labelled) -> Result<Labelled, Failure> {
    match arguments.sequence.as_deref() {
        None => Ok(labelled),
        Some([steps]) => Ok(labelled.sequence(*steps, 1)),
        Some([steps, features]) => Ok(labelled.sequence(*steps, *features)),
        Some(_) => Err(Failure::usage("--sequence: give steps, or steps and values a step: 29,12")),
    }
}

/// The data in the form in which a model takes it; `None` where each row is an example of its own.
pub(super) fn like(model: &Model, table: &Table) -> adaline::Result<Option<Labelled>> {
    let encoder = model.encoder();
    if let [Input::Text { window, .. }] = encoder.inputs() {
        return table.clone().next_character(*window).map(Some);
    }
    match encoder.window() {
        Some(window) => {
            let labelled = table.clone().forecast(encoder.target().name(), window)?;
            labelled.features(encoder.input_names()).map(Some)
        }
        None => Ok(None),
    }
}

/// What is said about the examples and the goal, where rows are not examples: `windows`, and what is learnt.
pub(super) fn words(model: &Model) -> Option<(&'static str, String)> {
    let encoder = model.encoder();
    if let Some(vocabulary) = encoder.vocabulary() {
        let goal = format!("the next character, one of {} (the last for all unknown)", vocabulary.len());
        return Some(("windows of text", goal));
    }
    let window = encoder.window()?;
    let name = printable(encoder.target().name());
    let goal = match window.horizon {
        1 => format!("the next value of \"{name}\""),
        horizon => format!("the next {horizon} values of \"{name}\""),
    };
    Some(("windows", goal))
}
