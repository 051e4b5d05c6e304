//! What is taken where a person says nothing: the network and the run that suit a data set. Chosen by experiment; the
//! figures are in `docs/defaults.md`.

use crate::data::{Dataset, Task};
use crate::{Activation, AdamW, Dense, Dropout, Layer, Settings, Shape};

/// A tiny table still sees so many updates…
const LEAST_UPDATES: usize = 3000;
/// …but no table is gone through more often than this,
const MOST_EPOCHS: usize = 3000;
/// nor less often than this.
const LEAST_EPOCHS: usize = 20;

/// The network and the settings that suit a data set.
///
/// ```
/// use adaline::data::{Split, Table};
/// use adaline::{Defaults, Layer};
/// # fn main() -> adaline::Result<()> {
/// let data = Table::builtin("iris")?.target("species")?.split(Split::seeded(1))?;
/// let defaults = Defaults::for_dataset(&data);
/// assert!(Layer::chain_to_string(&defaults.layers(&data)).ends_with("dense 3"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Defaults {
    /// Units of the hidden layers; none for sequences, which have a recurrent layer by default.
    pub hidden: Vec<usize>,
    /// Their activation.
    pub activation: Activation,
    /// The share of each hidden layer's values that is zeroed while training; 0 for no dropout layers.
    pub dropout: f64,
    /// The whole chain in one line, where convolutions suit the data better than hidden layers do.
    pub convolutional: Option<String>,
    /// The run. Seed and class weights are the caller's.
    pub settings: Settings,
}

impl Defaults {
    /// The defaults for a data set.
    pub fn for_dataset(data: &Dataset) -> Self {
        let (inputs, rows) = (data.input().len(), data.train_examples());
        let batch_size = Settings::default().batch_size;
        let epochs = Defaults::epochs(rows, batch_size);
        // Without validation rows nothing tells when to stop.
        let patience = (!data.validation().is_empty()).then(|| (epochs / 5).max(10));
        let learning_rate = match (rows < 1000, data.task()) {
            (true, Task::Classification) => 0.005,
            (true, Task::Regression) => 0.002, // noise is followed less closely
            (false, _) => 0.001,
        };
        // A recurrent layer shares its weights over all steps: so strong a decay would keep it from remembering.
        let is_sequence = matches!(data.input(), Shape::Sequence { .. });
        let decay = Defaults::decay(inputs, rows) * if is_sequence { 0.1 } else { 1.0 };
        let settings = Settings {
            epochs,
            batch_size,
            patience,
            optimizer: AdamW::default().learning_rate(learning_rate).weight_decay(decay).into(),
            ..Settings::default()
        };
        let convolutional = Defaults::convolutions(data.input(), outputs(data));
        let hidden = if is_sequence { Vec::new() } else { vec![64] };
        Defaults { hidden, activation: Activation::Relu, dropout: 0.0, convolutional, settings }
    }

    /// Epochs for so many training rows in batches of this size.
    pub fn epochs(rows: usize, batch_size: usize) -> usize {
        let updates = rows.div_ceil(batch_size.max(1)).max(1);
        LEAST_UPDATES.div_ceil(updates).clamp(LEAST_EPOCHS, MOST_EPOCHS)
    }

    /// The weight decay for so many inputs and training rows.
    ///
    /// With few rows and many inputs a network learns the noise: the weights are held small. Of one or two inputs every
    /// corner may be learnt (a spiral needs large weights); beyond six more inputs change nothing.
    pub fn decay(inputs: usize, rows: usize) -> f64 {
        let surplus = inputs.saturating_sub(2).min(4);
        (120.0 * surplus as f64 / rows.max(1) as f64).min(2.0)
    }

