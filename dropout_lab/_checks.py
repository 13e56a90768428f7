"""Argument checks shared by the modules: each error names argument, value and what is allowed."""

import math
import numbers

import numpy as np


def check_rate(rate, name="rate"):
    """Return a probability, ``0 <= rate <= 1``, as a Python float, or raise."""
    if not is_real(rate):
        raise TypeError(
            f"{name} must be a real number between 0 and 1, got {rate!r} ({type(rate).__name__})"
        )
    if not 0 <= rate <= 1:  # also true of NaN
        raise ValueError(f"{name} must lie between 0 and 1 (both allowed), got {rate!r}")
    return float(rate)


def check_rate_below_one(rate):
    """Return `rate` as `check_rate` does, or raise; 1 would make the variance infinite."""
    rate = check_rate(rate)
    if rate == 1:
        raise ValueError(f"rate must be below 1, got {rate}: its variance would be infinite")
    return rate


def check_rng(rng):
    """Return `rng`, or raise TypeError unless it is a `numpy.random.Generator`."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            "rng must be a numpy.random.Generator such as numpy.random.default_rng(0), "
            f"got {rng!r} ({type(rng).__name__})"
        )
    return rng


def check_real_array(array, name, axes="...", *, sequence=False):
    """Return an array as one of any floating dtype, or raise; integers become float64.

    For functions that treat each entry by itself and keep the dtype. What adds entries up takes
    `check_numbers`. `axes` names the axes, ``"batch, 64"``: a number among the names is a length,
    and ``"..."`` in front or at the end allows for any number of further axes. With `sequence`,
    numbers and nested sequences of them will do. Masked arrays never do.
    """
    if sequence and not isinstance(array, np.ndarray):
        for entry in array if isinstance(array, (list, tuple)) else ():
            _refuse_masked(entry, name)
        try:
            array = np.asarray(array)
        except ValueError as error:  # rows of different lengths
            raise ValueError(f"{name} must have rows of one length, got {array!r:.80}") from error
    if not isinstance(array, np.ndarray):
        raise TypeError(
            f"{name} must be a numpy.ndarray, got {array!r:.80} ({type(array).__name__}); "
            "numpy.asarray makes one"
        )
    _refuse_masked(array, name)
    if array.dtype.kind not in "iuf":  # NumPy counts timedelta64 among the integers
        raise TypeError(
            f"{name} must hold floating-point or integer values, got dtype {array.dtype}"
        )
    if not _has_axes(array.shape, axes.split(", ")):
        wanted = axes if "," in axes else f"{axes},"
        raise ValueError(f"{name} must have shape ({wanted}), got {array.shape}")
    plain = np.asarray(array)  # a numpy.matrix would turn * into the matrix product
    return plain if array.dtype.kind == "f" else plain.astype(np.float64)


def check_numbers(values, name, axes="...", *, finite=False, sequence=False):
    """Return `values` as float64, or raise: `check_real_array` for functions that add entries up.

    With `finite`, NaN and infinity are refused.
    """
    values = check_real_array(values, name, axes, sequence=sequence)
    with np.errstate(over="ignore"):  # a long double may be beyond the largest float64
        values = values.astype(np.float64, copy=False)
    if finite and not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite, got {values[~np.isfinite(values)][0]}")
    return values


def check_probabilities(values, name, axes="..., classes"):
    """Return class probabilities as float64, or raise; what rounding took above 1 is 1.

    They sum to 1 along the last axis, to within 0.001 (0.03 in float16).
    """
    checked = check_numbers(values, name, axes)
    # Single precision and three decimals must do; in half precision the square root of eps.
    allowed = 0.03 if values.dtype == np.float16 else 1e-3
    if not (checked >= 0).all() or not (np.abs(checked.sum(axis=-1) - 1) <= allowed).all():
        raise ValueError(
            f"{name} must hold probabilities from 0 to 1 that sum to 1 along the last axis, "
            f"got {values!r:.80}; softmax makes them from logits"
        )
    return np.minimum(checked, 1.0)


def check_labels(labels, count, classes):
    """Return labels as int64, or raise unless they name one of the classes for each example."""
    if not isinstance(labels, np.ndarray) or labels.dtype.kind not in "iu":
        raise TypeError(f"labels must be a numpy.ndarray of integers, got {labels!r:.80}")
    _refuse_masked(labels, "labels")
    if labels.shape != (count,) or (count and not 0 <= labels.min() <= labels.max() < classes):
        raise ValueError(
            f"labels must hold {count} classes from 0 to {classes - 1}, got {labels!r:.80}"
        )
    return labels.astype(np.int64)


def check_mask(mask, name="mask"):
    """Return `mask`, or raise TypeError unless it is a boolean array."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        raise TypeError(
            f"{name} must be a boolean numpy.ndarray, True where a unit is kept, "
            f"got {mask!r:.80} ({type(mask).__name__})"
        )
    _refuse_masked(mask, name)
    return np.asarray(mask)


