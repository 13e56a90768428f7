"""Right and wrong answers to the checked exercises of chapter 5."""

import math

import torch
from torch import nn


def drops(model, x):
    """Look at the spread of several passes."""
    with torch.no_grad():
        return bool(torch.stack([model(x) for _ in range(3)]).std(dim=0).any())


def drops_after_eval(model, x):
    model.eval()
    return drops(model, x)


class Written(nn.Module):
    """The classifier with F.dropout, its linear layers in a list."""

    def __init__(self, rate, places=(True, True), before=False):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(20, 64), nn.Linear(64, 32), nn.Linear(32, 1)])
        self.rate, self.places, self.before = rate, places, before

    def drop(self, h):
        return nn.functional.dropout(h, self.rate, training=self.training)

    def forward(self, h):
        if self.before:
            h = self.drop(h)
        for layer, here in zip(self.layers[:2], self.places, strict=True):
            h = layer(h).relu()
            if here:
                h = self.drop(h)
        return self.layers[2](h)


RIGHT = {
    "drops": drops,
    "functional_net": Written,
    "loss_floor": lambda rate, classes: rate * math.log(classes),
}
WRONG = {
    "drops": (
        lambda model, x: True,
        lambda model, x: False,
        lambda model, x: not drops(model, x),
        drops_after_eval,
        lambda model, x: model(x) != model(x),
    ),
    "functional_net": (
        lambda rate: Written(1 - rate),
        lambda rate: Written(rate, places=(False, True)),
        lambda rate: Written(rate, before=True),
        lambda rate: Written,
        lambda rate: nn.Linear(20, 1),
        lambda rate: nn.Sequential(*Written(rate).layers),
    ),
    "loss_floor": (
        lambda rate, classes: rate * classes,
        lambda rate, classes: -rate * math.log(classes),
        lambda rate, classes: math.log(rate * classes) if rate else 0.0,
        lambda rate, classes: rate * math.log(classes - 1),
    ),
}
