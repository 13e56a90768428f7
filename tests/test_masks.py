"""Every mask and its probability, against enumeration by hand, SciPy and the frameworks."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_lab.masks import MAX_UNITS, all_masks

RATES = st.floats(0, 1)


@pytest.mark.parametrize("n", [1, 2, 5, 8])
@pytest.mark.parametrize("rate", [0, 0.1, 0.4, 0.5, 0.9, 1.0])
def test_masks_and_probabilities_match_a_product_of_independent_choices(n, rate):
    masks, probabilities = all_masks(n, rate)
    listed = dict(zip(map(tuple, masks.tolist()), probabilities, strict=True))
    chance = {True: 1 - rate, False: rate}
    expected = {
        mask: math.prod(chance[kept] for kept in mask)
        for mask in itertools.product([True, False], repeat=n)
    }
    assert masks.shape == (2**n, n)
    assert masks.dtype == np.bool_
    assert probabilities.dtype == np.float64
    assert listed.keys() == expected.keys()
    for mask, probability in expected.items():
        assert listed[mask] == pytest.approx(probability, rel=1e-12, abs=0)
    # Independent units: inverted dropout keeps the mean of each, and no two vary together.
    if rate < 1:
        x = np.arange(1.0, n + 1) * (-1) ** np.arange(n)
        y = x * masks / (1 - rate)
        np.testing.assert_allclose(probabilities @ y, x, atol=1e-12)
        covariance = (probabilities[:, None] * (y - x)).T @ (y - x)
        np.testing.assert_allclose(covariance, np.diag(x**2 * rate / (1 - rate)), atol=1e-11)


@given(n=st.integers(1, 10), rate=RATES)
@pytest.mark.proves("The number of dropped units is binomial", chapter=2)
def test_the_number_dropped_is_binomial(n, rate):
    stats = pytest.importorskip("scipy.stats")
    masks, probabilities = all_masks(n, rate)
    share = np.bincount((~masks).sum(axis=1), weights=probabilities, minlength=n + 1)
    np.testing.assert_allclose(share, stats.binom.pmf(range(n + 1), n, rate), atol=1e-12)
    assert probabilities.sum() == pytest.approx(1, abs=1e-12)


def test_there_is_a_most_that_can_be_listed(monkeypatch):
    assert MAX_UNITS == 20  # a million masks, which no test waits for
    monkeypatch.setattr("dropout_lab.masks.MAX_UNITS", 3)
    assert len(all_masks(3, 0.5)[0]) == 8
    with pytest.raises(ValueError, match="n must be at most 3"):
        all_masks(4, 0.5)


# What chapter 2 says about other software, asked of that software.


@pytest.mark.proves("In TensorFlow 2 the second argument of dropout drops", chapter=2)
def test_tensorflow_changed_what_its_second_argument_means():
    tf = pytest.importorskip("tensorflow")
    tf.random.set_seed(0)
    ones = tf.ones(10_000)
    bound = 5 * math.sqrt(0.16 / 10_000)
    kept_in_1 = np.mean(tf.compat.v1.nn.dropout(ones, 0.8).numpy() != 0)
    kept_in_2 = np.mean(tf.nn.dropout(ones, 0.8).numpy() != 0)
    assert abs(kept_in_1 - 0.8) < bound
    assert abs(kept_in_2 - 0.2) < bound


@pytest.mark.proves("Only 3 of the 32 masks leave the sum of 1, 2, 3, 4, 5 as it was", chapter=2)
def test_three_masks_of_the_example_leave_its_sum_unchanged():
    x = np.array([1, 2, 3, 4, 5])
    survivors = [s for k in range(6) for s in itertools.combinations(x, k) if sum(s) == 9]
    assert len(survivors) == 3  # 9 / 0.6 = 15


def test_exactly_two_of_five_keeps_mean_and_variance_but_not_independence():
    x = np.arange(1.0, 6.0)
    y = np.array([x * ~np.isin(range(5), s) / 0.6 for s in itertools.combinations(range(5), 2)])
    np.testing.assert_allclose(y.mean(axis=0), x)
    np.testing.assert_allclose(y.var(axis=0), x**2 * 0.4 / 0.6)
    assert np.corrcoef(y.T)[0, 1] == pytest.approx(-1 / 4)
