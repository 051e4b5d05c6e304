//! Data: tables and how they are read, split and turned into numbers for a network.
//!
//! It goes one way. A [`Table`] has named columns; [`Table::target`] says which one a network should learn, which makes
//! it [`Labelled`]; [`Labelled::split`] makes a [`Dataset`] with training, validation and test rows and an [`Encoder`]
//! fitted on the training rows alone.
//!
//! ```
//! use adaline::data::{Split, Table};
//! # fn main() -> adaline::Result<()> {
//! let data = Table::builtin("iris")?.target("species")?.split(Split::seeded(1))?;
//! assert_eq!((data.train().rows(), data.validation().rows(), data.test().rows()), (108, 12, 30));
//! assert_eq!(data.classes(), ["setosa", "versicolor", "virginica"]);
//! assert_eq!(data.train_samples()?.shape(), data.input());
//! # Ok(())
//! # }
//! ```

mod baseline;
mod builtin;
mod clock;
mod column;
mod csv;
mod dataset;
mod encoder;
mod idx;
mod image;
mod image_options;
mod images;
mod labelled;
mod number;
#[cfg(feature = "images")]
mod photos;
mod picture;
mod sequence;
mod series;
mod split;
mod table;
mod task;
mod text;
mod toys;

pub use baseline::Baseline;
pub use builtin::{Builtin, builtins};
pub use column::{Column, Text, Values};
pub use dataset::Dataset;
pub use encoder::{Encoder, Input, Target};
pub use image_options::ImageOptions;
pub use images::Images;
pub use labelled::Labelled;
pub use series::Window;
pub use split::Split;
pub use table::Table;
pub use task::Task;
pub use text::Vocabulary;
pub(crate) use text::normalised;
