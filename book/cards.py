"""Sphinx extension of this book: what other sites show when somebody shares a page.

Every page gets a description. The rest, social cards, needs absolute addresses, so it depends on
where the site will stand: ``SITE_URL=https://example.org/book/`` says it, and
``REPOSITORY=https://github.com/OWNER/NAME`` means the repository's GitHub Pages. Without either
the pages name no address at all.

The cards are drawn once, one for each part of the book: ``python -m book.paper.cards``.
"""

import contextlib
import html
import io
import os
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from sphinx.errors import ExtensionError

from book.launch import REPOSITORY

CARDS = Path(__file__).with_name("card_images")
SUMMARY = "An interactive book that explains dropout by letting you break it."
WIDTH, HEIGHT = 1200, 630


def site_address(environment):
    """Return where the site will stand, or nothing if the environment does not say.

    Parameters
    ----------
    environment : mapping of str to str
        Its ``SITE_URL`` comes before its ``REPOSITORY``.

    Returns
    -------
    str
        An address that ends in a slash, or an empty string.

    Raises
    ------
    sphinx.errors.ExtensionError
        If ``SITE_URL`` is no address on the web.
    """
    address = environment.get("SITE_URL", "")
    if not address:
        found = REPOSITORY.fullmatch(environment.get("REPOSITORY", ""))
        if not found:
            return ""
        owner, name = found[1].split("/")[-2:]
        host = f"{owner.lower()}.github.io"
        return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ExtensionError(
            f"SITE_URL is {address!r}, which is no address of a site: give one such as "
            "https://example.org/book/, or leave SITE_URL unset to build without social cards"
        )
    return address.rstrip("/") + "/"


def card_name(caption):
    """Return the file name of a part's card.

    Parameters
    ----------
    caption : str
        The part's caption; empty for the book.

    Returns
    -------
    str
        Such as ``use-dropout.png``.
    """
    return "-".join(re.findall(r"\w+", caption.lower())) + ".png" if caption else "book.png"


def prepare(app, config):
    """Tell sphinxext-opengraph where the site stands, and to draw nothing."""
    config.ogp_site_url = site_address(os.environ)
    config.ogp_social_cards = {"enable": False}


def choose_card(app, pagename, templatename, context, doctree):
    """Give a page the card of its part, and the landing page a description of the book."""
    if pagename not in app.env.found_docs:
        return
    meta = context["meta"] = dict(context.get("meta") or {})
    if pagename == app.config.root_doc:
        context["metatags"] += f'<meta name="description" content="{html.escape(SUMMARY)}" />\n'
        meta["og:description"] = SUMMARY
    name = card_name("")
    for part in app.config.external_site_map.root.subtrees:
        if part.caption and pagename in [str(entry) for entry in part.items]:
            name = card_name(part.caption)
    if not (CARDS / name).exists():
        name = card_name("")
    meta |= {
        "og:image": f"_static/cards/{name}",
        "og:image:alt": "Dropout Lab: " + SUMMARY[0].lower() + SUMMARY[1:],
        "og:image:width": str(WIDTH),
        "og:image:height": str(HEIGHT),
    }


def keep_what_holds(app, pagename, templatename, context, doctree):
    """Leave only the description on a page that does not know its address."""
    if doctree is None:
        return  # the index and the search
    if not app.config.ogp_site_url:
        tags = context["metatags"].splitlines(keepends=True)
        context["metatags"] = "".join(tag for tag in tags if ' property="og:' not in tag)
    else:
        context["metatags"] += '<meta name="twitter:card" content="summary_large_image" />\n'


def copy_cards(app, exception):
    """Put the cards beside the pages that name them."""
    if exception is None and app.builder.format == "html" and app.config.ogp_site_url:
        shutil.copytree(CARDS, Path(app.outdir, "_static", "cards"))


def setup(app):
    """Register with Sphinx, and return what it wants to know about an extension."""
    with contextlib.redirect_stdout(io.StringIO()):  # it would ask for matplotlib, to draw cards
        app.setup_extension("sphinxext.opengraph")
    # Pages name the address, so they are written again when it changes.
    app.add_config_value("cards_address", site_address(os.environ), "html", str)
    app.connect("config-inited", prepare)
    app.connect("html-page-context", choose_card, priority=400)  # before opengraph's 500
    app.connect("html-page-context", keep_what_holds, priority=600)
    app.connect("build-finished", copy_cards)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
