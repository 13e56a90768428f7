"""Spatial dropout and DropBlock: enumerated blocks, exact probabilities, sampled shares."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_lab.family import (
    block_mask,
    drop_block,
    drop_probabilities,
    seed_rate,
    spatial_dropout,
)
from dropout_lab.masks import all_masks


def blocks_from(begins, block, rows, columns):
    """Return the mask that blocks starting at these places leave, pixel by pixel."""
    mask = np.ones((rows, columns), bool)
    for row, column in np.argwhere(begins):
        mask[row : row + block, column : column + block] = False
    return mask


def every_block_mask(rate, block, rows, columns):
    """Return all masks of a small map with their probabilities, by enumeration."""
    shape = rows - block + 1, columns - block + 1
    kept, chances = all_masks(shape[0] * shape[1], seed_rate(rate, block, rows, columns))
    masks = [blocks_from(~k.reshape(shape), block, rows, columns) for k in kept]
    return np.array(masks), chances


# --- spatial -----------------------------------------------------------------------------------


def test_a_channel_is_dropped_as_a_whole(rng):
    out = spatial_dropout(np.ones((500, 20, 3, 2)), 0.3, rng)
    flat = out.reshape(10_000, 6)
    assert np.all(flat == flat[:, :1])
    dropped = np.mean(flat[:, 0] == 0)
    assert dropped == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / 10_000))
    np.testing.assert_allclose(np.unique(flat), [0, 1 / 0.7])


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (2, 3, 2, 2, 2)])
def test_channels_may_have_any_number_of_axes(rng, shape):
    assert spatial_dropout(np.ones(shape), 0.5, rng).shape == shape
    x = rng.normal(size=shape)
    np.testing.assert_array_equal(spatial_dropout(x, 0.5, rng, training=False), x)


def test_maps_without_channels_are_refused(message_of, rng):
    assert "x must have shape (batch, channels, ...), got (3,)" in message_of(
        ValueError, spatial_dropout, np.ones(3), 0.5, rng
    )


def test_channels_may_stand_last(rng):
    x = rng.normal(size=(2, 3, 4, 5))
    first = spatial_dropout(x, 0.5, np.random.default_rng(0))
    last = spatial_dropout(
        np.moveaxis(x, 1, -1), 0.5, np.random.default_rng(0), data_format="channels_last"
    )
    np.testing.assert_array_equal(np.moveaxis(last, -1, 1), first)


@pytest.mark.parametrize("layout", ["NHWC", "channels_middle", None, 1, ["channels_last"]])
def test_other_layouts_are_refused(message_of, rng, layout):
    message = message_of(
        ValueError, spatial_dropout, np.ones((1, 2, 3)), 0.5, rng, data_format=layout
    )
    assert message.startswith("data_format must be one of ['channels_first', 'channels_last']")
    assert message.endswith(repr(layout))


# --- DropBlock ---------------------------------------------------------------------------------


@given(st.floats(0, 1), st.integers(1, 6), st.integers(0, 5), st.integers(0, 5))
def test_the_seed_rate_counts_pixels_as_if_blocks_did_not_overlap(rate, block, more, less):
    rows, columns = block + more, block + less
    start = seed_rate(rate, block, rows, columns)
    expected_pixels = start * (more + 1) * (less + 1) * block**2
    assert expected_pixels == pytest.approx(rate * rows * columns)
    assert 0 <= start <= rate + 1e-12


@pytest.mark.parametrize(("block", "rows", "columns"), [(2, 4, 4), (3, 5, 5), (2, 3, 5), (4, 4, 4)])
def test_the_probability_of_each_pixel_is_that_of_all_masks(block, rows, columns):
    masks, chances = every_block_mask(0.4, block, rows, columns)
    by_hand = np.tensordot(chances, ~masks, axes=1)
    found = drop_probabilities(0.4, block, rows, columns)
    np.testing.assert_allclose(found, by_hand)
    assert found.mean() <= 0.4 + 1e-12


@given(st.floats(0, 1), st.integers(1, 5))
def test_blocks_of_one_pixel_are_dropout_and_full_blocks_spatial_dropout(rate, side):
    np.testing.assert_allclose(drop_probabilities(rate, 1, side, side), rate, atol=1e-15)
    np.testing.assert_allclose(drop_probabilities(rate, side, side, side), rate, atol=1e-15)


def test_sampled_masks_are_made_of_blocks_and_as_frequent_as_they_should(rng):
    n, block = 40_000, 2
    masks = block_mask((n, 3, 4), 0.4, block, rng)
    every, chances = every_block_mask(0.4, block, 3, 4)
    codes = 1 << np.arange(12)
    drawn, wanted = masks.reshape(n, 12) @ codes, every.reshape(-1, 12) @ codes
    for code in np.unique(wanted):
        chance = chances[wanted == code].sum()
        error = 5 * np.sqrt(chance * (1 - chance) / n)
        assert np.mean(drawn == code) == pytest.approx(chance, abs=error + 1e-9)
    assert set(drawn) <= set(wanted)


def test_the_count_scale_keeps_the_sum_of_a_map_of_ones_in_every_draw(rng):
    for _ in range(50):
        out = drop_block(np.ones((3, 8, 8)), 0.4, 3, rng)
        assert out.sum() == pytest.approx(out.size)
        assert len(np.unique(out[out > 0].round(12))) == 1


def test_the_mean_of_a_single_pixel_is_not_kept_but_their_mean_is():
    masks, chances = every_block_mask(0.4, 3, 5, 5)
    kept = masks.sum(axis=(1, 2), keepdims=True)
    outputs = np.where(kept > 0, masks * 25 / np.maximum(kept, 1), 0)
    mean = np.tensordot(chances, outputs, axes=1)
    empty = chances[kept.ravel() == 0].sum()
    assert mean.mean() == pytest.approx(1 - empty)
    assert mean[0, 0] > 1.05 > 0.95 > mean[2, 2]
    # and the package samples that mean
    n, rng = 20_000, np.random.default_rng(0)
    draws = np.array([drop_block(np.ones((5, 5)), 0.4, 3, rng) for _ in range(n)])
    error = 5 * draws.std(axis=0) / np.sqrt(n)
    assert np.all(np.abs(draws.mean(axis=0) - mean) <= error)


def test_nothing_left_gives_zeros_and_no_warning(rng):
    out = drop_block(np.ones((4, 4), np.float32), 1.0, 4, rng)
    assert out.dtype == np.float32
    assert not out.any()


def test_drop_block_at_inference_copies(rng):
    x = rng.normal(size=(2, 4, 4))
    out = drop_block(x, 0.5, 2, rng, training=False)
    np.testing.assert_array_equal(out, x)
    assert not np.shares_memory(out, x)


def test_blocks_must_fit(message_of, rng):
    for call in (
        lambda: seed_rate(0.1, 5, 8, 4),
        lambda: drop_block(np.ones((8, 4)), 0.1, 5, rng),
        lambda: drop_block(np.ones((8, 4)), 0.1, 5, rng, training=False),
        lambda: drop_probabilities(0.1, 5, 8, 4),
    ):
        assert "block must fit into a map of 8 x 4 pixels, got 5" in message_of(ValueError, call)
    assert "block must be a whole number" in message_of(TypeError, seed_rate, 0.1, 2.0, 4, 4)
    assert "x must have shape (..., rows, columns)" in message_of(
        ValueError, drop_block, np.ones(4), 0.1, 2, rng
    )


@pytest.mark.parametrize(
    ("shape", "error"),
    [
        (4, ValueError),
        ((), ValueError),
        ((4.0, 4), TypeError),
        (None, TypeError),
        ((4, -1), ValueError),
    ],
)
def test_the_shape_of_a_block_mask_is_named(message_of, rng, shape, error):
    assert message_of(error, block_mask, shape, 0.3, 2, rng).startswith("shape must")


@given(st.integers(1, 4), st.integers(4, 7), st.integers(4, 7), st.integers(0, 99))
def test_every_dropped_pixel_lies_in_a_block(block, rows, columns, seed):
    mask = block_mask((rows, columns), 0.3, block, np.random.default_rng(seed))
    covered = np.zeros_like(mask)
    for row, column in product(range(rows - block + 1), range(columns - block + 1)):
        window = np.s_[row : row + block, column : column + block]
        if not mask[window].any():
            covered[window] = True
    np.testing.assert_array_equal(covered, ~mask)
