//! How cost grows: with a network's width, with the batch, with threads; training and prediction of
//! `dense w relu, dense w relu, dense 10` beside the machine's multiply-add peak.

use crate::failure::Failure;
use crate::machine::Peak;
use crate::options::{Options, SMALLEST};
use crate::timing::{Run, compare, say};
use crate::workload::Workload;
use adaline::plot::{Chart, Colour, Dash, Line, Mark, Panel};
use adaline::prelude::*;
use adaline::rng::{Purpose, Rng};
use adaline::{Batch, InstructionSet};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::thread;

/// Where one of them does not grow.
const WIDTH: usize = 512;
const BATCH: usize = 128;
const CLASSES: usize = 10;

/// One network, and GFLOP/s.
struct Point {
    sweep: &'static str,
    /// What the sweep goes over.
    at: usize,
    threads: usize,
    training: f64,
    prediction: f64,
}

/// Measures all sweeps, prints a JSON line a point, and draws them.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let told = |error: adaline::Error| error.to_string();
    if let Some(folder) = &options.out {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let all = || thread::available_parallelism().map_or(1, usize::from);
    let most = options.threads.unwrap_or_else(all);
    let few_and_all: Vec<usize> = if most > 1 { vec![1, most] } else { vec![1] };
    let doubled = |from: usize| std::iter::successors(Some(from), |size| size.checked_mul(2));
    let sizes: Vec<usize> = doubled(SMALLEST).take_while(|&size| size <= options.to).collect();
    let batches: Vec<usize> = doubled(1).take_while(|&size| size <= options.to).collect();

    let mut peaks = BTreeMap::new();
    for threads in 1..=most {
        peaks.insert(threads, peak(threads, options).map_err(told)?);
    }
    let mut lines = Vec::new();
    for (threads, gflops) in &peaks {
        lines.push(json!({ "sweep": "peak", "threads": threads, "gflops": gflops }));
        say(json!({ "sweep": "peak", "threads": threads, "gflops": gflops }))?;
    }
    let mut points = Vec::new();
    let mut sweep = |sweep, width, batch, at, threads| -> Result<(), String> {
        let (training, prediction) = measure(width, batch, threads, options).map_err(told)?;
        let line = json!({
            "sweep": sweep, "width": width, "batch": batch, "threads": threads,
            "training_gflops": training, "prediction_gflops": prediction,
            "training_of_peak": training / peaks[&threads], "prediction_of_peak": prediction / peaks[&threads],
        });
        lines.push(line.clone());
        points.push(Point { sweep, at, threads, training, prediction });
        say(line)
    };
    for &threads in &few_and_all {
        for &width in &sizes {
            sweep("width", width, BATCH, width, threads)?;
        }
        for &batch in &batches {
            sweep("batch", WIDTH, batch, batch, threads)?;
        }
    }
    for threads in 1..=most {
        sweep("threads", WIDTH, BATCH, threads, threads)?;
    }
    if let Some(folder) = &options.out {
        let write = |name: &str, text: String| {
            fs::write(folder.join(name), text).map_err(|error| format!("{}: {error}", folder.join(name).display()))
        };
        write("scaling.jsonl", lines.iter().map(|line| format!("{line}\n")).collect())?;
        for sweep in ["width", "batch"] {
            write(&format!("scaling-{sweep}.svg"), over_sizes(sweep, &points, &peaks, &few_and_all).to_svg())?;
        }
        write("scaling-threads.svg", over_threads(&points, &peaks).to_svg())?;
    }
    Ok(())
}

/// GFLOP/s of multiply-adds in registers.
fn peak(threads: usize, options: &Options) -> adaline::Result<f64> {
    let mut peak = Peak::new(threads, options.set);
    let figure = peak.figure();
    let run: Run<'_> = Box::new(move |steps| peak.run(steps));
    Ok(figure.value(compare(options.block, options.repeats, &mut [run])?[0]))
}

