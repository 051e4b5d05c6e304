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
