"""The sweeps of chapter 16: baselines, losses against imbalance, and a delay of the labels."""

from functools import lru_cache

import numpy as np

from dropout_lab.lessons.ch06 import sweeps as cards
from dropout_lab.lessons.ch16 import losses, stream
from dropout_lab.sweeps import Sweep, grid

__all__ = [
    "DETECTORS",
    "LOSSES",
    "PARTS",
    "PROTOCOLS",
    "TRIALS",
    "gain_over",
    "practice_gains",
    "score_interval",
]

PARTS = (0.57, 0.03, 0.17, 0.03, 0.2)
"""Shares of the card data by time: training, a gap, validation, a gap, and the test."""

SEEDS = range(5)
BATCH, EPOCHS, PATIENCE = 256, 40, 8
_NETS = {"width": (64, 128), "learning_rate": (5e-4, 2e-3)}

TRIALS = {
    "logistic regression": {"C": (0.001, 0.01, 0.1, 1.0), "class_weight": (None, "balanced")},
    "random forest": {
        "min_samples_leaf": (1, 5),
        "max_features": (3, 6),
        "class_weight": (None, "balanced_subsample"),
    },
    "gradient boosting": {
        "max_leaf_nodes": (5, 15),
        "learning_rate": (0.05, 0.1),
        "class_weight": (None, "balanced"),
    },
    "net, no dropout": {**_NETS, "l2": (0.0, 1e-4)},
    "net, hidden dropout": {**_NETS, "rate": (0.2, 0.5)},
    "net, input dropout": {**_NETS, "rate": (0.1, 0.3)},
}
"""What each detector may choose from on the validation rows: eight settings each."""

DETECTORS = {
    name: {
        "model": name,
        "dropout": {"hidden": "hidden units", "input": "inputs"}.get(name.split()[1], "none"),
    }
    for name in TRIALS
}
"""The cells of each detector in ``fraud-baselines``, all but the seed."""

LOSSES = {
    "plain": {},
    "weight 10": {"weight": 10.0},
    "balanced": {"weight": "balanced"},
    "undersampled": {"kept": 0.1},
    "focal": {"gamma": 2.0},
}
"""Losses against imbalance: weight of a fraud, share of genuine rows kept, focal exponent."""

PROTOCOLS = {
    "later": ("later", 7),
    "random": ("random", 7),
    "later, no delay": ("later", 0),
    "random, no delay": ("random", 0),
}
"""How detectors of the simulated weeks are tested: the split, and days until labels are known."""

WEEK_TRIALS = {
    "logistic regression": {"C": (0.01, 0.1, 1.0)},
    "random forest": {"min_samples_leaf": (1, 5, 20)},
    "gradient boosting": {"max_leaf_nodes": (5, 15, 31)},
    "net": {"epochs": (12, 24, 48)},
}
"""What each detector of the simulated weeks may choose from on an earlier pair of weeks."""

CARDS_A_DAY = 40  # that somebody can look at, of 2,000


# --- real card data ------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _card_sets():
    """Return training, validation and test rows of the card data, in order of time."""
    from dropout_lab.data import time_split

    data = cards._cards()
    rows = time_split(data.features[:, 0], PARTS)
    x = cards.card_inputs(data.features)
    x = cards._standardizer(x[rows[0]])(x)
    return [(x[rows[part]], data.labels[rows[part]]) for part in (0, 2, 4)]


def _run_baselines(model, dropout, seed):
    """Train one detector with each of its settings, and test the one best on validation."""
    from sklearn.metrics import average_precision_score

    train, validation, test = _card_sets()
    tried = []
    for setting in grid(**TRIALS[model]):
        score = _fitted(model, dropout, setting, seed, train, validation)
        tried.append((average_precision_score(validation[1], score(validation[0])), score))
    found = [one[0] for one in tried]
    chosen = int(np.argmax(found))
    every = [average_precision_score(test[1], score(test[0])) for _, score in tried]
    return {
        **_tested(test[1], tried[chosen][1](test[0])),
        "average_precision": every[chosen],  # forests have ties, which this counts as such
        "chosen": chosen,
        "validation": found,
        "every_test": every,
    }


