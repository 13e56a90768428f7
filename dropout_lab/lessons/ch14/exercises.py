"""The checked exercises of chapter 14: noise that a layer hears, and a stream that grows."""

import numpy as np

from dropout_lab.masks import all_masks
from dropout_lab.teaching.exercise import Exercise, Mistake, Trial


def _weights_and_update():
    return np.array([1.0, -0.5, 2.0]), np.array([0.5, 1.0, 1.5])


def _token_and_update():
    return np.array([2.0, -0.5, 1.0]), np.array([0.5, 1.0, 1.5])


def _over_masks(units, rate, whole):
    """Return all factors on so many numbers, shape (masks, units), and their probabilities."""
    masks, chances = all_masks(1 if whole else units, rate)
    return np.broadcast_to(masks / (1 - rate), (len(masks), units)), chances


def _sum_variance(w, update, rate, whole):
    """Return the variance of a weighted sum, by going through all masks."""
    factors, chances = _over_masks(len(update), rate, whole)
    sums = (factors * update) @ w
    return chances @ sums**2 - (chances @ sums) ** 2


def _growth(x, update, rate):
    """Return the same for the length of a token, by going through all masks."""
    factors, chances = _over_masks(len(update), rate, whole=False)
    lengths = np.sum((x + factors * update) ** 2, axis=1)
    return np.sqrt(chances @ lengths / np.sum((x + update) ** 2))


EXERCISES = (
    Exercise(
        "sum_variance(w, update, rate, whole) returns the variance over masks of a weighted sum "
        "of x plus a masked update, one coin for each number or one for all.",
        Trial("two ones at rate 0.5, a coin each", lambda: (np.ones(2), np.ones(2), 0.5, False), 2),
        Trial("the same with one coin", lambda: (np.ones(2), np.ones(2), 0.5, True), 4),
        Trial(
            "three numbers at rate 0.3", lambda: (*_weights_and_update(), 0.3, False), _sum_variance
        ),
        Trial(
            "three numbers with one coin",
            lambda: (*_weights_and_update(), 0.3, True),
            _sum_variance,
        ),
        Trial("rate 0", lambda: (*_weights_and_update(), 0.0, True), 0.0),
        Mistake(
            lambda w, update, rate, whole: rate / (1 - rate) * np.sum(w**2 * update**2),
            "True for a coin each. With one coin all terms move together, and covariances count.",
        ),
        Mistake(
            lambda w, update, rate, whole: rate * (1 - rate) * _sum_variance(w, update, 0.5, whole),
            "That is for a mask of zeros and ones. Inverted dropout divides it by 1 - rate.",
        ),
    ),
    Exercise(
        "stream_growth(x, update, rate) returns the root of the mean squared length of x plus a "
        "masked update, divided by the length of x + update.",
        Trial("no stream at rate 0.5", lambda: (np.zeros(2), np.ones(2), 0.5), 2**0.5),
        Trial("no update", lambda: (_token_and_update()[0], np.zeros(3), 0.3), 1.0),
        Trial("three numbers at rate 0.3", lambda: (*_token_and_update(), 0.3), _growth),
        Trial(
            "a stream that the update cancels in part",
            lambda: (_token_and_update()[0], -_token_and_update()[1], 0.1),
            _growth,
        ),
        Mistake(
            lambda x, update, rate: _growth(x, update, rate) ** 2,
            "That is the growth of the squared length. Take the root.",
        ),
        Mistake(
            lambda x, update, rate: np.sqrt(
                1 + rate / (1 - rate) * np.sum(update**2) / max(np.sum(x**2), 1e-300)
            ),
            "Divide by the length of x + update, which is what there is without masks.",
        ),
    ),
)
