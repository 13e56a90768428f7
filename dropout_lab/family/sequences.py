"""Dropout over time and over attention: recurrent states, sequences, attention weights."""

import math

import numpy as np

from dropout_lab import _checks as check
from dropout_lab._types import Doubles, Floats, Numbers
from dropout_lab.layer import dropout
from dropout_lab.network import softmax

__all__ = ["attention", "recurrent_states", "variational_dropout"]


def variational_dropout(
    x: Numbers, rate: float, rng: np.random.Generator, *, training: bool = True
) -> Floats:
    """Drop the same units at every step of a sequence.

    Parameters
    ----------
    x : numpy.ndarray
        Sequences, shape ``(batch, steps, units)``.
    rate : float
        Probability of dropping a unit, ``0 <= rate <= 1``.
    rng : numpy.random.Generator
        Source of randomness; untouched when `training` is False.
    training : bool, default True
        False for inference: `x` as it is.

    Returns
    -------
    numpy.ndarray
        A new array of the shape, dtype and memory order of `x`, survivors scaled by
        ``1 / (1 - rate)``. Its mean over masks is `x`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    recurrent_states : A recurrence with it.

    Notes
    -----
    Keras's ``SpatialDropout1D`` does the same.

    References
    ----------
    Gal and Ghahramani (2016), NeurIPS 29: "A Theoretically Grounded Application of Dropout in
    Recurrent Neural Networks".

    Examples
    --------
    >>> variational_dropout(np.ones((1, 3, 4)), 0.5, np.random.default_rng(0))
    array([[[2., 2., 2., 0.],
            [2., 2., 2., 0.],
            [2., 2., 2., 0.]]])
    """
    x = check.real_array(x, "x", "batch, steps, units")
    return dropout(x, rate, rng, training=training, noise_shape=(None, 1, None))


def recurrent_states(
    x: Numbers,
    weights: Numbers,
    rate: float,
    rng: np.random.Generator,
    *,
    shared: bool = True,
    training: bool = True,
) -> Doubles:
    """Run a plain recurrent layer with dropout on the state that it hands to its next step.

    ``h[t] = tanh(x[t] + (h[t - 1] * mask / (1 - rate)) @ weights)``, from ``h[0] = 0``.

    Parameters
    ----------
    x : numpy.ndarray
        What arrives at each step, weighted already, shape ``(batch, steps, units)``.
    weights : numpy.ndarray
        From state to state, shape ``(units, units)``.
    rate : float
        Probability of dropping a unit of the state, ``0 <= rate <= 1``.
    rng : numpy.random.Generator
        Source of randomness; untouched when `training` is False.
    shared : bool, default True
        One mask for all steps of a sequence, or a fresh one at every step.
    training : bool, default True
        False for inference: nothing is dropped.

    Returns
    -------
    numpy.ndarray of float64
        The states, same shape as `x`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    variational_dropout : One mask for all steps.

    Notes
    -----
    The mean over masks is no longer that of the pass without dropout:
    the states feed back on themselves.

    References
    ----------
    Gal and Ghahramani (2016), NeurIPS 29.

    Examples
    --------
    >>> x = np.zeros((1, 3, 2))
    >>> x[0, 0] = 0.1
    >>> recurrent_states(x, np.eye(2), 0.5, np.random.default_rng(0), training=False).round(2)
    array([[[0.1, 0.1],
            [0.1, 0.1],
            [0.1, 0.1]]])
    """
    x = check.numbers(x, "x", "batch, steps, units")
    batch, steps, units = x.shape
    weights = check.numbers(weights, "weights", f"{units}, {units}")
    drawn = (None, 1 if check.flag(shared, "shared") else None, None)
    factors = dropout(np.ones(x.shape), rate, rng, training=training, noise_shape=drawn)
    states, state = np.zeros(x.shape), np.zeros((batch, units))
    for step in range(steps):
        state = np.tanh(x[:, step] + (state * factors[:, step]) @ weights)
        states[:, step] = state
    return states


def attention(
    queries: Numbers,
    keys: Numbers,
    values: Numbers,
    rate: float,
    rng: np.random.Generator,
    *,
    training: bool = True,
) -> tuple[Doubles, Floats]:
    """Attend with dropout on the attention weights, as Transformers do.

    Parameters
    ----------
    queries : numpy.ndarray
        Shape ``(..., m, d)``.
    keys : numpy.ndarray
        Shape ``(..., n, d)``.
    values : numpy.ndarray
        Shape ``(..., n, v)``.
    rate : float
        Probability of dropping one weight of one query, ``0 <= rate <= 1``.
    rng : numpy.random.Generator
        Source of randomness; untouched when `training` is False.
    training : bool, default True
        False for inference: nothing is dropped.

    Returns
    -------
    output : numpy.ndarray of float64
        Shape ``(..., m, v)``: weights times values.
    weights : numpy.ndarray of float64
        Shape ``(..., m, n)``: ``softmax(queries @ keys.T / sqrt(d))`` after dropout. Each row
        sums to 1 in expectation, and while training hardly ever in fact.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    See Also
    --------
    dropout_lab.dropout : What drops its weights.

    References
    ----------
    Vaswani et al. (2017), NeurIPS 30, for attention itself.

    Examples
    --------
    >>> one = np.ones((3, 2))
    >>> output, weights = attention(one, one, np.eye(3), 0.5, np.random.default_rng(9))
    >>> weights.sum(axis=1).round(2)
    array([1.33, 0.67, 2.  ])
    """
    queries = check.numbers(queries, "queries", "..., m, d")
    keys = check.numbers(keys, "keys", f"..., n, {queries.shape[-1]}")
    values = check.numbers(values, "values", f"..., {keys.shape[-2]}, v")
    if 0 in keys.shape[-2:]:
        raise ValueError(f"keys must have at least one place and one width, got {keys.shape}")
    fronts = [array.shape[:-2] for array in (queries, keys, values)]
    try:
        np.broadcast_shapes(*fronts)
    except ValueError as error:
        raise ValueError(f"queries, keys and values must broadcast, got {fronts}") from error
    scores = queries @ np.swapaxes(keys, -1, -2) / math.sqrt(queries.shape[-1])
    weights = dropout(softmax(scores), rate, rng, training=training)
    return weights @ values, weights
