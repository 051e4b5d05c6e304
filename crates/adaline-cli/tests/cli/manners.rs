//! Where words go, and how the program ends.

use crate::support::{Folder, words};
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

/// The program itself, for pipes that are not simply read to the end.
fn program(folder: &Folder, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adaline"));
    command.current_dir(folder.path(".")).args(words(line));
    command
}

#[test]
fn results_go_to_stdout_and_the_rest_to_stderr() {
    let folder = Folder::new();
    let ran = folder.run("train iris --epochs 300 --json");
    assert_eq!(ran.code, 0);
    serde_json::from_str::<serde_json::Value>(&ran.stdout).unwrap();
    let epochs = ran.stderr.lines().filter(|line| line.starts_with("epoch")).count();
    assert!((8..=20).contains(&epochs), "{}", ran.stderr);
    let quiet = folder.run("train iris --epochs 300 -q");
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
    assert!(quiet.stdout.contains("On the test rows:") && quiet.stdout.contains("iris-2.safetensors"));
    assert!(!quiet.stdout.contains("Next:") && !quiet.stdout.contains("adaline"), "{}", quiet.stdout);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::new();
    let mut child = program(&folder, "data digits").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    // The pipe is closed now, far from the end of the data.
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_below_stdout_is_an_error() {
    let folder = Folder::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = program(&folder, "data iris").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: standard output: cannot write: No space left on device (os error 28)\n"
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_and_the_run_goes_on_to_the_same_bits() {
    let folder = Folder::new();
    // So many epochs that it cannot end by itself.
    let line = "train moons --epochs 100000000 --patience 100000000 -o part.safetensors";
    let mut child = program(&folder, line).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    // The handler is there before the first epoch is told.
    let mut stderr = child.stderr.take().unwrap();
    let mut told = Vec::new();
    let mut buffer = [0; 512];
    // Only "epoch" at the start of a line is progress; "100000000 epochs" is not.
    while !String::from_utf8_lossy(&told).lines().any(|line| line.starts_with("epoch ")) {
        let n = stderr.read(&mut buffer).unwrap();
        assert!(n > 0);
        told.extend_from_slice(&buffer[..n]);
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    stderr.read_to_end(&mut told).unwrap();
    let told = String::from_utf8(told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{told}");
    assert!(told.contains("train moons --resume part.checkpoint.safetensors -o part.safetensors --force"), "{told}");
    assert!(folder.exists("part.safetensors") && folder.exists("part.checkpoint.safetensors"));
    // How far it came differs from run to run; that the two ways to the same epoch end at the same bits does not.
    let document = folder.json("inspect part.checkpoint.safetensors --json");
    let epochs = document["training"]["history"].as_array().unwrap().len() + 30;
    let rest =
        format!("train moons --resume part.checkpoint.safetensors --epochs {epochs} -o part.safetensors --force");
    let whole = format!("train moons --epochs {epochs} --patience 100000000 -o whole.safetensors");
    let hash = |line: String| folder.json(&format!("{line} --json -q"))["weights_sha256"].clone();
    assert_eq!(hash(rest), hash(whole));
    // On a busy machine it may have come no further than one epoch; then one is not too few.
    if epochs > 31 {
        let fewer = folder.bad("train moons --resume part.checkpoint.safetensors --epochs 1 -o other.safetensors", 2);
        assert!(fewer.contains("already; give more"), "{fewer}");
    }
    let wrong = folder.bad("train iris --resume part.checkpoint.safetensors -o other.safetensors", 3);
    assert!(wrong.contains("there is no column \"class\""), "{wrong}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_names_the_flag_of_a_text() {
    let folder = Folder::new();
    folder.write("song.txt", "la le li lo lu\n".repeat(20));
    let line =
        "train --text song.txt --window 8 --net 'embedding 9 4, dense 9' --epochs 100000000 --patience 100000000";
    let mut child = program(&folder, line).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut told = String::new();
    while !told.lines().any(|line| line.starts_with("epoch ")) {
        assert!(stderr.read_line(&mut told).unwrap() > 0, "{told}");
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    stderr.read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{told}");
    assert!(told.contains("adaline train --text song.txt --resume song.checkpoint.safetensors -o song.saf"), "{told}");
}

#[test]
fn both_spellings_and_negative_numbers() {
    let folder = Folder::new();
    folder.good("train iris --learning_rate 0.01 --batch_size=16 --epochs 2 --no_shuffle");
    assert!(folder.good("activation sigmoid 3 -3").contains("0.04742587317756678"));
    folder.good("gate nand --weights -0.6,-0.6 --bias 0.7");
    folder.good("plot activation relu --from -2 --to -1");
}
