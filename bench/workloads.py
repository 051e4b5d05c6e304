"""What is measured: each workload's title, its figure, and how much work a step is.

Floating-point operations are those of the matrix products alone, a multiply-add counted as two. Training goes over a
product three times (forward, the gradient of the weights, the gradient of the inputs); the first layer needs no gradient
of its inputs. Activations, losses and updates are not counted.
"""
import typing


def training(batch, first, *others):
    """Operations of a training step, from the multiply-adds that each layer's product has for one example."""
    return 2 * batch * (2 * first + 3 * sum(others))


def prediction(batch, *layers):
    return 2 * batch * sum(layers)


MLP = (784 * 128, 128 * 10)
CNN = (26 * 26 * 32 * 9, 11 * 11 * 64 * 9 * 32, 1600 * 128, 128 * 10)
IRIS = (4 * 16, 16 * 3)
XOR = (2 * 4, 4 * 1)
# 28 steps: the inputs of all four gates, and the state before
LSTM_INPUT, LSTM_STATE = 28 * 28 * 4 * 128, 28 * 128 * 4 * 128


class Workload(typing.NamedTuple):
    title: str
    unit: str
    operations: float | None = None  # floating-point operations a step
    moved: float | None = None  # bytes read and written a step
    rows: int | None = None  # samples a step, where the figure is samples a second

    @property
    def higher_is_better(self):
        return self.unit != MICROSECONDS

    def figure(self, result):
        """The figure of the tables from a result line."""
        seconds = result["sec_per_step"]
        if self.unit == SAMPLES:
            return self.rows / seconds
        if self.unit == GFLOPS:
            return result.get("operations", self.operations) / seconds / 1e9
        return seconds * 1e6


MICROSECONDS, SAMPLES, GFLOPS = "µs", "samples/s", "GFLOP/s"
FLOATS = 1 << 20


def activation(name):
    return Workload(f"W7 {name}", MICROSECONDS, moved=2 * 4 * FLOATS)


WORKLOADS = {
    "peak": Workload("Multiply-adds in registers: what the processor can do", GFLOPS),
    "W1": Workload("W1 xor: 2-4(tanh)-1, binary cross-entropy, SGD, 4 rows; a step", MICROSECONDS, training(4, *XOR)),
    "W2": Workload("W2 iris: 4-16(relu)-3, Adam, batch 16; an epoch of 150 rows, 10 steps", MICROSECONDS,
                   training(150, *IRIS)),
    "W3": Workload("W3 mlp: 784-128(relu)-10, Adam, batch 64", SAMPLES, training(64, *MLP), rows=64),
    "W3b": Workload("W3b mlp: 784-512-512-10, Adam, batch 128", SAMPLES,
                    training(128, 784 * 512, 512 * 512, 512 * 10), rows=128),
    "W4": Workload("W4 cnn: conv 32, pool, conv 64, pool, dense 128, dense 10, Adam, batch 64", SAMPLES,
                   training(64, *CNN), rows=64),
    "W5": Workload("W5 lstm: 28 steps of 28, hidden 128, dense 10, Adam, batch 64", SAMPLES,
                   training(64, LSTM_INPUT, LSTM_STATE, 128 * 10), rows=64),
    "W6-mlp-b1": Workload("W6 prediction, MLP 784-128-10, batch 1", MICROSECONDS, prediction(1, *MLP)),
    "W6-mlp-b256": Workload("W6 prediction, MLP 784-128-10, batch 256", SAMPLES, prediction(256, *MLP), rows=256),
    "W6-cnn-b1": Workload("W6 prediction, CNN of W4, batch 1", MICROSECONDS, prediction(1, *CNN)),
    "W6-cnn-b256": Workload("W6 prediction, CNN of W4, batch 256", SAMPLES, prediction(256, *CNN), rows=256),
    "W7-memcpy": activation("copy of 2^20 f32: what the memory can do"),
    "W7-sigmoid": activation("sigmoid of 2^20 f32"),
    "W7-tanh": activation("tanh of 2^20 f32"),
    "W7-relu": activation("ReLU of 2^20 f32"),
    "W7-softmax": activation("softmax of 1,024 rows of 1,024"),
    "W8-1024": Workload("W8 matrix product 1024 x 1024 x 1024", GFLOPS, prediction(1024, 1024 * 1024)),
    "W8-64x784x128": Workload("W8 matrix product 64 x 784 x 128 (M, K, N)", GFLOPS, prediction(64, 784 * 128)),
}
