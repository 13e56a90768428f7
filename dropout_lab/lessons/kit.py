"""What the figures of several chapters draw: networks, keys and signed numbers."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection

from dropout_lab._checks import check_mask
from dropout_lab.explorer.frames import describe
from dropout_lab.explorer.style import COLORS, FIGURE_WIDTH, INK

__all__ = ["draw_network", "line_key", "network_diagram", "signed"]


def draw_network(axes, masks, *, layer_names=None, size=200):
    """Draw a fully connected network into existing axes.

    Kept units are filled circles, dropped ones hollow with a dashed rim, and only connections
    between kept units are drawn. Layers stand side by side; every unit keeps its place.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Where to draw; frame and ticks are removed.
    masks : sequence of numpy.ndarray of bool
        One array of shape (units,) per layer, True where the unit is kept.
    layer_names : sequence of str, optional
        One label per layer, drawn below it.
    size : float, default 200
        Area of a circle in square points.

    Returns
    -------
    int
        The number of connections drawn.

    Raises
    ------
    TypeError
        If a mask is not a boolean array.
    ValueError
        If there are fewer than two layers, a mask is not one-dimensional or empty, or
        `layer_names` has another length than `masks`.
    """
    places = places_of(_checked(masks))
    if layer_names is not None and len(layer_names) != len(masks):
        raise ValueError(f"layer_names must hold {len(masks)} names, got {layer_names!r}")
    present = [place[mask] for place, mask in zip(places, masks, strict=True)]
    lines = [(a, b) for left, right in pairwise(present) for a in left for b in right]
    axes.add_collection(LineCollection(lines, colors=INK, linewidths=0.4, zorder=1, clip_on=False))
    where, kept = np.vstack(places), np.concatenate(masks)
    rims = {"linewidths": 1.2, "clip_on": False, "zorder": 2}
    axes.scatter(*where[kept].T, s=size, color=COLORS["with"], **rims)
    axes.scatter(
        *where[~kept].T, s=size, facecolors="none", edgecolors=COLORS["dropped"],
        linestyles="--", **rims,
    )  # fmt: skip
    for x, name in enumerate(layer_names or ()):
        axes.text(x, -0.62, name, ha="center", va="top", color=INK)
    axes.set(xlim=(-0.35, len(masks) - 0.65), ylim=(-0.55, 0.55))
    axes.axis("off")
    return len(lines)


def network_diagram(masks, *, layer_names=None, title=None, droppable=None, height=3.2):
    """Draw a fully connected network from which the dropped units have vanished.

    Parameters
    ----------
    masks : sequence of numpy.ndarray of bool
        One array of shape (units,) per layer, True where the unit is kept.
    layer_names : sequence of str, optional
        One label per layer.
    title : str, optional
        Title of the figure.
    droppable : int, optional
        How many units dropout may drop, for the sentence; by default all units.
    height : float, default 3.2
        Height in inches; the width is always 4.8.

    Returns
    -------
    matplotlib.figure.Figure
        The figure. Its sentence counts the dropped units and the remaining connections.

    Raises
    ------
    TypeError
        If a mask is not a boolean array.
    ValueError
        See `draw_network`.

    Examples
    --------
    >>> figure = network_diagram([np.array([True, True]), np.array([True, False])])
    >>> plt.close(figure)
    """
    _checked(masks)
    figure, axes = plt.subplots(figsize=(FIGURE_WIDTH, height))
    below = 0.13 if layer_names is not None else 0.03
    figure.subplots_adjust(left=0.02, right=0.98, top=0.88 if title else 0.97, bottom=below)
    lines = draw_network(axes, masks, layer_names=layer_names)
    if title is not None:
        axes.set_title(title)
    dropped = sum(int(np.sum(~mask)) for mask in masks)
    total = sum(len(a) * len(b) for a, b in pairwise(masks))
    units = sum(map(len, masks)) if droppable is None else droppable
    lead = f"{title}: " if title else ""
    return describe(
        figure,
        f"{lead}{dropped} of {units} units are dropped, and {lines} of {total} connections remain.",
    )


def _checked(masks):
    """Return `masks`, or raise naming what is wrong."""
    if len(masks) < 2:
        raise ValueError(f"masks must hold at least two layers, got {len(masks)}")
    for mask in masks:
        check_mask(mask, "every entry of masks")
        if mask.ndim != 1 or not len(mask):
            raise ValueError(f"masks must hold arrays of shape (units,), got shape {mask.shape}")
    return masks


def places_of(masks):
    """Return one array of shape (units, 2) per layer: x the layer, y centered, first on top."""
    gap = 1 / max(max(map(len, masks)) - 1, 1)
    return [
        np.column_stack([np.full(len(m), x), ((len(m) - 1) / 2 - np.arange(len(m))) * gap])
        for x, m in enumerate(masks)
    ]


def line_key(figure, rows, *, length=0.07, dotted=1.8):
    """Write what kinds of lines mean, each beside a piece of such a line.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Gets the key.
    rows : sequence of tuple
        For each kind the place where it begins, x and y in the coordinates of the figure, then
        color, style of line and text.
    length : float, default 0.07
        Of the pieces, in widths of the figure.
    dotted : float, default 1.8
        Width of dotted lines in points, where their curves are thinner than those of the style.
    """
    for x, y, color, line, text in rows:
        width = {"linewidth": dotted} if line == ":" else {}
        piece = plt.Line2D([x, x + length], [y, y], color=color, linestyle=line, **width)
        figure.add_artist(piece)
        figure.text(x + length + 0.015, y, text, va="center")


def signed(value, digits=2):
    """Write a difference with its sign.

    Parameters
    ----------
    value : float
        The difference.
    digits : int, default 2
        Digits behind the point.

    Returns
    -------
    str
        With a plus, or a minus that is as wide as a plus.

    Examples
    --------
    >>> signed(0.5), signed(-0.1234, 3)
    ('+0.50', '−0.123')
    """
    return f"{value:+.{digits}f}".replace("-", "−")
