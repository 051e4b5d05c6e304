//! Forecasting: a row is a window of consecutive steps of a series, and the target is what comes next.
//!
//! Legend: `N` rows of the table, `W` steps of the window, `H` steps of the horizon.

use super::clock::Clock;
use super::column::{Column, Values};
use super::encoder::{Encoder, Input, Target};
use super::labelled::Arrangement;
use super::split::{Parts, Split};
use super::table::Table;
use super::task::Task;
use super::{Labelled, encoder};
use crate::error::{Place, printable};
use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// How a series is cut into examples: `steps` consecutive rows are the input, and the target's next `horizon` values are
/// the answer.
///
/// ```
/// use adaline::data::{Column, Split, Table, Window};
/// use adaline::{Shape, Targets};
/// # fn main() -> adaline::Result<()> {
/// let y = Column::numbers("y", (0..40).map(|t| (f64::from(t) / 3.0).sin()).collect());
/// let data = Table::new("sine", vec![y])?.forecast("y", Window::new(5, 2))?.split(Split::seeded(0))?;
/// assert_eq!(data.input(), Shape::Sequence { steps: 5, features: 1 });
/// let samples = data.train_samples()?;
/// assert!(matches!(samples.targets(), Targets::Values { width: 2, .. }));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Window {
    /// Consecutive rows that the network sees.
    pub steps: usize,
    /// How many values after them it forecasts; 1 where it is not given.
    #[serde(default = "one")]
    pub horizon: usize,
    /// Whether the target's own past and its next values are measured from the last value of the window, so that a series
    /// that rises beyond all training rows is still forecast; false where it is not given.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub relative: bool,
}

fn one() -> usize {
    1
}

/// A longer window is a slip, or a hostile file.
pub(super) const LONGEST_WINDOW: usize = 1 << 20;

impl Window {
    /// A window of so many steps, and a horizon. Whether it is relative, the training rows decide.
    pub const fn new(steps: usize, horizon: usize) -> Self {
        Window { steps, horizon, relative: false }
    }

    /// The same window, relative to its last value whatever the training rows look like.
    pub const fn relative(mut self) -> Self {
        self.relative = true;
        self
    }

    /// Which setting makes no sense, and why.
    pub(super) fn check(self) -> Result<(), (&'static str, String)> {
        for (name, steps) in [("window", self.steps), ("horizon", self.horizon)] {
            if steps == 0 || steps > LONGEST_WINDOW {
                return Err((name, format!("{steps} steps; give a whole number from 1 to {LONGEST_WINDOW}")));
            }
        }
        Ok(())
    }

    /// How many windows `rows` rows hold that have their `H` targets: N - W - H + 1, or 0.
    fn count(self, rows: usize) -> usize {
        (rows + 1).saturating_sub(self.steps.saturating_add(self.horizon))
    }
}

impl Table {
    /// Says which column's next values a network should forecast from a window of the rows before them.
    ///
    /// The inputs are the columns of numbers, the target's own past included. Left out are columns of text and a column
    /// that rises in every row, or falls in every row (a clock: it tells the network nothing but where the series ends);
    /// [`Labelled::features`] takes them in. Rows must be in the order of time: [`Labelled::clock_notes`].
    ///
    /// [`Labelled::split`] then splits in time: the first rows are for training, the next for validation, the last for
    /// the test. No row is a target in two parts; a window may reach back into the part before it, as it does in use.
    ///
    /// Where the training rows drift away (the means of their halves lie apart by more than half their spread), the forecast
    /// is relative to the last value of the window: [`Window::relative`].
    ///
    /// Fails when there is no such column, when it holds words or one value only, and when the window makes no sense.
    pub fn forecast(self, target: &str, window: Window) -> Result<Labelled> {
        window.check().map_err(|(setting, message)| Error::setting(setting, message))?;
        let place = super::labelled::index_for(&self, target, "target")?;
        self.column(target)?;
        let is_input =
            |(at, column): (usize, &Column)| at == place || (column.is_numeric() && Clock::of(column).is_none());
        let inputs = self.columns().iter().enumerate().map(is_input).collect();
        Labelled::arranged(self, target, Task::Regression, inputs, Arrangement::Window(window))
    }
}

