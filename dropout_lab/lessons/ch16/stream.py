"""Simulated weeks of card payments: cards, terminals, days, and labels that come late.

The rules of fraud are those that the Fraud Detection Handbook describes, at another size and in
other code: nobody made these payments.
"""

from typing import NamedTuple

import numpy as np

__all__ = [
    "Payments", "card_precision", "inputs", "known_cards", "make_stream", "split_weeks",
]  # fmt: skip

CARDS, TERMINALS, DAYS = 2_000, 5_000, 72
CHOOSE, TRAIN, TEST = range(37, 44), range(51, 58), range(65, 72)
"""Days of three weeks, seven days apart.

Settings are trained on the first and chosen on the second, which then trains for the third.
"""

DELAY = 7
"""Days after which it is known whether a payment was a fraud."""


class Payments(NamedTuple):
    """Payments of many cards at many terminals.

    Attributes
    ----------
    day, card, terminal : numpy.ndarray of int
        Shape ``(n,)``.
    hour, amount : numpy.ndarray of float64
        Shape ``(n,)``: of the day, and in euros.
    labels : numpy.ndarray of uint8
        1 for fraud.
    """

    day: np.ndarray
    card: np.ndarray
    terminal: np.ndarray
    hour: np.ndarray
    amount: np.ndarray
    labels: np.ndarray


def make_stream(rng, cards=CARDS, terminals=TERMINALS, days=DAYS):
    """Simulate payments of cards at terminals nearby, day by day.

    A card has its own mean amount (5 to 100 euros) and number of payments a day (up to 4), and
    pays at the 80 terminals nearest to its home. Three kinds of fraud: amounts above 220 euros;
    each day one terminal is compromised, and all of its payments in the next 28 days are frauds;
    each day one card is, and a third of its payments in the next 14 days are frauds of five times
    the amount.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    cards, terminals, days : int
        How many.

    Returns
    -------
    Payments
        In order of days.

    References
    ----------
    Le Borgne et al. (2022), Fraud Detection Handbook, chapter 3: the rules; there with 5,000
    customers, 10,000 terminals, two terminals and three customers a day, over 183 days.
    """
    homes, shops = rng.uniform(0, 100, (cards, 2)), rng.uniform(0, 100, (terminals, 2))
    far = ((homes[:, None] - shops) ** 2).sum(axis=2)
    near = np.argpartition(far, min(80, terminals - 1), axis=1)[:, :80]
    mean, often = rng.uniform(5, 100, cards), rng.uniform(0, 4, cards)
    number = rng.poisson(np.tile(often, (days, 1)))
    day, card = (np.repeat(part.ravel(), number.ravel()) for part in np.indices(number.shape))
    n = len(day)
    terminal = near[card, rng.integers(near.shape[1], size=n)]
    hour = np.clip(rng.normal(12, 20_000 / 3600, n), 0, 23.99)
    amount = rng.normal(mean[card], mean[card] / 2)
    amount = np.where(amount < 0, rng.uniform(0, 2 * mean[card]), amount)

    fraud = amount > 220
    broken, stolen = rng.integers(terminals, size=days), rng.integers(cards, size=days)
    for start in range(days):
        fraud |= (terminal == broken[start]) & (day >= start) & (day < start + 28)
        theirs = (card == stolen[start]) & (day >= start) & (day < start + 14)
        theirs &= rng.random(n) < 1 / 3
        amount = np.where(theirs, 5 * amount, amount)
        fraud |= theirs
    return Payments(day, card, terminal, hour, amount, fraud.astype(np.uint8))


def inputs(payments, delay=DELAY, windows=(1, 7, 30)):
    """Return what a detector sees of each payment when it is made.

    Parameters
    ----------
    payments : Payments
        From `make_stream`.
    delay : int, default 7
        Days after which labels are known. With 0, those of yesterday are, as nowhere.
    windows : tuple of int
        Days to look back.

    Returns
    -------
    numpy.ndarray of float64
        Shape ``(n, 3 + 4 * windows)``: amount, weekend and night; for each window the card's
        payments and their mean amount on the days before; and the terminal's payments and share
        of frauds on as many days, of which the last is `delay` days and one ago.
    """
    weekend, night = payments.day % 7 >= 5, payments.hour <= 6
    columns = [np.log1p(payments.amount), weekend, night]
    for days in windows:
        count, spent = (
            _before(payments.day, payments.card, w, 0, days) for w in (1, payments.amount)
        )
        columns += [count, np.log1p(spent / np.maximum(count, 1))]
    for days in windows:
        seen, frauds = (
            _before(payments.day, payments.terminal, w, delay, days) for w in (1, payments.labels)
        )
        columns += [seen, frauds / np.maximum(seen, 1)]
    return np.column_stack(columns).astype(float)


