"""Intervals over seeds agree with SciPy, and hold what they promise."""

import numpy as np
import pytest
from scipy import stats

from dropout_lab.intervals import shared_interval, t_interval, verdict


@pytest.mark.parametrize("seeds", range(2, 11))
def test_the_interval_is_scipys(rng, seeds):
    values = rng.normal(3.0, 0.5, (2, 4, seeds))
    mean, half = t_interval(values)
    low, high = stats.ttest_1samp(values, 0.0, axis=-1).confidence_interval(0.95)
    np.testing.assert_allclose(mean - half, low, rtol=0, atol=1e-3)
    np.testing.assert_allclose(mean + half, high, rtol=0, atol=1e-3)


@pytest.mark.parametrize(
    ("seed_sd", "part_sd", "entry_sd"), [(0.0, 3.0, 3.0), (0.3, 3.0, 1.0), (0.3, 1.0, 3.0)]
)
def test_an_interval_that_counts_shared_images_holds_the_mean_where_one_over_seeds_does_not(
    rng, seed_sd, part_sd, entry_sd
):
    seeds, parts = seed_sd * rng.normal(size=(2_000, 5, 1)), rng.normal(size=(2_000, 1, 50))
    values = 1.0 + seeds + part_sd * parts + entry_sd * rng.normal(size=(2_000, 5, 50))
    mean, half = shared_interval(values)
    covered = (np.abs(mean - 1.0) <= half).mean()
    assert 0.95 - 4 * np.sqrt(0.95 * 0.05 / 2_000) < covered < 0.98
    mean, half = t_interval(values.mean(axis=-1))
    assert (np.abs(mean - 1.0) <= half).mean() < 0.93


def test_the_sampling_error_is_that_of_the_parts(rng):
    parts = rng.normal(size=40)
    mean, half = shared_interval(np.tile(parts, (3, 2, 5, 1)))  # no seed differs from another
    np.testing.assert_allclose(mean, np.full((3, 2), parts.mean()))
    np.testing.assert_allclose(half, 1.96 * stats.sem(parts))
    # Seeds that agree by luck do not hide what chance in the images makes of their mean.
    alike = rng.normal(size=(5, 40))
    alike -= alike.mean(axis=1, keepdims=True)
    assert t_interval(alike.mean(axis=1))[1] < 1e-12
    assert shared_interval(alike)[1] > 1.5 / np.sqrt(5 * 40)
    # Where the parts agree in what they say, only the seeds are left.
    seeds = rng.normal(size=(5, 1)) + np.zeros(40)
    np.testing.assert_allclose(shared_interval(seeds), t_interval(seeds[:, 0]), atol=1e-12)


def test_a_gain_speaks_where_its_interval_is_away_from_zero():
    assert verdict(1.5, np.inf) == "unclear"
    said = [verdict(gain, 1) for gain in (np.inf, 1.5, 1, 0, -1, -1.5)]
    assert said == ["helps", "helps", "unclear", "unclear", "unclear", "harms"]
