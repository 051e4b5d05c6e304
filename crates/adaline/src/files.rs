//! Files are written whole or not at all.

use crate::{Error, Result};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Whether a file that is already there may be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// An existing file is an error.
    No,
    /// An existing file is replaced, in one step.
    Yes,
}

/// Writes a file: into a temporary file beside it, to the disk, and only then under its name. On any error the file is
/// absent or what it was before, and no temporary file is left.
pub fn write_whole(path: impl AsRef<Path>, bytes: &[u8], overwrite: Overwrite) -> Result<()> {
    let path = path.as_ref();
    refuse(path, overwrite)?;
    let failed = |source: io::Error| Error::io("write", path, bare(source));
    let folder = folder_of(path);
    // Opened before anything is written: what cannot be synced must fail while nothing has happened.
    let opened = if cfg!(unix) { Some(std::fs::File::open(&folder).map_err(failed)?) } else { None };
    let mut file = temporary(&folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    let renamed = match overwrite {
        Overwrite::Yes => file.persist(path),
        Overwrite::No => file.persist_noclobber(path),
    };
    renamed.map_err(|error| failed(error.error))?;
    // A rename is on the disk only when the folder is.
    opened.map_or(Ok(()), |folder| folder.sync_all()).map_err(failed)
}

/// Finds out whether a file could be written, before hours of work depend on it: the folder takes new files, and nothing
/// is in the way.
pub fn check_writable(path: impl AsRef<Path>, overwrite: Overwrite) -> Result<()> {
    let path = path.as_ref();
    refuse(path, overwrite)?;
    temporary(&folder_of(path)).map(drop).map_err(|source| Error::io("write", path, bare(source)))
}

/// The machine's own word, without the temporary file's name, which means nothing to a person.
fn bare(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::NotFound {
        return io::Error::new(error.kind(), "there is no such folder; make it first");
    }
    let text = error.to_string();
    match text.split_once(" at path ") {
        Some((word, _)) => io::Error::new(error.kind(), word),
        None => error,
    }
}

/// What is in the way of writing there.
fn refuse(path: &Path, overwrite: Overwrite) -> Result<()> {
    let shown = crate::error::printable(&path.to_string_lossy());
    if path.file_name().is_none() {
        return Err(Error::setting("output", format!("{shown} is no name for a file")));
    }
    match path.metadata() {
        // Renaming over a device or a pipe would remove it.
        Ok(there) if !there.is_file() => {
            Err(Error::setting("output", format!("{shown} is there and is no regular file; choose another name")))
        }
        Ok(_) if overwrite == Overwrite::No => Err(Error::setting(
            "output",
            format!("{shown} is already there; choose another name, or replace it with --force"),
        )),
        _ => Ok(()),
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn temporary(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".adaline-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // As any new file: what the umask leaves of this.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
        builder.tempfile_in(folder)
    }
    #[cfg(not(unix))]
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_is_replaced_only_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_whole(&path, b"one", Overwrite::No).unwrap();
        let refused = write_whole(&path, b"two", Overwrite::No).unwrap_err().to_string();
        assert!(refused.contains("--force"), "{refused}");
        assert_eq!(fs::read(&path).unwrap(), b"one");
        write_whole(&path, b"two", Overwrite::Yes).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn what_cannot_be_written_is_found_out_before() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check_writable(folder.path().join("no/such/folder"), Overwrite::No).is_err());
        assert!(check_writable(folder.path(), Overwrite::Yes).is_err());
        check_writable(folder.path().join("b"), Overwrite::No).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_never_renamed_over() {
        assert!(write_whole("/dev/full", b"x", Overwrite::Yes).is_err());
        assert!(Path::new("/dev/full").exists());
    }
}
