"""The sweeps of chapter 11: what is stored is what was defined, and comes out again."""

import numpy as np
import pytest
import torch
from images import needs_mnist

from dropout_lab.lessons.ch11 import sweeps as uncertainty
from dropout_lab.lessons.ch11.sweeps import (
    ANGLES,
    GAP_GRID,
    ODD,
    SCORES,
    fit_regression,
    gap_data,
    odd_inputs,
    regression_net,
    rotate,
)
from dropout_lab.sweeps import load_results
from dropout_lab.sweeps.results import clean_values
from dropout_lab.uncertainty import expected_calibration_error, mc_passes

STORED = pytest.mark.parametrize("experiment", uncertainty.EXPERIMENTS, ids=lambda one: one.name)


@pytest.fixture
def few_images(monkeypatch):
    """Put easy pictures in the place of MNIST: class k is a bright block of rows in place k."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 500)
    images = rng.uniform(0, 0.2, (500, 28, 28)).astype(np.float32)
    for image, label in zip(images, labels, strict=True):
        image[2 * label + 4 : 2 * label + 6] += 0.8
    made = images[:400], labels[:400], images[400:], labels[400:]
    monkeypatch.setattr(uncertainty, "_images", lambda: made)
    monkeypatch.setattr(uncertainty, "N_TRAIN", 300)
    monkeypatch.setattr(uncertainty, "EPOCHS", 6)
    monkeypatch.setattr(uncertainty, "PASSES", 10)
    return made


# --- images ------------------------------------------------------------------------------------


def test_a_quarter_turn_is_numpys_and_a_whole_one_is_none():
    images = np.random.default_rng(0).uniform(0, 1, (2, 9, 9)).astype(np.float32)
    np.testing.assert_allclose(rotate(images, 90), np.rot90(images, axes=(1, 2)), atol=1e-5)
    np.testing.assert_allclose(rotate(images, 0), images, atol=1e-6)
    assert rotate(images, 33).dtype == np.float32
    assert rotate(np.ones((1, 9, 9)), 45)[0, 0, 0] == 0  # paper turns in from outside


def test_odd_inputs_are_what_their_names_say():
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 1, (5, 28, 28)).astype(np.float32)
    made = {kind: odd_inputs(kind, images, np.random.default_rng(1)) for kind in ODD}
    for found in made.values():
        assert found.shape == images.shape
        assert found.dtype == np.float32
        assert 0 <= found.min() <= found.max() <= 1
    np.testing.assert_allclose(made["mirrored"], np.flip(images, axis=2))
    np.testing.assert_allclose(made["inverted"] + images, 1, atol=1e-6)
    np.testing.assert_allclose(made["faint"] * 4, images)
    np.testing.assert_array_equal(made["two halves"][0, :14], images[0, :14])
    np.testing.assert_array_equal(made["two halves"][0, 14:], images[1, 14:])
    np.testing.assert_array_equal(made["two halves"][4, 14:], images[0, 14:])
    flat, mixed = (one.reshape(5, -1) for one in (images, made["shuffled"]))
    np.testing.assert_array_equal(np.sort(flat), np.sort(mixed))
    assert np.mean(flat == mixed) < 0.1
    assert abs(np.corrcoef(made["noise"].ravel(), images.ravel())[0, 1]) < 0.1


def test_an_unknown_kind_is_named():
    with pytest.raises(ValueError, match="kind must be one of"):
        odd_inputs("upside down", np.zeros((1, 8, 8)), np.random.default_rng(0))


# --- regression --------------------------------------------------------------------------------


def test_there_is_a_gap_and_smaller_sets_are_parts_of_larger_ones():
    x, y = gap_data(4_000)
    assert np.all((np.abs(x) > 0.6) & (np.abs(x) < 1.4))
    assert 0.45 < np.mean(x > 0) < 0.55
    noise = y - np.sin(2.5 * x)
    assert noise.std() == pytest.approx(0.1, rel=5 / np.sqrt(2 * 4_000))
    np.testing.assert_array_equal(gap_data(10)[0], x[:10])


@pytest.mark.parametrize("hidden", [1, 2])
def test_the_regression_net_learns_and_leaves_the_random_state_alone(hidden):
    state = torch.get_rng_state()
    x, y = gap_data(40)
    net = regression_net(hidden, 0.05, seed=0)
    fit_regression(net, x, y, 400, seed=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert not net.training
    answers = mc_passes(net, x[:, None], 200, seed=0)[:, :, 0].mean(axis=0)
    assert np.mean((answers - y) ** 2) < 0.15 * y.var()
    assert len([layer for layer in net if isinstance(layer, torch.nn.Dropout)]) == hidden


# --- runs --------------------------------------------------------------------------------------


def test_a_net_without_dropout_is_asked_once(few_images):
    found = uncertainty.run_calibration(members=1, rate=0.0, seed=0)
    assert set(found) == {"off_counts", "off_accuracy", "off_loss", "off_auroc"}
    assert found["off_counts"].shape == (len(ANGLES), 3, 10)
    assert found["off_auroc"].shape == (len(ODD), len(SCORES))
    np.testing.assert_array_equal(found["off_counts"][:, 0].sum(axis=1), 100)
    np.testing.assert_allclose(found["off_counts"][:, 2].sum(axis=1), 100 * found["off_accuracy"])
    np.testing.assert_array_equal(found["off_auroc"][:, 2], 0.5)  # one pass contradicts nobody
    assert found["off_accuracy"][0] == 1


def test_with_dropout_there_are_both_ways_to_ask(few_images):
    found = uncertainty.run_calibration(members=1, rate=0.5, seed=0)
    assert len(found) == 8
    assert found["on_accuracy"][0] == found["off_accuracy"][0] == 1
    assert found["on_loss"][0] > found["off_loss"][0]  # the mean over masks is less sure
    assert not np.array_equal(found["on_auroc"], found["off_auroc"])
    assert found["on_auroc"][ODD.index("inverted")].max() > 0.9


def test_the_members_of_an_ensemble_differ(few_images):
    found = uncertainty.run_calibration(members=5, rate=0.0, seed=0)
    assert set(found) == {"on_counts", "on_accuracy", "on_loss", "on_auroc"}
    assert not np.all(found["on_auroc"][:, 2] == 0.5)


# --- what is stored ----------------------------------------------------------------------------


@STORED
def test_what_is_stored_is_what_is_defined(experiment):
    results = load_results(experiment.name)
    assert [cell["parameters"] for cell in results.cells] == experiment.cells
    assert results.name == experiment.name
    assert results.description == experiment.description
    assert results.command.startswith(f"python -m dropout_lab.sweeps {experiment.name}")
    assert results.seeds == [0, 1, 2, 3, 4]


def test_stored_calibration_counts_every_fifth_test_image():
    for cell in load_results("uncertainty-calibration").cells:
        for mode in ("on", "off"):
            if f"{mode}_counts" in cell["values"]:
                counts = np.array(cell["values"][f"{mode}_counts"])
                accuracy = np.array(cell["values"][f"{mode}_accuracy"])
                np.testing.assert_array_equal(counts[:, 0].sum(axis=1), 2_000)
                np.testing.assert_allclose(counts[:, 2].sum(axis=1) / 2_000, accuracy)
                assert np.all(expected_calibration_error(counts) < 1)


@needs_mnist
def test_the_cheapest_calibration_comes_out_again():
    (experiment,) = (one for one in uncertainty.EXPERIMENTS if "calibration" in one.name)
    stored = load_results(experiment.name).cells[0]
    found = clean_values(experiment.run(**stored["parameters"]))
    assert found.keys() == stored["values"].keys()
    # On one machine these are equal. Between machines two trainings from one seed drift apart
    # like two seeds.
    for name, value in stored["values"].items():
        room = {"off_counts": 120, "off_loss": 0.6}.get(name, 0.08)
        np.testing.assert_allclose(found[name], value, atol=room, err_msg=name)


def test_a_stored_gap_comes_out_again():
    cell = {"hidden": 1, "rate": 0.2, "n": 40, "seed": 0}
    found = uncertainty.run_gap(**cell)
    results = load_results("uncertainty-gap")
    for name, room in (("mean", 0.15), ("spread", 0.08)):
        np.testing.assert_allclose(found[name], results.array(name, **cell), atol=room)
    assert found["mean"].shape == GAP_GRID.shape
