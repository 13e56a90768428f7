"""One style sheet for the site, without what no page can use, and with the icons that it names."""

import base64
import hashlib
import logging
import re
from itertools import groupby, pairwise
from pathlib import Path
from urllib.parse import urlsplit

import tinycss2

from book import typeface

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells each step of its work

JOINED = "styles/all.css"
FONTS = "vendor/fontawesome/webfonts"
_LINK = re.compile(
    r'\s*<link\b(?=[^>]*\brel="stylesheet")[^>]*\bhref="([^":]*_static/)([^"]+)"[^>]*>'
)
_IMPORT = re.compile(r"""@import\s*(?:url\()?["']([^"':]+)["']\)?\s*;""")
_URL = re.compile(r"""url\((["']?)(?!["']?(?:data:|https?:|/|#))([^)"']+)\1\)""")
_COMMENT = re.compile(r"(?s)/\*(?!!).*?\*/|@charset [^;]*;|\ufeff")
_PALETTE = re.compile(r"""\[data-theme=(["']?)(light|dark)\1\]""")
_CLASSES = re.compile(r"""class=\\?["']([^"'\\]*)""")
_INLINE_SCRIPT = re.compile(r"(?s)<script\b(?![^>]*\btype=)[^>]*>(.*?)</script>")
# A name as a script writes it; a beginning that it completes ends in a hyphen and a quote.
_NAME = re.compile(r"""[A-Za-z_][\w-]*-(?=["'`$])|[A-Za-z_](?:[\w-]*\w)?""")
_TOGGLE = re.compile(r'data-bs-toggle="(\w+)"')
# What Bootstrap's script can do; a page asks for it by an attribute.
_COMPONENTS = {"carousel", "modal", "offcanvas", "popover", "progress", "tab", "toast", "tooltip"}
# MyST-NB's "in a cell of two blocks". Any node that a moving figure adds could be one of the
# two: each step would style the page's cells and code again. The same, as specific, without ":has".
_CELL_OF_TWO = re.compile(r"div\.cell:has\(\s*>\s*\*:nth-child\(2\)\)\s+([^,{]+?)(?=\s*[,{])")
_PART_OF_TWO = r"\1:is(div.cell > :not(:only-child), div.cell > :not(:only-child) *)"
# In dark mode the theme puts HTML outputs on a light card, and asks each for what it is; ours
# follow the page.
_LIGHT_CARD = re.compile(r"[^,{}]*\.text_html:not\(:has\(table\.dataframe\)\),")
# A veil asks the whole page, as a live figure has an output of its own. On a page of the site the
# figure follows the question, and a step of it must not style all else again.
_VEIL = re.compile(r"html:has\((\[data-predict=(\w+)\]\[data-on=asks\])\) (?=\[data-veil=\2\])")
_HOLD_RULES = {"media", "supports", "container"}
_FACE = re.compile(r"@font-face\s*\{[^{}]*?/(fa-\w+-\d+)\.woff2[^{}]*\}")
_SOURCES = re.compile(r"src:[^;}]*")
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{4})(?![0-9a-fA-F])")
_PRIVATE = range(0xE000, 0xF900)  # where icon fonts keep their drawings


def join_styles(site, pages, kept):
    """Replace the style sheets of all pages by one file.

    A browser paints nothing before it has them all, and asks for six at a time.

    Parameters
    ----------
    site : pathlib.Path
        The folder of the site.
    pages : dict of pathlib.Path to tuple of str
        The head and the rest of each page, by its path; the heads are changed in place.
    kept : pathlib.Path
        A folder that outlasts the build and keeps the file for the next one.
    """
    static = site / "_static"
    found = [link for head, _ in pages.values() for link in _LINK.findall(head)]
    names = dict.fromkeys(urlsplit(address).path for _, address in found)
    classes = class_names(static, map("".join, pages.values()))
    whole = "\n".join(_read(static, name) for name in names)
    whole = _LIGHT_CARD.sub("", _CELL_OF_TWO.sub(_PART_OF_TWO, whole))
    style = _once(kept, whole, classes, static / FONTS)
    for path in static.rglob("*.css"):
        path.unlink()
    (static / JOINED).write_text(style, encoding="utf-8")
    version = hashlib.sha256(style.encode()).hexdigest()[:8]
    for path, (head, rest) in pages.items():
        first = _LINK.search(head)
        link = f'\n  <link rel="stylesheet" href="{first[1]}{JOINED}?v={version}" />'
        at = first.start()
        pages[path] = head[:at] + link + _LINK.sub("", head[at:]), _VEIL.sub(r"\1~", rest)


def _once(kept, whole, classes, fonts):
    """Return the site's style sheet, made only if it is not the one that the last build made."""
    code = [Path(file).read_text(encoding="utf-8") for file in (__file__, typeface.__file__)]
    made_of = repr((whole, sorted(classes), code))
    path = kept / f"styles-{hashlib.sha256(made_of.encode()).hexdigest()}.css"
    if not path.exists():
        for other in kept.glob("styles-*"):
            other.unlink()
        style = thin(tinycss2.parse_stylesheet(whole, True, True), classes)
        draft = path.with_suffix(".draft")  # a kill leaves no half of it
        draft.write_text(inline_icon_fonts(style, fonts, classes), encoding="utf-8")
        draft.rename(path)
    return path.read_text(encoding="utf-8")


