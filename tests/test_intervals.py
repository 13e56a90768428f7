"""Intervals over seeds agree with SciPy, and hold what they promise."""

import numpy as np
import pytest
from scipy import stats

from dropout_lab.intervals import t_interval


@pytest.mark.parametrize("seeds", range(2, 11))
def test_the_interval_is_scipys(rng, seeds):
    values = rng.normal(3.0, 0.5, (2, 4, seeds))
    mean, half = t_interval(values)
    low, high = stats.ttest_1samp(values, 0.0, axis=-1).confidence_interval(0.95)
    np.testing.assert_allclose(mean - half, low, rtol=0, atol=1e-3)
    np.testing.assert_allclose(mean + half, high, rtol=0, atol=1e-3)


def test_95_of_100_intervals_hold_the_mean(rng):
    mean, half = t_interval(rng.normal(1.0, 2.0, (20_000, 5)))
    covered = (np.abs(mean - 1.0) <= half).mean()
    assert abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 20_000)


@pytest.mark.parametrize("values", [[1.0], np.zeros((3, 11)), 1.0, np.zeros((2, 0))])
def test_too_few_or_too_many_seeds_are_refused(message_of, values):
    assert "2 to 10 seeds" in message_of(ValueError, t_interval, values)
