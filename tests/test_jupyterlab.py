"""Notebooks in a real JupyterLab: before the reader trusts them, and after a save."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dropout_lab.explorer.publishing import PUBLISH_VARIABLE

DRAW = """
import matplotlib.pyplot as plt
from dropout_lab import describe, explore

def draw(rate):
    figure, axes = plt.subplots(figsize=(4.8, 3))
    axes.plot([0, 1], [0, rate])
    return describe(figure, f"The line ends at {rate}.")
"""
SHOW = "explore(draw, rate=range(30), start={'rate': 12})"
# JupyterLab shows the first line of hidden code.
ASK = 'quiz(\n"How many?", {"one": "Too few.", "two": "One and one."}, answer="two")'
SETUP = DRAW + "from dropout_lab.teaching.quizzes import quiz"
HIDDEN = {"tags": ["remove-input"], "jupyter": {"source_hidden": True}}


@contextmanager
def jupyterlab(folder, *options):
    """Yield the address of a JupyterLab whose settings are those of a new user."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    passed = (k for k in os.environ if not k.startswith(("IPYTHON", "JUPYTER", PUBLISH_VARIABLE)))
    environment = {k: os.environ[k] for k in passed} | {"HOME": str(folder / "home")}
    settings = [
        "--no-browser",
        "--allow-root",
        "--IdentityProvider.token=",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *options,
    ]
    with (folder / "jupyterlab.log").open("a") as log:
        command = [sys.executable, "-m", "jupyterlab", *settings]
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status").close()
                break
            except OSError:
                assert server.poll() is None, (folder / "jupyterlab.log").read_text()
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/lab/tree/lesson.ipynb?reset"
    finally:
        server.terminate()
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:  # it may wait for a kernel that there never was
            server.kill()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with a lesson as a reader clones it: executed for publication."""
    monkeypatch.setenv(PUBLISH_VARIABLE, "1")
    names = {}
    exec(SETUP, names)
    cells = [new_markdown_cell("# Lesson"), new_code_cell(SETUP)]
    for source, metadata in ((SHOW, {}), (ASK, HIDDEN)):
        page = eval(source, names).html
        output = new_output("execute_result", {"text/html": page}, execution_count=1)
        cell = new_code_cell(source, execution_count=1, outputs=[output], metadata=metadata)
        cells.append(cell)
    notebook = new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, tmp_path / "lesson.ipynb")
    return tmp_path


@pytest.fixture
def tab(chromium):
    opened = chromium.new_page(viewport={"width": 1400, "height": 900})
    opened.set_default_timeout(90_000)
    yield opened
    opened.close()


def test_a_lesson_that_is_not_trusted_reads_well(folder, tab):
    with jupyterlab(folder) as address:
        tab.goto(address)
        picture = tab.locator("figure.xp img")
        picture.wait_for()
        assert tab.locator("figure.xp input, figure.xp svg, style + .xp-quiz").count() == 0
        assert 300 < picture.bounding_box()["width"] <= 36 * 16
        assert picture.bounding_box()["height"] > 150, "a broken picture would be flat"
        first = tab.locator("figure.xp > *").first
        assert "run the cell or trust the notebook" in first.inner_text()
        assert first.bounding_box()["y"] < picture.bounding_box()["y"]
        options = tab.locator(".xp-quiz summary")
        feedback = tab.locator(".xp-quiz p")
        assert options.all_inner_texts() == ["one", "two"]
        assert options.first.evaluate("option => getComputedStyle(option).display") == "list-item"
        assert [text.is_visible() for text in feedback.all()] == [False, False]
        options.nth(1).click()
        assert [text.is_visible() for text in feedback.all()] == [False, True]
        assert "answer=" not in tab.locator(".jp-Notebook").inner_text()


def test_an_explorer_moves_after_a_save_and_without_a_kernel(folder, tab):
    slider = tab.get_by_role("slider", name="rate")
    sentence = tab.locator(".xp-say")
    with jupyterlab(folder) as address:
        tab.goto(address)
        tab.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        tab.get_by_role("menuitem", name="Run", exact=True).click()
        tab.get_by_text("Run All Cells", exact=True).click()
        tab.locator("[data-live]").wait_for()
        tab.locator(".xp-more").wait_for(state="detached")
        assert sentence.inner_text() == "The line ends at 12."
        slider.focus()
        slider.press("ArrowRight")
        assert sentence.inner_text() == "The line ends at 13."
        assert slider.get_attribute("aria-valuetext") == "13"
        slider.press("Control+s")
        tab.wait_for_function("!document.querySelector('.jp-mod-dirty')")
        tab.goto("about:blank")
    assert "data-live=" in (folder / "lesson.ipynb").read_text("utf-8")
    nothing = ["--KernelSpecManager.ensure_native_kernel=False"]
    with jupyterlab(folder, *nothing, "--KernelSpecManager.allowed_kernelspecs={''}") as address:
        tab.goto(address)
        tab.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
        assert sentence.inner_text() == "The line ends at 12."
        slider.focus()
        slider.press("ArrowLeft")
        assert sentence.inner_text() == "The line ends at 11."
        assert "Error displaying" not in tab.locator(".jp-Notebook").inner_text()
