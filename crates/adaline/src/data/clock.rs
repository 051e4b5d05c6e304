//! Columns of a series that are a clock: they rise or fall from row to row and tell nothing but when a row was.

use super::column::Column;
use super::labelled::{Arrangement, Labelled};
use super::table::Table;
use crate::error::printable;

/// A column of numbers that rises in every row, or falls in every row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    /// Whether it falls: the newest row is the first.
    falls: bool,
    /// Where its steps are even but for a few: the first row that is not one step behind the one before it, and how many
    /// such rows there are.
    gap: Option<(usize, usize)>,
}

impl Clock {
    /// What kind of clock a column is, if it is one. Two rows show nothing.
    pub(super) fn of(column: &Column) -> Option<Clock> {
        let rows = column.len().filter(|&rows| rows >= 3 && column.is_numeric())?;
        let step = |row: usize| Some(column.number(row)? - column.number(row - 1)?);
        let steps: Vec<f64> = (1..rows).map(step).collect::<Option<_>>()?;
        let falls = steps.first().is_some_and(|&step| step < 0.0);
        if !steps.iter().all(|&step| if falls { step < 0.0 } else { step > 0.0 }) {
            return None;
        }
        let mut sorted = steps.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let usual = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
        let odd = |step: &f64| (step - usual).abs() > 1e-6 * usual.abs();
        let count = steps.iter().filter(|step| odd(step)).count();
        // Months, or days without weekends, have no even step: nothing is missing there.
        let is_even = count <= (steps.len() / 10).max(1);
        let first = steps.iter().position(odd).map(|at| at + 1);
        Some(Clock { falls, gap: first.filter(|_| is_even && steps.len() > 3).map(|row| (row, count)) })
    }

    /// What somebody should know before a forecast is learnt from these rows.
    fn notes(self, table: &Table, column: &Column) -> Vec<String> {
        let name = printable(column.name());
        let source = printable(table.source());
        let mut notes = Vec::new();
        if self.falls {
            notes.push(format!(
                "{source}: column \"{name}\" falls in every row; if it is the time, the rows run backwards (newest first): \
                 reverse them, or the past is forecast from the future"
            ));
        }
        if let Some((row, count)) = self.gap {
            let place = table.line(row).map_or(format!("row {}", row + 1), |line| format!("line {line}"));
            let cell = |row: usize| column.cell(row);
            let more = if count > 1 { format!(", the first of {count} such places") } else { String::new() };
            notes.push(format!(
                "{source}: column \"{name}\" is even but for {place} (from {} to {}{more}); a forecast takes rows for \
                 steps of the same length, so fill in what is missing",
                cell(row - 1),
                cell(row)
            ));
        }
        notes
    }
}

impl Labelled {
    /// What is odd about the clocks of a series, a sentence each: rows that run backwards in time, and a gap between rows
    /// that otherwise follow each other evenly. Nothing where the rows are no series.
    ///
    /// ```
    /// use adaline::data::{Table, Window};
    /// # fn main() -> adaline::Result<()> {
    /// let csv = "hour,load\n1,3\n2,5\n3,4\n4,6\n7,5\n8,3\n";
    /// let series = Table::from_reader(csv.as_bytes(), "load.csv")?.forecast("load", Window::new(2, 1))?;
    /// assert!(series.clock_notes()[0].starts_with("load.csv: column \"hour\" is even but for line 6 (from 4 to 7)"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn clock_notes(&self) -> Vec<String> {
        if !matches!(self.arrangement, Arrangement::Window(_)) {
            return Vec::new();
        }
        let table = self.table();
        let columns = table.columns().iter().filter(|column| column.name() != self.target_name());
        columns.filter_map(|column| Some(Clock::of(column)?.notes(table, column))).flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(values: &[f64]) -> Option<Clock> {
        Clock::of(&Column::numbers("t", values.to_vec()))
    }

    #[test]
    fn what_only_rises_or_only_falls_is_a_clock() {
        let even = Clock { falls: false, gap: None };
        assert_eq!(clock(&[1.0, 2.0, 3.0, 4.0]), Some(even));
        assert_eq!(clock(&[0.1, 0.2, 0.30000000000000004, 0.4]), Some(even));
        assert_eq!(clock(&[4.0, 3.0, 2.0, 1.0]), Some(Clock { falls: true, gap: None }));
        // Hours with two missing.
        assert_eq!(clock(&[1.0, 2.0, 3.0, 6.0, 7.0, 8.0]), Some(Clock { falls: false, gap: Some((3, 1)) }));
        assert_eq!(clock(&[8.0, 7.0, 6.0, 2.0, 1.0]), Some(Clock { falls: true, gap: Some((3, 1)) }));
        let mut hours: Vec<f64> = (0..60).map(f64::from).collect();
        hours.retain(|hour| ![10.0, 40.0, 41.0].contains(hour));
        assert_eq!(clock(&hours), Some(Clock { falls: false, gap: Some((10, 2)) }));
        // Days of the months: no step is the usual one.
        assert_eq!(clock(&[0.0, 31.0, 59.0, 90.0, 120.0, 151.0, 181.0, 212.0]), Some(even));
    }

    #[test]
    fn what_stays_or_turns_is_none() {
        for values in
            [&[1.0, 2.0, 2.0, 3.0][..], &[1.0, 2.0, 1.5, 3.0], &[5.0, 5.0, 5.0], &[1.0, 2.0], &[3.0, 2.0, 4.0]]
        {
            assert_eq!(clock(values), None, "{values:?}");
        }
        assert_eq!(Clock::of(&Column::text("t", ["1", "2", "3"])), None);
    }
}
