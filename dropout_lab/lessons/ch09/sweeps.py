"""The sweeps of chapter 9, on 5,000 MNIST images: rates, widths, depths, other regularizers."""

from functools import cache

from dropout_lab.lessons.runs import SEEDS, drawn, mnist_rows, scores, tested, trained
from dropout_lab.regularizers import Regularizer
from dropout_lab.sweeps import Sweep, grid

__all__ = ["METHODS", "RECIPES"]

N_TRAIN = N_VALIDATION = 5_000
WATCHED = 2_000  # of the validation images, looked at after each epoch where curves are stored
EPOCHS, BATCH = 20, 64

WIDTH = 256
"""Units in each hidden layer, unless a sweep says otherwise."""

KEPT = 64
"""Units that a mask leaves on average, where the width grows with the rate."""

RATES = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

METHODS = {
    "none": [{}],
    "L2": grid(l2=(1e-4, 3e-4, 1e-3, 3e-3)),
    "L1": grid(l1=(1e-5, 3e-5, 1e-4, 3e-4)),
    "max-norm": grid(max_norm=(1.0, 1.5, 2.0, 3.0)),
    "dropout on pixels": grid(input_rate=(0.2, 0.3, 0.4, 0.5)),
    "dropout": grid(rate=(0.1, 0.2, 0.35, 0.5), input_rate=(0.2,)),
    "dropout + L2": grid(rate=(0.2,), input_rate=(0.2,), l2=(3e-5, 1e-4, 3e-4, 1e-3)),
    "dropout + max-norm": grid(rate=(0.2,), input_rate=(0.2,), max_norm=(1.0, 1.5, 2.0, 3.0)),
}
"""For each regularizer four strengths to choose from, as arguments of `train_net`."""

RECIPES = ((0.0, 0.0), (0.0, 0.2), (0.2, 0.2), (0.5, 0.2))
"""Rates of hidden units and of pixels that every net of `choosing-nets` is trained with."""

PARTS = 50
"""Parts of the test images whose mistakes are counted apart: they tell the sampling error."""


def width_for(rate, kept):
    """Return how wide a layer must be for its masks to leave a number of units on average.

    Examples
    --------
    >>> [width_for(rate, 64) for rate in (0.0, 0.5, 0.9)]
    [64, 128, 640]
    """
    return round(kept / (1 - rate))


def train_net(
    seed, watched=None, *, width=WIDTH, depth=2, rate=0.0, l1=0.0, l2=0.0, max_norm=None, **settings
):
    """Train a perceptron of equal hidden layers on the images of its seed.

    `settings` may name the rate of pixels, the epochs and Adam's first learning rate, which falls
    to 0 step by step. Returns the trained net and its history.
    """
    train, _ = _split(seed)
    sizes, regularizer = [784, *[width] * depth, 10], Regularizer(l1, l2, max_norm)
    how = {"epochs": EPOCHS, "batch_size": BATCH, "learning_rate": 3e-3, "decay": True, **settings}
    return trained(sizes, train, watched, rate=rate, seed=seed, regularizer=regularizer, **how)


def run_rates(fixed, width, rate, seed):
    """Train one net of the rate sweeps; `fixed` only says which of them.

    ``unseen_error`` is the error on the images that it neither trained on nor is chosen by.
    """
    model, _ = train_net(seed, width=width, rate=rate)
    unseen = _unseen_error(model, seed)
    return {**_scores(model, seed), "test_wrong": _wrong_by_part(model), "unseen_error": unseen}


def run_method(method, seed, **strengths):
    """Train one net with one regularizer at one strength; `method` only says which."""
    model, _ = train_net(seed, **strengths)
    return {**_scores(model, seed), "test_wrong": _wrong_by_part(model)}


def run_epochs(epochs, rate, seed):
    """Train one net of the rate sweeps for another time."""
    model, _ = train_net(seed, epochs=epochs, rate=rate)
    return {**_scores(model, seed), "unseen_error": _unseen_error(model, seed)}


def run_net(seed, **shape):
    """Train one architecture, and return the validation error after each epoch, too."""
    _, validation = _split(seed)
    model, history = train_net(seed, tuple(part[:WATCHED] for part in validation), **shape)
    return {**_scores(model, seed), "curve": 1 - history.metrics["accuracy"]}


def _scores(model, seed):
    """Return loss and error with dropout off, on training, validation and test images."""
    train, validation = _split(seed)
    return scores(model, "error", train=train, validation=validation, test=mnist_rows()[2:])


def _unseen_error(model, seed):
    """Return the error on the training images that are in no part of the split."""
    return tested(model, *drawn(seed, N_TRAIN + N_VALIDATION))[1].mean()


def _wrong_by_part(model):
    """Return the mistakes on each of `PARTS` parts of the test images, dealt out like cards."""
    _, wrong = tested(model, *mnist_rows()[2:])
    return [int(wrong[start::PARTS].sum()) for start in range(PARTS)]


@cache
def _split(seed):
    """Return 5,000 images to train on and 5,000 others to choose by, both drawn by the seed."""
    return drawn(seed, 0, N_TRAIN), drawn(seed, N_TRAIN, N_TRAIN + N_VALIDATION)


SWEEPS = (
    Sweep(
        "choosing-rates",
        "Two hidden layers on 5,000 images by rate: at one width, and wider as more is dropped.",
        [
            {**cell, "fixed": fixed, "width": width}
            for cell in grid(seed=SEEDS, rate=RATES)
            for fixed, width in (("width", WIDTH), ("keep x width", width_for(cell["rate"], KEPT)))
        ],
        run_rates,
        mnist_rows,
    ),
    Sweep(
        "choosing-regularizers",
        "One net without a regularizer and with seven, each at four strengths.",
        [
            {"method": method, **strengths, "seed": seed}
            for seed in SEEDS
            for method, choices in METHODS.items()
            for strengths in choices
        ],
        run_method,
        mnist_rows,
    ),
    Sweep(
        "choosing-nets",
        "Nets of two to four hidden layers and three widths, without dropout and by three recipes.",
        [
            {**cell, "rate": rate, "input_rate": input_rate}
            for cell in grid(seed=SEEDS, width=(32, 96, 256), depth=(2, 3, 4))
            for rate, input_rate in RECIPES
        ],
        run_net,
        mnist_rows,
    ),
    Sweep(
        "choosing-speed",
        "Two other learning rates without dropout, with it, and with max-norm in addition.",
        [
            {"method": method, **settings, **cell}
            for cell in grid(seed=SEEDS, learning_rate=(1e-3, 1e-2))
            for method, settings in (
                ("none", {}),
                ("dropout", {"rate": 0.2, "input_rate": 0.2}),
                ("dropout + max-norm", {"rate": 0.2, "input_rate": 0.2, "max_norm": 1.5}),
            )
        ],
        run_method,
        mnist_rows,
    ),
    Sweep(
        "choosing-epochs",
        "Three rates trained three times as long, 60 epochs.",
        grid(seed=SEEDS, epochs=[60], rate=[0.0, 0.2, 0.5]),
        run_epochs,
        mnist_rows,
    ),
)
