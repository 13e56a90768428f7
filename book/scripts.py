"""The scripts of the pages: which there are, and that text and explorers come first.

A script in the head holds a page up until it has come; one that waits at the end takes nothing from
the text and the explorers before it. Where each stands says ``templates/layout.html``.
"""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

MATHJAX = "_static/mathjax/tex-chtml.js"  # as in _config.yml
FONTS = "output/chtml/fonts/woff-v2"
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
# Every formula needs these two; the large brackets of some come when they are met.
_EVERY_FORMULA = ("MathJax_Main-Regular.woff", "MathJax_Math-Italic.woff")


def silence_thebe(app):
    """Take sphinx-thebe off every page.

    jupyter-book always loads it. Without a kernel server it does nothing but declare its
    script twice, which is an error in the browser's console, and name a content network.
    """
    for listener in [each for several in app.events.listeners.values() for each in several]:
        if listener.handler.__module__.startswith("sphinx_thebe"):
            app.disconnect(listener.id)
    styles = app.registry.css_files
    styles[:] = [(name, options) for name, options in styles if name != "sphinx-thebe.css"]


def copy_mathjax(site):
    """Write the one MathJax script that the pages load, and copy its fonts, to the site."""
    package = Path(find_spec("sphinx-mathjax-offline").submodule_search_locations[0])
    source, target = package / "static" / "mathjax", site / Path(MATHJAX).parent
    shutil.copytree(source / FONTS, target / FONTS)
    parts = [(source / f"{part}.js").read_text(encoding="utf-8") for part in MATHJAX_PARTS]
    parts.append(f"MathJax.loader.preLoad(...{json.dumps(MATHJAX_PARTS[1:])})")
    parts.append(Path(__file__).with_name("formulas.js").read_text(encoding="utf-8"))
    (site / MATHJAX).write_text(";\n".join(parts), encoding="utf-8")


def place_scripts(app, pagename, context):
    """Give the template what it cannot know.

    Inline scripts of the head need a few lines of Sphinx's, which move into the page. A page
    without formulas fetches, once it is idle, what the next page draws them with.
    """
    options = Path(app.outdir, "_static", "documentation_options.js")
    context["documentation_options"] = options.read_text(encoding="utf-8")
    if not any(script.filename == MATHJAX for script in context["script_files"]):
        fonts = f"{Path(MATHJAX).parent.as_posix()}/{FONTS}"
        context["fonts_ahead"] = [f"{fonts}/{name}" for name in _EVERY_FORMULA]
        # Sphinx writes any link as it writes those to style sheets, with the file's version.
        link = {"rel": "prefetch", "as": "script"}
        context["script_ahead"] = SimpleNamespace(filename=MATHJAX, attributes=link)
