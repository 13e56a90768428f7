"""The sweeps of chapter 6, on simulated transactions and on real card data."""

from functools import cache

import numpy as np

from dropout_lab import _checks as check
from dropout_lab import detection
from dropout_lab.intervals import t_interval
from dropout_lab.lessons.runs import trained
from dropout_lab.sweeps import Sweep, grid

__all__ = [
    "DRIFTS",
    "RECALLS",
    "card_gain",
    "card_inputs",
    "card_interval",
    "genuine_weight",
    "transaction_inputs",
]

FRAUD_RATE = 0.01
"""Share of frauds among the simulated transactions."""

DRIFTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far the crutch has failed when a simulated detector is tested."""

RECALLS = tuple(round(0.05 * k, 2) for k in range(1, 21))
"""Where precision-recall curves are stored."""

CARD_PARTS = (0.6, 0.2, 0.2)
"""Shares of the card data to train on, to choose by and to test on."""

TEST_ROWS = 30_000
SIZES = {4_000: 64, 20_000: 256}  # training transactions: batch size
FULL_GENUINE = 283_253  # genuine rows of the full card data, repeats dropped
SEEDS = range(10)
RESAMPLES = 100  # bootstrap samples of the rows of a test set
TUNED = {  # what each baseline may choose from on the validation rows
    "logistic regression": {"C": (0.001, 0.01, 0.1, 1.0), "class_weight": (None, "balanced")},
    "gradient boosting": {"max_leaf_nodes": (5, 15), "class_weight": (None, "balanced")},
}


# --- simulated transactions ------------------------------------------------------------------


def transaction_inputs(features):
    """Return simulated transactions as a network likes them: amount and distance as logarithms.

    Parameters
    ----------
    features : numpy.ndarray
        Shape ``(n, 6)``, as `dropout_lab.data.make_transactions` returns them.

    Returns
    -------
    numpy.ndarray of float64
        The same shape, not yet standardized.
    """
    inputs = features.copy()
    inputs[:, [0, 3]] = np.log(inputs[:, [0, 3]])
    return inputs


def _run_crutch(detector, rate, size, seed):
    """Train one detector, or take an ideal one, and test it at every drift."""
    from dropout_lab.data import make_transactions  # needs lzma, which a browser lacks

    tests = [
        make_transactions(TEST_ROWS, FRAUD_RATE, np.random.default_rng([seed, 1]), drift=drift)
        for drift in DRIFTS
    ]
    if detector == "ideal":
        scores, epochs = [_evidence(0.0)] * len(DRIFTS), 0
    elif detector == "told":
        scores, epochs = [_evidence(drift) for drift in DRIFTS], 0
    else:
        net, epochs = _fit_crutch(detector, rate, size, seed)
        scores = [net] * len(DRIFTS)
    log_odds = [score(test.features) for score, test in zip(scores, tests, strict=True)]
    return {"epochs": epochs, **_crutch_values(tests, log_odds, scores[0], seed)}


def _evidence(drift):
    """Return the function from transactions to log-odds that knows how they are made."""
    from dropout_lab.data.transactions import transaction_evidence

    prior = np.log(FRAUD_RATE / (1 - FRAUD_RATE))
    return lambda features: transaction_evidence(features, drift=drift).sum(axis=1) + prior


def _fit_crutch(detector, rate, size, seed):
    """Return a function from transactions to log-odds, and the number of epochs it took."""
    from dropout_lab.data import make_transactions

    rng = np.random.default_rng([seed, 0])
    sets = [make_transactions(n, FRAUD_RATE, rng) for n in (size, size // 4)]
    scale = _standardizer(transaction_inputs(sets[0].features))
    columns = 5 if detector == "without score" else 6

    def inputs(features):
        return scale(transaction_inputs(features))[:, :columns]

    how = {"seed": seed, "batch_size": SIZES[size], "learning_rate": 2e-3, "patience": 6}
    data = [(inputs(one.features), one.labels) for one in sets]
    score, epochs = _fit([columns, 64, 64, 1], *data, detector, rate, **how)
    return lambda features: score(inputs(features)), epochs


def _crutch_values(tests, log_odds, score, seed):
    """Return all that is measured on the test transactions, by drift where it depends on it."""
    from sklearn.metrics import average_precision_score

    pairs = [(test.labels, odds) for test, odds in zip(tests, log_odds, strict=True)]
    first_and_last = (pairs[0], pairs[-1])
    rng = np.random.default_rng([seed, 2])
    return {
        "average_precision": [average_precision_score(*pair) for pair in pairs],
        "recall": [detection.alert_recall(*pair, budget=TEST_ROWS // 100) for pair in pairs],
        "cross_entropy": [_cross_entropy(*pair) for pair in pairs],
        "importance": detection.permutation_importance(score, *tests[0][:2], rng),
        "precision": [detection.precision_at(*pair, RECALLS) for pair in first_and_last],
        "reliability": [detection.reliability_counts(*pair) for pair in first_and_last],
    }


# --- real card data --------------------------------------------------------------------------


def card_inputs(features):
    """Return the card data's columns with the hour for the seconds, and the log of the amount.

    Seconds since the first transaction only ever grow: in a split by time, all test values lie
    beyond all training values. The hour of the day comes round again.

    Parameters
    ----------
    features : numpy.ndarray
        Shape ``(n, 30)``, as `dropout_lab.data.load_creditcard` returns them.

    Returns
    -------
    numpy.ndarray of float64
        The same shape, not yet standardized.
    """
    inputs = features.copy()
    inputs[:, 0] = inputs[:, 0] / 3600 % 24
    inputs[:, -1] = np.log1p(inputs[:, -1])
    return inputs


def genuine_weight(cards):
    """Return how many genuine transactions of the full card data a genuine row stands for.

    Parameters
    ----------
    cards : dropout_lab.data.CardData
        All rows, or a subset that keeps all frauds and a random part of the genuine rows.

    Returns
    -------
    float
        1.0 for the full data.
    """
    return FULL_GENUINE / int((cards.labels == 0).sum()) if cards.is_subset else 1.0


@cache
def _cards():
    from dropout_lab.data import load_creditcard

    return load_creditcard()


def _run_cards(model, width, rate, split, seed):
    """Train one detector on the card data and test it."""
    from sklearn.metrics import average_precision_score

    from dropout_lab.data import stratified_split, time_split

    cards = _cards()
    if split == "time":
        rows = time_split(cards.features[:, 0], CARD_PARTS)
    else:
        rows = stratified_split(cards.labels, CARD_PARTS, np.random.default_rng([seed, 3]))
    x = card_inputs(cards.features)
    x = _standardizer(x[rows[0]])(x)
    sets = [(x[part], cards.labels[part]) for part in rows[:2]]
    if model in TUNED:
        score, how = _tune(model, seed, *sets)
    else:
        sizes = [30, 64, 32, 1] if width == 64 else [30, width, width, 1]
        settings = {"seed": seed, "batch_size": 256, "patience": 8}
        score, epochs = _fit(sizes, *sets, model, rate, **settings)
        how = {"epochs": epochs}
    labels, amounts = cards.labels[rows[2]], cards.features[rows[2], -1]
    scores, weight = score(x[rows[2]]), genuine_weight(cards)
    looked_at = np.argsort(-scores, kind="stable")[:100]
    once = np.ones((1, len(labels)), int)
    found = {
        name: value[0] for name, value in _resampled_scores(labels, scores, weight, once).items()
    }
    if split == "time":  # one test set, so the same resamples of it in every cell
        rng, even = np.random.default_rng(4), np.full(len(labels), 1 / len(labels))
        counts = rng.multinomial(len(labels), even, RESAMPLES)
        resampled = _resampled_scores(labels, scores, weight, counts)
        found |= {f"{name}_error": value.std(ddof=1) for name, value in resampled.items()}
        found["resampled"] = resampled["average_precision"]
    return {
        **found,
        "average_precision_train": average_precision_score(sets[0][1], score(sets[0][0])),
        "money_100": (amounts * labels)[looked_at].sum() / (amounts * labels).sum(),
        "cross_entropy": _cross_entropy(labels, scores),
        "cross_entropy_train": _cross_entropy(sets[0][1], score(sets[0][0])),
        "test_frauds": int(labels.sum()),
        **how,
    }


def _resampled_scores(labels, scores, weight, counts):
    """Return average precision and recalls if row i stands ``counts[:, i]`` times in the test."""
    order = np.argsort(-scores, kind="stable")
    labels, counts = labels[order], counts[:, order]
    frauds, genuine = counts * labels, counts * (1 - labels)
    hits, wasted = frauds.cumsum(axis=1), genuine.cumsum(axis=1)
    total, found = hits[:, -1], {}
    for name, each in (("", 1.0), ("_full", weight)):
        alerts = hits + each * wasted
        precision = hits / np.maximum(alerts, 1)
        found[f"average_precision{name}"] = (frauds * precision).sum(axis=1) / total
        for budget in (100, 500):
            share = (frauds * (alerts <= budget)).sum(axis=1) / total
            found[f"recall_{budget}{name}"] = share
    return found


def _tune(model, seed, train, validation):
    """Return a function from inputs to log-odds, and the setting best on the validation rows."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import average_precision_score

    tried = []
    for setting in grid(**TUNED[model]):
        if model == "logistic regression":
            fitted = LogisticRegression(max_iter=2000, **setting).fit(*train)
        else:
            fitted = HistGradientBoostingClassifier(
                learning_rate=0.05,
                max_iter=400,
                l2_regularization=1.0,
                early_stopping=True,
                n_iter_no_change=20,
                random_state=seed,
                **setting,
            ).fit(*train, X_val=validation[0], y_val=validation[1])
        found = average_precision_score(validation[1], fitted.decision_function(validation[0]))
        tried.append((found, fitted, setting))
    _, fitted, setting = max(tried, key=lambda one: one[0])
    return fitted.decision_function, setting


