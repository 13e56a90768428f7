"""What the sweeps of the lessons do: with easy pictures, by brute force, against scikit-learn.

`test_experiments_mnist` runs stored cells again; here stands what no stored number tells.
"""

import ast
import inspect
import re
import textwrap
from unittest.mock import Mock

import numpy as np
import pytest
import torch
from images import easy_mnist
from recorded import CHAPTERS, prose
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from dropout_lab.data import CardData
from dropout_lab.detection import alert_recall
from dropout_lab.ensemble import exact_ensemble
from dropout_lab.lessons import runs
from dropout_lab.lessons.ch06 import sweeps as fraud
from dropout_lab.lessons.ch07 import sweeps as mnist
from dropout_lab.lessons.ch08 import sweeps as ensemble
from dropout_lab.lessons.ch09 import sweeps as choosing
from dropout_lab.lessons.ch10 import sweeps as ridge
from dropout_lab.lessons.ch11 import sweeps as uncertainty
from dropout_lab.lessons.ch12 import sweeps as family
from dropout_lab.network import MLP
from dropout_lab.regularizers import clip_norms
from dropout_lab.sweeps import grid, load_results
from dropout_lab.training import perceptron_torch, predict_torch


@pytest.fixture
def few_images(monkeypatch):
    """Put easy pictures in the place of MNIST, and sizes that fit."""
    sizes = {
        mnist: {"N_TRAIN": 400},
        ensemble: {"FEW": 200, "MEMBERS": 3, "MASK_RATES": (0.0, 0.95)},
        choosing: {"N_TRAIN": 150, "N_VALIDATION": 100},
        uncertainty: {"N_TRAIN": 300, "EPOCHS": 6, "PASSES": 10},
        family: {"NORM_IMAGES": 400, "NETS": {"small": ([784, 16, 10], 200, 6, 50, 0.5, 2)}},
    }
    for module, settings in sizes.items():
        for name, value in settings.items():
            monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(choosing, "_split", choosing._split.__wrapped__)  # no cache between tests
    return easy_mnist(monkeypatch)


def kinds(net):
    return [type(layer).__name__ for layer in net]


# --- what they share ---------------------------------------------------------------------------


def test_images_are_drawn_by_the_seed_and_no_two_parts_share_one(few_images, monkeypatch):
    x, labels, *_ = few_images
    order = np.random.default_rng(4).permutation(600)
    parts = [*choosing._split(4), *family._split(200, 4), runs.drawn(4, 300)]
    places = (0, 150), (150, 250), (0, 200), (200, None), (300, None)
    for (images, classes), (start, stop) in zip(parts, places, strict=True):
        np.testing.assert_array_equal(images, x[order[start:stop]])
        np.testing.assert_array_equal(classes, labels[order[start:stop]])
    monkeypatch.setattr(choosing, "tested", lambda model, x, labels: (None, x))
    assert choosing._unseen_error(None, 4) == x[order[250:]].mean()


# --- chapter 6 ---------------------------------------------------------------------------------


def test_inputs_of_the_detectors_take_logarithms_and_the_hour():
    rows = np.array([[np.e, 3.0, 0.5, np.e**2, 1.0, -1.0]])
    np.testing.assert_allclose(fraud.transaction_inputs(rows), [[1.0, 3.0, 0.5, 2.0, 1.0, -1.0]])
    assert rows[0, 0] == np.e
    cards = np.full((2, 30), 4.0)
    cards[:, 0], cards[:, -1] = (3600 * 25.5, 1800), (0, np.e - 1)
    inputs = fraud.card_inputs(cards)
    np.testing.assert_allclose(inputs[:, 0], [1.5, 0.5])
    np.testing.assert_allclose(inputs[:, -1], [0, 1])
    assert (inputs[:, 1:-1] == 4.0).all()


@pytest.mark.parametrize("is_subset", [True, False])
def test_genuine_rows_of_a_subset_stand_for_several(is_subset):
    labels = np.array([0] * 1000 + [1] * 10, np.uint8)
    cards = CardData(np.zeros((1010, 30)), labels, (), "test", n_repeats=0, is_subset=is_subset)
    # 284,315 genuine rows less 1,062 repeats
    expected = (284_315 - 1_062) / 1000 if is_subset else 1.0
    assert fraud.genuine_weight(cards) == pytest.approx(expected)


