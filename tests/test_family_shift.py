"""The variance that dropout adds, against all masks and against the formulas of the paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_lab.family import variance_ratio
from dropout_lab.masks import all_masks


@given(st.floats(0, 0.9), st.integers(0, 10_000))
def test_the_ratio_is_that_of_all_masks_and_all_examples(rate, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(7, 4)) @ rng.normal(size=(4, 4)) + rng.normal(size=4)
    weights = rng.normal(size=4)
    masks, chances = all_masks(4, rate)
    sums = (x[:, None] * masks / (1 - rate)) @ weights  # examples, masks
    mean = (sums @ chances).mean()
    training = (((sums - mean) ** 2) @ chances).mean()
    found = variance_ratio(weights, x.mean(axis=0), np.cov(x.T, bias=True), rate)
    assert found == pytest.approx(training / (x @ weights).var(), rel=1e-6)


@given(st.floats(0.01, 0.9), st.floats(-2, 2), st.floats(0.1, 4), st.floats(0, 0.9))
def test_the_special_cases_are_those_of_the_paper(rate, c, v, rho):
    """Li et al. give test over train; their p keeps."""
    keep = 1 - rate
    one = np.ones(1)
    directly = variance_ratio(one, c * one, np.array([[v]]), rate)
    assert 1 / directly == pytest.approx(v / ((c**2 + v) / keep - c**2))
    w, d = np.array([0.5, -1.0, 2.0]), 3
    covariance = v * (rho * np.ones((d, d)) + (1 - rho) * np.eye(d))
    cosine = w.sum() ** 2 / (d * np.sum(w**2))
    rest = rho * (d * cosine - 1)
    theirs = (v + v * rest) / ((c**2 + v) / keep - c**2 + v * rest)
    found = variance_ratio(w, c * np.ones(d), covariance, rate)
    assert 1 / found == pytest.approx(theirs)


def test_without_any_variance_left_the_ratio_is_infinite_or_1():
    assert variance_ratio(np.ones(1), np.ones(1), np.zeros((1, 1)), 0.5) == np.inf
    assert variance_ratio(np.ones(1), np.zeros(1), np.zeros((1, 1)), 0.5) == 1.0


def test_it_says_what_does_not_fit(message_of):
    ok = np.ones(2), np.ones(2), np.eye(2)
    assert "weights must have shape (n,), got (2, 1)" in message_of(
        ValueError, variance_ratio, np.ones((2, 1)), *ok[1:], 0.5
    )
    assert "mean must have shape (2,), got (3,)" in message_of(
        ValueError, variance_ratio, ok[0], np.ones(3), ok[2], 0.5
    )
    assert "covariance must have shape (2, 2)" in message_of(
        ValueError, variance_ratio, *ok[:2], np.ones(2), 0.5
    )
    assert "rate must be below 1" in message_of(ValueError, variance_ratio, *ok, 1.0)