/// Shares out the rows in time; each part is rows in a row, those behind the first with the window before them.
pub(super) fn parts(table: &Table, window: Window, split: &Split, test_from: Option<usize>) -> Result<Parts> {
    let (rows, w, h) = (table.rows(), window.steps, window.horizon);
    let targets = rows.saturating_sub(w);
    // A part needs the targets of one window.
    let share = |of: usize, fraction: f64| match fraction {
        0.0 => 0,
        _ => ((of as f64 * fraction).round() as usize).max(h),
    };
    let test = match test_from {
        Some(_) if split.test_fraction() == 0.0 && split.validation_fraction() == 0.0 => 0,
        Some(first) => rows.saturating_sub(first).max(h),
        None => share(targets, split.test_fraction()),
    };
    let validation = share(targets.saturating_sub(test), split.validation_fraction());
    let train = rows.saturating_sub(test.saturating_add(validation));
    // Two windows to learn from.
    if window.count(train) < 2 {
        let parts = 1 + usize::from(test > 0) + usize::from(validation > 0);
        let least = w.saturating_add(h.saturating_mul(parts)).saturating_add(1);
        let message = format!(
            "{rows} rows are too few for windows of {w} steps and a horizon of {h}: {} needed; make --window smaller, \
             give more rows, or split nothing off (--test-split 0 --validation-split 0)",
            if parts == 1 {
                format!("{least} are")
            } else {
                format!("at least {least}, and with these shares more, are")
            }
        );
        return Err(Error::data(Place::new(table.source()), message));
    }
    let part = |from: usize, to: usize| if from == to { Vec::new() } else { (from - w..to).collect() };
    Ok(Parts {
        train: (0..train).collect(),
        validation: part(train, train + validation),
        test: part(train + validation, rows),
    })
}

/// An encoder fitted on the training part of a series.
pub(super) fn fit(
    training: &Table,
    target: &str,
    window: Window,
    is_input: impl Fn(&str) -> bool,
    scale_target: bool,
) -> Result<Encoder> {
    let columns = training.columns().iter().filter(|column| is_input(column.name()));
    let mut inputs = columns.map(|column| encoder::fit_input(training, column)).collect::<Result<Vec<Input>>>()?;
    let mut fitted = encoder::fit_target(training, target, Task::Regression, scale_target)?;
    let column = training.column(target)?;
    // A window of one step has no past beside its last value.
    let relative = window.steps > 1 && (window.relative || drifts(column, training.rows()));
    let own = inputs.iter_mut().find(|input| matches!(input, Input::Number { name, .. } if name == target));
    let (Some(Input::Number { mean, scale, .. }), true) = (own, relative) else {
        return Encoder::windowed(inputs, fitted, Window { relative: false, ..window });
    };
    *mean = 0.0;
    *scale = spread(column, training.rows(), window.steps - 1);
    if let Target::Number { mean, scale, .. } = &mut fitted {
        *mean = 0.0;
        *scale = if scale_target { spread(column, training.rows(), window.horizon) } else { 1.0 };
    }
    Encoder::windowed(inputs, fitted, window.relative())
}

/// Whether a series moves away: its two halves lie further apart than half of what they spread around their own means. It
/// will then leave the range that the training rows have shown.
fn drifts(column: &Column, rows: usize) -> bool {
    let y = |row: usize| column.number(row).unwrap_or(0.0);
    let half = rows / 2;
    let (first, second) = (0..half, half..rows);
    let mean = |rows: std::ops::Range<usize>| rows.clone().map(y).sum::<f64>() / rows.len().max(1) as f64;
    let (a, b) = (mean(first.clone()), mean(second.clone()));
    let squares =
        first.map(|row| (y(row) - a).powi(2)).sum::<f64>() + second.map(|row| (y(row) - b).powi(2)).sum::<f64>();
    (a - b).abs() > 0.5 * (squares / rows.max(1) as f64).sqrt()
}

/// The root of the mean squared change of a series over 1 to `most` steps; 1 where it never changes.
fn spread(column: &Column, rows: usize, most: usize) -> f64 {
    let y = |row: usize| column.number(row).unwrap_or(0.0);
    let (mut squares, mut n) = (0.0, 0usize);
    for lag in 1..=most.min(rows.saturating_sub(1)) {
        squares += (lag..rows).map(|row| (y(row) - y(row - lag)).powi(2)).sum::<f64>();
        n += rows - lag;
    }
    let spread = (squares / n.max(1) as f64).sqrt();
    if spread.is_normal() { spread } else { 1.0 }
}

