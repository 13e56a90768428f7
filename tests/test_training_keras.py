"""Both loops side by side, what Keras adds, and the published run on MNIST."""

import os
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
from images import needs_mnist
from scipy import special
from sklearn.metrics import log_loss
from test_training_torch import SIZES, TRAIN, VALIDATION, blobs

from dropout_lab.training import fit_keras, fit_torch, perceptron_keras, perceptron_torch

TWINS = {"torch": (perceptron_torch, fit_torch), "keras": (perceptron_keras, fit_keras)}


@pytest.fixture(autouse=True, scope="module")
def import_keras():
    """Import Keras only where these tests run: each test process collects all files."""
    global keras
    import keras


@pytest.fixture(params=TWINS)
def twin(request):
    return request.param


def fit(twin, model, train=TRAIN, validation=VALIDATION, *, epochs=2, seed=5, **more):
    return TWINS[twin][1](model, train, validation, epochs=epochs, seed=seed, **more)


def perceptron(twin, sizes=SIZES, rate=0.5, seed=0):
    return TWINS[twin][0](sizes, rate, seed=seed)


def weights_of(model):
    """Return copies of all weights, each as Keras has it."""
    if isinstance(model, keras.Model):
        return model.get_weights()
    return [weight.detach().numpy().T.copy() for weight in model.parameters()]


def logits_of(model, x):
    if isinstance(model, keras.Model):
        return keras.ops.convert_to_numpy(model(x, training=False)).astype(np.float64)
    return model(torch.as_tensor(x)).detach().numpy().astype(np.float64)


def linear(twin, rate=0.0, dtype="float32"):
    """Return logistic regression behind a layer of dropout without a seed, from known weights."""
    start = perceptron_torch([6, 3], 0.0, seed=0)
    if twin == "torch":
        model = torch.nn.Sequential(torch.nn.Dropout(rate), *start).to(getattr(torch, dtype))
        return model.eval()  # the loop itself turns dropout on
    layers = keras.layers.Dropout(rate), keras.layers.Dense(3, dtype=dtype)
    model = keras.Sequential([keras.Input((6,)), *layers])
    model.set_weights(weights_of(start))
    return model


# --- the same of both ------------------------------------------------------------------------


def test_without_dropout_they_start_and_learn_the_same():
    binary = {"batch_size": 16, "loss": "binary_cross_entropy"}
    for sizes, seed, train, validation, more in (
        # 61 steps, of which Keras takes fifty at a time; the last batch holds one example.
        (SIZES, 0, blobs(121, 7), VALIDATION, {"batch_size": 2}),
        ([6, 8, 1], np.uint64(2**63 - 1), blobs(60, 3, 2), blobs(40, 4, 2), binary),
    ):
        models = {twin: perceptron(twin, sizes, 0.0, seed) for twin in TWINS}
        for one, other in zip(*map(weights_of, models.values()), strict=True):
            np.testing.assert_array_equal(one, other)
        one, other = (fit(twin, models[twin], train, validation, **more) for twin in TWINS)
        np.testing.assert_allclose(one.train_loss, other.train_loss, atol=1e-4)
        np.testing.assert_allclose(one.validation_loss, other.validation_loss, atol=1e-4)
        assert one.best_epoch == other.best_epoch
        assert set(one.metrics) == set(other.metrics)
        assert ("average_precision" in one.metrics) == ("loss" in more)
        np.testing.assert_array_equal(one.metrics["accuracy"], other.metrics["accuracy"])


def test_the_same_seed_gives_the_same_bytes_and_the_scores_of_the_model(twin, capfd):
    runs = []
    for seed in 1, 99:
        random.seed(seed)
        keras.utils.set_random_seed(seed)
        states = random.getstate(), numpy_state(), torch.get_rng_state().tolist()
        model = perceptron(twin)
        capfd.readouterr()
        runs.append((model, fit(twin, model)))
        assert capfd.readouterr() == ("", "")  # when publishing
        assert states == (random.getstate(), numpy_state(), torch.get_rng_state().tolist())
    (model, history), (same, again) = runs
    for one, other in zip(weights_of(model), weights_of(same), strict=True):
        np.testing.assert_array_equal(one, other)
    for name in "train_loss", "validation_loss":
        np.testing.assert_array_equal(getattr(history, name), getattr(again, name))
    assert twin == "keras" or not any(module.training for module in model.modules())
    logits = logits_of(model, VALIDATION[0])
    loss, accuracy = history.validation_loss, history.metrics["accuracy"]
    expected = log_loss(VALIDATION[1], special.softmax(logits, axis=1))
    assert loss[-1] == pytest.approx(expected, rel=1e-6)
    assert accuracy[-1] == np.mean(logits.argmax(axis=1) == VALIDATION[1])
    assert (history.seed, history.best_epoch) == (5, loss.argmin())
    assert history.device.startswith(("cpu", "cuda", "gpu"))


def numpy_state():
    """Return NumPy's global random state, which a training has no business with."""
    return np.random.get_state()[1].tolist()  # noqa: NPY002, to see that nobody used it


