"""Run a chapter's code as a live notebook does, and keep what it asked the explorer for."""

import contextlib
import functools
import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import nbformat

import dropout_lab
from dropout_lab.explorer.drawing import _frame, _plan, explore
from dropout_lab.explorer.publishing import PUBLISH_VARIABLE

CHAPTERS = Path(__file__).parents[1] / "chapters"
SITE = CHAPTERS.parent / "_build" / "html"


@dataclass
class Recorded:
    """One call of explore, what it returned, and whether its frames depend on training."""

    draw: object
    plan: object
    live: object
    trained: bool
    drawn: dict = field(default_factory=dict)

    def frame(self, positions):
        """Return the nodes and the sentence of one frame; it is drawn once."""
        if positions not in self.drawn:
            self.drawn[positions] = _frame(self.draw, self.plan, positions)[1:]
        return self.drawn[positions]


def chapter_paths():
    """Return the notebooks of the book."""
    return sorted(CHAPTERS.glob("*.ipynb"))


@functools.lru_cache(maxsize=2)  # the data and networks of all chapters would fill memory
def run_chapter(path):
    """Execute the code cells of a notebook live; return its variables and its explorers in order.

    Not for publication: each explorer is drawn where it stands first.
    """
    found = []
    tags = []

    def record(draw, /, *, start=None, labels=None, play=None, **axes):
        trained = "nbval-ignore-output" in tags
        live = explore(draw, start=start, labels=labels, play=play, **axes)
        found.append(Recorded(draw, _plan(axes, start, labels, play), live, trained))
        return live

    notebook = nbformat.read(path, as_version=4)
    namespace = {"__name__": "__main__"}
    with (
        mock.patch.object(dropout_lab, "explore", record),
        contextlib.chdir(CHAPTERS),
        contextlib.redirect_stdout(io.StringIO()),
        mock.patch.dict(os.environ),
    ):
        os.environ.pop(PUBLISH_VARIABLE, None)
        for number, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                tags = cell.metadata.get("tags", [])
                exec(compile(cell.source, f"{path.name}[{number}]", "exec"), namespace)
    return namespace, found
