"""Right and wrong answers to the checked exercises of chapter 10."""

import math

import numpy as np


def noise_prices(x, factors, chances):
    """The mean of squared deviations from one, in place of the mean square less one."""
    variance = np.average((factors - 1) ** 2, weights=chances)
    return np.array([variance * column @ column for column in x.T])


def shared_weights(correlation, rate):
    """Cramer's rule, with the diagonal divided by keep in place of the rest multiplied by it."""
    d = 1 / (1 - rate)
    determinant = d**2 - correlation**2
    return np.array([d - correlation**2, d * correlation - correlation]) / determinant


def lone_penalty(z, rate):
    """The loss at -|z| + |z|, which cannot overflow."""
    z = abs(z)
    kept = (1 - rate) * math.log1p(math.exp(-z / (1 - rate)))
    return rate * math.log(2) + kept - math.log1p(math.exp(-z))


RIGHT = {
    "noise_prices": noise_prices,
    "shared_weights": shared_weights,
    "lone_penalty": lone_penalty,
}
WRONG = {
    "noise_prices": (
        lambda x, factors, chances: noise_prices(x, factors, chances) ** 0.5,
        lambda x, factors, chances: noise_prices(x.T, factors, chances),
        lambda x, factors, chances: noise_prices(x, factors, chances).sum(),
        lambda x, factors, chances: (factors.var()) * (x**2).sum(axis=0),
    ),
    "shared_weights": (
        lambda correlation, rate: np.array([1.0, 0.0]),
        lambda correlation, rate: shared_weights(correlation, rate)[::-1],
        lambda correlation, rate: shared_weights(abs(correlation), rate),
        lambda correlation, rate: shared_weights(correlation, rate)[0],
    ),
    "lone_penalty": (
        lambda z, rate: lone_penalty(z, 1 - rate) if 0 < rate < 1 else 0.0,
        lambda z, rate: lone_penalty(z, rate) / math.log(2),
        lambda z, rate: -lone_penalty(z, rate),
        lambda z, rate: rate * np.log(2) + (1 - rate) * np.log(1 + np.exp(z / (1 - rate))) - z,
    ),
}
