//! Model files of every format open for ever, and predict what they predicted when they were written. A file is never
//! changed; a new format gets files of its own. How they were made:
//!
//! ```text
//! adaline train iris --seed 1 --net "dense 8 tanh, dropout 0.1, dense 3" --epochs 60 -o iris-format-1.safetensors
//! adaline train iris --seed 1 --net "dense 4 relu, dense 3" --epochs 3 --checkpoint-every 2    (the checkpoint)
//! python docs/examples/pytorch_to_adaline.py iris.csv iris-by-hand-format-1.safetensors        (PyTorch, no adaline)
//! ```

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test, as tests do")]
#![cfg(feature = "data")]

use adaline::data::{Table, Target};
use adaline::{Ended, Model, Prediction, Trainer};

const FORMAT_1: &[u8] = include_bytes!("models/iris-format-1.safetensors");
const FORMAT_1_BY_HAND: &[u8] = include_bytes!("models/iris-by-hand-format-1.safetensors");
const FORMAT_1_CHECKPOINT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/iris-checkpoint-format-1.safetensors");

/// A row of iris and its probabilities.
type Row = (usize, [f64; 3]);

fn check(model: &Model, loss: f64, accuracy: f64, rows: &[Row]) {
    let iris = Table::builtin("iris").unwrap();
    let evaluation = model.evaluate(&iris).unwrap();
    assert!((evaluation.loss() - loss).abs() < 1e-6, "{} and not {loss}", evaluation.loss());
    assert!((evaluation.accuracy().unwrap() - accuracy).abs() < 1e-12);
    let predictions = model.predict(&iris).unwrap();
    assert_eq!(predictions.rows(), 150);
    for (row, want) in rows {
        for (found, want) in predictions.probabilities(*row).iter().zip(want) {
            assert!((found - want).abs() < 1e-6, "row {row}: {found} and not {want}");
        }
    }
}

#[test]
fn a_model_of_format_1_opens_for_ever() {
    let model = Model::from_bytes(FORMAT_1, "iris-format-1.safetensors").unwrap();
    assert_eq!(model.network().notation(), "dense 8 tanh, dropout 0.1, dense 3");
    assert_eq!(model.weights_sha256(), "476f80173811ee9527101b4fdad2e803cbac6330178c49cf54cbda60eb481359");
    assert_eq!(model.encoder().input_names(), ["sepal_length", "sepal_width", "petal_length", "petal_width"]);
    assert_eq!(model.encoder().classes(), ["setosa", "versicolor", "virginica"]);
    let record = model.record().unwrap();
    assert_eq!((record.version.as_str(), record.settings.seed, record.settings.epochs), ("0.1.0", 1, 60));
    assert_eq!((record.ended, record.history.len()), (Ended::Finished, 60));
    assert_eq!((record.data.train_rows, record.data.validation_rows, record.data.test_rows), (108, 12, 30));
    let rows = [
        (0, [0.9725660560905329, 0.02705777187679766, 0.0003761720326693931]),
        (60, [0.01623176713004318, 0.9610707910226168, 0.02269744184734009]),
        (90, [0.024331726606500143, 0.8947069453578311, 0.08096132803565873]),
        (120, [0.0011119817962917408, 0.04911232771079725, 0.9497756904929109]),
    ];
    check(&model, 0.16829053313636871, 142.0 / 150.0, &rows);
    let again = Model::from_bytes(&model.to_bytes().unwrap(), "again").unwrap();
    assert_eq!(again.record(), model.record());
    assert_eq!(again.weights_sha256(), model.weights_sha256());
}

#[test]
fn a_model_that_pytorch_wrote_gives_the_numbers_of_pytorch() {
    let model = Model::from_bytes(FORMAT_1_BY_HAND, "iris-by-hand-format-1.safetensors").unwrap();
    assert!(model.record().is_none());
    assert!(matches!(model.encoder().target(), Target::Classes { name, .. } if name == "species"));
    // Of PyTorch's logits of the same file, cross-entropy and softmax in double precision.
    let rows = [
        (0, [0.9978086138659593, 0.0021805014755585227, 1.088465848220673e-5]),
        (75, [0.003388600795565881, 0.969720871266987, 0.026890527937447145]),
        (149, [0.0010100126636032776, 0.14715854200983033, 0.8518314453265664]),
    ];
    check(&model, 0.07314321698654881, 146.0 / 150.0, &rows);
}

#[test]
fn a_checkpoint_of_format_1_can_be_gone_on_with() {
    let (mut model, checkpoint) = Model::load_checkpoint(FORMAT_1_CHECKPOINT).unwrap();
    assert_eq!(checkpoint.epochs(), 2);
    let record = model.record().unwrap().clone();
    let data = Table::builtin("iris").unwrap().target("species").unwrap().split(record.data.split).unwrap();
    let fit = model.fit(&data, Trainer::with(record.settings).resume(checkpoint)).unwrap();
    assert_eq!((fit.ended, fit.history.len()), (Ended::Finished, 3));
    assert_eq!(model.record().unwrap().data.sha256, record.data.sha256, "the same rows, encoded to the same bits");
    let first = model.predict_one(["5.1", "3.5", "1.4", "0.2"]).unwrap();
    assert!(matches!(first, Prediction::Class { .. }));
}
