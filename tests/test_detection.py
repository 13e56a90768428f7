"""The measures of detectors against brute force and against scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropout_lab.data import make_transactions
from dropout_lab.detection import (
    BIN_EDGES,
    alert_recall,
    permutation_importance,
    precision_at,
    reliability_counts,
)
from dropout_lab.lessons.ch06.sweeps import transaction_inputs


def ranking(seed, n=40):
    """Return labels with at least one fraud, and scores without ties."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.3).astype(int)
    labels[rng.integers(n)] = 1
    return labels, rng.permutation(n).astype(float)


@given(seed=st.integers(0, 2**32), budget=st.integers(0, 45), weight=st.sampled_from([1.0, 2.5]))
def test_alert_recall_by_walking_down_the_ranking(seed, budget, weight):
    labels, scores = ranking(seed)
    used, found = 0.0, 0
    for label in labels[np.argsort(-scores)]:
        used += 1.0 if label else weight
        if used > budget:
            break
        found += label
    assert alert_recall(labels, scores, budget, weight) == pytest.approx(found / labels.sum())


@given(seed=st.integers(0, 2**32), recall=st.floats(0.01, 1))
def test_precision_at_is_a_point_of_scikit_learns_curve(seed, recall):
    from sklearn.metrics import precision_recall_curve

    labels, scores = ranking(seed)
    precisions, recalls, _ = precision_recall_curve(labels, scores)
    reaching = recalls >= recall - 1e-9
    # The smallest set of alerts is the one with the highest threshold, which stands last.
    expected = precisions[np.flatnonzero(reaching)[-1]]
    assert precision_at(labels, scores, [recall])[0] == pytest.approx(expected)


@pytest.mark.proves("The permutation importance of this book is that of scikit-learn", chapter=6)
def test_permutation_importance_agrees_with_scikit_learns():
    from sklearn.inspection import permutation_importance as sklearn_importance
    from sklearn.linear_model import LogisticRegression

    stream = make_transactions(4000, 0.05, np.random.default_rng(0))
    model = LogisticRegression(max_iter=2000).fit(
        transaction_inputs(stream.features), stream.labels
    )
    x = transaction_inputs(stream.features)
    theirs = sklearn_importance(
        model, x, stream.labels, scoring="average_precision", n_repeats=30, random_state=0
    )
    rng = np.random.default_rng(1)
    ours = permutation_importance(model.decision_function, x, stream.labels, rng)
    spread = theirs.importances_std * math.sqrt(1 + 1 / 30)
    assert (np.abs(ours - theirs.importances_mean) < 4 * spread + 1e-12).all()


def test_a_tiny_recall_needs_the_first_fraud():
    labels, scores = ranking(3)
    assert precision_at(labels, scores, [1e-12])[0] == precision_at(labels, scores, [0.01])[0]
    assert alert_recall(labels, scores, math.inf) == 1


@given(seed=st.integers(0, 2**32))
def test_reliability_counts_by_looking_at_each_row(seed):
    rng = np.random.default_rng(seed)
    labels, log_odds = rng.integers(0, 2, 50), rng.normal(0, 6, 50)
    counts = np.zeros((3, len(BIN_EDGES) - 1))
    for label, odds in zip(labels, log_odds, strict=True):
        chance = 1 / (1 + math.exp(-odds))
        place = max(k for k in range(len(BIN_EDGES) - 1) if BIN_EDGES[k] <= chance)
        counts[:, place] += (1, chance, label)
    np.testing.assert_allclose(reliability_counts(labels, log_odds), counts, atol=1e-12)
