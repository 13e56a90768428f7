"""A policy in each page: it runs its own scripts, and asks no other host for anything.

It stands in the page, not in a header, so that it holds on GitHub Pages, on a school's server and
on a USB stick alike. Styles stay free: explorers and formulas set sizes where they are.
"""

import hashlib
import html
import re
from base64 import b64encode

_HEAD = re.compile(r"<head[^>]*>")
_INLINE = re.compile(r"<script(?![^>]*\bsrc=)([^>]*)>(.*?)</script>", re.DOTALL)
_HANDLER = re.compile(r'<[^<>]*\son[a-z]+="([^"]*)"')
_DATA = re.compile(r'type="(?:application/json|text/plain)"')
_ELSE = (
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; worker-src 'self' blob:; base-uri 'none'"
)


def write_policies(app, site):
    """Put into each page of the site what it may run and fetch; Python in the browser has its own.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        Not used.
    site : pathlib.Path
        The folder of the site.
    """
    for path in site.rglob("*.html"):
        if not {"lite", "_static"} & set(path.relative_to(site).parts):
            page = path.read_text("utf-8")
            end = _HEAD.search(page).end()
            tag = f'<meta http-equiv="Content-Security-Policy" content="{policy_of(page)}">'
            path.write_text(page[:end] + tag + page[end:], "utf-8")


def policy_of(page):
    """Return the policy of a page: no script but the site's files and those in the page, by digest.

    Parameters
    ----------
    page : str
        Its HTML.

    Returns
    -------
    str
        The value of the header ``Content-Security-Policy``.
    """
    scripts = {_digest(text) for kind, text in _INLINE.findall(page) if not _DATA.search(kind)}
    handlers = {_digest(html.unescape(text)) for text in _HANDLER.findall(_INLINE.sub("", page))}
    allowed = ["'self'", *sorted(scripts), *["'unsafe-hashes'"] * bool(handlers), *sorted(handlers)]
    return f"default-src 'none'; script-src {' '.join(allowed)}; {_ELSE}"


def _digest(text):
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
