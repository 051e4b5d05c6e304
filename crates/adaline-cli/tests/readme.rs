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

/// The commands of the plain blocks run, for one epoch, and the networks that the page says are those that are taken.
#[test]
fn the_page_on_choosing_names_the_networks_that_are_taken() {
    let page = read("docs/choosing.md");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("your.txt"), "The quick brown fox jumps over the lazy dog. ".repeat(40)).unwrap();
    let commands: Vec<&str> = page.lines().filter(|line| line.starts_with("adaline ")).collect();
    assert!(commands.len() >= 8, "{commands:?}");
    for command in commands {
        let trains = command.starts_with("adaline train");
        let output = Command::new(env!("CARGO_BIN_EXE_adaline"))
            .args(&words(command)[1..])
            .args(if trains { &["--epochs", "1"][..] } else { &[] })
            .current_dir(folder.path())
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{command}: {}\n{told}", output.status);
        // The network of a text depends on its characters.
        if let Some(network) = told.lines().find(|line| line.starts_with("network ") && !line.contains("embedding")) {
            assert!(page.lines().any(|line| line == network), "{command}: {network}");
        }
    }
}

/// The commands of a page's console blocks, each with what the page says it prints.
fn consoles(page: &str) -> Vec<(String, String)> {
    let blocks = page.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let commands = blocks.flat_map(|block| block.split("$ adaline ").skip(1));
    commands
        .filter_map(|part| part.split_once('\n'))
        .map(|(command, printed)| (format!("adaline {command}"), printed.trim_end().to_owned()))
        .collect()
}

/// With `ADALINE_UPDATE_PAGES` set, the page gets what the program prints instead.
#[test]
fn the_page_on_gates_shows_what_the_program_prints() {
    let mut page = read("docs/gates.md");
    let consoles = consoles(&page);
    assert!(consoles.len() >= 9, "{consoles:?}");
    let folder = tempfile::tempdir().unwrap();
    let run = |command: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_adaline"))
            .args(&words(command)[1..])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        // A failed check is shown with its error; what succeeds, without its notes.
        let shown = if output.status.success() { String::new() } else { error };
        format!("{}{shown}", String::from_utf8(output.stdout).unwrap())
    };
    // What is printed below needs the model that a plain block trains; what training prints has its time in it.
    for command in page.lines().filter(|line| line.starts_with("adaline train ")) {
        assert!(!run(command).contains("error: "), "{command}");
    }
    let update = std::env::var_os("ADALINE_UPDATE_PAGES").is_some();
    for (command, shown) in consoles {
        let printed = run(&command);
        if update {
            let old = format!("$ {command}\n{shown}");
            let blank = if shown.is_empty() { "\n\n" } else { "" };
            page = page.replace(&old, &format!("$ {command}\n{}{blank}", printed.trim_end()));
        } else {
            assert_eq!(printed.trim_end(), shown, "{command}");
        }
    }
    if update {
        let parts: Vec<&str> = page.split("```console\n").collect();
        let ends = |part: &&str| match part.split_once("```") {
            Some((block, rest)) => format!("{}\n```{rest}", block.trim_end()),
            None => (*part).to_owned(),
        };
        let blocks: Vec<String> = parts.iter().skip(1).map(ends).collect();
        page = [vec![parts[0].to_owned()], blocks].concat().join("```console\n");
        std::fs::write(root().join("docs/gates.md"), &page).unwrap();
    }
    // The other commands are in plain blocks; most draw the page's pictures.
    let plain = page.lines().filter(|line| line.starts_with("adaline ") && !line.starts_with("adaline train "));
    let plain: Vec<&str> = plain.collect();
    assert!(plain.len() >= 7, "{plain:?}");
    for command in plain {
        let printed = run(command);
        assert!(!printed.contains("error: "), "{command}: {printed}");
        let Some(file) = words(command).pop().filter(|file| file.ends_with(".svg")) else { continue };
        let drawn = std::fs::read_to_string(folder.path().join(&file)).unwrap();
        assert!(drawn == read(&format!("docs/images/{file}")), "docs/images/{file}: run scripts/pictures");
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
        "docs/gates.md",
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
                // As GitHub makes anchors: punctuation is left out.
                let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
                let heading = |line: &str| {
                    let words = line.trim_start_matches('#').trim().to_lowercase();
                    words.chars().filter(kept).collect::<String>().replace(' ', "-")
                };
                let found = text.lines().filter(|line| line.starts_with('#')).any(|line| heading(line) == anchor);
                assert!(found, "{page}: there is no heading for {target}");
            }
        }
    }
}
