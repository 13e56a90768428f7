"""Right and wrong answers to the checked exercises of chapter 7."""

import numpy as np


def weights_at_work(sizes, rate):
    keep = [1.0, *[1 - rate] * (len(sizes) - 2), 1.0]
    total = 0.0
    for layer in range(len(sizes) - 1):
        total += sizes[layer] * keep[layer] * sizes[layer + 1] * keep[layer + 1]
    return total


def honest_accuracy(validation, test):
    chosen = validation == validation.max(axis=0)
    return test[chosen].mean()


RIGHT = {"weights_at_work": weights_at_work, "honest_accuracy": honest_accuracy}
WRONG = {
    "weights_at_work": (
        lambda sizes, rate: weights_at_work(sizes, 0) * (1 - rate),
        lambda sizes, rate: weights_at_work(sizes[:-1], rate),
        lambda sizes, rate: weights_at_work(sizes, rate) / weights_at_work(sizes, 0),
        lambda sizes, rate: sum(sizes) * (1 - rate),
        lambda sizes, rate: weights_at_work(sizes, np.sqrt(rate)),
    ),
    "honest_accuracy": (
        lambda validation, test: test.mean(),
        lambda validation, test: test[validation.argmin(axis=0), range(len(test[0]))].mean(),
        lambda validation, test: test[validation.argmax(axis=0)].mean(),
        lambda validation, test: test[validation.argmax(axis=0), range(len(test[0]))],
        lambda validation, test: test.flat[validation.argmax()],
    ),
}
