//! What a run came to.

use super::names::Names;
use crate::command::evaluate;
use crate::failure::Failure;
use crate::source::{quoted, shown};
use adaline::data::{Baseline, Dataset, Table};
use adaline::{Evaluation, Fit, Model};
use serde::{Serialize, Serializer};
use std::time::Duration;

/// The report of a run. As JSON it is one document for scripts.
#[derive(Serialize)]
pub(super) struct Report {
    model: String,
    epochs: usize,
    parameters: usize,
    seconds: f64,
    weights_sha256: String,
    train: Part,
    validation: Option<Part>,
    test: Option<Part>,
    #[serde(skip)]
    history: String,
    #[serde(skip)]
    best_epoch: usize,
    #[serde(skip)]
    is_text: bool,
    #[serde(skip)]
    takes_two_numbers: bool,
}

/// How well one part of the rows is predicted.
struct Part(Evaluation, Option<Baseline>);

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Classes {
            rows: usize,
            loss: f64,
            accuracy: f64,
        }
        #[derive(Serialize)]
        struct Numbers {
            rows: usize,
            loss: f64,
            mse: f64,
            mae: f64,
            r2: f64,
        }
        #[derive(Serialize)]
        struct Whole<'a, T> {
            #[serde(flatten)]
            figures: T,
            #[serde(flatten)]
            baseline: Option<&'a Baseline>,
        }
        let baseline = self.1.as_ref();
        match &self.0 {
            Evaluation::Regression(r) => {
                let figures = Numbers { rows: r.rows, loss: r.loss, mse: r.mse, mae: r.mae, r2: r.r2 };
                Whole { figures, baseline }.serialize(serializer)
            }
            other => match other.accuracy() {
                Some(accuracy) => {
                    let figures = Classes { rows: other.rows(), loss: other.loss(), accuracy };
                    Whole { figures, baseline }.serialize(serializer)
                }
                None => other.serialize(serializer),
            },
        }
    }
}

impl Report {
    pub(super) fn new(
        model: &Model,
        data: &Dataset,
        fit: &Fit,
        names: &Names,
        elapsed: Duration,
    ) -> Result<Self, Failure> {
        let measured = |table: &Table| -> Result<Part, Failure> {
            Ok(Part(model.evaluate(table)?, model.encoder().baseline(table)?))
        };
        let part = |table: &Table| -> Result<Option<Part>, Failure> {
            if table.is_empty() { Ok(None) } else { Ok(Some(measured(table)?)) }
        };
        Ok(Report {
            model: names.model.display().to_string(),
            epochs: fit.checkpoint.epochs(),
            parameters: model.network().parameters(),
            seconds: elapsed.as_secs_f64(),
            weights_sha256: model.weights_sha256(),
            train: measured(data.train())?,
            validation: part(data.validation())?,
            test: part(data.test())?,
            history: shown(&names.history),
            best_epoch: fit.best_epoch,
            is_text: model.encoder().vocabulary().is_some(),
            takes_two_numbers: crate::command::plot::two_inputs(model).is_some(),
        })
    }

    /// The report for a person. `source` is the data as it was named on the command line. Who wants the result only is not
    /// told what can be done next.
    pub(super) fn text(&self, source: &str, only_result: bool) -> String {
        let (what, part) = match (&self.test, &self.validation) {
            (Some(test), _) => ("test rows", test),
            (None, Some(validation)) => ("validation rows", validation),
            (None, None) => ("training rows", &self.train),
        };
        let mut text = format!("On the {what}:\n\n{}\n\n", evaluate::text(&part.0, part.1.as_ref()));
        text.push_str(&format!(
            "model    {} ({} parameters, the weights of epoch {} of {}, {:.1} s)\n",
            adaline::error::printable(&self.model),
            self.parameters,
            self.best_epoch,
            self.epochs,
            self.seconds
        ));
        text.push_str(&format!("history  {}\n", self.history));
        if only_result {
            return text;
        }
        text.push_str("\nNext:\n");
        let model = quoted(&self.model);
        if source != "-" {
            let data = quoted(source);
            text.push_str(&format!("  adaline evaluate {model} {data}\n"));
            if self.is_text {
                text.push_str(&format!("  adaline generate {model} --temperature 0.8 --seed 1\n"));
            } else {
                text.push_str(&format!("  adaline predict {model} {data}\n"));
            }
            if matches!(self.train.0, Evaluation::Classification(_)) && !self.is_text {
                text.push_str(&format!("  adaline plot confusion {model} {data}\n"));
            }
            if self.takes_two_numbers {
                text.push_str(&format!("  adaline plot boundary {model} {data}\n"));
            }
        }
        text.push_str(&format!("  adaline inspect {model}\n"));
        text
    }
}
