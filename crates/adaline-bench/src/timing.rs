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
        workload.run(steps).map_err(|error| error.to_string())?;
        return say(merged([json!({ "workload": options.workload, "steps": steps }), with_loss(workload.loss())]));
    }
    let (steps, first) = calibrate(options.block, workload).map_err(|error| error.to_string())?;
    let figure = workload.figure();
    // A peak depends on the instruction set, so it says what a step is; the others' steps are in bench/workloads.py.
    let operations = match figure {
        Figure::Operations(operations) => json!({ "operations": operations }),
        _ => json!({}),
    };
    let head = json!({
        "workload": options.workload,
        "peer": "adaline",
        "threads": options.threads,
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
        let seconds: f64 = timed().map_err(|error: adaline::Error| error.to_string())?;
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
    seconds.sort_by(f64::total_cmp);
    let median = (seconds[(seconds.len() - 1) / 2] + seconds[seconds.len() / 2]) / 2.0;
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

/// Runs until caches and branch predictors know the work. Returns the steps of a block, and the seconds of the first.
fn calibrate(block: f64, workload: &mut dyn Workload) -> adaline::Result<(usize, f64)> {
    let start = Instant::now();
    workload.run(1)?;
    let first = start.elapsed().as_secs_f64();
    let mut steps = 1usize;
    loop {
        let start = Instant::now();
        workload.run(steps)?;
        let seconds = start.elapsed().as_secs_f64();
        if seconds > WARM_UP {
            return Ok((((steps as f64 * block / seconds) as usize).max(1), first));
        }
        let growth = (1.2 * WARM_UP / seconds.max(1e-7)).min(10.0);
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

fn say(line: Value) -> Result<(), String> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|error| error.to_string())
}
