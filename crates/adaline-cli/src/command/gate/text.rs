//! The answer for a person: what stands behind the function, why there is not less, the table, a picture.

use super::answer::{Answer, MOVED};
use crate::command::function::{Subject, formula, short};
use crate::failure::Failure;
use crate::output::{Output, columns};
use adaline::gate::Certificate;
use adaline::{Neuron, TruthRow};

/// Rows of a table that are shown unless all are asked for.
const MOST_ROWS: usize = 64;
/// With more hidden neurons than this, their sums are left out of the table.
const MOST_SUMS: usize = 4;

pub(super) fn of(subject: &Subject, answer: &Answer, all: bool, output: &Output) -> Result<String, Failure> {
    let mut text = heading(subject, answer);
    text.push('\n');
    text.push_str(&table(subject, answer, all)?);
    if subject.row.is_none() {
        if let Some(neuron) = answer.single() {
            text.push_str(&margins(subject, neuron)?);
        }
        let (layers, moved) = answer.drawn(subject);
        if let Some(chart) = crate::command::plot::gate_chart(subject, &layers) {
            text.push('\n');
            if moved {
                text.push_str(&format!("({MOVED})\n"));
            }
            text.push_str(&chart.to_text(output.size().0.min(60), 18));
        }
    }
    Ok(text)
}

/// The neurons, and the proof where one alone cannot do.
fn heading(subject: &Subject, answer: &Answer) -> String {
    let name = &subject.name;
    if answer.by_hand {
        let neuron = answer.single().map(|neuron| formula(neuron, &subject.inputs)).unwrap_or_default();
        let mut text = format!("{name}, checked with {neuron}\n");
        if let Some(certificate) = &answer.certificate {
            text.push_str(&format!("\nNo other weights will do either.\n\n{}", proof(certificate, &subject.inputs)));
        }
        return text;
    }
    if let Some(neuron) = answer.single() {
        let mut text = format!("{name} = {}\n", formula(neuron, &subject.inputs));
        if let Some(smallest) = &answer.smallest {
            let found = smallest.neuron();
            if found != *neuron {
                text.push_str(&format!("smallest whole numbers: {}\n", formula(&found, &subject.inputs)));
            } else if smallest.proved {
                text.push_str("proved: no whole-number weights are smaller\n");
            }
            if !smallest.proved {
                text.push_str(&format!(
                    "smallest found: the weights' sizes add up to {}, and are proved to be at least {}\n",
                    smallest.size(),
                    smallest.at_least
                ));
            }
        }
        return text;
    }
    let mut text = match subject.gate {
        Some(_) => format!(
            "{name}: no single neuron can, for no straight line parts its ones from its zeros; two layers can\n\n"
        ),
        None => format!("{name}: no single neuron can; two layers can\n\n"),
    };
    if let Some(certificate) = &answer.certificate {
        text.push_str(&proof(certificate, &subject.inputs));
        text.push('\n');
    }
    if let Some(proved) = answer.fewest_proved {
        let hidden = answer.layers.first().map_or(0, |layer| layer.neurons.len());
        let how = if proved { "proved: fewer do not do" } else { "the fewest found; not proved that fewer do not do" };
        text.push_str(&format!("{hidden} hidden neurons ({how}):\n\n"));
    }
    let width = answer.names.iter().flatten().map(|name| adaline::error::columns(name)).max().unwrap_or(0);
    let mut seen = &subject.inputs;
    for (number, (layer, names)) in answer.layers.iter().zip(&answer.names).enumerate() {
        for (neuron, name) in layer.neurons.iter().zip(names) {
            let name = adaline::error::padded(name, width);
            text.push_str(&format!("layer {}  {name} = {}\n", number + 1, formula(neuron, seen)));
        }
        seen = names;
    }
    text
}

/// The certificate, to be added up by hand.
fn proof(certificate: &Certificate, names: &[String]) -> String {
    let rows = certificate.ones.len();
    let mut table = vec![[vec![String::new()], names.to_vec()].concat()];
    let mut side = |what: &str, side: &[Vec<u8>]| {
        for (number, row) in side.iter().enumerate() {
            let title = if number == 0 { format!("rows that give {what}") } else { String::new() };
            table.push(std::iter::once(title).chain(row.iter().map(u8::to_string)).collect());
        }
        table.push(std::iter::once("sum".to_owned()).chain(certificate.sum.iter().map(u32::to_string)).collect());
    };
    side("1", &certificate.ones);
    side("0", &certificate.zeros);
    let terms = certificate.sum.iter().zip(names).filter(|(count, _)| **count > 0);
    let term =
        |(count, name): (&u32, &String)| if *count == 1 { format!("w_{name}") } else { format!("{count}·w_{name}") };
    let bias = if rows == 1 { "bias".to_owned() } else { format!("{rows}·bias") };
    let total = terms.map(term).chain([bias]).collect::<Vec<_>>().join(" + ");
    let those = if rows == 1 { "that row" } else { "those rows" };
    format!(
        "{}\nA neuron that gave this table would have sums above zero in {those} that give 1, so together above zero,\n\
         and not above zero in those that give 0, so together not. But both come to {total}.\n",
        crate::output::columns(&table)
    )
}

