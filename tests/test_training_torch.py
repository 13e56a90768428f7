"""The PyTorch loop against a NumPy network, scikit-learn and cases with a known end."""

import warnings
from contextlib import contextmanager
from unittest import mock

import numpy as np
import pytest
import torch
from scipy import optimize, special
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
LABELS = VALIDATION[1]


def fit(model=None, train=TRAIN, validation=VALIDATION, *, epochs=3, seed=5, **more):
    """Train `model`, by default a fresh perceptron with dropout."""
    model = perceptron_torch(SIZES, 0.5, seed=0) if model is None else model
    return fit_torch(model, train, validation, epochs=epochs, seed=seed, **more)


def weights_of(model):
    return [weight.detach().numpy().copy() for weight in model.parameters()]


def numpy_state():
    """Return NumPy's global random state, which a training has no business with."""
    return np.random.get_state()[1].tolist()  # noqa: NPY002, to see that nobody used it


def numpy_twin():
    """Return a NumPy network without dropout, and a PyTorch one in float64 with its weights."""
    ours = MLP(SIZES, np.random.default_rng(0))
    theirs = perceptron_torch(SIZES, 0.0, seed=0).double()
    linear = [layer for layer in theirs if isinstance(layer, torch.nn.Linear)]
    with torch.no_grad():
        for layer, weight in zip(linear, ours.weights, strict=True):
            layer.weight.copy_(torch.from_numpy(weight.T))
    return ours, theirs, linear


class TestAgainstNumPy:
    @pytest.mark.parametrize("batch_size", [7, 60])
    def test_an_epoch_of_the_same_batches(self, batch_size):
        ours, theirs, linear = numpy_twin()
        expected = ours.fit(
            TRAIN[0].astype(np.float64),
            TRAIN[1],
            np.random.default_rng(5),
            epochs=1,
            batch_size=batch_size,
            learning_rate=0.01,
        )
        history = fit(theirs, epochs=1, batch_size=batch_size, learning_rate=0.01)
        np.testing.assert_allclose(history.train_loss, expected, rtol=1e-12)
        for layer, weight, bias in zip(linear, ours.weights, ours.biases, strict=True):
            np.testing.assert_allclose(layer.weight.detach().T, weight, rtol=1e-8, atol=1e-10)
            np.testing.assert_allclose(layer.bias.detach(), bias, rtol=1e-8, atol=1e-10)

    def test_thirty_steps_over_the_whole_set(self):
        ours, theirs, _ = numpy_twin()
        x = TRAIN[0].astype(np.float64)
        expected = ours.fit(x, TRAIN[1], np.random.default_rng(0), epochs=30, batch_size=60)
        history = fit(theirs, epochs=30, batch_size=60, learning_rate=0.005)
        np.testing.assert_allclose(history.train_loss, expected, rtol=1e-9)
        np.testing.assert_allclose(predict_torch(theirs, x), ours.forward(x), atol=1e-8)


