//! `--config FILE`: the flags of `train` from a JSON file.

use super::Command;
use crate::failure::Failure;
use std::ffi::OsString;

/// The command line with the flags of the file in it, before those that were typed, which win; nothing where no file is
/// named.
pub(crate) fn insert(_command: &Command, _words: Vec<OsString>) -> Result<Option<Vec<OsString>>, Failure> {
    Ok(None)
}
