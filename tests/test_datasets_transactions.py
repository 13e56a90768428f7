"""Simulated transactions follow the distributions they state; SciPy is the other implementation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from dropout_lab.data.transactions import (
    make_transactions,
    toy_transactions,
    transaction_evidence,
)

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


# --- the five rows ---------------------------------------------------------------------------


def test_the_toy_has_the_five_rows_of_the_tutorial():
    toy = toy_transactions()
    assert toy.features.tolist() == [[10, 1], [50, 2], [5000, 3], [200, 4], [10000, 5]]
    assert toy.labels.tolist() == [0, 0, 1, 0, 1]
    assert toy.names == ("amount", "time")
    assert (toy.features.dtype, toy.labels.dtype) == (np.float64, np.uint8)


# --- what is drawn ---------------------------------------------------------------------------


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
    assert np.isin(labels, (0, 1)).all()
    amount, hour, risk, distance, velocity, _ = features.T
    assert (amount > 0).all()
    assert ((hour >= 0) & (hour < 24)).all()
    assert ((risk > 0) & (risk < 1)).all()
    assert (distance > 0).all()
    assert ((velocity >= 0) & (velocity == np.round(velocity))).all()


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("name", [name for name in COLUMNS if name not in ("hour", "velocity")])
def test_a_column_follows_the_stated_distribution(stream, name, label):
    # One in a thousand correct generators would fail a single one of these; the seed is fixed.
    assert stats.kstest(column(stream, name, label), STATED[name][label].cdf).pvalue > 1e-3


@pytest.mark.parametrize("label", [0, 1])
def test_hours_follow_the_stated_von_mises_distribution(stream, label):
    angles = column(stream, "hour", label) * HOUR
    stated = STATED["hour"][label]
    # SciPy's distribution lives on one turn around its center.
    center = (15, 2)[label] * HOUR
    turned = (angles - center + np.pi) % (2 * np.pi) - np.pi + center
    assert stats.kstest(turned, stated.cdf).pvalue > 1e-3


@pytest.mark.parametrize("label", [0, 1])
def test_velocities_are_poisson(stream, label):
    values = column(stream, "velocity", label).astype(int)
    seen = np.bincount(np.minimum(values, 6), minlength=7)
    chances = STATED["velocity"][label].pmf(np.arange(6))
    expected = len(values) * np.append(chances, 1 - chances.sum())
    assert stats.chisquare(seen, expected).pvalue > 1e-3


@pytest.mark.parametrize("name", ["amount", "merchant_risk", "distance", "device_score"])
@pytest.mark.parametrize("label", [0, 1])
def test_class_means_are_those_of_the_formulas(stream, name, label):
    values = column(stream, name, label)
    formulas = {
        "amount": np.exp([np.log(40) + 1 / 2, np.log(120) + 1.4**2 / 2]),
        "merchant_risk": (2 / 8, 3 / 7),
        "distance": np.exp(np.log([8, 40]) + 1.3**2 / 2),
        "device_score": (0, 2.5),
    }
    error = values.std() / np.sqrt(len(values))
    assert abs(values.mean() - formulas[name][label]) < 4 * error


@pytest.mark.parametrize("label", [0, 1])
def test_columns_are_uncorrelated_within_a_class(stream, label):
    rows = stream.features[stream.labels == label]
    correlations = stats.spearmanr(rows).statistic[np.triu_indices(6, 1)]
    assert np.abs(correlations).max() < 4.5 / np.sqrt(len(rows))


def test_frauds_stand_anywhere_in_the_stream():
    labels = make_transactions(N, 0.01, np.random.default_rng(0)).labels
    places = np.flatnonzero(labels)
    assert len(places) == 400
    error = N / np.sqrt(12 * len(places))  # of the mean of so many uniform places
    assert abs(places.mean() - N / 2) < 4 * error


def test_the_same_generator_gives_the_same_stream():
    one, two = (make_transactions(100, 0.1, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one.features, two.features)
    assert np.array_equal(one.labels, two.labels)


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


@pytest.mark.parametrize("drift", [0.0, 0.3, 0.5, 0.9, 1.0])
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


def log_density(distribution):
    return distribution.logpmf if hasattr(distribution.dist, "logpmf") else distribution.logpdf


def test_evidence_is_the_difference_of_scipys_log_densities(stream):
    rows = stream.features[:2000]
    evidence = transaction_evidence(rows)
    assert evidence.shape == (2000, 6)
    for number, name in enumerate(COLUMNS):
        values = rows[:, number] * (HOUR if name == "hour" else 1)
        genuine, fraud = (log_density(distribution)(values) for distribution in STATED[name])
        assert np.allclose(evidence[:, number], fraud - genuine, atol=1e-10), name


@pytest.mark.parametrize("drift", [0.0, 0.01, 0.5, 0.99, 1.0])
def test_evidence_of_the_crutch_knows_its_drift(stream, drift):
    rows = stream.features[:2000]
    genuine, fraud = (distribution.pdf(rows[:, 5]) for distribution in STATED["device_score"])
    ratio = ((1 - drift) * fraud + drift * genuine) / genuine
    evidence = transaction_evidence(rows, drift=drift)
    assert np.allclose(evidence[:, 5], np.log(ratio), atol=1e-10)
    assert np.array_equal(evidence[:, :5], transaction_evidence(rows)[:, :5])


def test_the_crutch_alone_ranks_as_two_shifted_normals_do(stream):
    # P(fraud's score > genuine score) = Phi(2.5 / sqrt(2)); variance by Hanley and McNeil (1982).
    area = stats.norm.cdf(2.5 / np.sqrt(2))
    found = roc_auc_score(stream.labels, transaction_evidence(stream.features)[:, 5])
    q1, q2, half = area / (2 - area), 2 * area**2 / (1 + area), N / 2
    variance = area * (1 - area) + (half - 1) * (q1 + q2 - 2 * area**2)
    assert abs(found - area) < 4 * np.sqrt(variance) / half


@pytest.mark.proves(
    "The sum of the evidence of all columns gives true probabilities of fraud",
    chapter=6,
)
def test_the_sum_gives_true_probabilities():
    stream = make_transactions(200_000, 0.1, np.random.default_rng(8))
    log_odds = transaction_evidence(stream.features).sum(axis=1) + np.log(0.1 / 0.9)
    chances = 1 / (1 + np.exp(-log_odds))
    for low, high in ((0.01, 0.1), (0.1, 0.5), (0.5, 0.9), (0.9, 0.99)):
        rows = (chances >= low) & (chances < high)
        error = np.sqrt((chances * (1 - chances))[rows].sum())
        assert abs(stream.labels[rows].sum() - chances[rows].sum()) < 4 * error


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"n": 0}, ValueError, ("n must", "at least 1", "0")),
        ({"n": 10.0}, TypeError, ("n must", "10.0")),
        ({"fraud_rate": 1.5}, ValueError, ("fraud_rate", "between 0 and 1", "1.5")),
        ({"fraud_rate": "1 %"}, TypeError, ("fraud_rate", "'1 %'")),
        ({"drift": -0.1}, ValueError, ("drift", "between 0 and 1", "-0.1")),
        ({"drift": None}, TypeError, ("drift", "None")),
        ({"rng": 0}, TypeError, ("rng", "default_rng", "int")),
    ],
)
def test_bad_arguments_are_named(message_of, arguments, error, words):
    call = {"n": 10, "fraud_rate": 0.1, "rng": np.random.default_rng(0), **arguments}
    n, fraud_rate, rng = (call.pop(name) for name in ("n", "fraud_rate", "rng"))
    message = message_of(error, make_transactions, n, fraud_rate, rng, **call)
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (0, 0.0, ("amount", "positive", "0.0")),
        (0, np.inf, ("amount", "positive and finite", "inf")),
        (1, 24.5, ("hour", "between 0 and 24", "24.5")),
        (2, 1.0, ("merchant_risk", "between 0 and 1", "1.0")),
        (3, np.nan, ("distance", "positive", "nan")),
        (3, np.inf, ("distance", "positive and finite", "inf")),
        (4, -1.0, ("velocity", "at least 0", "-1.0")),
        (4, np.inf, ("velocity", "at least 0 and finite", "inf")),
        (5, np.inf, ("device_score", "finite", "inf")),
    ],
)
def test_impossible_values_are_named(message_of, place, value, words):
    row = np.array([[40.0, 12.0, 0.25, 8.0, 1.0, 0.0]])
    row[0, place] = value
    message = message_of(ValueError, transaction_evidence, row)
    assert all(word in message for word in words), message


def test_features_of_another_shape_are_refused(message_of):
    message = message_of(ValueError, transaction_evidence, np.ones((3, 5)))
    assert "(n, 6)" in message
    assert "(3, 5)" in message
    assert "features" in message_of(TypeError, transaction_evidence, [[1.0] * 6])
    assert "drift" in message_of(ValueError, transaction_evidence, np.ones((1, 6)), drift=2)
