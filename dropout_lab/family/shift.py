"""Variance shift: what dropout does to the variance that a batch norm behind it has learned."""

import numpy as np

from dropout_lab import _checks as check
from dropout_lab._types import Numbers

__all__ = ["variance_ratio"]


def variance_ratio(weights: Numbers, mean: Numbers, covariance: Numbers, rate: float) -> float:
    """Return by how much dropout on its inputs multiplies the variance of a weighted sum.

    The sum is ``z = sum_i weights[i] * m_i * x_i / (1 - rate)`` with independent masks ``m_i``.
    Over examples and masks its variance is ``w' C w + rate / (1 - rate) * sum(w**2 * E[x**2])``;
    at evaluation only the first term is left. A batch norm keeps the former and meets the
    latter. The result holds for any distribution of `x` and is exact.

    Parameters
    ----------
    weights : numpy.ndarray
        Weight of each input, shape ``(n,)``; bias has no part in it. One weight, 1, is the case
        of a norm directly behind dropout.
    mean : numpy.ndarray
        Mean of each input over examples, shape ``(n,)``.
    covariance : numpy.ndarray
        Covariance of the inputs over examples, shape ``(n, n)``.
    rate : float
        Probability of dropping an input, ``0 <= rate < 1``.

    Returns
    -------
    float
        Variance while training divided by variance at evaluation, at least 1. Infinity if
        the sum does not vary at evaluation.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    dropout_lab.dropout : What raises the variance.

    References
    ----------
    Li, Chen, Hu and Yang (2019), CVPR: "variance shift", with the ratio the other way round and
    inputs that share one variance and one correlation.

    Examples
    --------
    >>> one = np.ones(1)
    >>> variance_ratio(one, np.zeros(1), np.eye(1), 0.5)
    2.0
    >>> variance_ratio(one, 2 * one, np.eye(1), 0.5)
    6.0
    """
    weights = check.numbers(weights, "weights", "n", finite=True)
    n = len(weights)
    mean = check.numbers(mean, "mean", f"{n}", finite=True)
    covariance = check.numbers(covariance, "covariance", f"{n}, {n}", finite=True)
    odds = check.odds(rate)
    still = float(weights @ covariance @ weights)
    if still < 0:
        raise ValueError(f"covariance must give no sum a negative variance, got {covariance!r:.80}")
    added = odds * float(weights**2 @ (mean**2 + np.diag(covariance)))
    if still == 0:
        return 1.0 if added == 0 else float("inf")
    return 1 + added / still
