//! A forecast against what came.

use super::chart::{Chart, Line, Panel};
use super::scale::{Notation, short};
use super::style::{Colour, Dash, INK};
use super::words::clean;

/// Panels of several horizons that stand below each other.
const MOST_PANELS: usize = 3;

/// A series, what was forecast for each of its rows some steps ahead, and beside it the forecast that repeats the last
/// value, which any other has to beat.
///
/// Rows count from 1, as in a table.
///
/// ```
/// use adaline::plot::ForecastPicture;
/// let truth = [1.0, 2.0, 3.0, 4.0, 5.0];
/// // One step ahead, for the rows from the third on and one that is still to come.
/// let chart = ForecastPicture::new(&truth).forecast(1, 3, &[3.1, 4.1, 4.9, 6.0]).test_from(4).chart();
/// assert!(chart.to_svg().contains("RMSE 0.1, repeating the last value 1"));
/// ```
#[derive(Debug, Clone)]
pub struct ForecastPicture {
    title: String,
    target: String,
    truth: Vec<f64>,
    forecasts: Vec<Forecast>,
    test_from: Option<usize>,
    last: Option<usize>,
}

/// What was forecast so many steps ahead.
#[derive(Debug, Clone)]
struct Forecast {
    ahead: usize,
    /// The row of the first value, from 1.
    first: usize,
    values: Vec<f64>,
}

/// The root of the mean squared error of a forecast and of repeating the last value.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Errors {
    forecast: f64,
    naive: f64,
}

impl ForecastPicture {
    /// The series as it was.
    pub fn new(truth: &[f64]) -> Self {
        ForecastPicture {
            title: "Forecast".to_owned(),
            target: "value".to_owned(),
            truth: truth.to_vec(),
            forecasts: Vec::new(),
            test_from: None,
            last: None,
        }
    }

    /// What was forecast `ahead` steps before: for the row `first` (from 1) and those behind it. Of more than three
    /// horizons the first, the middle one and the last are drawn.
    pub fn forecast(mut self, ahead: usize, first: usize, values: &[f64]) -> Self {
        self.forecasts.push(Forecast { ahead: ahead.max(1), first: first.max(1), values: values.to_vec() });
        self
    }

    /// The first row, from 1, that the model has not learnt from; the errors are those of the rows from there on.
    pub fn test_from(mut self, row: usize) -> Self {
        self.test_from = Some(row);
        self
    }

    /// Draws the last rows only; the errors stay those of all.
    pub fn last(mut self, rows: usize) -> Self {
        self.last = Some(rows.max(2));
        self
    }

    /// The name of what is forecast, with its unit.
    pub fn target(mut self, target: impl AsRef<str>) -> Self {
        self.target = clean(target.as_ref());
        self
    }

    /// The title.
    pub fn title(mut self, title: impl AsRef<str>) -> Self {
        self.title = clean(title.as_ref());
        self
    }

    fn truth_at(&self, row: usize) -> Option<f64> {
        self.truth.get(row.checked_sub(1)?).copied()
    }

    /// Over the rows whose truth is known, those of the test where there are any.
    fn errors(&self, forecast: &Forecast) -> Option<Errors> {
        let from = self.test_from.unwrap_or(1);
        let (mut count, mut own, mut naive) = (0.0, 0.0, 0.0);
        for (i, value) in forecast.values.iter().enumerate() {
            let row = forecast.first + i;
            let last = row.checked_sub(forecast.ahead).and_then(|row| self.truth_at(row));
            if let (true, Some(truth), Some(last)) = (row >= from, self.truth_at(row), last) {
                count += 1.0;
                own += (value - truth) * (value - truth);
                naive += (last - truth) * (last - truth);
            }
        }
        let errors = Errors { forecast: f64::sqrt(own / count), naive: f64::sqrt(naive / count) };
        (count > 0.0 && errors.forecast.is_finite() && errors.naive.is_finite()).then_some(errors)
    }

    /// The horizons that are drawn.
    fn shown(&self) -> Vec<&Forecast> {
        let all = &self.forecasts;
        if all.len() <= MOST_PANELS {
            return all.iter().collect();
        }
        [0, (all.len() - 1) / 2, all.len() - 1].into_iter().filter_map(|i| all.get(i)).collect()
    }

