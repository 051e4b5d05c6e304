import jax
import jax.numpy as jnp
import numpy as np

from iris import BATCH, EPOCHS, LEARNING_RATE, load, tell

x, y = load()
rng = np.random.default_rng(0)
weights = lambda i, o: rng.uniform(-i**-0.5, i**-0.5, (i, o)).astype(np.float32)  # noqa: E731
params = [weights(4, 16), np.zeros(16, np.float32), weights(16, 3), np.zeros(3, np.float32)]


def logits(p, x):
    return jax.nn.relu(x @ p[0] + p[1]) @ p[2] + p[3]


def loss(p, x, y):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits(p, x)), y[:, None], 1))


@jax.jit
def step(p, m, v, t, x, y):
    g = jax.grad(loss)(p, x, y)
    t = t + 1
    m = [0.9 * m + 0.1 * g for m, g in zip(m, g)]
    v = [0.999 * v + 0.001 * g * g for v, g in zip(v, g)]
    rate = LEARNING_RATE * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return [p - rate * m / (jnp.sqrt(v) + 1e-8) for p, m, v in zip(p, m, v)], m, v, t


state = params, [np.zeros_like(p) for p in params], [np.zeros_like(p) for p in params], np.float32(0)
for _ in range(EPOCHS):
    for at in range(0, len(x), BATCH):
        state = step(*state, x[at:at + BATCH], y[at:at + BATCH])
tell(logits(state[0], x).argmax(1), y)
