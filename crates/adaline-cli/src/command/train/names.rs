//! Where a run writes: the model, the picture of its history, and a checkpoint.

use super::Arguments;
use crate::failure::Failure;
use crate::{files, source};
use std::path::{Path, PathBuf};

/// The files of a run.
pub(super) struct Names {
    pub(super) model: PathBuf,
    pub(super) history: PathBuf,
    pub(super) checkpoint: PathBuf,
}

impl Names {
    /// With `-o` that file and its neighbours, which must be free unless forced; else the first free names after the
    /// data. Whether they can be written is tried now, not after the training.
    pub(super) fn choose(arguments: &Arguments, data: &str) -> Result<Self, Failure> {
        let names = match &arguments.output {
            Some(path) => Names::beside(path),
            None => Names::free(&source::stem(data)),
        };
        files::may_write(&names.model, arguments.force)?;
        files::may_write(&names.history, arguments.force)?;
        // A run may go on in its own checkpoint and its own model, but never over its data.
        let goes_on = arguments.resume.as_ref().is_some_and(|path| files::same(path, &names.checkpoint));
        let data = [Some(Path::new(data)), arguments.config.as_deref()];
        let start = [arguments.from.as_deref(), arguments.resume.as_deref()];
        for name in [&names.model, &names.history, &names.checkpoint] {
            files::not_an_input(name, data.into_iter().flatten())?;
        }
        files::not_an_input(&names.model, arguments.resume.as_deref())?;
        files::not_an_input(&names.history, start.into_iter().flatten())?;
        files::not_an_input(&names.checkpoint, arguments.from.as_deref())?;
        files::may_write(&names.checkpoint, arguments.force || goes_on)?;
        Ok(names)
    }

    /// `flowers.safetensors`, `flowers.history.svg`, `flowers.checkpoint.safetensors`.
    fn beside(model: &Path) -> Self {
        let neighbour = |ending: &str| {
            let name = model.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let stem = name.strip_suffix(".safetensors").unwrap_or(&name).to_owned();
            model.with_file_name(format!("{stem}.{ending}"))
        };
        Names {
            model: model.to_owned(),
            history: neighbour("history.svg"),
            checkpoint: neighbour("checkpoint.safetensors"),
        }
    }

    /// The first of `iris`, `iris-2`, `iris-3` … of which no file is there. `stem` may lie in another folder.
    pub(super) fn free(stem: &str) -> Self {
        let mut number = 1u64;
        loop {
            let stem = if number == 1 { stem.to_owned() } else { format!("{stem}-{number}") };
            let names = Names::beside(Path::new(&format!("{stem}.safetensors")));
            let taken = |path: &Path| path.symlink_metadata().is_ok();
            if ![&names.model, &names.history, &names.checkpoint].into_iter().any(|path| taken(path)) {
                return names;
            }
            number += 1;
        }
    }
}
