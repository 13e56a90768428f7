"""Sphinx extension of this book: citations and terms of a chapter may be plain Markdown links.

A notebook program shows ``[Bishop (1995)](references.md#bishop1995)`` as it is meant, and a role as
a warning sign. The site reads such links as the roles that they stand for.
"""

import json
import re
from pathlib import Path

from book.prose import roles

_GLOSSARY = re.compile(r"(?ms)^```\{glossary\}\n(.*?)^```")
_TERM = re.compile(r"^(?=\S)(?!:)(.+)$", re.MULTILINE)


def glossary_terms(path):
    """Return the terms that a page of the book defines.

    Parameters
    ----------
    path : pathlib.Path
        The page.

    Returns
    -------
    list of str
        Empty if there is no such page.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [term for block in _GLOSSARY.findall(text) for term in _TERM.findall(block)]


def read_links(app, docname, source):
    """Do it for a notebook, before it is parsed."""
    path = Path(app.env.doc2path(docname))
    if path.suffix != ".ipynb":
        return
    terms = glossary_terms(path.with_name("glossary.md"))
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = roles("".join(cell["source"]), terms)
    source[0] = json.dumps(notebook)


def name_entries(app, pagename, templatename, context, doctree):
    """Let a link to an entry of the bibliography name it by its key."""
    for entry in app.env.get_domain("cite").citations:
        if entry.bibliography_key.docname == pagename and "body" in context:
            here = f'<div class="citation" id="{entry.citation_id}"'
            named = f'<span id="{entry.key}"></span>{here}'
            context["body"] = context["body"].replace(here, named, 1)


def setup(app):
    """Register with Sphinx, and return what it wants to know about an extension."""
    app.connect("source-read", read_links)
    app.connect("html-page-context", name_entries)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
