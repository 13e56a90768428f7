"""Right and wrong answers to the checked exercises of chapter 12."""

import numpy as np


def block_share(rate, block, side):
    places = side - block + 1
    start = rate * side**2 / (block * places) ** 2
    total = 0.0
    for row in range(side):
        for column in range(side):
            covering = 1
            for at in (row, column):
                first, last = max(at - block + 1, 0), min(at, side - block)
                covering *= last - first + 1
            total += 1 - (1 - start) ** covering
    return total / side**2


def memory_mean(rate, steps, shared):
    factor, survive = 1 / (1 - rate), 1 - rate
    return survive * factor**steps if shared else (survive * factor) ** steps


def norm_ratio(x, rate):
    factor = 1 / (1 - rate)
    second = np.mean(x**2) * factor  # of x times mask times factor
    return (second - x.mean() ** 2) / x.var()


RIGHT = {"block_share": block_share, "memory_mean": memory_mean, "norm_ratio": norm_ratio}

WRONG = {
    "block_share": [
        lambda rate, block, side: rate * block**2 / side**2,
        lambda rate, block, side: min(1.0, rate * side**2 / (side - block + 1) ** 2),
    ],
    "memory_mean": [
        lambda rate, steps, shared: (1 - rate) ** (steps - 1) if shared else 1.0,
        lambda rate, steps, shared: 1 / (1 - rate) if shared else 1.0,
    ],
    "norm_ratio": [
        lambda x, rate: 1 + rate / (1 - rate) * x.mean() ** 2 / x.var(),
        lambda x, rate: np.mean(x**2) / (1 - rate) / x.var(),
    ],
}
