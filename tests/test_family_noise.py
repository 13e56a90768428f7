"""Gaussian and concrete dropout: moments, limits, gradient."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_lab.family import concrete_mask, gaussian_dropout

N = 50_000


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_gaussian_noise_has_the_two_moments_of_dropout(rng, rate):
    x = np.linspace(-2, 3, N)  # no number of it is 0
    noise = gaussian_dropout(x, rate, rng) / x
    variance = rate / (1 - rate)
    assert noise.mean() == pytest.approx(1, abs=5 * math.sqrt(variance / N))
    assert noise.var() == pytest.approx(variance, abs=5 * variance * math.sqrt(2 / N))
    # Bernoulli noise of these two moments has another skewness than 0.
    skewness = np.mean(((noise - 1) / math.sqrt(variance)) ** 3)
    assert abs(skewness) < 5 * math.sqrt(6 / N)
    np.testing.assert_array_equal(gaussian_dropout(x, 0, rng), x)
    state = rng.bit_generator.state
    same = gaussian_dropout(x, rate, rng, training=False)
    np.testing.assert_array_equal(same, x)
    assert not np.shares_memory(same, x)
    assert rng.bit_generator.state == state


@given(st.floats(0.05, 0.95), st.integers(0, 1000))
def test_a_cold_concrete_mask_is_the_mask_of_dropout(rate, seed):
    soft = concrete_mask(50, rate, 1e-4, np.random.default_rng(seed))
    u = np.random.default_rng(seed).random(50)
    clear = np.abs(u - rate) > 1e-2
    np.testing.assert_allclose(soft[clear], (u >= rate)[clear], atol=1e-6)


def test_a_concrete_mask_has_the_gradient_of_its_formula():
    rate, temperature, h = 0.3, 0.5, 1e-6

    def mask(rate):
        return concrete_mask(20, rate, temperature, np.random.default_rng(3))

    slope = (mask(rate + h) - mask(rate - h)) / (2 * h)
    m = mask(rate)
    np.testing.assert_allclose(
        slope, -m * (1 - m) / (temperature * rate * (1 - rate)), rtol=1e-6, atol=1e-8
    )


def test_a_tiny_temperature_does_not_overflow(rng):
    assert np.isin(concrete_mask(1000, 0.5, 1e-300, rng), [0, 0.5, 1]).all()
