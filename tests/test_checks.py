"""The argument checks: what they let through unchanged, and what their errors say.

Who asks which check is walked through in `test_arguments`.
"""

import math
import re
from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from dropout_lab import _checks as check

NAN, INF = math.nan, math.inf
NO_NUMBERS = (None, "1", True, np.True_, 1j, [1], np.array(1.0), {}, np.timedelta64(1))


@pytest.mark.parametrize(
    ("function", "options", "values", "kind"),
    [
        (check.rate, {}, (0, 1, 0.3, 5e-324, np.float16(0.25), np.float32(0.1)), float),
        (check.count, {}, (1, 7, 10**30, np.int8(3), np.uint64(2**63)), int),
        (check.count, {"minimum": -2}, (-2, 0), int),
        (check.number, {"minimum": 0}, (0, 2.5, np.float32(0.5), np.int8(7)), float),
        (check.number, {}, (-1.5, Fraction(1, 4)), float),
        (check.number, {"finite": False}, (INF, -INF), float),
        (check.flag, {}, (True, False, np.True_, np.False_), bool),
        (check.choice, {"choices": {"a": 1, "b": 2}}, ("a", "b"), str),
    ],
)
def test_what_is_allowed_comes_back_as_pythons_own(function, options, values, kind):
    for value in values:
        found = function(value, "x", **options)
        assert (type(found), found) == (kind, value)


def test_what_is_no_single_number_comes_back_as_plain_as_it_can():
    assert check.odds(0.75) == 3
    for shape, wanted in ((3, (3,)), ([2, 0], (2, 0)), ((), ()), ((np.int8(100),) * 2, (100, 100))):
        assert check.shape(shape) == wanted
        assert all(type(n) is int for n in check.shape(shape))
    assert check.sequence((n for n in "ab"), "x", "letters") == ("a", "b")
    labels = check.labels(np.array([0, 2, 1], "u1"), 3, 3)
    assert (labels.dtype, labels.tolist()) == (np.int64, [0, 2, 1])
    for bits in (np.random.PCG64, np.random.MT19937, np.random.Philox):
        generator = np.random.Generator(bits(0))
        assert check.rng(generator) is generator


FINITE = partial(check.numbers, finite=True)
REAL, WHOLE = "be a real number", "be a whole number of at least 2"
PLAIN = "be a numpy.ndarray of floating-point or integer values, not masked"
MASK = "be a numpy.ndarray of booleans, True where a unit is kept, not masked"


@pytest.mark.parametrize(
    ("function", "options", "values", "error", "allowed"),
    [
        (check.rate, {}, (-0.1, np.nextafter(1, 2), NAN), ValueError, "lie between 0 and 1 (both"),
        (check.rate, {}, NO_NUMBERS, TypeError, REAL),
        (check.count, {"minimum": 2}, (1, 0, np.int8(-5)), ValueError, WHOLE),
        (check.count, {"minimum": 2}, (*NO_NUMBERS, 1.0), TypeError, WHOLE),
        (check.number, {}, (NAN, INF, -INF), ValueError, "be finite"),
        (check.number, {}, NO_NUMBERS, TypeError, REAL),
        (check.number, {"finite": False}, (NAN,), ValueError, "be a number"),
        (check.number, {"positive": True}, (0, -1, INF), ValueError, "finite and greater than 0"),
        (
            check.number,
            {"minimum": 0, "finite": False},
            (-1, NAN),
            ValueError,
            "number and at least",
        ),
        (check.choice, {"choices": "ab"}, ("c", None, ["a"]), ValueError, "be one of ['a', 'b']"),
        (check.flag, {}, (None, 0, 1.0, "False", np.array(True)), TypeError, "be True or False"),
        (check.sequence, {"what": "names"}, ("names", b"ab", 5), TypeError, "sequence of names"),
        (check.numbers, {"sequence": True}, ([[1], [2, 3]],), ValueError, "rows of one length"),
        (check.numbers, {}, ([1.0], np.float64(1), list(range(10_000))), TypeError, PLAIN),
        (check.mask, {}, (None, [True], np.ones(2), np.ma.array([True])), TypeError, MASK),
    ],
)
def test_what_is_refused_is_named(function, options, values, error, allowed, message_of):
    for value in values:
        message = message_of(error, function, value, "x", **options)
        assert re.match(r"x must .*, got ", message)
        assert allowed in message
        assert repr(value)[:80] in message
        assert len(message) < 250


