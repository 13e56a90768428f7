"""Compare an answer with the expected value, and say in words where they part."""

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dropout_lab._types import Doubles
from dropout_lab.teaching.words import kind, named, number, shown

_NOT_FINITE = "Look for a division by zero, or a logarithm of zero."


def complaint(got: Any, expected: Any, tolerance: float | None) -> tuple[str, str]:
    """Say what is wrong with an answer, "expected ..., got ...", and what helps in general.

    Both are empty if nothing is wrong. A tolerance of None compares kind and shape alone.
    """
    if isinstance(expected, np.ndarray):
        return _about_array(got, expected, tolerance)
    if isinstance(expected, (tuple, list)):
        return _about_sequence(got, expected, tolerance)
    return _about_one(got, expected, tolerance)


def agrees(got: Any, expected: Any, tolerance: float | None) -> bool:
    """Say whether two values agree: False where kind or shape differ; NaN equals NaN.

    Numbers may differ by the tolerance, and by it relative to the expected one.
    """
    return not complaint(got, expected, tolerance)[0]


def _about_one(got: Any, expected: Any, tolerance: float | None) -> tuple[str, str]:
    """Do what `complaint` does, for a string, a truth value or a number."""
    if not _is_like(got, expected):
        return f"expected {kind(expected)}, got {named(got)}", _conversion(got, expected)
    if tolerance is None:
        return "", ""
    if isinstance(expected, (str, bool, np.bool_)):
        wrong = f"expected {shown(expected)}, got {shown(got)}"
        return ("", "") if got == expected else (wrong, "")
    if _close(got, expected, tolerance):
        return "", ""
    wrong = _apart(got, expected, "about " if tolerance > 1e-5 else "")
    return wrong, "" if np.isfinite(_floats(got)) else _NOT_FINITE


def _about_sequence(got: Any, expected: Sequence[Any], tolerance: float | None) -> tuple[str, str]:
    """Do what `complaint` does, for a tuple or a list; the rows of an array will do."""
    if isinstance(got, np.ndarray) and got.ndim and len(got) == len(expected):
        got = list(got)
    if not isinstance(got, (tuple, list)) or len(got) != len(expected):
        return f"expected {kind(expected)}, got {named(got)}", ""
    for place, (one, right) in enumerate(zip(got, expected, strict=True), start=1):
        wrong, hint = complaint(one, right, tolerance)
        if wrong and len(expected) <= 8 and not any(isinstance(e, np.ndarray) for e in expected):
            return f"expected {shown(expected)}, got {shown(got)}", hint
        if wrong:
            return f"value {place} of {len(expected)}: {wrong}", hint
    return "", ""


def _about_array(got: Any, expected: NDArray[Any], tolerance: float | None) -> tuple[str, str]:
    """Do what `complaint` does, for an array."""
    if not isinstance(got, np.ndarray) or not _same_dtype(got, expected):
        return f"expected {kind(expected)}, got {named(got)}", _conversion(got, expected)
    got = np.asarray(got)  # a numpy.matrix or a masked array has operators of its own
    if got.shape != expected.shape:
        return f"expected shape {expected.shape}, got shape {got.shape}", ""
    if tolerance is None:
        return "", ""
    wrong = ~_close(got, expected, tolerance)
    if not wrong.any():
        return "", ""
    hint = "" if expected.dtype == bool else _factor(got, expected)
    if expected.size <= 6 and shown(expected) != shown(got):
        return f"expected {shown(expected)}, got {shown(got)}", hint
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = first[0] if len(first) == 1 else first
    count = f"{wrong.sum()} of {wrong.size} entries differ"
    return f"{count}; at index {where} {_apart(got[first], expected[first])}", hint


def _apart(got: Any, expected: Any, about: str = "") -> str:
    """Return two numbers with as many digits as it takes to see the difference."""
    digits = 6 if number(got) != number(expected) else 17
    return f"expected {about}{number(expected, digits)}, got {number(got, digits)}"


def _same_dtype(got: NDArray[Any], expected: NDArray[Any]) -> bool:
    """Say whether an array holds what is expected: truth values, or real numbers."""
    return got.dtype == bool if expected.dtype == bool else got.dtype.kind in "iuf"


def _is_like(got: Any, expected: Any) -> bool:
    """Say whether a value is of the kind of the expected string, truth value or number."""
    if isinstance(expected, str):
        return isinstance(got, str)
    if isinstance(got, np.ndarray) and got.ndim == 0:
        got = got[()]
    if isinstance(expected, (bool, np.bool_)):
        return isinstance(got, (bool, np.bool_))
    return isinstance(got, numbers.Real) and not isinstance(got, (bool, np.bool_))


def _close(got: Any, expected: Any, tolerance: float) -> Any:
    """Return where numbers agree."""
    got, expected = _floats(got), _floats(expected)
    return np.isclose(got, expected, rtol=tolerance, atol=tolerance, equal_nan=True)


def _floats(values: Any) -> Doubles:
    """Return numbers as an array of float64."""
    return np.asarray(values, dtype=np.float64)


def _conversion(got: Any, expected: Any) -> str:
    """Return how to turn a value of another kind into the kind that is expected."""
    if got is None:
        return "Your function returns nothing. Does it end in return?"
    wants_array = isinstance(expected, np.ndarray)
    if isinstance(got, (list, tuple)) and wants_array:
        return "np.array(...) makes an array of a list or a tuple."
    if hasattr(got, "__next__"):
        return "A generator has computed nothing yet; np.array(list(...)) computes and collects."
    if hasattr(got, "detach"):
        into = ".detach().numpy() makes a NumPy array" if wants_array else ".item() makes a number"
        return f"That is a tensor of PyTorch; {into} of it."
    if isinstance(got, np.ndarray) and got.dtype.kind == "c":
        return "Complex numbers have no place here. Is a negative number under a root?"
    if wants_array and expected.dtype == bool:
        return "A comparison such as u >= rate makes an array of bool."
    return ""


def _factor(got: NDArray[Any], expected: NDArray[Any]) -> str:
    """Return a hint if numbers are not finite, or all are off by one and the same factor."""
    if not np.isfinite(got).all():
        return _NOT_FINITE
    at = expected != 0
    if at.sum() < 2 or (got[~at] != 0).any():
        return ""
    ratios = got[at] / expected[at]
    if ratios[0] == 0 or not np.allclose(ratios, ratios[0], rtol=1e-6):
        return ""
    return f"Your answer is {number(ratios[0])} times the expected one. Where would that come from?"
