"""Where the book lies that the tests look at: its notebooks and its built site."""

import contextlib
import re
import resource
import subprocess
from functools import cache
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from dropout_lab.explorer.page import read_published

ROOT = Path(__file__).parents[1]
CHAPTERS = ROOT / "chapters"
SITE = ROOT / "_build" / "html"


def chapter_paths():
    """Return the notebooks of the book."""
    return sorted(CHAPTERS.glob("*.ipynb"))


def lesson_paths():
    """Return the numbered ones."""
    return [path for path in chapter_paths() if path.stem[0].isdigit()]


def page_names():
    """Return the names of the pages in the book's order; those of the API lie deeper."""
    return re.findall(r"(?m)chapters/(\w+)$", (ROOT / "_toc.yml").read_text("utf-8"))


def output_of(*command, cwd=ROOT, **options):
    """Return what a command prints, which must succeed."""
    options |= {"check": True, "capture_output": True, "text": True}
    return subprocess.run(command, cwd=cwd, **options).stdout


def git_files(*options):
    """Return what git lists of the repository; skip where there is none."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone of the repository")
    return output_of("git", "ls-files", *options).splitlines()


@contextlib.contextmanager
def no_file_above(size):
    """Let nobody write more bytes to a file: it stands for a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def contents(folder):
    """Return the bytes of each file of a folder, by its path in it."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def sampled(values, count=3):
    """Spread a few values over every run; only `make test ALL=1` tries the others too."""
    values = list(values)
    kept = {values[number * (len(values) - 1) // (count - 1)] for number in range(count)}
    return [pytest.param(value, marks=[] if value in kept else pytest.mark.all) for value in values]


@cache
def notebook(path):
    """Return a notebook, for all to look at and nobody to change."""
    return nbformat.read(path, as_version=4)


@cache
def parsed(name):
    """Return a page of a chapter's folder, for all to look at."""
    return BeautifulSoup((SITE / "chapters" / f"{name}.html").read_text("utf-8"), "html.parser")


def code_cells(path):
    """Return the code cells of a notebook."""
    return [cell for cell in notebook(path).cells if cell.cell_type == "code"]


def tags(cell):
    """Return the tags of a cell."""
    return set(cell.metadata.get("tags", []))


def prose(path):
    """Return the Markdown of a notebook."""
    cells = notebook(path).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def explorers(outputs):
    """Return the explorers in the outputs of a cell."""
    pages = [output.get("data", {}).get("text/html", "") for output in outputs]
    return [explorer for page in pages for explorer in read_published(page)]


def stored_explorers(path):
    """Return those that a notebook stores, in order."""
    return [explorer for cell in code_cells(path) for explorer in explorers(cell.outputs)]
