"""A page, an explorer or a frame that is missing stops the build."""

import ast
import html
import json
import math
import re
import shutil
from pathlib import Path

from sphinx.errors import ExtensionError

from book.header import WHOLE_BOOK

_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_HEADING = re.compile(r"<h1\b[^>]*>(.*?)</h1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)
_HIDDEN = {"remove-cell", "remove-output"}


def explorers(page):
    """Return the explorers on a page, with the package as `reference` imports it for a build."""
    from dropout_lab.explorer.page import read_published

    return read_published(page)


def stored_explorers(notebook):
    """Return the explorers that a notebook's page has to show, and what is wrong with it.

    Parameters
    ----------
    notebook : dict
        What its file holds.

    Returns
    -------
    keys : list of str
        The key of each stored explorer, in order; without those that a tag hides.
    faults : list of str
        One for each cell that displays fewer explorers than it asks for.

    Raises
    ------
    ValueError
        If an explorer has no data that its script can read.
    """
    keys, faults = [], []
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code" or _HIDDEN & set(cell["metadata"].get("tags", [])):
            continue
        pages = ("".join(out.get("data", {}).get("text/html", "")) for out in cell["outputs"])
        found = [explorer.key for page in pages for explorer in explorers(page)]
        asked = _explorers_asked_for("".join(cell["source"]))
        if len(found) < asked:
            faults.append(
                f"calls explore in cell {number} and stores no explorer there; run: make chapters"
            )
        keys += found
    return keys, faults


def _explorers_asked_for(source):
    """Count the calls of explore in statements of a cell that are there to display something."""
    parts = ast.parse(_MAGIC.sub(r"\1pass", source)).body
    nodes = [node for part in parts if isinstance(part, ast.Expr) for node in ast.walk(part)]
    calls = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
    return sum(call.split(".")[-1] == "explore" for call in calls)


def explorer_fault(explorer):
    """Say what is missing in an explorer.

    Parameters
    ----------
    explorer : dropout_lab.explorer.page.Explorer
        One of a page.

    Returns
    -------
    str or None
        What is wrong: None if there is a picture for readers without scripts, a frame for each
        combination of the axes' values, and a sentence and a drawing for each frame.
    """
    sizes = [len(labels) for labels in explorer.labels]
    frames, parts, asked = explorer.frames, explorer.parts, math.prod(sizes)
    if not sizes or not asked:
        return "has an axis without values"
    if len(frames) != asked:
        return f"has {len(frames)} frames for {asked} positions of its controls"
    if len(explorer.sentences) != asked or not all(map(str.strip, explorer.sentences)):
        return f"has no sentence for each of its {asked} frames"
    for number, frame in enumerate(frames):
        # A part past the end would be drawn as nothing at all: the script shows "" for it.
        if not frame or not all(part in range(len(parts)) for part in frame):
            return f"has no complete drawing for frame {number}"
        if not any(parts[part] for part in frame):
            return f"has an empty drawing for frame {number}"
    return None if explorer.picture else "has no picture for readers without scripts"


def page_faults(page, title, notebook=None):
    """Say what is missing on a page.

    Parameters
    ----------
    page : str
        Its HTML.
    title : str
        The title of its source.
    notebook : dict, optional
        Its source, where that is a notebook.

    Returns
    -------
    list of str
        One clause for each fault.
    """
    faults = []
    if not title.strip():
        faults.append("has no title; begin its source with a heading")
    for name, pattern in (("title", _TITLE), ("first heading", _HEADING)):
        shown = [_plain(text) for text in pattern.findall(page)]
        if not any(_plain(html.escape(title)) in text for text in shown):
            faults.append(f"does not have {title!r} as its {name}")
    if notebook is None:
        return faults
    try:
        keys, missing = stored_explorers(notebook)
        shown = explorers(page)
    except ValueError as error:
        return [*faults, f"{error}; run: make chapters"]
    if [explorer.key for explorer in shown] != keys:
        count = f"{len(shown)} instead of {len(keys)}"
        faults.append(f"does not show the explorers of its notebook, in their order: {count}")
    wrong = ((number, explorer_fault(one)) for number, one in enumerate(shown, start=1))
    faults += [f"explorer {number} {fault}; run: make chapters" for number, fault in wrong if fault]
    return faults + missing


def _plain(text):
    """Return HTML as text on one line."""
    return " ".join(html.unescape(_TAG.sub("", text)).split())


def searchable_pages(index):
    """Return the pages that the search can find.

    Parameters
    ----------
    index : str
        The text of ``searchindex.js``.

    Returns
    -------
    set of str
        The documents of which the index knows at least one word.
    """
    data = json.loads(index[index.index("{") : index.rindex("}") + 1])
    known = set()
    for places in data["terms"].values():
        known.update([places] if isinstance(places, int) else places)
    return {name for number, name in enumerate(data["docnames"]) if number in known}


def clear_site(site):
    """Remove what an earlier build wrote, so that every page is written again.

    What stands on a page depends on others: on their titles, terms and sections, and on the names
    that they use. Sphinx would write those alone again whose own source changed, and would forget
    the index entries of the others.

    Parameters
    ----------
    site : pathlib.Path
        The site. What `make lite` and `make pdf` put there stays.
    """
    for path in site.iterdir():
        if path.name in ("lite", WHOLE_BOOK):
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def check_site(app, site):
    """Refuse a site in which something is missing."""
    env, index = app.env, site / "searchindex.js"
    searchable = searchable_pages(index.read_text(encoding="utf-8"))
    faults, titles = [], {}
    for document in app.config.external_site_map:
        path = Path(app.builder.get_outfilename(document))
        if document not in env.found_docs or not path.exists():
            faults.append(f"{document} stands in _toc.yml and has no page")
            continue
        title, source = env.titles[document].astext(), Path(env.doc2path(document))
        notebook = None
        if source.suffix == ".ipynb":
            notebook = json.loads(source.read_text(encoding="utf-8"))
        page = path.read_text(encoding="utf-8")
        faults += [f"{document} {fault}" for fault in page_faults(page, title, notebook)]
        if document not in searchable:
            faults.append(f"{document} cannot be found by the search")
        other = titles.setdefault(title, document)
        if other != document:
            faults.append(f"{document} has the title of {other}; give it its own")
    if faults:
        raise ExtensionError("\n  ".join(["the site is not complete:", *faults]))
