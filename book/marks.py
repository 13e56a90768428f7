"""Marks: a tick in the sentence that a claim proves, with its value on demand.

An author writes ``[✓](ledger.md#claim-...)`` behind the sentence, which any notebook shows as a
link. The site shows a small button in its place; HTML alone opens and closes what it says.
"""

import html
import re

from docutils import nodes
from sphinx.errors import ExtensionError

from book.ledger import records_of, valued, written

_LINK = re.compile(r"[ \n]?\[✓\]\(ledger\.md#(claim-[\w-]+)\)")
_ROW = re.compile(r'(?s)<p id="(claim-[^"]*)">.*?</p>')
# Begins with a word joiner: a tick does not begin a line.
_MARK = """<span class="claim-mark"{place}>&#8288;<button type="button" popovertarget="about-{id}" \
aria-label="Checked: {value}"></button>{note}</span>"""
_NOTE = """<span popover id="about-{id}">{text}: <b>{value}</b>. It must be {bound}. \
<a href="{ledger}#{id}">Ledger</a></span>"""


def place_marks(cells, name):
    """Make roles of the marks of a notebook, and take what they tell out of its outputs.

    A cell that then shows nothing at all, neither code nor output, leaves the page.

    Parameters
    ----------
    cells : list of dict
        Its cells, of which the outputs are changed too.
    name : str
        What an error calls the notebook.

    Returns
    -------
    cells : list of dict
        Those that its page shows.
    records : dict
        By its id, what is stored of each claim.

    Raises
    ------
    ExtensionError
        If a mark names no claim of this notebook.
    """
    records = {each["id"]: each for cell in cells for each in records_of(cell)}
    marked = set()
    for cell in cells:
        if cell["cell_type"] == "markdown":
            source = "".join(cell["source"])
            marked.update(_LINK.findall(source))
            cell["source"] = _LINK.sub(r"{claim}`\1`", source)
    if unknown := sorted(marked - records.keys()):
        raise ExtensionError(f"{name} marks what no cell of it claims: {', '.join(unknown)}")
    for cell in cells:
        if records_of(cell):
            cell["outputs"] = [
                kept for each in cell["outputs"] if (kept := _unmarked(each, marked))
            ]
    return [cell for cell in cells if not _is_silent(cell)], records


def _unmarked(output, marked):
    """Return an output without the claims that are marked in the text; None if none is left."""
    page = "".join(output.get("data", {}).get("text/html", ""))
    if not _ROW.search(page):
        return output
    page = _ROW.sub(lambda row: row[0] * (row[1] not in marked), page)
    return output | {"data": output["data"] | {"text/html": page}} if _ROW.search(page) else None


def _is_silent(cell):
    """Say whether nothing of a cell is for the page."""
    removed = "remove-input" in cell["metadata"].get("tags", [])
    return removed and cell["cell_type"] == "code" and not cell["outputs"]


def mark(name, rawtext, text, lineno, inliner, options=None, content=None):
    """Return a mark: the role ``{claim}``, of which only `place_marks` makes use."""
    env = inliner.document.settings.env
    record, seen = env.temp_data["claims"][text], env.temp_data.setdefault("marks", set())
    said = {"text": record["text"], "value": valued(record), "bound": written(record["bound"])}
    said = {part: html.escape(words.replace("'", "’")) for part, words in said.items()}
    ledger = env.app.builder.get_relative_uri(env.docname, "chapters/ledger")
    first = text not in seen  # one place and one note, however often a claim is marked
    note = _NOTE.format(**said, id=text, ledger=ledger) if first else ""
    place = f' id="{text}"' if first else ""
    seen.add(text)
    return [nodes.raw("", _MARK.format(**said, id=text, place=place, note=note), format="html")], []
