"""Where both twins start: the same weights for the same seed."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from dropout_lab._checks import check_count, check_rate

__all__ = ["initial_weights"]


def initial_weights(sizes, rate, input_rate, seed):
    """Check the arguments of a perceptron, and return Glorot-uniform weights.

    Parameters
    ----------
    sizes : sequence of int
        Units per layer, inputs first.
    rate, input_rate : float
        Probabilities of dropping; only checked.
    seed : int
        Draws the weights.

    Returns
    -------
    list of numpy.ndarray of float32
        One per layer, shape ``(inputs, outputs)``, uniform between plus and minus
        ``sqrt(6 / (inputs + outputs))``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.
    """
    if not isinstance(sizes, Sequence) or isinstance(sizes, str) or len(sizes) < 2:
        raise ValueError(f"sizes must list at least inputs and outputs, got {sizes!r}")
    sizes = [check_count(size, "every entry of sizes") for size in sizes]
    check_rate(rate)
    check_rate(input_rate, "input_rate")
    rng = np.random.default_rng(check_count(seed, "seed", minimum=0))
    limits = [np.sqrt(6 / (inputs + outputs)) for inputs, outputs in pairwise(sizes)]
    return [
        rng.uniform(-limit, limit, shape).astype(np.float32)
        for limit, shape in zip(limits, pairwise(sizes), strict=True)
    ]
