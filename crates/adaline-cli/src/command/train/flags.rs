//! The flags of `adaline train`.

use crate::values;
use adaline::data::Task;
use adaline::{Activation, Augment, Loss, Optimizer, Schedule};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Train a network on data and save it
///
/// Reads a built-in data set, a CSV or TSV file with a header, a folder of images (PNG and JPEG in a folder for each
/// class, or MNIST's format), or a text; splits off test and validation rows; trains; and reports how well the test rows
/// are predicted. The model file holds everything that is needed to predict new rows. Same seed, same data: the same
/// model, bit for bit, whatever the number of threads.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_override_self = true)]
pub(crate) struct Arguments {
    /// A built-in name, a CSV or TSV file, a folder of images in class folders or in MNIST's format, or - for standard input
    #[arg(value_name = "DATA")]
    pub(super) source: Option<String>,

    /// The column to learn; built-in data has one already
    #[arg(long, value_name = "COLUMN", help_heading = "Data")]
    pub(super) target: Option<String>,

    /// Use these columns only: a,b,c
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Data")]
    pub(super) features: Option<Vec<String>>,

    /// Leave these columns out
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', help_heading = "Data")]
    pub(super) exclude: Option<Vec<String>>,

    /// classification or regression, where the target does not say it
    #[arg(long, value_parser = values::task, help_heading = "Data")]
    pub(super) task: Option<Task>,

    /// Forecast a series: look at so many rows in the order of time, and learn the next value of the target [default with
    /// --horizon: 24]; with --text, characters of an example [default: 64]
    #[arg(long, value_name = "STEPS", value_parser = values::count, allow_negative_numbers = true, help_heading = "Data")]
    pub(super) window: Option<usize>,

    /// How many next values to forecast [default: 1]; without --window from 24 rows
    #[arg(long, value_name = "STEPS", value_parser = values::count, allow_negative_numbers = true, help_heading = "Data")]
    pub(super) horizon: Option<usize>,

    /// Read each row as a sequence, step by step across the columns: 29,12 is 29 steps of 12 values, 29 is 29 steps of one
    #[arg(long, value_name = "STEPS,VALUES", value_delimiter = ',', value_parser = values::count, allow_negative_numbers = true, conflicts_with_all = ["window", "horizon"], help_heading = "Data")]
    pub(super) sequence: Option<Vec<usize>>,

    /// Learn the next character of this text file, - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["source", "target", "features", "exclude", "task", "horizon", "sequence", "class_weight"], help_heading = "Data")]
    pub(super) text: Option<String>,

    /// The share of rows for the test [default: 0.2]
    #[arg(long, value_name = "SHARE", value_parser = values::number, allow_negative_numbers = true, help_heading = "Data")]
    pub(super) test_split: Option<f64>,

    /// The share of the other rows for validation [default: 0.1]
    #[arg(long, value_name = "SHARE", value_parser = values::number, allow_negative_numbers = true, help_heading = "Data")]
    pub(super) validation_split: Option<f64>,

    /// Go through the rows in their order, every epoch
    #[arg(long, help_heading = "Data")]
    pub(super) no_shuffle: bool,

    /// Make every image so large: 32 for a square, 32x48 for height x width [default: as they are, up to 64x64]
    #[arg(long, value_name = "SIZE", value_parser = values::image_size, allow_negative_numbers = true, help_heading = "Data")]
    pub(super) image_size: Option<(usize, usize)>,

    /// 1 for grey images, 3 for colour [default: grey if all are grey]
    #[arg(long, value_name = "1|3", value_parser = values::channels, allow_negative_numbers = true, help_heading = "Data")]
    pub(super) channels: Option<usize>,

    /// Change the training images a little in each epoch: "shift 2, rotate 10, flip" (pixels, degrees, left and right)
    #[arg(long, value_name = "CHANGES", value_parser = values::augment, allow_hyphen_values = true, help_heading = "Data")]
    pub(super) augment: Option<Augment>,

