"""What other sites show when somebody shares a page, and the domain of the site.

Every page gets a description. The rest, social cards, needs absolute addresses, so it depends on
where the site will stand: ``SITE_URL=https://example.org/book/`` says it, and
``REPOSITORY=https://github.com/OWNER/NAME`` means the repository's GitHub Pages. Without either
the pages name no address at all.

The cards are drawn once, one for each part of the book: ``python -m book.paper.cards``.
"""

import html
import os
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from sphinx.errors import ExtensionError

from book.header import repository

CARDS = Path(__file__).with_name("card_images")
SUMMARY = "An interactive book that explains dropout by letting you break it."
WIDTH, HEIGHT = 1200, 630
_TAG = re.compile(r'<meta (?:name="(?:description|twitter:)|property="og:)[^>]*>')
_ADDRESS = re.compile(r'property="og:url" content="([^"]*)"')


def site_address(environment=os.environ):
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
        If ``SITE_URL`` is no address on the web, or ``REPOSITORY`` none on GitHub.
    """
    address = environment.get("SITE_URL", "")
    if not address:
        project = repository(environment).removeprefix("https://github.com/")
        if not project:
            return ""
        owner, name = project.split("/")
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
    """Return the file name of the card of a part, such as ``use-dropout.png``, or of the book."""
    return "-".join(re.findall(r"\w+", caption.lower())) + ".png" if caption else "book.png"


def choose_card(app, pagename, templatename, context, doctree):
    """Give a page the card of its part, and the landing page a description of the book."""
    if pagename not in app.env.found_docs:
        return
    meta = context["meta"] = dict(context.get("meta") or {})
    if pagename == app.config.root_doc:
        context["metatags"] += f'<meta name="description" content="{html.escape(SUMMARY)}" />\n'
        meta["og:description"] = SUMMARY
    parts = app.config.external_site_map.root.subtrees
    captions = [part.caption for part in parts if pagename in map(str, part.items)]
    name = card_name(*captions or [""])
    meta |= {
        "og:image": f"_static/cards/{name if (CARDS / name).exists() else card_name('')}",
        "og:image:alt": "Dropout Lab: " + SUMMARY[0].lower() + SUMMARY[1:],
        "og:image:width": str(WIDTH),
        "og:image:height": str(HEIGHT),
    }


def keep_what_holds(app, pagename, context):
    """Leave only the description on a page that does not know its address."""
    if pagename not in app.env.found_docs:
        return  # the index and the search
    if app.config.ogp_site_url:
        context["metatags"] += '<meta name="twitter:card" content="summary_large_image" />\n'
    else:
        tags = context["metatags"].splitlines(keepends=True)
        context["metatags"] = "".join(tag for tag in tags if ' property="og:' not in tag)


def share_root(app, pagename, context):
    """Let the site's root, which sends readers on, say what the book's first page says."""
    if pagename == "index":
        page = Path(app.builder.get_outfilename(app.config.root_doc)).read_text(encoding="utf-8")
        tags = _TAG.findall(page.partition("</head>")[0])
        address = _ADDRESS.search("".join(tags))
        tags += [f'<link rel="canonical" href="{address[1]}">'] if address else []
        context["sharing_tags"] = "\n".join(tags)


def copy_cards(app, site):
    """Put the cards beside the pages that name them."""
    if app.config.ogp_site_url:
        shutil.copytree(CARDS, site / "_static" / "cards")


def own_domain(address):
    """Return the domain of a site's address, or nothing if it is GitHub's or unknown."""
    domain = urlsplit(address).hostname or ""
    return "" if domain.endswith(".github.io") else domain


def name_domain(app, site):
    """Write ``CNAME``, by which GitHub Pages knows a domain of the book's own.

    Each publication replaces what stands there, and would take the domain away with it.
    """
    if domain := own_domain(app.config.ogp_site_url):
        (site / "CNAME").write_text(f"{domain}\n", encoding="utf-8")
