"""The argument checks: what they let through unchanged, and what their errors say."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from dropout_lab._checks import (
    check_choice,
    check_count,
    check_labels,
    check_mask,
    check_number,
    check_numbers,
    check_probabilities,
    check_rate,
    check_real_array,
    check_rng,
    check_sequence,
    check_shape,
)


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
    [
        None,
        "0.5",
        True,
        False,
        np.True_,
        [0.5],
        (0.5,),
        np.array(0.5),
        0.5j,
        Decimal("0.5"),
        {},
        np.timedelta64(1),  # NumPy registers it as a whole number
    ],
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
    message = message_of(TypeError, check_rng, rng)
    assert message.startswith("rng must be a numpy.random.Generator")
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


@pytest.mark.parametrize(
    "value", [1.0, 2.5, True, np.False_, "3", None, [3], np.array(3), 3j, np.timedelta64(3)]
)
def test_check_count_refuses_other_types(value, message_of):
    message = message_of(TypeError, check_count, value, "steps", 2)
    assert message.startswith("steps must be a whole number of at least 2, got")
    assert message.endswith(f"got {value!r} ({type(value).__name__})")


@pytest.mark.parametrize(
    ("axes", "shape", "shown"),
    [
        ("n", (), "(n,)"),
        ("n", (2, 3), "(n,)"),
        ("n, m", (2,), "(n, m)"),
        ("..., n", (), "(..., n)"),
        ("batch, n, ...", (4,), "(batch, n, ...)"),
    ],
)
def test_check_real_array_refuses_other_axes(axes, shape, shown, message_of):
    message = message_of(ValueError, check_real_array, np.ones(shape), "x", axes)
    assert message == f"x must have shape {shown}, got {shape}"


@pytest.mark.parametrize(
    ("axes", "shape"),
    [("...", ()), ("...", (2, 3)), ("n", (0,)), ("..., n", (2, 3)), ("batch, ...", (1,))],
)
def test_check_real_array_allows_these_axes(axes, shape):
    assert check_real_array(np.ones(shape), "x", axes).shape == shape


def test_check_numbers_takes_sequences_only_where_they_are_allowed(message_of):
    nested = check_numbers([[1, 2], [3, 4]], "x", sequence=True)
    assert (nested.dtype, nested.tolist()) == (np.float64, [[1, 2], [3, 4]])
    assert check_numbers(3, "x", sequence=True).shape == ()
    assert "must be a numpy.ndarray" in message_of(TypeError, check_numbers, [1.0], "x")
    ragged = message_of(ValueError, check_numbers, [[1], [2, 3]], "x", sequence=True)
    assert ragged == "x must have rows of one length, got [[1], [2, 3]]"
    for wrong in ([None], ["1"], [True], "ab", None, [1j]):
        assert message_of(TypeError, check_numbers, wrong, "x", sequence=True).startswith(
            "x must hold floating-point or integer values"
        )


def test_check_numbers_sees_a_mask_within_a_list(message_of):
    rows = [np.ones(2), np.ma.array([1.0, 2.0], mask=[1, 0])]
    message = message_of(TypeError, check_numbers, rows, "x", sequence=True)
    assert message.startswith("x must not be a masked array")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_check_numbers_names_what_is_not_finite(bad, message_of):
    values = np.array([1.0, bad, 2.0])
    np.testing.assert_array_equal(check_numbers(values, "x"), values)
    assert message_of(ValueError, check_numbers, values, "x", finite=True) == (
        f"x must be finite, got {bad}"
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.skipif(np.finfo("longdouble").max == np.finfo(float).max, reason="no long doubles")
def test_check_numbers_finds_a_long_double_that_is_no_float64(message_of):
    values = np.array([np.finfo("longdouble").max])
    assert "x must be finite, got inf" in message_of(
        ValueError, check_numbers, values, "x", finite=True
    )


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("classes", [1, 2, 10, 1000])
def test_check_probabilities_lets_rounded_ones_through(dtype, classes, rng):
    scores = np.exp(rng.normal(0, 3, (50, classes)))
    values = (scores / scores.sum(axis=1, keepdims=True)).astype(dtype)
    values /= values.sum(axis=1, keepdims=True)  # in the dtype itself
    np.testing.assert_array_equal(check_probabilities(values, "p"), values.astype(float))


@pytest.mark.parametrize("one", [np.float32(1).item() + 1e-7, 1 + 1e-12])
def test_check_probabilities_takes_rounding_off(one):
    assert check_probabilities(np.array([[one, 0.0]]), "p").tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize(
    "values",
    [
        [0.7, 0.1],
        [0.5, 0.502],
        [1.5, -0.5],
        [2.0, -1.0],
        [0.0, 0.0],
        [np.nan, 1.0],
        [np.inf, -np.inf],
        [30.0, -4.0],
        [0.9, -1e-9],
    ],
)
def test_check_probabilities_refuses_what_is_none(values, message_of):
    good = np.tile([0.5, 0.5], (3, 1))
    good[1] = values
    with np.errstate(invalid="ignore"):
        message = message_of(ValueError, check_probabilities, good, "chances")
    assert message.startswith("chances must hold probabilities from 0 to 1 that sum to 1")
    assert "softmax" in message


def test_check_labels_returns_int64():
    labels = check_labels(np.array([0, 2, 1], "u1"), 3, 3)
    assert (labels.dtype, labels.tolist()) == (np.int64, [0, 2, 1])
    assert check_labels(np.array([], int), 0, 3).size == 0


@pytest.mark.parametrize(
    ("labels", "error"),
    [
        ([0, 1], TypeError),
        (np.array([0.0, 1.0]), TypeError),
        (np.array([True, False]), TypeError),
        (np.array([0, 1], "m8[s]"), TypeError),
        (np.ma.array([0, 1], mask=[1, 0]), TypeError),
        (np.array([0, 3]), ValueError),
        (np.array([-1, 0]), ValueError),
        (np.array([0]), ValueError),
        (np.array([[0, 1]]), ValueError),
        (np.array(0), ValueError),
        (np.array([0, 2**63], "u8"), ValueError),
    ],
)
def test_check_labels_refuses_anything_else(labels, error, message_of):
    assert message_of(error, check_labels, labels, 2, 3).startswith("labels must")


@pytest.mark.parametrize(
    "mask", [None, [True], np.ones(2), True, np.ma.array([True, False], mask=[1, 0])]
)
def test_check_mask_refuses_anything_else(mask, message_of):
    assert message_of(TypeError, check_mask, mask, "kept").startswith("kept must")


@pytest.mark.parametrize(
    ("shape", "tuple_"), [(3, (3,)), ([2, 0], (2, 0)), ((), ()), ((np.int8(100),) * 2, (100, 100))]
)
def test_check_shape_returns_ints(shape, tuple_):
    checked = check_shape(shape)
    assert checked == tuple_
    assert all(type(n) is int for n in checked)


@pytest.mark.parametrize("values", ["names", b"ab", 5, None, np.float64(1)])
def test_check_sequence_refuses_what_has_no_entries(values, message_of):
    assert message_of(TypeError, check_sequence, values, "absent", "names") == (
        f"absent must be a sequence of names, got {values!r}"
    )


def test_check_sequence_takes_what_can_be_walked():
    assert check_sequence((n for n in "ab"), "x", "letters") == ("a", "b")


@pytest.mark.parametrize("value", [0, 2.5, np.float32(0.5), Fraction(1, 4), np.int8(7)])
def test_check_number_returns_a_float(value):
    checked = check_number(value, "x", minimum=0)
    assert type(checked) is float
    assert checked == value


@pytest.mark.parametrize(
    ("value", "limits", "words"),
    [
        (math.nan, {}, "finite"),
        (math.nan, {"finite": False}, "a number"),
        (math.inf, {"positive": True}, "finite and greater than 0"),
        (10**400, {}, "finite"),
        (-(10**400), {"finite": False, "minimum": 0}, "a number and at least 0"),
        (0, {"positive": True}, "finite and greater than 0"),
        (-1, {"minimum": 0}, "finite and at least 0"),
    ],
)
def test_check_number_refuses_values_out_of_range(value, limits, words, message_of):
    message = message_of(ValueError, check_number, value, "x", **limits)
    assert message == f"x must be {words}, got {repr(value)[:80]}"


@pytest.mark.parametrize("value", ["c", "", None, 1, ["a"], np.array(["a", "b"]), np.array([]), {}])
def test_check_choice_refuses_what_is_none_of_the_strings(value, message_of):
    assert check_choice("b", "mode", {"a": 1, "b": 2}) == "b"
    message = message_of(ValueError, check_choice, value, "mode", ("a", "b"))
    assert message == f"mode must be one of ['a', 'b'], got {value!r}"


def test_check_number_allows_infinity_on_request():
    assert check_number(10**400, "x", finite=False) == math.inf


@pytest.mark.parametrize("value", [None, "1", True, np.True_, 1j, [1], np.array(1.0), Decimal(1)])
def test_check_number_refuses_other_types(value, message_of):
    assert message_of(TypeError, check_number, value, "x").startswith("x must be a real number")
