"""Right and wrong answers to the checked exercises of chapter 6."""

import numpy as np


def alert_precision(share, recall, false_alarms):
    """The odds of fraud among alerts are the odds among payments times a ratio of rates."""
    odds = share / (1 - share) * recall / false_alarms
    return odds / (1 + odds)


def money_saved(scores, amounts, labels, budget):
    threshold = np.sort(scores)[-budget]
    frauds = labels == 1
    return amounts[frauds & (scores >= threshold)].sum() / amounts[frauds].sum()


RIGHT = {"alert_precision": alert_precision, "money_saved": money_saved}
WRONG = {
    "alert_precision": (
        lambda share, recall, false_alarms: recall,
        lambda share, recall, false_alarms: share / (share + false_alarms),
        lambda share, recall, false_alarms: 1 - alert_precision(share, recall, false_alarms),
        lambda share, recall, false_alarms: alert_precision(share, 1 - recall, false_alarms),
    ),
    "money_saved": (
        lambda scores, amounts, labels, budget: money_saved(amounts, amounts, labels, budget),
        lambda scores, amounts, labels, budget: amounts[np.argsort(-scores)[:budget]].sum(),
        lambda scores, amounts, labels, budget: money_saved(scores, amounts, 1 - labels, budget),
        lambda scores, amounts, labels, budget: (scores >= 0.5) @ amounts / amounts.sum(),
    ),
}
