//! A model in one safetensors file. `docs/model-format.md` is the specification; this is the code that keeps to it.

use super::{Model, Record, hex};
use crate::data::Encoder;
use crate::error::printable;
use crate::files::{Overwrite, write_whole};
use crate::kernel::buffer::Buffer;
use crate::network::NetworkLayout;
use crate::trainer::{Best, Checkpoint, Progress};
use crate::{Epoch, Error, Layer, Network, Result, Shape};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensorError, SafeTensors};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

/// The key in the header's metadata.
const KEY: &str = "adaline";

/// The version of the format that this program writes, and the newest that it reads.
const FORMAT: u64 = 1;

/// Largest file that is read: the weights of the largest network that is made, with a run's state.
const MAX_BYTES: u64 = 16 << 30;

/// Where the JSON text ends and the hash begins.
const HASH_KEY: &str = ",\"sha256\":\"";

/// The JSON text under the key. The hash is not a field here: it is cut off before reading and put on after writing.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u64,
    layers: Vec<Layer>,
    encoder: Encoder,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record: Option<Record>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checkpoint: Option<CheckpointHeader>,
}

/// The part of a run's state that is not tensors.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointHeader {
    steps: u64,
    /// The epoch of the best weights, which are then the model's own tensors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    best_epoch: Option<usize>,
    progress: Progress,
}

/// A tensor by its name, shape and values, on the way to or from a file.
struct Stored {
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// The names of a run's tensors: `checkpoint.weights.layers.0.bias`, `checkpoint.memory.0.layers.0.bias`.
const WEIGHTS: &str = "checkpoint.weights.";
const MEMORY: &str = "checkpoint.memory.";

pub(super) fn write(model: &Model, checkpoint: Option<&Checkpoint>, path: &Path, overwrite: Overwrite) -> Result<()> {
    write_whole(path, &to_bytes(model, checkpoint, path)?, overwrite)
}

pub(super) fn to_bytes(model: &Model, checkpoint: Option<&Checkpoint>, path: &Path) -> Result<Vec<u8>> {
    let network = &model.network;
    let mut tensors: BTreeMap<String, Stored> = BTreeMap::new();
    let buffers = [(String::new(), network.params())].into_iter();
    let run = checkpoint.into_iter().flat_map(|checkpoint| {
        let memory = checkpoint.slots.iter().enumerate().map(|(slot, buffer)| (format!("{MEMORY}{slot}."), buffer));
        [(WEIGHTS.to_owned(), &checkpoint.params)].into_iter().chain(memory)
    });
    for (prefix, buffer) in buffers.chain(run) {
        if !crate::kernel::update::all_finite(buffer) {
            return Err(Error::model_file(
                path,
                "not written: the weights are not finite; train with a smaller learning rate",
            ));
        }
        for tensor in network.tensor_list() {
            let values = tensor.parameter.layout.to_file(tensor.len(), &buffer[tensor.range.clone()]);
            let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            tensors.insert(format!("{prefix}{}", tensor.name), Stored { shape: tensor.parameter.shape.clone(), bytes });
        }
    }
    let header = Header {
        format: FORMAT,
        layers: network.layers().to_vec(),
        encoder: model.encoder.clone(),
        record: model.record.clone(),
        checkpoint: checkpoint.map(|checkpoint| {
            let best_epoch = checkpoint.progress.best.as_ref().map(|best| best.epoch);
            let mut progress = checkpoint.progress.clone();
            progress.history = Epoch::thinned(&progress.history, best_epoch.unwrap_or(0));
            CheckpointHeader { steps: checkpoint.steps, best_epoch, progress }
        }),
    };
    let broken = |error: String| Error::model_file(path, format!("not written: {error}"));
    let mut text = serde_json::to_string(&header).map_err(|error| broken(error.to_string()))?;
    text.pop(); // the closing brace comes behind the hash
    let hash = hash(
        &text,
        tensors.iter().map(|(name, tensor)| (name.as_str(), tensor.shape.as_slice(), tensor.bytes.as_slice())),
    );
    let text = format!("{text}{HASH_KEY}{hash}\"}}");
    let mut views = Vec::with_capacity(tensors.len());
    for (name, tensor) in &tensors {
        let view = TensorView::new(Dtype::F32, tensor.shape.clone(), &tensor.bytes)
            .map_err(|error| broken(error.to_string()))?;
        views.push((name.as_str(), view));
    }
    // One key alone: several would come in another order each time.
    safetensors::serialize(views, Some(HashMap::from([(KEY.to_owned(), text)])))
        .map_err(|error| broken(error.to_string()))
}

/// The hash of a file: of the JSON text before the hash, and of every tensor in the order of the names.
fn hash<'a>(text: &str, tensors: impl Iterator<Item = (&'a str, &'a [usize], &'a [u8])>) -> String {
    let mut hash = Sha256::new();
    hash.update(text.as_bytes());
    for (name, shape, bytes) in tensors {
        let shape: Vec<String> = shape.iter().map(ToString::to_string).collect();
        hash.update(format!("\n{name}\n{}\n", shape.join("x")).as_bytes());
        hash.update(bytes);
    }
    hex(&hash.finalize())
}

