//! `adaline generate`: a model of text goes on with a text.

use crate::failure::Failure;
use crate::output::Output;
use crate::{model, values};
use adaline::Sampler;
use adaline::error::printable;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Let a model of text go on with a text, one character after the other
///
/// The model comes from `adaline train --text`. The prompt is written first, then what the model makes of it. Characters of
/// the prompt that it does not know are told; it sees them as unknown, and never writes one itself. Same seed, same text.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A model file
    model: PathBuf,

    /// The text to go on with; \n and \t stand for a line break and a tab [default: a line break]
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true, allow_hyphen_values = true)]
    prompt: String,

    /// How many characters
    #[arg(long, value_name = "N", value_parser = values::count, default_value = "400", allow_negative_numbers = true)]
    length: usize,

    /// How daring: 1 as it was learnt, lower is surer, 0 is always the likeliest
    #[arg(long, value_parser = values::number, default_value = "0.8", allow_negative_numbers = true)]
    temperature: f64,

    /// Seed of the draws
    #[arg(long, value_parser = values::seed, default_value = "0", allow_negative_numbers = true)]
    seed: u64,

    /// Print a JSON document
    #[arg(long, help_heading = "Output")]
    json: bool,
}

const EXAMPLES: &str = "Examples:
  adaline generate hamlet.safetensors --prompt \"To be\" --length 400 --temperature 0.8 --seed 1
  adaline generate hamlet.safetensors --temperature 0";

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let sampler = Sampler::new(arguments.temperature, arguments.seed)?;
    let model = model::load(&arguments.model)?;
    let prompt = unescaped(&arguments.prompt);
    let in_use = |error| model::in_use(error, &arguments.model);
    let generated = model.generate(&prompt, sampler).map_err(in_use)?;
    let unknown: String = generated.unknown().iter().collect();
    if !unknown.is_empty() {
        output.note(format!("note: the model does not know \"{}\", and sees them as unknown", printable(&unknown)));
    }
    if arguments.json {
        let text: String = generated.take(arguments.length).collect::<adaline::Result<_>>().map_err(in_use)?;
        return output.json(&json!({
            "prompt": prompt,
            "text": text,
            "unknown": unknown,
            "length": arguments.length,
            "temperature": arguments.temperature,
            "seed": arguments.seed,
        }));
    }
    for character in prompt.chars() {
        write(output, character)?;
    }
    for character in generated.take(arguments.length) {
        write(output, character.map_err(in_use)?)?;
    }
    output.write(b"\n")
}

/// Writes a character at once. A model from a stranger may know characters that steer a terminal: they are escaped.
fn write(output: &Output, character: char) -> Result<(), Failure> {
    match character {
        '\n' | '\t' => output.write(&[character as u8]),
        _ => output.write(printable(character.encode_utf8(&mut [0; 4])).as_bytes()),
    }
}

/// `\n`, `\t` and `\\` as a person types them in a shell.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let escaped = match (character, characters.as_str().chars().next()) {
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some('t')) => Some('\t'),
            ('\\', Some('\\')) => Some('\\'),
            _ => None,
        };
        if escaped.is_some() {
            characters.next();
        }
        out.push(escaped.unwrap_or(character));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_may_be_typed() {
        assert_eq!(unescaped(r"a\nb\t\\n\x\"), "a\nb\t\\n\\x\\");
        assert_eq!(unescaped(""), "");
    }
}