def card_interval(values, split, error=0.0):
    """Return mean and half-width of a 95 % interval of a score on the card data.

    A t interval over seeds is too narrow in both splits. In the split by time all seeds share one
    test set, and its sampling error is missing. Random splits share rows, so their scores are
    not independent.

    Parameters
    ----------
    values : array_like of float
        Scores, or differences of two detectors' scores, shape ``(..., seeds)``.
    split : {"stratified", "time"}
        How the rows were split.
    error : array_like of float, default 0.0
        Standard deviation of their mean over resampled test rows, shape ``(...)``; looked at in
        the split by time only.

    Returns
    -------
    mean, half : numpy.ndarray of float64
        Shape ``(...)``. The interval goes from ``mean - half`` to ``mean + half``.

    Raises
    ------
    TypeError
        If `values` does not hold numbers.
    ValueError
        If `split` is neither of the two, or there are fewer than 2 or more than 10 seeds.

    References
    ----------
    Nadeau and Bengio (2003), Machine Learning 52, 239-281: with J random splits the variance of
    a mean difference is ``1 / J`` *plus test rows over training rows* times that of one.

    Examples
    --------
    >>> _, half = card_interval([0.0, 2.0], "time", error=1.0)
    >>> f"{half:.2f}"  # 12.706 for the seeds, 1.96 for the rows
    '12.86'
    """
    check.choice(split, "split", ("stratified", "time"))
    mean, half = t_interval(values)
    if split == "time":
        return mean, np.hypot(half, 1.96 * np.asarray(error))
    seeds = np.shape(values)[-1]
    return mean, half * np.sqrt(1 + seeds * CARD_PARTS[2] / CARD_PARTS[0])


