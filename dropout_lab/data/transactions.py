"""Card transactions that nobody made: five famous rows, and a simulated stream with known odds."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dropout_lab import _checks as check
from dropout_lab._types import Doubles, Labels, Numbers

__all__ = ["Transactions", "make_transactions", "toy_transactions", "transaction_evidence"]

# The columns of the simulated transactions; the last one is the crutch.
NAMES = ("amount", "hour", "merchant_risk", "distance", "velocity", "device_score")

# For each column, the parameters for genuine and for fraudulent transactions.
_AMOUNT = (math.log(40.0), 1.0), (math.log(120.0), 1.4)  # log-normal: mean and sd of the log
_HOUR = (15.0, 1.2), (2.0, 0.8)  # von Mises: center in hours, concentration
_MERCHANT_RISK = (2.0, 6.0), (3.0, 4.0)  # beta: both shapes
_DISTANCE = (math.log(8.0), 1.3), (math.log(40.0), 1.3)  # log-normal, as the amount
_VELOCITY = 0.6, 2.0  # Poisson: mean
_DEVICE_SCORE = 0.0, 2.5  # normal with sd 1: mean
_RADIANS_PER_HOUR = math.pi / 12

_Parameters = tuple[tuple[float, float], tuple[float, float]]


class Transactions(NamedTuple):
    """Transactions, one row each, and which of them were fraudulent.

    Attributes
    ----------
    features : numpy.ndarray of float64
        Shape ``(n, d)``.
    labels : numpy.ndarray of uint8
        Shape ``(n,)``: 1 for fraud, 0 for genuine.
    names : tuple of str
        The d columns.
    """

    features: Doubles
    labels: Labels
    names: tuple[str, ...]


def toy_transactions() -> Transactions:
    """Return the five transactions on which a popular tutorial trains a fraud detector.

    Returns
    -------
    Transactions
        Five rows, columns ``amount`` and ``time``, no unit given for either. Two are frauds:
        those with an amount in the thousands.

    See Also
    --------
    make_transactions : A whole stream of them.

    Notes
    -----
    Nothing can be learned about fraud, or about dropout, from five rows: they are here to
    show what unscaled inputs do to a network.

    Examples
    --------
    >>> toy_transactions().features[:, 0].tolist()
    [10.0, 50.0, 5000.0, 200.0, 10000.0]
    """
    amounts = [10.0, 50.0, 5000.0, 200.0, 10000.0]
    features = np.column_stack([amounts, np.arange(1.0, 6.0)])
    return Transactions(features, np.array([0, 0, 1, 0, 1], np.uint8), ("amount", "time"))


def make_transactions(
    n: int, fraud_rate: float, rng: np.random.Generator, *, drift: float = 0.0
) -> Transactions:
    """Simulate card transactions. One of the six columns is a crutch that can be made to fail.

    These are invented numbers with stated distributions, not anybody's payments. Given the
    class, the six columns are independent:

    ================= =========== ================================ =========================
    column            unit        genuine                          fraud
    ================= =========== ================================ =========================
    ``amount``        EUR         log-normal, median 40, sd 1.0    log-normal, median 120,
                                                                   sd 1.4
    ``hour``          hours,      von Mises around 15, κ = 1.2     von Mises around 2,
                      [0, 24)                                      κ = 0.8
    ``merchant_risk`` in (0, 1)   beta(2, 6)                       beta(3, 4)
    ``distance``      km from     log-normal, median 8, sd 1.3     log-normal, median 40,
                      home                                         sd 1.3
    ``velocity``      payments in Poisson, mean 0.6                Poisson, mean 2.0
                      the last
                      hour
    ``device_score``  none        normal, mean 0, sd 1             normal, mean 2.5, sd 1
    ================= =========== ================================ =========================

    (The sd of a log-normal is that of the natural logarithm.) ``device_score`` is the crutch:
    think of a bought-in score for how unusual the paying device looks. Each fraudster has
    learned to imitate the customer's device with probability `drift`, and then the score is
    drawn as for a genuine transaction. At drift 1 it carries no information at all; the other
    five columns are what they were.

    Parameters
    ----------
    n : int
        How many transactions, at least 1.
    fraud_rate : float
        The share of frauds, between 0 and 1. Their number is ``round(n * fraud_rate)``
        exactly; only their places are random.
    rng : numpy.random.Generator
        Source of randomness. From the same state, another `drift` changes nothing but the
        device scores of frauds.
    drift : float, default 0.0
        Probability that a fraud has the device score of a genuine transaction.

    Returns
    -------
    Transactions
        ``features`` of shape ``(n, 6)``, float64, ``labels`` of shape ``(n,)``, uint8, and
        ``names``.

    Raises
    ------
    TypeError
        If an argument has the wrong type.
    ValueError
        If `n` is smaller than 1, or `fraud_rate` or `drift` lies outside [0, 1].

    See Also
    --------
    dropout_lab.data.transactions.transaction_evidence :
        What an ideal detector concludes from each column.

    Examples
    --------
    >>> stream = make_transactions(1000, 0.01, np.random.default_rng(0))
    >>> stream.features.shape, int(stream.labels.sum()), stream.names[-1]
    ((1000, 6), 10, 'device_score')
    """
    n = check.count(n, "n")
    frauds = round(n * check.rate(fraud_rate, "fraud_rate"))
    drift = check.rate(drift, "drift")
    fraud = check.rng(rng).permutation(np.arange(n) < frauds)

    def by_class(pair: tuple[float, float]) -> Doubles:
        return np.where(fraud, pair[1], pair[0])

    def pairs(parameters: _Parameters) -> list[Doubles]:
        return [by_class(pair) for pair in zip(*parameters, strict=True)]

    amount = rng.lognormal(*pairs(_AMOUNT))
    center, concentration = pairs(_HOUR)
    angle = rng.vonmises(center * _RADIANS_PER_HOUR, concentration)
    hour = np.mod(angle / _RADIANS_PER_HOUR, 24.0) % 24.0  # twice: -1e-17 becomes 24, then 0
    risk = rng.beta(*pairs(_MERCHANT_RISK))
    distance = rng.lognormal(*pairs(_DISTANCE))
    velocity = rng.poisson(by_class(_VELOCITY))
    imitated = rng.random(n) < drift
    shift = np.where(fraud & ~imitated, _DEVICE_SCORE[1], _DEVICE_SCORE[0])
    score = rng.normal(size=n) + shift
    features = np.column_stack([amount, hour, risk, distance, velocity, score])
    return Transactions(features, fraud.astype(np.uint8), NAMES)


def transaction_evidence(features: Numbers, *, drift: float = 0.0) -> Doubles:
    """Return what each column of a simulated transaction says, as a log-likelihood ratio.

    The columns are independent within each class, so the sum over a row is the log-likelihood
    ratio of the whole transaction. No detector ranks better than this sum, because it knows
    the distributions that a network has to learn. With a share π of frauds, the probability
    that a transaction is one is the logistic function of that sum plus ``log(π / (1 - π))``.

    Parameters
    ----------
    features : numpy.ndarray
        Simulated transactions, shape ``(n, 6)``, columns as in `make_transactions`.
    drift : float, default 0.0
        The drift that the detector believes in.

    Returns
    -------
    numpy.ndarray of float64
        Shape ``(n, 6)``, natural logarithms of p(value given fraud) / p(value given genuine).
        Positive values speak for fraud.

    Raises
    ------
    TypeError
        If `features` is not an array of numbers, or `drift` not a number.
    ValueError
        If `features` has another shape, or values that no transaction can have, or `drift`
        lies outside [0, 1].

    See Also
    --------
    make_transactions : The rows.

    References
    ----------
    Neyman, J. and Pearson, E. S. (1933). On the problem of the most efficient tests of
    statistical hypotheses. Philosophical Transactions of the Royal Society A 231, 289-337.

    Examples
    --------
    A device score of 2.5 multiplies the odds of fraud by exp(2.5² / 2), about 22.8:

    >>> row = np.array([[40.0, 12.0, 0.25, 8.0, 1.0, 2.5]])
    >>> round(float(np.exp(transaction_evidence(row)[0, -1])), 1)
    22.8
    >>> float(transaction_evidence(row, drift=1.0)[0, -1])
    0.0
    """
    features = check.numbers(features, "features")
    if features.ndim != 2 or features.shape[1] != len(NAMES):
        raise ValueError(
            f"features must have shape (n, {len(NAMES)}), one column for each of "
            f"{', '.join(NAMES)}; got shape {features.shape}"
        )
    drift = check.rate(drift, "drift")
    amount, hour, risk, distance, velocity, score = features.T
    for name, column, allowed, rule in (
        ("amount", amount, amount > 0, "positive and finite"),
        ("hour", hour, (hour >= 0) & (hour <= 24), "between 0 and 24"),
        ("merchant_risk", risk, (risk > 0) & (risk < 1), "between 0 and 1, both excluded"),
        ("distance", distance, distance > 0, "positive and finite"),
        ("velocity", velocity, velocity >= 0, "at least 0 and finite"),
        ("device_score", score, np.isfinite(score), "finite"),
    ):
        wrong = ~(allowed & np.isfinite(column))
        if wrong.any():
            raise ValueError(f"features must have {name} {rule}, got {column[wrong][0]}")

    logs = [
        _log_ratio(_normal, np.log(amount), _AMOUNT),
        _log_ratio(_von_mises, hour * _RADIANS_PER_HOUR, _HOUR),
        _log_ratio(_beta, risk, _MERCHANT_RISK),
        _log_ratio(_normal, np.log(distance), _DISTANCE),
        velocity * math.log(_VELOCITY[1] / _VELOCITY[0]) - (_VELOCITY[1] - _VELOCITY[0]),
    ]
    shift = _DEVICE_SCORE[1]
    plain = shift * score - shift**2 / 2
    with np.errstate(divide="ignore"):  # log(0) at the two ends is meant
        mixed = np.logaddexp(np.log(1 - drift) + plain, np.log(drift))
    return np.column_stack([*logs, mixed])


def _log_ratio(
    log_density: Callable[[Doubles, float, float], Doubles],
    values: Doubles,
    parameters: _Parameters,
) -> Doubles:
    """Return the log density under fraud less that under genuine, up to shared terms."""
    genuine, fraud = parameters
    return log_density(values, *fraud) - log_density(values, *genuine)


def _normal(values: Doubles, mean: float, sd: float) -> Doubles:
    return -(((values - mean) / sd) ** 2) / 2 - math.log(sd)


def _von_mises(angles: Doubles, center: float, concentration: float) -> Doubles:
    aligned = np.cos(angles - center * _RADIANS_PER_HOUR)
    return concentration * aligned - np.log(np.i0(concentration))


def _beta(values: Doubles, a: float, b: float) -> Doubles:
    normalizer = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    return (a - 1) * np.log(values) + (b - 1) * np.log1p(-values) - normalizer
