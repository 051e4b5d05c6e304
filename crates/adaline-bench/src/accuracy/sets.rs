//! The data sets on which the defaults are judged.

use adaline::data::{Column, Labelled, Table, Window};
use adaline::rng::{Purpose, Rng};
use std::path::PathBuf;

/// What a run on a data set is judged by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Score {
    /// The accuracy on the test rows.
    TestAccuracy,
    /// R² on the test rows, and ridge regression's beside it.
    TestR2,
    /// The part of the runs that get every training row right.
    Learnt,
    /// Of a forecast: how many times larger the error is that repeating the last value makes.
    Forecast,
    /// Of a text: by how many nats a character the loss lies below the entropy of a character that follows a known one.
    BelowBigrams,
}

/// Where the rows come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Builtin(&'static str),
    /// A file or folder that is not part of the program.
    Path(Option<PathBuf>),
    /// A text that is not part of the program.
    Text(Option<PathBuf>),
    Generated(fn() -> Vec<Column>),
}

/// A data set with what it asks of the defaults.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    pub name: &'static str,
    pub source: Source,
    pub target: Option<&'static str>,
    /// The chain, where it is not the default one.
    pub net: Option<&'static str>,
    /// Epochs, where they are not those of the defaults.
    pub epochs: Option<usize>,
    pub score: Score,
    pub seeds: u64,
    /// At least this.
    pub goal: Option<f64>,
    /// At most so much worse than the reference.
    pub within: Option<f64>,
}

/// Every data set, the slow one last.
pub(crate) fn all(breast_cancer: Option<PathBuf>, mnist: Option<PathBuf>, text: Option<PathBuf>) -> Vec<Set> {
    let set = |name, source, score| Set {
        name,
        source,
        target: None,
        net: None,
        epochs: None,
        score,
        seeds: 20,
        goal: None,
        within: None,
    };
    let of_mnist = |name, net, goal| Set {
        net: Some(net),
        seeds: 3,
        goal: Some(goal),
        ..set(name, Source::Path(mnist.clone()), Score::TestAccuracy)
    };
    let toy = |name, goal| Set { goal, ..set(name, Source::Builtin(name), Score::TestAccuracy) };
    let regression =
        |name, make| Set { target: Some("y"), within: Some(0.05), ..set(name, Source::Generated(make), Score::TestR2) };
    vec![
        Set { within: Some(0.01), ..set("iris", Source::Builtin("iris"), Score::TestAccuracy) },
        Set {
            target: Some("diagnosis"),
            goal: Some(0.96),
            ..set("breast-cancer", Source::Path(breast_cancer), Score::TestAccuracy)
        },
        Set {
            net: Some("dense 64 relu, dense 10"),
            goal: Some(0.965),
            ..set("digits", Source::Builtin("digits"), Score::TestAccuracy)
        },
        Set { goal: Some(0.98), seeds: 5, ..set("digits-cnn", Source::Builtin("digits"), Score::TestAccuracy) },
        Set { goal: Some(4.0), seeds: 5, ..set("waves", Source::Builtin("waves"), Score::Forecast) },
        Set { goal: Some(0.3), seeds: 1, ..set("text", Source::Text(text), Score::BelowBigrams) },
        toy("xor-cloud", None),
        toy("moons", None),
        toy("circles", None),
        toy("spirals", None),
        toy("blobs", None),
        set("sine", Source::Builtin("sine"), Score::TestR2),
        regression("noisy-linear-1", || linear(400, 1)),
        regression("noisy-linear-2", || linear(400, 2)),
        regression("noisy-linear-5", || linear(400, 5)),
        regression("noisy-linear-10", || linear(400, 10)),
        regression("noisy-linear-20", || linear(400, 20)),
        regression("noisy-friedman", || friedman(400, 3.0)),
        regression("friedman", || friedman(400, 1.0)),
        Set {
            net: Some("dense 4 tanh, dense 1"),
            seeds: 100,
            goal: Some(0.95),
            ..set("xor", Source::Builtin("xor"), Score::Learnt)
        },
        of_mnist("mnist", "dense 128 relu, dense 10", 0.95),
        of_mnist(
            "mnist-cnn",
            "conv 16 3x3 relu, maxpool 2, conv 32 3x3 relu, maxpool 2, flatten, dense 128 relu, dense 10",
            0.98,
        ),
        Set { epochs: Some(10), ..of_mnist("mnist-lstm", "lstm 128, dense 10", 0.95) },
    ]
}

