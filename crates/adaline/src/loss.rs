//! The losses. Each is the mean over the examples; classification losses take logits, so that the softmax or sigmoid is
//! fused into the cross-entropy and nothing overflows.

use crate::error::did_you_mean;
use crate::kernel::InstructionSet;
use crate::kernel::rows::{self, Classes, Difference};
use crate::{Activation, Error, Layer, Network, Result, Shape, Targets};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What training makes small.
///
/// | loss | one example | agrees with |
/// |---|---|---|
/// | `mse` | (y - t)², mean over the outputs | `nn.MSELoss`, Keras `mean_squared_error` |
/// | `mae` | \|y - t\|, mean over the outputs | `nn.L1Loss` |
/// | `huber` | d²/2 for \|d\| ≤ δ, else δ(\|d\| - δ/2) | `nn.HuberLoss` |
/// | `binary_cross_entropy` | softplus(z) - t·z | `nn.BCEWithLogitsLoss` |
/// | `categorical_cross_entropy` | log Σ eᶻ - Σ t·z | `nn.CrossEntropyLoss` |
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Loss {
    /// Mean squared error.
    Mse,
    /// Mean absolute error.
    Mae,
    /// Huber: a parabola near zero, lines outside.
    Huber {
        /// δ: where the parabola becomes a line.
        delta: f64,
    },
    /// Binary cross-entropy from one logit.
    BinaryCrossEntropy {
        /// ε: the target becomes t(1 - ε) + ε/2.
        label_smoothing: f64,
    },
    /// Categorical cross-entropy from K logits.
    CategoricalCrossEntropy {
        /// ε: the target becomes t(1 - ε) + ε/K.
        label_smoothing: f64,
    },
}

/// Names and the other spellings that are read.
const NAMES: [(&str, &[&str]); 5] = [
    ("mse", &["mean_squared_error"]),
    ("mae", &["mean_absolute_error", "l1"]),
    ("huber", &[]),
    ("binary_cross_entropy", &["binary_crossentropy", "bce"]),
    ("categorical_cross_entropy", &["categorical_crossentropy", "sparse_categorical_crossentropy", "cross_entropy"]),
];

impl Loss {
    /// The loss that suits the targets: a cross-entropy for classes (binary when the network has one output), the
    /// squared error for numbers.
    pub fn suited_to(targets: &Targets, outputs: usize) -> Self {
        match targets {
            Targets::Classes(_) if outputs == 1 => Loss::BinaryCrossEntropy { label_smoothing: 0.0 },
            Targets::Classes(_) | Targets::Steps { .. } => Loss::CategoricalCrossEntropy { label_smoothing: 0.0 },
            Targets::Values { .. } => Loss::Mse,
        }
    }

