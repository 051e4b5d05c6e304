use super::*;
use crate::data::Split;
use crate::{Adam, Dense, Ended, Shape};
use std::cell::Cell;

fn iris() -> Dataset {
    Table::builtin("iris").unwrap().target("species").unwrap().split(Split::seeded(1)).unwrap()
}

fn trained(data: &Dataset, epochs: usize) -> (Model, Fit) {
    let network = Network::new(data.input(), [Dense::relu(16), Dense::linear(3)]).unwrap();
    let mut model = Model::new(data.encoder(), network);
    let trainer = Trainer::new(Adam::default().learning_rate(0.01)).epochs(epochs).batch_size(16).seed(1);
    let fit = model.fit(data, trainer).unwrap();
    (model, fit)
}

#[test]
fn iris_is_learnt_and_comes_back_from_its_file() {
    let data = iris();
    let (model, fit) = trained(&data, 60);
    assert_eq!((fit.ended, fit.history.len()), (Ended::Finished, 60));
    let evaluation = model.evaluate(data.test()).unwrap();
    assert!(evaluation.accuracy().unwrap() >= 0.9, "{evaluation}");
    let bytes = model.to_bytes().unwrap();
    assert_eq!(bytes, model.to_bytes().unwrap(), "the same model gives the same bytes");
    let back = Model::from_bytes(&bytes, "iris").unwrap();
    assert_eq!(back.evaluate(data.test()).unwrap(), evaluation);
    assert_eq!(back.record(), model.record());
    assert_eq!(back.to_bytes().unwrap(), bytes);
    let p = back.predict(data.test()).unwrap();
    assert!((0..p.rows()).all(|row| (p.probabilities(row).iter().sum::<f64>() - 1.0).abs() < 1e-12));
}

#[test]
fn threads_and_instruction_sets_do_not_change_the_weights() {
    let data = iris();
    let hash = |threads, set| {
        // Wide enough that the work is really shared.
        let network = Network::new(data.input(), [Dense::relu(300), Dense::tanh(301), Dense::linear(3)]).unwrap();
        let mut model = Model::new(data.encoder(), network);
        let trainer = Trainer::new(Adam::default()).epochs(2).threads(threads).instruction_set(set);
        model.fit(&data, trainer).unwrap();
        model.weights_sha256()
    };
    let one = hash(1, InstructionSet::best());
    for threads in [2, 3, 8] {
        assert_eq!(hash(threads, InstructionSet::best()), one, "{threads} threads");
    }
    for set in InstructionSet::available() {
        assert_eq!(hash(2, set), one, "{set:?}");
    }
}

#[test]
fn a_run_that_stopped_goes_on_to_the_same_bits() {
    let data = iris();
    let (whole, _) = trained(&data, 12);
    for stop_after in [1, 7, 8, 40] {
        let network = Network::new(data.input(), [Dense::relu(16), Dense::linear(3)]).unwrap();
        let mut model = Model::new(data.encoder(), network);
        let steps = Cell::new(0);
        let trainer = || Trainer::new(Adam::default().learning_rate(0.01)).epochs(12).batch_size(16).seed(1);
        let fit = model
            .fit(&data, trainer().on_step(|_| steps.set(steps.get() + 1)).stop_when(|| steps.get() >= stop_after))
            .unwrap();
        assert_eq!(fit.ended, Ended::Interrupted);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.safetensors");
        model.save_checkpoint(&path, &fit.checkpoint).unwrap();
        assert!(Model::load(&path).unwrap().evaluate(data.test()).is_ok(), "a checkpoint is a model too");
        let (mut model, checkpoint) = Model::load_checkpoint(&path).unwrap();
        let fit = model.fit(&data, trainer().resume(checkpoint)).unwrap();
        assert_eq!(fit.history.len(), 12);
        assert_eq!(model.to_bytes().unwrap(), whole.to_bytes().unwrap(), "stopped after {stop_after} steps");
    }
}

