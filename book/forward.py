"""Sphinx extension of this book: the site's root, which sends readers on and names a domain."""

import html
import re
from pathlib import Path
from urllib.parse import urlsplit

PAGE = """\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={target}">
<title>{title}</title>
<link rel="icon" href="{icon}">
{tags}
</head>
<body>
<main>
<h1>{title}</h1>
<p><a href="{target}">Go on to the book</a></p>
</main>
</body>
</html>
"""
_TAG = re.compile(r'<meta (?:name="(?:description|twitter:)|property="og:)[^>]*>')
_ADDRESS = re.compile(r'property="og:url" content="([^"]*)"')


def sharing_tags(page):
    """Return what a page says to sites where somebody shares it, and which address is its own.

    Parameters
    ----------
    page : str
        Its HTML.

    Returns
    -------
    str
        HTML, one element a line.
    """
    tags = _TAG.findall(page.partition("</head>")[0])
    address = _ADDRESS.search("".join(tags))
    if address:  # cards.py gives pages an address only where it is known
        tags.append(f'<link rel="canonical" href="{address[1]}">')
    return "\n".join(tags)


def write_forwarding_page(app, exception):
    """Write ``index.html``: the book's first page stands in a folder.

    sphinx-external-toc would write one, with neither a title nor an icon, and only where none
    stands yet.
    """
    config = app.config
    if exception is not None or app.builder.name != "html" or config.root_doc == "index":
        return
    # A page that names no icon makes browsers ask for /favicon.ico.
    icon = f"_static/{Path(config.html_favicon).name}" if config.html_favicon else "data:,"
    words = {
        "language": config.language,
        "title": config.html_title or config.project,
        "target": app.builder.get_target_uri(config.root_doc),
        "icon": icon,
    }
    words = {name: html.escape(word) for name, word in words.items()}
    book = Path(app.outdir, words["target"]).read_text(encoding="utf-8")
    page = PAGE.format_map({**words, "tags": sharing_tags(book)})
    Path(app.outdir, "index.html").write_text(page, encoding="utf-8")


def own_domain(address):
    """Return the domain of a site's address, or nothing if it is GitHub's or unknown."""
    domain = urlsplit(address).hostname or ""
    return "" if domain.endswith(".github.io") else domain


def name_domain(app, exception):
    """Write ``CNAME``, by which GitHub Pages knows a domain of the book's own.

    Each publication replaces what stands there, and would take the domain away with it.
    """
    if exception is not None or app.builder.name != "html":
        return
    record = Path(app.outdir, "CNAME")
    if domain := own_domain(app.config.ogp_site_url):
        record.write_text(f"{domain}\n", encoding="utf-8")
    else:
        record.unlink(missing_ok=True)


def setup(app):
    """Register with Sphinx, and return what it wants to know about an extension."""
    app.connect("build-finished", write_forwarding_page)
    app.connect("build-finished", name_domain)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
