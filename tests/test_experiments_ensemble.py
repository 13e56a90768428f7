"""The sweeps of chapter 8: what is stored is what was defined, and comes out again."""

import numpy as np
import pytest
import torch
from images import easy_rows, needs_mnist

from dropout_lab.ensemble import exact_ensemble
from dropout_lab.lessons.ch08 import sweeps as ensemble
from dropout_lab.sweeps import load_results
from dropout_lab.sweeps.results import clean_values

STORED = pytest.mark.parametrize("experiment", ensemble.EXPERIMENTS, ids=lambda one: one.name)


def softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=-1, keepdims=True)


def test_averages_are_scored_in_disjoint_groups():
    rng = np.random.default_rng(0)
    drawn, whole = rng.normal(size=(7, 20, 4)), rng.normal(size=(20, 4))
    labels = rng.integers(0, 4, 20)
    found = ensemble.averages(drawn, whole, labels, counts=(1, 3))
    groups = {1: [[i] for i in range(7)], 3: [[0, 1, 2], [3, 4, 5]]}
    for at, k in enumerate((1, 3)):
        errors, losses, geometric = [], [], []
        for group in groups[k]:
            mean = sum(softmax(drawn[i]) for i in group) / k
            product = np.prod([softmax(drawn[i]) for i in group], axis=0) ** (1 / k)
            product /= product.sum(axis=1, keepdims=True)
            errors.append(sum(mean.argmax(axis=1) != labels) / 20)
            losses.append(np.mean([-np.log(mean[i, label]) for i, label in enumerate(labels)]))
            geometric.append(
                (
                    sum(product.argmax(axis=1) != labels) / 20,
                    np.mean([-np.log(product[i, label]) for i, label in enumerate(labels)]),
                )
            )
        assert found["error"][at] == pytest.approx(np.mean(errors))
        assert found["error_sd"][at] == pytest.approx(np.std(errors, ddof=1))
        assert found["loss"][at] == pytest.approx(np.mean(losses))
        both = found["geometric_error"][at], found["geometric_loss"][at]
        assert both == pytest.approx(tuple(np.mean(geometric, axis=0)))
    assert found["whole_error"] == np.mean(whole.argmax(axis=1) != labels)
    right = softmax(whole)[np.arange(20), labels]
    assert found["whole_loss"] == pytest.approx(-np.log(right).mean())


def test_sub_networks_of_the_torch_net_are_drawn_for_each_example(monkeypatch):
    from dropout_lab.training import perceptron_torch, predict_torch

    monkeypatch.setattr(ensemble, "POOL", 400)
    model = perceptron_torch([5, 6, 4, 3], ensemble.RATE, seed=0)
    x = np.random.default_rng(1).normal(size=(1, 5)).astype(np.float32).repeat(30, axis=0)
    threads = torch.get_num_threads()
    drawn, whole = ensemble._draw(model, x, np.random.default_rng(2))
    assert torch.get_num_threads() == threads
    np.testing.assert_allclose(whole, predict_torch(model, x), rtol=1e-5, atol=1e-6)
    assert len(np.unique(drawn[0].round(5), axis=0)) > 10  # thirty equal rows, many masks
    # The same net in NumPy knows the exact mean.
    from dropout_lab.network import MLP

    net = MLP([5, 6, 4, 3], np.random.default_rng(0), rate=ensemble.RATE)
    linear = [layer for layer in model if isinstance(layer, torch.nn.Linear)]
    net.weights = [layer.weight.detach().double().numpy().T for layer in linear]
    exact = exact_ensemble(net, x[:1].astype(float)).arithmetic[0]
    members = softmax(drawn.astype(float)).reshape(-1, 3)
    error = members.std(axis=0) / np.sqrt(len(members))
    assert (np.abs(members.mean(axis=0) - exact) < 5 * error).all()


def test_a_net_is_trained_on_a_part_drawn_by_the_seed_and_scored_on_the_test_images(monkeypatch):
    images = easy_rows(500, 100)
    monkeypatch.setattr(ensemble, "mnist_rows", lambda: images)
    monkeypatch.setattr(ensemble, "POOL", 20)
    monkeypatch.setattr(ensemble, "averages", lambda *given: given)
    drawn, whole, test_labels = ensemble.run_samples(300, 10, 0)
    assert drawn.shape == (20, 100, 10)
    assert whole.shape == (100, 10)
    np.testing.assert_array_equal(test_labels, images[3])
    assert (whole.argmax(axis=1) == test_labels).mean() > 0.95


def test_the_small_net_drops_where_it_is_told_and_learns():
    net = ensemble.train_small([0.0, 0.3], seed=1)
    assert net.rates == [0.0, 0.3]
    x, labels, test_x, test_labels = ensemble.few_digits()
    assert (len(x), len(test_x), set(labels)) == (600, 100, set(range(5)))
    assert (net.forward(test_x).argmax(axis=1) == test_labels).mean() > 0.8
    seen = {row.tobytes() for row in x}
    assert not [row for row in test_x if row.tobytes() in seen]


# --- what is stored ----------------------------------------------------------------------------


@STORED
def test_what_is_stored_is_what_is_defined(experiment):
    results = load_results(experiment.name)
    assert [cell["parameters"] for cell in results.cells] == experiment.cells
    assert results.description == experiment.description
    assert results.command.startswith(f"python -m dropout_lab.sweeps {experiment.name}")
    assert results.seeds == [0, 1, 2, 3, 4]


def test_stored_gaps_vanish_where_mathematics_says_so():
    results = load_results("ensemble-gaps")
    for cell in results.cells:
        values, place = cell["values"], cell["parameters"]["place"]
        assert (values["geometric_gap"] < 1e-10) == (place == "last layer")
        right = np.array(values["right"])
        assert right.shape == (3, ensemble.SHOWN)
        assert ((right >= 0) & (right <= 1)).all()


def test_one_small_net_comes_out_again():
    stored = load_results("ensemble-gaps").cells[0]
    found = clean_values(ensemble.run_gaps(**stored["parameters"]))
    # Another machine rounds sums differently, and a training drifts: one image of a hundred.
    np.testing.assert_allclose(found["accuracy"], stored["values"]["accuracy"], atol=0.06)
    np.testing.assert_allclose(found["loss"], stored["values"]["loss"], rtol=0.5, atol=0.05)
    np.testing.assert_allclose(
        found["arithmetic_gap"], stored["values"]["arithmetic_gap"], rtol=0.5
    )


@needs_mnist
def test_the_cheapest_mnist_cell_comes_out_again():
    stored = min(load_results("ensemble-samples").cells, key=lambda cell: cell["seconds"])
    found = clean_values(ensemble.run_samples(**stored["parameters"]))
    assert found.keys() == stored["values"].keys()
    # Between machines a training from 2,000 images drifts like another seed: 0.005 in error.
    for name, value in stored["values"].items():
        loss = name.endswith("loss")
        np.testing.assert_allclose(found[name], value, rtol=0.2 * loss, atol=0.012, err_msg=name)
