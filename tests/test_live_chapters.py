"""The other life: a chapter also runs as a live notebook, with what its readers have."""

import os
from unittest import mock

import nbformat
import pytest
from chapter_run import before
from nbformat.v4 import new_code_cell, new_notebook
from recorded import CHAPTERS, chapter_paths, explorers, sampled

from dropout_lab.explorer.publishing import PUBLISH_VARIABLE

LESSONS = [path for path in chapter_paths() if path.stem != "index"]  # which draws nothing
TRAINING = """
import numpy as np
from dropout_lab.training import fit_torch, perceptron_torch
data = np.zeros((8, 2), np.float32), np.arange(8) % 2
net = perceptron_torch([2, 2], 0.5, seed=0)
history = fit_torch(net, data, data, epochs=9, seed=0, patience=1)
"""


@pytest.mark.parametrize("path", sampled(LESSONS, 2), ids=lambda path: path.stem)
def test_a_chapter_runs_live(path):
    notebook = nbformat.read(path, as_version=4)
    published = [cell for cell in notebook.cells if explorers(cell.get("outputs", []))]
    expected = [len(explorers(cell.outputs)) for cell in published]
    notebook.cells.insert(0, new_code_cell(before(notebook)))
    _run_live(notebook)
    assert published
    assert [cell.source for cell in published if "data-live=" not in str(cell.outputs)] == []
    stored = [cell.get("outputs") for cell in notebook.cells]
    assert "widget-view" not in str(stored), "what a notebook stores works without Python"
    assert [len(explorers(cell.outputs)) for cell in published] == expected


def test_a_saved_notebook_keeps_nothing_of_the_progress_of_a_training():
    # A widget that is stored without its model is an error when the notebook is opened again.
    notebook = new_notebook(cells=[new_code_cell(TRAINING)])
    _run_live(notebook)
    assert [output.get("data") for output in notebook.cells[0].outputs] == [{"text/plain": ""}]


def _run_live(notebook):
    from nbclient import NotebookClient

    with mock.patch.dict(os.environ):
        os.environ.pop(PUBLISH_VARIABLE, None)
        resources = {"metadata": {"path": str(CHAPTERS)}}
        NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
