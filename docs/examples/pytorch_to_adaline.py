"""Trains a network in PyTorch and writes it as an adaline model. docs/model-format.md explains the file.

    pip install torch safetensors
    adaline data iris -o iris.csv
    python pytorch_to_adaline.py iris.csv iris-torch.safetensors
    adaline evaluate iris-torch.safetensors iris.csv
    adaline predict iris-torch.safetensors iris.csv --proba

It prints the loss and the accuracy that `evaluate` must print too, the probabilities of the first row, and what three more
epochs of plain gradient descent come to in PyTorch. The same three epochs in adaline:

    adaline train iris.csv --from iris-torch.safetensors --no-shuffle --test-split 0 --validation-split 0 \
        --optimizer sgd --learning-rate 0.01 --batch-size 32 --epochs 3 -o further.safetensors
"""

import csv
import json
import sys

import torch
from safetensors.torch import save_file
from torch import nn

FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
TARGET = "species"


def main(data, output):
    with open(data, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    classes = sorted({row[TARGET] for row in rows})
    x = torch.tensor([[float(row[name]) for name in FEATURES] for row in rows], dtype=torch.float64)
    t = torch.tensor([classes.index(row[TARGET]) for row in rows])

    # What the encoder will do to each column: (x - mean) / scale, computed in float64 and rounded to float32 once.
    mean, scale = x.mean(dim=0), x.std(dim=0, correction=0)
    x = ((x - mean) / scale).float()

    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(100):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), t).backward()
        optimizer.step()

    write(net, mean, scale, classes, output)

    with torch.no_grad():
        logits = net(x)
    loss = nn.functional.cross_entropy(logits, t).item()
    accuracy = (logits.argmax(dim=1) == t).double().mean().item()
    print(f"loss {loss:.4f}   accuracy {accuracy:.4f}   rows {len(rows)}")
    print("row 1", dict(zip(classes, torch.softmax(logits[0].double(), dim=0).tolist())))
    further(net, x, t)


def write(net, mean, scale, classes, output):
    """The model file: tensors by name, and one JSON text that says what they are."""
    layers = ["dense 16 relu", "dense 3"]
    tensors = {
        "layers.0.weight": net[0].weight,
        "layers.0.bias": net[0].bias,
        "layers.1.weight": net[2].weight,
        "layers.1.bias": net[2].bias,
    }
    description = {
        "format": 1,
        "layers": layers,
        "encoder": {
            "inputs": [
                {"type": "number", "name": name, "mean": m, "scale": s}
                for name, m, s in zip(FEATURES, mean.tolist(), scale.tolist())
            ],
            "target": {"type": "classes", "name": TARGET, "classes": classes},
        },
    }
    tensors = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    save_file(tensors, output, metadata={"adaline": json.dumps(description, ensure_ascii=False, allow_nan=False)})


def further(net, x, t):
    """Three epochs of plain gradient descent over the rows in their order."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    for epoch in range(1, 4):
        total = 0.0
        for first in range(0, len(x), 32):
            batch = slice(first, first + 32)
            loss = nn.functional.cross_entropy(net(x[batch]), t[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(t[batch])
        print(f"epoch {epoch}  loss {total / len(x):.4f}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
