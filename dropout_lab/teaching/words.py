"""Short words for any value, also for values that resist being shown."""

import numbers
import reprlib
from collections.abc import Callable, Sized
from typing import Any

import numpy as np

_LONGEST = 100


class _Short(reprlib.Repr):
    """Values in a few words, however deep and long they are."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.fillvalue = 3, "…"
        self.maxlist = self.maxtuple = self.maxset = self.maxdict = 8
        self.maxstring = self.maxother = _LONGEST

    def repr1(self, x: Any, level: int) -> str:
        """Return the words for one value."""
        if isinstance(x, np.ndarray):
            return np.array2string(
                np.asarray(x),
                separator=", ",
                threshold=8,
                formatter={"float_kind": number, "bool": number},
            )
        return number(x) if isinstance(x, numbers.Real) else super().repr1(x, level)


_short = _Short()


def shown(value: object, text: Callable[[Any], str] = _short.repr) -> str:
    """Return any value as one short line; by default arrays and numbers have six digits."""
    try:
        line = " ".join(text(value).split())
    except Exception:  # a reader's class may have a __str__ that fails
        line = f"<{type(value).__name__}>"
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"


def number(value: Any, digits: int = 6) -> str:
    """Return a number with so many significant digits, and a truth value as a word."""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    try:
        return f"{float(value):.{digits}g}"
    except (OverflowError, TypeError, ValueError):
        return "a number too large for float64"


def kind(expected: Any) -> str:
    """Return what kind of value is expected: "a NumPy array of bool, shape (3,)"."""
    if isinstance(expected, np.ndarray):
        holds = "bool" if expected.dtype == bool else "real numbers"
        return f"a NumPy array of {holds}, shape {expected.shape}"
    if isinstance(expected, (tuple, list)):
        return f"{_count(expected)}, {shown(expected)}"
    if isinstance(expected, (bool, np.bool_)):
        return "True or False"
    return "a text" if isinstance(expected, str) else "a number"


def named(value: Any) -> str:
    """Return what any answer is, kind first: "a list of 2 values, [1, 2]" or "None"."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}, shape {value.shape}"
    if isinstance(value, (bool, np.bool_)):
        return shown(value)
    if isinstance(value, numbers.Real):
        return f"the number {number(value)}"
    if type(value) in (tuple, list):
        return f"a {type(value).__name__} of {_count(value)}, {shown(value)}"
    name = type(value).__name__
    return f"a{'n' * (name[:1].lower() in 'aeiou')} {name}, {shown(value)}"


def _count(values: Sized) -> str:
    """Return how many values there are."""
    return f"{len(values)} value{'s' * (len(values) != 1)}"
