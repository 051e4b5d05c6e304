//! Which files of a folder are images, and what their folders say about them.

use super::broken;
use crate::error::{Place, printable};
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// How deep folders may lie in each other.
const DEEPEST: usize = 32;

/// The most files that a folder may hold.
const MOST_FILES: usize = 2_000_000;

/// What the folders of a split are called.
const TRAIN: [&str; 2] = ["train", "training"];
const VALIDATION: [&str; 4] = ["val", "valid", "validation", "dev"];
const TEST: [&str; 2] = ["test", "testing"];

/// An image file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Photo {
    pub(super) path: PathBuf,
    /// The name of its class folder, where there are class folders.
    pub(super) class: Option<String>,
}

/// The images of a folder: those for training first, then those for validation, then those for the test.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) photos: Vec<Photo>,
    pub(super) validation: Option<Range<usize>>,
    pub(super) test: Option<Range<usize>>,
    pub(super) notes: Vec<String>,
}

/// Looks through a folder.
pub(super) fn find(folder: &Path) -> Result<Found> {
    let mut search = Search::default();
    let top = search.list(folder, &[])?;
    let mut found = match parts(&top) {
        Some(parts) => search.split(folder, parts)?,
        None => {
            let photos = search.classes(folder, top)?;
            Found { photos, ..Found::default() }
        }
    };
    if found.photos.is_empty() {
        let message = format!(
            "this folder has no data set in it: it needs PNG or JPEG files in a folder for each class, or MNIST's files \
             (train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-… of the same){}",
            search.skipped().map_or_else(String::new, |skipped| format!("; there is nothing but {skipped}"))
        );
        return Err(Error::data(Place::new(folder.display().to_string()), message));
    }
    found.notes.extend(search.skipped().map(|skipped| format!("left out, for they are no PNG or JPEG: {skipped}")));
    if !search.empty.is_empty() {
        let names = search.empty.iter().map(|name| format!("\"{}\"", printable(name))).collect::<Vec<_>>().join(", ");
        found.notes.push(format!("no images in {names}: no class of its own"));
    }
    Ok(found)
}

pub(super) fn has_photo_ending(path: &Path) -> bool {
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    ["png", "jpg", "jpeg", "jpe", "jfif"].contains(&ending.as_str())
}

