#!/usr/bin/env python3
"""One benchmark of one Python peer, printed as one JSON line.

    python peers.py --workload W3 --peer torch --threads 2
    python peers.py --list

With --serve the process prepares and warms up, prints one JSON line with
"ready": true, and then runs one timed block for every line it reads on stdin,
printing {"s": seconds_per_step} each time; run_all.py uses that to interleave
the repeats of many peers.
"""
import argparse
import json
import os
import statistics
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
IRIS = os.path.join(HERE, "..", "crates", "adaline", "data", "iris.csv")

# workload -> (unit, how seconds per step become a value, higher is better)
TRAIN = {
    "W1": dict(unit="us/step", batch=4),
    "W2": dict(unit="us/epoch", batch=16),
    "W3": dict(unit="samples/s", batch=64),
    "W3b": dict(unit="samples/s", batch=128),
    "W4": dict(unit="samples/s", batch=64),
    "W5": dict(unit="samples/s", batch=64),
}
INFER = {
    f"W6-{m}-b{b}": dict(unit="us" if b == 1 else "samples/s", batch=b, model=m)
    for m in ("mlp", "cnn")
    for b in (1, 256)
}
ACT = {f"W7-{k}": dict(unit="us", batch=1) for k in ("sigmoid", "tanh", "relu", "softmax", "memcpy")}
GEMM = {
    "W8-1024": dict(unit="GFLOP/s", shape=(1024, 1024, 1024)),
    "W8-64x784x128": dict(unit="GFLOP/s", shape=(64, 784, 128)),
}
WORKLOADS = {**TRAIN, **INFER, **ACT, **GEMM}

PEERS = {
    "torch": list(WORKLOADS),
    "torch-compile": list(TRAIN) + list(INFER) + list(ACT)[:4],
    "jax": list(WORKLOADS),
    "jax-scan": list(TRAIN),
    "keras": list(TRAIN),
    "sklearn": ["W2", "W3", "W3b"],
    "onnxruntime": list(INFER),
    "numpy": list(ACT) + list(GEMM),
}

NB = 32  # mini-batches resident in memory for W3..W5


def value_of(workload, sec):
    """Seconds per step -> the figure of the table."""
    w = WORKLOADS[workload]
    if w["unit"] == "samples/s":
        return w["batch"] / sec
    if w["unit"] == "GFLOP/s":
        m, k, n = w["shape"]
        return 2.0 * m * k * n / sec / 1e9
    return sec * 1e6


# --------------------------------------------------------------------- data
def make_data(workload):
    """-> (list of x batches, list of integer y batches), float32 / int64."""
    import numpy as np

    rng = np.random.default_rng(0)
    if workload == "W1":
        x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
        return [x], [np.array([0, 1, 1, 0], np.int64)]
    if workload == "W2":
        with open(IRIS) as f:
            rows = [line.strip().split(",") for line in f][1:]
        names = sorted({row[4] for row in rows})
        order = rng.permutation(150)
        x = np.array([row[:4] for row in rows], np.float32)[order]
        y = np.array([names.index(row[4]) for row in rows], np.int64)[order]
        x = np.ascontiguousarray((x - x.mean(0)) / x.std(0))
        cut = list(range(0, 150, 16))
        return [x[i:i + 16].copy() for i in cut], [y[i:i + 16].copy() for i in cut]
    b = TRAIN[workload]["batch"]
    shape = {"W3": (784,), "W3b": (784,), "W4": (1, 28, 28), "W5": (28, 28)}[workload]
    xs = [rng.random((b, *shape), dtype=np.float32) for _ in range(NB)]
    ys = [rng.integers(0, 10, b) for _ in range(NB)]
    return xs, ys


