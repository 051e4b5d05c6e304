//! Files that the program writes: whole or not at all, and never over another file unless told.

use crate::failure::Failure;
use crate::source::shown;
use std::path::Path;

/// Whether a file may be written here: an existing one only with `--force`. Asked before the work is done.
pub(crate) fn may_write(path: &Path, force: bool) -> Result<(), Failure> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(Failure::usage(format!(
            "{}: the file exists; choose another name or overwrite it with --force",
            shown(path)
        )));
    }
    Ok(())
}

/// Writes a whole file.
pub(crate) fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), Failure> {
    may_write(path, force)?;
    std::fs::write(path, bytes).map_err(|error| adaline::Error::io("write", path, error).into())
}
