//! What turns the rows of a table into numbers for a network, and the network's numbers back.

mod encode;
mod fit;

pub(super) use encode::room;
pub(super) use fit::{fit_input, fit_target};

use super::series::{LONGEST_WINDOW, Window};
use super::task::Task;
use super::text::{self, Vocabulary};
use crate::Shape;
use serde::{Deserialize, Serialize};

/// Turns rows into numbers and numbers back into answers.
///
/// It is fitted on training rows and travels with the weights: it knows each input column by name, how it is scaled or
/// which categories it has, and what the target's classes or units are. Its JSON is made to be written by hand:
///
/// ```
/// use adaline::data::{Encoder, Table};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let encoder: Encoder = serde_json::from_str(r#"{
///     "inputs": [
///         {"type": "number", "name": "width", "mean": 2.0, "scale": 0.5},
///         {"type": "categories", "name": "colour", "categories": ["blue", "red"]}
///     ],
///     "target": {"type": "classes", "name": "kind", "classes": ["a", "b"]}
/// }"#)?;
/// let table = Table::from_reader("colour,width,price\nred,3,9\n".as_bytes(), "new.csv")?;
/// assert_eq!(encoder.encode_inputs(&table)?, (vec![2.0, 0.0, 1.0], 1));
/// assert_eq!(encoder.encode_row(&["3", "red"])?, [2.0, 0.0, 1.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Encoder {
    inputs: Vec<Input>,
    target: Target,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window: Option<Window>,
}

/// An input column, or the pixels of an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Input {
    /// A column of numbers: the network gets (x - mean) / scale.
    Number {
        /// The column's name.
        name: String,
        /// The training rows' mean; 0 where it is not given.
        #[serde(default)]
        mean: f64,
        /// The training rows' standard deviation (over n, as scikit-learn's `StandardScaler` has it), 1 for a column
        /// that is the same in all rows; 1 where it is not given.
        #[serde(default = "one")]
        scale: f64,
    },
    /// A column of words: the network gets a 1 for the row's word and a 0 for each other.
    Categories {
        /// The column's name.
        name: String,
        /// The words, in the order of the network's inputs.
        categories: Vec<String>,
    },
    /// All pixels of an image: a column of images, or columns of pixels `p<row><column>`, or `p<row>_<column>` where a side
    /// is longer than 10, with `_r`, `_g` and `_b` behind it in colour. It must be the only input.
    Image {
        /// Channels: 1 for grey, 3 for red, green and blue.
        #[serde(default = "one_channel")]
        channels: usize,
        /// Rows of pixels.
        height: usize,
        /// Columns of pixels.
        width: usize,
        /// The mean over all pixels of the training rows, one for each channel or one for all; 0 where it is not given.
        #[serde(default = "zeroes", with = "one_or_more")]
        mean: Vec<f64>,
        /// The standard deviation over all pixels of the training rows, likewise; 1 where it is not given.
        #[serde(default = "ones", with = "one_or_more")]
        scale: Vec<f64>,
        /// What a white pixel of an image file stands for, black being 0: 255 where a model was trained on images. Without
        /// it the model was trained on columns of pixels, and nothing says what their numbers mean; it then reads such
        /// columns, but no image files.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        white: Option<f64>,
    },
    /// Columns of numbers that make a sequence, step by step: the first `features` columns are the first step. Blank cells
    /// at the end of a row make it shorter. It must be the only input.
    Sequence {
        /// The columns' names, `steps` × `features`.
        names: Vec<String>,
        /// How many steps.
        steps: usize,
        /// Values at each step.
        features: usize,
        /// The training rows' mean of each value of a step; all 0 where it is not given.
        #[serde(default)]
        mean: Vec<f64>,
        /// The training rows' standard deviation of each value of a step; all 1 where it is not given.
        #[serde(default)]
        scale: Vec<f64>,
    },
    /// The characters of a text, in windows one behind the other; the network gets their numbers. It must be the only
    /// input, and the target the next character.
    Text {
        /// Characters of an example.
        window: usize,
        /// The characters that are known.
        characters: Vocabulary,
    },
}

/// What is learnt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Target {
    /// Which of these classes.
    Classes {
        /// The column's name.
        name: String,
        /// The classes, in the order of the network's outputs.
        classes: Vec<String>,
    },
    /// A number: the network learns (y - mean) / scale.
    Number {
        /// The column's name.
        name: String,
        /// The training rows' mean; 0 where it is not given.
        #[serde(default)]
        mean: f64,
        /// The training rows' standard deviation; 1 where it is not given.
        #[serde(default = "one")]
        scale: f64,
    },
    /// The next character at every step of a text.
    NextCharacter,
}

