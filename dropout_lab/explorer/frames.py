"""Figures as frames: the sentence of each, its SVG, and many frames stored without repeats."""

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine, TightLayoutEngine

from .svg import nodes_of
from .text import legible, without_controls

__all__ = ["describe"]

_SVG_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "explore",
    "svg.id": None,
    "svg.image_inline": True,
}
# Fonts for formulas with codes of their own, where a sum is an X: no other font can show these.
_OTHER_CODES = re.compile(r"'cm(?:b|ex|mi|r|ss|sy|tt)10'|[\ue000-\uf8ff]")
_COLORBAR = "<colorbar>"  # how matplotlib labels the axes that it makes for one
_SENTENCE = "_explorer_sentence"


def describe(figure: Figure, sentence: str) -> Figure:
    """Attach to a figure the sentence that says in words what it shows.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure to describe.
    sentence : str
        One plain sentence with the figure's numbers. It stands under the figure and is its
        name for a screen reader.

    Returns
    -------
    matplotlib.figure.Figure
        The same figure, so that a drawing function can end in ``return describe(...)``.

    Raises
    ------
    TypeError
        If `figure` is not a Figure or `sentence` not a string.

    See Also
    --------
    dropout_lab.explore : Shows the sentence under the figure.
    """
    if not isinstance(figure, mpl.figure.Figure):
        raise TypeError(f"figure must be a matplotlib Figure, got {type(figure).__name__}")
    if not isinstance(sentence, str):
        raise TypeError(f"sentence must be a string, got {sentence!r}")
    setattr(figure, _SENTENCE, legible(" ".join(sentence.split())))
    return figure


def sentence_of(figure: Figure, default: str) -> str:
    """Return the sentence that `describe` attached to `figure`, or `default`."""
    return getattr(figure, _SENTENCE, default)


def figure_to_nodes(figure: Figure) -> tuple[str, list[str]]:
    """Render a figure as a flat list of SVG elements.

    Coordinates are rounded to two decimals, ids that nothing refers to are dropped, bare
    groups are unwrapped, and the color `INK` becomes ``currentColor``.
    The same figure gives the same text every time. Where nobody laid the figure out, matplotlib's
    constrained layout keeps its labels inside. Letters stay text in the page's own font, in a serif
    or monospace font where the figure has one; in a figure with signs that such fonts lack, they
    become outlines.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure; it is not closed, and only places that nobody chose are changed.

    Returns
    -------
    str
        The ``viewBox`` of the picture.
    list of str
        The elements inside it, in drawing order.
    """
    with mpl.rc_context(_SVG_SETTINGS):
        if not _is_laid_out(figure):
            _move_labels_inside(figure)
        document = _svg_of(figure)
        if _OTHER_CODES.search(document.decode()):
            mpl.rcParams["svg.fonttype"] = "path"
            document = _svg_of(figure)
    return nodes_of(without_controls(document.decode()).encode())


def _svg_of(figure: Figure) -> bytes:
    """Return what matplotlib writes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    return buffer.getvalue()


def _is_laid_out(figure: Figure) -> bool:
    """Say whether the author placed anything, or left all places to matplotlib."""
    titles = {figure.get_suptitle(), figure.get_supxlabel(), figure.get_supylabel()}
    placed = [*figure.legends, *figure.lines, *figure.patches, *figure.images, *figure.artists]
    placed += [text for text in figure.texts if text.get_text() not in titles]
    margins = vars(type(figure.subplotpars)())  # matplotlib's own
    grids = set()
    for axes in figure.axes:
        if spec := axes.get_subplotspec():
            grids.add(spec.get_topmost_subplotspec().get_gridspec())
        elif axes.get_label() != _COLORBAR:
            placed.append(axes)
    return (
        bool(placed)
        or not grids
        or figure.get_layout_engine() is not None
        or any(vars(grid.get_subplot_params(figure)) != margins for grid in grids)
    )


def _move_labels_inside(figure: Figure) -> None:
    """Move the axes until all labels have room."""
    bars = [axes for axes in figure.axes if axes.get_label() == _COLORBAR]
    # The constrained layout cannot place a color bar that took its room from the grid.
    in_grid = any(axes.get_subplotspec() is not None for axes in bars)
    engine = TightLayoutEngine() if in_grid else ConstrainedLayoutEngine()
    engine.execute(figure)


def pack(frames: Sequence[Sequence[str]]) -> tuple[list[str], list[list[int]]]:
    """Store frames that share most of their nodes without repeating any.

    Parameters
    ----------
    frames : list of list of str
        The nodes of each frame.

    Returns
    -------
    list of str
        Distinct fragments: runs of nodes that always occur together.
    list of list of int
        For each frame, the fragments that make it up; joined, they give the frame again. One that
        frames share has the same place in each, and nothing ("") stands in the places left free.
    """
    # Each node's only neighbor, or None once it has had two.
    before: dict[str, str | None] = {}
    after: dict[str, str | None] = {}
    for nodes in frames:
        for left, node, right in zip(["", *nodes], nodes, [*nodes[1:], ""], strict=False):
            before[node] = left if before.get(node, left) == left else None
            after[node] = right if after.get(node, right) == right else None
    index: dict[str, int] = {}
    packed = []
    for nodes in frames:
        runs: list[list[str]] = []
        for node in nodes:
            previous = runs[-1][-1] if runs else None
            if previous is not None and after[previous] == node and before[node] == previous:
                runs[-1].append(node)
            else:
                runs.append([node])
        packed.append([index.setdefault("".join(run), len(index)) for run in runs])
    gap = index.get("", len(index))
    packed = _with_common_places(packed, gap)
    if any(gap in frame for frame in packed):
        index[""] = gap
    return list(index), packed


def _with_common_places(frames: list[list[int]], gap: int) -> list[list[int]]:
    """Return the frames with what they share at one place: a step exchanges only what differs."""
    places: list[set[int]] = []  # for each, what stands there in any frame
    for frame in frames:
        start = 0
        for part in frame:
            place = next(_places_of(part, places, start), None)
            if place is None:
                place = start
                if place == len(places) or not places[place].isdisjoint(frame):
                    places.insert(place, set())
                places[place].add(part)
            start = place + 1
    spread = []
    for frame in frames:
        row: list[int] = []
        for part in frame:
            free = next(_places_of(part, places, len(row))) - len(row)
            row += [gap] * free + [part]
        spread.append(row)
    return spread


def _places_of(part: int, places: list[set[int]], start: int) -> Iterator[int]:
    """Return the first place of a part from a place on, or None."""
    return (i for i in range(start, len(places)) if part in places[i])
