"""DropConnect against all its masks, its moments."""

import numpy as np
import pytest

from dropout_lab.family import drop_connect, drop_connect_moments
from dropout_lab.masks import all_masks


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.7])
def test_the_moments_are_those_of_all_masks(rng, rate):
    x, weights, biases = rng.normal(size=(1, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    masks, chances = all_masks(6, rate)  # of a 3 x 2 matrix
    outputs = np.array([x[0] @ (m.reshape(3, 2) * weights / (1 - rate)) + biases for m in masks])
    mean, variance = drop_connect_moments(x, weights, biases, rate)
    np.testing.assert_allclose(mean[0], chances @ outputs)
    np.testing.assert_allclose(variance[0], chances @ (outputs - mean) ** 2, atol=1e-12)


def test_samples_have_these_moments_and_each_example_its_own_mask(rng):
    n, rate = 50_000, 0.4
    x, weights, biases = np.array([[1.0, -2.0]]), np.array([[0.5, 1.0], [2.0, 0.0]]), np.ones(2)
    out = drop_connect(np.repeat(x, n, axis=0), weights, biases, rate, rng)
    mean, variance = drop_connect_moments(x, weights, biases, rate)
    error = 5 * np.sqrt(variance[0] / n)
    assert np.all(np.abs(out.mean(axis=0) - mean[0]) <= error)
    np.testing.assert_allclose(out.var(axis=0), variance[0], rtol=0.03)
    assert len(np.unique(out[:, 0].round(9))) == 4  # both weights, either, none
    # The two outputs do not share masks, as they would with dropout on the inputs.
    assert abs(np.corrcoef(out.T)[0, 1]) < 5 / np.sqrt(n)


def test_at_inference_it_is_a_plain_layer(rng):
    x, weights, biases = rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    state = rng.bit_generator.state
    out = drop_connect(x, weights, biases, 0.5, rng, training=False)
    np.testing.assert_array_equal(out, x @ weights + biases)
    assert rng.bit_generator.state == state
