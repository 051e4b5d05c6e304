#!/usr/bin/env python3
"""How far the peers' tanh and sigmoid are from the truth, in units in the last place: prints a table.

    venv/bin/python bench/last_places.py

Four million f32 from -80 to 80, half of them evenly and half of them close to zero. adaline's own bounds are tests, in
kernel/math.rs.
"""

import jax
import numpy as np
import torch

EVENLY = np.linspace(-80, 80, 2_000_000).astype(np.float32)
CLOSE = np.geomspace(1e-30, 80, 1_000_000).astype(np.float32)
X = np.concatenate([EVENLY, CLOSE, -CLOSE])

TRUTH = {"tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x))}
PEERS = {
    f"torch {torch.__version__}": {
        "tanh": lambda x: torch.tanh(torch.from_numpy(x)).numpy(),
        "sigmoid": lambda x: torch.sigmoid(torch.from_numpy(x)).numpy(),
    },
    f"jax {jax.__version__}": {
        "tanh": lambda x: np.asarray(jax.jit(jax.numpy.tanh)(x)),
        "sigmoid": lambda x: np.asarray(jax.jit(jax.nn.sigmoid)(x)),
    },
}


def units(got, want):
    """The largest distance in units of the last place of the true value, where that is not a denormal."""
    unit = np.spacing(np.abs(want).astype(np.float32)).astype(np.float64)
    return np.max((np.abs(got.astype(np.float64) - want) / unit)[np.abs(want) > 1.2e-38])


def main():
    print("| peer | tanh | sigmoid |\n| --- | ---: | ---: |")
    for peer, functions in PEERS.items():
        errors = [units(functions[name](X), TRUTH[name](X.astype(np.float64))) for name in ("tanh", "sigmoid")]
        print(f"| {peer} | {errors[0]:.1f} | {errors[1]:.1f} |")


if __name__ == "__main__":
    main()
