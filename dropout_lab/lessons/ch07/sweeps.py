"""The sweeps of chapter 7, on MNIST: dropout rate, net, training set, dropout on pixels."""

import numpy as np

from dropout_lab.lessons.runs import SEEDS, drawn, mnist_rows, scores, tested, trained
from dropout_lab.playground.drawing import TRAINED, pack_net, unpack_net
from dropout_lab.playground.training import CASES, EVERY, digit_parts
from dropout_lab.sweeps import Sweep, grid
from dropout_lab.training import perceptron_torch

NETS = {"128-64": [784, 128, 64, 10], "512-512": [784, 512, 512, 10]}
"""The published net, and one that has room to spare."""

N_TRAIN = 48_000
"""Of the 60,000 training images, the published run trains on the first 80 %."""

SIZES = [100, 500, 2_000, 10_000, 60_000]
BATCH = 32


def epochs_for(size):
    """Return how many epochs make 10,000 steps in batches of 32, rounded up.

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
    """Build and train the published net in Keras: 80 % to train on, 20 % to validate."""
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
    train, rest = _published_split()
    model, history = trained(NETS["128-64"], train, rest, rate=rate, epochs=epochs, seed=seed)
    return {
        "train_loss": history.train_loss,
        "validation_loss": history.validation_loss,
        "validation_accuracy": history.metrics["accuracy"],
        **scores(model, final_train=train, final_test=mnist_rows()[2:]),
        "active": _active(model),
    }


def run_sizes(net, size, rate, input_rate, seed):
    """Train one net on some of the images, drawn by the seed, and return its scores."""
    train = drawn(seed, 0, size)
    rates = {"rate": rate, "input_rate": input_rate}
    model, _ = trained(NETS[net], train, **rates, epochs=epochs_for(size), seed=seed)
    return scores(model, final_train=train, final_test=mnist_rows()[2:])


def run_input(input_rate, seed):
    """Train the published net with dropout on its pixels only, and return its scores."""
    train, rest = _published_split()
    rates = {"rate": 0.0, "input_rate": input_rate}
    model, _ = trained(NETS["128-64"], train, rest, **rates, epochs=5, seed=seed)
    return scores(model, final_train=train, final_test=mnist_rows()[2:])


def run_case(case, rate, seed):
    """Train a net as "Train it here" does, and return what it reads of its own and new images."""
    import torch

    x, labels, test_x, test_labels = (part / 16 ** (part.ndim > 1) for part in digit_parts())
    settings, rng = CASES[case], np.random.default_rng(seed)
    chosen = rng.permutation(len(x))[: settings["images"]]
    redrawn = rng.random(len(chosen)) < settings["redrawn"]
    labels = np.where(redrawn, rng.integers(10, size=len(chosen)), labels[chosen])
    x, labels = torch.tensor(x[chosen]).float(), torch.tensor(labels).long()
    units = settings["units"]
    model = perceptron_torch([64, units, units, 10], rate, seed=seed)
    torch.manual_seed(seed)  # for the masks
    optimizer = torch.optim.Adam(model.parameters(), settings["learningRate"])
    accuracy, learned, order = [], [], []
    for step in range(settings["steps"] + 1):
        if step % EVERY == 0:
            right = ~tested(model, test_x.astype(np.float32), test_labels.astype(int))[1]
            accuracy.append(right.mean())
            learned.append(1 - tested(model, x.numpy(), labels.numpy())[1].mean())
            model.train()
        order = order if len(order) else rng.permutation(len(x))
        batch, order = order[:BATCH], order[BATCH:]
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x[batch]), labels[batch]).backward()
        optimizer.step()
    return {"accuracy": accuracy, "train_accuracy": learned, "right": right.astype(int)}


def run_page_net(epochs, learning_rate, seed):
    """Train the net of "Draw a digit", and score it as it is and with weights of one byte each.

    The net that pages load is returned as text: with the settings that the validation images
    chose, and the first seed.
    """
    import torch

    train, rest = _published_split()
    *_, test_x, test_labels = mnist_rows()
    how = {"batch_size": 100, "epochs": epochs, "learning_rate": learning_rate, "decay": True}
    model, _ = trained(NETS["128-64"], train, rest, rate=0.5, seed=seed, **how)
    linear = [layer for layer in model if isinstance(layer, torch.nn.Linear)]
    with torch.no_grad():  # what is blank in all training images has taught its weights nothing
        linear[0].weight[:, torch.from_numpy(train[0].max(axis=0) == 0)] = 0
    text = pack_net(
        [layer.weight.detach().numpy().T for layer in linear],
        [layer.bias.detach().numpy() for layer in linear],
        [test_x[test_labels == digit][0] for digit in range(10)],
    )
    answers = unpack_net(text)[0].forward(test_x.astype(float)).argmax(axis=1)
    found = scores(model, validation=rest, test=(test_x, test_labels))
    found["int8_test_accuracy"] = (answers == test_labels).mean()
    chosen = {"epochs": epochs, "learning_rate": learning_rate, "seed": seed} == TRAINED
    return found | {"net": text} if chosen else found


def _published_split():
    """Return what the published script trains on, and what it validates on."""
    x, labels, *_ = mnist_rows()
    return (x[:N_TRAIN], labels[:N_TRAIN]), (x[N_TRAIN:], labels[N_TRAIN:])


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


SWEEPS = (
    Sweep(
        "page-net",
        "A net of the published shape at rate 0.5, as a page asks it on what one draws.",
        grid(epochs=[10, 40], learning_rate=[0.001, 0.003], seed=SEEDS),
        run_page_net,
        mnist_rows,
    ),
    Sweep(
        "page-cases",
        "The cases of the piece that trains in the page: a net with and one without dropout.",
        grid(case=list(CASES), rate=[0.0, 0.5], seed=SEEDS),
        run_case,
    ),
    Sweep(
        "mnist-keras",
        "The published script in Keras, with and without its dropout.",
        grid(rate=[0.5, 0.0], seed=SEEDS),
        run_keras,
        mnist_rows,
        ("keras", "tensorflow"),
    ),
    Sweep(
        "mnist-rates",
        "The published net, 784-128-64-10: four rates for 20 epochs, three of them for 5 epochs.",
        grid(epochs=[5], rate=[0.0, 0.2, 0.5], seed=SEEDS)
        + grid(epochs=[20], rate=[0.0, 0.2, 0.5, 0.7], seed=SEEDS),
        run_rates,
        mnist_rows,
    ),
    Sweep(
        "mnist-sizes",
        "Two nets on 100 to 60,000 images, 10,000 steps each, with and without dropout.",
        [
            {"net": net, "rate": rate, "input_rate": input_rate, **cell}
            for net, rate, input_rate, sizes in (
                ("512-512", 0.0, 0.0, SIZES),
                ("512-512", 0.5, 0.2, SIZES),
                ("128-64", 0.0, 0.0, SIZES),
                ("128-64", 0.5, 0.0, SIZES),
                ("512-512", 0.5, 0.0, [2_000]),  # what the pixels contribute where dropout wins
            )
            for cell in grid(size=sizes, seed=SEEDS)
        ],
        run_sizes,
        mnist_rows,
    ),
    Sweep(
        "mnist-input",
        "The published net with dropout on the pixels only, for 5 epochs.",
        grid(input_rate=[0.0, 0.1, 0.2, 0.3, 0.5], seed=SEEDS),
        run_input,
        mnist_rows,
    ),
)
