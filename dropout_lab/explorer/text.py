"""Texts of authors, and of what readers run, as any page, book or terminal can show them."""

import re
import unicodedata

# What XML forbids, and the other control characters: HTML drops some, terminals obey some.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TURNING = {"R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "RLI", "LRI", "FSI"}
_ISOLATE, _END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_ISOLATES = {_ISOLATE, "\N{LEFT-TO-RIGHT ISOLATE}", "\N{RIGHT-TO-LEFT ISOLATE}"}


def without_controls(text: str) -> str:
    """Return a text with a � for each control character and each half of a surrogate pair.

    Tabs and line ends stay, the latter as HTML reads them.
    """
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", re.sub("\r\n?", "\n", text))


def legible(text: str) -> str:
    """Return a text without controls that turns nothing around it.

    One that is written from right to left, or has marks that say so, stands between two marks
    that let it end where it ends.
    """
    text = without_controls(text)
    if _TURNING.isdisjoint(map(unicodedata.bidirectional, text)):
        return text
    own: list[str] = []
    still_open = 0
    for letter in text:
        if letter == _END and not still_open:
            continue  # it would end what stands around the text
        still_open += (letter in _ISOLATES) - (letter == _END)
        own.append(letter)
    return f"{_ISOLATE}{''.join(own)}{_END * (still_open + 1)}"
