"""Code of the chapters that asks a network: its inputs follow to wherever training left it."""

from types import SimpleNamespace

import numpy as np
import pytest
from recorded import CHAPTERS, notebook

from dropout_lab import training
from dropout_lab.lessons.ch05 import mistakes
from dropout_lab.lessons.ch07 import figures, sweeps
from dropout_lab.network import softmax
from dropout_lab.uncertainty import mc_passes

torch = pytest.importorskip("torch")
nn = torch.nn


def run_cells(name, *identifiers, **namespace):
    """Execute some code cells of a chapter, and return the variables."""
    cells = {cell.id: cell for cell in notebook(CHAPTERS / name).cells}
    for identifier in identifiers:
        exec(compile(cells[identifier].source, f"{name}[{identifier}]", "exec"), namespace)
    return namespace


# The device "meta" holds no numbers. A network there refuses inputs from the CPU; if they follow,
# the first thing that fails is the way back.
AWAY = pytest.raises(RuntimeError, match="meta tensor")


def test_chapter_5_asks_a_network_where_it_is(monkeypatch):
    sizes, examples = [20, 64, 32, 1], np.ones((3, 20), dtype="float32")
    data = examples, np.array([0, 1, 1])
    monkeypatch.setattr(training, "fit_torch", lambda net, *_, **__: net.to("meta"))
    with AWAY:
        mistakes.ask_often(training.perceptron_torch(sizes, 0.5, seed=0).to("meta"), examples[0], 2)
    settings = {"epochs": 1, "batch_size": 3, "learning_rate": 0.01}
    with AWAY:
        mistakes.costs_of(data, data, sizes, [0.5], [0], **settings)


def test_chapter_7_copies_weights_from_any_device():
    net = training.perceptron_torch(sweeps.NETS["128-64"], 0.5, seed=0).to("meta")
    known = {"nets": {0.0: net}, "data": SimpleNamespace(train_images=np.zeros((1, 28, 28)))}
    known |= {"explore": lambda *figure, **axes: None, "figures": figures}
    names = run_cells("07_mnist.ipynb", "mnist-033", **known)
    with pytest.raises(NotImplementedError, match="Cannot copy out of meta tensor"):
        names["draw_filters"](0.0)  # asks for a copy on the CPU, which only meta cannot give


def test_chapter_11_asks_a_network_where_it_is():
    x = torch.linspace(0, 1, 120).reshape(60, 2).numpy()
    known = {"np": np, "torch": torch, "nn": nn, "softmax": softmax, "mc_passes": mc_passes}
    # The cell asks the network of the chapter, too, and compares the two ways.
    known["test"], known["net"] = x, training.perceptron_torch([2, 50, 3], 0.5, seed=0)
    with torch.random.fork_rng(devices=[]):
        names = run_cells("11_uncertainty.ipynb", "320772a7", **known)
        parts = nn.Conv1d(2, 2, 1), nn.Dropout1d(0.5), nn.BatchNorm1d(2), nn.Flatten()
        net = nn.Sequential(*parts).double()
        found = names["my_passes"](net, x[:, :, None], 100, seed=0)
        assert found.std(axis=0).min() > 0
        assert not net[2].training
        with AWAY:
            names["my_passes"](net.to("meta"), x[:, :, None], 2, seed=0)
