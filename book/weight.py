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


# Code in the color of the text needs no elements of its own.
_PLAIN = re.compile(r'<span class="(?:n|nn|p|w)">((?:(?!</?span).)*?)</span>', re.DOTALL)
_FRAMES = re.compile(r'(?<=<script type="application/json">).*?(?=</script>)', re.DOTALL)
_PATH = re.compile(r'(?<= d=\\")[MLHVz\d .-]+(?=\\")')
_STEP = re.compile(r"[MLHVz]|-?[\d.]+")


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
            body = _FRAMES.sub(lambda frames: shorter_frames(frames[0]), _PLAIN.sub(r"\1", body))
            pages[path] = _NEEDLESS.sub("", head), end + body
    join_styles(site, pages, Path(app.doctreedir))
    for path, page in pages.items():
        path.write_text("".join(page), encoding="utf-8")
    shutil.rmtree(site / "_static/vendor")  # whole icon fonts: pages bring their icons
    shutil.rmtree(site / "_static/locales", ignore_errors=True)  # the search's other languages
    (site / ".buildinfo").unlink()  # a digest of this machine's folders


def shorter_frames(data):
    """Write the frames of an explorer in fewer letters: the same data, the same pictures.

    Parameters
    ----------
    data : str
        JSON within a page.

    Returns
    -------
    str
        Signs stand for themselves where no tag of scripts or comments begins, and paths go from
        point to point.
    """
    data = re.sub(r"\\u003c(?!/?script|!--)", "<", data, flags=re.IGNORECASE)
    return _PATH.sub(lambda path: shorter_path(path[0]), data)


def shorter_path(path):
    """Write a path of straight lines with steps instead of places, to the same hundredths.

    Parameters
    ----------
    path : str
        The attribute ``d`` of an SVG path.

    Returns
    -------
    str
        As it was if a number has more than two decimals, or a letter more than one place.
    """
    if re.search(r"\.\d{3}|\d[ -][-\d.]+[ -]", path):
        return path  # finer, or several places behind one letter
    steps, here, start, written = iter(_STEP.findall(path)), (0, 0), (0, 0), ""
    for command in steps:
        if command == "z":
            written, here = written + "z", start
            continue
        x = here[0] if command == "V" else _hundredths(next(steps))
        y = here[1] if command == "H" else _hundredths(next(steps))
        across, down = _number(x - here[0]), _number(y - here[1])
        if command == "M":
            word, start = (
                f"m{across}{_apart(down)}" if written else f"M{across}{_apart(down)}",
                (x, y),
            )
        elif down == "0":
            word = f"h{across}"
        else:
            word = f"v{down}" if across == "0" else f"l{across}{_apart(down)}"
        written, here = written + word, (x, y)
    return written


def _hundredths(number):
    """Return a number with up to two decimals as a whole number of hundredths."""
    whole, _, part = number.lstrip("-").partition(".")
    size = int(whole or 0) * 100 + int(part.ljust(2, "0") or 0)
    return -size if number.startswith("-") else size


def _number(hundredths):
    """Return a whole number of hundredths in as few letters as there are."""
    text = f"{abs(hundredths) // 100}.{abs(hundredths) % 100:02}".rstrip("0").rstrip(".")
    text = text.lstrip("0") or "0"
    return f"-{text}" if hundredths < 0 else text


def _apart(number):
    return number if number.startswith("-") else f" {number}"
