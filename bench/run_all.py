#!/usr/bin/env python3
"""Runs adaline and its peers on the chosen workloads with interleaved repeats.

For each (workload, threads) every peer's process is started, one after the
other, and left waiting after its warm-up; then ROUNDS times each of them runs
one timed block in turn. Appends one JSON line a (workload, peer, threads) to
--out. Only one block runs at any moment.

    python run_all.py --out results.jsonl [--workloads W1,W2] [--threads 1,2]
                      [--peers adaline,torch,jax] [--adaline PATH] [--rust DIR] [--fann PATH]
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from peers import ACT, GEMM, INFER, IRIS, PEERS, TRAIN, WORKLOADS, value_of  # noqa: E402

ADALINE = ["W1", "W2", "W3", "W3b", "W4", "W5", "W6-mlp-b1", "W6-mlp-b256", "W6-cnn-b1", "W6-cnn-b256"]
RUST = {
    "candle": ("candle-peer", list(TRAIN) + list(INFER)),
    "burn-flex": ("burn-peer", list(TRAIN) + list(INFER)),
    "burn-ndarray": ("burn-peer", list(TRAIN) + list(INFER)),
    "tract": ("tract-peer", list(INFER)),
    "rten": ("rten-peer", list(INFER)),
    "gemm": ("gemm-peers", list(GEMM)),
    "matrixmultiply": ("gemm-peers", list(GEMM)),
    "faer": ("gemm-peers", list(GEMM)),
    "memcpy": ("gemm-peers", ["W7-memcpy"]),
}
# peer -> variant to run for a workload, where it is not the peer's default
VARIANTS = json.load(open(os.path.join(HERE, "variants.json")))


def command(peer, w, t, a):
    if peer == "adaline":
        if w not in ADALINE or not os.path.exists(a.adaline):
            return None
        return [a.adaline, "--workload", w, "--threads", str(t), "--serve"]
    if peer in RUST:
        exe, works = RUST[peer]
        path = os.path.join(a.rust, exe)
        if w not in works or not os.path.exists(path):
            return None
        return [path, "--workload", w, "--peer", peer, "--threads", str(t), "--models", a.models, "--serve"]
    if peer == "fann":
        if w not in ("W1", "W2", "W3") or t != 1 or not os.path.exists(a.fann):
            return None
        return [a.fann, "--workload", w, "--iris", IRIS, "--serve"]
    if w not in PEERS[peer]:
        return None
    if w in INFER and peer == "onnxruntime" and not os.path.exists(a.models):
        return None
    v = VARIANTS.get(peer, {}).get(w, "")
    return [sys.executable, os.path.join(HERE, "peers.py"), "--workload", w, "--peer", peer, "--threads", str(t),
            "--models", a.models, "--variant", v, "--serve"]


def read_json(p):
    while True:
        line = p.stdout.readline()
        if not line:
            return None
        if line.startswith("{"):
            return json.loads(line)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out", required=True)
    ap.add_argument("--workloads", default=",".join(ADALINE))
    ap.add_argument("--threads", default="1,2")
    ap.add_argument("--peers", default=",".join(["adaline", *PEERS, *RUST, "fann"]))
    ap.add_argument("--rounds", type=int, default=7)
    ap.add_argument("--adaline", default=os.path.join(HERE, "..", "target", "release", "adaline-bench"))
    ap.add_argument("--rust", default=os.path.join(HERE, "rust-peers", "target", "release"))
    ap.add_argument("--fann", default=os.path.join(HERE, "fann-peer", "fann_peer"))
    ap.add_argument("--models", default=os.path.join(HERE, "models"))
    a = ap.parse_args()
    for w in a.workloads.split(","):
        for t in map(int, a.threads.split(",")):
            live = []
            t0 = time.time()
            for peer in a.peers.split(","):
                cmd = command(peer, w, t, a)
                if not cmd:
                    continue
                p = subprocess.Popen(cmd, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL, text=True)
                info = read_json(p)
                if info is None:
                    print(f"  {w} {peer}: failed (rc {p.wait()})", flush=True)
                    continue
                live.append((peer, p, info, [], []))
            for _ in range(a.rounds):
                for peer, p, info, secs, losses in live:
                    p.stdin.write("b\n")
                    p.stdin.flush()
                    r = read_json(p)
                    if r is None:
                        continue
                    secs.append(r["s"])
                    losses.append(r.get("loss"))
            for peer, p, info, secs, losses in live:
                try:
                    p.stdin.write("q\n")
                    p.stdin.close()
                    p.wait(timeout=20)
                except (BrokenPipeError, subprocess.TimeoutExpired):
                    p.kill()
                if not secs:
                    print(f"  {w} {peer}: died in its blocks", flush=True)
                    continue
                info.pop("ready", None)
                med = statistics.median(secs)
                info.update(peer=peer, value=value_of(w, med), sec_per_step=med, min_s=min(secs), max_s=max(secs),
                            repeats=len(secs), loss=losses[-1], date=time.strftime("%Y-%m-%d"))
                with open(a.out, "a") as f:
                    f.write(json.dumps(info) + "\n")
                print(f"  {w} t={t} {peer:15s} {info['value']:12.2f} {info['unit']:10s} "
                      f"spread {min(secs)/med:.2f}..{max(secs)/med:.2f} loss {losses[-1]}", flush=True)
            print(f"{w} t={t}: {time.time()-t0:.0f} s", flush=True)


if __name__ == "__main__":
    main()
