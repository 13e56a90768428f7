"""Sphinx extension of this book: complete chapters, and no request to another host."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

from sphinx.errors import ExtensionError
from sphinx.util import docname_join
from sphinx.util.nodes import make_refnode

WIDGET = "application/vnd.jupyter.widget-view+json"
MATHJAX_SCRIPT = "tex-chtml.js"
MATHJAX_FONTS = "output/chtml/fonts/woff-v2"
# What the package's own tex-chtml.js joins, less a menu that is two fifths of it, makes every
# formula a stop for the Tab key, and offers what it would load from elsewhere. The first one
# starts the others.
MATHJAX_PARTS = (
    "startup",
    "core",
    "input/tex",
    "output/chtml",
    "output/chtml/fonts/tex",
    "a11y/assistive-mml",
)


def check_outputs(app, env, docnames):
    """Refuse to publish a notebook that failed, or was not executed to its end for publication."""
    for docname in docnames:
        path = Path(env.doc2path(docname))
        if path.suffix != ".ipynb":
            continue
        for number, cell in enumerate(json.loads(path.read_text(encoding="utf-8"))["cells"]):
            if cell["cell_type"] != "code" or not "".join(cell["source"]).strip():
                continue
            errors = [out for out in cell["outputs"] if out["output_type"] == "error"]
            if errors:
                raise ExtensionError(f"{path.name}, cell {number} failed: {errors[0]['evalue']}")
            if cell["execution_count"] is None:
                raise ExtensionError(
                    f"{path.name}, cell {number} was not executed; run: make chapters"
                )
            shown = [output.get("data", {}) for output in cell["outputs"]]
            if any(WIDGET in data or "data-live=" in str(data) for data in shown):
                raise ExtensionError(
                    f"{path.name}, cell {number} stores a widget or an explorer of a live "
                    "notebook; run: make chapters"
                )


def copy_mathjax(app):
    """Write the one MathJax script that the pages load, and copy its fonts, to the site."""
    if app.builder.format != "html":
        return
    package = Path(find_spec("sphinx-mathjax-offline").submodule_search_locations[0])
    source = package / "static" / "mathjax"
    target = Path(app.outdir, "_static", "mathjax")
    shutil.copytree(source / MATHJAX_FONTS, target / MATHJAX_FONTS, dirs_exist_ok=True)
    parts = [(source / f"{part}.js").read_text(encoding="utf-8") for part in MATHJAX_PARTS]
    parts.append(f"MathJax.loader.preLoad(...{json.dumps(MATHJAX_PARTS[1:])})")
    parts.append(Path(__file__).with_name("formulas.js").read_text(encoding="utf-8"))
    (target / MATHJAX_SCRIPT).write_text(";\n".join(parts), encoding="utf-8")


def mend_roles(app, pagename, templatename, context, doctree):
    """Give citations the role that their list asks for; docutils' own is deprecated."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def find_notebook(app, env, node, contnode):
    """Let a card name the file of a chapter, which JupyterLab opens, and not its document."""
    if node.get("reftype") == "doc" and node["reftarget"].endswith(".ipynb"):
        docname = docname_join(node["refdoc"], node["reftarget"].removesuffix(".ipynb"))
        if docname in env.found_docs:
            return make_refnode(app.builder, node["refdoc"], docname, "", contnode)
    return None


def silence_thebe(app, config):
    """Take sphinx-thebe off every page.

    jupyter-book always loads it. Without a kernel server it does nothing but declare its
    script twice, which is an error in the browser's console, and name a content network.
    """
    for listeners in app.events.listeners.values():
        listeners[:] = [
            listener
            for listener in listeners
            if not listener.handler.__module__.startswith("sphinx_thebe")
        ]
    styles = app.registry.css_files
    styles[:] = [(name, options) for name, options in styles if name != "sphinx-thebe.css"]


def setup(app):
    """Register with Sphinx, and return what it wants to know about an extension."""
    app.connect("config-inited", silence_thebe)
    app.connect("builder-inited", copy_mathjax)
    app.connect("env-before-read-docs", check_outputs)
    app.connect("missing-reference", find_notebook)
    app.connect("html-page-context", mend_roles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
