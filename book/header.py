"""The buttons above a page, which open its chapter where it can be run, and the book as a PDF.

What exists around a site differs from build to build, so the environment says it and not
_config.yml. ``REPOSITORY=https://github.com/OWNER/NAME`` gives each notebook's page buttons for
Binder and Colab; ``LITE=1`` says that the browser's Python lies beside the book, and gives one to
the chapters that run there. ``PDF=1`` says that `make pdf` puts the whole book there too.

The theme has launch buttons of its own, but they take all notebooks from one place and need a
repository for each of them. Colab gets the notebooks of the published site, see downloads.py.
"""

import os
import re
from pathlib import Path

from sphinx.errors import ExtensionError

from book.lite import browser_installs

WHOLE_BOOK = "dropout-lab.pdf"
SITE_BRANCH = "gh-pages"  # where `make publish` puts the site
_REPOSITORY = re.compile(r"(https://github\.com/[\w-]+/[\w.-]+?)(\.git)?/?", re.ASCII)


def repository(environment=os.environ):
    """Return the address of the book's repository.

    Parameters
    ----------
    environment : mapping of str to str
        Says it as ``REPOSITORY``.

    Returns
    -------
    str
        ``https://github.com/OWNER/NAME``, or empty where the environment does not say.

    Raises
    ------
    sphinx.errors.ExtensionError
        If the buttons cannot open it.
    """
    address = environment.get("REPOSITORY", "")
    found = _REPOSITORY.fullmatch(address)
    if address and not found:
        raise ExtensionError(
            f"REPOSITORY is {address!r}, which Colab cannot open: give the address of a "
            "repository on GitHub, https://github.com/OWNER/NAME, or leave REPOSITORY unset to "
            "build without these buttons"
        )
    return found[1] if found else ""


def wanted(name):
    """Say whether the environment has a variable that is neither empty nor 0."""
    return os.environ.get(name, "") not in ("", "0")


def launch_buttons(docname, lite):
    """Return a button for each place where a chapter can be opened.

    Parameters
    ----------
    docname : str
        The chapter: ``chapters/02_mask_mathematics``.
    lite : str
        The address of the browser's Python, or empty where the chapter does not run there.

    Returns
    -------
    list of dict
        As the theme wants them; empty if there is no such place.
    """
    found, path = [], f"{docname}.ipynb"

    def add(text, hint, icon, url):
        button = {"type": "link", "text": text, "tooltip": hint, "url": url}
        found.append(button | {"icon": f"_static/images/logo_{icon}"})

    if project := repository().removeprefix("https://github.com/"):
        binder = f"https://mybinder.org/v2/gh/{project}/HEAD?urlpath=lab/tree/{path}"
        colab = f"https://colab.research.google.com/github/{project}/blob/{SITE_BRANCH}"
        add("Run on Binder", "Needs no account, starts slowly", "binder.svg", binder)
        add("Run on Colab", "Needs a Google account", "colab.png", f"{colab}/_sources/{path}")
    if lite:
        url = f"{lite}?path={path.rpartition('/')[2]}"
        add("Run in your browser", "Loads Python into this browser", "jupyterlite.svg", url)
    return found


def add_buttons(app, pagename, context):
    """Put them into the theme's menus; a menu of launch buttons only if there is any."""
    menus = context.get("header_buttons", [])
    if wanted("PDF"):
        link = {"type": "link", "url": context["pathto"](WHOLE_BOOK, 1), "icon": "fas fa-book"}
        link |= {"text": "Whole book", "tooltip": "Download the whole book as a PDF"}
        for menu in menus:
            if menu.get("label") == "download-buttons":
                menu["buttons"].append(link)
    path = Path(app.env.doc2path(pagename)) if pagename in app.env.found_docs else Path()
    if path.suffix != ".ipynb":
        return
    runs_here = wanted("LITE") and browser_installs(path)
    lite = context["pathto"]("lite/notebooks/index.html", 1) if runs_here else ""
    buttons = launch_buttons(pagename, lite)
    if buttons:
        menu = {"type": "group", "buttons": buttons, "label": "launch-buttons"}
        menus.insert(0, menu | {"tooltip": "Run this chapter", "icon": "fas fa-rocket"})
