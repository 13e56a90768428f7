"""The checked exercises of chapter 7: MNIST."""

import itertools

import numpy as np

from dropout_lab.masks import all_masks
from dropout_lab.teaching.exercise import Exercise, Mistake, Trial, kept_for_dropped


def _at_work(sizes, rate):
    """Return the mean number of weights with both ends kept, over all masks of hidden units."""
    masks, probabilities = all_masks(sum(sizes[1:-1]), rate)
    ends = np.cumsum([0, *sizes[1:-1]])
    kept = [masks[:, a:b].sum(axis=1) for a, b in itertools.pairwise(ends)]
    kept = [np.full(len(masks), sizes[0]), *kept, np.full(len(masks), sizes[-1])]
    return float(probabilities @ sum(a * b for a, b in itertools.pairwise(kept)))


def _powers(sizes, keep_powers, rate):
    """Return the number of weights, each layer's times this power of keep."""
    layers = [a * b for a, b in itertools.pairwise(sizes)]
    return float(sum(n * (1 - rate) ** k for n, k in zip(layers, keep_powers, strict=True)))


def _accuracies(seed):
    """Return validation and test accuracies of four rates and five seeds."""
    rng = np.random.default_rng(seed)
    return rng.uniform(0.9, 1.0, (4, 5)), rng.uniform(0.9, 1.0, (4, 5))


def _honest(validation, test):
    """Return the mean test accuracy of the nets chosen by validation, seed by seed."""
    seeds = range(validation.shape[1])
    return float(np.mean([test[np.argmax(validation[:, s]), s] for s in seeds]))


EXERCISES = (
    Exercise(
        "weights_at_work(sizes, rate) takes the units of each layer, inputs first and classes "
        "last, and returns the mean number of weights whose two ends are both kept; hidden units "
        "alone are dropped.",
        Trial("sizes 4, 3, 2 at rate 0.5", lambda: ([4, 3, 2], 0.5), 9.0),
        Trial(
            "sizes 5, 4, 3, 2 at rate 0.2, against all masks", lambda: ([5, 4, 3, 2], 0.2), _at_work
        ),
        Trial(
            "sizes 2, 4, 3, 4, 3 at rate 0.6, against all masks",
            lambda: ([2, 4, 3, 4, 3], 0.6),
            _at_work,
        ),
        Trial(
            "the published net without dropout",
            lambda: ([784, 128, 64, 10], 0.0),
            784 * 128 + 128 * 64 + 64 * 10.0,
        ),
        Mistake(
            lambda sizes, rate: _powers(sizes, [1] * (len(sizes) - 1), rate),
            "Between two hidden layers both ends can be dropped, so both must be kept.",
        ),
        Mistake(
            lambda sizes, rate: _powers(sizes, [2] * (len(sizes) - 1), rate),
            "Inputs and classes are never dropped: the first and the last layer of weights have "
            "one end at risk.",
        ),
        kept_for_dropped(lambda sizes, rate: _powers(sizes, [1, *[2] * (len(sizes) - 3), 1], rate)),
    ),
    Exercise(
        "honest_accuracy(validation, test) takes two arrays of accuracies, shape (rates, seeds); "
        "for each seed it chooses the rate with the best validation accuracy, and returns the "
        "mean test accuracy of the chosen nets.",
        Trial(
            "two rates and three seeds",
            lambda: (
                np.array([[0.9, 0.8, 0.7], [0.8, 0.9, 0.8]]),
                np.array([[0.93, 0.84, 0.96], [0.95, 0.87, 0.90]]),
            ),
            0.9,
        ),
        Trial("four rates and five seeds", lambda: _accuracies(0), _honest),
        Trial("four other rates and five seeds", lambda: _accuracies(1), _honest),
        Mistake(
            lambda validation, test: float(test.max(axis=0).mean()),
            "You choose by the test accuracy. That is what must not happen.",
        ),
        Mistake(
            lambda validation, test: float(validation.max(axis=0).mean()),
            "That is the validation accuracy of the chosen nets: the choice flatters it.",
        ),
        Mistake(
            lambda validation, test: float(test[validation.mean(axis=1).argmax()].mean()),
            "You choose one rate for all seeds. Choose one for each seed.",
        ),
    ),
)