# -------------------------------------------------------------------- torch
def torch_model(kind):
    import torch
    from torch import nn

    torch.manual_seed(0)
    if kind == "W1":
        return nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    if kind == "W2":
        return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    if kind in ("W3", "mlp"):
        return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    if kind == "W3b":
        return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
    if kind in ("W4", "cnn"):
        return nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10))
    if kind == "W5":
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.lstm = nn.LSTM(28, 128, batch_first=True)
                self.out = nn.Linear(128, 10)

            def forward(self, x):
                h, _ = self.lstm(x)
                return self.out(h[:, -1])
        return Net()
    raise ValueError(kind)


def torch_train(workload, args, compiled):
    import torch
    import torch.nn.functional as F

    torch.set_num_threads(args.threads)
    torch.set_num_interop_threads(1)
    model = torch_model(workload)
    xs, ys = make_data(workload)
    xs = [torch.from_numpy(x) for x in xs]
    ys = [torch.from_numpy(y) for y in ys]
    channels_last = workload == "W4" and args.variant != "nchw"
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
        xs = [x.contiguous(memory_format=torch.channels_last) for x in xs]
    if workload == "W1":
        ys = [y.float().unsqueeze(1) for y in ys]
        opt = torch.optim.SGD(model.parameters(), lr=0.5, fused=args.variant != "unfused")

        # sigmoid and BCE in one stable op: the recommended way
        def loss_fn(x, y):
            return F.binary_cross_entropy_with_logits(model(x), y)
    else:
        opt = torch.optim.Adam(model.parameters(), lr=1e-3, fused=args.variant != "unfused")

        def loss_fn(x, y):
            return F.cross_entropy(model(x), y)

    if compiled:
        kw = {}
        if args.variant in ("max-autotune", "max-autotune-no-cudagraphs"):
            kw["mode"] = args.variant
        fwd = torch.compile(loss_fn, dynamic=False, **kw)
        if args.variant == "compiled-opt":
            opt.step = torch.compile(opt.step)
    else:
        fwd = loss_fn
    n = len(xs)
    last = [None]

    def step(i):
        loss = fwd(xs[i], ys[i])
        loss.backward()
        opt.step()
        opt.zero_grad(set_to_none=True)
        last[0] = loss

    if workload == "W2":
        def run(k):
            for _ in range(k):
                for i in range(n):
                    step(i)
    else:
        def run(k):
            for j in range(k):
                step(j % n)
    return run, lambda: float(last[0].detach()), {"version": torch.__version__}


def torch_infer(workload, args, compiled):
    import torch

    torch.set_num_threads(args.threads)
    torch.set_num_interop_threads(1)
    w = INFER[workload]
    model = torch_model(w["model"]).eval()
    shape = (784,) if w["model"] == "mlp" else (1, 28, 28)
    x = torch.rand(w["batch"], *shape)
    if w["model"] == "cnn" and args.variant != "nchw":
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    if compiled:
        torch._inductor.config.freezing = True  # weights are constants: packed once
        model = torch.compile(model, dynamic=False)

    def run(k):
        with torch.inference_mode():
            for _ in range(k):
                model(x)
    return run, None, {"version": torch.__version__}


def torch_act(workload, args, compiled):
    import torch

    torch.set_num_threads(args.threads)
    x = torch.randn(1024, 1024)
    o = torch.empty_like(x)
    name = workload[3:]
    f = {
        "sigmoid": lambda x, o: torch.sigmoid(x, out=o),
        "tanh": lambda x, o: torch.tanh(x, out=o),
        "relu": lambda x, o: torch.clamp_min(x, 0.0, out=o),
        "softmax": lambda x, o: torch.softmax(x, 1, out=o),
        "memcpy": lambda x, o: o.copy_(x),
    }[name]
    if compiled:
        g = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu,
             "softmax": lambda x: torch.softmax(x, 1)}[name]
        f = torch.compile(lambda x, o: o.copy_(g(x)), dynamic=False)

    def run(k):
        with torch.inference_mode():
            for _ in range(k):
                f(x, o)
    return run, None, {"version": torch.__version__}


