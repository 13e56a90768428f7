"""The sweeps of chapter 11: calibration and odd inputs on MNIST, and a gap between two clusters."""

from itertools import pairwise

import numpy as np

from dropout_lab._torch import seeded
from dropout_lab.lessons.runs import SEEDS, drawn, mnist_rows, trained
from dropout_lab.network import cross_entropy, softmax
from dropout_lab.sweeps import Sweep, grid
from dropout_lab.training import predict_torch
from dropout_lab.uncertainty import decompose, mc_passes, top_label_counts

__all__ = [
    "ANGLES",
    "GAP_GRID",
    "MEMBERS",
    "ODD",
    "best_temperature",
    "fit_regression",
    "gap_data",
    "odd_inputs",
    "regression_net",
    "rotate",
]

ANGLES = [0, 15, 30, 45, 60]
"""Degrees by which the test images are turned to see calibration under a shift."""

ODD = ("turned 90°", "mirrored", "two halves", "inverted", "noise", "shuffled", "faint")
"""Inputs that no training image resembles, see `odd_inputs`."""

GAP_GRID = np.linspace(-2, 2, 41).round(1)
"""Where the regression nets are asked."""

SIZES = [784, 256, 256, 10]
N_TRAIN = 4_000
N_VALIDATION = 1_000
PASSES = 50
EPOCHS = 20
MEMBERS = 5
"""How many networks make an ensemble."""

CLUSTERS = [10, 40, 160, 640]
STEPS = 2_000


def rotate(images, angle):
    """Turn images counterclockwise around their middle.

    Parameters
    ----------
    images : numpy.ndarray of float
        Shape ``(n, rows, columns)``, ink from 0 to 1.
    angle : float
        In degrees.

    Returns
    -------
    numpy.ndarray of float32
        Same shape. Pixels are interpolated linearly; what turns in from outside is paper.
    """
    from scipy import ndimage

    turned = ndimage.rotate(images, angle, axes=(2, 1), reshape=False, order=1)
    return np.clip(turned, 0, 1).astype(np.float32)


def odd_inputs(kind, images, rng):
    """Return inputs that are no digits, or not as the training images are.

    Parameters
    ----------
    kind : str
        One of `ODD`: turned by a quarter, mirrored, the upper half of one image above the lower
        half of the next one, ink and paper exchanged, uniform noise, the pixels of each image
        in random order, or an ink of a quarter of its strength.
    images : numpy.ndarray of float
        Digits, shape ``(n, rows, columns)``, ink from 0 to 1.
    rng : numpy.random.Generator
        For noise and order.

    Returns
    -------
    numpy.ndarray of float32
        Same shape.

    Raises
    ------
    ValueError
        If `kind` is not one of `ODD`.
    """
    if kind not in ODD:
        raise ValueError(f"kind must be one of {list(ODD)}, got {kind!r}")
    middle = images.shape[1] // 2
    made = {
        "turned 90°": lambda: rotate(images, 90),
        "mirrored": lambda: images[:, :, ::-1],
        "two halves": lambda: np.concatenate(
            [images[:, :middle], np.roll(images, -1, axis=0)[:, middle:]], axis=1
        ),
        "inverted": lambda: 1 - images,
        "noise": lambda: rng.uniform(0, 1, images.shape),
        "shuffled": lambda: rng.permuted(images.reshape(len(images), -1), axis=1),
        "faint": lambda: images / 4,
    }
    return made[kind]().reshape(images.shape).astype(np.float32)


def gap_data(n):
    """Return points in two clusters with nothing between -0.6 and 0.6.

    Parameters
    ----------
    n : int
        Number of points. Smaller sets are parts of larger ones.

    Returns
    -------
    x, y : numpy.ndarray of float64
        Shape ``(n,)``: ``y = sin(2.5 x)`` plus normal noise of standard deviation 0.1.
    """
    rng = np.random.default_rng(0)
    side = np.where(rng.uniform(size=10_000) < 0.5, -1, 1)
    x = side * rng.uniform(0.6, 1.4, 10_000)
    y = np.sin(2.5 * x) + rng.normal(0, 0.1, 10_000)
    return x[:n], y[:n]


def regression_net(hidden, rate, seed):
    """Return a ReLU network with 50 units per hidden layer, dropout after each, one output.

    Parameters
    ----------
    hidden : int
        Number of hidden layers.
    rate : float
        Probability of dropping a unit.
    seed : int
        Draws the weights, as PyTorch does by default.

    Returns
    -------
    torch.nn.Sequential
        From shape ``(n, 1)`` to ``(n, 1)``.
    """
    import torch

    sizes = [1, *[50] * hidden]
    with seeded(seed, torch.device("cpu")):
        layers = []
        for inputs, outputs in pairwise(sizes):
            layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU(), torch.nn.Dropout(rate)]
        return torch.nn.Sequential(*layers, torch.nn.Linear(sizes[-1], 1))


