"""Let a page show its text and its first explorer before it loads what comes later."""

import re
from pathlib import Path

_SCRIPT = re.compile(r'\s*<script\b[^>]*\bsrc="([^"]*)"[^>]*></script>')
_PRELOAD = re.compile(r'\s*<link rel="preload" as="script"[^>]*>')
_FORMULAS = re.compile(r'<script\b[^>]*\bsrc="[^"]*(_static/mathjax/[^"]+)"')
# Every formula needs these two; the large brackets of some come when they are met.
_FORMULA_FONTS = ("MathJax_Main-Regular.woff", "MathJax_Math-Italic.woff")
_ROOT = re.compile(r'\bdata-content_root="([^"]*)"')
_STYLE = re.compile(r"(?s)<style\b[^>]*>.*?</style>")
_SEARCH_TOOLS = ("searchtools.js", "language_data.js", "searchindex.js")
_OPTIONS = "documentation_options.js"


def scripts_last(text, options):
    """Move the scripts of a page's head behind its text; the formulas' script comes last.

    A script in the head holds the page up until it has come; one that waits at the end takes
    nothing from the text and the explorers before it. The search tools are left out: they serve
    a search as you type, which this book does not use.

    Parameters
    ----------
    text : str
        A page.
    options : str
        The script that inline scripts of the head need, a few lines that move into the page.

    Returns
    -------
    str
        The page.
    """
    head, ends, body = text.partition("</head>")
    early, late = [], []

    def take(script):
        name = Path(script[1].partition("?")[0]).name
        if name == _OPTIONS:
            return f"\n    <script>{options}</script>"
        if name not in _SEARCH_TOOLS:
            waits = "<script" if " defer" in script[0] else "<script defer"
            tag = script[0].replace("<script", waits)
            (late if "/mathjax/" in script[1] else early).append(tag)
        return ""

    head = _PRELOAD.sub("", _SCRIPT.sub(take, head))
    if not early + late:
        return text
    # The theme's own scripts at the end of the body come after those of the head.
    at = next((found.start() for found in _SCRIPT.finditer(body) if " defer" in found[0]), -1)
    at = at if at >= 0 else body.rfind("</body>")
    end = body.rfind("</body>")
    body = f"{body[:at]}{''.join(early)}{body[at:end].rstrip()}{''.join(late)}\n  {body[end:]}"
    return head + ends + body


def fetch_formulas_ahead(pages, fonts):
    """Let a page without formulas fetch, once it is idle, what the next page draws them with.

    Parameters
    ----------
    pages : dict of pathlib.Path to str
        The text of each page, by its path; changed in place.
    fonts : str
        The folder of the formulas' fonts, below the site.
    """
    scripts = {path: _FORMULAS.search(text) for path, text in pages.items()}
    address = next((found[1] for found in scripts.values() if found), None)
    if address is None:
        return
    for path in (path for path, found in scripts.items() if not found):
        text = pages[path]
        root = _ROOT.search(text)[1]
        links = f'<link rel="prefetch" as="script" href="{root}{address}">'
        for font in _FORMULA_FONTS:
            links += f'<link rel="prefetch" as="font" href="{root}{fonts}/{font}">'
        pages[path] = text.replace("</head>", f"{links}</head>", 1)


def drop_repeated_styles(text):
    """Keep the first of the style elements that say the same; each explorer brings its own."""
    seen = set()

    def once(style):
        if style[0] in seen:
            return ""
        seen.add(style[0])
        return style[0]

    return _STYLE.sub(once, text)
