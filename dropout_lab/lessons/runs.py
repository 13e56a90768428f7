"""What the sweeps of several lessons share: MNIST as rows, a net trained on the CPU, its scores."""

from functools import cache

import numpy as np

from dropout_lab.network import cross_entropy
from dropout_lab.training import fit_torch, perceptron_torch, predict_torch

__all__ = ["drawn", "fitted", "mnist_rows", "scores", "tested", "trained"]

SEEDS = list(range(5))
"""What the trainings of most sweeps are repeated with."""


@cache
def mnist_rows():
    """Return MNIST as rows of numbers.

    Returns
    -------
    tuple of numpy.ndarray
        Training images, float32 in [0, 1], shape ``(60000, 784)``, and labels, int64; then test
        images, shape ``(10000, 784)``, and labels.

    Raises
    ------
    dropout_lab.data.DataUnavailable
        If MNIST is neither here nor to be had.
    """
    from dropout_lab.data import load_mnist

    data = load_mnist("float32")
    return (
        data.train_images.reshape(-1, 784),
        data.train_labels.astype(np.int64),
        data.test_images.reshape(-1, 784),
        data.test_labels.astype(np.int64),
    )


def drawn(seed, start, stop=None):
    """Return training images and labels between two places of the order that a seed draws.

    So smaller sets of a seed are parts of its larger ones.
    """
    x, labels, *_ = mnist_rows()
    chosen = np.random.default_rng(seed).permutation(len(x))[start:stop]
    return x[chosen], labels[chosen]


def fitted(model, train, watched=None, **settings):
    """Train a model on the CPU with `dropout_lab.training.fit_torch`, and return the history.

    By default 100 training images are watched: the loop wants something to validate on, and
    nothing is decided by it.
    """
    watched = watched or tuple(part[:100] for part in train)
    return fit_torch(model, train, watched, device="cpu", progress=False, **settings)


def trained(sizes, train, watched=None, *, rate, input_rate=0.0, seed, **settings):
    """Train a perceptron from a seed as `fitted` does, and return it with its history."""
    model = perceptron_torch(sizes, rate, input_rate=input_rate, seed=seed)
    return model, fitted(model, train, watched, seed=seed, **settings)


def tested(model, x, labels):
    """Return, with dropout off, the mean loss in nats, and of each image whether it is misread."""
    logits = predict_torch(model, x).astype(np.float64)
    return cross_entropy(logits, labels), logits.argmax(axis=1) != labels


def scores(model, share="accuracy", **parts):
    """Return ``name_loss`` and ``name_accuracy``, or ``name_error``, for each part of the data."""
    found = {}
    for name, part in parts.items():
        found[f"{name}_loss"], wrong = tested(model, *part)
        found[f"{name}_{share}"] = (wrong if share == "error" else ~wrong).mean()
    return found
