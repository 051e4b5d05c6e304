//! How well the defaults learn: the mean over seeds, as a table, beside scikit-learn's.

mod changes;
mod report;
mod ridge;
mod sets;

use crate::failure::Failure;
use crate::options::{count, threads};
use adaline::data::{Baseline, Dataset, Split, Target};
use adaline::{Defaults, Evaluation, Layer, Model, Network, Regression, Targets, Trainer};
use changes::Changes;
use report::Row;
use ridge::Ridge;
use sets::{Score, Set};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What is asked for.
#[derive(Debug, Default)]
struct Options {
    only: Vec<String>,
    seeds: Option<u64>,
    threads: usize,
    breast_cancer: Option<PathBuf>,
    mnist: Option<PathBuf>,
    text: Option<PathBuf>,
    write_tables: Option<PathBuf>,
    changes: Changes,
}

/// Runs the subcommand; a failure where a goal is missed.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let options = parse(arguments)?;
    let mut sets = sets::all(options.breast_cancer.clone(), options.mnist.clone(), options.text.clone());
    if !options.only.is_empty() {
        if let Some(name) = options.only.iter().find(|name| !sets.iter().any(|set| set.name == **name)) {
            let names: Vec<&str> = sets.iter().map(|set| set.name).collect();
            return Err(Failure::Usage(format!("--only: no data set {name}; there are {}", names.join(", "))));
        }
        sets.retain(|set| options.only.iter().any(|name| name == set.name));
    }
    if let Some(folder) = &options.write_tables {
        return Ok(write_tables(&sets, folder)?);
    }
    report::head()?;
    let mut met = true;
    for set in &sets {
        let told = |error: adaline::Error| format!("{}: {error}", set.name);
        let Some(row) = judge(set, &options).map_err(told)? else {
            report::absent(set.name)?;
            continue;
        };
        met &= row.is_met();
        row.print()?;
    }
    if met { Ok(()) } else { Err(Failure::Missed) }
}

fn parse(arguments: &[String]) -> Result<Options, Failure> {
    let mut options = Options { threads: 1, ..Options::default() };
    let mut arguments = arguments.iter();
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| Failure::Usage(format!("{flag} needs a value")))?;
        match flag.as_str() {
            "--only" => options.only = value.split(',').map(str::to_owned).collect(),
            "--seeds" => options.seeds = Some(count(flag, value, 1, usize::MAX)? as u64),
            "--threads" => options.threads = threads(value)?,
            "--breast-cancer" => options.breast_cancer = Some(value.into()),
            "--mnist" => options.mnist = Some(value.into()),
            "--text" => options.text = Some(value.into()),
            "--write-tables" => options.write_tables = Some(value.into()),
            _ => options.changes.set(flag, value).map_err(Failure::Usage)?,
        }
    }
    Ok(options)
}

/// Every generated table as CSV, so that others can learn from the same rows.
fn write_tables(sets: &[Set], folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for set in sets {
        if set.name.starts_with("mnist") || matches!(set.score, Score::Forecast | Score::BelowBigrams) {
            continue; // images have a format of their own, and scikit-learn has no networks for series and texts
        }
        let Some(table) = set.table().map_err(|error| error.to_string())? else { continue };
        let path = folder.join(format!("{}.csv", set.name));
        let file = std::fs::File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        table.write_csv(std::io::BufWriter::new(file)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The runs on one data set; `None` where its file was not named.
fn judge(set: &Set, options: &Options) -> adaline::Result<Option<Row>> {
    let Some(table) = set.table()? else { return Ok(None) };
    let seeds = options.seeds.unwrap_or(set.seeds);
    let mut row = Row::new(set, seeds);
    for seed in 0..seeds {
        let split = Split::seeded(seed).test(0.2).validation(options.changes.validation());
        let data = set.labelled(table.clone())?.split(split)?;
        let start = Instant::now();
        let (model, epochs) = train(set, &data, seed, options)?;
        let seconds = start.elapsed().as_secs_f64();
        let judged = if data.test().is_empty() { data.train() } else { data.test() };
        let score = match (set.score, model.evaluate(judged)?) {
            (Score::Forecast, Evaluation::Regression(report)) => match data.encoder().baseline(judged)? {
                Some(Baseline::LastValue { naive_rmse }) => naive_rmse / report.rmse,
                _ => f64::NAN,
            },
            (_, Evaluation::Steps(report)) => match data.encoder().baseline(judged)? {
                Some(Baseline::Entropy { bigram_entropy, .. }) => bigram_entropy - report.loss,
                _ => f64::NAN,
            },
            (Score::Learnt, Evaluation::Classification(report)) => f64::from(u8::from(report.accuracy == 1.0)),
            (_, Evaluation::Classification(report)) => report.accuracy,
            (_, Evaluation::Regression(report)) => {
                row.ridge(ridge_r2(&data)?);
                report.r2
            }
            _ => f64::NAN,
        };
        row.add(score, epochs, seconds);
    }
    Ok(Some(row))
}

/// One run as the program does it. Returns the model and the epochs that it took.
fn train(set: &Set, data: &Dataset, seed: u64, options: &Options) -> adaline::Result<(Model, usize)> {
    let mut defaults = Defaults::for_dataset(data);
    options.changes.apply(&mut defaults, data);
    let layers = match set.net {
        Some(chain) => Layer::parse_chain(chain)?,
        None => defaults.layers(data),
    };
    let mut network = Network::new(data.input(), layers)?;
    network.initialize(seed);
    let mut model = Model::new(data.encoder(), network);
    let mut settings = defaults.settings;
    settings.seed = seed;
    settings.epochs = set.epochs.unwrap_or(settings.epochs);
    let fit = model.fit(data, Trainer::with(settings).threads(options.threads))?;
    Ok((model, fit.history.len()))
}

/// R² of ridge regression on the test rows. It may learn from the validation rows too: it needs none.
fn ridge_r2(data: &Dataset) -> adaline::Result<f64> {
    let encoder = data.encoder();
    let mut known = Vec::new();
    for samples in [Some(data.train_samples()?), data.validation_samples()?].into_iter().flatten() {
        known.push(samples);
    }
    let decode = |targets: &Targets| match targets {
        Targets::Values { values, .. } => values.iter().map(|&y| encoder.decode(f64::from(y))).collect(),
        _ => Vec::new(),
    };
    let rows: Vec<&[f32]> = known.iter().flat_map(ridge::rows).collect();
    let targets: Vec<f64> = known.iter().flat_map(|samples| decode(samples.targets())).collect();
    debug_assert!(matches!(encoder.target(), Target::Number { .. }));
    let line = Ridge::fit(&rows, &targets, 1.0);
    let Some(test) = data.test_samples()? else { return Ok(f64::NAN) };
    let predictions: Vec<f64> = ridge::rows(&test).map(|row| line.predict(row)).collect();
    Ok(Regression::new(0.0, &decode(test.targets()), &predictions).r2)
}
