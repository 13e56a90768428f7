"""The published explorer: one self-contained piece of HTML that needs no kernel."""

import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from urllib.parse import unquote

from .frames import pack
from .svg import ID_MARK

__all__ = ["Explorer", "published_html", "read_published"]

_KEY_MARK = "EXPLORER_KEY"
_STYLE = "explorer.css"
_EXPLORER = re.compile(r'(?s)<figure class="xp\b[^>]* data-xp="([^"]+)"[^>]*>.*?(?:</figure>|\Z)')
_DATA = re.compile(r'(?s)<script type="application/json">(.*?)</script>')
_IMAGE = re.compile(r'<img\b[^>]* src="data:image/svg\+xml[^",]*,([^"]*)')
_CONTROL = re.compile(r"(?s)<label><span>(.*?)</span><(input|select) (.*?)</label>")
_START = re.compile(r'value="(\d+)" (?:autocomplete|selected)')
_BOX = re.compile(r'viewBox="([^"]*)"')
_IN_A_URI = str.maketrans({c: f"%{ord(c):02X}" for c in '%#"<>&'})
_KINDS = {"input": "slider", "select": "menu"}

Control = tuple[str, str, list[str]]  # its kind, its name, the labels of its values


@dataclass(frozen=True, repr=False)
class Published:
    """A piece of HTML as a notebook displays it, and a summary for where it shows none."""

    html: str
    summary: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        """Return the summary."""
        return self.summary


def script_text(name: str = "explorer.js", package: str = __package__) -> str:
    """Return a script without comments and line ends; an explorer's key is still to be put in."""
    lines = (line.strip() for line in _resource(name, package).splitlines())
    return "".join(line for line in lines if not line.startswith("//"))


def style_text(name: str, package: str = __package__) -> str:
    """Return a style sheet of a package, by default this one, on one line."""
    return "".join(_resource(name, package).splitlines())


def published_html(
    box: str,
    axes: Sequence[Control],
    frames: Sequence[tuple[Sequence[str], str]],
    start: Sequence[int],
    play: int | None = None,
) -> str:
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
    page = (
        # What a notebook that is not trusted must keep stands inline: it drops style elements.
        f'<figure class="xp mathjax_ignore" data-xp="{_KEY_MARK}" style="max-width:36rem">'
        f"<style>{style_text(_STYLE)}</style>"
        f'<p class="xp-note">One of {len(frames)} frames. Moving through the others needs '
        "scripts; in a notebook, run the cell or trust the notebook.</p>"
        '<div class="xp-ui"></div><div class="xp-view">'
        f"{image_html(box, nodes, sentence)}</div>"
        f'<figcaption class="xp-say" aria-live="polite">{html.escape(sentence)}</figcaption>'
        f'<script type="application/json">{payload.replace(ID_MARK, _KEY_MARK)}</script>'
        f"<script>{script_text()}</script></figure>"
    )
    key = "xp" + hashlib.sha256(page.encode()).hexdigest()[:10]
    return page.replace(_KEY_MARK, key)


def image_html(box: str, nodes: Sequence[str], sentence: str) -> str:
    """Return one frame as an image, for readers without scripts."""
    picture = _svg(box, nodes, sentence).replace(ID_MARK, "f").translate(_IN_A_URI)
    return (
        f'<img alt="{html.escape(sentence)}" style="background:#fff" '
        f'src="data:image/svg+xml;charset=utf-8,{picture}">'
    )


