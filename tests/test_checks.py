"""The argument checks: what they let through unchanged, and what their errors say."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from dropout_lab._checks import (
    check_choice,
    check_count,
    check_flag,
    check_labels,
    check_mask,
    check_number,
    check_numbers,
    check_probabilities,
    check_rate,
    check_rate_below_one,
    check_real_array,
    check_rng,
    check_sequence,
    check_shape,
)

HUGE = 10**400  # no float
NO_NUMBERS = (None, "1", True, np.True_, 1j, [1], np.array(1.0), Decimal(1), {}, np.timedelta64(1))


@pytest.mark.parametrize(
    ("check", "values", "kind"),
    [
        (check_rate, (0, 1, -0.0, 0.3, 5e-324, np.float16(0.25), np.float32(0.1)), float),
        (check_rate_below_one, (0, 0.3, np.nextafter(1.0, 0.0)), float),
        (lambda n: check_count(n, "n"), (1, 7, 10**30, np.int8(3), np.uint64(2**63)), int),
        (lambda n: check_count(n, "n", minimum=-2), (-2, 0), int),
        (lambda x: check_number(x, "x", minimum=0), (0, 2.5, np.float32(0.5), np.int8(7)), float),
        (lambda x: check_number(x, "x"), (-1.5, Fraction(1, 4)), float),
        (lambda x: check_number(x, "x", finite=False), (math.inf, -math.inf), float),
        (check_flag, (True, False, np.True_, np.False_), bool),
        (lambda s: check_choice(s, "mode", {"a": 1, "b": 2}), ("a", "b"), str),
    ],
)
def test_what_is_allowed_comes_back_as_pythons_own(check, values, kind):
    for value in values:
        assert type(check(value)) is kind
        assert check(value) == value


def test_numbers_beyond_the_floats_are_rounded():
    assert check_rate(Fraction(1, 3)) == 1 / 3
    assert check_number(HUGE, "x", finite=False) == math.inf
    assert check_number(-HUGE, "x", finite=False) == -math.inf


@pytest.mark.parametrize("bits", [np.random.PCG64, np.random.MT19937, np.random.Philox])
def test_check_rng_returns_the_same_generator(bits):
    generator = np.random.Generator(bits(0))
    assert check_rng(generator) is generator


def test_check_shape_and_check_sequence_return_tuples():
    for shape, wanted in ((3, (3,)), ([2, 0], (2, 0)), ((), ()), ((np.int8(100),) * 2, (100, 100))):
        assert check_shape(shape) == wanted
        assert all(type(n) is int for n in check_shape(shape))
    assert check_sequence((n for n in "ab"), "x", "letters") == ("a", "b")


# A check, what it refuses, the error, and its message, in which {} is the value.
REFUSED = [
    (
        lambda r: check_rate(r, "drop_rate"),
        (
            *(-0.1, -5e-324, np.nextafter(1, 2), 50, math.nan, math.inf, -math.inf, HUGE),
            *(np.float32("nan"), Fraction(10**30 + 1, 10**30)),  # rounds to 1.0, and is above it
        ),
        ValueError,
        "drop_rate must lie between 0 and 1 (both allowed), got {}",
    ),
    (
        lambda r: check_rate(r, "drop_rate"),
        NO_NUMBERS,
        TypeError,
        "drop_rate must be a real number between 0 and 1, got {} ({type})",
    ),
    (
        check_rate_below_one,
        (1.0,),
        ValueError,
        "rate must be below 1, got {}: its variance would be infinite",
    ),
    (
        check_rng,
        (None, 0, np.random, np.random.RandomState(0), np.random.PCG64(0), np.random.default_rng),
        TypeError,
        "rng must be a numpy.random.Generator such as numpy.random.default_rng(0), got {} ({type})",
    ),
    (
        lambda n: check_count(n, "steps", 2),
        (1, 0, np.int8(-5)),
        ValueError,
        "steps must be a whole number of at least 2, got {}",
    ),
    (
        lambda n: check_count(n, "steps", 2),
        (*NO_NUMBERS, 1.0, 2.5, np.float64(3)),
        TypeError,
        "steps must be a whole number of at least 2, got {} ({type})",
    ),
    (
        lambda x: check_number(x, "x"),
        (math.nan, math.inf, -math.inf, HUGE),
        ValueError,
        "x must be finite, got {}",
    ),
    (
        lambda x: check_number(x, "x", finite=False),
        (math.nan,),
        ValueError,
        "x must be a number, got {}",
    ),
    (
        lambda x: check_number(x, "x", positive=True),
        (0, -1, math.inf),
        ValueError,
        "x must be finite and greater than 0, got {}",
    ),
    (
        lambda x: check_number(x, "x", minimum=0, finite=False),
        (-1, -HUGE, math.nan),
        ValueError,
        "x must be a number and at least 0, got {}",
    ),
    (
        lambda x: check_number(x, "x"),
        NO_NUMBERS,
        TypeError,
        "x must be a real number, got {} ({type})",
    ),
    (
        check_flag,
        (None, 0, 1.0, "False", np.array(True), []),
        TypeError,
        "training must be True or False, got {}",
    ),
    (
        lambda s: check_choice(s, "mode", ("a", "b")),
        ("c", "", None, 1, ["a"], np.array(["a", "b"]), np.array([]), {}),
        ValueError,
        "mode must be one of ['a', 'b'], got {}",
    ),
    (
        lambda s: check_sequence(s, "absent", "names"),
        ("names", b"ab", 5, None, np.float64(1)),
        TypeError,
        "absent must be a sequence of names, got {}",
    ),
    (
        check_shape,
        (None, 2.0, "3", True, (2.0, 3), (2, True), (2, None), ((2, 3),), np.array([2, 3])),
        TypeError,
        "shape must be an int or a tuple of ints, got {}",
    ),
    (check_shape, (-1, (2, -3)), ValueError, "shape must not hold negative lengths, got {}"),
    (
        lambda m: check_mask(m, "kept"),
        (None, [True], np.ones(2), np.ones(2, int), True, np.array([None, True])),
        TypeError,
        "kept must be a boolean numpy.ndarray, True where a unit is kept, got {} ({type})",
    ),
    (
        lambda y: check_labels(y, 2, 3),
        ([0, 1], np.array([0.0, 1.0]), np.array([True, False]), np.array([0, 1], "m8[s]")),
        TypeError,
        "labels must be a numpy.ndarray of integers, got {}",
    ),
    (
        lambda y: check_labels(y, 2, 3),
        (
            *(np.array([0, 3]), np.array([-1, 0]), np.array([0]), np.array([[0, 1]])),
            *(np.array(0), np.array([0, 2**63], "u8")),
        ),
        ValueError,
        "labels must hold 2 classes from 0 to 2, got {}",
    ),
    (
        lambda x: check_real_array(x, "x"),
        ([1.0, 2.0], (1.0,), np.float64(1.0), None, "ab", list(range(10_000))),
        TypeError,
        "x must be a numpy.ndarray, got {} ({type}); numpy.asarray makes one",
    ),
    (
        lambda x: check_numbers(x, "x", sequence=True),
        ([[1], [2, 3]],),
        ValueError,
        "x must have rows of one length, got {}",
    ),
]


@pytest.mark.parametrize(("check", "values", "error", "message"), REFUSED)
def test_what_is_refused_is_named(check, values, error, message):
    for value in values:
        with pytest.raises(error) as caught:
            check(value)
        assert caught.type is error
        found, shown = str(caught.value), message.replace("{type}", type(value).__name__)
        head, _, tail = shown.partition("{}")
        assert found.startswith(head)
        assert found.endswith(tail)
        assert found[len(head) : len(found) - len(tail)] in (repr(value), repr(value)[:80])


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
def test_other_dtypes_are_refused(array):
    message = f"x must hold floating-point or integer values, got dtype {array.dtype}"
    with pytest.raises(TypeError) as caught:
        check_real_array(array, "x")
    assert str(caught.value) == message
    if array.dtype.kind in "bcOU":
        with pytest.raises(TypeError, match=r"^x must hold floating-point or integer values"):
            check_numbers(array.tolist(), "x", sequence=True)


def test_a_mask_would_be_lost():
    masked = np.ma.array([True, False], mask=[1, 0])
    for call in (
        lambda: check_real_array(masked + 0.5, "x"),
        lambda: check_numbers([np.ones(2), masked + 0.5], "x", sequence=True),
        lambda: check_labels(masked + 0, 2, 3),
        lambda: check_mask(masked),
    ):
        with pytest.raises(TypeError, match="must not be a masked array, whose mask would be lost"):
            call()


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", "longdouble"])
def test_check_real_array_passes_floating_point_without_a_copy(dtype):
    array = np.ones((2, 3), dtype)
    checked = check_real_array(array, "x")
    assert checked.dtype == array.dtype
    assert np.shares_memory(checked, array)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("dtype", ["i1", "u2", "i8", "f8"])
def test_integers_become_float64_and_subclasses_plain_arrays(dtype):
    # In a numpy.matrix the operator * is the matrix product.
    checked = check_real_array(np.matrix([[0, 1], [2, 127]], dtype), "x")
    assert (type(checked), checked.dtype) == (np.ndarray, np.float64)
    assert checked.tolist() == [[0.0, 1.0], [2.0, 127.0]]
    nested = check_numbers([[1, 2], [3, 4]], "x", sequence=True)
    assert (nested.dtype, nested.tolist()) == (np.float64, [[1, 2], [3, 4]])
    assert check_numbers(3, "x", sequence=True).shape == ()


@pytest.mark.parametrize(
    ("axes", "good", "bad", "shown"),
    [
        ("...", [(), (2, 3)], [], ""),
        ("n", [(0,), (4,)], [(), (2, 3)], "(n,)"),
        ("n, m", [(2, 3)], [(2,), (1, 2, 3)], "(n, m)"),
        ("..., n", [(3,), (2, 3)], [()], "(..., n)"),
        ("batch, n, ...", [(4, 1), (4, 1, 2, 3)], [(4,)], "(batch, n, ...)"),
        ("12", [(12,)], [(1,), (12, 1), ()], "(12,)"),
        ("batch, 3", [(5, 3), (0, 3)], [(5, 2), (3, 5), (3,)], "(batch, 3)"),
        ("..., 3, k", [(3, 0), (2, 2, 3, 4)], [(3,), (2, 3, 2, 4)], "(..., 3, k)"),
        ("3, ...", [(3,), (3, 5)], [(), (5, 3)], "(3, ...)"),
    ],
)
def test_axes_and_lengths(axes, good, bad, shown):
    for shape in good:
        assert check_real_array(np.ones(shape), "x", axes).shape == shape
    for shape in bad:
        with pytest.raises(ValueError, match=r"^x must have shape") as caught:
            check_real_array(np.ones(shape), "x", axes)
        assert str(caught.value) == f"x must have shape {shown}, got {shape}"


@pytest.mark.filterwarnings("error")
def test_check_numbers_names_what_is_not_finite():
    for bad in (np.nan, np.inf, -np.inf, np.finfo("longdouble").max):
        values = np.array([1.0, bad, 2.0])
        np.testing.assert_array_equal(check_numbers(values, "x"), [1.0, float(bad), 2.0])
        if not math.isfinite(float(bad)):  # a long double may be beyond the largest float64
            with pytest.raises(ValueError, match=f"^x must be finite, got {float(bad)}$"):
                check_numbers(values, "x", finite=True)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("classes", [1, 2, 10, 1000])
def test_check_probabilities_lets_rounded_ones_through(dtype, classes, rng):
    scores = np.exp(rng.normal(0, 3, (50, classes)))
    values = (scores / scores.sum(axis=1, keepdims=True)).astype(dtype)
    values /= values.sum(axis=1, keepdims=True)  # in the dtype itself
    np.testing.assert_array_equal(check_probabilities(values, "p"), values.astype(float))


def test_check_probabilities_takes_rounding_off_and_refuses_what_is_none():
    for one in (np.float32(1).item() + 1e-7, 1 + 1e-12, 1.0009):
        assert check_probabilities(np.array([[one, 0.0]]), "p").tolist() == [[1.0, 0.0]]
    for values in (
        *([0.7, 0.1], [0.5, 0.502], [0.5, 0.498], [1.5, -0.5], [0.0, 0.0], [30.0, -29.0]),
        *([np.nan, 1.0], [np.inf, -np.inf], [1.0, -1e-9]),
    ):
        message = "^p must hold probabilities from 0 to 1 that sum to 1 along the last axis, got "
        with pytest.raises(ValueError, match=message), np.errstate(invalid="ignore"):
            check_probabilities(np.array([[0.5, 0.5], values]), "p")


def test_check_labels_returns_int64():
    labels = check_labels(np.array([0, 2, 1], "u1"), 3, 3)
    assert (labels.dtype, labels.tolist()) == (np.int64, [0, 2, 1])
    assert check_labels(np.array([], int), 0, 3).size == 0
