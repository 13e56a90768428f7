"""Dropout on the inputs of a linear model as a penalty: exact, by enumeration, and approximate.

A penalty here charges each weight by its square, ``sum_j price_j * w_j**2``. With dropout the
price of a weight is set by the feature it belongs to.
"""

from collections.abc import Sequence

import numpy as np

from dropout_lab import _checks as check
from dropout_lab._types import Doubles, Labels, Numbers
from dropout_lab.layer import dropout
from dropout_lab.masks import all_masks

__all__ = [
    "confident_prices",
    "dropout_prices",
    "fit_logistic",
    "logistic_penalty",
    "ridge_weights",
    "sampled_weights",
]


def dropout_prices(x: Numbers, rate: float) -> Doubles:
    """Return what dropout charges for each squared weight of a linear regression.

    Parameters
    ----------
    x : numpy.ndarray
        Inputs, shape (n, d), one example a row.
    rate : float
        Probability of dropping, ``0 <= rate < 1``.

    Returns
    -------
    numpy.ndarray of float64
        Shape (d,): ``rate / (1 - rate) * sum_i x_ij**2``, beside the *sum* of squared errors.

    Raises
    ------
    TypeError
        If `x` is not a numeric array or `rate` not a real number.
    ValueError
        If `x` is not two-dimensional or not finite, or `rate` lies outside [0, 1): at 1 the
        price is infinite.

    See Also
    --------
    ridge_weights : The solution at these prices.

    References
    ----------
    Srivastava et al. (2014), JMLR 15, section 9.1; the paper's p is ``1 - rate``.

    Examples
    --------
    >>> dropout_prices(np.array([[1.0, 10.0], [2.0, 20.0]]), 0.5)
    array([  5., 500.])
    """
    x = check.numbers(x, "x", "n, d", finite=True)
    return check.odds(rate) * np.square(x).sum(axis=0)


def ridge_weights(x: Numbers, y: Numbers, prices: float | Numbers) -> Doubles:
    """Return the weights of least squares with a price on each squared weight.

    They minimize ``sum_i (y_i - x_i @ w)**2 + sum_j prices_j * w_j**2``.

    Parameters
    ----------
    x : numpy.ndarray
        Inputs, shape (n, d).
    y : numpy.ndarray
        Targets, shape (n,).
    prices : float or numpy.ndarray
        One price for all weights (plain ridge regression) or one for each, shape (d,); not
        negative. `dropout_prices` gives those of dropout.

    Returns
    -------
    numpy.ndarray of float64
        Shape (d,).

    Raises
    ------
    TypeError
        If an argument is not numeric.
    ValueError
        If the shapes do not fit, a number is not finite, a price is negative, or the minimum
        is not unique.

    See Also
    --------
    sampled_weights : The same by brute force.

    Notes
    -----
    `dropout_lab.study_group.practice_weights` is the special case of
    dropout, which it solves for rate 1 and for too few examples, too.

    Examples
    --------
    >>> x, y = np.array([[1.0], [2.0]]), np.array([2.0, 4.0])
    >>> ridge_weights(x, y, 0.0), ridge_weights(x, y, dropout_prices(x, 0.5))
    (array([2.]), array([1.]))
    """
    x = check.numbers(x, "x", "n, d", finite=True)
    y = check.numbers(y, "y", f"{len(x)}", finite=True)
    prices = check.numbers(prices, "prices", finite=True, sequence=True)
    if prices.shape not in ((), x.shape[1:]) or (prices < 0).any():
        allowed = f"one number or {x.shape[1]}, none of them negative"
        raise ValueError(f"prices must be {allowed}, got {prices!r:.80}")
    prices = np.broadcast_to(prices, x.shape[1:])
    system = check.squares(x.T @ x, "x") + np.diag(prices)
    size = np.sqrt(np.diag(system))
    size[size == 0] = 1.0
    system /= np.outer(size, size)  # a feature's unit must not decide what counts as singular
    if np.linalg.matrix_rank(system, hermitian=True) < len(system):
        allowed = "greater than 0 where several weights fit x as well"
        raise ValueError(f"prices must be {allowed}, got {prices!r:.80} for shape {x.shape}")
    return np.linalg.solve(system, x.T @ y / size) / size


