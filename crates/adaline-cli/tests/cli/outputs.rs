//! What is written where, and what is never written over.

use crate::support::Folder;

#[test]
fn the_first_command_works_a_second_time() {
    let folder = Folder::new();
    folder.good("train iris --epochs 2");
    folder.good("train iris --epochs 2");
    assert_eq!(folder.files(), ["iris-2.history.svg", "iris-2.safetensors", "iris.history.svg", "iris.safetensors"]);
    // Both names move together, even when only one is taken.
    std::fs::remove_file(folder.path("iris.safetensors")).unwrap();
    assert!(folder.good("train iris --epochs 2").contains("iris-3.safetensors"));
}

#[test]
fn an_existing_output_is_refused_before_training() {
    let folder = Folder::new();
    folder.write("there.safetensors", "mine");
    folder.write("also.history.svg", "mine");
    let errors = [
        // More epochs than anybody waits for: the refusal comes before the first.
        folder.bad("train iris --epochs 999999999 -o there.safetensors", 2),
        folder.bad("train iris --epochs 999999999 -o also.safetensors", 2),
    ];
    insta::assert_snapshot!(errors.join("\n"));
    folder.good("train iris --epochs 1 -o there.safetensors --force");
    assert_ne!(folder.read("there.safetensors"), b"mine");
    folder.good("train iris --epochs 1 -o other.safetensors");
}

#[cfg(unix)]
#[test]
fn a_folder_that_takes_no_files_is_found_out_before_training() {
    let folder = Folder::new();
    folder.write("file", "");
    let errors = [
        folder.bad("train iris --epochs 999999999 -o no/such/folder/m.safetensors", 1),
        folder.bad("train iris --epochs 999999999 -o file/m.safetensors", 1),
        folder.bad("data iris -o no/iris.csv", 1),
    ];
    insta::assert_snapshot!(errors.join("\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_is_not_written_over() {
    let folder = Folder::new();
    folder.bad("train iris --epochs 999999999 -o /dev/full", 2);
    folder.bad("train iris --epochs 999999999 -o /dev/full --force", 2);
}