class TestLosses:
    def test_last_batch_counts_by_its_size(self):
        model = perceptron_torch(SIZES, 0.0, seed=0)
        logits = predict_torch(model, TRAIN[0])
        history = fit(model, epochs=1, batch_size=16, learning_rate=1e-12)  # weights stand still
        expected = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(TRAIN[1]))
        assert history.train_loss[0] == pytest.approx(expected.item(), rel=1e-5)

    def test_dropout_is_on_in_training_and_off_in_validation(self):
        # Everything dropped: logits are the biases, 0 at first, so all classes are equally likely.
        model = perceptron_torch(SIZES, 1.0, seed=0).eval()  # fit_torch itself turns it on
        history = fit(model, epochs=1, learning_rate=1e-12)
        assert history.train_loss[0] == pytest.approx(np.log(3), rel=1e-5)
        assert abs(history.validation_loss[0] - np.log(3)) > 0.01

    def test_masks_are_drawn_afresh_in_each_epoch(self):
        history = fit(epochs=4, learning_rate=1e-12)
        assert len(set(history.train_loss.round(4))) == 4

    def test_validation_scores_are_those_of_the_returned_model(self):
        model = perceptron_torch(SIZES, 0.5, seed=0)
        history = fit(model)
        assert not any(module.training for module in model.modules())
        logits = predict_torch(model, VALIDATION[0]).astype(np.float64)
        odds = np.exp(logits)
        expected = log_loss(VALIDATION[1], odds / odds.sum(axis=1, keepdims=True))
        assert history.validation_loss[-1] == pytest.approx(expected, rel=1e-9)
        accuracy = np.mean(logits.argmax(axis=1) == VALIDATION[1])
        assert history.metrics["accuracy"][-1] == accuracy

    def test_binary_labels(self):
        train, validation = blobs(60, 3, classes=2), blobs(40, 4, classes=2)
        model = perceptron_torch([6, 8, 1], 0.2, seed=0)
        history = fit(model, train, validation, loss="binary_cross_entropy", epochs=20)
        logits = predict_torch(model, validation[0]).ravel().astype(np.float64)
        expected = log_loss(validation[1], 1 / (1 + np.exp(-logits)))
        assert history.validation_loss[-1] == pytest.approx(expected, rel=1e-9)
        assert set(history.metrics) == {"accuracy", "average_precision"}
        assert history.train_loss[-1] < history.train_loss[0]

    def test_binary_logits_may_be_flat(self):
        train, validation = blobs(60, 3, classes=2), blobs(40, 4, classes=2)
        column = perceptron_torch([6, 8, 1], 0.2, seed=0)
        flat = torch.nn.Sequential(*perceptron_torch([6, 8, 1], 0.2, seed=0), torch.nn.Flatten(0))
        one, other = (
            fit(model, train, validation, loss="binary_cross_entropy") for model in (column, flat)
        )
        np.testing.assert_array_equal(one.train_loss, other.train_loss)
        np.testing.assert_array_equal(one.validation_loss, other.validation_loss)


class TestSeeds:
    def test_same_seed_same_bytes_whatever_happened_before(self):
        models = [perceptron_torch(SIZES, 0.5, seed=0) for _ in range(2)]
        one = fit(models[0])
        torch.manual_seed(123)
        torch.rand(10)
        other = fit(models[1])
        np.testing.assert_array_equal(one.train_loss, other.train_loss)
        np.testing.assert_array_equal(one.validation_loss, other.validation_loss)
        for a, b in zip(weights_of(models[0]), weights_of(models[1]), strict=True):
            np.testing.assert_array_equal(a, b)

    def test_other_seed_other_masks(self):
        # One batch holds everything and the weights stand still: only the masks can differ.
        one, other = (fit(seed=s, batch_size=60, learning_rate=1e-12) for s in (0, 1))
        assert np.all(one.train_loss != other.train_loss)

    def test_other_seed_other_order(self):
        one, other = (fit(perceptron_torch(SIZES, 0.0, seed=0), seed=seed) for seed in (0, 1))
        assert np.all(one.train_loss != other.train_loss)

    @pytest.mark.parametrize("learning_rate", [1e-3, 1e30])
    def test_global_state_is_as_before(self, learning_rate):
        torch.manual_seed(7)
        before = torch.get_rng_state(), numpy_state()
        try:
            fit(learning_rate=learning_rate)
        except FloatingPointError:
            assert learning_rate == 1e30
        assert torch.equal(torch.get_rng_state(), before[0])
        assert numpy_state() == before[1]

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

        monkeypatch.setattr(torch.cuda, "device", use)
        monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: states[index(device)])
        monkeypatch.setattr(
            torch.cuda, "set_rng_state", lambda state, device: states.update({index(device): state})
        )
        monkeypatch.setattr(
            torch.cuda, "manual_seed", lambda seed: states.update({current[-1]: seed})
        )
        with seeded(5, torch.device(name)):
            assert states == {0: 11, 1: 22} | {place: 5}
        assert states == {0: 11, 1: 22}

    def test_number_of_threads_is_as_before(self):
        used = []

        class Model(torch.nn.Linear):
            def forward(self, x):
                used.append(torch.get_num_threads())
                return super().forward(x)

        before = torch.get_num_threads()
        torch.set_num_threads(3)
        try:
            fit(Model(6, 3), epochs=1)
            assert set(used) == {1}
            assert torch.get_num_threads() == 3
        finally:
            torch.set_num_threads(before)


