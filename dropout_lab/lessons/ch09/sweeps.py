"""The sweeps of chapter 9, on 5,000 MNIST images: rates, widths, depths, other regularizers."""

from functools import cache

import numpy as np

from dropout_lab.regularizers import Regularizer
from dropout_lab.sweeps.experiment import Experiment, grid
from dropout_lab.sweeps.images import mnist_rows

__all__ = [
    "EXPERIMENTS",
    "KEPT",
    "METHODS",
    "PARTS",
    "RECIPES",
    "WIDTH",
    "train_autoencoder",
    "train_net",
    "width_for",
]

N_TRAIN = N_VALIDATION = 5_000
WATCHED = 2_000  # of the validation images, looked at after each epoch where curves are stored
EPOCHS, BATCH = 20, 64

WIDTH = 256
"""Units in each hidden layer, unless a sweep says otherwise."""

KEPT = 64
"""Units that a mask leaves on average, where the width grows with the rate."""

SEEDS = list(range(5))
RATES = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

METHODS = {
    "none": [{}],
    "L2": [{"l2": strength} for strength in (1e-4, 3e-4, 1e-3, 3e-3)],
    "L1": [{"l1": strength} for strength in (1e-5, 3e-5, 1e-4, 3e-4)],
    "max-norm": [{"max_norm": limit} for limit in (1.0, 1.5, 2.0, 3.0)],
    "dropout on pixels": [{"input_rate": rate} for rate in (0.2, 0.3, 0.4, 0.5)],
    "dropout": [{"rate": rate, "input_rate": 0.2} for rate in (0.1, 0.2, 0.35, 0.5)],
    "dropout + L2": [
        {"rate": 0.2, "input_rate": 0.2, "l2": strength} for strength in (3e-5, 1e-4, 3e-4, 1e-3)
    ],
    "dropout + max-norm": [
        {"rate": 0.2, "input_rate": 0.2, "max_norm": limit} for limit in (1.0, 1.5, 2.0, 3.0)
    ],
}
"""For each regularizer four strengths to choose from, as arguments of `train_net`."""

RECIPES = ((0.0, 0.0), (0.0, 0.2), (0.2, 0.2), (0.5, 0.2))
"""Rates of hidden units and of pixels that every net of `choosing-nets` is trained with."""

PARTS = 50
"""Parts of the test images whose mistakes are counted apart: they tell the sampling error."""


def width_for(rate, kept):
    """Return how wide a layer must be for its masks to leave a number of units on average.

    Parameters
    ----------
    rate : float
        Probability of dropping, less than 1.
    kept : int
        The number of units to be left.

    Returns
    -------
    int
        ``kept / (1 - rate)``, rounded.

    Examples
    --------
    >>> [width_for(rate, 64) for rate in (0.0, 0.5, 0.9)]
    [64, 128, 640]
    """
    return round(kept / (1 - rate))


def train_net(
    train,
    watched,
    *,
    width=WIDTH,
    depth=2,
    rate=0.0,
    input_rate=0.0,
    l1=0.0,
    l2=0.0,
    max_norm=None,
    learning_rate=3e-3,
    epochs=EPOCHS,
    seed,
):
    """Train a perceptron of equal hidden layers in the way of all sweeps of chapter 9.

    Parameters
    ----------
    train, watched : tuple (x, labels)
        Images as rows of float32, shape ``(n, 784)``, and integer labels. The second is only
        looked at.
    width, depth : int
        Units in each hidden layer, and how many such layers.
    rate, input_rate : float
        Probability of dropping a hidden unit, and of dropping a pixel.
    l1, l2, max_norm : float
        As in `dropout_lab.regularizers.Regularizer`.
    learning_rate : float
        Of Adam at the first step; it falls to 0 step by step.
    epochs : int
        Passes over the training images.
    seed : int
        Draws weights, order and masks.

    Returns
    -------
    torch.nn.Sequential
        The trained net, in evaluation mode.
    History
        How it went.
    """
    from dropout_lab.training import fit_torch, perceptron_torch

    sizes = [train[0].shape[1], *[width] * depth, 10]
    model = perceptron_torch(sizes, rate, input_rate=input_rate, seed=seed)
    history = fit_torch(
        model,
        train,
        watched,
        epochs=epochs,
        seed=seed,
        batch_size=BATCH,
        learning_rate=learning_rate,
        device="cpu",
        progress=False,
        regularizer=Regularizer(l1, l2, max_norm),
        decay=True,
    )
    return model, history


