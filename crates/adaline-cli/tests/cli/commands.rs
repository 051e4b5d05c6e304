//! Each command does what it says.

use crate::support::Folder;
use serde_json::json;

#[test]
fn gates() {
    let folder = Folder::new();
    let and = folder.json("gate and --json");
    assert_eq!(and["table"][3], json!({"input": [1, 1], "output": 1}));
    assert_eq!(and["layers"][0]["neurons"][0], json!({"weights": [0.4, 0.4], "bias": -0.6, "activation": "step"}));
    let xor = folder.json("gate XOR --json");
    assert_eq!((&xor["name"], &xor["separable"]), (&json!("xor"), &json!(false)));
    assert_eq!(xor["certificate"], json!({"ones": [[0, 1], [1, 0]], "zeros": [[0, 0], [1, 1]], "sum": [1, 1]}));
    assert_eq!(xor["layers"].as_array().unwrap().len(), 2);
    insta::assert_snapshot!(folder.good("gate xor"));
    insta::assert_snapshot!(folder.good("gate and 0 1"));
    let rounding = folder.good("gate and --weights 0.1,0.2 --bias -0.3");
    assert!(rounding.contains("In row 1 1 the sum is a rounding error"), "{rounding}");
    let wrong = folder.bad("gate and --weights 0.4,0.4 --bias -0.3", 4);
    assert!(wrong.ends_with("error: this neuron is not and: row 0 1: the sum 0.1 gives 1, not 0\n"), "{wrong}");
    folder.good("gate and 1 1 --weights 0.4,0.4 --bias -0.3");
    folder.bad("gate and 1 0 --weights 0.4,0.4 --bias -0.3", 4);
}

#[test]
fn a_gate_is_a_model() {
    let folder = Folder::new();
    folder.good("gate xor -o gate.safetensors");
    assert_eq!(folder.json("evaluate gate.safetensors xor --json")["accuracy"], json!(1.0));
    assert_eq!(folder.good("predict gate.safetensors xor"), "prediction\n0\n1\n1\n0\n");
    folder.bad("gate and -o gate.safetensors", 2);
    assert!(folder.good("inspect gate.safetensors").contains("set by hand"));
    assert!(folder.good("plot boundary gate.safetensors xor").contains('▲'));
}

#[test]
fn activations() {
    let folder = Folder::new();
    let sigmoid = folder.json("activation sigmoid 3 -3 1000 -1000 --json");
    assert_eq!(sigmoid["output"], json!([0.9525741268224334, 0.04742587317756678, 1.0, 0.0]));
    assert_eq!((&sigmoid["activation"], &sigmoid["input"][1]), (&json!("sigmoid"), &json!(-3.0)));
    let softmax = folder.json("activation softmax 1000 1001 1002 --json");
    let small = folder.json("activation softmax 0 1 2 --json");
    for i in 0..3 {
        let gap = softmax["output"][i].as_f64().unwrap() - small["output"][i].as_f64().unwrap();
        assert!(gap.abs() < 1e-12);
    }
    assert_eq!(folder.json("activation leaky_relu -2 --slope 0.5 --json")["output"], json!([-1.0]));
    assert_eq!(folder.json("activation leaky_relu(0.2) -2 --json")["output"], json!([-0.4]));
}

#[test]
fn data_is_listed_and_written() {
    let folder = Folder::new();
    let list = folder.json("data --json");
    assert_eq!(list[0]["name"], "iris");
    assert!(folder.good("data").contains("spirals"));
    folder.good("data iris -o iris.csv");
    assert_eq!(String::from_utf8(folder.read("iris.csv")).unwrap(), folder.good("data iris"));
    folder.bad("data iris -o iris.csv", 2);
    folder.good("data iris -o iris.csv --force");
    assert_eq!(folder.good("data moons --rows 10 --seed 3").lines().count(), 11);
    assert_ne!(folder.good("data moons --seed 1"), folder.good("data moons --seed 2"));
}

