"""Sphinx extension of this book: a link to the PDF of the whole book, where there will be one.

The PDF is printed from the built pages, so the pages must know before: ``PDF=1`` in the
environment of both `make book` and `make pdf` puts the link on every page and the file there.
"""

import os

FILE = "dropout-lab.pdf"


def add_link(app, pagename, templatename, context, doctree):
    """Add the whole book to the theme's menu of downloads."""
    if not app.config.whole_book:
        return
    for menu in context.get("header_buttons", ()):
        if menu.get("label") == "download-buttons":
            link = {"type": "link", "url": context["pathto"](FILE, 1), "icon": "fas fa-book"}
            link |= {"text": "Whole book", "tooltip": "Download the whole book as a PDF"}
            menu["buttons"].append(link)


def setup(app):
    """Register with Sphinx, and return what it wants to know about an extension."""
    wanted = os.environ.get("PDF", "") not in ("", "0")
    app.add_config_value("whole_book", wanted, "html", bool)  # a change writes every page again
    # After the theme has laid out its header.
    app.connect("html-page-context", add_link, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
