"""The other life: every chapter also runs as a live notebook."""

import os
from unittest import mock

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from published import frame, payload
from recorded import CHAPTERS, chapter_paths, run_chapter

from book.browser import INSTALLS, runs_in_browser
from dropout_lab.explorer.publishing import PUBLISH_VARIABLE

AS_IN_A_BROWSER = """
import sys

class Absent:
    def find_spec(name, path, target=None):
        if name in {absent}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent)
"""
NOT_THERE = ["torch", "keras", "tensorflow", "pooch", "requests", "tqdm", "pandas"]
TRAINING = """
import ipywidgets
import numpy as np
from dropout_lab.training import fit_torch, perceptron_torch

class Bar(ipywidgets.FloatProgress):
    made = 0

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        Bar.made += 1

ipywidgets.FloatProgress = Bar  # before tqdm asks for it
data = np.zeros((8, 2), np.float32), np.arange(8) % 2
net = perceptron_torch([2, 2], 0.5, seed=0)
history = fit_torch(net, data, data, epochs=9, seed=0, patience=1)
print(Bar.made, "bar")
"""


@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.stem)
def test_a_chapter_runs_live(path):
    # Without a kernel: this is the run that the tests of its solutions and its page use too.
    published = str([cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells])
    explorers = run_chapter(path)[1]
    assert len(explorers) == published.count('<figure class="xp mathjax_ignore" data-xp=') > 0
    for explorer in explorers:
        data = payload(explorer.live.page)
        assert len(data["labels"]) == len(explorer.plan.axes)
        assert frame(data, 0)


IN_BROWSER = [path for path in chapter_paths() if runs_in_browser(path)]


@pytest.mark.parametrize("path", IN_BROWSER, ids=lambda path: path.stem)
def test_a_chapter_runs_in_a_kernel_with_what_a_browser_has(path):
    notebook = nbformat.read(path, as_version=4)
    published = [cell for cell in notebook.cells if "data-xp=" in str(cell.get("outputs"))]
    absent = (
        NOT_THERE if "scikit-learn" in INSTALLS[path.stem] else [*NOT_THERE, "sklearn", "scipy"]
    )
    notebook.cells.insert(0, new_code_cell(AS_IN_A_BROWSER.format(absent=absent)))
    _run_live(notebook)
    assert published
    assert [cell.source for cell in published if "data-live=" not in str(cell.outputs)] == []
    assert "widgets" not in notebook.metadata, "what a notebook stores works without Python"
    pages = [html for cell in published for html in _pages(cell)]
    assert [page for page in pages if not frame(payload(page), 0)] == []


def test_a_saved_notebook_keeps_nothing_of_the_progress_of_a_training():
    # A widget that is stored without its model is an error when the notebook is opened again.
    notebook = new_notebook(cells=[new_code_cell(TRAINING)])
    _run_live(notebook)
    outputs = notebook.cells[0].outputs
    assert "".join(output.get("text", "") for output in outputs) == "1 bar\n"
    assert [output.data for output in outputs if "data" in output] == [{"text/plain": ""}]


def _pages(cell):
    """Return the explorers that a cell shows."""
    shown = [output.get("data", {}).get("text/html", "") for output in cell.outputs]
    return [page for page in shown if "data-xp=" in page]


def _run_live(notebook):
    with mock.patch.dict(os.environ):
        os.environ.pop(PUBLISH_VARIABLE, None)
        resources = {"metadata": {"path": str(CHAPTERS)}}
        NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
