"""Stochastic depth: the rule of the paper, and what an example keeps."""

from itertools import product

import numpy as np
import pytest

from dropout_lab.family import linear_decay, stochastic_depth


def test_the_linear_rule_is_the_one_of_the_paper():
    survival = 1 - np.array(linear_decay(54, 0.5))
    np.testing.assert_allclose(survival, [1 - n / 54 * (1 - 0.5) for n in range(1, 55)])
    assert survival[-1] == 0.5
    # Expected number of layers: (3 L - 1) / 4 when the last survives with one half.
    assert survival.sum() == pytest.approx((3 * 54 - 1) / 4)


def test_an_example_keeps_a_layer_or_skips_it(rng):
    n = 20_000
    x, update = rng.normal(size=(n, 3)), rng.normal(size=(n, 3))
    out = stochastic_depth(x, update, 0.3, rng)
    kept = ~np.all(out == x, axis=1)
    np.testing.assert_allclose(out[kept], (x + update / 0.7)[kept])
    assert kept.mean() == pytest.approx(0.7, abs=5 * np.sqrt(0.21 / n))


@pytest.mark.parametrize("shape", [(4,), (4, 2), (4, 2, 3, 3)])
def test_at_inference_and_at_both_ends_of_the_rate(rng, shape):
    x, update = rng.normal(size=shape), rng.normal(size=shape)
    for rate, training in product((0.0, 0.5, 1.0), (True, False)):
        out = stochastic_depth(x, update, rate, rng, training=training)
        if not training or rate == 0:
            np.testing.assert_allclose(out, x + update)
        elif rate == 1:
            np.testing.assert_array_equal(out, x)
