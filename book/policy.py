"""A policy for each page: it runs its own scripts, and asks no other host for anything.

A script sets it before anything else is read, so that it holds wherever the page lies, and names
the place itself: in a frame without an origin, as a learning platform may show a page, ``'self'``
matches nothing by the standard (Chromium and Firefox are kinder), and files have no host. Styles
stay free, as MathJax writes its own in the page and figures carry their sizes.
"""

import hashlib
import json
import re
from base64 import b64encode

from sphinx.errors import ExtensionError

_CHARSET = re.compile(r'<meta charset="utf-8"[^>]*>')
_INLINE = re.compile(r"<script(?![^>]*\bsrc=)([^>]*)>(.*?)</script>", re.DOTALL)
_DATA = re.compile(r'type="(?:application/json|text/plain)"')
_HANDLER = re.compile(
    r'<[a-z][^<>]*?\s(on[a-z]+="[^"]*"|href="\s*javascript:[^"]*")', re.IGNORECASE
)
_ELSE = (
    "style-src SITE 'unsafe-inline'; img-src SITE data:; font-src SITE data:; worker-src blob:; "
    "frame-src 'none'; object-src 'none'; base-uri 'none'; form-action SITE"
)
# A policy holds on when its element is gone; in a page that a reader saves it would name the
# former place.
_SET = """<script>{
const policy = document.createElement("meta");
policy.httpEquiv = "Content-Security-Policy";
const site = location.protocol == "file:" ? "file:" : location.origin;
policy.content = POLICY.replaceAll("SITE", site);
document.head.append(policy);
policy.remove();
}</script>"""


def write_policies(app, site):
    """Let each page of the book set its policy.

    What else lies in the folder stays as it is: Python in the browser is an application of its own.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        Not used.
    site : pathlib.Path
        The folder of the site.

    Raises
    ------
    sphinx.errors.ExtensionError
        If an attribute of a page holds a script, which its policy would not let run.
    """
    for path in site.rglob("*.html"):
        page = path.read_text("utf-8")
        if "data-content_root=" not in page.partition("</head>")[0]:
            continue
        if found := _HANDLER.search(_INLINE.sub("", page)):
            raise ExtensionError(f"{path}: no policy allows the script in {found[1]!r:.80}")
        end = _CHARSET.search(page).end()
        set_it = _SET.replace("POLICY", json.dumps(policy_of(page)))
        path.write_text(page[:end] + set_it + page[end:], "utf-8")


def policy_of(page):
    """Return the policy of a page: no script but the site's files and those in the page, by digest.

    Parameters
    ----------
    page : str
        Its HTML.

    Returns
    -------
    str
        The policy, with ``SITE`` for where the page comes from.
    """
    scripts = [text for kind, text in _INLINE.findall(page) if not _DATA.search(kind)]
    allowed = " ".join(["SITE", *dict.fromkeys(map(_digest, scripts))])
    return f"default-src SITE; script-src {allowed}; {_ELSE}"


def _digest(text):
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
