"""Right and wrong answers to the checked exercises of chapter 9."""

import math

import numpy as np


def _max_norm(weights, c):
    result = weights.copy()
    for unit in range(weights.shape[1]):
        length = math.hypot(*weights[:, unit])
        if length > c:
            result[:, unit] *= c / length
    return result


def _choose_rate(rates, validation, test):
    means = [sum(row) / len(row) for row in validation]
    best = means.index(min(means))
    return rates[best], sum(test[best]) / len(test[best])


RIGHT = {
    "layer_width": lambda kept, rate: round(kept / (1 - rate)),
    "choose_rate": _choose_rate,
    "max_norm": _max_norm,
}

WRONG = {
    "layer_width": [
        lambda kept, rate: kept + round(kept * rate),
        lambda kept, rate: 2 * kept,
        lambda kept, rate: kept,
    ],
    "choose_rate": [
        lambda rates, validation, test: (rates[1], test.min()),
        lambda rates, validation, test: (rates[int(np.argmin(validation.mean(axis=1)))], 0.0),
        lambda rates, validation, test: rates[0],
    ],
    "max_norm": [
        lambda weights, c: np.where(np.linalg.norm(weights, axis=0) > c, 0.0, weights),
        lambda weights, c: weights / c,
        lambda weights, c: weights,
    ],
}
