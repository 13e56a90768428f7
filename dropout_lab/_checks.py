"""Argument checks shared by the modules: each error names argument, value and what is allowed.

The modules import this one as ``check`` and write ``rate = check.rate(rate)``.
"""

import math
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from os import PathLike, fsencode
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray

from dropout_lab._types import Doubles, Floats, Mask, Numbers

T = TypeVar("T")
S = TypeVar("S", bound=str)


def rate(value: object, name: str = "rate") -> float:
    """Return a probability, ``0 <= value <= 1``, as a Python float, or raise."""
    if not is_real(value):
        raise TypeError(
            f"{name} must be a real number between 0 and 1, got {value!r} ({type(value).__name__})"
        )
    if not 0 <= value <= 1:  # also true of NaN
        raise ValueError(f"{name} must lie between 0 and 1 (both allowed), got {value!r}")
    return float(value) + 0.0  # minus zero, whose root is no standard deviation, becomes zero


def below_one(value: object) -> float:
    """Return a rate as a Python float, or raise where dropout has no finite variance."""
    value = rate(value)
    if value == 1:
        raise ValueError(f"rate must be below 1, where the variance is infinite, got {value}")
    return value


def odds(value: object) -> float:
    """Return ``rate / (1 - rate)``, the variance of dropout, or raise."""
    value = below_one(value)
    return value / (1 - value)


def rng(value: object) -> np.random.Generator:
    """Return a generator, or raise TypeError unless it is a `numpy.random.Generator`."""
    if not isinstance(value, np.random.Generator):
        raise TypeError(
            "rng must be a numpy.random.Generator such as numpy.random.default_rng(0), "
            f"got {value!r} ({type(value).__name__})"
        )
    return value


def real_array(array: object, name: str, axes: str = "...", *, sequence: bool = False) -> Floats:
    """Return an array as one of any floating dtype, or raise; integers become float64.

    For functions that treat each entry by itself and keep the dtype. What adds entries up takes
    `numbers`. `axes` names the axes, ``"batch, 64"``: a number among the names is a length,
    and ``"..."`` in front or at the end allows for any number of further axes. With `sequence`,
    numbers and nested sequences of them will do. Masked arrays never do.
    """
    if sequence and not isinstance(array, np.ndarray):
        try:
            array = np.asarray(array)
        except ValueError as error:  # rows of different lengths
            raise ValueError(f"{name} must have rows of one length, got {array!r:.80}") from error
    array = _array(array, name, "iuf", "floating-point or integer values")
    if not _has_axes(array.shape, axes.split(", ")):
        wanted = axes if "," in axes else f"{axes},"
        raise ValueError(f"{name} must have shape ({wanted}), got {array.shape}")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def numbers(
    values: object, name: str, axes: str = "...", *, finite: bool = False, sequence: bool = False
) -> Doubles:
    """Return `values` as float64, or raise: `real_array` for functions that add entries up.

    With `finite`, NaN and infinity are refused.
    """
    values = real_array(values, name, axes, sequence=sequence).astype(np.float64, copy=False)
    if finite and not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite, got {values[~np.isfinite(values)][0]}")
    return values


def squares(values: Doubles, name: str) -> Doubles:
    """Return sums of squares, or raise ValueError if they overflow: LAPACK would not converge."""
    if not np.isfinite(values).all():
        raise ValueError(f"{name} must have finite squares and products, got larger numbers")
    return values


def probabilities(values: Numbers, name: str, axes: str = "..., classes") -> Doubles:
    """Return class probabilities as float64, or raise; what rounding took above 1 is 1.

    They sum to 1 along the last axis, to within 0.001 (0.03 in float16).
    """
    checked = numbers(values, name, axes)
    # Single precision and three decimals must do; in half precision the square root of eps.
    allowed = 0.03 if values.dtype == np.float16 else 1e-3
    if not (checked >= 0).all() or not (np.abs(checked.sum(axis=-1) - 1) <= allowed).all():
        wanted = "probabilities that sum to 1 along the last axis, as softmax makes them"
        raise ValueError(f"{name} must hold {wanted}, got {values!r:.80}")
    return np.minimum(checked, 1.0)


def labels(values: object, examples: int, classes: int) -> NDArray[np.int64]:
    """Return labels as int64, or raise unless they name a class for each of some examples."""
    values = _array(values, "labels", "iu", "integers")
    there = examples and values.shape == (examples,)
    if not there or not 0 <= values.min() <= values.max() < classes:
        allowed = f"{examples} classes from 0 to {classes - 1}, at least one"
        raise ValueError(f"labels must hold {allowed}, got {values!r:.80}")
    return values.astype(np.int64)


def mask(values: object, name: str = "mask") -> Mask:
    """Return a mask, or raise TypeError unless it is a boolean array."""
    return _array(values, name, "b", "booleans, True where a unit is kept")


