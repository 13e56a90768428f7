"""Make matplotlib's SVG small and quick to paint: a flat list of elements, as few as possible."""

import base64
import html
import io
import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from xml.etree.ElementTree import Element

import numpy as np
from PIL import Image

from .style import INK

ID_MARK = "xp-id-"
"""Stands before every id in a frame; the page puts something unique in its place."""

_NUMBER = re.compile(r"-?\d*\.\d+(?:e-?\d+)?")
_NUMERIC_ATTRIBUTES = {"d", "x", "y", "width", "height", "transform", "points", "viewBox", "style"}
_FONT = re.compile(r"(font(?:-family)?:[^;]*?)('[^;]*)")
_HAS_FACTORS = re.compile(r"matrix\(|scale\(")
_PATH_TOKEN = re.compile(r"[A-Za-z]|[-\d.]+")
_CIRCLE = "M {x:.6f} {y:.6f} a {r} {r} 0 1 0 {width:.2f} 0 a {r} {r} 0 1 0 -{width:.2f} 0 z"
_ARCS = re.compile(r"M ([-\d.]+) ([-\d.]+) a ([\d.]+) [^z]*z")
_LETTERS_TO_SPACES = str.maketrans("MLCQz", "     ")
_LEAST_IMAGE = 4_000  # bytes; of fewer a palette saves too little
_REFERENCE = re.compile(r"#([\w.-]+)[\")]")


def nodes_of(document: bytes) -> tuple[str, list[str]]:
    """Return the ``viewBox`` of what matplotlib wrote, and few, flat and short elements."""
    root = ElementTree.fromstring(document)
    used = set(_REFERENCE.findall(document.decode()))
    elements = _unclip(_join_paths(_inline_markers(_flatten(root, used), used), used))
    return _round(root.attrib["viewBox"]), [_write(element, used) for element in elements]


def _flatten(element: Element, used: set[str]) -> Iterator[Element]:
    """Yield the drawable elements below `element`, passing through groups that only group."""
    for child in element:
        tag = _local(child.tag)
        if tag == "g" and not set(child.attrib) - {"id"} and child.get("id") not in used:
            yield from _flatten(child, used)
        elif tag == "defs" and all(_local(inner.tag) == "style" for inner in child):
            continue  # matplotlib's style for everything on the page
        elif tag != "metadata" and child.get("style") != "fill: none":  # that draws nothing
            yield child


def _inline_markers(elements: Iterable[Element], used: set[str]) -> Iterator[Element]:
    """Draw each marker where it stands, where that is not longer than pointing at its definition.

    A browser builds a hidden copy of the definition for every ``<use>``, which costs it several
    times what a path costs; and paths can be joined.
    """
    markers: dict[str | None, Element] = {}
    kept: set[str] = set()
    run: list[Element] = []
    for element in elements:
        if _is_marker(element) or (len(element) and all(map(_is_marker, element))):
            run.append(element)
            continue
        yield from _shorter(run, markers, kept, used)
        run = []
        if _local(element.tag) == "defs" and all(_local(one.tag) == "path" for one in element):
            markers |= {path.get("id"): path for path in element}
        else:
            yield element
    yield from _shorter(run, markers, kept, used)


def _shorter(
    run: list[Element], markers: dict[str | None, Element], kept: set[str], used: set[str]
) -> list[Element]:
    """Return neighbors that point at markers either with these in place, or still pointing."""
    uses = [(use, group) for group in run for use in ([group] if _is_marker(group) else group)]
    paths = (_placed(use, markers, {} if use is group else group.attrib) for use, group in uses)
    placed = list(_join_paths(paths, used))
    if len(uses) < 2:
        return placed
    names = dict.fromkeys(_marker_name(use) for use, _ in uses)
    definitions = ElementTree.Element("defs")
    definitions.extend(markers[name] for name in names if name not in kept)
    pointing = [definitions] if len(definitions) else []
    for use, group in uses:
        shared = {} if use is group else {k: v for k, v in group.attrib.items() if k != "id"}
        if not pointing or pointing[-1].attrib != shared or pointing[-1] is definitions:
            pointing.append(ElementTree.Element("g", shared))
        pointing[-1].append(use)
    if _length(placed, used) <= _length(pointing, used):
        return placed
    kept.update(names)
    return pointing


