//! MNIST's format, IDX: images in one file, labels in another, both perhaps compressed with gzip.
//!
//! A file is: two bytes 0, a byte for the type of the values (8: unsigned bytes, the only one read here), a byte for the
//! number of dimensions, each dimension as four bytes, most significant first, then the values. Images have three
//! dimensions (images, rows, columns), labels one. See <http://yann.lecun.com/exdb/mnist/>.

use super::column::Column;
use super::image_options::ImageOptions;
use super::images::{self, Images};
use super::picture::Picture;
use super::table::{Parts, Table};
use crate::error::Place;
use crate::{Error, Result};
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

/// The most bytes of values that a file may claim: five times the largest set known (EMNIST).
const BUDGET: u64 = 3 << 30;

/// The column of the images.
const IMAGE: &str = "image";

/// The column of the labels.
const LABEL: &str = "label";

/// The values of a file, with their dimensions.
#[derive(Debug, PartialEq)]
struct Values {
    dimensions: Vec<usize>,
    bytes: Vec<u8>,
}

/// Images of one size, with their labels if they are known.
struct Pair {
    images: Values,
    labels: Option<Values>,
}

/// Whether a file's first bytes are those of an IDX file, or of one in gzip.
pub(super) fn is_idx(head: &[u8]) -> bool {
    match head {
        [0x1f, 0x8b, ..] => {
            let mut magic = [0; 2];
            MultiGzDecoder::new(head).read_exact(&mut magic).is_ok() && magic == [0, 0]
        }
        [0, 0, kind, dimensions, ..] => *kind >= 8 && (1..=4).contains(dimensions),
        _ => false,
    }
}

/// Reads a folder with MNIST's pairs. `train-…` and `t10k-…` together give training and test rows; one alone is a table.
/// Nothing where the folder has no such files.
pub(super) fn read_folder(folder: &Path, options: &ImageOptions) -> Result<Option<Table>> {
    let find = |part: &str| {
        let spellings = ["-images-idx3-ubyte", "-images.idx3-ubyte"];
        let endings = ["", ".gz"];
        let names = spellings.iter().flat_map(|name| endings.map(|end| format!("{part}{name}{end}")));
        names.map(|name| folder.join(name)).find(|path| path.is_file())
    };
    let (train, test) = (find("train"), find("t10k"));
    let source = folder.display().to_string();
    let needs_labels = |path: &Path| {
        let pair = read_pair(path)?;
        match pair.labels {
            Some(_) => Ok(pair),
            None => Err(Error::data(Place::new(path.display().to_string()), "its file of labels is not beside it")),
        }
    };
    match (train, test) {
        (Some(train), Some(test)) => {
            let (mut train, test) = (needs_labels(&train)?, needs_labels(&test)?);
            if train.images.dimensions.get(1..) != test.images.dimensions.get(1..) {
                return Err(Error::data(
                    Place::new(source),
                    format!(
                        "the training images are {} pixels, the test images {}; they must agree",
                        size(&train.images),
                        size(&test.images)
                    ),
                ));
            }
            let first_test = train.images.dimensions.first().copied().unwrap_or(0);
            train.append(test);
            let rows = count(&train.images);
            let parts = Parts::Given { validation: None, test: Some(first_test..rows) };
            Ok(Some(train.table(source, options)?.with_parts(parts)))
        }
        (Some(one), None) | (None, Some(one)) => Ok(Some(needs_labels(&one)?.table(source, options)?)),
        (None, None) => Ok(None),
    }
}

/// Reads a file of images, and the labels beside it if they are there.
pub(super) fn read_images(path: &Path, options: &ImageOptions) -> Result<Table> {
    read_pair(path)?.table(path.display().to_string(), options)
}

