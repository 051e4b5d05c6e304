import torch
from torch import nn

from iris import BATCH, EPOCHS, LEARNING_RATE, load, tell

rows, classes = load()
x, y = torch.from_numpy(rows), torch.from_numpy(classes)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
for _ in range(EPOCHS):
    for inputs, targets in zip(x.split(BATCH), y.split(BATCH)):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
tell(model(x).argmax(1), classes)