def _length(elements: Iterable[Element], used: set[str]) -> int:
    """Return how many letters some elements take."""
    return sum(len(_write(element, used)) for element in elements)


def _marker_name(use: Element) -> str:
    """Return the id of what an element points at."""
    return next(v for key, v in use.attrib.items() if _local(key) == "href").removeprefix("#")


def _is_marker(element: Element) -> bool:
    """Say whether an element points at what is drawn at a place; letters as outlines do not."""
    return _local(element.tag) == "use" and element.get("x") is not None


def _placed(use: Element, markers: dict[str | None, Element], shared: Mapping[str, str]) -> Element:
    """Return the path that `use` points at, at its place, with all that it inherits."""
    attributes = {_local(key): value for key, value in use.attrib.items()}
    marker = markers[_marker_name(use)]
    del attributes["href"]
    shift = float(attributes.pop("x")), float(attributes.pop("y"))
    style = _declarations(attributes.pop("style", "")) | _declarations(marker.get("style", ""))
    radius = None if "stroke-dasharray" in style else _radius(marker.attrib["d"])
    if radius is None:
        pieces, is_y = [], False
        for token in _PATH_TOKEN.findall(marker.attrib["d"]):
            if token.isalpha():
                pieces.append(token)
                is_y = False
            else:
                pieces.append(f"{float(token) + shift[is_y]:.6f}")
                is_y = not is_y
        d = " ".join(pieces)
    else:  # the width of an arc must be exactly twice what is written as its radius
        d = _CIRCLE.format(x=shift[0] - radius, y=shift[1], r=radius, width=2 * radius)
    attributes |= {key: value for key, value in shared.items() if key != "id"}
    attributes |= {"d": d}
    attributes |= {"style": "; ".join(f"{name}: {value}" for name, value in style.items())}
    return ElementTree.Element("path", attributes)


@lru_cache
def _radius(d: str) -> float | None:
    """Return the radius, to two decimals, of a circle around (0, 0) as matplotlib draws it."""
    tokens = _PATH_TOKEN.findall(d)
    numbers = [float(token) for token in tokens if not token.isalpha()]
    if "".join(filter(str.isalpha, tokens)) != "MCCCCCCCCz":
        return None
    radii = [math.hypot(*numbers[i : i + 2]) for i in range(0, len(numbers), 6)]
    return round(radii[0], 2) if max(radii) - min(radii) < 1e-4 else None


