"""Intervals over seeds: what a few trainings say about the mean of many."""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from dropout_lab import _checks as check
from dropout_lab._types import Real, Reduced

__all__ = ["shared_interval", "t_interval", "verdict"]

# 97.5 % points of Student's t distribution by degrees of freedom
_T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}


def t_interval(values: ArrayLike) -> tuple[Reduced, Reduced]:
    """Return mean and half-width of the 95 % t interval over the last axis.

    Parameters
    ----------
    values : array_like of float
        Shape ``(..., seeds)``, 2 to 10 seeds: independent trainings. For two settings trained
        with the same seeds, give it the differences.

    Returns
    -------
    mean, half : numpy.ndarray of float64
        Shape ``(...)``. The interval goes from ``mean - half`` to ``mean + half``.

    Raises
    ------
    TypeError
        If `values` does not hold numbers.
    ValueError
        If there are fewer than 2 or more than 10 seeds.

    See Also
    --------
    verdict : What it allows to say.
    shared_interval : For splits that share rows.

    Examples
    --------
    >>> mean, half = t_interval([0.97, 0.96, 0.98])
    >>> f"{mean:.3f} ± {half:.3f}"
    '0.970 ± 0.025'
    """
    values = check.numbers(values, "values", sequence=True)
    seeds = values.shape[-1] if values.ndim else 0
    if seeds - 1 not in _T95:
        raise ValueError(f"values must hold 2 to {max(_T95) + 1} seeds, got {seeds}")
    spread = values.std(axis=-1, ddof=1)
    return values.mean(axis=-1), _T95[seeds - 1] * spread / math.sqrt(seeds)


def shared_interval(values: ArrayLike) -> tuple[Reduced, Reduced]:
    """Return mean and half-width of a 95 % interval where all trainings share one test set.

    A t interval over seeds answers for other trainings on *these* test images. This one answers
    for other test images, too: it adds their sampling error, which parts of the test set tell.

    Parameters
    ----------
    values : array_like of float
        Shape ``(..., seeds, parts)``, 2 to 10 seeds and at least 30 equal parts of the test set:
        the score, or the difference of two scores, of each training on each part.

    Returns
    -------
    mean, half : numpy.ndarray of float64
        Shape ``(...)``. The interval goes from ``mean - half`` to ``mean + half``.

    Raises
    ------
    TypeError
        If `values` does not hold numbers.
    ValueError
        If there are fewer than 2 or more than 10 seeds, or fewer than 30 parts.

    See Also
    --------
    t_interval : For independent values.

    Notes
    -----
    The mean of a table whose rows and columns are both drawn at random has
    the variance of the rows, plus that of the columns beyond what chance in the entries explains.
    That chance is also in the rows: a few seeds that happen to agree make no smaller interval.

    Examples
    --------
    >>> luck = np.tile([-1.0, 1.0], 25)
    >>> mean, half = shared_interval([3.0 + luck, 3.0 + luck])
    >>> f"{mean:.2f} ± {half:.2f}"
    '3.00 ± 0.28'
    """
    values = check.numbers(values, "values", sequence=True)
    parts = values.shape[-1] if values.ndim > 1 else 0
    if parts < 30:
        raise ValueError(f"values must hold at least 30 parts of the test set, got {parts}")
    by_seed = values.mean(axis=-1)
    mean, half = t_interval(by_seed)  # which refuses a table without seeds
    by_part = values.mean(axis=-2)
    seeds = by_seed.shape[-1]
    rest = values - by_seed[..., None] - by_part[..., None, :] + mean[..., None, None]
    chance = (rest**2).sum(axis=(-2, -1)) / ((seeds - 1) * (parts - 1)) / seeds
    shared = np.maximum(by_part.var(axis=-1, ddof=1) - chance, 0) / parts
    half = np.maximum(half, 1.96 * np.sqrt(chance / parts))
    return mean, np.hypot(half, 1.96 * np.sqrt(shared))


def verdict(gain: Real, half: Real) -> Literal["helps", "harms", "unclear"]:
    """Say what the interval of a gain allows to say.

    Parameters
    ----------
    gain, half : float
        Its middle, and half of its width.

    Returns
    -------
    str
        "helps" if the whole interval lies above zero, "harms" if it lies below, else "unclear".

    Raises
    ------
    TypeError
        If an argument is not a real number.
    ValueError
        If an argument is NaN, or `half` is negative.

    See Also
    --------
    t_interval : The interval that it reads.

    Examples
    --------
    >>> verdict(0.3, 0.5), verdict(0.3, 0.2), verdict(-0.3, 0.2)
    ('unclear', 'helps', 'harms')
    """
    gain = check.number(gain, "gain", finite=False)
    half = check.number(half, "half", minimum=0, finite=False)
    return "helps" if gain > half else "harms" if gain < -half else "unclear"
