//! Folders of PNG and JPEG files: a folder for each class, perhaps already split into training, validation and test.

mod decode;
mod exif;
mod folders;

use super::column::Column;
use super::image_options::ImageOptions;
use super::images::Images;
use super::picture::Picture;
use super::table::{Lines, Parts, Table};
use crate::error::{Place, printable};
use crate::{Error, Result};
use folders::{Found, Photo};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The column of the pixels.
const IMAGE: &str = "image";

/// Images up to this side are taken as they are, if all are of one size; others are made no larger.
const LARGEST_SIDE: usize = 64;

/// A side is made a multiple of this, so that it can be halved by pooling; smaller ones stay.
const STEP: usize = 8;

/// The most bytes that all images may have together, as many as of an IDX file.
const BUDGET: usize = 3 << 30;

/// Whether this is an image file: by its first bytes, or by its name, so that what is no image in spite of its name is
/// told as that.
pub(super) fn is_photo(path: &Path, head: &[u8]) -> bool {
    decode::Format::of(head).is_some() || folders::has_photo_ending(path)
}

/// Reads one image file.
pub(super) fn read_file(path: &Path, options: &ImageOptions) -> Result<Table> {
    options.check()?;
    let photo = Photo { path: path.to_owned(), class: None };
    table(path, Found { photos: vec![photo], ..Found::default() }, options)
}

/// Reads a folder of images, of class folders, or of parts with class folders.
pub(super) fn read_folder(folder: &Path, options: &ImageOptions) -> Result<Table> {
    options.check()?;
    table(folder, folders::find(folder)?, options)
}

fn table(path: &Path, found: Found, options: &ImageOptions) -> Result<Table> {
    let source = path.display().to_string();
    let mut notes = found.notes;
    let size = match options.size {
        Some(size) => size,
        None => choose_size(&found.photos, options, &mut notes)?,
    };
    let channels = options.channels.unwrap_or(3);
    let bytes = found.photos.len().checked_mul(channels * size.0 * size.1).filter(|bytes| *bytes <= BUDGET);
    if bytes.is_none() {
        let message = format!(
            "{} images of {}x{} pixels are more than fit into memory; make them smaller (--image-size)",
            found.photos.len(),
            size.0,
            size.1
        );
        return Err(Error::data(Place::new(source), message));
    }
    let pictures = each(&found.photos, options.threads, |photo| {
        let picture = decode::read(&photo.path)?;
        let picture = if options.channels == Some(1) { picture.into_grey() } else { picture.reduced() };
        Ok(picture.resized(size.0, size.1))
    })?;
    let images = join(pictures, options.channels, size)?;
    let mut columns = vec![Column::images(IMAGE, images)];
    let classes: Option<Vec<&str>> = found.photos.iter().map(|photo| photo.class.as_deref()).collect();
    let labelled = classes.is_some();
    if let Some(classes) = classes {
        columns.push(Column::text(&options.class, classes));
    }
    let files = found.photos.iter().map(|photo| photo.path.display().to_string()).collect();
    let table = Table::with_lines(source, columns, Lines::Files(files))?;
    let table = if labelled { table.with_target(&options.class) } else { table };
    let parts = match (found.validation, found.test) {
        (None, None) => Parts::Free,
        (validation, test) => Parts::Given { validation, test },
    };
    Ok(table.with_parts(parts).with_notes(notes))
}

/// All images in one: grey if all are, unless it is said.
fn join(pictures: Vec<Picture>, channels: Option<usize>, (height, width): (usize, usize)) -> Result<Images> {
    let channels = channels.unwrap_or_else(|| if pictures.iter().all(|picture| picture.channels == 1) { 1 } else { 3 });
    let mut bytes = Vec::with_capacity(pictures.len() * channels * height * width);
    for picture in pictures {
        bytes.extend(picture.planes(channels));
    }
    Images::new(channels, height, width, bytes)
}