@dataclass(frozen=True)
class Explorer:
    """A published explorer, read back.

    Parameters
    ----------
    key : str
        What tells it from others on a page, and stands before each id in its frames.
    html : str
        All of it, from ``<figure>`` to ``</figure>``.
    box, axes, start, play : str, list of tuple, list of int, int or None
        What `published_html` was given.
    parts : list of str
        Fragments of SVG, each stored once.
    frames : list of list of int
        The parts of each frame. The last axis runs fastest.
    sentences : list of str
        What each frame shows, in words.
    picture : str
        The SVG document for readers without scripts; empty if there is none.
    """

    key: str
    html: str
    box: str
    axes: list[Control]
    start: list[int]
    play: int | None
    parts: list[str]
    frames: list[list[int]]
    sentences: list[str]
    picture: str

    @property
    def labels(self) -> list[list[str]]:
        """For each axis the list of its values' labels."""
        return [labels for _, _, labels in self.axes]

    def number(self, positions: Mapping[str, str]) -> int:
        """Return the number of a frame.

        Parameters
        ----------
        positions : dict of str to str
            The label of the value that a control shows, by the name of the axis. Other controls
            stand where they start.

        Returns
        -------
        int
            Its place among the frames.

        Raises
        ------
        ValueError
            If there is no such axis, or no such value on it.
        """
        names = [name for _, name, _ in self.axes]
        if unknown := positions.keys() - names:
            raise ValueError(f"positions names {sorted(unknown)}; the explorer has {names}")
        number = 0
        for (_, name, labels), place in zip(self.axes, self.start, strict=True):
            if name in positions and positions[name] not in labels:
                raise ValueError(f"{name!r} is never {positions[name]!r}; it takes {labels}")
            place = labels.index(positions[name]) if name in positions else place
            number = number * len(labels) + place
        return number

    def nodes(self, number: int) -> str:
        """Return the elements of a frame.

        Parameters
        ----------
        number : int
            Which frame, from 0.

        Returns
        -------
        str
            SVG without the element around it. Each id begins with the explorer's key.
        """
        return "".join(self.parts[part] for part in self.frames[number])

    def svg(self, number: int) -> str:
        """Return a frame as a picture.

        Parameters
        ----------
        number : int
            Which frame, from 0.

        Returns
        -------
        str
            An SVG document; its name for screen readers is the frame's sentence.
        """
        return _svg(self.box, [self.nodes(number)], self.sentences[number])


def read_published(page: str) -> list[Explorer]:
    """Read the explorers on a page, or in the output of a cell: the inverse of `published_html`.

    Parameters
    ----------
    page : str
        HTML.

    Returns
    -------
    list of Explorer
        In the order of the page.

    Raises
    ------
    ValueError
        If one has no data that its script can read.
    """
    return [_read(*found) for found in enumerate(_EXPLORER.finditer(page), start=1)]


def _read(number: int, found: re.Match[str]) -> Explorer:
    """Return the explorer that a match holds."""
    text = found[0]
    image = _IMAGE.search(text)
    try:
        data = json.loads(_DATA.findall(text)[0])
        controls = _CONTROL.findall(data["controls"])
        return Explorer(
            key=found[1],
            html=text,
            box=_BOX.findall(data["svg"])[0],
            axes=[
                (_KINDS[tag], html.unescape(name), labels)
                for (name, tag, _), labels in zip(controls, data["labels"], strict=True)
            ],
            start=[int(_START.findall(control)[0]) for _, _, control in controls],
            play=data["play"],
            parts=data["parts"],
            frames=data["frames"],
            sentences=data["says"],
            picture=unquote(image[1]) if image else "",
        )
    except (TypeError, ValueError, LookupError) as error:
        reason = f"explorer {number} has no data that its script can read ({error})"
        raise ValueError(reason) from error


def live_html(page: str, name: str, drawn: int, total: int) -> str:
    """Return a page for a live notebook, which a fuller one of the same name may replace.

    A line says how many frames are drawn unless all are, and a script leads the controls to where
    they stood on the page before.
    """
    more = (
        f'<p class="xp-more">{drawn} of {total} frames. The others are drawn while Python is idle; '
        "if it no longer runs, run the cell again.</p>"
    ) * (drawn < total)
    script = script_text("live.js").replace("EXPLORER_NAME", name)
    return f'<div data-live="{name}">{page}{more}<script>{script}</script></div>'


_PLAY_BUTTON = '<button type="button">Play</button>'


def _svg(box: str, nodes: Sequence[str], sentence: str) -> str:
    """Return a picture with its name for screen readers."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" '
        'stroke-linejoin="round" '  # what matplotlib's style for the whole page would say
        f'aria-label="{html.escape(sentence)}">{"".join(nodes)}</svg>'
    )


def _control(axis: Control, position: int) -> str:
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


def _resource(name: str, package: str = __package__) -> str:
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")
