"""The Keras loop against its PyTorch twin, and the published run on MNIST."""

import json
import os
import random
import subprocess
import sys

import numpy as np
import pytest
import torch
from images import needs_mnist
from sklearn.metrics import log_loss
from test_training_torch import SIZES, TRAIN, VALIDATION, blobs, numpy_state

from dropout_lab.training import fit_keras, fit_torch, perceptron_keras, perceptron_torch

OTHER_BACKEND = """
import json, sys
import keras, numpy as np, torch
from dropout_lab.training import fit_keras, perceptron_keras
from test_training_torch import SIZES, TRAIN, VALIDATION

def fit(model, seed=5, **more):
    return fit_keras(model, TRAIN, VALIDATION, seed=seed, progress=False, **more)

def drop(seed):
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dropout(0.5), keras.layers.Dense(3)])
    model.set_weights(perceptron_keras([6, 3], 0.0, seed=0).get_weights())
    return fit(model, seed, epochs=2, batch_size=60, learning_rate=1e-12).train_loss.tolist()

state = torch.get_rng_state()
history = fit(perceptron_keras(SIZES, 0.0, seed=0), epochs=3, batch_size=16)
print(json.dumps({
    "backend": keras.backend.backend(),
    "device": history.device,
    "losses": [history.train_loss.tolist(), history.validation_loss.tolist()],
    "drop": [drop(0), drop(0), drop(1)],
    "state": torch.equal(torch.get_rng_state(), state),
}))
"""
"""What another process runs: Keras takes its backend when it is imported."""

BINARY = blobs(60, 3, classes=2), blobs(40, 4, classes=2)


@pytest.fixture(autouse=True, scope="module")
def import_keras():
    """Import Keras only where these tests run: each test process collects all files."""
    global keras
    import keras


def fit(model=None, train=TRAIN, validation=VALIDATION, *, epochs=2, seed=5, **more):
    """Train `model`, by default a fresh perceptron with dropout."""
    model = perceptron_keras(SIZES, 0.5, seed=0) if model is None else model
    return fit_keras(model, train, validation, epochs=epochs, seed=seed, **more)


@pytest.fixture(scope="module")
def published():
    """Return a trained perceptron, and its history."""
    model = perceptron_keras(SIZES, 0.5, seed=0)
    return model, fit(model)


class TestTwins:
    @pytest.mark.parametrize("seed", [0, 1])
    def test_start_from_the_same_weights(self, seed):
        for_torch = perceptron_torch(SIZES, 0.5, seed=seed)
        for_keras = perceptron_keras(SIZES, 0.5, seed=seed)
        theirs = [weight.detach().numpy() for weight in for_torch.parameters()]
        for a, b in zip(for_keras.get_weights(), theirs, strict=True):
            np.testing.assert_array_equal(a, b.T)

    def test_without_dropout_they_learn_the_same(self):
        arguments = {"epochs": 3, "seed": 5, "batch_size": 16, "learning_rate": 1e-3}
        pairs = [(perceptron_torch, fit_torch), (perceptron_keras, fit_keras)]
        one, other = (
            fit_twin(make(SIZES, 0.0, seed=0), TRAIN, VALIDATION, **arguments)
            for make, fit_twin in pairs
        )
        np.testing.assert_allclose(one.train_loss, other.train_loss, atol=1e-5)
        np.testing.assert_allclose(one.validation_loss, other.validation_loss, atol=1e-5)
        np.testing.assert_array_equal(one.metrics["accuracy"], other.metrics["accuracy"])
        assert one.best_epoch == other.best_epoch

    def test_binary_labels_too(self):
        arguments = {"epochs": 2, "seed": 5, "batch_size": 20, "loss": "binary_cross_entropy"}
        pairs = [(perceptron_torch, fit_torch), (perceptron_keras, fit_keras)]
        one, other = (
            fit_twin(make([6, 8, 1], 0.0, seed=0), *BINARY, **arguments) for make, fit_twin in pairs
        )
        np.testing.assert_allclose(one.train_loss, other.train_loss, atol=1e-5)
        np.testing.assert_allclose(one.validation_loss, other.validation_loss, atol=1e-5)
        assert set(one.metrics) == set(other.metrics) == {"accuracy", "average_precision"}

    def test_last_batch_counts_by_its_size(self):
        # 60 examples in batches of 16, in executions of more steps than one; weights stand still.
        model = perceptron_keras(SIZES, 0.0, seed=0)
        odds = np.exp(np.asarray(model(TRAIN[0])).astype(np.float64))
        expected = log_loss(TRAIN[1], odds / odds.sum(axis=1, keepdims=True))
        history = fit(model, epochs=1, batch_size=16, learning_rate=1e-12)
        assert history.train_loss[0] == pytest.approx(expected, rel=1e-5)

    def test_more_steps_than_one_execution_takes(self):
        # 121 steps: two executions of 50, and the rest.
        train = blobs(121, 7)
        arguments = {"epochs": 1, "seed": 5, "batch_size": 1}
        one = fit_torch(perceptron_torch(SIZES, 0.0, seed=0), train, VALIDATION, **arguments)
        other = fit_keras(perceptron_keras(SIZES, 0.0, seed=0), train, VALIDATION, **arguments)
        np.testing.assert_allclose(one.train_loss, other.train_loss, atol=1e-4)
        np.testing.assert_allclose(one.validation_loss, other.validation_loss, atol=1e-4)


