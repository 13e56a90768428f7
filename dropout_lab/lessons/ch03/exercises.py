"""The checked exercises of chapter 3: inference scaling."""

import numpy as np

from dropout_lab.conventions import CONVENTIONS
from dropout_lab.masks import all_masks
from dropout_lab.teaching.exercise import Exercise, Mistake, Trial, kept_for_dropped


def _split(train, infer, back):
    """Return a dropout with these powers of keep on its three outputs."""

    def dropout(x, mask, rate, grad):
        keep = 1 - rate
        return x * mask * keep**train, x * keep**infer, grad * mask * keep**back

    return dropout


def _values(seed, n, rate):
    """Return activations, a mask and a gradient of n units."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=n), rng.random(n) >= rate, rate, rng.normal(size=n)


def _named(ratio_of, same=np.isclose):
    """Return a function that lists the conventions with a ratio."""
    return lambda ratio, rate: [
        name
        for name, convention in CONVENTIONS.items()
        if same(ratio_of(convention.eval_over_train(rate)), ratio)
    ]


def _thresholds(contributions, rate, scaled=True):
    """Return the two biases by enumeration: where all sums are negative, and all positive."""
    masks, _ = all_masks(len(contributions), rate)
    sums = masks @ contributions / (1 - rate if scaled else 1)
    return -sums.max(), -sums.min()


EXERCISES = (
    Exercise(
        "symmetric_dropout(x, mask, rate, grad) returns three arrays: the output while training, "
        "the output at inference, and the gradient with respect to x while training, grad being "
        "the one with respect to the output. The factor is split evenly: survivors are divided by "
        "the root of keep.",
        Trial(
            "two units of which one is kept, at rate 0.75",
            lambda: (np.array([1.0, 2.0]), np.array([True, False]), 0.75, np.ones(2)),
            (np.array([2.0, 0.0]), np.array([0.5, 1.0]), np.array([2.0, 0.0])),
        ),
        Trial("eight units at rate 0.3", lambda: _values(0, 8, 0.3), _split(-0.5, 0.5, -0.5)),
        Trial("eight units at rate 0", lambda: _values(1, 8, 0.0), _split(0, 0, 0)),
        Mistake(
            _split(-0.5, 0.5, 0),
            "The forward passes are right. The gradient must carry the factor of the training "
            "pass, not the mask alone.",
        ),
        Mistake(_split(-1, 0, -1), "That is inverted dropout. Split the factor evenly."),
        Mistake(_split(0, 1, 0), "That is classic dropout. Split the factor evenly."),
        kept_for_dropped(_split(-0.5, 0.5, -0.5)),
    ),
    Exercise(
        "diagnose(ratio, rate) returns the list of the names in CONVENTIONS, in their order, "
        "whose output at inference divided by the training mean is this ratio at this rate.",
        Trial("0.25 at rate 0.2", lambda: (0.25, 0.2), ["scale by p"]),
        Trial("1.5625 at rate 0.2", lambda: (1.5625, 0.2), ["divide at test"]),
        Trial("1.25 at rate 0.2", lambda: (1.25, 0.2), ["never scale"]),
        Trial("0.7 at rate 0.3", lambda: (0.7, 0.3), ["scale twice"]),
        Trial(
            "1 at rate 0.5",
            lambda: (1.0, 0.5),
            ["classic", "inverted", "scale by p", "backward unscaled"],
        ),
        Trial("3 at rate 0.2, which no convention gives", lambda: (3.0, 0.2), []),
        Mistake(
            _named(lambda ratio: ratio, lambda a, b: a == b),
            "Numbers with a rounding error are hardly ever equal: use np.isclose.",
        ),
        Mistake(
            lambda ratio, rate: _named(lambda ratio: ratio)(ratio, rate)[:1],
            "Several conventions can have the same ratio. Return all of them.",
        ),
    ),
    Exercise(
        "gap_thresholds(contributions, rate) takes the products of weight and activation of a "
        "unit's inputs, shape (n,), and returns two biases: up to the first and from the second "
        "on, the mean output over masks of inverted dropout is that at inference.",
        Trial(
            "the unit of this chapter at rate 0.5",
            lambda: (np.array([1.0, -1.0, 1.5, -3.0, 2.0]), 0.5),
            (-9.0, 8.0),
        ),
        Trial(
            "six inputs at rate 0.2, against all masks",
            lambda: (np.random.default_rng(0).normal(size=6), 0.2),
            _thresholds,
        ),
        Trial(
            "positive contributions alone, at rate 0.4",
            lambda: (np.array([1.0, 2.0, 3.0]), 0.4),
            (-10.0, 0.0),
        ),
        Mistake(
            lambda contributions, rate: _thresholds(contributions, rate, scaled=False),
            "The survivors are scaled: divide by 1 - rate.",
        ),
        Mistake(
            lambda contributions, rate: _thresholds(contributions, rate)[::-1],
            "Those are the right two numbers in the wrong order.",
        ),
        Mistake(
            lambda contributions, rate: tuple(-t for t in _thresholds(contributions, rate))[::-1],
            "Those are the smallest and the largest sum. Which bias cancels each?",
        ),
    ),
)
