"""The argument checks: what they let through unchanged, and what their errors say.

Who asks which check is walked through in `test_arguments`.
"""

import math
from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from dropout_lab import _checks as check

NAN, INF = math.nan, math.inf


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


def test_a_rate_of_minus_zero_is_zero():
    assert math.copysign(1, check.rate(-0.0)) == 1


def test_what_is_no_single_number_comes_back_as_plain_as_it_can():
    assert check.odds(0.75) == 3
    for shape, wanted in ((3, (3,)), ([2, 0], (2, 0)), ((), ()), ((np.int8(100),) * 2, (100, 100))):
        assert check.shape(shape) == wanted
        assert all(type(n) is int for n in check.shape(shape))
    assert check.sequence((n for n in "ab"), "x", "letters") == ("a", "b")
    labels = check.labels(np.array([0, 2, 1], "u1"), 3, 3)
    assert (labels.dtype, labels.tolist()) == (np.int64, [0, 2, 1])


WHOLE = "n must be a whole number of at least 2"
PLAIN = "x must be a numpy.ndarray of floating-point or integer values, not masked, got"


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (check.rate, (1.5,), "rate must lie between 0 and 1 (both allowed), got 1.5"),
        (check.rate, ("1",), "rate must be a real number between 0 and 1, got '1' (str)"),
        (check.odds, (1.0,), "rate must be below 1, where the variance is infinite, got 1.0"),
        (check.seed, (2**63,), "seed must be below 2**63, got 9223372036854775808"),
        (check.count, (1, "n", 2), f"{WHOLE}, got 1"),
        (check.count, (1.0, "n", 2), f"{WHOLE}, got 1.0 (float)"),
        (check.number, (NAN, "x"), "x must be finite, got nan"),
        (check.number, ([1], "x"), "x must be a real number, got [1] (list)"),
        (partial(check.number, finite=False), (NAN, "x"), "x must be a number, got nan"),
        (partial(check.number, positive=True), (0, "x"), "x must be finite and greater than 0, "),
        (partial(check.number, minimum=0), (-1, "x"), "x must be finite and at least 0, got -1"),
        (check.choice, (["a"], "x", "ab"), "x must be one of ['a', 'b'], got ['a']"),
        (check.flag, (1.0,), "training must be True or False, got 1.0"),
        (check.sequence, (b"ab", "x", "names"), "x must be a sequence of names, got b'ab'"),
        (partial(check.numbers, sequence=True), ([[1], [2, 3]], "x"), "x must have rows of one le"),
        (
            partial(check.numbers, finite=True),
            (np.array([1, -INF]), "x"),
            "x must be finite, got -",
        ),
        (check.numbers, ([1.0], "x"), f"{PLAIN} [1.0] (list, dtype None)"),
        (check.numbers, (list(range(10_000)), "x"), f"{PLAIN} [0, 1, 2, 3, 4"),
        (check.mask, ([True],), "mask must be a numpy.ndarray of booleans, True where a unit is k"),
        (check.rng, (0,), "rng must be a numpy.random.Generator such as numpy.random.default_rng("),
        (check.shape, ((2, -3),), "every entry of shape must be a whole number of at least 0, got"),
        (check.labels, (np.array([0, 3]), 2, 3), "labels must hold 2 classes from 0 to 2, at leas"),
        (check.labels, (np.array([], int), 0, 3), "labels must hold 0 classes from 0 to 2, at lea"),
        (check.labels, (np.array([1], "m8"), 1, 3), "labels must be a numpy.ndarray of integers, "),
    ],
)
def test_what_is_refused_is_said_with_what_is_allowed(function, arguments, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        function(*arguments)
    assert str(caught.value).startswith(message)
    assert ", got " in str(caught.value)
    assert len(str(caught.value)) < 250


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
