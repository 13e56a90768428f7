"""Wrong answers to the checked exercises that a check must not let pass, by the exercise's name.

Each function gets the right answer, which stands in the chapter's solution, and yields wrong ones.
"""

import math

import numpy as np
import torch
from torch import nn

# Chapter 1


def friend_weights(right):
    yield lambda variances, rate: right(variances, 1 - rate) if rate else variances
    yield lambda variances, rate: right(variances, rate) / (1 - rate)


def moment_weights(right):
    yield lambda C, c, rate: np.linalg.solve(C, c) * (1 - rate)
    yield lambda C, c, rate: right(C, c, rate**2)


# Chapter 2


def mask_mean(right):
    yield lambda x, rate, f: right(x / (1 - rate), rate, f)  # scaled twice
    yield lambda x, rate, f: right(x, rate, lambda y: y)


def dropped_exactly(right):
    yield lambda n, k, rate: right(n, k, rate) + right(n, k - 1, rate)
    yield lambda n, k, rate: math.comb(n, k) * rate**k


def channel_mask(right):
    yield lambda shape, rate, rng: right(shape, rate, rng).astype(float)
    yield lambda shape, rate, rng: ~right(shape, rate, rng)
    yield lambda shape, rate, rng: right(shape, 0.5, rng)


# Chapter 3


def symmetric_dropout(right):
    yield lambda x, mask, rate, grad: right(x, ~mask, rate, grad)
    yield lambda x, mask, rate, grad: right(x, mask, rate, x)
    yield lambda *arguments: (arguments[0], *right(*arguments)[1:])


def diagnose(right):
    yield lambda ratio, rate: right(ratio, 0.2)
    yield lambda ratio, rate: [name for name in right(ratio, rate) if name != "scale by p"]


def gap_thresholds(right):
    yield lambda contributions, rate: right(contributions, 1 - rate)
    yield lambda contributions, rate: (-np.abs(contributions).sum(), np.abs(contributions).sum())


# Chapter 4


def resting_share(right):
    yield lambda rate, batch: 1 - (1 - rate) ** 2 / batch
    yield lambda rate, batch: batch * right(rate, 1)


def dropout_layer(right):
    def inverse(rate, rng):  # the inverse function in place of the derivative
        forward, backward = right(rate, rng)
        return forward, lambda grad: (1 - rate) ** 2 * backward(grad)

    def unscaled(rate, rng):
        forward, backward = right(rate, rng)
        return lambda x: (1 - rate) * forward(x), lambda grad: (1 - rate) * backward(grad)

    def fixed(rate, rng):  # the same mask for every pass
        return lambda x: right(rate, np.random.default_rng(0))[0](x), right(rate, rng)[1]

    yield from (inverse, unscaled, fixed)


# Chapter 5


def drops(right):
    def after_seeding(model, x):
        torch.manual_seed(0)
        return right(model, x)

    yield after_seeding
    yield lambda model, x: True
    yield lambda model, x: False


def functional_net(right):
    yield lambda rate: right(1 - rate)
    yield lambda rate: nn.Sequential(nn.Dropout(rate), right(rate))


def loss_floor(right):
    yield lambda rate, classes: rate * math.log(classes - 1)
    yield lambda rate, classes: right(rate, classes + 1)


# Chapter 6


def alert_precision(right):
    yield lambda share, recall, false_alarms: recall
    yield lambda share, recall, false_alarms: right(share, 1 - recall, false_alarms)


def money_saved(right):
    yield lambda scores, amounts, labels, budget: right(amounts, amounts, labels, budget)
    yield lambda scores, amounts, labels, budget: right(scores, amounts, 1 - labels, budget)


# Chapter 7


def weights_at_work(right):
    yield lambda sizes, rate: right(sizes, 0) * (1 - rate)
    yield lambda sizes, rate: right(sizes, np.sqrt(rate))


def honest_accuracy(right):
    yield lambda validation, test: right(-validation, test)
    yield lambda validation, test: test.flat[validation.argmax()]


# Chapter 8


def mask_weight(right):
    yield lambda mask, rate: right(~mask, rate)
    yield lambda mask, rate: rate ** (len(mask) - sum(mask))


def geometric_mean(right):
    yield lambda predictions, weights: right(predictions, weights**0 / len(weights))
    yield lambda predictions, weights: right(predictions, weights)[::-1]


def sampled_mean(right):
    yield lambda logits: (np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)).mean(axis=0)
    yield lambda logits: right(logits[:1])


# Chapter 9


def layer_width(right):
    yield lambda kept, rate: 2 * kept
    yield lambda kept, rate: kept


def choose_rate(right):
    yield lambda rates, validation, test: (rates[1], test.min())
    yield lambda rates, validation, test: (right(rates, validation, test)[0], 0.0)


def max_norm(right):
    yield lambda weights, c: np.where(np.linalg.norm(weights, axis=0) > c, 0.0, weights)
    yield lambda weights, c: weights


# Chapter 10


def noise_prices(right):
    yield lambda x, factors, chances: right(x.T, factors, chances)
    yield lambda x, factors, chances: factors.var() * (x**2).sum(axis=0)


def shared_weights(right):
    yield lambda correlation, rate: right(correlation, rate)[::-1]
    yield lambda correlation, rate: right(abs(correlation), rate)


def lone_penalty(right):
    yield lambda z, rate: right(z, 1 - rate) if 0 < rate < 1 else 0.0
    yield lambda z, rate: rate * np.log(2) + (1 - rate) * np.log(1 + np.exp(z / (1 - rate))) - z


# Chapter 11


def mutual_information(right):
    yield lambda p: right(np.swapaxes(p, 0, 1))
    yield lambda p: p.var(axis=0).sum(axis=-1)


def readout_variance(right):
    yield lambda hidden, weights, rate: hidden**2 @ weights**2 * rate
    yield lambda hidden, weights, rate: hidden**2 @ weights * rate / (1 - rate)


def calibration_error(right):
    yield lambda labels, p: np.mean(p.argmax(axis=1) != labels)
    yield lambda labels, p: np.abs((p.argmax(axis=1) == labels) - p.max(axis=1)).mean()


# Chapter 12


def block_share(right):
    yield lambda rate, block, side: rate * block**2 / side**2
    yield lambda rate, block, side: min(1.0, rate * side**2 / (side - block + 1) ** 2)


def memory_mean(right):
    yield lambda rate, steps, shared: (1 - rate) ** (steps - 1) if shared else 1.0
    yield lambda rate, steps, shared: 1 / (1 - rate) if shared else 1.0


def norm_ratio(right):
    yield lambda x, rate: 1 + rate / (1 - rate) * x.mean() ** 2 / x.var()
    yield lambda x, rate: np.mean(x**2) / (1 - rate) / x.var()


# Chapter 13


def paired_gain(right):
    yield lambda some, none, t: right(some, none, 2 * t)
    yield lambda some, none, t: right(some, np.full(len(none), none.mean()), t)


def verdict(right):
    yield lambda gain, half: right(-gain, half)
    yield lambda gain, half: "helps" if gain > half else "unclear"
