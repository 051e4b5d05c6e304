//! Wide rows as sequences: `steps` × `features` columns of a row, step by step across the columns. Blank cells at the end
//! of a row make its sequence shorter.

use super::column::{Column, Values};
use super::encoder::{self, Encoder, Input};
use super::labelled::{Arrangement, Labelled};
use super::number;
use super::table::{Table, list};
use super::task::Task;
use crate::error::Place;
use crate::{Error, Result};

impl Labelled {
    /// Reads the inputs of each row as a sequence of `steps` steps of `features` values: the first `features` columns are
    /// the first step, the next are the second, and so on, in the table's order.
    ///
    /// Where the last cells of a row are blank, its sequence is shorter, by whole steps. [`Labelled::split`] fails when
    /// there are not `steps` × `features` input columns, when a cell in the middle is blank, when a step is half blank,
    /// when a row is all blank, and when a cell holds a word.
    ///
    /// ```
    /// use adaline::Shape;
    /// use adaline::data::{Split, Table};
    /// # fn main() -> adaline::Result<()> {
    /// let csv = "a1,b1,a2,b2,kind\n1,2,3,4,up\n4,3,,,down\n";
    /// let data = Table::from_reader(csv.as_bytes(), "f.csv")?.target("kind")?.sequence(2, 2).split(Split::none())?;
    /// assert_eq!(data.input(), Shape::Sequence { steps: 2, features: 2 });
    /// assert_eq!(data.train_samples()?.lengths(), Some(&[2, 1][..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn sequence(mut self, steps: usize, features: usize) -> Self {
        self.arrangement = Arrangement::Sequence { steps, features };
        self
    }
}

/// Checks that these columns make such sequences, and that every cell can be used.
pub(super) fn check(table: &Table, inputs: &[&Column], steps: usize, features: usize) -> Result<()> {
    let columns = inputs.len();
    if steps == 0 || features == 0 {
        let message = format!("{steps} steps of {features} values; give whole numbers from 1");
        return Err(Error::setting("sequence", message));
    }
    if steps.checked_mul(features) == Some(columns) {
        return lengths(table, inputs, features).map(drop);
    }
    let fits = if columns.is_multiple_of(steps) && features == 1 {
        format!("{steps},{}", columns / steps)
    } else if columns.is_multiple_of(features) {
        format!("{},{features}", columns / features)
    } else {
        format!("{columns},1")
    };
    let message = format!(
        "{steps} steps of {features} values are {} columns, and there are {columns} inputs; give for example {fits}, or \
         choose the columns (--features, --exclude) among {}",
        steps.saturating_mul(features),
        list(inputs.iter().map(|column| column.name()))
    );
    Err(Error::setting("sequence", message))
}

/// An encoder fitted on training rows.
///
/// The values of a step have a mean and a scale each, over all steps of all rows; the pixels of an image have one for all
/// of them, since a pixel that is nearly always black would be scaled to the skies.
pub(super) fn fit(
    training: &Table,
    target: &str,
    task: Task,
    scale_target: bool,
    (steps, features): (usize, usize),
) -> Result<Encoder> {
    let columns: Vec<&Column> = training.columns().iter().filter(|column| column.name() != target).collect();
    check(training, &columns, steps, features)?;
    let is_image = training.image().is_some_and(|(_, shape)| shape.len() == columns.len());
    let (mut mean, mut scale) = (Vec::with_capacity(features), Vec::with_capacity(features));
    if is_image {
        let (m, s) = standardise(training, &columns)?;
        (mean, scale) = (vec![m; features], vec![s; features]);
    } else {
        for feature in 0..features {
            let same: Vec<&Column> = columns.iter().skip(feature).step_by(features).copied().collect();
            let (m, s) = standardise(training, &same)?;
            mean.push(m);
            scale.push(s);
        }
    }
    let names = columns.iter().map(|column| column.name().to_owned()).collect();
    let target = encoder::fit_target(training, target, task, scale_target)?;
    Encoder::new(vec![Input::Sequence { names, steps, features, mean, scale }], target)
}

/// Mean and standard deviation over all cells that are not blank.
fn standardise(training: &Table, columns: &[&Column]) -> Result<(f64, f64)> {
    let (mut n, mut sum) = (0usize, 0.0);
    each(training, columns, |x| {
        n += 1;
        sum += x;
    })?;
    let mean = sum / n.max(1) as f64;
    let mut squares = 0.0;
    each(training, columns, |x| squares += (x - mean) * (x - mean))?;
    let variance = squares / n.max(1) as f64;
    if !mean.is_finite() || !variance.is_finite() {
        let name = columns.first().map_or("", |column| column.name());
        let message = "the numbers are so large that their mean or variance overflows; measure in a larger unit";
        return Err(Error::data(Place::new(training.source()).column(name), message));
    }
    // scikit-learn's bound below which a spread is nothing but rounding.
    let n = n as f64;
    let rounding = n * f64::EPSILON * variance + (n * mean * f64::EPSILON).powi(2);
    Ok((mean, if variance <= rounding || variance < f64::MIN_POSITIVE { 1.0 } else { variance.sqrt() }))
}