#[test]
fn a_damaged_file_says_so() {
    let (model, _) = trained(&iris(), 1);
    let bytes = model.to_bytes().unwrap();
    let message = |bytes: &[u8]| Model::from_bytes(bytes, "m.safetensors").unwrap_err().to_string();
    let mut messages = vec![
        message(b""),
        message(b"species,width\nsetosa,1\n"),
        message(&bytes[..bytes.len() / 2]),
        message(&bytes[..4]),
        message(&bytes[..bytes.len() - 7]),
        message(&[&(1u64 << 63).to_le_bytes()[..], &bytes[8..]].concat()),
    ];
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let newer = text.find("\\\"format\\\":1").unwrap() + "\\\"format\\\":".len();
    let mut changed = bytes.clone();
    changed[newer] = b'7';
    messages.push(message(&changed));
    let name = text.find("virginica").unwrap();
    let mut changed = bytes.clone();
    changed[name] = b'V';
    messages.push(message(&changed));
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    messages.push(message(&changed));
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn every_flipped_bit_is_an_error_or_the_same_model() {
    let data = iris();
    let network = Network::new(data.input(), [Dense::linear(3)]).unwrap();
    let bytes = Model::new(data.encoder(), network).to_bytes().unwrap();
    let whole = Model::from_bytes(&bytes, "m").unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        if let Ok(model) = Model::from_bytes(&changed, "m") {
            use_it(&model);
            assert_eq!(model.to_bytes().unwrap(), whole.to_bytes().unwrap(), "bit {bit} changed the model unseen");
        }
    }
}

#[test]
fn a_step_at_the_end_gives_zeroes_and_ones() {
    let data = Table::builtin("xor").unwrap();
    let target = data.default_target().unwrap().to_owned();
    let data = data.target(&target).unwrap().split(Split::none()).unwrap();
    let layers = [Dense::new(2, Activation::Step), Dense::new(1, Activation::Step)];
    let mut network = Network::new(Shape::Flat(2), layers).unwrap();
    for (name, values) in [
        ("layers.0.weight", &[-0.6, -0.6, 0.4, 0.4][..]),
        ("layers.0.bias", &[0.7, -0.3]),
        ("layers.1.weight", &[0.4, 0.4]),
        ("layers.1.bias", &[-0.6]),
    ] {
        network.set(name, values).unwrap();
    }
    let encoder = Encoder::new(
        ["a", "b"].map(|name| crate::data::Input::Number { name: name.into(), mean: 0.0, scale: 1.0 }).into(),
        data.encoder().target().clone(),
    )
    .unwrap();
    let model = Model::new(encoder, network);
    for (row, want) in [(["0", "0"], "0"), (["0", "1"], "1"), (["1", "0"], "1"), (["1", "1"], "0")] {
        assert_eq!(model.predict_one(row).unwrap().label(), want);
    }
}

/// A file without a hash, of a description and one dense layer of zeroes.
fn by_hand(description: &str, outputs: usize, inputs: usize) -> Vec<u8> {
    let (weight, bias) = (outputs * inputs * 4, outputs * 4);
    let header = serde_json::json!({
        "__metadata__": {"adaline": description},
        "layers.0.bias": {"dtype": "F32", "shape": [outputs], "data_offsets": [0, bias]},
        "layers.0.weight": {"dtype": "F32", "shape": [outputs, inputs], "data_offsets": [bias, bias + weight]},
    });
    let header = header.to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; weight + bias]].concat()
}

