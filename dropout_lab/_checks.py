"""Argument checks shared by the modules: each error names argument, value and what is allowed."""

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
    if isinstance(rate, (bool, np.bool_)) or not isinstance(rate, numbers.Real):
        raise TypeError(
            f"{name} must be a real number between 0 and 1, got {rate!r} ({type(rate).__name__})"
        )
    if not 0 <= rate <= 1:  # also true of NaN
        raise ValueError(f"{name} must lie between 0 and 1 (both allowed), got {rate!r}")
    return float(rate)


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


def check_real_array(array, name):
    """Return `array` as a floating-point array, or raise.

    Parameters
    ----------
    array : numpy.ndarray
        Floating point is passed through without a copy; integers become float64.
    name : str
        What the error message calls the argument.

    Returns
    -------
    numpy.ndarray
        An array of any floating dtype, same shape.

    Raises
    ------
    TypeError
        If `array` is not a `numpy.ndarray`, or its dtype is neither floating nor integer.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(
            f"{name} must be a numpy.ndarray, got {array!r:.80} ({type(array).__name__}); "
            "numpy.asarray makes one"
        )
    if array.dtype.kind not in "iuf":  # NumPy counts timedelta64 among the integers
        raise TypeError(
            f"{name} must hold floating-point or integer values, got dtype {array.dtype}"
        )
    plain = np.asarray(array)  # a numpy.matrix would turn * into the matrix product
    return plain if array.dtype.kind == "f" else plain.astype(np.float64)


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
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(
            f"{name} must be a whole number of at least {minimum}, "
            f"got {value!r} ({type(value).__name__})"
        )
    if value < minimum:
        raise ValueError(f"{name} must be a whole number of at least {minimum}, got {value!r}")
    return int(value)


def check_training(training):
    """Return `training` as a bool, or raise.

    Parameters
    ----------
    training : bool
        Whether a layer trains or infers.

    Returns
    -------
    bool
        The same.

    Raises
    ------
    TypeError
        If it is neither True nor False.
    """
    if not isinstance(training, (bool, np.bool_)):
        raise TypeError(f"training must be True or False, got {training!r}")
    return bool(training)
