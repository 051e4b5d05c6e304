//! The answer as a JSON document.

use super::answer::Answer;
use crate::command::function::Subject;
use crate::failure::Failure;
use adaline::{Neuron, TruthRow, WrongRow};
use serde_json::{Value, json};

pub(super) fn of(subject: &Subject, answer: &Answer, wrong: Option<&WrongRow>) -> Result<Value, Failure> {
    let table = subject.function.table();
    let rows: Vec<TruthRow> = match &subject.row {
        Some(row) => vec![row.clone()],
        None => table.rows().collect(),
    };
    let mut document = json!({
        "name": subject.full_name,
        "inputs": table.inputs(),
        "input_names": subject.function.names(),
        "separable": answer.separable,
        "table": rows,
        "layers": answer.layers,
        "certificate": answer.certificate,
    });
    if let Some(smallest) = &answer.smallest {
        document["smallest"] = json!({
            "weights": smallest.weights,
            "bias": smallest.bias,
            "proved": smallest.proved,
            "at_least": smallest.at_least,
        });
    }
    if let Some(proved) = answer.fewest_proved {
        document["fewest_hidden_neurons_proved"] = json!(proved);
    }
    if let Some(neuron) = answer.single() {
        document["margins"] = json!(margins(subject, neuron)?);
        if table.inputs() == 2 {
            let best = table.largest_margin()?;
            let margin = best.as_ref().map(|best| table.margins(best).map(|margins| margins.least())).transpose()?;
            document["largest_margin"] =
                json!(best.map(|neuron| json!({"neuron": neuron, "margin": margin.flatten()})));
        }
    }
    if answer.by_hand {
        document["wrong"] = json!(wrong.map(|wrong| {
            json!({
                "input": wrong.row.input,
                "output": wrong.firing.output,
                "expected": wrong.row.output,
                "sum": wrong.firing.sum.value,
            })
        }));
    }
    Ok(document)
}

fn margins(subject: &Subject, neuron: &Neuron) -> Result<Vec<Value>, Failure> {
    let shown = |row: &TruthRow| subject.row.as_ref().is_none_or(|only| only == row);
    let margins = subject.function.table().margins(neuron)?;
    let rows = margins.rows.iter().filter(|margin| shown(&margin.row));
    Ok(rows
        .map(|margin| json!({"input": margin.row.input, "sum": margin.sum.value, "distance": margin.distance}))
        .collect())
}
