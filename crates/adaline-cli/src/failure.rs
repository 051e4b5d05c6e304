//! What went wrong, as a message and an exit code.

use adaline::Error;
use std::io::Write;
use std::process::ExitCode;

/// The exit codes of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    /// The machine or the run: input and output, a run that diverged.
    Machine = 1,
    /// The command line, `--net` included.
    Usage = 2,
    /// What is in a file.
    File = 3,
    /// A check that was asked for failed.
    Check = 4,
    /// Ctrl-C.
    Interrupted = 130,
}

/// Why the program ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error to tell.
    Error { code: Code, message: String },
    /// The command line could not be read, or asked for help: clap prints it.
    CommandLine(clap::Error),
    /// Nobody reads the output any more. Not an error: `adaline data digits | head -1`.
    ReaderGone,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Failure::Error { code, message: message.into() }
    }

    /// A mistake on the command line.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Failure::new(Code::Usage, message)
    }

    /// Tells what happened on stderr.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Failure::ReaderGone => ExitCode::SUCCESS,
            Failure::CommandLine(error) => {
                // Help and version come this way, too: on stdout, with exit code 0. If nobody reads them, so be it.
                let _ = error.print();
                ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Code::Usage as u8))
            }
            Failure::Error { code, message } => {
                let mut stderr = anstream::stderr().lock();
                let word = if code == Code::Interrupted { "interrupted" } else { "error" };
                let _ = writeln!(stderr, "\u{1b}[1m\u{1b}[31m{word}:\u{1b}[0m {message}");
                ExitCode::from(code as u8)
            }
        }
    }
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        Failure::CommandLine(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Io { .. } | Error::Diverged { .. } => Code::Machine,
            Error::Data { .. } | Error::ModelFile { .. } => Code::File,
            _ => Code::Usage,
        };
        let message = match &error {
            // The library names a setting as the flag is spelled.
            Error::Setting { setting, message } if crate::command::is_flag(setting) => {
                format!("--{setting}: {message}")
            }
            other => other.to_string(),
        };
        Failure::new(code, message)
    }
}
