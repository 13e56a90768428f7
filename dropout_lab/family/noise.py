"""Masks that are not 0 or 1: Gaussian dropout, and the soft masks of concrete dropout."""

import math

import numpy as np

from dropout_lab import _checks as check
from dropout_lab._types import Doubles, Floats, Numbers, Shape

__all__ = ["concrete_mask", "gaussian_dropout"]


def gaussian_dropout(
    x: Numbers, rate: float, rng: np.random.Generator, *, training: bool = True
) -> Floats:
    """Multiply each unit by normal noise of mean 1 and the variance that dropout would have.

    Inverted dropout multiplies by 0 or ``1 / (1 - rate)``: mean 1, variance
    ``rate / (1 - rate)``. The noise here has the same two numbers and nothing else in common.

    Parameters
    ----------
    x : numpy.ndarray
        Activations, any shape. Floating dtypes are kept, integers become float64.
    rate : float
        The rate of the dropout to imitate, ``0 <= rate < 1``.
    rng : numpy.random.Generator
        Source of randomness; untouched when `training` is False.
    training : bool, default True
        False for inference: `x` as it is.

    Returns
    -------
    numpy.ndarray
        A new array of the shape, dtype and memory order of `x`, with mean `x` in expectation.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    dropout_lab.dropout : Zeros of the same mean and variance.

    References
    ----------
    Srivastava et al. (2014), JMLR 15, section 10. Their p keeps, so that their variance reads
    ``(1 - p) / p``.

    Examples
    --------
    >>> gaussian_dropout(np.ones(3), 0.0, np.random.default_rng(0))
    array([1., 1., 1.])
    >>> noisy = gaussian_dropout(np.ones(100_000), 0.5, np.random.default_rng(0))
    >>> print(f"{noisy.mean():.2f} {noisy.var():.2f} {noisy.min() < 0}")
    1.00 1.00 True
    """
    x = check.real_array(x, "x")
    variance = check.odds(rate)
    check.rng(rng)
    if not check.flag(training):
        return x.copy(order="K")
    noise = rng.normal(1.0, math.sqrt(variance), x.shape)
    return np.multiply(x, noise, out=np.empty_like(x))


def concrete_mask(
    shape: Shape, rate: float, temperature: float, rng: np.random.Generator
) -> Doubles:
    """Draw the soft mask of concrete dropout, which has a gradient with respect to its rate.

    With ``logit(v) = log(v / (1 - v))`` and `u` uniform, a unit is multiplied by
    ``sigmoid((logit(u) - logit(rate)) / temperature)``. At temperature 0 that would be 1 where
    ``u >= rate`` and 0 elsewhere: the mask of dropout.

    Parameters
    ----------
    shape : int or tuple of int
        Shape of the mask.
    rate : float
        Probability that a unit keeps less than one half of itself, ``0 < rate < 1``.
    temperature : float
        How soft the mask is, greater than 0. The paper takes 0.1.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray of float64
        Values from 0 to 1. Divided by ``1 - rate`` their mean is 1 only approximately.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    dropout_lab.sample_mask : The mask that it smooths.

    References
    ----------
    Gal, Hron and Kendall (2017), NeurIPS 30. Their z drops, ours keeps: ``1 - z``.

    Examples
    --------
    >>> concrete_mask(4, 0.5, 0.5, np.random.default_rng(5)).round(2)
    array([0.94, 0.95, 0.53, 0.14])
    """
    odds = check.odds(rate)
    if odds == 0:
        raise ValueError(f"rate must lie between 0 and 1, neither allowed here, got {rate}")
    temperature = check.number(temperature, "temperature", positive=True)
    u = check.rng(rng).random(check.shape(shape))
    with np.errstate(divide="ignore"):  # u = 0 has logit minus infinity, and the mask 0
        logit = np.log(u) - np.log1p(-u) - math.log(odds)
    # The hyperbolic tangent says the same as the sigmoid, without an overflow.
    return 0.5 + 0.5 * np.tanh(0.5 * logit / temperature)
