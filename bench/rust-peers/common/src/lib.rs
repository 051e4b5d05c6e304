//! What every Rust peer shares: the command line, the timed blocks, the JSON
//! line, and the synthetic data. Same protocol as ../../peers.py.
use std::io::{BufRead, Write};
use std::time::Instant;

pub struct Args {
    pub workload: String,
    pub peer: String,
    pub threads: usize,
    pub repeats: usize,
    pub block: f64,
    pub serve: bool,
    pub models: String,
}

impl Args {
    /// Parses the command line and pins the process to `threads` CPUs, before
    /// any thread pool exists. `RAYON_NUM_THREADS` and its kin are set too.
    pub fn parse(default_peer: &str) -> Args {
        let mut a = Args {
            workload: String::new(),
            peer: default_peer.into(),
            threads: 1,
            repeats: 7,
            block: 0.4,
            serve: false,
            models: std::env::var("PEER_MODELS").unwrap_or_else(|_| "../models".into()),
        };
        let mut it = std::env::args().skip(1);
        while let Some(k) = it.next() {
            let mut val = || it.next().unwrap_or_else(|| panic!("{k} wants a value"));
            match k.as_str() {
                "--workload" => a.workload = val(),
                "--peer" => a.peer = val(),
                "--threads" => a.threads = val().parse().unwrap(),
                "--repeats" => a.repeats = val().parse().unwrap(),
                "--block" => a.block = val().parse().unwrap(),
                "--models" => a.models = val(),
                "--serve" => a.serve = true,
                _ => panic!("unknown argument {k}"),
            }
        }
        for v in ["RAYON_NUM_THREADS", "MATMUL_NUM_THREADS", "RTEN_NUM_THREADS", "OMP_NUM_THREADS"] {
            std::env::set_var(v, a.threads.to_string());
        }
        #[cfg(target_os = "linux")]
        pin(a.threads);
        a
    }
}

#[cfg(target_os = "linux")]
fn pin(threads: usize) {
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::sched_getaffinity(0, std::mem::size_of_val(&set), &mut set);
        let all: Vec<usize> = (0..libc::CPU_SETSIZE as usize).filter(|&i| libc::CPU_ISSET(i, &set)).collect();
        let mut want: libc::cpu_set_t = std::mem::zeroed();
        for &i in &all[all.len().saturating_sub(threads)..] {
            libc::CPU_SET(i, &mut want);
        }
        libc::sched_setaffinity(0, std::mem::size_of_val(&want), &want);
    }
}

/// unit of a workload and the figure for `s` seconds per step
pub fn value(workload: &str, s: f64) -> (&'static str, f64) {
    match workload {
        "W1" => ("us/step", s * 1e6),
        "W2" => ("us/epoch", s * 1e6),
        "W3" | "W4" | "W5" => ("samples/s", 64.0 / s),
        "W3b" => ("samples/s", 128.0 / s),
        "W8-1024" => ("GFLOP/s", 2.0 * 1024f64.powi(3) / s / 1e9),
        "W8-64x784x128" => ("GFLOP/s", 2.0 * 64.0 * 784.0 * 128.0 / s / 1e9),
        w if w.starts_with("W6") && w.ends_with("b256") => ("samples/s", 256.0 / s),
        _ => ("us", s * 1e6),
    }
}

/// Batch size named at the end of a W6 workload (`W6-mlp-b256`).
pub fn infer_shape(workload: &str) -> (&str, usize) {
    let mut it = workload.split('-').skip(1);
    let model = it.next().expect("W6-<model>-b<batch>");
    let b = it.next().unwrap()[1..].parse().unwrap();
    (model, b)
}

