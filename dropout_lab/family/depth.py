"""Stochastic depth: drop whole layers of a residual network."""

import numpy as np

from dropout_lab import _checks as check
from dropout_lab._types import Floats, Numbers
from dropout_lab.layer import dropout

__all__ = ["linear_decay", "stochastic_depth"]


def linear_decay(layers: int, last_rate: float) -> tuple[float, ...]:
    """Return the rate of each layer: small at the bottom, `last_rate` at the top.

    Parameters
    ----------
    layers : int
        Number of residual layers, at least 1.
    last_rate : float
        Rate of the last one, ``0 <= last_rate <= 1``.

    Returns
    -------
    tuple of float
        ``last_rate * l / layers`` for ``l = 1, ..., layers``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    stochastic_depth : Skips a layer's update at such a rate.

    References
    ----------
    Huang, Sun, Liu, Sedra and Weinberger (2016), ECCV. They write it with survival
    probabilities, 1 minus these.

    Examples
    --------
    >>> linear_decay(4, 0.5)
    (0.125, 0.25, 0.375, 0.5)
    """
    layers, last_rate = check.count(layers, "layers"), check.rate(last_rate, "last_rate")
    return tuple(last_rate * number / layers for number in range(1, layers + 1))


def stochastic_depth(
    x: Numbers, update: Numbers, rate: float, rng: np.random.Generator, *, training: bool = True
) -> Floats:
    """Add a residual layer's update to its input, or skip it: one decision per example.

    Parameters
    ----------
    x : numpy.ndarray
        Input of the layer, shape ``(batch, ...)``; it always passes.
    update : numpy.ndarray
        What the layer would add, same shape.
    rate : float
        Probability of skipping the layer, ``0 <= rate <= 1``.
    rng : numpy.random.Generator
        Source of randomness; untouched when `training` is False.
    training : bool, default True
        False for inference: ``x + update``.

    Returns
    -------
    numpy.ndarray
        ``x + update / (1 - rate)`` for examples that keep the layer, `x` for the others. Its
        mean over masks is ``x + update``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    linear_decay : Rates that grow with depth.

    Notes
    -----
    The paper decides once for a whole batch, which saves the work of a
    skipped layer, and scales at inference.

    References
    ----------
    Huang, Sun, Liu, Sedra and Weinberger (2016), ECCV.

    Examples
    --------
    >>> import numpy as np
    >>> x, update = np.zeros((3, 2)), np.ones((3, 2))
    >>> stochastic_depth(x, update, 0.5, np.random.default_rng(12))
    array([[2., 2.],
           [0., 0.],
           [2., 2.]])
    """
    x = check.real_array(x, "x", "batch, ...")
    update = check.real_array(update, "update", "batch, ...")
    if update.shape != x.shape:
        raise ValueError(f"update must have the shape of x, {x.shape}, got {update.shape}")
    once = (None, *(1,) * (x.ndim - 1))
    return x + dropout(update, rate, rng, training=training, noise_shape=once)
