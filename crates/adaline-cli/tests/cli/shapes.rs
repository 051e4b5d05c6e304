//! Pictures of convolutions, of recurrent layers and of forecasts.

use crate::support::Folder;

fn drawn(folder: &Folder, what: &str) -> String {
    assert!(folder.good(&format!("plot {what}")).lines().count() > 4, "{what}");
    folder.good(&format!("plot {what} -o a.png --force"));
    assert!(folder.read("a.png").starts_with(b"\x89PNG"));
    folder.good(&format!("plot {what} -o a.svg --force"));
    let svg = String::from_utf8(folder.read("a.svg")).unwrap();
    folder.good(&format!("plot {what} -o b.svg --force"));
    assert_eq!(svg.as_bytes(), folder.read("b.svg"), "the same bytes");
    assert!(svg.contains("<title>") && svg.contains("<desc>"));
    svg
}

#[test]
fn a_convolution_and_what_it_makes_of_an_image() {
    let folder = Folder::new();
    let net = "conv 5 3x3 relu, maxpool 2, conv 6 2x2, flatten, dropout 0.2, dense 10";
    folder.good(&format!("train digits --net '{net}' --epochs 1 -o digits.safetensors"));
    let filters = drawn(&folder, "filters digits.safetensors");
    assert!(filters.contains("5 filters of 3 × 3 over 1 channel") && filters.contains("layer 1: conv 5 3x3 relu"));
    let second = drawn(&folder, "filters digits.safetensors --layer 3");
    assert!(second.contains("6 filters of 2 × 2 over 5 channels, the mean over the channels"));
    let features = drawn(&folder, "features digits.safetensors digits --row 5");
    for text in ["5x6x6 → 5x3x3", "180 → 45 values", "the same values in a row", "← true class"] {
        assert!(features.contains(text), "{text}");
    }
    let error = folder.bad("plot filters digits.safetensors --layer 2", 2);
    assert!(
        error.contains("layer 2 is \"maxpool 2\" and no convolution; its convolutions are the layers 1, 3"),
        "{error}"
    );
    let error = folder.bad("plot filters digits.safetensors --layer 9", 2);
    assert!(error.contains("there is no layer 9"), "{error}");
    let error = folder.bad("plot features digits.safetensors digits --row 1797", 2);
    assert!(error.contains("--row 1797: the data has 1797 rows, counted from 0"), "{error}");
    let error = folder.bad("plot states digits.safetensors digits", 2);
    assert!(error.contains("the model has no recurrent layer: conv 5 3x3 relu"), "{error}");
    folder.bad("plot forecast digits.safetensors digits", 2);
}

#[test]
fn a_dense_network_has_features_but_no_filters() {
    let folder = Folder::with_model();
    let features = drawn(&folder, "features iris.safetensors iris.csv --row 149");
    assert!(features.contains("virginica") && features.contains("probabilities"));
    let error = folder.bad("plot filters iris.safetensors", 2);
    assert!(error.contains("the model has no convolution: dense"), "{error}");
}

#[test]
fn a_series_its_states_and_its_forecast() {
    let folder = Folder::new();
    folder.good("train waves --window 12 --horizon 2 --net 'gru 5, dense 2' --epochs 2 -o waves.safetensors");
    let states = drawn(&folder, "states waves.safetensors waves --row 3");
    assert!(states.contains("5 units over 12 steps"), "{states}");
    let forecast = drawn(&folder, "forecast waves.safetensors waves");
    for text in
        ["1 step ahead: on the test part RMSE", "2 steps ahead", "the test part begins", "the last 200 of 1000 rows"]
    {
        assert!(forecast.contains(text), "{text}");
    }
    folder.good("data waves -o other.csv");
    let other = drawn(&folder, "forecast waves.safetensors other.csv --last 50");
    assert!(!other.contains("the test part"), "another file is not what it was trained on");
    folder.good("train waves --window 12 --net 'conv 3 4 relu, flatten, dense 1' --epochs 1 -o conv.safetensors");
    assert!(drawn(&folder, "filters conv.safetensors").contains("3 filters of 4 steps over 1 channel"));
    assert!(drawn(&folder, "features conv.safetensors waves").contains("12 steps of 1 → 9 steps of 3"));
}

#[test]
fn the_states_of_a_text_stand_below_its_characters() {
    let folder = Folder::new();
    folder.write("hamlet.txt", "To be, or not to be, that is the question: ".repeat(20));
    let net = "embedding 17 8, gru 4 sequences, dense 17";
    folder.good(&format!("train --text hamlet.txt --window 16 --net '{net}' --epochs 1 -o hamlet.safetensors"));
    let states = drawn(&folder, "states hamlet.safetensors hamlet.txt");
    assert!(states.contains("4 units over 16 steps") && states.contains(">b<"), "{states}");
    drawn(&folder, "features hamlet.safetensors hamlet.txt");
}

