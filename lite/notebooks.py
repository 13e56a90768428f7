"""Chapters as a reader meets them in the browser: without outputs, and with what they need."""

import re

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell
from pybtex.database import parse_file

__all__ = ["Prose", "prepare"]

KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}

GREETING = """\
:::{admonition} Python in your browser
This notebook computes on your own machine. Python itself comes from a content delivery network,
30 to 50 MB the first time. Choose **Run → Run All Cells**: half a minute to a few minutes later the
sliders are live. What you change is kept in this browser and nowhere else.
:::"""

_LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\((?!https?:)([^()\s#]+)(#[^()\s]*)?\)")
_TERM = re.compile(r"\{term\}`([^`<]*?)(?:\s*<[^`]*>)?`")
_CARD = re.compile(r"^:link: (\S+)\n:link-type: doc\n", re.MULTILINE)
_CITATION = re.compile(r"\{cite(:t)?\}`([^`]*)`")


class Prose:
    """The book's Markdown without what leads out of a notebook that stands alone.

    Parameters
    ----------
    bibliography : pathlib.Path
        The BibTeX file.
    at_hand : collection of str
        The files beside the notebook.
    """

    def __init__(self, bibliography, at_hand):
        self._entries = parse_file(str(bibliography)).entries
        self._at_hand = at_hand

    def standing_alone(self, markdown):
        """Return Markdown in which nothing points to a page that is not there.

        Parameters
        ----------
        markdown : str
            The source of a cell.

        Returns
        -------
        str
            Terms of the glossary and links to other files are plain text, citations are names
            and years.
        """
        markdown = _TERM.sub(r"\1", markdown)
        markdown = _CITATION.sub(self._citation, markdown)
        markdown = _CARD.sub(self._card, markdown)
        return _LINK.sub(lambda link: link[0] if link[2] in self._at_hand else link[1], markdown)

    def _card(self, found):
        name = f"{found[1]}.ipynb"
        return f":link: {name}\n" if name in self._at_hand else ""

    def _citation(self, found):
        textual, keys = found.groups()
        names = [self._name_and_year(key.strip()) for key in keys.split(",")]
        if textual:
            return ", ".join(f"{name} ({year})" if year else name for name, year in names)
        return f"[{'; '.join(', '.join(filter(None, both)) for both in names)}]"

    def _name_and_year(self, key):
        entry = self._entries[key]
        authors = [
            " ".join(map(str, author.rich_prelast_names + author.rich_last_names))
            for author in entry.persons["author"]
        ]
        if len(authors) > 2 or authors[-1] == "others":
            authors = [f"{authors[0]} et al."]
        return " and ".join(authors), entry.fields.get("year")


def prepare(path, packages, prose):
    """Return a chapter for the browser.

    Parameters
    ----------
    path : pathlib.Path
        The notebook with its stored outputs.
    packages : sequence of str
        What its first cell installs.
    prose : Prose
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
