"""The checked exercises of chapter 8: sub-networks and their averages."""

import numpy as np

from dropout_lab.masks import all_masks
from dropout_lab.network import softmax
from dropout_lab.teaching.exercise import Exercise, Mistake, Trial, kept_for_dropped


def _weight(mask, rate):
    """Return the probability of one mask."""
    return np.prod(np.where(mask, 1 - rate, rate))


def _geometric(predictions, weights, normalize=True):
    """Return the weighted geometric mean of the rows."""
    product = np.prod(predictions ** weights[:, None], axis=0)
    return product / product.sum() if normalize else product


def _few_predictions(seed=0, m=8, classes=4):
    """Return m predictions and as many weights that sum to 1."""
    rng = np.random.default_rng(seed)
    return softmax(rng.normal(size=(m, classes))), rng.dirichlet(np.ones(m))


def _linear_net():
    """Return what softmax regression says under each mask of its inputs, and the weights."""
    rng = np.random.default_rng(1)
    masks, weights = all_masks(4, 0.3)
    x, W, b = rng.normal(size=4), rng.normal(size=(4, 3)), rng.normal(size=3)
    return softmax((masks * x / 0.7) @ W + b), weights, softmax(x @ W + b)


EXERCISES = (
    Exercise(
        "mask_weight(mask, rate) returns the probability that dropout draws exactly this mask; "
        "mask is an array of bool, True where a unit is kept.",
        Trial(
            "three units kept and one dropped, at rate 0.2",
            lambda: (np.array([True, True, False, True]), 0.2),
            0.2 * 0.8**3,
        ),
        Trial(
            "sixteen units, at rate 0.5",
            lambda: (np.random.default_rng(0).random(16) < 0.5, 0.5),
            0.5**16,
            tolerance=1e-12,  # an absolute 1e-6 would let pass 0
        ),
        Trial("six units, at rate 0.3", lambda: (np.arange(6) % 3 > 0, 0.3), _weight),
        Trial("all kept, at rate 0", lambda: (np.ones(5, bool), 0.0), 1.0),
        kept_for_dropped(_weight),
        Mistake(
            lambda mask, rate: np.mean(np.where(mask, 1 - rate, rate)),
            "Each unit is drawn on its own, so the probabilities are multiplied.",
        ),
    ),
    Exercise(
        "geometric_mean(predictions, weights) returns the weighted geometric mean of predictions, "
        "shape (members, classes), divided by its sum; the weights sum to 1.",
        Trial(
            "the predictions 0.2, 0.8 and 0.5, 0.5 with equal weights",
            lambda: (np.array([[0.2, 0.8], [0.5, 0.5]]), np.array([0.5, 0.5])),
            np.array([1 / 3, 2 / 3]),  # sqrt(0.1) to sqrt(0.4)
        ),
        Trial("eight predictions of four classes", _few_predictions, _geometric),
        Trial(
            "softmax regression under every mask of its four inputs, at rate 0.3",
            lambda: _linear_net()[:2],
            lambda predictions, weights: _linear_net()[2],  # one pass is exact
        ),
        Mistake(
            lambda predictions, weights: weights @ predictions,
            "That is the arithmetic mean. Take logarithms first.",
        ),
        Mistake(
            lambda predictions, weights: _geometric(predictions, weights, normalize=False),
            "These do not sum to 1. Divide by their sum.",
        ),
        Mistake(
            lambda predictions, weights: _geometric(
                predictions, np.full(len(weights), 1 / len(weights))
            ),
            "The sub-networks are not equally likely. Use the weights as exponents.",
        ),
    ),
    Exercise(
        "sampled_mean(logits) returns the arithmetic mean of the predictions of k sub-networks, "
        "shape (batch, classes); logits has the shape (k, batch, classes).",
        Trial(
            "one sub-network, one example, logits 0 and 0",
            lambda: (np.zeros((1, 1, 2)),),
            np.array([[0.5, 0.5]]),
        ),
        Trial(
            "ten sub-networks, three examples",
            lambda: (np.random.default_rng(2).normal(0, 3, (10, 3, 4)),),
            lambda logits: softmax(logits).mean(axis=0),
        ),
        Trial(
            "logits in the thousands",
            lambda: (np.array([[[1000.0, 0.0]], [[0.0, 1000.0]]]),),
            np.array([[0.5, 0.5]]),
        ),
        Mistake(
            lambda logits: softmax(logits.mean(axis=0)),
            "Averaging logits gives the geometric mean. Make probabilities first.",
        ),
        Mistake(
            lambda logits: softmax(logits).mean(axis=1),
            "The mean is over sub-networks, the first axis.",
        ),
        Mistake(
            lambda logits: (np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)).mean(axis=0),
            "Large logits give NaN: subtract the largest before taking exponentials.",
        ),
        hint="Softmax over the last axis, then the mean over the first.",
    ),
)
