"""What is asked of the sources before they are read, and how they are read.

A notebook program shows ``[Bishop (1995)](references.md#bishop1995)`` as it is meant, and a role as
a warning sign. The site reads such links as the roles that they stand for.
"""

import json
import re
from pathlib import Path

from sphinx.errors import ExtensionError
from sphinx.util import docname_join
from sphinx.util.nodes import make_refnode

from book.marks import place_marks
from book.prose import roles

WIDGET = "application/vnd.jupyter.widget-view+json"
# What pages show besides their source, by the beginning of their names.
SHOWN = {
    "chapters/api/": ("dropout_lab/**/*.py", "chapters/api/*.rst", "book/reference.py"),
    "chapters/atlas": ("dropout_lab/lessons/atlas.py", "book/atlas.py"),
    "chapters/ledger": ("tests/test_*.py", "dropout_lab/lessons/ch13/*.py", "book/*.py"),
}
_GLOSSARY = re.compile(r"(?ms)^```\{glossary\}\n(.*?)^```")
_TERM = re.compile(r"^(?=\S)(?!:)(.+)$", re.MULTILINE)


def find_outdated(app, env, added, changed, removed):
    """Return the pages that show files which came, went or changed since they were read."""
    known, env.shown = getattr(env, "shown", {}), {}
    for start, patterns in SHOWN.items():
        paths = [path for pattern in patterns for path in sorted(Path(env.srcdir).glob(pattern))]
        env.shown[start] = [(str(path), path.stat().st_mtime_ns) for path in paths]
    starts = tuple(start for start in SHOWN if env.shown[start] != known.get(start))
    if "chapters/ledger" in starts:
        env.ledger_chapters = {}  # the directive reads a chapter once, as long as it stays itself
    return [docname for docname in env.found_docs if docname.startswith(starts)]


def check_outputs(app, env, docnames):
    """Refuse to publish a notebook that failed, or was not executed to its end for publication."""
    for path in (Path(env.doc2path(docname)) for docname in docnames):
        if path.suffix == ".ipynb":
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            for number, cell in enumerate(cells):
                if fault := cell_fault(cell):
                    raise ExtensionError(f"{path.name}, cell {number} {fault}")


def cell_fault(cell):
    """Say why a cell of a notebook cannot be published; None if it can."""
    if cell["cell_type"] != "code" or not "".join(cell["source"]).strip():
        return None
    errors = [output for output in cell["outputs"] if output["output_type"] == "error"]
    if errors:
        return f"failed: {errors[0]['evalue']}"
    if cell["execution_count"] is None:
        return "was not executed; run: make chapters"
    shown = [output.get("data", {}) for output in cell["outputs"]]
    loud = ["".join(output["text"]) for output in cell["outputs"] if output.get("name") == "stderr"]
    if loud:  # of this machine, often with its folders
        return f"stores a warning; mend its cause and run make chapters: {loud[0].strip():.300}"
    if any(WIDGET in data or "data-live=" in str(data) for data in shown):
        return "stores a widget or an explorer of a live notebook; run: make chapters"
    return None


def glossary_terms(path):
    """Return the terms that a page of the book defines; none if there is no such page."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [term for block in _GLOSSARY.findall(text) for term in _TERM.findall(block)]


def read_links(app, docname, source):
    """Let citations, terms and marks of a chapter be plain Markdown links."""
    path = Path(app.env.doc2path(docname))
    if path.suffix != ".ipynb":
        return
    terms = glossary_terms(path.with_name("glossary.md"))
    notebook = json.loads(source[0])
    notebook["cells"], app.env.temp_data["claims"] = place_marks(notebook["cells"], path.name)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = roles("".join(cell["source"]), terms)
    source[0] = json.dumps(notebook)


def find_notebook(app, env, node, contnode):
    """Let a card name the file of a chapter, which JupyterLab opens, and not its document."""
    if node.get("reftype") == "doc" and node["reftarget"].endswith(".ipynb"):
        docname = docname_join(node["refdoc"], node["reftarget"].removesuffix(".ipynb"))
        if docname in env.found_docs:
            return make_refnode(app.builder, node["refdoc"], docname, "", contnode)
    return None
