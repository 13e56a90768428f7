"""Right and wrong answers to the checked exercises of chapter 11."""

import itertools

import numpy as np


def entropy(probabilities):
    return -(probabilities * np.log(probabilities)).sum(axis=-1)


def mutual_information(probabilities):
    return entropy(probabilities.mean(axis=0)) - entropy(probabilities).mean(axis=0)


def readout_variance(hidden, weights, rate):
    """Add up the variances of the units."""
    return sum(rate / (1 - rate) * (h * w) ** 2 for h, w in zip(hidden.T, weights, strict=True))


def calibration_error(labels, probabilities):
    """Go through the bins."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    total = 0.0
    for low, high in itertools.pairwise(np.linspace(0, 1, 11)):
        inside = (confidence >= low) & ((confidence < high) | (high == 1))
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return total


RIGHT = {
    "mutual_information": mutual_information,
    "readout_variance": readout_variance,
    "calibration_error": calibration_error,
}
WRONG = {
    "mutual_information": (
        lambda p: entropy(p),
        lambda p: mutual_information(np.swapaxes(p, 0, 1)),
        lambda p: mutual_information(p).mean(),
        lambda p: p.var(axis=0).sum(axis=-1),
    ),
    "readout_variance": (
        lambda hidden, weights, rate: hidden**2 @ weights**2 * rate,
        lambda hidden, weights, rate: hidden**2 @ weights * rate / (1 - rate),
        lambda hidden, weights, rate: readout_variance(hidden, weights, rate) / len(weights),
        lambda hidden, weights, rate: readout_variance(hidden, weights, rate).mean(),
    ),
    "calibration_error": (
        lambda labels, p: 1 - p.max(axis=1).mean(),
        lambda labels, p: np.mean(p.argmax(axis=1) != labels),
        lambda labels, p: calibration_error(labels, p) ** 2,
        lambda labels, p: np.abs((p.argmax(axis=1) == labels) - p.max(axis=1)).mean(),
    ),
}