    /// A network of convolutions for images of a shape, in one line; `None` for what is no image, or too small for one.
    ///
    /// Each convolution finds features, each pool halves the sides: the features become more, the places fewer. Small images
    /// are halved once, with edges (`same`); sides of 40 and more three times, so that the first dense layer stays small.
    ///
    /// ```
    /// use adaline::{Defaults, Shape};
    /// let mnist = Shape::Image { channels: 1, height: 28, width: 28 };
    /// assert_eq!(
    ///     Defaults::convolutions(mnist, 10).unwrap(),
    ///     "conv 16 3x3 relu, maxpool 2, conv 32 3x3 relu, maxpool 2, flatten, dense 64 relu, dense 10"
    /// );
    /// ```
    pub fn convolutions(shape: Shape, outputs: usize) -> Option<String> {
        let Shape::Image { height, width, .. } = shape else { return None };
        let convolutions = match height.min(width) {
            0..6 => return None,
            6..12 => "conv 32 3x3 same relu, conv 32 3x3 same relu, maxpool 2",
            12..40 => "conv 16 3x3 relu, maxpool 2, conv 32 3x3 relu, maxpool 2",
            _ => "conv 16 3x3 relu, maxpool 2, conv 32 3x3 relu, maxpool 2, conv 64 3x3 relu, maxpool 2",
        };
        Some(format!("{convolutions}, flatten, dense 64 relu, dense {outputs}"))
    }

    /// The chain that suits sequences, in the notation of `--net`; `None` for rows that are none, and where hidden layers
    /// were asked for: they read a sequence as one row of numbers. The hidden layers of a model of text are recurrent.
    pub fn recurrent(&self, data: &Dataset) -> Option<String> {
        if !matches!(data.input(), Shape::Sequence { .. }) {
            return None;
        }
        let dropout = if self.dropout > 0.0 { format!(", dropout {}", self.dropout) } else { String::new() };
        let encoder = data.encoder();
        if let Some(vocabulary) = encoder.vocabulary() {
            let entries = vocabulary.len();
            let hidden = if self.hidden.is_empty() { &[128][..] } else { &self.hidden };
            let layers: String = hidden.iter().map(|units| format!("lstm {units} sequences{dropout}, ")).collect();
            return Some(format!("embedding {entries} 32, {layers}dense {entries}"));
        }
        if !self.hidden.is_empty() {
            return None;
        }
        if encoder.window().is_some() {
            return Some(format!("gru 32{dropout}, dense {}", encoder.horizon()));
        }
        let outputs = match data.classes().len() {
            classes if classes > 2 => classes,
            _ => 1,
        };
        Some(format!("lstm 64{dropout}, dense {outputs}"))
    }

    /// The whole chain: convolutions or recurrent layers where they suit, or the hidden layers; and the output layer that
    /// suits the target.
    pub fn layers(&self, data: &Dataset) -> Vec<Layer> {
        let line = self.convolutional.clone().or_else(|| self.recurrent(data));
        if let Some(Ok(layers)) = line.as_deref().map(Layer::parse_chain) {
            return layers;
        }
        let mut layers = Vec::new();
        if matches!(data.input(), Shape::Sequence { .. }) {
            layers.push(Layer::Flatten);
        }
        for &units in &self.hidden {
            layers.push(Dense::new(units, self.activation).into());
            if self.dropout > 0.0 {
                layers.push(Dropout::new(self.dropout).into());
            }
        }
        layers.push(Dense::linear(outputs(data)).into());
        layers
    }
}

