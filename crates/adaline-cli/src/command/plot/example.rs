//! One row of the data as the network sees it.

use crate::failure::Failure;
use crate::model;
use adaline::data::Table;
use adaline::reference::{self, Pass, Trace};
use adaline::{Inputs, Layer, Model, Network, Targets};
use std::path::Path;

/// One encoded row.
pub(super) struct Example {
    pub(super) values: Vec<f32>,
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
        Ok(Example { values, class })
    }

    /// As a model reads it.
    pub(super) fn inputs(&self) -> Inputs<'_> {
        Inputs { values: &self.values, lengths: None }
    }

    /// What every layer computes from it.
    pub(super) fn trace(&self, network: &Network, path: &Path) -> Result<Trace, Failure> {
        let values: Vec<f64> = self.values.iter().copied().map(f64::from).collect();
        let trace = reference::Network::of(network).and_then(|twin| twin.forward(&values, Pass::default()));
        trace.map_err(|error| model::in_use(error, path))
    }
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