    /// Units of the hidden layers: 64,32 [default: 64]
    #[arg(long, value_name = "UNITS", value_delimiter = ',', value_parser = values::count, allow_negative_numbers = true, help_heading = "Network")]
    pub(super) hidden: Option<Vec<usize>>,

    /// Activation of the hidden layers [default: relu; `adaline activation --help` names them]
    #[arg(long, value_parser = values::activation, help_heading = "Network")]
    pub(super) activation: Option<Activation>,

    /// Zero this share of each hidden layer's values while training
    #[arg(long, value_name = "SHARE", value_parser = values::share, allow_negative_numbers = true, help_heading = "Network")]
    pub(super) dropout: Option<f64>,

    /// The whole chain, output layer included: "dense 16 relu, dense 3". The layers are listed below
    #[arg(long, value_name = "LAYERS", allow_hyphen_values = true, conflicts_with_all = ["hidden", "activation", "dropout"], help_heading = "Network")]
    pub(super) net: Option<String>,

    /// Start from the weights of a model file, with its columns, scaling and layers
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["net", "hidden", "activation", "dropout", "target", "features", "exclude", "task", "image_size", "channels", "window", "horizon", "sequence"], help_heading = "Network")]
    pub(super) from: Option<PathBuf>,

    /// Passes over the training rows [default: chosen from the data, docs/defaults.md]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) epochs: Option<usize>,

    /// Rows in a step [default: 32]
    #[arg(long, value_name = "ROWS", value_parser = values::count, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) batch_size: Option<usize>,

    /// Learning rate [default: chosen from the data, or the optimizer's own]
    #[arg(long, visible_alias = "lr", value_name = "RATE", value_parser = values::number, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) learning_rate: Option<f64>,

    /// sgd, momentum, nesterov, rmsprop, adagrad, adam, adamw or rprop [default: adamw]
    #[arg(long, value_name = "NAME", value_parser = values::optimizer, help_heading = "Training")]
    pub(super) optimizer: Option<Optimizer>,

    /// Momentum of sgd, momentum and nesterov
    #[arg(long, value_parser = values::number, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) momentum: Option<f64>,

    /// Decoupled weight decay of adamw, of the weights and not the biases
    #[arg(long, value_name = "DECAY", value_parser = values::number, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) weight_decay: Option<f64>,

    /// How the rate changes: constant, step, exponential, cosine, one_cycle or reduce_on_plateau
    #[arg(long, value_name = "NAME", value_parser = values::schedule, help_heading = "Training")]
    pub(super) schedule: Option<Schedule>,

    /// Epochs of warm-up of the cosine schedule
    #[arg(long, value_name = "EPOCHS", value_parser = values::number, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) warmup: Option<f64>,

    /// What step, exponential and reduce_on_plateau multiply by
    #[arg(long, value_name = "FACTOR", value_parser = values::number, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) schedule_factor: Option<f64>,

    /// Epochs between two drops of the step schedule, or that reduce_on_plateau waits
    #[arg(long, value_name = "EPOCHS", value_parser = values::count, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) schedule_every: Option<usize>,

    /// mse, mae, huber, binary_cross_entropy or categorical_cross_entropy; the target says it unless this does
    #[arg(long, value_name = "NAME", value_parser = values::loss, help_heading = "Training")]
    pub(super) loss: Option<Loss>,

    /// Smooth the labels of a classification by this share
    #[arg(long, value_name = "SHARE", value_parser = values::number, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) label_smoothing: Option<f64>,

    /// Let rare classes weigh as much as frequent ones
    #[arg(long, value_name = "HOW", help_heading = "Training")]
    pub(super) class_weight: Option<ClassWeight>,

    /// Penalty on the size of the weights, not of the biases: l1 · Σ|w|
    #[arg(long, value_name = "STRENGTH", value_parser = values::number, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) l1: Option<f64>,

    /// Penalty on the square of the weights, not of the biases: l2/2 · Σw²
    #[arg(long, value_name = "STRENGTH", value_parser = values::number, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) l2: Option<f64>,

    /// Shorten a longer gradient to this length
    #[arg(long, value_name = "NORM", value_parser = values::number, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) clip_norm: Option<f64>,

    /// Cut entries of the gradient off at this size
    #[arg(long, value_name = "VALUE", value_parser = values::number, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) clip_value: Option<f64>,

    /// Stop after so many epochs without a better validation loss [default: a fifth of the epochs, at least 10]
    #[arg(long, value_name = "EPOCHS", value_parser = values::count, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) patience: Option<usize>,

    /// Seed of the split, the first weights, the order of the rows and dropout [default: 0]
    #[arg(long, value_parser = values::seed, allow_negative_numbers = true, help_heading = "Training")]
    pub(super) seed: Option<u64>,

    /// Threads; the result does not depend on them [default: one a processor]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true, help_heading = "Run")]
    pub(super) threads: Option<usize>,

    /// Go on with an interrupted run: the same data, and the checkpoint that it left
    #[arg(long, value_name = "CHECKPOINT", conflicts_with_all = RESUME_CONFLICTS, help_heading = "Run")]
    pub(super) resume: Option<PathBuf>,

    /// Write a checkpoint every so many epochs
    #[arg(long, value_name = "EPOCHS", value_parser = values::count, allow_negative_numbers = true, help_heading = "Run")]
    pub(super) checkpoint_every: Option<usize>,

    /// Take flags from a JSON file, {"epochs": 50, "hidden": [64, 32]}; the command line wins
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub(crate) config: Option<PathBuf>,

    /// Where the model is written; the history is drawn beside it [default: named after the data]
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(super) output: Option<PathBuf>,

    /// Overwrite files that exist
    #[arg(long, help_heading = "Output")]
    pub(super) force: bool,

    /// Print the report as a JSON document
    #[arg(long, help_heading = "Output")]
    pub(super) json: bool,
}