    /// The name, in snake case.
    pub fn name(self) -> &'static str {
        match self {
            Loss::Mse => "mse",
            Loss::Mae => "mae",
            Loss::Huber { .. } => "huber",
            Loss::BinaryCrossEntropy { .. } => "binary_cross_entropy",
            Loss::CategoricalCrossEntropy { .. } => "categorical_cross_entropy",
        }
    }

    /// Whether the targets are classes.
    pub fn is_classification(self) -> bool {
        matches!(self, Loss::BinaryCrossEntropy { .. } | Loss::CategoricalCrossEntropy { .. })
    }

    /// The same loss with smoothed labels: ε from 0 to below 1. Fails for a loss of numbers.
    pub fn with_label_smoothing(self, label_smoothing: f64) -> Result<Self> {
        if !(0.0..1.0).contains(&label_smoothing) {
            return Err(Error::setting("label-smoothing", format!("{label_smoothing} is not from 0 to below 1")));
        }
        match self {
            Loss::BinaryCrossEntropy { .. } => Ok(Loss::BinaryCrossEntropy { label_smoothing }),
            Loss::CategoricalCrossEntropy { .. } => Ok(Loss::CategoricalCrossEntropy { label_smoothing }),
            _ if label_smoothing == 0.0 => Ok(self),
            _ => Err(Error::setting("label-smoothing", format!("{self} has no labels to smooth; leave it out"))),
        }
    }

    /// Whether the activation behind the logits is part of the loss.
    pub(crate) fn absorbs(self, activation: Activation) -> bool {
        match self {
            Loss::BinaryCrossEntropy { .. } => activation == Activation::Sigmoid,
            Loss::CategoricalCrossEntropy { .. } => activation == Activation::Softmax,
            _ => false,
        }
    }

    /// Whether a network can be trained with this loss on these targets; the error names the last layer and both sides.
    pub fn check(self, network: &Network, targets: &Targets) -> Result<()> {
        let outputs = network.output().len();
        let last = network.layers().len();
        let Some(layer) = network.layers().last() else { return Ok(()) };
        let place = || format!("layer {last} ({layer})");
        if let Layer::Dropout(_) = layer {
            return Err(Error::shape(place(), "dropout of the outputs teaches nothing; end in the layer before it"));
        }
        match self {
            Loss::Huber { delta } if !(delta > 0.0 && delta.is_finite()) => {
                return Err(Error::setting("loss", format!("huber's delta is {delta}; it must be above 0")));
            }
            Loss::BinaryCrossEntropy { label_smoothing } | Loss::CategoricalCrossEntropy { label_smoothing } => {
                self.with_label_smoothing(label_smoothing)?;
            }
            _ => {}
        }
        let (outputs, targets_fit) = match (network.output(), targets) {
            (Shape::Sequence { steps, features }, Targets::Steps { steps: wanted, .. }) => (features, steps == *wanted),
            (_, Targets::Steps { .. }) | (Shape::Sequence { .. }, Targets::Classes(_)) => (outputs, false),
            _ => (outputs, true),
        };
        if !targets_fit {
            let message = match targets {
                Targets::Steps { steps, .. } => format!(
                    "the data has an answer at each of {steps} steps, and what comes out is {}; let the recurrent layers give \
                     their sequences: lstm 64 sequences",
                    network.output()
                ),
                _ => one_answer_is_wanted(network.output()),
            };
            return Err(Error::shape(place(), message));
        }
        match (self, targets) {
            (
                Loss::BinaryCrossEntropy { .. } | Loss::CategoricalCrossEntropy { .. },
                Targets::Classes(classes) | Targets::Steps { classes, .. },
            ) => {
                let binary = matches!(self, Loss::BinaryCrossEntropy { .. });
                let largest = classes.iter().copied().max().unwrap_or(0);
                let needed = largest as usize + 1;
                if binary && outputs != 1 {
                    let message =
                        format!("binary cross-entropy needs 1 output and this layer has {outputs}; end in \"dense 1\"");
                    return Err(Error::shape(place(), message));
                }
                if binary && needed > 2 {
                    let message = format!(
                        "one output tells two classes apart, and the data has {needed}; end in \"dense {needed}\""
                    );
                    return Err(Error::shape(place(), message));
                }
                if !binary && (outputs < needed || outputs < 2) {
                    let message = format!("{outputs} outputs for {needed} classes; end in \"dense {}\"", needed.max(2));
                    return Err(Error::shape(place(), message));
                }
                match (binary, network.last_activation()) {
                    (true, Some(Activation::Softmax)) => Err(Error::shape(
                        place(),
                        "softmax of a single output is always 1; use sigmoid, or no activation: the loss brings its own",
                    )),
                    (false, Some(Activation::Sigmoid)) => Err(Error::shape(
                        place(),
                        "sigmoid does not fit one of several classes; use softmax, or no activation: the loss brings its own",
                    )),
                    _ => Ok(()),
                }
            }
            (Loss::Mse | Loss::Mae | Loss::Huber { .. }, Targets::Values { width, .. }) if *width == outputs => Ok(()),
            (Loss::Mse | Loss::Mae | Loss::Huber { .. }, Targets::Values { width, .. }) => Err(Error::shape(
                place(),
                format!("{outputs} outputs for targets of {width}; end in \"dense {width}\""),
            )),
            (_, Targets::Classes(_) | Targets::Steps { .. }) => Err(Error::setting(
                "loss",
                format!("{self} is for numbers, and the target is classes; leave the loss out"),
            )),
            (_, Targets::Values { .. }) => Err(Error::setting(
                "loss",
                format!("{self} is for classes, and the target is numbers; use mse, mae or huber"),
            )),
        }
    }

    /// Judges the outputs of a batch and writes their gradient. `width` is the number of outputs of one example.
    #[inline(always)]
    pub(crate) fn value_and_gradient(
        self,
        set: InstructionSet,
        y: &[f32],
        t: BatchTargets<'_>,
        width: usize,
        d: &mut [f32],
    ) -> Judgement {
        let rows = y.len() / width;
        let over_rows = 1.0 / rows as f32;
        let of_numbers = |total| (total, None);
        let of_classes = |(total, correct)| (total, Some(correct));
        let (total, correct) = match (self, t) {
            (Loss::BinaryCrossEntropy { label_smoothing }, BatchTargets::Classes { classes, weights }) => {
                let t = Classes { classes, weights, label_smoothing, scale: over_rows };
                of_classes(rows::binary_cross_entropy(set, y, t, d))
            }
            (Loss::CategoricalCrossEntropy { label_smoothing }, BatchTargets::Classes { classes, weights }) => {
                let t = Classes { classes, weights, label_smoothing, scale: over_rows };
                of_classes(rows::cross_entropy(set, width, y, t, d))
            }
            (Loss::Mse, BatchTargets::Values(t)) => of_numbers(self.difference(Difference::Squared, y, t, width, d)),
            (Loss::Mae, BatchTargets::Values(t)) => of_numbers(self.difference(Difference::Absolute, y, t, width, d)),
            (Loss::Huber { delta }, BatchTargets::Values(t)) => {
                of_numbers(self.difference(Difference::Huber(delta), y, t, width, d))
            }
            _ => unreachable!("Loss::check refuses targets of the other kind"),
        };
        Judgement { loss: total / rows as f64, correct }
    }

    fn difference(self, kind: Difference, y: &[f32], t: &[f32], width: usize, d: &mut [f32]) -> f64 {
        rows::difference(kind, y, t, 1.0 / y.len() as f32, d) / width as f64
    }
}

