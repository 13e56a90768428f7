"""What both loops share: checked data, scores, the progress bar, light imports."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from sklearn.metrics import log_loss

from dropout_lab.training import fit_torch, perceptron_torch
from dropout_lab.training.data import check_classes, check_data
from dropout_lab.training.history import scores
from dropout_lab.training.start import initial_weights

X = np.linspace(0.0, 1.0, 12).reshape(4, 3)
LABELS, BINARY, NAN = np.array([0, 1, 2, 1]), np.array([0, 1, 0, 1]), np.array([0, 1, np.nan, 1])


def checked(x=X, labels=LABELS, validation=(X, LABELS), loss="cross_entropy"):
    return check_data((x, labels), validation, loss)


@pytest.mark.parametrize("kind", [bool, np.uint8, np.float32])
def test_inputs_are_not_copied_and_labels_become_int64(kind):
    train, validation = checked(labels=LABELS.astype(np.uint8))
    assert np.shares_memory(train.x, X)
    assert np.shares_memory(validation.x, X)
    np.testing.assert_array_equal(train.labels, LABELS.astype(np.int64), strict=True)
    train, _ = checked(X, BINARY.astype(kind), (X, BINARY), "binary_cross_entropy")
    np.testing.assert_array_equal(train.labels, BINARY.astype(np.int64), strict=True)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"x": X.astype(np.uint8)}, TypeError, "train x must hold floating-point values"),
        ({"x": np.ma.masked_less(X, 0)}, TypeError, "train x must not be masked"),
        ({"x": [[1.0], [1.0, 2.0]]}, TypeError, "train x cannot be read as an array"),
        (
            {"x": X[:0], "labels": LABELS[:0]},
            ValueError,
            "train must hold inputs of shape (n, ...)",
        ),
        ({"x": X[:3]}, ValueError, "train must hold inputs of shape (n, ...) and labels of"),
        ({"x": X[:, 0]}, ValueError, "train must hold inputs of shape (n, ...) and labels of"),
        ({"labels": LABELS[:, None]}, ValueError, "train must hold inputs of shape (n, ...) and"),
        ({"labels": LABELS * 1.0}, TypeError, "train labels must hold integers"),
        ({"labels": LABELS - 1}, ValueError, "train labels must hold integers from 0, the index"),
        ({"loss": "binary_cross_entropy"}, ValueError, "train labels must hold the numbers 0 and"),
        ({"labels": NAN, "loss": "binary_cross_entropy"}, ValueError, "train labels must hold the"),
        ({"validation": (X[:, :2], LABELS)}, ValueError, "train x and validation x must agree"),
        ({"validation": (X, np.ones(4, int))}, ValueError, "validation labels are all 1: whoever"),
        ({"validation": X}, TypeError, "validation must be a pair (x, labels), got ndarray"),
        ({"validation": (X, LABELS, X)}, TypeError, "validation must be a pair"),
    ],
)
def test_bad_data_is_named(message_of, changes, error, words):
    assert message_of(error, checked, **changes).startswith(words)


@pytest.mark.parametrize(
    ("shape", "loss", "words"),
    [
        ((4, 3), "cross_entropy", None),
        ((None, 3), "cross_entropy", None),
        ((4,), "binary_cross_entropy", None),
        ((None, 1), "binary_cross_entropy", None),
        ((4, 2), "cross_entropy", "train labels must lie between 0 and 1, as the model"),
        ((4, 1), "cross_entropy", "with loss 'cross_entropy' the model must return logits"),
        ((4,), "cross_entropy", "with loss 'cross_entropy' the model must return logits"),
        ((4, 2), "binary_cross_entropy", "with loss 'binary_cross_entropy' the model must"),
    ],
)
def test_the_output_fits_the_loss_and_the_labels(message_of, shape, loss, words):
    if words is None:
        check_classes(shape, loss, checked())
    else:
        assert message_of(ValueError, check_classes, shape, loss, checked()).startswith(words)


class TestScores:
    @given(st.integers(0, 2**32 - 1))
    def test_agree_with_scikit_learn(self, seed):
        rng = np.random.default_rng(seed)
        logits = rng.normal(0, 5, (20, 4)).astype(np.float32)
        labels = rng.permutation(np.arange(20) % 4)
        loss, metrics = scores(logits, labels, "cross_entropy")
        odds = special.softmax(logits.astype(np.float64), axis=1)
        assert loss == pytest.approx(log_loss(labels, odds), rel=1e-9)
        assert metrics == {"accuracy": np.mean(logits.argmax(axis=1) == labels)}
        logits, labels = rng.normal(0, 3, 20), labels % 2
        loss, metrics = scores(logits, labels, "binary_cross_entropy")
        assert loss == pytest.approx(log_loss(labels, special.expit(logits)), rel=1e-9)
        assert metrics["accuracy"] == np.mean((logits > 0) == labels)

    def test_by_hand(self):
        # From the highest logit down: hit (precision 1), miss, hit (precision 2/3), miss.
        logits, labels = np.array([3.0, 2.0, 1.0, 0.0]), np.array([1, 0, 1, 0])
        _, metrics = scores(logits, labels, "binary_cross_entropy")
        assert metrics["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
        labels = np.array([0, 1])  # sure answers do not overflow
        assert scores(np.array([1e4, 1e4]), labels, "binary_cross_entropy")[0] == 5e3
        assert scores(np.array([[0.0, 1e4]] * 2), labels, "cross_entropy")[0] == 5e3
        assert np.isnan(scores(np.full(2, np.nan), labels, "binary_cross_entropy")[0])


def test_weights_begin_glorot_uniform():
    weights = initial_weights([300, 200, 5], 0.5, 0.0, seed=3)
    assert [w.shape for w in weights] == [(300, 200), (200, 5)]
    for weight in weights:
        assert weight.dtype == np.float32
        limit = np.sqrt(6 / sum(weight.shape))
        found = stats.kstest(weight.ravel(), stats.uniform(-limit, 2 * limit).cdf)
        assert found.pvalue > 1e-3


@pytest.mark.parametrize(
    ("published", "progress", "bar"),
    [("1", None, False), ("0", None, True), ("1", True, True), ("0", False, False)],
)
def test_a_bar_where_nothing_is_published(monkeypatch, capfd, published, progress, bar):
    monkeypatch.setenv("EXPLORE_PUBLISH", published)
    model = perceptron_torch([3, 2, 3], 0.0, seed=0)
    fit_torch(model, (X, LABELS), (X, LABELS), epochs=3, seed=0, progress=progress)
    out, err = capfd.readouterr()
    assert out == ""
    assert ("0/3 [" in err) == bool(err) == bar


def test_importing_the_package_loads_no_framework():
    code = (
        "import sys, dropout_lab.training; "
        "print([m for m in ('torch', 'tensorflow', 'keras', 'sklearn', 'tqdm') "
        "if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
