"""The checked exercises of chapter 10: noise as a price, a shared load, a penalty with an end."""

import numpy as np

from dropout_lab.ridge import dropout_prices, logistic_penalty
from dropout_lab.teaching.exercise import Exercise, Mistake, Trial, kept_for_dropped


def _inputs(n, d):
    """Return a table of random inputs, always the same."""
    return np.random.default_rng(n).normal(size=(n, d))


def _prices(x, factors, chances):
    """Return the variance of the factor times the sums of squares."""
    return (chances @ factors**2 - 1) * np.sum(x**2, axis=0)


def _pair(correlation, rate, fade=True):
    """Return the solution of the two normal equations, with or without the factor 1 - rate."""
    keep = 1 - rate
    R = np.array([[1.0, correlation], [correlation, 1.0]])
    return np.linalg.solve(keep * R + rate * np.eye(2), (keep if fade else 1.0) * R[0])


def _lone(z, rate):
    """Return the penalty of one example with one feature, by listing both masks."""
    return logistic_penalty(np.ones((1, 1)), np.array([float(z)]), rate)


EXERCISES = (
    Exercise(
        "noise_prices(x, factors, chances) returns the price of each squared weight, an array "
        "with one entry per column of x.",
        Trial(
            "dropout at rate 0.5 on a single column",
            lambda: (np.array([[1.0], [2.0]]), np.array([0.0, 2.0]), np.array([0.5, 0.5])),
            np.array([5.0]),
        ),
        Trial(
            "dropout at rate 0.2 on three columns",
            lambda: (_inputs(10, 3), np.array([0.0, 1.25]), np.array([0.2, 0.8])),
            lambda x, factors, chances: dropout_prices(x, 0.2),
        ),
        Trial(
            "three factors on two columns",
            lambda: (_inputs(8, 2), np.array([0.5, 1.0, 2.0]), np.array([0.4, 0.4, 0.2])),
            _prices,
        ),
        Mistake(
            lambda x, factors, chances: chances @ factors**2 * np.sum(x**2, axis=0),
            "That is the mean square of the factor. Its variance is what counts.",
        ),
        Mistake(
            lambda x, factors, chances: _prices(x, factors, chances) / len(x),
            "Add up the examples, as the loss does. Do not take their mean.",
        ),
        hint="The variance of one term of the answer is its weight squared times its input squared "
        "times the variance of the factor.",
    ),
    Exercise(
        "shared_weights(correlation, rate) returns an array of the two weights.",
        Trial("no correlation, rate 0.25", lambda: (0.0, 0.25), np.array([0.75, 0.0])),
        Trial("correlation 0.8, rate 0.5", lambda: (0.8, 0.5), np.array([17.0, 10.0]) / 42),
        Trial("correlation -0.5, rate 0.9", lambda: (-0.5, 0.9), _pair),
        Mistake(
            lambda correlation, rate: _pair(correlation, rate, fade=False),
            "The right side is too large: correlations with the target shrink, too.",
        ),
        Mistake(
            lambda correlation, rate: _pair(abs(correlation), rate),
            "The second weight has the sign of the correlation.",
        ),
        kept_for_dropped(_pair),
        hint="Write down the two equations for the two weights, with 1 on the diagonal and "
        "(1 - rate) * correlation beside it.",
    ),
    Exercise(
        "lone_penalty(z, rate) returns the penalty in nats, a number.",
        Trial("no dropout", lambda: (3.0, 0.0), 0.0),
        Trial("logit 2 at rate 0.5", lambda: (2.0, 0.5), _lone),
        Trial("logit -1 at rate 0.2", lambda: (-1.0, 0.2), _lone),
        Trial("logit 5000 at rate 0.5", lambda: (5000.0, 0.5), 0.5 * float(np.log(2))),
        Mistake(
            lambda z, rate: (1 - rate) * np.logaddexp(0, z / (1 - rate)) - np.logaddexp(0, z),
            "With the feature gone the logit is 0, and the loss of that is not 0.",
        ),
        Mistake(
            lambda z, rate: rate * np.log(2) + (1 - rate) * np.logaddexp(0, z / (1 - rate)),
            "That is the mean over the masks. Take away what it costs without dropout.",
        ),
        hint="There are two masks: with probability rate the logit is 0, otherwise z / (1 - rate). "
        "If large logits go wrong, look at numpy.logaddexp.",
    ),
)
