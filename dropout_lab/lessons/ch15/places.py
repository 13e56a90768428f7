"""What dropout does to a mean when something stands behind it: an activation, or max-pooling."""

import math

import numpy as np

__all__ = ["ACTIVATIONS", "mean_before", "mean_of_maximum"]


def _gelu(z):
    """Return z times the normal distribution function at z."""
    return z * (1 + np.vectorize(math.erf, otypes=[float])(np.asarray(z) / math.sqrt(2))) / 2


ACTIVATIONS = {
    "ReLU": lambda z: np.maximum(z, 0),
    "GELU": _gelu,
    "tanh": np.tanh,
    "sigmoid": lambda z: 1 / (1 + np.exp(-np.asarray(z))),
}
"""Activations by name, functions of an array."""


def mean_before(activation, z, rate):
    """Return the mean output of an activation with dropout in front of it.

    Parameters
    ----------
    activation : callable
        Function of an array.
    z : array_like
        What goes into dropout.
    rate : float
        Probability of dropping, below 1.

    Returns
    -------
    numpy.ndarray
        Exact: a unit is dropped and sends 0, or kept and sends ``z / (1 - rate)``.
    """
    kept = activation(np.asarray(z) / (1 - rate))
    return rate * activation(np.zeros_like(kept)) + (1 - rate) * kept


def mean_of_maximum(window, rate):
    """Return the mean of the maximum of independent uniform numbers from 0 to 1, behind dropout.

    Parameters
    ----------
    window : int
        How many numbers.
    rate : float
        Probability of dropping, below 1.

    Returns
    -------
    float
        The maximum of k such numbers is ``k / (k + 1)`` on average, and k has a binomial
        distribution; in closed form.
    """
    keep = 1 - rate
    return (1 - (1 - rate ** (window + 1)) / ((window + 1) * keep)) / keep
