"""The published MNIST run in Keras, and in the book's loop, on the same CPU."""

import os
import time

import numpy as np

from bench.table import print_table
from dropout_lab.data import DataUnavailable, load_mnist
from dropout_lab.training import fit_torch, perceptron_torch, predict_torch

SIZES = [784, 128, 64, 10]
RATE = 0.5
EPOCHS = 5
SPLIT = 48_000  # as Keras's `validation_split=0.2` does: the last fifth validates
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


def _torch_loop(batch_size, learning_rate, threads):
    """Return a function that trains with `fit_torch`."""

    def train(x, labels, test):
        model = perceptron_torch(SIZES, RATE, seed=SEED)
        history = fit_torch(
            model,
            (x[:SPLIT], labels[:SPLIT]),
            (x[SPLIT:], labels[SPLIT:]),
            epochs=EPOCHS,
            seed=SEED,
            batch_size=batch_size,
            learning_rate=learning_rate,
            threads=threads,
            progress=False,
        )
        return history.seconds, predict_torch(model, test)

    return train


def main():
    """Print how much faster the loop is than the Keras script, and how well each learned."""
    try:
        mnist = load_mnist(dtype="float32")
    except DataUnavailable as error:
        print(f"\nTraining was not measured. {error}")
        return
    x, test = (images.reshape(-1, 784) for images in (mnist.train_images, mnist.test_images))
    cores = os.cpu_count()
    # Four times the batch, twice the learning rate: the noise of a step shrinks by half.
    runs = {
        "Keras script: compile and fit, batches of 32": (_keras_script, ""),
        "fit_torch, batches of 32, 1 thread": (_torch_loop(32, 1e-3, 1), ""),
        f"fit_torch, batches of 128, {cores} threads": (_torch_loop(128, 2e-3, cores), ">= 5"),
    }
    rows, script = [], None
    for name, (run, target) in runs.items():
        seconds, logits = run(x, mnist.train_labels, test)
        script = script or seconds
        accuracy = np.mean(logits.argmax(axis=1) == mnist.test_labels)
        rows.append(
            [f"{script / seconds:.2f}", target, f"{seconds:.1f} s", f"{accuracy:.4f}", name]
        )
    print_table(
        f"784-128-64-10 on MNIST, {EPOCHS} epochs: how many times faster than the Keras script",
        ["ratio", "target", "training", "test accuracy", "loop"],
        rows,
    )
