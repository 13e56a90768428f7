"""Gaussian and concrete dropout: moments, limits, gradient, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_lab.family import concrete_mask, gaussian_dropout

N = 200_000


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_gaussian_noise_has_the_two_moments_of_dropout(rng, rate):
    noise = gaussian_dropout(np.ones(N), rate, rng)
    variance = rate / (1 - rate)
    assert noise.mean() == pytest.approx(1, abs=5 * math.sqrt(variance / N))
    assert noise.var() == pytest.approx(variance, abs=5 * variance * math.sqrt(2 / N))
    # Bernoulli noise of these two moments has another skewness than 0.
    skewness = np.mean(((noise - 1) / math.sqrt(variance)) ** 3)
    assert abs(skewness) < 5 * math.sqrt(6 / N)


def test_gaussian_noise_multiplies():
    x = np.array([-2.0, 0.0, 3.0])
    one = gaussian_dropout(np.ones(3), 0.5, np.random.default_rng(1))
    np.testing.assert_allclose(gaussian_dropout(x, 0.5, np.random.default_rng(1)), x * one)


@given(st.sampled_from(["float16", "float32", "float64"]), st.sampled_from([(), (3,), (2, 0)]))
def test_gaussian_dropout_keeps_shape_and_dtype_and_leaves_its_input_alone(dtype, shape):
    x = np.ones(shape, dtype)
    for training in (True, False):
        out = gaussian_dropout(x, 0.3, np.random.default_rng(0), training=training)
        assert (out.shape, out.dtype) == (x.shape, x.dtype)
        assert not np.shares_memory(out, x)
    assert np.all(x == 1)


def test_gaussian_dropout_does_nothing_at_rate_0_and_at_inference(rng):
    x = np.arange(5.0)
    state = rng.bit_generator.state
    np.testing.assert_array_equal(gaussian_dropout(x, 0.9, rng, training=False), x)
    assert rng.bit_generator.state == state
    np.testing.assert_array_equal(gaussian_dropout(x, 0.0, rng), x)


def test_gaussian_dropout_says_what_is_not_allowed(message_of, rng):
    ones = np.ones(2)
    assert "rate must be below 1, got 1.0" in message_of(
        ValueError, gaussian_dropout, ones, 1.0, rng
    )
    assert "rate must lie between 0 and 1" in message_of(
        ValueError, gaussian_dropout, ones, -0.1, rng
    )
    assert "x must be a numpy.ndarray" in message_of(TypeError, gaussian_dropout, [1], 0.1, rng)
    assert "rng must be" in message_of(TypeError, gaussian_dropout, ones, 0.1, 0)
    assert "training must be True or False, got 1" in message_of(
        TypeError, gaussian_dropout, ones, 0.1, rng, training=1
    )


# --- concrete ----------------------------------------------------------------------------------


@given(st.floats(0.05, 0.95), st.integers(0, 1000))
def test_a_cold_concrete_mask_is_the_mask_of_dropout(rate, seed):
    soft = concrete_mask(50, rate, 1e-4, np.random.default_rng(seed))
    u = np.random.default_rng(seed).random(50)
    clear = np.abs(u - rate) > 1e-2
    np.testing.assert_allclose(soft[clear], (u >= rate)[clear], atol=1e-6)


@pytest.mark.parametrize("temperature", [0.05, 0.5, 5.0])
def test_at_any_temperature_rate_units_lose_more_than_half(rng, temperature):
    rate = 0.3
    soft = concrete_mask(N, rate, temperature, rng)
    assert np.mean(soft < 0.5) == pytest.approx(rate, abs=5 * math.sqrt(rate * (1 - rate) / N))
    assert soft.min() >= 0
    assert soft.max() <= 1


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


def test_concrete_masks_say_what_is_not_allowed(message_of, rng):
    for rate in (0.0, 1.0):
        message = message_of(ValueError, concrete_mask, 3, rate, 0.1, rng)
        assert f"neither allowed here, got {rate}" in message
    for temperature in (0.0, -1, math.nan, math.inf):
        message = message_of(ValueError, concrete_mask, 3, 0.5, temperature, rng)
        assert "temperature must be finite and greater than 0" in message
    assert "got True" in message_of(TypeError, concrete_mask, 3, 0.5, True, rng)
    assert "rng must be" in message_of(TypeError, concrete_mask, 3, 0.5, 0.1, None)


@pytest.mark.parametrize(
    ("shape", "error"),
    [(-1, ValueError), ((2.0,), TypeError), (None, TypeError)],
)
def test_the_shape_of_a_concrete_mask_is_named(message_of, rng, shape, error):
    assert message_of(error, concrete_mask, shape, 0.3, 0.1, rng).startswith("shape must")