def torch_gemm(workload, args):
    import torch

    torch.set_num_threads(args.threads)
    m, k_, n = GEMM[workload]["shape"]
    a, b, c = torch.randn(m, k_), torch.randn(k_, n), torch.empty(m, n)

    def run(k):
        with torch.inference_mode():
            for _ in range(k):
                torch.mm(a, b, out=c)
    return run, None, {"version": torch.__version__}


# ---------------------------------------------------------------------- jax
def jax_setup(args):
    # One CPU in the affinity mask gives XLA a pool of one thread; see main().
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax
    return jax


def jax_net(workload, variant):
    """-> (init params list, logits(params, x))"""
    import jax
    import jax.numpy as jnp
    from jax import lax
    import numpy as np

    rng = np.random.default_rng(0)

    def dense(i, o):
        s = 1.0 / np.sqrt(i)
        return [jnp.asarray(rng.uniform(-s, s, (i, o)).astype(np.float32)), jnp.zeros(o, jnp.float32)]

    def mlp(sizes, act):
        p = [dense(a, b) for a, b in zip(sizes, sizes[1:])]

        def f(p, x):
            for w, b in p[:-1]:
                x = act(x @ w + b)
            return x @ p[-1][0] + p[-1][1]
        return p, f

    if workload == "W1":
        return mlp([2, 4, 1], jnp.tanh)
    if workload == "W2":
        return mlp([4, 16, 3], jax.nn.relu)
    if workload in ("W3", "mlp"):
        return mlp([784, 128, 10], jax.nn.relu)
    if workload == "W3b":
        return mlp([784, 512, 512, 10], jax.nn.relu)
    if workload in ("W4", "cnn"):
        def conv_w(kh, kw, i, o):
            s = 1.0 / np.sqrt(i * kh * kw)
            return [jnp.asarray(rng.uniform(-s, s, (kh, kw, i, o)).astype(np.float32)), jnp.zeros(o, jnp.float32)]
        p = [conv_w(3, 3, 1, 32), conv_w(3, 3, 32, 64), dense(1600, 128), dense(128, 10)]

        def conv(x, wb):
            y = lax.conv_general_dilated(x, wb[0], (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            return jax.nn.relu(y + wb[1])

        def pool(x):
            if variant == "reduce_window":
                return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
            n, h, w, c = x.shape
            x = x[:, : h // 2 * 2, : w // 2 * 2]
            return x.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))

        def f(p, x):
            x = pool(conv(x, p[0]))
            x = pool(conv(x, p[1]))
            x = x.reshape(x.shape[0], -1)
            x = jax.nn.relu(x @ p[2][0] + p[2][1])
            return x @ p[3][0] + p[3][1]
        return p, f
    if workload == "W5":
        H = 128
        s = 1 / np.sqrt(H)
        p = [[jnp.asarray(rng.uniform(-s, s, (28, 4 * H)).astype(np.float32)),
              jnp.asarray(rng.uniform(-s, s, (H, 4 * H)).astype(np.float32)),
              jnp.zeros(4 * H, jnp.float32)], dense(H, 10)]
        unroll = int(variant[6:]) if variant and variant.startswith("unroll") else 1

        def f(p, x):
            wi, wh, b = p[0]
            xt = jnp.swapaxes(x, 0, 1)  # time major
            xp = xt @ wi + b            # all input projections in one GEMM

            def cell(hc, g):
                h, c = hc
                g = g + h @ wh
                i, fg, gg, o = jnp.split(g, 4, axis=-1)
                c = jax.nn.sigmoid(fg) * c + jax.nn.sigmoid(i) * jnp.tanh(gg)
                h = jax.nn.sigmoid(o) * jnp.tanh(c)
                return (h, c), None
            z = jnp.zeros((x.shape[0], H), jnp.float32)
            (h, _), _ = lax.scan(cell, (z, z), xp, unroll=unroll)
            return h @ p[1][0] + p[1][1]
        return p, f
    raise ValueError(workload)


def jax_train(workload, args, scan):
    jax = jax_setup(args)
    import jax.numpy as jnp
    from jax import lax

    p0, logits = jax_net(workload, args.variant)
    xs, ys = make_data(workload)
    if workload == "W4":
        xs = [x.transpose(0, 2, 3, 1).copy() for x in xs]
    ys = [y.astype("int32") for y in ys]

    if workload == "W1":
        def loss_fn(p, x, y):
            z = logits(p, x)[:, 0]
            return jnp.mean(jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z))))

        def step(state, x, y):
            p = state[0]
            loss, g = jax.value_and_grad(loss_fn)(p, x, y)
            return (jax.tree.map(lambda p, g: p - 0.5 * g, p, g),), loss
        state = (p0,)
    else:
        def loss_fn(p, x, y):
            lp = jax.nn.log_softmax(logits(p, x))
            return -jnp.mean(jnp.take_along_axis(lp, y[:, None], 1))

        def step(state, x, y):
            p, m, v, t = state
            loss, g = jax.value_and_grad(loss_fn)(p, x, y)
            t = t + 1
            c1 = 1.0 / (1 - 0.9 ** t)
            c2 = 1.0 / (1 - 0.999 ** t)
            m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
            v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
            p = jax.tree.map(lambda p, m, v: p - 1e-3 * (m * c1) / (jnp.sqrt(v * c2) + 1e-8), p, m, v)
            return (p, m, v, t), loss
        z = jax.tree.map(jnp.zeros_like, p0)
        state = (p0, z, jax.tree.map(jnp.copy, z), jnp.float32(0))

    box = [state, None]
    jstep = jax.jit(step, donate_argnums=0)
    n = len(xs)
    if not scan:
        xs = [jnp.asarray(x) for x in xs]
        ys = [jnp.asarray(y) for y in ys]

        def epoch_or_steps(k):
            s, loss = box[0], None
            if workload == "W2":
                for _ in range(k):
                    for i in range(n):
                        s, loss = jstep(s, xs[i], ys[i])
            else:
                for j in range(k):
                    i = j % n
                    s, loss = jstep(s, xs[i], ys[i])
            jax.block_until_ready((s, loss))
            box[0], box[1] = s, loss
        run = epoch_or_steps
    else:
        # Many steps inside one compiled program.
        if workload == "W2":
            X, Y = jnp.stack([jnp.asarray(x) for x in xs[:9]]), jnp.stack([jnp.asarray(y) for y in ys[:9]])
            xl, yl = jnp.asarray(xs[9]), jnp.asarray(ys[9])

            def epoch(s, X, Y, xl, yl):
                s, _ = lax.scan(lambda s, b: step(s, *b), s, (X, Y))
                return step(s, xl, yl)
            E = 20

            def epochs(s, X, Y, xl, yl):
                s, l = lax.scan(lambda s, _: epoch(s, X, Y, xl, yl), s, None, length=E)
                return s, l[-1]
            jep = jax.jit(epochs, donate_argnums=0)
            data = (X, Y, xl, yl)
            group = E
        else:
            reps = 1000 if workload == "W1" else 1
            X, Y = jnp.stack([jnp.asarray(x) for x in xs]), jnp.stack([jnp.asarray(y) for y in ys])
            if workload == "W1":
                def epochs(s, X, Y):
                    s, l = lax.scan(lambda s, _: step(s, X[0], Y[0]), s, None, length=reps)
                    return s, l[-1]
                group = reps
            else:
                def epochs(s, X, Y):
                    s, l = lax.scan(lambda s, b: step(s, *b), s, (X, Y))
                    return s, l[-1]
                group = n
            jep = jax.jit(epochs, donate_argnums=0)
            data = (X, Y)

        def run(k):
            s, loss = box
            for _ in range(k // group):
                s, loss = jep(s, *data)
            jax.block_until_ready((s, loss))
            box[0], box[1] = s, loss
        run.group = group
    return run, lambda: float(box[1]), {"version": jax.__version__}


def jax_infer(workload, args):
    jax = jax_setup(args)
    import jax.numpy as jnp
    import numpy as np

    w = INFER[workload]
    p, logits = jax_net(w["model"], args.variant)
    shape = (784,) if w["model"] == "mlp" else (28, 28, 1)
    x = jnp.asarray(np.random.rand(w["batch"], *shape).astype(np.float32))
    f = jax.jit(lambda x: logits(p, x))  # weights as constants

    def run(k):
        for _ in range(k):
            f(x).block_until_ready()
    return run, None, {"version": jax.__version__}


def jax_act(workload, args):
    jax = jax_setup(args)
    import jax.numpy as jnp
    import numpy as np

    x = jnp.asarray(np.random.randn(1024, 1024).astype(np.float32))
    o = [jnp.zeros_like(x)]
    g = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "relu": jax.nn.relu,
         "softmax": lambda x: jax.nn.softmax(x, axis=1), "memcpy": jnp.copy}[workload[3:]]
    # keep_unused + donation: the result goes into the donated buffer
    f = jax.jit(lambda x, o: g(x), donate_argnums=1, keep_unused=True)

    def run(k):
        for _ in range(k):
            o[0] = f(x, o[0])
            o[0].block_until_ready()
    return run, None, {"version": jax.__version__}


