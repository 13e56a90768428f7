"""What both loops share: checked data, scores, the progress bar, light imports."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import average_precision_score, log_loss

from dropout_lab.training import History, fit_torch, perceptron_torch
from dropout_lab.training.data import Settings, check_classes, check_data
from dropout_lab.training.history import scores
from dropout_lab.training.start import initial_weights

X = np.linspace(0.0, 1.0, 12).reshape(4, 3)
LABELS = np.array([0, 1, 2, 1])
GOOD = {
    "epochs": 1,
    "seed": 0,
    "batch_size": 2,
    "learning_rate": 0.1,
    "loss": "cross_entropy",
    "patience": None,
    "progress": None,
}


def checked(x=X, labels=LABELS, validation=(X, LABELS), loss="cross_entropy"):
    return check_data((x, labels), validation, loss)


class TestData:
    def test_inputs_are_not_copied_and_labels_become_int64(self):
        train, validation = checked(labels=LABELS.astype(np.uint8))
        assert np.shares_memory(train.x, X)
        assert np.shares_memory(validation.x, X)
        assert train.labels.dtype == np.int64
        np.testing.assert_array_equal(train.labels, LABELS)

    @pytest.mark.parametrize("kind", [bool, np.uint8, np.float32])
    def test_binary_labels_may_have_any_dtype(self, kind):
        labels = np.array([0, 1, 1, 0])
        train, _ = checked(X, labels.astype(kind), (X, labels), "binary_cross_entropy")
        assert train.labels.dtype == np.int64
        np.testing.assert_array_equal(train.labels, labels)

    @pytest.mark.parametrize(
        ("changes", "error", "words"),
        [
            ({"x": X.astype(np.uint8)}, TypeError, ["train x", "uint8", "x / 255"]),
            ({"x": X[:0], "labels": LABELS[:0]}, ValueError, ["train", "at least one example"]),
            ({"x": X[:3]}, ValueError, ["train", "as many labels as inputs", "4 and 3"]),
            ({"x": X.ravel()[:4]}, ValueError, ["train x", "(n, ...)", "(4,)"]),
            ({"labels": LABELS[:, None]}, ValueError, ["train labels", "(n,)", "(4, 1)"]),
            ({"labels": LABELS * 1.0}, TypeError, ["train labels", "integers", "float64"]),
            ({"labels": LABELS - 1}, ValueError, ["train labels", "negative", "-1"]),
            ({"loss": "binary_cross_entropy"}, ValueError, ["train labels", "0 or 1", "2"]),
            ({"validation": (X[:0], LABELS[:0])}, ValueError, ["validation", "at least one"]),
            ({"validation": (X[:, :2], LABELS)}, ValueError, ["(4, 3)", "(4, 2)"]),
            (
                {"validation": (X, np.ones(4, int))},
                ValueError,
                ["validation labels are all 1", "at least two classes"],
            ),
            ({"validation": X}, TypeError, ["validation", "pair", "ndarray"]),
            ({"validation": (X, LABELS, X)}, TypeError, ["validation", "pair"]),
        ],
    )
    def test_bad_data_is_named(self, message_of, changes, error, words):
        message = message_of(error, checked, **changes)
        for word in words:
            assert word in message

    def test_nan_is_no_binary_label(self, message_of):
        labels = np.array([0.0, 1.0, np.nan, 1.0])
        good = (X, np.array([0, 1, 0, 1]))
        message = message_of(ValueError, check_data, (X, labels), good, "binary_cross_entropy")
        assert message == "train labels must be 0 or 1, got nan"


class TestClasses:
    @pytest.mark.parametrize("shape", [(4, 3), (None, 3), (4, 10)])
    def test_enough_outputs(self, shape):
        check_classes(shape, "cross_entropy", checked())

    @pytest.mark.parametrize("shape", [(4,), (4, 1), (None, 1)])
    def test_one_logit_for_binary_labels(self, shape):
        check_classes(shape, "binary_cross_entropy", checked())

    @pytest.mark.parametrize(
        ("shape", "loss", "words"),
        [
            ((4, 2), "cross_entropy", ["train labels", "between 0 and 1", "got 2"]),
            ((4, 1), "cross_entropy", ["(n, classes)", "(4, 1)"]),
            ((4,), "cross_entropy", ["(n, classes)", "(4,)"]),
            ((4, 2), "binary_cross_entropy", ["one logit per example", "(4, 2)"]),
        ],
    )
    def test_output_that_does_not_fit(self, message_of, shape, loss, words):
        message = message_of(ValueError, check_classes, shape, loss, checked())
        for word in words:
            assert word in message

    def test_validation_labels_are_checked_too(self, message_of):
        splits = checked(labels=np.zeros(4, int))
        assert "validation labels" in message_of(
            ValueError, check_classes, (4, 2), "cross_entropy", splits
        )


class TestSettings:
    @pytest.mark.parametrize(
        ("name", "value", "error"),
        [
            ("epochs", 0, ValueError),
            ("epochs", 1.0, TypeError),
            ("seed", -1, ValueError),
            ("seed", None, TypeError),
            ("batch_size", 0, ValueError),
            ("patience", 0, ValueError),
            ("learning_rate", 0.0, ValueError),
            ("learning_rate", float("nan"), ValueError),
            ("learning_rate", float("inf"), ValueError),
            ("learning_rate", "fast", TypeError),
            ("learning_rate", True, TypeError),
            ("learning_rate", np.timedelta64(1, "s"), TypeError),
            ("loss", "mse", ValueError),
            ("loss", np.array(["cross_entropy", "mse"]), ValueError),
            ("progress", 1, TypeError),
            ("progress", np.array([True, False]), TypeError),
            ("progress", "yes", TypeError),
        ],
    )
    def test_bad_setting_is_named(self, message_of, name, value, error):
        message = message_of(error, Settings, **{**GOOD, name: value})
        assert name in message
        assert repr(value) in message

    def test_good_settings_pass(self):
        assert Settings(**GOOD).epochs == 1


class TestScores:
    @given(st.integers(0, 2**32 - 1))
    def test_several_classes_agree_with_scikit_learn(self, seed):
        rng = np.random.default_rng(seed)
        logits = rng.normal(0, 5, (20, 4)).astype(np.float32)
        labels = rng.permutation(np.arange(20) % 4)
        loss, metrics = scores(logits, labels, "cross_entropy")
        exact = logits.astype(np.float64)
        odds = np.exp(exact - exact.max(axis=1, keepdims=True))
        expected = log_loss(labels, odds / odds.sum(axis=1, keepdims=True))
        assert loss == pytest.approx(expected, rel=1e-9)
        assert metrics == {"accuracy": np.mean(logits.argmax(axis=1) == labels)}

    @given(st.integers(0, 2**32 - 1))
    def test_binary_labels_agree_with_scikit_learn(self, seed):
        rng = np.random.default_rng(seed)
        logits = np.round(rng.normal(0, 3, 30), 1)  # rounded: some are equal
        labels = rng.permutation(np.arange(30) % 2)
        loss, metrics = scores(logits, labels, "binary_cross_entropy")
        assert loss == pytest.approx(log_loss(labels, 1 / (1 + np.exp(-logits))), rel=1e-9)
        assert metrics["accuracy"] == np.mean((logits > 0) == labels)
        assert metrics["average_precision"] == average_precision_score(labels, logits)

    def test_average_precision_by_hand(self):
        # From the highest logit down: hit (precision 1), miss, hit (precision 2/3), miss.
        logits, labels = np.array([3.0, 2.0, 1.0, 0.0]), np.array([1, 0, 1, 0])
        _, metrics = scores(logits, labels, "binary_cross_entropy")
        assert metrics["average_precision"] == pytest.approx((1 + 2 / 3) / 2)

    def test_sure_answers_do_not_overflow(self):
        labels = np.array([0, 1])
        assert scores(np.array([1e4, 1e4]), labels, "binary_cross_entropy")[0] == 5e3
        assert scores(np.array([[0.0, 1e4]] * 2), labels, "cross_entropy")[0] == 5e3

    @pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
    def test_nan_logits_give_a_nan_loss(self, loss):
        logits = np.full((2, 2) if loss == "cross_entropy" else 2, np.nan)
        assert np.isnan(scores(logits, np.array([0, 1]), loss)[0])


class TestInitialWeights:
    def test_glorot_uniform(self):
        weights = initial_weights([300, 200, 5], 0.5, 0.0, seed=3)
        assert [w.shape for w in weights] == [(300, 200), (200, 5)]
        for weight in weights:
            assert weight.dtype == np.float32
            limit = np.sqrt(6 / sum(weight.shape))
            found = stats.kstest(weight.ravel(), stats.uniform(-limit, 2 * limit).cdf)
            assert found.pvalue > 1e-3

    @pytest.mark.parametrize(
        ("arguments", "error", "word"),
        [
            (([4], 0.5, 0.0, 0), ValueError, "sizes"),
            (("784", 0.5, 0.0, 0), ValueError, "sizes"),
            (([4, 0], 0.5, 0.0, 0), ValueError, "sizes"),
            (([4, 2], 1.5, 0.0, 0), ValueError, "rate"),
            (([4, 2], 0.5, -0.1, 0), ValueError, "input_rate"),
            (([4, 2], 0.5, 0.0, None), TypeError, "seed"),
        ],
    )
    def test_bad_arguments(self, message_of, arguments, error, word):
        assert word in message_of(error, initial_weights, *arguments)


class TestProgress:
    def fit(self, progress=None):
        model = perceptron_torch([3, 2, 3], 0.0, seed=0)
        return fit_torch(model, (X, LABELS), (X, LABELS), epochs=3, seed=0, progress=progress)

    def test_silent_when_publishing(self, monkeypatch, capfd):
        monkeypatch.setenv("EXPLORE_PUBLISH", "1")
        self.fit()
        assert capfd.readouterr() == ("", "")

    @pytest.mark.parametrize("value", ["", "0"])
    def test_a_bar_when_live(self, monkeypatch, capfd, value):
        monkeypatch.setenv("EXPLORE_PUBLISH", value)
        self.fit()
        out, err = capfd.readouterr()
        assert out == ""
        assert "0/3 [" in err

    def test_the_argument_overrules_the_variable(self, monkeypatch, capfd):
        monkeypatch.setenv("EXPLORE_PUBLISH", "1")
        self.fit(progress=True)
        assert "0/3 [" in capfd.readouterr().err
        monkeypatch.setenv("EXPLORE_PUBLISH", "0")
        self.fit(progress=False)
        assert capfd.readouterr() == ("", "")


class TestHistory:
    def test_is_frozen_and_has_one_entry_per_epoch(self):
        history = TestProgress().fit()
        assert isinstance(history, History)
        assert history.train_loss.shape == history.validation_loss.shape == (3,)
        assert history.train_loss.dtype == history.validation_loss.dtype == np.float64
        assert {name: values.shape for name, values in history.metrics.items()} == {
            "accuracy": (3,)
        }
        assert history.seconds > 0
        assert (history.seed, history.device) == (0, "cpu")
        assert history.best_epoch == history.validation_loss.argmin()
        with pytest.raises(AttributeError):
            history.seed = 1


def test_importing_the_package_loads_no_framework():
    code = (
        "import sys, dropout_lab.training; "
        "print([m for m in ('torch', 'tensorflow', 'keras', 'sklearn', 'tqdm') "
        "if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
