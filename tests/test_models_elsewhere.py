"""Code of the chapters that asks a network: its inputs follow to wherever training left it."""

import nbformat
import numpy as np
import pytest
from recorded import CHAPTERS

torch = pytest.importorskip("torch")
nn = torch.nn


def run_cells(name, *identifiers, **namespace):
    """Execute some code cells of a chapter, and return the variables."""
    cells = {cell.id: cell for cell in nbformat.read(CHAPTERS / name, as_version=4).cells}
    for identifier in identifiers:
        exec(compile(cells[identifier].source, f"{name}[{identifier}]", "exec"), namespace)
    return namespace


# The device "meta" holds no numbers. A network there refuses inputs from the CPU; if they follow,
# the first thing that fails is the way back.
AWAY = pytest.raises(RuntimeError, match="meta tensor")


def moved_away(net, *_, **__):
    net.to("meta")


def double(net, *_, **__):
    net.double()


IMPORTS = ("4e3e6619", "f74859b5")


def frameworks(fit):
    from dropout_lab.training import perceptron_torch

    sizes, settings = [20, 64, 32, 1], {}
    known = {"perceptron_torch": perceptron_torch, "sizes": sizes, "settings": settings}
    names = run_cells("05_frameworks.ipynb", *IMPORTS, "3d5c4302", "5a92af17", **known)
    names["fit_torch"] = fit
    names["nets"] = {0.5: perceptron_torch(sizes, 0.5, seed=0)}
    fit(names["nets"][0.5])
    return names


def test_chapter_5_asks_a_network_where_it_is():
    names = frameworks(moved_away)
    with AWAY:
        run_cells("05_frameworks.ipynb", "16b63240", **names)
    with AWAY:
        names["judge"](names["trained"](0.5, 0))
    names = run_cells("05_frameworks.ipynb", "16b63240", **frameworks(double))
    passes, once = names["answers"][0.5, "in between"]
    assert len(set(passes)) > 100
    assert passes.min() < once < passes.max()
    accuracy, loss = names["judge"](names["trained"](0.5, 0))
    assert 0 < accuracy < 1
    assert loss > 0


def test_chapter_11_asks_a_network_where_it_is():
    from dropout_lab.network import softmax
    from dropout_lab.training import perceptron_torch
    from dropout_lab.uncertainty import mc_passes

    x = torch.linspace(0, 1, 120).reshape(60, 2).numpy()
    known = {"np": np, "torch": torch, "nn": nn, "softmax": softmax, "mc_passes": mc_passes}
    # The cell asks the network of the chapter, too, and compares the two ways.
    known["test"], known["net"] = x, perceptron_torch([2, 50, 3], 0.5, seed=0)
    with torch.random.fork_rng(devices=[]):
        names = run_cells("11_uncertainty.ipynb", "320772a7", **known)
        parts = nn.Conv1d(2, 2, 1), nn.Dropout1d(0.5), nn.BatchNorm1d(2), nn.Flatten()
        net = nn.Sequential(*parts).double()
        found = names["my_passes"](net, x[:, :, None], 100, seed=0)
        assert found.std(axis=0).min() > 0
        assert not net[2].training
        with AWAY:
            names["my_passes"](net.to("meta"), x[:, :, None], 2, seed=0)
