"""The argument checks: what they let through unchanged, and what their errors say."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from dropout_lab._checks import check_count, check_rate, check_real_array, check_rng


@pytest.mark.parametrize(
    "rate",
    [0, 1, 0.0, -0.0, 1.0, 0.3, 5e-324, np.float16(0.25), np.float32(0.1), np.int64(1)],
)
def test_check_rate_returns_a_float_of_the_same_value(rate):
    checked = check_rate(rate)
    assert type(checked) is float
    assert checked == rate


def test_check_rate_rounds_a_fraction_to_the_nearest_float():
    assert check_rate(Fraction(1, 3)) == 1 / 3


@pytest.mark.parametrize(
    "rate",
    [
        -0.1,
        -5e-324,
        np.nextafter(1.0, 2.0),
        1.5,
        50,
        math.nan,
        math.inf,
        -math.inf,
        np.float32("nan"),
        Fraction(10**30 + 1, 10**30),  # rounds to 1.0, and is above it
        10**400,  # no float
    ],
)
def test_check_rate_refuses_values_outside_the_unit_interval(rate, message_of):
    message = message_of(ValueError, check_rate, rate, "drop_rate")
    assert message.startswith("drop_rate must lie between 0 and 1")
    assert message.endswith(f"got {rate!r}")


@pytest.mark.parametrize(
    "rate",
    [None, "0.5", True, False, np.True_, [0.5], (0.5,), np.array(0.5), 0.5j, Decimal("0.5"), {}],
)
def test_check_rate_refuses_other_types(rate, message_of):
    message = message_of(TypeError, check_rate, rate, "drop_rate")
    assert message.startswith("drop_rate must be a real number between 0 and 1")
    assert message.endswith(f"got {rate!r} ({type(rate).__name__})")


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.MT19937, np.random.Philox])
def test_check_rng_returns_the_same_generator(bits):
    generator = np.random.Generator(bits(0))
    assert check_rng(generator) is generator


@pytest.mark.parametrize(
    "rng",
    [
        None,
        0,
        "rng",
        np.random,
        np.random.RandomState(0),
        np.random.PCG64(0),
        np.random.default_rng,
    ],
)
def test_check_rng_refuses_anything_else(rng, message_of):
    message = message_of(TypeError, check_rng, rng, "source")
    assert message.startswith("source must be a numpy.random.Generator")
    assert "numpy.random.default_rng(0)" in message
    assert f"({type(rng).__name__})" in message


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", "longdouble"])
def test_check_real_array_passes_floating_point_without_a_copy(dtype):
    array = np.ones((2, 3), dtype)
    checked = check_real_array(array, "x")
    assert checked.dtype == array.dtype
    assert np.shares_memory(checked, array)


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
def test_check_real_array_makes_integers_float64(dtype):
    checked = check_real_array(np.array([[0, 1], [2, 127]], dtype), "x")
    assert checked.dtype == np.float64
    assert checked.tolist() == [[0.0, 1.0], [2.0, 127.0]]


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("dtype", [float, int])
def test_check_real_array_strips_subclasses(dtype):
    # In a numpy.matrix the operator * is the matrix product.
    assert type(check_real_array(np.matrix([[1, 2], [3, 4]], dtype), "x")) is np.ndarray


@pytest.mark.parametrize("array", [[1.0, 2.0], (1.0,), 1.0, np.float64(1.0), 3, None, "ab", {}])
def test_check_real_array_refuses_what_is_no_array(array, message_of):
    message = message_of(TypeError, check_real_array, array, "values")
    assert message.startswith(f"values must be a numpy.ndarray, got {array!r}")
    assert type(array).__name__ in message
    assert "numpy.asarray" in message


@pytest.mark.parametrize(
    "array",
    [
        np.array([True, False]),
        np.array([1j]),
        np.array([1.0, None]),
        np.array(["1.0"]),
        np.array([b"1"]),
        np.array([1], "m8[s]"),  # NumPy counts it among the signed integers
        np.array([1], "M8[s]"),
        np.zeros(2, [("a", float)]),
    ],
    ids=lambda array: str(array.dtype),
)
def test_check_real_array_refuses_other_dtypes(array, message_of):
    message = message_of(TypeError, check_real_array, array, "values")
    assert message == (
        f"values must hold floating-point or integer values, got dtype {array.dtype}"
    )


def test_check_real_array_keeps_the_message_short(message_of):
    assert len(message_of(TypeError, check_real_array, list(range(10_000)), "x")) < 200


@pytest.mark.parametrize("value", [1, 7, 10**30, np.int8(3), np.uint64(2**63)])
def test_check_count_returns_an_int_of_the_same_value(value):
    checked = check_count(value, "n")
    assert type(checked) is int
    assert checked == value


def test_check_count_allows_the_minimum_itself():
    assert check_count(0, "n", minimum=0) == 0
    assert check_count(-2, "n", minimum=-2) == -2


@pytest.mark.parametrize(("value", "minimum"), [(0, 1), (-1, 0), (np.int8(-5), 1), (9, 10)])
def test_check_count_refuses_smaller_values(value, minimum, message_of):
    message = message_of(ValueError, check_count, value, "steps", minimum)
    assert message == f"steps must be a whole number of at least {minimum}, got {value!r}"


@pytest.mark.parametrize("value", [1.0, 2.5, True, np.False_, "3", None, [3], np.array(3), 3j])
def test_check_count_refuses_other_types(value, message_of):
    message = message_of(TypeError, check_count, value, "steps", 2)
    assert message.startswith("steps must be a whole number of at least 2, got")
    assert message.endswith(f"got {value!r} ({type(value).__name__})")
