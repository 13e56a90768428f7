"""The checked exercises of chapter 2: the mathematics of masks."""

import math

import numpy as np

from dropout_lab.layer import sample_mask
from dropout_lab.masks import all_masks
from dropout_lab.teaching.exercise import Exercise, Mistake, Trial, kept_for_dropped


def _mean(x, rate, f, scale=True, weighted=True):
    """Return the mean of f over all outputs of dropout, or what comes out of leaving a step out."""
    masks, probabilities = all_masks(len(x), rate)
    if not weighted:
        probabilities = np.full(len(masks), 1 / len(masks))
    outputs = masks * x / (1 - rate if scale else 1)
    return sum(chance * f(y) for chance, y in zip(probabilities, outputs, strict=True))


def _count(n, k, rate):
    """Return the probability that exactly k of n units are dropped, by enumeration."""
    masks, probabilities = all_masks(n, rate)
    return float(probabilities[(~masks).sum(axis=1) == k].sum())


def _sharing(*noise_shape):
    """Return a function that draws a mask with this `noise_shape`."""
    return lambda shape, rate, rng: sample_mask(shape, rate, rng, noise_shape=noise_shape)


def _axes_that_agree(mask, *arguments):
    """Return for each axis whether all decisions along it are the same."""
    return [bool(np.all(mask == np.take(mask, [0], axis))) for axis in range(mask.ndim)]


EXERCISES = (
    Exercise(
        "mask_mean(x, rate, f) returns the mean of f(y) over all masks, weighted with their "
        "probabilities; y = x * mask / (1 - rate).",
        Trial(
            "the square of a single 3 at rate 0.4",
            lambda: (np.array([3.0]), 0.4, lambda y: y[0] ** 2),
            15.0,  # x**2 / (1 - rate)
        ),
        Trial(
            "five outputs themselves, at rate 0.4",
            lambda: (np.arange(1.0, 6.0), 0.4, lambda y: y),
            lambda x, rate, f: x,
        ),
        Trial(
            "the largest of four outputs at rate 0.2",
            lambda: (np.random.default_rng(0).normal(size=4), 0.2, np.max),
            _mean,
        ),
        Mistake(
            lambda x, rate, f: f(x),
            "That is f of the mean. Take f of each output first, then the mean.",
        ),
        Mistake(
            lambda x, rate, f: _mean(x, rate, f, scale=False),
            "The survivors are not scaled: divide them by 1 - rate.",
        ),
        Mistake(
            lambda x, rate, f: _mean(x, rate, f, weighted=False),
            "The masks are not equally likely. Weight each one with its probability.",
        ),
        kept_for_dropped(_mean),
    ),
    Exercise(
        "dropped_exactly(n, k, rate) returns the probability that exactly k of n units are "
        "dropped.",
        Trial("two of five units at rate 0.4", lambda: (5, 2, 0.4), 10 * 0.4**2 * 0.6**3),
        Trial("none of eight units at rate 0.1", lambda: (8, 0, 0.1), _count),
        Trial("nine of twelve units at rate 0.7", lambda: (12, 9, 0.7), _count),
        Trial(
            "500 of 1,000 units at rate 0.5, where single factors are tiny",
            lambda: (1000, 500, 0.5),
            math.comb(1000, 500) / 2**1000,  # whole numbers: exact but for one rounding
        ),
        Mistake(
            lambda n, k, rate: rate**k * (1 - rate) ** (n - k),
            "That is the probability of one such mask. How many masks drop exactly k units?",
        ),
        Mistake(
            lambda n, k, rate: math.comb(n, k) * (1 - rate) ** k * rate ** (n - k),
            "That is the probability that k units are kept. Rate is the probability of dropping.",
        ),
    ),
    Exercise(
        "channel_mask(shape, rate, rng) returns an array of bool of a shape such as (image, "
        "height, width, channel), True where a value is kept; it drops whole channels, "
        "independently for each image.",
        Trial(
            "whether decisions agree along the axes image, height, width, channel",
            lambda: ((8, 4, 4, 16), 0.5, np.random.default_rng(0)),
            [False, True, True, False],
            measure=_axes_that_agree,
            like=lambda shape, rate, rng: np.zeros(shape, bool),
        ),
        Trial(
            "the share that is kept of 100,000 channels at rate 0.2",
            lambda: ((1000, 2, 1, 100), 0.2, np.random.default_rng(1)),
            0.8,
            measure=lambda mask, *arguments: mask.mean(),
            tolerance=5 * math.sqrt(0.2 * 0.8 / 100_000),  # five standard errors
        ),
        Mistake(
            _sharing(1, 1, 1, None),
            "All images lose the same channels. Draw a decision for each image, too.",
        ),
        Mistake(
            _sharing(None, None, None, None),
            "Each value has a decision of its own. Which axes must share one?",
        ),
        kept_for_dropped(_sharing(None, 1, 1, None)),
    ),
)
