"""Dropout against its mathematics: moments, enumeration, the Jacobian; and its contract.

Statistical tests compare with the exact value at `Z` standard errors. For a Gaussian
estimate that is a false alarm with probability 5.7e-7 per comparison; the seeds are fixed,
so a test that passed once cannot fail by chance later. What is refused, and what holds for every
dtype, stands in `test_arguments`.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dropout_lab import Dropout, dropout, dropout_backward, rates, sample_mask

# 0 * inf, overflow and the like must not happen behind the reader's back.
pytestmark = pytest.mark.filterwarnings("error")

Z = 5.0

ANY_RATE = st.floats(0, 1)
RATE_BELOW_ONE = st.floats(0, 0.95)
SEED = st.integers(0, 2**32 - 1)
SHAPE = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5)


def arrays(dtypes=("f2", "f4", "f8")):
    """Return a strategy for arrays of any shape whose values survive a factor of 20."""
    values = st.floats(-1000, 1000, width=16)
    return st.sampled_from(dtypes).flatmap(lambda t: hnp.arrays(t, SHAPE, elements=values))


def seeded(seed):
    return np.random.default_rng(seed)


# The mathematics of the mask


@pytest.mark.parametrize("rate", [0.05, 0.25, 0.4, 0.5, 0.8, 0.95])
@pytest.mark.proves("Over masks, dropout keeps the mean and has the derived variance", chapter=2)
def test_mean_and_variance_over_masks(rate, rng):
    x = np.array([-3.0, 0.5, 1.0, 2.0, 10.0])
    draws = 40_000
    y = dropout(np.broadcast_to(x, (draws, 5)), rate, rng)

    variance = x**2 * rate / (1 - rate)
    error_of_mean = np.sqrt(variance / draws)
    np.testing.assert_array_less(np.abs(y.mean(axis=0) - x), Z * error_of_mean)

    # The fourth central moment of a Bernoulli variable, scaled, gives the standard error of
    # the second. At rate 0.5 it is 0: every squared deviation equals the variance.
    keep = 1 - rate
    fourth = (x / keep) ** 4 * keep * rate * (1 - 3 * keep * rate)
    error_of_variance = np.sqrt(np.maximum(fourth - variance**2, 0) / draws)
    found = ((y - x) ** 2).mean(axis=0)
    np.testing.assert_array_less(np.abs(found - variance), Z * error_of_variance + 1e-9 * x**2)


def test_every_mask_appears_with_its_probability(rng):
    units, rate, draws = 5, 0.4, 50_000
    masks = sample_mask((draws, units), rate, rng)
    found = np.bincount(masks @ (1 << np.arange(units)), minlength=2**units) / draws
    kept = np.array([code.bit_count() for code in range(2**units)])
    probability = (1 - rate) ** kept * rate ** (units - kept)
    error = np.sqrt(probability * (1 - probability) / draws)
    np.testing.assert_array_less(np.abs(found - probability), Z * error)


@given(seed=SEED, shape=SHAPE, one=ANY_RATE, other=ANY_RATE)
@pytest.mark.proves("Masks drawn from one set of uniforms are nested over all rates", chapter=2)
def test_masks_are_nested_over_rates(seed, shape, one, other):
    low, high = sorted([one, other])
    first, second = seeded(seed), seeded(seed)
    keeps_more, keeps_fewer = sample_mask(shape, low, first), sample_mask(shape, high, second)
    assert not np.any(keeps_fewer & ~keeps_more)
    assert first.random() == second.random(), "the generator advanced by another amount"


@pytest.mark.parametrize("rate", [1e-300, 2.0**-30, 1 - 2.0**-30, np.nextafter(1.0, 0.0)])
def test_extreme_rates_are_honored_to_the_promised_resolution(rate, rng):
    # The promise is a keep probability within 2**-24, so that all units behave alike:
    # that one of 10,000 differs has probability 10,000 * 2**-24 = 0.06 %.
    kept = sample_mask(10_000, rate, rng).sum()
    assert kept == (10_000 if rate < 0.5 else 0)


def test_the_smallest_uniform_is_kept_at_rate_zero_only():
    # A unit is kept where u >= rate. A Mersenne twister whose state is 0 draws u = 0 forever.
    bits = np.random.MT19937(0)
    state = bits.state
    state["state"]["key"][:] = 0
    bits.state = state
    zeros = np.random.Generator(bits)
    assert zeros.random() == 0.0
    assert sample_mask(5, 0.0, zeros).all()
    assert not sample_mask(5, 2.0**-24, zeros).any()


def test_blocks_draw_one_stream():
    # 2**16 uniforms fit into a block.
    large, small = seeded(0), seeded(0)
    parts = [sample_mask(size, 0.4, small) for size in (2**16, 2**16, 5)]
    np.testing.assert_array_equal(sample_mask(2**17 + 5, 0.4, large), np.concatenate(parts))


# What dropout returns


@given(x=arrays(), rate=RATE_BELOW_ONE, seed=SEED)
def test_survivors_are_scaled_and_the_others_are_zero(x, rate, seed):
    y = dropout(x, rate, seeded(seed))
    mask = sample_mask(x.shape, rate, seeded(seed))
    assert type(y) is np.ndarray
    assert (y.dtype, y.shape) == (x.dtype, x.shape)
    # One multiplication by the rounded reciprocal, as in TensorFlow.
    scale = x.dtype.type(1 / (1 - rate))
    np.testing.assert_array_equal(y, np.where(mask, x * scale, 0))


BASE = np.arange(1.0, 25.0).reshape(4, 6)
LAYOUTS = {
    "strided": BASE[::2, 1::2],
    "reversed": BASE[::-1, ::-1],
    "fortran": np.asfortranarray(BASE),
    "broadcast": np.broadcast_to(np.arange(1.0, 7.0), (4, 6)),
    "0-d": np.array(2.5),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("rate", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("training", [True, np.False_])
def test_the_input_is_neither_written_to_nor_shared(layout, rate, training):
    x = LAYOUTS[layout]
    before = x.copy()
    layer = Dropout(rate, seeded(7))
    layer.training = training
    for result in (
        dropout(x, rate, seeded(7), training=training),
        layer.forward(x),
        layer.backward(x),
    ):
        assert not np.shares_memory(result, x)
        assert result.flags.writeable
        assert result.flags.f_contiguous or layout != "fortran"
        expected = dropout(before, rate, seeded(7), training=training)
        np.testing.assert_array_equal(result, expected)
        result[...] = -1
    np.testing.assert_array_equal(x, before)


# Shared decisions


@given(seed=SEED, rate=ANY_RATE, data=st.data())
def test_noise_shape_changes_which_units_fall_and_nothing_else(seed, rate, data):
    shape = data.draw(SHAPE)
    noise_shape = tuple(data.draw(st.sampled_from([None, 1, n or 1])) for n in shape)
    reduced = [length if n is None else n for n, length in zip(noise_shape, shape, strict=True)]
    mask = sample_mask(shape, rate, seeded(seed), noise_shape=noise_shape)
    assert (type(mask), mask.dtype, mask.shape) == (np.ndarray, np.bool_, shape)
    assert mask.flags.writeable
    assert mask.flags.owndata
    independent = sample_mask(reduced, rate, seeded(seed))
    np.testing.assert_array_equal(mask, np.broadcast_to(independent, shape))

    x = np.full(shape, 3.0)
    y = dropout(x, rate, seeded(seed), noise_shape=list(noise_shape))
    np.testing.assert_array_equal(y, dropout_backward(x, mask, rate))
    layer = Dropout(rate, seeded(seed), noise_shape=list(noise_shape))
    np.testing.assert_array_equal(layer.forward(x), y)
    np.testing.assert_array_equal(layer.mask, mask)


# The backward pass


@given(
    shape=hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=3),
    rate=RATE_BELOW_ONE,
    seed=SEED,
    shared=st.booleans(),
)
def test_backward_is_the_transposed_jacobian(shape, rate, seed, shared):
    grad = seeded(seed + 1).normal(size=shape)
    noise_shape = (1,) + (None,) * (len(shape) - 1) if shared else None
    layer = Dropout(rate, seeded(seed), noise_shape=noise_shape)
    layer.forward(grad)
    mask, found = layer.mask.copy(), layer.backward(grad)
    # Under one mask the map is linear: what it makes of a single 1 is a column of its Jacobian.
    for place in np.ndindex(shape):
        one = np.zeros(shape)
        one[place] = 1
        column = dropout(one, rate, seeded(seed), noise_shape=noise_shape)
        assert found[place] == pytest.approx(np.sum(grad * column), rel=1e-12)
    np.testing.assert_array_equal(layer.backward(grad), dropout_backward(grad, mask, rate))


# The layer


def test_a_layer_starts_in_training_mode_and_switches(rng):
    layer = Dropout(0.5, rng)
    assert (layer.rate, layer.rng, layer.noise_shape, layer.mask) == (0.5, rng, None, None)
    modes = [layer.training, layer.eval().training, layer.train().training]
    assert modes == [True, False, True]
    assert layer.eval() is layer.train() is layer


def test_every_training_pass_draws_a_new_mask_and_backward_belongs_to_the_last_pass(rng):
    layer, x = Dropout(0.5, rng), np.ones(200)
    first, second = layer.forward(x), layer.forward(x)
    assert not np.array_equal(first, second)  # equal with probability 2**-200
    np.testing.assert_array_equal(layer.mask, second != 0)
    layer.eval()
    layer.rate = 0.9  # both take effect with the next forward pass
    np.testing.assert_array_equal(layer.backward(x), second)
    np.testing.assert_array_equal(layer.forward(x), x)
    assert layer.mask is None
    np.testing.assert_array_equal(layer.backward(x), x)


@pytest.mark.parametrize("training", [True, False])
def test_an_input_that_the_noise_shape_does_not_fit_leaves_the_last_pass_in_place(rng, training):
    layer = Dropout(0.5, rng, noise_shape=(None, 1))
    y = layer.forward(np.ones((50, 2)))
    layer.training = training
    with pytest.raises(ValueError, match=r"^noise_shape must have one entry per axis of \(50,\)"):
        layer.forward(np.ones(50))
    np.testing.assert_array_equal(layer.backward(np.ones((50, 2))), y)


def test_a_layer_keeps_a_noise_shape_of_its_own_and_tells_how_it_was_made():
    given = [np.int64(1), None]
    layer = Dropout(np.float32(0.5), seeded(0), noise_shape=given)
    given[0] = None
    assert len(np.unique(layer.forward(np.ones((50, 4))), axis=0)) == 1
    assert repr(layer) == "Dropout(rate=0.5, noise_shape=(1, None), training=True)"
    assert repr(Dropout(0.2, seeded(0)).eval()) == "Dropout(rate=0.2, training=False)"


def test_rates_are_the_nearest_floats_to_their_decimals_and_hit_both_ends():
    assert rates() == tuple(i * 5 / 100 for i in range(19))
    assert rates(0.3, 0.3) == (0.3,)
    assert rates(0, 0.5, 0.2) == (0.0, 0.2, 0.4)
    assert rates(0, 1e-9, 1e-10)[1:3] == (1e-10, 2e-10)
    assert all(type(rate) is float for rate in rates(0, 1, 1))
    for step, start in np.ndindex(12, 100):
        found = rates(start / 100, 1, (step + 1) / 100)
        assert found == tuple(i / 100 for i in range(start, 101, step + 1))
