"""The Gaussian process that chapter 11 compares with: exact where dropout approximates."""

import numpy as np

from dropout_lab import _checks as check

__all__ = ["relu_process"]


def relu_process(x, targets, where, *, noise, scale):
    """Return mean and standard deviation of an exact Bayesian regression.

    The model is a network with one hidden layer of infinitely many ReLU units and a normal
    prior on its weights: a Gaussian process, so that no approximation is needed.

    Parameters
    ----------
    x, targets : numpy.ndarray of float
        Training data, shape ``(n,)`` each.
    where : numpy.ndarray of float
        Where to predict, shape ``(m,)``.
    noise : float
        Standard deviation of the noise in `targets`, greater than 0.
    scale : float
        Standard deviation of the network's output at 0 before it has seen any data, greater
        than 0.

    Returns
    -------
    mean, spread : numpy.ndarray of float64
        Shape ``(m,)``: mean and standard deviation of the function, noise not included.

    Raises
    ------
    TypeError, ValueError
        If an argument is not allowed; the message names it.

    References
    ----------
    Cho and Saul (2009), Kernel methods for deep learning, NeurIPS, for the kernel; Rasmussen
    and Williams (2006), Gaussian processes for machine learning, section 2.2.

    Examples
    --------
    >>> x = np.array([-1.0, 1.0])
    >>> mean, spread = relu_process(x, x, np.array([0.0, 1.0]), noise=0.01, scale=1.0)
    >>> bool(spread[0] > 10 * spread[1])
    True
    """
    x = check.numbers(x, "x", "n", finite=True)
    targets = check.numbers(targets, "targets", "n", finite=True)
    where = check.numbers(where, "where", "m", finite=True)
    if targets.shape != x.shape:
        raise ValueError(f"targets must have the shape of x, {x.shape}, got {targets.shape}")
    noise = check.number(noise, "noise", positive=True)
    scale = check.number(scale, "scale", positive=True)
    known = _relu_kernel(x, x, scale) + noise**2 * np.eye(len(x))
    across = _relu_kernel(where, x, scale)
    solved = np.linalg.solve(known, np.column_stack([targets, across.T]))
    left = _relu_kernel(where, where, scale).diagonal() - (across * solved[:, 1:].T).sum(axis=1)
    return across @ solved[:, 0], np.sqrt(np.maximum(left, 0.0))


def _relu_kernel(a, b, scale):
    """Return the covariance of outputs at `a` and `b`; each input is joined by a constant 1."""
    a, b = (np.stack([np.ones_like(one), one], axis=1) for one in (a, b))
    sizes = np.linalg.norm(a, axis=1)[:, None] * np.linalg.norm(b, axis=1)
    angle = np.arccos(np.clip(a @ b.T / sizes, -1, 1))
    return scale**2 * sizes * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / np.pi
