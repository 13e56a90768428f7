"""Dropout against its mathematics: moments, enumeration, the Jacobian; and its contract.

Statistical tests compare with the exact value at `Z` standard errors. For a Gaussian
estimate that is a false alarm with probability 5.7e-7 per comparison; the seeds are fixed,
so a test that passed once cannot fail by chance later. Tests of a whole distribution use
chi-square with a p-value limit of 1e-6, for the same reason.
"""

import importlib
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

import dropout_lab
from dropout_lab import Dropout, dropout, dropout_backward, rates, sample_mask

# 0 * inf, overflow and the like must not happen behind the reader's back.
pytestmark = pytest.mark.filterwarnings("error")

Z = 5.0
P_VALUE = 1e-6

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


@pytest.mark.parametrize("rate", [0.1, 0.4, 0.5, 0.9])
def test_number_kept_is_binomial(rate, rng):
    units, draws = 20, 20_000
    kept = sample_mask((draws, units), rate, rng).sum(axis=1)
    expected = draws * stats.binom.pmf(np.arange(units + 1), units, 1 - rate)
    found = np.bincount(kept, minlength=units + 1)
    common = expected >= 5  # chi-square needs filled bins; the others are pooled into one
    observed = np.append(found[common], found[~common].sum())
    predicted = np.append(expected[common], expected[~common].sum())
    assert stats.chisquare(observed, predicted).pvalue > P_VALUE


def test_every_mask_appears_with_its_probability(rng):
    units, rate, draws = 5, 0.4, 50_000
    masks = sample_mask((draws, units), rate, rng)
    found = np.bincount(masks @ (1 << np.arange(units)), minlength=2**units)
    kept = np.array([code.bit_count() for code in range(2**units)])
    probability = (1 - rate) ** kept * rate ** (units - kept)
    assert stats.chisquare(found, draws * probability).pvalue > P_VALUE


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.4, 0.5, 0.9])
@pytest.mark.parametrize("units", [1, 2, 5, 8])
def test_all_masks_enumerated_give_mean_and_variance_exactly(units, rate):
    x = np.arange(1.0, units + 1)
    total = mean = second = 0.0
    for kept in itertools.product([False, True], repeat=units):
        mask = np.array(kept)
        probability = np.prod(np.where(mask, 1 - rate, rate))
        y = dropout_backward(x, mask, rate)  # the same linear map as the forward pass
        total += probability
        mean = mean + probability * y
        second = second + probability * y**2
    np.testing.assert_allclose(total, 1.0, rtol=1e-13)
    np.testing.assert_allclose(mean, x, rtol=1e-13)
    np.testing.assert_allclose(second - mean**2, x**2 * rate / (1 - rate), rtol=1e-11, atol=1e-12)


@given(seed=SEED, shape=SHAPE, one=ANY_RATE, other=ANY_RATE)
@pytest.mark.proves("Masks drawn from one set of uniforms are nested over all rates", chapter=2)
def test_masks_are_nested_over_rates(seed, shape, one, other):
    low, high = sorted([one, other])
    first, second = seeded(seed), seeded(seed)
    keeps_more, keeps_fewer = sample_mask(shape, low, first), sample_mask(shape, high, second)
    assert not np.any(keeps_fewer & ~keeps_more)
    assert first.random() == second.random(), "the generator advanced by another amount"


def test_nested_masks_change_one_unit_at_a_time():
    kept = [sample_mask(100, rate, seeded(1)).sum() for rate in rates(0, 1, 0.01)]
    assert kept[0] == 100
    assert kept[-1] == 0
    assert kept == sorted(kept, reverse=True)


@given(seed=SEED, shape=SHAPE, rate=ANY_RATE)
def test_a_mask_is_a_new_boolean_array_and_follows_from_the_seed(seed, shape, rate):
    mask = sample_mask(shape, rate, seeded(seed))
    assert type(mask) is np.ndarray
    assert mask.dtype == np.bool_
    assert mask.shape == shape
    assert mask.flags.writeable
    assert mask.flags.owndata
    np.testing.assert_array_equal(mask, sample_mask(list(shape), rate, seeded(seed)))


