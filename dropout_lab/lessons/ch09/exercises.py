"""The checked exercises of chapter 9: choosing the rate."""

import numpy as np

from dropout_lab.regularizers import clip_norms
from dropout_lab.teaching.exercise import Exercise, Mistake, Trial

_RATES = [0.0, 0.2, 0.5, 0.8]


def _errors(seed):
    """Return rates, and errors on validation and test images, shape (rates, seeds)."""
    rng = np.random.default_rng(seed)
    level = np.array([[6.0], [5.6], [5.2], [7.0]])
    return _RATES, level + rng.normal(0, 0.3, (4, 5)), level + rng.normal(0, 0.3, (4, 5))


def _lucky():
    """Return errors whose lowest mean, lowest single value and lowest test error disagree."""
    validation = np.array([[5.0, 5.0, 5.0], [4.0, 4.1, 4.2], [2.0, 6.0, 6.0], [9.0, 9.0, 9.0]])
    test = np.array([[5.5, 5.1, 5.3], [4.9, 4.8, 4.7], [4.0, 6.0, 6.5], [3.0, 3.0, 3.0]])
    return _RATES, validation, test


def _chosen(rates, validation, test):
    """Return the rate of the lowest mean validation error, and its mean test error."""
    best = int(np.argmin(validation.mean(axis=1)))
    return rates[best], float(test[best].mean())


def _weights(seed, shape=(5, 4)):
    return np.random.default_rng(seed).normal(0, 1, shape) * np.array([0.1, 0.5, 1.0, 3.0])


EXERCISES = (
    Exercise(
        "layer_width(kept, rate) returns how many units a layer needs for a mask to leave `kept` "
        "of them on average, as a whole number.",
        Trial("64 units to be left at rate 0.5", lambda: (64, 0.5), 128),
        Trial("64 units to be left at rate 0.9", lambda: (64, 0.9), 640),
        Trial("100 units to be left at rate 0.2", lambda: (100, 0.2), 125),
        Trial("no dropout at all", lambda: (256, 0.0), 256),
        Mistake(
            lambda kept, rate: round(kept * (1 - rate)),
            "That is how many a mask leaves of `kept` units. You want the inverse.",
        ),
        Mistake(
            lambda kept, rate: round(kept / rate) if rate else kept,
            "`rate` is the probability of dropping. Divide by that of keeping.",
        ),
    ),
    Exercise(
        "choose_rate(rates, validation, test) takes errors of shape (rates, seeds) and returns "
        "the chosen rate and the mean test error to report for it.",
        Trial("one lucky seed, and test errors that tempt", _lucky, _chosen),
        Trial("four rates, five seeds", lambda: _errors(1), _chosen),
        Trial("other seeds", lambda: _errors(2), _chosen),
        Mistake(
            lambda rates, validation, test: _chosen(rates, test, test),
            "You chose by the test errors. They are only for the report.",
        ),
        Mistake(
            lambda rates, validation, test: _chosen(
                rates, validation.min(axis=1, keepdims=True), test
            ),
            "You took the rate of the luckiest training. Take the mean over seeds first.",
        ),
        Mistake(
            lambda rates, validation, test: _chosen(rates, validation, validation),
            "You report the validation error. It was used to choose, so it flatters.",
        ),
    ),
    Exercise(
        "max_norm(weights, c) takes weights of shape (inputs, units) and returns them with the "
        "norm of each unit's incoming weights limited to c.",
        Trial("four units, two of them too long", lambda: (_weights(0), 1.5), clip_norms),
        Trial("nothing to do", lambda: (_weights(1), 50.0), clip_norms),
        Trial("all too long", lambda: (10 * _weights(2, (7, 4)), 0.2), clip_norms),
        Mistake(
            lambda weights, c: weights * c / np.linalg.norm(weights, axis=0),
            "You bring every unit to the limit. Those below it must stay as they are.",
        ),
        Mistake(
            lambda weights, c: clip_norms(weights.T, c).T,
            "You limit the outgoing weights of each input. A column belongs to a unit.",
        ),
        Mistake(
            lambda weights, c: np.clip(weights, -c, c),
            "You limit each weight. The limit is for the norm of a whole column.",
        ),
    ),
)
