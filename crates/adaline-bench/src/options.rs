//! The command line: that of the peers' programs, and what the other commands need.

use crate::failure::Failure;
use adaline::InstructionSet;
use std::path::PathBuf;
use std::thread;

/// What each command takes: a workload, some kernels, and how cost grows.
const WORKLOAD: &[&str] = &[
    "--workload",
    "--threads",
    "--repeats",
    "--block",
    "--set",
    "--serve",
    "--steps",
    "--peer",
    "--models",
    "--variant",
];
pub(crate) const KERNELS: &[&str] = &["--only", "--threads", "--repeats", "--block", "--set"];
pub(crate) const SCALING: &[&str] = &["--to", "--out", "--threads", "--repeats", "--block", "--set"];

/// Where the widths of `scaling` begin.
pub(crate) const SMALLEST: usize = 32;

/// What is measured, and how.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub workload: String,
    pub threads: Option<usize>,
    /// Timed blocks.
    pub repeats: usize,
    /// Seconds a block.
    pub block: f64,
    pub set: InstructionSet,
    /// One block for every line on standard input, instead of `repeats` of them.
    pub serve: bool,
    /// Exactly so many steps and no timing: what a profiler or a counter of instructions wants.
    pub steps: Option<usize>,
    /// The largest width and batch of `scaling`.
    pub to: usize,
    /// Where `scaling` leaves its lines and charts.
    pub out: Option<PathBuf>,
    /// What of `kernels` and `denormals`: names that contain this.
    pub only: String,
}

impl Options {
    /// Of the flags that a command takes.
    pub(crate) fn parse(arguments: &[String], known: &[&str]) -> Result<Options, Failure> {
        let mut options = Options {
            workload: String::new(),
            threads: None,
            repeats: 7,
            block: 0.4,
            set: InstructionSet::best(),
            serve: false,
            steps: None,
            to: 4096,
            out: None,
            only: String::new(),
        };
        let mut arguments = arguments.iter();
        while let Some(flag) = arguments.next() {
            if !known.contains(&flag.as_str()) {
                return Err(Failure::Usage(format!("unknown argument {flag}; here there are {}", known.join(", "))));
            }
            let mut value = || arguments.next().ok_or_else(|| Failure::Usage(format!("{flag} needs a value")));
            match flag.as_str() {
                "--workload" => options.workload.clone_from(value()?),
                "--threads" => options.threads = Some(threads(value()?)?),
                "--repeats" => options.repeats = count(flag, value()?, 1, usize::MAX)?,
                "--block" => options.block = block(value()?)?,
                "--set" => options.set = instruction_set(value()?)?,
                "--serve" => options.serve = true,
                "--steps" => options.steps = Some(count(flag, value()?, 1, usize::MAX)?),
                "--to" => options.to = count(flag, value()?, SMALLEST, usize::MAX)?,
                "--out" => options.out = Some(PathBuf::from(value()?)),
                "--only" => options.only.clone_from(value()?),
                // What the peers need to know and this program does not.
                _ => _ = value()?,
            }
        }
        Ok(options)
    }

    /// The same where one workload is measured.
    pub(crate) fn parse_workload(arguments: &[String]) -> Result<Options, Failure> {
        let options = Options::parse(arguments, WORKLOAD)?;
        if options.workload.is_empty() {
            return Err(Failure::Usage("--workload says what to measure; --help has the other commands".to_owned()));
        }
        Ok(options)
    }

    /// Threads, where nobody said how many: one.
    pub(crate) fn threads(&self) -> usize {
        self.threads.unwrap_or(1)
    }
}

/// The name that `--set` takes.
pub(crate) fn set_name(set: InstructionSet) -> &'static str {
    match set {
        InstructionSet::Avx512 => "avx512",
        InstructionSet::Avx2 => "avx2",
        _ => "portable",
    }
}

fn instruction_set(name: &str) -> Result<InstructionSet, Failure> {
    let available = InstructionSet::available();
    available.iter().copied().find(|&set| set_name(set) == name).ok_or_else(|| {
        let names: Vec<&str> = available.into_iter().map(set_name).collect();
        Failure::Usage(format!("--set {name} does not work here; this machine has {}", names.join(", ")))
    })
}

/// A whole number between two bounds.
pub(crate) fn count(flag: &str, text: &str, least: usize, most: usize) -> Result<usize, Failure> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| {
        let most = if most < usize::MAX { format!(" to {most} here") } else { String::new() };
        Failure::Usage(format!("{flag} takes a whole number from {least}{most}, not {text}"))
    })
}

/// As many threads as the library starts at most.
pub(crate) fn threads(text: &str) -> Result<usize, Failure> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    count("--threads", text, 1, (4 * cores).max(16))
}

fn block(text: &str) -> Result<f64, Failure> {
    let seconds = text.parse().ok().filter(|&seconds| seconds > 0.0 && seconds < 3600.0);
    seconds.ok_or_else(|| Failure::Usage(format!("--block takes seconds, above 0 and below 3600, not {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    fn parse(line: &str) -> Result<Options, Failure> {
        Options::parse_workload(&words(line))
    }

    #[test]
    fn the_peers_flags_are_understood() {
        let options =
            parse("--workload W3 --peer adaline --threads 2 --models somewhere --block 0.1 --set portable --serve")
                .unwrap();
        assert_eq!((options.workload.as_str(), options.threads(), options.serve), ("W3", 2, true));
        assert_eq!((options.block, options.set, options.steps), (0.1, InstructionSet::Portable, None));
        assert_eq!(parse("--workload W1 --steps 500").unwrap().steps, Some(500));
    }

    #[test]
    fn mistakes_are_told() {
        let lines = ["", "--workload", "--threads 0", "--threads 99999", "--set mmx", "--steps few", "--steps 0"];
        let more =
            ["--block 0", "--block nan", "--block 1e300", "--repeats 0", "--repeats 1.5", "--only W3", "--to 64"];
        for line in lines.into_iter().chain(more) {
            let told = parse(&format!("--workload W3 {line}")).err().or(parse(line).err());
            assert!(told.is_some_and(|failure| failure.code() == 2), "{line}");
        }
        for line in ["--to 31", "--steps 3", "--only relu"] {
            assert!(Options::parse(&words(line), SCALING).is_err(), "{line}");
        }
        assert_eq!(Options::parse(&words("--to 64"), SCALING).unwrap().to, 64);
    }
}