class TestRegularizers:
    @staticmethod
    def linear():
        """Return logistic regression that starts at zero."""
        model = perceptron_torch([6, 3], 0.0, seed=0).double()
        with torch.no_grad():
            model[0].weight.zero_()
        return model

    @pytest.mark.parametrize("strengths", [{"l2": 0.05}, {"l1": 0.05}])
    def test_training_ends_at_the_minimum_of_the_penalized_loss(self, strengths):
        model = self.linear()
        fit(
            model,
            epochs=1500,
            batch_size=60,
            learning_rate=0.01,
            regularizer=Regularizer(**strengths),
            decay=True,
        )
        one, two = strengths.get("l1", 0.0), strengths.get("l2", 0.0)

        def penalized(values):
            weight, bias = values[:18].reshape(3, 6), values[18:]
            chances = special.log_softmax(TRAIN[0] @ weight.T + bias, axis=1)
            loss = -chances[np.arange(60), TRAIN[1]].mean()
            return loss + one * np.abs(weight).sum() + two / 2 * (weight**2).sum()

        found = np.concatenate([each.ravel() for each in weights_of(model)])
        best = optimize.minimize(penalized, found + 0.05, method="Powell", options={"xtol": 1e-9})
        assert penalized(found) < min(best.fun, penalized(np.zeros(21))) + 1e-4

    def test_norms_keep_the_limit_through_training(self):
        model = perceptron_torch(SIZES, 0.5, seed=0)
        fit(model, epochs=20, learning_rate=0.05, regularizer=Regularizer(max_norm=0.7))
        for layer in model:
            if isinstance(layer, torch.nn.Linear):
                norms = layer.weight.detach().norm(dim=1)
                assert norms.max() == pytest.approx(0.7, rel=1e-4)  # reached, and not passed
                expected = clip_norms(layer.weight.detach().numpy().T, 0.7).T
                np.testing.assert_allclose(layer.weight.detach(), expected, rtol=1e-5)

    def test_none_and_one_that_does_nothing_are_the_same(self):
        one, other = fit(), fit(regularizer=Regularizer())
        np.testing.assert_array_equal(one.train_loss, other.train_loss)
        np.testing.assert_array_equal(one.validation_loss, other.validation_loss)

    def test_something_else(self, message_of):
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

        def steady(logits, labels):
            return -logits[:, 0].mean()

        with mock.patch("torch.nn.functional.cross_entropy", steady):
            fit_torch(
                Ramp(),
                (x, labels),
                (x, np.arange(5) % 2),
                epochs=2,
                seed=0,
                batch_size=3,
                learning_rate=0.1,
                decay=True,
            )
        steps = np.diff(list(dict.fromkeys(seen)))  # each batch once, validation after the last
        np.testing.assert_allclose(steps, [0.1, 0.075, 0.05, 0.025], rtol=1e-6)

    def test_without_it_the_rate_stays(self):
        one, longer, other = fit(epochs=1), fit(epochs=2), fit(epochs=1, decay=True)
        assert one.validation_loss[0] == longer.validation_loss[0]
        assert one.validation_loss[0] != other.validation_loss[0]
        same = fit(epochs=1, decay=np.True_)
        np.testing.assert_array_equal(same.validation_loss, other.validation_loss)

    def test_neither_true_nor_false(self, message_of):
        assert message_of(TypeError, fit, decay=1) == "decay must be True or False, got 1"