fn each(table: &Table, columns: &[&Column], mut visit: impl FnMut(f64)) -> Result<()> {
    for column in columns {
        for row in 0..table.rows() {
            if let Some(x) = column.number_or_blank(table, row)? {
                visit(x);
            }
        }
    }
    Ok(())
}

/// How many steps each row has; `None` where all have all of them.
pub(super) fn lengths(table: &Table, columns: &[&Column], features: usize) -> Result<Option<Vec<u32>>> {
    let is_full = |column: &&Column| column.len().is_some() && !matches!(column.values(), Values::Text(_));
    if columns.iter().all(is_full) {
        return Ok(None);
    }
    let mut lengths = Vec::with_capacity(table.rows());
    for row in 0..table.rows() {
        let mut own = 0;
        for (place, column) in columns.iter().enumerate() {
            if column.number_or_blank(table, row)?.is_none() {
                continue;
            }
            if let Some(gap) = columns.get(own).filter(|_| own < place) {
                let message = "the cell is blank and cells behind it are not; only the end of a row may be blank";
                return Err(table.error(row, gap.name(), message));
            }
            own = place + 1;
        }
        if own == 0 {
            let name = columns.first().map_or("", |column| column.name());
            return Err(table.error(row, name, "every cell of the sequence is blank; remove the row"));
        }
        if let Some(gap) = columns.get(own).filter(|_| !own.is_multiple_of(features)) {
            let message = format!(
                "the cell is blank, and with it the sequence ends within a step: a step has {features} values, so \
                 blank all of them or none"
            );
            return Err(table.error(row, gap.name(), message));
        }
        lengths.push((own / features) as u32);
    }
    Ok(if lengths.iter().all(|&length| length as usize * features == columns.len()) { None } else { Some(lengths) })
}