def run_rates(fixed, width, rate, seed):
    """Train one net of the rate sweeps; `fixed` only says which of them.

    ``unseen_error`` is the error on the images that it neither trained on nor is chosen by.
    """
    model = _train(width=width, rate=rate, seed=seed)
    unseen = _unseen_error(model, seed)
    return {**_scores(model, seed), "test_wrong": _wrong_by_part(model), "unseen_error": unseen}


def run_method(method, seed, **strengths):
    """Train one net with one regularizer at one strength; `method` only says which."""
    model = _train(**strengths, seed=seed)
    return {**_scores(model, seed), "test_wrong": _wrong_by_part(model)}


def run_epochs(epochs, rate, seed):
    """Train one net of the rate sweeps for another time."""
    model = _train(epochs=epochs, rate=rate, seed=seed)
    return {**_scores(model, seed), "unseen_error": _unseen_error(model, seed)}


def run_net(depth, width, rate, input_rate, seed):
    """Train one architecture, and return the validation error after each epoch, too."""
    train, validation = _split(seed)
    watched = tuple(part[:WATCHED] for part in validation)
    model, history = train_net(
        train, watched, depth=depth, width=width, rate=rate, input_rate=input_rate, seed=seed
    )
    return {**_scores(model, seed), "curve": 1 - history.metrics["accuracy"]}


def run_features(rate, seed):
    """Train an autoencoder and return what its hidden units do on the test images."""
    import torch

    train, _ = _split(seed)
    *_, test_x, _ = mnist_rows()
    model = train_autoencoder(train[0], rate, seed)
    with torch.inference_mode():
        x = torch.from_numpy(test_x)
        active = model[:2](x)
        error = ((torch.sigmoid(model(x)) - x) ** 2).sum(axis=1).mean().item()
    active = active.numpy()
    weights = model[0].weight.detach().numpy()
    return {
        "reconstruction_error": error,
        "mean_activation": active.mean(),
        "positive": (active > 0).mean(),
        "activations": np.histogram(active[active > 0], ACTIVATION_EDGES)[0] / active.size,
        "unit_means": np.histogram(active.mean(axis=0), MEAN_EDGES)[0],
        "filters": _pictures(weights[:6]),
    }


ACTIVATION_EDGES = np.append(np.arange(0, 10.5, 0.5), np.inf)
"""Where the bins of stored activations begin and end; the last one is open."""

MEAN_EDGES = np.append(np.arange(0, 5.25, 0.25), np.inf)
"""The same for the mean activation of a unit."""


def train_autoencoder(x, rate, seed, width=256, epochs=EPOCHS):
    """Train one hidden layer to give the pixels back that it is shown.

    Parameters
    ----------
    x : numpy.ndarray of float32
        Images as rows, shape ``(n, pixels)``, from 0 to 1.
    rate : float
        Probability of dropping a hidden unit.
    seed : int
        Draws weights, order and masks.
    width : int, default 256
        Number of hidden units.
    epochs : int
        Passes over the images.

    Returns
    -------
    torch.nn.Sequential
        In evaluation mode: linear, ReLU, dropout, linear; the output is a logit per pixel, and
        what was minimized is the binary cross-entropy.

    References
    ----------
    Srivastava et al. (2014), JMLR 15, sections 7.1 and 7.2.
    """
    import torch

    from dropout_lab.training import perceptron_torch

    pixels = torch.from_numpy(x)
    order = np.random.default_rng(seed)
    model = perceptron_torch([x.shape[1], width, x.shape[1]], rate, seed=seed)
    adam = torch.optim.Adam(model.parameters(), fused=True)
    loss_of = torch.nn.functional.binary_cross_entropy_with_logits
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        for _ in range(epochs):
            for rows in torch.from_numpy(order.permutation(len(x))).split(BATCH):
                loss = loss_of(model(pixels[rows]), pixels[rows])
                adam.zero_grad()
                loss.backward()
                adam.step()
    return model.eval()


def _train(*, seed, **settings):
    """Train one net on the images of its seed."""
    train, validation = _split(seed)
    # The loop wants something to look at after each epoch. Nothing is decided by it here.
    model, _ = train_net(train, tuple(part[:100] for part in validation), seed=seed, **settings)
    return model