def test_an_int_is_a_shape_of_one_axis():
    assert sample_mask(3, 0.5, seeded(0)).shape == (3,)
    assert sample_mask(np.int64(0), 0.5, seeded(0)).shape == (0,)


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


# What dropout returns


@given(x=arrays(), rate=RATE_BELOW_ONE, seed=SEED)
def test_survivors_are_scaled_and_the_others_are_zero(x, rate, seed):
    y = dropout(x, rate, seeded(seed))
    mask = sample_mask(x.shape, rate, seeded(seed))
    assert type(y) is np.ndarray
    assert y.dtype == x.dtype
    assert y.shape == x.shape
    # Two roundings, that of the factor and that of the product, are half an ulp each.
    info = np.finfo(x.dtype)
    exact = np.where(mask, x.astype(np.float64) / (1 - rate), 0.0)
    np.testing.assert_allclose(
        y.astype(np.float64), exact, rtol=2 * float(info.eps), atol=float(info.smallest_subnormal)
    )
    assert not np.any(y[~mask])


@given(x=arrays(), seed=SEED)
def test_rate_zero_is_the_identity(x, seed):
    np.testing.assert_array_equal(dropout(x, 0.0, seeded(seed)), x)
    np.testing.assert_array_equal(dropout_backward(x, np.ones(x.shape, bool), 0.0), x)


@given(x=arrays(), seed=SEED)
def test_rate_one_gives_zeros_and_no_nan(x, seed):
    y = dropout(x, 1.0, seeded(seed))
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y, np.zeros(x.shape))
    assert not sample_mask(x.shape, 1.0, seeded(seed)).any()
    np.testing.assert_array_equal(dropout_backward(x, np.zeros(x.shape, bool), 1), 0 * x)


@given(x=arrays(), rate=ANY_RATE, seed=SEED)
def test_evaluation_is_the_identity_and_draws_nothing(x, rate, seed):
    rng = seeded(seed)
    y = dropout(x, rate, rng, training=False)
    np.testing.assert_array_equal(y, x)
    assert y.dtype == x.dtype
    assert rng.random() == seeded(seed).random()


@pytest.mark.parametrize("dtype", ["i1", "u1", "i4", "i8", "u8"])
@pytest.mark.parametrize("training", [True, False, np.True_, np.False_])
def test_integers_become_float64(dtype, training):
    x = np.arange(1, 7, dtype=dtype)
    y = dropout(x, 0.2, seeded(3), training=training)
    assert y.dtype == np.float64
    mask = sample_mask(6, 0.2, seeded(3)) if training else np.ones(6, bool)
    np.testing.assert_allclose(y[mask], x[mask] * (1.25 if training else 1.0), rtol=1e-15)
    assert dropout_backward(x, mask, 0.2).dtype == np.float64


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", ">f8", "longdouble"])
@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_the_dtype_is_kept_in_both_modes_and_backward(dtype, rate):
    x = np.linspace(1, 2, 7).astype(dtype)
    for training in (True, False):
        assert dropout(x, rate, seeded(0), training=training).dtype == x.dtype
    layer = Dropout(rate, seeded(0))
    assert layer.forward(x).dtype == x.dtype
    assert layer.backward(x).dtype == x.dtype


def layouts():
    base = np.arange(1.0, 25.0).reshape(4, 6)
    return {
        "contiguous": base,
        "strided": base[::2, 1::2],
        "reversed": base[::-1, ::-1],
        "transposed": base.T,
        "fortran": np.asfortranarray(base),
        "broadcast": np.broadcast_to(np.arange(1.0, 7.0), (4, 6)),
        "0-d": np.array(2.5),
        "empty": np.empty((0, 3)),
        "axes of length one": base[:1, :1, None],
    }


