"""The PyTorch loop against a NumPy network, SciPy and cases with a known end."""

import sys
import warnings
from contextlib import contextmanager
from fractions import Fraction

import numpy as np
import pytest
import torch
from scipy import special
from sklearn.metrics import log_loss

from dropout_lab._torch import seeded
from dropout_lab.network import MLP
from dropout_lab.regularizers import Regularizer
from dropout_lab.training import fit_torch, perceptron_torch, predict_torch
from dropout_lab.uncertainty import mc_passes

SIZES = [6, 16, 8, 3]


def blobs(n, seed, classes=3):
    """Return `n` points of float32 in six dimensions around one center per class."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % classes)
    centers = np.random.default_rng(99).normal(0, 1.5, (classes, 6))
    return (centers[labels] + rng.normal(0, 1, (n, 6))).astype(np.float32), labels


TRAIN, VALIDATION = blobs(60, 1), blobs(45, 2)


def fit(model=None, train=TRAIN, validation=VALIDATION, *, epochs=3, seed=5, **more):
    """Train `model`, by default a fresh perceptron with dropout."""
    model = perceptron_torch(SIZES, 0.5, seed=0) if model is None else model
    return fit_torch(model, train, validation, epochs=epochs, seed=seed, **more)


def assert_same(one, other):
    """Compare two histories to the last bit."""
    np.testing.assert_array_equal(one.train_loss, other.train_loss)
    np.testing.assert_array_equal(one.validation_loss, other.validation_loss)


def weights_of(model):
    return [weight.detach().numpy().copy() for weight in model.parameters()]


@pytest.mark.parametrize(("epochs", "batch_size", "learning_rate"), [(1, 7, 0.01), (30, 60, 0.005)])
def test_the_same_batches_teach_a_numpy_network_the_same(epochs, batch_size, learning_rate):
    ours = MLP(SIZES, np.random.default_rng(0))
    theirs = perceptron_torch(SIZES, 0.0, seed=0).double()
    with torch.no_grad():
        for layer, weight in zip(theirs[::3], ours.weights, strict=True):
            layer.weight.copy_(torch.from_numpy(weight.T))
    settings = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    x, rng = TRAIN[0].astype(np.float64), np.random.default_rng(5)
    expected = ours.fit(x, TRAIN[1], rng, **settings)
    history = fit(theirs, **settings)
    np.testing.assert_allclose(history.train_loss, expected, rtol=1e-9)
    np.testing.assert_allclose(predict_torch(theirs, x), ours.forward(x), atol=1e-8)
    for layer, weight, bias in zip(theirs[::3], ours.weights, ours.biases, strict=True):
        np.testing.assert_allclose(layer.weight.detach().T, weight, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(layer.bias.detach(), bias, rtol=1e-6, atol=1e-9)


def test_binary_logits_may_be_flat():
    sets = blobs(60, 3, classes=2), blobs(40, 4, classes=2)
    column = perceptron_torch([6, 8, 1], 0.2, seed=0)
    flat = torch.nn.Sequential(*perceptron_torch([6, 8, 1], 0.2, seed=0), torch.nn.Flatten(0))
    one, other = (fit(model, *sets, loss="binary_cross_entropy") for model in (column, flat))
    assert_same(one, other)
    logits = predict_torch(flat, sets[1][0]).astype(np.float64)
    expected = log_loss(sets[1][1], special.expit(logits))
    assert one.validation_loss[-1] == pytest.approx(expected, rel=1e-9)


def test_numbers_of_any_kind_train_alike():
    def trained(whole, part):
        numbers = {"batch_size": whole, "patience": whole, "learning_rate": part}
        limits = Regularizer(l1=part, l2=part, max_norm=part)
        model = perceptron_torch(SIZES, part, input_rate=part, seed=whole)
        history = fit(model, seed=whole, regularizer=limits, **numbers)
        passes = mc_passes(model, TRAIN[0], 2, seed=whole)
        return history.train_loss, predict_torch(model, TRAIN[0], whole), passes

    plain = trained(5, 0.25)
    for whole, part in (np.int8(5), Fraction(1, 4)), (np.uint64(5), np.longdouble(0.25)):
        for one, other in zip(trained(whole, part), plain, strict=True):
            np.testing.assert_array_equal(one, other)


class TestSeeds:
    def test_other_seed_other_order(self):
        one, other = (fit(perceptron_torch(SIZES, 0.0, seed=0), seed=seed) for seed in (0, 1))
        assert np.all(one.train_loss != other.train_loss)

    def test_the_gpu_that_trains_is_seeded(self, monkeypatch):
        states, current = {0: 11, 1: 22}, [0]

        @contextmanager
        def use(device):
            current.append(device.index)
            yield
            current.pop()

        for function, stand_in in {
            "device": use,
            "get_rng_state": lambda device: states[device.index],
            "set_rng_state": lambda state, device: states.update({device.index: state}),
            "manual_seed": lambda seed: states.update({current[-1]: seed}),
        }.items():
            monkeypatch.setattr(torch.cuda, function, stand_in)
        with seeded(5, torch.device("cuda:1")):
            assert states == {0: 11, 1: 5}
        assert states == {0: 11, 1: 22}

    def test_after_an_error_too_all_is_as_before(self, message_of):
        used, model = [], perceptron_torch(SIZES, 0.5, seed=0)
        model.register_forward_pre_hook(lambda *_: used.append(torch.get_num_threads()))
        state, threads = torch.get_rng_state(), torch.get_num_threads()
        torch.set_num_threads(3)
        message = message_of(FloatingPointError, fit, model, learning_rate=1e30)
        found = torch.get_num_threads()
        torch.set_num_threads(threads)
        assert "a smaller learning_rate" in message
        assert (found, set(used)) == (3, {1})
        assert torch.equal(torch.get_rng_state(), state)


class TestRegularizers:
    @pytest.mark.parametrize("strengths", [{"l2": 0.05}, {"l1": 0.05}])
    def test_training_ends_at_the_minimum_of_the_penalized_loss(self, strengths):
        model = perceptron_torch([6, 3], 0.0, seed=0).double()
        more = {"batch_size": 60, "learning_rate": 0.1, "decay": True}
        fit(model, epochs=500, regularizer=Regularizer(**strengths), **more)
        weight, bias = weights_of(model)
        x = TRAIN[0].astype(np.float64)
        errors = special.softmax(x @ weight.T + bias, axis=1) - np.eye(3)[TRAIN[1]]
        gradient = errors.T @ x / 60
        # Where it is least, a step of the loss and one of the penalty end where they began.
        step, l1, l2 = weight - gradient, strengths.get("l1", 0.0), strengths.get("l2", 0.0)
        back = np.sign(step) * np.maximum(np.abs(step) - l1, 0) - l2 * weight
        np.testing.assert_allclose(back, weight, atol=5e-3)
        np.testing.assert_allclose(errors.mean(axis=0), 0, atol=2e-4)
        assert (np.abs(weight) < 1e-4).any() == bool(l1)

    def test_none_and_one_that_does_nothing_are_the_same(self):
        assert_same(fit(), fit(regularizer=Regularizer()))


@pytest.mark.parametrize(("name", "value"), [("regularizer", 0.1), ("decay", 1), ("threads", 0)])
def test_what_only_pytorch_takes_is_checked(message_of, name, value):
    message = message_of(ValueError if name == "threads" else TypeError, fit, **{name: value})
    assert message.startswith(f"{name} must be ")


@pytest.mark.parametrize(
    ("decay", "expected"), [(True, [0.1, 0.075, 0.05, 0.025]), (False, [0.1] * 4)]
)
def test_the_learning_rate_decays_evenly_or_stays(monkeypatch, decay, expected):
    rates = []
    kernel = sys.modules["torch.optim.adam"]  # torch.optim does not show it
    monkeypatch.setattr(kernel, "adam", lambda *_, lr, **__: rates.append(lr))
    fit(epochs=2, batch_size=30, learning_rate=0.1, decay=decay)
    assert rates == pytest.approx(expected)


def test_training_goes_on_while_it_improves():
    history = fit(perceptron_torch(SIZES, 0.0, seed=0), TRAIN, TRAIN, epochs=10, patience=1)
    assert (len(history.train_loss), history.best_epoch) == (10, 9)


def test_nan_among_the_inputs_for_validation(message_of):
    x = VALIDATION[0].copy()
    x[3, 2] = np.nan
    message = message_of(FloatingPointError, fit, validation=(x, VALIDATION[1]))
    expected = "the validation loss turned nan in epoch 0: validation x holds NaN or infinite"
    assert message.startswith(expected)


class TestData:
    @pytest.mark.parametrize(
        "convert",
        [
            lambda x: torch.tensor(x, requires_grad=True),
            lambda x: x.astype(np.longdouble),
            lambda x: x.astype(">f4"),
            lambda x: x[::-1].copy()[::-1],
        ],
        ids=["tensor", "longdouble", "big-endian", "backward in memory"],
    )
    def test_the_same_numbers_serve_as_well_in_another_form(self, convert):
        train, validation = ((convert(x), torch.tensor(y)) for x, y in (TRAIN, VALIDATION))
        assert_same(fit(None, train, validation), fit())

    def test_read_only_arrays_give_no_warning(self):
        x = TRAIN[0].copy()
        x.flags.writeable = False
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fit(train=(x, TRAIN[1]))

    def test_lazy_layers_get_their_weights_from_the_seed(self):
        def losses(seed):
            lazy = torch.nn.LazyLinear(8), torch.nn.Dropout(0.5), torch.nn.LazyLinear(3)
            return fit(torch.nn.Sequential(*lazy), seed=seed).train_loss

        np.testing.assert_array_equal(losses(0), losses(0))
        assert np.all(losses(0) != losses(1))

    def test_frozen_and_unused_weights_stay_and_earlier_gradients_are_not_used(self, monkeypatch):
        def built():
            frozen = perceptron_torch([6, 5], 0.0, seed=0).requires_grad_(False)
            model = torch.nn.Sequential(frozen, perceptron_torch([5, 3], 0.0, seed=1))
            model.unused = torch.nn.Parameter(torch.ones(2))
            return model

        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        models = [built() for _ in range(2)]
        before = weights_of(models[0])
        models[1](torch.as_tensor(TRAIN[0])).sum().backward()
        one, other = (fit(model) for model in models)
        assert one.device == "cpu"  # without CUDA it is chosen
        assert_same(one, other)
        changed = [np.any(a != b) for a, b in zip(before, weights_of(models[0]), strict=True)]
        assert changed == [False, False, False, True, True]


def test_the_perceptron():
    model = perceptron_torch(SIZES, 0.5, input_rate=0.2, seed=0)
    names = [type(layer).__name__ for layer in model]
    assert names == ["Dropout", *["Linear", "ReLU", "Dropout"] * 2, "Linear"]
    assert [layer.p for layer in model if isinstance(layer, torch.nn.Dropout)] == [0.2, 0.5, 0.5]
    assert model.training
    assert not any(layer.bias.any() for layer in model if isinstance(layer, torch.nn.Linear))


class TestPredict:
    def test_is_the_model_in_evaluation_mode_whatever_the_batches(self, message_of):
        model = perceptron_torch([6, 8, 3], 0.5, seed=0).eval()
        model[2].train()  # as for Monte-Carlo dropout
        first, last = (model[at].weight.detach().numpy().T for at in (0, 3))
        for batch_size in 7, 4096:
            found = predict_torch(model, TRAIN[0], batch_size=batch_size)
            np.testing.assert_allclose(found, np.maximum(TRAIN[0] @ first, 0) @ last, atol=1e-5)
        with pytest.raises(RuntimeError, match="shapes"):
            predict_torch(model, TRAIN[0][:, :2])
        # Each module keeps its mode, after an error too.
        assert [module.training for module in model] == [False, False, True, False]
        message = message_of(TypeError, predict_torch, model, np.zeros((2, 6), np.uint8))
        assert message.startswith("x must hold floating-point values, got dtype uint8; bytes")
        assert "batch_size" in message_of(ValueError, predict_torch, model, TRAIN[0], 0)

    def test_model_without_weights(self):
        np.testing.assert_array_equal(predict_torch(torch.nn.Dropout(0.5), TRAIN[0]), TRAIN[0])
