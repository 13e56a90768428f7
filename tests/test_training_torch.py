"""The PyTorch loop against a NumPy network, SciPy and cases with a known end."""

import warnings
from contextlib import contextmanager
from unittest import mock

import numpy as np
import pytest
import torch
from scipy import special
from sklearn.metrics import log_loss

from dropout_lab._torch import seeded
from dropout_lab.network import MLP
from dropout_lab.regularizers import Regularizer, clip_norms
from dropout_lab.training import fit_torch, perceptron_torch, predict_torch

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


def mapped(convert):
    """Return the two sets with their inputs in another form."""
    return tuple((convert(x), labels) for x, labels in (TRAIN, VALIDATION))


@pytest.mark.parametrize(
    ("epochs", "batch_size", "learning_rate"), [(1, 7, 0.01), (1, 60, 0.01), (30, 60, 0.005)]
)
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
    more = {"loss": "binary_cross_entropy", "epochs": 20}
    one, other = (fit(model, *sets, **more) for model in (column, flat))
    assert_same(one, other)
    logits = predict_torch(flat, sets[1][0]).astype(np.float64)
    expected = log_loss(sets[1][1], special.expit(logits))
    assert one.validation_loss[-1] == pytest.approx(expected, rel=1e-9)
    assert one.train_loss[-1] < one.train_loss[0]


class TestSeeds:
    def test_other_seed_other_order(self):
        one, other = (fit(perceptron_torch(SIZES, 0.0, seed=0), seed=seed) for seed in (0, 1))
        assert np.all(one.train_loss != other.train_loss)

    @pytest.mark.parametrize(("name", "place"), [("cuda:1", 1), ("cuda", 0)])
    def test_the_gpu_that_trains_is_seeded(self, monkeypatch, name, place):
        states, current = {0: 11, 1: 22}, [0]

        def index(device):
            return current[-1] if device.index is None else device.index

        @contextmanager
        def use(device):
            current.append(index(device))
            yield
            current.pop()

        for function, stand_in in {
            "device": use,
            "get_rng_state": lambda device: states[index(device)],
            "set_rng_state": lambda state, device: states.update({index(device): state}),
            "manual_seed": lambda seed: states.update({current[-1]: seed}),
        }.items():
            monkeypatch.setattr(torch.cuda, function, stand_in)
        with seeded(5, torch.device(name)):
            assert states == {0: 11, 1: 22} | {place: 5}
        assert states == {0: 11, 1: 22}

    def test_after_an_error_too_all_is_as_before(self, message_of):
        used, model = [], perceptron_torch(SIZES, 0.5, seed=0)
        model.register_forward_pre_hook(lambda *_: used.append(torch.get_num_threads()))
        torch.manual_seed(7)
        state, threads = torch.get_rng_state(), torch.get_num_threads()
        torch.set_num_threads(3)
        try:
            message = message_of(FloatingPointError, fit, model, learning_rate=1e30)
            assert "loss turned" in message
            assert "a smaller learning_rate" in message
            assert set(used) == {1}
            assert torch.get_num_threads() == 3
        finally:
            torch.set_num_threads(threads)
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

    def test_norms_keep_the_limit_through_training(self):
        model = perceptron_torch(SIZES, 0.5, seed=0)
        fit(model, epochs=20, learning_rate=0.05, regularizer=Regularizer(max_norm=0.7))
        for layer in model[::3]:
            norms = layer.weight.detach().norm(dim=1)
            assert norms.max() == pytest.approx(0.7, rel=1e-4)  # reached, and not passed
            expected = clip_norms(layer.weight.detach().numpy().T, 0.7).T
            np.testing.assert_allclose(layer.weight.detach(), expected, rtol=1e-5)

    def test_none_and_one_that_does_nothing_are_the_same(self, message_of):
        assert_same(fit(), fit(regularizer=Regularizer()))
        message = message_of(TypeError, fit, regularizer=0.1)
        assert message == "regularizer must be a Regularizer or None, got 0.1"