def class_names(static, pages):
    """Return every class that a page has, and every name in a script that may be one.

    Parameters
    ----------
    static : pathlib.Path
        The folder with the scripts.
    pages : iterable of str
        The text of each page.

    Returns
    -------
    set of str
        A beginning that a script completes ends in a hyphen.
    """
    text = "\n".join(pages)
    names = {name for found in _CLASSES.findall(text) for name in found.split()}
    names.update(_NAME.findall("\n".join(_INLINE_SCRIPT.findall(text))))
    unused = tuple(_COMPONENTS - set(_TOGGLE.findall(text)))
    for path in static.rglob("*.js"):
        found = _NAME.findall(path.read_text(encoding="utf-8"))
        # A minified script calls its variables as Pygments calls its classes: o, kt.
        found = [name for name in found if len(name) > 2]
        if path.name == "bootstrap.js":
            found = [name for name in found if not name.startswith(unused)]
        names.update(found)
    return names


def thin(rules, classes):
    """Return a style sheet without the rules that no page can use, and with one palette on paper.

    A rule goes if it needs a class which no page has and no script names. A script may put a name
    together, as Bootstrap does with "bs-tooltip-" and a side: a class stays if its beginning, up
    to a hyphen, is a word. What stands in brackets is not looked at.

    Where the reader's screen has the dark palette, paper has the light one all the same.

    Parameters
    ----------
    rules : iterable of tinycss2.ast.Node
        The rules of a style sheet that chooses its palette by the attribute ``data-theme``.
    classes : set of str
        The classes in use, see `class_names`.

    Returns
    -------
    str
        The style sheet.
    """

    def in_use(name):
        cuts = [place for place, letter in enumerate(name) if letter == "-"]
        return name in classes or any(name[: cut + 1] in classes for cut in cuts)

    def can_match(selector):
        return all(in_use(name.value) for dot, name in pairwise(selector) if dot == ".")

    style = []
    for rule in rules:
        if rule.type == "at-rule" and rule.lower_at_keyword in _HOLD_RULES:
            inside = thin(tinycss2.parse_rule_list(rule.content, True, True), classes)
            head = f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}"
            style.append(f"{head}{{{inside}}}" if inside else "")
        elif rule.type == "qualified-rule":
            selectors = filter(can_match, _selectors(rule))
            texts = [tinycss2.serialize(selector).strip() for selector in selectors]
            style.append(_on_screen_and_paper(texts, tinycss2.serialize(rule.content)))
        else:
            style.append(rule.serialize())
    return "".join(style)


def _selectors(rule):
    """Yield the selectors of a rule, each a list of tokens."""
    for comma, selector in groupby(rule.prelude, lambda token: token == ","):
        if not comma:
            yield list(selector)


def _on_screen_and_paper(selectors, body):
    """Return a rule; on paper the dark palette rests, and the light one holds in its place."""
    palettes = [(_PALETTE.search(selector) or ("", "", ""))[2] for selector in selectors]
    named = list(zip(selectors, palettes, strict=True))
    dark = [selector for selector, palette in named if palette == "dark"]
    rest = [selector for selector, palette in named if palette != "dark"]
    light = [selector for selector, palette in named if palette == "light"]
    light = [_PALETTE.sub('[data-theme="dark"]', selector) for selector in light]
    texts = (("{}", rest), ("@media not print{{{}}}", dark), ("@media print{{{}}}", light))
    return "".join(form.format(f"{','.join(kept)}{{{body}}}") for form, kept in texts if kept)


def inline_icon_fonts(style, fonts, classes):
    """Put a font of the icons that a style sheet names in place of the theme's whole fonts.

    Parameters
    ----------
    style : str
        All rules of the site, those of unused icons already left out.
    fonts : pathlib.Path
        The folder with the theme's fonts as TrueType.
    classes : set of str
        The classes in use; among them those that ask for a font.

    Returns
    -------
    str
        The style sheet; a font without any icon in use is left out.
    """
    named = {int(code, 16) for code in _ESCAPE.findall(style)} | set(map(ord, style))
    codes = named.intersection(_PRIVATE)

    def inline(face):
        if face[1].startswith("fa-regular") and "fa-regular" not in classes:
            return ""  # it draws the same icons as the solid one, by the same numbers
        # The copyright and the license stay.
        font = typeface.subset(fonts / f"{face[1]}.ttf", codes, "woff", [], names=[0, 13, 14])
        if font is None:
            return ""
        data = base64.b64encode(font).decode()
        return _SOURCES.sub(f"src:url(data:font/woff;base64,{data}) format('woff')", face[0])

    return _FACE.sub(inline, style)


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
