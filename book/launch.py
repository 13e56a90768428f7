"""Sphinx extension of this book: buttons that open a chapter where it can be run.

What exists around a site differs from build to build, so the environment says it and not
_config.yml. ``REPOSITORY=https://github.com/OWNER/NAME`` gives each notebook's page buttons for
Binder and Colab; ``LITE=1`` says that the browser's Python lies beside the book, and gives one to
the chapters that run there. Without either there is no button.

The theme has launch buttons too, but they take all notebooks from one place and need a repository
for each of them. Colab gets the notebooks of the published site, see downloads.py.
"""

import os
import re
from pathlib import Path

from sphinx.errors import ExtensionError

REPOSITORY = re.compile(r"(https://github\.com/[\w-]+/[\w.-]+?)(\.git)?/?", re.ASCII)
SITE_BRANCH = "gh-pages"  # where `make publish` puts the site


def check_repository(app, config):
    """Refuse a repository that the buttons cannot open; tidy the address of the others."""
    if not config.launch_repository:
        return
    found = REPOSITORY.fullmatch(config.launch_repository)
    if not found:
        raise ExtensionError(
            f"REPOSITORY is {config.launch_repository!r}, which Colab cannot open: give the "
            "address of a repository on GitHub, https://github.com/OWNER/NAME, or leave "
            "REPOSITORY unset to build without these buttons"
        )
    config.launch_repository = found[1]


def links(repository, docname, lite):
    """Return text, hint, icon and address of each place where a chapter can be opened.

    Parameters
    ----------
    repository : str
        ``https://github.com/OWNER/NAME``, or empty.
    docname : str
        The chapter: ``chapters/02_mask_mathematics``.
    lite : str
        The address of the browser's Python, or empty where the chapter does not run there.

    Returns
    -------
    list of tuple of str
        Empty if there is no such place.
    """
    path = f"{docname}.ipynb"
    found = []
    if repository:
        project = repository.removeprefix("https://github.com/")
        binder = f"https://mybinder.org/v2/gh/{project}/HEAD?urlpath=lab/tree/{path}"
        colab = (
            f"https://colab.research.google.com/github/{project}/blob/{SITE_BRANCH}/_sources/{path}"
        )
        found.append(("Run on Binder", "Needs no account, starts slowly", "binder.svg", binder))
        found.append(("Run on Colab", "Needs a Google account", "colab.png", colab))
    if lite:
        lite += f"?path={path.rpartition('/')[2]}"
        hint = "Loads Python into this browser"
        found.append(("Run in your browser", hint, "jupyterlite.svg", lite))
    return found


def add_buttons(app, pagename, templatename, context, doctree):
    """Give a notebook's page the theme's menu of launch buttons, if there is anything in it."""
    path = Path(app.env.doc2path(pagename)) if pagename in app.env.found_docs else Path()
    if path.suffix != ".ipynb":
        return
    lite = ""
    if app.config.launch_lite:
        from book.browser import runs_in_browser  # beside this file

        if runs_in_browser(path):
            lite = context["pathto"]("lite/notebooks/index.html", 1)
    buttons = [
        {"type": "link", "text": text, "tooltip": hint, "url": url}
        | {"icon": f"_static/images/logo_{icon}"}
        for text, hint, icon, url in links(app.config.launch_repository, pagename, lite)
    ]
    if buttons:
        menu = {"type": "group", "buttons": buttons, "label": "launch-buttons"}
        menu |= {"tooltip": "Run this chapter", "icon": "fas fa-rocket"}
        context["header_buttons"].insert(0, menu)


def setup(app):
    """Register with Sphinx, and return what it wants to know about an extension."""
    # "html": when one of them changes, every page is written again.
    app.add_config_value("launch_repository", os.environ.get("REPOSITORY", ""), "html", str)
    lite = os.environ.get("LITE", "") not in ("", "0")
    app.add_config_value("launch_lite", lite, "html", bool)
    app.connect("config-inited", check_repository)
    # After the theme has laid out its header.
    app.connect("html-page-context", add_buttons, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
