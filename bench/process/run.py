#!/usr/bin/env python3
"""From the start of a process to a trained iris network of 4-16-3, fifty epochs: wall time, CPU time, peak memory.

    python process/run.py [--out results.jsonl] [--rounds 7] [--threads 1] [--cold-build]

The programs take turns; the first round only fills the page cache. --cold-build also builds adaline from nothing in a
folder of its own and tells how long that takes (minutes). Needs GNU time: a process counts the memory of the one that
started it until it runs its own program, so that the starter must be small.
"""
import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
GNU_TIME = "/usr/bin/time"
PEERS = {"python+torch": ("torch", "iris_torch.py"), "python+keras": ("keras", "iris_keras.py"),
         "python+scikit-learn": ("sklearn", "iris_sklearn.py"), "python+jax": ("jax", "iris_jax.py")}


def programs(adaline):
    """name -> command line. adaline also splits the rows, and writes its model and a chart."""
    here = {"adaline": [adaline, "train", "iris", "--epochs", "50", "--force", "-o", "iris.safetensors"],
            "python": [sys.executable, "-c", "pass"]}
    for name, (module, script) in PEERS.items():
        if importlib.util.find_spec(module):
            here[name] = [sys.executable, os.path.join(HERE, script)]
    return here


def run(command, threads, folder):
    """(wall seconds, MiB at the most, CPU seconds, accuracy where it is told)"""
    cpus = sorted(os.sched_getaffinity(0))[-threads:]
    env = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads))
    report = os.path.join(folder, "time")
    start = time.perf_counter()
    done = subprocess.run([GNU_TIME, "-f", "%M %U %S", "-o", report, *command], cwd=folder, env=env, text=True,
                          capture_output=True, preexec_fn=lambda: os.sched_setaffinity(0, cpus))
    wall = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{command[0]} failed: {done.stderr.strip()[-400:]}")
    with open(report) as f:
        kib, user, system = map(float, f.read().split()[-3:])
    words = done.stdout.split()
    accuracy = float(words[-1]) if words[-2:-1] == ["accuracy"] else None
    return wall, kib / 1024, user + system, accuracy


def measure(commands, rounds, threads):
    results = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + 1):
            for name, command in commands.items():
                result = run(command, threads, folder)
                if number:
                    results[name].append(result)
    for name, rows in results.items():
        wall, mib, cpu, accuracy = zip(*rows)
        yield dict(workload="process", peer=name, threads=threads, wall_s=statistics.median(wall), min_s=min(wall),
                   max_s=max(wall), peak_rss_mib=statistics.median(mib), cpu_s=statistics.median(cpu),
                   accuracy=accuracy[-1], repeats=len(rows), date=time.strftime("%Y-%m-%d"))


def cold_build():
    """Seconds of a release build of the program from nothing, dependencies downloaded already."""
    with tempfile.TemporaryDirectory() as target:
        start = time.perf_counter()
        subprocess.run(["cargo", "build", "--release", "--offline", "-p", "adaline-cli"], cwd=ROOT, check=True,
                       env=dict(os.environ, CARGO_TARGET_DIR=target), capture_output=True)
        return time.perf_counter() - start


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out", help="result lines are appended to it")
    ap.add_argument("--rounds", type=int, default=7)
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--adaline", default=os.path.join(ROOT, "target", "release", "adaline"))
    ap.add_argument("--cold-build", action="store_true")
    a = ap.parse_args()
    adaline = os.path.abspath(a.adaline)
    for needed in (GNU_TIME, adaline):
        if not shutil.which(needed):
            sys.exit(f"{needed} is missing; install GNU time, and cargo build --release -p adaline-cli")
    lines = list(measure(programs(adaline), a.rounds, a.threads))
    sizes = {"The program adaline is a file of": f"{os.path.getsize(adaline) / 2**20:.1f} MiB"}
    if a.cold_build:
        sizes[f"A cold release build of it on {len(os.sched_getaffinity(0))} CPUs takes"] = f"{cold_build():.0f} s"
    lines.append({"sizes": sizes})
    for line in lines:
        print(json.dumps(line), flush=True)
    if a.out:
        with open(a.out, "a") as f:
            f.writelines(json.dumps(line) + "\n" for line in lines)


if __name__ == "__main__":
    main()