def shape(value: Any) -> tuple[int, ...]:
    """Return an int or a sequence of ints as a tuple of lengths, or raise."""
    return counts((value,) if is_whole(value) else value, "shape", minimum=0)


def sequence(values: Iterable[T], name: str, what: str) -> tuple[T, ...]:
    """Return the entries of any iterable but a string as a tuple, or raise TypeError."""
    try:
        if isinstance(values, (str, bytes)):
            raise TypeError
        return tuple(values)
    except TypeError:
        raise TypeError(f"{name} must be a sequence of {what}, got {values!r:.80}") from None


def choice(value: S, name: str, choices: Iterable[str]) -> S:
    """Return `value`, or raise ValueError unless it is one of some strings."""
    choices = list(choices)
    if not isinstance(value, str) or value not in choices:  # an array is no answer to "in"
        raise ValueError(f"{name} must be one of {choices}, got {value!r:.80}")
    return value


def number(
    value: object,
    name: str,
    *,
    minimum: float = -math.inf,
    positive: bool = False,
    finite: bool = True,
) -> float:
    """Return a real number as a Python float, or raise; NaN is always refused."""
    if not is_real(value):
        raise TypeError(f"{name} must be a real number, got {value!r:.80} ({type(value).__name__})")
    allowed = "finite" if finite else "a number"
    if positive:
        allowed += " and greater than 0"
    elif minimum > -math.inf:
        allowed += f" and at least {minimum}"
    good = value > 0 if positive else value >= minimum  # neither is true of NaN
    if not good or (finite and not math.isfinite(value)):
        raise ValueError(f"{name} must be {allowed}, got {value!r:.80}")
    return float(value)


def count(value: object, name: str, minimum: int = 1) -> int:
    """Return `value` as an int, or raise unless it is a whole number of at least `minimum`."""
    allowed = f"a whole number of at least {minimum}"
    if not is_whole(value):
        raise TypeError(f"{name} must be {allowed}, got {value!r:.80} ({type(value).__name__})")
    if value < minimum:
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return int(value)


def counts(values: Iterable[object], name: str, minimum: int = 1) -> tuple[int, ...]:
    """Return whole numbers as a tuple of ints, or raise unless each is at least `minimum`."""
    values = sequence(values, name, "whole numbers")
    return tuple(count(value, f"every entry of {name}", minimum) for value in values)


def seed(value: object) -> int:
    """Return a seed as an int, or raise unless NumPy, PyTorch and Keras all take it."""
    value = count(value, "seed", minimum=0)
    if value >= 2**63:
        raise ValueError(f"seed must be below 2**63, got {value}")
    return value


def folder(value: object, name: str = "folder") -> Path:
    """Return a text or a path as a `pathlib.Path`, a tilde resolved, or raise."""
    if not isinstance(value, (str, PathLike)):
        raise TypeError(f"{name} must be a str or a pathlib.Path, got {value!r:.80}")
    try:
        if b"\0" in fsencode(value):
            raise ValueError
    except ValueError:  # also what cannot be encoded
        raise ValueError(
            f"{name} must be a path that a system can have, got {value!r:.80}"
        ) from None
    return Path(value).expanduser()


def flag(value: object, name: str = "training") -> bool:
    """Return True or False, Python's or NumPy's, as a bool, or raise TypeError."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {value!r:.80}")
    return bool(value)


def is_whole(value: object) -> TypeGuard[int]:
    """Say whether a value is a whole number, which booleans and time spans are not here."""
    return isinstance(value, Integral) and is_real(value)


def is_real(value: object) -> TypeGuard[float]:
    """Say whether a value is a real number, which booleans and time spans are not here."""
    return isinstance(value, Real) and not isinstance(value, (bool, np.timedelta64))


def _has_axes(shape: Sequence[int], named: list[str]) -> bool:
    """Say whether a shape has the named axes; a number is a length, "..." any further axes."""
    if "..." in named:
        at = named.index("...")
        named[at : at + 1] = ["any"] * (len(shape) - len(named) + 1)
    return len(named) == len(shape) and all(
        not name.isdigit() or int(name) == length for name, length in zip(named, shape, strict=True)
    )


def _array(array: object, name: str, kinds: str, what: str) -> NDArray[Any]:
    """Return a plain array, or raise unless its dtype is of one of some kinds."""
    # By kind, since NumPy counts timedelta64 among the integers.
    good = isinstance(array, np.ndarray) and array.dtype.kind in kinds
    if not good or isinstance(array, np.ma.MaskedArray):  # whose mask would be lost
        kind = f"{type(array).__name__}, dtype {getattr(array, 'dtype', None)}"
        raise TypeError(
            f"{name} must be a numpy.ndarray of {what}, not masked, got {array!r:.80} ({kind})"
        )
    return np.asarray(array)  # a numpy.matrix would turn * into the matrix product