/// Every row: inputs, sums, outputs; of one neuron the margins too.
fn table(subject: &Subject, answer: &Answer, all: bool) -> Result<String, Failure> {
    let rows: Vec<TruthRow> = match &subject.row {
        Some(row) => vec![row.clone()],
        None => subject.function.table().rows().collect(),
    };
    let many = rows.len() > MOST_ROWS && !all;
    let mut cells = vec![header(subject, answer)];
    let (mut wrong, mut left_out) = (0, 0);
    let mut rounding = Vec::new();
    for row in &rows {
        let line = line(answer, row)?;
        wrong += usize::from(!line.right);
        // Of a long table, the rows that are wrong are those that matter.
        let room = cells.len() <= MOST_ROWS && (!line.right || cells.len() <= MOST_ROWS / 4);
        if many && !room {
            left_out += 1;
            continue;
        }
        rounding.extend(line.rounding);
        cells.push(line.cells);
    }
    let mut text = columns(&cells);
    if left_out > 0 {
        text.push_str(&format!("… and {left_out} more rows; --all shows them\n"));
    }
    if answer.by_hand && wrong > 0 && rows.len() > 1 {
        text.push_str(&format!("\n{wrong} of {} rows {} wrong.\n", rows.len(), if wrong == 1 { "is" } else { "are" }));
    }
    for row in rounding {
        text.push_str(&format!(
            "\nIn row {row} the sum is a rounding error away from zero: on paper it is zero, which gives 0; in binary \
             it may fall on either side.\n"
        ));
    }
    Ok(text)
}

/// Whether the sums of a layer have columns of their own.
fn shows_sums(answer: &Answer, layer: usize) -> bool {
    layer > 0 || answer.layers.first().is_none_or(|layer| layer.neurons.len() <= MOST_SUMS)
}

fn header(subject: &Subject, answer: &Answer) -> Vec<String> {
    let single = answer.single().is_some();
    let mut cells = subject.inputs.clone();
    for (layer, names) in answer.names.iter().enumerate() {
        for name in names {
            if shows_sums(answer, layer) {
                cells.push(if single { "sum".to_owned() } else { format!("{name} sum") });
            }
            cells.push(if single { "output".to_owned() } else { name.clone() });
        }
    }
    if single {
        cells.push("margin".to_owned());
    }
    if answer.by_hand {
        cells.push(if subject.gate.is_some() { subject.name.clone() } else { "wanted".to_owned() });
    }
    cells
}

/// A row of the table.
struct Row {
    cells: Vec<String>,
    /// Whether the output is the function's.
    right: bool,
    /// The row's inputs, once for every sum that is a rounding error away from zero.
    rounding: Vec<String>,
}

fn line(answer: &Answer, row: &TruthRow) -> Result<Row, Failure> {
    let firings = answer.fire(row)?;
    let last = firings.last().and_then(|layer| layer.first());
    let right = last.map_or(0.0, |firing| firing.output) == f64::from(row.output);
    let inputs: Vec<String> = row.input.iter().map(u8::to_string).collect();
    let mut rounding = Vec::new();
    let mut cells = inputs.clone();
    for (layer, firings) in firings.iter().enumerate() {
        for firing in firings {
            if shows_sums(answer, layer) {
                cells.push(firing.sum.to_string());
            }
            cells.push(firing.output.to_string());
            if firing.sum.is_rounding_error() {
                rounding.push(inputs.join(" "));
            }
        }
    }
    if let (Some(neuron), Some(firing)) = (answer.single(), last) {
        cells.push(margin(neuron, firing.sum.value, right));
    }
    if answer.by_hand {
        cells.push(row.output.to_string());
        cells.push(if right { "" } else { "wrong" }.to_owned());
    }
    Ok(Row { cells, right, rounding })
}

/// How far a row is from the neuron's line, negative on the wrong side.
fn margin(neuron: &Neuron, sum: f64, right: bool) -> String {
    let length = neuron.weights.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
    if length == 0.0 || !length.is_finite() {
        return "-".to_owned();
    }
    let distance = sum.abs() / length;
    let text = format!("{:.3}", if right { distance } else { -distance });
    if text == "-0.000" { "0.000".to_owned() } else { text }
}

/// The neuron's margin beside the largest that any can have.
fn margins(subject: &Subject, neuron: &Neuron) -> Result<String, Failure> {
    let table = subject.function.table();
    if table.inputs() != 2 || table.first_wrong_row(neuron)?.is_some() {
        return Ok(String::new());
    }
    let (Some(best), Some(own)) = (table.largest_margin()?, table.margins(neuron)?.least()) else {
        return Ok(String::new());
    };
    let Some(most) = table.margins(&best)?.least() else { return Ok(String::new()) };
    // -0.000 is 0.000.
    let own = if own.abs() < 0.0005 { 0.0 } else { own };
    if own >= most * (1.0 - 1e-9) {
        return Ok(format!("\nThe least margin is {own:.3}; no line has a larger one.\n"));
    }
    let by_hand = Neuron { weights: best.weights.iter().map(|w| short(*w).parse().unwrap_or(*w)).collect(), ..best };
    Ok(format!(
        "\nThe least margin is {own:.3}; the largest that any line has is {most:.3}, with {}.\n",
        formula(&by_hand, &subject.inputs)
    ))
}
