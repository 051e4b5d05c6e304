//! Times adaline on the workloads of `bench/README.md`, and measures how well its defaults learn.
//!
//! ```text
//! adaline-bench --workload W3 --threads 2      one JSON line
//! adaline-bench --workload W3 --serve          one block for every line on standard input, until q
//! ```

mod accuracy;
mod affinity;
mod denormals;
mod failure;
mod kernels;
mod machine;
mod options;
mod scaling;
mod timing;
mod workload;

use failure::Failure;
use machine::{Copying, Peak};
use options::Options;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;
use workload::{Inference, NAMES, Training, Workload};

const USAGE: &str = "\
adaline-bench --workload NAME [--threads N] [--repeats 7] [--block SECONDS] [--set avx512|avx2|portable] [--serve]
    times one workload and prints one JSON line; with --serve one block for every line on standard input, until q;
    with --steps N it runs exactly N steps and times nothing

adaline-bench kernels [--only NAME] [--threads N] [--block SECONDS] [--repeats N] [--set SET]
    each kind of layer by itself, forward and with its way back, and each optimizer's update: a table

adaline-bench denormals [--only NAME] [--threads N] [--block SECONDS] [--repeats N] [--set SET]
    how much slower a step is whose values are too small for ordinary numbers; exit 4 where it is more than twice

adaline-bench scaling [--to 4096] [--threads N] [--out FOLDER] [--block SECONDS] [--repeats N] [--set SET]
    training and prediction as width, batch and threads grow, beside the machine's peak: JSON lines, and charts in FOLDER

adaline-bench accuracy [--only iris,digits] [--seeds N] [--threads N] [--breast-cancer FILE] [--mnist FOLDER] [--text FILE]
    how well the defaults learn, the mean over seeds beside scikit-learn's; exit 4 where a goal is missed
    to try other settings: --hidden 32,16 --activation tanh --dropout P --epochs N --updates N --batch-size N
    --patience N --learning-rate X --weight-decay X --l2 X --schedule cosine --validation-split X
    --write-tables FOLDER writes the data sets as CSV instead
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match told(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(io::stderr(), "adaline-bench: {}", failure.message());
            ExitCode::from(failure.code())
        }
    }
}

fn told(arguments: &[String]) -> Result<(), Failure> {
    let (command, rest) = arguments.split_first().map_or(("help", &[][..]), |(first, rest)| (first.as_str(), rest));
    if command == "help" || arguments.iter().any(|argument| matches!(argument.as_str(), "--help" | "-h")) {
        let told = write!(io::stdout(), "{USAGE}\nworkloads: {}\n", NAMES.join(" "));
        return told.map_err(|error| Failure::Run(error.to_string()));
    }
    match command {
        "accuracy" => accuracy::run(rest),
        "kernels" => kernels::run(&Options::parse(rest, options::KERNELS)?),
        "denormals" => denormals::run(&Options::parse(rest, options::KERNELS)?),
        "scaling" => scaling::run(&Options::parse(rest, options::SCALING)?),
        _ => time(&Options::parse_workload(arguments)?),
    }
}

fn time(options: &Options) -> Result<(), Failure> {
    let (threads, set) = (options.threads(), options.set);
    let cpus = affinity::pin(threads);
    let start = Instant::now();
    let name = options.workload.as_str();
    let told = |error: adaline::Error| error.to_string();
    let network;
    let mut workload: Box<dyn Workload + '_> = match name {
        _ if !NAMES.contains(&name) => {
            return Err(Failure::Usage(format!("no workload {name}; there are {}", NAMES.join(", "))));
        }
        "peak" => Box::new(Peak::new(threads, set)),
        "W7-memcpy" => Box::new(Copying::new(1 << 20, threads)),
        _ if workload::rows(name).is_some() => {
            network = workload::network(name).map_err(told)?;
            Box::new(Inference::new(name, &network, threads, set).map_err(told)?)
        }
        _ => Box::new(Training::new(name, threads, set).map_err(told)?),
    };
    Ok(timing::measure(options, start.elapsed().as_secs_f64(), cpus, workload.as_mut())?)
}
