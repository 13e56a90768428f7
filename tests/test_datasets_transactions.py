"""Simulated transactions follow the distributions they state; SciPy is the other implementation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dropout_lab.data.transactions import make_transactions, toy_transactions, transaction_evidence

HOUR = 2 * np.pi / 24
COLUMNS = ("amount", "hour", "merchant_risk", "distance", "velocity", "device_score")
# What the documentation says, in SciPy's terms: genuine, fraud.
STATED = {
    "amount": (stats.lognorm(1.0, scale=40), stats.lognorm(1.4, scale=120)),
    "hour": (stats.vonmises(1.2, loc=15 * HOUR), stats.vonmises(0.8, loc=2 * HOUR)),
    "merchant_risk": (stats.beta(2, 6), stats.beta(3, 4)),
    "distance": (stats.lognorm(1.3, scale=8), stats.lognorm(1.3, scale=40)),
    "velocity": (stats.poisson(0.6), stats.poisson(2.0)),
    "device_score": (stats.norm(0, 1), stats.norm(2.5, 1)),
}
N = 40_000


@pytest.fixture(scope="module")
def stream():
    return make_transactions(N, 0.5, np.random.default_rng(6))


def column(transactions, name, label):
    rows = transactions.labels == label
    return transactions.features[rows, transactions.names.index(name)]


# --- what is drawn ---------------------------------------------------------------------------


def test_the_toy_has_the_five_rows_of_the_tutorial():
    toy = toy_transactions()
    assert toy.features.tolist() == [[10, 1], [50, 2], [5000, 3], [200, 4], [10000, 5]]
    assert toy.labels.tolist() == [0, 0, 1, 0, 1]
    assert toy.names == ("amount", "time")


@given(
    n=st.integers(1, 300),
    fraud_rate=st.floats(0, 1),
    drift=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
def test_shape_types_fraud_count_and_ranges(n, fraud_rate, drift, seed):
    rng = np.random.default_rng(seed)
    features, labels, names = make_transactions(n, fraud_rate, rng, drift=drift)
    assert (features.shape, features.dtype) == ((n, 6), np.float64)
    assert (labels.shape, labels.dtype) == ((n,), np.uint8)
    assert names == COLUMNS
    assert abs(int(labels.sum()) - n * fraud_rate) <= 0.5 + 1e-9
    transaction_evidence(features)  # refuses what no transaction can have
    assert (features[:, 1] < 24).all()


@pytest.mark.parametrize("label", [0, 1])
def test_the_columns_of_a_class_follow_the_stated_distributions(stream, label):
    # One in a thousand correct generators would fail a single one of these; the seed is fixed.
    for name in COLUMNS:
        values, stated = column(stream, name, label), STATED[name][label]
        if name == "hour":  # SciPy's distribution lives on one turn around its center
            center = (15, 2)[label] * HOUR
            values = (values * HOUR - center + np.pi) % (2 * np.pi) - np.pi + center
        if name == "velocity":
            seen = np.bincount(np.minimum(values.astype(int), 6), minlength=7)
            chances = stated.pmf(np.arange(6))
            found = stats.chisquare(seen, len(values) * np.append(chances, 1 - chances.sum()))
        else:
            found = stats.kstest(values, stated.cdf)
        assert found.pvalue > 1e-3, name
    rows = stream.features[stream.labels == label]
    correlations = stats.spearmanr(rows).statistic[np.triu_indices(6, 1)]
    assert np.abs(correlations).max() < 4.5 / np.sqrt(len(rows))


def test_frauds_stand_anywhere_in_the_stream():
    labels = make_transactions(N, 0.01, np.random.default_rng(0)).labels
    places = np.flatnonzero(labels)
    assert len(places) == 400
    error = N / np.sqrt(12 * len(places))  # of the mean of so many uniform places
    assert abs(places.mean() - N / 2) < 4 * error


# --- the crutch ------------------------------------------------------------------------------


@given(drift=st.floats(0, 1))
def test_drift_touches_nothing_but_the_device_scores_of_frauds(drift):
    before = make_transactions(500, 0.2, np.random.default_rng(1))
    after = make_transactions(500, 0.2, np.random.default_rng(1), drift=drift)
    assert np.array_equal(before.labels, after.labels)
    assert np.array_equal(before.features[:, :5], after.features[:, :5])
    change = before.features[:, 5] - after.features[:, 5]
    assert (change[before.labels == 0] == 0).all()
    assert all(np.isclose(c, 0) or np.isclose(c, 2.5) for c in change[before.labels == 1])


@pytest.mark.parametrize("drift", [0.0, 0.3, 1.0])
def test_a_share_of_the_frauds_is_imitated(drift):
    stream = make_transactions(N, 0.5, np.random.default_rng(2), drift=drift)
    scores = column(stream, "device_score", 1)
    variance = 1 + drift * (1 - drift) * 2.5**2
    assert abs(scores.mean() - 2.5 * (1 - drift)) < 4 * np.sqrt(variance / len(scores))


@pytest.mark.proves(
    "At full drift the device score says nothing, and the other columns say what they said",
    chapter=6,
)
def test_at_full_drift_the_crutch_says_nothing_and_the_others_still_do():
    stream = make_transactions(N, 0.5, np.random.default_rng(4), drift=1.0)
    genuine, fraud = (column(stream, "device_score", label) for label in (0, 1))
    assert stats.ks_2samp(genuine, fraud).pvalue > 1e-3
    for name in COLUMNS[:5]:
        genuine, fraud = (column(stream, name, label) for label in (0, 1))
        assert stats.ks_2samp(genuine, fraud).pvalue < 1e-100


# --- the evidence ----------------------------------------------------------------------------


@pytest.mark.parametrize("drift", [0.0, 0.01, 0.5, 1.0])
def test_evidence_is_the_difference_of_scipys_log_densities(stream, drift):
    rows = stream.features[:2000]
    evidence = transaction_evidence(rows, drift=drift)
    assert evidence.shape == (2000, 6)
    for number, name in enumerate(COLUMNS):
        values = rows[:, number] * (HOUR if name == "hour" else 1)
        density = "logpmf" if name == "velocity" else "logpdf"
        genuine, fraud = (getattr(each, density)(values) for each in STATED[name])
        expected = fraud - genuine
        if name == "device_score":
            expected = np.log((1 - drift) * np.exp(expected) + drift)
        assert np.allclose(evidence[:, number], expected, atol=1e-10), name


@pytest.mark.proves(
    "The sum of the evidence of all columns gives true probabilities of fraud", chapter=6
)
def test_the_sum_gives_true_probabilities():
    stream = make_transactions(200_000, 0.1, np.random.default_rng(8))
    log_odds = transaction_evidence(stream.features).sum(axis=1) + np.log(0.1 / 0.9)
    chances = 1 / (1 + np.exp(-log_odds))
    for low, high in ((0.01, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 0.99)):
        rows = (chances >= low) & (chances < high)
        error = np.sqrt((chances * (1 - chances))[rows].sum())
        assert abs(stream.labels[rows].sum() - chances[rows].sum()) < 4 * error


# --- what is refused: further arguments in test_arguments ------------------------------------


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("amount", [0.0, np.inf], "positive and finite"),
        ("hour", [24.5, -0.5, np.nan], "between 0 and 24"),
        ("merchant_risk", [0.0, 1.0], "between 0 and 1, both excluded"),
        ("distance", [0.0, np.nan, np.inf], "positive and finite"),
        ("velocity", [-1.0, np.inf], "at least 0 and finite"),
        ("device_score", [np.inf, np.nan], "finite"),
    ],
)
def test_impossible_values_are_named(message_of, name, values, words):
    for value in values:
        row = np.array([[40.0, 12.0, 0.25, 8.0, 1.0, 0.0]])
        row[0, COLUMNS.index(name)] = value
        message = message_of(ValueError, transaction_evidence, row)
        assert message == f"features must have {name} {words}, got {value}"
