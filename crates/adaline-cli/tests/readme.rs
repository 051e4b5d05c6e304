//! What the papers in the root of the repository say is true: their commands run, their links lead somewhere, and their
//! program is the tested one. Not part of the package, since the papers are not in it either.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The commands in the tables of a page: code that starts with the program's name, in a line that starts with `|`.
fn commands(page: &str) -> Vec<String> {
    let rows = page.lines().filter(|line| line.starts_with('|'));
    let code = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    code.filter(|code| code.starts_with("adaline ")).map(str::to_owned).collect()
}

/// Words as a shell takes them; the pages need no more than double quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in command.split('"').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn every_command_of_the_readme_runs() {
    let commands = commands(&read("README.md"));
    assert!(commands.len() >= 15, "{commands:?}");
    let folder = tempfile::tempdir().unwrap();
    for command in &commands {
        let output = Command::new(env!("CARGO_BIN_EXE_adaline"))
            .args(&words(command)[1..])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {}\n{errors}", output.status);
    }
}

#[test]
fn both_readmes_show_the_same_commands_and_the_tested_program() {
    let (english, korean) = (read("README.md"), read("README.ko.md"));
    assert_eq!(commands(&english), commands(&korean));
    let program = read("crates/adaline/tests/readme/first_program.rs");
    for page in [english, korean] {
        assert!(page.contains(&format!("```rust\n{program}```")));
    }
}

#[test]
fn every_link_leads_to_a_file() {
    let pages = [
        "README.md",
        "README.ko.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "docs/README.md",
        "docs/defaults.md",
        "docs/model-format.md",
    ];
    for page in pages {
        let text = read(page);
        let folder = root().join(page).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            if file.starts_with("https:") {
                continue;
            }
            assert!(folder.join(file).exists(), "{page}: the link {target} leads nowhere");
            if file.is_empty() {
                let heading = |line: &str| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
                let found = text.lines().filter(|line| line.starts_with('#')).any(|line| heading(line) == anchor);
                assert!(found, "{page}: there is no heading for {target}");
            }
        }
    }
}