def _before(day, who, what, delay, days):
    """Return, for each row, the sum of `what` over the same `who` on earlier days."""
    table = np.zeros((day.max() + 1 + delay + days + 1, who.max() + 1))
    np.add.at(table, (day + delay + days + 1, who), what)
    total = table.cumsum(axis=0)  # row d + delay + days + 1: all days up to d
    return total[day + days, who] - total[day, who]


def split_weeks(payments, protocol, rng):
    """Return the pairs of rows to train on and rows of the last week to test on.

    Parameters
    ----------
    payments : Payments
        From `make_stream`.
    protocol : {"earlier", "later", "random"}
        ``"later"``: trained on the week `TRAIN`, tested on `TEST`. ``"earlier"``: trained on
        `CHOOSE`, tested on `TRAIN`. ``"random"``: the rows of `TRAIN` and `TEST` are shuffled into
        two halves with half of the frauds each; each half trains for the rows of `TEST` in the
        other, so that every one of them is tested once.
    rng : numpy.random.Generator
        Draws the halves.

    Returns
    -------
    list of tuple of numpy.ndarray of int
        Rows to train on, and rows to test on.
    """
    choose, train, test = (
        np.flatnonzero(np.isin(payments.day, days)) for days in (CHOOSE, TRAIN, TEST)
    )
    if protocol != "random":
        return [(choose, train) if protocol == "earlier" else (train, test)]
    half = np.zeros(len(payments.day), int)
    for week in (train, test):
        for label in (0, 1):
            rows = rng.permutation(week[payments.labels[week] == label])
            half[rows[::2]] = 1
    both = np.concatenate([train, test])
    return [(both[half[both] == k], test[half[test] != k]) for k in (0, 1)]


def known_cards(payments, delay=DELAY):
    """Return for each day of the week `TEST` which cards are known to be compromised.

    Parameters
    ----------
    payments : Payments
        From `make_stream`.
    delay : int, default 7
        Days after which labels are known.

    Returns
    -------
    dict of int to numpy.ndarray
        Cards with a fraud since the week `TRAIN` began, and more than `delay` days ago.
    """
    fraud = (payments.labels == 1) & (payments.day >= TRAIN[0])
    return {day: np.unique(payments.card[fraud & (payments.day < day - delay)]) for day in TEST}


def card_precision(day, card, labels, scores, k, skip=None):
    """Return the mean share of frauds' cards among the `k` cards looked at each day.

    Parameters
    ----------
    day, card, labels, scores : numpy.ndarray
        Of the payments of the test, shape ``(n,)``.
    k : int
        Cards that somebody can look at in a day. A card is as suspicious as the most suspicious
        of its payments of that day.
    skip : dict of int to numpy.ndarray, optional
        For each day the cards that are known already, and not looked at.

    Returns
    -------
    float
        A card that was looked at and had a fraud that day is blocked: it is gone the next day.

    References
    ----------
    Dal Pozzolo et al. (2018); Le Borgne et al. (2022), chapter 4: "CP@k".
    """
    caught, found = set(), []
    for today in np.unique(day):
        rows = np.flatnonzero(day == today)
        gone = caught | set(skip[int(today)].tolist() if skip else ())
        rows = rows[~np.isin(card[rows], list(gone))]
        rows = rows[np.argsort(-scores[rows], kind="stable")]
        _, first = np.unique(card[rows], return_index=True)
        looked_at = card[rows[np.sort(first)[:k]]]
        bad = np.unique(card[rows][labels[rows] == 1])
        hits = np.intersect1d(looked_at, bad)
        caught |= set(hits.tolist())
        found.append(len(hits) / k)
    return float(np.mean(found))