/// GFLOP/s of a training step and of a prediction, from the matrix products' operations alone.
fn measure(width: usize, batch: usize, threads: usize, options: &Options) -> adaline::Result<(f64, f64)> {
    let layers = || [Dense::relu(width), Dense::relu(width), Dense::linear(CLASSES)];
    let network = Network::new(Shape::Flat(width), layers())?;
    let mut rng = Rng::stream(0, Purpose::Data, 0);
    let inputs: Vec<f32> = (0..batch * width).map(|_| rng.normal() as f32).collect();
    let classes: Vec<u32> = (0..batch).map(|_| rng.below(CLASSES) as u32).collect();
    let training = trained(network.clone(), &inputs, &classes, threads, options.set)?;
    let mut predictor = Predictor::on(&network, batch, threads, options.set)?;
    let prediction: Run<'_> = Box::new(|steps| {
        for _ in 0..steps {
            black_box(predictor.predict(black_box(&inputs))?);
        }
        Ok(())
    });
    // Enough for a mean: the sweeps have many points.
    let seconds = compare(options.block.min(0.2), options.repeats.min(5), &mut [training, prediction])?;
    let square = width * width;
    // The first layer needs no gradient of its inputs: two passes instead of three.
    let learnt = 2 * batch * (2 * square + 3 * square + 3 * width * CLASSES);
    let told = 2 * batch * (2 * square + width * CLASSES);
    Ok((learnt as f64 / seconds[0] / 1e9, told as f64 / seconds[1] / 1e9))
}

fn trained<'a>(
    mut network: Network,
    inputs: &'a [f32],
    classes: &'a [u32],
    threads: usize,
    set: InstructionSet,
) -> adaline::Result<Run<'a>> {
    let trainer = Trainer::new(Adam::default()).batch_size(classes.len()).threads(threads).instruction_set(set);
    let mut session = trainer.session(&network, &Targets::Classes(classes.to_vec()))?;
    Ok(Box::new(move |steps| {
        for _ in 0..steps {
            session.step(&mut network, inputs, Batch::Classes(classes), 1e-6)?;
        }
        Ok(())
    }))
}

/// Training and prediction over one size, a pair of lines for each number of threads, and the peaks.
fn over_sizes(sweep: &str, points: &[Point], peaks: &BTreeMap<usize, f64>, threads: &[usize]) -> Chart {
    let fixed = if sweep == "width" { format!("batch {BATCH}") } else { format!("width {WIDTH}") };
    let mut panel = Panel::new(sweep, "GFLOP/s").x(|axis| axis.log(true)).y(|axis| axis.include(0.0));
    for (number, &threads) in threads.iter().enumerate() {
        let of: Vec<&Point> = points.iter().filter(|p| p.sweep == sweep && p.threads == threads).collect();
        let (Some(first), Some(last)) = (of.first(), of.last()) else { continue };
        let ends = [(first.at as f64, peaks[&threads]), (last.at as f64, peaks[&threads])];
        let colour = Colour::of(number);
        let line = |pick: fn(&Point) -> f64| of.iter().map(move |p| (p.at as f64, pick(p))).collect::<Vec<_>>();
        let on = if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") };
        panel = panel
            .line(Line::new(format!("peak, {on}"), ends).colour(colour).dash(Dash::Dotted))
            .line(
                Line::new(format!("prediction, {on}"), line(|p| p.prediction))
                    .colour(colour)
                    .mark(Mark::Circle)
                    .hollow(),
            )
            .line(Line::new(format!("training, {on}"), line(|p| p.training)).colour(colour).mark(Mark::Circle));
    }
    Chart::new(format!("Speed as the {sweep} grows"))
        .subtitle(format!("dense w relu, dense w relu, dense 10; Adam; {fixed}"))
        .description(format!(
            "Billions of floating-point operations a second of training and prediction over the {sweep}, beside the \
             multiply-add peak of the machine."
        ))
        .panel(panel)
        .size(820.0, 480.0)
}

/// Training and prediction over the number of threads.
fn over_threads(points: &[Point], peaks: &BTreeMap<usize, f64>) -> Chart {
    let line = |pick: fn(&Point) -> f64| {
        points.iter().filter(|p| p.sweep == "threads").map(move |p| (p.at as f64, pick(p))).collect::<Vec<_>>()
    };
    let peaks = peaks.iter().map(|(&threads, &gflops)| (threads as f64, gflops));
    let most = peaks.len() as f64;
    let panel = Panel::new("threads", "GFLOP/s")
        .x(|axis| if most > 1.0 { axis.whole() } else { axis.range(0.0, 2.0).whole() })
        .y(|axis| axis.include(0.0))
        .line(Line::new("peak", peaks).dash(Dash::Dotted).mark(Mark::of(2)).colour(Colour::of(2)))
        .line(Line::new("prediction", line(|p| p.prediction)).mark(Mark::Circle).hollow().colour(Colour::of(1)))
        .line(Line::new("training", line(|p| p.training)).mark(Mark::Circle));
    Chart::new("Speed as threads are added")
        .subtitle(format!("dense {WIDTH} relu, dense {WIDTH} relu, dense 10; Adam; batch {BATCH}"))
        .description("Billions of floating-point operations a second of training and prediction over the threads.")
        .panel(panel)
        .size(720.0, 480.0)
}
