"""DropConnect: a mask for every weight instead of every unit."""

import numpy as np

from dropout_lab import _checks as check
from dropout_lab._types import Doubles, Numbers
from dropout_lab.layer import dropout

__all__ = ["drop_connect", "drop_connect_moments"]


def drop_connect(
    x: Numbers,
    weights: Numbers,
    biases: Numbers,
    rate: float,
    rng: np.random.Generator,
    *,
    training: bool = True,
) -> Doubles:
    """Return the weighted sums of a layer in which single weights are dropped.

    Each example has its own mask of the shape of `weights`, as in the paper.

    Parameters
    ----------
    x : numpy.ndarray
        Inputs, shape ``(batch, inputs)``.
    weights : numpy.ndarray
        Shape ``(inputs, outputs)``.
    biases : numpy.ndarray
        Shape ``(outputs,)``. Never dropped here; the paper drops them, too.
    rate : float
        Probability of dropping a weight, ``0 <= rate <= 1``. The others are multiplied by
        ``1 / (1 - rate)``.
    rng : numpy.random.Generator
        Source of randomness; untouched when `training` is False.
    training : bool, default True
        False for inference: all weights, unscaled.

    Returns
    -------
    numpy.ndarray of float64
        Shape ``(batch, outputs)``. Its mean over masks is ``x @ weights + biases``. The memory
        needed is ``batch`` times that of `weights`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    drop_connect_moments : Mean and variance of its outputs.
    dropout_lab.dropout : Whole units.

    References
    ----------
    Wan, Zeiler, Zhang, LeCun and Fergus (2013), ICML. Their p keeps, and they scale at
    inference.

    Examples
    --------
    >>> x, weights = np.array([[1.0, 2.0]]), np.ones((2, 3))
    >>> drop_connect(x, weights, np.zeros(3), 0.5, np.random.default_rng(2))
    array([[2., 0., 4.]])
    """
    x, weights, biases = _check_layer(x, weights, biases)
    rate = check.rate(rate)
    check.rng(rng)
    if not check.flag(training):
        return x @ weights + biases
    shape = (len(x), *weights.shape)
    masked = dropout(np.broadcast_to(weights, shape), rate, rng)
    return np.einsum("bi,bio->bo", x, masked) + biases


def drop_connect_moments(
    x: Numbers, weights: Numbers, biases: Numbers, rate: float
) -> tuple[Doubles, Doubles]:
    """Return mean and variance of DropConnect's weighted sums over all masks.

    The paper's inference draws from a normal distribution with these two moments, applies the
    nonlinearity and averages, where dropout lets the mean stand for everything.

    Parameters
    ----------
    x, weights, biases : numpy.ndarray
        As in `drop_connect`.
    rate : float
        Probability of dropping a weight, ``0 <= rate < 1``.

    Returns
    -------
    mean, variance : numpy.ndarray of float64
        Shape ``(batch, outputs)``: ``x @ weights + biases`` and
        ``rate / (1 - rate) * x**2 @ weights**2``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    drop_connect : The layer itself.

    Examples
    --------
    >>> x, weights = np.array([[1.0, 2.0]]), np.ones((2, 1))
    >>> drop_connect_moments(x, weights, np.zeros(1), 0.5)
    (array([[3.]]), array([[5.]]))
    """
    x, weights, biases = _check_layer(x, weights, biases)
    return x @ weights + biases, check.odds(rate) * (x**2 @ weights**2)


def _check_layer(x: Numbers, weights: Numbers, biases: Numbers) -> tuple[Doubles, Doubles, Doubles]:
    """Return inputs, weights and biases as float64 arrays that fit each other, or raise."""
    x = check.numbers(x, "x", "batch, inputs")
    weights = check.numbers(weights, "weights", f"{x.shape[1]}, outputs")
    return x, weights, check.numbers(biases, "biases", f"{weights.shape[1]}")
