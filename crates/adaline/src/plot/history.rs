//! How a training went: the loss, and a metric beside it, epoch by epoch.

use super::chart::{Chart, Line, Panel};
use super::scale::{Notation, short};
use super::style::{Colour, Dash, Mark};
use super::words::clean;

/// The curves of a training run. Every list starts with epoch 1, unless [`HistoryCurves::epochs`] says otherwise.
///
/// ```
/// use adaline::plot::HistoryCurves;
/// let chart = HistoryCurves::new(&[0.9, 0.5, 0.3])
///     .validation_loss(&[1.0, 0.6, 0.7])
///     .metric("accuracy", &[0.5, 0.8, 0.9], &[0.5, 0.7, 0.7])
///     .chart();
/// assert!(chart.to_svg().contains("best epoch 2"));
/// ```
#[derive(Debug, Clone)]
pub struct HistoryCurves {
    title: String,
    loss: Vec<f64>,
    validation_loss: Vec<f64>,
    metric: Option<(String, Vec<f64>, Vec<f64>)>,
    best_epoch: Option<usize>,
    /// The epoch of each entry; empty where they count from 1.
    epochs: Vec<usize>,
}

impl HistoryCurves {
    /// The training loss of every epoch.
    pub fn new(loss: &[f64]) -> Self {
        HistoryCurves {
            title: "Training".to_owned(),
            loss: loss.to_vec(),
            validation_loss: Vec::new(),
            metric: None,
            best_epoch: None,
            epochs: Vec::new(),
        }
    }

    /// The epoch of each entry, from 1 and rising, where some are left out.
    pub fn epochs(mut self, epochs: &[usize]) -> Self {
        self.epochs = epochs.to_vec();
        self
    }

    /// The epoch of an entry.
    fn epoch(&self, entry: usize) -> usize {
        self.epochs.get(entry).copied().unwrap_or(entry + 1)
    }

    /// The validation loss of every epoch. Its lowest value is the best epoch, unless another is named.
    pub fn validation_loss(mut self, loss: &[f64]) -> Self {
        self.validation_loss = loss.to_vec();
        self
    }

    /// Another number beside the loss: accuracy, mean absolute error. The second list is of the validation rows and may
    /// be empty.
    pub fn metric(mut self, name: impl AsRef<str>, training: &[f64], validation: &[f64]) -> Self {
        self.metric = Some((clean(name.as_ref()), training.to_vec(), validation.to_vec()));
        self
    }

    /// The epoch, from 1, whose weights were kept.
    pub fn best_epoch(mut self, epoch: usize) -> Self {
        self.best_epoch = Some(epoch);
        self
    }

    /// The title.
    pub fn title(mut self, title: impl AsRef<str>) -> Self {
        self.title = clean(title.as_ref());
        self
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let best = self
            .best_epoch
            .or_else(|| lowest(&self.validation_loss).map(|entry| self.epoch(entry)))
            .filter(|epoch| *epoch > 0);
        let log = spans_two_decades(self.loss.iter().chain(&self.validation_loss));
        let mut chart = Chart::new(&self.title).columns(2);
        chart = chart.panel(self.panel("loss", &self.loss, &self.validation_loss, best, log));
        let entries = self.loss.len().max(self.validation_loss.len());
        let epochs = entries.checked_sub(1).map_or(0, |last| self.epoch(last));
        let of_best = |values: &[f64]| {
            let entry = (0..values.len()).find(|&entry| Some(self.epoch(entry)) == best)?;
            values.get(entry).copied()
        };
        let mut words = vec![if epochs == 1 { "1 epoch".to_owned() } else { format!("{epochs} epochs") }];
        if let Some(epoch) = best {
            words.push(format!("best epoch {epoch}"));
            if let Some(loss) = of_best(&self.validation_loss) {
                words.push(format!("validation loss {}", short(loss, Notation::Print)));
            }
        }
        if let Some((name, training, validation)) = &self.metric {
            chart = chart.panel(self.panel(name, training, validation, best, false)).size(940.0, 400.0);
            if let Some(value) = of_best(validation) {
                words.push(format!("validation {name} {}", short(value, Notation::Print)));
            }
        }
        let sentence = words.join(", ");
        let scale = if log { " The loss is on a logarithmic axis." } else { "" };
        chart.description(format!("Curves of a training run: {sentence}.{scale}")).subtitle(sentence)
    }

    fn panel(&self, name: &str, training: &[f64], validation: &[f64], best: Option<usize>, log: bool) -> Panel {
        let few = training.len().max(validation.len()) <= 25;
        let line = |name: &str, values: &[f64], index: usize| {
            let points = values.iter().enumerate().map(|(i, v)| (self.epoch(i) as f64, *v));
            let line = Line::new(name, points).colour(Colour::of(index)).dash(Dash::of(index));
            if few { line.mark(Mark::of(index)) } else { line }
        };
        let last = training.len().max(validation.len()).checked_sub(1).map_or(1, |last| self.epoch(last)) as f64;
        let label = if log { format!("{name} (logarithmic)") } else { name.to_owned() };
        let mut panel = Panel::new("epoch", label)
            .x(|axis| if last > 1.0 { axis.range(1.0, last).whole() } else { axis.range(0.0, 2.0).whole() })
            .y(|axis| axis.log(log));
        if let Some(epoch) = best {
            panel = panel.mark_x(epoch as f64, format!("best epoch {epoch}"));
        }
        panel = panel.line(line("training", training, 0));
        if !validation.is_empty() {
            panel = panel.line(line("validation", validation, 1));
        }
        panel
    }
}

/// The entry of the lowest value.
fn lowest(values: &[f64]) -> Option<usize> {
    let finite = values.iter().enumerate().filter(|(_, v)| v.is_finite());
    finite.min_by(|a, b| a.1.total_cmp(b.1)).map(|(i, _)| i)
}

/// Whether all values are above zero and the largest is over a hundred times the smallest.
fn spans_two_decades<'a>(values: impl Iterator<Item = &'a f64>) -> bool {
    let range = values.filter(|v| v.is_finite()).fold((f64::INFINITY, 0.0f64), |(lo, hi), v| (lo.min(*v), hi.max(*v)));
    range.0 > 0.0 && range.1 / 100.0 > range.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loss_axis_is_logarithmic_over_two_decades() {
        let chart = HistoryCurves::new(&[1.0, 0.1, 0.009]).chart();
        assert!(chart.panels[0].y.log);
        assert!(!HistoryCurves::new(&[1.0, 0.1, 0.02]).chart().panels[0].y.log);
        assert!(!HistoryCurves::new(&[1.0, 0.0]).chart().panels[0].y.log);
        assert!(!HistoryCurves::new(&[f64::NAN]).chart().panels[0].y.log);
    }

    #[test]
    fn the_best_epoch_is_the_lowest_validation_loss_unless_named() {
        let history = HistoryCurves::new(&[3.0, 2.0, 1.0]).validation_loss(&[f64::NAN, 2.0, 2.5]);
        assert!(history.chart().subtitle.contains("best epoch 2, validation loss 2"));
        assert!(history.best_epoch(3).chart().subtitle.contains("best epoch 3, validation loss 2.5"));
    }
}