def _declarations(style: str) -> dict[str, str]:
    """Return the declarations of a ``style`` attribute as a dict."""
    pairs = (declaration.partition(":") for declaration in style.split(";") if declaration.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _join_paths(elements: Iterable[Element], used: set[str]) -> Iterator[Element]:
    """Make one path of neighbors that look alike, such as the bars of a plot.

    A browser paints one path of a hundred bars several times as fast as a hundred paths. The
    picture stays the same because joined paths do not overlap, their strokes included, or are
    nothing but opaque strokes, whose union looks the same in any order.
    """
    last: Element | None = None
    look: dict[str, str] = {}
    bounds: list[float] = []
    for element in elements:
        box = _bounds(element) if _local(element.tag) == "path" else None
        same = {k: v for k, v in element.attrib.items() if k not in ("d", "id")}
        joinable = element.get("id") not in used
        style = element.get("style", "")
        only_lines = "fill: none" in style and "opacity" not in style
        alike = joinable and same == look
        if last is not None and box and alike and (only_lines or _apart(box, bounds)):
            last.set("d", last.attrib["d"] + element.attrib["d"])
            bounds = [*map(min, bounds[:2], box[:2]), *map(max, bounds[2:], box[2:])]
            continue
        if last is not None:
            yield last
        if box and joinable:
            last, look, bounds = element, same, box
        else:
            last = None
            yield element
    if last is not None:
        yield last


def _unclip(elements: Iterable[Element]) -> list[Element]:
    """Take the clip off each path that lies inside it: a browser keeps a layer for each.

    Each clip that is left stands by itself, so that frames share it whatever else they clip.
    """
    clips: dict[str | None, Element] = {}
    others: list[Element] = []
    for element in elements:
        if all(map(_is_rectangular_clip, element)) and _local(element.tag) == "defs":
            clips |= {f"url(#{clip.get('id')})": clip for clip in element}
        else:
            others.append(element)
    for element in others:
        clip = clips.get(element.get("clip-path"))
        if clip is not None and _local(element.tag) == "path" and _is_inside(element, clip[0]):
            del element.attrib["clip-path"]
    kept = {element.get("clip-path") for other in others for element in other.iter()}
    for name, clip in clips.items():
        if name in kept:
            others.append(ElementTree.Element("defs"))
            others[-1].append(clip)
    return others


def _is_rectangular_clip(element: Element) -> bool:
    tags = [_local(part.tag) for part in element.iter()]
    return tags == ["clipPath", "rect"]


def _is_inside(path: Element, rectangle: Element) -> bool:
    """Say whether a path, its stroke included, lies in a rectangle."""
    x, y, width, height = (float(rectangle.attrib[k]) for k in ("x", "y", "width", "height"))
    box = _bounds(path)
    if box is None or path.get("transform"):
        return False
    return box[0] >= x and box[1] >= y and box[2] <= x + width and box[3] <= y + height


def _bounds(path: Element) -> list[float] | None:
    """Return a box that holds a path and its stroke: that of its corners and control points."""
    d = _ARCS.sub(_square, path.get("d", ""))
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


def _square(match: re.Match[str]) -> str:
    """Return the square around a circle as a path."""
    x, y, radius = map(float, match.groups())
    left, top, right, bottom = x, y - radius, x + 2 * radius, y + radius
    return f"M {left} {top} L {right} {top} L {right} {bottom} L {left} {bottom} z"


def _apart(one: Sequence[float], other: Sequence[float]) -> bool:
    """Say whether two boxes do not overlap."""
    return one[0] >= other[2] or one[2] <= other[0] or one[1] >= other[3] or one[3] <= other[1]


def _write(element: Element, used: set[str]) -> str:
    """Return `element` as compact SVG text without namespaces."""
    tag = _local(element.tag)
    attributes = []
    for key, value in element.attrib.items():
        key = _local(key)
        if key == "id":
            if value not in used:
                continue
            value = ID_MARK + value
        elif key == "href" and tag == "image":
            value = _with_palette(value)
        elif key == "href" and value.startswith("#"):
            value = "#" + ID_MARK + value[1:]
        elif "url(#" in value:
            value = value.replace("url(#", "url(#" + ID_MARK)
        if key == "transform" and value.startswith("rotate(-0 "):  # any upright text
            continue
        if key in _NUMERIC_ATTRIBUTES and not _HAS_FACTORS.search(value):  # which may be small
            value = _round(value)
        if key == "style":
            value = _FONT.sub(_font, value)
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
    start = f"<{tag}{''.join(attributes)}"
    return f"{start}>{inside}</{tag}>" if inside else f"{start}/>"


def _with_palette(source: str) -> str:
    """Return the address of an image with a palette, where that saves room and loses nothing.

    matplotlib writes four bytes for each pixel of a picture that has a dozen colors.
    """
    kind, _, encoded = source.partition(",")
    data = base64.b64decode(encoded)
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))
    colors, places = np.unique(pixels.reshape(-1, 4), axis=0, return_inverse=True)
    if len(data) < _LEAST_IMAGE or len(colors) > 256:
        return source
    small = Image.fromarray(places.reshape(pixels.shape[:2]).astype(np.uint8))
    small.putpalette(colors[:, :3].tobytes())
    written = io.BytesIO()
    small.save(written, "png", optimize=True, transparency=colors[:, 3].tobytes())
    return f"{kind},{base64.b64encode(written.getvalue()).decode()}"


def _font(match: re.Match[str]) -> str:
    """Write the page's own font in place of matplotlib's sans-serif ones, and keep others."""
    before, names = match[1], match[2].split(", ")
    name = next((name for name in names if not name.startswith("'")), names[0]).strip("'")
    if name.startswith(("sans-serif", "DejaVu Sans", "STIXSize")) and "Mono" not in name:
        return before + "sans-serif"
    return match[0] + "!important"  # the explorer gives all letters the font of the page


def _local(name: str) -> str:
    """Return an XML name without its namespace."""
    return name.rpartition("}")[2]


def _round(text: str) -> str:
    """Return `text` with every decimal number rounded to two places."""
    return _NUMBER.sub(_round_match, text)


def _round_match(match: re.Match[str]) -> str:
    rounded = f"{float(match[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if rounded == "-0" else rounded