def fit_regression(net, x, y, steps=STEPS, *, seed):
    """Train on squared error with dropout on: Adam at 0.005, all points in every step.

    Parameters
    ----------
    net : torch.nn.Module
        From `regression_net`; changed in place, and left in evaluation mode.
    x, y : numpy.ndarray of float
        Shape ``(n,)``.
    steps : int, default 2000
        Number of steps.
    seed : int
        Draws the masks.
    """
    import torch

    inputs, targets = (torch.tensor(one[:, None], dtype=torch.float32) for one in (x, y))
    adam = torch.optim.Adam(net.parameters(), lr=0.005, fused=True)
    with seeded(seed, torch.device("cpu")):
        net.train()
        for _ in range(steps):
            loss = ((net(inputs) - targets) ** 2).mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
    net.eval()


def run_calibration(members, rate, seed):
    """Train one net, or several without dropout, and score its answers.

    Names that begin with ``off`` belong to a single pass without dropout. Names that begin with
    ``on`` belong to the mean over passes with dropout, or over the members of an ensemble. Names
    that begin with ``scaled`` belong to a net without dropout whose logits are divided by a
    temperature, chosen on other images than it learned from.
    """
    how = {"rate": rate, "epochs": EPOCHS}
    nets = [
        trained(SIZES, drawn(seed, 0, N_TRAIN), seed=MEMBERS * seed + one, **how)[0]
        for one in range(members)
    ]
    if members > 1:
        return _scored("on", lambda images: _answers(nets, images))
    found = _scored("off", lambda images: _answers(nets, images))
    if rate > 0:
        return found | _scored("on", lambda images: _mc_answers(nets[0], images, seed))
    x, labels = drawn(seed, N_TRAIN, N_TRAIN + N_VALIDATION)
    found["temperature"] = best_temperature(predict_torch(nets[0], x).astype(np.float64), labels)
    return found | _scored("scaled", lambda images: _answers(nets, images, found["temperature"]))


def best_temperature(logits, labels):
    """Return what to divide logits by for the lowest cross-entropy.

    Parameters
    ----------
    logits : numpy.ndarray of float
        Of examples that the net did not learn from, shape ``(n, classes)``.
    labels : numpy.ndarray of int
        Shape ``(n,)``.

    Returns
    -------
    float
        Above 1 where the net is too sure.
    """
    from scipy.optimize import minimize_scalar

    def loss(logarithm):
        return cross_entropy(logits / np.exp(logarithm), labels)

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def run_gap(hidden, rate, n, seed):
    """Train a regression net on two clusters and return mean and spread of its predictions."""
    net = regression_net(hidden, rate, seed)
    fit_regression(net, *gap_data(n), seed=seed)
    answers = mc_passes(net, GAP_GRID[:, None], 2_000 if rate > 0 else 1, seed=seed)[:, :, 0]
    return {"mean": answers.mean(axis=0), "spread": answers.std(axis=0)}


def _answers(nets, images, temperature=1.0):
    flat = images.reshape(len(images), -1)
    logits = [predict_torch(net, flat).astype(np.float64) for net in nets]
    return np.stack([softmax(each / temperature) for each in logits])


def _mc_answers(net, images, seed):
    return softmax(mc_passes(net, images.reshape(len(images), -1), PASSES, seed=seed))


def _scored(prefix, answer):
    """Return calibration at every angle, and how well odd inputs are told from digits."""
    from sklearn.metrics import roc_auc_score

    images, labels = _test_images()
    found = {"counts": [], "accuracy": [], "loss": [], "auroc": []}
    for angle in ANGLES:
        mean = decompose(answer(rotate(images, angle))).mean
        right = mean[np.arange(len(labels)), labels]
        found["counts"].append(top_label_counts(labels, mean))
        found["accuracy"].append((mean.argmax(axis=1) == labels).mean())
        found["loss"].append(-np.log(np.maximum(right, 1e-12)).mean())
    rng = np.random.default_rng(0)
    usual = _suspicion(decompose(answer(images)))
    odd = np.repeat([0, 1], len(images))
    for kind in ODD:
        strange = _suspicion(decompose(answer(odd_inputs(kind, images, rng))))
        pairs = zip(usual, strange, strict=True)
        found["auroc"].append([roc_auc_score(odd, np.concatenate(pair)) for pair in pairs])
    return {f"{prefix}_{name}": np.array(values) for name, values in found.items()}


def _suspicion(doubt):
    """Return three scores that may tell an odd input from a digit: the higher, the odder."""
    return -doubt.mean.max(axis=1), doubt.total, doubt.mutual


def _test_images():
    """Return every fifth test image of MNIST, with its label."""
    *_, x, labels = mnist_rows()
    return x[::5].reshape(-1, 28, 28), labels[::5]


SWEEPS = (
    Sweep(
        "uncertainty-calibration",
        "784-256-256-10 on 4,000 images: calibration under rotation, and odd inputs, at four "
        "rates, for an ensemble of five nets, and with a temperature chosen on 1,000 images.",
        grid(members=[1], rate=[0.0, 0.2, 0.5, 0.7], seed=SEEDS)
        + grid(members=[MEMBERS], rate=[0.0], seed=SEEDS),
        run_calibration,
        mnist_rows,
    ),
    Sweep(
        "uncertainty-gap",
        "Regression on two clusters: hidden layers, rate and number of points.",
        grid(hidden=[1, 2], rate=[0.0, 0.05, 0.2, 0.5], n=CLUSTERS, seed=SEEDS),
        run_gap,
    ),
)
