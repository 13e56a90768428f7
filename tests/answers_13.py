"""Right and wrong answers to the checked exercises of chapter 13."""

import math
import statistics

import numpy as np


def paired_gain(some, none, t):
    """Use the standard library, which divides by n - 1."""
    gains = [a - b for a, b in zip(some, none, strict=True)]
    return statistics.mean(gains), t * statistics.stdev(gains) / math.sqrt(len(gains))


def verdict(gain, half):
    if abs(gain) <= half:
        return "unclear"
    return "helps" if gain > 0 else "harms"


RIGHT = {"paired_gain": paired_gain, "verdict": verdict}
WRONG = {
    "paired_gain": (
        lambda some, none, t: paired_gain(some, none, t)[0],
        lambda some, none, t: paired_gain(some, none, t)[::-1],
        lambda some, none, t: paired_gain(some, none, 2 * t),
        lambda some, none, t: paired_gain(some, np.full(len(none), none.mean()), t),
    ),
    "verdict": (
        lambda gain, half: "unclear",
        lambda gain, half: gain > half,
        lambda gain, half: verdict(gain, half).title(),
        lambda gain, half: verdict(-gain, half),
        lambda gain, half: "helps" if gain > half else "unclear",
    ),
}