class TestEarlyStopping:
    # Validation labels contradict the training labels, and the model starts undecided: the loss is
    # convex in the weights of a linear model, so whatever helps the one set hurts the other.
    CONTRARY = (TRAIN[0], (TRAIN[1] + 1) % 3)

    def fit(self, epochs, patience):
        model = perceptron_torch([6, 3], 0.0, seed=0)
        with torch.no_grad():
            model[0].weight.zero_()
        return model, fit(model, TRAIN, self.CONTRARY, epochs=epochs, patience=patience)

    @pytest.mark.parametrize("patience", [1, 3])
    def test_stops_and_goes_back_to_the_best_epoch(self, patience):
        model, history = self.fit(50, patience)
        assert len(history.train_loss) == 1 + patience
        assert history.best_epoch == 0
        assert np.all(np.diff(history.validation_loss) > 0)
        after_one, _ = self.fit(1, None)
        for found, expected in zip(weights_of(model), weights_of(after_one), strict=True):
            np.testing.assert_array_equal(found, expected)

    def test_goes_back_even_if_it_did_not_stop(self):
        model, history = self.fit(3, 10)
        assert len(history.train_loss) == 3
        after_one, _ = self.fit(1, None)
        for found, expected in zip(weights_of(model), weights_of(after_one), strict=True):
            np.testing.assert_array_equal(found, expected)

    def test_without_patience_the_last_weights_stay(self):
        model, history = self.fit(3, None)
        assert (len(history.train_loss), history.best_epoch) == (3, 0)
        after_one, _ = self.fit(1, None)
        assert np.any(weights_of(model)[0] != weights_of(after_one)[0])

    def test_does_not_stop_while_it_improves(self):
        model = perceptron_torch(SIZES, 0.0, seed=0)
        history = fit(model, TRAIN, TRAIN, epochs=10, patience=1)
        assert len(history.train_loss) == 10
        assert history.best_epoch == 9


class TestErrors:
    def test_labels_beyond_the_outputs(self, message_of):
        labels = np.where(TRAIN[1] == 2, 7, TRAIN[1])
        message = message_of(ValueError, fit, None, (TRAIN[0], labels))
        assert message == (
            "train labels must lie between 0 and 2, as the model has 3 outputs, got 7"
        )

    def test_no_module(self, message_of):
        assert "model must be a torch.nn.Module, got list" in message_of(TypeError, fit, [])

    def test_nothing_to_train(self, message_of):
        model = perceptron_torch(SIZES, 0.5, seed=0).requires_grad_(False)
        assert "model has no weights to train" in message_of(ValueError, fit, model)

    @pytest.mark.parametrize("batch_size", [1, 59])
    def test_one_example_for_batch_normalization(self, message_of, batch_size):
        layers = [*perceptron_torch([6, 8], 0.0, seed=0), torch.nn.BatchNorm1d(8)]
        model = torch.nn.Sequential(*layers, *perceptron_torch([8, 3], 0.0, seed=0))
        message = message_of(ValueError, fit, model, batch_size=batch_size)
        assert message.startswith("batch_size must not leave one example for the last batch")
        assert "BatchNorm1d" in message
        fit(model, batch_size=58)

    def test_one_example_is_enough_where_it_has_several_values_per_channel(self):
        images = tuple((x.reshape(-1, 1, 2, 3), labels) for x, labels in (TRAIN, VALIDATION))
        layers = torch.nn.BatchNorm2d(1), torch.nn.Flatten(), torch.nn.Linear(6, 3)
        assert fit(torch.nn.Sequential(*layers), *images, batch_size=59).train_loss.shape == (3,)

    @pytest.mark.parametrize("device", ["nonsense", "meta"])
    def test_no_such_device(self, message_of, device):
        message = message_of(ValueError, fit, device=device)
        assert message.startswith("device must be one ")
        assert f"got '{device}'" in message

    def test_weights_without_values(self, message_of):
        model = perceptron_torch(SIZES, 0.5, seed=0).to("meta")
        assert message_of(ValueError, fit, model).startswith("model must have weights with values")

    def test_model_that_returns_more_than_logits(self, message_of):
        class Model(torch.nn.Linear):
            def forward(self, x):
                return super().forward(x), None

        message = message_of(TypeError, fit, Model(6, 3))
        assert message == "model must return one tensor of logits, got tuple"

    def test_no_threads(self, message_of):
        assert "threads" in message_of(ValueError, fit, threads=0)

    @pytest.mark.parametrize("name", ["train", "validation"])
    def test_nan_among_the_inputs(self, message_of, name):
        x = VALIDATION[0].copy()
        x[3, 2] = np.nan
        message = message_of(FloatingPointError, fit, **{name: (x, VALIDATION[1])})
        which = "training" if name == "train" else name
        assert message == (
            f"the {which} loss turned nan in epoch 0: {name} x holds NaN or infinite values"
        )

    def test_steps_that_are_too_large(self, message_of):
        message = message_of(FloatingPointError, fit, learning_rate=1e30)
        assert "loss turned" in message
        assert "learning_rate" in message


