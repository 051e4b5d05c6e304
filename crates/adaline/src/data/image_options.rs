//! How images are read.

use crate::{Error, Result};

/// The longest side that images are made.
const LONGEST: usize = 1024;

/// How images are read: their size, grey or colour, and what is not in the files.
///
/// What is not said follows from the images themselves: see [`Table::read_with`](super::Table::read_with).
/// [`Encoder::image_options`](super::Encoder::image_options) says how they must be read for a model.
///
/// ```
/// use adaline::data::ImageOptions;
/// let options = ImageOptions::new().size(32, 48).channels(3).threads(2);
/// # let _ = options;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "images"), allow(dead_code, reason = "only image files need it"))]
pub struct ImageOptions {
    pub(super) size: Option<(usize, usize)>,
    pub(super) channels: Option<usize>,
    pub(super) class: String,
    pub(super) threads: usize,
}

impl Default for ImageOptions {
    fn default() -> Self {
        ImageOptions::new()
    }
}

impl ImageOptions {
    /// Size and channels as the images have it, the classes in a column `class`, one thread.
    pub fn new() -> Self {
        ImageOptions { size: None, channels: None, class: "class".to_owned(), threads: 1 }
    }

    /// Every image is made this high and wide.
    #[must_use]
    pub fn size(mut self, height: usize, width: usize) -> Self {
        self.size = Some((height, width));
        self
    }

    /// 1 makes every image grey, 3 gives all of them red, green and blue.
    #[must_use]
    pub fn channels(mut self, channels: usize) -> Self {
        self.channels = Some(channels);
        self
    }

    /// What the column of the classes is called, which are the names of folders.
    #[must_use]
    pub fn class_column(mut self, name: impl Into<String>) -> Self {
        self.class = name.into();
        self
    }

    /// Threads that decode image files; what is read does not depend on them.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Whether the numbers make sense.
    pub(super) fn check(&self) -> Result<()> {
        if let Some((height, width)) = self.size
            && !((1..=LONGEST).contains(&height) && (1..=LONGEST).contains(&width))
        {
            let message = format!("{height}x{width} pixels do not work; a side has 1 to {LONGEST}: --image-size 32");
            return Err(Error::setting("image-size", message));
        }
        if let Some(channels) = self.channels
            && channels != 1
            && channels != 3
        {
            let message = format!("{channels} does not work; 1 is grey, 3 is colour");
            return Err(Error::setting("channels", message));
        }
        Ok(())
    }
}
