"""Wrong answers to the checked exercises that a check must not let pass, by the exercise's name.

Each function gets the right answer, which stands in the chapter's solution, and yields wrong ones.
"""

import math

import numpy as np
import torch
from torch import nn

from dropout_lab.conventions import CONVENTIONS

# Chapter 1


def friend_weights(right):
    yield lambda variances, rate: right(np.sqrt(variances), rate)  # deviations
    yield lambda variances, rate: right(variances, 1 - rate) if rate else variances
    yield lambda variances, rate: right(variances, rate) / (1 - rate)
    yield lambda variances, rate: right(variances, rate)[:, None]
    yield lambda variances, rate: 1 / variances


def moment_weights(right):
    yield lambda C, c, rate: C @ c
    yield lambda C, c, rate: np.linalg.solve(C, c) * (1 - rate)
    yield lambda C, c, rate: right(C, c, rate**2)
    yield lambda C, c, rate: np.linalg.solve(C + rate / (1 - rate) * np.diag(C), c)


# Chapter 2


def mask_mean(right):
    yield lambda x, rate, f: f(np.zeros(len(x)))
    yield lambda x, rate, f: right(x, rate, f) * (1 - rate)
    yield lambda x, rate, f: right(x / (1 - rate), rate, f)  # scaled twice
    yield lambda x, rate, f: right(x, rate, lambda y: y)


def dropped_exactly(right):
    yield lambda n, k, rate: right(n, k + 1, rate)
    yield lambda n, k, rate: right(n, k, rate) + right(n, k - 1, rate)
    yield lambda n, k, rate: float(k == round(n * rate))
    yield lambda n, k, rate: math.comb(n, k) * rate**k


def channel_mask(right):
    yield lambda shape, rate, rng: np.tile(rng.random((1, *shape[1:])) >= rate, (shape[0], 1, 1, 1))
    yield lambda shape, rate, rng: right(shape, rate, rng).astype(float)
    yield lambda shape, rate, rng: ~right(shape, rate, rng)
    yield lambda shape, rate, rng: right(shape, rate, rng)[:, :1, :1, :]
    yield lambda shape, rate, rng: right(shape, 0.5, rng)


# Chapter 3


def symmetric_dropout(right):
    yield lambda *arguments: right(*arguments)[:2]
    yield lambda x, mask, rate, grad: right(x, ~mask, rate, grad)
    yield lambda x, mask, rate, grad: right(x, mask, rate, x)
    for number in range(3):  # one output is right, the others are the input

        def only_one(x, mask, rate, grad, number=number):
            outputs = [x, x, grad]
            outputs[number] = right(x, mask, rate, grad)[number]
            return tuple(outputs)

        yield only_one


def diagnose(right):
    yield lambda ratio, rate: list(CONVENTIONS)
    yield lambda ratio, rate: []
    yield lambda ratio, rate: right(ratio, 0.2)
    yield lambda ratio, rate: [name for name in right(ratio, rate) if name != "scale by p"]
    yield lambda ratio, rate: ", ".join(right(ratio, rate))


def gap_thresholds(right):
    yield lambda contributions, rate: (contributions.min(), contributions.max())
    yield lambda contributions, rate: right(contributions, 1 - rate)
    yield lambda contributions, rate: right(contributions, rate)[0]
    yield lambda contributions, rate: (-np.abs(contributions).sum(), np.abs(contributions).sum())


# Chapter 4


def resting_share(right):
    yield lambda rate, batch: 1 - (1 - rate) ** 2 / batch
    yield lambda rate, batch: right(rate, batch) ** 2
    yield lambda rate, batch: 1 - right(rate, batch)
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
    yield lambda rate, rng: right(1 - rate, rng)
    yield lambda rate, rng: right
    yield lambda rate, rng: right(rate, rng)[0]
    yield lambda rate, rng: right(rate, rng)[::-1]


# Chapter 5


def drops(right):
    def after_eval(model, x):
        model.eval()
        return right(model, x)

    def after_seeding(model, x):
        torch.manual_seed(0)
        return right(model, x)

    yield from (after_eval, after_seeding)
    yield lambda model, x: True
    yield lambda model, x: False
    yield lambda model, x: not right(model, x)
    yield lambda model, x: model(x) != model(x)


def functional_net(right):
    yield lambda rate: right(1 - rate)
    yield lambda rate: nn.Sequential(nn.Dropout(rate), right(rate))
    yield lambda rate: right
    yield lambda rate: nn.Linear(20, 1)
    yield lambda rate: nn.Sequential(*right(rate).children())


def loss_floor(right):
    yield lambda rate, classes: rate * classes
    yield lambda rate, classes: -rate * math.log(classes)
    yield lambda rate, classes: math.log(rate * classes) if rate else 0.0
    yield lambda rate, classes: rate * math.log(classes - 1)
    yield lambda rate, classes: right(rate, classes + 1)


# Chapter 6


def alert_precision(right):
    yield lambda share, recall, false_alarms: recall
    yield lambda share, recall, false_alarms: share / (share + false_alarms)
    yield lambda share, recall, false_alarms: 1 - right(share, recall, false_alarms)
    yield lambda share, recall, false_alarms: right(share, 1 - recall, false_alarms)


