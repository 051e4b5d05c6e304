//! Files that the program writes: whole or not at all, and never over another file unless told.

use crate::failure::Failure;
use crate::source::shown;
use adaline::files::{Overwrite, check_writable, write_whole};
use std::path::Path;

fn overwrite(force: bool) -> Overwrite {
    if force { Overwrite::Yes } else { Overwrite::No }
}

/// Whether a file may and can be written here: an existing one only with `--force`. Asked before the work is done.
pub(crate) fn may_write(path: &Path, force: bool) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::usage(format!("{}: this is a folder; name a file in it", shown(path))));
    }
    if !force && path.symlink_metadata().is_ok() {
        let name = shown(path);
        return Err(Failure::usage(format!(
            "{name}: the file exists; choose another name, or overwrite it with --force"
        )));
    }
    Ok(check_writable(path, overwrite(force))?)
}

/// Refuses to write over what the command reads, even with `--force`: the data would be gone before anyone saw it.
pub(crate) fn not_an_input<'a>(output: &Path, inputs: impl IntoIterator<Item = &'a Path>) -> Result<(), Failure> {
    match inputs.into_iter().find(|input| same(input, output)) {
        None => Ok(()),
        Some(_) => {
            let name = shown(output);
            Err(Failure::usage(format!("{name}: this command reads this file; write the result to another one")))
        }
    }
}

/// Whether two paths lead to one file that is there.
pub(crate) fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Writes a whole file.
pub(crate) fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), Failure> {
    may_write(path, force)?;
    Ok(write_whole(path, bytes, overwrite(force))?)
}