impl Set {
    /// The rows; `None` where there is no file to read.
    pub(crate) fn table(&self) -> adaline::Result<Option<Table>> {
        match &self.source {
            Source::Builtin(name) => Table::builtin(name).map(Some),
            Source::Path(None) | Source::Text(None) => Ok(None),
            Source::Text(Some(path)) => Table::read_text(path).map(Some),
            Source::Path(Some(path)) => Table::read(path).map(Some),
            Source::Generated(make) => Table::new(self.name, make()).map(Some),
        }
    }
}

impl Set {
    /// The rows with what is to be learnt.
    pub(crate) fn labelled(&self, table: Table) -> adaline::Result<Labelled> {
        let target = self.target.or(table.default_target()).unwrap_or("class").to_owned();
        match self.score {
            Score::Forecast => table.forecast(&target, Window::new(24, 1)),
            Score::BelowBigrams => table.next_character(64),
            _ => table.target(&target),
        }
    }
}

/// y = w·x + noise with as much variance as w·x: no model can explain more than half of it. x and w are N(0, 1).
fn linear(rows: usize, inputs: usize) -> Vec<Column> {
    let mut rng = Rng::stream(0, Purpose::Data, inputs as u64);
    let weights: Vec<f64> = (0..inputs).map(|_| rng.normal()).collect();
    let noise = weights.iter().map(|w| w * w).sum::<f64>().sqrt();
    let x: Vec<Vec<f64>> = (0..rows).map(|_| (0..inputs).map(|_| rng.normal()).collect()).collect();
    let y = |row: &Vec<f64>, rng: &mut Rng| {
        row.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>() + noise * rng.normal()
    };
    columns(&x, y, &mut rng)
}

/// Friedman's first function of ten uniform inputs, five of which do not matter, with N(0, noise):
/// y = 10 sin(π x₁ x₂) + 20 (x₃ - ½)² + 10 x₄ + 5 x₅. Friedman 1991; scikit-learn's `make_friedman1`.
fn friedman(rows: usize, noise: f64) -> Vec<Column> {
    let mut rng = Rng::stream(0, Purpose::Data, 1991);
    let x: Vec<Vec<f64>> = (0..rows).map(|_| (0..10).map(|_| rng.uniform()).collect()).collect();
    let y = |x: &Vec<f64>, rng: &mut Rng| {
        let curve = 10.0 * (std::f64::consts::PI * x[0] * x[1]).sin() + 20.0 * (x[2] - 0.5).powi(2);
        curve + 10.0 * x[3] + 5.0 * x[4] + noise * rng.normal()
    };
    columns(&x, y, &mut rng)
}

fn columns(x: &[Vec<f64>], y: impl Fn(&Vec<f64>, &mut Rng) -> f64, rng: &mut Rng) -> Vec<Column> {
    let target = x.iter().map(|row| y(row, rng)).collect();
    let width = x.first().map_or(0, Vec::len);
    let input = |i: usize| Column::numbers(format!("x{}", i + 1), x.iter().map(|row| row[i]).collect());
    (0..width).map(input).chain([Column::numbers("y", target)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use adaline::data::Values;

    #[test]
    fn half_of_the_variance_is_noise() {
        let table = Table::new("linear", linear(20_000, 10)).unwrap();
        let data = table.target("y").unwrap().scale_target(false).split(adaline::data::Split::none()).unwrap();
        let samples = data.train_samples().unwrap();
        let adaline::Targets::Values { values, .. } = samples.targets() else { panic!("numbers") };
        let targets: Vec<f64> = values.iter().map(|&y| f64::from(y)).collect();
        let rows: Vec<&[f32]> = super::super::ridge::rows(&samples).collect();
        let ridge = super::super::ridge::Ridge::fit(&rows, &targets, 1.0);
        let predictions: Vec<f64> = rows.iter().map(|row| ridge.predict(row)).collect();
        let r2 = adaline::Regression::new(0.0, &targets, &predictions).r2;
        assert!((r2 - 0.5).abs() < 0.02, "{r2}");
    }

    #[test]
    fn generated_rows_stay_what_they_are() {
        let column = linear(3, 2).pop().unwrap();
        let Values::Numbers(first) = column.values() else { panic!("numbers") };
        let again = linear(3, 2).pop().unwrap();
        assert_eq!(again.values(), &Values::Numbers(first.clone()));
    }
}
