//! Timed blocks and the JSON lines about them, as `bench/peers.py` does it.

use crate::options::{Options, set_name};
use crate::workload::{Figure, Workload};
use serde_json::{Map, Value, json};
use std::io::{self, BufRead, Write};
use std::time::Instant;

/// Warm-up and calibration go on until one run takes this many seconds.
const WARM_UP: f64 = 0.3;

/// Measures a workload that took `setup` seconds to make, and writes what it finds to standard output.
pub(crate) fn measure(
    options: &Options,
    setup: f64,
    cpus: Option<usize>,
    workload: &mut dyn Workload,
) -> Result<(), String> {
    if let Some(steps) = options.steps {
        workload.run(steps).map_err(|error: adaline::Error| error.to_string())?;
        return say(merged([json!({ "workload": options.workload, "steps": steps }), with_loss(workload.loss())]));
    }
    let told = |error: adaline::Error| error.to_string();
    let start = Instant::now();
    workload.run(1).map_err(told)?;
    let first = start.elapsed().as_secs_f64();
    let steps = calibrate(options.block, &mut |steps| workload.run(steps)).map_err(told)?;
    let figure = workload.figure();
    // A peak depends on the instruction set, so it says what a step is; the others' steps are in bench/workloads.py.
    let operations = match figure {
        Figure::Operations(operations) => json!({ "operations": operations }),
        _ => json!({}),
    };
    let head = json!({
        "workload": options.workload,
        "peer": "adaline",
        "threads": options.threads(),
        "cpus": cpus,
        "variant": set_name(options.set),
        "unit": figure.unit(),
        "steps_per_block": steps,
        "setup_s": setup,
        "first_call_s": first,
        "version": env!("CARGO_PKG_VERSION"),
    });
    let head = merged([head, operations]);
    let mut block = || -> Result<(f64, Option<f64>), String> {
        let mut timed = || {
            workload.run((steps / 50).max(1))?; // wakes threads and caches after an idle gap
            let start = Instant::now();
            workload.run(steps)?;
            Ok(start.elapsed().as_secs_f64() / steps as f64)
        };
        let seconds: f64 = timed().map_err(told)?;
        Ok((seconds, workload.loss()))
    };
    if options.serve {
        return serve(head, &mut block);
    }
    let mut seconds = Vec::with_capacity(options.repeats);
    let mut loss = None;
    for _ in 0..options.repeats {
        let (time, last) = block()?;
        seconds.push(time);
        loss = last;
    }
    let median = median(&mut seconds);
    let result = json!({
        "value": figure.value(median),
        "sec_per_step": median,
        "min_s": seconds[0],
        "max_s": seconds[seconds.len() - 1],
        "repeats": seconds.len(),
    });
    say(merged([head, result, with_loss(loss)]))
}

/// One block for every line that comes in, until `q` or the end.
fn serve(head: Value, block: &mut dyn FnMut() -> Result<(f64, Option<f64>), String>) -> Result<(), String> {
    say(merged([json!({ "ready": true }), head]))?;
    for line in io::stdin().lock().lines() {
        if line.map_err(|error| error.to_string())?.trim() == "q" {
            break;
        }
        let (seconds, loss) = block()?;
        say(merged([json!({ "s": seconds }), with_loss(loss)]))?;
    }
    Ok(())
}

/// Steps of something that is timed.
pub(crate) type Run<'a> = Box<dyn FnMut(usize) -> adaline::Result<()> + 'a>;

/// The median seconds a step of things that take turns, `repeats` blocks of `block` seconds each.
pub(crate) fn compare(block: f64, repeats: usize, runs: &mut [Run<'_>]) -> adaline::Result<Vec<f64>> {
    let steps: Vec<usize> = runs.iter_mut().map(|run| calibrate(block, run)).collect::<adaline::Result<_>>()?;
    let mut seconds = vec![Vec::with_capacity(repeats); runs.len()];
    for _ in 0..repeats {
        for ((run, &steps), seconds) in runs.iter_mut().zip(&steps).zip(&mut seconds) {
            let start = Instant::now();
            run(steps)?;
            seconds.push(start.elapsed().as_secs_f64() / steps as f64);
        }
    }
    Ok(seconds.iter_mut().map(|seconds| median(seconds)).collect())
}

/// Sorts and takes the middle.
fn median(seconds: &mut [f64]) -> f64 {
    seconds.sort_by(f64::total_cmp);
    (seconds[(seconds.len() - 1) / 2] + seconds[seconds.len() / 2]) / 2.0
}

/// Runs until caches and branch predictors know the work. Returns the steps of a block.
fn calibrate(block: f64, run: &mut dyn FnMut(usize) -> adaline::Result<()>) -> adaline::Result<usize> {
    let warm_up = block.min(WARM_UP);
    let mut steps = 1usize;
    loop {
        let start = Instant::now();
        run(steps)?;
        let seconds = start.elapsed().as_secs_f64();
        if seconds > warm_up {
            return Ok(((steps as f64 * block / seconds) as usize).max(1));
        }
        let growth = (1.2 * warm_up / seconds.max(1e-7)).min(10.0);
        steps = (steps + 1).max((steps as f64 * growth) as usize);
    }
}

fn with_loss(loss: Option<f64>) -> Value {
    loss.map_or(json!({}), |loss| json!({ "loss": loss }))
}

fn merged<const N: usize>(parts: [Value; N]) -> Value {
    let mut all = Map::new();
    for part in parts {
        if let Value::Object(part) = part {
            all.extend(part);
        }
    }
    Value::Object(all)
}

pub(crate) fn say(line: Value) -> Result<(), String> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| error.to_string())
}
