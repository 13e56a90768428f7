"""The measures of chapter 6 against brute force and scikit-learn, and its sweeps' definitions."""

import numpy as np
import pytest

from dropout_lab.datasets import CardData, DataUnavailable, load_creditcard
from dropout_lab.experiments import load_results
from dropout_lab.experiments.fraud import (
    EXPERIMENTS,
    card_inputs,
    genuine_weight,
    transaction_inputs,
)

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