def card_gain(cards, some, none, split):
    """Return how much average precision one detector of the card data gains over another.

    Parameters
    ----------
    cards : dropout_lab.sweeps.results.Results
        The stored results ``fraud-cards``.
    some, none : dict
        Parameters of the two: ``model``, ``width`` and ``rate``.
    split : {"stratified", "time"}
        How the rows were split.

    Returns
    -------
    mean, half : float
        Of seeds and resampled rows paired, with the interval of `card_interval`.
    """

    def scores(value):
        which = {"split": split, "seed": list(SEEDS)}
        return [cards.array(value, **detector, **which) for detector in (some, none)]

    error = 0.0
    if split == "time":
        one, other = (each.mean(axis=0) for each in scores("resampled"))
        error = np.std(one - other, ddof=1)
    one, other = scores("average_precision")
    return card_interval(one - other, split, error)


# --- shared ----------------------------------------------------------------------------------


def _fit(sizes, train, validation, where, rate, **settings):
    """Train a net with dropout on its inputs, or else on its hidden units.

    Returns a function from inputs to log-odds, and the number of epochs it took.
    """
    from dropout_lab.training import predict_torch

    rates = {"rate": 0.0, "input_rate": rate} if where == "input" else {"rate": rate}
    settings = {"epochs": 60, "loss": "binary_cross_entropy", **rates, **settings}
    net, history = trained(sizes, train, validation, **settings)
    return (
        lambda x: predict_torch(net, x).reshape(-1).astype(np.float64),
        history.best_epoch + 1,
    )


def _standardizer(rows):
    """Return a function that gives columns the mean 0 and sd 1 that `rows` have after it."""
    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    return lambda x: (x - mean) / deviation


def _cross_entropy(labels, log_odds):
    return float(np.mean(np.logaddexp(0.0, log_odds) - labels * log_odds))


def _crutch_cells():
    cells = grid(detector=["ideal", "told"], rate=[0.0], size=[0], seed=SEEDS)
    for size in SIZES:
        plain = ["hidden", "without score"]
        cells += grid(detector=plain, rate=[0.0], size=[size], seed=SEEDS)
        rates = [0.1, 0.2, 0.35, 0.5, 0.7]
        cells += grid(detector=["hidden", "input"], rate=rates, size=[size], seed=SEEDS)
    return cells


def _card_cells():
    split = {"split": ["stratified", "time"], "seed": SEEDS}
    return (
        grid(model=list(TUNED), width=[0], rate=[0.0], **split)
        + grid(model=["hidden"], width=[64], rate=[0.0, 0.2, 0.5, 0.7], **split)
        + grid(model=["input"], width=[64], rate=[0.2, 0.5], **split)
        + grid(model=["hidden"], width=[256], rate=[0.0, 0.5], **split)
    )


SWEEPS = (
    Sweep(
        "fraud-crutch",
        "Simulated transactions: dropout on hidden units or on inputs, at several rates and two "
        "training-set sizes, tested while one column loses its information.",
        _crutch_cells(),
        _run_crutch,
    ),
    Sweep(
        "fraud-cards",
        "Card data (the subset with 1.36 % frauds): networks by dropout rate, logistic "
        "regression and gradient boosting tuned on validation rows, in a stratified split and in "
        "one by time, with the spread over resampled test rows.",
        _card_cells(),
        _run_cards,
        prepare=_cards,
    ),
)
