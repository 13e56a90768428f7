"""Right and wrong answers to the checked exercises of chapter 1."""

import numpy as np


def friend_weights(variances, rate):
    noise = (variances + rate) / (1 - rate)
    return np.linalg.solve(np.diag(noise) + 1, np.ones(len(variances)))


def moment_weights(C, c, rate):
    heavier = np.where(np.eye(len(c)) == 1, C / (1 - rate), C)
    return np.linalg.inv(heavier) @ c


RIGHT = {"friend_weights": friend_weights, "moment_weights": moment_weights}
WRONG = {
    "friend_weights": (
        lambda variances, rate: friend_weights(np.sqrt(variances), rate),  # deviations
        lambda variances, rate: friend_weights(variances, 1 - rate) if rate else variances,
        lambda variances, rate: friend_weights(variances, rate) / (1 - rate),
        lambda variances, rate: friend_weights(variances, rate)[:, None],
        lambda variances, rate: 1 / variances,
    ),
    "moment_weights": (
        lambda C, c, rate: C @ c,
        lambda C, c, rate: np.linalg.solve(C, c) * (1 - rate),
        lambda C, c, rate: moment_weights(C, c, rate**2),
        lambda C, c, rate: np.linalg.solve(C + rate / (1 - rate) * np.diag(C), c),
    ),
}