@pytest.mark.parametrize("layout", layouts())
@pytest.mark.parametrize("rate", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("training", [True, False])
def test_the_input_is_neither_written_to_nor_shared(layout, rate, training):
    x = layouts()[layout]
    before = x.copy()
    layer = Dropout(rate, seeded(7))
    layer.training = training
    results = {
        "dropout": dropout(x, rate, seeded(7), training=training),
        "forward": layer.forward(x),
        "backward": layer.backward(x),
    }
    for name, result in results.items():
        assert not np.shares_memory(result, x), name
        assert result.flags.writeable, name
        expected = dropout(before.copy(), rate, seeded(7), training=training)
        np.testing.assert_array_equal(result, expected, err_msg=name)
        result[...] = -1
    np.testing.assert_array_equal(x, before)


def test_the_mask_and_gradient_are_not_written_to():
    mask, grad = np.array([True, False, True]), np.ones(3)
    mask.flags.writeable = grad.flags.writeable = False
    np.testing.assert_array_equal(dropout_backward(grad, mask, 0.5), [2.0, 0.0, 2.0])


def test_a_dropped_nan_is_nan():
    mask = sample_mask(50, 0.5, seeded(0))
    y = dropout(np.full(50, np.nan, np.float32), 0.5, seeded(0))
    assert np.isnan(y).all()
    with np.errstate(invalid="ignore"):
        y = dropout(np.full(50, np.inf), 0.5, seeded(0))
    np.testing.assert_array_equal(np.isnan(y), ~mask)
    np.testing.assert_array_equal(dropout(np.full(5, np.nan), 1.0, seeded(0)), np.zeros(5))


def test_float16_stays_finite_where_the_scale_alone_would_overflow():
    # 1 / (1 - 0.99999) is 100,000, more than a float16 can hold; the product is not.
    x = np.array([0.25, 0.25, -0.5], np.float16)
    y = dropout_backward(x, np.array([True, False, True]), 0.99999)
    assert y.dtype == np.float16
    np.testing.assert_allclose(y.astype(float), [25_000, 0, -50_000], rtol=2**-10)


# Shared decisions


@pytest.mark.parametrize("entries", list(itertools.product(["none", "length", "one"], repeat=3)))
def test_noise_shape_shares_decisions_along_axes_of_length_one(entries):
    shape = (30, 31, 32)
    noise_shape = tuple(
        {"none": None, "length": length, "one": 1}[entry]
        for entry, length in zip(entries, shape, strict=True)
    )
    mask = sample_mask(shape, 0.5, seeded(5), noise_shape=noise_shape)
    assert mask.shape == shape
    assert mask.flags.writeable
    for axis, entry in enumerate(entries):
        constant = np.array_equal(mask, np.broadcast_to(mask.take([0], axis), shape))
        # An unshared axis of length 30 looks shared with probability 2**-29 at most.
        assert constant == (entry == "one"), f"axis {axis}"
    drawn = mask[tuple(slice(1) if entry == "one" else slice(None) for entry in entries)]
    error = 0.5 / np.sqrt(drawn.size)
    assert abs(drawn.mean() - 0.5) <= Z * error


@given(seed=SEED, rate=ANY_RATE, data=st.data())
def test_noise_shape_changes_which_units_fall_and_nothing_else(seed, rate, data):
    shape = data.draw(SHAPE)
    noise_shape = tuple(data.draw(st.sampled_from([None, 1, length])) for length in shape)
    reduced = tuple(
        length if n is None else n for n, length in zip(noise_shape, shape, strict=True)
    )
    mask = sample_mask(shape, rate, seeded(seed), noise_shape=noise_shape)
    independent = sample_mask(reduced, rate, seeded(seed))
    np.testing.assert_array_equal(mask, np.broadcast_to(independent, shape))

    x = np.full(shape, 3.0)
    y = dropout(x, rate, seeded(seed), noise_shape=list(noise_shape))
    np.testing.assert_array_equal(y, dropout_backward(x, mask, rate))
    # A layer is made for many arrays, so that it refuses a length that fits empty ones alone.
    layer = Dropout(rate, seeded(seed), noise_shape=[n or None for n in noise_shape])
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
    numbers = seeded(seed + 1)
    x, grad = numbers.normal(size=shape), numbers.normal(size=shape)
    noise_shape = (1,) + (None,) * (len(shape) - 1) if shared else None
    step = 1e-4  # the map is linear, so the step costs rounding only

    def loss(moved):
        """Return a scalar whose gradient with respect to the output is `grad`."""
        return np.sum(grad * dropout(moved, rate, seeded(seed), noise_shape=noise_shape))

    numerical = np.empty(shape)
    for i in np.ndindex(shape):
        up, down = x.copy(), x.copy()
        up[i] += step
        down[i] -= step
        numerical[i] = (loss(up) - loss(down)) / (2 * step)

    layer = Dropout(rate, seeded(seed), noise_shape=noise_shape)
    layer.forward(x)
    # Sums of at most 27 terms below about 100, rounded, over 2e-4: errors near 1e-9.
    np.testing.assert_allclose(layer.backward(grad), numerical, rtol=1e-7, atol=1e-7)
    np.testing.assert_array_equal(layer.backward(grad), dropout_backward(grad, layer.mask, rate))


def test_forward_and_backward_are_adjoint(rng):
    x, grad = rng.normal(size=(2, 1000))
    layer = Dropout(0.3, rng)
    np.testing.assert_allclose(layer.forward(x) @ grad, x @ layer.backward(grad), rtol=1e-12)


# The layer


def test_a_layer_starts_in_training_mode_without_a_mask(rng):
    layer = Dropout(0.5, rng)
    assert layer.training is True
    assert layer.mask is None
    assert (layer.rate, layer.rng, layer.noise_shape) == (0.5, rng, None)


def test_train_and_eval_return_the_layer(rng):
    layer = Dropout(0.5, rng)
    assert layer.eval() is layer
    assert layer.training is False
    assert layer.train() is layer
    assert layer.training is True


def test_every_training_pass_draws_a_new_mask(rng):
    layer = Dropout(0.5, rng)
    x = np.ones(200)
    first, second = layer.forward(x), layer.forward(x)
    assert not np.array_equal(first, second)  # equal with probability 2**-200
    np.testing.assert_array_equal(layer.mask, second != 0)
    np.testing.assert_array_equal(layer.backward(x), second)


def test_evaluation_passes_values_and_gradients_unchanged(rng):
    layer = Dropout(0.9, rng)
    x = np.arange(6.0)
    layer.forward(x)
    layer.eval()
    np.testing.assert_array_equal(layer.forward(x), x)
    assert layer.mask is None
    np.testing.assert_array_equal(layer.backward(x), x)


def test_backward_belongs_to_the_last_forward_pass(rng):
    layer = Dropout(0.5, rng)
    y = layer.forward(np.ones(100))
    layer.eval()
    np.testing.assert_array_equal(layer.backward(np.ones(100)), y)
    layer.rate = 0.9  # takes effect with the next forward pass
    np.testing.assert_array_equal(layer.backward(np.ones(100)), y)


def test_a_refused_input_leaves_the_last_pass_in_place(rng, message_of):
    layer = Dropout(0.5, rng, noise_shape=(None, 1))
    y = layer.forward(np.ones((50, 2)))
    message_of(ValueError, layer.forward, np.ones(50))
    message_of(TypeError, layer.forward, [1.0])
    np.testing.assert_array_equal(layer.backward(np.ones((50, 2))), y)


# rates


def test_rates_are_the_nearest_floats_to_their_decimals():
    assert rates() == tuple(i * 5 / 100 for i in range(19))
    assert rates(0, 1, 0.1) == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    assert rates(0.3, 0.3) == (0.3,)
    assert rates(0, 0.5, 0.2) == (0.0, 0.2, 0.4)
    assert all(type(rate) is float for rate in rates(0, 1, 1))


@given(hundredths=st.integers(1, 100), start=st.integers(0, 100), length=st.integers(0, 100))
def test_rates_hit_both_ends(hundredths, start, length):
    stop = start + hundredths * (length % ((100 - start) // hundredths + 1))
    found = rates(start / 100, stop / 100, hundredths / 100)
    assert found == tuple(i / 100 for i in range(start, stop + 1, hundredths))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((-0.1,), ValueError, ["start", "between 0 and 1", "-0.1"]),
        ((0, 1.1), ValueError, ["stop", "between 0 and 1", "1.1"]),
        ((0, 1, float("nan")), ValueError, ["step", "nan"]),
        ((0, 1, 0), ValueError, ["step", "at least 1e-10", "0"]),
        ((0, 1, 1e-11), ValueError, ["step", "at least 1e-10", "1e-11"]),
        ((0.5, 0.2), ValueError, ["stop", "at least start = 0.5", "0.2"]),
        (("0", 1), TypeError, ["start", "real number", "'0'"]),
        ((0, None), TypeError, ["stop", "real number", "None"]),
        ((0, 1, True), TypeError, ["step", "real number", "True"]),
    ],
)
def test_rates_names_what_it_refuses(arguments, error, words, message_of):
    message = message_of(error, rates, *arguments)
    assert all(word in message for word in words), message


# Bad input: the exception, and a message that names argument, value and what is allowed

TAKES_RATE = {
    "sample_mask": lambda rate: sample_mask(3, rate, seeded(0)),
    "dropout": lambda rate: dropout(np.ones(3), rate, seeded(0)),
    "dropout in evaluation": lambda rate: dropout(np.ones(3), rate, seeded(0), training=False),
    "dropout_backward": lambda rate: dropout_backward(np.ones(3), np.ones(3, bool), rate),
    "Dropout": lambda rate: Dropout(rate, seeded(0)),
}
TAKES_RNG = {
    "sample_mask": lambda rng: sample_mask(3, 0.5, rng),
    "dropout": lambda rng: dropout(np.ones(3), 0.5, rng),
    "dropout in evaluation": lambda rng: dropout(np.ones(3), 0.5, rng, training=False),
    "Dropout": lambda rng: Dropout(0.5, rng),
}
TAKES_ARRAY = {
    "x of dropout": lambda array: dropout(array, 0.5, seeded(0)),
    "x of dropout in evaluation": lambda array: dropout(array, 0.5, seeded(0), training=False),
    "x of forward": lambda array: Dropout(0.5, seeded(0)).forward(array),
    "grad of dropout_backward": lambda array: dropout_backward(array, np.ones(3, bool), 0.5),
    "grad of backward": lambda array: Dropout(0.5, seeded(0)).backward(array),
}
TAKES_NOISE_SHAPE = {
    "sample_mask": lambda n: sample_mask((2, 3), 0.5, seeded(0), noise_shape=n),
    "dropout": lambda n: dropout(np.ones((2, 3)), 0.5, seeded(0), noise_shape=n),
    "dropout in evaluation": lambda n: dropout(
        np.ones((2, 3)), 0.5, seeded(0), training=False, noise_shape=n
    ),
    "Dropout": lambda n: Dropout(0.5, seeded(0), noise_shape=n).forward(np.ones((2, 3))),
    "Dropout in evaluation": lambda n: (
        Dropout(0.5, seeded(0), noise_shape=n).eval().forward(np.ones((2, 3)))
    ),
}


@pytest.mark.parametrize("function", TAKES_RATE)
@pytest.mark.parametrize(
    ("rate", "error"),
    [
        (-0.1, ValueError),
        (1.1, ValueError),
        (50, ValueError),
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        (None, TypeError),
        ("0.5", TypeError),
        (True, TypeError),
        (np.array(0.5), TypeError),
        ([0.5], TypeError),
    ],
)
def test_bad_rate(function, rate, error, message_of):
    message = message_of(error, TAKES_RATE[function], rate)
    assert message.startswith("rate must")
    assert "between 0 and 1" in message
    assert repr(rate) in message


@pytest.mark.parametrize("function", TAKES_RNG)
@pytest.mark.parametrize("rng", [None, 0, np.random.RandomState(0), np.random])
def test_bad_rng(function, rng, message_of):
    message = message_of(TypeError, TAKES_RNG[function], rng)
    assert message.startswith("rng must be a numpy.random.Generator")
    assert repr(rng) in message


@pytest.mark.parametrize("function", TAKES_ARRAY)
@pytest.mark.parametrize(
    ("array", "words"),
    [
        ([1.0, 2.0], ["numpy.ndarray", "[1.0, 2.0]", "list"]),
        (2.0, ["numpy.ndarray", "2.0", "float"]),
        (np.float64(2.0), ["numpy.ndarray", "2.0", "float64"]),
        (None, ["numpy.ndarray", "None"]),
        (np.array([1j]), ["floating-point or integer", "complex128"]),
        (np.array([None]), ["floating-point or integer", "object"]),
        (np.array([True]), ["floating-point or integer", "bool"]),
        (np.array(["a"]), ["floating-point or integer", "<U1"]),
    ],
)
def test_bad_array(function, array, words, message_of):
    message = message_of(TypeError, TAKES_ARRAY[function], array)
    assert message.startswith(f"{function.split()[0]} must")
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    ("shape", "error", "words"),
    [
        (None, TypeError, ["int or a tuple of ints"]),
        (2.0, TypeError, ["int or a tuple of ints"]),
        ("3", TypeError, ["int or a tuple of ints"]),
        (True, TypeError, ["int or a tuple of ints"]),
        ((2.0, 3), TypeError, ["int or a tuple of ints"]),
        ((2, True), TypeError, ["int or a tuple of ints"]),
        ((2, None), TypeError, ["int or a tuple of ints"]),
        (((2, 3),), TypeError, ["int or a tuple of ints"]),
        (np.array([2, 3]), TypeError, ["int or a tuple of ints"]),
        (-1, ValueError, ["negative"]),
        ((2, -3), ValueError, ["negative"]),
    ],
)
def test_bad_shape(shape, error, words, message_of):
    message = message_of(error, sample_mask, shape, 0.5, seeded(0))
    assert message.startswith("shape must")
    assert all(word in message for word in [*words, repr(shape)]), message