/// Where the target's own past stands in each row, and how it is scaled; `None` where nothing is relative.
pub(super) fn own_past(inputs: &[Input], target: &Target, window: Window) -> Option<(usize, f64)> {
    let mut at = 0;
    for input in inputs {
        match input {
            Input::Number { name, scale, .. } if window.relative && name == target.name() => return Some((at, *scale)),
            other => at += other.width(),
        }
    }
    None
}

/// Measures the target's own past from the last value of each window, in f64: a high level must not swallow small changes.
pub(super) fn measure_from_last(
    table: &Table,
    target: &Target,
    window: Window,
    (at, scale): (usize, f64),
    width: usize,
    windows: &mut [f32],
) -> Result<()> {
    let column = table.column(target.name())?;
    for (first, example) in windows.chunks_exact_mut(window.steps * width).enumerate() {
        let last = number(table, column, first + window.steps - 1)?;
        for (step, values) in example.chunks_exact_mut(width).enumerate() {
            if let Some(value) = values.get_mut(at) {
                *value = change(table, column, first + step, last, scale)?;
            }
        }
    }
    Ok(())
}

fn number(table: &Table, column: &Column, row: usize) -> Result<f64> {
    column.number(row).ok_or_else(|| table.error(row, column.name(), "a series must be numbers, and this is text"))
}

fn change(table: &Table, column: &Column, row: usize, last: f64, scale: f64) -> Result<f32> {
    let x = number(table, column, row)?;
    let value = ((x - last) / scale) as f32;
    if value.is_finite() {
        return Ok(value);
    }
    let [x, last, scale] = [x, last, scale].map(super::number::shown);
    Err(table.error(
        row,
        column.name(),
        format!("{x} is too far from {last}: in units of {scale} it overflows; mend it"),
    ))
}

/// The last value of the target in each window, in its own units.
pub(super) fn last_values(table: &Table, target: &Target, window: Window, beyond: bool) -> Result<Vec<f64>> {
    let column = table.column(target.name())?;
    let count = count(table, window, beyond)?;
    (0..count).map(|first| number(table, column, first + window.steps - 1)).collect()
}

/// The targets of all windows, measured from the last value of each.
pub(super) fn changes(table: &Table, target: &Target, window: Window, scale: f64) -> Result<Vec<f32>> {
    let column = table.column(target.name())?;
    let lasts = last_values(table, target, window, false)?;
    let mut out = Vec::with_capacity(lasts.len().saturating_mul(window.horizon));
    for (first, last) in lasts.into_iter().enumerate() {
        for row in first + window.steps..first + window.steps + window.horizon {
            out.push(change(table, column, row, last, scale)?);
        }
    }
    Ok(out)
}

/// The variance of the targets of all windows, in their own units.
pub(super) fn variance(table: &Table, target: &Target, window: Window) -> Result<f64> {
    let column = table.column(target.name())?;
    let count = count(table, window, false)?;
    let values = || (0..count).flat_map(|first| (0..window.horizon).map(move |ahead| first + window.steps + ahead));
    let y = |row: usize| column.number(row).unwrap_or(0.0);
    let n = (count * window.horizon) as f64;
    let mean = values().map(y).sum::<f64>() / n;
    Ok(values().map(|row| (y(row) - mean).powi(2)).sum::<f64>() / n)
}

/// Windows out of rows of `width` numbers each: those with their targets, or with `beyond` also those that end with the
/// last rows, whose targets are still to come.
pub(super) fn windows(table: &Table, rows: &[f32], width: usize, window: Window, beyond: bool) -> Result<Vec<f32>> {
    let count = count(table, window, beyond)?;
    let len = window.steps * width;
    let mut out = encoder::room(count.checked_mul(len)).map_err(|limit| {
        let message = format!(
            "{count} windows of {} steps of {width} numbers are {limit}; make --window smaller, or give fewer rows",
            window.steps
        );
        Error::data(Place::new(table.source()), message)
    })?;
    for first in 0..count {
        out.extend_from_slice(rows.get(first * width..first * width + len).unwrap_or_default());
    }
    Ok(out)
}

