use super::*;
use crate::data::{Column, Split, Table};
use crate::{Result, Targets};

fn table(csv: &str) -> Table {
    Table::from_reader(csv.as_bytes(), "f.csv").unwrap()
}

fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().to_string()
}

fn mixed() -> Encoder {
    let training = table("n,colour,const,y\n1,red,7,b\n2,blue,7,a\n6,red,7,a\n3,red,7,b\n");
    Encoder::fit(&training, "y", Task::Classification).unwrap()
}

#[test]
fn columns_are_standardised_and_words_become_ones() {
    let encoder = mixed();
    // Mean 3, variance (4 + 1 + 9 + 0) / 4.
    let scale = 3.5f64.sqrt();
    assert_eq!(
        encoder.inputs()[0],
        Input::Number { name: "n".into(), mean: 3.0, scale },
        "as scikit-learn's StandardScaler: over n, not n - 1"
    );
    assert_eq!(encoder.inputs()[2], Input::Number { name: "const".into(), mean: 7.0, scale: 1.0 });
    assert_eq!(encoder.classes(), ["a", "b"]);
    assert_eq!(encoder.shape(), Shape::Flat(4));
    // Other order, other columns beside.
    let (inputs, rows) = encoder.encode_inputs(&table("const,id,n,colour\n8,x,10,blue\n7,y,3,red\n")).unwrap();
    assert_eq!(rows, 2);
    assert_eq!(inputs, [(7.0 / scale) as f32, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(encoder.encode_row(&["10", "blue", "8"]).unwrap(), inputs[..4]);
}

#[test]
fn a_regression_is_standardised_and_comes_back() {
    let training = table("x,y\n1,10\n2,20.5\n3,30\n");
    let encoder = Encoder::fit(&training, "y", Task::Regression).unwrap();
    let Targets::Values { width: 1, values } = encoder.encode_targets(&training).unwrap() else { panic!() };
    for (value, y) in values.iter().zip([10.0, 20.5, 30.0]) {
        assert!((encoder.decode(f64::from(*value)) - y).abs() < 1e-5);
    }
    assert!(values.iter().sum::<f32>().abs() < 1e-6);
    let plain = Encoder::fit_scaled(&training, "y", Task::Regression, false).unwrap();
    assert_eq!(plain.encode_targets(&training).unwrap(), Targets::Values { width: 1, values: vec![10.0, 20.5, 30.0] });
}

#[test]
fn classes_are_sorted_by_value_where_all_are_numbers() {
    let classes = |cells: &str| {
        let training = table(&format!("x,y\n1,{}\n", cells.replace(' ', "\n1,")));
        Encoder::fit(&training, "y", Task::Classification).unwrap().classes().to_vec()
    };
    assert_eq!(classes("10 9 9.0 -1"), ["-1", "9", "10"]);
    assert_eq!(classes("10 9 b"), ["10", "9", "b"]);
    let text = Table::new("t", vec![Column::numbers("x", vec![1.0; 3]), Column::text("y", ["10", "9", "10"])]);
    assert_eq!(Encoder::fit(&text.unwrap(), "y", Task::Classification).unwrap().classes(), ["9", "10"]);
}

#[test]
fn classes_of_numbers_are_found_by_value() {
    let encoder = Encoder::fit(&table("x,y\n1,0\n2,1\n"), "y", Task::Classification).unwrap();
    assert_eq!(encoder.encode_targets(&table("y\n1.0\n-0\n1e0\n")).unwrap(), Targets::Classes(vec![1, 0, 1]));
}

#[test]
fn what_does_not_fit_names_its_place() {
    let encoder = mixed();
    for (csv, start) in [
        ("n,colour\n1,red\n", "f.csv: the column \"const\" is missing. The model wants n, colour, const, and the"),
        ("n,color,const\n1,red,1\n", "f.csv: the column \"colour\" is missing; is it \"color\"? The model wants"),
        (
            "n,colour,const\n1,red,1\n2,rde,1\n",
            "f.csv:3: column \"colour\": \"rde\" is no category that the model knows; did",
        ),
        ("n,colour,const\n1,red,1\nx,red,1\n", "f.csv:3: column \"n\": \"x\" is not a number"),
        ("n,colour,const\n1,red,1\n\n,red,1\n", "f.csv:4: column \"n\": the cell is empty"),
        ("n,colour,const\n1e300,red,1\n", "f.csv:2: column \"n\": 1e300 is too large"),
    ] {
        let message = message(encoder.encode_inputs(&table(csv)));
        assert!(message.starts_with(start), "{message}");
    }
    let message = message(encoder.encode(&table("n,colour,const,y\n1,red,1,a\n1,red,1,c\n")));
    assert!(message.starts_with("f.csv:3: column \"y\": \"c\" is no class that the model knows"), "{message}");
    let message = self::message(encoder.encode_row(&["1"]));
    assert_eq!(message, "row: 1 values for 3 inputs; give one for each: n, colour, const");
    let message = self::message(encoder.encode_row(&["1", "red", ""]));
    assert!(message.starts_with("row: column \"const\": row 1: the cell is empty"), "{message}");
}

#[test]
fn an_unused_column_does_no_harm() {
    let dirty = table("id,n,colour,const\n,1,red,1\nx,2,blue,1\n");
    assert!(dirty.column("id").is_err());
    assert_eq!(mixed().encode_inputs(&dirty).unwrap().1, 2);
}

#[test]
fn text_that_differs_in_every_row_is_refused() {
    let csv: String = (0..10).map(|row| format!("name{row},{row}\n")).collect();
    let training = table(&format!("name,y\n{csv}"));
    let message = message(Encoder::fit(&training, "y", Task::Regression));
    assert!(message.contains("10 different words in 10 rows") && message.contains("--exclude"), "{message}");
}

#[test]
fn an_image_has_one_mean_and_one_scale() {
    let training = table("p00,p01,p10,p11,y\n0,2,4,6,a\n0,2,4,6,b\n");
    let encoder = Encoder::fit(&training, "y", Task::Classification).unwrap();
    assert_eq!(encoder.shape(), Shape::Image { channels: 1, height: 2, width: 2 });
    assert_eq!(
        encoder.inputs(),
        [Input::Image { channels: 1, height: 2, width: 2, mean: vec![3.0], scale: vec![5f64.sqrt()], white: None }]
    );
    let message = message(encoder.encode_inputs(&table("p00,p01,p11\n0,2,4\n")));
    assert!(message.contains("\"p10\" is missing"), "{message}");
}

#[test]
fn json_comes_back_the_same() {
    let digits = Table::builtin("digits").unwrap().target("digit").unwrap().split(Split::seeded(1)).unwrap();
    for encoder in [mixed(), digits.encoder()] {
        let json = serde_json::to_string(&encoder).unwrap();
        assert_eq!(serde_json::from_str::<Encoder>(&json).unwrap(), encoder, "{json}");
    }
}

#[test]
fn json_that_makes_no_sense_is_refused() {
    let target = r#""target":{"type":"classes","name":"y","classes":["a","b"]}"#;
    for (inputs, complaint) in [
        (r#"[]"#, "make 0 numbers"),
        (r#"[{"type":"number","name":"x","scale":0}]"#, "scale 0"),
        (r#"[{"type":"number","name":"x"},{"type":"number","name":"x"}]"#, "twice"),
        (r#"[{"type":"number","name":"y"}]"#, "is the target"),
        (r#"[{"type":"number","name":"x","men":0}]"#, "unknown field"),
        (r#"[{"type":"nummer","name":"x"}]"#, "unknown variant"),
        (r#"[{"type":"categories","name":"x","categories":["a","a"]}]"#, "twice"),
        (r#"[{"type":"image","height":4294967296,"width":4294967296}]"#, "numbers; there must be"),
        (r#"[{"type":"image","height":2,"width":2},{"type":"number","name":"x"}]"#, "only input"),
    ] {
        let error = serde_json::from_str::<Encoder>(&format!("{{\"inputs\":{inputs},{target}}}")).unwrap_err();
        assert!(error.to_string().contains(complaint), "{inputs}: {error}");
    }
}

/// The encoder must not change when the test and validation rows do.
#[test]
fn only_training_rows_touch_a_statistic() {
    let split = || Split::seeded(5);
    let iris = Table::builtin("iris").unwrap();
    let clean = iris.clone().target("species").unwrap().split(split()).unwrap();
    let held_out: Vec<u64> = [clean.validation(), clean.test()]
        .iter()
        .flat_map(|part| (0..part.rows()).filter_map(|row| part.line(row)))
        .collect();
    let columns = iris.columns().iter().map(|column| match column.name() {
        "species" => column.clone(),
        name => {
            let spoil = |row: usize| if held_out.contains(&(row as u64 + 2)) { 1e6 } else { 0.0 };
            Column::numbers(name, (0..150).map(|row| column.number(row).unwrap() + spoil(row)).collect())
        }
    });
    let spoilt = Table::new("iris", columns.collect()).unwrap().target("species").unwrap().split(split()).unwrap();
    assert_eq!(held_out.len(), 42);
    assert_eq!(spoilt.encoder(), clean.encoder());
}

#[test]
fn a_hostile_mean_of_an_image_is_told_plainly() {
    let read = |mean: &str| {
        let json = format!(
            r#"{{"inputs":[{{"type":"image","channels":3,"height":2,"width":2,"mean":{mean}}}],
                "target":{{"type":"classes","name":"y","classes":["a","b"]}}}}"#
        );
        serde_json::from_str::<Encoder>(&json).map_err(|error| error.to_string())
    };
    for good in ["1", "-2", "0.5", "[1,2.5,-3]"] {
        let encoder = read(good).unwrap();
        assert_eq!(serde_json::from_str::<Encoder>(&serde_json::to_string(&encoder).unwrap()).unwrap(), encoder);
    }
    for (bad, told) in [
        ("\"x\"", "expected a number for all channels, or a list with one for each"),
        ("null", "expected a number for all channels"),
        ("{}", "expected a number for all channels"),
        ("[1,\"x\",2]", "expected f64"),
        ("[1,2]", "one mean and one scale for each"),
        ("[]", "one mean and one scale for each"),
    ] {
        let error = read(bad).unwrap_err();
        assert!(error.contains(told) && !error.contains("untagged"), "{error}\n{told}");
    }
}