def test_resampled_scores_are_those_of_repeated_rows(rng):
    labels = (rng.random(900) < 0.1).astype(int)
    scores = rng.normal(size=900) + 2 * labels
    counts = rng.multinomial(900, np.full(900, 1 / 900), 5)
    found = fraud._resampled_scores(labels, scores, 3.5, counts)
    whole = fraud._resampled_scores(labels, scores, 3.5, np.ones((1, 900), int))
    for name, weight in (("", 1.0), ("_full", 3.5)):
        weights = counts * np.where(labels == 1, 1.0, weight)
        expected = [average_precision_score(labels, scores, sample_weight=w) for w in weights]
        np.testing.assert_allclose(found[f"average_precision{name}"], expected)
        for budget in (100, 500):
            recall = alert_recall(labels, scores, budget, weight)
            assert whole[f"recall_{budget}{name}"] == recall
    frauds = fraud._resampled_scores(np.ones(900, int), scores, 1.0, np.ones((1, 900), int))
    assert frauds["recall_100"] == 100 / 900  # the hundredth alert is looked at, too


def test_a_baseline_is_chosen_on_the_validation_rows(rng):
    x = rng.normal(size=(600, 30))
    labels = (x[:, 0] + rng.normal(size=600) > 1.5).astype(int)
    train, validation = (x[:300], labels[:300]), (x[300:], labels[300:])

    def judged(score):
        return average_precision_score(validation[1], score(validation[0]))

    score, chosen = fraud._tune("logistic regression", 0, train, validation)
    settings = grid(**fraud.TUNED["logistic regression"])
    found = [judged(LogisticRegression(**one).fit(*train).decision_function) for one in settings]
    assert found[settings.index(chosen)] == max(found) > min(found)
    assert judged(score) == pytest.approx(max(found))


def test_the_ideal_detector_is_stored_with_its_own_evidence():
    for detector in ("told", "ideal"):
        cell = {"detector": detector, "rate": 0.0, "size": 0, "seed": 7}
        again = fraud._run_crutch(**cell)
        for value in ("average_precision", "cross_entropy"):
            stored = load_results("fraud-crutch").array(value, **cell)
            np.testing.assert_allclose(again[value], stored, rtol=1e-4)


# --- chapter 7 ---------------------------------------------------------------------------------


def test_rates_are_trained_on_the_first_images_and_validated_on_the_rest(few_images):
    found = mnist.run_rates(rate=0.0, epochs=5, seed=1)
    x, labels, test_x, _ = few_images
    parts = [(x[:400], labels[:400]), (x[400:], labels[400:])]
    model, history = runs.trained([784, 128, 64, 10], *parts, rate=0.0, epochs=5, seed=1)
    np.testing.assert_array_equal(found["validation_loss"], history.validation_loss)
    values = test_x
    for layer, share in zip((model[0], model[3]), found["active"], strict=True):
        weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        values = np.maximum(values @ weight.T + bias, 0)
        assert share == pytest.approx((values > 0).mean(), abs=1e-4)


def test_the_chapter_shows_the_lines_that_were_run():
    text = prose(CHAPTERS / "07_mnist.ipynb")
    shown = re.search(r"(?s)```python\n(model = keras.Sequential.*?)```", text)
    source = ast.parse(textwrap.dedent(inspect.getsource(mnist.published_keras)))
    lines = [ast.unparse(line) for line in source.body[0].body]
    assert [ast.unparse(line) for line in ast.parse(shown[1]).body] == lines[3:-1]


# --- chapter 8 ---------------------------------------------------------------------------------


