"""A chapter that fails must stop the build, on both ways to the page."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dropout_lab.claims import MIME_TYPE, claim

ROOT = Path(__file__).parents[1]


@pytest.fixture
def mini_book(tmp_path):
    """Return a function that lays out a book of one chapter in a folder of its own."""
    for name in ("_config.yml", "_toc.yml", "_extensions", "assets", "references.bib"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: chapters/index\n")
    (tmp_path / "chapters").mkdir()

    def write(*cells):
        path = tmp_path / "chapters" / "index.ipynb"
        notebook = new_notebook(cells=[new_markdown_cell("# Title"), *cells])
        notebook.metadata.kernelspec = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        nbformat.write(notebook, path)
        return path

    return write


def make(target, folder, *variables):
    """Run one of the Makefile's recipes in a folder, with this environment's programs."""
    command = ["make", "-f", str(ROOT / "Makefile"), target, f"BIN={Path(sys.executable).parent}"]
    command += [*variables, "-o", ".venv/book-is-installed", "-o", ".venv/all-is-installed"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=environment
    )
    return result.returncode, result.stdout + result.stderr


def test_a_good_mini_book_builds(mini_book):
    path = mini_book(new_code_cell("1 + 1", execution_count=1))
    code, said = make("book", path.parents[1])
    assert code == 0, said
    assert (path.parents[1] / "_build/html/chapters/index.html").exists()


def test_a_stored_error_stops_the_build(mini_book):
    error = new_output("error", ename="ZeroDivisionError", evalue="no such number", traceback=[])
    path = mini_book(new_code_cell("1 / 0", execution_count=1, outputs=[error]))
    code, said = make("book", path.parents[1])
    assert code != 0
    assert "index.ipynb, cell 1 failed: no such number" in said


def test_a_cell_that_was_not_executed_stops_the_build(mini_book):
    path = mini_book(new_code_cell("1 + 1"))
    code, said = make("book", path.parents[1])
    assert code != 0
    assert "index.ipynb, cell 1 was not executed" in said


def test_a_live_widget_stops_the_build(mini_book):
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "0"}}
    shown = new_output("display_data", data=widget)
    path = mini_book(new_code_cell("slider", execution_count=1, outputs=[shown]))
    code, said = make("book", path.parents[1])
    assert code != 0
    assert "index.ipynb, cell 1 stores a live widget" in said


def test_a_warning_stops_the_build_and_the_next_one(mini_book):
    path = mini_book(new_markdown_cell("{cite}`nobody1900`"))
    for _ in range(2):
        code, said = make("book", path.parents[1])
        assert code != 0
        assert "nobody1900" in said


def test_make_chapters_stops_at_a_failing_cell_and_leaves_the_file_alone(mini_book):
    path = mini_book(new_code_cell("1 / 0"), new_code_cell("print('never')"))
    before = path.read_bytes()
    code, said = make("chapters", path.parents[1])
    assert code != 0
    assert "ZeroDivisionError" in said
    assert path.read_bytes() == before


def test_make_chapters_stops_at_a_claim_that_fails(mini_book):
    source = "from dropout_lab.claims import claim\nclaim('Two is small', 2, below=1)"
    path = mini_book(new_code_cell(source))
    code, said = make("chapters", path.parents[1])
    assert code != 0
    assert "the claim fails: Two is small: 2 (must be below 1)" in said


def test_the_ledger_follows_its_notebooks(mini_book):
    for value in (2, 3):
        data = claim("It is large", value, above=1)._repr_mimebundle_()
        shown = new_output("execute_result", data=data, execution_count=1)
        path = mini_book(new_code_cell("1 + 1", execution_count=1, outputs=[shown]))
        folder = path.parents[1]
        (folder / "chapters" / "ledger.md").write_text("# Ledger\n\n```{ledger} cells\n```\n")
        toc = "format: jb-book\nroot: chapters/index\nchapters:\n- file: chapters/ledger\n"
        (folder / "_toc.yml").write_text(toc)
        code, said = make("book", folder)
        assert code == 0, said
        page = (folder / "_build/html/chapters/ledger.html").read_text()
        assert f"<strong>{value}</strong> (above 1)" in page
        assert f"index.html#{data[MIME_TYPE][0]['id']}" in page
