//! The table.

use super::sets::{Score, Set};
use serde_json::Value;
use std::io::{self, Write};

/// What `bench/accuracy_sklearn.py` found.
const SKLEARN: &str = include_str!("../../../../bench/accuracy_sklearn.json");

/// The results on one data set.
pub(crate) struct Row {
    set: Set,
    scores: Vec<f64>,
    ridge: Vec<f64>,
    epochs: usize,
    seconds: f64,
    sklearn: Option<f64>,
}

impl Row {
    pub(crate) fn new(set: &Set, seeds: u64) -> Self {
        let known: Value = serde_json::from_str(SKLEARN).unwrap_or_default();
        let sklearn = known["results"][set.name]["mean"].as_f64();
        let scores = Vec::with_capacity(seeds as usize);
        Row { set: set.clone(), scores, ridge: Vec::new(), epochs: 0, seconds: 0.0, sklearn }
    }

    pub(crate) fn add(&mut self, score: f64, epochs: usize, seconds: f64) {
        self.scores.push(score);
        self.epochs += epochs;
        self.seconds += seconds;
    }

    pub(crate) fn ridge(&mut self, r2: f64) {
        self.ridge.push(r2);
    }

    /// What the set is compared with, where there is something.
    fn reference(&self) -> Option<f64> {
        if self.ridge.is_empty() { self.sklearn } else { Some(mean(&self.ridge)) }
    }

    pub(crate) fn is_met(&self) -> bool {
        let score = mean(&self.scores);
        let goal = self.set.goal.is_none_or(|goal| score >= goal);
        let near = self.set.within.is_none_or(|gap| self.reference().is_none_or(|reference| score >= reference - gap));
        goal && near
    }

    pub(crate) fn print(&self) -> Result<(), String> {
        let what = match self.set.score {
            Score::TestAccuracy => "accuracy",
            Score::TestR2 => "R²",
            Score::Learnt => "learnt",
            Score::Forecast => "naive error / error",
            Score::BelowBigrams => "nats below bigrams",
        };
        let number = |x: Option<f64>| x.map_or("-".to_owned(), |x| format!("{x:.4}"));
        let ridge = (!self.ridge.is_empty()).then(|| mean(&self.ridge));
        let goal = match (self.set.goal, self.set.within) {
            (Some(goal), _) => format!("≥ {goal}"),
            (None, Some(gap)) if ridge.is_some() => format!("ridge - {gap}"),
            (None, Some(gap)) => format!("sklearn - {gap}"),
            (None, None) => "-".to_owned(),
        };
        let runs = self.scores.len().max(1) as f64;
        let worst = self.scores.iter().copied().fold(f64::INFINITY, f64::min);
        let line = format!(
            "| {} | {what} | {} | {:.4} | {:.4} | {:.4} | {} | {} | {goal} | {} | {:.0} | {:.3} |",
            self.set.name,
            self.scores.len(),
            mean(&self.scores),
            deviation(&self.scores),
            worst,
            number(self.sklearn),
            number(ridge),
            if self.is_met() { "yes" } else { "NO" },
            self.epochs as f64 / runs,
            self.seconds / runs,
        );
        say(&line)
    }
}

pub(crate) fn head() -> Result<(), String> {
    say("| data | figure | seeds | adaline | sd | worst | scikit-learn | ridge | goal | met | epochs | seconds |")?;
    say("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- | ---: | ---: |")
}

/// A data set whose file was not named.
pub(crate) fn absent(name: &str) -> Result<(), String> {
    let flag = name.split_once('-').filter(|(set, _)| *set == "mnist").map_or(name, |(set, _)| set);
    say(&format!("| {name} | not measured: name its file with --{flag} PATH |"))
}

fn say(line: &str) -> Result<(), String> {
    writeln!(io::stdout(), "{line}").map_err(|error| error.to_string())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn deviation(values: &[f64]) -> f64 {
    let centre = mean(values);
    (values.iter().map(|x| (x - centre).powi(2)).sum::<f64>() / values.len().max(1) as f64).sqrt()
}