def test_averages_are_scored_in_disjoint_groups():
    rng = np.random.default_rng(0)
    members, whole = rng.normal(size=(7, 20, 4)), rng.normal(size=(20, 4))
    chances, labels = softmax(members, axis=-1), rng.integers(0, 4, 20)
    found = ensemble.averages(members, whole, labels, counts=(1, 3))

    def judged(answers):
        losses = [-np.log(answers[i, label]) for i, label in enumerate(labels)]
        return np.mean(answers.argmax(axis=1) != labels), np.mean(losses)

    groups = [[[i] for i in range(7)], [[0, 1, 2], [3, 4, 5]]]
    for at, (k, parts) in enumerate(zip((1, 3), groups, strict=True)):
        means = [sum(chances[i] for i in group) / k for group in parts]
        products = [np.prod(chances[group], axis=0) ** (1 / k) for group in parts]
        products = [each / each.sum(axis=1, keepdims=True) for each in products]
        errors, losses = zip(*map(judged, means), strict=True)
        geometric = tuple(np.mean([judged(each) for each in products], axis=0))
        names = ("error", "error_sd", "loss", "geometric_error", "geometric_loss")
        wanted = np.mean(errors), np.std(errors, ddof=1), np.mean(losses), *geometric
        assert [found[name][at] for name in names] == pytest.approx(wanted)
    assert (found["whole_error"], found["whole_loss"]) == pytest.approx(
        judged(softmax(whole, axis=-1))
    )


def test_sub_networks_of_the_torch_net_are_drawn_for_each_example(monkeypatch):
    monkeypatch.setattr(ensemble, "POOL", 400)
    model = perceptron_torch([5, 6, 4, 3], ensemble.RATE, seed=0)
    x = np.random.default_rng(1).normal(size=(1, 5)).astype(np.float32).repeat(30, axis=0)
    threads = torch.get_num_threads()
    drawn, whole = ensemble._draw(model, x, np.random.default_rng(2))
    assert torch.get_num_threads() == threads
    np.testing.assert_allclose(whole, predict_torch(model, x), rtol=1e-5, atol=1e-6)
    assert len(np.unique(drawn[0].round(5), axis=0)) > 10  # thirty equal rows, many masks
    # The same net in NumPy knows the exact mean.
    net = MLP([5, 6, 4, 3], np.random.default_rng(0), rate=ensemble.RATE)
    linear = [layer for layer in model if isinstance(layer, torch.nn.Linear)]
    net.weights = [layer.weight.detach().double().numpy().T for layer in linear]
    exact = exact_ensemble(net, x[:1].astype(float)).arithmetic[0]
    members = softmax(drawn.astype(float), axis=-1).reshape(-1, 3)
    error = members.std(axis=0) / np.sqrt(len(members))
    assert (np.abs(members.mean(axis=0) - exact) < 5 * error).all()


class FixedMask(torch.nn.Module):
    """Dropout at rate 0.5 whose mask a test sets."""

    def forward(self, x):
        return x * self.mask / 0.5 if self.training else x


def test_boosting_corrects_the_whole_net_through_a_sub_network():
    mask = FixedMask()
    net = perceptron_torch([5, 4, 3], 0.0, seed=0).double()
    net[2] = mask
    x, labels = torch.from_numpy(np.random.default_rng(0).normal(size=(7, 5))), torch.arange(7) % 3
    model = ensemble.boosting_torch(net)

    def slopes(of, kept):
        mask.mask = torch.tensor(kept)
        logits = of(x)
        loss = torch.nn.functional.cross_entropy(logits, labels)
        return logits, [each.numpy() for each in torch.autograd.grad(loss, list(net.parameters()))]

    whole, plain = slopes(net.eval(), np.ones(4))
    found = []
    for kept in np.ndindex(2, 2, 2, 2):
        logits, each = slopes(model.train(), np.array(kept, float))
        torch.testing.assert_close(logits, whole)
        assert not each[0][np.array(kept) == 0].any()  # a dropped unit learns nothing
        found.append(each)
    for mean, expected in zip(map(np.array, zip(*found, strict=True)), plain, strict=True):
        np.testing.assert_allclose(mean.mean(axis=0), expected, atol=1e-12)
    assert np.std([each[0] for each in found], axis=0).max() > 0.01  # each mask moves others
    torch.testing.assert_close(model.eval()(x), whole)