/// Units of the last layer.
fn outputs(data: &Dataset) -> usize {
    match (data.task(), data.classes().len()) {
        (Task::Classification, classes) if classes > 2 => classes,
        (Task::Classification, _) => 1,
        (Task::Regression, _) => data.encoder().horizon(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Split, Table};

    fn data(name: &str) -> Dataset {
        let table = Table::builtin(name).unwrap();
        let target = table.default_target().unwrap().to_owned();
        table.target(&target).unwrap().split(Split::seeded(0)).unwrap()
    }

    #[test]
    fn the_output_layer_suits_the_target() {
        for (name, outputs) in [("iris", 3), ("moons", 1), ("sine", 1), ("digits", 10), ("xor", 1)] {
            let data = data(name);
            let layers = Defaults::for_dataset(&data).layers(&data);
            assert_eq!(layers.last(), Some(&Dense::linear(outputs).into()), "{name}");
        }
    }

    #[test]
    fn convolutions_fit_images_of_every_size() {
        for (height, width) in [(6, 6), (8, 8), (11, 90), (12, 12), (28, 28), (39, 40), (40, 41), (64, 48), (64, 64)] {
            for channels in [1, 3] {
                let shape = Shape::Image { channels, height, width };
                let text = Defaults::convolutions(shape, 7).unwrap();
                let layers = Layer::parse_chain(&text).unwrap();
                assert_eq!(Layer::chain_to_string(&layers), text);
                let network = crate::Network::new(shape, layers).unwrap();
                assert_eq!(network.output().len(), 7);
                assert!(width > 64 || network.parameters() < 250_000, "{shape}: {}", network.parameters());
            }
        }
        assert_eq!(Defaults::convolutions(Shape::Image { channels: 1, height: 5, width: 90 }, 2), None);
        assert_eq!(Defaults::convolutions(Shape::Flat(784), 10), None);
    }

    #[test]
    fn sequences_have_recurrent_layers() {
        let waves = |horizon| {
            let window = crate::data::Window::new(24, horizon);
            Table::builtin("waves").unwrap().forecast("y", window).unwrap().split(Split::seeded(0)).unwrap()
        };
        let text = Table::from_text("to be or not to be".as_bytes(), "f.txt").unwrap();
        let text = text.next_character(4).unwrap().split(Split::none()).unwrap();
        let wide = |target: &str| {
            let table = Table::from_reader("a,b,y,z\n1,2,0.5,p\n2,,1.5,q\n".as_bytes(), "f.csv").unwrap();
            let other = if target == "y" { "z" } else { "y" };
            let labelled = table.target(target).unwrap().exclude([other]).unwrap();
            labelled.sequence(2, 1).split(Split::none()).unwrap()
        };
        let chain = |data: &Dataset, change: fn(&mut Defaults)| {
            let mut defaults = Defaults::for_dataset(data);
            change(&mut defaults);
            defaults.recurrent(data)
        };
        assert_eq!(chain(&waves(1), |_| {}).unwrap(), "gru 32, dense 1");
        assert_eq!(chain(&waves(6), |d| d.dropout = 0.1).unwrap(), "gru 32, dropout 0.1, dense 6");
        assert_eq!(chain(&waves(6), |d| d.hidden = vec![16]), None);
        assert_eq!(chain(&text, |_| {}).unwrap(), "embedding 8 32, lstm 128 sequences, dense 8");
        let two = "embedding 8 32, lstm 64 sequences, lstm 32 sequences, dense 8";
        assert_eq!(chain(&text, |d| d.hidden = vec![64, 32]).unwrap(), two);
        assert_eq!(chain(&wide("y"), |_| {}).unwrap(), "lstm 64, dense 1");
        assert_eq!(chain(&wide("z"), |_| {}).unwrap(), "lstm 64, dense 1");
        assert_eq!(chain(&data("iris"), |_| {}), None);
        let mut defaults = Defaults::for_dataset(&waves(6));
        defaults.hidden = vec![16];
        assert_eq!(Layer::chain_to_string(&defaults.layers(&waves(6))), "flatten, dense 16 relu, dense 6");
    }

    #[test]
    fn weights_are_held_small_where_inputs_are_many_and_rows_few() {
        assert_eq!(Defaults::decay(2, 100), 0.0);
        assert_eq!(Defaults::decay(1, 0), 0.0);
        assert_eq!(Defaults::decay(12, 240), 2.0);
        assert_eq!(Defaults::decay(784, 4800), 0.1);
        assert_eq!(Defaults::decay(6, 480), Defaults::decay(784, 480));
    }

    #[test]
    fn a_tiny_table_sees_some_thousand_updates() {
        for name in ["iris", "moons", "sine", "xor"] {
            let data = data(name);
            let settings = Defaults::for_dataset(&data).settings;
            assert!(settings.epochs * data.train().rows().div_ceil(settings.batch_size) >= 3000, "{name}");
            settings.validate().unwrap();
        }
        assert_eq!(Defaults::for_dataset(&data("xor")).settings.patience, None);
    }
}
