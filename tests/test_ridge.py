"""Dropout on linear models against enumeration, scikit-learn and mathematics."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import LogisticRegression, Ridge

from dropout_lab.layer import dropout
from dropout_lab.masks import all_masks
from dropout_lab.ridge import (
    confident_prices,
    dropout_prices,
    fit_logistic,
    logistic_penalty,
    ridge_weights,
    sampled_weights,
)

RATES = (0.0, 0.1, 0.5, 0.9)
NUMBERS = st.floats(-5, 5, allow_subnormal=False)


def regression(n=30, d=4, seed=0):
    """Return correlated features of very different sizes, and noisy answers."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) * 10.0 ** np.arange(-1, d - 1)
    return x, x @ rng.normal(size=d) + rng.normal(size=n)


def classes(n=40, d=3, seed=0):
    """Return features and labels that no weights separate."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, d))
    return x, (rng.random(n) < 1 / (1 + np.exp(-x.sum(axis=1)))).astype(int)


def listed(n, rate):
    """List masks and their probabilities, one entry at a time."""
    for mask in itertools.product((0, 1), repeat=n):
        yield np.array(mask), math.prod(1 - rate if kept else rate for kept in mask)


@given(
    x=arrays(float, (3, 3), elements=NUMBERS),
    y=arrays(float, 3, elements=NUMBERS),
    w=arrays(float, 3, elements=NUMBERS),
    rate=st.floats(0, 0.95),
)
def test_prices_are_what_dropout_adds_to_the_loss(x, y, w, rate):
    own_masks = 0.0  # each example with its own masks, as in training
    for mask, chance in listed(3, rate):
        own_masks += chance * np.sum((y - x @ (mask * w) / (1 - rate)) ** 2)
    formula = np.sum((y - x @ w) ** 2) + dropout_prices(x, rate) @ w**2
    assert own_masks == pytest.approx(formula, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("rate", RATES[1:])
def test_ridge_is_scikit_learns_on_rescaled_features(rate):
    x, y = regression()
    size = np.sqrt(np.mean(x**2, axis=0))
    oracle = Ridge(alpha=len(x) * rate / (1 - rate), fit_intercept=False, solver="svd")
    expected = oracle.fit(x / size, y).coef_ / size
    np.testing.assert_allclose(ridge_weights(x, y, dropout_prices(x, rate)), expected)
    np.testing.assert_allclose(ridge_weights(x, y, oracle.alpha), oracle.fit(x, y).coef_)
    one = np.ones((3, 2))  # two features that only a price tells apart
    np.testing.assert_allclose(
        ridge_weights(one, one[:, 0], dropout_prices(one, rate)), [(1 - rate) / (2 - rate)] * 2
    )


@given(arrays(float, 4, elements=st.floats(0.01, 100)), st.floats(0.01, 0.95))
def test_units_do_not_matter_to_dropout(units, rate):
    x, y = regression()
    before = ridge_weights(x, y, dropout_prices(x, rate))
    after = ridge_weights(x * units, y, dropout_prices(x * units, rate))
    np.testing.assert_allclose(after * units, before, rtol=1e-6)


def test_sampled_weights_approach_the_closed_form_with_the_root_of_the_number():
    x, y = regression()
    x = x / x.std(axis=0)
    exact = ridge_weights(x, y, dropout_prices(x, 0.5))
    rng = np.random.default_rng(0)
    runs = np.array([sampled_weights(x, y, 0.5, [20, 320], rng) for _ in range(30)])
    few, many = np.sqrt(np.mean((runs - exact) ** 2, axis=(0, 2)))
    assert 2.5 < few / many < 6  # 4, the root of 16
    error = runs[:, 1].std(axis=0, ddof=1) / math.sqrt(30)
    assert np.all(np.abs(runs[:, 1].mean(axis=0) - exact) < 5 * error)


def test_the_first_copies_serve_all_counts():
    x, y = regression()
    both = sampled_weights(x, y, 0.3, [9, 4], np.random.default_rng(1))
    alone = sampled_weights(x, y, 0.3, [4], np.random.default_rng(1))
    np.testing.assert_array_equal(both[1], alone[0])
    first = sampled_weights(x, y, 0.3, [1], np.random.default_rng(1))[0]
    heard = dropout(x, 0.3, np.random.default_rng(1))
    np.testing.assert_allclose(first, ridge_weights(heard, y, 0.0))


@pytest.mark.parametrize("rate", RATES)
def test_the_penalty_by_listing_each_mask_of_each_example(rate):
    x, _ = classes(5)
    w = np.array([1.0, -2.0, 3.0])
    total = 0.0
    for row in x:
        for mask, chance in listed(3, rate):
            total += chance * math.log1p(math.exp(row @ (mask * w) / (1 - rate)))
        total -= math.log1p(math.exp(row @ w))
    assert logistic_penalty(x, w, rate) == pytest.approx(total, abs=1e-12)


def test_the_approximation_is_right_to_second_order():
    x, _ = classes()
    w = np.array([0.5, -1.0, 0.25])
    gaps = []
    for size in (1e-1, 1e-2):
        exact = logistic_penalty(x, size * w, 0.3)
        near = confident_prices(x, size * w, 0.3) @ (size * w) ** 2
        gaps.append(abs(near / exact - 1))
    assert gaps[0] < 0.02
    assert gaps[1] < gaps[0] / 50  # the relative error falls with the square of the size


@pytest.mark.parametrize("price", [0.05, 2.0])
def test_logistic_weight_decay_is_scikit_learns(price):
    x, labels = classes()
    x = np.column_stack([x, np.zeros(len(x))])  # whose weight is right from the beginning
    oracle = LogisticRegression(C=1 / (2 * price), fit_intercept=False, tol=1e-10)
    expected = oracle.fit(x, labels).coef_[0]
    np.testing.assert_allclose(fit_logistic(x, labels, price=price), expected, rtol=1e-5)


def test_newtons_method_is_quick(monkeypatch):
    # From 0 the number of right digits doubles at every step: a wrong slope needs more.
    monkeypatch.setattr("dropout_lab.ridge._NEWTON_STEPS", 7)
    x, labels = classes()
    for rate, price in ((0.3, 0.0), (0.3, 2.0), (0.0, 20.0)):
        fit_logistic(x, labels, rate=rate, price=price)


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.8])
def test_logistic_dropout_is_scikit_learns_fit_to_all_masked_copies(rate):
    x, labels = classes()
    masks, chances = all_masks(3, rate)
    rows = np.vstack([x * mask / (1 - rate) for mask in masks])
    # A price so small that it does not matter stands for none.
    oracle = LogisticRegression(C=1e10, fit_intercept=False, tol=1e-10, max_iter=1000)
    oracle.fit(rows, np.tile(labels, len(masks)), sample_weight=np.repeat(chances, len(x)))
    found = fit_logistic(x, labels, rate=rate)
    np.testing.assert_allclose(found, oracle.coef_[0], rtol=1e-4)