def test_controls_share_nothing_or_all_but_the_mask(few_images):
    how = {"rate": 0.5, "input_rate": 0.2, "learning_rate": 3e-3, "seed": 1}
    found = ensemble.run_control("members", **how)
    errors = [found[f"test_{mean}_error"] for mean in ("geometric", "arithmetic")]
    assert [len(each) for each in errors] == [3, 3]
    assert errors[0][0] == errors[1][0]  # the means of one prediction are one
    assert found["test_loss"][0] != found["test_loss"][1]
    pair = ensemble.run_control("pair", **{**how, "input_rate": 0.0})
    assert (pair["masks_disagree"][0], pair["masks_disagree"][1] > 0) == (0, True)
    dropout = ensemble.run_control("dropout", **{**how, "input_rate": 0.0})
    assert pair["mask_errors"][0] == dropout["test_error"]  # the first net, asked twice


# --- chapter 9 ---------------------------------------------------------------------------------


def test_a_net_has_its_shape_and_keeps_its_limit(few_images):
    shape = {"width": 20, "depth": 3, "rate": 0.5}
    model, _ = choosing.train_net(0, **shape, max_norm=0.8, learning_rate=0.05)
    linear = [layer for layer in model if isinstance(layer, torch.nn.Linear)]
    assert [layer.out_features for layer in linear] == [20, 20, 20, 10]
    for layer in linear:
        weights = layer.weight.detach().numpy().T
        np.testing.assert_allclose(clip_norms(weights, 0.8), weights, rtol=1e-5)
        assert np.linalg.norm(weights, axis=0).max() > 0.79


# --- chapter 10 --------------------------------------------------------------------------------


def test_noise_is_taken_from_the_gradient_and_given_back():
    net = perceptron_torch([4, 6, 3], 0.5, seed=0).double()
    x, labels = torch.from_numpy(np.random.default_rng(0).normal(size=(3, 4))), torch.arange(3)
    x *= 10  # so that masks matter

    def drawn(masks, noisy, draws=400):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            each = [ridge.slope(net, x, labels, masks, noisy)[0] for _ in range(draws)]
        each = torch.stack(each).numpy().reshape(draws, -1)
        return each.mean(axis=0), each.var(axis=0).sum()

    kinds = {kind: (min(masks, 2), noisy) for kind, (masks, noisy) in ridge.KINDS.items()}
    found = {kind: drawn(*how) for kind, how in kinds.items()}
    noise = found["dropout"][1]
    shares = {kind: variance / noise for kind, (_, variance) in found.items()}
    expected = {"none": 0, "noise": 1, "averaged": 1 / 2, "averaged + noise": 1}
    for kind, share in expected.items():
        # Of so many draws a variance is known to some percent.
        assert shares[kind] == pytest.approx(share, rel=0.25, abs=1e-12), kind
    error = 4 * np.sqrt(noise / 400)
    for kind, like in (("noise", "none"), ("averaged", "dropout"), ("averaged + noise", "dropout")):
        assert np.linalg.norm(found[kind][0] - found[like][0]) < error
    assert np.linalg.norm(found["dropout"][0] - found["none"][0]) > error


# --- chapter 11 --------------------------------------------------------------------------------


def test_odd_inputs_are_what_their_names_say():
    images = np.random.default_rng(0).uniform(0, 1, (5, 28, 28)).astype(np.float32)

    def made(kind):
        return uncertainty.odd_inputs(kind, images, np.random.default_rng(1))

    assert uncertainty.rotate(np.ones((1, 9, 9)), 45)[0, 0, 0] == 0  # paper turns in from outside
    np.testing.assert_allclose(made("turned 90°"), np.rot90(images, axes=(1, 2)), atol=1e-5)
    np.testing.assert_allclose(made("mirrored"), np.flip(images, axis=2))
    np.testing.assert_allclose(made("inverted") + images, 1, atol=1e-6)
    np.testing.assert_allclose(made("faint") * 4, images)
    halves = [[*images[i, :14], *images[(i + 1) % 5, 14:]] for i in range(5)]
    np.testing.assert_array_equal(made("two halves"), halves)
    flat, mixed = (one.reshape(5, -1) for one in (images, made("shuffled")))
    np.testing.assert_array_equal(np.sort(flat), np.sort(mixed))
    assert np.mean(flat == mixed) < 0.1
    assert abs(np.corrcoef(made("noise").ravel(), images.ravel())[0, 1]) < 0.1