#[test]
fn a_loss_that_does_not_fit_is_refused_when_the_file_is_read() {
    let record = |loss: &str| {
        let data = r#"{"source":"x","train_rows":1,"validation_rows":0,"test_rows":0,"split":{"seed":0,"test":0.0,"validation":0.0},"sha256":""}"#;
        format!(
            r#"{{"version":"0","settings":{{"loss":{loss}}},"data":{data},"ended":"finished","best_epoch":1,"history":[]}}"#
        )
    };
    let file = |layer: &str, classes: &str, loss: &str, outputs: usize| {
        let description = format!(
            r#"{{"format":1,"layers":["{layer}"],"encoder":{{"inputs":[{{"type":"number","name":"x"}}],"target":{{"type":"classes","name":"y","classes":{classes}}}}},"record":{}}}"#,
            record(loss)
        );
        Model::from_bytes(&by_hand(&description, outputs, 1), "m")
    };
    let two = r#"["a","b"]"#;
    assert!(file("dense 1", two, "null", 1).is_ok());
    assert!(file("dense 2", two, "\"mse\"", 2).is_err());
    let categorical = r#"{"categorical_cross_entropy":{"label_smoothing":0.0}}"#;
    assert!(file("dense 1", two, categorical, 1).is_err());
    assert!(file("dense 1 softmax", two, "null", 1).is_err());
    assert!(file("dense 3 sigmoid", r#"["a","b","c"]"#, "null", 3).is_err());
}

/// What a reader lets through must be usable, or say what is wrong; it must not panic.
fn use_it(model: &Model) {
    let names = model.encoder().input_names();
    let cells: Vec<&str> = names.iter().map(|_| "1").collect();
    let _ = model.predict_one(&cells);
    let (target, class) = match model.encoder().target() {
        Target::Classes { name, classes } => (name.clone(), classes[0].clone()),
        Target::Number { name, .. } => (name.clone(), "1".to_owned()),
        Target::NextCharacter => unreachable!("no text is among the models here"),
    };
    let columns = names.iter().map(|name| crate::data::Column::numbers(name.clone(), vec![1.0]));
    let columns = columns.chain([crate::data::Column::text(target, [class])]).collect();
    if let Ok(table) = Table::new("row", columns) {
        let _ = model.evaluate(&table);
        let _ = model.explain(&table, 0);
    }
}

/// A small whole file, made once.
fn small_file() -> &'static [u8] {
    static FILE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    FILE.get_or_init(|| {
        let data = iris();
        let network = Network::new(data.input(), [Dense::linear(3)]).unwrap();
        Model::new(data.encoder(), network).to_bytes().unwrap()
    })
}

/// The same file with its hash taken away, so that what stands behind it is reached.
fn without_hash(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mark = b",\\\"sha256\\\":\\\"";
    if let Some(at) = bytes.windows(mark.len()).position(|window| window == mark) {
        // The closing brace moves to where the hash began; blanks behind it keep all lengths.
        let len = (mark.len() + 64 + 2).min(bytes.len() - at);
        bytes[at..at + len].fill(b' ');
    }
    bytes
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = Model::from_bytes(&bytes, "m");
    }

    #[test]
    fn neither_does_a_file_with_a_piece_replaced(at in 0usize..2000, piece in "[-0-9\"{}\\[\\],:a-z]{0,12}", cut in 0usize..12) {
        let whole = small_file();
        let at = at.min(whole.len());
        let bytes = [&whole[..at], piece.as_bytes(), &whole[(at + cut).min(whole.len())..]].concat();
        for bytes in [&bytes[..], &without_hash(&bytes)] {
            if let Ok(model) = Model::from_bytes(bytes, "m") {
                use_it(&model);
            }
        }
    }

    #[test]
    fn a_description_that_contradicts_itself_is_an_error(layers in "(dense|dropout|relu|flatten|softmax|,| |[0-9]){1,8}", width in 0usize..5) {
        let description = format!(
            r#"{{"format":1,"layers":["{layers}"],"encoder":{{"inputs":[{}],"target":{{"type":"number","name":"y"}}}}}}"#,
            (0..width).map(|i| format!(r#"{{"type":"number","name":"x{i}"}}"#)).collect::<Vec<_>>().join(",")
        );
        let header = serde_json::json!({"__metadata__": {"adaline": description}}).to_string();
        let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
        // No layer with weights finds its tensors here; the others may well be a model.
        if let Ok(model) = Model::from_bytes(&bytes, "m") {
            proptest::prop_assert_eq!(model.network().parameters(), 0);
        }
    }
}

#[test]
fn an_embedding_stands_first_and_reads_words() {
    let data = Table::builtin("iris").unwrap().target("species").unwrap().split(Split::seeded(0)).unwrap();
    for (chain, trouble) in [
        ("embedding 10 4, flatten, dense 3", "layer 1 (embedding 10 4): an embedding reads the numbers of words"),
        (
            "dense 4, embedding 10 4, flatten, dense 3",
            "layer 2 (embedding 10 4): an embedding reads the numbers of words",
        ),
        ("dense 4, residual(dense 4, embedding 9 1, flatten), dense 3", "layer 2 (residual"),
    ] {
        let network = Network::new(data.input(), crate::Layer::parse_chain(chain).unwrap()).unwrap();
        let mut model = Model::new(data.encoder(), network);
        let error = model.fit(&data, Trainer::new(crate::Adam::default()).epochs(1)).unwrap_err().to_string();
        assert!(error.starts_with(trouble), "{error}");
    }
}
