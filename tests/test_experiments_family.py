"""The sweeps of chapter 12: the switch, the order of layers, the statistics, what is stored."""

import numpy as np
import pytest
from images import easy_rows, needs_mnist

from dropout_lab.intervals import t_interval
from dropout_lab.lessons.ch12 import sweeps as family
from dropout_lab.sweeps import load_results
from dropout_lab.sweeps.results import clean_values

STORED = pytest.mark.parametrize("experiment", family.EXPERIMENTS, ids=lambda one: one.name)


@pytest.fixture
def few_images(monkeypatch):
    """Put 700 easy pictures in the place of MNIST: class k is a bright block in place k."""
    images = easy_rows(600, 100)
    monkeypatch.setattr(family, "mnist_rows", lambda: images)
    monkeypatch.setattr(family, "NORM_IMAGES", 400)
    nets = {"small": ([784, 16, 10], 200, 6, 50, 0.5, 2)}
    monkeypatch.setattr(family, "NETS", nets)
    return images


def test_a_rate_is_switched_after_so_many_training_passes():
    import torch

    layer = torch.nn.Dropout(0.5)
    family.switch_rate(layer, 3, 0.1)
    seen = []
    for _ in range(3):
        layer.eval()(torch.ones(1))  # passes at inference do not count
        layer.train()(torch.ones(1))
        seen.append(layer.p)
    assert seen == [0.5, 0.5, 0.5]
    layer(torch.ones(1))
    assert layer.p == 0.1
    assert (layer(torch.ones(10_000)) == 0).double().mean().item() == pytest.approx(0.1, abs=0.015)


def test_a_layer_that_is_switched_at_once_has_the_new_rate_from_the_first_pass():
    import torch

    layer = torch.nn.Dropout(0.0)
    family.switch_rate(layer, 0, 1.0)
    assert not layer(torch.ones(5)).any()


def test_schedules_share_their_beginning_or_their_rate(few_images):
    found = {name: family.run_early("small", name, 0) for name in family.SCHEDULES}
    loss = {name: values["reported_loss"] for name, values in found.items()}
    for one, other in (("none", "late"), ("early", "standard")):
        np.testing.assert_array_equal(loss[one][:2], loss[other][:2])
        assert loss[one][2] != loss[other][2]
    assert loss["none"][0] < loss["standard"][0]


def test_never_switching_is_the_plain_loop(few_images):
    from dropout_lab.training import fit_torch, perceptron_torch

    train, watched, _ = family._split(200, 3)
    model = perceptron_torch([784, 16, 10], 0.5, seed=3)
    history = fit_torch(
        model, train, watched, epochs=6, batch_size=50, seed=3, device="cpu", progress=False
    )
    found = family.run_early("small", "standard", 3)
    np.testing.assert_array_equal(found["reported_loss"], history.train_loss)
    np.testing.assert_array_equal(found["validation_loss"], history.validation_loss)


# --- batch norm ------------------------------------------------------------------------------


def kinds(order):
    return [type(layer).__name__ for layer in family.norm_torch(order, 0.3, seed=0)]


def test_dropout_stands_where_the_order_says():
    hidden = len(family.NORM_SIZES) - 2
    assert kinds("directly") == ["Linear", "ReLU", "Dropout", "BatchNorm1d"] * hidden + ["Linear"]
    assert kinds("weights between") == ["Linear", "BatchNorm1d", "ReLU", "Dropout"] * hidden + [
        "Linear"
    ]
    assert kinds("after the last") == ["Linear", "BatchNorm1d", "ReLU"] * hidden + [
        "Dropout",
        "Linear",
    ]


@pytest.mark.parametrize("masks", [False, True])
def test_renewed_statistics_are_those_of_the_images(masks):
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        norm = torch.nn.BatchNorm1d(3)
        model = torch.nn.Sequential(torch.nn.Dropout(0.5), norm)
        x = torch.randn(20_000, 3) + 1
        family.renew_statistics(model, x, masks=masks)
    assert not any(layer.training for layer in model)
    np.testing.assert_allclose(norm.running_mean, x.mean(dim=0), atol=0.05)
    # At rate 0.5 masks add the mean square, about 2, to the variance, about 1.
    expected = x.var(dim=0) + (x**2).mean(dim=0) * masks
    np.testing.assert_allclose(norm.running_var, expected, rtol=0.05)


@pytest.mark.parametrize("order", family.ORDERS)
def test_the_formula_holds_at_the_first_norm_behind_a_dropout(few_images, order):
    found = family.run_norm(order, 0.3, 0)
    first = {"directly": 0, "weights between": 1}.get(order)
    if first is None:
        np.testing.assert_allclose(found["ratios"], 1, rtol=1e-6)
        assert found["kept_accuracy"] == found["renewed_accuracy"]
    else:
        assert found["ratios"][first] == pytest.approx(found["formula"], rel=0.1)
        np.testing.assert_allclose(found["ratios"][:first], 1, rtol=1e-6)
        assert min(found["ratios"][first:]) > 1.05


# --- what is stored ----------------------------------------------------------------------------


@STORED
def test_what_is_stored_is_what_is_defined(experiment):
    results = load_results(experiment.name)
    assert [cell["parameters"] for cell in results.cells] == experiment.cells
    assert results.description == experiment.description
    assert results.command.startswith(f"python -m dropout_lab.sweeps {experiment.name}")
    assert results.seeds == [0, 1, 2, 3, 4]


def test_the_stored_ratios_agree_with_the_formula():
    results = load_results("family-norm")
    for order, first in (("directly", 0), ("weights between", 1)):
        which = {"order": order, "rate": family.NORM_RATES, "seed": results.seeds}
        ratios, formula = results.array("ratios", **which), results.array("formula", **which)
        np.testing.assert_allclose(ratios[:, :, first], formula, rtol=0.08)


@needs_mnist
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("family-early", {"net": "underfitting", "schedule": "early"}),
        ("family-norm", {"order": "after the last", "rate": 0.3}),
    ],
)
def test_one_cell_comes_out_again(name, parameters):
    results = load_results(name)
    (experiment,) = (one for one in family.EXPERIMENTS if one.name == name)
    stored = next(
        cell
        for cell in results.cells
        if {**cell["parameters"], "seed": None} == {**parameters, "seed": None}
    )
    found = clean_values(experiment.run(**stored["parameters"]))
    assert found.keys() == stored["values"].keys()
    # Between machines two trainings from one seed drift apart like two seeds. That far:
    for value in ("test_loss", "test_accuracy"):
        twins = results.array(value, **parameters, seed=results.seeds)
        _, half = t_interval(twins)
        room = 2 * half * np.sqrt(len(twins))
        np.testing.assert_allclose(found[value], stored["values"][value], atol=room)
