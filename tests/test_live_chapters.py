"""The other life: every chapter also runs as a live notebook, with widgets."""

import os
from unittest import mock

import nbformat
import pytest
from browser import runs_in_browser
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from recorded import CHAPTERS, chapter_paths

WIDGET = "application/vnd.jupyter.widget-view+json"
AS_IN_A_BROWSER = """
import sys

class Absent:
    def find_spec(name, path, target=None):
        if name in ("torch", "keras", "tensorflow", "pooch", "requests", "tqdm"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent)
"""


@pytest.mark.parametrize("path", chapter_paths(), ids=lambda path: path.stem)
def test_a_chapter_runs_live_with_widgets(path):
    notebook = nbformat.read(path, as_version=4)
    if runs_in_browser(path):
        notebook.cells.insert(0, new_code_cell(AS_IN_A_BROWSER))
    published = [cell for cell in notebook.cells if "data-xp=" in str(cell.get("outputs"))]
    with mock.patch.dict(os.environ):
        os.environ.pop("EXPLORE_PUBLISH", None)
        resources = {"metadata": {"path": str(CHAPTERS)}}
        NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
    assert published
    assert [cell.source for cell in published if WIDGET not in str(cell.outputs)] == []
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    shown = [widget["state"].get("value", "") for widget in states.values()]
    assert len([value for value in shown if "<svg" in str(value)]) == len(published)
    assert not [value for value in shown if 'role="alert"' in str(value)]
