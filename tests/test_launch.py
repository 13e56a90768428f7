"""The cell that makes a chapter run on Colab, and the repositories that can be launched."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from recorded import chapter_paths
from sphinx.errors import ExtensionError

from book import downloads
from book.header import repository

ROOT = Path(__file__).parents[1]
OLDER_NUMPY = "2.3.0"  # not the newest, and new enough for us


def notebook(name):
    return json.loads((ROOT / "chapters" / f"{name}.ipynb").read_text("utf-8"))


def code_cells(book):
    return ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]


@pytest.mark.parametrize("ending", ["", "/", ".git"])
def test_a_repository_on_github_is_written_in_one_way(ending):
    address = "https://github.com/some-one/lab.2"
    assert repository({"REPOSITORY": address + ending}) == address
    assert repository({}) == repository({"REPOSITORY": ""}) == ""


@pytest.mark.parametrize(
    "address",
    [
        "https://gitlab.com/some/book",
        "http://github.com/some/book",
        "git@github.com:some/book.git",
        "https://github.com/some",
        "https://github.com/some/book/tree/main",
        "https://github.com.elsewhere.org/some/book",
        'https://github.com/some/book"',
        "https://github.com/some/book\n",
    ],
)
def test_another_repository_is_refused_with_what_is_allowed(address):
    with pytest.raises(ExtensionError) as caught:
        repository({"REPOSITORY": address})
    assert repr(address) in str(caught.value)
    assert "https://github.com/OWNER/NAME" in str(caught.value)


def test_outside_of_colab_the_cell_does_nothing():
    cell = downloads.install_cell(notebook("01_study_group"), "https://github.com/some/book")
    code = TransformerManager().transform_cell("".join(cell["source"]))
    assert "get_ipython().run_line_magic('pip', 'install" in code
    assert "google.colab" not in sys.modules
    exec(code, {})  # which would fail at get_ipython


@pytest.mark.parametrize(
    ("code", "tensorflow", "extras"),
    [
        ("import numpy", "", ""),
        ("import torch", "", "[demos]"),
        ("from dropout_lab.sweeps import load_results", "", "[demos]"),
        ("try:\n    import keras", " tensorflow", "[demos]"),
    ],
)
def test_the_cell_says_what_to_install_elsewhere(code, tensorflow, extras):
    book = {"cells": [{"cell_type": "code", "source": [code]}]}
    cell = downloads.install_cell(book, "https://github.com/some/book")
    package = f'"dropout-lab{extras} @ git+https://github.com/some/book"'
    assert f"#     pip install jupyterlab{tensorflow} {package}\n" in cell["source"]
    assert cell["source"][-1].endswith(f"--quiet {package}")  # on Colab


@pytest.mark.all
def test_the_cell_makes_chapters_run_in_a_clean_environment(tmp_path):
    """Install this clone's last commit as Colab would, then run what the reader runs next."""
    for command in (
        [sys.executable, "-m", "virtualenv", "--quiet", tmp_path / "colab"],
        [tmp_path / "colab/bin/pip", "install", "--quiet", "ipython", f"numpy=={OLDER_NUMPY}"],
    ):
        subprocess.run(command, check=True)
    (tmp_path / "stand-in" / "google" / "colab").mkdir(parents=True)
    (tmp_path / "stand-in" / "google" / "colab" / "__init__.py").touch()

    cell = downloads.install_cell(notebook("index"), ROOT.as_uri())
    lines = ["import google.colab", *cell["source"], ""]
    # The chapters that get no extras must be able to import all they want.
    for path in chapter_paths():
        book = notebook(path.stem)
        if "[demos]" not in "".join(downloads.install_cell(book, "")["source"]):
            lines += [imports_of(book)]
    assert len(lines) >= 5
    lines += [code_cells(notebook("index"))[0], "explore(draw, rate=[0.0, 0.5])"]
    lines += ["import dropout_lab, numpy", "print(dropout_lab.__file__, numpy.__version__)"]
    (tmp_path / "chapter.ipy").write_text("\n".join(lines), encoding="utf-8")
    settings = ("PYTHONPATH", "EXPLORE_PUBLISH", "VIRTUAL_ENV")
    environment = {key: value for key, value in os.environ.items() if key not in settings}
    environment |= {"PYTHONPATH": str(tmp_path / "stand-in"), "IPYTHONDIR": str(tmp_path / "ipy")}
    command = [tmp_path / "colab/bin/python", "-m", "IPython", "--colors=NoColor", "chapter.ipy"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    file, version = done.stdout.split()[-2:]
    assert Path(file).is_relative_to(tmp_path / "colab")
    assert version == OLDER_NUMPY


def imports_of(book):
    """Return the import statements of a notebook, those in the middle of it too."""
    found = re.findall(
        r"^(?:from \S+ )?import (?:\([^)]*\)|.*)", "\n".join(code_cells(book)), re.MULTILINE
    )
    return "\n".join(found)