/// The inputs of all rows, zeroes behind the end of a shorter one.
pub(super) fn encode(
    table: &Table,
    columns: &[&Column],
    features: usize,
    (mean, scale): (&[f64], &[f64]),
    out: &mut [f32],
) -> Result<()> {
    lengths(table, columns, features)?;
    let width = columns.len();
    for (place, column) in columns.iter().enumerate() {
        let feature = place % features;
        let mean = mean.get(feature).copied().unwrap_or(0.0);
        let scale = scale.get(feature).copied().unwrap_or(1.0);
        for row in 0..table.rows() {
            let Some(x) = column.number_or_blank(table, row)? else { continue };
            let value = ((x - mean) / scale) as f32;
            if !value.is_finite() {
                let [x, mean, scale] = [x, mean, scale].map(number::shown);
                let message = format!(
                    "{x} is too large: scaled as in training (mean {mean}, scale {scale}) it overflows; mend the cell"
                );
                return Err(table.error(row, column.name(), message));
            }
            if let Some(cell) = out.get_mut(row * width + place) {
                *cell = value;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Split;
    use crate::{Shape, Targets};

    fn labelled(csv: &str) -> Labelled {
        Table::from_reader(csv.as_bytes(), "f.csv").unwrap().target("y").unwrap()
    }

    #[test]
    fn steps_go_across_the_columns() {
        let csv = "a,b,c,d,y,e,f\n1,10,2,20,no,3,30\n3,10,,,yes,,\n5,40,4,10,no,,\n";
        let data = labelled(csv).sequence(3, 2).split(Split::none()).unwrap();
        let samples = data.train_samples().unwrap();
        assert_eq!(samples.shape(), Shape::Sequence { steps: 3, features: 2 });
        assert_eq!(samples.lengths(), Some(&[3, 1, 2][..]));
        assert_eq!(samples.targets(), &Targets::Classes(vec![0, 1, 0]));
        // The first of each step: 1, 2, 3, 3, 5, 4; the second: 10, 20, 30, 10, 40, 10.
        let encoder = data.encoder();
        let [Input::Sequence { mean, scale, .. }] = encoder.inputs() else { panic!() };
        assert_eq!(mean, &[3.0, 20.0]);
        let spread = |squares: f64| (squares / 6.0f64).sqrt();
        assert!((scale[0] - spread(10.0)).abs() < 1e-12 && (scale[1] - spread(800.0)).abs() < 1e-12, "{scale:?}");
        let second = samples.input(1);
        assert_eq!((second[0], &second[2..]), (0.0, &[0.0; 4][..]));
        assert!((f64::from(second[1]) + 10.0 / spread(800.0)).abs() < 1e-6);
        // Another table without blanks has no lengths.
        let full = Table::from_reader("f,e,d,c,b,a\n1,2,3,4,5,6\n".as_bytes(), "new.csv").unwrap();
        assert_eq!(data.encoder().encode_lengths(&full).unwrap(), None);
        let (values, rows) = data.encoder().encode_inputs(&full).unwrap();
        assert_eq!((values.len(), rows), (6, 1));
        // Columns are found by name: the first value is that of "a".
        assert!((f64::from(values[0]) - 3.0 / scale[0]).abs() < 1e-6);
    }

    #[test]
    fn a_model_file_keeps_it() {
        let data = labelled("a,b,y\n1,2,0.5\n2,,1.5\n").sequence(2, 1).split(Split::none()).unwrap();
        let json = serde_json::to_string(&data.encoder()).unwrap();
        assert_eq!(serde_json::from_str::<Encoder>(&json).unwrap(), data.encoder());
        let by_hand = r#"{"inputs":[{"type":"sequence","names":["a","b"],"steps":2,"features":1}],
            "target":{"type":"number","name":"y"}}"#;
        let encoder: Encoder = serde_json::from_str(by_hand).unwrap();
        assert_eq!(encoder.encode_inputs(data.train()).unwrap().0, [1.0, 2.0, 2.0, 0.0]);
        assert_eq!(encoder.encode_row(&["7", ""]).unwrap(), [7.0, 0.0]);
        for (from, to, trouble) in [
            ("\"steps\":2", "\"steps\":3", "names of 3 steps"),
            ("\"features\":1", "\"features\":0", "steps"),
            ("\"steps\":2", "\"steps\":18446744073709551615", "steps"),
            ("[\"a\",\"b\"]", "[\"a\",\"a\"]", "twice"),
            ("[\"a\",\"b\"]", "[\"a\",\"y\"]", "target"),
            ("\"features\":1", "\"features\":1,\"mean\":[1,2]", "mean"),
            ("\"features\":1", "\"features\":1,\"scale\":[0]", "scale"),
        ] {
            let error = serde_json::from_str::<Encoder>(&by_hand.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(trouble), "{error}\n{trouble}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        for (csv, steps, features, start) in [
            ("a,b,c,y\n1,2,3,p\n1,,3,q\n", 3, 1, "f.csv:3: column \"b\": the cell is blank and cells behind it"),
            ("a,b,c,d,y\n1,2,3,4,p\n1,2,3,,q\n", 2, 2, "f.csv:3: column \"d\": the cell is blank, and with it"),
            ("a,b,y\n1,2,p\n,,q\n", 2, 1, "f.csv:3: column \"a\": every cell of the sequence is blank"),
            ("a,b,y\n1,2,p\n1,x,q\n,,q\n", 2, 1, "f.csv:3: column \"b\": \"x\" is not a number"),
            ("a,b,y\n1,2,p\n1,,q\n1,x,q\n", 2, 1, "f.csv:4: column \"b\": \"x\" is not a number"),
            ("a,b,y\n1,2,p\n1,NaN,q\n1,,q\n", 2, 1, "f.csv:3: column \"b\": \"NaN\" is a missing value"),
            (
                "a,b,c,y\n1,2,3,p\n1,2,3,q\n",
                2,
                1,
                "sequence: 2 steps of 1 values are 2 columns, and there are 3 inputs",
            ),
            ("a,b,c,y\n1,2,3,p\n1,2,3,q\n", 0, 1, "sequence: 0 steps"),
            ("a,b,c,y\n1,2,3,p\n1,2,3,q\n", usize::MAX, 2, "sequence: "),
            ("a,b,y\n1,2,p\n1,2,\n", 2, 1, "f.csv:3: column \"y\": the cell is empty"),
        ] {
            let labelled = Table::from_reader(csv.as_bytes(), "f.csv").unwrap().target("y");
            let data = labelled.and_then(|labelled| labelled.sequence(steps, features).split(Split::none()));
            match data {
                Err(error) => assert!(error.to_string().starts_with(start), "{error}\n{start}"),
                Ok(_) => panic!("{start}"),
            }
        }
    }

    #[test]
    fn a_wide_slip_is_explained() {
        let columns: Vec<String> = (0..12).map(|i| format!("x{i}")).collect();
        let csv = format!("{},y\n{}p\n{}q\n", columns.join(","), "1,".repeat(12), "2,".repeat(12));
        let error = labelled(&csv).sequence(4, 1).split(Split::none()).unwrap_err().to_string();
        assert!(error.contains("give for example 4,3"), "{error}");
    }
}
