"""The published MNIST run in Keras, and in the loops of the book, on the same CPU."""

import os
import time

import numpy as np

from bench.table import print_table
from dropout_lab.data import DataUnavailable, load_mnist
from dropout_lab.training import (
    fit_keras,
    fit_torch,
    perceptron_keras,
    perceptron_torch,
    predict_torch,
)

SIZES = [784, 128, 64, 10]
RATE = 0.5
EPOCHS = 5
SPLIT = 48_000
SEED = 0


def _keras_script(x, labels, test):
    """Train as tutorials do: compile, then fit with a validation split."""
    import keras

    keras.utils.set_random_seed(SEED)
    layers = [keras.Input((SIZES[0],))]
    for units in SIZES[1:-1]:
        layers += [keras.layers.Dense(units, activation="relu"), keras.layers.Dropout(RATE)]
    model = keras.Sequential([*layers, keras.layers.Dense(SIZES[-1], activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    start = time.perf_counter()
    model.fit(x, labels, batch_size=32, epochs=EPOCHS, validation_split=0.2, verbose=0)
    return time.perf_counter() - start, model.predict(test, batch_size=4096, verbose=0)


def _keras_twin(x, labels, test):
    """Train with `fit_keras`."""
    model = perceptron_keras(SIZES, RATE, seed=SEED)
    history = fit_keras(model, *_halves(x, labels), epochs=EPOCHS, seed=SEED, progress=False)
    return history.seconds, model.predict(test, batch_size=4096, verbose=0)


def _torch_loop(batch_size, learning_rate, threads):
    """Return a function that trains with `fit_torch`."""

    def train(x, labels, test):
        model = perceptron_torch(SIZES, RATE, seed=SEED)
        history = fit_torch(
            model,
            *_halves(x, labels),
            epochs=EPOCHS,
            seed=SEED,
            batch_size=batch_size,
            learning_rate=learning_rate,
            threads=threads,
            progress=False,
        )
        return history.seconds, predict_torch(model, test)

    return train


def _data_loader(x, labels, test):
    """Train as PyTorch tutorials do: a DataLoader, `torch.optim.Adam`, the loss read each step."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(SEED)
    model = perceptron_torch(SIZES, RATE, seed=SEED)
    train, validation = (
        TensorDataset(torch.from_numpy(a), torch.from_numpy(b.astype(np.int64)))
        for a, b in _halves(x, labels)
    )
    optimizer, loss_of = torch.optim.Adam(model.parameters()), torch.nn.CrossEntropyLoss()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in fit_torch, so that only the loops differ
    start = time.perf_counter()
    for _ in range(EPOCHS):
        model.train()
        total = 0.0
        for batch, target in DataLoader(train, batch_size=32, shuffle=True):
            optimizer.zero_grad()
            loss = loss_of(model(batch), target)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(batch)
        model.eval()
        with torch.no_grad():
            for batch, target in DataLoader(validation, batch_size=4096):
                loss_of(model(batch), target).item()
    seconds = time.perf_counter() - start
    torch.set_num_threads(threads)
    return seconds, predict_torch(model, test)


def _halves(x, labels):
    """Split as Keras's `validation_split=0.2` does: the last fifth validates."""
    return (x[:SPLIT], labels[:SPLIT]), (x[SPLIT:], labels[SPLIT:])


def main():
    """Print how much faster each loop is than the Keras script, and how well it learned."""
    try:
        mnist = load_mnist(dtype="float32")
    except DataUnavailable as error:
        print(f"\nTraining was not measured. {error}")
        return
    x, test = (images.reshape(-1, 784) for images in (mnist.train_images, mnist.test_images))
    script, ours = "Keras script: compile and fit", "fit_torch"
    loader = "PyTorch, DataLoader"
    cores = os.cpu_count()
    # Four times the batch, twice the learning rate: the noise of a step shrinks by half.
    runs = {
        (script, 32, "all"): (_keras_script, "1"),
        ("fit_keras", 32, "all"): (_keras_twin, ""),
        (loader, 32, 1): (_data_loader, ""),
        (ours, 32, 1): (_torch_loop(32, 1e-3, 1), ""),
        (ours, 128, 1): (_torch_loop(128, 2e-3, 1), ""),
        (ours, 128, cores): (_torch_loop(128, 2e-3, cores), ">= 5"),
    }
    seconds, rows = {}, []
    for (name, batch_size, threads), (run, target) in runs.items():
        before = time.process_time()
        wall, logits = run(x, mnist.train_labels, test)
        used = time.process_time() - before
        seconds[name, batch_size, threads] = wall
        accuracy = np.mean(logits.argmax(axis=1) == mnist.test_labels)
        ratio = f"{seconds[script, 32, 'all'] / wall:.2f}"
        figures = [f"{wall:.1f} s", f"{used:.1f} s", f"{accuracy:.4f}"]
        rows.append([ratio, target, *figures, str(batch_size), str(threads), name])
    print_table(
        f"784-128-64-10 on MNIST, {EPOCHS} epochs: how many times faster than the Keras script",
        ["ratio", "target", "training", "CPU", "test accuracy", "batch", "threads", "loop"],
        rows,
    )
    ratio = seconds[loader, 32, 1] / seconds[ours, 32, 1]
    print_table(
        "Batches of 32 from a DataLoader: training time as a multiple of fit_torch's",
        ["ratio", "loop"],
        [[f"{ratio:.2f}", loader]],
    )
