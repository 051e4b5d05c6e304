//! A folder of its own for each test, and the program run in it.

use assert_cmd::Command;
use std::path::PathBuf;
use tempfile::TempDir;

/// A folder that the program runs in.
pub(crate) struct Folder(TempDir);

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    /// A folder with `iris.csv` and a model `iris.safetensors` of few epochs.
    pub(crate) fn with_model() -> Self {
        let folder = Folder::new();
        folder.good("data iris -o iris.csv");
        folder.good("train iris --epochs 20 -o iris.safetensors");
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, with the folders that it lies in.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// The names of all files, hidden ones too, in order.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Every file with its content, those in folders and links too.
    pub(crate) fn content(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut content = Vec::new();
        let mut folders = vec![self.0.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let (path, kind) = entry.map(|entry| (entry.path(), entry.file_type().unwrap())).unwrap();
                if kind.is_dir() {
                    folders.push(path);
                } else if kind.is_symlink() {
                    content
                        .push((path.clone(), std::fs::read_link(path).unwrap().into_os_string().into_encoded_bytes()));
                } else {
                    content.push((path.clone(), std::fs::read(path).unwrap()));
                }
            }
        }
        content.sort();
        content
    }

    /// Runs the program with words as a shell would split them.
    pub(crate) fn run(&self, line: &str) -> Ran {
        self.run_with(&words(line), b"")
    }

    pub(crate) fn run_with(&self, words: &[String], stdin: &[u8]) -> Ran {
        let mut command = Command::cargo_bin("adaline").unwrap();
        let output = command.current_dir(self.0.path()).args(words).write_stdin(stdin).output().unwrap();
        let ran = Ran {
            code: output.status.code().expect("no signal ends the program"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains('\u{1b}'), "an escape byte in a pipe: {text:?}");
            assert!(!text.contains("panicked"), "{text}");
        }
        assert!(
            !self.files().iter().any(|name| name.ends_with(".tmp")),
            "a temporary file is left: {:?}",
            self.files()
        );
        ran
    }

    /// Runs the program, which must succeed; gives what it prints.
    pub(crate) fn good(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.code, 0, "adaline {line}\n{}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// Runs the program, which must fail with this code, say why on stderr, and leave every file as it was. Gives the
    /// command and the error.
    pub(crate) fn bad(&self, line: &str, code: i32) -> String {
        let before = self.content();
        let ran = self.run(line);
        assert_eq!(ran.code, code, "adaline {line}\n{}{}", ran.stdout, ran.stderr);
        assert_eq!(self.content(), before, "adaline {line} has touched the files");
        // What comes before the error is progress, with speeds that differ from run to run.
        let at = ran.stderr.find("error: ").unwrap_or_else(|| panic!("no error: {}", ran.stderr));
        format!("$ adaline {line}\n{}", &ran.stderr[at..])
    }

    /// Like [`Folder::good`], the JSON document that is printed.
    pub(crate) fn json(&self, line: &str) -> serde_json::Value {
        serde_json::from_str(&self.good(line)).unwrap()
    }
}

/// Splits a line at blanks; quotes keep words together.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c == ' ' => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