def _fitted(model, dropout, setting, seed, train, validation):
    """Return a function from inputs to scores: a detector with one of its settings."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    if model == "logistic regression":
        return LogisticRegression(max_iter=2000, **setting).fit(*train).decision_function
    if model == "random forest":
        setting = {"n_estimators": 100, **setting}
        forest = RandomForestClassifier(random_state=seed, **setting).fit(*train)
        return lambda x: forest.predict_proba(x)[:, 1]
    if model == "gradient boosting":
        how = {"max_iter": 400, "l2_regularization": 1.0, "n_iter_no_change": 20}
        boosted = HistGradientBoostingClassifier(
            early_stopping=True, random_state=seed, **how, **setting
        )
        return boosted.fit(*train, X_val=validation[0], y_val=validation[1]).decision_function
    from dropout_lab.regularizers import Regularizer

    width, l2 = setting["width"], setting.get("l2", 0.0)
    sizes = [30, 64, 32, 1] if width == 64 else [30, width, width, 1]
    how = {"epochs": EPOCHS, "batch_size": BATCH, "patience": PATIENCE, "seed": seed}
    how |= {"learning_rate": setting["learning_rate"]}
    how |= {"regularizer": Regularizer(l2=l2)} if l2 else {}
    place = "input" if dropout == "inputs" else "hidden"
    return cards._fit(sizes, train, validation, place, setting.get("rate", 0.0), **how)[0]


def _tested(labels, scores):
    """Return scores of a ranking of the test rows, and of resampled rows, the same each time."""
    once = np.ones((1, len(labels)), int)
    weight = cards.genuine_weight(cards._cards())
    found = cards._resampled_scores(labels, scores, weight, once)
    resampled = cards._resampled_scores(labels, scores, weight, _resamples(len(labels)))
    return {
        **{name: value[0] for name, value in found.items()},
        **{f"{name}_error": value.std(ddof=1) for name, value in resampled.items()},
        "resampled": resampled["average_precision"],
    }


def _resamples(rows):
    """Return how often each row stands in each of a hundred resamples."""
    even = np.full(rows, 1 / rows)
    return np.random.default_rng(4).multinomial(rows, even, cards.RESAMPLES)


def _run_losses(loss, rate, seed):
    """Train one net with one of the losses, and test its ranking and its probabilities."""
    train, validation, test = _card_sets()
    how = losses.settings(train[1], **LOSSES[loss])
    net = losses.train_net(train, validation, rate=rate, seed=seed, **how)
    checked, raw = (losses.log_odds_of(net, x) for x, _ in (validation, test))
    views = {
        "raw": raw,
        "corrected": losses.corrected(raw, **how),
        "recalibrated": losses.recalibrated(checked, validation[1], raw),
    }
    found, counts = _tested(test[1], raw), _resamples(len(raw))
    for name, log_odds in views.items():
        each = np.logaddexp(0.0, log_odds) - test[1] * log_odds
        found[f"log_loss_{name}"] = each.mean()
        found[f"promised_{name}"] = losses.chance(log_odds).sum()
        if name != "recalibrated":
            found[f"resampled_{name}"] = counts @ each / len(each)
    return found


# --- simulated weeks -----------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _weeks(seed):
    """Return the payments of simulated weeks, and their inputs with labels late and at once."""
    payments = stream.make_stream(np.random.default_rng([seed, 16]))
    return payments, {delay: stream.inputs(payments, delay) for delay in (7, 0)}


def _run_delay(seed, protocol, model, rate):
    """Train one detector on a week, and test it on another or on other payments of both."""
    from sklearn.metrics import average_precision_score

    chosen = _choice(seed, model, rate)
    payments, scores = _scored(seed, *PROTOCOLS[protocol], model, rate, chosen)
    tested = np.flatnonzero(np.isfinite(scores))
    labels, day, card = (part[tested] for part in (payments.labels, payments.day, payments.card))
    ranking = day, card, labels, scores[tested], CARDS_A_DAY
    return {
        "average_precision": average_precision_score(labels, scores[tested]),
        "card_precision": stream.card_precision(*ranking, skip=stream.known_cards(payments)),
        "card_precision_all": stream.card_precision(*ranking),
        "frauds": int(labels.sum()),
        "rows": len(labels),
        "chosen": chosen,
    }


@lru_cache
def _choice(seed, model, rate):
    """Return which setting is best a week earlier: the last labels known by then judge it."""
    from sklearn.metrics import average_precision_score

    (values,), found = WEEK_TRIALS[model].values(), []
    for value in values:
        payments, scores = _scored(seed, "earlier", 7, model, rate, value)
        rows = np.isfinite(scores)
        found.append(average_precision_score(payments.labels[rows], scores[rows]))
    return values[int(np.argmax(found))]


def _scored(seed, way, delay, model, rate, value):
    """Return simulated payments and their scores, NaN where they were not tested."""
    payments, inputs = _weeks(seed)
    scores = np.full(len(payments.labels), np.nan)
    for rows, tested in stream.split_weeks(payments, way, np.random.default_rng([seed, 17])):
        x = cards._standardizer(inputs[delay][rows])(inputs[delay])
        score = _week_detector(model, rate, value, seed, x[rows], payments.labels[rows])
        scores[tested] = score(x[tested])
    return payments, scores


def _week_detector(model, rate, value, seed, x, labels):
    """Return a function from inputs to scores: a detector with one setting."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    from dropout_lab.lessons.runs import trained

    if model == "logistic regression":
        return _fitted(model, "none", {"C": value}, seed, (x, labels), None)
    if model == "random forest":
        how = {"min_samples_leaf": value, "max_features": 3, "n_estimators": 50}
        return _fitted(model, "none", how, seed, (x, labels), None)
    if model == "gradient boosting":
        how = {"max_iter": 100, "max_leaf_nodes": value, "early_stopping": False}
        boosted = HistGradientBoostingClassifier(random_state=seed, **how)
        return boosted.fit(x, labels).decision_function
    first = np.array([labels.argmin(), labels.argmax()])  # the loop wants to watch both classes
    how = {"epochs": value, "batch_size": BATCH, "learning_rate": 2e-3, "decay": True}
    how |= {"loss": "binary_cross_entropy", "rate": rate, "seed": seed}
    net, _ = trained([x.shape[1], 64, 32, 1], (x, labels), (x[first], labels[first]), **how)
    return lambda x: losses.log_odds_of(net, x)


