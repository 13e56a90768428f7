"""The checked exercises of chapter 1: the study group."""

import numpy as np

from dropout_lab.masks import all_masks
from dropout_lab.teaching.exercise import Exercise, Mistake, Trial


def _friends(variances, rate, scaled=True, prior=1.0):
    """Return weights in proportion to the precisions, or with a step left out."""
    precisions = 1 / (variances + rate)
    if scaled:
        precisions = precisions * (1 - rate)
    return precisions / (prior + precisions.sum())


def _friends_from_masks(variances, rate):
    """Return the same from the definition: least squares over all masks."""
    return _over_masks(1 + np.diag(variances), np.ones(len(variances)), rate)


def _over_masks(second_moments, with_answer, rate):
    """Return the weights that minimize the squared error averaged over all masks."""
    masks, probabilities = all_masks(len(with_answer), rate)
    scaled = masks / (1 - rate)
    together = np.einsum("k,ki,kj->ij", probabilities, scaled, scaled)
    return np.linalg.solve(second_moments * together, with_answer)


def _ridge(second_moments, with_answer, penalty):
    """Return the weights of least squares with a penalty matrix added."""
    return np.linalg.solve(second_moments + penalty, with_answer)


def _mixed(seed, n=4):
    """Return second moments and correlations of n inputs that depend on each other."""
    rng = np.random.default_rng(seed)
    views = rng.normal(size=(50, n)) @ rng.normal(size=(n, n))
    return views.T @ views / 50, rng.normal(size=n)


EXERCISES = (
    Exercise(
        "friend_weights(variances, rate) takes the noise variances of n friends, shape (n,), and "
        "returns the weights that practice with dropout approaches, shape (n,).",
        Trial(
            "variances 1/4 and 1, without dropout",
            lambda: (np.array([0.25, 1.0]), 0.0),
            lambda variances, rate: np.array([4.0, 1.0]) / 6,
        ),
        Trial(
            "variances 1/4 and 1, at rate 0.5",
            lambda: (np.array([0.25, 1.0]), 0.5),
            lambda variances, rate: np.array([2.0, 1.0]) / 6,
        ),
        Trial(
            "five friends at rate 0.3, against least squares over all masks",
            lambda: (np.random.default_rng(0).uniform(0.1, 2, 5), 0.3),
            _friends_from_masks,
        ),
        Mistake(
            lambda variances, rate: _friends(variances, rate, prior=0.0),
            "Those are shares: they add up to 1. The weights are smaller, for the sum of the "
            "precisions is divided by itself plus one.",
        ),
        Mistake(
            lambda variances, rate: _friends(variances, 0.0),
            "The rate changes nothing in your answer. What does sitting out do to the noise "
            "variance of a friend?",
        ),
        Mistake(
            lambda variances, rate: _friends(variances, rate, scaled=False),
            "Those are the weights of plain weight decay. The noise variance under dropout is "
            "also divided by 1 - rate.",
        ),
    ),
    Exercise(
        "moment_weights(C, c, rate) takes the second moments of n inputs, shape (n, n), and their "
        "correlations with the answer, shape (n,), and returns the best weights under dropout, "
        "shape (n,).",
        Trial(
            "Alex and Bo at rate 0.5",
            lambda: (np.array([[2.0, 1.0], [1.0, 1.0]]), np.array([1.0, 0.0]), 0.5),
            lambda C, c, rate: np.array([2.0, -1.0]) / 7,
        ),
        Trial("four inputs without dropout", lambda: (*_mixed(1), 0.0), _over_masks),
        Trial(
            "four inputs at rate 0.2, against least squares over all masks",
            lambda: (*_mixed(2), 0.2),
            _over_masks,
        ),
        Mistake(
            lambda C, c, rate: _ridge(C, c, 0.0),
            "The rate changes nothing in your answer. Dropout adds a penalty to C.",
        ),
        Mistake(
            lambda C, c, rate: _ridge(C, c, rate / (1 - rate) * np.eye(len(c))),
            "That charges all weights alike. Dropout charges each one in proportion to its own "
            "entry on the diagonal of C.",
        ),
        Mistake(
            lambda C, c, rate: _ridge(C, c, rate * np.diag(np.diag(C))),
            "The penalty is rate / (1 - rate) times the diagonal: the survivors are scaled.",
        ),
    ),
)