def jax_gemm(workload, args):
    jax = jax_setup(args)
    import jax.numpy as jnp
    import numpy as np

    m, k_, n = GEMM[workload]["shape"]
    a = jnp.asarray(np.random.randn(m, k_).astype(np.float32))
    b = jnp.asarray(np.random.randn(k_, n).astype(np.float32))
    c = [jnp.zeros((m, n), jnp.float32)]
    f = jax.jit(lambda a, b, c: a @ b, donate_argnums=2, keep_unused=True)

    def run(k):
        for _ in range(k):
            c[0] = f(a, b, c[0])
            c[0].block_until_ready()
    return run, None, {"version": jax.__version__}


# -------------------------------------------------------------------- keras
def keras_train(workload, args):
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import numpy as np
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(args.threads)
    tf.config.threading.set_inter_op_parallelism_threads(args.threads)
    import keras
    from keras import layers as L

    keras.utils.set_random_seed(0)
    xs, ys = make_data(workload)
    b = TRAIN[workload]["batch"]
    dense = {"W1": (2,), "W2": (4,), "W3": (784,), "W3b": (784,), "W4": (28, 28, 1), "W5": (28, 28)}[workload]
    body = {
        "W1": lambda: [L.Dense(4, activation="tanh"), L.Dense(1, activation="sigmoid")],
        "W2": lambda: [L.Dense(16, activation="relu"), L.Dense(3)],
        "W3": lambda: [L.Dense(128, activation="relu"), L.Dense(10)],
        "W3b": lambda: [L.Dense(512, activation="relu"), L.Dense(512, activation="relu"), L.Dense(10)],
        "W4": lambda: [L.Conv2D(32, 3, activation="relu"), L.MaxPooling2D(2),
                       L.Conv2D(64, 3, activation="relu"), L.MaxPooling2D(2),
                       L.Flatten(), L.Dense(128, activation="relu"), L.Dense(10)],
        "W5": lambda: [L.LSTM(128), L.Dense(10)],
    }[workload]()
    model = keras.Sequential([keras.Input(dense)] + body)
    x, y = np.concatenate(xs), np.concatenate(ys)
    if workload == "W4":
        x = x.reshape(-1, 28, 28, 1)
    rows = len(x)
    # fit() pays for itself only over many steps: repeat the small sets so
    # that one fit() call covers `group` steps.
    if workload == "W1":
        times, group, spe = 1000, 1000, 250
        x, y = np.tile(x, (times, 1)), np.tile(y, times)
    elif workload == "W2" and args.variant == "tiled":
        x, y, group, spe = np.tile(x, (100, 1)), np.tile(y, 100), 100, 50
    elif workload == "W2":
        group, spe = 1, 10
    else:
        group, spe = NB, 8
    jit = args.variant == "xla"
    loss = keras.losses.BinaryCrossentropy() if workload == "W1" else \
        keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    opt = keras.optimizers.SGD(0.5) if workload == "W1" else keras.optimizers.Adam(1e-3)
    model.compile(optimizer=opt, loss=loss, steps_per_execution=spe, jit_compile=jit)
    hist = [None]

    def run(k):
        # one fit() call of k // group epochs
        h = model.fit(x, y, batch_size=b, epochs=max(1, k // group), shuffle=False, verbose=0)
        hist[0] = h.history["loss"][-1]
    run.group = group
    return run, lambda: float(hist[0]), {"version": f"keras {keras.__version__} / tf {tf.__version__}",
                                         "note": f"fit(), steps_per_execution={spe}, jit_compile={jit}, rows={rows}"}


# ------------------------------------------------------------------ sklearn
def sklearn_train(workload, args):
    import warnings
    import numpy as np
    import sklearn
    from sklearn.neural_network import MLPClassifier
    from threadpoolctl import threadpool_limits

    warnings.filterwarnings("ignore")
    threadpool_limits(args.threads)
    xs, ys = make_data(workload)
    x, y = np.concatenate(xs), np.concatenate(ys)
    hidden = {"W2": (16,), "W3": (128,), "W3b": (512, 512)}[workload]
    group = 1 if workload == "W2" else NB  # one epoch
    b = TRAIN[workload]["batch"]
    loss = [None]

    def run(k):
        clf = MLPClassifier(hidden, solver="adam", alpha=0.0, batch_size=b, learning_rate_init=1e-3,
                            max_iter=max(1, k // group), tol=0.0, n_iter_no_change=10**6, shuffle=False)
        clf.fit(x, y)
        loss[0] = clf.loss_
    run.group = group
    return run, lambda: float(loss[0]), {"version": sklearn.__version__, "note": "fit() of MLPClassifier, shuffle=False"}


# ---------------------------------------------------------------------- ORT
def ort_infer(workload, args):
    import numpy as np
    import onnxruntime as ort

    w = INFER[workload]
    so = ort.SessionOptions()
    so.intra_op_num_threads = args.threads
    so.inter_op_num_threads = 1
    s = ort.InferenceSession(os.path.join(args.models, w["model"] + ".onnx"), so, providers=["CPUExecutionProvider"])
    shape = (784,) if w["model"] == "mlp" else (1, 28, 28)
    x = np.random.rand(w["batch"], *shape).astype(np.float32)
    feed = {"x": x}

    def run(k):
        for _ in range(k):
            s.run(["y"], feed)
    return run, None, {"version": ort.__version__}


# -------------------------------------------------------------------- numpy
def numpy_act(workload, args):
    import numpy as np

    x = np.random.randn(1024, 1024).astype(np.float32)
    o = np.empty_like(x)
    name = workload[3:]
    if name == "sigmoid":
        def f():
            np.negative(x, out=o)
            np.exp(o, out=o)
            np.add(o, 1, out=o)
            np.reciprocal(o, out=o)
    elif name == "tanh":
        def f():
            np.tanh(x, out=o)
    elif name == "relu":
        def f():
            np.maximum(x, 0, out=o)
    elif name == "softmax":
        def f():
            np.subtract(x, x.max(1, keepdims=True), out=o)
            np.exp(o, out=o)
            np.divide(o, o.sum(1, keepdims=True), out=o)
    else:
        def f():
            np.copyto(o, x)

    def run(k):
        for _ in range(k):
            f()
    return run, None, {"version": np.__version__}


def numpy_gemm(workload, args):
    import numpy as np
    from threadpoolctl import threadpool_limits

    threadpool_limits(args.threads)
    m, k_, n = GEMM[workload]["shape"]
    a = np.random.randn(m, k_).astype(np.float32)
    b = np.random.randn(k_, n).astype(np.float32)
    c = np.empty((m, n), np.float32)

    def run(k):
        for _ in range(k):
            np.matmul(a, b, out=c)
    return run, None, {"version": np.__version__ + " (OpenBLAS)"}


# --------------------------------------------------------------------- main
def build(args):
    w, p = args.workload, args.peer
    if w not in PEERS.get(p, []):
        sys.exit(f"{p} does not do {w}")
    if p in ("torch", "torch-compile"):
        c = p == "torch-compile"
        if w in TRAIN:
            return torch_train(w, args, c)
        if w in INFER:
            return torch_infer(w, args, c)
        if w in ACT:
            return torch_act(w, args, c)
        return torch_gemm(w, args)
    if p in ("jax", "jax-scan"):
        if w in TRAIN:
            return jax_train(w, args, p == "jax-scan")
        if w in INFER:
            return jax_infer(w, args)
        if w in ACT:
            return jax_act(w, args)
        return jax_gemm(w, args)
    if p == "keras":
        return keras_train(w, args)
    if p == "sklearn":
        return sklearn_train(w, args)
    if p == "onnxruntime":
        return ort_infer(w, args)
    if w in ACT:
        return numpy_act(w, args)
    return numpy_gemm(w, args)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--workload")
    ap.add_argument("--peer")
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--variant", default="", help="peer-specific alternative, see README.md")
    ap.add_argument("--repeats", type=int, default=7)
    ap.add_argument("--block", type=float, default=0.4, help="seconds per timed block")
    ap.add_argument("--models", default=os.environ.get("PEER_MODELS", os.path.join(HERE, "models")))
    ap.add_argument("--serve", action="store_true")
    ap.add_argument("--list", action="store_true")
    args = ap.parse_args()
    if args.list:
        print(json.dumps(PEERS))
        return

    # One thread means one CPU, for every peer (XLA and TF size their pools by it).
    cpus = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, set(cpus[-args.threads:]))
    for v in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[v] = str(args.threads)

    t0 = time.perf_counter()
    run, loss, meta = build(args)
    t1 = time.perf_counter()
    group = getattr(run, "group", 1)
    run(group)  # compiles
    t2 = time.perf_counter()
    if args.workload == "W2" and args.peer != "sklearn":
        run(group)
    # warm up for at least 0.3 s and calibrate
    n = group
    while True:
        a = time.perf_counter()
        run(n)
        dt = time.perf_counter() - a
        if dt > 0.3:
            break
        n = max(n + group, int(n * min(10.0, 0.36 / max(dt, 1e-6)))) // group * group
    n = max(group, int(n * args.block / dt) // group * group)
    info = dict(workload=args.workload, peer=args.peer, threads=args.threads, variant=args.variant,
                unit=WORKLOADS[args.workload]["unit"], steps_per_block=n,
                setup_s=round(t1 - t0, 3), first_call_s=round(t2 - t1, 3), **meta)

    def block():
        run(max(group, n // 50 // group * group))  # wakes threads and caches after an idle gap
        a = time.perf_counter()
        run(n)
        return (time.perf_counter() - a) / n

    if args.serve:
        print(json.dumps(dict(ready=True, **info)), flush=True)
        for line in sys.stdin:
            if line.strip() == "q":
                break
            r = {"s": block()}
            if loss:
                r["loss"] = loss()
            print(json.dumps(r), flush=True)
        return
    secs = [block() for _ in range(args.repeats)]
    med = statistics.median(secs)
    info.update(value=value_of(args.workload, med), sec_per_step=med, min_s=min(secs), max_s=max(secs), repeats=len(secs))
    if loss:
        info["loss"] = loss()
    print(json.dumps(info), flush=True)


if __name__ == "__main__":
    main()
