"""Sphinx extension of this book: leave out of the site what no reader needs."""

import json
import re
import shutil
from pathlib import Path

from book.page_images import shrink_images
from book.page_scripts import drop_repeated_styles, fetch_formulas_ahead, scripts_last
from book.page_styles import join_styles
from book.pages import MATHJAX_FONTS

_MAP_COMMENT = re.compile(r"\s*/[/*]# sourceMappingURL=\S+( ?\*/)?\s*$")
_ICON_SCRIPT = re.compile(r"\s*<script[^>]*/fontawesome\.js[^>]*></script>")
_FRAMES = re.compile(r"(?s)<script\b.*?</script>")


def drop_source_maps(static):
    """Leave out the theme's source maps: a fifth of the site, for debuggers of the theme only."""
    for path in static.rglob("*.map"):
        path.unlink()
        script = path.with_suffix("")
        text = script.read_text(encoding="utf-8")
        script.write_text(_MAP_COMMENT.sub("", text), encoding="utf-8")


def thin_pages(site, static):
    """Change each page that Sphinx wrote: what it asks for, and when."""
    (static / "scripts" / "fontawesome.js").unlink(missing_ok=True)
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(site.rglob("*.html"))}
    # Only Sphinx marks its pages so; what else may lie in the folder stays as it is.
    written = {path: text for path, text in texts.items() if "data-content_root=" in text}
    if not written:  # another builder's files, such as those of an EPUB
        return
    options = (static / "documentation_options.js").read_text(encoding="utf-8")
    pages = {path: shrink_images(_ICON_SCRIPT.sub("", text)) for path, text in written.items()}
    join_styles(site, pages)
    fetch_formulas_ahead(pages, f"_static/mathjax/{MATHJAX_FONTS}")
    for path, text in pages.items():
        if path.name != "search.html":  # its own script needs the search tools at once
            text = scripts_last(text, options)
        text = drop_repeated_styles(text)
        if text != written[path]:
            path.write_text(text, encoding="utf-8")


def drop_fonts_and_other_languages(static):
    """Leave out whole icon fonts, as pages bring their icons, and the search's other languages."""
    shutil.rmtree(static / "vendor", ignore_errors=True)
    shutil.rmtree(static / "locales", ignore_errors=True)


def thin_downloads(sources):
    """Leave each explorer's first frame in the notebooks to download; running them draws all."""
    for path in sources.rglob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            for output in cell.get("outputs", []):
                page = "".join(output.get("data", {}).get("text/html", ""))
                if "data-xp=" in page:
                    output["data"]["text/html"] = _FRAMES.sub("", page)
        path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1), encoding="utf-8")


def lighten(app, exception):
    """Do all of it when the pages are written."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    drop_source_maps(static)
    thin_pages(site, static)
    drop_fonts_and_other_languages(static)
    thin_downloads(site / "_sources")


def setup(app):
    """Register with Sphinx, and return what it wants to know about an extension."""
    app.connect("build-finished", lighten, priority=900)  # others still copy style sheets
    return {"parallel_read_safe": True, "parallel_write_safe": True}
