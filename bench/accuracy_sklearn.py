#!/usr/bin/env python3
"""What scikit-learn's defaults reach where `adaline-bench accuracy` is judged; written to accuracy_sklearn.json.

    adaline-bench accuracy --write-tables tables [--breast-cancer FILE]
    python accuracy_sklearn.py tables [--mnist FOLDER]

Classifications: MLPClassifier behind a StandardScaler, nothing else set but max_iter=2000, so that it converges.
Regressions: Ridge(alpha=1) behind a StandardScaler. Both learn from 80 % of the rows (adaline's training and
validation rows together: neither needs to set any aside) and are tested on the other 20 %, for the seeds 0 to 19;
classifications are split by class. The tables are adaline's own, so both see the same rows.
"""
import argparse
import csv
import gzip
import json
import os
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = os.path.dirname(os.path.abspath(__file__))
# file -> (target, seeds)
CLASSES = {
    "iris": "species",
    "breast-cancer": "diagnosis",
    "digits": "digit",
    "xor-cloud": "class",
    "moons": "class",
    "circles": "class",
    "spirals": "class",
    "blobs": "class",
}
NUMBERS = [
    "sine",
    "noisy-linear-1",
    "noisy-linear-2",
    "noisy-linear-5",
    "noisy-linear-10",
    "noisy-linear-20",
    "noisy-friedman",
    "friedman",
]


def read(path, target):
    with open(path, newline="") as f:
        rows = list(csv.DictReader(f))
    names = [name for name in rows[0] if name != target]
    return np.array([[float(row[name]) for name in names] for row in rows]), [row[target] for row in rows]


def idx(path):
    with gzip.open(path) as f:
        data = f.read()
    dims = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(dims)


def scores(x, y, make, stratify, seeds):
    out = []
    for seed in range(seeds):
        parts = train_test_split(x, y, test_size=0.2, random_state=seed, stratify=y if stratify else None)
        x_train, x_test, y_train, y_test = parts
        out.append(make(seed).fit(x_train, y_train).score(x_test, y_test))
    return dict(mean=round(float(np.mean(out)), 4), sd=round(float(np.std(out)), 4), worst=round(min(out), 4), seeds=seeds)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("tables")
    ap.add_argument("--mnist", help="folder with t10k-images-idx3-ubyte.gz and its labels")
    a = ap.parse_args()
    warnings.filterwarnings("ignore")
    results = {}

    def network(seed):
        return make_pipeline(StandardScaler(), MLPClassifier(max_iter=2000, random_state=seed))

    for name, target in CLASSES.items():
        path = os.path.join(a.tables, name + ".csv")
        if not os.path.exists(path):
            print(f"{name}: no {path}")
            continue
        x, y = read(path, target)
        results[name] = scores(x, y, network, True, 20)
        print(name, results[name], flush=True)
    for name in NUMBERS:
        x, y = read(os.path.join(a.tables, name + ".csv"), "y")
        y = np.array([float(v) for v in y])
        results[name] = scores(x, y, lambda seed: make_pipeline(StandardScaler(), Ridge(alpha=1.0)), False, 20)
        print(name, results[name], flush=True)
    if a.mnist:
        x = idx(os.path.join(a.mnist, "t10k-images-idx3-ubyte.gz")).reshape(-1, 784) / 255.0
        y = idx(os.path.join(a.mnist, "t10k-labels-idx1-ubyte.gz"))
        mlp = lambda seed: MLPClassifier((128,), random_state=seed)  # noqa: E731
        results["mnist"] = scores(x, y, mlp, True, 3)
        print("mnist", results["mnist"], flush=True)
    with open(os.path.join(HERE, "accuracy_sklearn.json"), "w") as f:
        json.dump({"scikit-learn": sklearn.__version__, "results": results}, f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