#[test]
fn a_classification_from_csv_to_predictions() {
    let folder = Folder::with_model();
    let report =
        folder.json("train iris.csv --target species --hidden 8 --epochs 60 --seed 3 -o flowers.safetensors --json");
    assert_eq!((&report["model"], &report["epochs"]), (&json!("flowers.safetensors"), &json!(60)));
    assert_eq!(report["parameters"], json!(4 * 8 + 8 + 8 * 3 + 3));
    assert_eq!(
        (&report["train"]["rows"], &report["validation"]["rows"], &report["test"]["rows"]),
        (&json!(108), &json!(12), &json!(30))
    );
    assert!(report["test"]["accuracy"].as_f64().unwrap() > 0.8);
    assert_eq!(report["weights_sha256"].as_str().unwrap().len(), 64);
    assert!(folder.exists("flowers.history.svg"));

    let evaluation = folder.json("evaluate flowers.safetensors iris.csv --json");
    assert_eq!((&evaluation["rows"], &evaluation["classes"][1]["name"]), (&json!(150), &json!("versicolor")));
    assert_eq!(evaluation["confusion"].as_array().unwrap().len(), 3);

    let csv = folder.good("predict flowers.safetensors iris.csv --proba");
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("prediction,p_setosa,p_versicolor,p_virginica"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 150);
    let right =
        rows.iter().enumerate().filter(|(row, cells)| cells[0] == ["setosa", "versicolor", "virginica"][row / 50]);
    assert_eq!(right.count() as f64 / 150.0, evaluation["accuracy"].as_f64().unwrap());
    for cells in &rows {
        let sum: f64 = cells[1..].iter().map(|p| p.parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-9);
    }
    folder.good("predict flowers.safetensors iris.csv --proba -o out.csv");
    assert_eq!(String::from_utf8(folder.read("out.csv")).unwrap(), csv);
    let lines = folder.good("predict flowers.safetensors iris.csv --json");
    assert_eq!(lines.lines().next(), Some("{\"prediction\":\"setosa\"}"));

    // Columns are found by name, whatever their order, and the target is not needed.
    folder.write("new.csv", "petal_width,sepal_width,extra,sepal_length,petal_length\n0.2,3.5,hello,5.1,1.4\n");
    let first = folder.good("predict flowers.safetensors new.csv --proba");
    assert_eq!(first.lines().nth(1), csv.lines().nth(1));
    let ran = folder.run_with(&crate::support::words("predict flowers.safetensors - --proba"), &folder.read("new.csv"));
    assert_eq!(ran.stdout, first);
}

#[test]
fn a_regression() {
    let folder = Folder::new();
    let report = folder.json("train sine --json");
    assert!(report["test"]["r2"].as_f64().unwrap() > 0.9, "{report}");
    for key in ["rows", "loss", "mse", "mae", "r2"] {
        assert!(report["validation"][key].is_number(), "{key}");
    }
    let evaluation = folder.json("evaluate sine.safetensors sine --json");
    let (mse, rmse) = (evaluation["mse"].as_f64().unwrap(), evaluation["rmse"].as_f64().unwrap());
    assert!((rmse * rmse - mse).abs() < 1e-15);
    let first = folder.good("predict sine.safetensors sine");
    first.lines().nth(1).unwrap().parse::<f64>().unwrap();
    folder.bad("predict sine.safetensors sine --proba", 2);
    folder.bad("plot confusion sine.safetensors sine", 2);
    folder.bad("plot boundary sine.safetensors sine", 2);
}

#[test]
fn a_truth_table_is_learnt_whole() {
    let folder = Folder::new();
    let report = folder.json("train xor --net 'dense 4 tanh, dense 1' --seed 1 --json");
    assert_eq!(
        (&report["train"]["rows"], &report["validation"], &report["test"]),
        (&json!(4), &json!(null), &json!(null))
    );
    assert_eq!(report["train"]["accuracy"], json!(1.0));
}

#[test]
fn inspecting_a_model() {
    let folder = Folder::with_model();
    let document = folder.json("inspect iris.safetensors --json");
    let network = document["network"].as_str().unwrap();
    assert!(network.ends_with("dense 3"), "{network}");
    assert_eq!(document["inputs"][0]["name"], "sepal_length");
    assert_eq!(document["classes"], json!(["setosa", "versicolor", "virginica"]));
    assert_eq!(document["training"]["history"].as_array().unwrap().len(), 20);
    assert_eq!(document["layers"].as_array().unwrap().last().unwrap()["output_shape"], json!([3]));
    assert!(
        folder
            .good("inspect iris.safetensors")
            .contains("trained on  iris (108 rows; 12 for validation, 30 for the test)")
    );
}

#[test]
fn pictures() {
    let folder = Folder::with_model();
    folder.good("train moons --epochs 5 -o moons.safetensors");
    for what in [
        "activation sigmoid,step --derivative",
        "gate xor",
        "gate --truth 0110",
        "region and --bias -0.6",
        "region xor --bias 1",
        "learning and --seed 1",
        "learning --expr 'a xor b' --learn delta --epochs 20",
        "neuron and 1 1",
        "neuron --expr 'a -> b' --weights -1,1 --bias 0.5",
        "network iris.safetensors",
        "boundary moons.safetensors moons",
        "boundary moons.safetensors",
        "history iris.safetensors",
        "confusion iris.safetensors iris.csv",
    ] {
        assert!(folder.good(&format!("plot {what}")).lines().count() > 4);
        folder.good(&format!("plot {what} -o a.svg --force"));
        assert!(folder.read("a.svg").starts_with(b"<svg "));
        folder.good(&format!("plot {what} -o a.png --force"));
        assert!(folder.read("a.png").starts_with(b"\x89PNG"));
        folder.bad(&format!("plot {what} -o a.svg"), 2);
        folder.bad(&format!("plot {what} -o a.gif"), 2);
    }
}

