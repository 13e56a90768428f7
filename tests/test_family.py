"""The family of dropout against enumeration, exact moments, loops and the formulas of papers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_lab import family
from dropout_lab.masks import all_masks
from dropout_lab.network import softmax

# Concrete dropout


@given(st.floats(0.05, 0.95), st.integers(0, 1000))
def test_a_cold_concrete_mask_is_the_mask_of_dropout(rate, seed):
    soft = family.concrete_mask(50, rate, 1e-4, np.random.default_rng(seed))
    u = np.random.default_rng(seed).random(50)
    clear = np.abs(u - rate) > 1e-2
    np.testing.assert_allclose(soft[clear], (u >= rate)[clear], atol=1e-6)


def test_a_concrete_mask_has_the_gradient_of_its_formula():
    rate, temperature, h = 0.3, 0.5, 1e-6

    def mask(rate):
        return family.concrete_mask(20, rate, temperature, np.random.default_rng(3))

    slope = (mask(rate + h) - mask(rate - h)) / (2 * h)
    m = mask(rate)
    np.testing.assert_allclose(
        slope, -m * (1 - m) / (temperature * rate * (1 - rate)), rtol=1e-6, atol=1e-8
    )


def test_a_tiny_temperature_does_not_overflow(rng):
    assert np.isin(family.concrete_mask(1000, 0.5, 1e-300, rng), [0, 0.5, 1]).all()


# DropConnect


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.7])
def test_the_moments_are_those_of_all_masks(rng, rate):
    x, weights, biases = rng.normal(size=(1, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    masks, chances = all_masks(6, rate)  # of a 3 x 2 matrix
    outputs = np.array([x[0] @ (m.reshape(3, 2) * weights / (1 - rate)) + biases for m in masks])
    mean, variance = family.drop_connect_moments(x, weights, biases, rate)
    np.testing.assert_allclose(mean[0], chances @ outputs)
    np.testing.assert_allclose(variance[0], chances @ (outputs - mean) ** 2, atol=1e-12)


def test_samples_have_these_moments_and_each_example_its_own_mask(rng):
    n, rate = 50_000, 0.4
    x, weights, biases = np.array([[1.0, -2.0]]), np.array([[0.5, 1.0], [2.0, 0.0]]), np.ones(2)
    out = family.drop_connect(np.repeat(x, n, axis=0), weights, biases, rate, rng)
    mean, variance = family.drop_connect_moments(x, weights, biases, rate)
    error = 5 * np.sqrt(variance[0] / n)
    assert np.all(np.abs(out.mean(axis=0) - mean[0]) <= error)
    np.testing.assert_allclose(out.var(axis=0), variance[0], rtol=0.03)
    assert len(np.unique(out[:, 0].round(9))) == 4  # both weights, either, none
    # The two outputs do not share masks, as they would with dropout on the inputs.
    assert abs(np.corrcoef(out.T)[0, 1]) < 5 / np.sqrt(n)
    off = family.drop_connect(x, weights, biases, rate, rng, training=False)
    np.testing.assert_array_equal(off, x @ weights + biases)


# Spatial dropout and DropBlock


def blocks_from(begins, block, rows, columns):
    """Return the mask that blocks starting at these places leave, pixel by pixel."""
    mask = np.ones((rows, columns), bool)
    for row, column in np.argwhere(begins):
        mask[row : row + block, column : column + block] = False
    return mask


def every_block_mask(rate, block, rows, columns):
    """Return all masks of a small map with their probabilities, by enumeration."""
    shape = rows - block + 1, columns - block + 1
    kept, chances = all_masks(shape[0] * shape[1], family.seed_rate(rate, block, rows, columns))
    masks = [blocks_from(~k.reshape(shape), block, rows, columns) for k in kept]
    return np.array(masks), chances


@given(st.floats(0, 1), st.integers(1, 6), st.integers(0, 5), st.integers(0, 5))
def test_the_seed_rate_counts_pixels_as_if_blocks_did_not_overlap(rate, block, more, less):
    rows, columns = block + more, block + less
    start = family.seed_rate(rate, block, rows, columns)
    expected_pixels = start * (more + 1) * (less + 1) * block**2
    assert expected_pixels == pytest.approx(rate * rows * columns)
    assert 0 <= start <= rate + 1e-12


@pytest.mark.parametrize(("block", "rows", "columns"), [(2, 4, 4), (3, 5, 5), (2, 3, 5), (4, 4, 4)])
def test_the_probability_of_each_pixel_is_that_of_all_masks(block, rows, columns):
    masks, chances = every_block_mask(0.4, block, rows, columns)
    by_hand = np.tensordot(chances, ~masks, axes=1)
    found = family.drop_probabilities(0.4, block, rows, columns)
    np.testing.assert_allclose(found, by_hand)
    assert found.mean() <= 0.4 + 1e-12


def test_sampled_masks_are_made_of_blocks_and_as_frequent_as_they_should(rng):
    n, block = 40_000, 2
    masks = family.block_mask((n, 3, 4), 0.4, block, rng)
    every, chances = every_block_mask(0.4, block, 3, 4)
    codes = 1 << np.arange(12)
    drawn, wanted = masks.reshape(n, 12) @ codes, every.reshape(-1, 12) @ codes
    for code in np.unique(wanted):
        chance = chances[wanted == code].sum()
        error = 5 * np.sqrt(chance * (1 - chance) / n)
        assert np.mean(drawn == code) == pytest.approx(chance, abs=error + 1e-9)
    assert set(drawn) <= set(wanted)
    assert not family.drop_block(np.ones((4, 4)), 1, 4, rng).any()


# Stochastic depth


@pytest.mark.parametrize("shape", [(4,), (4, 2), (4, 2, 3, 3)])
def test_at_inference_and_at_both_ends_of_the_rate(rng, shape):
    x, update = rng.normal(size=shape), rng.normal(size=shape)
    for rate, training, part in ((0.5, False, 1), (1, False, 1), (0, True, 1), (1, True, 0)):
        out = family.stochastic_depth(x, update, rate, rng, training=training)
        np.testing.assert_allclose(out, x + part * update)


# Dropout over time and over attention


def test_states_without_dropout_follow_the_recurrence(rng):
    x, weights = rng.normal(size=(2, 4, 3)), rng.normal(size=(3, 3))
    found = family.recurrent_states(x, weights, 0.5, rng, training=False)
    np.testing.assert_allclose(family.recurrent_states(x, weights, 0.0, rng), found)
    for sequence, states in zip(x, found, strict=True):
        h = np.zeros(3)
        for step in range(4):
            h = np.tanh(sequence[step] + h @ weights)
            np.testing.assert_allclose(states[step], h)


@pytest.mark.parametrize("shared", [True, False])
def test_a_memory_survives_all_steps_or_decays(rng, shared):
    rate, steps, n = 0.2, 6, 20_000
    x = np.zeros((200, steps + 1, 100))
    x[:, 0] = 1e-3  # so small that tanh is straight
    last = family.recurrent_states(x, np.eye(100), rate, rng, shared=shared)[:, -1]
    chance = (1 - rate) if shared else (1 - rate) ** steps
    error = 5 * np.sqrt(chance * (1 - chance) / n)
    assert np.mean(last > 0) == pytest.approx(chance, abs=error)
    np.testing.assert_allclose(np.unique(last[last > 0]), 1e-3 / 0.8**steps, rtol=1e-4)


def test_attention_without_dropout_is_softmax_times_values(rng):
    q, k, v = (rng.normal(size=(2, 3, n, 4)) for n in (5, 6, 6))  # batches and heads
    output, weights = family.attention(q, k, v, 0.9, rng, training=False)
    assert (output.shape, weights.shape) == ((2, 3, 5, 4), (2, 3, 5, 6))
    for at in np.ndindex(2, 3):
        np.testing.assert_allclose(weights[at], softmax(q[at] @ k[at].T / 2))
        np.testing.assert_allclose(output[at], weights[at] @ v[at])


# Variance shift


@given(st.floats(0, 0.9), st.integers(0, 10_000))
def test_the_ratio_is_that_of_all_masks_and_all_examples(rate, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(7, 4)) @ rng.normal(size=(4, 4)) + rng.normal(size=4)
    weights = rng.normal(size=4)
    masks, chances = all_masks(4, rate)
    sums = (x[:, None] * masks / (1 - rate)) @ weights  # examples, masks
    mean = (sums @ chances).mean()
    training = (((sums - mean) ** 2) @ chances).mean()
    found = family.variance_ratio(weights, x.mean(axis=0), np.cov(x.T, bias=True), rate)
    assert found == pytest.approx(training / (x @ weights).var(), rel=1e-6)


def test_without_any_variance_left_the_ratio_is_infinite_or_1():
    assert family.variance_ratio(np.ones(1), np.ones(1), np.zeros((1, 1)), 0.5) == np.inf
    assert family.variance_ratio(np.ones(1), np.zeros(1), np.zeros((1, 1)), 0.5) == 1.0
