"""The other life: every chapter also runs as a live notebook, with widgets."""

import os
from unittest import mock

import nbformat
import pytest
from browser import INSTALLS, runs_in_browser
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from recorded import CHAPTERS, chapter_paths, run_chapter

from dropout_lab.publishing import PUBLISH_VARIABLE

WIDGET = "application/vnd.jupyter.widget-view+json"
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
import numpy as np
from dropout_lab.training import fit_torch, perceptron_torch
data = np.zeros((8, 2), np.float32), np.arange(8) % 2
fit_torch(perceptron_torch([2, 2], 0.5, seed=0), data, data, epochs=2, seed=0);
"""


@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.stem)
def test_a_chapter_runs_live_with_widgets(path):
    # Without a kernel: this is the run that the tests of its solutions and its page use too.
    published = str([cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells])
    explorers = run_chapter(path)[1]
    assert len(explorers) == published.count('<figure class="xp mathjax_ignore" data-xp=') > 0
    for explorer in explorers:
        *controls, view = explorer.widgets.children
        assert len(controls) == len(explorer.plan.axes)
        assert "<svg" in view.value
        assert 'role="alert"' not in view.value


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
    assert [cell.source for cell in published if WIDGET not in str(cell.outputs)] == []
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    shown = [widget["state"].get("value", "") for widget in states.values()]
    assert len([value for value in shown if "<svg" in str(value)]) == len(published)
    assert not [value for value in shown if 'role="alert"' in str(value)]


def test_a_kernel_shows_the_progress_of_a_training_as_a_widget():
    notebook = new_notebook(cells=[new_code_cell(TRAINING)])
    _run_live(notebook)
    assert WIDGET in str(notebook.cells[0].outputs)


def _run_live(notebook):
    with mock.patch.dict(os.environ):
        os.environ.pop(PUBLISH_VARIABLE, None)
        resources = {"metadata": {"path": str(CHAPTERS)}}
        NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