pub(super) fn read(path: &Path) -> Result<(Model, Option<Checkpoint>)> {
    let failed = |source| Error::io("read", path, source);
    let about = std::fs::metadata(path).map_err(failed)?;
    if about.is_dir() {
        return Err(Error::model_file(path, "a folder, and no model file"));
    }
    // A device may never end.
    if !about.is_file() {
        return Err(Error::model_file(path, "no regular file, and so no model"));
    }
    if about.len() > MAX_BYTES {
        return Err(Error::model_file(
            path,
            format!("{} bytes are more than any model of this program has", about.len()),
        ));
    }
    parse(&std::fs::read(path).map_err(failed)?, path)
}

pub(super) fn parse(bytes: &[u8], path: &Path) -> Result<(Model, Option<Checkpoint>)> {
    let bad = |message: String| Error::model_file(path, message);
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| bad(explain(&error, bytes)))?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| bad(explain(&error, bytes)))?;
    let text = metadata.metadata().as_ref().and_then(|metadata| metadata.get(KEY)).ok_or_else(|| {
        bad(format!(
            "a safetensors file without adaline's description (the key \"{KEY}\" in its metadata), so the layers are unknown; \
             docs/model-format.md tells how to add it"
        ))
    })?;
    refuse_newer(text).map_err(bad)?;
    let text = check_hash(text, &file).map_err(bad)?;
    let header: Header = serde_json::from_str(&text).map_err(|error| match error.to_string() {
        error if error.contains("field `sha256`") => bad(
            "the field \"sha256\" must be the last one, written without blanks as 64 digits in quotes; or leave it out"
                .to_owned(),
        ),
        error => bad(format!("the description is damaged: {error}")),
    })?;
    let layout = NetworkLayout::new(header.encoder.shape(), header.layers).map_err(|error| bad(error.to_string()))?;
    // A parameter has four bytes; a file that claims more of them than it has bytes gets no memory.
    if layout.parameters() > bytes.len() / size_of::<f32>() {
        return Err(bad(format!(
            "its layers have {} parameters, and the file is too short for them",
            layout.parameters()
        )));
    }
    let mut network = layout.zeroed();
    load(&mut network, &file, "").map_err(bad)?;
    let variances = network.tensors().map(|(name, _)| name).filter(|name| name.ends_with("running_var"));
    for name in variances {
        if network.get(name).is_ok_and(|values| values.iter().any(|&x| x < 0.0)) {
            return Err(bad(format!("the tensor \"{name}\" holds a variance below 0")));
        }
    }
    let own: HashSet<&str> = network.tensors().map(|(name, _)| name).collect();
    let known = |name: &str| name.starts_with("checkpoint.") || own.contains(name);
    if let Some(name) = file.names().into_iter().filter(|name| !known(name)).min() {
        return Err(bad(format!("it holds a tensor \"{}\" that the layers do not have", printable(name))));
    }
    let checkpoint = match header.checkpoint {
        Some(header) => Some(read_checkpoint(header, &network, &file).map_err(bad)?),
        None => None,
    };
    let model = Model { encoder: header.encoder, network, record: header.record };
    model.check().map_err(|error| bad(error.to_string()))?;
    Ok((model, checkpoint))
}

