//! Why the program ends early, and its exit code: those of `adaline`.

/// What went wrong.
#[derive(Debug, PartialEq)]
pub(crate) enum Failure {
    /// Something failed along the way: exit code 1.
    Run(String),
    /// The command line: exit code 2.
    Usage(String),
    /// A goal was missed: exit code 4.
    Missed,
}

impl Failure {
    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Run(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Missed => 4,
        }
    }

    pub(crate) fn message(&self) -> &str {
        match self {
            Failure::Run(message) | Failure::Usage(message) => message,
            Failure::Missed => "a goal was missed",
        }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure::Run(message)
    }
}
