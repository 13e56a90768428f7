"""What is left of a rate in numbers of few bits: what is dropped, and the scale."""

import math

__all__ = ["BITS", "of_keras", "of_torch", "rounded"]

BITS = {"float32": 23, "float16": 10, "bfloat16": 7}
"""Binary digits behind the point of a number between 1 and 2."""


def rounded(value, bits):
    """Return a positive number rounded to so many binary digits behind its first one.

    Parameters
    ----------
    value : float
        Neither so small nor so large that its exponent matters.
    bits : int
        One of the values of `BITS`.

    Returns
    -------
    float
        Ties go to the even number, as in hardware.
    """
    step = 2.0 ** (math.floor(math.log2(value)) - bits)
    return round(value / step) * step


def of_torch(rate, bits):
    """Return what PyTorch's layer drops on a CPU, and its factor.

    Parameters
    ----------
    rate : float
        The rate asked for, between 0 and 1.
    bits : int
        Of the layer's input.

    Returns
    -------
    dropped, factor : float
        The mask is drawn in double precision; the factor is rounded.
    """
    return rate, rounded(1 / (1 - rate), bits)


def of_keras(rate, bits):
    """Return what Keras's layer drops with TensorFlow on a CPU, and its factor.

    Parameters
    ----------
    rate : float
        The rate asked for, between 0 and 1.
    bits : int
        Of the layer's input, in which the uniform numbers are drawn.

    Returns
    -------
    dropped, factor : float
        Uniform numbers are multiples of ``2**-bits``. Those below the rate are dropped.
    """
    return math.ceil(rounded(rate, bits) * 2**bits) / 2**bits, rounded(1 / (1 - rate), bits)
