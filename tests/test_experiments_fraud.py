"""The measures of chapter 6 against brute force and scikit-learn, and its sweeps' definitions."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from dropout_lab.data import CardData, DataUnavailable, load_creditcard
from dropout_lab.detection import alert_recall
from dropout_lab.lessons.ch06 import sweeps as fraud
from dropout_lab.lessons.ch06.sweeps import (
    EXPERIMENTS,
    card_gain,
    card_inputs,
    card_interval,
    genuine_weight,
    transaction_inputs,
)
from dropout_lab.sweeps import load_results

# --- inputs ----------------------------------------------------------------------------------


def test_transaction_inputs_take_two_logarithms_and_leave_the_rest():
    rows = np.array([[np.e, 3.0, 0.5, np.e**2, 1.0, -1.0]])
    np.testing.assert_allclose(transaction_inputs(rows), [[1.0, 3.0, 0.5, 2.0, 1.0, -1.0]])
    assert rows[0, 0] == np.e


def test_card_inputs_have_the_hour_and_the_log_of_the_amount():
    rows = np.zeros((2, 30))
    rows[:, 0], rows[:, -1] = (3600 * 25.5, 1800), (0, np.e - 1)
    rows[:, 7] = 4.0
    inputs = card_inputs(rows)
    np.testing.assert_allclose(inputs[:, 0], [1.5, 0.5])
    np.testing.assert_allclose(inputs[:, -1], [0, 1])
    assert (inputs[:, 7] == 4.0).all()


def test_genuine_rows_of_a_subset_stand_for_several():
    labels = np.array([0] * 1000 + [1] * 10, np.uint8)
    fields = {"features": np.zeros((1010, 30)), "labels": labels, "names": ()}
    subset = CardData(**fields, source="test", n_repeats=0, is_subset=True)
    everything = CardData(**fields, source="test", n_repeats=0, is_subset=False)
    # 284,315 genuine rows less 1,062 repeats
    assert genuine_weight(subset) == pytest.approx((284_315 - 1_062) / 1000)
    assert genuine_weight(everything) == 1.0


# --- scores, tuning and intervals --------------------------------------------------------------


def test_resampled_scores_are_those_of_repeated_rows(rng):
    labels = (rng.random(900) < 0.1).astype(int)
    scores = rng.normal(size=900) + 2 * labels
    counts = rng.multinomial(900, np.full(900, 1 / 900), 5)
    found = fraud._resampled_scores(labels, scores, 3.5, counts)
    for name, weight in (("", 1.0), ("_full", 3.5)):
        weights = counts * np.where(labels == 1, 1.0, weight)
        expected = [average_precision_score(labels, scores, sample_weight=w) for w in weights]
        np.testing.assert_allclose(found[f"average_precision{name}"], expected)
    whole = fraud._resampled_scores(labels, scores, 3.5, np.ones((1, 900), int))
    for budget in (100, 500):
        assert whole[f"recall_{budget}"] == alert_recall(labels, scores, budget)
        assert whole[f"recall_{budget}_full"] == alert_recall(labels, scores, budget, 3.5)


def test_a_baseline_is_chosen_on_the_validation_rows(rng):
    x = rng.normal(size=(600, 30))
    labels = (x[:, 0] + rng.normal(size=600) > 1.5).astype(int)
    train, validation = (x[:300], labels[:300]), (x[300:], labels[300:])
    score, chosen = fraud._tune("logistic regression", 0, train, validation)
    found = {}
    for strength in (0.001, 0.01, 0.1, 1.0):
        for balance in (None, "balanced"):
            fitted = LogisticRegression(C=strength, class_weight=balance).fit(*train)
            values = fitted.decision_function(validation[0])
            found[strength, balance] = average_precision_score(validation[1], values)
    assert found[chosen["C"], chosen["class_weight"]] == max(found.values()) > min(found.values())
    assert average_precision_score(validation[1], score(validation[0])) == pytest.approx(
        max(found.values())
    )


def test_an_interval_of_random_splits_covers_where_that_over_seeds_does_not(rng):
    # The score of a test part is the mean of its rows; the parts of ten splits share rows.
    hits, plain, trials, rows = 0, 0, 300, 200
    for _ in range(trials):
        values = rng.normal(size=rows)
        parts = [values[rng.permutation(rows)[: rows // 5]].mean() for _ in range(10)]
        mean, half = card_interval(parts, "stratified")
        hits += abs(mean) <= half
        plain += abs(mean) <= half / np.sqrt(1 + 10 / 3)
    assert plain / trials < 0.8 < 0.9 < hits / trials


def test_one_test_set_adds_the_spread_over_its_rows():
    mean, half = card_interval([[1.0, 3.0]], "time", error=[2.0])
    assert (mean[0], half[0]) == pytest.approx((2.0, np.hypot(12.706, 1.96 * 2)), rel=1e-4)


def test_no_other_split_has_an_interval(message_of):
    message = message_of(ValueError, card_interval, [1.0, 3.0], "tiem")
    assert message == "split must be one of ['stratified', 'time'], got 'tiem'"


def test_gains_pair_seeds_and_rows():
    cards = load_results("fraud-cards")
    some, none = ({"model": "hidden", "width": 64, "rate": rate} for rate in (0.5, 0.0))
    by_seed, by_rows = [], []
    for seed in range(10):
        one, other = (
            next(
                cell["values"]
                for cell in cards.cells
                if cell["parameters"] == {**detector, "split": "time", "seed": seed}
            )
            for detector in (some, none)
        )
        by_seed.append(one["average_precision"] - other["average_precision"])
        by_rows.append(np.subtract(one["resampled"], other["resampled"]))
    seeds = 2.262 * np.std(by_seed, ddof=1) / np.sqrt(10)
    rows = 1.96 * np.std(np.mean(by_rows, axis=0), ddof=1)
    wanted = np.mean(by_seed), np.hypot(seeds, rows)
    assert card_gain(cards, some, none, "time") == pytest.approx(wanted, rel=1e-6)


# --- sweeps ----------------------------------------------------------------------------------


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda one: one.name)
def test_every_setting_has_the_same_ten_seeds(experiment):
    settings = {}
    for cell in experiment.cells:
        setting = tuple(sorted((k, v) for k, v in cell.items() if k != "seed"))
        settings.setdefault(setting, []).append(cell["seed"])
    assert all(sorted(seeds) == list(range(10)) for seeds in settings.values())


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda one: one.name)
def test_the_stored_results_are_those_of_the_defined_cells(experiment):
    results = load_results(experiment.name)
    assert [cell["parameters"] for cell in results.cells] == experiment.cells


def test_a_stored_cell_comes_out_again():
    crutch = EXPERIMENTS[0]
    parameters = {"detector": "input", "rate": 0.5, "size": 4000, "seed": 3}
    (stored,) = [
        cell["values"]
        for cell in load_results(crutch.name).cells
        if cell["parameters"] == parameters
    ]
    again = crutch.run(**parameters)
    # Another processor may round another way, which an early stop can turn into another epoch.
    for value in ("average_precision", "recall"):
        np.testing.assert_allclose(again[value], stored[value], atol=0.05)


def test_the_ideal_detector_is_stored_with_its_own_evidence():
    crutch = EXPERIMENTS[0]
    again = crutch.run(detector="told", rate=0.0, size=0, seed=7)
    stored = load_results(crutch.name).array("average_precision", detector="told", seed=7)
    np.testing.assert_allclose(again["average_precision"], stored, rtol=1e-4)


def has_the_subset():
    """Say whether the rows that the stored results rest on are at hand."""
    try:
        return load_creditcard(download=False).is_subset
    except DataUnavailable:
        return False


@pytest.mark.skipif(
    not has_the_subset(),
    reason="DROPOUT_LAB_DATA does not hold the subset of the card data that was used",
)
@pytest.mark.parametrize(
    ("model", "width", "rate", "split", "tolerance"),
    [
        ("logistic regression", 0, 0.0, "stratified", 0.002),
        ("hidden", 64, 0.5, "time", 0.03),
    ],
)
def test_a_stored_cell_of_the_card_data_comes_out_again(model, width, rate, split, tolerance):
    cards = EXPERIMENTS[1]
    cell = {"model": model, "width": width, "rate": rate, "split": split, "seed": 4}
    again, results = cards.run(**cell), load_results(cards.name)
    for value in ("average_precision", "average_precision_full", "recall_100"):
        assert again[value] == pytest.approx(results.array(value, **cell), abs=tolerance)
    assert again["test_frauds"] == {"stratified": 95, "time": 74}[split]