# --- read back -----------------------------------------------------------------------------------


def score_interval(results, value, **which):
    """Return mean and half-width of a 95 % interval of a score on the last hours of the cards.

    Parameters
    ----------
    results : dropout_lab.sweeps.results.Results
        The stored results ``fraud-baselines`` or ``fraud-losses``.
    value : str
        Such as ``"average_precision"`` or ``"recall_100"``.
    **which
        Parameters of the detector, all but the seed.

    Returns
    -------
    mean, half : float
        The half-width holds the spread over seeds and that over resampled test rows.
    """
    scores, error = (
        results.array(name, **which, seed=results.seeds) for name in (value, f"{value}_error")
    )
    return cards.card_interval(scores, "time", error.mean())


def gain_over(results, some, none, value="average_precision", resampled="resampled"):
    """Return how much one detector gains over another on the last hours of the cards.

    Parameters
    ----------
    results : dropout_lab.sweeps.results.Results
        The stored results ``fraud-baselines`` or ``fraud-losses``.
    some, none : dict
        Parameters of the two, all but the seed.
    value : str, default "average_precision"
        What is compared.
    resampled : str, default "resampled"
        The name of the same value over resampled rows.

    Returns
    -------
    mean, half : float
        Of seeds and of resampled rows paired: the resamples are the same for all detectors.
    """

    def paired(name):
        one, other = (results.array(name, **each, seed=results.seeds) for each in (some, none))
        return one - other

    error = np.std(paired(resampled).mean(axis=0), ddof=1)
    return cards.card_interval(paired(value), "time", error)


def practice_gains(results):
    """Return what each tuned detector gains over the tuned net without dropout.

    Parameters
    ----------
    results : dropout_lab.sweeps.results.Results
        The stored results ``fraud-baselines``.

    Returns
    -------
    list of tuple
        For each other detector its name, mean gain and half of its 95 % interval, in points of
        average precision, and whether it is dropout that makes the difference.
    """
    rows = []
    for name, which in DETECTORS.items():
        if name != "net, no dropout":
            mean, half = gain_over(results, which, DETECTORS["net, no dropout"])
            rows.append((name, 100 * float(mean), 100 * float(half), which["dropout"] != "none"))
    return rows


def _baseline_cells():
    return [{**which, "seed": seed} for which in DETECTORS.values() for seed in SEEDS]


def _delay_cells():
    plain = [(protocol, model, 0.0) for protocol in PROTOCOLS for model in WEEK_TRIALS]
    dropout = [("later", "net", rate) for rate in (0.2, 0.5)]
    return [
        {"seed": seed, "protocol": protocol, "model": model, "rate": rate}
        for seed in SEEDS
        for protocol, model, rate in plain + dropout
    ]


SWEEPS = (
    Sweep(
        "fraud-baselines",
        "Card data (the subset with 1.36 % frauds) by time with gaps: six detectors, each with "
        "the best of eight settings on the validation rows, and the spread over resampled test "
        "rows.",
        _baseline_cells(),
        _run_baselines,
        prepare=cards._cards,
    ),
    Sweep(
        "fraud-losses",
        "Card data (the subset) by time with gaps: one net with weights of frauds, undersampling "
        "or focal loss, at three dropout rates; ranking, and log loss before and behind a "
        "correction.",
        grid(loss=list(LOSSES), rate=[0.0, 0.2, 0.5], seed=SEEDS),
        _run_losses,
        prepare=cards._cards,
    ),
    Sweep(
        "fraud-delay",
        "Simulated weeks of cards and terminals: detectors a week later or in random splits, with "
        "labels that come after seven days or at once; dropout a week later with the delay only.",
        _delay_cells(),
        _run_delay,
    ),
)