/// What lies in a folder, by name.
#[derive(Debug, Default)]
struct Listing {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

/// Training, validation and test folder, if the folders of a folder are these and nothing else.
fn parts(top: &Listing) -> Option<[Option<&PathBuf>; 3]> {
    let named = |names: &[&str]| {
        let is_named = |path: &&PathBuf| {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default().to_lowercase();
            names.contains(&name.as_str())
        };
        let all: Vec<&PathBuf> = top.folders.iter().filter(is_named).collect();
        (all.len() <= 1).then(|| all.first().copied())
    };
    let parts = [named(&TRAIN)?, named(&VALIDATION)?, named(&TEST)?];
    let all_are_parts = parts.iter().flatten().count() == top.folders.len();
    // With images beside the folders, or without folders within them, "train" and "test" are two classes.
    let has_classes = |folder: &PathBuf| {
        folder.read_dir().is_ok_and(|mut entries| {
            entries.any(|entry| entry.is_ok_and(|entry| entry.path().is_dir() && !is_hidden(&entry.path())))
        })
    };
    let split = parts[0].is_some_and(has_classes) && all_are_parts && top.files.is_empty();
    split.then_some(parts)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// What was met on the way.
#[derive(Debug, Default)]
struct Search {
    files: usize,
    /// How many files of each ending are no images.
    others: BTreeMap<String, usize>,
    /// Folders without images where classes were looked for.
    empty: Vec<String>,
}

impl Search {
    /// One part after the other. Each must have the classes of the training part, or some of them.
    fn split(&mut self, folder: &Path, parts: [Option<&PathBuf>; 3]) -> Result<Found> {
        let mut found = Found::default();
        let mut known: Vec<String> = Vec::new();
        for (number, part) in parts.into_iter().enumerate() {
            let Some(part) = part else { continue };
            let top = self.list(part, &[folder.to_owned()])?;
            let photos = self.classes(part, top)?;
            for photo in &photos {
                let Some(class) = &photo.class else {
                    let message = "this image lies beside the class folders; put it into the folder of its class";
                    return Err(broken(&photo.path, message));
                };
                if number == 0 && known.last() != Some(class) {
                    known.push(class.clone());
                }
                if !known.contains(class) {
                    let message =
                        format!("the training images have no class \"{class}\"; they have {}", known.join(", "));
                    return Err(broken(&photo.path, message));
                }
            }
            let range = found.photos.len()..found.photos.len() + photos.len();
            found.photos.extend(photos);
            match number {
                0 if range.is_empty() => return Err(broken(part, "there are no PNG or JPEG files to learn from")),
                1 if !range.is_empty() => found.validation = Some(range),
                2 if !range.is_empty() => found.test = Some(range),
                _ => {}
            }
        }
        Ok(found)
    }

    /// The images in class folders; or all images without a class, if some lie beside the class folders or there are none.
    fn classes(&mut self, folder: &Path, top: Listing) -> Result<Vec<Photo>> {
        let labelled = top.files.is_empty();
        let mut photos: Vec<Photo> = top.files.into_iter().map(|path| Photo { path, class: None }).collect();
        for class in top.folders {
            let mut files = Vec::new();
            self.walk(&class, &mut vec![folder.to_owned()], &mut files)?;
            let name = class.file_name().unwrap_or_default();
            if files.is_empty() {
                self.empty.push(name.to_string_lossy().into_owned());
                continue;
            }
            if labelled && name.to_str().is_none() {
                return Err(broken(&class, "the folder's name is not valid UTF-8; rename it, for it names a class"));
            }
            let class = if labelled { name.to_str().map(str::to_owned) } else { None };
            photos.extend(files.into_iter().map(|path| Photo { path, class: class.clone() }));
        }
        Ok(photos)
    }

    /// All images in a folder and its folders.
    fn walk(&mut self, folder: &Path, above: &mut Vec<PathBuf>, photos: &mut Vec<PathBuf>) -> Result<()> {
        let listing = self.list(folder, above)?;
        photos.extend(listing.files);
        above.push(folder.to_owned());
        for inner in &listing.folders {
            self.walk(inner, above, photos)?;
        }
        above.pop();
        Ok(())
    }

    /// The folders and the image files in a folder, sorted by name. What is hidden is passed over.
    fn list(&mut self, folder: &Path, above: &[PathBuf]) -> Result<Listing> {
        let trouble = |error| Error::io("read", folder, error);
        let real = folder.canonicalize().map_err(trouble)?;
        if above.iter().any(|above| above.canonicalize().is_ok_and(|above| above == real)) {
            return Err(broken(folder, "this link leads back to a folder that it lies in; remove it"));
        }
        if above.len() >= DEEPEST {
            return Err(broken(folder, format!("folders lie in each other more than {DEEPEST} deep")));
        }
        let mut paths = Vec::new();
        for entry in folder.read_dir().map_err(trouble)? {
            let path = entry.map_err(trouble)?.path();
            if !is_hidden(&path) {
                paths.push(path);
            }
            self.files += 1;
            if self.files > MOST_FILES {
                return Err(broken(folder, format!("there are more than {MOST_FILES} files; give a smaller folder")));
            }
        }
        paths.sort_unstable();
        let mut listing = Listing::default();
        for path in paths {
            if path.is_dir() {
                listing.folders.push(path);
            } else if has_photo_ending(&path) {
                listing.files.push(path);
            } else {
                let ending = path.extension().map(|ending| format!(".{}", ending.to_string_lossy().to_lowercase()));
                *self.others.entry(ending.unwrap_or_else(|| "without an ending".to_owned())).or_default() += 1;
            }
        }
        Ok(listing)
    }

    /// The files that are no images, counted by their endings.
    fn skipped(&self) -> Option<String> {
        const SHOWN: usize = 6;
        let mut endings: Vec<(&String, &usize)> = self.others.iter().collect();
        endings.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let total: usize = self.others.values().sum();
        let mut names: Vec<String> =
            endings.iter().take(SHOWN).map(|(ending, count)| format!("{count} {}", printable(ending))).collect();
        if endings.len() > SHOWN {
            names.push("…".to_owned());
        }
        let files = if total == 1 { "file" } else { "files" };
        (total > 0).then(|| format!("{total} other {files} ({})", names.join(", ")))
    }
}
