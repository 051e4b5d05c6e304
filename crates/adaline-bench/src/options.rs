//! The command line: that of the peers' programs, and what the other commands need.

use adaline::InstructionSet;
use std::path::PathBuf;

/// What is measured, and how.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub workload: String,
    pub threads: usize,
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
    pub(crate) fn parse(arguments: &[String]) -> Result<Options, String> {
        let mut options = Options {
            workload: String::new(),
            threads: 1,
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
            let mut value = || arguments.next().ok_or_else(|| format!("{flag} needs a value"));
            match flag.as_str() {
                "--workload" => options.workload.clone_from(value()?),
                "--threads" => options.threads = number(flag, value()?)?,
                "--repeats" => options.repeats = number(flag, value()?)?,
                "--block" => options.block = number(flag, value()?)?,
                "--set" => options.set = instruction_set(value()?)?,
                "--serve" => options.serve = true,
                "--steps" => options.steps = Some(number(flag, value()?)?),
                "--to" => options.to = number(flag, value()?)?,
                "--out" => options.out = Some(PathBuf::from(value()?)),
                "--only" => options.only.clone_from(value()?),
                // What the peers need to know and this program does not.
                "--peer" | "--models" | "--variant" => {
                    value()?;
                }
                _ => return Err(format!("unknown argument {flag}")),
            }
        }
        if options.threads == 0 || options.repeats == 0 || !(options.block > 0.0 && options.block < 3600.0) {
            return Err("--threads and --repeats are at least 1, --block is in seconds".to_owned());
        }
        Ok(options)
    }

    /// The same where one workload is measured.
    pub(crate) fn parse_workload(arguments: &[String]) -> Result<Options, String> {
        let options = Options::parse(arguments)?;
        if options.workload.is_empty() {
            return Err("--workload says what to measure".to_owned());
        }
        Ok(options)
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

fn instruction_set(name: &str) -> Result<InstructionSet, String> {
    let available = InstructionSet::available();
    available.iter().copied().find(|&set| set_name(set) == name).ok_or_else(|| {
        let names: Vec<&str> = available.into_iter().map(set_name).collect();
        format!("--set {name} does not work here; this machine has {}", names.join(", "))
    })
}

fn number<T: std::str::FromStr>(flag: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{flag} takes a number, not {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse_workload(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_peers_flags_are_understood() {
        let options =
            parse("--workload W3 --peer adaline --threads 2 --models somewhere --block 0.1 --set portable --serve")
                .unwrap();
        assert_eq!((options.workload.as_str(), options.threads, options.serve), ("W3", 2, true));
        assert_eq!((options.block, options.set, options.steps), (0.1, InstructionSet::Portable, None));
        assert_eq!(parse("--workload W1 --steps 500").unwrap().steps, Some(500));
    }

    #[test]
    fn mistakes_are_told() {
        for line in
            ["", "--workload", "--workload W3 --threads 0", "--workload W3 --set mmx", "--workload W3 --steps few"]
        {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