/// The size that suits images of these sizes: their own where all have the same and it is small; otherwise about their
/// median, made no longer than 64, and square where their shapes differ.
fn choose_size(photos: &[Photo], options: &ImageOptions, notes: &mut Vec<String>) -> Result<(usize, usize)> {
    let sizes = each(photos, options.threads, |photo| decode::size(&photo.path))?;
    let (chosen, note) = suited(&sizes);
    notes.extend(note);
    Ok(chosen)
}

fn suited(sizes: &[(usize, usize)]) -> ((usize, usize), Option<String>) {
    let median = |mut sides: Vec<usize>| {
        sides.sort_unstable();
        sides.get(sides.len() / 2).copied().unwrap_or(1)
    };
    let (height, width) =
        (median(sizes.iter().map(|size| size.0).collect()), median(sizes.iter().map(|size| size.1).collect()));
    let same = sizes.iter().all(|size| *size == (height, width));
    if same && height.max(width) <= LARGEST_SIDE {
        return ((height, width), None);
    }
    // As high to wide as most, to a tenth.
    let like_median = |&(h, w): &(usize, usize)| {
        let (ours, median) = ((h * width) as f64, (height * w) as f64);
        ours <= 1.1 * median && median <= 1.1 * ours
    };
    let shrink = (LARGEST_SIDE as f64 / height.max(width) as f64).min(1.0);
    let rounded = |side: usize| {
        let side = side as f64 * shrink;
        if side < STEP as f64 { (side.round() as usize).max(1) } else { (side / STEP as f64).round() as usize * STEP }
    };
    let longest = rounded(height.max(width));
    let chosen = if sizes.iter().all(like_median) { (rounded(height), rounded(width)) } else { (longest, longest) };
    let from = if same { format!("{height}x{width}") } else { spread(sizes) };
    let note = format!(
        "images of {from} pixels (height x width) are made {}x{}; --image-size says otherwise",
        chosen.0, chosen.1
    );
    (chosen, Some(note))
}

/// The smallest and the largest of some sizes, by their area.
fn spread(sizes: &[(usize, usize)]) -> String {
    let area = |size: &&(usize, usize)| size.0 * size.1;
    let show = |size: Option<&(usize, usize)>| size.map_or_else(String::new, |(h, w)| format!("{h}x{w}"));
    format!("{} to {}", show(sizes.iter().min_by_key(area)), show(sizes.iter().max_by_key(area)))
}

/// Does something with each photo on some threads. The results, and which error is told, are those of doing it one after
/// the other.
fn each<T: Send>(photos: &[Photo], threads: usize, work: impl Fn(&Photo) -> Result<T> + Sync) -> Result<Vec<T>> {
    let waiting = Mutex::new(photos.iter().enumerate());
    let done = Mutex::new((Vec::with_capacity(photos.len()), None::<(usize, Error)>));
    let run = || {
        loop {
            let failed = done.lock().unwrap_or_else(PoisonError::into_inner).1.is_some();
            // Photos are handed out in order, so those before a broken one are at work or done already.
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next().filter(|_| !failed);
            let Some((place, photo)) = next else { return };
            let result = work(photo);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            match result {
                Ok(value) => done.0.push((place, value)),
                Err(error) if done.1.as_ref().is_none_or(|(first, _)| place < *first) => done.1 = Some((place, error)),
                Err(_) => {}
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(photos.len()) {
            scope.spawn(run);
        }
        run();
    });
    let (mut values, error) = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, error)) = error {
        return Err(error);
    }
    values.sort_by_key(|(place, _)| *place);
    Ok(values.into_iter().map(|(_, value)| value).collect())
}

/// An error about one file.
fn broken(path: &Path, message: impl std::fmt::Display) -> Error {
    Error::data(Place::new(path.display().to_string()), printable(&message.to_string()))
}

#[cfg(test)]
mod tests;
