//! Mistakes on the command line: exit code 2, with the place and the mend.

use crate::support::Folder;

#[test]
fn mistakes_on_the_command_line() {
    let folder = Folder::with_model();
    let lines = [
        "trian iris",
        "train",
        "train iris --epocs 5",
        "train iris --epochs -5",
        "train iris --epochs 0",
        "train iris --epochs many",
        "train iris --lr 1e30",
        "train iris --lr -1",
        "train iris --lr nan",
        "train iris --net 'dense 8 rellu'",
        "train iris --net 'dense 8 relu'",
        "train iris --net 'dense 8 step, dense 3'",
        "train iris --net ''",
        "train iris --hidden 8,x",
        "train iris --hidden 999999999",
        "train iris --hidden 8 --net 'dense 3'",
        "train iris --activation sigmod",
        "train iris --optimizer addam",
        "train iris --loss mean_square_error",
        "train iris --loss mse",
        "train iris --schedule cosin",
        "train iris --task regresion",
        "train iris --optimizer adam --momentum 0.9",
        "train iris --optimizer adam --weight-decay 0.1",
        "train iris --warmup 3",
        "train iris --test-split 1.5",
        "train iris --validation-split -0.5",
        "train iris --target speces",
        "train iris --features petal_lenght",
        "train iris --exclude colour",
        "train iris --class-weight heavy",
        "train iris --threads 0",
        "train iris --seed -1",
        "train iris.csv",
        "train iris --resume iris.safetensors --lr 0.1",
        "gate xro",
        "gate and 0",
        "gate and 0 2",
        "gate and --weights 1",
        "gate and --weights 1,nan",
        "gate",
        "gate 0110",
        "gate 'a and b'",
        "gate --truth 011",
        "gate --truth 0210",
        "gate --expr 'a and (b or'",
        "gate --expr 'a nandd b'",
        "gate --expr 1",
        "gate --expr a --truth 01",
        "gate --expr 'a and b' 1",
        "gate --expr 'a or b or c or d or e or f or g or h or i'",
        "gate and --seed 1",
        "gate and --learn percepton",
        "gate and --learn delta --lr 0",
        "gate and 1 1 --learn delta",
        "gate and --bias 1",
        "gate and 0 1 -o row.safetensors",
        "circuit half-addr",
        "circuit nosuch",
        "circuit adder 0",
        "circuit adder x",
        "circuit adder 2 1 1",
        "circuit half-adder 0 2",
        "circuit adder 10 --all",
        "circuit -o none.safetensors",
        "circuit adder 30 -o wide.safetensors",
        "explain iris.safetensors iris --row 150",
        "explain iris.safetensors iris --lr -1",
        "explain iris.safetensors iris --format pdf",
        "plot region xor",
        "plot region and --weights 1",
        "plot neuron xor",
        "plot learning --expr 'a and b and c'",
        "activation sigmod 1",
        "activation sigmoid",
        "activation sigmoid 1e999",
        "activation sigmoid one",
        "activation relu 1 --slope 0.1",
        "data irsi",
        "data iris --rows 7",
        "data moons --rows 0",
        "plot gate not",
        "plot activation relu -o relu.jpg",
        "plot activation relu --from 3 --to -3",
        "plot boundary iris.safetensors iris",
        "completions bahs",
    ];
    let errors: Vec<String> = lines.iter().map(|line| folder.bad(line, 2)).collect();
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn a_run_that_diverges() {
    let folder = Folder::new();
    insta::assert_snapshot!(folder.bad("train iris --optimizer sgd --lr 1000 --net 'dense 64 relu, dense 3'", 1));
}

#[test]
fn mistakes_in_a_file_of_flags() {
    let folder = Folder::new();
    folder.write("unknown.json", r#"{"epochs": 5, "hiden": [3]}"#);
    folder.write("value.json", r#"{"epochs": -5}"#);
    folder.write("type.json", r#"{"epochs": {"a": 1}}"#);
    folder.write("broken.json", r#"{"epochs": 5,"#);
    folder.write("list.json", r#"[1]"#);
    let errors: Vec<String> = ["unknown", "value", "type", "broken", "list"]
        .iter()
        .map(|name| folder.bad(&format!("train iris --config {name}.json"), 3))
        .collect();
    insta::assert_snapshot!(errors.join("\n"));
    folder.bad("train iris --config nosuch.json", 1);
}