fn one() -> f64 {
    1.0
}

fn one_channel() -> usize {
    1
}

fn zeroes() -> Vec<f64> {
    vec![0.0]
}

fn ones() -> Vec<f64> {
    vec![1.0]
}

/// A number for all channels, or a list with one for each.
mod one_or_more {
    use serde::de::{SeqAccess, Visitor};
    use serde::{Deserializer, Serialize, Serializer};
    use std::fmt;

    /// Says what is wanted where something else stands.
    struct Numbers;

    impl<'de> Visitor<'de> for Numbers {
        type Value = Vec<f64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number for all channels, or a list with one for each")
        }

        fn visit_f64<E>(self, number: f64) -> Result<Vec<f64>, E> {
            Ok(vec![number])
        }

        fn visit_i64<E>(self, number: i64) -> Result<Vec<f64>, E> {
            Ok(vec![number as f64])
        }

        fn visit_u64<E>(self, number: u64) -> Result<Vec<f64>, E> {
            Ok(vec![number as f64])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<f64>, A::Error> {
            let mut numbers = Vec::new();
            while let Some(number) = list.next_element()? {
                numbers.push(number);
            }
            Ok(numbers)
        }
    }

    pub(super) fn serialize<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        match numbers {
            [one] => serializer.serialize_f64(*one),
            more => more.serialize(serializer),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        deserializer.deserialize_any(Numbers)
    }
}

/// Most classes of a target: more of them are names or numbers of things, not kinds, and the confusion matrix has
/// their square.
pub(super) const MOST_CLASSES: usize = 1_000;

/// More numbers an example than any encoder makes: what a file claims must not be taken as the size of a buffer.
const LARGEST_INPUT: usize = 1 << 26;

impl Input {
    /// How many numbers a row gives.
    pub fn width(&self) -> usize {
        match self {
            Input::Number { .. } => 1,
            Input::Categories { categories, .. } => categories.len(),
            Input::Image { .. } | Input::Sequence { .. } | Input::Text { .. } => self.shape().len(),
        }
    }

    fn shape(&self) -> Shape {
        match *self {
            Input::Image { channels, height, width, .. } => Shape::Image { channels, height, width },
            Input::Sequence { steps, features, .. } => Shape::Sequence { steps, features },
            Input::Text { window, .. } => Shape::Sequence { steps: window, features: 1 },
            _ => Shape::Flat(self.width()),
        }
    }
}

impl Target {
    /// The column's name.
    pub fn name(&self) -> &str {
        match self {
            Target::Classes { name, .. } | Target::Number { name, .. } => name,
            Target::NextCharacter => text::CHARACTER,
        }
    }
}

impl Encoder {
    /// An encoder put together by hand.
    ///
    /// Fails when there are no inputs, when names, categories or classes are repeated or missing, when a scale is zero
    /// or something is not finite, and when an image has company.
    pub fn new(inputs: Vec<Input>, target: Target) -> crate::Result<Self> {
        Encoder::try_from(Unchecked { inputs, target, window: None })
            .map_err(|message| crate::Error::shape("encoder", message))
    }

    /// An encoder of a series: each example is a window of consecutive rows, and the target is the next values of a column
    /// of numbers, which may be an input, too.
    ///
    /// Fails like [`Encoder::new`], when the target is no number, and when the window makes no sense.
    pub fn windowed(inputs: Vec<Input>, target: Target, window: Window) -> crate::Result<Self> {
        Encoder::try_from(Unchecked { inputs, target, window: Some(window) })
            .map_err(|message| crate::Error::shape("encoder", message))
    }

    /// The shape of one encoded example.
    pub fn shape(&self) -> Shape {
        match (self.inputs.as_slice(), self.window) {
            (_, Some(window)) => Shape::Sequence { steps: window.steps, features: self.row_width() },
            ([input @ (Input::Image { .. } | Input::Sequence { .. } | Input::Text { .. })], None) => input.shape(),
            _ => Shape::Flat(self.row_width()),
        }
    }

    /// How many numbers a row of the table gives.
    fn row_width(&self) -> usize {
        self.inputs.iter().map(Input::width).sum()
    }

    /// How a series is cut into examples; `None` where each row is an example.
    pub fn window(&self) -> Option<Window> {
        self.window
    }