def test_pytorch_behind_keras():
    run = subprocess.run(
        [sys.executable, "-c", OTHER_BACKEND],
        env={**os.environ, "KERAS_BACKEND": "torch", "PYTHONPATH": os.path.dirname(__file__)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert (found["backend"], found["state"]) == ("torch", True)
    assert found["device"].startswith(("cpu", "cuda"))
    model = perceptron_torch(SIZES, 0.0, seed=0)
    expected = fit_torch(model, TRAIN, VALIDATION, epochs=3, seed=5, batch_size=16)
    np.testing.assert_allclose(found["losses"][0], expected.train_loss, atol=1e-5)
    np.testing.assert_allclose(found["losses"][1], expected.validation_loss, atol=1e-5)
    one, same, other = found["drop"]  # layers without a seed draw from PyTorch's generator
    assert one == same
    assert one[0] != one[1]
    assert one != other


class TestHistory:
    def test_same_fields_as_the_twin(self, published):
        _, history = published
        assert history.train_loss.shape == history.validation_loss.shape == (2,)
        assert history.train_loss.dtype == history.validation_loss.dtype == np.float64
        assert history.metrics["accuracy"].shape == (2,)
        assert history.seed == 5
        assert history.device.startswith(("cpu", "gpu"))
        assert history.seconds > 0

    def test_validation_scores_are_those_of_the_returned_model(self, published):
        model, history = published
        logits = np.asarray(model(VALIDATION[0], training=False)).astype(np.float64)
        odds = np.exp(logits)
        expected = log_loss(VALIDATION[1], odds / odds.sum(axis=1, keepdims=True))
        assert history.validation_loss[-1] == pytest.approx(expected, rel=1e-6)
        accuracy = np.mean(logits.argmax(axis=1) == VALIDATION[1])
        assert history.metrics["accuracy"][-1] == accuracy

    @pytest.mark.filterwarnings("ignore:Gradients do not exist")  # everything is dropped
    def test_dropout_is_on_in_training_and_off_in_validation(self):
        model = perceptron_keras(SIZES, 1.0, seed=0)
        history = fit(model, epochs=1, learning_rate=1e-12)
        assert history.train_loss[0] == pytest.approx(np.log(3), rel=1e-5)
        assert abs(history.validation_loss[0] - np.log(3)) > 0.01


class TestSeeds:
    def test_same_seed_same_bytes_and_global_state_as_before(self, published):
        random.seed(1)
        keras.utils.set_random_seed(99)
        states = random.getstate(), numpy_state()
        model = perceptron_keras(SIZES, 0.5, seed=0)
        history = fit(model)
        np.testing.assert_array_equal(history.train_loss, published[1].train_loss)
        np.testing.assert_array_equal(history.validation_loss, published[1].validation_loss)
        for a, b in zip(model.get_weights(), published[0].get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        assert states == (random.getstate(), numpy_state())

    def test_the_seed_reaches_dropout_layers_made_without_one(self):
        # One batch holds everything and the weights stand still: only the masks can differ.
        def losses(seed):
            model = keras.Sequential(
                [keras.Input((6,)), keras.layers.Dropout(0.5), keras.layers.Dense(3)]
            )
            model.set_weights(perceptron_keras([6, 3], 0.0, seed=0).get_weights())
            return fit(model, seed=seed, batch_size=60, learning_rate=1e-12).train_loss

        one, same, other = losses(0), losses(0), losses(1)
        np.testing.assert_array_equal(one, same)
        assert np.all(one != other)
        assert one[0] != one[1]


class TestModels:
    def test_bfloat16(self):
        layer = keras.layers.Dense(3, dtype="bfloat16")
        model = keras.Sequential([keras.Input((6,)), layer])
        model.set_weights(perceptron_keras([6, 3], 0.0, seed=0).get_weights())
        expected = fit(perceptron_keras([6, 3], 0.0, seed=0), epochs=1, batch_size=60)
        history = fit(model, epochs=1, batch_size=60)
        np.testing.assert_allclose(history.train_loss, expected.train_loss, rtol=2**-6)
        np.testing.assert_allclose(history.validation_loss, expected.validation_loss, rtol=2**-6)

    def test_own_class(self):
        class Model(keras.Model):
            def __init__(self):
                super().__init__()
                self.layer = keras.layers.Dense(3)

            def call(self, x):
                return self.layer(x)

        model, same = Model(), perceptron_keras([6, 3], 0.0, seed=0)
        model(TRAIN[0][:1])
        model.set_weights(same.get_weights())
        np.testing.assert_allclose(fit(model).train_loss, fit(same).train_loss, rtol=1e-6)

    def test_one_example_for_batch_normalization(self):
        layers = keras.layers.BatchNormalization(), keras.layers.Dense(3)
        history = fit(keras.Sequential([keras.Input((6,)), *layers]), batch_size=59)
        assert np.isfinite(history.train_loss).all()


def test_early_stopping_goes_back_to_the_best_epoch():
    # As in the tests of the PyTorch loop: what helps the one set hurts the other.
    contrary = (TRAIN[0], (TRAIN[1] + 1) % 3)
    after = []
    for epochs, patience in ((1, None), (20, 2)):
        model = perceptron_keras([6, 3], 0.0, seed=0)
        model.set_weights([np.zeros((6, 3)), np.zeros(3)])
        history = fit(model, TRAIN, contrary, epochs=epochs, patience=patience)
        after.append(model.get_weights())
    assert (len(history.train_loss), history.best_epoch) == (3, 0)
    for found, expected in zip(*after, strict=True):
        np.testing.assert_array_equal(found, expected)


class TestErrors:
    def test_no_keras_model(self, message_of):
        model = torch.nn.Linear(6, 3)
        assert "model must be a keras.Model, got Linear" in message_of(TypeError, fit, model)

    def test_labels_beyond_the_outputs(self, message_of):
        labels = np.where(VALIDATION[1] == 2, 7, VALIDATION[1])
        message = message_of(ValueError, fit, None, TRAIN, (VALIDATION[0], labels))
        assert "validation labels must lie between 0 and 2" in message

    def test_bad_data(self, message_of):
        assert "train x" in message_of(TypeError, fit, None, (TRAIN[0].astype(int), TRAIN[1]))

    def test_not_built(self, message_of):
        model = keras.Sequential([keras.layers.Dense(3)])
        message = message_of(ValueError, fit, model)
        assert message.startswith("model must be built")
        assert "keras.Input((6,))" in message

    def test_nothing_to_train(self, message_of):
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dropout(0.5)])
        assert message_of(ValueError, fit, model) == "model has no weights to train"

    def test_several_outputs(self, message_of):
        x = keras.Input((6,))
        model = keras.Model(x, [keras.layers.Dense(3)(x), keras.layers.Dense(3)(x)])
        message = message_of(TypeError, fit, model)
        assert message == "model must return one tensor of logits, got list"

    def test_nan_among_the_inputs(self, message_of):
        x = TRAIN[0].copy()
        x[0, 0] = np.inf
        message = message_of(FloatingPointError, fit, None, (x, TRAIN[1]))
        assert "train x holds NaN or infinite values" in message


def test_silent_when_publishing(capfd, published):
    model, _ = published
    capfd.readouterr()
    fit(model)
    assert capfd.readouterr() == ("", "")


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
    fit(model, (x[:48000], labels[:48000]), (x[48000:], labels[48000:]), epochs=5, seed=0)
    logits = model.predict(mnist.test_images.reshape(-1, 784), batch_size=4096, verbose=0)
    assert np.mean(logits.argmax(axis=1) == mnist.test_labels) == pytest.approx(0.963, abs=0.004)