@pytest.mark.parametrize(
    ("function", "arguments", "error", "expected"),
    [
        (FINITE, (np.array([1.0, -INF]), "x"), ValueError, "x must be finite, got -inf"),
        (check.odds, (1.0,), ValueError, "rate must be below 1, where the variance is infinite"),
        (check.rng, (0,), TypeError, "rng must be a numpy.random.Generator such as numpy"),
        (check.rng, (np.random.RandomState(0),), TypeError, "(RandomState)"),
        (check.shape, ((2, -3),), ValueError, "every entry of shape must be a whole number"),
        (check.counts, ([0], "sizes"), ValueError, "every entry of sizes must be a whole number"),
        (
            check.labels,
            (np.array([0, 3]), 2, 3),
            ValueError,
            "labels must hold 2 classes from 0 to",
        ),
        (check.labels, (np.array([], int), 0, 3), ValueError, "at least one, got array([]"),
        (check.labels, (np.array([1], "m8"), 1, 3), TypeError, "(ndarray, dtype timedelta64)"),
    ],
)
def test_what_has_one_name_is_named(function, arguments, error, expected, message_of):
    assert expected in message_of(error, function, *arguments)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4", "longdouble"])
def test_check_real_array_passes_floating_point_without_a_copy(dtype):
    array = np.ones((2, 3), dtype)
    checked = check.real_array(array, "x")
    assert checked.dtype == array.dtype
    assert np.shares_memory(checked, array)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_subclasses_become_plain_arrays_and_nested_numbers_arrays():
    # In a numpy.matrix the operator * is the matrix product.
    assert type(check.real_array(np.matrix([[0, 1]]), "x")) is np.ndarray
    nested = check.numbers([[1, 2], [3, 4]], "x", sequence=True)
    assert (nested.dtype, nested.tolist()) == (np.float64, [[1, 2], [3, 4]])
    assert check.numbers(3, "x", sequence=True).shape == ()


@pytest.mark.parametrize(
    ("axes", "good", "bad", "shown"),
    [
        ("...", [(), (2, 3)], [], ""),
        ("n", [(0,), (4,)], [(), (2, 3)], "(n,)"),
        ("..., n", [(3,), (2, 3)], [()], "(..., n)"),
        ("batch, n, ...", [(4, 1), (4, 1, 2, 3)], [(4,)], "(batch, n, ...)"),
        ("12", [(12,)], [(1,), (12, 1), ()], "(12,)"),
        ("batch, 3", [(5, 3), (0, 3)], [(5, 2), (3, 5), (3,), (1, 5, 3)], "(batch, 3)"),
        ("..., 3, k", [(3, 0), (2, 2, 3, 4)], [(3,), (2, 3, 2, 4)], "(..., 3, k)"),
        ("3, ...", [(3,), (3, 5)], [(), (5, 3)], "(3, ...)"),
    ],
)
def test_axes_and_lengths(axes, good, bad, shown, message_of):
    for shape in good:
        assert check.real_array(np.ones(shape), "x", axes).shape == shape
    for shape in bad:
        message = message_of(ValueError, check.real_array, np.ones(shape), "x", axes)
        assert message == f"x must have shape {shown}, got {shape}"


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@pytest.mark.parametrize("classes", [1, 10, 1000])
def test_check_probabilities_lets_rounded_ones_through(dtype, classes, rng):
    scores = np.exp(rng.normal(0, 3, (50, classes)))
    values = (scores / scores.sum(axis=1, keepdims=True)).astype(dtype)
    values /= values.sum(axis=1, keepdims=True)  # in the dtype itself
    np.testing.assert_array_equal(check.probabilities(values, "p"), values.astype(float))


def test_check_probabilities_takes_rounding_off_and_refuses_what_is_none():
    for one in (1 + 1e-7, 1 + 1e-12, 1.0009):
        assert check.probabilities(np.array([[one, 0.0]]), "p").tolist() == [[1.0, 0.0]]
    for values in (
        *([0.7, 0.1], [0.5, 0.502], [0.5, 0.498], [1.5, -0.5], [0.0, 0.0], [30.0, -29.0]),
        *([NAN, 1.0], [INF, -INF], [1.0, -1e-9]),
    ):
        message = "^p must hold probabilities that sum to 1 along the last axis, .*softmax.*, got "
        with pytest.raises(ValueError, match=message), np.errstate(invalid="ignore"):
            check.probabilities(np.array([[0.5, 0.5], values]), "p")
