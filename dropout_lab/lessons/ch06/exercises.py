"""The checked exercises of chapter 6: fraud detection."""

import numpy as np

from dropout_lab.teaching.exercise import Exercise, Mistake, Trial


def _stream(seed, n=200):
    """Return scores, amounts and labels of n payments."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.2).astype(int)
    return rng.normal(size=n) + labels, rng.uniform(1, 500, n), labels


def _saved(scores, amounts, labels, budget):
    """Return the share by going through the payments, the most suspicious first."""
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    saved = sum(amounts[i] for i in order[:budget] if labels[i])
    return float(saved / sum(amounts[i] for i in order if labels[i]))


EXERCISES = (
    Exercise(
        "alert_precision(share, recall, false_alarms) takes the share of frauds among all "
        "payments, the share of frauds found and the share of genuine payments that raise an "
        "alarm, and returns the share of frauds among the alerts.",
        Trial(
            "10 frauds in 1,010 payments: 8 found, 2 false alarms",
            lambda: (10 / 1010, 8 / 10, 2 / 1000),
            8 / 10,
        ),
        Trial(
            "173 frauds in 100,173 payments: 100 found, 400 false alarms",
            lambda: (173 / 100_173, 100 / 173, 400 / 100_000),
            100 / 500,
        ),
        Trial("as many frauds as genuine payments", lambda: (0.5, 0.6, 0.2), 0.75),
        Mistake(
            lambda share, recall, false_alarms: recall / (recall + false_alarms),
            "The share of frauds is missing: 0.1 % of very many payments are many alarms.",
        ),
        Mistake(
            lambda share, recall, false_alarms: share * recall / (share * recall + false_alarms),
            "False alarms are a share of the genuine payments, and these are 1 - share of all.",
        ),
        Mistake(
            lambda share, recall, false_alarms: share * recall,
            "That is the share of all payments that are frauds and found. Divide it by the share "
            "that raises an alert.",
        ),
        hint="Imagine a million payments, and count the alerts of both kinds.",
    ),
    Exercise(
        "money_saved(scores, amounts, labels, budget) returns the share of the money lost to "
        "fraud that is saved by looking at the budget highest scores; labels are 1 for fraud.",
        Trial(
            "five payments and two alerts",
            lambda: (
                np.array([0.9, 0.1, 0.8, 0.3, 0.2]),
                np.array([10.0, 70.0, 500.0, 20.0, 1.0]),
                np.array([1, 1, 0, 1, 0]),
                2,
            ),
            0.1,
        ),
        Trial("200 payments and 30 alerts", lambda: (*_stream(0), 30), _saved),
        Trial("an alert for every payment", lambda: (*_stream(1), 200), 1.0),
        Mistake(
            lambda scores, amounts, *rest: _saved(scores, np.ones(len(amounts)), *rest),
            "That is the share of the frauds. Weigh each of them with its amount.",
        ),
        Mistake(
            lambda scores, *rest: _saved(-scores, *rest),
            "You look at the lowest scores. np.argsort sorts upward.",
        ),
    ),
)
