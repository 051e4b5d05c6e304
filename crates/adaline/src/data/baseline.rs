//! What a model is judged by: how well the simplest guess does on the same rows.

use super::encoder::{Encoder, Input};
use super::table::Table;
use super::{series, text};
use crate::Result;
use serde::Serialize;
use std::fmt;

/// The simplest guess on the same rows: what a forecast or a model of text must beat.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Baseline {
    /// Of a series: the forecast that repeats the last value.
    LastValue {
        /// The root of its mean squared error over all windows and steps of the horizon, in the target's own units.
        naive_rmse: f64,
    },
    /// Of a text: what counting characters gives, in nats a character, counted in this very text. Both are over the
    /// characters that the loss is over: all but the first, up to the end of the last whole window. All characters that the
    /// model does not know count as one, for it sees and guesses them as one.
    Entropy {
        /// -Σ p(c) ln p(c): the entropy of the characters alone.
        unigram_entropy: f64,
        /// -Σ p(b, c) ln p(c | b): of a character where the one before it is known. No guess from the character before can
        /// do better on this text.
        bigram_entropy: f64,
    },
}

impl Encoder {
    /// The simplest guess on the rows of a table; `None` where rows are neither a series nor a text.
    ///
    /// ```
    /// use adaline::data::{Baseline, Column, Split, Table, Window};
    /// # fn main() -> adaline::Result<()> {
    /// let steps = Table::new("steps", vec![Column::numbers("y", vec![0.0, 2.0, 4.0, 6.5, 8.5])])?;
    /// let data = steps.clone().forecast("y", Window::new(2, 1))?.split(Split::none())?;
    /// let Some(Baseline::LastValue { naive_rmse }) = data.encoder().baseline(&steps)? else { panic!() };
    /// assert!((naive_rmse - (14.25_f64 / 3.0).sqrt()).abs() < 1e-12);
    /// # Ok(())
    /// # }
    /// ```
    pub fn baseline(&self, table: &Table) -> Result<Option<Baseline>> {
        if let Some(window) = self.window() {
            let naive_rmse = series::naive_rmse(table, self.target(), window)?;
            return Ok(Some(Baseline::LastValue { naive_rmse }));
        }
        if let [Input::Text { window, characters }] = self.inputs() {
            let (unigram_entropy, bigram_entropy) = text::entropies(table, characters, *window)?;
            return Ok(Some(Baseline::Entropy { unigram_entropy, bigram_entropy }));
        }
        Ok(None)
    }

    /// Which share of a text's characters the model does not know, from 0 to 1; `None` where the model is none of text.
    ///
    /// ```
    /// use adaline::data::{Split, Table};
    /// # fn main() -> adaline::Result<()> {
    /// let known = Table::from_text("to be or not to be".as_bytes(), "hamlet.txt")?;
    /// let encoder = known.next_character(4)?.split(Split::none())?.encoder();
    /// assert_eq!(encoder.unknown_share(&Table::from_text("to bé".as_bytes(), "new.txt")?)?, Some(0.2));
    /// # Ok(())
    /// # }
    /// ```
    pub fn unknown_share(&self, table: &Table) -> Result<Option<f64>> {
        self.vocabulary().map(|vocabulary| text::unknown_share(table, vocabulary)).transpose()
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Baseline::LastValue { naive_rmse } => {
                write!(f, "for comparison: repeating the last value has RMSE {naive_rmse:.4}")
            }
            Baseline::Entropy { unigram_entropy, bigram_entropy } => write!(
                f,
                "for comparison: entropy of this text's characters {unigram_entropy:.4}, given the one before \
                 {bigram_entropy:.4} nats a character"
            ),
        }
    }
}