def _scores(model, seed):
    """Return loss and error with dropout off, on training, validation and test images."""
    from dropout_lab.network import cross_entropy

    *_, test_x, test_labels = mnist_rows()
    train, validation = _split(seed)
    parts = {"train": train, "validation": validation, "test": (test_x, test_labels)}
    found = {}
    for name, (x, labels) in parts.items():
        logits = _predict(model, x)
        found[f"{name}_loss"] = cross_entropy(logits, labels)
        found[f"{name}_error"] = (logits.argmax(axis=1) != labels).mean()
    return found


def _unseen_error(model, seed):
    """Return the error on the training images that are in no part of the split."""
    x, labels = _rows(seed, slice(N_TRAIN + N_VALIDATION, None))
    return (_predict(model, x).argmax(axis=1) != labels).mean()


def _wrong_by_part(model):
    """Return the mistakes on each of `PARTS` parts of the test images, dealt out like cards."""
    *_, test_x, test_labels = mnist_rows()
    wrong = _predict(model, test_x).argmax(axis=1) != test_labels
    return [int(wrong[start::PARTS].sum()) for start in range(PARTS)]


def _predict(model, x):
    from dropout_lab.training import predict_torch

    return predict_torch(model, x).astype(np.float64)


@cache
def _split(seed):
    """Return 5,000 images to train on and 5,000 others to choose by, both drawn by the seed."""
    return [_rows(seed, slice(N_TRAIN)), _rows(seed, slice(N_TRAIN, N_TRAIN + N_VALIDATION))]


def _rows(seed, part):
    """Return images and labels of one part of the training images in the order of the seed."""
    x, labels, *_ = mnist_rows()
    chosen = np.random.default_rng(seed).permutation(len(x))[part]
    return x[chosen], labels[chosen]


def _pictures(weights):
    """Return weights of images at half the resolution as whole numbers from -9 to 9."""
    side = round(weights.shape[1] ** 0.5)
    halved = weights.reshape(-1, side // 2, 2, side // 2, 2).mean(axis=(2, 4))
    return np.round(9 * halved / np.abs(halved).max()).astype(int)


EXPERIMENTS = (
    Experiment(
        "choosing-rates",
        "Two hidden layers on 5,000 images by rate: at one width, and wider as more is dropped.",
        [
            {"fixed": fixed, "width": width, "rate": rate, "seed": seed}
            for seed in SEEDS
            for rate in RATES
            for fixed, width in (("width", WIDTH), ("keep x width", width_for(rate, KEPT)))
        ],
        run_rates,
        mnist_rows,
    ),
    Experiment(
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
    Experiment(
        "choosing-nets",
        "Nets of two to four hidden layers and three widths, without dropout and by three recipes.",
        [
            {"depth": depth, "width": width, "rate": rate, "input_rate": input_rate, "seed": seed}
            for seed in SEEDS
            for width in (32, 96, 256)
            for depth in (2, 3, 4)
            for rate, input_rate in RECIPES
        ],
        run_net,
        mnist_rows,
    ),
    Experiment(
        "choosing-features",
        "An autoencoder with 256 hidden units, without dropout and at 0.5: features, sparsity.",
        grid(seed=SEEDS, rate=[0.0, 0.5]),
        run_features,
        mnist_rows,
    ),
    Experiment(
        "choosing-speed",
        "Two other learning rates without dropout, with it, and with max-norm in addition.",
        [
            {"method": method, **settings, "learning_rate": learning_rate, "seed": seed}
            for seed in SEEDS
            for learning_rate in (1e-3, 1e-2)
            for method, settings in (
                ("none", {}),
                ("dropout", {"rate": 0.2, "input_rate": 0.2}),
                ("dropout + max-norm", {"rate": 0.2, "input_rate": 0.2, "max_norm": 1.5}),
            )
        ],
        run_method,
        mnist_rows,
    ),
    Experiment(
        "choosing-epochs",
        "Three rates trained three times as long, 60 epochs.",
        grid(seed=SEEDS, epochs=[60], rate=[0.0, 0.2, 0.5]),
        run_epochs,
        mnist_rows,
    ),
)
"""The experiments of chapter 9."""