    /// The picture.
    pub fn chart(&self) -> Chart {
        let rows = self.truth.len();
        let shown = self.shown();
        let ends = shown.iter().map(|forecast| (forecast.first + forecast.values.len()).saturating_sub(1));
        let end = ends.max().unwrap_or(0).max(rows).max(2);
        let from = self.last.map_or(1, |last| (rows + 1).saturating_sub(last).max(1)).min(end - 1);
        let mut chart = Chart::new(&self.title);
        let mut sentences = Vec::new();
        let part = if self.test_from.is_some_and(|row| row > 1 && row <= rows) { "on the test part " } else { "" };
        for (number, forecast) in shown.iter().enumerate() {
            let is_last = number + 1 == shown.len();
            let mut panel = self.panel(forecast, from, end, is_last);
            let ahead = steps(forecast.ahead);
            if let Some(errors) = self.errors(forecast) {
                let print = |v: f64| short(format!("{v:.2e}").parse().unwrap_or(v), Notation::Print);
                let sentence =
                    format!("{part}RMSE {}, repeating the last value {}", print(errors.forecast), print(errors.naive));
                if shown.len() > 1 {
                    panel = panel.title(format!("{ahead} ahead: {sentence}"));
                }
                sentences.push(if shown.len() > 1 { format!("{ahead} ahead {sentence}") } else { sentence });
            } else if shown.len() > 1 {
                panel = panel.title(format!("{ahead} ahead"));
            }
            chart = chart.panel(panel);
        }
        if shown.is_empty() {
            let panel = Panel::new("row", &self.target).line(self.truth_line(1));
            chart = chart.panel(panel.x(|axis| axis.range(1.0, end as f64).whole()));
        }
        let mut subtitle = match shown.as_slice() {
            [one] => format!("{} ahead; {}", steps(one.ahead), sentences.join("; ")),
            several => format!("{} of {} horizons", several.len(), self.forecasts.len()),
        };
        if from > 1 {
            subtitle.push_str(&format!("; the last {} of {rows} rows are drawn", rows + 1 - from));
        }
        let subtitle = subtitle.trim_end_matches([' ', ';']).to_owned();
        let description =
            format!("{}, a series of {rows} rows, with its forecast: {}.", self.target, sentences.join("; "));
        let height = if shown.len() > 1 { 90.0 + 210.0 * shown.len() as f64 } else { 400.0 };
        chart.subtitle(subtitle).description(description).size(900.0, height)
    }

    fn truth_line(&self, from: usize) -> Line {
        let points = self.truth.iter().enumerate().skip(from - 1).map(|(i, value)| ((i + 1) as f64, *value));
        Line::new("truth", points).colour(INK).width(1.8)
    }

    fn panel(&self, forecast: &Forecast, from: usize, end: usize, is_last: bool) -> Panel {
        let rows = self.truth.len();
        let naive = (from..=rows + forecast.ahead.min(end.saturating_sub(rows)))
            .filter_map(|row| Some((row as f64, self.truth_at(row.checked_sub(forecast.ahead)?)?)));
        let own: Vec<(f64, f64)> = forecast
            .values
            .iter()
            .enumerate()
            .map(|(i, value)| (forecast.first + i, *value))
            .filter(|(row, _)| *row >= from)
            .map(|(row, value)| (row as f64, value))
            .collect();
        let mut panel = Panel::new(if is_last { "row" } else { "" }, &self.target)
            .x(|axis| axis.range(from as f64, end as f64).whole())
            .line(self.truth_line(from))
            .line(Line::new("repeats the last value", naive).colour(Colour::of(6)).dash(Dash::Dotted).width(1.2))
            .line(Line::new("forecast", own).colour(Colour::of(1)).dash(Dash::Dashed).width(1.8));
        if let Some(row) = self.test_from.filter(|row| *row > from && *row <= end) {
            panel = panel.mark_x(row as f64, "the test part begins");
        }
        panel
    }
}

fn steps(ahead: usize) -> String {
    if ahead == 1 { "1 step".to_owned() } else { format!("{ahead} steps") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_those_of_the_test_part() {
        let truth = [0.0, 1.0, 0.0, 3.0];
        let picture = ForecastPicture::new(&truth).forecast(1, 2, &[0.5, 0.5, 2.0, 9.0]);
        let errors = picture.errors(&picture.forecasts[0]).unwrap();
        assert!((errors.forecast - (1.5f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((errors.naive - (11.0f64 / 3.0).sqrt()).abs() < 1e-12);
        let test = picture.test_from(4);
        assert_eq!(test.errors(&test.forecasts[0]), Some(Errors { forecast: 1.0, naive: 3.0 }));
        assert!(test.chart().to_svg().contains("on the test part RMSE 1, repeating the last value 3"));
    }

    #[test]
    fn of_many_horizons_three_are_drawn() {
        let truth: Vec<f64> = (0..40).map(f64::from).collect();
        let picture = (1..=6).fold(ForecastPicture::new(&truth), |p, ahead| p.forecast(ahead, 10 + ahead, &truth[9..]));
        let ahead: Vec<usize> = picture.shown().iter().map(|forecast| forecast.ahead).collect();
        assert_eq!(ahead, [1, 3, 6]);
        assert!(picture.chart().to_svg().contains("3 of 6 horizons"));
        assert!(ForecastPicture::new(&[]).chart().to_svg().len() > 100);
    }
}
