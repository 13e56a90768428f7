"""The checked exercises of chapter 4: the backward pass."""

import math

import numpy as np

from dropout_lab.masks import all_masks
from dropout_lab.teaching.exercise import Exercise, Mistake, Trial


def _resting(rate, batch):
    """Return the probability by enumeration: each example needs a dropped end."""
    masks, probabilities = all_masks(2 * batch, rate)
    below, above = masks[:, :batch], masks[:, batch:]
    return float(probabilities[~(below & above).any(axis=1)].sum())


def _layer(backward, scaled=True):
    """Return a dropout layer of two functions that share what the forward pass leaves behind."""

    def make(rate, rng):
        left = {}

        def forward(x):
            left["mask"] = rng.random(x.shape) >= rate
            left["output"] = x * left["mask"] / (1 - rate if scaled else 1)
            return left["output"]

        return forward, lambda grad: backward(grad, left, rate, rng)

    return make


def _pairs(*arrays):
    """Return the different combinations of entries at the same place, smallest first."""
    return np.unique(np.round(arrays, 6), axis=1).T.tolist()


def _forward_and_back(layer, rate, rng):
    """Return which pairs of output and gradient occur."""
    forward, backward = layer
    return _pairs(forward(np.full(1000, 2.0)), backward(np.ones(1000)))


def _back_from_zeros(layer, rate, rng):
    """Return which gradients occur if all inputs are zero."""
    forward, backward = layer
    forward(np.zeros(1000))
    return _pairs(backward(np.ones(1000)))


def _twice_forward(layer, rate, rng):
    """Return which pairs of outputs occur in two forward passes."""
    forward, _ = layer
    return _pairs(forward(np.ones(1000)), forward(np.ones(1000)))


_SCALED = 1 / 0.7

EXERCISES = (
    Exercise(
        "resting_share(rate, batch) returns the probability that a weight between two hidden "
        "layers, both with dropout, gets a gradient of 0 from a whole batch; no ReLU is off.",
        Trial("one example at rate 0.5", lambda: (0.5, 1), 0.75),
        Trial("three examples at rate 0.2, against all masks", lambda: (0.2, 3), _resting),
        Trial("five examples at rate 0.5, against all masks", lambda: (0.5, 5), _resting),
        Mistake(
            lambda rate, batch: rate**batch,
            "That counts one end alone. The weight rests if the unit below or above is dropped.",
        ),
        Mistake(
            lambda rate, batch: 1 - (1 - rate) ** (2 * batch),
            "That is the probability that some example lets the weight rest. All must.",
        ),
        Mistake(
            lambda rate, batch: (2 * rate) ** batch,
            "Both ends can be dropped at once: the two probabilities must not simply be added.",
        ),
    ),
    Exercise(
        "dropout_layer(rate, rng) returns two functions: forward(x) draws a mask and returns the "
        "output, backward(grad) returns the gradient with respect to the x of the last forward "
        "pass.",
        Trial(
            "pairs of output and gradient that occur, for inputs of 2 and gradients of 1",
            lambda: (0.3, np.random.default_rng(0)),
            [[0.0, 0.0], [2 * _SCALED, _SCALED]],
            measure=_forward_and_back,
        ),
        Trial(
            "gradients that occur if all inputs are 0",
            lambda: (0.3, np.random.default_rng(1)),
            [[0.0], [_SCALED]],
            measure=_back_from_zeros,
        ),
        Trial(
            "pairs of outputs that occur in two forward passes of ones",
            lambda: (0.3, np.random.default_rng(2)),
            [[0.0, 0.0], [0.0, _SCALED], [_SCALED, 0.0], [_SCALED, _SCALED]],
            measure=_twice_forward,
        ),
        Trial(
            "the mean output of 100,000 ones",
            lambda: (0.3, np.random.default_rng(3)),
            1.0,
            measure=lambda layer, rate, rng: layer[0](np.ones(100_000)).mean(),
            tolerance=5 * math.sqrt(0.3 / 0.7 / 100_000),  # five standard errors
        ),
        Mistake(
            _layer(lambda g, left, rate, rng: g * (rng.random(g.shape) >= rate) / (1 - rate)),
            "Your backward pass draws a mask of its own. It must use that of the forward pass: "
            "keep it.",
        ),
        Mistake(
            _layer(lambda g, left, rate, rng: g * (left["output"] != 0) / (1 - rate)),
            "A kept unit may have the output 0. Keep the mask itself.",
        ),
        Mistake(
            _layer(lambda g, left, rate, rng: g * left["mask"], scaled=False),
            "The survivors are not scaled, neither forward nor backward.",
        ),
        Mistake(
            _layer(lambda g, left, rate, rng: g),
            "Your backward pass changes nothing. Dropped units must get the gradient 0.",
        ),
    ),
)
