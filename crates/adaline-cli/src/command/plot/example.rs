//! One row of the data as the network sees it.

use crate::failure::{Code, Failure};
use crate::model;
use crate::source::shown;
use adaline::data::{Table, Target};
use adaline::reference::{self, Pass, Trace};
use adaline::{Inputs, Layer, Model, Network, Targets};
use std::path::Path;

/// One encoded row.
pub(super) struct Example {
    pub(super) values: Vec<f32>,
    /// How many steps are its own, where sequences have different lengths.
    length: Option<u32>,
    /// The number of its class, where the data has it.
    pub(super) class: Option<usize>,
}

impl Example {
    /// The row with this number, from 0.
    pub(super) fn read(model: &Model, table: &Table, row: u64) -> Result<Self, Failure> {
        let encoder = model.encoder();
        let (values, rows) = encoder.encode_inputs(table)?;
        let number = usize::try_from(row).ok().filter(|number| *number < rows).ok_or_else(|| {
            let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
            Failure::usage(format!("--row {row}: the data has {rows}, counted from 0"))
        })?;
        let width = encoder.shape().len();
        let values = values.get(number * width..(number + 1) * width).unwrap_or_default().to_vec();
        // A row whose answer is blank or unknown is drawn all the same.
        let known = table.names().any(|name| name == encoder.target().name());
        let samples = known.then(|| encoder.encode(table).ok()).flatten();
        let class = match samples.as_ref().map(adaline::Samples::targets) {
            Some(Targets::Classes(classes)) => classes.get(number).map(|class| *class as usize),
            _ => None,
        };
        let length = encoder.encode_lengths(table)?.and_then(|lengths| lengths.get(number).copied());
        Ok(Example { values, length, class })
    }

    /// As a model reads it.
    pub(super) fn inputs(&self) -> Inputs<'_> {
        Inputs { values: &self.values, lengths: self.lengths() }
    }

    fn lengths(&self) -> Option<&[u32]> {
        self.length.as_ref().map(std::slice::from_ref)
    }

    /// How many steps are its own, where sequences have different lengths.
    pub(super) fn own_steps(&self) -> Option<usize> {
        self.length.and_then(|length| usize::try_from(length).ok())
    }

    /// What every layer computes from it. Numbers that the model itself could not hold are an error.
    pub(super) fn trace(&self, model: &Model, path: &Path) -> Result<Trace, Failure> {
        let network = model.network();
        let values: Vec<f64> = self.values.iter().copied().map(f64::from).collect();
        let pass = Pass { lengths: self.lengths(), ..Pass::default() };
        let trace = reference::Network::of(network).and_then(|twin| twin.forward(&values, pass));
        let trace = trace.map_err(|error| model::in_use(error, path))?;
        for (number, (layer, done)) in network.layers().iter().zip(&trace.layers).enumerate() {
            if done.outputs.iter().any(|value| !(*value as f32).is_finite()) {
                let message = format!(
                    "{}: what comes out of layer {} ({layer}) is not finite: the weights or the inputs are too large for f32",
                    shown(path),
                    number + 1
                );
                return Err(Failure::new(Code::File, message));
            }
        }
        // The model computes in f32, where sums overflow that the trace still holds.
        if !matches!(model.encoder().target(), Target::NextCharacter) {
            model.predict_encoded(self.inputs(), 1).map_err(|error| model::in_use(error, path))?;
        }
        Ok(trace)
    }
}

/// The data as a title names it: a file without its folders, and a long name without its middle.
pub(super) fn data_name(table: &Table) -> String {
    const MOST: usize = 40;
    let source = table.source();
    let name: Vec<char> = source.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(source).chars().collect();
    if name.len() <= MOST {
        return name.into_iter().collect();
    }
    let (start, end) = (name.get(..MOST - 13).unwrap_or_default(), name.get(name.len() - 12..).unwrap_or_default());
    start.iter().chain(&['…']).chain(end).collect()
}

/// The layer with this number, from 1, or else the first one of a kind.
pub(super) fn find<'n>(
    network: &'n Network,
    number: Option<usize>,
    is_one: impl Fn(&Layer) -> bool,
    kind: &str,
) -> Result<(usize, &'n Layer), Failure> {
    let layers = network.layers();
    let all: Vec<String> = (0..layers.len()).filter(|i| is_one(&layers[*i])).map(|i| (i + 1).to_string()).collect();
    let there_are = match all.as_slice() {
        [] => format!("the model has no {kind}: {}", network.notation()),
        [one] => format!("its only {kind} is layer {one}"),
        several => format!("its {kind}s are the layers {}", several.join(", ")),
    };
    let found = match number {
        None => layers.iter().position(&is_one),
        Some(number) => number.checked_sub(1).filter(|at| layers.get(*at).is_some_and(&is_one)),
    };
    match (found.and_then(|at| Some((at, layers.get(at)?))), number) {
        (Some(found), _) => Ok(found),
        (None, None) => Err(Failure::usage(there_are)),
        (None, Some(number)) => {
            let what = match number.checked_sub(1).and_then(|at| layers.get(at)) {
                Some(layer) => format!("layer {number} is \"{layer}\" and no {kind}"),
                None => format!("there is no layer {number}; layers count from 1"),
            };
            Err(Failure::usage(format!("--layer {number}: {what}; {there_are}")))
        }
    }
}