class TestDecay:
    def test_steps_shrink_evenly(self):
        # With one gradient for ever Adam's steps are the learning rate itself, to 1e-8 / gradient.
        class Ramp(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = torch.nn.Parameter(torch.zeros((), dtype=torch.float64))

            def forward(self, x):
                seen.append(self.weight.item())
                return torch.stack([self.weight, torch.zeros_like(self.weight)]).expand(len(x), 2)

        seen = []
        x, labels = np.ones((5, 1)), np.zeros(5, dtype=int)
        more = {"epochs": 2, "batch_size": 3, "learning_rate": 0.1, "decay": True}
        steady = mock.Mock(side_effect=lambda logits, labels: -logits[:, 0].mean())
        with mock.patch("torch.nn.functional.cross_entropy", steady):
            fit(Ramp(), (x, labels), (x, np.arange(5) % 2), **more)
        steps = np.diff(list(dict.fromkeys(seen)))  # each batch once, validation after the last
        np.testing.assert_allclose(steps, [0.1, 0.075, 0.05, 0.025], rtol=1e-6)

    def test_without_it_the_rate_stays(self, message_of):
        one, longer, other = fit(epochs=1), fit(epochs=2), fit(epochs=1, decay=True)
        assert one.validation_loss[0] == longer.validation_loss[0]
        assert one.validation_loss[0] != other.validation_loss[0]
        assert_same(fit(epochs=1, decay=np.True_), other)
        assert message_of(TypeError, fit, decay=1) == "decay must be True or False, got 1"


def test_training_goes_on_while_it_improves():
    history = fit(perceptron_torch(SIZES, 0.0, seed=0), TRAIN, TRAIN, epochs=10, patience=1)
    assert (len(history.train_loss), history.best_epoch) == (10, 9)


class TestErrors:
    def test_one_example_for_batch_normalization(self, message_of):
        layers = torch.nn.BatchNorm1d(8), *perceptron_torch([8, 3], 0.0, seed=0)
        model = torch.nn.Sequential(*perceptron_torch([6, 8], 0.0, seed=0), *layers)
        threads = torch.get_num_threads()
        for batch_size in 1, 59:
            message = message_of(ValueError, fit, model, batch_size=batch_size)
            assert message.startswith("batch_size must not leave one example for the last batch")
            assert not model.training
        assert torch.get_num_threads() == threads
        fit(model, batch_size=58)
        # One is enough where it has several values per channel.
        layers = torch.nn.BatchNorm2d(1), torch.nn.Flatten(), torch.nn.Linear(6, 3)
        fit(torch.nn.Sequential(*layers), *mapped(lambda x: x.reshape(-1, 1, 2, 3)), batch_size=59)

    @pytest.mark.parametrize("device", ["nonsense", "meta"])
    def test_devices_without_numbers(self, message_of, device):
        message = message_of(ValueError, fit, device=device)
        assert message.startswith(f"device must be one to compute on, got '{device}': ")
        model = perceptron_torch(SIZES, 0.5, seed=0).to("meta")
        assert message_of(ValueError, fit, model).startswith("model must have weights with values")
        x = torch.as_tensor(TRAIN[0]).to("meta")
        assert message_of(TypeError, fit, train=(x, TRAIN[1])).startswith("train x cannot be read")
        assert "threads" in message_of(ValueError, fit, threads=0)

    def test_nan_among_the_inputs_for_validation(self, message_of):
        x = VALIDATION[0].copy()
        x[3, 2] = np.nan
        message = message_of(FloatingPointError, fit, validation=(x, VALIDATION[1]))
        expected = "the validation loss turned nan in epoch 0: validation x holds NaN or infinite"
        assert message.startswith(expected)


class TestData:
    @pytest.mark.parametrize(
        "convert",
        [
            torch.as_tensor,
            lambda x: torch.tensor(x, requires_grad=True),
            lambda x: x.astype(np.float64),
            lambda x: x.astype(np.longdouble),
            lambda x: x.astype(">f4"),
            lambda x: x[::-1].copy()[::-1],
        ],
        ids=["tensor", "requires grad", "double", "longdouble", "big-endian", "backward in memory"],
    )
    def test_the_same_numbers_serve_as_well_in_another_form(self, convert):
        (x, labels), validation = mapped(convert)
        assert_same(fit(None, (x, torch.as_tensor(labels)), validation), fit())

    @pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float8_e5m2])
    def test_short_floats_are_the_numbers_that_they_stand_for(self, dtype):
        short = mapped(lambda x: torch.as_tensor(x).to(dtype))
        rounded = mapped(lambda x: torch.as_tensor(x).to(dtype).float().numpy())
        assert_same(fit(None, *short), fit(None, *rounded))

    def test_read_only_arrays_give_no_warning(self):
        x = TRAIN[0].copy()
        x.flags.writeable = False
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fit(train=(x, TRAIN[1]))

    def test_a_model_of_bfloat16_learns_as_with_the_optimizer_of_pytorch(self):
        # One batch holds everything: no order, no dropout.
        ours, theirs = (perceptron_torch(SIZES, 0.0, seed=0).bfloat16() for _ in range(2))
        history = fit(ours, epochs=3, batch_size=60, learning_rate=0.05)
        optimizer = torch.optim.Adam(theirs.parameters(), lr=0.05, fused=True)
        x, labels = torch.as_tensor(TRAIN[0]).bfloat16(), torch.as_tensor(TRAIN[1])
        for expected in history.train_loss:
            loss = torch.nn.functional.cross_entropy(theirs(x), labels)
            assert loss.item() == pytest.approx(expected, rel=2**-6)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        logits = theirs(torch.as_tensor(VALIDATION[0]).bfloat16()).detach().float()
        found = predict_torch(ours, VALIDATION[0])
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, logits, atol=0.1)

    def test_lazy_layers_get_their_weights_from_the_seed(self):
        def lazy():
            linear = torch.nn.LazyLinear
            return torch.nn.Sequential(linear(8), torch.nn.ReLU(), torch.nn.Dropout(0.5), linear(3))

        models = [lazy() for _ in range(4)]
        one, same, other = (fit(m, seed=s) for m, s in zip(models, (0, 0, 1), strict=False))
        assert models[0][0].weight.shape == (8, 6)
        assert_same(one, same)
        assert np.all(one.train_loss != other.train_loss)
        predict_torch(models[3], TRAIN[0])  # gives it weights that can still be trained
        losses = fit(models[3], epochs=20).train_loss
        assert losses[-1] < losses[0]

    def test_frozen_and_unused_weights_stay_and_earlier_gradients_are_not_used(self, monkeypatch):
        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.frozen = perceptron_torch([6, 5], 0.0, seed=0)
                self.head = perceptron_torch([5, 3], 0.0, seed=1)
                self.unused = perceptron_torch([2, 2], 0.0, seed=2)
                self.frozen.requires_grad_(False)

            def forward(self, x):
                return self.head(self.frozen(x))

        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        models = [Model() for _ in range(2)]
        before = weights_of(models[0])
        models[1](torch.as_tensor(TRAIN[0])).sum().backward()
        one, other = (fit(model) for model in models)
        assert one.device == "cpu"  # without CUDA it is chosen
        assert_same(one, other)
        changed = [np.any(a != b) for a, b in zip(before, weights_of(models[0]), strict=True)]
        assert changed == [False, False, True, True, False, False]


