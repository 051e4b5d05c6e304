//! `adaline gate --learn`: a learning rule, step by step.

use super::Arguments;
use crate::command::function::{Subject, formula, short};
use crate::failure::Failure;
use crate::output::{Output, columns};
use crate::values;
use adaline::Neuron;
use adaline::gate::{Learner, LearningEnd, LearningRule, LearningStep};
use clap::Args;
use serde_json::json;
use std::collections::VecDeque;

/// How a neuron learns.
#[derive(Debug, Args)]
pub(crate) struct LearningArguments {
    /// Seed of the first weights; 0 if not given
    #[arg(long, value_parser = values::seed, help_heading = "Learning")]
    seed: Option<u64>,

    /// Learning rate; 0.1 if not given
    #[arg(long, visible_alias = "lr", value_name = "RATE", value_parser = values::number, allow_negative_numbers = true, help_heading = "Learning")]
    learning_rate: Option<f64>,

    /// End after so many passes over the rows at the latest; 10000 if not given
    #[arg(long, value_parser = values::count, help_heading = "Learning")]
    epochs: Option<usize>,
}

/// Passes over the rows unless said otherwise.
const EPOCHS: usize = 10_000;
/// Steps that are shown at the beginning and at the end, unless all are asked for.
const SHOWN: (usize, usize) = (40, 24);
/// Steps of a JSON document; no memory holds any number of them.
const MOST_STEPS: usize = 100_000;

impl LearningArguments {
    /// These flags mean nothing without a rule.
    pub(super) fn only_with_learn(&self) -> Result<(), Failure> {
        let given = [
            ("seed", self.seed.is_some()),
            ("learning-rate", self.learning_rate.is_some()),
            ("epochs", self.epochs.is_some()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((name, _)) => {
                Err(Failure::usage(format!("--{name}: nothing is learned; add --learn perceptron or --learn delta")))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn learner(&self, subject: &Subject, rule: LearningRule) -> Result<(Learner, f64, u64), Failure> {
        let rate = self.learning_rate.unwrap_or(rule.default_learning_rate());
        let seed = self.seed.unwrap_or(0);
        let learner = Learner::new(subject.function.table(), rule, rate, seed)?;
        Ok((learner.most_epochs(self.epochs.unwrap_or(EPOCHS)), rate, seed))
    }
}

/// The steps that are shown: the first and the last ones.
struct Steps {
    head: Vec<LearningStep>,
    tail: VecDeque<LearningStep>,
    left_out: usize,
}

impl Steps {
    /// Lets the learner go to its end, and keeps so many of the first and of the last steps.
    fn of(learner: &mut Learner, first: usize, last: usize) -> Self {
        let mut steps = Steps { head: Vec::new(), tail: VecDeque::new(), left_out: 0 };
        for step in learner {
            if steps.head.len() < first {
                steps.head.push(step);
                continue;
            }
            steps.tail.push_back(step);
            if steps.tail.len() > last {
                steps.tail.pop_front();
                steps.left_out += 1;
            }
        }
        steps
    }

    fn table(&self, subject: &Subject) -> String {
        let mut table = vec![title(subject)];
        table.extend(self.head.iter().map(line));
        if self.left_out > 0 {
            table.push(vec!["…".to_owned()]);
        }
        table.extend(self.tail.iter().map(line));
        let mut text = columns(&table);
        if self.left_out > 0 {
            text.push_str(&format!("({} steps are left out; --all shows them)\n", self.left_out));
        }
        text
    }
}

/// Learns, shows every step, and gives the neuron.
pub(super) fn run(
    subject: &Subject,
    rule: LearningRule,
    arguments: &Arguments,
    output: &Output,
) -> Result<Neuron, Failure> {
    if subject.row.is_some() {
        return Err(Failure::usage("--learn: it learns from the whole table; leave the inputs of the row out"));
    }
    let (mut learner, rate, seed) = arguments.learning.learner(subject, rule)?;
    let start = learner.start().clone();
    let (first, last) = match (arguments.json, arguments.all) {
        (true, _) => (MOST_STEPS, 0),
        (false, true) => (usize::MAX, 0),
        (false, false) => SHOWN,
    };
    let steps = Steps::of(&mut learner, first, last);
    let (neuron, end) = (learner.neuron(), learner.end());
    if arguments.json {
        output.json(&json!({
            "name": subject.full_name,
            "inputs": subject.inputs.len(),
            "input_names": subject.function.names(),
            "rule": rule,
            "learning_rate": rate,
            "seed": seed,
            "start": start,
            "steps": steps.head,
            "steps_left_out": steps.left_out,
            "end": end,
            "converged": matches!(end, Some(LearningEnd::Converged { .. })),
            "cycles": matches!(end, Some(LearningEnd::Cycles { .. })),
            "neuron": neuron,
        }))?;
        return Ok(neuron);
    }
    let compared = match rule {
        LearningRule::Delta => "e = target - sum, targets -1 and 1",
        _ => "e = target - output",
    };
    let mut text = format!(
        "{} learned by the {rule} rule: w ← w + η·e·x, b ← b + η·e, with {compared}\nη = {rate}, seed {seed}, start {}\n\n{}",
        subject.name,
        formula(&start, &subject.inputs),
        steps.table(subject)
    );
    if let Some(end) = end {
        text.push_str(&format!("\n{}\n", said(end, subject, &neuron)?));
    }
    output.print(text)?;
    Ok(neuron)
}

fn title(subject: &Subject) -> Vec<String> {
    let mut cells = vec!["epoch".to_owned()];
    cells.extend(subject.inputs.iter().cloned());
    cells.extend(["target", "sum", "output", "error"].map(str::to_owned));
    cells.extend(subject.inputs.iter().map(|name| format!("w_{name}")));
    cells.push("bias".to_owned());
    cells
}

fn line(step: &LearningStep) -> Vec<String> {
    let mut cells = vec![step.epoch.to_string()];
    cells.extend(step.row.input.iter().map(u8::to_string));
    cells.extend([step.target, step.sum, step.output, step.error].map(short));
    cells.extend(step.neuron.weights.iter().map(|weight| short(*weight)));
    cells.push(short(step.neuron.bias));
    cells
}

/// How it ended, and what that means.
fn said(end: LearningEnd, subject: &Subject, neuron: &Neuron) -> Result<String, Failure> {
    let rounded = Neuron {
        weights: neuron.weights.iter().map(|w| short(*w).parse().unwrap_or(*w)).collect(),
        bias: short(neuron.bias).parse().unwrap_or(neuron.bias),
        activation: neuron.activation,
    };
    let is = |what: &str| format!("{what}\n{} = {}", subject.name, formula(&rounded, &subject.inputs));
    let end_text = end.to_string();
    Ok(match end {
        LearningEnd::Converged { .. } | LearningEnd::Settled { wrong_rows: 0, .. } => is(&end_text),
        LearningEnd::Cycles { .. } => {
            format!("{end_text}\nNo neuron computes {}; adaline gate without --learn shows the proof.", subject.name)
        }
        LearningEnd::Settled { .. } => {
            let can = subject.function.table().is_separable()?;
            let why = if can {
                "A line would do, but not the one with the least squared error."
            } else {
                "No neuron computes it; adaline gate without --learn shows the proof."
            };
            format!("{end_text}\n{why}")
        }
        LearningEnd::Diverged { .. } => format!("{end_text}; try a smaller --learning-rate"),
        LearningEnd::Unfinished { .. } => format!("{end_text}; give it more with --epochs"),
        _ => end_text,
    })
}
