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