def check_shape(shape):
    """Return an int or a sequence of ints as a tuple of lengths, or raise."""
    lengths = (shape,) if isinstance(shape, numbers.Integral) else shape
    if not isinstance(lengths, (tuple, list)) or not all(map(is_whole, lengths)):
        raise TypeError(f"shape must be an int or a tuple of ints, got {shape!r}")
    if any(n < 0 for n in lengths):
        raise ValueError(f"shape must not hold negative lengths, got {shape!r}")
    return tuple(int(n) for n in lengths)


def check_sequence(values, name, what):
    """Return the entries of any iterable but a string as a tuple, or raise TypeError."""
    try:
        if isinstance(values, (str, bytes)):
            raise TypeError
        return tuple(values)
    except TypeError:
        raise TypeError(f"{name} must be a sequence of {what}, got {values!r:.80}") from None


def check_choice(value, name, choices):
    """Return `value`, or raise ValueError unless it is one of some strings."""
    choices = list(choices)
    if not isinstance(value, str) or value not in choices:  # an array is no answer to "in"
        raise ValueError(f"{name} must be one of {choices}, got {value!r:.80}")
    return value


def check_number(value, name, *, minimum=-math.inf, positive=False, finite=True):
    """Return a real number as a Python float, or raise; NaN is always refused."""
    if not is_real(value):
        raise TypeError(f"{name} must be a real number, got {value!r:.80} ({type(value).__name__})")
    try:
        checked = float(value)
    except OverflowError:  # a whole number beyond the largest float
        checked = math.inf if value > 0 else -math.inf
    allowed = ["finite" if finite else "a number"]
    if positive:
        allowed.append("greater than 0")
    elif minimum > -math.inf:
        allowed.append(f"at least {minimum}")
    good = checked > 0 if positive else checked >= minimum
    if not good or (finite and not math.isfinite(checked)):
        raise ValueError(f"{name} must be {' and '.join(allowed)}, got {value!r:.80}")
    return checked


def check_count(value, name, minimum=1):
    """Return `value` as an int, or raise unless it is a whole number of at least `minimum`."""
    if not is_whole(value):
        raise TypeError(
            f"{name} must be a whole number of at least {minimum}, "
            f"got {value!r} ({type(value).__name__})"
        )
    if value < minimum:
        raise ValueError(f"{name} must be a whole number of at least {minimum}, got {value!r}")
    return int(value)


def check_flag(flag, name="training"):
    """Return True or False, Python's or NumPy's, as a bool, or raise TypeError."""
    if not isinstance(flag, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {flag!r:.80}")
    return bool(flag)


def is_whole(value):
    """Say whether a value is a whole number, which booleans and time spans are not here."""
    return isinstance(value, numbers.Integral) and is_real(value)


def is_real(value):
    """Say whether a value is a real number, which booleans and time spans are not here."""
    return isinstance(value, numbers.Real) and not isinstance(value, (bool, np.timedelta64))


def _has_axes(shape, named):
    """Say whether a shape has the named axes; a number is a length, "..." any further axes."""
    if "..." in named:
        at = named.index("...")
        named[at : at + 1] = ["any"] * (len(shape) - len(named) + 1)
    return len(named) == len(shape) and all(
        not name.isdigit() or int(name) == length for name, length in zip(named, shape, strict=True)
    )


def _refuse_masked(array, name):
    """Raise if an array is a masked one: what reads its data alone would forget the mask."""
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(
            f"{name} must not be a masked array, whose mask would be lost; fill or drop the "
            f"masked values first, got {array!r:.80}"
        )
