"""Chapters as a reader meets them in the browser: without outputs, and with what they need."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

__all__ = ["prepare"]

KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}

GREETING = """\
:::{admonition} Python in your browser
This notebook computes on your own machine. Press **Shift + Enter** in one cell after the other,
or choose **Run → Run All Cells** and scroll back up. Python itself comes from a content delivery
network, 30 to 50 MB the first time: half a minute to a few minutes later the sliders are live.
What you change is kept in this browser and nowhere else.
:::"""


def prepare(path, packages, prose):
    """Return a chapter for the browser.

    Parameters
    ----------
    path : pathlib.Path
        The notebook with its stored outputs.
    packages : sequence of str
        What its first cell installs.
    prose : book.prose.Prose
        Makes its text stand alone.

    Returns
    -------
    nbformat.NotebookNode
        Without outputs: published explorers would stand where live ones are to come.
    """
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = prose.standing_alone(cell.source)
    install = new_code_cell(f"%pip install -q {' '.join(packages)}", id="install")
    notebook.cells[1:1] = [new_markdown_cell(GREETING, id="greeting"), install]
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL})
    return notebook
