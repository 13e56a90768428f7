"""Leave out of the finished site what no reader needs, and let its pages ask for little."""

import re
import shutil
from pathlib import Path

from book.styles import join_styles

_MAP_COMMENT = re.compile(r"\s*/[/*]# sourceMappingURL=\S+( ?\*/)?\s*$")
# A second way to draw icons, and scripts that are asked for at the end of the page anyway.
_NEEDLESS = re.compile(
    r'\s*<script[^>]*/fontawesome\.js[^>]*></script>|\s*<link rel="preload" as="script"[^>]*>'
)


def drop_source_maps(app, site):
    """Leave out the theme's source maps: a fifth of the site, for debuggers of the theme only."""
    for path in site.rglob("*.map"):
        path.unlink()
        script = path.with_suffix("")
        text = script.read_text(encoding="utf-8")
        script.write_text(_MAP_COMMENT.sub("", text), encoding="utf-8")


def lighten_pages(app, site):
    """Join the style sheets, and drop scripts and files that no page needs then."""
    (site / "_static/scripts/fontawesome.js").unlink()
    pages = {}
    for path in sorted(site.rglob("*.html")):
        head, end, body = path.read_text(encoding="utf-8").partition("</head>")
        if "data-content_root=" in head:
            # Only Sphinx marks its pages so; what else may lie in the folder stays as it is.
            pages[path] = _NEEDLESS.sub("", head), end + body
    join_styles(site, pages, Path(app.doctreedir))
    for path, page in pages.items():
        path.write_text("".join(page), encoding="utf-8")
    shutil.rmtree(site / "_static/vendor")  # whole icon fonts: pages bring their icons
    shutil.rmtree(site / "_static/locales", ignore_errors=True)  # the search's other languages
