"""Argument checks shared by the modules: each error names argument, value and what is allowed."""

import math
import numbers

import numpy as np


def check_rate(rate, name="rate"):
    """Return `rate` as a Python float, or raise.

    Parameters
    ----------
    rate : float
        A probability, ``0 <= rate <= 1``. Booleans, strings, arrays and None are refused.
    name : str, default "rate"
        What the error message calls the argument.

    Returns
    -------
    float
        The checked value.

    Raises
    ------
    TypeError
        If `rate` is not a real number.
    ValueError
        If `rate` is NaN or lies outside [0, 1].
    """
    if not is_real(rate):
        raise TypeError(
            f"{name} must be a real number between 0 and 1, got {rate!r} ({type(rate).__name__})"
        )
    if not 0 <= rate <= 1:  # also true of NaN
        raise ValueError(f"{name} must lie between 0 and 1 (both allowed), got {rate!r}")
    return float(rate)


def check_rate_below_one(rate):
    """Return `rate` as `check_rate` does, or raise; 1 would make the variance infinite.

    Parameters
    ----------
    rate : float
        A probability, ``0 <= rate < 1``.

    Returns
    -------
    float
        The checked value.

    Raises
    ------
    TypeError
        If `rate` is not a real number.
    ValueError
        If `rate` is NaN or lies outside [0, 1).
    """
    rate = check_rate(rate)
    if rate == 1:
        raise ValueError(f"rate must be below 1, got {rate}: its variance would be infinite")
    return rate


def check_rng(rng, name="rng"):
    """Return `rng`, or raise TypeError unless it is a `numpy.random.Generator`.

    Parameters
    ----------
    rng : numpy.random.Generator
        A source of random numbers, for example ``numpy.random.default_rng(0)``.
    name : str, default "rng"
        What the error message calls the argument.

    Returns
    -------
    numpy.random.Generator
        The same object.

    Raises
    ------
    TypeError
        If `rng` is anything else: an int, None, or a legacy ``RandomState``.
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{name} must be a numpy.random.Generator such as numpy.random.default_rng(0), "
            f"got {rng!r} ({type(rng).__name__})"
        )
    return rng


def check_real_array(array, name, axes="...", *, sequence=False):
    """Return `array` as a floating-point array, or raise.

    For functions that treat each entry by itself and keep the dtype. What adds entries up takes
    `check_numbers`.

    Parameters
    ----------
    array : numpy.ndarray
        Floating point is passed through without a copy; integers become float64.
    name : str
        What the error message calls the argument.
    axes : str, default "..."
        Names of its axes with commas, ``"batch, inputs"``. ``"..."`` in front or at the end
        allows for any number of further axes.
    sequence : bool, default False
        Whether to take numbers and nested sequences of them, too.

    Returns
    -------
    numpy.ndarray
        An array of any floating dtype, same shape.

    Raises
    ------
    TypeError
        If `array` is not a `numpy.ndarray`, is a masked array, or its dtype is neither floating
        nor integer.
    ValueError
        If it has other axes.
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
    named = axes.split(", ")
    least = len(named) - ("..." in named)
    if array.ndim < least or (array.ndim > least and "..." not in named):
        wanted = axes if len(named) > 1 else f"{axes},"
        raise ValueError(f"{name} must have shape ({wanted}), got {array.shape}")
    plain = np.asarray(array)  # a numpy.matrix would turn * into the matrix product
    return plain if array.dtype.kind == "f" else plain.astype(np.float64)


def check_numbers(values, name, axes="...", *, finite=False, sequence=False):
    """Return `values` as a float64 array, or raise: for functions that add entries up.

    Parameters
    ----------
    values : numpy.ndarray
        Any floating or integer dtype. float64 is passed through without a copy.
    name, axes : str
        As in `check_real_array`.
    finite : bool, default False
        Whether to refuse NaN and infinity.
    sequence : bool, default False
        As in `check_real_array`.

    Returns
    -------
    numpy.ndarray of float64
        The same numbers in the same shape.

    Raises
    ------
    TypeError
        If `values` is not such an array, or is a masked one.
    ValueError
        If it has other axes, or holds NaN or infinity where they are refused.
    """
    values = check_real_array(values, name, axes, sequence=sequence)
    with np.errstate(over="ignore"):  # a long double may be beyond the largest float64
        values = values.astype(np.float64, copy=False)
    if finite and not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite, got {values[~np.isfinite(values)][0]}")
    return values


