"""Right and wrong answers to the checked exercises of chapter 8."""

import math

import numpy as np


def mask_weight(mask, rate):
    dropped = len(mask) - sum(mask)
    return rate**dropped * (1 - rate) ** sum(mask)


def geometric_mean(predictions, weights):
    logs = sum(w * np.log(p) for w, p in zip(weights, predictions, strict=True))
    return np.exp(logs) / np.exp(logs).sum()


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def sampled_mean(logits):
    total = np.zeros(logits.shape[1:])
    for each in logits:
        total += softmax(each) / len(logits)
    return total


RIGHT = {
    "mask_weight": mask_weight,
    "geometric_mean": geometric_mean,
    "sampled_mean": sampled_mean,
}
WRONG = {
    "mask_weight": (
        lambda mask, rate: mask_weight(~mask, rate),
        lambda mask, rate: math.comb(len(mask), sum(mask)) * mask_weight(mask, rate),
        lambda mask, rate: rate ** (len(mask) - sum(mask)),
        lambda mask, rate: 0.5 ** len(mask),
        lambda mask, rate: 0.0,
    ),
    "geometric_mean": (
        lambda predictions, weights: weights @ predictions,
        lambda predictions, weights: np.exp(weights @ np.log(predictions)),
        lambda predictions, weights: geometric_mean(predictions, weights**0 / len(weights)),
        lambda predictions, weights: geometric_mean(predictions, weights)[::-1],
        lambda predictions, weights: weights @ np.log(predictions),
    ),
    "sampled_mean": (
        lambda logits: softmax(logits.mean(axis=0)),
        lambda logits: softmax(logits).mean(axis=1),
        lambda logits: softmax(logits).sum(axis=0),
        lambda logits: (np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)).mean(axis=0),
        lambda logits: softmax(logits[0]),
    ),
}
