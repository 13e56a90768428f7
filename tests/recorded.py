"""Where the book lies that the tests look at: its notebooks and its built site."""

from pathlib import Path

import nbformat
import pytest

from dropout_lab.explorer.page import read_published

CHAPTERS = Path(__file__).parents[1] / "chapters"
SITE = CHAPTERS.parent / "_build" / "html"


def chapter_paths():
    """Return the notebooks of the book."""
    return sorted(CHAPTERS.glob("*.ipynb"))


def lesson_paths():
    """Return the numbered ones."""
    return [path for path in chapter_paths() if path.stem[0].isdigit()]


def sampled(values, count=3):
    """Spread a few values over every run; only `make test ALL=1` tries the others too."""
    values = list(values)
    kept = {values[number * (len(values) - 1) // (count - 1)] for number in range(count)}
    return [pytest.param(value, marks=[] if value in kept else pytest.mark.all) for value in values]


def code_cells(path):
    """Return the code cells of a notebook."""
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == "code"]


def prose(path):
    """Return the Markdown of a notebook."""
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def explorers(outputs):
    """Return the explorers in the outputs of a cell."""
    pages = [output.get("data", {}).get("text/html", "") for output in outputs]
    return [explorer for page in pages for explorer in read_published(page)]


def stored_explorers(path):
    """Return those that a notebook stores, in order."""
    return [explorer for cell in code_cells(path) for explorer in explorers(cell.outputs)]