/// Runs the benchmark: `run(n)` does n steps, `loss()` reads the last loss.
/// For W2 a step is a whole epoch.
pub fn bench(a: &Args, version: &str, setup_s: f64, run: &mut dyn FnMut(usize), loss: &mut dyn FnMut() -> Option<f32>) {
    let t = Instant::now();
    run(1);
    let first = t.elapsed().as_secs_f64();
    let mut n = 1usize;
    let dt = loop {
        let t = Instant::now();
        run(n);
        let dt = t.elapsed().as_secs_f64();
        if dt > 0.3 {
            break dt;
        }
        n = (n + 1).max((n as f64 * (0.36 / dt.max(1e-7)).min(10.0)) as usize);
    };
    let n = ((n as f64 * a.block / dt) as usize).max(1);
    let (unit, _) = value(&a.workload, 1.0);
    let head = format!(
        "\"workload\":\"{}\",\"peer\":\"{}\",\"threads\":{},\"variant\":\"\",\"unit\":\"{}\",\"steps_per_block\":{},\"setup_s\":{:.3},\"first_call_s\":{:.4},\"version\":\"{}\"",
        a.workload, a.peer, a.threads, unit, n, setup_s, first, version
    );
    let mut block = || {
        run((n / 50).max(1));
        let t = Instant::now();
        run(n);
        t.elapsed().as_secs_f64() / n as f64
    };
    let out = std::io::stdout();
    if a.serve {
        println!("{{\"ready\":true,{head}}}");
        out.lock().flush().unwrap();
        for line in std::io::stdin().lock().lines() {
            if line.unwrap().trim() == "q" {
                break;
            }
            let s = block();
            match loss() {
                Some(l) => println!("{{\"s\":{s:e},\"loss\":{l}}}"),
                None => println!("{{\"s\":{s:e}}}"),
            }
            out.lock().flush().unwrap();
        }
        return;
    }
    let mut secs: Vec<f64> = (0..a.repeats).map(|_| block()).collect();
    secs.sort_by(f64::total_cmp);
    let med = secs[secs.len() / 2];
    let l = loss().map(|l| format!(",\"loss\":{l}")).unwrap_or_default();
    println!(
        "{{{head},\"value\":{},\"sec_per_step\":{med:e},\"min_s\":{:e},\"max_s\":{:e},\"repeats\":{}{l}}}",
        value(&a.workload, med).1,
        secs[0],
        secs[secs.len() - 1],
        secs.len()
    );
}

/// xorshift: synthetic data needs no more.
pub struct Rng(pub u64);
impl Rng {
    pub fn next_u32(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }
    pub fn f32(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 / (1u32 << 24) as f32
    }
    pub fn vec(&mut self, n: usize) -> Vec<f32> {
        (0..n).map(|_| self.f32()).collect()
    }
}

pub struct Batch {
    pub x: Vec<f32>,
    pub y: Vec<i64>,
    pub rows: usize,
}

/// Mini-batches of a training workload, as ../../peers.py makes them.
pub fn data(workload: &str) -> Vec<Batch> {
    let mut rng = Rng(0x9E3779B97F4A7C15);
    match workload {
        "W1" => vec![Batch { x: vec![0., 0., 0., 1., 1., 0., 1., 1.], y: vec![0, 1, 1, 0], rows: 4 }],
        "W2" => {
            let mut rows: Vec<[f32; 5]> = include_str!("../../../../crates/adaline/data/iris.csv")
                .lines()
                .skip(1)
                .map(|line| {
                    let mut row = [0.0; 5];
                    for (place, cell) in line.split(',').enumerate() {
                        row[place] = cell.parse().unwrap_or_else(|_| {
                            ["setosa", "versicolor", "virginica"].iter().position(|name| *name == cell).unwrap() as f32
                        });
                    }
                    row
                })
                .collect();
            for i in (1..rows.len()).rev() {
                rows.swap(i, rng.next_u32() as usize % (i + 1));
            }
            for c in 0..4 {
                let m = rows.iter().map(|r| r[c]).sum::<f32>() / 150.0;
                let s = (rows.iter().map(|r| (r[c] - m).powi(2)).sum::<f32>() / 150.0).sqrt();
                rows.iter_mut().for_each(|r| r[c] = (r[c] - m) / s);
            }
            rows.chunks(16)
                .map(|c| Batch {
                    x: c.iter().flat_map(|r| r[..4].to_vec()).collect(),
                    y: c.iter().map(|r| r[4] as i64).collect(),
                    rows: c.len(),
                })
                .collect()
        }
        _ => {
            let rows = if workload == "W3b" { 128 } else { 64 };
            (0..32)
                .map(|_| Batch {
                    x: rng.vec(rows * 784),
                    y: (0..rows).map(|_| (rng.next_u32() % 10) as i64).collect(),
                    rows,
                })
                .collect()
        }
    }
}
