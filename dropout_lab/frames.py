"""Figures as frames: matplotlib to compact SVG nodes, and many frames stored without repeats."""

import html
import io
import re
import xml.etree.ElementTree as ElementTree

import matplotlib as mpl

from dropout_lab.style import INK

__all__ = ["ID_MARK", "describe", "figure_to_nodes", "pack", "sentence_of"]

ID_MARK = "xp-id-"
"""Stands before every id in a frame; the page puts something unique in its place."""

_SVG_SETTINGS = {"svg.fonttype": "none", "svg.hashsalt": "explore", "svg.id": None}
_NUMBER = re.compile(r"-?\d*\.\d+(?:e-?\d+)?")
_NUMERIC_ATTRIBUTES = {"d", "x", "y", "width", "height", "transform", "points", "viewBox", "style"}
_FONT = re.compile(r"(font(?:-family)?:[^;]*?)'[^;]*")
_LETTERS_TO_SPACES = str.maketrans("MLz", "   ")
_SENTENCE = "_explorer_sentence"


def describe(figure, sentence):
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
    """
    if not isinstance(figure, mpl.figure.Figure):
        raise TypeError(f"figure must be a matplotlib Figure, got {type(figure).__name__}")
    if not isinstance(sentence, str):
        raise TypeError(f"sentence must be a string, got {sentence!r}")
    setattr(figure, _SENTENCE, " ".join(sentence.split()))
    return figure


def sentence_of(figure, default):
    """Return the sentence that `describe` attached to `figure`, or `default`.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure to look at.
    default : str
        What to return if it has none.

    Returns
    -------
    str
        The sentence.
    """
    return getattr(figure, _SENTENCE, default)


def figure_to_nodes(figure):
    """Render a figure as a flat list of SVG elements.

    Coordinates are rounded to two decimals, ids that nothing refers to are dropped, bare
    groups are unwrapped, and the color `dropout_lab.style.INK` becomes ``currentColor``. The
    same figure gives the same text every time.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure; it is neither changed nor closed.

    Returns
    -------
    str
        The ``viewBox`` of the picture.
    list of str
        The elements inside it, in drawing order.
    """
    buffer = io.BytesIO()
    with mpl.rc_context(_SVG_SETTINGS):
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    root = ElementTree.fromstring(buffer.getvalue())
    referenced = set(re.findall(rb"#([\w.-]+)[\")]", buffer.getvalue()))
    used = {name.decode() for name in referenced}
    nodes = [_write(element, used) for element in _join_paths(_flatten(root, used), used)]
    return _round(root.get("viewBox")), nodes


def pack(frames):
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
        For each frame, the fragments that make it up; joined, they give the frame again.
    """
    before, after = {}, {}  # each node's only neighbor, or None once it has had two
    for nodes in frames:
        for left, node, right in zip(["", *nodes], nodes, [*nodes[1:], ""], strict=False):
            before[node] = left if before.get(node, left) == left else None
            after[node] = right if after.get(node, right) == right else None
    index = {}
    packed = []
    for nodes in frames:
        runs = []
        for node in nodes:
            previous = runs[-1][-1] if runs else None
            if previous is not None and after[previous] == node and before[node] == previous:
                runs[-1].append(node)
            else:
                runs.append([node])
        packed.append([index.setdefault("".join(run), len(index)) for run in runs])
    return list(index), packed


def _flatten(element, used):
    """Yield the drawable elements below `element`, passing through groups that only group."""
    for child in element:
        tag = _local(child.tag)
        if tag == "g" and not set(child.attrib) - {"id"} and child.get("id") not in used:
            yield from _flatten(child, used)
        elif tag == "defs" and all(_local(inner.tag) == "style" for inner in child):
            continue  # matplotlib's style for everything on the page
        elif tag != "metadata" and child.get("style") != "fill: none":  # that draws nothing
            yield child