@pytest.mark.parametrize("function", TAKES_NOISE_SHAPE)
@pytest.mark.parametrize(
    ("noise_shape", "error"),
    [
        ("ab", TypeError),
        (1, TypeError),
        ((1.0, 3), TypeError),
        ((True, 3), TypeError),
        ((None, "1"), TypeError),
        (np.array([1, 3]), TypeError),
        ((), ValueError),
        ((1,), ValueError),
        ((None, 1, 1), ValueError),
        ((2, 2), ValueError),
        ((0, 1), ValueError),
        ((-1, 3), ValueError),
        ((3, 2), ValueError),
    ],
)
def test_bad_noise_shape(function, noise_shape, error, message_of):
    message = message_of(error, TAKES_NOISE_SHAPE[function], noise_shape)
    assert message.startswith("noise_shape must")
    assert repr(noise_shape) in message
    if error is TypeError:
        assert "tuple of ints and None" in message
    elif "Dropout" in function and noise_shape[:1] in ((0,), (-1,)):  # no shape would do
        assert "ints of at least 1" in message
    else:
        assert "one entry per axis of (2, 3), each None, 1 or the length" in message


@pytest.mark.parametrize(
    ("noise_shape", "error"),
    [
        ("ab", TypeError),
        ((np.timedelta64(1), 1), TypeError),
        ((0, 1), ValueError),
        ((None, -1), ValueError),
        ([np.int8(-3)], ValueError),
    ],
)
def test_a_layer_refuses_a_noise_shape_that_fits_nothing_at_once(noise_shape, error, message_of):
    message = message_of(error, Dropout, 0.5, seeded(0), noise_shape=noise_shape)
    assert message.startswith("noise_shape must be None or a tuple")
    assert repr(noise_shape) in message