#[test]
fn a_network_has_edges_where_it_has_weights_and_counts_all_of_them() {
    let folder = Folder::new();
    folder.good("train digits --net 'conv 4 3x3 relu, maxpool 2, flatten, dense 10' --epochs 1 -o digits.safetensors");
    let large = drawn(&folder, "network digits.safetensors");
    // 4·9 + 4 of the convolution, 36·10 + 10 of the dense layer, as adaline inspect has it.
    assert!(folder.good("inspect digits.safetensors").contains("410 parameters"));
    assert!(large.contains("410 parameters") && large.contains("40 parameters") && large.contains("1x8x8 → 4x6x6"));
    folder.good("train waves --window 6 --net 'lstm 3, dense 1' --epochs 1 -o waves.safetensors");
    let small = drawn(&folder, "network waves.safetensors");
    assert!(folder.good("inspect waves.safetensors").contains("76 parameters"));
    assert!(small.contains("76 parameters") && small.contains("6 steps of 1 → 3"));
    assert_eq!(small.matches("<g><title>").count(), 3, "the weights of the dense layer");
    // A dense layer over a sequence has no weight between any two units either.
    folder.good(
        "train waves --window 6 --net 'gru 3 sequences, dense 2, flatten, dense 1' --epochs 1 -o steps.safetensors",
    );
    let steps = drawn(&folder, "network steps.safetensors");
    assert_eq!(steps.matches("<g><title>").count(), 6, "six of the twelve values are drawn");
}

#[test]
fn numbers_that_are_not_finite_make_no_picture() {
    let folder = Folder::new();
    folder.good("train waves --window 6 --net 'lstm 3 sequences, lstm 2, dense 1' --epochs 1 -o waves.safetensors");
    let mut model = adaline::Model::load(folder.path("waves.safetensors")).unwrap();
    let names: Vec<(String, usize)> =
        model.network().tensors().map(|(name, shape)| (name.to_owned(), shape.iter().product())).collect();
    for (name, size) in names {
        let huge: Vec<f32> = (0..size).map(|i| if i % 2 == 0 { 3e38 } else { -3e38 }).collect();
        model.network_mut().set(&name, &huge).unwrap();
    }
    model.save(folder.path("huge.safetensors")).unwrap();
    let expected = folder.bad("evaluate huge.safetensors waves", 3);
    assert!(expected.contains("not finite"), "{expected}");
    for what in ["states", "features", "forecast"] {
        let error = folder.bad(&format!("plot {what} huge.safetensors waves -o huge.svg"), 3);
        assert!(error.contains("huge.safetensors") && error.contains("not finite"), "{what}: {error}");
        assert!(!folder.exists("huge.svg"));
    }
}

#[test]
fn rows_of_own_length_show_their_own_steps() {
    let folder = Folder::new();
    let mut text = String::from("a,b,c,d,class\n");
    for row in 0..40 {
        let blank = if row % 2 == 0 { "," } else { "0.5,0.25" };
        text += &format!("{}.5,1,{blank},{}\n", row % 3, if row % 3 == 0 { "low" } else { "high" });
    }
    folder.write("a-very-long-name-of-a-file-that-no-title-of-a-picture-has-any-room-for.csv", &text);
    let data = "a-very-long-name-of-a-file-that-no-title-of-a-picture-has-any-room-for.csv";
    folder.good(&format!(
        "train {data} --target class --sequence 4 --net 'gru 3 sequences, gru 2, dense 1' --epochs 1 -o rows.safetensors"
    ));
    let features = drawn(&folder, &format!("features rows.safetensors {data}"));
    assert_eq!(features.matches("2 of 4 steps, the rest is padding").count(), 2, "the input and the first layer");
    assert!(features.contains("<title>a-very-long-name-of-a-file-…room-for.csv, row 0, layer by layer<"), "{features}");
    assert!(!drawn(&folder, &format!("features rows.safetensors {data} --row 1")).contains("padding"));
    assert!(drawn(&folder, &format!("states rows.safetensors {data}")).contains("3 units over 2 of 4 steps"));
}

#[test]
fn help_says_what_rows_count_from() {
    let folder = Folder::new();
    for command in ["plot features", "plot states", "explain"] {
        let help = folder.good(&format!("{command} --help"));
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(help.contains("counted from 0 (the column \"row\" of adaline predict counts from 1)"), "{help}");
    }
}