    /// How many numbers a regression predicts for each example: the horizon of a forecast, else 1.
    pub fn horizon(&self) -> usize {
        self.window.map_or(1, |window| window.horizon)
    }

    /// The characters that a model of text knows; `None` for any other.
    pub fn vocabulary(&self) -> Option<&Vocabulary> {
        match self.inputs.as_slice() {
            [Input::Text { characters, .. }] => Some(characters),
            _ => None,
        }
    }

    /// How many examples with their answers so many rows make: as many, or as many windows as a series or a text has.
    pub fn examples(&self, rows: usize) -> usize {
        match (self.inputs.as_slice(), self.window) {
            (_, Some(window)) => (rows + 1).saturating_sub(window.steps.saturating_add(window.horizon)),
            ([Input::Text { window, .. }], None) => rows.saturating_sub(1) / (*window).max(1),
            _ => rows,
        }
    }

    /// The inputs in the order of the network's input.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// The names of the input columns, pixels included, in order.
    pub fn input_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for input in &self.inputs {
            match input {
                Input::Number { name, .. } | Input::Categories { name, .. } => names.push(name.clone()),
                Input::Sequence { names: columns, .. } => names.extend(columns.iter().cloned()),
                Input::Text { .. } => names.push(text::CHARACTER.to_owned()),
                Input::Image { .. } => names.extend(super::image::pixel_names(input.shape())),
            }
        }
        names
    }

    /// How image files must be read for this encoder; `None` where its input is no image. The number of threads is one.
    pub fn image_options(&self) -> Option<super::ImageOptions> {
        match *self.inputs.as_slice() {
            [Input::Image { channels, height, width, .. }] => {
                let options = super::ImageOptions::new().size(height, width).channels(channels);
                Some(options.class_column(self.target.name()))
            }
            _ => None,
        }
    }

    /// What is learnt.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Classification or regression.
    pub fn task(&self) -> Task {
        match self.target {
            Target::Classes { .. } | Target::NextCharacter => Task::Classification,
            Target::Number { .. } => Task::Regression,
        }
    }

    /// The classes in the order of the network's outputs; none for a regression.
    pub fn classes(&self) -> &[String] {
        match &self.target {
            Target::Classes { classes, .. } => classes,
            Target::Number { .. } => &[],
            Target::NextCharacter => self.vocabulary().map_or(&[], Vocabulary::names),
        }
    }

    /// An output of a regression in the target's own units: y · scale + mean.
    pub fn decode(&self, output: f64) -> f64 {
        match self.target {
            Target::Number { mean, scale, .. } => output * scale + mean,
            Target::Classes { .. } | Target::NextCharacter => output,
        }
    }

    /// By how much an error of a regression must be multiplied to be in the target's own units; 1 for classes.
    pub fn target_scale(&self) -> f64 {
        match self.target {
            Target::Number { scale, .. } => scale,
            Target::Classes { .. } | Target::NextCharacter => 1.0,
        }
    }
}

/// An encoder as it stands in a file, before anything is believed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    inputs: Vec<Input>,
    target: Target,
    #[serde(default)]
    window: Option<Window>,
}

impl TryFrom<Unchecked> for Encoder {
    type Error = String;

