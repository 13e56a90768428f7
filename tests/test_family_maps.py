"""Spatial dropout and DropBlock: enumerated blocks, exact probabilities, sampled shares."""

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


def test_a_channel_is_dropped_as_a_whole(rng):
    out = spatial_dropout(np.ones((500, 20, 3, 2)), 0.3, rng)
    flat = out.reshape(10_000, 6)
    assert np.all(flat == flat[:, :1])
    dropped = np.mean(flat[:, 0] == 0)
    assert dropped == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / 10_000))
    np.testing.assert_allclose(np.unique(flat), [0, 1 / 0.7])


def test_channels_may_stand_last(rng):
    x = rng.normal(size=(2, 3, 4, 5))
    first = spatial_dropout(x, 0.5, np.random.default_rng(0))
    last = spatial_dropout(
        np.moveaxis(x, 1, -1), 0.5, np.random.default_rng(0), data_format="channels_last"
    )
    np.testing.assert_array_equal(np.moveaxis(last, -1, 1), first)
    np.testing.assert_array_equal(spatial_dropout(x, 0.5, rng, training=False), x)


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


def test_drop_block_scales_by_what_is_left_and_copies_at_inference(rng):
    x = rng.normal(size=(3, 8, 8))
    mask = block_mask(x.shape, 0.4, 3, np.random.default_rng(1))
    out = drop_block(x, 0.4, 3, np.random.default_rng(1))
    np.testing.assert_allclose(out, x * mask * (mask.size / mask.sum()))
    same = drop_block(x, 0.5, 2, rng, training=False)
    np.testing.assert_array_equal(same, x)
    assert not np.shares_memory(same, x)
    assert not drop_block(np.ones((4, 4)), 1, 4, rng).any()