def money_saved(right):
    yield lambda scores, amounts, labels, budget: right(amounts, amounts, labels, budget)
    yield lambda scores, amounts, labels, budget: amounts[np.argsort(-scores)[:budget]].sum()
    yield lambda scores, amounts, labels, budget: right(scores, amounts, 1 - labels, budget)
    yield lambda scores, amounts, labels, budget: (scores >= 0.5) @ amounts / amounts.sum()


# Chapter 7


def weights_at_work(right):
    yield lambda sizes, rate: right(sizes, 0) * (1 - rate)
    yield lambda sizes, rate: right(sizes[:-1], rate)
    yield lambda sizes, rate: right(sizes, rate) / right(sizes, 0)
    yield lambda sizes, rate: sum(sizes) * (1 - rate)
    yield lambda sizes, rate: right(sizes, np.sqrt(rate))


def honest_accuracy(right):
    yield lambda validation, test: test.mean()
    yield lambda validation, test: right(-validation, test)
    yield lambda validation, test: test[validation.argmax(axis=0)].mean()
    yield lambda validation, test: test[validation.argmax(axis=0), range(len(test[0]))]
    yield lambda validation, test: test.flat[validation.argmax()]


# Chapter 8


def mask_weight(right):
    yield lambda mask, rate: right(~mask, rate)
    yield lambda mask, rate: math.comb(len(mask), sum(mask)) * right(mask, rate)
    yield lambda mask, rate: rate ** (len(mask) - sum(mask))
    yield lambda mask, rate: 0.5 ** len(mask)
    yield lambda mask, rate: 0.0


def geometric_mean(right):
    yield lambda predictions, weights: weights @ predictions
    yield lambda predictions, weights: np.exp(weights @ np.log(predictions))
    yield lambda predictions, weights: right(predictions, weights**0 / len(weights))
    yield lambda predictions, weights: right(predictions, weights)[::-1]
    yield lambda predictions, weights: weights @ np.log(predictions)


def sampled_mean(right):
    yield lambda logits: right(logits.mean(axis=0, keepdims=True))
    yield lambda logits: right(np.swapaxes(logits, 0, 1))
    yield lambda logits: right(logits) * len(logits)
    yield lambda logits: (np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)).mean(axis=0)
    yield lambda logits: right(logits[:1])


# Chapter 9


def layer_width(right):
    yield lambda kept, rate: kept + round(kept * rate)
    yield lambda kept, rate: 2 * kept
    yield lambda kept, rate: kept


def choose_rate(right):
    yield lambda rates, validation, test: (rates[1], test.min())
    yield lambda rates, validation, test: (right(rates, validation, test)[0], 0.0)
    yield lambda rates, validation, test: rates[0]


def max_norm(right):
    yield lambda weights, c: np.where(np.linalg.norm(weights, axis=0) > c, 0.0, weights)
    yield lambda weights, c: weights / c
    yield lambda weights, c: weights


# Chapter 10


def noise_prices(right):
    yield lambda x, factors, chances: right(x, factors, chances) ** 0.5
    yield lambda x, factors, chances: right(x.T, factors, chances)
    yield lambda x, factors, chances: right(x, factors, chances).sum()
    yield lambda x, factors, chances: factors.var() * (x**2).sum(axis=0)


def shared_weights(right):
    yield lambda correlation, rate: np.array([1.0, 0.0])
    yield lambda correlation, rate: right(correlation, rate)[::-1]
    yield lambda correlation, rate: right(abs(correlation), rate)
    yield lambda correlation, rate: right(correlation, rate)[0]


def lone_penalty(right):
    yield lambda z, rate: right(z, 1 - rate) if 0 < rate < 1 else 0.0
    yield lambda z, rate: right(z, rate) / math.log(2)
    yield lambda z, rate: -right(z, rate)
    yield lambda z, rate: rate * np.log(2) + (1 - rate) * np.log(1 + np.exp(z / (1 - rate))) - z


# Chapter 11


def mutual_information(right):
    yield lambda p: -(p * np.log(p)).sum(axis=-1)
    yield lambda p: right(np.swapaxes(p, 0, 1))
    yield lambda p: right(p).mean()
    yield lambda p: p.var(axis=0).sum(axis=-1)


def readout_variance(right):
    yield lambda hidden, weights, rate: hidden**2 @ weights**2 * rate
    yield lambda hidden, weights, rate: hidden**2 @ weights * rate / (1 - rate)
    yield lambda hidden, weights, rate: right(hidden, weights, rate) / len(weights)
    yield lambda hidden, weights, rate: right(hidden, weights, rate).mean()


def calibration_error(right):
    yield lambda labels, p: 1 - p.max(axis=1).mean()
    yield lambda labels, p: np.mean(p.argmax(axis=1) != labels)
    yield lambda labels, p: right(labels, p) ** 2
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
    yield lambda some, none, t: right(some, none, t)[0]
    yield lambda some, none, t: right(some, none, t)[::-1]
    yield lambda some, none, t: right(some, none, 2 * t)
    yield lambda some, none, t: right(some, np.full(len(none), none.mean()), t)


def verdict(right):
    yield lambda gain, half: "unclear"
    yield lambda gain, half: gain > half
    yield lambda gain, half: right(gain, half).title()
    yield lambda gain, half: right(-gain, half)
    yield lambda gain, half: "helps" if gain > half else "unclear"