class TestData:
    @pytest.mark.parametrize(
        "convert",
        [
            torch.as_tensor,
            lambda x: torch.tensor(x, requires_grad=True),
            lambda x: x.astype(np.longdouble),
            lambda x: x.astype(">f4"),
            lambda x: x[::-1].copy()[::-1],
        ],
        ids=["tensor", "requires grad", "longdouble", "big-endian", "backward in memory"],
    )
    def test_the_same_numbers_serve_as_well_in_another_form(self, convert):
        x, labels = TRAIN
        history = fit(None, (convert(x), torch.as_tensor(labels)), (convert(VALIDATION[0]), LABELS))
        np.testing.assert_array_equal(history.train_loss, fit().train_loss)
        np.testing.assert_array_equal(history.validation_loss, fit().validation_loss)

    @pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e5m2])
    def test_short_floats_are_the_numbers_that_they_stand_for(self, dtype):
        short = tuple((torch.as_tensor(x).to(dtype), labels) for x, labels in (TRAIN, VALIDATION))
        rounded = tuple((x.float().numpy(), labels) for x, labels in short)
        np.testing.assert_array_equal(fit(None, *short).train_loss, fit(None, *rounded).train_loss)

    def test_masked_array(self, message_of):
        message = message_of(TypeError, fit, train=(np.ma.masked_less(TRAIN[0], 0), TRAIN[1]))
        assert message.startswith("train x must not be masked")

    def test_tensors_without_values(self, message_of):
        x = torch.as_tensor(TRAIN[0]).to("meta")
        assert message_of(TypeError, fit, train=(x, TRAIN[1])).startswith("train x cannot be read")

    def test_read_only_arrays_give_no_warning(self):
        x = TRAIN[0].copy()
        x.flags.writeable = False
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fit(train=(x, TRAIN[1]))

    def test_inputs_take_the_dtype_of_the_model(self):
        double = tuple((x.astype(np.float64), labels) for x, labels in (TRAIN, VALIDATION))
        np.testing.assert_array_equal(fit(None, *double).train_loss, fit().train_loss)

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

        torch.manual_seed(7)
        state = torch.get_rng_state()
        models = [lazy() for _ in range(3)]
        one, same, other = (fit(m, seed=s) for m, s in zip(models, (0, 0, 1), strict=True))
        assert models[0][0].weight.shape == (8, 6)
        np.testing.assert_array_equal(one.train_loss, same.train_loss)
        assert np.all(one.train_loss != other.train_loss)
        assert torch.equal(torch.get_rng_state(), state)
        looked_at = lazy()
        predict_torch(looked_at, TRAIN[0])  # gives it weights that can still be trained
        losses = fit(looked_at, epochs=20).train_loss
        assert losses[-1] < losses[0]

    def test_without_cuda_the_cpu_is_chosen(self, monkeypatch):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
        assert fit(epochs=1).device == "cpu"

    def test_frozen_and_unused_weights_stay(self):
        class Model(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.frozen = perceptron_torch([6, 5], 0.0, seed=0)
                self.head = perceptron_torch([5, 3], 0.0, seed=1)
                self.unused = perceptron_torch([2, 2], 0.0, seed=2)
                self.frozen.requires_grad_(False)

            def forward(self, x):
                return self.head(self.frozen(x))

        model = Model()
        before = weights_of(model)
        fit(model)
        changed = [np.any(a != b) for a, b in zip(before, weights_of(model), strict=True)]
        assert changed == [False, False, True, True, False, False]

    def test_earlier_gradients_are_not_used(self):
        models = [perceptron_torch(SIZES, 0.5, seed=0) for _ in range(2)]
        models[1](torch.as_tensor(TRAIN[0])).sum().backward()
        one, other = (fit(model) for model in models)
        np.testing.assert_array_equal(one.train_loss, other.train_loss)


class TestPerceptron:
    def test_layers(self):
        model = perceptron_torch([784, 128, 64, 10], 0.5, seed=0)
        names = [type(layer).__name__ for layer in model]
        assert names == ["Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout", "Linear"]
        assert [layer.p for layer in model if isinstance(layer, torch.nn.Dropout)] == [0.5, 0.5]
        assert sum(weight.numel() for weight in model.parameters()) == (
            784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10
        )
        assert model.training

    def test_input_dropout_comes_first(self):
        model = perceptron_torch(SIZES, 0.5, input_rate=0.2, seed=0)
        assert isinstance(model[0], torch.nn.Dropout)
        assert model[0].p == 0.2

    def test_start(self):
        torch.manual_seed(3)
        state = torch.get_rng_state()
        one, same, other = (perceptron_torch(SIZES, 0.5, seed=seed) for seed in (0, 0, 1))
        assert torch.equal(torch.get_rng_state(), state)
        for a, b, c in zip(*map(weights_of, (one, same, other)), strict=True):
            np.testing.assert_array_equal(a, b)
            if a.ndim == 1:
                np.testing.assert_array_equal(a, 0)
            else:
                assert np.all(a != c)
                assert np.abs(a).max() <= np.sqrt(6 / sum(a.shape))


class TestPredict:
    def test_is_the_model_in_evaluation_mode_whatever_the_batches(self):
        model = perceptron_torch(SIZES, 0.5, seed=0)
        expected = TRAIN[0]
        for layer in (model[0], model[3]):
            weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
            expected = np.maximum(expected @ weight.T + bias, 0)
        expected = expected @ model[6].weight.detach().numpy().T
        for batch_size in (7, 4096):
            found = predict_torch(model, TRAIN[0], batch_size=batch_size)
            assert isinstance(found, np.ndarray)
            np.testing.assert_allclose(found, expected, atol=1e-5)

    def test_each_module_keeps_its_mode(self):
        model = perceptron_torch(SIZES, 0.5, seed=0).eval()
        model[2].train()  # as for Monte-Carlo dropout
        predict_torch(model, TRAIN[0])
        assert [module.training for module in model] == [False, False, True] + [False] * 4

    def test_each_module_keeps_its_mode_after_an_error(self):
        model = perceptron_torch(SIZES, 0.5, seed=0)
        with pytest.raises(RuntimeError, match="shapes"):
            predict_torch(model, TRAIN[0][:, :2])
        assert all(module.training for module in model)

    def test_model_without_weights(self):
        np.testing.assert_array_equal(predict_torch(torch.nn.Dropout(0.5), TRAIN[0]), TRAIN[0])

    def test_bytes_of_an_image(self, message_of):
        model = perceptron_torch(SIZES, 0.5, seed=0)
        message = message_of(TypeError, predict_torch, model, np.zeros((2, 6), np.uint8))
        assert message.startswith("x must hold floating-point values, got dtype uint8; bytes")

    def test_no_batch(self, message_of):
        model = perceptron_torch(SIZES, 0.5, seed=0)
        assert "batch_size" in message_of(ValueError, predict_torch, model, TRAIN[0], 0)
