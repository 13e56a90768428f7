"""Where both twins start: the same weights for the same seed."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dropout_lab import _checks as check


def initial_weights(
    sizes: Sequence[int], rate: float, input_rate: float, seed: int
) -> list[NDArray[np.float32]]:
    """Check the arguments of a perceptron, and return one array of float32 for each layer.

    Of shape ``(inputs, outputs)``, uniform between plus and minus ``sqrt(6 / (inputs + outputs))``.
    """
    sizes = check.counts(sizes, "sizes")
    if len(sizes) < 2:
        raise ValueError(f"sizes must list at least inputs and outputs, got {sizes!r}")
    check.rate(rate)
    check.rate(input_rate, "input_rate")
    rng = np.random.default_rng(check.seed(seed))
    limits = [np.sqrt(6 / (inputs + outputs)) for inputs, outputs in pairwise(sizes)]
    return [
        rng.uniform(-limit, limit, shape).astype(np.float32)
        for limit, shape in zip(limits, pairwise(sizes), strict=True)
    ]
