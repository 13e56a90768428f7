"""The sweep of chapter 15: dropout before the activation or behind it, in trained nets."""

import numpy as np

from dropout_lab.lessons.runs import SEEDS, fitted, scores
from dropout_lab.sweeps import Sweep, grid

__all__ = ["PLACES", "run_place"]

PLACES = ("none", "behind", "before")
"""Where dropout at rate 0.5 stands in each hidden layer."""


def run_place(activation, place, seed):
    """Train a net on scikit-learn's digits, and return its scores on others."""
    import torch
    from sklearn.datasets import load_digits
    from torch import nn

    pixels, labels = load_digits(return_X_y=True)
    rows = np.random.default_rng(seed).permutation(len(labels))
    x, labels = (pixels[rows] / 16).astype("float32"), labels[rows].astype("int64")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        weights = [nn.Linear(a, b) for a, b in ((64, 128), (128, 128), (128, 10))]
    function, drop = getattr(nn, activation), [nn.Dropout(0.5)] * (place != "none")
    behind = [function(), *drop]
    hidden = behind[::-1] if place == "before" else behind
    model = nn.Sequential(weights[0], *hidden, weights[1], *hidden, weights[2])
    how = {"epochs": 40, "batch_size": 32, "learning_rate": 3e-3, "decay": True, "seed": seed}
    fitted(model, (x[:600], labels[:600]), **how)
    return scores(model, test=(x[600:], labels[600:]))


SWEEPS = (
    Sweep(
        "scripts-place",
        "Dropout at rate 0.5 before or behind three activations, and none, on small digits.",
        grid(activation=["ReLU", "GELU", "Sigmoid"], place=list(PLACES), seed=SEEDS),
        run_place,
    ),
)