/// How many windows a table gives, as [`windows`] has it; an error where there is none.
pub(super) fn count(table: &Table, window: Window, beyond: bool) -> Result<usize> {
    let horizon = if beyond { 0 } else { window.horizon };
    let count = Window { horizon, ..window }.count(table.rows());
    if count > 0 {
        return Ok(count);
    }
    let least = window.steps.saturating_add(horizon);
    let message = format!(
        "{} rows are too few: the model looks at {} steps{}, so give at least {least} rows",
        table.rows(),
        window.steps,
        if beyond { String::new() } else { format!(" and is measured by the next {}", window.horizon) }
    );
    Err(Error::data(Place::new(table.source()), message))
}

/// The targets of all windows, `H` a window, out of the values of all rows.
pub(super) fn targets(values: &[f32], window: Window, count: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(count.saturating_mul(window.horizon));
    for first in 0..count {
        let from = first + window.steps;
        out.extend_from_slice(values.get(from..from + window.horizon).unwrap_or_default());
    }
    out
}

/// The root of the mean squared error of the forecast that repeats the last value of the target, over all windows and
/// steps of the horizon, in the target's own units.
pub(super) fn naive_rmse(table: &Table, target: &Target, window: Window) -> Result<f64> {
    let column = table.column(target.name())?;
    if matches!(column.values(), Values::Text(_)) {
        let message = "a series must be numbers, and this column is text";
        return Err(Error::data(Place::new(table.source()).column(printable(target.name())), message));
    }
    let count = count(table, window, false)?;
    let y = |row: usize| column.number(row).unwrap_or(0.0);
    let mut squares = 0.0;
    for next in window.steps..window.steps + count {
        let last = y(next - 1);
        squares += (next..next + window.horizon).map(|row| (y(row) - last).powi(2)).sum::<f64>();
    }
    Ok((squares / (count * window.horizon) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Shape, Targets};

    fn table(csv: &str) -> Table {
        Table::from_reader(csv.as_bytes(), "f.csv").unwrap()
    }

    /// `t,y,day` with y = t² and two days.
    fn squares(rows: usize) -> Table {
        let mut csv = "t,y,day\n".to_owned();
        for t in 0..rows {
            csv.push_str(&format!("{t},{},{}\n", t * t, ["mo", "tu"][t % 2]));
        }
        table(&csv)
    }

    /// A series that goes nowhere.
    fn wave(rows: usize) -> Table {
        let y = (0..rows).map(|t| [0.0, 3.0, 1.0, 2.0][t % 4]).collect();
        Table::new("wave", vec![Column::numbers("y", y)]).unwrap()
    }

    #[test]
    fn a_series_that_drifts_is_measured_from_its_last_value() {
        let data = squares(8).forecast("y", Window::new(3, 2)).unwrap().split(Split::none()).unwrap();
        let encoder = data.encoder();
        let window = encoder.window().unwrap();
        assert!(window.relative);
        let (Input::Number { mean, scale, .. }, Target::Number { mean: zero, scale: unit, .. }) =
            (&encoder.inputs()[0], encoder.target())
        else {
            panic!()
        };
        assert_eq!((*mean, *zero), (0.0, 0.0));
        // The changes over one step are 1, 3, … 13, over two 4, 8, … 24.
        let squares_of = |values: &[f64]| values.iter().map(|x| x * x).sum::<f64>();
        let (one, two) = ([1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0], [4.0, 8.0, 12.0, 16.0, 20.0, 24.0]);
        let expected = ((squares_of(&one) + squares_of(&two)) / 13.0).sqrt();
        assert!((scale - expected).abs() < 1e-12 && (unit - expected).abs() < 1e-12, "{scale} {unit} {expected}");
        let samples = data.train_samples().unwrap();
        // 1, 4, 9 and then 16, 25.
        let relative = |y: f64| ((y - 9.0) / expected) as f32;
        assert_eq!(samples.input(1), [relative(1.0), relative(4.0), 0.0]);
        let Targets::Values { values, .. } = samples.targets() else { panic!() };
        assert_eq!(values[2..4], [relative(16.0), relative(25.0)]);
        // At any height it looks the same: nothing is lost in a large number.
        let high: Vec<f64> = (0..8).map(|t| 1e9 + f64::from(t * t)).collect();
        let high = Table::new("high", vec![Column::numbers("y", high)]).unwrap();
        assert_eq!(encoder.encode(&high).unwrap(), samples);
        assert_eq!(encoder.offsets(&high).unwrap().unwrap()[1], 1e9 + 9.0);
        let json = serde_json::to_string(&encoder).unwrap();
        assert!(json.ends_with(r#""window":{"steps":3,"horizon":2,"relative":true}}"#), "{json}");
        assert_eq!(serde_json::from_str::<Encoder>(&json).unwrap(), encoder);
        assert!(serde_json::from_str::<Encoder>(&json.replacen("\"y\",\"mean", "\"z\",\"mean", 1)).is_err());
        for (window, relative) in [(Window::new(3, 2), false), (Window::new(3, 2).relative(), true)] {
            let data = wave(40).forecast("y", window).unwrap().split(Split::none()).unwrap();
            assert_eq!(data.encoder().window().unwrap().relative, relative);
        }
        // Without its own past there is nothing to measure from.
        let labelled = squares(12).forecast("y", Window::new(3, 1)).unwrap().features(["day"]).unwrap();
        assert!(!labelled.split(Split::none()).unwrap().encoder().window().unwrap().relative);
    }

    fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn windows_and_targets_are_what_they_should_be() {
        let data = wave(6).forecast("y", Window::new(2, 2)).unwrap().scale_target(false).split(Split::none()).unwrap();
        let samples = data.train_samples().unwrap();
        assert_eq!(samples.shape(), Shape::Sequence { steps: 2, features: 1 });
        assert_eq!(samples.rows(), 3);
        // 0 3 1 2 0 3
        let values = vec![1.0, 2.0, 2.0, 0.0, 0.0, 3.0];
        assert_eq!(samples.targets(), &Targets::Values { width: 2, values });
        let (mean, scale) = (1.5, (23.0f64 / 6.0 - 2.25).sqrt());
        let scaled = |y: f64| ((y - mean) / scale) as f32;
        assert_eq!(samples.input(2), [scaled(1.0), scaled(2.0)]);
        // A prediction needs no answer: the last window ends with the last row.
        let (inputs, rows) = data.encoder().encode_inputs(data.train()).unwrap();
        assert_eq!((rows, &inputs[8..]), (5, &[scaled(0.0), scaled(3.0)][..]));
    }

    #[test]
    fn words_become_categories_and_a_clock_is_left_out() {
        let names = |labelled: &Labelled| labelled.input_names().map(str::to_owned).collect::<Vec<_>>();
        let all = squares(12).forecast("y", Window::new(3, 1)).unwrap();
        assert_eq!(names(&all), ["y"]);
        assert_eq!(names(&all.clone().features(["y", "day", "t"]).unwrap()), ["t", "y", "day"]);
        let data = all.clone().features(["day", "y"]).unwrap().split(Split::none()).unwrap();
        assert_eq!(data.input(), Shape::Sequence { steps: 3, features: 3 });
        assert_eq!(&data.train_samples().unwrap().input(0)[1..3], [1.0, 0.0]);
        // Without the target's own past.
        let data = all.features(["day"]).unwrap().split(Split::none()).unwrap();
        assert_eq!(data.train_samples().unwrap().input(1), [0.0, 1.0, 1.0, 0.0, 0.0, 1.0]);
        let json = serde_json::to_string(&data.encoder()).unwrap();
        assert!(json.ends_with(r#""window":{"steps":3,"horizon":1}}"#), "{json}");
        assert_eq!(serde_json::from_str::<Encoder>(&json).unwrap(), data.encoder());
    }

    #[test]
    fn scales_are_those_of_the_training_rows() {
        let data = wave(103).forecast("y", Window::new(8, 1)).unwrap().split(Split::seeded(0)).unwrap();
        let y = data.train().column("y").unwrap();
        let mean = (0..data.train().rows()).map(|row| y.number(row).unwrap()).sum::<f64>() / data.train().rows() as f64;
        let Target::Number { mean: fitted, .. } = data.encoder().target().clone() else { panic!() };
        assert!((mean - fitted).abs() < 1e-12, "{mean} {fitted}");
    }

    #[test]
    fn parts_follow_each_other_and_share_no_target() {
        for (rows, w, h) in [(100, 8, 1), (100, 5, 7), (41, 3, 2), (500, 24, 24)] {
            let window = Window::new(w, h);
            let data = squares(rows).forecast("y", window).unwrap().split(Split::seeded(1)).unwrap();
            // The clock is left out of the parts, so rows are told by y = t².
            let times = |part: &Table| -> Vec<usize> {
                let y = part.column("y").unwrap();
                (0..part.rows()).map(|row| y.number(row).unwrap().sqrt().round() as usize).collect()
            };
            let (train, validation, test) = (times(data.train()), times(data.validation()), times(data.test()));
            assert_eq!(train, (0..train.len()).collect::<Vec<_>>());
            // Behind its window each part begins where the one before has ended.
            assert_eq!(validation[w], train.len());
            assert_eq!(test[w], validation.last().unwrap() + 1);
            assert_eq!(*test.last().unwrap(), rows - 1);
            for samples in [data.validation_samples().unwrap().unwrap(), data.test_samples().unwrap().unwrap()] {
                assert!(samples.rows() > 0);
            }
        }
    }

    #[test]
    fn the_naive_forecast_repeats_the_last_value() {
        let table = squares(6);
        let labelled = table.clone().forecast("y", Window::new(2, 2)).unwrap();
        let encoder = labelled.split(Split::none()).unwrap().encoder();
        // From y(1) = 1: 4, 9; from 4: 9, 16; from 9: 16, 25.
        let expected = ((9.0 + 64.0 + 25.0 + 144.0 + 49.0 + 256.0f64) / 6.0).sqrt();
        let rmse = naive_rmse(&table, encoder.target(), Window::new(2, 2)).unwrap();
        assert!((rmse - expected).abs() < 1e-12, "{rmse} {expected}");
    }

    #[test]
    fn more_windows_than_may_be_are_told_with_the_limit() {
        let data = wave(100_000).forecast("y", Window::new(50_000, 1)).unwrap().split(Split::none()).unwrap();
        let told = message(data.train_samples());
        assert!(
            told.starts_with("wave: 50000 windows of 50000 steps of 1 numbers are more than the 2147483648"),
            "{told}"
        );
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let split = |csv: &str, w: usize, h: usize| {
            let labelled = table(csv).forecast("y", Window::new(w, h))?;
            labelled.split(Split::seeded(0)).map(|data| data.input())
        };
        for (result, start) in [
            (split("y,x\n1,1\n2,2\n,3\n4,5\n", 1, 1), "f.csv:4: column \"y\": the cell is empty"),
            (split("y,x\n1,1\n2,2\n3,\n4,5\n", 1, 1), "f.csv:4: column \"x\": the cell is empty"),
            (split("y\nmo\ntu\nwe\n", 1, 1), "f.csv:2: column \"y\": \"mo\" is not a number"),
            (split("y\n1\n2\n4\n7\n", 24, 1), "f.csv: 4 rows are too few for windows of 24 steps"),
            (split("y\n1\n2\n4\n7\n", 0, 1), "window: 0 steps"),
            (split("y\n1\n2\n4\n7\n", 1, 0), "horizon: 0 steps"),
            (split("y\n1\n2\n4\n7\n", usize::MAX, usize::MAX), "window: "),
            (split("y\n2\n2\n2\n2\n", 1, 1), "f.csv: column \"y\": every row holds 2"),
            (split("x\n1\n2\n", 1, 1), "target: f.csv: there is no column \"y\""),
        ] {
            match result {
                Err(error) => assert!(error.to_string().starts_with(start), "{error}\n{start}"),
                Ok(shape) => panic!("{start} {shape}"),
            }
        }
        let encoder = squares(9).forecast("y", Window::new(4, 2)).unwrap().split(Split::none()).unwrap().encoder();
        assert!(message(encoder.encode(&squares(5))).contains("5 rows are too few: the model looks at 4 steps and"));
        assert!(message(encoder.encode_inputs(&squares(3))).contains("give at least 4 rows"));
        assert_eq!(encoder.encode_inputs(&squares(4)).unwrap().1, 1);
    }
}
