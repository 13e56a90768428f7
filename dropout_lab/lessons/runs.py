"""The images that several experiments train on."""

from functools import cache

import numpy as np

__all__ = ["mnist_rows"]


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