#[test]
fn flags_from_a_file() {
    let folder = Folder::new();
    folder
        .write("run.json", r#"{"epochs": 3, "hidden": [5, 4], "learning_rate": 0.01, "optimizer": "adam", "no-shuffle": true, "lr": null}"#);
    let report = folder.json("train iris --config run.json --json");
    assert_eq!((&report["epochs"], &report["parameters"]), (&json!(3), &json!(4 * 5 + 5 + 5 * 4 + 4 + 4 * 3 + 3)));
    let report = folder.json("train iris --config run.json --epochs 2 --json");
    assert_eq!(report["epochs"], json!(2));
    let settings = folder.json("inspect iris-2.safetensors --json")["training"]["settings"].clone();
    assert_eq!((&settings["shuffle"], &settings["optimizer"]["adam"]["learning_rate"]), (&json!(false), &json!(0.01)));
}

#[test]
fn every_flag_of_train_reaches_the_run() {
    let folder = Folder::new();
    let settings = |flags: &str| {
        folder.good(&format!("train iris --epochs 2 -o m.safetensors --force {flags}"));
        let document = folder.json("inspect m.safetensors --json");
        (document["training"]["settings"].clone(), document["network"].as_str().unwrap().to_owned())
    };
    let (all, network) = settings(
        "--batch-size 7 --optimizer sgd --momentum 0.5 --lr 0.03 --schedule cosine --warmup 1 --label-smoothing 0.1 \
         --class-weight balanced --l1 0.001 --l2 0.002 --clip-norm 3 --clip-value 2 --patience 9 --seed 11 \
         --hidden 6 --activation tanh --dropout 0.25 --threads 2",
    );
    assert_eq!(network, "dense 6 tanh, dropout 0.25, dense 3");
    assert_eq!(all["optimizer"]["sgd"], json!({"learning_rate": 0.03, "momentum": 0.5, "nesterov": false}));
    assert_eq!(all["schedule"]["cosine"]["warmup"], json!(1.0));
    assert_eq!(all["loss"]["categorical_cross_entropy"]["label_smoothing"], json!(0.1));
    assert_eq!(all["class_weights"], json!([1.0, 1.0, 1.0]));
    let plain = json!([7, 0.001, 0.002, 3.0, 2.0, 9, 11]);
    let got = ["batch_size", "l1", "l2", "clip_norm", "clip_value", "patience", "seed"].map(|key| all[key].clone());
    assert_eq!(json!(got), plain);
    let (adamw, _) = settings("--optimizer adamw --weight-decay 0.2");
    assert_eq!(adamw["optimizer"]["adamw"]["weight_decay"], json!(0.2));
    let decay = |flags: &str| settings(flags).0["optimizer"]["adamw"]["weight_decay"].as_f64().unwrap();
    // The default decay gives way to a large rate: both together would wipe the weights out.
    assert!(decay("--lr 0.5") < decay("") && decay("--lr 0.5 --weight-decay 0.3") == 0.3);
    let (step, _) = settings("--schedule step --schedule-every 4 --schedule-factor 0.5");
    assert_eq!(step["schedule"]["step"], json!({"every": 4, "factor": 0.5}));

    folder.good("train iris --features petal_length,petal_width --epochs 2 -o two.safetensors");
    assert_eq!(folder.json("inspect two.safetensors --json")["inputs"].as_array().unwrap().len(), 2);
    folder.good("train iris --exclude petal_length --epochs 2 -o three.safetensors");
    assert_eq!(folder.json("inspect three.safetensors --json")["inputs"].as_array().unwrap().len(), 3);
    let report = folder.json("train iris --test-split 0.5 --validation-split 0 --epochs 2 --json");
    assert_eq!((&report["test"]["rows"], &report["validation"]), (&json!(75), &json!(null)));
    let report = folder.json("train digits --task regression --epochs 1 --json");
    assert!(report["test"]["r2"].is_number());
}

#[test]
fn training_goes_on_from_a_model() {
    let folder = Folder::with_model();
    let before = folder.json("evaluate iris.safetensors iris --json")["loss"].as_f64().unwrap();
    folder.good("train iris.csv --from iris.safetensors --no-shuffle --epochs 40 -o further.safetensors");
    let after = folder.json("evaluate further.safetensors iris --json")["loss"].as_f64().unwrap();
    assert!(after < before, "{after} {before}");
    let encoder = |name: &str| folder.json(&format!("inspect {name} --json"))["inputs"].clone();
    assert_eq!(encoder("iris.safetensors"), encoder("further.safetensors"));
    folder.bad("train iris --from iris.safetensors --net 'dense 3'", 2);
}
