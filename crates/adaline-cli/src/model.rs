//! Opening a model that a person named.

use crate::failure::{Code, Failure};
use crate::source::{near_file, shown};
use adaline::{Error, Model};
use std::path::Path;

/// Reads a model file.
pub(crate) fn load(path: &Path) -> Result<Model, Failure> {
    Model::load(path).map_err(|error| explained(error, path))
}

/// A missing file is told with what might have been meant.
pub(crate) fn explained(error: Error, path: &Path) -> Failure {
    match error {
        Error::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            let (name, near) = (shown(path), near_file(path));
            let mend = if near.is_empty() { "; adaline train makes one".to_owned() } else { near };
            Failure::new(Code::Machine, format!("{name}: there is no such model file{mend}"))
        }
        other => other.into(),
    }
}

/// What goes wrong while a model is used: shapes that do not fit, or outputs that are not finite, stand in its file.
pub(crate) fn in_use(error: Error, path: &Path) -> Failure {
    match error {
        Error::Shape { .. } => Failure::new(Code::File, format!("{}: {error}", shown(path))),
        other => other.into(),
    }
}
