"""The checked exercises of chapter 12: the family."""

import numpy as np

from dropout_lab.family import drop_probabilities, seed_rate, variance_ratio
from dropout_lab.teaching.exercise import Exercise, Mistake, Trial


def _dropped(rate, block, side):
    """Return the mean over the pixels of a map."""
    return drop_probabilities(rate, block, side, side).mean()


def _memory(rate, steps, shared):
    """Return the mean of a product of one factor, or of independent ones."""
    return (1 - rate) ** (1 - steps) if shared else 1.0


def _ratio(x, rate):
    """Return the ratio for activations that meet dropout and then a norm."""
    one = np.ones(1)
    return variance_ratio(one, one * x.mean(), np.array([[x.var()]]), rate)


def _rectified(seed):
    """Return activations of a ReLU."""
    return np.maximum(np.random.default_rng(seed).normal(size=50), 0)


EXERCISES = (
    Exercise(
        "block_share(rate, block, side) returns which share of a map of side x side pixels "
        "DropBlock drops on average, overlaps counted once.",
        Trial("blocks of 1 pixel at rate 0.3", lambda: (0.3, 1, 5), 0.3),
        Trial("a block as large as the map, rate 0.4", lambda: (0.4, 6, 6), 0.4),
        Trial("blocks of 3 in a map of 8, rate 0.3", lambda: (0.3, 3, 8), _dropped),
        Trial("blocks of 7 in a map of 14, rate 0.5", lambda: (0.5, 7, 14), _dropped),
        Mistake(
            lambda rate, block, side: rate,
            "That is the share if blocks never overlapped. Two blocks that cover the same pixel "
            "drop it once.",
        ),
        Mistake(
            lambda rate, block, side: 1 - (1 - seed_rate(rate, block, side, side)) ** block**2,
            "That holds for a pixel in the middle. How many places cover one near the rim?",
        ),
    ),
    Exercise(
        "memory_mean(rate, steps, shared) returns the mean, over masks, of what a state is "
        "multiplied by when it passes inverted dropout at each of some steps: one mask for all of "
        "them if shared is True, a fresh one at each if not.",
        Trial("one step, fresh", lambda: (0.3, 1, False), 1.0),
        Trial("one step, shared", lambda: (0.3, 1, True), 1.0),
        Trial("ten steps at rate 0.2, fresh", lambda: (0.2, 10, False), _memory),
        Trial("ten steps at rate 0.2, shared", lambda: (0.2, 10, True), _memory),
        Trial("three steps at rate 0.5, shared", lambda: (0.5, 3, True), 4.0),
        Mistake(
            lambda rate, steps, shared: 1.0,
            "True for independent factors. With one mask it is one factor, taken to a power.",
        ),
        Mistake(
            lambda rate, steps, shared: (1 - rate) ** -steps if shared else 1.0,
            "That is what a survivor is multiplied by. Not all units survive.",
        ),
    ),
    Exercise(
        "norm_ratio(x, rate) takes activations of one unit, shape (n,), that meet inverted "
        "dropout and then a batch norm. It returns their variance with masks, over examples and "
        "masks, divided by that without.",
        Trial("activations of mean 0, rate 0.5", lambda: (np.array([-1.0, 1.0]), 0.5), 2.0),
        Trial("two activations, 1 and 3, rate 0.5", lambda: (np.array([1.0, 3.0]), 0.5), 6.0),
        Trial("fifty outputs of a ReLU, rate 0.3", lambda: (_rectified(0), 0.3), _ratio),
        Trial("the same at rate 0", lambda: (_rectified(0), 0.0), 1.0),
        Mistake(
            lambda x, rate: 1 / (1 - rate),
            "Right if the mean is 0. Masks add variance in proportion to the mean square.",
        ),
        Mistake(
            lambda x, rate: rate / (1 - rate) * np.mean(x**2) / x.var(),
            "That is the part that masks add. What was there before is still there.",
        ),
    ),
)
