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

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_half_way_leaves_nothing() {
    let folder = Folder::with_model();
    let before = folder.content();
    for line in [
        "train digits --epochs 1 -o m.safetensors",
        "train digits --epochs 1 -o iris.safetensors --force",
        "data digits -o digits.csv",
        "predict iris.safetensors iris.csv --proba -o out.csv",
        "plot gate xor -o xor.png",
        "gate xor -o xor.safetensors",
    ] {
        // No file may grow beyond this; the write that tries fails as on a full disk.
        let limit = if line.starts_with("gate") { 0 } else { 4 };
        let script = format!("trap '' XFSZ; ulimit -f {limit}; exec {} {line}", env!("CARGO_BIN_EXE_adaline"));
        let output =
            std::process::Command::new("sh").arg("-c").arg(script).current_dir(folder.path(".")).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{line}\n{stderr}");
        assert!(stderr.contains(": cannot write: File too large"), "{line}\n{stderr}");
        assert_eq!(folder.content(), before, "{line}");
    }
}
