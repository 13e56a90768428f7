"""The sweeps of chapter 6, on simulated transactions and on real card data."""

from functools import cache

import numpy as np

from dropout_lab.datasets import load_creditcard, make_transactions, stratified_split, time_split
from dropout_lab.datasets.transactions import transaction_evidence
from dropout_lab.detection import (
    alert_recall,
    permutation_importance,
    precision_at,
    reliability_counts,
)
from dropout_lab.experiments.experiment import Experiment, grid

__all__ = [
    "DRIFTS",
    "EXPERIMENTS",
    "FRAUD_RATE",
    "RECALLS",
    "card_inputs",
    "genuine_weight",
    "transaction_inputs",
]

FRAUD_RATE = 0.01
"""Share of frauds among the simulated transactions."""

DRIFTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far the crutch has failed when a simulated detector is tested."""

RECALLS = tuple(round(0.05 * k, 2) for k in range(1, 21))
"""Where precision-recall curves are stored."""

TEST_ROWS = 30_000
SIZES = {4_000: 64, 20_000: 256}  # training transactions: batch size
FULL_GENUINE = 283_253  # genuine rows of the full card data, repeats dropped
SEEDS = range(10)


# --- simulated transactions ------------------------------------------------------------------


def transaction_inputs(features):
    """Return simulated transactions as a network likes them: amount and distance as logarithms.

    Parameters
    ----------
    features : numpy.ndarray
        Shape ``(n, 6)``, as `dropout_lab.datasets.make_transactions` returns them.

    Returns
    -------
    numpy.ndarray of float64
        The same shape, not yet standardized.

    Notes
    -----
    Taught in: chapter 6.
    """
    inputs = features.copy()
    inputs[:, [0, 3]] = np.log(inputs[:, [0, 3]])
    return inputs


def _run_crutch(detector, rate, size, seed):
    """Train one detector, or take an ideal one, and test it at every drift."""
    tests = [
        make_transactions(TEST_ROWS, FRAUD_RATE, np.random.default_rng([seed, 1]), drift=drift)
        for drift in DRIFTS
    ]
    found = {"epochs": 0}
    if detector == "ideal":
        scores = [lambda x: transaction_evidence(x).sum(axis=1)] * len(DRIFTS)
    elif detector == "told":
        scores = [
            lambda x, drift=drift: transaction_evidence(x, drift=drift).sum(axis=1)
            for drift in DRIFTS
        ]
    else:
        net, found["epochs"] = _fit_crutch(detector, rate, size, seed)
        scores = [net] * len(DRIFTS)
    if detector in ("ideal", "told"):
        prior = np.log(FRAUD_RATE / (1 - FRAUD_RATE))
        scores = [lambda x, score=score: score(x) + prior for score in scores]
    log_odds = [score(test.features) for score, test in zip(scores, tests, strict=True)]
    return {**found, **_crutch_values(tests, log_odds, scores[0], seed)}


def _fit_crutch(detector, rate, size, seed):
    """Return a function from transactions to log-odds, and the number of epochs it took."""
    from dropout_lab.training import fit_torch, perceptron_torch, predict_torch

    rng = np.random.default_rng([seed, 0])
    train, validation = (make_transactions(n, FRAUD_RATE, rng) for n in (size, size // 4))
    scale = _standardizer(transaction_inputs(train.features))

    columns = 5 if detector == "without score" else 6

    def inputs(features):
        return scale(transaction_inputs(features))[:, :columns]

    model = perceptron_torch([columns, 64, 64, 1], seed=seed, **_rates(detector, rate))
    history = fit_torch(
        model,
        (inputs(train.features), train.labels),
        (inputs(validation.features), validation.labels),
        epochs=60,
        seed=seed,
        batch_size=SIZES[size],
        learning_rate=2e-3,
        loss="binary_cross_entropy",
        patience=6,
        progress=False,
    )
    return (
        lambda features: predict_torch(model, inputs(features)).reshape(-1).astype(np.float64),
        history.best_epoch + 1,
    )


def _crutch_values(tests, log_odds, score, seed):
    """Return all that is measured on the test transactions, by drift where it depends on it."""
    from sklearn.metrics import average_precision_score

    pairs = [(test.labels, odds) for test, odds in zip(tests, log_odds, strict=True)]
    first_and_last = (pairs[0], pairs[-1])
    rng = np.random.default_rng([seed, 2])
    return {
        "average_precision": [average_precision_score(*pair) for pair in pairs],
        "recall": [alert_recall(*pair, budget=TEST_ROWS // 100) for pair in pairs],
        "cross_entropy": [_cross_entropy(*pair) for pair in pairs],
        "importance": permutation_importance(score, tests[0].features, tests[0].labels, rng),
        "precision": [precision_at(*pair, RECALLS) for pair in first_and_last],
        "reliability": [reliability_counts(*pair) for pair in first_and_last],
    }


# --- real card data --------------------------------------------------------------------------


def card_inputs(features):
    """Return the card data's columns with the hour for the seconds, and the log of the amount.

    Seconds since the first transaction only ever grow: in a split by time, all test values lie
    beyond all training values. The hour of the day comes round again.

    Parameters
    ----------
    features : numpy.ndarray
        Shape ``(n, 30)``, as `dropout_lab.datasets.load_creditcard` returns them.

    Returns
    -------
    numpy.ndarray of float64
        The same shape, not yet standardized.

    Notes
    -----
    Taught in: chapter 6.
    """
    inputs = features.copy()
    inputs[:, 0] = inputs[:, 0] / 3600 % 24
    inputs[:, -1] = np.log1p(inputs[:, -1])
    return inputs


def genuine_weight(cards):
    """Return how many genuine transactions of the full card data a genuine row stands for.

    Parameters
    ----------
    cards : dropout_lab.datasets.CardData
        All rows, or a subset that keeps all frauds and a random part of the genuine rows.

    Returns
    -------
    float
        1.0 for the full data.

    Notes
    -----
    Taught in: chapter 6.
    """
    return FULL_GENUINE / int((cards.labels == 0).sum()) if cards.is_subset else 1.0


@cache
def _cards():
    return load_creditcard()


def _run_cards(model, width, rate, split, seed):
    """Train one detector on the card data and test it."""
    from sklearn.metrics import average_precision_score

    cards, parts = _cards(), (0.6, 0.2, 0.2)
    if split == "time":
        rows = time_split(cards.features[:, 0], parts)
    else:
        rows = stratified_split(cards.labels, parts, np.random.default_rng([seed, 3]))
    x = card_inputs(cards.features)
    x = _standardizer(x[rows[0]])(x)
    score, epochs = _fit_cards(
        model, width, rate, seed, *((x[part], cards.labels[part]) for part in rows[:2])
    )
    labels, amounts = cards.labels[rows[2]], cards.features[rows[2], -1]
    scores, weight = score(x[rows[2]]), genuine_weight(cards)
    weights = np.where(labels == 1, 1.0, weight)
    looked_at = np.argsort(-scores, kind="stable")[:100]
    return {
        "average_precision": average_precision_score(labels, scores),
        "average_precision_full": average_precision_score(labels, scores, sample_weight=weights),
        "average_precision_train": average_precision_score(
            cards.labels[rows[0]], score(x[rows[0]])
        ),
        **{f"recall_{budget}": alert_recall(labels, scores, budget) for budget in (100, 500)},
        **{
            f"recall_{budget}_full": alert_recall(labels, scores, budget, weight)
            for budget in (100, 500)
        },
        "money_100": (amounts * labels)[looked_at].sum() / (amounts * labels).sum(),
        "cross_entropy": _cross_entropy(labels, scores),
        "cross_entropy_train": _cross_entropy(cards.labels[rows[0]], score(x[rows[0]])),
        "test_frauds": int(labels.sum()),
        "epochs": epochs,
    }


def _fit_cards(model, width, rate, seed, train, validation):
    """Return a function from inputs to log-odds, and the number of epochs or trees."""
    if model == "logistic regression":
        from sklearn.linear_model import LogisticRegression

        fitted = LogisticRegression(max_iter=2000).fit(*train)
        return fitted.decision_function, 0
    if model == "gradient boosting":
        from sklearn.ensemble import HistGradientBoostingClassifier

        fitted = HistGradientBoostingClassifier(
            learning_rate=0.05,
            max_iter=400,
            max_leaf_nodes=15,
            l2_regularization=1.0,
            early_stopping=True,
            n_iter_no_change=20,
            random_state=seed,
        ).fit(*train, X_val=validation[0], y_val=validation[1])
        return fitted.decision_function, fitted.n_iter_
    from dropout_lab.training import fit_torch, perceptron_torch, predict_torch

    sizes = [30, 64, 32, 1] if width == 64 else [30, width, width, 1]
    net = perceptron_torch(sizes, seed=seed, **_rates(model, rate))
    history = fit_torch(
        net,
        train,
        validation,
        epochs=60,
        seed=seed,
        batch_size=256,
        loss="binary_cross_entropy",
        patience=8,
        progress=False,
    )
    return (
        lambda x: predict_torch(net, x).reshape(-1).astype(np.float64),
        history.best_epoch + 1,
    )


# --- shared ----------------------------------------------------------------------------------


def _rates(where, rate):
    """Return the arguments that put dropout on the inputs, or else on the hidden units."""
    return {"rate": 0.0, "input_rate": rate} if where == "input" else {"rate": rate}


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
    baselines = ["logistic regression", "gradient boosting"]
    return (
        grid(model=baselines, width=[0], rate=[0.0], **split)
        + grid(model=["hidden"], width=[64], rate=[0.0, 0.2, 0.5, 0.7], **split)
        + grid(model=["input"], width=[64], rate=[0.2, 0.5], **split)
        + grid(model=["hidden"], width=[256], rate=[0.0, 0.5], **split)
    )


EXPERIMENTS = (
    Experiment(
        "fraud-crutch",
        "Simulated transactions: dropout on hidden units or on inputs, at several rates and two "
        "training-set sizes, tested while one column loses its information.",
        _crutch_cells(),
        _run_crutch,
    ),
    Experiment(
        "fraud-cards",
        "Card data (the subset with 1.41 % frauds): networks by dropout rate, logistic "
        "regression and gradient boosting, in a stratified split and in one by time.",
        _card_cells(),
        _run_cards,
        prepare=load_creditcard,
    ),
)
"""The experiments there are."""
