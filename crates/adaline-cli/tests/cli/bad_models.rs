//! Model files that are damaged or foreign, and models fed with other columns: exit code 3.

use crate::support::Folder;

#[test]
fn damaged_and_foreign_models() {
    let folder = Folder::with_model();
    let good = folder.read("iris.safetensors");
    folder.write("empty.safetensors", "");
    folder.write("truncated.safetensors", &good[..good.len() / 2]);
    let mut flipped = good.clone();
    let last = flipped.len() - 3;
    flipped[last] ^= 1;
    folder.write("flipped.safetensors", &flipped);
    let mut huge = good.clone();
    huge[..8].copy_from_slice(&(1u64 << 63).to_le_bytes());
    folder.write("huge.safetensors", &huge);
    folder.write("foreign.safetensors", b"\x02\0\0\0\0\0\0\0{}");
    folder.write("text.safetensors", "sepal_length,sepal_width\n1,2\n");
    let names = ["empty", "truncated", "flipped", "huge", "foreign", "text"];
    let errors: Vec<String> =
        names.iter().map(|name| folder.bad(&format!("evaluate {name}.safetensors iris"), 3)).collect();
    insta::assert_snapshot!(errors.join("\n"));
    for name in names {
        folder.bad(&format!("inspect {name}.safetensors"), 3);
        folder.bad(&format!("predict {name}.safetensors iris"), 3);
        folder.bad(&format!("train iris --from {name}.safetensors"), 3);
        folder.bad(&format!("plot history {name}.safetensors"), 3);
    }
}

#[test]
fn a_model_fed_with_other_columns() {
    let folder = Folder::with_model();
    folder.write("other.csv", "sepal_length,sepal_width,petal_lenght,petal_width,species\n1,2,3,4,setosa\n");
    folder.write("text.csv", "sepal_length,sepal_width,petal_length,petal_width\n1,2,3,wide\n");
    folder.write("class.csv", "sepal_length,sepal_width,petal_length,petal_width,species\n1,2,3,4,rose\n");
    let lines = [
        "predict iris.safetensors other.csv",
        "predict iris.safetensors text.csv",
        "evaluate iris.safetensors text.csv",
        "evaluate iris.safetensors class.csv",
        "evaluate iris.safetensors digits",
        "train digits --from iris.safetensors",
        "train iris --resume iris.safetensors",
    ];
    let errors: Vec<String> = lines.iter().map(|line| folder.bad(line, 3)).collect();
    insta::assert_snapshot!(errors.join("\n"));
}
