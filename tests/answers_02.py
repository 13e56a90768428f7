"""Right and wrong answers to the checked exercises of chapter 2."""

import itertools
import math

import numpy as np


def mask_mean(x, rate, f):
    total = 0.0
    for mask in itertools.product([0, 1], repeat=len(x)):
        chance = math.prod((1 - rate) if kept else rate for kept in mask)
        total = total + chance * f(x * np.array(mask) / (1 - rate))
    return total


def dropped_exactly(n, k, rate):
    """Add units one at a time."""
    chances = np.zeros(k + 2)  # the last entry is a place for too many
    chances[0] = 1.0
    for _ in range(n):
        chances[1:] = chances[1:] * (1 - rate) + chances[:-1] * rate
        chances[0] *= 1 - rate
    return chances[k]


def channel_mask(shape, rate, rng):
    images, height, width, channels = shape
    few = rng.random((images, channels)) >= rate
    return few[:, None, None, :].repeat(height, axis=1).repeat(width, axis=2)


def whole_image_mask(shape, rate, rng):
    return np.tile(rng.random((1, *shape[1:])) >= rate, (shape[0], 1, 1, 1))


RIGHT = {"mask_mean": mask_mean, "dropped_exactly": dropped_exactly, "channel_mask": channel_mask}
WRONG = {
    "mask_mean": (
        lambda x, rate, f: f(np.zeros(len(x))),
        lambda x, rate, f: mask_mean(x, rate, f) * (1 - rate),
        lambda x, rate, f: mask_mean(x / (1 - rate), rate, f),  # scaled twice
        lambda x, rate, f: mask_mean(x, rate, lambda y: y),
    ),
    "dropped_exactly": (
        lambda n, k, rate: dropped_exactly(n, k + 1, rate),
        lambda n, k, rate: dropped_exactly(n, k, rate) + dropped_exactly(n, k - 1, rate),
        lambda n, k, rate: float(k == round(n * rate)),
        lambda n, k, rate: math.comb(n, k) * rate**k,
    ),
    "channel_mask": (
        whole_image_mask,
        lambda shape, rate, rng: channel_mask(shape, rate, rng).astype(float),
        lambda shape, rate, rng: ~channel_mask(shape, rate, rng),
        lambda shape, rate, rng: channel_mask(shape, rate, rng)[:, :1, :1, :],
        lambda shape, rate, rng: channel_mask(shape, 0.5, rng),
    ),
}
