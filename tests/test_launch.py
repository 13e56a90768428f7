"""The cell that makes a chapter run on Colab, and the repositories that can be launched."""

import sys
import tomllib

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from packaging.requirements import Requirement
from recorded import ROOT
from sphinx.errors import ExtensionError

from book import downloads
from book.header import repository

# It imports these before any cell runs: to replace one takes a restart.
ON_COLAB = {"numpy": "2.0.2", "matplotlib": "3.10.0", "ipywidgets": "7.7.1"}


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
    cell = downloads.install_cell({"cells": []}, "https://github.com/some/book")
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


def test_colab_restarts_for_nothing_that_the_package_needs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = list(map(Requirement, project["dependencies"]))
    assert {need.name for need in needed} == set(ON_COLAB)
    assert all(need.specifier.contains(ON_COLAB[need.name]) for need in needed)
