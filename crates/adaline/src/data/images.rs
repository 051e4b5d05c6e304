//! A column of images: all pixels of a row together.

use super::column::Column;
use super::image;
use crate::{Error, Result, Shape};

/// The channels of an image: grey, or red, green and blue.
const CHANNELS: [usize; 2] = [1, 3];

/// The most values of one image: more than any network here could learn.
pub(super) const MOST_VALUES: usize = 1 << 22;

/// Images of one size, a byte for each pixel and channel, 0 for black and 255 for white.
///
/// The bytes lie image by image, each as channels × height × width. Channels are grey, or red, green and blue.
///
/// ```
/// use adaline::data::{Column, Images, Table};
/// # fn main() -> adaline::Result<()> {
/// let images = Images::new(1, 1, 2, vec![0, 255, 255, 0])?;
/// assert_eq!((images.rows(), images.row(1)), (2, Some(&[255, 0][..])));
/// let table = Table::new("pairs", vec![Column::images("image", images), Column::text("side", ["right", "left"])])?;
/// assert_eq!(table.rows(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Images {
    channels: usize,
    height: usize,
    width: usize,
    bytes: Vec<u8>,
}

impl Images {
    /// Images out of their bytes. Fails when there is no pixel, when there are other channels than 1 or 3, and when the
    /// bytes are no whole number of images.
    pub fn new(channels: usize, height: usize, width: usize, bytes: Vec<u8>) -> Result<Self> {
        let shape = Shape::Image { channels, height, width };
        let fail = |message: String| Err(Error::shape("images", message));
        if !CHANNELS.contains(&channels) {
            return fail(format!("{channels} channels do not work; an image has 1 (grey) or 3 (red, green and blue)"));
        }
        if shape.is_empty() || shape.len() > MOST_VALUES {
            return fail(format!("{shape} are no images that can be learnt"));
        }
        if !bytes.len().is_multiple_of(shape.len()) {
            return fail(format!("{} bytes are no whole number of images of {shape}", bytes.len()));
        }
        Ok(Images { channels, height, width, bytes })
    }

    /// Channels, height and width of each image.
    pub fn shape(&self) -> Shape {
        Shape::Image { channels: self.channels, height: self.height, width: self.width }
    }

    /// Values of each image.
    fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// How many images there are.
    pub fn rows(&self) -> usize {
        self.bytes.len() / self.len()
    }

    /// The bytes of one image.
    pub fn row(&self, row: usize) -> Option<&[u8]> {
        let start = row.checked_mul(self.len())?;
        self.bytes.get(start..start.checked_add(self.len())?)
    }

    /// All bytes, image by image.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Only these images, in this order; those that are not there are left out.
    pub(super) fn select(&self, rows: &[usize]) -> Images {
        let mut bytes = Vec::with_capacity(rows.len().saturating_mul(self.len()));
        rows.iter().filter_map(|&row| self.row(row)).for_each(|image| bytes.extend_from_slice(image));
        Images { bytes, ..*self }
    }

    /// How often each byte is there, for each channel.
    pub(super) fn histograms(&self) -> Vec<[u64; 256]> {
        let mut counts = vec![[0; 256]; self.channels];
        for image in self.bytes.chunks_exact(self.len()) {
            for (counts, plane) in counts.iter_mut().zip(image.chunks_exact(self.height * self.width)) {
                plane.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
            }
        }
        counts
    }

    /// The same pixels as columns of bytes, named as [`image`] has it: for a model of single pixels, and for CSV.
    pub(super) fn columns(&self) -> Vec<Column> {
        let (rows, len) = (self.rows(), self.len());
        let mut columns: Vec<Vec<u8>> = (0..len).map(|_| Vec::with_capacity(rows)).collect();
        // A block of images at a time stays in the cache while each column takes its pixels from it.
        const BLOCK: usize = 64;
        for block in self.bytes.chunks(BLOCK * len) {
            for (pixel, column) in columns.iter_mut().enumerate() {
                column.extend(block.iter().skip(pixel).step_by(len));
            }
        }
        image::pixel_names(self.shape()).zip(columns).map(|(name, pixels)| Column::bytes(name, pixels)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_lie_channel_by_channel() {
        let images = Images::new(3, 1, 2, (0..12).collect()).unwrap();
        assert_eq!(images.rows(), 2);
        assert_eq!(images.row(1), Some(&[6, 7, 8, 9, 10, 11][..]));
        assert_eq!((images.row(2), images.row(usize::MAX)), (None, None));
        assert_eq!(images.select(&[1, 7, 0, 1]).bytes(), [6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        let counts = images.histograms();
        assert_eq!((counts[0][7], counts[1][7], counts[2][11]), (1, 0, 1));
        assert_eq!(counts.iter().flatten().sum::<u64>(), 12);
        let columns = images.columns();
        assert_eq!(columns[4].values(), &crate::data::Values::Bytes(vec![4, 10]));
        assert_eq!(columns[4].name(), "p00_b");
    }

    #[test]
    fn what_is_no_image() {
        for (channels, height, width, bytes, start) in [
            (2, 1, 1, 2, "images: 2 channels do not work"),
            (1, 0, 4, 0, "images: 1x0x4 are no images"),
            (1, usize::MAX, usize::MAX, 4, "images: 1x"),
            (1, 2, 2, 5, "images: 5 bytes are no whole number of images of 1x2x2"),
        ] {
            let message = Images::new(channels, height, width, vec![0; bytes]).unwrap_err().to_string();
            assert!(message.starts_with(start), "{message}");
        }
    }
}