def check_probabilities(values, name, axes="..., classes"):
    """Return class probabilities as a float64 array, or raise.

    Parameters
    ----------
    values : numpy.ndarray
        Entries from 0 to 1, and 1 in sum along the last axis, to within 0.001 (0.03 in float16).
    name, axes : str
        As in `check_real_array`.

    Returns
    -------
    numpy.ndarray of float64
        The same; what rounding took above 1 is 1.

    Raises
    ------
    TypeError
        If `values` is not an array of numbers.
    ValueError
        If it has other axes, an entry lies outside [0, 1] or a row has another sum.
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
    """Return `labels`, or raise unless they name one of the classes for each example.

    Parameters
    ----------
    labels : numpy.ndarray of int
        Shape ``(count,)``, entries from 0 to ``classes - 1``.
    count, classes : int
        Number of examples and of classes.

    Returns
    -------
    numpy.ndarray of int64
        The same.

    Raises
    ------
    TypeError
        If `labels` is not an array of integers, or is a masked one.
    ValueError
        If it has another shape or another class.
    """
    if not isinstance(labels, np.ndarray) or labels.dtype.kind not in "iu":
        raise TypeError(f"labels must be a numpy.ndarray of integers, got {labels!r:.80}")
    _refuse_masked(labels, "labels")
    if labels.shape != (count,) or (count and not 0 <= labels.min() <= labels.max() < classes):
        raise ValueError(
            f"labels must hold {count} classes from 0 to {classes - 1}, got {labels!r:.80}"
        )
    return labels.astype(np.int64)


def check_mask(mask, name="mask"):
    """Return `mask`, or raise TypeError unless it is a boolean array.

    Parameters
    ----------
    mask : numpy.ndarray of bool
        True where a unit is kept.
    name : str, default "mask"
        What the error message calls the argument.

    Returns
    -------
    numpy.ndarray of bool
        The same.

    Raises
    ------
    TypeError
        If `mask` is not a boolean array, or is a masked one.
    """
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        raise TypeError(
            f"{name} must be a boolean numpy.ndarray, True where a unit is kept, "
            f"got {mask!r:.80} ({type(mask).__name__})"
        )
    _refuse_masked(mask, name)
    return np.asarray(mask)


def check_shape(shape, name="shape"):
    """Return a shape as a tuple of ints, or raise.

    Parameters
    ----------
    shape : int or sequence of int
        One length or several, none of them negative.
    name : str, default "shape"
        What the error message calls the argument.

    Returns
    -------
    tuple of int
        The lengths.

    Raises
    ------
    TypeError
        If `shape` is something else.
    ValueError
        If a length is negative.
    """
    lengths = (shape,) if isinstance(shape, numbers.Integral) else shape
    if not isinstance(lengths, (tuple, list)) or not all(map(is_whole, lengths)):
        raise TypeError(f"{name} must be an int or a tuple of ints, got {shape!r}")
    if any(n < 0 for n in lengths):
        raise ValueError(f"{name} must not hold negative lengths, got {shape!r}")
    return tuple(int(n) for n in lengths)


def check_sequence(values, name, what):
    """Return a sequence as a tuple, or raise TypeError.

    Parameters
    ----------
    values : sequence
        Any iterable but a string.
    name : str
        What the error message calls the argument.
    what : str
        What its entries are, in the plural.

    Returns
    -------
    tuple
        Its entries.

    Raises
    ------
    TypeError
        If `values` is a string or no iterable.
    """
    try:
        if isinstance(values, (str, bytes)):
            raise TypeError
        return tuple(values)
    except TypeError:
        raise TypeError(f"{name} must be a sequence of {what}, got {values!r:.80}") from None


def check_choice(value, name, choices):
    """Return `value`, or raise ValueError unless it is one of some strings.

    Parameters
    ----------
    value : str
        What was chosen.
    name : str
        What the error message calls the argument.
    choices : iterable of str
        What is allowed.

    Returns
    -------
    str
        The same.

    Raises
    ------
    ValueError
        If `value` is anything else, of whatever type.
    """
    choices = list(choices)
    if not isinstance(value, str) or value not in choices:  # an array is no answer to "in"
        raise ValueError(f"{name} must be one of {choices}, got {value!r:.80}")
    return value


def check_number(value, name, *, minimum=-math.inf, positive=False, finite=True):
    """Return a real number as a Python float, or raise.

    Parameters
    ----------
    value : float
        The number to check. Booleans and arrays are refused, and NaN always.
    name : str
        What the error message calls the argument.
    minimum : float, optional
        The smallest value allowed.
    positive : bool, default False
        Whether the value must be greater than 0.
    finite : bool, default True
        Whether infinity is refused, too.

    Returns
    -------
    float
        The checked value.

    Raises
    ------
    TypeError
        If `value` is not a real number.
    ValueError
        If it is not allowed.
    """
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
    """Return `value` as an int, or raise unless it is a whole number of at least `minimum`.

    Parameters
    ----------
    value : int
        The number to check. Booleans and floats are refused.
    name : str
        What the error message calls the argument.
    minimum : int, default 1
        The smallest value allowed.

    Returns
    -------
    int
        The checked value.

    Raises
    ------
    TypeError
        If `value` is not an integer.
    ValueError
        If `value` is smaller than `minimum`.
    """
    if not is_whole(value):
        raise TypeError(
            f"{name} must be a whole number of at least {minimum}, "
            f"got {value!r} ({type(value).__name__})"
        )
    if value < minimum:
        raise ValueError(f"{name} must be a whole number of at least {minimum}, got {value!r}")
    return int(value)


def check_flag(flag, name="training"):
    """Return `flag` as a bool, or raise.

    Parameters
    ----------
    flag : bool
        Python's or NumPy's. Numbers and arrays are refused.
    name : str, default "training"
        What the error message calls the argument.

    Returns
    -------
    bool
        The same.

    Raises
    ------
    TypeError
        If it is neither True nor False.
    """
    if not isinstance(flag, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False, got {flag!r:.80}")
    return bool(flag)


def is_whole(value):
    """Say whether a value is a whole number, which booleans and time spans are not here."""
    return isinstance(value, numbers.Integral) and is_real(value)


def is_real(value):
    """Say whether a value is a real number, which booleans and time spans are not here."""
    return isinstance(value, numbers.Real) and not isinstance(value, (bool, np.timedelta64))


def _refuse_masked(array, name):
    """Raise if an array is a masked one: what reads its data alone would forget the mask."""
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(
            f"{name} must not be a masked array, whose mask would be lost; fill or drop the "
            f"masked values first, got {array!r:.80}"
        )
