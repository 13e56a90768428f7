"""Sphinx extension of this book: leave out of the site what no reader needs."""

import json
import re
import shutil
from pathlib import Path

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


def drop_icon_script(site, static):
    """Leave out the theme's icon script, 1.5 MB of drawings; its icon font has them too."""
    (static / "scripts" / "fontawesome.js").unlink(missing_ok=True)
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        thinner = _ICON_SCRIPT.sub("", text)
        if thinner != text:
            page.write_text(thinner, encoding="utf-8")


def drop_old_fonts_and_other_languages(static):
    """Leave out font files for browsers older than 2016, and the search in other languages."""
    for path in (static / "vendor").rglob("*.ttf"):
        path.unlink()
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
    drop_icon_script(site, static)
    drop_old_fonts_and_other_languages(static)
    thin_downloads(site / "_sources")


def setup(app):
    """Register with Sphinx.

    Parameters
    ----------
    app : sphinx.application.Sphinx
        The application.

    Returns
    -------
    dict
        What Sphinx wants to know about the extension.
    """
    app.connect("build-finished", lighten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