def test_each_epoch_and_each_seed_has_masks_of_its_own(twin):
    # One batch holds everything and the weights stand still: only the masks can differ.
    more = {"batch_size": 60, "learning_rate": 1e-12}
    losses = [fit(twin, linear(twin, 0.5), seed=seed, **more).train_loss for seed in (0, 1)]
    assert len(set(np.concatenate(losses).round(5))) == 4


def test_a_model_of_bfloat16_learns_as_one_of_float32(twin):
    more = {"epochs": 1, "batch_size": 60}
    found, expected = (fit(twin, linear(twin, dtype=d), **more) for d in ("bfloat16", "float32"))
    np.testing.assert_allclose(found.train_loss, expected.train_loss, rtol=2**-6)
    np.testing.assert_allclose(found.validation_loss, expected.validation_loss, rtol=2**-6)


def test_early_stopping_goes_back_to_the_best_epoch(twin):
    # Validation labels contradict the training labels, and the model starts undecided: the loss is
    # convex in the weights of a linear model, so whatever helps the one set hurts the other.
    contrary = (TRAIN[0], (TRAIN[1] + 1) % 3)

    def after(twin, **more):
        model = perceptron(twin, [6, 3], 0.0)
        if twin == "keras":
            model.set_weights([np.zeros((6, 3)), np.zeros(3)])
        else:
            torch.nn.init.zeros_(model[0].weight)
        history = fit(twin, model, TRAIN, contrary, **more)
        assert history.best_epoch == 0
        assert np.all(np.diff(history.validation_loss) > 0)
        return len(history.train_loss), weights_of(model)

    _, best = after("torch", epochs=1)
    cases = [(20, 2, 3), (3, 10, 3), (2, None, 2)]  # epochs, patience, epochs that are run
    for epochs, patience, run in cases if twin == "torch" else cases[:2]:
        count, weights = after(twin, epochs=epochs, patience=patience)
        assert count == run
        off = max(np.abs(a - b).max() for a, b in zip(weights, best, strict=True))
        assert off < 1e-5 if patience else off > 1e-3


def test_what_cannot_be_trained_is_named(twin, message_of):
    model, wrong = perceptron(twin), torch.nn.Linear(6, 3)
    nothing, several = torch.nn.Linear(6, 3).requires_grad_(False), torch.nn.GRU(6, 3)
    if twin == "torch":
        wrong = []
    else:
        given = keras.Input((6,))
        nothing = keras.Sequential([given, keras.layers.Dropout(0.5)])
        several = keras.Model(given, [keras.layers.Dense(3)(given), given])
        message = message_of(ValueError, fit, twin, keras.Sequential([keras.layers.Dense(3)]))
        assert message.startswith("model must be built")
        assert "keras.Input((6,))" in message
    beyond = np.where(VALIDATION[1] == 2, 7, VALIDATION[1])
    infinite = np.where(TRAIN[0] == TRAIN[0].max(), np.inf, TRAIN[0])
    for error, arguments, words in (
        (TypeError, (wrong,), "model must be a "),
        (TypeError, (model, (TRAIN[0].astype(int), TRAIN[1])), "train x must hold floating"),
        (ValueError, (model, TRAIN, (VALIDATION[0], beyond)), "validation labels must lie between"),
        (FloatingPointError, (model, (infinite, TRAIN[1])), "train x holds NaN or infinite values"),
        (ValueError, (nothing,), "model has no weights to train"),
        (TypeError, (several,), "model must return one tensor of logits, got "),
    ):
        assert words in message_of(error, fit, twin, *arguments)


# --- Keras alone -----------------------------------------------------------------------------


def test_a_model_of_a_class_of_its_own():
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.inner = keras.layers.Dense(3)

        def call(self, x):
            return self.inner(x)

    model = Model()
    model(TRAIN[0][:1])
    losses = fit("keras", model).train_loss
    assert losses[1] < losses[0]


def test_pytorch_behind_keras():
    """Another process runs tests of this file: Keras takes its backend when it is imported."""
    tests = "start_and_learn or same_bytes or masks_of_its_own"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", tests, __file__],
        env={**os.environ, "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
    )
    assert "5 passed" in run.stdout, run.stdout


@needs_mnist
@pytest.mark.proves(
    "The published run of Keras on MNIST comes out again where the real images are at hand",
    chapter=7,
)
def test_the_published_run_on_mnist():
    """784-128-64-10, rate 0.5, five epochs: 0.9633 was published for the test images."""
    from dropout_lab.data import load_mnist

    mnist = load_mnist(dtype="float32")
    x, labels = mnist.train_images.reshape(-1, 784), mnist.train_labels
    model = perceptron_keras([784, 128, 64, 10], 0.5, seed=0)
    parts = (x[:48000], labels[:48000]), (x[48000:], labels[48000:])
    fit_keras(model, *parts, epochs=5, seed=0)
    logits = model.predict(mnist.test_images.reshape(-1, 784), batch_size=4096, verbose=0)
    assert np.mean(logits.argmax(axis=1) == mnist.test_labels) == pytest.approx(0.963, abs=0.004)
