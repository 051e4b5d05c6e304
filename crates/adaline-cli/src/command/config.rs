//! `--config FILE`: the flags of `train` from a JSON file.

use super::Command;
use crate::failure::{Code, Failure};
use crate::source::shown;
use adaline::Error;
use adaline::error::{did_you_mean, printable};
use clap::{CommandFactory, Parser};
use serde_json::{Map, Value};
use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

/// Larger than any list of flags.
const MOST_BYTES: u64 = 1 << 20;

/// The command line with the flags of the file in it, before those that were typed, which win; nothing where no file is
/// named.
pub(crate) fn insert(command: &Command, words: Vec<OsString>) -> Result<Option<Vec<OsString>>, Failure> {
    let Command::Train(arguments) = command else { return Ok(None) };
    let Some(path) = &arguments.config else { return Ok(None) };
    let flags = read(path)?;
    // Alone first, so that a mistake in the file is told as one of the file.
    let alone = ["adaline".into(), "train".into()].into_iter().chain(flags.iter().cloned());
    if let Err(error) = crate::arguments::Arguments::try_parse_from(alone) {
        let message = error.to_string();
        let first = message.lines().next().unwrap_or_default();
        return Err(trouble(path, first.strip_prefix("error: ").unwrap_or(first)));
    }
    let Some(at) = words.iter().position(|word| word == "train") else { return Ok(None) };
    let mut all = words;
    all.splice(at + 1..at + 1, flags);
    Ok(Some(all))
}

fn trouble(path: &Path, message: impl std::fmt::Display) -> Failure {
    Failure::new(Code::File, format!("{}: {message}", shown(path)))
}

/// The file as words of a command line.
fn read(path: &Path) -> Result<Vec<OsString>, Failure> {
    let size = std::fs::metadata(path).map_err(|error| Error::io("read", path, error))?.len();
    if size > MOST_BYTES {
        return Err(trouble(
            path,
            format!("{size} bytes are no list of flags; name a JSON file like {{\"epochs\": 50}}"),
        ));
    }
    // What is no regular file has no size and may never end.
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|error| Error::io("read", path, error))?;
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(|error| Error::io("read", path, error))?;
    let flags: Map<String, Value> = serde_json::from_str(&text)
        .map_err(|error| trouble(path, format!("not a JSON object of flags, like {{\"epochs\": 50}}: {error}")))?;
    let program = crate::arguments::Arguments::command();
    let names: Vec<&str> = program
        .find_subcommand("train")
        .into_iter()
        .flat_map(|train| train.get_arguments())
        .flat_map(|flag| flag.get_long_and_visible_aliases().unwrap_or_default())
        .filter(|name| *name != "config")
        .collect();
    let mut words = Vec::new();
    for (key, value) in &flags {
        let name = key.replace('_', "-");
        if !names.contains(&name.as_str()) {
            let near = did_you_mean(&name, names.iter().copied());
            let mend = if near.is_empty() { "; adaline train --help lists them".to_owned() } else { near };
            return Err(trouble(path, format!("there is no flag \"{}\"{mend}", printable(key))));
        }
        let one = |value: &Value| match value {
            Value::Number(number) => Ok(number.to_string()),
            Value::String(text) => Ok(text.clone()),
            _ => Err(trouble(path, format!("\"{key}\" must be a number, a text, true, false, or a list of these"))),
        };
        match value {
            Value::Null | Value::Bool(false) => {}
            Value::Bool(true) => words.push(format!("--{name}").into()),
            Value::Array(values) => {
                let values: Vec<String> = values.iter().map(one).collect::<Result<_, _>>()?;
                words.push(format!("--{name}={}", values.join(",")).into());
            }
            value => words.push(format!("--{name}={}", one(value)?).into()),
        }
    }
    Ok(words)
}
