"""Dropout over time and over attention, against loops, enumeration and standard errors."""

import numpy as np
import pytest

from dropout_lab.family import attention, recurrent_states, variational_dropout
from dropout_lab.network import softmax


def test_a_unit_is_dropped_at_every_step_or_at_none(rng):
    out = variational_dropout(np.ones((400, 5, 25)), 0.3, rng)
    assert np.all(out == out[:, :1])
    dropped = np.mean(out[:, 0] == 0)
    assert dropped == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / 10_000))
    np.testing.assert_allclose(np.unique(out), [0, 1 / 0.7])
    x = rng.normal(size=(2, 3, 4))
    np.testing.assert_array_equal(variational_dropout(x, 0.3, rng, training=False), x)


def test_states_without_dropout_follow_the_recurrence(rng):
    x, weights = rng.normal(size=(2, 4, 3)), rng.normal(size=(3, 3))
    found = recurrent_states(x, weights, 0.5, rng, training=False)
    np.testing.assert_allclose(recurrent_states(x, weights, 0.0, rng), found)
    for sequence, states in zip(x, found, strict=True):
        h = np.zeros(3)
        for step in range(4):
            h = np.tanh(sequence[step] + h @ weights)
            np.testing.assert_allclose(states[step], h)


def survivors(rate, steps, shared, rng):
    """Return which of 20,000 units carry the input of step 0 to the end, through the identity."""
    x = np.zeros((200, steps + 1, 100))
    x[:, 0] = 1e-3  # so small that tanh is straight
    return recurrent_states(x, np.eye(100), rate, rng, shared=shared)[:, -1]


@pytest.mark.parametrize("shared", [True, False])
def test_a_memory_survives_all_steps_or_decays(rng, shared):
    rate, steps, n = 0.2, 6, 20_000
    last = survivors(rate, steps, shared, rng)
    chance = (1 - rate) if shared else (1 - rate) ** steps
    error = 5 * np.sqrt(chance * (1 - chance) / n)
    assert np.mean(last > 0) == pytest.approx(chance, abs=error)
    np.testing.assert_allclose(np.unique(last[last > 0]), 1e-3 / 0.8**steps, rtol=1e-4)


def test_attention_without_dropout_is_softmax_times_values(rng):
    q, k, v = (rng.normal(size=(2, 3, n, 4)) for n in (5, 6, 6))  # batches and heads
    output, weights = attention(q, k, v, 0.9, rng, training=False)
    assert (output.shape, weights.shape) == ((2, 3, 5, 4), (2, 3, 5, 6))
    for at in np.ndindex(2, 3):
        np.testing.assert_allclose(weights[at], softmax(q[at] @ k[at].T / 2))
        np.testing.assert_allclose(output[at], weights[at] @ v[at])


def test_row_sums_have_mean_1_and_the_variance_of_their_weights(rng):
    n, rate = 40_000, 0.2
    q, k = np.broadcast_to(rng.normal(size=(1, 4)), (n, 4)), rng.normal(size=(6, 4))
    output, weights = attention(q, k, np.eye(6), rate, rng)
    np.testing.assert_allclose(output, weights)
    sums = weights.sum(axis=1)
    before = softmax(q[:1] @ k.T / 2)[0]
    variance = rate / (1 - rate) * np.sum(before**2)
    assert sums.mean() == pytest.approx(1, abs=5 * np.sqrt(variance / n))
    assert sums.var() == pytest.approx(variance, rel=0.05)
    assert np.mean(np.isclose(sums, 1)) < 0.05
