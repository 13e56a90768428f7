"""The published explorer: one self-contained piece of HTML that needs no kernel."""

import hashlib
import html
import json
from importlib import resources

from dropout_lab.explorer.frames import ID_MARK, pack

__all__ = ["Published", "live_html", "published_html", "script_text", "style_text"]

_KEY_MARK = "EXPLORER_KEY"
_STYLE = "explorer.css"


class Published:
    """A piece of HTML as a notebook and the book display it.

    Parameters
    ----------
    page : str
        The HTML.
    summary : str
        What stands in its place where HTML is not shown.

    Attributes
    ----------
    html : str
        The HTML.
    """

    def __init__(self, page, summary):
        self.html = page
        self._summary = summary

    def _repr_html_(self):
        return self.html

    def __repr__(self):
        """Return the summary."""
        return self._summary


def script_text(name="explorer.js"):
    """Return a script of the package, comments and line ends removed.

    Parameters
    ----------
    name : str, default "explorer.js"
        The file's name; by default the script that each published explorer carries.

    Returns
    -------
    str
        JavaScript source; the explorer's own key is still to be put in.
    """
    lines = (line.strip() for line in _resource(name).splitlines())
    return "".join(line for line in lines if not line.startswith("//"))


def style_text(name, package=__package__):
    """Return a style sheet of the package on one line.

    Parameters
    ----------
    name : str
        The file's name.
    package : str
        The package that it lies in; by default this one.

    Returns
    -------
    str
        The rules.
    """
    return "".join(_resource(name, package).splitlines())


def published_html(box, axes, frames, start, play=None):
    """Return the explorer as one piece of HTML: first frame, data, style and script.

    Parameters
    ----------
    box : str
        The ``viewBox`` that all frames share.
    axes : list of tuple
        For each axis its kind ("slider" or "menu"), its name and the list of value labels.
    frames : list of tuple
        For each combination of values, the last axis running fastest: the list of nodes and
        the sentence.
    start : list of int
        Where each axis stands first.
    play : int, optional
        The axis that a play button steps through.

    Returns
    -------
    str
        HTML. The same arguments give the same bytes.
    """
    first = 0
    for (_, _, labels), position in zip(axes, start, strict=True):
        first = first * len(labels) + position
    nodes, sentence = frames[first]
    parts, packed = pack([nodes for nodes, _ in frames])
    data = {
        "controls": "".join(map(_control, axes, start)) + _PLAY_BUTTON * (play is not None),
        "labels": [labels for _, _, labels in axes],
        "play": play,
        "svg": _svg(box, ["<g></g>"] * max(map(len, packed)), ""),
        "parts": parts,
        "frames": packed,
        "says": [says for _, says in frames],
    }
    # Inside a script element only "<" could end it early; JSON can write it another way.
    payload = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    picture = _svg(box, nodes, sentence).replace(ID_MARK, "f")
    page = (
        # What a notebook that is not trusted must keep stands inline: it drops style elements.
        f'<figure class="xp mathjax_ignore" data-xp="{_KEY_MARK}" style="max-width:36rem">'
        f"<style>{style_text(_STYLE)}</style>"
        f'<p class="xp-note">One of {len(frames)} frames. Moving through the others needs '
        "scripts; in a notebook, run the cell or trust the notebook.</p>"
        '<div class="xp-ui"></div><div class="xp-view">'
        f'<img alt="{html.escape(sentence)}" style="background:#fff" src="{_data_uri(picture)}">'
        "</div>"
        f'<figcaption class="xp-say" aria-live="polite">{html.escape(sentence)}</figcaption>'
        f'<script type="application/json">{payload.replace(ID_MARK, _KEY_MARK)}</script>'
        f"<script>{script_text()}</script></figure>"
    )
    key = "xp" + hashlib.sha256(page.encode()).hexdigest()[:10]
    return page.replace(_KEY_MARK, key)


def live_html(page, name, drawn, total):
    """Return a page for a live notebook, which a fuller one may replace.

    Parameters
    ----------
    page : str
        The published page.
    name : str
        A JavaScript name that the pages of one explorer share, and no other explorer.
    drawn, total : int
        How many frames the page holds, and how many there will be.

    Returns
    -------
    str
        The page, a line that says how many frames there are unless all are, and a script that
        leads the controls to where they stood on the page before.
    """
    more = (
        f'<p class="xp-more">{drawn} of {total} frames. The others are drawn while Python is idle; '
        "if it no longer runs, run the cell again.</p>"
    ) * (drawn < total)
    script = script_text("live.js").replace("EXPLORER_NAME", name)
    return f'<div data-live="{name}">{page}{more}<script>{script}</script></div>'


_PLAY_BUTTON = '<button type="button">Play</button>'


def _svg(box, nodes, sentence):
    """Return a picture with its name for screen readers."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" '
        'stroke-linejoin="round" '  # what matplotlib's style for the whole page would say
        f'aria-label="{html.escape(sentence)}">{"".join(nodes)}</svg>'
    )


def _control(axis, position):
    """Return the native control of one axis."""
    kind, name, labels = axis
    name = html.escape(name)
    if kind == "slider":
        control = (
            f'<input class="xp-axis" type="range" min="0" max="{len(labels) - 1}" '
            f'value="{position}" autocomplete="off"><b aria-hidden="true"></b>'
        )
    else:
        options = "".join(
            f'<option value="{i}"{" selected" * (i == position)}>{html.escape(label)}</option>'
            for i, label in enumerate(labels)
        )
        control = f'<select class="xp-axis" autocomplete="off">{options}</select>'
    return f"<label><span>{name}</span>{control}</label>"


def _data_uri(svg):
    """Return `svg` as the value of a ``src`` attribute."""
    for character, code in (
        ("%", "%25"),
        ("#", "%23"),
        ('"', "%22"),
        ("<", "%3C"),
        (">", "%3E"),
        ("&", "%26"),
    ):
        svg = svg.replace(character, code)
    return "data:image/svg+xml;charset=utf-8," + svg


def _resource(name, package=__package__):
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")