def test_a_layer_keeps_a_noise_shape_of_its_own():
    given = [np.int64(1), None]
    layer = Dropout(0.5, seeded(0), noise_shape=given)
    given[0] = None
    assert layer.noise_shape == (1, None)
    assert len(np.unique(layer.forward(np.ones((50, 4))), axis=0)) == 1


def test_a_layer_tells_how_it_was_made_and_its_mode():
    layer = Dropout(0.2, seeded(0))
    assert repr(layer) == "Dropout(rate=0.2, training=True)"
    assert repr(layer.eval()) == "Dropout(rate=0.2, training=False)"
    shared = Dropout(np.float32(0.5), seeded(0), noise_shape=[None, np.int8(1)])
    assert repr(shared) == "Dropout(rate=0.5, noise_shape=(None, 1), training=True)"


@pytest.mark.parametrize("training", [None, 0, 1, 1.0, "False", np.array(True), []])
def test_bad_training(training, message_of):
    message = message_of(TypeError, dropout, np.ones(3), 0.5, seeded(0), training=training)
    assert message == f"training must be True or False, got {training!r}"


@pytest.mark.parametrize(
    "mask", [None, [True, False], True, np.ones(2), np.ones(2, int), np.array([None, True])]
)
def test_bad_mask_type(mask, message_of):
    message = message_of(TypeError, dropout_backward, np.ones(2), mask, 0.5)
    assert message.startswith("mask must be a boolean numpy.ndarray, True where a unit is kept")
    assert repr(mask) in message


