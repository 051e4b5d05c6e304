//! The gate bench: functions, proofs, learning, circuits, the working of a row.

use crate::support::Folder;
use serde_json::{Value, json};

/// Whether the rows of a certificate are in the table, are as many, and add up to the same.
fn proves(document: &Value) -> bool {
    let certificate = &document["certificate"];
    let sum = |side: &Value| {
        let rows = side.as_array().unwrap();
        let mut sum = vec![0; rows[0].as_array().unwrap().len()];
        for row in rows {
            for (total, x) in sum.iter_mut().zip(row.as_array().unwrap()) {
                *total += x.as_u64().unwrap();
            }
        }
        (rows.len(), sum)
    };
    let gives = |side: &Value, output: u8| {
        side.as_array()
            .unwrap()
            .iter()
            .all(|row| document["table"].as_array().unwrap().contains(&json!({"input": row, "output": output})))
    };
    gives(&certificate["ones"], 1)
        && gives(&certificate["zeros"], 0)
        && sum(&certificate["ones"]) == sum(&certificate["zeros"])
        && json!(sum(&certificate["ones"]).1) == certificate["sum"]
}

/// What the neurons of a document give in a row.
fn output(document: &Value, row: &Value) -> f64 {
    let mut values: Vec<f64> = row.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    for layer in document["layers"].as_array().unwrap() {
        let neuron = |neuron: &Value| {
            let weights = neuron["weights"].as_array().unwrap().iter().map(|w| w.as_f64().unwrap());
            let sum: f64 = weights.zip(&values).map(|(w, x)| w * x).sum::<f64>() + neuron["bias"].as_f64().unwrap();
            f64::from(u8::from(sum > 0.0))
        };
        values = layer["neurons"].as_array().unwrap().iter().map(neuron).collect();
    }
    values[0]
}

#[test]
fn functions_have_neurons_or_a_proof() {
    let folder = Folder::new();
    let mut separable = 0;
    for number in 0..16 {
        let document = folder.json(&format!("gate --truth {number:04b} --json"));
        for row in document["table"].as_array().unwrap() {
            assert_eq!(output(&document, &row["input"]), row["output"].as_f64().unwrap(), "{document}");
        }
        if document["separable"] == json!(true) {
            separable += 1;
            assert_eq!((&document["certificate"], &document["smallest"]["proved"]), (&json!(null), &json!(true)));
        } else {
            assert!(proves(&document), "{document}");
            assert_eq!(document["fewest_hidden_neurons_proved"], json!(true));
        }
    }
    assert_eq!(separable, 14);
    let document = folder.json("gate --expr '(a and b) or (c and d)' --json");
    assert!(proves(&document) && document["input_names"] == json!(["a", "b", "c", "d"]));
    insta::assert_snapshot!(folder.good("gate --truth 0110"));
    insta::assert_snapshot!(folder.good("gate --expr '(a and not b) or c'"));
    insta::assert_snapshot!(folder.good("gate --expr '(a and not b) or c' 0 1 1"));
}

#[test]
fn a_neuron_is_checked_against_any_function() {
    let folder = Folder::new();
    let good = folder.good("gate --expr 'a or b' --weights 1,1 --bias -0.5");
    assert!(good.contains("The least margin is 0.354; no line has a larger one."), "{good}");
    let or = folder.good("gate or");
    assert!(
        or.contains("The least margin is 0.177; the largest that any line has is 0.354, with step(2·x1 + 2·x2 - 1)."),
        "{or}"
    );
    let document = folder.json("gate and --weights 0.4,0.4 --bias -0.6 --json");
    assert_eq!((&document["separable"], &document["wrong"]), (&json!(true), &json!(null)));
    assert_eq!(document["largest_margin"]["neuron"]["weights"], json!([2.0, 2.0]));
    let wrong = folder.bad("gate xor --weights 1,1 --bias -1", 4);
    assert!(wrong.ends_with("error: this neuron is not xor: row 0 1: the sum 0 gives 0, not 1\n"), "{wrong}");
    // Sixteen inputs can be checked.
    let names: Vec<String> = (0..16).map(|i| format!("i{i}")).collect();
    let (expression, weights) = (names.join(" or "), ["1"; 16].join(","));
    folder.good(&format!("gate --expr '{expression}' --weights {weights}"));
    let document = folder.json(&format!("gate --expr '{expression}' --weights {weights} --json"));
    assert_eq!(document["table"].as_array().unwrap().len(), 1 << 16);
    folder.bad(&format!("gate --expr '{expression}' --weights {weights} --bias -1"), 4);
}