def sampled_weights(
    x: Numbers, y: Numbers, rate: float, counts: Sequence[int], rng: np.random.Generator
) -> Doubles:
    """Return least-squares weights fitted to masked copies of the data, for a growing number.

    Each copy gets fresh masks, one for each example, and what is left is multiplied by
    ``1 / (1 - rate)``. The first k copies are stacked, and plain least squares does the rest.

    Parameters
    ----------
    x : numpy.ndarray
        Inputs, shape (n, d).
    y : numpy.ndarray
        Targets, shape (n,).
    rate : float
        Probability of dropping, ``0 <= rate < 1``.
    counts : sequence of int
        Numbers of copies, each at least 1. Smaller numbers use the first copies of larger ones.
    rng : numpy.random.Generator
        Draws the masks.

    Returns
    -------
    numpy.ndarray of float64
        Shape (len(counts), d).

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If the shapes do not fit, a number is not finite, `rate` lies outside [0, 1), or there is
        no count or one that is smaller than 1.

    See Also
    --------
    ridge_weights : The limit of many masks.

    Notes
    -----
    As the count grows, the weights approach those of `ridge_weights` with `dropout_prices`.

    Examples
    --------
    >>> x, y = np.ones((4, 1)), np.ones(4)
    >>> sampled_weights(x, y, 0.5, [1, 10_000], np.random.default_rng(0)).shape
    (2, 1)
    """
    x = check.numbers(x, "x", "n, d", finite=True)
    y = check.numbers(y, "y", f"{len(x)}", finite=True)
    rate = check.below_one(rate)
    counts = check.counts(counts, "counts")
    if not counts:
        raise ValueError("counts must hold at least one number of copies, got none")
    largest = np.abs(x) / (1 - rate)
    check.squares(max(counts) * (largest.T @ largest), "x")  # before anything is drawn
    d = x.shape[1]
    squares, products, found = np.zeros((d, d)), np.zeros(d), {}
    for copy in range(1, max(counts) + 1):
        heard = dropout(x, rate, rng)
        squares += heard.T @ heard
        products += heard.T @ y
        if copy in counts:
            found[copy] = np.linalg.lstsq(squares, products)[0]
    return np.array([found[count] for count in counts])


def logistic_penalty(x: Numbers, weights: Numbers, rate: float) -> float:
    """Return what dropout adds to the loss of a logistic regression, by listing every mask.

    Parameters
    ----------
    x : numpy.ndarray
        Inputs, shape (n, d), d at most 20.
    weights : numpy.ndarray
        Shape (d,).
    rate : float
        Probability of dropping, ``0 <= rate < 1``.

    Returns
    -------
    float
        In nats, summed over examples: the mean of ``log(1 + exp(z))`` over the masks minus its
        value without dropout, z being the logit. Labels do not enter.

    Raises
    ------
    TypeError
        If an argument is not numeric.
    ValueError
        If the shapes do not fit, a number is not finite, d is too large, or `rate` lies outside
        [0, 1).

    See Also
    --------
    confident_prices : Its prices near a solution.
    fit_logistic : Trains with it.

    References
    ----------
    Wager, Wang and Liang (2013), NIPS 26.

    Examples
    --------
    >>> far_out = logistic_penalty(np.ones((1, 1)), np.array([100.0]), 0.5)
    >>> bool(np.isclose(far_out, 0.5 * np.log(2)))  # one feature alone never pays more
    True
    """
    x = check.numbers(x, "x", "n, d", finite=True)
    weights = check.numbers(weights, "weights", f"{x.shape[1]}", finite=True)
    rate = check.below_one(rate)
    masks, probabilities = all_masks(x.shape[1], rate)
    mean = np.logaddexp(0, x @ (masks * weights).T / (1 - rate)) @ probabilities
    return float((mean - np.logaddexp(0, x @ weights)).sum())