def test_nets_are_asked_once_or_with_masks_or_together(few_images):
    both = uncertainty.run_calibration(members=1, rate=0.5, seed=0)
    assert both["on_loss"][0] > both["off_loss"][0]  # the mean over masks is less sure
    np.testing.assert_array_equal(both["off_auroc"][:, 2], 0.5)  # one pass contradicts nobody
    together = uncertainty.run_calibration(members=2, rate=0.0, seed=0)
    assert set(together) == {"on_counts", "on_accuracy", "on_loss", "on_auroc"}
    assert not np.all(together["on_auroc"][:, 2] == 0.5)  # the members differ


# --- chapter 12 --------------------------------------------------------------------------------


def test_a_rate_is_switched_after_so_many_training_passes():
    layer, seen = torch.nn.Dropout(0.5), []
    family.switch_rate(layer, 3, 0.1)
    for _ in range(4):
        layer.eval()(torch.ones(1))  # passes at inference do not count
        layer.train()(torch.ones(1))
        seen.append(layer.p)
    assert seen == [0.5, 0.5, 0.5, 0.1]
    assert (layer(torch.ones(10_000)) == 0).double().mean().item() == pytest.approx(0.1, abs=0.015)
    at_once = torch.nn.Dropout(0.0)
    family.switch_rate(at_once, 0, 1.0)
    assert not at_once(torch.ones(5)).any()


def test_schedules_share_their_beginning_or_their_rate(few_images):
    found = {name: family.run_early("small", name, 3) for name in family.SCHEDULES}
    loss = {name: values["reported_loss"] for name, values in found.items()}
    for one, other in (("none", "late"), ("early", "standard")):
        np.testing.assert_array_equal(loss[one][:2], loss[other][:2])
        assert loss[one][2] != loss[other][2]
    assert loss["none"][0] < loss["standard"][0]
    # Never switching is the plain loop.
    how = {"rate": 0.5, "epochs": 6, "batch_size": 50, "seed": 3}
    _, history = runs.trained([784, 16, 10], *family._split(200, 3), **how)
    np.testing.assert_array_equal(loss["standard"], history.train_loss)
    np.testing.assert_array_equal(found["standard"]["validation_loss"], history.validation_loss)


def test_dropout_stands_where_the_order_says():
    found = {order: kinds(family.norm_torch(order, 0.3, seed=0)) for order in family.ORDERS}
    norm, last = "BatchNorm1d", "Linear"
    assert found == {
        "directly": [*["Linear", "ReLU", "Dropout", norm] * 6, last],
        "weights between": [*["Linear", norm, "ReLU", "Dropout"] * 6, last],
        "after the last": [*["Linear", norm, "ReLU"] * 6, "Dropout", last],
    }


@pytest.mark.parametrize("masks", [False, True])
def test_renewed_statistics_are_those_of_the_images(masks):
    norm = torch.nn.BatchNorm1d(3)
    model = torch.nn.Sequential(torch.nn.Dropout(0.5), norm)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x = torch.randn(20_000, 3) + 1
        family.renew_statistics(model, x, masks=masks)
    assert not any(layer.training for layer in model)
    np.testing.assert_allclose(norm.running_mean, x.mean(dim=0), atol=0.05)
    # At rate 0.5 masks add the mean square, about 2, to the variance, about 1.
    expected = x.var(dim=0) + (x**2).mean(dim=0) * masks
    np.testing.assert_allclose(norm.running_var, expected, rtol=0.05)


@pytest.mark.parametrize(
    ("order", "first"), [("directly", 0), ("weights between", 1), ("after the last", None)]
)
def test_the_formula_holds_at_the_first_norm_behind_a_dropout(
    few_images, monkeypatch, order, first
):
    renew = Mock(wraps=family.renew_statistics)
    monkeypatch.setattr(family, "renew_statistics", renew)
    found = family.run_norm(order, 0.3, 0)
    assert [call.kwargs["masks"] for call in renew.mock_calls] == [True, False]
    np.testing.assert_allclose(found["ratios"][:first], 1, rtol=1e-6)
    if first is None:
        assert found["kept_accuracy"] == found["renewed_accuracy"]
    else:
        assert found["ratios"][first] == pytest.approx(found["formula"], rel=0.1)
        assert min(found["ratios"][first:]) > 1.05
