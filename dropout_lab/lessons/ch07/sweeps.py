"""The sweeps of chapter 7, on MNIST: dropout rate, net, training set, dropout on pixels."""

import numpy as np

from dropout_lab.sweeps.experiment import Experiment, grid
from dropout_lab.sweeps.images import mnist_rows

__all__ = ["EXPERIMENTS", "NETS", "N_TRAIN", "epochs_for", "published_keras", "train_mnist"]

NETS = {"128-64": [784, 128, 64, 10], "512-512": [784, 512, 512, 10]}
"""The published net, and one that has room to spare."""

N_TRAIN = 48_000
"""Of the 60,000 training images, the published run trains on the first 80 %."""

SEEDS = list(range(5))
SIZES = [100, 500, 2_000, 10_000, 60_000]
BATCH = 32


def epochs_for(size):
    """Return how many epochs make 10,000 steps, whatever the number of images.

    Parameters
    ----------
    size : int
        Number of training images.

    Returns
    -------
    int
        Number of epochs in batches of 32, rounded up.

    Examples
    --------
    >>> [epochs_for(size) for size in (100, 2_000, 60_000)]
    [2500, 159, 6]
    """
    steps_per_epoch = -(-size // BATCH)
    return -(-10_000 // steps_per_epoch)


def run_keras(rate, seed):
    """Train the published net with Keras, as it is published, and return its test accuracy."""
    x, labels, test_x, test_labels = mnist_rows()
    model = published_keras(x, labels, rate, seed)
    _, accuracy = model.evaluate(test_x, test_labels, verbose=0)
    return {"final_test_accuracy": accuracy}


def published_keras(x, labels, rate, seed):
    """Build and train the published net in Keras: 80 % to train on, 20 % to validate.

    Parameters
    ----------
    x : numpy.ndarray of float32
        Images as rows, shape ``(n, 784)``, from 0 to 1.
    labels : numpy.ndarray of int
        Shape ``(n,)``.
    rate : float
        Published is 0.5.
    seed : int
        Seeds Python, NumPy and TensorFlow.

    Returns
    -------
    keras.Model
        The trained net.
    """
    import keras

    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((784,)),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dropout(rate),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dropout(rate),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, labels, batch_size=32, epochs=5, validation_split=0.2, verbose=0)
    return model


def run_rates(rate, epochs, seed):
    """Train the published net at one rate and return its curves and its scores."""
    x, labels, *_ = mnist_rows()
    train, rest = (x[:N_TRAIN], labels[:N_TRAIN]), (x[N_TRAIN:], labels[N_TRAIN:])
    model, history = train_mnist("128-64", train, rest, epochs, rate=rate, seed=seed)
    return {
        "train_loss": history.train_loss,
        "validation_loss": history.validation_loss,
        "validation_accuracy": history.metrics["accuracy"],
        **_scores(model, train),
        "active": _active(model),
    }


def run_sizes(net, size, rate, input_rate, seed):
    """Train one net on some of the images, drawn by the seed, and return its scores."""
    train = _subset(size, seed)
    # The loop wants something to validate on. Nothing is decided by it here.
    watched = train[0][:100], train[1][:100]
    model, _ = train_mnist(
        net, train, watched, epochs_for(size), rate=rate, input_rate=input_rate, seed=seed
    )
    return _scores(model, train)


def run_input(input_rate, seed):
    """Train the published net with dropout on its pixels only, and return its scores."""
    x, labels, *_ = mnist_rows()
    train, rest = (x[:N_TRAIN], labels[:N_TRAIN]), (x[N_TRAIN:], labels[N_TRAIN:])
    model, _ = train_mnist("128-64", train, rest, 5, rate=0.0, input_rate=input_rate, seed=seed)
    return _scores(model, train)


def train_mnist(net, train, validation, epochs, *, rate, input_rate=0.0, seed):
    """Train one of the `NETS` in the published way: Adam, batches of 32.

    Parameters
    ----------
    net : str
        A key of `NETS`.
    train, validation : tuple (x, labels)
        Images as rows of float32, shape ``(n, 784)``, and integer labels.
    epochs : int
        Passes over the training images.
    rate, input_rate : float
        Probability of dropping a hidden unit, and of dropping a pixel.
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

    model = perceptron_torch(NETS[net], rate, input_rate=input_rate, seed=seed)
    history = fit_torch(
        model, train, validation, epochs=epochs, seed=seed, device="cpu", progress=False
    )
    return model, history


def _subset(size, seed):
    """Return `size` training images: the smaller sets of a seed are parts of its larger ones."""
    x, labels, *_ = mnist_rows()
    chosen = np.random.default_rng(seed).permutation(len(x))[:size]
    return x[chosen], labels[chosen]


def _scores(model, train):
    """Return loss and accuracy without dropout, on the training images and on the test images."""
    from dropout_lab.network import cross_entropy
    from dropout_lab.training import predict_torch

    *_, test_x, test_labels = mnist_rows()
    found = {}
    for name, x, labels in (("train", *train), ("test", test_x, test_labels)):
        logits = predict_torch(model, x).astype(np.float64)
        found[f"final_{name}_loss"] = cross_entropy(logits, labels)
        found[f"final_{name}_accuracy"] = (logits.argmax(axis=1) == labels).mean()
    return found


def _active(model):
    """Return for each hidden layer the mean share of units that a test image makes positive."""
    import torch

    *_, x, _ = mnist_rows()
    shares = []
    with torch.inference_mode():
        values = torch.from_numpy(x)
        for layer in model:
            values = layer(values)
            if isinstance(layer, torch.nn.ReLU):
                shares.append((values > 0).double().mean().item())
    return shares


EXPERIMENTS = (
    Experiment(
        "mnist-keras",
        "The published script in Keras, with and without its dropout.",
        grid(rate=[0.5, 0.0], seed=SEEDS),
        run_keras,
        mnist_rows,
        ("keras", "tensorflow"),
    ),
    Experiment(
        "mnist-rates",
        "The published net, 784-128-64-10: four rates for 20 epochs, three of them for 5 epochs.",
        grid(epochs=[5], rate=[0.0, 0.2, 0.5], seed=SEEDS)
        + grid(epochs=[20], rate=[0.0, 0.2, 0.5, 0.7], seed=SEEDS),
        run_rates,
        mnist_rows,
    ),
    Experiment(
        "mnist-sizes",
        "Two nets on 100 to 60,000 images, 10,000 steps each, with and without dropout.",
        [
            {"net": net, "size": size, "rate": rate, "input_rate": input_rate, "seed": seed}
            for net, rate, input_rate, sizes in (
                ("512-512", 0.0, 0.0, SIZES),
                ("512-512", 0.5, 0.2, SIZES),
                ("128-64", 0.0, 0.0, SIZES),
                ("128-64", 0.5, 0.0, SIZES),
                ("512-512", 0.5, 0.0, [2_000]),  # what the pixels contribute where dropout wins
            )
            for size in sizes
            for seed in SEEDS
        ],
        run_sizes,
        mnist_rows,
    ),
    Experiment(
        "mnist-input",
        "The published net with dropout on the pixels only, for 5 epochs.",
        grid(input_rate=[0.0, 0.1, 0.2, 0.3, 0.5], seed=SEEDS),
        run_input,
        mnist_rows,
    ),
)
"""The experiments of chapter 7."""
