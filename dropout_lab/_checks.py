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


def check_odds(rate):
    """Return ``rate / (1 - rate)``, or raise: the variance of dropout, which rate 1 has not."""
    rate = check_rate(rate)
    if rate == 1:
        raise ValueError(f"rate must be below 1, where the variance is infinite, got {rate}")
    return rate / (1 - rate)


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
        try:
            array = np.asarray(array)
        except ValueError as error:  # rows of different lengths
            raise ValueError(f"{name} must have rows of one length, got {array!r:.80}") from error
    array = _check_array(array, name, "iuf", "floating-point or integer values")
    if not _has_axes(array.shape, axes.split(", ")):
        wanted = axes if "," in axes else f"{axes},"
        raise ValueError(f"{name} must have shape ({wanted}), got {array.shape}")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def check_numbers(values, name, axes="...", *, finite=False, sequence=False):
    """Return `values` as float64, or raise: `check_real_array` for functions that add entries up.

    With `finite`, NaN and infinity are refused.
    """
    values = check_real_array(values, name, axes, sequence=sequence).astype(np.float64, copy=False)
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
        wanted = "probabilities that sum to 1 along the last axis, as softmax makes them"
        raise ValueError(f"{name} must hold {wanted}, got {values!r:.80}")
    return np.minimum(checked, 1.0)


def check_labels(labels, count, classes):
    """Return labels as int64, or raise unless they name a class for each of some examples."""
    labels = _check_array(labels, "labels", "iu", "integers")
    if not count or labels.shape != (count,) or not 0 <= labels.min() <= labels.max() < classes:
        allowed = f"{count} classes from 0 to {classes - 1}, at least one"
        raise ValueError(f"labels must hold {allowed}, got {labels!r:.80}")
    return labels.astype(np.int64)


def check_mask(mask, name="mask"):
    """Return `mask`, or raise TypeError unless it is a boolean array."""
    return _check_array(mask, name, "b", "booleans, True where a unit is kept")


def check_shape(shape):
    """Return an int or a sequence of ints as a tuple of lengths, or raise."""
    return check_counts((shape,) if is_whole(shape) else shape, "shape", minimum=0)


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
    allowed = "finite" if finite else "a number"
    if positive:
        allowed += " and greater than 0"
    elif minimum > -math.inf:
        allowed += f" and at least {minimum}"
    good = value > 0 if positive else value >= minimum  # neither is true of NaN
    if not good or (finite and not math.isfinite(value)):
        raise ValueError(f"{name} must be {allowed}, got {value!r:.80}")
    return float(value)


def check_count(value, name, minimum=1):
    """Return `value` as an int, or raise unless it is a whole number of at least `minimum`."""
    allowed = f"a whole number of at least {minimum}"
    if not is_whole(value):
        raise TypeError(f"{name} must be {allowed}, got {value!r:.80} ({type(value).__name__})")
    if value < minimum:
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return int(value)


def check_counts(values, name, minimum=1):
    """Return whole numbers as a tuple of ints, or raise unless each is at least `minimum`."""
    values = check_sequence(values, name, "whole numbers")
    return tuple(check_count(value, f"every entry of {name}", minimum) for value in values)


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


def _check_array(array, name, kinds, what):
    """Return a plain array, or raise unless its dtype is of one of some kinds."""
    # By kind, since NumPy counts timedelta64 among the integers.
    good = isinstance(array, np.ndarray) and array.dtype.kind in kinds
    if not good or isinstance(array, np.ma.MaskedArray):  # whose mask would be lost
        kind = f"{type(array).__name__}, dtype {getattr(array, 'dtype', None)}"
        raise TypeError(
            f"{name} must be a numpy.ndarray of {what}, not masked, got {array!r:.80} ({kind})"
        )
    return np.asarray(array)  # a numpy.matrix would turn * into the matrix product
