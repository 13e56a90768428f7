"""MNIST in the tests: the real images where they are, easy pictures in their place elsewhere."""

import os

import numpy as np
import pytest

from dropout_lab.lessons import parts, runs

needs_mnist = pytest.mark.skipif(
    not os.environ.get("DROPOUT_LAB_DATA"),
    reason="MNIST is not part of the repository, and tests download nothing: "
    "set DROPOUT_LAB_DATA to a folder that holds it, and stored results are run again",
)


def easy_mnist(monkeypatch):
    """Put 700 pictures in the place of MNIST in all lessons: class k is a bright block in place k.

    Returns what `mnist_rows` returns: 600 to train on, 100 to test on.
    """
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 700)
    x = rng.uniform(0, 0.3, (700, 784)).astype(np.float32)
    for row, label in zip(x, labels, strict=True):
        row[78 * label : 78 * label + 78] += 0.6
    images = x[:600], labels[:600], x[600:], labels[600:]
    for module in (runs, *parts("sweeps")):
        monkeypatch.setattr(module, "mnist_rows", lambda: images, raising=False)
    return images
