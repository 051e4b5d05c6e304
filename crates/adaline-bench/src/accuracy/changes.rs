//! Other settings than the defaults, to see what a default is worth.

use adaline::data::Dataset;
use adaline::{Activation, Adam, AdamW, Defaults, Schedule};

/// What is changed; everything else stays the default.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    hidden: Option<Vec<usize>>,
    activation: Option<Activation>,
    dropout: Option<f64>,
    epochs: Option<usize>,
    updates: Option<usize>,
    batch_size: Option<usize>,
    patience: Option<usize>,
    learning_rate: Option<f64>,
    weight_decay: Option<f64>,
    l2: Option<f64>,
    schedule: Option<Schedule>,
    validation: Option<f64>,
}

impl Changes {
    /// Takes one flag.
    pub(crate) fn set(&mut self, flag: &str, value: &str) -> Result<(), String> {
        match flag {
            "--hidden" => {
                let units: Result<Vec<usize>, String> = value.split(',').map(|units| number(flag, units)).collect();
                self.hidden = Some(units?);
            }
            "--activation" => {
                self.activation = Some(value.parse().map_err(|error: adaline::Error| error.to_string())?);
            }
            "--dropout" => self.dropout = Some(number(flag, value)?),
            "--epochs" => self.epochs = Some(number(flag, value)?),
            "--updates" => self.updates = Some(number(flag, value)?),
            "--batch-size" => self.batch_size = Some(number(flag, value)?),
            "--patience" => self.patience = Some(number(flag, value)?),
            "--learning-rate" => self.learning_rate = Some(number(flag, value)?),
            "--weight-decay" => self.weight_decay = Some(number(flag, value)?),
            "--l2" => self.l2 = Some(number(flag, value)?),
            "--schedule" => {
                self.schedule = Some(match value {
                    "constant" => Schedule::Constant,
                    "cosine" => Schedule::Cosine { warmup: 0.0, floor: 0.0 },
                    _ => return Err(format!("--schedule {value}: constant or cosine")),
                });
            }
            "--validation-split" => self.validation = Some(number(flag, value)?),
            _ => return Err(format!("unknown argument {flag}")),
        }
        Ok(())
    }

    /// The share of the validation rows.
    pub(crate) fn validation(&self) -> f64 {
        self.validation.unwrap_or(0.1)
    }

    pub(crate) fn apply(&self, defaults: &mut Defaults, data: &Dataset) {
        if let Some(hidden) = &self.hidden {
            defaults.hidden.clone_from(hidden);
        }
        defaults.activation = self.activation.unwrap_or(defaults.activation);
        defaults.dropout = self.dropout.unwrap_or(defaults.dropout);
        let settings = &mut defaults.settings;
        settings.batch_size = self.batch_size.unwrap_or(settings.batch_size);
        let steps = data.train().rows().div_ceil(settings.batch_size).max(1);
        if let Some(updates) = self.updates {
            settings.epochs = updates.div_ceil(steps);
        }
        settings.epochs = self.epochs.unwrap_or(settings.epochs);
        if !data.validation().is_empty() {
            settings.patience = self.patience.or(settings.patience);
        }
        settings.l2 = self.l2.unwrap_or(settings.l2);
        settings.schedule = self.schedule.unwrap_or(settings.schedule);
        let rate = self.learning_rate.unwrap_or(settings.optimizer.learning_rate());
        settings.optimizer = match self.weight_decay {
            Some(0.0) => Adam::default().learning_rate(rate).into(),
            Some(decay) => AdamW::default().learning_rate(rate).weight_decay(decay).into(),
            None => settings.optimizer.with_learning_rate(rate),
        };
    }
}

fn number<T: std::str::FromStr>(flag: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{flag} takes a number, not {text}"))
}