/// Reads images and their labels from streams; `source` names both in messages.
pub(super) fn read_streams(images: impl Read, labels: impl Read, source: &str) -> Result<Table> {
    let pair = Pair::new(parse(images, None, source)?, source)?;
    pair.with_labels(parse(labels, None, source)?, source)?.table(source.to_owned(), &ImageOptions::new())
}

fn read_pair(path: &Path) -> Result<Pair> {
    let pair = Pair::new(read_file(path)?, &path.display().to_string())?;
    match labels_beside(path) {
        None => Ok(pair),
        Some(labels) => pair.with_labels(read_file(&labels)?, &labels.display().to_string()),
    }
}

fn count(values: &Values) -> usize {
    values.dimensions.first().copied().unwrap_or(0)
}

fn size(images: &Values) -> String {
    match images.dimensions.as_slice() {
        [_, height, width] => format!("{height}x{width}"),
        other => format!("{other:?}"),
    }
}

/// The file of labels that belongs to a file of images, with or without `.gz`.
fn labels_beside(images: &Path) -> Option<PathBuf> {
    let name = images.file_name()?.to_str()?;
    let plain = name.strip_suffix(".gz").unwrap_or(name);
    if !plain.contains("images") {
        return None;
    }
    let labels = plain.replace("images", "labels").replace("idx3", "idx1");
    let mut candidates = [labels.clone(), format!("{labels}.gz")].map(|name| images.with_file_name(name));
    if name.ends_with(".gz") {
        candidates.reverse();
    }
    candidates.into_iter().find(|path| path.is_file())
}

fn read_file(path: &Path) -> Result<Values> {
    let file = File::open(path).map_err(|error| Error::io("read", path, error))?;
    let size = file.metadata().map_err(|error| Error::io("read", path, error))?.len();
    parse(file, Some(size), &path.display().to_string())
}

/// Reads an IDX stream, decompressing it where it is in gzip. `size` is how many bytes the file has, where that is
/// known; what the header claims is checked against it, and no more is ever kept than what is really there.
fn parse(mut reader: impl Read, size: Option<u64>, source: &str) -> Result<Values> {
    let fail = |message: String| Err(Error::data(Place::new(source), message));
    let trouble = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            Error::data(Place::new(source), "the file ends too early: it is cut off or damaged; fetch it again")
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            Error::data(Place::new(source), format!("the gzip data is damaged ({error}); fetch it again"))
        }
        _ => Error::io("read", source, error),
    };
    let mut head = [0; 2];
    reader.read_exact(&mut head).map_err(trouble)?;
    let rest = Cursor::new(head).chain(reader);
    let (mut reader, size): (Box<dyn Read + '_>, _) = match head {
        // Deflate makes at most 1,032 bytes out of one.
        [0x1f, 0x8b] => (Box::new(MultiGzDecoder::new(rest)), size.map(|size| size.saturating_mul(1032))),
        _ => (Box::new(rest), size),
    };

    let mut magic = [0; 4];
    reader.read_exact(&mut magic).map_err(trouble)?;
    let [0, 0, kind, dimension_count @ 1..=4] = magic else {
        return fail(format!("this is no IDX file: it begins with the bytes {magic:02x?}"));
    };
    if kind != 8 {
        return fail(format!("the values are of IDX type {kind:#04x}; only unsigned bytes (0x08) are read"));
    }
    let mut dimensions = Vec::new();
    let mut claimed = 1u64;
    for _ in 0..dimension_count {
        let mut dimension = [0; 4];
        reader.read_exact(&mut dimension).map_err(trouble)?;
        let dimension = u32::from_be_bytes(dimension);
        claimed = claimed.saturating_mul(u64::from(dimension));
        dimensions.push(dimension as usize);
    }
    if claimed > BUDGET {
        return fail(format!("the header claims {dimensions:?} values; at most {BUDGET} are read"));
    }
    if size.is_some_and(|size| claimed > size) {
        return fail(format!(
            "the header claims {dimensions:?} values, more than the file holds; it is cut off or damaged"
        ));
    }
    // Grows with what really arrives, and looks one byte beyond the claim.
    let mut bytes = Vec::new();
    reader.take(claimed + 1).read_to_end(&mut bytes).map_err(trouble)?;
    if (bytes.len() as u64) < claimed {
        return fail(format!(
            "the header claims {dimensions:?} values, but only {} are there; the file is cut off: fetch it again",
            bytes.len()
        ));
    }
    if bytes.len() as u64 > claimed {
        return fail(format!("there are more bytes than the {dimensions:?} values that the header claims"));
    }
    Ok(Values { dimensions, bytes })
}