def _join_paths(elements, used):
    """Make one path of neighbors that look alike, such as the bars of a plot.

    A browser paints one path of a hundred bars several times as fast as a hundred paths. The
    picture stays the same because joined paths do not overlap, their strokes included, or are
    nothing but opaque strokes, whose union looks the same in any order.
    """
    last = look = bounds = None
    for element in elements:
        box = _bounds(element) if _local(element.tag) == "path" else None
        same = {k: v for k, v in element.attrib.items() if k not in ("d", "id")}
        joinable = box is not None and element.get("id") not in used
        style = element.get("style", "")
        only_lines = "fill: none" in style and "opacity" not in style
        if joinable and same == look and (only_lines or _apart(box, bounds)):
            last.set("d", last.get("d") + element.get("d"))
            bounds = [*map(min, bounds[:2], box[:2]), *map(max, bounds[2:], box[2:])]
            continue
        if last is not None:
            yield last
        if joinable:
            last, look, bounds = element, same, box
        else:
            last = look = None
            yield element
    if last is not None:
        yield last


def _bounds(path):
    """Return left, top, right and bottom of a path of straight lines, its stroke included."""
    d = path.get("d", "")
    if set(re.findall("[A-Za-z]", d)) - set("MLz"):
        return None
    numbers = [float(number) for number in d.translate(_LETTERS_TO_SPACES).split()]
    if not numbers:
        return None
    stroke = re.search(r"stroke-width: *([\d.]+)", path.get("style", ""))
    reach = float(stroke[1]) if stroke else 1.0 if "stroke:" in path.get("style", "") else 0.0
    x, y = numbers[::2], numbers[1::2]
    if all(x[i] == x[i - 1] or y[i] == y[i - 1] for i in range(1, len(x))):
        reach /= 2
    else:
        reach *= 2  # the point of a mitered corner: SVG cuts it off at four half widths
    return [min(x) - reach, min(y) - reach, max(x) + reach, max(y) + reach]


def _apart(one, other):
    """Say whether two boxes do not overlap."""
    return one[0] >= other[2] or one[2] <= other[0] or one[1] >= other[3] or one[3] <= other[1]


def _write(element, used):
    """Return `element` as compact SVG text without namespaces."""
    tag = _local(element.tag)
    attributes = []
    for key, value in element.attrib.items():
        key = _local(key)
        if key == "id":
            if value not in used:
                continue
            value = ID_MARK + value
        elif key == "href" and value.startswith("#"):
            value = "#" + ID_MARK + value[1:]
        elif "url(#" in value:
            value = value.replace("url(#", "url(#" + ID_MARK)
        if key == "transform" and value.startswith("rotate(-0 "):  # any upright text
            continue
        if key in _NUMERIC_ATTRIBUTES and "matrix(" not in value:  # whose factors are small
            value = _round(value)
        if key == "style":
            value = _FONT.sub(r"\1sans-serif", value)
            value = re.sub(r"([:;])\s+", r"\1", value).rstrip(";")
        elif key == "d":
            value = re.sub(r"\s*([A-Za-z])\s*", r"\1", value).strip()
        if key in ("style", "fill"):
            value = value.replace(INK, "currentColor")
        attributes.append(f' {key}="{html.escape(value)}"')
    inside = html.escape(element.text or "", quote=False) if tag in ("text", "tspan") else ""
    for child in element:
        inside += _write(child, used)
        if tag in ("text", "tspan") and child.tail:
            inside += html.escape(child.tail, quote=False)
    return (
        f"<{tag}{''.join(attributes)}>{inside}</{tag}>"
        if inside
        else f"<{tag}{''.join(attributes)}/>"
    )


def _local(name):
    """Return an XML name without its namespace."""
    return name.rpartition("}")[2]


def _round(text):
    """Return `text` with every decimal number rounded to two places."""
    return _NUMBER.sub(_round_match, text)


def _round_match(match):
    rounded = f"{float(match[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if rounded == "-0" else rounded
