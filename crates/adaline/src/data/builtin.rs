//! The data sets that are in the program.

use super::csv;
use super::table::Table;
use crate::error::{did_you_mean, printable};
use crate::{Error, Result};

/// A built-in data set, for a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Builtin {
    /// The name that [`Table::builtin`] takes.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// The column that one would learn.
    pub target: &'static str,
    make: Make,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Make {
    Stored(&'static str),
}

const BUILTINS: [Builtin; 2] = [
    Builtin {
        name: "iris",
        about: "150 flowers, four measurements each: which of three kinds of iris? (Fisher, 1936)",
        target: "species",
        make: Make::Stored(include_str!("../../data/iris.csv")),
    },
    Builtin {
        name: "digits",
        about: "1,797 images of 8x8 pixels: which handwritten digit? (Alpaydin and Kaynak, 1998)",
        target: "digit",
        make: Make::Stored(include_str!("../../data/digits.csv")),
    },
];

/// The built-in data sets, in the order in which one meets them.
///
/// ```
/// assert_eq!(adaline::data::builtins()[0].name, "iris");
/// ```
pub fn builtins() -> &'static [Builtin] {
    &BUILTINS
}

/// Makes one.
pub(super) fn table(name: &str, _seed: u64, _rows: Option<usize>) -> Result<Table> {
    let names = || BUILTINS.iter().map(|builtin| builtin.name);
    let Some(builtin) = BUILTINS.iter().find(|builtin| builtin.name == name) else {
        let near = did_you_mean(name, names());
        let all = names().collect::<Vec<_>>().join(", ");
        let message = format!("there is no built-in data set \"{}\"{near} (there are {all})", printable(name));
        return Err(Error::setting("data", message));
    };
    let table = match builtin.make {
        Make::Stored(text) => csv::read(text.as_bytes(), name)?,
    };
    Ok(table.with_target(builtin.target))
}