/// A run that goes on keeps its settings, which are in the checkpoint.
const RESUME_CONFLICTS: [&str; 37] = [
    "augment",
    "channels",
    "image_size",
    "target",
    "features",
    "exclude",
    "task",
    "window",
    "horizon",
    "sequence",
    "test_split",
    "validation_split",
    "no_shuffle",
    "hidden",
    "activation",
    "dropout",
    "net",
    "from",
    "batch_size",
    "learning_rate",
    "optimizer",
    "momentum",
    "weight_decay",
    "schedule",
    "warmup",
    "schedule_factor",
    "schedule_every",
    "loss",
    "label_smoothing",
    "class_weight",
    "l1",
    "l2",
    "clip_norm",
    "clip_value",
    "patience",
    "seed",
    "config",
];

/// How classes are weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ClassWeight {
    /// rows / (classes · rows of the class), as scikit-learn has it
    Balanced,
}

const EXAMPLES: &str = "Layers of --net, separated by commas:
  dense 16 relu                  16 neurons; an activation, no_bias and an initializer (he_normal) may follow
  conv 32 3x3 relu               32 filters; also strides 2, same, dilation 2, groups 4; on a sequence conv 32 5
  maxpool 2, avgpool 3 strides 2, global_maxpool, global_avgpool
  lstm 128, gru 64, rnn 32       the last state; with sequences that of every step; bidirectional, reset_before (gru)
  embedding 65 32                32 numbers for each of 65 words or characters
  batchnorm, layernorm, dropout 0.2, flatten, or an activation: tanh, softmax, ...
  residual(dense 16 relu, dense 16)   adds what comes in to what comes out of the chain inside
Which suit which data: docs/choosing.md

Examples:
  adaline train iris
  adaline train moons --hidden 16,16 --epochs 50 --seed 1 -o moons.safetensors";
