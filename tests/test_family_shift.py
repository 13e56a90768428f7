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


def test_without_any_variance_left_the_ratio_is_infinite_or_1():
    assert variance_ratio(np.ones(1), np.ones(1), np.zeros((1, 1)), 0.5) == np.inf
    assert variance_ratio(np.ones(1), np.zeros(1), np.zeros((1, 1)), 0.5) == 1.0