    fn try_from(Unchecked { inputs, target, window }: Unchecked) -> Result<Self, String> {
        use crate::error::printable;
        let mut names = std::collections::HashSet::new();
        let mut numbers = 0usize;
        let scaled = |name: &str, mean: f64, scale: f64| {
            if mean.is_finite() && scale.is_finite() && scale > 0.0 {
                return Ok(());
            }
            let name = printable(name);
            Err(format!("\"{name}\" has mean {mean} and scale {scale}; they must be finite, the scale above 0"))
        };
        for input in &inputs {
            match input {
                Input::Number { name, mean, scale } => scaled(name, *mean, *scale)?,
                Input::Categories { name, categories } => distinct(name, "categories", categories, 1)?,
                Input::Sequence { .. } | Input::Text { .. } => {}
                Input::Image { channels, mean, scale, white, .. } => {
                    let fits = |numbers: &[f64]| [1, *channels].contains(&numbers.len());
                    if ![1, 3].contains(channels) || inputs.len() != 1 || input.width() == 0 {
                        return Err(
                            "an image must have 1 or 3 channels and at least one pixel, and be the only input".into()
                        );
                    }
                    if !fits(mean) || !fits(scale) {
                        return Err(format!("an image of {channels} channels has one mean and one scale for each"));
                    }
                    for channel in 0..*channels {
                        scaled("image", of_channel(mean, channel), of_channel(scale, channel))?;
                    }
                    if white.is_some_and(|white| !(white.is_finite() && white > 0.0)) {
                        return Err("\"white\" must be a finite number above 0".into());
                    }
                }
            }
            if let Input::Sequence { names, steps, features, mean, scale } = input {
                check_sequence(names, *steps, *features, [mean, scale])?;
            }
            if let Input::Text { window, .. } = input
                && !(1..=LONGEST_WINDOW).contains(window)
            {
                return Err(format!("a window of {window} characters; it has 1 to {}", LONGEST_WINDOW));
            }
            let is_alone = matches!(input, Input::Sequence { .. } | Input::Text { .. });
            if is_alone && (inputs.len() != 1 || window.is_some()) {
                return Err("a sequence or a text must be the only input, without a window around it".into());
            }
            let own = match input {
                Input::Number { name, .. } | Input::Categories { name, .. } => std::slice::from_ref(name),
                Input::Sequence { names, .. } => names.as_slice(),
                _ => &[],
            };
            // A series may look at its target's own past.
            let is_target = |name: &str| window.is_none() && name == target.name();
            if let Some(name) =
                own.iter().find(|name| name.is_empty() || is_target(name) || !names.insert(name.as_str()))
            {
                let name = printable(name);
                return Err(format!("the input \"{name}\" is there twice, is the target, or has no name"));
            }
            numbers = numbers.saturating_add(input.width());
        }
        if let Some(window) = window {
            window.check().map_err(|(setting, message)| format!("{setting}: {message}"))?;
            let own = super::series::own_past(&inputs, &target, window);
            if window.relative && own.is_none() {
                return Err("a relative window needs the target's own past among the inputs, as a number".into());
            }
            if !matches!(target, Target::Number { .. }) || matches!(inputs.as_slice(), [Input::Image { .. }]) {
                return Err("a window is over columns, and its target is a number".into());
            }
            numbers = numbers.saturating_mul(window.steps).max(window.horizon);
        }
        if matches!(target, Target::NextCharacter) != matches!(inputs.as_slice(), [Input::Text { .. }]) {
            return Err("the next character is learnt from a text, and nothing else is".into());
        }
        if numbers == 0 || numbers > LARGEST_INPUT {
            return Err(format!("the inputs make {numbers} numbers; there must be 1 to {LARGEST_INPUT}"));
        }
        if target.name().is_empty() {
            return Err("the target has no name".into());
        }
        match &target {
            Target::Classes { classes, .. } if classes.len() > MOST_CLASSES => {
                return Err(format!("{} classes are too many; there may be {MOST_CLASSES}", classes.len()));
            }
            Target::Classes { name, classes } => distinct(name, "classes", classes, 2)?,
            Target::Number { name, mean, scale } => scaled(name, *mean, *scale)?,
            Target::NextCharacter => {}
        }
        Ok(Encoder { inputs, target, window })
    }
}

/// The number of a channel, where there is one for each or one for all.
fn of_channel(numbers: &[f64], channel: usize) -> f64 {
    numbers.get(channel).or(numbers.first()).copied().unwrap_or(f64::NAN)
}

/// Checks the numbers of a sequence against each other.
fn check_sequence(names: &[String], steps: usize, features: usize, scaling: [&Vec<f64>; 2]) -> Result<(), String> {
    if features == 0 || steps.checked_mul(features) != Some(names.len()) {
        return Err(format!(
            "a sequence has {} names of {steps} steps of {features} values; they must agree",
            names.len()
        ));
    }
    let [mean, scale] = scaling;
    let fits = |values: &[f64]| (values.is_empty() || values.len() == features) && values.iter().all(|x| x.is_finite());
    if !fits(mean) || !fits(scale) || scale.iter().any(|&scale| scale <= 0.0) {
        return Err(format!("mean and scale of a sequence are {features} finite numbers each, the scale above 0"));
    }
    Ok(())
}

/// Checks a list of words: enough of them, none twice.
fn distinct(name: &str, what: &str, words: &[String], least: usize) -> Result<(), String> {
    let name = crate::error::printable(name);
    if words.len() < least {
        return Err(format!("\"{name}\" has {} {what}; it needs at least {least}", words.len()));
    }
    let mut seen = std::collections::HashSet::new();
    match words.iter().find(|word| !seen.insert(word.as_str())) {
        None => Ok(()),
        Some(word) => Err(format!("\"{}\" is among the {what} of \"{name}\" twice", crate::error::printable(word))),
    }
}

#[cfg(test)]
mod tests;
