//! Forecasting: a row is a window of consecutive steps of a series, and the target is what comes next.
//!
//! Legend: `N` rows of the table, `W` steps of the window, `H` steps of the horizon.

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
}

fn one() -> usize {
    1
}

/// A longer window is a slip, or a hostile file.
const LONGEST: usize = 1 << 20;

impl Window {
    /// A window of so many steps, and a horizon.
    pub const fn new(steps: usize, horizon: usize) -> Self {
        Window { steps, horizon }
    }

    /// Which setting makes no sense, and why.
    pub(super) fn check(self) -> Result<(), (&'static str, String)> {
        for (name, steps) in [("window", self.steps), ("horizon", self.horizon)] {
            if steps == 0 || steps > LONGEST {
                return Err((name, format!("{steps} steps; give a whole number from 1 to {LONGEST}")));
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
    /// that counts up evenly (a clock: it tells the network nothing but where the series ends);
    /// [`Labelled::features`] takes them in. Rows must be in the order of time.
    ///
    /// [`Labelled::split`] then splits in time: the first rows are for training, the next for validation, the last for
    /// the test. No row is a target in two parts; a window may reach back into the part before it, as it does in use.
    ///
    /// Fails when there is no such column, when it holds words or one value only, and when the window makes no sense.
    pub fn forecast(self, target: &str, window: Window) -> Result<Labelled> {
        window.check().map_err(|(setting, message)| Error::setting(setting, message))?;
        let place = super::labelled::index_for(&self, target, "target")?;
        self.column(target)?;
        let is_input = |(at, column): (usize, &Column)| at == place || (column.is_numeric() && !is_clock(column));
        let inputs = self.columns().iter().enumerate().map(is_input).collect();
        Labelled::arranged(self, target, Task::Regression, inputs, Arrangement::Window(window))
    }
}

/// Whether the numbers rise by the same step in every row.
fn is_clock(column: &Column) -> bool {
    let Some(rows) = column.len().filter(|&rows| rows >= 3) else { return false };
    let x = |row: usize| column.number(row).unwrap_or(f64::NAN);
    let step = x(1) - x(0);
    step > 0.0 && (1..rows).all(|row| ((x(row) - x(row - 1)) - step).abs() <= 1e-6 * step)
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
    let inputs = columns.map(|column| encoder::fit_input(training, column)).collect::<Result<Vec<Input>>>()?;
    let target = encoder::fit_target(training, target, Task::Regression, scale_target)?;
    Encoder::windowed(inputs, target, window)
}

/// Windows out of rows of `width` numbers each: those with their targets, or with `beyond` also those that end with the
/// last rows, whose targets are still to come.
pub(super) fn windows(table: &Table, rows: &[f32], width: usize, window: Window, beyond: bool) -> Result<Vec<f32>> {
    let count = count(table, window, beyond)?;
    let len = window.steps * width;
    let mut out = Vec::new();
    let total = count.checked_mul(len).filter(|&total| total <= encoder::MOST_VALUES);
    if total.is_none_or(|total| out.try_reserve_exact(total).is_err()) {
        let message = format!(
            "{count} windows of {} steps of {width} numbers do not fit into memory; make --window smaller, or give \
             fewer rows",
            window.steps
        );
        return Err(Error::data(Place::new(table.source()), message));
    }
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

    fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn windows_and_targets_are_what_they_should_be() {
        let data =
            squares(6).forecast("y", Window::new(2, 2)).unwrap().scale_target(false).split(Split::none()).unwrap();
        let samples = data.train_samples().unwrap();
        assert_eq!(samples.shape(), Shape::Sequence { steps: 2, features: 1 });
        assert_eq!(samples.rows(), 3);
        let values = vec![4.0, 9.0, 9.0, 16.0, 16.0, 25.0];
        assert_eq!(samples.targets(), &Targets::Values { width: 2, values });
        // Mean and variance of 0, 1, 4, 9, 16, 25.
        let (mean, scale) = (55.0 / 6.0, (979.0f64 / 6.0 - (55.0f64 / 6.0).powi(2)).sqrt());
        let scaled = |y: f64| ((y - mean) / scale) as f32;
        assert_eq!(samples.input(2), [scaled(4.0), scaled(9.0)]);
        // A prediction needs no answer: the last window ends with the last row.
        let (inputs, rows) = data.encoder().encode_inputs(data.train()).unwrap();
        assert_eq!((rows, &inputs[8..]), (5, &[scaled(16.0), scaled(25.0)][..]));
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
            // The scale is that of the training rows.
            let mean = train.iter().map(|t| (t * t) as f64).sum::<f64>() / train.len() as f64;
            let Target::Number { mean: fitted, .. } = data.encoder().target().clone() else { panic!() };
            assert!((mean - fitted).abs() <= 1e-9 * mean, "{mean} {fitted}");
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