/// What a reader's complaint means to the user.
fn explain(error: &SafeTensorError, bytes: &[u8]) -> String {
    match error {
        _ if bytes.is_empty() => "the file is empty".to_owned(),
        SafeTensorError::HeaderTooSmall
        | SafeTensorError::HeaderTooLarge
        | SafeTensorError::InvalidHeaderLength
        | SafeTensorError::InvalidHeader(_)
        | SafeTensorError::InvalidHeaderDeserialization(_) => {
            "no model: the start is not that of a safetensors file, or the file is cut off in its header".to_owned()
        }
        SafeTensorError::MetadataIncompleteBuffer => {
            "the file is cut off or too long: its size is not what its header says; copy it again".to_owned()
        }
        SafeTensorError::TensorInvalidInfo
        | SafeTensorError::InvalidOffset(_)
        | SafeTensorError::ValidationOverflow => "damaged: sizes in its header contradict each other".to_owned(),
        other => format!("damaged: {}", printable(&other.to_string())),
    }
}

/// Checks the hash where there is one, and returns the text without it.
fn check_hash(text: &str, file: &SafeTensors<'_>) -> Result<String, String> {
    let Some((before, rest)) = text.rsplit_once(HASH_KEY) else { return Ok(text.to_owned()) };
    let Some(wanted) = rest.strip_suffix("\"}") else {
        // Not the place where this program writes it: then it is part of something else, and reading will tell.
        return Ok(text.to_owned());
    };
    let mut tensors: Vec<(String, TensorView<'_>)> = file.tensors();
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    let found = hash(before, tensors.iter().map(|(name, view)| (name.as_str(), view.shape(), view.data())));
    if found != wanted.to_lowercase() {
        return Err(
            "damaged: its contents do not match its hash, so a number or a name has changed since it was written; \
             copy it again, or delete the field \"sha256\" if the change was on purpose"
                .to_owned(),
        );
    }
    Ok(format!("{before}}}"))
}

/// A newer format may differ in any way, so its number is looked at before anything else.
fn refuse_newer(text: &str) -> Result<(), String> {
    #[derive(Deserialize)]
    struct Version {
        format: u64,
    }
    let Version { format } = serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => format!("the description has no format number: {error}"),
        _ => format!("the description is not valid JSON: {error}"),
    })?;
    match format {
        0 => Err("format 0 does not exist; this program reads format 1".to_owned()),
        1..=FORMAT => Ok(()),
        newer => {
            Err(format!("format {newer} is newer than this program, which reads up to format {FORMAT}; update adaline"))
        }
    }
}

/// Sets all tensors of a network from the file, whose names stand behind a prefix.
fn load(network: &mut Network, file: &SafeTensors<'_>, prefix: &str) -> Result<(), String> {
    let wanted: Vec<(String, Vec<usize>)> =
        network.tensors().map(|(name, shape)| (name.to_owned(), shape.to_vec())).collect();
    for (name, shape) in wanted {
        let full = format!("{prefix}{name}");
        let view =
            file.tensor(&full).map_err(|_| format!("the tensor \"{full}\" is missing; its shape is {shape:?}"))?;
        if view.shape() != shape {
            return Err(format!("the tensor \"{full}\" has shape {:?} and the layer wants {shape:?}", view.shape()));
        }
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(),
            Dtype::F64 => view.data().as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes) as f32).collect(),
            other => return Err(format!("the tensor \"{full}\" is of type {other:?}; write it as F32")),
        };
        network.set(&name, &values).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn read_checkpoint(header: CheckpointHeader, network: &Network, file: &SafeTensors<'_>) -> Result<Checkpoint, String> {
    let buffer = |prefix: &str| -> Result<Buffer, String> {
        let mut copy = network.clone();
        load(&mut copy, file, prefix)?;
        Ok(copy.params().clone())
    };
    let mut slots = Vec::new();
    // No optimizer remembers more than two numbers for each parameter.
    while slots.len() < 2 && file.names().iter().any(|name| name.starts_with(&format!("{MEMORY}{}.", slots.len()))) {
        slots.push(buffer(&format!("{MEMORY}{}.", slots.len()))?);
    }
    let mut progress = header.progress;
    let best = header.best_epoch.unwrap_or(0);
    // A network may answer at every step of an example.
    let answers = match network.output() {
        Shape::Sequence { steps, .. } => steps,
        _ => 1,
    };
    let sane = progress.epoch == progress.history.last().map_or(0, |epoch| epoch.epoch)
        && best <= progress.epoch
        && progress.rows <= u32::MAX as usize
        && progress.correct <= progress.rows.saturating_mul(answers);
    if !sane {
        return Err("the counters of the run contradict each other; train anew".to_owned());
    }
    progress.best = header.best_epoch.map(|epoch| Best { epoch, params: network.params().clone() });
    Ok(Checkpoint { params: buffer(WEIGHTS)?, slots, steps: header.steps, progress })
}
