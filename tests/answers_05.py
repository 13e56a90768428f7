"""Right and wrong answers to the checked exercises of chapter 5."""

import copy
import math

import torch
from torch import nn


def drops(model, x):
    """Look at the spread of several passes of a copy."""
    twin = copy.deepcopy(model)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        return bool(torch.stack([twin(x) for _ in range(3)]).std(dim=0).any())


def drops_after_eval(model, x):
    model.eval()
    return drops(model, x)


def drops_and_seeds(model, x):
    torch.manual_seed(0)
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


def loss_floor(rate, classes):
    """Drop the wrong logits one after the other; keep the chances of all numbers so far."""
    chances = [1.0]
    for _ in range(classes - 1):
        kept, dropped = [*chances, 0.0], [0.0, *chances]
        chances = [(1 - rate) * k + rate * d for k, d in zip(kept, dropped, strict=True)]
    return rate * sum(chance * math.log(count) for count, chance in enumerate(chances, 1))


RIGHT = {
    "drops": drops,
    "functional_net": Written,
    "loss_floor": loss_floor,
}
WRONG = {
    "drops": (
        lambda model, x: True,
        lambda model, x: False,
        lambda model, x: not drops(model, x),
        drops_after_eval,
        drops_and_seeds,
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
        lambda rate, classes: loss_floor(rate, classes + 1),
    ),
}