impl Pair {
    /// Images without labels yet.
    fn new(images: Values, source: &str) -> Result<Pair> {
        let fail = |message: String| Err(Error::data(Place::new(source), message));
        match images.dimensions.len() {
            3 => {}
            1 => {
                let message =
                    "these are labels; give the file of images (…-images-idx3-ubyte), and its labels are found";
                return fail(message.to_owned());
            }
            n => {
                return fail(format!(
                    "images have three dimensions (images, rows, columns), but these values have {n}"
                ));
            }
        }
        // The product cannot overflow: it divides the number of values, unless there are none.
        let pixels = images.dimensions.iter().skip(1).fold(1usize, |product, &side| product.saturating_mul(side));
        if images.bytes.is_empty() || pixels > images::MOST_VALUES {
            return fail(format!("{} images of {} pixels are none that can be learnt", count(&images), size(&images)));
        }
        Ok(Pair { images, labels: None })
    }

    fn with_labels(self, labels: Values, source: &str) -> Result<Pair> {
        let images = count(&self.images);
        if labels.dimensions.as_slice() != [images] {
            let message = format!(
                "there are {images} images, but labels of dimensions {:?}; there must be one label for each image",
                labels.dimensions
            );
            return Err(Error::data(Place::new(source), message));
        }
        Ok(Pair { labels: Some(labels), ..self })
    }

    /// Puts other images of the same size behind these.
    fn append(&mut self, other: Pair) {
        for (ours, theirs) in [(Some(&mut self.images), Some(other.images)), (self.labels.as_mut(), other.labels)] {
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                ours.bytes.extend(&theirs.bytes);
                if let (Some(ours), Some(theirs)) = (ours.dimensions.first_mut(), theirs.dimensions.first()) {
                    *ours += theirs;
                }
            }
        }
    }

    /// A column of images, in the size and with the channels that are asked for, and the labels.
    fn table(self, source: String, options: &ImageOptions) -> Result<Table> {
        options.check()?;
        let [rows, height, width] = self.images.dimensions[..] else {
            return Err(Error::data(Place::new(source), "these are no images"));
        };
        let size = options.size.unwrap_or((height, width));
        let channels = options.channels.unwrap_or(1);
        let bytes = if size == (height, width) && channels == 1 {
            self.images.bytes
        } else {
            let len = rows.saturating_mul(channels).saturating_mul(size.0 * size.1);
            if len as u64 > BUDGET {
                let message = format!("{rows} images of {}x{} pixels do not fit into memory", size.0, size.1);
                return Err(Error::data(Place::new(source), message));
            }
            let mut bytes = Vec::with_capacity(len);
            for image in self.images.bytes.chunks_exact(height * width) {
                let picture = Picture { channels: 1, height, width, bytes: image.to_vec() };
                bytes.extend(picture.resized(size.0, size.1).planes(channels));
            }
            bytes
        };
        let mut columns = vec![Column::images(IMAGE, Images::new(channels, size.0, size.1, bytes)?)];
        match self.labels {
            None => Table::new(source, columns),
            Some(labels) => {
                columns.push(Column::bytes(LABEL, labels.bytes));
                Ok(Table::new(source, columns)?.with_target(LABEL))
            }
        }
    }
}

#[cfg(test)]
mod tests;
