"""Join the style sheets of the site into one, without the rules that no page can use."""

import hashlib
import re
from urllib.parse import urlsplit

from book.page_icons import inline_icon_fonts

_LINK = re.compile(
    r'\s*<link\b(?=[^>]*\brel="stylesheet")[^>]*\bhref="([^":]*_static/[^"]+)"[^>]*>'
)
_IMPORT = re.compile(r"""@import\s*(?:url\()?["']([^"':]+)["']\)?\s*;""")
_URL = re.compile(r"""url\((["']?)(?!["']?(?:data:|https?:|/|#))([^)"']+)\1\)""")
_COMMENT = re.compile(r"(?s)/\*(?!!).*?\*/|@charset [^;]*;|\ufeff")
_RULE = re.compile(r"((?:^|(?<=[{};/]))\s*)([^{}@;/]+)\{([^{}]*)\}")
_EMPTY = re.compile(r"@(?:media|supports|container)[^{};]*\{\s*\}")
_PALETTE = re.compile(r"""\[data-theme=(["']?)(light|dark)\1\]""")
_ASIDE = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
_CLASSES = re.compile(r"""\bclass=\\?["']([^"'\\]*)""")
_INLINE_SCRIPT = re.compile(r"(?s)<script\b(?![^>]*\btype=)[^>]*>(.*?)</script>")
# A name as a script writes it; a beginning that it completes ends in a hyphen and a quote.
_NAME = re.compile(r"""[A-Za-z_][\w-]*-(?=["'`$])|[A-Za-z_](?:[\w-]*\w)?""")
_TOGGLE = re.compile(r'\bdata-bs-toggle="(\w+)"')
# What Bootstrap's script can do; a page asks for it by an attribute.
_COMPONENTS = {"carousel", "modal", "offcanvas", "popover", "progress", "tab", "toast", "tooltip"}


def join_styles(site, pages):
    """Replace the style sheets of all pages by one file for each list of them.

    A browser paints nothing before it has them all, and asks for six at a time.

    Parameters
    ----------
    site : pathlib.Path
        The folder of the site.
    pages : dict of pathlib.Path to str
        The text of each page, by its path; changed in place.
    """
    static = site / "_static"
    classes = class_names(site, pages)
    joined = {}
    for path, text in pages.items():
        links = list(_LINK.finditer(text))
        names = [urlsplit(link[1]).path.rpartition("_static/")[2] for link in links]
        if not names:
            continue
        if tuple(names) not in joined:
            style = drop_unused("\n".join(_read(static, name) for name in names), classes)
            style = inline_icon_fonts(print_in_light(style), static, classes)
            name = f"styles/all-{_digest(' '.join(names))}.css"
            joined[tuple(names)] = (name, style)
        name, style = joined[tuple(names)]
        root = links[0][1].partition("_static/")[0]
        href = f"{root}_static/{name}?v={_digest(style)}"
        first, last = links[0].start(), links[-1].end()
        kept = _LINK.sub("", text[first:last])
        link = f'\n  <link rel="stylesheet" href="{href}" />'
        pages[path] = text[:first] + link + kept + text[last:]
    for path in static.rglob("*.css"):
        path.unlink()
    for name, style in joined.values():
        (static / name).write_text(style, encoding="utf-8")


def class_names(site, pages):
    """Return every class that a page has, and every name in a script that may be one."""
    text = "\n".join(pages.values())
    names = {name for found in _CLASSES.findall(text) for name in found.split()}
    names.update(_NAME.findall("\n".join(_INLINE_SCRIPT.findall(text))))
    unused = tuple(_COMPONENTS - set(_TOGGLE.findall(text)))
    for path in (site / "_static").rglob("*.js"):
        found = _NAME.findall(path.read_text(encoding="utf-8"))
        # A minified script calls its variables as Pygments calls its classes: o, kt.
        found = [name for name in found if len(name) > 2]
        if path.name == "bootstrap.js":
            found = [name for name in found if not name.startswith(unused)]
        names.update(found)
    return names


def drop_unused(style, classes):
    """Leave out the rules that need a class which no page has and no script names.

    A script may put a name together, as Bootstrap does with "bs-tooltip-" and a side: a class
    stays if its beginning, up to a hyphen, is a word. What stands in brackets is not looked at.

    Parameters
    ----------
    style : str
        A style sheet.
    classes : set of str
        The classes in use, see `class_names`.

    Returns
    -------
    str
        The style sheet without those rules.
    """

    def can_match(selector):
        while (plain := _ASIDE.sub("", selector)) != selector:
            selector = plain
        return "\\" in selector or all(_in_use(name, classes) for name in _CLASS.findall(selector))

    def thin(rule):
        before, selectors, body = rule.groups()
        # A comma inside parentheses is followed by the closing one, not by an opening one.
        parts = re.split(r",(?![^()]*\))", selectors)
        kept = [part for part in parts if can_match(part)]
        return f"{before}{','.join(kept)}{{{body}}}" if kept else ""

    return _EMPTY.sub("", _RULE.sub(thin, style))


def print_in_light(style):
    """Give paper the light palette also where the reader's screen has the dark one.

    Parameters
    ----------
    style : str
        A style sheet that chooses its palette by the attribute ``data-theme``.

    Returns
    -------
    str
        The same on a screen. On paper the rules of the dark palette rest, and those of the light
        one hold in their place.
    """

    def choose(rule):
        before, selectors, body = rule.groups()
        parts = re.split(r",(?![^()]*\))", selectors)
        palettes = [found and found[2] for found in map(_PALETTE.search, parts)]
        if "dark" not in palettes and "light" not in palettes:
            return rule[0]
        dark = [part for part, palette in zip(parts, palettes, strict=True) if palette == "dark"]
        rest = [part for part in parts if part not in dark]
        light = [part for part in rest if _PALETTE.search(part)]
        light = [_PALETTE.sub('[data-theme="dark"]', part) for part in light]
        texts = (("{}", rest), ("@media not print{{{}}}", dark), ("@media print{{{}}}", light))
        rules = [form.format(f"{','.join(kept)}{{{body}}}") for form, kept in texts if kept]
        return before + "".join(rules)

    return _RULE.sub(choose, style)


def _in_use(name, classes):
    cuts = [place for place, letter in enumerate(name) if letter == "-"]
    return name in classes or any(name[: cut + 1] in classes for cut in cuts)


def _read(static, name):
    """Return a style sheet with what it imports, its addresses seen from the folder styles."""
    path = static / name
    style = _COMMENT.sub("", path.read_text(encoding="utf-8"))

    def include(found):
        imported = (path.parent / found[1]).resolve().relative_to(static.resolve())
        return _read(static, imported.as_posix())

    def move(found):
        target = (path.parent / found[2]).resolve().relative_to(static.resolve())
        return f"url({found[1]}../{target.as_posix()}{found[1]})"

    # Addresses first: what is included has moved its own.
    return _IMPORT.sub(include, _URL.sub(move, style))


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:8]
