#!/usr/bin/env python3
"""Runs adaline and its peers on the chosen workloads with interleaved repeats.

For each (workload, threads) every peer's process is started, one after the
other, and left waiting after its warm-up; then ROUNDS times each of them runs
one timed block in turn. Appends one JSON line a (workload, peer, threads) to
--out. Only one block runs at any moment.

    python run_all.py --out results.jsonl [--workloads W1,W2] [--threads 1,2]
                      [--peers adaline,torch,jax] [--adaline PATH] [--rust DIR] [--fann PATH]

Whoever is not installed, fails, is not ready after --patience seconds or stands
in left_out.json is left out, with a line that says why.
"""
import argparse
import importlib.util
import json
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import machine  # noqa: E402
from peers import GEMM, INFER, IRIS, PEERS, TRAIN  # noqa: E402
from workloads import WORKLOADS  # noqa: E402

# What adaline-bench measures of the machine itself, for comparison
LIMITS = ["peak", "W7-memcpy"]
RUST = {
    "candle": ("candle-peer", list(TRAIN) + list(INFER)),
    "burn-flex": ("burn-peer", list(TRAIN) + list(INFER)),
    "burn-ndarray": ("burn-peer", list(TRAIN) + list(INFER)),
    "tract": ("tract-peer", list(INFER)),
    "rten": ("rten-peer", list(INFER)),
    "gemm": ("gemm-peers", list(GEMM)),
    "matrixmultiply": ("gemm-peers", list(GEMM)),
    "faer": ("gemm-peers", list(GEMM)),
}
MODULES = {"torch": "torch", "torch-compile": "torch", "jax": "jax", "jax-scan": "jax", "keras": "keras",
           "sklearn": "sklearn", "onnxruntime": "onnxruntime", "numpy": "numpy"}


class LeftOut(Exception):
    """Why a peer is not measured."""


def load(name):
    with open(os.path.join(HERE, name)) as f:
        return json.load(f)


VARIANTS = load("variants.json")  # peer -> workload -> what to run where it is not the peer's default
LEFT_OUT = load("left_out.json")  # peer -> workload -> why not


def command(peer, w, t, a):
    """The command line of a peer; None where it does not do the workload."""
    def there(path):
        if not os.path.exists(path):
            raise LeftOut("not installed" if peer != "adaline" else "not built")
        return path

    if peer in ("adaline", "machine"):
        if (w in LIMITS) != (peer == "machine"):
            return None
        return [there(a.adaline), "--workload", w, "--threads", str(t), "--serve"]
    if peer in RUST:
        exe, works = RUST[peer]
        if w not in works:
            return None
        return [there(os.path.join(a.rust, exe)), "--workload", w, "--peer", peer, "--threads", str(t),
                "--models", there(a.models), "--serve"]
    if peer == "fann":
        if w not in ("W1", "W2", "W3") or t != 1:
            return None
        return [there(a.fann), "--workload", w, "--iris", IRIS, "--serve"]
    if w not in PEERS[peer]:
        return None
    if importlib.util.find_spec(MODULES[peer]) is None:
        raise LeftOut("not installed")
    if peer == "onnxruntime":
        there(a.models)
    return [sys.executable, os.path.join(HERE, "peers.py"), "--workload", w, "--peer", peer, "--threads", str(t),
            "--models", a.models, "--variant", VARIANTS.get(peer, {}).get(w, ""), "--serve"]


class Peer:
    """A process that runs a timed block for every line that it is sent."""

    def __init__(self, name, cmd, patience):
        self.name, self.patience, self.blocks, self.loss = name, patience, [], None
        self.errors = tempfile.TemporaryFile()
        # Without a buffer of ours, select() sees all that there is to read.
        self.process = subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, bufsize=0)
        self.info = self.read()
        del self.info["ready"]

    def read(self):
        until = time.monotonic() + self.patience
        while True:
            if not select.select([self.process.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
                self.process.kill()
                raise LeftOut(f"no answer within {self.patience:.0f} s")
            line = self.process.stdout.readline()
            if not line:
                self.process.wait()
                self.errors.seek(0)
                said = self.errors.read().decode(errors="replace").strip().splitlines()
                raise LeftOut("failed: " + (said[-1][:120] if said else f"status {self.process.returncode}"))
            if line.startswith(b"{"):
                return json.loads(line)

    def block(self):
        self.process.stdin.write(b"b\n")
        answer = self.read()
        self.blocks.append(answer["s"])
        self.loss = answer.get("loss")

    def stop(self):
        try:
            self.process.stdin.write(b"q\n")
            self.process.stdin.close()
            self.process.wait(timeout=20)
        except (BrokenPipeError, subprocess.TimeoutExpired):
            self.process.kill()

    def result(self):
        """All but the figure, which report.py makes of the seconds a step."""
        seconds = self.blocks
        return dict(self.info, peer=self.name, sec_per_step=statistics.median(seconds), min_s=min(seconds),
                    max_s=max(seconds), repeats=len(seconds), loss=self.loss, date=time.strftime("%Y-%m-%d"))


def measure(w, t, a):
    """The result lines of one workload on so many threads."""
    lines, live = [], []

    def leave_out(peer, reason):
        lines.append(dict(workload=w, peer=peer, threads=t, left_out=str(reason)))

    for name in a.peers.split(","):
        try:
            cmd = command(name, w, t, a)
            if cmd and w in LEFT_OUT.get(name, {}):
                raise LeftOut(LEFT_OUT[name][w])
            if cmd:
                live.append(Peer(name, cmd, a.patience))
        except LeftOut as reason:
            leave_out(name, reason)
    for _ in range(a.rounds):
        for peer in list(live):
            try:
                peer.block()
            except (LeftOut, BrokenPipeError) as reason:
                live.remove(peer)
                leave_out(peer.name, reason)
    for peer in live:
        peer.stop()
        lines.append(peer.result())
    return lines


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out", required=True)
    ap.add_argument("--workloads", default=",".join(WORKLOADS))
    ap.add_argument("--threads", default="1,2")
    ap.add_argument("--peers", default=",".join(["adaline", "machine", *PEERS, *RUST, "fann"]))
    ap.add_argument("--rounds", type=int, default=7)
    ap.add_argument("--patience", type=float, default=120, help="seconds that a peer may take to start or for a block")
    ap.add_argument("--adaline", default=os.path.join(HERE, "..", "target", "release", "adaline-bench"))
    ap.add_argument("--rust", default=os.path.join(HERE, "rust-peers", "target", "release"))
    ap.add_argument("--fann", default=os.path.join(HERE, "fann-peer", "fann_peer"))
    ap.add_argument("--models", default=os.path.join(HERE, "models"))
    a = ap.parse_args()
    unknown = [w for w in a.workloads.split(",") if w not in WORKLOADS]
    if unknown:
        sys.exit(f"no workload {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
    with open(a.out, "a") as f:
        print(json.dumps({"machine": machine.describe()}), file=f)
    for w in a.workloads.split(","):
        for t in map(int, a.threads.split(",")):
            start = time.monotonic()
            for line in measure(w, t, a):
                with open(a.out, "a") as f:
                    print(json.dumps(line), file=f)
                if "left_out" in line:
                    told = f"left out: {line['left_out']}"
                else:
                    median = line["sec_per_step"]
                    told = (f"{median * 1e6:14.2f} us a step   spread {line['min_s'] / median:.2f}-"
                            f"{line['max_s'] / median:.2f}   loss {line['loss']}")
                print(f"  {w} t={t} {line['peer']:15s} {told}", flush=True)
            print(f"{w} t={t}: {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