def confident_prices(x: Numbers, weights: Numbers, rate: float) -> Doubles:
    """Return the approximate price of each squared weight under dropout in logistic regression.

    Parameters
    ----------
    x : numpy.ndarray
        Inputs, shape (n, d).
    weights : numpy.ndarray
        Shape (d,): they decide how sure the model is of each example.
    rate : float
        Probability of dropping, ``0 <= rate < 1``.

    Returns
    -------
    numpy.ndarray of float64
        Shape (d,): ``rate / (1 - rate) / 2 * sum_i p_i * (1 - p_i) * x_ij**2`` with p_i the
        probability of class 1. Prices times squared weights add up to the penalty in nats, to
        second order.

    Raises
    ------
    TypeError
        If an argument is not numeric.
    ValueError
        If the shapes do not fit, a number is not finite, or `rate` lies outside [0, 1).

    See Also
    --------
    logistic_penalty : What they approximate.

    References
    ----------
    Wager, Wang and Liang (2013), NIPS 26: the quadratic dropout penalty.

    Examples
    --------
    >>> confident_prices(np.ones((4, 1)), np.array([0.0]), 0.5)
    array([0.5])
    """
    x = check.numbers(x, "x", "n, d", finite=True)
    weights = check.numbers(weights, "weights", f"{x.shape[1]}", finite=True)
    p = _sigmoid(x @ weights)
    return check.odds(rate) / 2 * ((p * (1 - p)) @ np.square(x))


def fit_logistic(x: Numbers, labels: Labels, *, rate: float = 0.0, price: float = 0.0) -> Doubles:
    """Fit a logistic regression without bias under exact dropout, weight decay, or neither.

    Parameters
    ----------
    x : numpy.ndarray
        Inputs, shape (n, d); with dropout d is at most 20.
    labels : numpy.ndarray of int
        0 or 1, shape (n,).
    rate : float, default 0.0
        Probability of dropping, ``0 <= rate < 1``. All masks are listed, none is sampled.
    price : float, default 0.0
        Price of each squared weight beside the sum of the losses, at least 0.

    Returns
    -------
    numpy.ndarray of float64
        Shape (d,): the minimum, by Newton's method.

    Raises
    ------
    TypeError
        If an argument is not numeric.
    ValueError
        If the shapes do not fit, a number is not finite, d is too large, labels are not 0 or 1,
        or `rate` or `price` is not allowed.
    RuntimeError
        If there is no minimum: without a price, separable classes drive weights to infinity.

    See Also
    --------
    logistic_penalty : The penalty of dropout.

    Examples
    --------
    >>> x, labels = np.ones((4, 1)), np.array([1, 1, 1, 0])
    >>> bool(np.isclose(fit_logistic(x, labels)[0], np.log(3)))
    True
    """
    x = check.numbers(x, "x", "n, d", finite=True)
    labels = check.labels(labels, len(x), 2)
    price = check.number(price, "price", minimum=0)
    rate = check.below_one(rate)
    masks, share = all_masks(x.shape[1], rate) if rate else (np.ones((1, x.shape[1])), np.ones(1))
    rows = (masks[:, None, :] * x / (1 - rate)).reshape(-1, x.shape[1])
    share, labels = np.repeat(share, len(x)), np.tile(labels, len(masks))
    weights = np.zeros(x.shape[1])
    for _ in range(_NEWTON_STEPS):
        p = _sigmoid(rows @ weights)
        slope = rows.T @ (share * (p - labels)) + 2 * price * weights
        bend = (rows.T * (share * p * (1 - p))) @ rows + 2 * price * np.eye(len(weights))
        if not np.isfinite(bend).all() or not np.linalg.cond(bend) < _SINGULAR:
            break
        step = np.linalg.solve(bend, slope)
        weights = weights - step
        if np.abs(step).max() < _CLOSE:
            return weights
    raise RuntimeError(
        f"no minimum found after {_NEWTON_STEPS} Newton steps, weights {weights!r:.80}: "
        "do the features separate the classes? A price or a rate greater than 0 helps"
    )


_NEWTON_STEPS = 50
_CLOSE = 1e-10  # largest change of a weight in the last Newton step
_SINGULAR = 1e12  # condition number beyond which a Newton step means nothing


def _sigmoid(z: Doubles) -> Doubles:
    """Return ``1 / (1 + exp(-z))`` without overflow."""
    return np.exp(-np.logaddexp(0, -z))
