"""The sweeps of chapter 7: what is stored is what was defined, and comes out again."""

import ast
import inspect
import re
import textwrap
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
import torch
from images import easy_rows, needs_mnist
from recorded import CHAPTERS

from dropout_lab.lessons.ch07 import figures as digits
from dropout_lab.lessons.ch07 import figures as plots
from dropout_lab.lessons.ch07 import sweeps as mnist
from dropout_lab.sweeps import load_results
from dropout_lab.sweeps.results import clean_values
from dropout_lab.training import perceptron_torch

STORED = pytest.mark.parametrize("experiment", mnist.EXPERIMENTS, ids=lambda one: one.name)


@pytest.fixture
def few_images(monkeypatch):
    """Put 600 easy pictures in the place of MNIST: class k is a bright block in place k."""
    images = easy_rows(500, 100)
    monkeypatch.setattr(mnist, "mnist_rows", lambda: images)
    monkeypatch.setattr(mnist, "N_TRAIN", 400)
    monkeypatch.setattr(mnist, "epochs_for", lambda size: 12)
    return images


@pytest.mark.parametrize("size", [100, 101, 500, 2_000, 10_000, 60_000])
def test_every_set_gets_ten_thousand_steps_and_less_than_an_epoch_more(size):
    steps = -(-size // 32)
    assert 10_000 <= mnist.epochs_for(size) * steps < 10_000 + steps


def test_smaller_sets_are_parts_of_larger_ones(few_images):
    small, large = mnist._subset(50, seed=3), mnist._subset(200, seed=3)
    for part, whole in zip(small, large, strict=True):
        np.testing.assert_array_equal(part, whole[:50])
    assert not np.array_equal(mnist._subset(50, seed=4)[0], small[0])


def test_rates_are_trained_on_the_first_images_and_validated_on_the_rest(few_images):
    found = mnist.run_rates(rate=0.0, epochs=6, seed=0)
    assert found["final_train_accuracy"] == found["final_test_accuracy"] == 1.0
    assert found["validation_accuracy"].shape == found["train_loss"].shape == (6,)
    x, labels, test_x, _ = few_images
    model, history = mnist.train_mnist(
        "128-64", (x[:400], labels[:400]), (x[400:], labels[400:]), 6, rate=0.0, seed=0
    )
    np.testing.assert_array_equal(found["validation_loss"], history.validation_loss)
    values = test_x
    for layer, share in zip((model[0], model[3]), found["active"], strict=True):
        weight, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        values = np.maximum(values @ weight.T + bias, 0)
        assert share == pytest.approx((values > 0).mean(), abs=1e-4)


@pytest.mark.proves("The stored scores are taken with dropout off, on pixels too", chapter=7)
def test_dropout_on_pixels_is_off_when_scores_are_taken(few_images):
    cell = {"net": "128-64", "size": 300, "rate": 0.5, "input_rate": 0.2, "seed": 0}
    scores = mnist.run_sizes(**cell)
    assert scores["final_train_accuracy"] == 1.0
    assert clean_values(scores) == clean_values(mnist.run_sizes(**cell))


def test_the_published_net_with_all_its_pixels_is_the_one_without_dropout(few_images):
    all_pixels = mnist.run_input(input_rate=0.0, seed=1)
    published = mnist.run_rates(rate=0.0, epochs=5, seed=1)
    assert all_pixels == {name: published[name] for name in all_pixels}
    assert mnist.run_input(input_rate=0.5, seed=1) != all_pixels


# --- what is stored ----------------------------------------------------------------------------


@STORED
def test_what_is_stored_is_what_is_defined(experiment):
    results = load_results(experiment.name)
    assert [cell["parameters"] for cell in results.cells] == experiment.cells
    assert results.name == experiment.name
    assert results.description == experiment.description
    assert results.command.startswith(f"python -m dropout_lab.sweeps {experiment.name}")
    assert results.seeds == [0, 1, 2, 3, 4]
    for cell in results.cells:
        for name, value in cell["values"].items():
            if name.endswith("accuracy"):
                assert np.all((np.asarray(value) > 0.6) & (np.asarray(value) <= 1)), cell


@needs_mnist
@STORED
@pytest.mark.proves("A stored run of the MNIST nets comes out again", chapter=7)
def test_the_cheapest_cell_comes_out_again(experiment):
    stored = min(load_results(experiment.name).cells, key=lambda cell: cell["seconds"])
    found = clean_values(experiment.run(**stored["parameters"]))
    assert found.keys() == stored["values"].keys()
    # On one machine these are equal. Between machines sums are rounded differently, and two
    # trainings from the same seed drift apart like two seeds: about 0.003 in accuracy on the
    # whole training set, 0.02 on a hundred images.
    few = stored["parameters"].get("size", 60_000) < 1_000
    for name, value in stored["values"].items():
        loss = name.endswith("loss")
        room = 0.05 if few or name == "active" else 0.012
        np.testing.assert_allclose(found[name], value, rtol=0.3 * loss, atol=room, err_msg=name)


def test_the_chapter_shows_the_lines_that_were_run():
    cells = nbformat.read(CHAPTERS / "07_mnist.ipynb", as_version=4).cells
    (shown,) = (
        code
        for cell in cells
        if cell.cell_type == "markdown"
        for code in re.findall(r"(?s)```python\n(.*?)```", cell.source)
        if code.startswith("model = keras.Sequential")
    )
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
        "plots": plots,
        "digit_plots": digits,
    }
    for cell in nbformat.read(CHAPTERS / "07_mnist.ipynb", as_version=4).cells:
        if re.search("def draw_(layer|filters|shares)", cell.source):
            exec(cell.source, names)
    names["draw_layer"](4, 1)
    names["draw_shares"](2)
    names["draw_shares"](5)
    with pytest.raises(NotImplementedError, match="Cannot copy out of meta tensor"):
        names["draw_filters"](0.0)  # asks for a copy on the CPU, which only meta cannot give