#[test]
fn a_function_is_a_model() {
    let folder = Folder::new();
    folder.good("gate --expr 'rain and not umbrella' -o wet.safetensors");
    folder.write("days.csv", "umbrella,rain\n0,1\n1,1\n0,0\n");
    assert_eq!(folder.good("predict wet.safetensors days.csv"), "prediction\n1\n0\n0\n");
    folder.good("gate --truth 0110 -o xor.safetensors");
    folder.write("rows.csv", "x1,x2\n0,0\n0,1\n1,0\n1,1\n");
    assert_eq!(folder.good("predict xor.safetensors rows.csv"), "prediction\n0\n1\n1\n0\n");
}

#[test]
fn learning_step_by_step() {
    let folder = Folder::new();
    let text = folder.good("gate and --learn perceptron --seed 1");
    assert!(text.contains("converged: no error in epoch 13\nand = step(0.2·x1 + 0.3·x2 - 0.45)\n"), "{text}");
    assert_eq!(text.lines().filter(|line| line.trim_start().starts_with("13 ")).count(), 4);
    let text = folder.good("gate xor --learn perceptron --seed 1");
    assert!(text.contains("goes round for ever"), "{text}");
    let document = folder.json("gate xor --learn perceptron --seed 1 --json");
    assert_eq!((&document["cycles"], &document["end"]["ended"]), (&json!(true), &json!("cycles")));
    // The rule, recomputed.
    let document = folder.json("gate or --learn delta --seed 3 --lr 0.2 --epochs 5 --json");
    let numbers = |value: &Value| value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<f64>>();
    let mut weights = numbers(&document["start"]["weights"]);
    let mut bias = document["start"]["bias"].as_f64().unwrap();
    let steps = document["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 20);
    for step in steps {
        let x = numbers(&step["row"]["input"]);
        let target = 2.0 * step["row"]["output"].as_f64().unwrap() - 1.0;
        let error = target - (weights[0] * x[0] + weights[1] * x[1] + bias);
        weights = weights.iter().zip(&x).map(|(w, x)| w + 0.2 * error * x).collect();
        bias += 0.2 * error;
        for (one, other) in weights.iter().zip(numbers(&step["neuron"]["weights"])) {
            assert!((one - other).abs() < 1e-9);
        }
        assert!((bias - step["neuron"]["bias"].as_f64().unwrap()).abs() < 1e-9);
    }
    folder.good("gate or --learn perceptron -o or.safetensors");
    assert!(folder.good("inspect or.safetensors").contains("dense 1 step"));
}

#[test]
fn circuits() {
    let folder = Folder::new();
    insta::assert_snapshot!(folder.good("circuit half-adder"));
    assert!(folder.good("circuit").contains("majority"));
    let document = folder.json("circuit adder 3 --json");
    let number = |bits: &Value| bits.as_array().unwrap().iter().fold(0, |n, bit| 2 * n + bit.as_u64().unwrap());
    for row in document["table"].as_array().unwrap() {
        let ab = number(&row["input"]);
        assert_eq!(number(&row["output"]), ab / 8 + ab % 8, "{row}");
    }
    assert_eq!(document["table"].as_array().unwrap().len(), 64);
    let sum = folder.good("circuit adder 4 0101 0011");
    assert!(sum.ends_with("carry = 0  s3 = 1  s2 = 0  s1 = 0  s0 = 0\n5 + 3 = 8\n"), "{sum}");
    assert_eq!(folder.good("circuit adder-4 0 1 0 1 0 0 1 1"), sum);
    folder.good("circuit adder 3 -o add.safetensors");
    folder.write("sums.csv", "a2,a1,a0,b2,b1,b0\n1,1,1,1,1,1\n1,0,1,0,1,1\n");
    assert_eq!(folder.good("predict add.safetensors sums.csv"), "prediction\n14\n8\n");
    folder.write("my.circuit", "inputs a b\noutputs c\nc = a and not b\n");
    assert!(folder.good("circuit my.circuit 1 0").contains("c = 1"));
    folder.write("broken.circuit", "inputs a b\noutputs c\n\nc = nad a b\n");
    let error = folder.bad("circuit broken.circuit", 3);
    assert!(error.contains("broken.circuit:4: unknown gate \"nad\"; did you mean \"and\"?"), "{error}");
    folder.write("bytes.circuit", b"\xff\xfe\x00");
    folder.bad("circuit bytes.circuit", 3);
    folder.bad("circuit nosuch.circuit", 1);
}

#[test]
fn the_working_of_a_row_adds_up() {
    let folder = Folder::with_model();
    let document = folder.json("explain iris.safetensors iris.csv --row 3 --lr 0.5 --json");
    let mut terms = 0;
    for unit in document["layers"].as_array().unwrap().iter().flat_map(|layer| layer["units"].as_array().unwrap()) {
        let products = unit["terms"].as_array().unwrap().iter().map(|term| {
            terms += 1;
            term["input"].as_f64().unwrap() * term["weight"].as_f64().unwrap()
        });
        let sum = products.sum::<f64>() + unit["bias"].as_f64().unwrap();
        assert!((sum - unit["sum"].as_f64().unwrap()).abs() < 1e-9, "{unit}");
    }
    assert!(terms > 100, "{terms}");
    for tensor in document["update"]["tensors"].as_array().unwrap() {
        for parameter in tensor["parameters"].as_array().unwrap() {
            let number = |name: &str| parameter[name].as_f64().unwrap();
            assert!((number("before") - 0.5 * number("gradient") - number("after")).abs() < 1e-9, "{parameter}");
        }
    }
    assert_eq!(document["update"]["optimizer"], json!("sgd"));
    let short = folder.run("explain iris.safetensors iris.csv --row 3");
    assert!(short.stdout.contains("more units") && short.stderr.contains("--all shows every number"));
    let all = folder.run("explain iris.safetensors iris.csv --row 3 --all");
    assert!(!all.stdout.contains('…') && all.stderr.is_empty());
    let markdown = folder.good("explain iris.safetensors iris.csv --format markdown --optimizer adam");
    assert!(markdown.contains("$$ x_{1}") && markdown.contains("\\frac{\\partial L}"), "{markdown}");
    let same = folder.good("explain iris.safetensors iris.csv --row 3 --lr 0.5 --format json");
    assert_eq!(serde_json::from_str::<Value>(&same).unwrap(), document);
    folder.good("explain iris.safetensors iris.csv -o working.md --format markdown");
    folder.bad("explain iris.safetensors iris.csv -o working.md", 2);
    folder.bad("explain iris.safetensors xor", 3);
}

#[test]
fn a_row_may_be_written_together() {
    let folder = Folder::new();
    assert_eq!(folder.good("gate and 01"), folder.good("gate and 0 1"));
    let wrong = folder.bad("gate and 02", 2);
    assert!(wrong.ends_with("error: \"02\": inputs are written with 0 and 1\n"), "{wrong}");
    let wrong = folder.bad("gate and 011", 2);
    assert!(wrong.contains("has 2 inputs (x1 x2), and 3 were given"), "{wrong}");
}

#[test]
fn a_long_name_does_not_push_the_answer_out_of_sight() {
    let folder = Folder::new();
    let expression = vec!["비 or 눈"; 400].join(" or ");
    let text = folder.good(&format!("gate --expr '{expression}'"));
    assert!(text.lines().next().unwrap().ends_with("… = step(1·비 + 1·눈)"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() < 120), "{text}");
    let document = folder.json(&format!("gate --expr '{expression}' --json"));
    assert_eq!(document["name"], json!(expression));
}

#[test]
fn zero_is_zero() {
    let folder = Folder::new();
    for command in ["gate --truth 0001011101111111 --json", "gate or --weights 1,1 --json"] {
        let text = folder.good(command);
        assert!(!text.contains("-0.0,") && !text.contains("-0.0}"), "{text}");
    }
    let text = folder.good("gate --expr 'a and not b'");
    assert!(text.contains("The least margin is 0.000; "), "{text}");
    assert!(folder.good("activation softmax 1 2 3").contains("sum                    1\n"));
}

/// In titles gates are written as in textbooks, and inputs with names of their own keep them.
#[test]
fn pictures_name_what_they_show() {
    let folder = Folder::new();
    assert!(folder.good("plot gate nand").starts_with("Gate NAND\n"));
    assert!(folder.good("plot region and").starts_with("Weights of AND\n"));
    assert!(folder.good("plot learning or").starts_with("A neuron learns OR\n"));
    assert!(folder.good("plot neuron and 11").contains("AND = 1"));
    let text = folder.good("plot gate --expr 'p and not q'");
    assert!(text.starts_with("Function p and not q\n") && text.contains("p − q − 0.5 = 0"), "{text}");
}
