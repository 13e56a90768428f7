"""The same mask gives the same numbers in NumPy, PyTorch and Keras, forward and backward.

The frameworks do not take a mask. Inputs without zeros give theirs away: what is not zero
in the output was kept. Equality is exact, to the last bit, but for one case: PyTorch rounds
1 - rate to float32 before it takes the reciprocal, so that its float32 factor is
`1 / float32(1 - rate)`. That is tested exactly as well, and it stays within 2 ulp of ours.
"""

import numpy as np
import pytest

from dropout_lab import Dropout, dropout_backward, sample_mask
from dropout_lab.lessons.ch05.layers import run_keras, run_torch

RATES = [0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 1 / 3, 0.45, 0.5, 0.75, 0.9, 0.95, 1.0]
SHAPE = (40, 50)


@pytest.fixture
def tf(keras):
    """Return TensorFlow, with which these tests take gradients of Keras."""
    module = pytest.importorskip("tensorflow")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("these tests take gradients with TensorFlow")
    return module


def without_zeros(rng, shape, dtype):
    """Return inputs and gradients of either sign, of magnitudes between 0.5 and 2."""
    both = (2, *shape)
    return (rng.uniform(0.5, 2, both) * rng.choice([-1, 1], both)).astype(dtype)


def assert_same(found, expected):
    """Fail unless dtype and every value agree; 0 and -0 count as the same."""
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def assert_plausible(mask, rate, decisions=None):
    """Fail if the fraction kept is 5 standard errors from 1 - rate: not a dropout mask."""
    error = np.sqrt(rate * (1 - rate) / (decisions or mask.size))
    assert abs(mask.mean() - (1 - rate)) <= 5 * error


def assert_ours(rate, x, grad, found, decisions=None):
    """Fail unless a mask was drawn, for which output and gradient are ours to the last bit."""
    y, gradient = found
    mask = y != 0
    assert_plausible(mask, rate, decisions)
    assert_same(y, dropout_backward(x, mask, rate))
    assert_same(gradient, dropout_backward(grad, mask, rate))


def axes_that_share(mask):
    """Return along which axes all decisions are the same."""
    return [
        axis
        for axis in range(mask.ndim)
        if np.array_equal(mask, np.broadcast_to(mask.take([0], axis), mask.shape))
    ]


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("rate", RATES)
def test_torch_is_equal_to_the_last_bit(torch, rate, dtype, rng):
    x, grad = without_zeros(rng, SHAPE, dtype)
    found = run_torch(x, grad, rate)
    assert_ours(rate, x, grad, found)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.proves("With the same mask PyTorch and this book agree to 2 ulp in float32", chapter=5)
def test_torch_float32_is_explained_to_the_last_bit(torch, rate, rng):
    x, grad = without_zeros(rng, SHAPE, "float32")
    found = run_torch(x, grad, rate)
    y, gradient = found
    mask = y != 0
    assert_plausible(mask, rate)
    factor = np.float32(1) / np.float32(1 - rate) if rate < 1 else np.float32(0)
    assert_same(y, x * mask * factor)
    assert_same(gradient, grad * mask * factor)
    # Three roundings there, two here, half an ulp each: 2.5 ulp apart, in whole ulp 2.
    np.testing.assert_array_max_ulp(y, dropout_backward(x, mask, rate), maxulp=2)
    np.testing.assert_array_max_ulp(gradient, dropout_backward(grad, mask, rate), maxulp=2)
    if factor == np.float32(1 / (1 - rate) if rate < 1 else 0):
        assert_ours(rate, x, grad, found)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.proves("With the same mask Keras and this book agree to the last bit", chapter=5)
def test_keras_is_equal_to_the_last_bit(keras, tf, rate, dtype, rng):
    x, grad = without_zeros(rng, SHAPE, dtype)
    found = run_keras(x, grad, rate, keras.layers.Dropout(rate, seed=3, dtype=dtype))
    assert_ours(rate, x, grad, found)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_torch_channel_dropout_is_a_noise_shape(torch, axes, rng):
    shape = (30, 31, *[4] * axes)
    x, grad = without_zeros(rng, shape, "float32")
    found = run_torch(x, grad, 0.25, getattr(torch.nn, f"Dropout{axes}d")(0.25))
    assert_ours(0.25, x, grad, found, decisions=30 * 31)
    ours = sample_mask(shape, 0.25, rng, noise_shape=(None, None, *[1] * axes))
    assert axes_that_share(found[0] != 0) == axes_that_share(ours) == list(range(2, len(shape)))


@pytest.mark.parametrize(
    "noise_shape", [None, (None, None, None), (30, 31, 32), (30, 1, None), (1, 1, 32)]
)
def test_keras_noise_shape_is_ours(keras, tf, noise_shape, rng):
    shape, rate = (30, 31, 32), 0.4
    x, grad = without_zeros(rng, shape, "float32")
    layer = keras.layers.Dropout(rate, noise_shape=noise_shape, seed=4)
    found = run_keras(x, grad, rate, layer)
    shared = [axis for axis, n in enumerate(noise_shape or ()) if n == 1]
    ours = sample_mask(shape, rate, rng, noise_shape=noise_shape)
    assert axes_that_share(found[0] != 0) == axes_that_share(ours) == shared
    decisions = x.size / np.prod([shape[axis] for axis in shared])
    assert_ours(rate, x, grad, found, decisions)


def test_dropped_nan(torch, keras, rng):
    # What the docstring of dropout says of NaN: PyTorch multiplies, Keras selects.
    nan = np.full(200, np.nan, np.float32)
    assert np.isnan(Dropout(0.5, rng).forward(nan)).all()
    assert torch.nn.functional.dropout(torch.tensor(nan), 0.5).isnan().all()
    kept = np.isnan(np.asarray(keras.layers.Dropout(0.5, seed=5)(nan, training=True)))
    assert 0 < kept.sum() < 200
