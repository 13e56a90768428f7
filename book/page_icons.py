"""Give the site an icon font that holds the icons it shows, not two thousand others."""

import base64
import io
import logging
import re

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells each step of its work

FONTS = "vendor/fontawesome/webfonts"
_FACE = re.compile(r"@font-face\s*\{[^{}]*?/(fa-\w+-\d+)\.woff2[^{}]*\}")
_SOURCES = re.compile(r"src:[^;}]*")
_ESCAPE = re.compile(r"\\([0-9a-fA-F]{4})(?![0-9a-fA-F])")
_PRIVATE = range(0xE000, 0xF900)  # where icon fonts keep their drawings


def inline_icon_fonts(style, static, classes):
    """Put a font of the icons that a style sheet names in place of the theme's whole fonts.

    Parameters
    ----------
    style : str
        All rules of the site, those of unused icons already left out.
    static : pathlib.Path
        The folder with the theme's fonts as TrueType, below `FONTS`.
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
        font = _subset(static / FONTS / f"{face[1]}.ttf", codes)
        if font is None:
            return ""
        data = base64.b64encode(font).decode()
        return _SOURCES.sub(f"src:url(data:font/woff;base64,{data}) format('woff')", face[0])

    return _FACE.sub(inline, style)


def _subset(path, codes):
    """Return a font with these characters alone as WOFF; None if it has none of them."""
    font = TTFont(path, recalcTimestamp=False)
    here = codes & set(font.getBestCmap())
    if not here:
        return None
    options = Options()
    options.layout_features = []
    options.hinting = False
    options.name_IDs = [0, 13, 14]  # the copyright and the license stay
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=here)
    subsetter.subset(font)
    font.flavor = "woff"
    written = io.BytesIO()
    font.save(written)
    return written.getvalue()
