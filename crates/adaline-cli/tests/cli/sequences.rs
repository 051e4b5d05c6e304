//! Rows that stand together: series, wide rows, texts.

use crate::support::{Folder, words};
use serde_json::{Value, json};

/// One character after the other with no more than the last one to go by, so that a bigram model can learn all of it.
fn nursery() -> String {
    "the cat sat on the mat; the hen had ten men.\n".repeat(60)
}

/// A network that sees one character, for a text of so many.
fn bigram(text: &str) -> String {
    format!("--net '{}'", bigram_net(text))
}

fn bigram_net(text: &str) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    let entries = characters.len() + 1;
    format!("embedding {entries} 16, dense {entries}")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn a_series_is_forecast_better_than_by_its_last_value() {
    let folder = Folder::new();
    let line = "train waves --window 24 --net 'flatten, dense 32 relu, dense 1' --epochs 40 --seed 1 --json";
    let report = folder.json(line);
    let test = &report["test"];
    // 1000 rows, 976 windows: 195 for the test, 78 for validation.
    let rows = ["train", "validation", "test"].map(|part| number(&report[part]["rows"]));
    assert_eq!(rows, [703.0, 78.0, 195.0]);
    assert!(number(&test["mse"]).sqrt() * 4.0 < number(&test["naive_rmse"]), "{test}");
    let evaluation = folder.json("evaluate waves.safetensors waves --json");
    assert_eq!(evaluation["rows"], json!(976));
    assert!(number(&evaluation["rmse"]) * 4.0 < number(&evaluation["naive_rmse"]));
    assert!(folder.good("evaluate waves.safetensors waves").contains("repeating the last value has RMSE 0.3"));
    // One line for each row with a window before it, and one for what comes next.
    let lines = folder.good("predict waves.safetensors waves");
    assert_eq!(lines.lines().count(), 1 + 977);
    assert!(lines.starts_with("row,prediction\n25,") && lines.lines().last().unwrap().starts_with("1001,"), "{lines}");
    // What is forecast for the row after the last is what was forecast where that row is not the last.
    let table = folder.good("data waves");
    let head: Vec<&str> = table.lines().take(1 + 100).collect();
    folder.write("head.csv", head.join("\n"));
    let short = folder.good("predict waves.safetensors head.csv");
    assert_eq!(short.lines().last(), lines.lines().nth(1 + 101 - 25));
    let inspected = folder.good("inspect waves.safetensors");
    assert!(inspected.contains("predicts y: the next 1 after a window of 24 rows"), "{inspected}");
    assert_eq!(folder.json("inspect waves.safetensors --json")["window"], json!({"steps": 24, "horizon": 1}));
    // Training goes on with the same windows.
    folder.good("train waves --from waves.safetensors --epochs 2 -o further.safetensors");
    folder.bad("train waves --from waves.safetensors --window 12", 2);
}

#[test]
fn a_horizon_of_several_steps() {
    let folder = Folder::new();
    folder.good("train waves --window 16 --horizon 3 --net 'flatten, dense 16 relu, dense 3' --epochs 20");
    let lines = folder.good("predict waves.safetensors waves");
    assert!(lines.starts_with("row,prediction_1,prediction_2,prediction_3\n17,"), "{lines}");
    let json = folder.good("predict waves.safetensors waves --json");
    let first: Value = serde_json::from_str(json.lines().next().unwrap()).unwrap();
    assert_eq!(first["row"], json!(17));
    assert!(first["prediction_3"].is_f64());
    assert_eq!(folder.json("evaluate waves.safetensors waves --json")["rows"], json!(982));
    let wrong = folder.bad("train waves --window 16 --horizon 3 --net 'flatten, dense 1' -o x.safetensors", 2);
    assert!(wrong.contains("dense 3"), "{wrong}");
}

