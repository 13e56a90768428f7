"""The sweeps of chapter 8: one pass at inference against averages of sub-networks."""

from functools import cache

import numpy as np

from dropout_lab.ensemble import exact_ensemble, total_variation
from dropout_lab.layer import sample_mask
from dropout_lab.lessons.runs import SEEDS, drawn, mnist_rows, trained
from dropout_lab.network import MLP, cross_entropy, softmax
from dropout_lab.sweeps import Sweep, grid

__all__ = ["few_digits", "train_small"]

PLACES = {"last layer": (False, True), "first layer": (True, False), "both layers": (True, True)}
"""Which of the two hidden layers of the small net have dropout."""

SAMPLE_COUNTS = (1, 2, 3, 5, 10, 20, 50, 100)
"""How many sub-networks are averaged."""

NET = [784, 256, 256, 10]
RATE = 0.5
SHOWN = 10  # test images of the small net whose probabilities are stored
POOL = 200  # sub-networks drawn for each test image: two disjoint groups of 100, four of 50, ...


def run_gaps(place, rate, seed):
    """Train the small net, enumerate its sub-networks, and compare the averages."""
    *_, test_x, test_labels = few_digits()
    net = train_small([rate * on for on in PLACES[place]], seed)
    found = exact_ensemble(net, test_x)
    right = np.array([each[np.arange(len(test_x)), test_labels] for each in found])
    arithmetic, geometric, whole = found
    return {
        "accuracy": [(each.argmax(axis=1) == test_labels).mean() for each in found],
        "loss": -np.log(right).mean(axis=1),
        "geometric_gap": total_variation(geometric, whole).mean(),
        "arithmetic_gap": total_variation(arithmetic, whole).mean(),
        "right": right[:, :SHOWN],
    }


def train_small(rates, seed):
    """Train a 64-8-8-5 net, small enough for all its sub-networks, on the digits 0 to 4.

    Parameters
    ----------
    rates : sequence of float
        Dropout rate of each of the two hidden layers.
    seed : int
        Draws weights, order and masks.

    Returns
    -------
    dropout_lab.network.MLP
        The trained net.
    """
    x, labels, *_ = few_digits()
    net = MLP([64, 8, 8, 5], np.random.default_rng(seed), rate=list(rates))
    net.fit(x, labels, np.random.default_rng(seed), epochs=40, batch_size=25, learning_rate=0.01)
    return net


@cache
def few_digits():
    """Return scikit-learn's digits 0 to 4: 600 to train on, and 100 others to test.

    Returns
    -------
    x, labels, test_x, test_labels : numpy.ndarray
        Images as rows of 64 numbers from 0 to 1, and their classes.
    """
    from sklearn.datasets import load_digits

    pixels, digits = load_digits(n_class=5, return_X_y=True)
    order = np.random.default_rng(0).permutation(len(digits))
    train, test = order[:600], order[600:700]
    return pixels[train] / 16, digits[train], pixels[test] / 16, digits[test]


def run_samples(size, epochs, seed):
    """Train one net with dropout, and score averages of its sub-networks on the test images."""
    model, _ = trained(NET, drawn(seed, 0, size), rate=RATE, epochs=epochs, seed=seed)
    *_, test_x, test_labels = mnist_rows()
    return averages(*_draw(model, test_x, np.random.default_rng(seed)), test_labels)


def averages(members, whole, labels, counts=SAMPLE_COUNTS):
    """Score the averages of k of the drawn sub-networks, and the network at inference.

    Parameters
    ----------
    members : numpy.ndarray
        Logits of m sub-networks, shape ``(m, examples, classes)``.
    whole : numpy.ndarray of float64
        Logits of the network at inference, shape ``(examples, classes)``.
    labels : numpy.ndarray of int
        Shape ``(examples,)``.
    counts : sequence of int
        The values of k, each at most ``m / 2``.

    Returns
    -------
    dict
        For each k, over the ``m // k`` disjoint groups: ``error`` and ``error_sd``, mean and
        standard deviation of the share of examples that the mean of the probabilities gets
        wrong; ``loss``, its mean cross-entropy in nats; ``geometric_error`` and
        ``geometric_loss``, the same of the geometric mean. And ``whole_error`` and
        ``whole_loss`` of the network at inference.
    """
    rows = np.arange(len(labels))
    chances = np.stack([softmax(each.astype(np.float64)) for each in members])
    names = ("error", "error_sd", "loss", "geometric_error", "geometric_loss")
    found = {name: [] for name in names}
    for k in counts:
        scores = []
        for start in range(0, len(members) - k + 1, k):
            group = slice(start, start + k)
            mean = chances[group].mean(axis=0)
            logits = members[group].mean(axis=0, dtype=np.float64)
            errors = [(each.argmax(axis=1) != labels).mean() for each in (mean, logits)]
            loss = -np.log(mean[rows, labels]).mean()
            scores.append((errors[0], loss, errors[1], cross_entropy(logits, labels)))
        means, spread = np.mean(scores, axis=0), np.std(scores, axis=0, ddof=1)
        values = (means[0], spread[0], *means[1:])
        for name, value in zip(names, values, strict=True):
            found[name].append(value)
    return {
        **found,
        "whole_error": (whole.argmax(axis=1) != labels).mean(),
        "whole_loss": cross_entropy(whole, labels),
    }


def _draw(model, x, rng):
    """Return the logits of `POOL` sub-networks, each drawn anew for each example, and of all."""
    import torch

    linear = [layer for layer in model if isinstance(layer, torch.nn.Linear)]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the same sums on every machine, and no waiting for each other
    try:
        with torch.inference_mode():
            first = linear[0](torch.from_numpy(x))  # no mask touches what comes before
            whole = _rest(linear[1:], first, None).double().numpy()
            members = np.stack([_rest(linear[1:], first, rng).numpy() for _ in range(POOL)])
    finally:
        torch.set_num_threads(threads)
    return members, whole


def _rest(layers, values, rng):
    """Return the logits from the first layer's sums: of all units, or of one mask an example."""
    import torch

    for layer in layers:
        values = torch.relu(values)
        if rng is not None:
            mask = sample_mask(tuple(values.shape), RATE, rng)
            values = values * torch.from_numpy(mask) / (1 - RATE)
        values = layer(values)
    return values


SWEEPS = (
    Sweep(
        "ensemble-gaps",
        "A 64-8-8-5 net with dropout in three places: one pass against all 65,536 sub-networks.",
        grid(place=list(PLACES), rate=[0.1, 0.2, 0.3, 0.4, 0.5], seed=SEEDS),
        run_gaps,
    ),
    Sweep(
        "ensemble-samples",
        "A 784-256-256-10 net trained at rate 0.5: averages of 1 to 100 sub-networks.",
        grid(size=[60_000], epochs=[10], seed=SEEDS) + grid(size=[2_000], epochs=[30], seed=SEEDS),
        run_samples,
        mnist_rows,
    ),
)
