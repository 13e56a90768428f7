"""Run a chapter's code and keep what it asked the explorer for, without drawing all of it."""

import contextlib
import functools
import io
import os
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import nbformat

import dropout_lab
from dropout_lab.explore import _frame, _plan

CHAPTERS = Path(__file__).parents[1] / "chapters"
SITE = CHAPTERS.parent / "_build" / "html"


@dataclass
class Recorded:
    """One call of explore, and whether its frames depend on training."""

    draw: object
    plan: object
    trained: bool

    def frame(self, positions):
        """Return the nodes and the sentence of one frame."""
        _, nodes, sentence = _frame(self.draw, self.plan, positions)
        return nodes, sentence


def chapter_paths():
    """Return the notebooks of the book."""
    return sorted(CHAPTERS.glob("*.ipynb"))


@functools.cache
def run_chapter(path):
    """Execute the code cells of a notebook; return its variables and its explorers in order."""
    found = []
    tags = []

    def record(draw, /, *, start=None, labels=None, play=None, **axes):
        trained = "nbval-ignore-output" in tags
        found.append(Recorded(draw, _plan(axes, start, labels, play), trained))

    notebook = nbformat.read(path, as_version=4)
    namespace = {"__name__": "__main__"}
    with (
        mock.patch.object(dropout_lab, "explore", record),
        contextlib.chdir(CHAPTERS),
        contextlib.redirect_stdout(io.StringIO()),
        mock.patch.dict(os.environ),
    ):
        for number, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                tags = cell.metadata.get("tags", [])
                exec(compile(cell.source, f"{path.name}[{number}]", "exec"), namespace)
    return namespace, found
