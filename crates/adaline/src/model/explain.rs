//! One row of a table through a model, with every number of one training step.

use super::Model;
use crate::data::{Input, Table, Target};
use crate::reference::{self, Explanation, Goal, Scaling};
use crate::{Error, Loss, Optimizer, Result, Sgd, Targets};

impl Model {
    /// Every weighted sum, the loss, every derivative and the update of one step of learning from one row of a table that
    /// has the target column; rows count from 0. The loss and the optimizer are those that the model was trained with, as
    /// if it had not seen anything yet; a model set by hand learns by gradient descent.
    ///
    /// A model that ends in a step has no logits; its loss here is the squared error of its zeroes and ones.
    ///
    /// Fails when there is no such row, or the table does not fit the model.
    ///
    /// ```
    /// use adaline::prelude::*;
    /// # fn main() -> adaline::Result<()> {
    /// let working = Model::of_gate(Gate::Xor)?.explain(&Table::builtin("xor")?, 1)?;
    /// assert_eq!(working.input, [0.0, 1.0]);
    /// assert_eq!(working.layers[1].units[0].output, 1.0);
    /// assert_eq!(working.loss.value, 0.0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn explain(&self, table: &Table, row: usize) -> Result<Explanation> {
        let settings = self.record().map(|record| &record.settings);
        let optimizer = settings.map_or_else(|| Optimizer::from(Sgd::default()), |settings| settings.optimizer);
        self.explain_with(table, row, &optimizer)
    }

    /// As [`Model::explain`], with an optimizer of one's own for the step.
    pub fn explain_with(&self, table: &Table, row: usize, optimizer: &Optimizer) -> Result<Explanation> {
        let samples = self.encoder().encode(table)?;
        if row >= samples.rows() {
            let message = format!("{row} does not exist; the table has {} rows, counted from 0", samples.rows());
            return Err(Error::setting("row", message));
        }
        self.check()?;
        let input: Vec<f64> = samples.input(row).iter().copied().map(f64::from).collect();
        let settings = self.record().map(|record| &record.settings);
        let weights = settings.and_then(|settings| settings.class_weights.as_ref());
        let weights: Option<Vec<f64>> = weights.map(|weights| weights.iter().copied().map(f64::from).collect());
        let (class, values): ([u32; 1], Vec<f64>) = match samples.targets() {
            Targets::Classes(classes) => ([classes[row]], vec![f64::from(classes[row])]),
            Targets::Steps { .. } => {
                let message = "the working is shown for one answer a row, and this network answers at every step";
                return Err(Error::shape("network", message));
            }
            Targets::Values { width, values } => {
                ([0], values[row * width..(row + 1) * width].iter().copied().map(f64::from).collect())
            }
        };
        let goal = match samples.targets() {
            Targets::Classes(_) if !self.ends_in_step() => Goal {
                loss: self.loss(),
                targets: reference::Targets::Classes(&class),
                class_weights: weights.as_deref(),
            },
            Targets::Classes(_) => {
                Goal { loss: Loss::Mse, targets: reference::Targets::Values(&values), class_weights: None }
            }
            Targets::Values { .. } | Targets::Steps { .. } => {
                Goal { loss: self.loss(), targets: reference::Targets::Values(&values), class_weights: None }
            }
        };
        let own = samples.lengths().and_then(|lengths| lengths.get(row)).copied();
        let twin = reference::Network::of(self.network())?;
        let mut working = reference::explain_own(&twin, &input, own, &goal, Some(optimizer))?;
        working.input_names = self.feature_names();
        working.input_scaling = self.input_scaling(&working.input);
        let classes = self.encoder().classes();
        let outputs = working.layers.last().map_or(0, |layer| layer.units.len());
        let name = self.encoder().target().name();
        working.output_names = match classes.len() {
            count if count == outputs => classes.to_vec(),
            2 if outputs == 1 => vec![format!("{name} = {}", classes[1])],
            0 if outputs == 1 => vec![name.to_owned()],
            _ => Vec::new(),
        };
        working.target = match (self.encoder().target(), samples.targets()) {
            (Target::Classes { .. }, Targets::Classes(_)) => classes.get(class[0] as usize).cloned(),
            (Target::Number { .. }, Targets::Values { .. }) => {
                values.first().map(|value| (self.encoder().decode(*value) as f32).to_string())
            }
            _ => None,
        };
        Ok(working)
    }

    /// How a row's inputs were standardised.
    fn input_scaling(&self, inputs: &[f64]) -> Vec<Option<Scaling>> {
        let mut all = Vec::new();
        for input in self.encoder().inputs() {
            match *input {
                Input::Number { mean, scale, .. } => {
                    let x = inputs.get(all.len()).copied().unwrap_or_default();
                    let as_it_is = mean == 0.0 && scale == 1.0;
                    all.push((!as_it_is).then_some(Scaling { value: x * scale + mean + 0.0, mean, scale }));
                }
                Input::Categories { .. } => all.extend((0..input.width()).map(|_| None)),
                _ => return Vec::new(),
            }
        }
        all
    }

    /// The name of every number that the network sees: the column's, and for a column of categories one name each, such
    /// as `colour = red`. Empty for images.
    ///
    /// ```
    /// use adaline::{Gate, Model};
    /// # fn main() -> adaline::Result<()> {
    /// assert_eq!(Model::of_gate(Gate::And)?.feature_names(), ["a", "b"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn feature_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for input in self.encoder().inputs() {
            match input {
                Input::Number { name, .. } => names.push(name.clone()),
                Input::Categories { name, categories, .. } => {
                    names.extend(categories.iter().map(|category| format!("{name} = {category}")));
                }
                _ => return Vec::new(),
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Split;
    use crate::{Adam, Dense, Network, Trainer};

    #[test]
    fn a_trained_model_is_explained_as_it_was_trained() {
        let data = Table::builtin("iris").unwrap().target("species").unwrap().split(Split::seeded(1)).unwrap();
        let network = Network::new(data.input(), [Dense::relu(5), Dense::linear(3)]).unwrap();
        let mut model = Model::new(data.encoder(), network);
        let trainer = Trainer::new(Adam::default().learning_rate(0.02)).epochs(5).seed(1);
        model.fit(&data, trainer).unwrap();
        let table = data.test();
        for row in [0, 7, 29] {
            let working = model.explain(table, row).unwrap();
            assert_eq!(working.network, "dense 5 relu, dense 3");
            assert_eq!(working.input_names[0], "sepal_length");
            for (x, scaling) in working.input.iter().zip(&working.input_scaling) {
                let scaling = scaling.unwrap();
                assert!((x - (scaling.value - scaling.mean) / scaling.scale).abs() < 1e-12);
                assert!(
                    (scaling.value * 10.0 - (scaling.value * 10.0).round()).abs() < 1e-5,
                    "a tenth of a centimetre"
                );
            }
            assert_eq!(working.output_names, ["setosa", "versicolor", "virginica"]);
            assert!(working.output_names.contains(working.target.as_ref().unwrap()));
            let samples = model.encoder().encode(table).unwrap();
            let outputs = model.network().predict(samples.input(row)).unwrap();
            for (fast, unit) in outputs.iter().zip(&working.layers[1].units) {
                assert!((f64::from(*fast) - unit.output).abs() < 1e-4, "{fast} {}", unit.output);
            }
            let update = working.update.unwrap();
            assert_eq!((update.optimizer.as_str(), update.learning_rate), ("adam", 0.02));
            assert_eq!(update.tensors.len(), 4);
        }
        let message = model.explain(table, 30).unwrap_err().to_string();
        assert_eq!(message, "row: 30 does not exist; the table has 30 rows, counted from 0");
    }

    /// Names are those of a user's file: they must not become Markdown, and no number is -0.
    #[test]
    fn names_stand_beside_the_symbols() {
        let csv = "a_b,colour,y\n1,`red`,2.5\n2,blue,4.5\n3,`red`,6.5\n4,blue,8.5\n";
        let table = Table::from_reader(csv.as_bytes(), "t.csv").unwrap();
        let data = table.target("y").unwrap().split(Split::none()).unwrap();
        let network = Network::new(data.input(), [Dense::relu(3), Dense::linear(1)]).unwrap();
        let mut model = Model::new(data.encoder(), network);
        model.fit(&data, Trainer::new(Sgd::default()).epochs(1)).unwrap();
        let table = Table::from_reader(csv.as_bytes(), "t.csv").unwrap();
        let working = model.explain(&table, 1).unwrap();
        assert_eq!(working.input_names, ["a_b", "colour = `red`", "colour = blue"]);
        assert_eq!((working.output_names.as_slice(), working.target.as_deref()), (&["y".to_owned()][..], Some("4.5")));
        let text = working.render(reference::Style::Text, Some(2));
        assert!(
            text.contains("  Inputs: x1 a_b, x2 colour = `red`, …\n  Outputs: y1 y\n  Right answer: 4.5\n"),
            "{text}"
        );
        assert!(text.contains("  x1 = (2 - 2.5) / 1.11803 = -0.447214\n  x2 = 0\n"), "{text}");
        let markdown = working.render(reference::Style::Markdown, None);
        assert!(markdown.contains("$x_{2}$ `colour = 'red'`, "), "{markdown}");
        let json = serde_json::to_string(&working).unwrap();
        assert!(!json.contains("-0.0,") && !json.contains("-0.0}"), "{json}");
    }

    #[test]
    fn what_ends_in_a_step_has_a_squared_error_and_learns_nothing() {
        let model = Model::of_gate(crate::Gate::Or).unwrap();
        let table = Table::from_reader("a,b,or\n1,0,0\n".as_bytes(), "wrong.csv").unwrap();
        let working = model.explain(&table, 0).unwrap();
        assert_eq!((working.loss.value, working.gradients[0].sums.as_slice()), (1.0, &[0.0][..]));
        let parameters = working.update.unwrap().tensors.into_iter().flat_map(|tensor| tensor.parameters);
        assert!(parameters.into_iter().all(|parameter| parameter.before == parameter.after));
    }
}