@pytest.mark.parametrize("shape", [(), (3,), (2, 1), (1, 2)])
def test_bad_mask_shape(shape, message_of):
    # Shapes that would broadcast are refused too: the mask of a forward pass fits exactly.
    message = message_of(ValueError, dropout_backward, np.ones((2, 2)), np.ones(shape, bool), 0.5)
    assert message == f"mask must have the shape of grad, (2, 2), got {shape}"


def test_backward_before_forward(message_of):
    message = message_of(ValueError, Dropout(0.5, seeded(0)).backward, np.ones((2, 3)))
    assert "grad of shape (2, 3)" in message
    assert "call forward before backward" in message


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(), (3,), (3, 2), (1, 3)])
def test_backward_with_another_shape(training, shape, message_of):
    layer = Dropout(0.5, seeded(0))
    layer.training = training
    layer.forward(np.ones((2, 3)))
    message = message_of(ValueError, layer.backward, np.ones(shape))
    assert message == f"grad must have the shape of the last forward input, (2, 3), got {shape}"


@pytest.mark.parametrize("noise_shape", [None, (None, 1)])
def test_options_are_keyword_only(noise_shape, message_of):
    message_of(TypeError, sample_mask, (2, 3), 0.5, seeded(0), noise_shape)
    message_of(TypeError, dropout, np.ones(3), 0.5, seeded(0), True)
    message_of(TypeError, Dropout, 0.5, seeded(0), noise_shape)


def test_the_package_offers_what_the_module_does():
    module = importlib.import_module("dropout_lab.layer")
    for name in module.__all__:
        assert name in dropout_lab.__all__
        assert getattr(dropout_lab, name) is getattr(module, name)
