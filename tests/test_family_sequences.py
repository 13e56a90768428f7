"""Dropout over time and over attention, against loops, enumeration and standard errors."""

import numpy as np
import pytest

from dropout_lab.family import attention, recurrent_states, variational_dropout
from dropout_lab.masks import all_masks
from dropout_lab.network import softmax


def test_a_unit_is_dropped_at_every_step_or_at_none(rng):
    out = variational_dropout(np.ones((400, 5, 25)), 0.3, rng)
    assert np.all(out == out[:, :1])
    dropped = np.mean(out[:, 0] == 0)
    assert dropped == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / 10_000))
    np.testing.assert_allclose(np.unique(out), [0, 1 / 0.7])
    x = rng.normal(size=(2, 3, 4))
    np.testing.assert_array_equal(variational_dropout(x, 0.3, rng, training=False), x)


# --- recurrence --------------------------------------------------------------------------------


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


def test_with_one_mask_the_mean_grows_and_with_fresh_ones_it_stays():
    rate, steps = 0.3, 4
    masks, chances = all_masks(steps, rate)
    fresh = chances @ (masks / (1 - rate)).prod(axis=1)
    assert fresh == pytest.approx(1)
    shared = (1 - rate) * (1 / (1 - rate)) ** steps
    last = survivors(rate, steps, True, np.random.default_rng(0))
    value = 1e-3 / (1 - rate) ** steps
    error = 5 * value * np.sqrt(rate * (1 - rate) / last.size)
    assert last.mean() == pytest.approx(1e-3 * shared, abs=error + 1e-6)


def test_recurrent_states_say_what_does_not_fit(message_of, rng):
    x = np.ones((2, 3, 4))
    assert "weights must have shape (4, 4), got (3, 3)" in message_of(
        ValueError, recurrent_states, x, np.eye(3), 0.5, rng
    )
    assert "x must have shape (batch, steps, units), got (3, 4)" in message_of(
        ValueError, recurrent_states, x[0], np.eye(4), 0.5, rng
    )
    assert "x must have shape (batch, steps, units)" in message_of(
        ValueError, variational_dropout, x[0], 0.5, rng
    )


# --- attention ---------------------------------------------------------------------------------


def test_attention_without_dropout_is_softmax_times_values(rng):
    q, k, v = rng.normal(size=(5, 4)), rng.normal(size=(6, 4)), rng.normal(size=(6, 3))
    output, weights = attention(q, k, v, 0.9, rng, training=False)
    np.testing.assert_allclose(weights, softmax(q @ k.T / 2))
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    np.testing.assert_allclose(output, weights @ v)


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


def test_attention_takes_heads_and_batches(rng):
    q, k, v = (rng.normal(size=(2, 3, 5, 4)) for _ in range(3))
    output, weights = attention(q, k, v, 0.5, rng, training=False)
    assert output.shape == (2, 3, 5, 4)
    one, _ = attention(q[1, 2], k[1, 2], v[1, 2], 0.5, rng, training=False)
    np.testing.assert_allclose(output[1, 2], one)
    assert weights.shape == (2, 3, 5, 5)


def test_attention_says_what_does_not_fit(message_of, rng):
    q = np.ones((2, 3))
    assert "keys must have width 3 as queries have" in message_of(
        ValueError, attention, q, np.ones((4, 2)), np.ones((4, 2)), 0.5, rng
    )
    assert "values must have length 4" in message_of(
        ValueError, attention, q, np.ones((4, 3)), np.ones((5, 2)), 0.5, rng
    )
    assert "queries must have shape (..., length, width)" in message_of(
        ValueError, attention, q[0], q, q, 0.5, rng
    )