#[test]
fn columns_of_a_series_are_chosen() {
    let folder = Folder::new();
    let mut csv = "time,day,load,heat\n".to_owned();
    for t in 0..120 {
        csv.push_str(&format!("{t},{},{},{}\n", ["mo", "tu", "we"][t % 3], (t * 7) % 11, (t * t) % 13));
    }
    folder.write("load.csv", csv);
    let shape = |flags: &str| {
        let net = "--net 'flatten, dense 1' --epochs 1 -o load.safetensors --force";
        folder.good(&format!("train load.csv --target load --window 4 {flags} {net}"));
        let columns = folder.json("inspect load.safetensors --json")["inputs"].clone();
        columns.as_array().unwrap().iter().map(|input| input["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(shape(""), ["load", "heat"]);
    assert_eq!(shape("--exclude load"), ["heat"]);
    assert_eq!(shape("--features day,load"), ["day", "load"]);
    let ran =
        folder.run("train load.csv --target load --window 4 --net 'flatten, dense 1' --epochs 1 -o x.safetensors");
    assert!(ran.stderr.contains("left out  time, day (text, or a clock"), "{}", ran.stderr);
    folder.write("short.csv", "day,load,heat\nmo,1,2\nmo,2,3\n");
    let error = folder.bad("evaluate x.safetensors short.csv", 3);
    assert!(error.contains("short.csv: 2 rows are too few: the model looks at 4 steps"), "{error}");
    folder.write("gap.csv", "load,heat\n1,2\n3,4\n5,\n7,8\n9,1\n2,3\n");
    let error = folder.bad("train gap.csv --target load --window 1", 3);
    assert!(error.contains("gap.csv:4: column \"heat\": the cell is empty"), "{error}");
    let error = folder.bad("train gap.csv --target load --exclude heat --window 30", 3);
    assert!(error.contains("6 rows are too few for windows of 30 steps"), "{error}");
    folder.bad("train load.csv --target day --window 4", 3);
}

#[test]
fn a_clock_with_a_gap_or_running_backwards_is_told() {
    let folder = Folder::new();
    let row = |t: usize| format!("{t},{}\n", (t * 7) % 11);
    let train = |csv: String| {
        folder.write("load.csv", format!("time,load\n{csv}"));
        let line = "train load.csv --target load --window 4 --net 'flatten, dense 1' --epochs 1 -o load.safetensors";
        let ran = folder.run(&format!("{line} --force"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains("left out  time (text, or a clock"), "{}", ran.stderr);
        ran.stderr
    };
    let told = train((0..80).filter(|t| !(30..33).contains(t)).map(row).collect());
    assert!(told.contains("column \"time\" is even but for line 32 (from 29 to 33)"), "{told}");
    let told = train((0..80).rev().map(row).collect());
    assert!(told.contains("the rows run backwards (newest first)") && !told.contains("even but"), "{told}");
    let told = train((0..80).map(row).collect());
    assert!(!told.contains("backwards") && !told.contains("even but"), "{told}");
}

#[test]
fn wide_rows_are_sequences_of_different_lengths() {
    let folder = Folder::new();
    let mut csv = "kind,".to_owned();
    let names: Vec<String> = (1..=4).flat_map(|step| [format!("a{step}"), format!("b{step}")]).collect();
    csv.push_str(&names.join(","));
    for row in 0..90 {
        let length = 1 + row % 4;
        let up = row % 2 == 0;
        let cells = (0..8).map(|at| match (at / 2 < length, up) {
            (false, _) => String::new(),
            (true, true) => format!("{}", (at + row) % 5),
            (true, false) => format!("-{}", (at + row) % 5),
        });
        csv.push_str(&format!("\n{},{}", if up { "up" } else { "down" }, cells.collect::<Vec<_>>().join(",")));
    }
    folder.write("wide.csv", &csv);
    folder.good("train wide.csv --target kind --sequence 4,2 --net 'flatten, dense 8 relu, dense 1' --epochs 80");
    assert!(number(&folder.json("evaluate wide.safetensors wide.csv --json")["accuracy"]) > 0.8);
    assert_eq!(folder.good("predict wide.safetensors wide.csv").lines().count(), 91);
    assert!(folder.good("inspect wide.safetensors").contains("4 steps of 2"));
    folder.good("train wide.csv --from wide.safetensors --epochs 1 -o further.safetensors");
    // A table that ends earlier must say so by blank cells.
    folder.write("narrow.csv", "kind,a1,b1\nup,1,2\n");
    let error = folder.bad("predict wide.safetensors narrow.csv", 3);
    assert!(error.contains("\"a2\" is missing") && error.contains("add it with blank cells. The model"), "{error}");
    folder.write("padded.csv", "kind,a1,b1,a2,b2,a3,b3,a4,b4\nup,1,2,,,,,,\n");
    assert_eq!(folder.good("predict wide.safetensors padded.csv").lines().count(), 2);
    // Without --sequence a blank cell is an error as ever.
    let error = folder.bad("train wide.csv --target kind", 3);
    assert!(error.contains("the cell is empty") && error.contains("--sequence STEPS,VALUES"), "{error}");
    let error = folder.bad("train wide.csv --target kind --sequence 4", 2);
    assert!(error.contains("--sequence: 4 steps of 1 values are 4 columns, and there are 8 inputs"), "{error}");
    folder.bad("train wide.csv --target kind --sequence 4,2,1", 2);
    folder.bad("train wide.csv --target kind --sequence 0,2", 2);
    folder.bad("train wide.csv --target kind --sequence 4,2 --window 3", 2);
    folder.write("hole.csv", "kind,a,b,c\nx,1,,3\ny,1,2,3\nx,1,2,\n");
    assert!(!folder.bad("train hole.csv --target kind", 3).contains("--sequence"));
    let error = folder.bad("train hole.csv --target kind --sequence 3", 3);
    assert!(error.contains("hole.csv:2: column \"b\": the cell is blank and cells behind it are not"), "{error}");
}

#[test]
fn a_text_is_learnt_and_written_on() {
    let folder = Folder::new();
    let text = nursery();
    folder.write("nursery.txt", &text);
    let net = bigram(&text);
    let report = folder.json(&format!("train --text nursery.txt --window 20 {net} --epochs 40 --lr 0.02 --json"));
    // What it can know from the last character it learns: the bigram entropy is the limit.
    let test = &report["test"];
    let (loss, limit) = (number(&test["loss"]), number(&test["bigram_entropy"]));
    assert!(loss > limit - 0.02 && loss < limit + 0.15 && limit < number(&test["unigram_entropy"]), "{test}");
    let evaluation = folder.json("evaluate nursery.safetensors nursery.txt --json");
    assert_eq!(evaluation["rows"], json!((text.len() - 1) / 20 * 20));
    assert!(folder.good("evaluate nursery.safetensors nursery.txt").contains("nats a character"));

    let line = "generate nursery.safetensors --prompt 'the c' --length 120 --temperature 0.5 --seed 3";
    let written = folder.good(line);
    assert!(written.starts_with("the c") && written.chars().count() == 5 + 120 + 1, "{written}");
    assert_eq!(folder.good(line), written);
    assert_ne!(folder.good(&line.replace("seed 3", "seed 4")), written);
    // Every pair of characters is one of the text: it reads like it.
    let pairs: std::collections::HashSet<(char, char)> = text.chars().zip(text.chars().skip(1)).collect();
    let known = written.trim_end().chars().zip(written.trim_end().chars().skip(1)).filter(|pair| pairs.contains(pair));
    assert!(known.count() > 115, "{written}");
    let document = folder.json("generate nursery.safetensors --length 7 --temperature 0 --json");
    assert_eq!(document["text"].as_str().unwrap().chars().count(), 7);
    assert_eq!((&document["prompt"], &document["unknown"]), (&json!(""), &json!("")));
    let ran = folder.run("generate nursery.safetensors --prompt '뷁 the' --length 5");
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.contains("does not know \"뷁\"") && ran.stdout.starts_with("뷁 the"), "{ran:?}");
    assert!(folder.good(r"generate nursery.safetensors --prompt 'men.\nthe' --length 1").starts_with("men.\nthe"));

    folder.good("train nursery.txt --from nursery.safetensors --epochs 1 -o further.safetensors");
    assert!(folder.good("inspect nursery.safetensors").contains("predicts the next character"));
    assert!(folder.bad("predict nursery.safetensors nursery.txt", 2).contains("adaline generate"));
    folder.bad("explain nursery.safetensors nursery.txt", 3);
    assert!(folder.bad("plot confusion nursery.safetensors nursery.txt", 2).contains("this is a model of text"));
    folder.bad("generate nursery.safetensors --temperature -1", 2);
    folder.bad("generate nursery.safetensors --length 0", 2);
    folder.write("tiny.txt", "the cat");
    assert!(folder.bad("evaluate nursery.safetensors tiny.txt", 3).contains("7 characters are too few"));
    folder.write("other.txt", "뷁뷁뷁뷁뷁뷁 the cat sat on it");
    assert!(number(&folder.json("evaluate nursery.safetensors other.txt --json")["loss"]) > 1.0);
    let told = "the model does not know 100.0 % of the characters";
    folder.write("hangul.txt", "나비야이리날아오너라".repeat(9));
    let ran = folder.run("evaluate nursery.safetensors hangul.txt");
    assert!(ran.stderr.contains(told) && ran.stdout.contains("characters 0.0000"), "{ran:?}");
    let ran = folder.run("train hangul.txt --from nursery.safetensors --epochs 1 -o strange.safetensors");
    assert!(ran.code == 0 && ran.stderr.contains(told), "{ran:?}");
    let ran = folder.run("evaluate nursery.safetensors nursery.txt");
    assert!(!ran.stderr.contains("does not know"), "{ran:?}");
}

#[test]
fn hangul_and_other_encodings_are_texts() {
    let folder = Folder::new();
    let text = "나비야 나비야 이리 날아오너라\r\n".repeat(30);
    folder.write("utf8.txt", &text);
    let utf16 = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    folder.write("utf16.txt", utf16);
    let net = bigram(&text.replace('\r', ""));
    let train = |name: &str| {
        folder.good(&format!("train --text {name}.txt --window 10 {net} --epochs 3 --seed 2"));
        folder.json(&format!("inspect {name}.safetensors --json"))["weights_sha256"].clone()
    };
    assert_eq!(train("utf8"), train("utf16"));
    let written = folder.good("generate utf8.safetensors --prompt 나비 --length 30 --seed 1");
    assert!(written.starts_with("나비") && written.chars().count() == 33, "{written}");
    folder.write("latin1.txt", b"na\xefve\n");
    assert!(folder.bad("train --text latin1.txt", 3).contains("latin1.txt:1: the bytes are no UTF-8 here"));
    folder.write("empty.txt", "");
    assert!(folder.bad("train --text empty.txt", 3).contains("the file is empty"));
    assert!(folder.bad("train --text utf9.txt", 1).contains("did you mean \"utf8.txt\"?"));
    folder.bad("train iris --text utf8.txt", 2);
    folder.bad("train --text utf8.txt --target x", 2);
    folder.bad(&format!("train --text utf8.txt --window 10 {} -o x.safetensors", bigram("가")), 2);
    folder.good("train iris --epochs 2");
    assert!(folder.bad("generate iris.safetensors --prompt a", 3).contains("the model is none of text"));
    // A text from a pipe.
    let piped = words(&format!("train --text - --window 10 {net} --epochs 3 --seed 2 -o piped.safetensors"));
    assert_eq!(folder.run_with(&piped, text.as_bytes()).code, 0);
}

#[test]
fn a_stopped_run_over_a_series_or_a_text_goes_on() {
    let folder = Folder::new();
    let text = nursery();
    folder.write("nursery.txt", &text);
    for (data, flags) in [
        ("waves", "waves --window 8 --net 'flatten, dense 4 tanh, dense 1'".to_owned()),
        ("--text nursery.txt", format!("--text nursery.txt --window 20 {}", bigram(&text))),
    ] {
        folder.good(&format!("train {flags} --epochs 4 --seed 5 -o whole.safetensors --force"));
        folder.good(&format!("train {flags} --epochs 3 --seed 5 --checkpoint-every 2 -o part.safetensors --force"));
        folder
            .good(&format!("train {data} --resume part.checkpoint.safetensors --epochs 4 -o rest.safetensors --force"));
        let hash = |name: &str| folder.json(&format!("inspect {name}.safetensors --json"))["weights_sha256"].clone();
        assert_eq!(hash("whole"), hash("rest"));
    }
}

#[test]
fn a_file_of_flags_may_name_a_text() {
    let folder = Folder::new();
    folder.write("nursery.txt", nursery());
    folder.write("run.json", format!(r#"{{"text": "nursery.txt", "epochs": 1, "net": "{}"}}"#, bigram_net(&nursery())));
    let report = folder.json("train --config run.json --json");
    assert_eq!(report["epochs"], json!(1));
    assert!(report["test"]["bigram_entropy"].is_f64(), "{report}");
    let wrong = folder.bad("train iris --config run.json -o x.safetensors", 2);
    assert!(wrong.contains("--text"), "{wrong}");
}

#[test]
fn a_relative_series_is_inspected_as_one() {
    let folder = Folder::new();
    let row = |t: u32| format!("{},{}\n", t * t, -i64::from(t % 5));
    folder.write("rise.csv", format!("y,x\n{}", (0..60).map(row).collect::<String>()));
    folder.good("train rise.csv --target y --features y,x --window 4 --net 'flatten, dense 1' --epochs 1");
    let inspected = folder.good("inspect rise.safetensors");
    assert!(inspected.contains("(x - the window's last value) / "), "{inspected}");
    assert!(inspected.contains("a window of 4 rows, measured from the window's last value"), "{inspected}");
    assert!(inspected.contains("(x + 2) / ") || inspected.contains("(x + 1."), "{inspected}");
    assert!(!inspected.contains("- -"), "{inspected}");
}
