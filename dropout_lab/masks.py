"""Every mask of a small layer, and how likely each one is."""

import numpy as np

from dropout_lab import _checks as check
from dropout_lab._types import Doubles, Mask

__all__ = ["all_masks"]

MAX_UNITS = 20
"""The masks double with each unit: 20 units have a million, 30 would have a billion."""


def all_masks(n: int, rate: float) -> tuple[Mask, Doubles]:
    """Return all ``2**n`` dropout masks of `n` units and the probability of each.

    Averages taken with these probabilities are exact: there is no sampling error left.

    Parameters
    ----------
    n : int
        Number of units, 1 to 20.
    rate : float
        Probability of dropping each unit, ``0 <= rate <= 1``.

    Returns
    -------
    masks : numpy.ndarray of bool
        Shape ``(2**n, n)``, one mask a row, True where a unit is kept. The masks that drop
        the fewest units come first; among equals, the one that drops the earlier units.
    probabilities : numpy.ndarray of float64
        Shape ``(2**n,)``: ``rate**dropped * (1 - rate)**kept``. They sum to 1.

    Raises
    ------
    TypeError
        If `n` is not a whole number or `rate` not a real one.
    ValueError
        If `n` lies outside 1 to 20, or `rate` outside [0, 1].

    See Also
    --------
    dropout_lab.sample_mask : One mask, at random.
    dropout_lab.ensemble.exact_ensemble : The average over all of them.

    Examples
    --------
    >>> masks, probabilities = all_masks(2, 0.25)
    >>> masks
    array([[ True,  True],
           [False,  True],
           [ True, False],
           [False, False]])
    >>> probabilities
    array([0.5625, 0.1875, 0.1875, 0.0625])
    """
    n = check.count(n, "n")
    rate = check.rate(rate)
    if n > MAX_UNITS:
        raise ValueError(f"n must be at most {MAX_UNITS}, since 2**n masks are listed; got {n}")
    codes = np.arange(2**n)
    dropped_bits = (codes[:, None] >> np.arange(n - 1, -1, -1)) & 1  # unit 1 is the highest bit
    dropped = dropped_bits.sum(axis=1)
    order = np.lexsort((-codes, dropped))
    masks = dropped_bits[order] == 0
    dropped = dropped[order]
    return masks, rate**dropped * (1.0 - rate) ** (n - dropped)
