"""MNIST in the tests: the real images where they are, easy pictures in their place elsewhere."""

import os

import numpy as np
import pytest

needs_mnist = pytest.mark.skipif(
    not os.environ.get("DROPOUT_LAB_DATA"),
    reason="MNIST is not part of the repository, and tests download nothing: "
    "set DROPOUT_LAB_DATA to a folder that holds it, and stored results are run again",
)


def easy_rows(training, testing):
    """Return pictures and labels as `mnist_rows` does: class k is a bright block in place k."""
    rng = np.random.default_rng(0)
    total = training + testing
    labels = rng.integers(0, 10, total)
    x = rng.uniform(0, 0.3, (total, 784)).astype(np.float32)
    for row, label in zip(x, labels, strict=True):
        row[78 * label : 78 * label + 78] += 0.6
    return x[:training], labels[:training], x[training:], labels[training:]
