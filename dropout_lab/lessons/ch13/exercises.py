"""The checked exercises of chapter 13: a paired interval, and what it allows to say."""

import numpy as np

from dropout_lab.teaching.exercise import Exercise, Mistake, Trial


def _scores(seeds):
    """Return scores with and without dropout for some seeds, always the same."""
    rng = np.random.default_rng(seeds)
    none = rng.normal(0.95, 0.01, seeds)
    return none + rng.normal(0.002, 0.003, seeds), none


def _paired(some, none, t, lost=1):
    """Return mean and half-width of the paired interval; `lost` degrees of freedom are lost."""
    gains = some - none
    return gains.mean(), t * gains.std(ddof=lost) / np.sqrt(len(gains))


EXERCISES = (
    Exercise(
        "paired_gain(some, none, t) returns the mean gain and half the width of its interval, a "
        "tuple of two numbers.",
        Trial(
            "gains of 1, 2 and 3 with t = 4.303",
            lambda: (np.array([3.0, 3.0, 6.0]), np.array([2.0, 1.0, 3.0]), 4.303),
            (2.0, 4.303 / float(np.sqrt(3))),  # their standard deviation is 1
        ),
        Trial("five seeds", lambda: (*_scores(5), 2.776), _paired),
        Trial("ten seeds", lambda: (*_scores(10), 2.262), _paired),
        Mistake(
            lambda some, none, t: _paired(some, none, t, lost=0),
            "The standard deviation of a sample divides by n - 1: ddof=1 in NumPy.",
        ),
        Mistake(
            lambda some, none, t: (
                (some - none).mean(),
                t * np.hypot(some.std(ddof=1), none.std(ddof=1)) / np.sqrt(len(none)),
            ),
            "Those are two separate means. Take the difference for each seed first.",
        ),
        Mistake(
            lambda some, none, t: ((some - none).mean(), t * (some - none).std(ddof=1)),
            "That is the spread of single gains. The mean of n of them varies less.",
        ),
    ),
    Exercise(
        'verdict(gain, half) returns "helps", "harms" or "unclear".',
        Trial("1.0 ± 0.5", lambda: (1.0, 0.5), "helps"),
        Trial("-1.0 ± 0.5", lambda: (-1.0, 0.5), "harms"),
        Trial("0.3 ± 0.5", lambda: (0.3, 0.5), "unclear"),
        Trial("-0.3 ± 0.5", lambda: (-0.3, 0.5), "unclear"),
        Trial("0.5 ± 0.5", lambda: (0.5, 0.5), "unclear"),
        Mistake(
            lambda gain, half: "helps" if gain > 0 else "harms" if gain < 0 else "unclear",
            "You looked at the mean alone. Where does its interval end?",
        ),
        Mistake(
            lambda gain, half: "helps" if gain > half else "harms",
            "There is a third answer, for an interval that reaches across zero.",
        ),
        Mistake(
            lambda gain, half: "helps" if gain > half else "unclear",
            "An interval can lie below zero, too.",
        ),
    ),
)