def test_the_perceptron_and_its_start():
    torch.manual_seed(3)
    state = torch.get_rng_state()
    one, same, other = (
        perceptron_torch(SIZES, 0.5, input_rate=0.2, seed=seed) for seed in (0, 0, 1)
    )
    assert torch.equal(torch.get_rng_state(), state)
    assert one.training
    names = [type(layer).__name__ for layer in one]
    assert names == ["Dropout", *["Linear", "ReLU", "Dropout"] * 2, "Linear"]
    assert [layer.p for layer in one if isinstance(layer, torch.nn.Dropout)] == [0.2, 0.5, 0.5]
    for a, b, c in zip(*map(weights_of, (one, same, other)), strict=True):
        np.testing.assert_array_equal(a, b)
        if a.ndim == 1:
            np.testing.assert_array_equal(a, 0)
        else:
            assert np.all(a != c)


class TestPredict:
    def test_is_the_model_in_evaluation_mode_whatever_the_batches(self, message_of):
        model = perceptron_torch(SIZES, 0.5, seed=0).eval()
        model[2].train()  # as for Monte-Carlo dropout
        expected = TRAIN[0]
        for layer in model[0], model[3]:
            expected = np.maximum(expected @ layer.weight.detach().numpy().T, 0)
        expected = expected @ model[6].weight.detach().numpy().T
        for batch_size in 7, 4096:
            found = predict_torch(model, TRAIN[0], batch_size=batch_size)
            assert isinstance(found, np.ndarray)
            np.testing.assert_allclose(found, expected, atol=1e-5)
        with pytest.raises(RuntimeError, match="shapes"):
            predict_torch(model, TRAIN[0][:, :2])
        # Each module keeps its mode, after an error too.
        assert [module.training for module in model] == [False, False, True] + [False] * 4
        message = message_of(TypeError, predict_torch, model, np.zeros((2, 6), np.uint8))
        assert message.startswith("x must hold floating-point values, got dtype uint8; bytes")
        assert "batch_size" in message_of(ValueError, predict_torch, model, TRAIN[0], 0)

    def test_model_without_weights(self):
        np.testing.assert_array_equal(predict_torch(torch.nn.Dropout(0.5), TRAIN[0]), TRAIN[0])
