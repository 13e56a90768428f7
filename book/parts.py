"""Scripts and styles that pieces share stand once on a page, long data in files of their own."""

import hashlib
import json
import re
from functools import partial

import minify

FOLDER = "_static/data"
_PART = re.compile(r'(?s)<script data-part="(\w+)">(.*?)</script>')
_STYLE = re.compile(r'(?s)<style data-part="(\w+)">(.*?)</style>')
_TEXT = re.compile(r'(?s)<script type="text/plain" data-text="(\w+)">(.+?)</script>')


def share_parts(app, site):
    """Keep the first of each script and style on a page, and move long data out of the pages.

    Data become scripts, which a page loads when it needs them: opened from a folder, it may load
    nothing else.
    """
    for path in sorted(site.rglob("*.html")):
        page = path.read_text(encoding="utf-8")
        if "data-part=" not in page:
            continue
        page = _once(_PART, page, _small)
        page = _once(_STYLE, page, lambda _, style: f"<style>{style}</style>")
        up = "../" * (len(path.relative_to(site).parts) - 1)
        page = _once(_TEXT, page, partial(_held, site, up))
        path.write_text(page, encoding="utf-8")


def _once(pattern, page, write):
    """Replace the first element of each name, and leave out the others."""
    seen = set()

    def replace(found):
        if found[1] in seen:
            return ""
        seen.add(found[1])
        return write(*found.groups())

    return pattern.sub(replace, page)


def _small(name, script):
    """Return a script in fewer letters."""
    small = minify.string("application/javascript", script)
    return f'<script data-part="{name}">{small}</script>'


def _held(site, up, name, text):
    """Write data into a script of the site, and return what says where it is."""
    script = f"dropoutLab.{name}={json.dumps(text)};"
    path = site / FOLDER / f"{name}.js"
    path.parent.mkdir(exist_ok=True)
    path.write_text(script, encoding="utf-8")
    address = f"{up}{FOLDER}/{name}.js?v={hashlib.sha256(script.encode()).hexdigest()[:8]}"
    return f'<script type="text/plain" data-text="{name}" data-src="{address}"></script>'