/// What is said where an example has one answer and the network gives one at every step.
pub(crate) fn one_answer_is_wanted(output: Shape) -> String {
    format!(
        "one answer an example is wanted, and what comes out is {output}; leave out \"sequences\" in the last recurrent layer, or \
         put global_avgpool or flatten before the last dense"
    )
}

/// What a loss says about a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judgement {
    /// The mean loss.
    pub loss: f64,
    /// How many rows have their largest output at the true class; with one output, how many are on the right side of zero.
    /// `None` for numbers.
    pub correct: Option<usize>,
}

/// The targets of one batch.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BatchTargets<'a> {
    Classes { classes: &'a [u32], weights: Option<&'a [f32]> },
    Values(&'a [f32]),
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::Huber { delta } if *delta != 1.0 => write!(f, "huber({delta})"),
            _ => f.write_str(self.name()),
        }
    }
}

impl FromStr for Loss {
    type Err = Error;

    /// Reads `mse`, `huber(0.5)`, and Keras's spellings.
    fn from_str(text: &str) -> Result<Self> {
        let (name, parameter) = match text.split_once('(') {
            Some((name, rest)) => (name, rest.strip_suffix(')').and_then(|p| p.trim().parse::<f64>().ok())),
            None => (text, Some(1.0)),
        };
        let wanted = name.trim().to_lowercase().replace('-', "_");
        let known = NAMES.iter().find(|(name, aliases)| *name == wanted || aliases.contains(&wanted.as_str()));
        match (known.map(|(name, _)| *name), parameter) {
            (Some("mse"), _) if !text.contains('(') => Ok(Loss::Mse),
            (Some("mae"), _) if !text.contains('(') => Ok(Loss::Mae),
            (Some("huber"), Some(delta)) if delta > 0.0 && delta.is_finite() => Ok(Loss::Huber { delta }),
            (Some("huber"), _) => Err(Error::setting("loss", "huber's delta is a number above 0: huber(1.0)")),
            (Some("binary_cross_entropy"), _) if !text.contains('(') => {
                Ok(Loss::BinaryCrossEntropy { label_smoothing: 0.0 })
            }
            (Some("categorical_cross_entropy"), _) if !text.contains('(') => {
                Ok(Loss::CategoricalCrossEntropy { label_smoothing: 0.0 })
            }
            (Some(name), _) => Err(Error::setting("loss", format!("{name} takes no parameter"))),
            (None, _) => {
                let near = did_you_mean(
                    &wanted,
                    NAMES.iter().flat_map(|(name, aliases)| std::iter::once(*name).chain(aliases.iter().copied())),
                );
                let all: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
                let mend = if near.is_empty() { format!("; known are {}", all.join(", ")) } else { near };
                Err(Error::setting("loss", format!("unknown loss \"{}\"{mend}", crate::error::printable(text))))
            }
        }
    }
}
