//! How far a run is: a bar on a terminal, some lines elsewhere, nothing when asked to be quiet.

use crate::output::Output;
use adaline::{Ended, Epoch, Fit, Settings, Step};
use indicatif::{ProgressBar, ProgressStyle};
use std::cell::Cell;
use std::io::IsTerminal;
use std::time::Instant;

/// About so many lines are written where there is no terminal.
const LINES: usize = 12;

pub(super) struct Progress<'a> {
    output: &'a Output,
    bar: Option<ProgressBar>,
    start: Instant,
    epochs: usize,
    rows: usize,
    /// Epochs that this process has done: a run that goes on has done some before.
    done: Cell<usize>,
    last_told: Cell<usize>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(settings: &Settings, rows: usize, output: &'a Output) -> Self {
        let wanted = !output.is_quiet() && std::io::stderr().is_terminal();
        let bar = wanted.then(|| {
            let bar = ProgressBar::new((settings.epochs as u64).saturating_mul(rows as u64));
            // The template is a constant; were it wrong, the plain bar would be shown.
            if let Ok(style) = ProgressStyle::with_template("{wide_bar} {eta} left\n{wide_msg}") {
                bar.set_style(style.progress_chars("━╸ "));
            }
            bar
        });
        Progress {
            output,
            bar,
            start: Instant::now(),
            epochs: settings.epochs,
            rows,
            done: Cell::new(0),
            last_told: Cell::new(0),
        }
    }

    pub(super) fn step(&self, step: &Step) {
        if let Some(bar) = &self.bar {
            bar.set_position((step.epoch as u64 - 1) * self.rows as u64 + step.rows.0 as u64);
        }
    }

    pub(super) fn epoch(&self, epoch: &Epoch) {
        self.done.set(self.done.get() + 1);
        match &self.bar {
            Some(bar) => bar.set_message(self.line(epoch)),
            None => {
                let every = self.epochs.div_ceil(LINES);
                if epoch.epoch == 1 || epoch.epoch.is_multiple_of(every) || epoch.epoch == self.epochs {
                    self.tell(epoch);
                }
            }
        }
    }

    /// The last words: the last epoch, and why it was the last.
    pub(super) fn finish(&self, fit: &Fit) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let Some(last) = fit.history.last() else { return };
        if self.last_told.get() != last.epoch {
            self.tell(last);
        }
        if fit.ended == Ended::Patience {
            self.output.note(format!(
                "stopped early: the validation loss no longer fell; the weights are those of epoch {}",
                fit.best_epoch
            ));
        }
    }

    fn tell(&self, epoch: &Epoch) {
        self.last_told.set(epoch.epoch);
        let line = self.line(epoch);
        let left = self.epochs.saturating_sub(epoch.epoch) as f64 * self.start.elapsed().as_secs_f64()
            / self.done.get().max(1) as f64;
        let left = if epoch.epoch < self.epochs && self.bar.is_none() && left >= 1.0 {
            format!("  {left:.0} s left")
        } else {
            String::new()
        };
        self.output.note(format!("{line}{left}"));
    }

    /// An epoch and the speed so far.
    fn line(&self, epoch: &Epoch) -> String {
        let seconds = self.start.elapsed().as_secs_f64().max(1e-9);
        let speed = (self.done.get() * self.rows) as f64 / seconds;
        let speed = match speed {
            x if x >= 1e6 => format!("{:.1}M", x / 1e6),
            x if x >= 1e3 => format!("{:.0}k", x / 1e3),
            x => format!("{x:.0}"),
        };
        let text = epoch.to_string();
        let text = text.replacen("epoch ", "", 1);
        let (number, rest) = text.trim_start().split_once(' ').unwrap_or((&text, ""));
        let width = self.epochs.to_string().len();
        format!("epoch {number:>width$}/{}{rest}  {speed} rows/s", self.epochs, rest = format_args!(" {rest}"))
    }
}
