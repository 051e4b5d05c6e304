//! Every help text ends with two examples, and they run.

use crate::support::Folder;

/// Every command of the program, found in the help texts themselves.
fn commands(folder: &Folder, above: &str) -> Vec<String> {
    let help = folder.good(&format!("{above} --help"));
    let mut all = vec![above.trim().to_owned()];
    let Some((_, rest)) = help.split_once("\nCommands:\n") else { return all };
    for line in rest.lines().take_while(|line| !line.is_empty()) {
        let name = line.split_whitespace().next().unwrap();
        if line.starts_with("  ") && !line.starts_with("   ") && name != "help" {
            all.extend(commands(folder, &format!("{above} {name}")));
        }
    }
    all
}

#[test]
fn the_examples_of_every_help_text_run() {
    let known = Folder::new();
    let all = commands(&known, "");
    assert!(all.len() > 14 && all.contains(&"plot confusion".to_owned()), "{all:?}");
    for command in all {
        let folder = Folder::with_model();
        folder.good("train moons --hidden 16,16 --epochs 50 --seed 1 -o moons.safetensors");
        if command == "generate" {
            folder.write("hamlet.txt", "To be, or not to be, that is the question: ".repeat(20));
            let net = "embedding 17 8, dense 17";
            folder.good(&format!("train --text hamlet.txt --window 16 --net '{net}' --epochs 2 -o hamlet.safetensors"));
        }
        let help = folder.good(&format!("{command} --help"));
        let (_, examples) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("no examples: {command}"));
        let examples: Vec<&str> = examples.trim_end().lines().collect();
        assert_eq!(examples.len(), 2, "{command}: {examples:?}");
        for example in examples {
            let line = example.trim().strip_prefix("adaline ").unwrap_or_else(|| panic!("{command}: {example}"));
            // The folder has some of the files that the examples write.
            if let Some((_, name)) = line.split_once("-o ") {
                let _ = std::fs::remove_file(folder.path(name));
                let _ = std::fs::remove_file(folder.path(&name.replace(".safetensors", ".history.svg")));
            }
            folder.good(line);
        }
    }
}

#[test]
fn what_train_says_to_run_next_runs() {
    let folder = Folder::new();
    folder.write("my data.csv", format!("width,height,kind\n{}", "1.5,2.5,a\n2.5,1.2,b\n".repeat(20)));
    for line in ["train iris --epochs 5", "train sine --epochs 5", "train 'my data.csv' --target kind --epochs 5"] {
        let report = folder.good(line);
        let (_, next) = report.split_once("\nNext:\n").unwrap();
        assert!(next.lines().count() >= 3, "{next}");
        for command in next.lines() {
            folder.good(command.trim().strip_prefix("adaline ").unwrap());
        }
    }
}
